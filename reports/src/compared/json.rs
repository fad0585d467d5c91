//! A comparison for machines, and for the page: `web/src/compared/format.ts` says what is in it.

use super::{differences, grows, is_shown, sentence};
use crate::json::{Expected, Property, expected, line, properties};
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::Span;
use sim_core::compared::{Compared, Contender, Difference, Growth, Line, Rhythms};
use sim_core::fault::FaultKind;
use sim_core::measure::{MEASURES, Measure};
use sim_core::outcome::Verdict;
use sim_core::summary::{Breach, FiredSummary, MeasureSummary};

/// Of so many seeds it tells what each measured.
const SEEDS: usize = 1_000;
/// So many things that broke are told of each contender.
const BREACHES: usize = 100;

/// The machine form, one line without its end.
pub fn json(compared: &Compared) -> String {
    line(&Machine::of(compared))
}

/// What `compare --format json` prints. Times are nanoseconds of virtual time, ratios thousandths; a contender is named
/// by its place.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Machine<'a> {
    /// `splitbrain.compared/1`
    schema: &'static str,
    /// The version of splitbrain.
    engine: &'static str,
    /// In the order in which they were named.
    scenarios: Vec<Named<'a>>,
    /// The command that gives the same.
    reproduce: &'a str,
    /// The first seed, in digits.
    first: String,
    /// How many there are, from the first on.
    count: u64,
    /// The first is what the others are compared with.
    contenders: Vec<One<'a>>,
    /// Each contender but the first with the first, measure by measure.
    differences: Vec<Apart<'a>>,
    /// What each seed measured.
    values: Values<'a>,
    /// `[expect.between]`.
    expected: Vec<Expected<'a>>,
    /// How measures grow with what was swept.
    growth: Vec<Grown<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Named<'a> {
    name: &'a str,
    title: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct One<'a> {
    name: &'a str,
    scenario: &'a str,
    protocol: &'a str,
    /// Its variant of the scenario; null where there is only one.
    variant: Option<&'a str>,
    /// What the variant lays over the scenario, a line each.
    laid: &'a [String],
    verdict: Verdict,
    /// On how many seeds all that was promised held, broke, or stayed undecided.
    held: u64,
    broken: u64,
    unknown: u64,
    /// Cluster sizes that were drawn.
    nodes: &'a [u32],
    duration: u64,
    settle: u64,
    clients: u32,
    load: &'a str,
    /// The command that replays a seed, but for the seed at its end.
    replay: &'a str,
    properties: Vec<Property<'a>>,
    /// What broke, promised or not, by seed; at most a hundred.
    breaches: Vec<Broke<'a>>,
    /// What the scenario expects of it alone.
    expected: Vec<Expected<'a>>,
    fired: Vec<Fired>,
    measures: Vec<Measured<'a>>,
    rhythm: Rhythm<'a>,
}

#[derive(Serialize, JsonSchema)]
struct Broke<'a> {
    /// In digits.
    seed: String,
    property: &'a str,
    why: &'a str,
    promised: bool,
    /// The command that gives the same run.
    replay: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Fired {
    kind: FaultKind,
    times: u64,
    seeds: u64,
}

#[derive(Serialize, JsonSchema)]
struct Measured<'a> {
    name: &'a str,
    /// count, time (nanoseconds) or ratio (thousandths)
    unit: &'a str,
    samples: u64,
    total: u64,
    min: u64,
    max: u64,
    /// What 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9 and 100 % of all samples are at
    /// most; nothing for what a run has one value of.
    curve: &'a [u64],
}

/// What happened when, over all seeds together.
#[derive(Serialize, JsonSchema)]
struct Rhythm<'a> {
    /// How long a bin is.
    bin: u64,
    /// When everything heals.
    heal: u64,
    /// Successes in each bin.
    ok: &'a [u64],
    /// How many seeds' runs lasted into each.
    ran: &'a [u64],
    /// In how many a fault struck or lasted in each.
    struck: &'a [u64],
}

#[derive(Serialize, JsonSchema)]
struct Apart<'a> {
    /// With the statistic of each seed: `latency.p50`.
    measure: &'a str,
    /// count, time (nanoseconds) or ratio (thousandths)
    unit: &'static str,
    /// What the measure is.
    about: &'static str,
    /// Whether it is among those that are shown first.
    shown: bool,
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
    /// The seed on which they differ most, in digits.
    widest: String,
    /// The same in a sentence.
    words: String,
}

/// What each seed measured, of the first seeds.
#[derive(Serialize, JsonSchema)]
struct Values<'a> {
    /// Of so many, from the first on.
    seeds: usize,
    measures: Vec<Valued<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Valued<'a> {
    measure: &'a str,
    unit: &'static str,
    /// By contender, by seed; null where the seed has no such value.
    of: Vec<Vec<Option<u64>>>,
}

#[derive(Serialize, JsonSchema)]
struct Grown<'a> {
    /// The key that was swept: `nodes`.
    key: &'a str,
    measure: &'a str,
    unit: &'static str,
    lines: Vec<Drawn<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Drawn<'a> {
    /// What its contenders have in common; empty where there is nothing to tell apart.
    name: &'a str,
    points: Vec<Dot>,
    /// The power with which it grows, in thousandths, and the ends of its interval; null where that cannot be told.
    power: Option<[i64; 3]>,
    /// What the protocol's own formula gives; null where it has none.
    closed: Option<Formula<'a>>,
    /// The same in a sentence.
    words: String,
}

#[derive(Serialize, JsonSchema)]
struct Dot {
    x: f64,
    contender: usize,
    median: u64,
    from: u64,
    to: u64,
}

#[derive(Serialize, JsonSchema)]
struct Formula<'a> {
    formula: &'a str,
    values: &'a [u64],
}

impl<'a> Machine<'a> {
    pub(super) fn of(compared: &'a Compared) -> Self {
        let (from, to) = compared.seeds;
        let names: Vec<&str> = compared.contenders.iter().map(|one| one.name.as_str()).collect();
        let apart = |one: &'a Difference| Apart::of(one, &names);
        let all = (1..compared.contenders.len()).flat_map(|with| differences(compared, with, true));
        Machine {
            schema: "splitbrain.compared/1",
            engine: env!("CARGO_PKG_VERSION"),
            scenarios: compared
                .scenarios
                .iter()
                .map(|(name, title)| Named { name, title })
                .collect(),
            reproduce: &compared.reproduce,
            first: from.to_string(),
            count: to - from,
            contenders: compared.contenders.iter().map(One::of).collect(),
            differences: all.map(apart).collect(),
            values: Values::of(compared),
            expected: expected(&compared.expected),
            growth: compared.growth.iter().map(Grown::of).collect(),
        }
    }
}

impl<'a> One<'a> {
    fn of(one: &'a Contender) -> Self {
        let summary = &one.summary;
        One {
            name: &one.name,
            scenario: &summary.scenario,
            protocol: &summary.protocol,
            variant: one.variant.as_deref(),
            laid: &one.laid,
            verdict: summary.verdict(),
            held: summary.seeds.held,
            broken: summary.seeds.broken,
            unknown: summary.seeds.unknown,
            nodes: &summary.nodes,
            duration: summary.duration.0,
            settle: summary.settle.0,
            clients: summary.clients,
            load: &summary.load,
            replay: &one.replay,
            properties: properties(summary),
            breaches: summary.broken.iter().take(BREACHES).map(Broke::of).collect(),
            expected: expected(&summary.expectations),
            fired: summary
                .fired
                .iter()
                .map(|&FiredSummary { kind, times, seeds }| Fired { kind, times, seeds })
                .collect(),
            measures: summary.measures.iter().map(Measured::of).collect(),
            rhythm: Rhythm::of(&one.rhythms),
        }
    }
}

impl<'a> Broke<'a> {
    fn of(breach: &'a Breach) -> Self {
        let Breach { seed, property, why, promised, replay, .. } = breach;
        Broke { seed: seed.to_string(), property, why, promised: *promised, replay }
    }
}

impl<'a> Measured<'a> {
    fn of(measure: &'a MeasureSummary) -> Self {
        let &MeasureSummary { ref name, ref unit, samples, total, min, max, .. } = measure;
        Measured { name, unit, samples, total, min, max, curve: &measure.quantiles }
    }
}

impl<'a> Rhythm<'a> {
    fn of(rhythms: &'a Rhythms) -> Self {
        let Rhythms { bin: Span(bin), heal, ok, ran, struck } = rhythms;
        Rhythm { bin: *bin, heal: heal.0, ok, ran, struck }
    }
}

impl<'a> Apart<'a> {
    fn of(one: &'a Difference, names: &[&str]) -> Self {
        let name = |place: usize| names.get(place).copied().unwrap_or_default();
        let measure = one.measure.split('.').next().unwrap_or_default();
        Apart {
            measure: &one.measure,
            unit: one.unit.name(),
            about: Measure::named(measure).map_or("", |measure| measure.about),
            shown: is_shown(&one.measure),
            with: one.with,
            pairs: one.pairs,
            medians: one.medians,
            more: [one.more.median, one.more.from, one.more.to],
            times: one.times.map(|times| [times.median, times.from, times.to]),
            less: one.split.0,
            equal: one.split.1,
            greater: one.split.2,
            widest: one.widest.to_string(),
            words: sentence(one, name(0), name(one.with)),
        }
    }
}

impl<'a> Values<'a> {
    fn of(compared: &'a Compared) -> Self {
        let (from, to) = compared.seeds;
        let seeds = usize::try_from(to - from).unwrap_or(SEEDS).min(SEEDS);
        let mut named: Vec<(&str, &'static str)> = Vec::new();
        for one in &compared.differences {
            if !named.iter().any(|(measure, _)| *measure == one.measure) {
                named.push((&one.measure, one.unit.name()));
            }
        }
        let place = |name: &str| {
            let measure = name.split('.').next().unwrap_or_default();
            MEASURES.iter().position(|known| known.name == measure)
        };
        named.sort_by_key(|(measure, _)| place(measure));
        let of = |measure: &str, one: &Contender| {
            let value = |seed: u64| one.measured.get(&seed)?.get(measure).copied();
            (from..to).take(seeds).map(value).collect()
        };
        let valued = |(measure, unit)| Valued {
            measure,
            unit,
            of: compared.contenders.iter().map(|one| of(measure, one)).collect(),
        };
        Values { seeds, measures: named.into_iter().map(valued).collect() }
    }
}

impl<'a> Grown<'a> {
    fn of(growth: &'a Growth) -> Self {
        let drawn = |line: &'a Line| Drawn {
            name: &line.name,
            points: line
                .points
                .iter()
                .map(|point| Dot {
                    x: point.x,
                    contender: point.contender,
                    median: point.value.median,
                    from: point.value.from,
                    to: point.value.to,
                })
                .collect(),
            power: line.power.map(|power| [power.median, power.from, power.to]),
            closed: line
                .closed
                .as_ref()
                .map(|closed| Formula { formula: &closed.formula, values: &closed.values }),
            words: grows(growth, line),
        };
        let Growth { key, measure, unit, lines } = growth;
        Grown { key, measure, unit: unit.name(), lines: lines.iter().map(drawn).collect() }
    }
}
