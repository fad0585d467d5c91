//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Authentication, Span};

/// PBFT's options.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How what is passed on is authenticated: by signatures, or by vectors of message
    /// authentication codes (TOCS 2002, section 3).
    pub authentication: Authentication,
    /// How long a backup waits for a request to be executed, and a replica for a new view to begin,
    /// before it goes on to the next view.
    pub timeout: Span,
    /// Waits double from view to view until something is executed, but not beyond this: messages
    /// are not slower than that for ever.
    pub longest_timeout: Span,
    /// How often a replica looks whether it is stuck, and if so tells the others how far it is.
    pub status: Span,
    /// How many requests a batch has at most.
    pub batch: u32,
    /// How many batches may be under way at once.
    pub in_flight: u64,
    /// `K`: a checkpoint is taken whenever a sequence number is divisible by this.
    pub checkpoint_every: u64,
    /// `L`: how many sequence numbers above the stable checkpoint are accepted; a multiple of
    /// `checkpoint-every`, and at least twice as much.
    pub log_size: u64,
    /// Execute what is prepared before it is committed, and answer then (TOCS 2002, section 5.1).
    pub tentative: bool,
    /// Answer reads at once and without an order (TOCS 2002, section 5.1). With it every answer
    /// needs a quorum: Berger, Reiser and Bessani, "Making Reads in BFT State Machine Replication
    /// Fast, Linearizable, and Live", SRDS 2021.
    pub read_only: bool,
    /// How many clients' last answers are kept. When there are more, the least recent is forgotten.
    pub sessions: u32,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            authentication: Authentication::Signatures,
            timeout: Span::millis(250),
            longest_timeout: Span::secs(2),
            status: Span::millis(100),
            batch: 1,
            in_flight: 8,
            checkpoint_every: 64,
            log_size: 128,
            tentative: false,
            read_only: false,
            sessions: 1_000,
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Why nothing could run like this, if so.
    pub fn complaint(&self) -> Option<String> {
        let (every, size) = (self.checkpoint_every, self.log_size);
        let impossible = [
            (self.timeout == Span::ZERO, "timeout must be longer than 0s"),
            (self.status == Span::ZERO, "status must be longer than 0s"),
            (
                self.longest_timeout < self.timeout,
                "longest-timeout must not be shorter than timeout",
            ),
            (
                self.longest_timeout < self.status,
                "longest-timeout must not be shorter than status: views would end before what was lost is sent again",
            ),
            (self.batch == 0, "batch must be at least 1"),
            (self.in_flight == 0, "in-flight must be at least 1"),
            (every == 0, "checkpoint-every must be at least 1"),
            (
                every > 0 && (!size.is_multiple_of(every) || size / every < 2),
                "log-size must be a multiple of checkpoint-every, and at least twice as much",
            ),
            (size > 100_000, "log-size must be at most 100000"),
            (self.sessions == 0, "sessions must be at least 1"),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }

    /// How many checkpoints a replica has at most: the stable one, and those up to the high water
    /// mark.
    pub(super) fn checkpoints(&self) -> u64 {
        self.log_size / self.checkpoint_every + 1
    }

    /// Whether an answer may be given that could still be taken back or is of no order: a client
    /// then needs a quorum of them.
    pub(super) fn answers_early(&self) -> bool {
        self.tentative || self.read_only
    }
}
