//! What a scenario may tune.

use super::bugs::Bug;
use crate::lease;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{NodeSet, Span, SpanRange};

/// Raft's options.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How long a follower waits for its leader before it campaigns, drawn anew each time. Its
    /// least is also how long a voter stands by a leader that it heard from.
    pub election_timeout: SpanRange,
    /// How often a leader shows that it lives.
    pub heartbeat: Span,
    /// How reads are served.
    pub reads: Reads,
    /// Ask whether a campaign could win before the term is raised for it (thesis, section 9.6).
    pub pre_vote: bool,
    /// A leader that hears from no majority for the longest election timeout steps down, and voters
    /// ignore candidates as long as they hear from a leader (thesis, sections 4.2.3 and 6.2).
    pub check_quorum: bool,
    /// By how many millionths a clock may run fast or slow without a lease being held by two.
    pub lease_drift: u32,
    /// How many entries one AppendEntries carries at most.
    pub batch: u64,
    /// How many AppendEntries with entries may be on their way to one follower (pipelining).
    pub window: u32,
    /// A snapshot is taken whenever the log has grown by so many entries; 0 means never.
    pub snapshot_after: u64,
    /// In how many pieces a snapshot is sent.
    pub snapshot_chunk: u32,
    /// How many client sessions are kept. When there are more, the one least recently used expires.
    pub sessions: u32,
    /// How often a leader hands over to its most up-to-date follower, as a rebalancing policy
    /// would.
    pub transfer_every: Option<Span>,
    /// How many of the servers vote at first: the first so many; 0 means all. The others have no part
    /// in the cluster until they are asked for.
    pub voters: u32,
    /// How the members are changed when a client asks for it.
    pub changes: Changes,
    /// Who is sent the log without having a vote.
    pub learners: Learners,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

/// How reads are served (thesis, section 6.4).
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
    /// As entries of the log, like writes.
    Log,
    /// By whichever server is asked, at an index for which the leader has confirmed that it leads.
    #[default]
    ReadIndex,
    /// The same, but a leader sends readers away to a follower, and is left with the writes.
    FollowerReadIndex,
    /// By the leader alone while its lease lasts, and else as with `read-index`.
    Lease,
    /// By whichever server is asked, from its own state: fast, and not linearizable.
    Local,
}

/// How the members are changed.
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
pub enum Changes {
    /// To any other set of voters at once, by a joint configuration (section 6).
    #[default]
    Joint,
    /// One voter after another (thesis, section 4.2).
    Single,
}

/// Who is sent the log without having a vote.
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
pub enum Learners {
    /// Nobody: a new voter begins to catch up when it already counts.
    No,
    /// Servers that are to become voters, until they have caught up (thesis, section 4.2.1).
    #[default]
    Joining,
    /// Every server that is no voter.
    Always,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            election_timeout: SpanRange::millis(150, 300),
            heartbeat: Span::millis(50),
            reads: Reads::ReadIndex,
            pre_vote: true,
            check_quorum: true,
            lease_drift: 10_000,
            batch: 256,
            window: 4,
            snapshot_after: 500,
            snapshot_chunk: 4,
            sessions: 1_000,
            transfer_every: None,
            voters: 0,
            changes: Changes::Joint,
            learners: Learners::Joining,
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Why nothing could run like this, if so. Unwise values are not complained of: what comes of a
    /// heartbeat longer than an election timeout is for a scenario to show.
    pub fn complaint(&self) -> Option<String> {
        let impossible = [
            (self.election_timeout.from == Span::ZERO, "election-timeout must be longer than 0s"),
            (
                self.election_timeout.from > self.election_timeout.to,
                "election-timeout must not end before it begins",
            ),
            (self.heartbeat == Span::ZERO, "heartbeat must be longer than 0s"),
            (self.batch == 0, "batch must be at least 1"),
            (self.window == 0, "window must be at least 1"),
            (self.snapshot_chunk == 0, "snapshot-chunk must be at least 1"),
            (self.sessions == 0, "sessions must be at least 1"),
            (self.lease_drift >= 1_000_000, "lease-drift must be below 1000000 millionths"),
            (
                self.transfer_every == Some(Span::ZERO),
                "transfer-every must be longer than 0s; leave it out for no transfers",
            ),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }

    /// Who votes at first, of so many servers.
    pub fn first_voters(&self, servers: u32) -> NodeSet {
        NodeSet::first(if self.voters == 0 { servers } else { self.voters.min(servers) })
    }

    /// As many entries may wait to be committed before a leader refuses requests. Clients ask again for what takes
    /// long, and a log that grows faster than followers can be sent it is never committed again: each new leader has
    /// to bring them all of it. (etcd bounds the same tail in bytes, by `MaxUncommittedEntriesSize`.)
    pub(super) fn longest_tail(&self) -> u64 {
        self.batch.saturating_mul(8 * u64::from(self.window)).max(16)
    }

    /// Whether voters stand by a leader that they hear from.
    pub(super) fn voters_stand_by_leader(&self) -> bool {
        self.check_quorum || self.reads == Reads::Lease
    }

    /// How long a lease lasts: voters stand by a leader for the least election timeout.
    pub(super) fn lease(&self) -> Span {
        lease::length(self.election_timeout.from, self.lease_drift)
    }
}
