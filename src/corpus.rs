//! The corpus on disk: inputs that got somewhere new in earlier campaigns, one file for each target. It is a cache:
//! what is not there or cannot be read is found again.

use crate::files::write_whole;
use scenarios::campaign::corpus::Input;
use scenarios::run::Course;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The name and version of the format.
const SCHEMA: &str = "splitbrain.corpus/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kept {
    schema: String,
    /// The keys that the scenario lets seeds draw: inputs of another list of keys mean something else.
    draws: Vec<String>,
    inputs: Vec<Input>,
}

fn path(folder: &Path, course: &Course<'_>) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = course.name.chars().map(plain).collect();
    folder.join(format!("{}-{name}.inputs", course.entry().name()))
}

fn draws(course: &Course<'_>) -> Vec<String> {
    course.scenario.swarm.draws.iter().map(|draw| format!("{draw:?}")).collect()
}

/// What is known of a target; nothing when it is of another version of the scenario.
pub fn read(folder: &Path, course: &Course<'_>) -> Vec<Input> {
    let kept = std::fs::read(path(folder, course)).ok();
    let kept = kept.and_then(|text| serde_json::from_slice::<Kept>(&text).ok());
    let kept = kept.filter(|kept| kept.schema == SCHEMA && kept.draws == draws(course));
    kept.map(|kept| kept.inputs).unwrap_or_default()
}

/// Keeps the inputs of a target. That they cannot be kept ends no campaign.
pub fn write(folder: &Path, course: &Course<'_>, inputs: &[Input]) {
    let kept = Kept { schema: SCHEMA.into(), draws: draws(course), inputs: inputs.to_vec() };
    let text = serde_json::to_string(&kept).unwrap_or_default();
    let _ = write_whole(&path(folder, course), text.as_bytes());
}
