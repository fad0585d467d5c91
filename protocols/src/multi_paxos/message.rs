//! What is sent, what is written, and the names of timers.

use super::log::{Slot, Value, Vote};
use super::snapshot::Snapshot;
use crate::ballot::Ballot;
use crate::piece::Piece;
use serde::Serialize;
use sim_core::Service;
use std::sync::Arc;

/// A message between servers. Each server is a proposer, an acceptor and a learner.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message<S: Service> {
    /// Phase 1a, for every slot from `first` on: "a request for a promise never again to accept a
    /// proposal numbered less than n, and the proposal with the highest number less than n that it
    /// has accepted, if any" (section 2.2).
    Prepare {
        /// Which ballot.
        ballot: Ballot,
        /// The first slot that the proposer does not know the value of.
        first: Slot,
    },
    /// Phase 1b.
    Promise {
        /// Which ballot.
        ballot: Ballot,
        /// The slot from which on it was asked.
        first: Slot,
        /// Every vote from there on.
        votes: Arc<[(Slot, Vote<S>)]>,
        /// Votes up to here are gone, because the slots are chosen, executed and compacted.
        base: Slot,
        /// Up to where the acceptor has executed.
        executed: Slot,
    },
    /// "It is probably a good idea to abandon a proposal if some proposer has begun trying to issue
    /// a higher-numbered one" (section 2.3).
    Nack {
        /// Which ballot was refused.
        ballot: Ballot,
        /// What the acceptor has promised.
        promised: Ballot,
    },
    /// Phase 2a, for one slot.
    Accept {
        /// Which ballot.
        ballot: Ballot,
        /// Which slot.
        slot: Slot,
        /// What is proposed.
        value: Value<S>,
        /// The leader knows what is chosen up to here.
        chosen: Slot,
    },
    /// Phase 2b.
    Accepted {
        /// Which ballot.
        ballot: Ballot,
        /// Which slot.
        slot: Slot,
    },
    /// The leader lives.
    Heartbeat {
        /// The ballot that it leads.
        ballot: Ballot,
        /// Heartbeats are numbered: an answer proves that nobody had overtaken the leader at the
        /// answerer when the round began.
        round: u64,
        /// The leader knows what is chosen up to here.
        chosen: Slot,
    },
    /// Its answer.
    Alive {
        /// The ballot of the heartbeat.
        ballot: Ballot,
        /// The round of the heartbeat.
        round: u64,
        /// The highest slot that the answerer has voted at.
        voted: Slot,
    },
    /// A learner that lags behind asks what is chosen from this slot on.
    CatchUp {
        /// From where.
        from: Slot,
    },
    /// The answer.
    Learn {
        /// The slot of the first value.
        first: Slot,
        /// What is chosen there and at the slots that follow.
        values: Arc<[Value<S>]>,
    },
    /// One piece of a snapshot, for a learner that asks for slots that are compacted away.
    Install {
        /// The last slot that the snapshot covers.
        slot: Slot,
        /// Which piece, from 0.
        offset: u32,
        /// Of how many.
        pieces: u32,
        /// What the piece holds.
        data: Arc<Piece<S>>,
        /// What a snapshot has that cannot be cut into pieces.
        frame: super::snapshot::Frame,
    },
    /// The next piece is wanted.
    Next {
        /// Of which snapshot.
        slot: Slot,
        /// Which piece.
        offset: u32,
    },
    /// A reader asks how far an acceptor has voted.
    Query {
        /// The reader's name for the read.
        ticket: u64,
    },
    /// Its answer.
    Voted {
        /// The reader's name for the read.
        ticket: u64,
        /// The highest slot that the acceptor has voted at, or executed.
        slot: Slot,
    },
}

/// How many bytes a value takes on the wire, and with its vote: the same on every platform, whatever it
/// takes in memory.
const VALUE_SIZE: usize = 56;
const VOTE_SIZE: usize = VALUE_SIZE + 24;

/// The names of timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// It is time to run a ballot: nothing was heard from a leader for too long, or a proposer that
    /// was overtaken has waited enough.
    Election,
    /// The leader must show that it lives.
    Heartbeat,
    /// The operator replaces an acceptor.
    Replacement,
}

/// A line of the journal, which is the whole of what a server keeps on disk.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Record<S: Service> {
    /// The highest ballot that was promised.
    Promised(Ballot),
    /// A vote; it takes the place of the one at its slot.
    Voted {
        /// Where.
        slot: Slot,
        /// In which ballot, for what.
        vote: Vote<S>,
    },
    /// A snapshot, in place of the slots up to its last one.
    Snapshot(Arc<Snapshot<S>>),
}

/// The kinds of message, in the order of [`Message`].
pub(super) const KINDS: &[&str] = &[
    "prepare",
    "promise",
    "nack",
    "accept",
    "accepted",
    "heartbeat",
    "alive",
    "catch-up",
    "learn",
    "install",
    "next",
    "query",
    "voted",
];

impl<S: Service> Message<S> {
    #[inline]
    pub(super) fn kind(&self) -> usize {
        match self {
            Message::Prepare { .. } => 0,
            Message::Promise { .. } => 1,
            Message::Nack { .. } => 2,
            Message::Accept { .. } => 3,
            Message::Accepted { .. } => 4,
            Message::Heartbeat { .. } => 5,
            Message::Alive { .. } => 6,
            Message::CatchUp { .. } => 7,
            Message::Learn { .. } => 8,
            Message::Install { .. } => 9,
            Message::Next { .. } => 10,
            Message::Query { .. } => 11,
            Message::Voted { .. } => 12,
        }
    }

    /// A header of 40 bytes; then what is carried.
    #[inline]
    pub(super) fn size(&self) -> u32 {
        let carried = match self {
            Message::Promise { votes, .. } => votes.len() * VOTE_SIZE,
            Message::Accept { .. } => VALUE_SIZE,
            Message::Learn { values, .. } => values.len() * VALUE_SIZE,
            Message::Install { data, .. } => data.size(),
            _ => 0,
        };
        40 + carried as u32
    }
}
