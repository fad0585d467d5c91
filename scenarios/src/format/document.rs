//! Walks the table of a whole file, section by section, and puts a scenario together.

use super::check::{self, Run};
use super::clients;
use super::expect::{self, Expect, Known, unsupported};
use super::line::{self, Bounds, Unresolved};
use super::problem::{Draft, Found, Problems, clip};
use super::scenario::{Clients, Count, Nemesis, Scenario, Subject};
use super::target::Meaning;
use super::value::{
    TOP, Value, explain, nothing, parse, read as value, section, suggestion, unknown,
};
use super::vocabulary::{Options, ProtocolWords, Vocabulary};
use super::{FaultLine, limits};
use sim_core::Span;
use sim_core::settings::NetworkSettings;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The newest format that this version reads.
const FORMAT: u64 = 1;
/// How many seeds a scenario is run with when it does not say.
const SEEDS: u64 = 100;

/// Reads a scenario file. `path` is only what problems call the file.
///
/// # Errors
/// Every problem that was found, in the order of the file, up to [`limits::PROBLEMS`].
pub fn read(text: &[u8], path: &str, vocabulary: &dyn Vocabulary) -> Result<Scenario, Problems> {
    let mut found = Found::default();
    let Some(text) = decode(text, &mut found) else {
        return Err(found.finish(path, "").expect("what cannot be decoded is a problem"));
    };
    let scenario = document(text, vocabulary, &mut found);
    match found.finish(path, text) {
        Some(problems) => Err(problems),
        None => Ok(scenario.expect("without a problem there is a scenario")),
    }
}

/// The text of the file, without a byte order mark.
fn decode<'t>(bytes: &'t [u8], found: &mut Found) -> Option<&'t str> {
    if bytes.len() > limits::FILE {
        let (size, most) =
            (limits::grouped(bytes.len() as u64), limits::grouped(limits::FILE as u64));
        found
            .say(Draft::whole(format!("the file has {size} bytes; a scenario has at most {most}")));
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if text.trim().is_empty() => {
            let help = "`splitbrain new` writes a commented scenario to start from";
            found.say(Draft::whole("the file is empty").help(help));
            None
        }
        Ok(text) => Some(text),
        Err(error) => {
            let at = error.valid_up_to();
            let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            let byte = bytes[at];
            let wrong =
                format!("the file is not UTF-8: byte {byte:#04x} at offset {at}, on line {line}");
            found.say(Draft::whole(wrong).help("save it as UTF-8 text"));
            None
        }
    }
}

/// The whole file; nothing when there is a problem with something that it cannot do without.
fn document(text: &str, vocabulary: &dyn Vocabulary, found: &mut Found) -> Option<Scenario> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            found.say(explain(error, 0..0, &[]));
        }
        return None;
    }
    let mut file = File::split(table.into_inner(), vocabulary, found)?;
    let title = file.title(found);
    let claim = file.take("claim").and_then(|(_, claim)| value(claim, found));
    let duration = file.span("duration", found);
    if duration.is_none() && !file.had.contains("duration") {
        let wrong = Draft::whole("the scenario does not say how long faults strike");
        found.say(wrong.help("write duration = \"20s\""));
    }
    let settle = file.span("settle", found);
    let seeds = file.seeds(found);
    let (protocols, names_at) = file.protocols(vocabulary, found);
    let subjects = file.options(&protocols, &names_at, found);
    let nodes = file.nodes(&subjects, found);
    let network = file.network(vocabulary, found);
    let costs = file.plain("costs", found);
    let clocks = file.plain("clocks", found);
    let clients = file.take("clients").map(|(_, clients)| clients);
    let (clients, loads) = clients::read(clients, &protocols, found);
    let known = Known {
        properties: protocols.iter().map(|words| (words.name(), words.properties())).collect(),
        measures: vocabulary.measures(),
    };
    let at = nodes.as_ref().map(|(_, _, at)| at.clone());
    let least = nodes.as_ref().map(|(_, least, _)| *least);
    let faults = file.faults(text, &protocols, (least, at), &clients, duration.clone(), found);
    let nemesis = file.nemesis(&subjects, duration.clone(), found);
    let expect = file.take("expect").map(|(_, value)| expect::section(value, &known, found));
    let run = Run { subjects: &subjects, duration: &duration, settle: &settle, clients: &clients };
    run.check(&network, &costs, &file.places, found);
    Some(Scenario {
        title: title?,
        claim,
        subjects: subjects
            .into_iter()
            .zip(loads)
            .map(|((words, options), load)| Subject {
                protocol: words.name().to_string(),
                options,
                load,
            })
            .collect(),
        nodes: nodes?.0,
        duration: duration?.0,
        settle: settle.map(|(settle, _)| settle),
        seeds,
        network,
        costs,
        clocks,
        clients,
        faults,
        nemesis,
        expect: expect.unwrap_or_else(Expect::default),
    })
}

/// A protocol's words and its options.
pub(super) type Chosen<'v> = (&'v dyn ProtocolWords, Options);

/// A file's keys, told apart and not yet read.
struct File<'t> {
    known: BTreeMap<&'static str, (Range<usize>, Value<'t>)>,
    /// Protocols' sections, in the order of the file.
    sections: Vec<(String, Range<usize>, Value<'t>)>,
    /// The keys that the file has, whatever came of them.
    had: BTreeSet<&'static str>,
    /// Where the keys and sections stand.
    places: BTreeMap<String, Range<usize>>,
}

impl<'t> File<'t> {
    fn split(
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
        let mut file = File {
            known: BTreeMap::new(),
            sections: Vec::new(),
            had: BTreeSet::new(),
            places: BTreeMap::new(),
        };
        for (key, value) in table {
            if found.full() {
                return None;
            }
            let (name, at) = (key.get_ref().as_ref(), key.span());
            if let Some(name) = TOP.into_iter().find(|known| *known == name) {
                file.places.insert(name.to_string(), at.clone());
                file.had.insert(name);
                match name {
                    "variants" | "sweep" => found.say(unsupported(at, &format!("[{name}]"))),
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

    fn take(&mut self, key: &str) -> Option<(Range<usize>, Value<'t>)> {
        self.known.remove(key)
    }

    /// A section of which the type says everything.
    fn plain<T>(&mut self, name: &str, found: &mut Found) -> T
    where
        T: Default + for<'a> serde::Deserialize<'a>,
    {
        let section =
            self.take(name).and_then(|(_, value)| section(name, value, &[], parse, found));
        section.unwrap_or_default()
    }

    fn span(&mut self, key: &str, found: &mut Found) -> Option<(Span, Range<usize>)> {
        let (_, written) = self.take(key)?;
        let place = written.span();
        let span: Span = value(written, found)?;
        if span == Span::ZERO && key == "duration" {
            let wrong = Draft::at(place.clone(), "a run needs some time");
            found.say(wrong.help("write duration = \"20s\""));
        }
        Some((span, place))
    }

    fn title(&mut self, found: &mut Found) -> Option<String> {
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

    fn seeds(&mut self, found: &mut Found) -> u64 {
        let Some((_, written)) = self.take("seeds") else { return SEEDS };
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
    fn protocols<'v>(
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
    fn options<'v>(
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

    /// How many nodes, the fewest that this can come to, and where it says so.
    fn nodes(
        &mut self,
        subjects: &[Chosen<'_>],
        found: &mut Found,
    ) -> Option<(Count, u32, Range<usize>)> {
        let Some((_, written)) = self.take("nodes") else {
            let wrong = Draft::whole("the scenario does not say how many nodes there are");
            found.say(wrong.help("write nodes = 5, or nodes = { tolerate = 1 }"));
            return None;
        };
        let place = written.span();
        let count: Count = value(written, found)?;
        let least = check::nodes(&count, &place, subjects, found)?;
        Some((count, least, place))
    }

    fn network(&mut self, vocabulary: &dyn Vocabulary, found: &mut Found) -> NetworkSettings {
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

    fn faults(
        &mut self,
        text: &'t str,
        protocols: &[&dyn ProtocolWords],
        (nodes, nodes_at): (Option<u32>, Option<Range<usize>>),
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
        let mut meaning = Meaning {
            text,
            nodes,
            nodes_at,
            clients: clients.count,
            roles,
            foreign,
            protocols: check::listed(protocols),
            named: BTreeMap::new(),
            names,
        };
        let events = protocols.iter().map(|words| (words.name(), words.events())).collect();
        let mut bounds = Bounds { duration, events, strikes: 0 };
        let mut faults = Vec::new();
        for line in lines {
            if found.full() {
                break;
            }
            faults.extend(line.resolve(&mut meaning, &mut bounds, found));
        }
        faults
    }

    fn nemesis(
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
        let places = ["kinds", "except", "every", "for", "at-once"].map(place);
        let nemesis = section("nemesis", value, &[], parse::<Nemesis>, found)?;
        let places = places.map(|place| place.unwrap_or(key.clone()));
        check::nemesis(&nemesis, &places, subjects, duration.map(|(span, _)| span), found);
        Some(nemesis)
    }
}
