//! Walks the table of a whole file, section by section.

use super::check;
use super::fault::FaultLine;
use super::limits;
use super::line::{self, Bounds, Unresolved};
use super::problem::{Draft, Found, clip};
use super::scenario::{Clients, Count, Nemesis};
use super::target::Meaning;
use super::value::{TOP, Value, nothing, parse, read as value, section, suggestion, unknown};
use super::vocabulary::{Options, ProtocolWords, Vocabulary};
use sim_core::Span;
use sim_core::settings::NetworkSettings;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The newest format that this version reads.
const FORMAT: u64 = 1;
/// How many seeds a scenario is run with when it does not say.
const SEEDS: u64 = 100;

/// A protocol's words and its options.
pub(super) type Chosen<'v> = (&'v dyn ProtocolWords, Options);

/// How many nodes a file asks for.
pub(super) struct Nodes {
    /// As it says.
    pub(super) count: Count,
    /// The fewest that this can come to.
    pub(super) least: u32,
    /// The most.
    pub(super) most: u32,
    /// Where it says so.
    pub(super) place: Range<usize>,
}

/// A file's keys, told apart and not yet read.
pub(super) struct File<'t> {
    known: BTreeMap<&'static str, (Range<usize>, Value<'t>)>,
    /// Protocols' sections, in the order of the file.
    sections: Vec<(String, Range<usize>, Value<'t>)>,
    /// Where the keys and sections stand that the file has, whatever came of them.
    pub(super) places: BTreeMap<String, Range<usize>>,
}

impl<'t> File<'t> {
    /// Tells the keys of a file apart; nothing when it is of another format, or hopeless.
    pub(super) fn split(
        table: DeTable<'t>,
        vocabulary: &dyn Vocabulary,
        found: &mut Found,
    ) -> Option<File<'t>> {
        // A newer format may have any keys: what this version makes of them would only mislead.
        if let Some(format) = table.get("format") {
            let number: Option<u64> = value(format.clone(), found);
            let number = number?;
            if number != FORMAT {
                let wrong =
                    format!("this file is in format {number}, and this version reads {FORMAT}");
                found.say(Draft::at(format.span(), wrong).help(match number {
                    0 => "formats are counted from 1",
                    _ => "it needs a newer splitbrain",
                }));
                return None;
            }
        }
        let protocols: Vec<&str> =
            vocabulary.protocols().iter().map(|protocol| protocol.name()).collect();
        let mut file =
            File { known: BTreeMap::new(), sections: Vec::new(), places: BTreeMap::new() };
        for (key, value) in table {
            if found.full() {
                return None;
            }
            let (name, at) = (key.get_ref().as_ref(), key.span());
            if let Some(name) = TOP.into_iter().find(|known| *known == name) {
                file.places.insert(name.to_string(), at.clone());
                match name {
                    "format" | "$schema" => {}
                    name => drop(file.known.insert(name, (at, value))),
                }
            } else if protocols.contains(&name) {
                file.places.insert(name.to_string(), at.clone());
                file.sections.push((name.to_string(), at, value));
            } else {
                let known = TOP.into_iter().chain(protocols.iter().copied());
                found.say(unknown(at, "key", name, known.filter(|name| *name != "$schema")));
            }
        }
        Some(file)
    }

    /// What stands at a key, with the key's place.
    pub(super) fn take(&mut self, key: &str) -> Option<(Range<usize>, Value<'t>)> {
        self.known.remove(key)
    }

    /// A section of which the type says everything.
    pub(super) fn plain<T>(&mut self, name: &str, found: &mut Found) -> T
    where
        T: Default + for<'a> serde::Deserialize<'a>,
    {
        let section =
            self.take(name).and_then(|(_, value)| section(name, value, &[], parse, found));
        section.unwrap_or_default()
    }

    pub(super) fn span(&mut self, key: &str, found: &mut Found) -> Option<(Span, Range<usize>)> {
        let (_, written) = self.take(key)?;
        let place = written.span();
        let span: Span = value(written, found)?;
        if span == Span::ZERO && key == "duration" {
            let wrong = Draft::at(place.clone(), "a run needs some time");
            found.say(wrong.help("write duration = \"20s\""));
        }
        Some((span, place))
    }

    pub(super) fn duration(&mut self, found: &mut Found) -> Option<(Span, Range<usize>)> {
        let duration = self.span("duration", found);
        if duration.is_none() && !self.places.contains_key("duration") {
            let wrong = Draft::whole("the scenario does not say how long faults strike");
            found.say(wrong.help("write duration = \"20s\""));
        }
        duration
    }

    pub(super) fn title(&mut self, found: &mut Found) -> Option<String> {
        match self.take("title") {
            Some((_, title)) => value(title, found),
            None => {
                let help =
                    "say in a sentence what it shows: title = \"A cut leader commits nothing\"";
                found.say(Draft::whole("the scenario has no title").help(help));
                None
            }
        }
    }

    /// The one seed that the scenario is run with, if it names one.
    pub(super) fn seed(&mut self, found: &mut Found) -> Option<u64> {
        let (_, written) = self.take("seed")?;
        if let Some(seeds) = self.places.get("seeds") {
            let wrong = Draft::at(written.span(), "`seed` beside `seeds`: write only one of them");
            found.say(wrong.also(Some(seeds.clone()), "the other"));
        }
        value(written, found)
    }

    pub(super) fn seeds(&mut self, found: &mut Found) -> u64 {
        let default = if self.places.contains_key("seed") { 1 } else { SEEDS };
        let Some((_, written)) = self.take("seeds") else { return default };
        let place = written.span();
        let Some(seeds) = value::<u64>(written, found) else { return SEEDS };
        if !limits::SEEDS.contains(&seeds) {
            let wrong = format!(
                "a scenario is run with 1 to {} seeds",
                limits::grouped(*limits::SEEDS.end())
            );
            found.say(Draft::at(place, wrong));
        }
        seeds
    }

    /// The protocols that the scenario runs, and where each is named.
    pub(super) fn protocols<'v>(
        &mut self,
        vocabulary: &'v dyn Vocabulary,
        found: &mut Found,
    ) -> (Vec<&'v dyn ProtocolWords>, Vec<Range<usize>>) {
        let names: Vec<Spanned<String>> = match (self.take("protocol"), self.take("protocols")) {
            (Some((one, _)), Some((many, _))) => {
                let wrong =
                    Draft::at(many, "`protocols` beside `protocol`: write only one of them");
                found.say(wrong.also(Some(one), "the other"));
                Vec::new()
            }
            (Some((_, one)), None) => value(one, found).into_iter().collect(),
            (None, Some((_, many))) => {
                let place = many.span();
                let names: Option<Vec<Spanned<String>>> = value(many, found);
                if names.as_ref().is_some_and(Vec::is_empty) {
                    found.say(Draft::at(place, "this names no protocol"));
                }
                names.unwrap_or_default()
            }
            (None, None) => {
                let help = "write protocol = \"raft\"; `splitbrain list protocols` names them";
                found.say(Draft::whole("the scenario does not say what it runs").help(help));
                Vec::new()
            }
        };
        let (mut protocols, mut places) = (Vec::<&dyn ProtocolWords>::new(), Vec::new());
        for name in names {
            if found.full() {
                break;
            }
            let (word, at) = (name.get_ref().as_str(), name.span());
            if let Some(first) = protocols.iter().position(|known| known.name() == word) {
                let first = places.get(first).cloned();
                found.say(
                    Draft::at(at, format!("`{word}` is named twice")).also(first, "the first"),
                );
            } else if let Some(words) = vocabulary.protocol(word) {
                protocols.push(words);
                places.push(at);
            } else {
                let known: Vec<&str> = vocabulary.protocols().iter().map(|p| p.name()).collect();
                let wrong = format!("unknown protocol `{}`", clip(word, 60));
                found.say(Draft::at(at, wrong).help(suggestion(word, &known)));
            }
        }
        (protocols, places)
    }

    /// Each protocol with its options. One whose section is wrong is left out of what follows.
    pub(super) fn options<'v>(
        &mut self,
        protocols: &[&'v dyn ProtocolWords],
        places: &[Range<usize>],
        found: &mut Found,
    ) -> Vec<Chosen<'v>> {
        let mut written = BTreeMap::new();
        for (name, at, value) in std::mem::take(&mut self.sections) {
            if protocols.iter().any(|words| words.name() == name) {
                written.insert(name, value);
            } else if let Some(place) = places.first() {
                let wrong = format!("options for `{name}`, which this scenario does not run");
                found.say(Draft::at(at, wrong).also(Some(place.clone()), "it runs this"));
            }
        }
        let mut chosen: Vec<Chosen<'v>> = Vec::new();
        for words in protocols {
            let value = written.remove(words.name()).unwrap_or_else(nothing);
            let options =
                section(words.name(), value, &[], |value| words.read_options(value), found);
            chosen.extend(options.map(|options| (*words, options)));
        }
        chosen
    }

    /// How many nodes.
    pub(super) fn nodes(&mut self, subjects: &[Chosen<'_>], found: &mut Found) -> Option<Nodes> {
        let Some((_, written)) = self.take("nodes") else {
            let wrong = Draft::whole("the scenario does not say how many nodes there are");
            found.say(wrong.help("write nodes = 5, or nodes = { tolerate = 1 }"));
            return None;
        };
        let place = written.span();
        let count: Count = value(written, found)?;
        let (least, most) = check::nodes(&count, &place, subjects, found)?;
        Some(Nodes { count, least, most, place })
    }

    pub(super) fn network(
        &mut self,
        vocabulary: &dyn Vocabulary,
        found: &mut Found,
    ) -> NetworkSettings {
        let Some((key, value)) = self.take("network") else { return NetworkSettings::default() };
        let place = |name| {
            let table = value.get_ref().as_table()?;
            table.get(name).map(Spanned::span)
        };
        let (topology_at, delay_at, bandwidth_at) =
            (place("topology"), place("delay"), place("bandwidth"));
        let network = section("network", value, &[], parse::<NetworkSettings>, found);
        let network = network.unwrap_or_default();
        let known = vocabulary.topologies();
        if let Some(topology) = &network.topology {
            let at = topology_at.unwrap_or(key.clone());
            if !known.contains(&topology.as_str()) {
                let wrong = format!("unknown topology `{}`", clip(topology, 60));
                found.say(Draft::at(at.clone(), wrong).help(suggestion(topology, &known)));
            }
            if delay_at.is_some() {
                let wrong =
                    Draft::at(at, "a topology says how long messages take, and so does `delay`");
                found.say(wrong.also(delay_at, "this too").help("leave out one of them"));
            }
        }
        if network.bandwidth == Some(0) {
            let wrong = Draft::at(bandwidth_at.unwrap_or(key), "no byte would ever arrive");
            found.say(wrong.help("leave `bandwidth` out for links without a limit"));
        }
        network
    }

    pub(super) fn faults(
        &mut self,
        text: &'t str,
        protocols: &[&dyn ProtocolWords],
        nodes: Option<&Nodes>,
        clients: &Clients,
        duration: Option<(Span, Range<usize>)>,
        found: &mut Found,
    ) -> Vec<FaultLine> {
        let Some((key, written)) = self.take("faults") else { return Vec::new() };
        let DeValue::Array(tables) = written.into_inner() else {
            found.say(
                Draft::at(key, "`faults` is a list").help("write [[faults]] above each fault"),
            );
            return Vec::new();
        };
        let mut lines: Vec<Unresolved> = Vec::new();
        for (id, table) in (1..).zip(tables) {
            if found.full() {
                return Vec::new();
            }
            lines.extend(line::read(id, table, found));
        }
        let names = lines.iter().filter_map(|line| line.name.clone()).collect();
        let (roles, foreign) = check::roles(protocols);
        let events = protocols.iter().flat_map(|words| words.events());
        let kinds = events.filter_map(|event| event.strip_prefix("sends ")).map(str::to_string);
        let lies = protocols.iter().flat_map(|words| words.lies()).map(str::to_string);
        let mut meaning = Meaning {
            kinds: kinds.collect(),
            lies: lies.collect(),
            text,
            nodes: nodes.map(|nodes| nodes.least),
            nodes_at: nodes.map(|nodes| nodes.place.clone()),
            clients: clients.count,
            roles,
            foreign,
            protocols: check::listed(protocols),
            waits: false,
            named: BTreeMap::new(),
            givers: BTreeMap::new(),
            names,
        };
        let events = protocols.iter().map(|words| (words.name(), words.events())).collect();
        let mut bounds = Bounds { duration, events, strikes: 0, ids: BTreeMap::new() };
        let mut faults = Vec::new();
        for line in lines {
            if found.full() {
                break;
            }
            faults.extend(line.resolve(&mut meaning, &mut bounds, found));
        }
        faults
    }

    pub(super) fn nemesis(
        &mut self,
        subjects: &[Chosen<'_>],
        duration: Option<(Span, Range<usize>)>,
        found: &mut Found,
    ) -> Option<Nemesis> {
        let (key, value) = self.take("nemesis")?;
        let place = |name: &str| {
            let table = value.get_ref().as_table()?;
            table.get(name).map(Spanned::span)
        };
        let places = ["kinds", "except", "every", "for", "at-once", "moments"].map(place);
        let nemesis = section("nemesis", value, &[], parse::<Nemesis>, found)?;
        let places = places.map(|place| place.unwrap_or(key.clone()));
        check::nemesis(&nemesis, &places, subjects, duration.map(|(span, _)| span), found);
        Some(nemesis)
    }
}
