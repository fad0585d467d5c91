//! From the bytes of a file to a scenario.

use super::check::Run;
use super::clients;
use super::expect::{self, Known};
use super::file::{Chosen, File};
use super::limits;
use super::problem::{Draft, Found, Problems};
use super::scenario::{Scenario, Subject};
use super::swarm::{Choices, Laid, Swarm};
use super::value::{explain, read as value};
use super::variants::Variants;
use super::vocabulary::{Options, Vocabulary};
use super::written::Around;
use toml::de::DeTable;

/// Reads a scenario file. `path` is only what problems call the file.
///
/// # Errors
/// Every problem that was found, in the order of the file, up to [`limits::PROBLEMS`].
pub fn read(text: &[u8], path: &str, vocabulary: &dyn Vocabulary) -> Result<Scenario, Problems> {
    let mut found = Found::default();
    let Some(text) = decode(text, &mut found) else {
        return Err(found.finish(path, "").expect("what cannot be decoded is a problem"));
    };
    let scenario = whole(text, vocabulary, &mut found);
    if found.is_empty() {
        let each = scenario.iter().flat_map(Scenario::each);
        each.for_each(|one| each_value(&one.swarm, vocabulary, &mut found));
    }
    match found.finish(path, text) {
        Some(problems) => Err(problems),
        None => Ok(scenario.expect("without a problem there is a scenario")),
    }
}

/// A scenario with all its variants. What is wrong with one of those is told once, not again for every other.
fn whole(text: &str, vocabulary: &dyn Vocabulary, found: &mut Found) -> Option<Scenario> {
    let table = parse(text, found)?;
    if !["variants", "sweep"].iter().any(|section| table.contains_key(*section)) {
        return document(text, table, None, &[], vocabulary, found);
    }
    let names: Vec<&str> = vocabulary.protocols().iter().map(|words| words.name()).collect();
    let count = Variants::take(&mut table.clone(), text, &names, found).list().len();
    if !found.is_empty() {
        return None;
    }
    if count == 0 {
        return document(text, table, None, &[], vocabulary, found);
    }
    let mut variants = Vec::new();
    for which in 0..count {
        variants.extend(document(text, table.clone(), Some(which), &[], vocabulary, found));
        if !found.is_empty() {
            return None;
        }
    }
    let first = variants.first()?.clone();
    // A variant may have a title of its own.
    let title = table.get("title").and_then(|title| title.get_ref().as_str());
    let title = title.map_or(first.title.clone(), str::to_owned);
    Some(Scenario { title, variant: None, variants, ..first })
}

/// The table of a file; nothing when it is no TOML.
fn parse<'t>(text: &'t str, found: &mut Found) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        found.say(explain(error, 0..0, &[]));
    }
    errors.is_empty().then(|| table.into_inner())
}

/// The scenario of a swarm's file with these values chosen.
fn chosen(
    swarm: &Swarm,
    choices: &[Option<usize>],
    vocabulary: &dyn Vocabulary,
    found: &mut Found,
) -> Option<Scenario> {
    let table = parse(&swarm.text, found)?;
    document(&swarm.text, table, swarm.variant, choices, vocabulary, found)
}

/// Tries every value that a seed may draw, alone: what is wrong with one is told before any seed draws it.
fn each_value(swarm: &Swarm, vocabulary: &dyn Vocabulary, found: &mut Found) {
    for (place, draw) in swarm.draws.iter().enumerate() {
        for value in 0..draw.values.len() {
            let mut choices: Choices = vec![None; swarm.draws.len()];
            choices[place] = Some(value);
            let mut alone = Found::default();
            chosen(swarm, &choices, vocabulary, &mut alone);
            if !alone.is_empty() {
                found.take(alone);
                break;
            }
        }
    }
}

/// What a scenario is with the values that were chosen for the keys of its `[swarm]`, and which of them those are in
/// the end: one that cannot stand beside those before it is left out.
pub fn drawn(
    swarm: &Swarm,
    mut choices: Choices,
    vocabulary: &dyn Vocabulary,
) -> Option<(Scenario, Choices)> {
    let try_it = |choices: &Choices| {
        let mut found = Found::default();
        let scenario = chosen(swarm, choices, vocabulary, &mut found);
        scenario.filter(|_| found.is_empty())
    };
    if let Some(scenario) = try_it(&choices) {
        return Some((scenario, choices));
    }
    let mut fitting: Choices = vec![None; choices.len()];
    for place in 0..choices.len() {
        fitting[place] = choices[place].take();
        if try_it(&fitting).is_none() {
            fitting[place] = None;
        }
    }
    try_it(&fitting).map(|scenario| (scenario, fitting))
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

/// The file, or one variant of it; nothing when there is a problem with something that it cannot do without.
fn document<'t>(
    text: &'t str,
    mut table: DeTable<'t>,
    which: Option<usize>,
    choices: &[Option<usize>],
    vocabulary: &dyn Vocabulary,
    found: &mut Found,
) -> Option<Scenario> {
    let names: Vec<&str> = vocabulary.protocols().iter().map(|words| words.name()).collect();
    let variants = Variants::take(&mut table, text, &names, found);
    let called: Vec<String> = variants.list().into_iter().map(|one| one.name).collect();
    let variant = which.and_then(|which| variants.lay(which, &mut table));
    let laid = Laid::take(&mut table, &names, found);
    let swarm = if choices.is_empty() { laid.swarm(text, which) } else { Swarm::default() };
    laid.lay(choices, &mut table);
    let mut file = File::split(table, vocabulary, found)?;
    let title = file.title(found);
    let claim = file.take("claim").and_then(|(_, claim)| value(claim, found));
    let duration = file.duration(found);
    let settle = file.span("settle", found);
    let seeds = file.seeds(found);
    let seed = file.seed(found);
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
        variants: &called,
        closed_forms: protocols.iter().map(|words| (words.name(), words.closed_forms())).collect(),
        measures: vocabulary.measures(),
    };
    let faults = file.faults(text, &protocols, nodes.as_ref(), &clients, duration.clone(), found);
    let around = Around {
        nodes: nodes.as_ref(),
        clients: &clients,
        transport: network.transport,
        protocols: &protocols,
    };
    let messages = file.take("messages").map(|list| around.messages(list, found));
    let operations = file.take("operations").and_then(|list| around.operations(list, found));
    let nemesis = file.nemesis(&subjects, duration.clone(), found);
    let expect = file.take("expect").map(|(_, value)| expect::section(value, &known, found));
    let run = Run {
        subjects: &subjects,
        duration: &duration,
        settle: &settle,
        clients: &clients,
        nodes: nodes.as_ref().map_or(1, |nodes| nodes.most),
    };
    run.check(&network, &costs, &file.places, found);
    Some(Scenario {
        title: title?,
        claim,
        subjects: self::subjects(subjects, loads),
        nodes: nodes?.count,
        duration: duration?.0,
        settle: settle.map(|(settle, _)| settle),
        seeds,
        seed,
        network,
        costs,
        clocks,
        clients,
        faults,
        messages: messages.unwrap_or_default(),
        operations,
        nemesis,
        swarm,
        expect: expect.unwrap_or_default(),
        variant,
        variants: Vec::new(),
    })
}

/// The protocols with their options and their loads' own.
fn subjects(chosen: Vec<Chosen<'_>>, loads: Vec<Option<Options>>) -> Vec<Subject> {
    let subject = |((words, options), load): (Chosen<'_>, Option<Options>)| Subject {
        protocol: words.name().to_string(),
        options,
        load,
    };
    chosen.into_iter().zip(loads).map(subject).collect()
}
