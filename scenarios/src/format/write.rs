//! The other way: a scenario as a file that a person can read, and that is read as the same scenario.
//!
//! What is as it would be anyway is left out, sections come in the order of the house, and what is one line of thought
//! is one line of text.

mod parts;
mod verbs;

use super::fault::{FaultLine, LineLasts};
use super::scenario::{Clients, Count, Kinds, Nemesis, Scenario};
use super::swarm::Swarm;
use super::vocabulary::{ProtocolWords, Section, Vocabulary};
use super::{Bound, Expect, Op, Quantity};
use parts::{Block, quoted, wrapped};
use sim_core::fault::{Disturbance, Trouble};
use sim_core::settings::{Clocks, Costs, Delay, NetworkSettings};
use sim_core::{Span, SpanRange, Time, Written};
use std::fmt::Write as _;
use verbs::Speaker;

/// The text of a scenario, headed by these lines of comment. Reading it gives the same scenario.
///
/// # Errors
///
/// Says what of the scenario no file can say: a protocol or a role that the vocabulary does not have, a seed beyond
/// what TOML counts to.
pub fn write(
    scenario: &Scenario,
    vocabulary: &dyn Vocabulary,
    comment: &[String],
) -> Result<String, String> {
    let mut protocols = Vec::new();
    for subject in &scenario.subjects {
        let words = vocabulary.protocol(&subject.protocol);
        protocols
            .push(words.ok_or_else(|| format!("there is no protocol `{}`", subject.protocol))?);
    }
    let first = *protocols.first().ok_or("the scenario runs no protocol")?;
    let mut out = String::new();
    for line in comment {
        let _ = writeln!(out, "{}", format!("# {line}").trim_end());
    }
    out.push_str(&head(scenario)?);
    for (words, subject) in protocols.iter().zip(&scenario.subjects) {
        let mut block = Block::section(words.name());
        block.options(&words.write_options(&subject.options));
        block.end(&mut out);
    }
    network(&scenario.network, &mut out);
    costs(&scenario.costs, &mut out);
    clocks(&scenario.clocks, &mut out);
    clients(scenario, first, &protocols, &mut out);
    let speaker = Speaker::new(first);
    for (place, line) in (1..).zip(&scenario.faults) {
        fault(line, place, scenario.duration, &speaker, &mut out)?;
    }
    if let Some(nemesis) = &scenario.nemesis {
        self::nemesis(nemesis, &mut out);
    }
    swarm(&scenario.swarm, &mut out);
    expect(&scenario.expect, &mut out);
    Ok(out)
}

/// The keys of the scenario itself; what is written out ends them, one line each.
fn head(scenario: &Scenario) -> Result<String, String> {
    let mut block = Block::top();
    block.text("title", &scenario.title);
    if let Some(claim) = &scenario.claim {
        block.text("claim", claim);
    }
    let names: Vec<&str> = scenario.subjects.iter().map(|one| one.protocol.as_str()).collect();
    match names.as_slice() {
        [only] => block.text("protocol", only),
        several => block.value("protocols", list(several.iter().copied())),
    }
    block.value("nodes", count(&scenario.nodes));
    block.text("duration", &scenario.duration.to_string());
    if let Some(settle) = scenario.settle {
        block.text("settle", &settle.to_string());
    }
    match scenario.seed {
        Some(seed) if i64::try_from(seed).is_err() => {
            return Err(format!("seed {seed} is beyond what a file can count to"));
        }
        Some(seed) => block.value("seed", seed.to_string()),
        None => block.value("seeds", scenario.seeds.to_string()),
    }
    let mut out = String::new();
    block.end(&mut out);
    if let Some(operations) = &scenario.operations {
        let lines = operations.iter().map(operation);
        out.push('\n');
        table_list("operations", lines.collect(), &mut out);
    }
    if !scenario.messages.is_empty() {
        out.push('\n');
        table_list("messages", scenario.messages.iter().map(message).collect(), &mut out);
    }
    Ok(out)
}

/// A list of inline tables, one a line.
fn table_list(key: &str, lines: Vec<String>, out: &mut String) {
    if lines.is_empty() {
        let _ = writeln!(out, "{key} = []");
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for line in lines {
        let _ = writeln!(out, "    {line},");
    }
    out.push_str("]\n");
}

fn operation(written: &Written) -> String {
    let Written { at, client, op, draws } = written;
    let draws = draws.map(|draws| format!(", draws = \"{draws:016x}\"")).unwrap_or_default();
    format!("{{ at = \"{at}\", client = \"c{}\", do = {}{draws} }}", client + 1, quoted(op))
}

fn message(message: &Disturbance) -> String {
    let Disturbance { from, to, at, nth, what } = message;
    let what = match what {
        Trouble::Lost => "lose = true".to_owned(),
        Trouble::Damaged => "damage = true".to_owned(),
        Trouble::Late(by) => format!("late = \"{by}\""),
        Trouble::HeldBack(by) => format!("held-back = \"{by}\""),
        Trouble::Again(after) => format!("again = \"{after}\""),
        Trouble::Stale(after) => format!("stale = \"{after}\""),
    };
    let nth = if *nth == 1 { String::new() } else { format!(", nth = {nth}") };
    format!("{{ link = \"{from} > {to}\", at = \"{at}\"{nth}, {what} }}")
}

fn count(count: &Count) -> String {
    match count {
        Count::N(nodes) => nodes.to_string(),
        Count::Any(counts) => {
            let counts: Vec<String> = counts.iter().map(u32::to_string).collect();
            format!("{{ any = [{}] }}", counts.join(", "))
        }
        Count::Tolerate(faults) => format!("{{ tolerate = {faults} }}"),
    }
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// Keys and values as the lines of a section, without its header.
pub(crate) fn section_text(keys: &Section) -> String {
    let (mut block, mut out) = (Block::top(), String::new());
    block.options(keys);
    block.end(&mut out);
    out
}

/// The keys under which settings are other than the first ones.
fn departures<T: serde::Serialize + Default>(settings: &T) -> Section {
    let [first, now] = [&T::default(), settings].map(|one| match serde_json::to_value(one) {
        Ok(serde_json::Value::Object(keys)) => keys,
        _ => Section::new(),
    });
    now.into_iter()
        .filter(|(key, value)| !value.is_null() && first.get(key) != Some(value))
        .collect()
}

fn network(network: &NetworkSettings, out: &mut String) {
    let mut block = Block::section("network");
    let mut keys = departures(network);
    if keys.remove("delay").is_some() {
        match network.delay {
            Delay::Uniform(range) => block.text("delay", &range.to_string()),
            Delay::LogNormal(curve) => {
                let (median, p99) = (curve.median, curve.p99);
                block.value("delay", format!("{{ median = \"{median}\", p99 = \"{p99}\" }}"));
            }
        }
    }
    block.options(&keys);
    block.end(out);
}

fn costs(costs: &Costs, out: &mut String) {
    let mut block = Block::section("costs");
    block.options(&departures(costs));
    block.end(out);
}

fn clocks(clocks: &Clocks, out: &mut String) {
    let mut block = Block::section("clocks");
    block.options(&departures(clocks));
    block.end(out);
}

fn clients(
    scenario: &Scenario,
    first: &dyn ProtocolWords,
    protocols: &[&dyn ProtocolWords],
    out: &mut String,
) {
    let Clients { count, load, think, interval, timeout, patience, operations } = &scenario.clients;
    let serves = protocols.iter().all(|words| !words.loads().is_empty());
    let mut block = Block::section("clients");
    if *count != if serves { 4 } else { 0 } {
        block.value("count", count.to_string());
    }
    if let Some(load) = load
        && first.loads().first() != Some(&load.as_str())
    {
        block.text("load", load);
    }
    if *think != SpanRange::millis(5, 15) {
        block.text("think", &think.to_string());
    }
    if let Some(interval) = interval {
        block.text("interval", &interval.to_string());
    }
    if *timeout != Span::millis(500) {
        block.text("timeout", &timeout.to_string());
    }
    if *patience != Span::secs(5) {
        block.text("patience", &patience.to_string());
    }
    if *operations != 0 {
        block.value("operations", operations.to_string());
    }
    let options = scenario.subjects.first().and_then(|subject| subject.load.as_ref());
    if let (Some(load), Some(options)) = (load, options) {
        block.options(&first.write_load(load, options));
    }
    block.end(out);
}

/// The fault that stands at this place, from 1.
fn fault(
    line: &FaultLine,
    place: u32,
    duration: Span,
    speaker: &Speaker<'_>,
    out: &mut String,
) -> Result<(), String> {
    let mut block = Block::element("faults");
    if line.id != place {
        block.value("id", line.id.to_string());
    }
    if line.nth != 1 {
        block.value("nth", line.nth.to_string());
    }
    if line.on.is_none() || line.at != SpanRange::default() {
        block.text("at", &line.at.to_string());
    }
    if let Some(wait) = &line.on {
        block.value("on", speaker.moment(wait)?);
    }
    let (verb, value) = speaker.verb(&line.what)?;
    block.value(verb, value);
    match line.lasts {
        LineLasts::For(span) => block.text("for", &span.to_string()),
        LineLasts::Forever if !line.what.kind().is_lie() => block.text("for", "forever"),
        LineLasts::UntilHealed if line.what.kind().is_lie() => {
            return Err("a lie that heals at the end has no words".into());
        }
        LineLasts::Forever | LineLasts::UntilHealed => {}
    }
    if let Some(repeat) = &line.repeat {
        block.text("every", &repeat.every.to_string());
        if repeat.until != Time(duration.0) {
            block.text("until", &repeat.until.to_string());
        }
    }
    if let Some(name) = &line.name {
        block.text("as", name);
    }
    block.end(out);
    Ok(())
}

fn nemesis(nemesis: &Nemesis, out: &mut String) {
    let Nemesis { kinds, except, every, lasts, at_once, beyond, moments, swarm } = nemesis;
    let first = Nemesis::default();
    let mut block = Block::section("nemesis");
    match kinds {
        Kinds::Promised => block.text("kinds", "promised"),
        Kinds::All => block.text("kinds", "all"),
        Kinds::These(kinds) => block.value("kinds", list(kinds.iter().map(|kind| kind.name()))),
    }
    if !except.is_empty() {
        block.value("except", list(except.iter().map(|kind| kind.name())));
    }
    if *every != first.every {
        block.text("every", &every.to_string());
    }
    if *lasts != first.lasts {
        block.text("for", &lasts.to_string());
    }
    if *at_once != first.at_once {
        block.value("at-once", at_once.to_string());
    }
    if *beyond {
        block.value("beyond", "true".into());
    }
    if *swarm {
        block.value("swarm", "true".into());
    }
    if !moments.is_empty() {
        block.value("moments", list(moments.iter().map(String::as_str)));
    }
    block.end(out);
}

fn swarm(swarm: &Swarm, out: &mut String) {
    let mut block = Block::section("swarm");
    for draw in &swarm.draws {
        block.value(&draw.key, format!("[{}]", draw.values.join(", ")));
    }
    block.end(out);
}

fn expect(expect: &Expect, out: &mut String) {
    let mut block = Block::section("expect");
    for (key, properties) in [("holds", &expect.holds), ("breaks", &expect.breaks)] {
        if !properties.is_empty() {
            block.value(key, wrapped(properties));
        }
    }
    block.end(out);
    for (name, wanted) in [("expect.each", &expect.each), ("expect.all", &expect.all)] {
        let mut block = Block::section(name);
        for wanted in wanted {
            block.value(&measure(&wanted.measure, wanted.statistic), bound(&wanted.bound));
        }
        block.end(out);
    }
    let mut block = Block::section("expect.between");
    for comparison in &expect.between {
        let shown = comparison.to_string();
        let compared = shown.split_once(": ").map_or("", |(_, compared)| compared);
        block.text(&measure(&comparison.measure, comparison.statistic), compared);
    }
    block.end(out);
}

fn measure(name: &str, statistic: Option<super::Statistic>) -> String {
    statistic.map_or_else(|| name.to_owned(), |one| format!("{name}.{}", one.name()))
}

/// A bare number where that will do.
fn bound(bound: &Bound) -> String {
    match bound {
        Bound::Is(Op::Equal, Quantity::Number(number)) if number.abs() < 1e15 => number.to_string(),
        Bound::Is(Op::Equal, value) => quoted(&value.to_string()),
        other => quoted(&other.to_string()),
    }
}
