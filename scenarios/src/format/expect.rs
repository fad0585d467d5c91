//! `[expect]`: what must come of a scenario beside what its protocols promise.

use super::bound::Bound;
use super::comparison::{Comparison, Contenders};
use super::problem::{Draft, Found, clip};
use super::value::{Value, read, suggestion, unknown};
use super::vocabulary::{Measure, Unit};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What must come of a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// Properties that must hold on every seed, beside what is promised.
    pub holds: Vec<String>,
    /// Properties that at least one seed must break.
    pub breaks: Vec<String>,
    /// Bounds that each seed must keep.
    pub each: Vec<Wanted>,
    /// Bounds that all seeds together must keep.
    pub all: Vec<Wanted>,
    /// How those that run the scenario must stand to each other, over all seeds.
    pub between: Vec<Comparison>,
}

/// A bound on a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The measure's name.
    pub measure: String,
    /// Which number of a distribution; none where a run has only one value.
    pub statistic: Option<Statistic>,
    /// What it must be.
    pub bound: Bound,
}

/// A number that tells something of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // the names say it
pub enum Statistic {
    Min,
    P50,
    P90,
    P99,
    P999,
    Max,
    Mean,
    /// How many values there are: a plain number, whatever their unit.
    Count,
}

impl Statistic {
    /// Every statistic.
    pub const ALL: [Statistic; 8] = [
        Statistic::Min,
        Statistic::P50,
        Statistic::P90,
        Statistic::P99,
        Statistic::P999,
        Statistic::Max,
        Statistic::Mean,
        Statistic::Count,
    ];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Min => "min",
            Statistic::P50 => "p50",
            Statistic::P90 => "p90",
            Statistic::P99 => "p99",
            Statistic::P999 => "p999",
            Statistic::Max => "max",
            Statistic::Mean => "mean",
            Statistic::Count => "count",
        }
    }
}

impl fmt::Display for Wanted {
    /// `elections >= 2`, `failover.p99 < 2s`, `blocked.max 10s..11s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.measure)?;
        if let Some(statistic) = self.statistic {
            write!(f, ".{}", statistic.name())?;
        }
        write!(f, " {}", self.bound)
    }
}

/// The keys of the section.
const KEYS: [&str; 5] = ["holds", "breaks", "each", "all", "between"];

/// What the section is checked against.
pub(super) struct Known<'a> {
    /// For each protocol its name and its properties.
    pub(super) properties: Vec<(&'a str, Vec<&'a str>)>,
    /// The names of the variants, if there are any.
    pub(super) variants: &'a [String],
    /// For each protocol its name and the measures of which it has a closed form.
    pub(super) closed_forms: Vec<(&'a str, Vec<&'a str>)>,
    /// What runs measure.
    pub(super) measures: Vec<Measure>,
}

/// Reads the section.
pub(super) fn section(value: Value<'_>, known: &Known<'_>, found: &mut Found) -> Expect {
    let place = value.span();
    let DeValue::Table(table) = value.into_inner() else {
        let wrong = Draft::at(place, "`expect` is a section");
        found.say(wrong.help("write [expect] on a line of its own and its keys below it"));
        return Expect::default();
    };
    let mut expect = Expect::default();
    let (mut holds, mut breaks) = (Vec::new(), Vec::new());
    for (key, value) in table {
        if found.full() {
            break;
        }
        match key.get_ref().as_ref() {
            "holds" => holds = known.properties(value, found),
            "breaks" => breaks = known.properties(value, found),
            "each" => expect.each = known.bounds("each", value, found),
            "all" => expect.all = known.bounds("all", value, found),
            "between" => expect.between = known.comparisons(value, found),
            other => found.say(unknown(key.span(), "key", other, KEYS)),
        }
    }
    for broken in &breaks {
        if let Some(held) = holds.iter().find(|held| held.get_ref() == broken.get_ref()) {
            let message = format!("`{}` cannot both hold and break", broken.get_ref());
            found.say(Draft::at(broken.span(), message).also(Some(held.span()), "it must hold"));
        }
    }
    expect.holds = holds.into_iter().map(Spanned::into_inner).collect();
    expect.breaks = breaks.into_iter().map(Spanned::into_inner).collect();
    expect
}

impl Known<'_> {
    fn properties(&self, value: Value<'_>, found: &mut Found) -> Vec<Spanned<String>> {
        let mut properties: Vec<Spanned<String>> = read(value, found).unwrap_or_default();
        properties.retain(|property| {
            if found.full() {
                return false;
            }
            let name = property.get_ref().as_str();
            let lacks = self.properties.iter().find(|(_, known)| !known.contains(&name));
            if let Some((protocol, known)) = lacks {
                let message = format!("{protocol} has no property `{}`", clip(name, 60));
                found.say(Draft::at(property.span(), message).help(suggestion(name, known)));
            }
            lacks.is_none()
        });
        properties
    }

    fn bounds(&self, of: &str, value: Value<'_>, found: &mut Found) -> Vec<Wanted> {
        let place = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            let wrong = Draft::at(place, format!("`{of}` is a section of measures and bounds"));
            found.say(wrong.help(format!("write [expect.{of}] and below it elections = \">= 2\"")));
            return Vec::new();
        };
        let mut wanted = Vec::new();
        for (key, value) in table {
            if found.full() {
                break;
            }
            let name = key.get_ref().as_ref();
            match self.measures.iter().find(|measure| measure.name == name) {
                Some(measure) => self.measure(*measure, value, &mut wanted, found),
                None => {
                    let names = self.measures.iter().map(|measure| measure.name);
                    found.say(unknown(key.span(), "measure", name, names));
                }
            }
        }
        wanted
    }

    /// Measures, each with a comparison, or with one for each statistic.
    fn comparisons(&self, value: Value<'_>, found: &mut Found) -> Vec<Comparison> {
        let place = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            let wrong = Draft::at(place, "`between` is a section of measures and comparisons");
            let how = "write [expect.between] and below it messages-per-op = \"pbft > 3 x raft\"";
            found.say(wrong.help(how));
            return Vec::new();
        };
        let protocols: Vec<&str> = self.properties.iter().map(|(name, _)| *name).collect();
        let contenders = Contenders { protocols: &protocols, variants: self.variants };
        let mut comparisons = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let Some(measure) = self.measures.iter().find(|measure| measure.name == name) else {
                let names = self.measures.iter().map(|measure| measure.name);
                found.say(unknown(key.span(), "measure", name, names));
                continue;
            };
            let mut one = |statistic, value: Value<'_>, found: &mut Found| {
                let place = value.span();
                let Some(text) = read::<String>(value, found) else { return };
                match Comparison::read(measure.name, statistic, &text, &contenders) {
                    Ok(comparison) => comparisons.push(comparison),
                    Err((what, help)) => found.say(Draft::at(place, what).help(help)),
                }
            };
            match (measure.distribution, value.get_ref().is_table()) {
                (false, _) => one(None, value, found),
                (true, true) => {
                    let DeValue::Table(table) = value.into_inner() else { continue };
                    for (key, value) in table {
                        if let Some(statistic) = statistic(&key, found) {
                            one(Some(statistic), value, found);
                        }
                    }
                }
                (true, false) => {
                    let wrong =
                        Draft::at(value.span(), format!("`{name}` has many values in a run"));
                    let how = format!("say which is meant: {name}.p99 = \"raft < pbft\"");
                    found.say(wrong.help(how));
                }
            }
            if found.full() {
                break;
            }
        }
        comparisons
    }

    /// One measure: a bound, or for a distribution a table of statistics and bounds.
    fn measure(
        &self,
        measure: Measure,
        value: Value<'_>,
        wanted: &mut Vec<Wanted>,
        found: &mut Found,
    ) {
        let name = measure.name;
        let example = match measure.unit {
            Unit::Time => "\"< 2s\"",
            Unit::Count => "\">= 2\"",
            Unit::Ratio => "\"< 10%\"",
        };
        let place = value.span();
        match (measure.distribution, value.get_ref().is_table()) {
            (false, false) => {
                wanted.extend(self.bound(measure, None, value, found));
            }
            (true, true) => {
                let DeValue::Table(table) = value.into_inner() else { return };
                self.statistics(measure, table, wanted, found);
            }
            (true, false) => {
                let wrong = Draft::at(place, format!("`{name}` has many values in a run"));
                found.say(wrong.help(format!("say which is meant: {name}.p99 = {example}")));
            }
            (false, true) => {
                let wrong = Draft::at(place, format!("`{name}` has one value in a run"));
                found.say(wrong.help(format!("write {name} = {example}")));
            }
        }
    }

    fn bound(
        &self,
        measure: Measure,
        statistic: Option<Statistic>,
        value: Value<'_>,
        found: &mut Found,
    ) -> Option<Wanted> {
        let place = value.span();
        let bound: Bound = read(value, found)?;
        let time = measure.unit == Unit::Time && statistic != Some(Statistic::Count);
        let name = measure.name;
        if bound.of_time().is_some_and(|of_time| of_time != time) {
            let (what, example) = if time { ("a time", "< 2s") } else { ("a number", ">= 2") };
            let dot = statistic.map(|one| format!(".{}", one.name())).unwrap_or_default();
            let wrong = Draft::at(place, format!("`{name}{dot}` is {what}"));
            found.say(wrong.help(format!("write it like \"{example}\"")));
            return None;
        }
        if let Bound::ClosedForm { .. } = bound {
            self.closed_form(name, place, found);
        }
        Some(Wanted { measure: name.to_owned(), statistic, bound })
    }

    /// Every protocol must have a formula for what is said to be as its formula says.
    fn closed_form(&self, measure: &str, place: Range<usize>, found: &mut Found) {
        let lacks = self.closed_forms.iter().find(|(_, known)| !known.contains(&measure));
        let Some((protocol, known)) = lacks else { return };
        let wrong = format!("{protocol} has no closed form of `{measure}`");
        let known = known.join(", ");
        found.say(Draft::at(place, wrong).help(match known.as_str() {
            "" => "write the bound itself, like \">= 2\"".to_owned(),
            known => format!("it has one of {known}; else write the bound itself"),
        }));
    }

    fn statistics(
        &self,
        measure: Measure,
        table: DeTable<'_>,
        wanted: &mut Vec<Wanted>,
        found: &mut Found,
    ) {
        for (key, value) in table {
            if found.full() {
                return;
            }
            if let Some(statistic) = statistic(&key, found) {
                wanted.extend(self.bound(measure, Some(statistic), value, found));
            }
        }
    }
}

/// The statistic that a key names.
fn statistic(key: &Spanned<Cow<'_, str>>, found: &mut Found) -> Option<Statistic> {
    let name = key.get_ref().as_ref();
    let statistic = Statistic::ALL.into_iter().find(|statistic| statistic.name() == name);
    if statistic.is_none() {
        found.say(unknown(key.span(), "statistic", name, Statistic::ALL.map(Statistic::name)));
    }
    statistic
}
