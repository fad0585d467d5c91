//! What many runs of one scenario came to, as plain data: what reports tell and machines read.

use crate::fault::FaultKind;
use crate::outcome::Verdict;
use crate::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One protocol under one scenario, over many seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The scenario's name: `raft/minority-leader`, or the file's path.
    pub scenario: String,
    /// What it shows, in a sentence.
    pub title: String,
    /// Which protocol ran.
    pub protocol: String,
    /// Bugs that were planted, by id.
    pub planted: Vec<String>,
    /// The cluster sizes that were drawn, smallest first.
    pub nodes: Vec<u32>,
    /// How long faults struck.
    pub duration: Span,
    /// How long the cluster had to recover.
    pub settle: Span,
    /// How many clients there were.
    pub clients: u32,
    /// What they asked for.
    pub load: String,
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds ran, and what became of them.
    pub seeds: Tally,
    /// The properties, those that are promised first.
    pub properties: Vec<PropertyTally>,
    /// The breaches, by seed; at most [`MAX_BREACHES`](Summary::MAX_BREACHES).
    pub broken: Vec<Breach>,
    /// What the scenario expects, in the order of the file.
    pub expectations: Vec<Expectation>,
    /// What was measured over all seeds together.
    pub measures: Vec<MeasureSummary>,
    /// The kinds of fault that struck.
    pub fired: Vec<FiredSummary>,
    /// Faults of the scenario that never struck, by id.
    pub idle: Vec<String>,
    /// Operations that were judged, over all seeds.
    pub operations: u64,
    /// The keys that they were on, over all seeds.
    pub keys: u64,
    /// The virtual time of all runs together.
    pub virtual_time: Span,
    /// All runs' digests folded into one.
    pub digest: u64,
    /// What the hunt was, if this is the summary of one.
    pub hunt: Option<Hunt>,
}

/// What a hunt for failures covered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Hunt {
    /// `uniform` or `guided`.
    pub search: String,
    /// All seeds of the hunt, from the first to before the last.
    pub seeds: (u64, u64),
    /// Which share of them this is, from 1, and how many there are.
    pub shard: Option<(u64, u64)>,
    /// The seed before which it was cut, if it was.
    pub cut: Option<u64>,
    /// How many runs of later seeds count all the same: they had ended when somebody stopped it.
    pub after_cut: u64,
    /// The kinds of fault that might have struck and never did.
    pub never: Vec<FaultKind>,
    /// How many coarse states were reached.
    pub states: u64,
    /// The last seed that reached a new one.
    pub last_new: u64,
    /// Which event of a node followed which, and in how many seeds.
    pub transitions: Vec<(String, String, u64)>,
}

impl Summary {
    /// As many breaches as are kept.
    pub const MAX_BREACHES: usize = 1_000;

    /// What the scenario as a whole is worth: broken when a promise broke or an expectation was missed.
    pub fn verdict(&self) -> Verdict {
        let missed = self.expectations.iter().any(|expectation| expectation.met == Some(false));
        if missed || self.seeds.broken > 0 {
            return Verdict::Broken;
        }
        if self.seeds.unknown > 0 { Verdict::Unknown } else { Verdict::Holds }
    }
}

/// How many held, broke, or stayed undecided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// How many ran.
    pub run: u64,
    /// In so many everything promised held.
    pub held: u64,
    /// In so many a promise broke.
    pub broken: u64,
    /// In so many a checker's budget ran out.
    pub unknown: u64,
}

/// What is known of one property over all seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyTally {
    /// The property, by its stable name.
    pub property: String,
    /// Whether the protocol promises it under the faults of this scenario, as far as they struck.
    pub promised: bool,
    /// In so many seeds it held.
    pub held: u64,
    /// In so many it broke although it was promised.
    pub broken: u64,
    /// In so many it broke under faults under which it is not promised.
    pub unpromised: u64,
    /// In so many it stayed undecided.
    pub unknown: u64,
    /// Figures that belong to it, for people: "98 214 operations on 412 keys".
    pub detail: String,
}

/// One property that broke in one seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Which seed.
    pub seed: u64,
    /// Which property.
    pub property: String,
    /// Why, for people.
    pub why: String,
    /// When.
    pub at: Option<Time>,
    /// At which step.
    pub step: Option<u64>,
    /// Whether it was promised.
    pub promised: bool,
    /// The fault kinds that had struck by then and under which it is not promised.
    pub beyond: Vec<FaultKind>,
    /// The run's digest.
    pub digest: u64,
    /// Breaches of the same shape have the same fingerprint.
    pub fingerprint: String,
    /// The command that replays it.
    pub replay: String,
}

/// One thing that a scenario expects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// `each`, `all`, `between`, `holds` or `breaks`.
    pub scope: String,
    /// What, as the file says it: `failover.p99 < 2s`.
    pub text: String,
    /// What was measured: `612ms`, or `2 to 5`.
    pub measured: String,
    /// Whether it was met; none when so few seeds cannot tell.
    pub met: Option<bool>,
    /// In how many seeds it was met, for what is expected of each.
    pub seeds: u64,
    /// The first seed that missed it.
    pub missed_by: Option<u64>,
}

/// A measured quantity over all seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureSummary {
    /// Its stable name.
    pub name: String,
    /// `time` in nanoseconds, `count`, or `ratio` in thousandths.
    pub unit: String,
    /// How many samples.
    pub samples: u64,
    /// The sum of all samples.
    pub total: u64,
    /// The smallest.
    pub min: u64,
    /// Half are at most this.
    pub p50: u64,
    /// Nine in ten are at most this.
    pub p90: u64,
    /// All but one in a hundred are at most this.
    pub p99: u64,
    /// All but one in a thousand are at most this.
    pub p999: u64,
    /// The largest.
    pub max: u64,
    /// What as many are at most as [`QUANTILES`] says; nothing for what a run has one value of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<u64>,
}

/// Parts of all samples, in thousandths, between which a distribution is drawn.
pub const QUANTILES: [u64; 18] =
    [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 980, 990, 995, 998, 999, 1_000];

/// A kind of fault over all seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiredSummary {
    /// Which.
    pub kind: FaultKind,
    /// How often it struck.
    pub times: u64,
    /// In how many seeds it struck.
    pub seeds: u64,
}
