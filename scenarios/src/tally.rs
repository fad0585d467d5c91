//! What many runs come to: counts and histograms that merge in any order, and across machines.

use crate::fingerprint::fingerprint;
use crate::format::{Expect, Quantity, Statistic, Wanted};
use crate::run::Course;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use sim_core::Span;
use sim_core::drive::replay::hash_of;
use sim_core::fault::FaultKind;
use sim_core::measure::{MEASURES, Measure, Unit};
use sim_core::outcome::{Finding, Outcome, Samples, Verdict};
use sim_core::reach::event_name;
use sim_core::summary::{
    Breach, Expectation, FiredSummary, Hunt, MeasureSummary, PropertyTally, QUANTILES, Summary,
    Tally,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of some seeds. It can be written down, read elsewhere, and merged there.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Collector {
    tally: Tally,
    nodes: BTreeSet<u32>,
    settle: Span,
    properties: BTreeMap<String, PropertyTally>,
    broken: Vec<Breach>,
    each: Vec<Kept>,
    held: BTreeMap<String, Kept>,
    measures: BTreeMap<String, Values>,
    fired: BTreeMap<FaultKind, (u64, u64)>,
    /// In how many seeds each fault found nobody to strike.
    idle: BTreeMap<String, u64>,
    operations: u64,
    keys: u64,
    virtual_time: Span,
    /// The coarse states that were reached, each with the first seed that reached it.
    states: BTreeMap<u16, u64>,
    /// Which event of a node followed which, in so many seeds: both in one number, the earlier in the higher byte.
    transitions: BTreeMap<u16, u64>,
    /// The runs' digests folded into one in any order: each is mixed with its seed, and all are added up.
    digest: u64,
}

/// On how many seeds something that is expected of each was so, and what was measured.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kept {
    seeds: u64,
    missed_by: Option<u64>,
    least: Option<u64>,
    most: Option<u64>,
}

impl Kept {
    fn add(&mut self, seed: u64, met: bool, measured: Option<u64>) {
        self.seeds += u64::from(met);
        if !met {
            self.missed_by = Some(self.missed_by.map_or(seed, |other| other.min(seed)));
        }
        self.least = [self.least, measured].into_iter().flatten().min();
        self.most = self.most.max(measured);
    }
    fn merge(&mut self, other: Kept) {
        self.seeds += other.seeds;
        self.missed_by = [self.missed_by, other.missed_by].into_iter().flatten().min();
        self.least = [self.least, other.least].into_iter().flatten().min();
        self.most = self.most.max(other.most);
    }
}

/// The values of one measure: a histogram of three digits, and what must be exact.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
struct Values {
    histogram: Histogram<u64>,
    total: u64,
    min: u64,
    max: u64,
}

/// The same, written down: of the histogram, each value that it has told apart, with how often it was met.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Written {
    total: u64,
    min: u64,
    max: u64,
    values: Vec<(u64, u64)>,
}

impl From<Values> for Written {
    fn from(values: Values) -> Written {
        let Values { histogram, total, min, max } = values;
        let met = histogram.iter_recorded();
        let values = met.map(|step| (step.value_iterated_to(), step.count_at_value())).collect();
        Written { total, min, max, values }
    }
}

impl From<Written> for Values {
    fn from(written: Written) -> Values {
        let Written { total, min, max, values } = written;
        let mut read = Values { total, min, max, ..Values::default() };
        for (value, times) in values {
            // It resizes itself, so nothing is out of range.
            let _ = read.histogram.record_n(value, times);
        }
        read
    }
}

impl Default for Values {
    fn default() -> Self {
        // Three significant digits of any 64-bit value; the bounds are the library's own.
        let histogram = Histogram::new(3).expect("three digits are allowed");
        Values { histogram, total: 0, min: u64::MAX, max: 0 }
    }
}

impl Values {
    fn add(&mut self, value: u64) {
        // It resizes itself, so nothing is out of range.
        let _ = self.histogram.record(value);
        self.total = self.total.saturating_add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
    fn merge(&mut self, other: &Values) {
        // Both resize themselves, so nothing can be out of range.
        let _ = self.histogram.add(&other.histogram);
        self.total = self.total.saturating_add(other.total);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
    fn quantile(&self, part: f64) -> u64 {
        self.histogram.value_at_quantile(part).clamp(self.min, self.max)
    }
    fn statistic(&self, statistic: Statistic) -> Option<u64> {
        let count = self.histogram.len();
        if statistic == Statistic::Count {
            return Some(count);
        }
        let at = |quantile| self.quantile(quantile);
        (count > 0).then(|| match statistic {
            Statistic::Min => self.min,
            Statistic::P50 => at(0.5),
            Statistic::P90 => at(0.9),
            Statistic::P99 => at(0.99),
            Statistic::P999 => at(0.999),
            Statistic::Max => self.max,
            Statistic::Mean => self.total / count,
            Statistic::Count => count,
        })
    }
}

impl Collector {
    /// Takes in one run.
    pub fn add(&mut self, outcome: Outcome, expect: &Expect) {
        let seed = outcome.seed;
        self.tally.run += 1;
        self.nodes.insert(outcome.nodes);
        self.settle = self.settle.max(outcome.settle);
        self.operations += outcome.operations;
        self.keys += outcome.keys;
        self.virtual_time += outcome.lasted;
        self.digest = self.digest.wrapping_add(hash_of(&(seed, outcome.digest)));
        for id in &outcome.idle {
            *self.idle.entry(id.clone()).or_default() += 1;
        }
        for state in outcome.reached.iter().flat_map(|reached| &reached.states) {
            let first = self.states.entry(*state).or_insert(seed);
            *first = seed.min(*first);
        }
        for (from, to) in outcome.reached.iter().flat_map(|reached| &reached.transitions) {
            *self.transitions.entry(u16::from(*from) << 8 | u16::from(*to)).or_default() += 1;
        }
        for (kind, times) in outcome.fired.iter() {
            let fired = self.fired.entry(kind).or_default();
            *fired = (fired.0 + times, fired.1 + 1);
        }
        self.add_findings(&outcome, expect);
        self.add_expected(&outcome, expect);
        for (name, count) in &outcome.counts {
            self.measures.entry(name.clone()).or_default().add(*count);
        }
        for (name, Samples(samples)) in &outcome.samples {
            let values = self.measures.entry(name.clone()).or_default();
            samples.iter().for_each(|sample| values.add(*sample));
        }
    }

    fn add_findings(&mut self, outcome: &Outcome, expect: &Expect) {
        let mut worst = Verdict::Holds;
        for finding in &outcome.findings {
            let counts = finding.promised || expect.holds.contains(&finding.property);
            let counts = counts && !expect.breaks.contains(&finding.property);
            if counts {
                worst = worst.max(finding.verdict);
            }
            let tally = self.properties.entry(finding.property.clone()).or_default();
            tally.property.clone_from(&finding.property);
            tally.promised |= finding.promised;
            match finding.verdict {
                Verdict::Holds => tally.held += 1,
                Verdict::Unknown => tally.unknown += 1,
                Verdict::Broken if finding.promised => tally.broken += 1,
                Verdict::Broken => tally.unpromised += 1,
            }
            if finding.verdict == Verdict::Broken {
                self.keep_breach(breach(outcome, finding));
            }
        }
        match worst {
            Verdict::Holds => self.tally.held += 1,
            Verdict::Unknown => self.tally.unknown += 1,
            Verdict::Broken => self.tally.broken += 1,
        }
        for property in &expect.holds {
            let holds = outcome.finding(property).is_some_and(|f| f.verdict == Verdict::Holds);
            self.held.entry(property.clone()).or_default().add(outcome.seed, holds, None);
        }
    }

    /// Whether a run that met these coarse states got where none before it did.
    pub fn is_new(&self, states: &[u16]) -> bool {
        states.iter().any(|state| !self.states.contains_key(state))
    }

    /// Keeps the breaches of the lowest seeds, whichever are found first.
    fn keep_breach(&mut self, breach: Breach) {
        self.broken.push(breach);
        if self.broken.len() >= 2 * Summary::MAX_BREACHES {
            trim(&mut self.broken);
        }
    }

    fn add_expected(&mut self, outcome: &Outcome, expect: &Expect) {
        self.each.resize(expect.each.len(), Kept::default());
        for (kept, wanted) in self.each.iter_mut().zip(&expect.each) {
            let measured = match outcome.samples.get(&wanted.measure) {
                Some(Samples(samples)) => {
                    let mut values = Values::default();
                    samples.iter().for_each(|sample| values.add(*sample));
                    values.statistic(wanted.statistic.unwrap_or(Statistic::Max))
                }
                None => outcome.counts.get(&wanted.measure).copied(),
            };
            let met = measured.is_some_and(|value| is_met(wanted, value));
            kept.add(outcome.seed, met, measured);
        }
    }

    /// What both have seen.
    pub fn merge(mut self, other: Collector) -> Collector {
        self.tally.run += other.tally.run;
        self.tally.held += other.tally.held;
        self.tally.broken += other.tally.broken;
        self.tally.unknown += other.tally.unknown;
        self.nodes.extend(other.nodes);
        self.settle = self.settle.max(other.settle);
        for (name, theirs) in other.properties {
            let mine = self.properties.entry(name).or_default();
            mine.property = theirs.property;
            mine.promised |= theirs.promised;
            mine.held += theirs.held;
            mine.broken += theirs.broken;
            mine.unpromised += theirs.unpromised;
            mine.unknown += theirs.unknown;
        }
        self.broken.extend(other.broken);
        trim(&mut self.broken);
        self.each.resize(self.each.len().max(other.each.len()), Kept::default());
        self.each.iter_mut().zip(other.each).for_each(|(mine, theirs)| mine.merge(theirs));
        for (property, theirs) in other.held {
            self.held.entry(property).or_default().merge(theirs);
        }
        for (name, theirs) in &other.measures {
            self.measures.entry(name.clone()).or_default().merge(theirs);
        }
        for (kind, (times, seeds)) in other.fired {
            let mine = self.fired.entry(kind).or_default();
            *mine = (mine.0 + times, mine.1 + seeds);
        }
        for (id, seeds) in other.idle {
            *self.idle.entry(id).or_default() += seeds;
        }
        for (state, theirs) in other.states {
            let first = self.states.entry(state).or_insert(theirs);
            *first = theirs.min(*first);
        }
        for (transition, seeds) in other.transitions {
            *self.transitions.entry(transition).or_default() += seeds;
        }
        self.operations += other.operations;
        self.keys += other.keys;
        self.virtual_time += other.virtual_time;
        self.digest = self.digest.wrapping_add(other.digest);
        self
    }

    /// The summary of everything seen.
    pub fn sum_up(&self, course: &Course<'_>, first_seed: u64) -> Summary {
        // Where every seed draws another number of nodes, a closed form has no one value.
        let expect = match self.nodes.iter().copied().collect::<Vec<u32>>()[..] {
            [nodes] => course.expect(nodes),
            _ => Cow::Borrowed(&course.scenario.expect),
        };
        let expect = expect.as_ref();
        let run = self.tally.run;
        let enough = run >= course.scenario.seeds;
        let expectations = self.expectations(expect, enough);
        let mut properties: Vec<PropertyTally> = self.properties.values().cloned().collect();
        let mut broken = self.broken.clone();
        trim(&mut broken);
        for tally in &mut properties {
            if ["linearizable", "serializable"].contains(&tally.property.as_str()) {
                tally.detail = format!(
                    "{} operations on {} keys",
                    thousands(self.operations),
                    thousands(self.keys)
                );
            }
        }
        properties.sort_by_key(|tally| !tally.promised);
        let measures = MEASURES.iter().filter_map(|measure| {
            self.measures.get(measure.name).map(|values| summary_of(measure, values))
        });
        Summary {
            scenario: course.name.to_owned(),
            title: course.scenario.title.clone(),
            protocol: course.subject.protocol.clone(),
            planted: course.planted.clone(),
            nodes: self.nodes.iter().copied().collect(),
            duration: course.scenario.duration,
            settle: self.settle,
            clients: course.scenario.clients.count,
            load: course.load().unwrap_or_default().to_owned(),
            first_seed,
            seeds: self.tally,
            properties,
            broken,
            expectations,
            measures: measures.collect(),
            fired: self
                .fired
                .iter()
                .map(|(kind, (times, seeds))| FiredSummary {
                    kind: *kind,
                    times: *times,
                    seeds: *seeds,
                })
                .collect(),
            idle: self.idle.iter().filter(|(_, n)| **n == run).map(|(id, _)| id.clone()).collect(),
            operations: self.operations,
            keys: self.keys,
            virtual_time: self.virtual_time,
            digest: self.digest,
            hunt: None,
        }
    }

    /// What a hunt covered: the kinds of fault that might have struck, and where it got.
    pub fn hunted(&self, might: &[FaultKind]) -> Hunt {
        let never = might.iter().copied().filter(|kind| !self.fired.contains_key(kind));
        let transitions = self.transitions.iter().map(|(transition, seeds)| {
            let [from, to] = transition.to_be_bytes().map(event_name);
            (from.to_owned(), to.to_owned(), *seeds)
        });
        Hunt {
            never: never.collect(),
            states: self.states.len() as u64,
            last_new: self.states.values().copied().max().unwrap_or(0),
            transitions: transitions.collect(),
            ..Hunt::default()
        }
    }

    fn expectations(&self, expect: &Expect, enough: bool) -> Vec<Expectation> {
        let run = self.tally.run;
        let mut list = Vec::new();
        for property in &expect.holds {
            let kept = self.held.get(property).cloned().unwrap_or_default();
            list.push(Expectation {
                scope: "holds".into(),
                text: property.clone(),
                measured: String::new(),
                met: Some(kept.seeds == run),
                seeds: kept.seeds,
                missed_by: kept.missed_by,
            });
        }
        for property in &expect.breaks {
            let tally = self.properties.get(property);
            let broke = tally.map_or(0, |tally| tally.broken + tally.unpromised);
            list.push(Expectation {
                scope: "breaks".into(),
                text: property.clone(),
                measured: format!("broke in {broke} of {run} seeds"),
                met: if broke > 0 { Some(true) } else { enough.then_some(false) },
                seeds: broke,
                missed_by: None,
            });
        }
        let nothing = Kept::default();
        for (place, wanted) in expect.each.iter().enumerate() {
            let kept = self.each.get(place).unwrap_or(&nothing);
            list.push(Expectation {
                scope: "each".into(),
                text: wanted.to_string(),
                measured: span_of(wanted, kept.least, kept.most),
                met: Some(kept.seeds == run),
                seeds: kept.seeds,
                missed_by: kept.missed_by,
            });
        }
        for wanted in &expect.all {
            let values = self.measures.get(&wanted.measure);
            let measured = values.and_then(|values| match wanted.statistic {
                Some(statistic) => values.statistic(statistic),
                None if is_ratio(&wanted.measure) => values.statistic(Statistic::Mean),
                None => Some(values.total),
            });
            let met = measured.is_some_and(|value| is_met(wanted, value));
            list.push(Expectation {
                scope: "all".into(),
                text: wanted.to_string(),
                measured: span_of(wanted, measured, measured),
                met: enough.then_some(met),
                seeds: run,
                missed_by: None,
            });
        }
        list
    }
}

/// As many shapes of breach as are told of in any case.
const SHAPES: usize = 200;

/// Keeps of each shape the breach of the lowest seed, and beside those the lowest of what is promised, then the rest.
/// Whatever is merged in whichever order, the same are kept.
fn trim(breaches: &mut Vec<Breach>) {
    breaches.sort_by(|a, b| (a.seed, &a.property).cmp(&(b.seed, &b.property)));
    if breaches.len() <= Summary::MAX_BREACHES {
        return;
    }
    let mut shapes = BTreeSet::new();
    let (mut first, mut rest): (Vec<Breach>, Vec<Breach>) =
        std::mem::take(breaches).into_iter().partition(|breach| {
            let shape = (breach.promised, breach.property.clone(), breach.fingerprint.clone());
            shapes.insert(shape)
        });
    first.sort_by_key(|breach| (!breach.promised, breach.seed));
    rest.extend(first.drain(first.len().min(SHAPES)..));
    rest.sort_by(|a, b| {
        (!a.promised, a.seed, &a.property).cmp(&(!b.promised, b.seed, &b.property))
    });
    rest.truncate(Summary::MAX_BREACHES - first.len());
    breaches.append(&mut first);
    breaches.append(&mut rest);
    breaches.sort_by(|a, b| (a.seed, &a.property).cmp(&(b.seed, &b.property)));
}

/// What is told of a finding that is no good news, without a line that replays it.
pub fn breach(outcome: &Outcome, finding: &Finding) -> Breach {
    Breach {
        seed: outcome.seed,
        property: finding.property.clone(),
        why: finding.why.clone(),
        at: finding.at,
        step: finding.step,
        promised: finding.promised,
        beyond: finding.beyond.clone(),
        digest: outcome.digest,
        fingerprint: fingerprint(&finding.property, &finding.why),
        replay: String::new(),
    }
}

fn quantity(measure: &str, statistic: Option<Statistic>, value: u64) -> Quantity {
    if statistic == Some(Statistic::Count) {
        return Quantity::Number(value as f64);
    }
    match Measure::named(measure).map(|measure| measure.unit) {
        Some(Unit::Time) => Quantity::Time(Span(value)),
        Some(Unit::Ratio) => Quantity::Number(value as f64 / 1_000.0),
        _ => Quantity::Number(value as f64),
    }
}

/// Whether a measure is one number over another, which does not add up over seeds: its mean is taken.
fn is_ratio(measure: &str) -> bool {
    Measure::named(measure).is_some_and(|measure| measure.unit == Unit::Ratio)
}

fn is_met(wanted: &Wanted, value: u64) -> bool {
    let quantity = quantity(&wanted.measure, wanted.statistic, value);
    wanted.bound.holds(quantity).unwrap_or(false)
}

/// A measured value, in words: `612ms`.
pub(crate) fn show(measure: &str, statistic: Option<Statistic>, value: u64) -> String {
    match quantity(measure, statistic, value) {
        Quantity::Time(span) => span.short(),
        other if other.amount().fract() == 0.0 => thousands(other.amount() as u64),
        other => format!("{:.2}", other.amount()),
    }
}

/// What was measured, in words: `612ms`, or `2 to 5`.
fn span_of(wanted: &Wanted, least: Option<u64>, most: Option<u64>) -> String {
    let show = |value| show(&wanted.measure, wanted.statistic, value);
    match (least, most) {
        (Some(least), Some(most)) if least != most => format!("{} to {}", show(least), show(most)),
        (Some(one), _) | (_, Some(one)) => show(one),
        (None, None) => "nothing measured".into(),
    }
}

fn summary_of(measure: &Measure, values: &Values) -> MeasureSummary {
    let at = |statistic| values.statistic(statistic).unwrap_or(0);
    let quantiles = match measure.distribution && !values.histogram.is_empty() {
        true => QUANTILES.iter().map(|part| values.quantile(*part as f64 / 1_000.0)).collect(),
        false => Vec::new(),
    };
    MeasureSummary {
        name: measure.name.into(),
        unit: measure.unit.name().into(),
        samples: values.histogram.len(),
        total: values.total,
        min: at(Statistic::Min),
        p50: at(Statistic::P50),
        p90: at(Statistic::P90),
        p99: at(Statistic::P99),
        p999: at(Statistic::P999),
        max: at(Statistic::Max),
        quantiles,
    }
}

/// A number with its thousands apart: `98 214`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
