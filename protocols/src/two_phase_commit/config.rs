//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Span;

/// The options of two-phase commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// What the coordinator takes for so when its log says nothing of a transaction.
    pub variant: Variant,
    /// Who has only read is done when it votes, and writes nothing.
    pub read_only: bool,
    /// Whoever is in doubt asks the other participants too.
    pub cooperative: bool,
    /// How deadlocks are avoided.
    pub deadlock: Deadlock,
    /// How long the coordinator waits for an answer before it sends again.
    pub retry: Span,
    /// How long after its beginning, or after the first PREPARE, the coordinator gives a transaction up that is not
    /// decided.
    pub give_up: Span,
    /// How long a participant that has not voted waits for PREPARE before it gives its part up.
    pub idle: Span,
    /// How long a transaction waits for a lock at most.
    pub lock_wait: Span,
    /// How long a participant is in doubt before it asks what was decided, again and again.
    pub inquire: Span,
    /// After how many records a log is put together.
    pub checkpoint: u32,
    /// How many client sessions are kept. When there are more, the one least recently used expires.
    pub sessions: u32,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

/// What is not in the coordinator's log (Mohan, Lindsay and Obermarck, 1986).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Both outcomes are logged, told to all and acknowledged.
    PresumedNothing,
    /// It has aborted: an abort need be neither logged nor acknowledged.
    #[default]
    PresumedAbort,
    /// It has committed: a commit need not be acknowledged, but who takes part is logged beforehand.
    PresumedCommit,
}

/// How deadlocks are avoided (Rosenkrantz, Stearns and Lewis, "System Level Concurrency Control for Distributed
/// Database Systems", TODS 3(2), 1978).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deadlock {
    /// Who is older waits, who is younger aborts.
    #[default]
    WaitDie,
    /// Who is older aborts the younger one that is in its way, unless that is in doubt; who is younger waits.
    WoundWait,
    /// Everybody waits, and gives up some time.
    TimeOut,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            variant: Variant::default(),
            read_only: true,
            cooperative: true,
            deadlock: Deadlock::default(),
            retry: Span::millis(100),
            give_up: Span::secs(1),
            idle: Span::secs(1),
            lock_wait: Span::millis(500),
            inquire: Span::millis(200),
            checkpoint: 64,
            sessions: 1_000,
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Why nothing could run like this, if so.
    pub fn complaint(&self) -> Option<String> {
        let zero = |span: Span| span == Span::ZERO;
        let impossible = [
            (zero(self.retry), "retry must be longer than 0s"),
            (zero(self.give_up), "give-up must be longer than 0s"),
            (zero(self.idle), "idle must be longer than 0s"),
            (zero(self.lock_wait), "lock-wait must be longer than 0s"),
            (zero(self.inquire), "inquire must be longer than 0s"),
            (self.checkpoint == 0, "checkpoint must be at least 1"),
            (self.sessions == 0, "sessions must be at least 1"),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }
}
