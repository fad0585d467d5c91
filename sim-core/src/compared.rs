//! What came of running several on the same seeds: plain data, for reports.

use crate::measure::Unit;
use crate::summary::{Expectation, Summary};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// Several that ran the same seeds. The first is what the others are compared with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The scenarios, with their titles, in the order in which they were named.
    pub scenarios: Vec<(String, String)>,
    /// The command that gives the same.
    pub reproduce: String,
    /// The seeds, from the first to before the last.
    pub seeds: (u64, u64),
    /// Who ran.
    pub contenders: Vec<Contender>,
    /// Each other with the first, measure by measure.
    pub differences: Vec<Difference>,
    /// How measures grow with what was swept.
    pub growth: Vec<Growth>,
    /// What was expected of how they stand to each other.
    pub expected: Vec<Expectation>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contender {
    /// What it is called here: the protocol, with the scenario where there are several.
    pub name: String,
    /// The variant of the scenario that it is, if that has any.
    pub variant: Option<String>,
    /// What the variant lays over the scenario, a line each.
    pub laid: Vec<String>,
    /// What it is a form of, where it is one of a sweep: the variant's name, or nothing.
    pub family: String,
    /// The numbers that were swept, by key.
    pub swept: Vec<(String, f64)>,
    /// The command that replays a seed, but for the seed at its end.
    pub replay: String,
    /// What came of its runs.
    pub summary: Summary,
    /// What each seed measured: by the seed, and by the measure with its statistic (`latency.p50`).
    pub measured: BTreeMap<u64, BTreeMap<String, u64>>,
    /// What happened when.
    pub rhythms: Rhythms,
}

/// What happened when, over many seeds: in bins of virtual time, of which the last may be only partly in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rhythms {
    /// How long a bin is.
    pub bin: Span,
    /// When everything heals.
    pub heal: Time,
    /// Successes of clients in each bin, of all seeds together.
    pub ok: Vec<u64>,
    /// How many seeds' runs lasted into each.
    pub ran: Vec<u64>,
    /// In how many a fault struck or lasted in each.
    pub struck: Vec<u64>,
}

/// A measure of contenders that differ in one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The key that was swept: `nodes`.
    pub key: String,
    /// The measure, with the statistic of each seed that was taken.
    pub measure: String,
    /// What it counts in.
    pub unit: Unit,
    /// One for each protocol or variant.
    pub lines: Vec<Line>,
}

/// How a measure grows.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What its contenders have in common; empty where there is nothing to tell apart.
    pub name: String,
    /// By the key's values, smallest first; at least two.
    pub points: Vec<Point>,
    /// The power of the key with which it grows, in thousandths.
    pub power: Option<Between<i64>>,
    /// What it should be.
    pub closed: Option<Closed>,
}

/// What was measured at one value of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The key's value.
    pub x: f64,
    /// The place of who ran with it.
    pub contender: usize,
    /// The median over its seeds.
    pub value: Between<u64>,
}

/// What a formula of the protocol's own gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// In words: `2n(n - 1)`.
    pub formula: String,
    /// What it takes for granted.
    pub about: String,
    /// At each point, in the measure's unit.
    pub values: Vec<u64>,
}

/// How two differ in one measure, seed by seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The measure, with the statistic of each seed that was taken: `latency.p50`.
    pub measure: String,
    /// What it counts in.
    pub unit: Unit,
    /// The place of who is compared with the first.
    pub with: usize,
    /// On how many seeds both have it.
    pub pairs: u64,
    /// The medians over these seeds, of the first and of the other.
    pub medians: (u64, u64),
    /// How much more the other has, seed by seed: the median, and where it lies.
    pub more: Between<i64>,
    /// How many times as much, in thousandths; none where the first has nothing on some seed.
    pub times: Option<Between<u64>>,
    /// On how many seeds the other has less, as much, and more.
    pub split: (u64, u64, u64),
    /// The seed on which they differ most.
    pub widest: u64,
}

/// A median, and the interval in which the true one lies with at least 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<T> {
    /// Of what was seen.
    pub median: T,
    /// The least that it may be.
    pub from: T,
    /// The most.
    pub to: T,
}

impl Difference {
    /// Whether there is any: whether no difference at all lies outside of the interval.
    pub fn is_any(&self) -> bool {
        self.more.from > 0 || self.more.to < 0
    }
}
