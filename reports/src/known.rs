//! Failures that are known, and what became of them when they were played again.

use crate::json::line;
use schemars::JsonSchema;
use serde::Serialize;

/// A known failure, played again.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Known {
    /// `splitbrain.known/1`
    schema: &'static str,
    /// The file in which it is kept: a failure, or a scenario that one was shrunk to.
    pub file: String,
    /// What kind of file that is.
    pub kind: Kind,
    /// What became of it.
    pub fate: Fate,
    /// The protocol; none when the file cannot be played.
    pub protocol: Option<String>,
    /// The property that broke when it was found, or that breaks now.
    pub property: Option<String>,
    /// Why it breaks, what is to be known of a run that holds, or why the file cannot be played.
    pub why: String,
    /// The command that replays it.
    pub replay: String,
}

/// How a known failure is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// As a failure file: it is there as long as it fails, and a little longer.
    Failure,
    /// As a scenario that must hold from the day on which it was mended.
    Regression,
}

/// What became of a known failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It breaks.
    Broken,
    /// It holds.
    Holds,
    /// Nobody can say: a checker's budget ran out.
    Unknown,
    /// The file cannot be played.
    Unplayable,
}

impl Known {
    /// What became of the failure in a file.
    pub fn new(kind: Kind, file: String, fate: Fate, why: String) -> Known {
        let replay = format!("splitbrain replay {file}");
        let schema = "splitbrain.known/1";
        Known { schema, file, kind, fate, protocol: None, property: None, why, replay }
    }

    /// In a line or two for people.
    pub fn text(&self) -> String {
        let word = match (self.fate, self.kind) {
            (Fate::Broken, Kind::Failure) => "STILL FAILS",
            (Fate::Broken, Kind::Regression) => "FAILS AGAIN",
            (Fate::Holds, _) => "NO LONGER FAILS",
            (Fate::Unknown, _) => "UNDECIDED",
            (Fate::Unplayable, _) => "CANNOT BE PLAYED",
        };
        let Known { file, why, .. } = self;
        let property = self.property.as_ref().map(|property| format!(": {property}"));
        let property = property.unwrap_or_default();
        let why = why.trim_end().replace('\n', "\n                 ");
        let why = if why.is_empty() { why } else { format!("\n                 {why}") };
        format!("{word:<16} {file}{property}{why}")
    }

    /// As one line of JSON, without the line's end.
    pub fn json(&self) -> String {
        line(self)
    }
}
