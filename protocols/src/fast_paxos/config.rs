//! What a scenario may tune.

use super::bugs::Bug;
use crate::paxos;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Span, SpanRange};

/// Fast Paxos's options.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// What the first round is, whose coordinator is the first node.
    pub first: First,
    /// How long a node waits for a decision before it runs a ballot of its own, and for answers.
    pub retry: Span,
    /// How long a proposer waits at most that was overtaken; twice as long after each further time,
    /// sixteen times as long at most.
    pub pause: Span,
    /// How often a node asks another for decisions that it lacks, drawn anew each time; and how long
    /// a vote may be without a decision before the voter finds out what became of it.
    pub catch_up: SpanRange,
    /// How many decisions a node that lags behind is told of at once.
    pub batch: usize,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

/// What the first round is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum First {
    /// Fast: what clients propose goes straight to the acceptors.
    #[default]
    Fast,
    /// Classic: it goes to the coordinator, which proposes it.
    Classic,
}

impl Default for Config {
    fn default() -> Self {
        let paxos::Config { retry, pause, catch_up, batch, .. } = paxos::Config::default();
        Config { first: First::Fast, retry, pause, catch_up, batch, bugs: Vec::new() }
    }
}

impl Config {
    /// What it shares with classic Paxos.
    pub(super) fn pace(&self) -> paxos::Config {
        let Config { retry, pause, catch_up, batch, .. } = *self;
        paxos::Config { retry, pause, catch_up, batch, ..paxos::Config::default() }
    }
}
