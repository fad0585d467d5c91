//! Several on the same seeds: who kept what it promises, what each took, and how the others differ from the first, with
//! intervals. Text, Markdown and JSON of the same data.

use crate::colour::{BAD, Colour, DIM, GOOD, NAME};
use crate::json::line;
use crate::words::{self, brief, cell, count, of, pad, thousandths, width};
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::Span;
use sim_core::compared::{Compared, Contender, Difference};
use sim_core::measure::Unit;
use sim_core::outcome::Verdict;
use sim_core::summary::Breach;
use std::fmt::Write;

/// The measures that are shown unless all are asked for, in the order in which they are shown.
const SHOWN: [&str; 11] = [
    "latency.p50",
    "latency.p99",
    "ok",
    "messages-per-op",
    "bytes-per-op",
    "syncs-per-op",
    "elections",
    "failover.p50",
    "unavailable.p50",
    "recovery.p50",
    "in-doubt.p50",
];

/// For people.
pub fn text(compared: &Compared, all: bool, colour: Colour) -> String {
    let mut out = String::new();
    let names: Vec<String> = compared.contenders.iter().map(|one| one.name.clone()).collect();
    let (from, to) = compared.seeds;
    let seeds = words::counted(to - from, "seed");
    let _ = writeln!(
        out,
        "{} · {seeds}, the same for each\n",
        colour.paint(NAME, &words::join(&names))
    );
    let wide = names.iter().map(|name| width(name)).max().unwrap_or(0).max(8);
    for contender in &compared.contenders {
        let (word, style) = match contender.summary.verdict() {
            Verdict::Holds => ("holds", GOOD),
            Verdict::Unknown => ("undecided", DIM),
            Verdict::Broken => ("breaks", BAD),
        };
        let _ = writeln!(
            out,
            "  {:<wide$}  {}  {}",
            contender.name,
            colour.paint(style, &pad(word, 9)),
            kept(contender)
        );
    }
    for (place, other) in compared.contenders.iter().enumerate().skip(1) {
        let first = &names[0];
        let _ =
            writeln!(out, "\n  {}", colour.paint(NAME, &format!("{} beside {first}", other.name)));
        let shown = differences(compared, place, all);
        if shown.is_empty() {
            out.push_str("    too few seeds for a comparison: six are the least\n");
        }
        for one in shown {
            let sentence = sentence(one, first, &other.name);
            let painted = if one.is_any() { sentence } else { colour.paint(DIM, &sentence) };
            let _ = writeln!(out, "    {}  {painted}", pad(&one.measure, 16));
        }
    }
    out.push('\n');
    out
}

/// For documents.
pub fn markdown(compared: &Compared) -> String {
    let mut out = String::new();
    let (from, to) = compared.seeds;
    let _ = writeln!(out, "| | verdict | seeds that held |\n|---|---|---|");
    for contender in &compared.contenders {
        let verdict = match contender.summary.verdict() {
            Verdict::Holds => "holds",
            Verdict::Unknown => "undecided",
            Verdict::Broken => "breaks",
        };
        let seeds = &contender.summary.seeds;
        let held = of(seeds.held, seeds.run);
        let _ = writeln!(out, "| {} | {verdict} | {held} |", cell(&contender.name));
    }
    let first = compared.contenders.first().map_or("", |one| one.name.as_str());
    for (place, other) in compared.contenders.iter().enumerate().skip(1) {
        let _ = writeln!(
            out,
            "\n| seeds {from} to {} | {} | {} | difference | 95 % | more, equal, less |\n|---|---|---|---|---|---|",
            to.saturating_sub(1),
            cell(first),
            cell(&other.name)
        );
        for one in differences(compared, place, true) {
            let (less, equal, more) = one.split;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} to {} | {more}, {equal}, {less} |",
                one.measure,
                quantity(one.unit, one.medians.0),
                quantity(one.unit, one.medians.1),
                signed(one.unit, one.more.median),
                signed(one.unit, one.more.from),
                signed(one.unit, one.more.to),
            );
        }
    }
    out
}

/// What the others differ in from the first, those measures first that are shown.
fn differences(compared: &Compared, with: usize, all: bool) -> Vec<&Difference> {
    let place = |one: &&Difference| SHOWN.iter().position(|shown| *shown == one.measure);
    let mut found: Vec<&Difference> =
        compared.differences.iter().filter(|one| one.with == with).collect();
    found.retain(|one| all || place(one).is_some());
    found.sort_by_key(|one| place(one).unwrap_or(SHOWN.len()));
    found
}

fn kept(contender: &Contender) -> String {
    let seeds = &contender.summary.seeds;
    let mut text = format!("{} of {} seeds", count(seeds.held), count(seeds.run));
    let broken = contender.summary.properties.iter().filter(|one| one.broken > 0);
    let broken: Vec<String> = broken.map(|one| one.property.clone()).collect();
    if !broken.is_empty() {
        let _ = write!(text, "; broken: {}", words::join(&broken));
    }
    if let Some(first) = contender.summary.broken.first().filter(|one| !one.replay.is_empty()) {
        let _ = write!(text, "; replay it: {}", first.replay);
    }
    text
}

/// A difference in words.
fn sentence(one: &Difference, first: &str, other: &str) -> String {
    let (left, right) = (quantity(one.unit, one.medians.0), quantity(one.unit, one.medians.1));
    let both = format!("{first} {left}, {other} {right}");
    if one.split.0 + one.split.2 == 0 {
        return format!("{both}: no difference");
    }
    if !one.is_any() {
        let (from, to) = (signed(one.unit, one.more.from), signed(one.unit, one.more.to));
        return format!("{both}: no difference that chance would not make ({from} to {to})");
    }
    let (less, equal, more) = one.split;
    let (word, on) = if one.more.median < 0 { ("less", less) } else { ("more", more) };
    let on = format!("{word} on {} of {} seeds", count(on), count(less + equal + more));
    match one.times {
        Some(times) if times.median >= 2_000 || times.median <= 500 => {
            let [median, from, to] = [times.median, times.from, times.to].map(factor);
            format!("{both}: {median} times as much ({from} to {to}), {on}")
        }
        _ => {
            let [median, from, to] =
                [one.more.median, one.more.from, one.more.to].map(|n| signed(one.unit, n));
            format!("{both}: {median} ({from} to {to}), {on}")
        }
    }
}

fn quantity(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Time => brief(Span(value)),
        Unit::Ratio => thousandths(value),
        Unit::Count => count(value),
    }
}

/// A factor in thousandths, to two digits that matter.
fn factor(thousandths: u64) -> String {
    match thousandths {
        0..100 => format!("0.{thousandths:03}"),
        100..1_000 => format!("0.{:02}", thousandths / 10),
        1_000..10_000 => format!("{}.{}", thousandths / 1_000, thousandths / 100 % 10),
        _ => count(thousandths / 1_000),
    }
}

fn signed(unit: Unit, value: i64) -> String {
    let sign = match value {
        0 => "",
        n if n < 0 => "-",
        _ => "+",
    };
    format!("{sign}{}", quantity(unit, value.unsigned_abs()))
}

/// The machine form, one line without its end.
pub fn json(compared: &Compared) -> String {
    let contenders = compared.contenders.iter();
    line(&Machine {
        schema: "splitbrain.compared/1",
        seeds: compared.seeds,
        contenders: contenders
            .map(|one| MachineContender {
                name: &one.name,
                scenario: &one.summary.scenario,
                protocol: &one.summary.protocol,
                verdict: one.summary.verdict(),
                held: one.summary.seeds.held,
                run: one.summary.seeds.run,
                broken: one.summary.broken.iter().map(MachineBreach::of).collect(),
            })
            .collect(),
        differences: compared
            .differences
            .iter()
            .map(|one| MachineDifference {
                measure: &one.measure,
                unit: one.unit.name(),
                with: one.with,
                pairs: one.pairs,
                medians: one.medians,
                more: [one.more.median, one.more.from, one.more.to],
                times: one.times.map(|times| [times.median, times.from, times.to]),
                less: one.split.0,
                equal: one.split.1,
                greater: one.split.2,
                widest: one.widest,
            })
            .collect(),
    })
}

/// What `compare --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Machine<'a> {
    /// `splitbrain.compared/1`
    schema: &'static str,
    /// From the first seed to before the last.
    seeds: (u64, u64),
    /// The first is what the others are compared with.
    contenders: Vec<MachineContender<'a>>,
    differences: Vec<MachineDifference<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct MachineContender<'a> {
    name: &'a str,
    scenario: &'a str,
    protocol: &'a str,
    verdict: Verdict,
    /// On how many seeds all that was promised held, of how many.
    held: u64,
    run: u64,
    broken: Vec<MachineBreach<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct MachineBreach<'a> {
    seed: u64,
    property: &'a str,
    /// The command that gives the same run.
    replay: &'a str,
}

impl MachineBreach<'_> {
    fn of(breach: &Breach) -> MachineBreach<'_> {
        MachineBreach { seed: breach.seed, property: &breach.property, replay: &breach.replay }
    }
}

#[derive(Serialize, JsonSchema)]
struct MachineDifference<'a> {
    /// With the statistic of each seed: `latency.p50`.
    measure: &'a str,
    /// count, time (nanoseconds) or ratio (thousandths)
    unit: &'static str,
    /// The place of the contender that is compared with the first.
    with: usize,
    /// On how many seeds both have it.
    pairs: u64,
    /// The medians of the first and of the other.
    medians: (u64, u64),
    /// How much more the other has: the median, and the ends of the interval of 95 %.
    more: [i64; 3],
    /// How many times as much, in thousandths, in the same way; null where the first has nothing on some seed.
    times: Option<[u64; 3]>,
    /// On how many seeds the other has less, as much, and more.
    less: u64,
    equal: u64,
    greater: u64,
    /// The seed on which they differ most.
    widest: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::measure::Measure;

    #[test]
    fn what_is_shown_is_measured() {
        for shown in SHOWN {
            let (name, statistic) = shown.split_once('.').unwrap_or((shown, ""));
            let measure = Measure::named(name).unwrap_or_else(|| panic!("there is no {name}"));
            assert_eq!(measure.distribution, !statistic.is_empty(), "{shown}");
        }
    }

    #[test]
    fn factors_have_two_digits_that_matter() {
        let told = [62, 123, 999, 1_000, 5_249, 10_000, 1_234_567].map(factor);
        assert_eq!(told, ["0.062", "0.12", "0.99", "1.0", "5.2", "10", "1 234"]);
    }
}
