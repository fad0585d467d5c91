//! A `[[faults]]` table: when, and exactly one verb.

use super::fault::{FaultLine, LineLasts, Repeat, Wait, What};
use super::limits;
use super::problem::{Draft, Found, clip};
use super::target::{Meaning, Nodes};
use super::value::{Value, parse, section, suggestion, unknown};
use super::verb::{self, FORMS, Verb};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use sim_core::fault::FaultKind;
use sim_core::{Span, SpanRange, Time};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// When a fault strikes, how long and how often.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct When {
    /// When it strikes, or a range from which the seed draws; with `on`, when it begins to wait.
    #[schemars(with = "Option<SpanRange>")]
    at: Option<Spanned<SpanRange>>,
    /// The moment that it waits for.
    on: Option<Moment>,
    /// How long until it heals; left out: at the end of `duration`; "forever": never.
    #[serde(rename = "for")]
    #[schemars(with = "Option<Lasting>")]
    lasts: Option<Spanned<Lasting>>,
    /// Strike again this often …
    #[schemars(with = "Option<SpanRange>")]
    every: Option<Spanned<SpanRange>>,
    /// … until then; left out: until all heals.
    #[schemars(with = "Option<Time>")]
    until: Option<Spanned<Time>>,
    /// The name by which later faults find the nodes that it hit.
    #[serde(rename = "as")]
    #[schemars(with = "Option<String>")]
    name: Option<Spanned<String>>,
    /// The name of its random numbers; left out: its place in the file.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000_000))]
    id: Option<Spanned<u32>>,
    /// Which of the strikes of this `id` it is.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000_000))]
    nth: Option<Spanned<u32>>,
}

/// The keys of [`When`].
pub(super) const HEAD: [&str; 8] = ["at", "on", "for", "every", "until", "as", "id", "nth"];

/// The moment in a run that a fault waits for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Moment {
    /// `leads`, `commits`, `sends vote`, `receives vote`, `syncs`; `splitbrain list events`.
    #[schemars(with = "String")]
    event: Spanned<String>,
    /// At which nodes; left out: anywhere.
    by: Option<Nodes>,
    /// The first, second, … such event.
    #[schemars(with = "Option<u32>", range(min = 1))]
    nth: Option<Spanned<u32>>,
    /// How long after it.
    #[schemars(with = "Option<SpanRange>")]
    after: Option<Spanned<SpanRange>>,
    /// Before what the event does leaves the node.
    #[serde(default)]
    before: bool,
}

/// `"5s"`, `"1s..2s"` or `"forever"`.
#[derive(Clone, Copy, Debug)]
enum Lasting {
    For(SpanRange),
    Forever,
}

/// A fault of which the words are not understood yet.
pub(super) struct Unresolved {
    id: u32,
    place: Range<usize>,
    when: Option<When>,
    verb: Option<(&'static str, Verb)>,
    /// The name that it gives, even when nothing else of it could be read.
    pub(super) name: Option<String>,
}

/// What a fault is checked against.
pub(super) struct Bounds<'a> {
    /// How long faults may strike, with its place.
    pub(super) duration: Option<(Span, Range<usize>)>,
    /// For each protocol its name and its events.
    pub(super) events: Vec<(&'a str, Vec<&'a str>)>,
    /// How many strikes the faults so far come to.
    pub(super) strikes: u64,
    /// The ids of the faults so far: which of its strikes, whether it repeats, and where it stands.
    pub(super) ids: BTreeMap<u32, Vec<(u32, bool, Range<usize>)>>,
}

/// Reads one table of `[[faults]]`.
pub(super) fn read(id: u32, value: Value<'_>, found: &mut Found) -> Option<Unresolved> {
    let place = value.span();
    let DeValue::Table(table) = value.into_inner() else {
        let wrong = Draft::at(place, "a fault is a table");
        found.say(
            wrong.help("write { at = \"5s\", crash = \"leader\" }, or [[faults]] above its keys"),
        );
        return None;
    };
    let name = table.get("as").and_then(|name| name.get_ref().as_str()).map(str::to_string);
    let mut head = DeTable::new();
    let mut first: Option<(&'static str, Range<usize>)> = None;
    let mut verb = None;
    let mut strange = false;
    for (key, value) in table {
        if found.full() {
            return None;
        }
        let word = key.get_ref().as_ref();
        if HEAD.contains(&word) {
            head.insert(key, value);
        } else if let Some(form) = FORMS.iter().find(|form| form.verb == word) {
            match &first {
                None => {
                    first = Some((form.verb, key.span()));
                    verb = verb::read(key, form, value, found).map(|verb| (form.verb, verb));
                }
                Some((other, at)) => {
                    let message = format!("`{word}` beside `{other}`: one table is one fault");
                    let wrong = Draft::at(key.span(), message).also(Some(at.clone()), "the first");
                    found.say(wrong.help("write another [[faults]] for it"));
                }
            }
        } else {
            strange = true;
            found.say(stranger(key.span(), word));
        }
    }
    if first.is_none() && !strange {
        let verbs: Vec<&str> = FORMS.iter().map(|form| form.verb).collect();
        let when = if head.is_empty() { "neither when nor" } else { "when but not" };
        let wrong = Draft::at(place.clone(), format!("this fault says {when} what"));
        found.say(wrong.help(format!("add one of {}", verbs.join(", "))));
    }
    let head = Spanned::new(place.clone(), DeValue::Table(head));
    let when = section("faults", head, &[], parse::<When>, found);
    Some(Unresolved { id, place, when, verb, name })
}

/// A key that is neither a verb nor says when.
fn stranger(at: Range<usize>, word: &str) -> Draft {
    if word == "lie" {
        let wrong = Draft::at(at, "a lie is told by one of several verbs");
        return wrong
            .help("write forge = { nodes = \"n1\", lie = \"…\" }, or silence, equivocate, replay");
    }
    let verbs = FORMS.iter().map(|form| form.verb);
    let what = if super::value::TOP.contains(&word) { "key" } else { "fault" };
    unknown(at, what, word, HEAD.into_iter().chain(verbs))
}

impl Unresolved {
    /// The fault, or nothing when there is a problem with it.
    pub(super) fn resolve(
        self,
        meaning: &mut Meaning<'_>,
        bounds: &mut Bounds<'_>,
        found: &mut Found,
    ) -> Option<FaultLine> {
        let before = found.len();
        let verb = self.verb.as_ref().map(|(verb, _)| *verb);
        meaning.waits = self.when.as_ref().is_some_and(|when| when.on.is_some());
        let what = self.verb.and_then(|(_, verb)| verb.resolve(meaning, found));
        let given = self.when.as_ref().and_then(|when| when.name.clone());
        let line = self.when.and_then(|when| {
            when.resolve(self.id, self.place, (verb?, what), meaning, bounds, found)
        });
        match (&given, self.name) {
            (Some(name), _) => {
                let id = line.as_ref().map_or(self.id, |line| line.id);
                self::name(name, id, meaning, found);
            }
            // Nothing else of it could be read, yet later faults may use the name.
            (None, Some(name)) => drop(meaning.named.entry(name).or_insert(0..0)),
            (None, None) => {}
        }
        line.filter(|_| found.len() == before)
    }
}

/// Gives a name to what a fault hits. Strikes of one fault may give the same.
fn name(name: &Spanned<String>, id: u32, meaning: &mut Meaning<'_>, found: &mut Found) {
    let (word, place) = (name.get_ref(), name.span());
    if let Some(why) = meaning.reserved(word) {
        let wrong = Draft::at(place, format!("nothing can be called `{}`", clip(word, 60)));
        found.say(wrong.help(why));
    } else if let Some(other) = meaning.named.insert(word.clone(), place.clone())
        && meaning.givers.get(word) != Some(&id)
    {
        let wrong = Draft::at(place, format!("two faults are called `{word}`"));
        found.say(wrong.also(Some(other), "the first"));
    }
    meaning.givers.insert(word.clone(), id);
}

impl When {
    fn resolve(
        self,
        id: u32,
        place: Range<usize>,
        (verb, what): (&str, Option<What>),
        meaning: &Meaning<'_>,
        bounds: &mut Bounds<'_>,
        found: &mut Found,
    ) -> Option<FaultLine> {
        if self.at.is_none() && self.on.is_none() {
            let wrong = Draft::at(place.clone(), format!("this `{verb}` says what but not when"));
            found.say(wrong.help("add at = \"5s\" or on = { event = \"leads\" }"));
        }
        let at = self.at.as_ref().map_or(SpanRange::default(), |at| *at.get_ref());
        if let (Some(at), Some((duration, end))) = (&self.at, &bounds.duration)
            && at.get_ref().to > *duration
        {
            let wrong = Draft::at(at.span(), "this strikes after faults have ended");
            let wrong = wrong.also(Some(end.clone()), "they end here");
            found.say(wrong.help("raise `duration`, or strike earlier"));
        }
        let lasts = self.lasts(verb, found);
        let repeat = self.repeat(at, bounds, found);
        let (id, nth) = self.number(id, place, bounds, found);
        let on = self.on.map(|moment| moment.resolve(meaning, bounds, found));
        let on = match on {
            Some(moment) => Some(moment?),
            None => None,
        };
        let name = self.name.map(Spanned::into_inner);
        Some(FaultLine { id, nth, at, on, what: what?, lasts, repeat, name })
    }

    /// The fault's id and which of its strikes it is: no two are the same.
    fn number(
        &self,
        place_in_file: u32,
        place: Range<usize>,
        bounds: &mut Bounds<'_>,
        found: &mut Found,
    ) -> (u32, u32) {
        for (key, number) in [("id", &self.id), ("nth", &self.nth)] {
            if let Some(number) = number
                && !limits::IDS.contains(number.get_ref())
            {
                let most = limits::grouped(u64::from(*limits::IDS.end()));
                let wrong = Draft::at(number.span(), format!("`{key}` is from 1 to {most}"));
                found.say(wrong.help("leave it out, unless it was written for you"));
                return (place_in_file, 1);
            }
        }
        let (id, nth) = (self.id.as_ref(), self.nth.as_ref());
        if let (Some(nth), Some(every)) = (nth, &self.every) {
            let wrong = Draft::at(nth.span(), "the strikes of a fault that repeats count from 1");
            found.say(wrong.also(Some(every.span()), "it repeats").help("leave out `nth`"));
        }
        let place = id.map_or(place, Spanned::span);
        let (id, nth) =
            (id.map_or(place_in_file, |id| *id.get_ref()), nth.map_or(1, |n| *n.get_ref()));
        let repeats = self.every.is_some();
        let others = bounds.ids.entry(id).or_default();
        let same = others.iter().find(|(other, repeat, _)| *other == nth || *repeat || repeats);
        if let Some((_, _, other)) = same {
            let wrong = Draft::at(place.clone(), format!("two faults have the id {id}"));
            let wrong = wrong.also(Some(other.clone()), "the first");
            found.say(wrong.help("give each its own `id`, or each strike of one its own `nth`"));
        }
        others.push((nth, repeats, place));
        (id, nth)
    }

    fn lasts(&self, verb: &str, found: &mut Found) -> LineLasts {
        let Some(lasts) = &self.lasts else {
            let is_lie = FaultKind::named(verb).is_some_and(FaultKind::is_lie);
            return if is_lie { LineLasts::Forever } else { LineLasts::UntilHealed };
        };
        if let Some(kind) = FaultKind::named(verb).filter(|kind| !kind.lasts()) {
            let wrong =
                Draft::at(lasts.span(), format!("`{verb}` happens at once and lasts no time"));
            found.say(wrong.help(format!("leave out `for`: {}", kind.about())));
        }
        match *lasts.get_ref() {
            Lasting::Forever => LineLasts::Forever,
            Lasting::For(span) => {
                if span.to == Span::ZERO {
                    found.say(Draft::at(lasts.span(), "a fault that lasts no time does nothing"));
                }
                LineLasts::For(span)
            }
        }
    }

    fn repeat(&self, at: SpanRange, bounds: &mut Bounds<'_>, found: &mut Found) -> Option<Repeat> {
        let Some(every) = &self.every else {
            bounds.strikes += 1;
            if let Some(until) = &self.until {
                let wrong = Draft::at(
                    until.span(),
                    "`until` says when repetitions end, and there are none",
                );
                found.say(wrong.help("add `every`; how long one strike lasts is said by `for`"));
            }
            return None;
        };
        let (duration, end) = bounds.duration.clone().unzip();
        let last = duration.map_or(Time::NEVER, |duration| Time(duration.0));
        let until = self.until.as_ref().map_or(last, |until| *until.get_ref());
        if let Some(written) = &self.until {
            if until > last {
                let wrong = Draft::at(written.span(), "this repeats after faults have ended");
                found.say(
                    wrong.also(end, "they end here").help("raise `duration`, or stop earlier"),
                );
            } else if until.0 <= at.to.0 {
                let at = self.at.as_ref().map(Spanned::span);
                let wrong = Draft::at(written.span(), "this ends before it begins");
                found.say(wrong.also(at, "it begins here"));
            }
        }
        let step = every.get_ref().from;
        if step == Span::ZERO {
            let wrong = Draft::at(every.span(), "this repeats without a pause, which never ends");
            found.say(wrong.help("write every = \"100ms\" or more"));
            return None;
        }
        if until < Time::NEVER {
            let strikes = 1 + limits::steps(Span(until.0.saturating_sub(at.from.0)), step);
            bounds.strikes = bounds.strikes.saturating_add(strikes);
            if bounds.strikes > limits::STRIKES {
                let (strikes, most) = (limits::grouped(strikes), limits::grouped(limits::STRIKES));
                let wrong = Draft::at(every.span(), format!("this strikes up to {strikes} times"));
                let help = format!("the faults of a scenario strike at most {most} times in all");
                found.say(wrong.help(help));
                bounds.strikes = 0;
            }
        }
        Some(Repeat { every: *every.get_ref(), until })
    }
}

impl Moment {
    fn resolve(
        self,
        meaning: &Meaning<'_>,
        bounds: &Bounds<'_>,
        found: &mut Found,
    ) -> Option<Wait> {
        let (event, place) = (self.event.get_ref(), self.event.span());
        let missing = bounds.events.iter().find(|(_, events)| !events.contains(&event.as_str()));
        if let Some((protocol, events)) = missing {
            let wrong = Draft::at(place, format!("{protocol} has no event `{}`", clip(event, 60)));
            found.say(wrong.help(suggestion(event, events)));
        }
        let nth = self.nth.as_ref().map_or(1, |nth| *nth.get_ref());
        if let (0, Some(nth)) = (nth, &self.nth) {
            found.say(Draft::at(nth.span(), "events are counted from 1").help("write nth = 1"));
        }
        let after = self.after.as_ref().map_or(SpanRange::default(), |after| *after.get_ref());
        if let (true, Some(after)) = (self.before, &self.after) {
            let wrong =
                Draft::at(after.span(), "a fault cannot strike both before its event and after");
            found.say(wrong.help("leave out `after` or `before`"));
        }
        let by = match &self.by {
            Some(by) => meaning.nodes(by, found)?,
            None => Vec::new(),
        };
        Some(Wait { event: event.clone(), by, nth, after, before: self.before })
    }
}

impl<'de> Deserialize<'de> for Lasting {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Lasting, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Lasting;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a length of time such as \"5s\", a range such as \"1s..2s\", or \"forever\"",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lasting, E> {
                match text {
                    "forever" => Ok(Lasting::Forever),
                    span => span.parse().map(Lasting::For).map_err(E::custom),
                }
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Lasting, E> {
                Err(E::custom(format!(
                    "a length of time needs a unit; write \"{n}s\" or \"{n}ms\""
                )))
            }
        }
        d.deserialize_any(Text)
    }
}

impl JsonSchema for Lasting {
    fn schema_name() -> Cow<'static, str> {
        "Lasting".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let span = generator.subschema_for::<SpanRange>();
        json_schema!({ "anyOf": [span, { "const": "forever" }] })
    }
}
