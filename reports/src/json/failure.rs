//! The failure file: it is written when something broke, and read to replay it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sim_core::Time;
use sim_core::fault::Strike;
use std::collections::BTreeMap;

/// A failure file: all that a replay needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// `splitbrain.failure/1`
    pub schema: String,
    /// The version of the engine that found it.
    pub engine: String,
    /// The command or test that wrote it.
    pub written_by: String,
    /// Which protocol ran.
    pub protocol: String,
    /// The seed that it was drawn from.
    pub seed: u64,
    /// The scenario, as its file says it, verbatim.
    pub scenario: String,
    /// What was laid over the scenario, as `key = value`.
    #[serde(default)]
    pub overrides: Vec<String>,
    /// Every fault, with its id and its times written out.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    pub plan: Vec<Strike>,
    /// What broke.
    pub verdict: FailureVerdict,
    /// The run's digest, 16 hexadecimal digits.
    pub digest: String,
    /// The command that replays it.
    pub replay: String,
}

/// What broke, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FailureVerdict {
    /// The property, by its stable name.
    pub property: String,
    /// Why, for people.
    pub why: String,
    /// When.
    pub at: Option<Time>,
    /// At which step.
    pub step: Option<u64>,
    /// Breaches of one shape have one fingerprint.
    pub fingerprint: String,
}

impl Failure {
    /// What [`Failure::schema`] says in files of this version.
    pub const SCHEMA: &'static str = "splitbrain.failure/1";
}
