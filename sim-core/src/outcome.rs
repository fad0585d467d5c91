//! What a run came to, as plain data that knows no protocol's types.

use crate::fault::{FaultKind, Fired};
use crate::reach::Reached;
use crate::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether something holds, as far as is known. The order is from best to worst.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    #[default]
    Holds,
    /// The budget was spent before it was known.
    Unknown,
    /// It does not.
    Broken,
}

/// What is known of one property in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The property, by its stable name.
    pub property: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// Whether the protocol promises it under the faults that struck before this was found.
    pub promised: bool,
    /// Why it is broken or not known, for people; empty when it holds.
    pub why: String,
    /// When it broke.
    pub at: Option<Time>,
    /// At which step it broke.
    pub step: Option<u64>,
    /// The fault kinds that had struck by then and under which it is not promised.
    pub beyond: Vec<FaultKind>,
}

/// A measured quantity: samples of one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples(pub Vec<u64>);

/// What happened when, in bins of virtual time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// How long a bin is.
    pub bin: Span,
    /// When everything heals.
    pub heal: Time,
    /// Successes of clients in each bin.
    pub ok: Vec<u32>,
    /// Whether a fault struck or lasted in each.
    pub struck: Vec<bool>,
}

/// What one run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// The cluster's size.
    pub nodes: u32,
    /// Every step folded into 64 bits: two runs with the same digest are the same run.
    pub digest: u64,
    /// The digest at some steps on the way, so that a run that differs says where: (step, digest).
    pub waypoints: Vec<(u64, u64)>,
    /// How many steps were taken.
    pub steps: u64,
    /// The virtual time that passed.
    pub lasted: Span,
    /// What is known of each property that was checked.
    pub findings: Vec<Finding>,
    /// How often each kind of fault struck.
    pub fired: Fired,
    /// Faults that found nobody to strike, by id.
    pub idle: Vec<String>,
    /// What was counted, by the measure's name.
    pub counts: BTreeMap<String, u64>,
    /// What was sampled, by the measure's name; spans are in nanoseconds.
    pub samples: BTreeMap<String, Samples>,
    /// What happened when.
    pub rhythm: Rhythm,
    /// How many operations clients saw end, on how many keys they were judged.
    pub operations: u64,
    /// The keys that these operations were on.
    pub keys: u64,
    /// Where the run got, when that was asked for.
    pub reached: Option<Reached>,
    /// The bound in which the cluster had to be live again after healing.
    pub settle: Span,
}

impl Outcome {
    /// The worst that is promised: what the run as a whole is worth.
    pub fn verdict(&self) -> Verdict {
        let promised = self.findings.iter().filter(|finding| finding.promised);
        promised.map(|finding| finding.verdict).max().unwrap_or_default()
    }
    /// What is known of a property.
    pub fn finding(&self, property: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.property == property)
    }
}
