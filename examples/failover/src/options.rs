//! What scenarios may tune, and two mistakes that can be planted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use splitbrain::prelude::*;

/// The options: `[failover]` in scenario files.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Options {
    /// How long a backup waits for a word of the primary before it wants to be one itself.
    pub patience: SpanRange,
    /// How often a primary says that it is there.
    pub beat: Span,
    /// Mistakes that are planted.
    pub bugs: Vec<Bug>,
}

impl Default for Options {
    fn default() -> Self {
        let patience = SpanRange { from: Span::millis(200), to: Span::millis(400) };
        Options { patience, beat: Span::millis(60), bugs: Vec::new() }
    }
}

impl Options {
    /// Whether a mistake is planted.
    pub fn has(&self, bug: Bug) -> bool {
        self.bugs.contains(&bug)
    }
}

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bug {
    /// A copy is judged by its version, whoever sends it.
    EpochIgnored,
    /// A primary answers reads without asking anybody.
    ReadsAlone,
}

impl Bug {
    /// Every mistake.
    pub const ALL: [Bug; 2] = [Bug::EpochIgnored, Bug::ReadsAlone];

    /// The mistake with this id.
    pub fn named(id: &str) -> Option<Bug> {
        Bug::ALL.into_iter().find(|bug| bug.about().id == id)
    }

    /// What is known of it.
    pub fn about(self) -> BugAbout {
        match self {
            Bug::EpochIgnored => BugAbout {
                id: "epoch-ignored",
                about: "A backup takes every copy that is not older than its own, whoever sends it.",
                origin: "Kafka before KIP-101: replicas compared offsets, and not whose they were",
                breaks: &["linearizable"],
                needs: &[FaultKind::Cut],
            },
            Bug::ReadsAlone => BugAbout {
                id: "reads-alone",
                about: "A primary answers reads from its own copy, whether it is still the primary or not.",
                origin: "MongoDB, Jepsen 2015: stale and dirty reads from a primary that was deposed",
                breaks: &["linearizable"],
                needs: &[FaultKind::Cut],
            },
        }
    }
}
