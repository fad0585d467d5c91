//! The corpus on disk: inputs that got somewhere new in earlier campaigns, one file for each target. It is a cache:
//! what is not there or cannot be read is found again.

use crate::files::write_whole;
use scenarios::campaign::corpus::{Found, Input};
use scenarios::failure::hex;
use scenarios::format::limits;
use scenarios::run::Course;
use serde::{Deserialize, Serialize};
use sim_core::drive::replay::hash_of;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name and version of the format.
const SCHEMA: &str = "splitbrain.corpus/2";

/// As many inputs as are kept of a target.
const MOST: usize = 1_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kept {
    schema: String,
    /// The digest of the scenario: inputs of another text mean something else.
    scenario: String,
    inputs: Vec<Found>,
}

/// The corpus of one target.
#[derive(Default)]
pub struct Corpus {
    path: PathBuf,
    scenario: String,
    known: Vec<Found>,
}

impl Corpus {
    /// What a folder knows of a target; nothing when it is of another version of the scenario.
    pub fn read(folder: &Path, course: &Course<'_>, text: &str) -> Corpus {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = course.name.chars().map(plain).collect();
        let path = folder.join(format!("{}-{name}.inputs", course.entry().name()));
        let scenario = hex(hash_of(&text));
        let kept = std::fs::read(&path).ok();
        let kept = kept.and_then(|text| serde_json::from_slice::<Kept>(&text).ok());
        let kept = kept.filter(|kept| kept.schema == SCHEMA && kept.scenario == scenario);
        let mut known = kept.map(|kept| kept.inputs).unwrap_or_default();
        let sizes = course.entry().sizes();
        known.retain(|Found { input, .. }| {
            sizes.contains(&input.nodes) && input.plan.strikes.len() as u64 <= limits::STRIKES
        });
        known.truncate(MOST);
        Corpus { path, scenario, known }
    }

    /// The inputs that a campaign begins with.
    pub fn inputs(&self) -> Vec<Input> {
        self.known.iter().map(|found| found.input.clone()).collect()
    }

    /// Their digest, in hexadecimal; empty when there are none.
    pub fn digest(&self) -> String {
        let text = |found: &Found| serde_json::to_string(&found.input).unwrap_or_default();
        match self.known.as_slice() {
            [] => String::new(),
            known => hex(hash_of(&known.iter().map(text).collect::<Vec<_>>())),
        }
    }

    /// Writes what was known, and what was found beside that: each input that met a state which none before it did.
    /// That they cannot be written ends no campaign.
    pub fn write(&self, found: &[Found]) {
        let mut met = BTreeSet::new();
        let all = self.known.iter().chain(found).cloned();
        let mut brings = |found: &Found| found.states.iter().filter(|s| met.insert(**s)).count();
        let mut inputs: Vec<(usize, Found)> =
            all.map(|found| (brings(&found), found)).filter(|(new, _)| *new > 0).collect();
        while inputs.len() > MOST {
            // The one that brings least; of several the newest, since later ones build on earlier ones.
            let least = (0..inputs.len()).rev().min_by_key(|place| inputs[*place].0);
            inputs.remove(least.unwrap_or(0));
        }
        let inputs = inputs.into_iter().map(|(_, found)| found).collect();
        let kept = Kept { schema: SCHEMA.into(), scenario: self.scenario.clone(), inputs };
        let text = serde_json::to_string(&kept).unwrap_or_default();
        let _ = write_whole(&self.path, text.as_bytes());
    }
}
