//! The machine form: one compact object a line, each with the name and version of its schema.
//!
//! Times are strings, exact to the nanosecond (`"5.393817264s"`), with the nanoseconds as a number beside them;
//! digests are strings of 16 hexadecimal digits. A field is only ever added within one version of a schema.

mod one;

use crate::known::Known;
use crate::mutants::{MutantRow, Race};
use crate::trace::TraceLine;
use one::OneRun;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;
use sim_core::fault::FaultKind;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::{Expectation, Hunt, Summary, Tally};
use sim_core::{Span, Time};
use std::collections::BTreeMap;

/// The names of the schemas that [`schema`] knows.
pub const SCHEMAS: [&str; 9] =
    ["run", "between", "compared", "known", "matrix", "measures", "mutants", "outcome", "trace"];

/// The JSON Schema (draft 7) of what is printed under this name; none for a name that is not in [`SCHEMAS`].
pub fn schema(name: &str) -> Option<Value> {
    let generator = || SchemaSettings::draft07().into_generator();
    let schema: Schema = match name {
        "run" => generator().into_root_schema_for::<Run<'static>>(),
        "mutants" => generator().into_root_schema_for::<Mutants<'static>>(),
        "between" => generator().into_root_schema_for::<Between<'static>>(),
        "compared" => generator().into_root_schema_for::<crate::compared::Machine<'static>>(),
        "matrix" => generator().into_root_schema_for::<crate::matrix::Machine<'static>>(),
        "known" => generator().into_root_schema_for::<Known>(),
        "measures" => generator().into_root_schema_for::<crate::measures::Machine<'static>>(),
        "outcome" => generator().into_root_schema_for::<OneRun<'static>>(),
        "trace" => generator().into_root_schema_for::<TraceLine>(),
        _ => return None,
    };
    Some(schema.to_value())
}

/// A summary as one line, without the line's end.
pub fn run(summary: &Summary) -> String {
    line(&Run::new(summary))
}

/// What came of the expectations between those that ran one scenario, as one line without the line's end.
pub fn between(scenario: &str, contenders: &[String], expectations: &[Expectation]) -> String {
    let missed = expectations.iter().any(|expectation| expectation.met == Some(false));
    line(&Between {
        schema: "splitbrain.between/1",
        scenario,
        contenders,
        verdict: if missed { Verdict::Broken } else { Verdict::Holds },
        expectations: expected(expectations),
    })
}

/// An outcome of one seed as one line, without the line's end.
pub fn outcome(outcome: &Outcome) -> String {
    line(&OneRun::new(outcome))
}

/// The planted bugs and what became of them as one line, without the line's end.
pub fn mutants(rows: &[MutantRow]) -> String {
    line(&Mutants { schema: "splitbrain.mutants/1", bugs: rows.iter().map(Bug::new).collect() })
}

/// One value as one compact line. Everything that is written here has text for keys, so it cannot fail.
pub(crate) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A digest as its 16 digits.
pub(crate) fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}

/// One protocol under one scenario, over many seeds.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Run")]
struct Run<'a> {
    /// `splitbrain.run/1`
    schema: &'static str,
    /// The scenario's name.
    scenario: &'a str,
    /// What it shows, in a sentence.
    title: &'a str,
    /// Which protocol ran.
    protocol: &'a str,
    /// Bugs that were planted, by id.
    planted: &'a [String],
    /// Whether what is promised and expected held.
    verdict: Verdict,
    /// How many seeds ran, and what became of them.
    seeds: Tally,
    /// The first seed.
    first_seed: u64,
    /// The cluster sizes that were drawn.
    nodes: &'a [u32],
    /// How long faults struck.
    duration: Span,
    /// How long the cluster had to recover.
    settle: Span,
    /// How many clients there were.
    clients: u32,
    /// What they asked for.
    load: &'a str,
    /// Operations that were judged, over all seeds.
    operations: u64,
    /// The keys that they were on, over all seeds.
    keys: u64,
    /// The virtual time of all runs together.
    virtual_time: Span,
    /// The properties, those that are promised first.
    properties: Vec<Property<'a>>,
    /// The breaches, by seed.
    broken: Vec<Broken<'a>>,
    /// What the scenario expects.
    expectations: Vec<Expected<'a>>,
    /// What was measured, by name.
    measures: BTreeMap<&'a str, Measured<'a>>,
    /// How often each kind of fault struck.
    fired: BTreeMap<&'static str, u64>,
    /// Faults that never struck, by id.
    idle: &'a [String],
    /// All runs' digests folded into one.
    digest: String,
    /// What the hunt covered, if this is the summary of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    hunt: Option<&'a Hunt>,
}

/// What is expected between those that ran one scenario.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Between")]
struct Between<'a> {
    /// `splitbrain.between/1`
    schema: &'static str,
    /// The scenario's name.
    scenario: &'a str,
    /// Who ran, in the order of the file: protocols, or variants of the scenario.
    contenders: &'a [String],
    /// Whether all of it is so.
    verdict: Verdict,
    /// What is expected.
    expectations: Vec<Expected<'a>>,
}

/// What is known of one property over all seeds.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Property")]
pub(crate) struct Property<'a> {
    property: &'a str,
    /// Whether it is promised under the faults that struck.
    promised: bool,
    held: u64,
    /// In so many seeds it broke although it was promised.
    broken: u64,
    /// In so many seeds it broke where it is not promised.
    unpromised: u64,
    /// In so many seeds a checker's budget ran out.
    unknown: u64,
}

/// One property that broke in one seed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Broken")]
struct Broken<'a> {
    seed: u64,
    property: &'a str,
    /// Why, for people.
    why: &'a str,
    at: Option<Time>,
    /// The same in nanoseconds.
    at_ns: Option<u64>,
    step: Option<u64>,
    /// Whether it was promised.
    promised: bool,
    /// The kinds of fault under which it is not promised and that had struck by then.
    beyond: &'a [FaultKind],
    /// The run's digest.
    digest: String,
    /// Breaches of one shape have one fingerprint.
    fingerprint: &'a str,
    /// The command that replays it.
    replay: &'a str,
}

/// One thing that a scenario expects.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Expected")]
pub(crate) struct Expected<'a> {
    /// `each`, `all`, `between`, `holds` or `breaks`.
    scope: &'a str,
    /// What, as the file says it.
    text: &'a str,
    measured: &'a str,
    /// Null when so few seeds cannot tell.
    met: Option<bool>,
    /// In how many seeds it was met.
    seeds: u64,
    missed_by: Option<u64>,
}

/// A measured quantity over all seeds.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Measured")]
struct Measured<'a> {
    /// `time` in nanoseconds, `count`, or `ratio` in thousandths.
    unit: &'a str,
    samples: u64,
    total: u64,
    min: u64,
    p50: u64,
    p90: u64,
    p99: u64,
    p999: u64,
    max: u64,
}

impl<'a> Run<'a> {
    fn new(summary: &'a Summary) -> Self {
        Run {
            schema: "splitbrain.run/1",
            scenario: &summary.scenario,
            title: &summary.title,
            protocol: &summary.protocol,
            planted: &summary.planted,
            verdict: summary.verdict(),
            seeds: summary.seeds,
            first_seed: summary.first_seed,
            nodes: &summary.nodes,
            duration: summary.duration,
            settle: summary.settle,
            clients: summary.clients,
            load: &summary.load,
            operations: summary.operations,
            keys: summary.keys,
            virtual_time: summary.virtual_time,
            properties: properties(summary),
            broken: broken(summary),
            expectations: expected(&summary.expectations),
            measures: measures(summary),
            fired: summary.fired.iter().map(|fired| (fired.kind.name(), fired.times)).collect(),
            idle: &summary.idle,
            digest: hex(summary.digest),
            hunt: summary.hunt.as_ref(),
        }
    }
}

pub(crate) fn properties(summary: &Summary) -> Vec<Property<'_>> {
    let tallies = summary.properties.iter();
    tallies
        .map(|tally| Property {
            property: &tally.property,
            promised: tally.promised,
            held: tally.held,
            broken: tally.broken,
            unpromised: tally.unpromised,
            unknown: tally.unknown,
        })
        .collect()
}

fn broken(summary: &Summary) -> Vec<Broken<'_>> {
    let breaches = summary.broken.iter();
    breaches
        .map(|breach| Broken {
            seed: breach.seed,
            property: &breach.property,
            why: &breach.why,
            at: breach.at,
            at_ns: breach.at.map(|at| at.0),
            step: breach.step,
            promised: breach.promised,
            beyond: &breach.beyond,
            digest: hex(breach.digest),
            fingerprint: &breach.fingerprint,
            replay: &breach.replay,
        })
        .collect()
}

pub(crate) fn expected(expectations: &[Expectation]) -> Vec<Expected<'_>> {
    expectations
        .iter()
        .map(|expectation| Expected {
            scope: &expectation.scope,
            text: &expectation.text,
            measured: &expectation.measured,
            met: expectation.met,
            seeds: expectation.seeds,
            missed_by: expectation.missed_by,
        })
        .collect()
}

fn measures(summary: &Summary) -> BTreeMap<&str, Measured<'_>> {
    let measures = summary.measures.iter();
    measures
        .map(|measure| {
            let measured = Measured {
                unit: &measure.unit,
                samples: measure.samples,
                total: measure.total,
                min: measure.min,
                p50: measure.p50,
                p90: measure.p90,
                p99: measure.p99,
                p999: measure.p999,
                max: measure.max,
            };
            (measure.name.as_str(), measured)
        })
        .collect()
}

/// Planted bugs, and which were caught.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Mutants")]
struct Mutants<'a> {
    /// `splitbrain.mutants/1`
    schema: &'static str,
    bugs: Vec<Bug<'a>>,
}

/// One planted bug.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Bug")]
struct Bug<'a> {
    protocol: &'a str,
    id: &'a str,
    /// What is wrong, in a sentence.
    summary: &'a str,
    /// Where it is known from.
    origin: &'a str,
    /// The property that it breaks.
    breaks: &'a str,
    caught: bool,
    /// The property whose checker noticed first.
    by: Option<&'a str>,
    /// How many seeds were tried.
    seeds: u64,
    /// The seed that showed it.
    seed: Option<u64>,
    /// The scenario that showed it.
    scenario: Option<&'a str>,
    /// How many runs uniform search took in the swarm, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    uniform: Option<Race>,
    /// The same of guided search.
    #[serde(skip_serializing_if = "Option::is_none")]
    guided: Option<Race>,
}

impl<'a> Bug<'a> {
    fn new(row: &'a MutantRow) -> Self {
        Bug {
            protocol: &row.protocol,
            id: &row.id,
            summary: &row.summary,
            origin: &row.origin,
            breaks: &row.breaks,
            caught: row.caught,
            by: row.by.as_deref(),
            seeds: row.seeds,
            seed: row.seed,
            scenario: row.scenario.as_deref(),
            uniform: row.races.map(|races| races.0),
            guided: row.races.map(|races| races.1),
        }
    }
}
