//! What a scenario may tune.

use super::bugs::Bug;
use crate::lease;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Span, SpanRange};

/// Multi-Paxos's options.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How long a server waits for its leader before it runs a ballot of its own, drawn anew each
    /// time. Its least is also how long an acceptor stands by a leader that reads by a lease.
    pub election_timeout: SpanRange,
    /// How often a leader shows that it lives.
    pub heartbeat: Span,
    /// How long a proposer waits at most before it tries again when it was overtaken; twice as long
    /// after each further time, up to the longest election timeout.
    pub back_off: Span,
    /// How reads are served.
    pub reads: Reads,
    /// By how many millionths a clock may run fast or slow without a lease being held by two.
    pub lease_drift: u32,
    /// How many slots may be open beyond what is executed: the paper's alpha.
    pub window: u64,
    /// How many slots a server that lags behind is told of at once.
    pub batch: u64,
    /// A snapshot is taken whenever so many slots were executed; 0 means never.
    pub snapshot_after: u64,
    /// In how many pieces a snapshot is sent.
    pub snapshot_chunk: u32,
    /// How many client sessions are kept. When there are more, the one least recently used expires.
    pub sessions: u32,
    /// How many of the servers are acceptors at first: the first so many; 0 means all. The others
    /// learn, and may lead.
    pub acceptors: u32,
    /// How often the leader replaces an acceptor by a server that is none, as an operator would.
    pub replace_every: Option<Span>,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

/// How reads are served.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// In slots of their own, like writes.
    Log,
    /// By whichever server is asked, when it has executed all that a majority has voted for.
    #[default]
    Quorum,
    /// By the leader alone while its lease lasts, and else as with `quorum`.
    Lease,
    /// By whichever server is asked, from its own state: fast, and not linearizable.
    Local,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            election_timeout: SpanRange::millis(150, 300),
            heartbeat: Span::millis(50),
            back_off: Span::millis(50),
            reads: Reads::Quorum,
            lease_drift: 10_000,
            window: 32,
            batch: 256,
            snapshot_after: 500,
            snapshot_chunk: 4,
            sessions: 1_000,
            acceptors: 0,
            replace_every: None,
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Why nothing could run like this, if so. Unwise values are not complained of.
    pub fn complaint(&self) -> Option<String> {
        let impossible = [
            (self.election_timeout.from == Span::ZERO, "election-timeout must be longer than 0s"),
            (
                self.election_timeout.from > self.election_timeout.to,
                "election-timeout must not end before it begins",
            ),
            (self.heartbeat == Span::ZERO, "heartbeat must be longer than 0s"),
            (self.back_off == Span::ZERO, "back-off must be longer than 0s"),
            (self.window == 0, "window must be at least 1"),
            (self.batch == 0, "batch must be at least 1"),
            (self.snapshot_chunk == 0, "snapshot-chunk must be at least 1"),
            (self.sessions == 0, "sessions must be at least 1"),
            (self.lease_drift >= 1_000_000, "lease-drift must be below 1000000 millionths"),
            (
                self.replace_every == Some(Span::ZERO),
                "replace-every must be longer than 0s; leave it out for no replacements",
            ),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }

    /// How long a lease lasts: acceptors stand by a leader for the least election timeout.
    pub(super) fn lease(&self) -> Span {
        lease::length(self.election_timeout.from, self.lease_drift)
    }

    /// The acceptors of the first slots, of so many servers.
    pub fn first_acceptors(&self, servers: u32) -> u32 {
        if self.acceptors == 0 { servers } else { self.acceptors.min(servers) }
    }
}
