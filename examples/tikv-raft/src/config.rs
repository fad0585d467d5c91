//! What a scenario may tune.

use crate::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use splitbrain::prelude::Span;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How long a tick is.
    pub tick: Span,
    /// After how many ticks without a leader a follower campaigns at the earliest; at the latest after twice as many.
    pub election_tick: u32,
    /// Every how many ticks a leader shows that it lives.
    pub heartbeat_tick: u32,
    /// Ask whether a campaign could win before the term is raised for it.
    pub pre_vote: bool,
    /// A leader that hears from no majority steps down, and voters stand by a leader that they hear from.
    pub check_quorum: bool,
    /// How reads are served.
    pub reads: Reads,
    /// A snapshot is taken whenever so many entries have been applied since the last; 0 means never.
    pub snapshot_after: u64,
    /// How long a leader waits for word of a snapshot before it reports it as failed.
    pub snapshot_patience: Span,
    /// How many client sessions are kept. When there are more, the one least recently used expires.
    pub sessions: u32,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

/// How reads are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// As entries of the log, like writes.
    #[default]
    Log,
    /// By whichever node is asked, at an index for which the leader has confirmed that it leads.
    ReadIndex,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            tick: Span::millis(10),
            election_tick: 15,
            heartbeat_tick: 5,
            pre_vote: true,
            check_quorum: true,
            reads: Reads::Log,
            snapshot_after: 500,
            snapshot_patience: Span::millis(300),
            sessions: 1_000,
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Whether a mistake is planted.
    #[inline]
    pub fn has(&self, bug: Bug) -> bool {
        !self.bugs.is_empty() && self.bugs.contains(&bug)
    }

    /// The longest that a follower waits for its leader.
    pub fn election_timeout(&self) -> Span {
        self.tick * u64::from(self.election_tick) * 2
    }

    /// Why nothing could run like this, if so.
    pub fn complaint(&self) -> Option<String> {
        let impossible = [
            (self.tick == Span::ZERO, "tick must be longer than 0s"),
            (self.heartbeat_tick == 0, "heartbeat-tick must be at least 1"),
            (
                self.election_tick <= self.heartbeat_tick,
                "election-tick must be greater than heartbeat-tick",
            ),
            (self.election_tick > 1_000_000, "election-tick must be at most 1000000"),
            (self.snapshot_patience == Span::ZERO, "snapshot-patience must be longer than 0s"),
            (self.sessions == 0, "sessions must be at least 1"),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_owned())
    }
}
