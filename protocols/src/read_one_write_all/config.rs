//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Span;

/// The options of read-one-write-all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How long a node waits for an answer to what it sent before it sends it again.
    pub retry: Span,
    /// How many writes one message carries at most when they are sent again.
    pub batch: u64,
    /// How many client sessions are kept. When there are more, the one least recently used expires.
    pub sessions: u32,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config { retry: Span::millis(100), batch: 64, sessions: 1_000, bugs: Vec::new() }
    }
}

impl Config {
    /// Why nothing could run like this, if so.
    pub fn complaint(&self) -> Option<String> {
        let impossible = [
            (self.retry == Span::ZERO, "retry must be longer than 0s"),
            (self.batch == 0, "batch must be at least 1"),
            (self.sessions == 0, "sessions must be at least 1"),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }
}
