//! A failure, kept: everything that a replay needs, whole in one file.

use crate::campaign::corpus::Input;
use crate::format::{Choices, limits};
use crate::library;
use crate::run::{Case, Course};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::drive::replay::{Departure, departure, hash_of};
use sim_core::fault::Plan;
use sim_core::outcome::{Finding, Outcome};
use sim_core::{Span, Time};
use std::path::Path;

/// The name and version of the format.
pub const SCHEMA: &str = "splitbrain.failure/1";

/// As large as a failure file may be, in bytes.
pub const LARGEST: usize = 64 << 20;

/// A run in which a property broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Failure {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of the engine that ran it.
    pub engine: String,
    /// Which program wrote it.
    pub written_by: String,
    /// The protocol.
    pub protocol: String,
    /// The seed.
    pub seed: u64,
    /// The scenario's name.
    pub name: String,
    /// The scenario, word for word.
    pub scenario: String,
    /// What was laid over it.
    pub overrides: Overrides,
    /// Every fault with its id and its times.
    pub plan: Plan,
    /// What broke.
    pub verdict: Broke,
    /// The run's digest, in hexadecimal.
    pub digest: String,
    /// How many steps it took.
    pub steps: u64,
    /// The digest at some steps on the way.
    pub waypoints: Vec<(u64, String)>,
    /// By what somebody's changes to the file are noticed; earlier versions wrote none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asked: Option<Asked>,
    /// The command that replays it.
    pub replay: String,
}

/// Digests of what a failure file asks for, in hexadecimal, as it was when it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asked {
    /// Of the scenario.
    pub scenario: String,
    /// Of the plan.
    pub plan: String,
    /// Of the protocol, the seed, and what was laid over the scenario.
    pub run: String,
    /// Of what came of it: the run's digest, and those on the way.
    pub outcome: String,
}

/// What was laid over a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Overrides {
    /// Bugs planted beside those of the scenario.
    pub bugs: Vec<String>,
    /// What was chosen for the keys of `[swarm]`, where the seed alone does not tell: a search had changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Choices>,
    /// How many nodes there were, where the seed alone does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
}

/// What broke, when, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Broke {
    /// The property.
    pub property: String,
    /// Why, for people.
    pub why: String,
    /// When.
    pub at: Option<Time>,
    /// At which step.
    pub step: Option<u64>,
    /// What breaches of the same shape have in common.
    pub fingerprint: String,
}

/// What a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The same run, step for step.
    Same,
    /// Another run: it departs here.
    Departs(Departure),
}

impl Failure {
    /// The failure of a run, without a replay line yet. `text` is the scenario, word for word.
    pub fn of(
        course: &Course<'_>,
        case: &Case<'_>,
        text: &str,
        outcome: &Outcome,
        finding: &Finding,
    ) -> Failure {
        // A search may have changed what the seed draws.
        let drawn = course.case(case.seed);
        let choices = (drawn.choices != case.choices).then(|| case.choices.clone());
        let nodes = (drawn.nodes != case.nodes || choices.is_some()).then_some(case.nodes);
        let mut failure = Failure {
            schema: SCHEMA.into(),
            engine: env!("CARGO_PKG_VERSION").into(),
            written_by: "splitbrain".into(),
            protocol: course.entry().name().into(),
            seed: case.seed,
            name: course.name.clone(),
            scenario: text.into(),
            overrides: Overrides { bugs: course.planted.clone(), choices, nodes },
            plan: case.plan.clone(),
            verdict: Broke {
                property: finding.property.clone(),
                why: finding.why.clone(),
                at: finding.at,
                step: finding.step,
                fingerprint: crate::fingerprint::fingerprint(&finding.property, &finding.why),
            },
            digest: hex(outcome.digest),
            steps: outcome.steps,
            waypoints: outcome.waypoints.iter().map(|(step, d)| (*step, hex(*d))).collect(),
            asked: None,
            replay: String::new(),
        };
        failure.asked = Some(failure.asks());
        failure
    }

    /// The digests of what it asks for now.
    fn asks(&self) -> Asked {
        let Failure { protocol, seed, overrides, digest, waypoints, .. } = self;
        Asked {
            scenario: hex(hash_of(&self.scenario)),
            plan: digest_of(&self.plan),
            run: digest_of(&(protocol, seed, overrides)),
            outcome: digest_of(&(digest, self.steps, waypoints)),
        }
    }

    /// What it ran.
    pub fn case<'a>(&self, course: &Course<'a>) -> Case<'a> {
        let drawn = course.case(self.seed);
        let Overrides { choices, nodes, .. } = self.overrides.clone();
        course.case_of(&Input {
            seed: self.seed,
            nodes: nodes.unwrap_or(drawn.nodes),
            choices: choices.unwrap_or(drawn.choices),
            plan: self.plan.clone(),
        })
    }

    /// The name of its file, without the ending.
    pub fn file_stem(&self) -> String {
        let Broke { property, fingerprint, .. } = &self.verdict;
        file_stem(&self.protocol, &self.name, property, fingerprint)
    }

    /// Reads a failure file.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, and where, when it is not a whole failure file of this format.
    pub fn read(text: &[u8]) -> Result<Failure, String> {
        if text.len() > LARGEST {
            return Err(format!("it is larger than {} MiB", LARGEST >> 20));
        }
        let failure: Failure = serde_json::from_slice(text).map_err(|e| {
            let end = if e.is_eof() { "; the file seems to be cut short" } else { "" };
            format!("{e}{end}")
        })?;
        if failure.schema != SCHEMA {
            return Err(format!("it says `{}`; this version reads `{SCHEMA}`", failure.schema));
        }
        let strikes = failure.plan.strikes.len();
        if strikes as u64 > limits::STRIKES {
            return Err(format!("its plan has {strikes} strikes; at most {}", limits::STRIKES));
        }
        let digests = failure.waypoints.iter().map(|(_, digest)| digest);
        if let Some(digest) = digests.chain([&failure.digest]).find(|d| from_hex(d).is_none()) {
            return Err(format!("`{digest}` is no digest"));
        }
        Ok(failure)
    }

    /// Whether a run is the one that failed.
    pub fn compare(&self, outcome: &Outcome) -> Replayed {
        if from_hex(&self.digest) == Some(outcome.digest) {
            return Replayed::Same;
        }
        let recorded: Vec<(u64, u64)> = self
            .waypoints
            .iter()
            .filter_map(|(step, digest)| Some((*step, from_hex(digest)?)))
            .collect();
        let last = recorded.last().map_or(0, |(step, _)| *step);
        let end = Departure { after: last, by: self.steps.max(outcome.steps) };
        Replayed::Departs(departure(&recorded, &outcome.waypoints, outcome.steps).unwrap_or(end))
    }

    /// Why a replay of it departs, as far as that can be told, in words that end a sentence.
    pub fn why_it_departs(&self) -> String {
        let now = self.asks();
        let asked = self.asked.as_ref().unwrap_or(&now);
        let parts = [
            (asked.scenario != now.scenario, "its scenario"),
            (asked.plan != now.plan, "its plan"),
            (asked.run != now.run, "its seed, its protocol or what was laid over the scenario"),
            (asked.outcome != now.outcome, "what it says about the run"),
        ];
        let changed: Vec<&str> =
            parts.into_iter().filter_map(|(is_changed, part)| is_changed.then_some(part)).collect();
        let this = env!("CARGO_PKG_VERSION");
        if !changed.is_empty() {
            return format!("somebody has changed the file: {}", changed.join(", and "));
        }
        if self.engine != this {
            return format!("version {} recorded it, this is version {this}", self.engine);
        }
        format!(
            "the file is as it was written, by version {this} as this is: the protocol's code has \
             changed, or it does not give the same run twice"
        )
    }

    /// The bound that its plan needs: nothing strikes later than its healing.
    pub fn duration(&self) -> Span {
        self.plan.heal - Time::ZERO
    }
}

/// The name of the file of a failure, without the ending: the protocol, the scenario, what broke, and how.
///
/// Scenarios that ship are told apart by their names. Two files of one name may lie in two folders, and beside one that
/// ships: theirs comes with four digits of a digest of the path, as it was given.
pub fn file_stem(protocol: &str, scenario: &str, property: &str, fingerprint: &str) -> String {
    let of_its_own = |name: &str| match library::named(name).is_some() || !name.ends_with(".toml") {
        true => name.strip_prefix(protocol).unwrap_or(name).to_owned(),
        false => {
            let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
            format!("{stem}-{:04x}", hash_of(&name) >> 48)
        }
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let (file, variant) = scenario.rsplit_once('@').unwrap_or((scenario, ""));
    let known = library::named(file).is_some() || file.ends_with(".toml");
    let (file, variant) = if known { (file, variant) } else { (scenario, "") };
    let scenario = format!("{} {variant}", of_its_own(file));
    let scenario: String = scenario.trim().chars().map(plain).collect();
    let parts = [protocol, scenario.trim_matches('-'), property, fingerprint];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The digest of a value in the one form in which it is written.
fn digest_of(value: &impl Serialize) -> String {
    hex(hash_of(&serde_json::to_string(value).unwrap_or_default()))
}

/// A digest in the form of reports.
pub fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}

fn from_hex(text: &str) -> Option<u64> {
    (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// A part's schema, whole in itself: it stands inside another, where no reference would find its way.
fn part<T: JsonSchema>() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft07();
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The JSON Schema of failure files.
pub fn schema() -> serde_json::Value {
    let text = || serde_json::json!({ "type": "string" });
    let number = || serde_json::json!({ "type": "integer", "minimum": 0 });
    let digest = || serde_json::json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" });
    let (overrides, verdict, asked) = (part::<Overrides>(), part::<Broke>(), part::<Asked>());
    serde_json::json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A run in which a property broke",
        "type": "object",
        "additionalProperties": false,
        "required": [
            "schema", "engine", "written-by", "protocol", "seed", "name", "scenario", "overrides",
            "plan", "verdict", "digest", "steps", "waypoints", "replay"
        ],
        "properties": {
            "schema": { "const": SCHEMA },
            "engine": text(), "written-by": text(), "protocol": text(), "seed": number(),
            "name": text(), "scenario": text(), "overrides": overrides,
            "plan": {
                "type": "object",
                "required": ["strikes", "heal"],
                "properties": { "strikes": { "type": "array" }, "heal": text() }
            },
            "verdict": verdict, "digest": digest(), "steps": number(),
            "waypoints": {
                "type": "array",
                "items": { "type": "array", "items": [number(), digest()], "minItems": 2, "maxItems": 2 }
            },
            "asked": asked, "replay": text()
        }
    })
}
