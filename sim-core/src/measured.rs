//! What single runs measured: plain data, for tables that are computed with elsewhere.

use crate::measure::{Measure, Unit};
use crate::summary::Summary;
use std::collections::BTreeMap;

/// One protocol under one scenario: what each of its runs measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasuredRuns {
    /// What all of them together came to.
    pub summary: Summary,
    /// What each seed measured, in the order of the catalogue.
    pub seeds: BTreeMap<u64, Vec<Measured>>,
}

/// One number that a run measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What was measured.
    pub measure: &'static Measure,
    /// Of what a run has many samples of, which statistic of them: `p50`. Empty where there is one number.
    pub statistic: &'static str,
    /// In the measure's unit.
    pub value: u64,
}

/// The statistic that says how many samples there were.
pub const COUNT: &str = "count";
/// The statistics that are samples themselves, each with how many thousandths of all are no larger.
pub const STATISTICS: [(&str, u64); 6] =
    [("min", 0), ("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999), ("max", 1_000)];

impl Measured {
    /// The number of this name, as [`name`](Measured::name) gives it; none when there is no such measure or statistic.
    pub fn named(name: &str, value: u64) -> Option<Measured> {
        let (name, statistic) = name.split_once('.').unwrap_or((name, ""));
        let mut known = ["", COUNT].into_iter().chain(STATISTICS.map(|(known, _)| known));
        let statistic = known.find(|known| *known == statistic)?;
        Some(Measured { measure: Measure::named(name)?, statistic, value })
    }

    /// The measure with its statistic, as scenarios and comparisons name it: `latency.p50`.
    pub fn name(&self) -> String {
        match self.statistic {
            "" => self.measure.name.to_owned(),
            statistic => format!("{}.{statistic}", self.measure.name),
        }
    }

    /// What the number counts in: samples are counted, whatever their own unit.
    pub fn unit(&self) -> Unit {
        if self.statistic == COUNT { Unit::Count } else { self.measure.unit }
    }
}
