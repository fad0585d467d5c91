//! One run as JSON.

use super::hex;
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::fault::FaultKind;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::{Span, Time};
use std::collections::BTreeMap;

/// What one run came to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Outcome")]
pub(super) struct OneRun<'a> {
    /// `splitbrain.outcome/1`
    schema: &'static str,
    seed: u64,
    nodes: u32,
    verdict: Verdict,
    /// Every step folded into 64 bits.
    digest: String,
    steps: u64,
    lasted: Span,
    lasted_ns: u64,
    findings: Vec<Found<'a>>,
    /// How often each kind of fault struck.
    fired: BTreeMap<&'static str, u64>,
    /// Faults that never struck, by id.
    idle: &'a [String],
    /// What was counted, by the measure's name.
    counts: &'a BTreeMap<String, u64>,
    /// What was sampled, by the measure's name; spans are in nanoseconds.
    samples: BTreeMap<&'a str, &'a [u64]>,
    operations: u64,
    keys: u64,
}

/// What is known of one property in one run.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Finding")]
struct Found<'a> {
    property: &'a str,
    verdict: Verdict,
    promised: bool,
    /// Why it is broken or not known, for people.
    why: &'a str,
    at: Option<Time>,
    at_ns: Option<u64>,
    step: Option<u64>,
    beyond: &'a [FaultKind],
}

impl<'a> OneRun<'a> {
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        let findings = outcome.findings.iter().map(|finding| Found {
            property: &finding.property,
            verdict: finding.verdict,
            promised: finding.promised,
            why: &finding.why,
            at: finding.at,
            at_ns: finding.at.map(|at| at.0),
            step: finding.step,
            beyond: &finding.beyond,
        });
        let samples = outcome.samples.iter();
        OneRun {
            schema: "splitbrain.outcome/1",
            seed: outcome.seed,
            nodes: outcome.nodes,
            verdict: outcome.verdict(),
            digest: hex(outcome.digest),
            steps: outcome.steps,
            lasted: outcome.lasted,
            lasted_ns: outcome.lasted.0,
            findings: findings.collect(),
            fired: outcome.fired.iter().map(|(kind, times)| (kind.name(), times)).collect(),
            idle: &outcome.idle,
            counts: &outcome.counts,
            samples: samples.map(|(name, s)| (name.as_str(), s.0.as_slice())).collect(),
            operations: outcome.operations,
            keys: outcome.keys,
        }
    }
}
