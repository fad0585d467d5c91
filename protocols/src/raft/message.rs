//! What is sent, what is written, and the names of timers.

use super::log::{Entry, Index, Term};
use super::snapshot::{Snapshot, SnapshotId};
use crate::piece::Piece;
use serde::Serialize;
use sim_core::{NodeId, Service};
use std::sync::Arc;

/// A message between servers. Every one bears its sender's term (Fig. 2, Rules for Servers).
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message<S: Service> {
    /// "Would you vote for me?" It changes nothing at its receiver (thesis, section 9.6).
    PreVote(Candidacy),
    /// The answer: with the term asked for when granted, else with the answerer's own.
    PreVoteReply {
        /// See above.
        term: Term,
        /// Whether it would.
        granted: bool,
    },
    /// RequestVote (Fig. 2).
    RequestVote(Candidacy),
    /// Its answer.
    Vote {
        /// The voter's term.
        term: Term,
        /// Whether the candidate has the vote.
        granted: bool,
    },
    /// AppendEntries (Fig. 2); a heartbeat when it has no entries.
    AppendEntries(AppendEntries<S>),
    /// Its answer.
    Appended {
        /// The follower's term.
        term: Term,
        /// The round of the AppendEntries that this answers.
        round: u64,
        /// What came of it.
        outcome: Outcome,
    },
    /// One piece of a snapshot (Fig. 13).
    InstallSnapshot {
        /// The leader's term.
        term: Term,
        /// The leader's newest round.
        round: u64,
        /// Which snapshot this is a piece of.
        snapshot: SnapshotId,
        /// Which piece, from 0: the paper's offset.
        offset: u32,
        /// What the piece holds.
        data: Arc<Piece<S>>,
        /// Whether it is the last.
        done: bool,
    },
    /// Its answer.
    Installed {
        /// The follower's term.
        term: Term,
        /// The round of the message that this answers.
        round: u64,
        /// The last index of the snapshot that is meant.
        last_index: Index,
        /// The piece that is wanted next; none when the follower has all that the snapshot covers.
        wanted: Option<u32>,
    },
    /// "Campaign now, without waiting" (thesis, section 3.10).
    TimeoutNow {
        /// The leader's term.
        term: Term,
    },
    /// A follower asks its leader for an index that a read may be served at (thesis, section 6.4).
    ReadIndex {
        /// The follower's term.
        term: Term,
        /// The follower's name for the read.
        ticket: u64,
    },
    /// Its answer, when the leader has confirmed that it leads.
    ReadIndexReply {
        /// The leader's term.
        term: Term,
        /// The follower's name for the read.
        ticket: u64,
        /// Where the follower must have come to before it serves the read.
        index: Index,
    },
    /// A leader's word to itself: my own disk has the log up to here.
    OwnSync {
        /// The term that it led then.
        term: Term,
        /// Up to where.
        index: Index,
    },
}

/// The arguments of RequestVote, which PreVote shares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Candidacy {
    /// The term that is asked for.
    pub term: Term,
    /// The term of the candidate's last entry.
    pub last_term: Term,
    /// The index of the candidate's last entry.
    pub last_index: Index,
    /// The leader asked for this election, so that having heard from it is no reason to refuse.
    pub transfer: bool,
}

/// The arguments of AppendEntries.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct AppendEntries<S: Service> {
    /// The leader's term.
    pub term: Term,
    /// The leader's newest round: an answer proves that the leader still led after the round began.
    pub round: u64,
    /// The index just before the entries.
    pub prev_index: Index,
    /// The term of the entry there.
    pub prev_term: Term,
    /// What to append.
    pub entries: Arc<[Entry<S>]>,
    /// The leader's commit index.
    pub commit: Index,
}

/// What came of an AppendEntries, or of a piece of a snapshot that came too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Outcome {
    /// The sender's term is over. The follower's term is in the message, and it may be one that the
    /// sender has won since: then this says nothing about whether it still leads *that* term.
    OldTerm,
    /// The follower's log equals the leader's up to here, durably.
    Matched(Index),
    /// The follower has no such entry before the new ones.
    Conflict {
        /// The index at which it has none.
        prev: Index,
        /// The term of the entry that stands there instead; 0 when none does.
        term: Term,
        /// Where that term begins, or just after the last entry: nothing before it needs another
        /// try.
        first: Index,
    },
}

/// How many bytes an entry takes on the wire: the same on every platform, whatever it takes in memory.
const ENTRY_SIZE: usize = 64;

/// The names of timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// Nothing was heard from a leader for too long.
    Election,
    /// The leader must show that it lives.
    Heartbeat,
    /// The rebalancing policy looks whether to move leadership.
    Rebalance,
    /// A transfer of leadership has taken too long.
    TransferLate,
}

/// A line of the journal, which is the whole of what a server keeps on disk.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Record<S: Service> {
    /// The current term and the vote in it.
    Hard {
        /// `currentTerm`.
        term: Term,
        /// `votedFor`.
        voted_for: Option<NodeId>,
    },
    /// An entry; it takes the place of the one at its index and of all that followed that.
    Entry {
        /// Where.
        index: Index,
        /// What.
        entry: Entry<S>,
    },
    /// A snapshot, in place of the log up to its last index.
    Snapshot(Arc<Snapshot<S>>),
}

/// The kinds of message, in the order of [`Message`].
pub(super) const KINDS: &[&str] = &[
    "pre-vote",
    "pre-vote-reply",
    "request-vote",
    "vote",
    "append-entries",
    "append-reply",
    "install-snapshot",
    "install-reply",
    "timeout-now",
    "read-index",
    "read-index-reply",
    "own-sync",
];

impl<S: Service> Message<S> {
    #[inline]
    pub(super) fn kind(&self) -> usize {
        match self {
            Message::PreVote(_) => 0,
            Message::PreVoteReply { .. } => 1,
            Message::RequestVote(_) => 2,
            Message::Vote { .. } => 3,
            Message::AppendEntries(_) => 4,
            Message::Appended { .. } => 5,
            Message::InstallSnapshot { .. } => 6,
            Message::Installed { .. } => 7,
            Message::TimeoutNow { .. } => 8,
            Message::ReadIndex { .. } => 9,
            Message::ReadIndexReply { .. } => 10,
            Message::OwnSync { .. } => 11,
        }
    }

    /// A header of 40 bytes; then what is carried.
    #[inline]
    pub(super) fn size(&self) -> u32 {
        let carried = match self {
            Message::AppendEntries(append) => append.entries.len() * ENTRY_SIZE,
            Message::InstallSnapshot { data, .. } => data.size(),
            _ => 0,
        };
        40 + carried as u32
    }

    /// The sender's term; for a PreVote, the term that it asks for.
    pub(super) fn term(&self) -> Term {
        match self {
            Message::PreVote(ask) | Message::RequestVote(ask) => ask.term,
            Message::AppendEntries(append) => append.term,
            Message::PreVoteReply { term, .. }
            | Message::Vote { term, .. }
            | Message::Appended { term, .. }
            | Message::InstallSnapshot { term, .. }
            | Message::Installed { term, .. }
            | Message::TimeoutNow { term }
            | Message::ReadIndex { term, .. }
            | Message::ReadIndexReply { term, .. }
            | Message::OwnSync { term, .. } => *term,
        }
    }
}
