//! What came of running several on the same seeds: plain data, for reports.

use crate::measure::Unit;
use crate::summary::Summary;
use std::collections::BTreeMap;

/// Several that ran the same seeds. The first is what the others are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The seeds, from the first to before the last.
    pub seeds: (u64, u64),
    /// Who ran.
    pub contenders: Vec<Contender>,
    /// Each other with the first, measure by measure.
    pub differences: Vec<Difference>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contender {
    /// What it is called here: the protocol, with the scenario where there are several.
    pub name: String,
    /// What came of its runs.
    pub summary: Summary,
    /// What each seed measured: by the seed, and by the measure with its statistic (`latency.p50`).
    pub measured: BTreeMap<u64, BTreeMap<String, u64>>,
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
