//! What is sent, what is written, and the names of timers.

use super::round::Round;
use crate::ballot::Ballot;
use crate::paxos::{Key, Value, message};
use serde::Serialize;
use std::sync::Arc;

pub use crate::paxos::message::Timer;

/// A vote in a round.
pub type Vote = message::Vote<Round>;

/// A message between nodes, about one decision unless it says otherwise.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// A client's value, for the acceptors or for the coordinator.
    Propose {
        /// Which decision.
        key: Key,
        /// The value.
        value: Value,
    },
    /// Phase 1a.
    Prepare {
        /// Which decision.
        key: Key,
        /// For both rounds of this ballot.
        ballot: Ballot,
    },
    /// Phase 1b.
    Promise {
        /// Which decision.
        key: Key,
        /// Which ballot.
        ballot: Ballot,
        /// The acceptor's last vote.
        vote: Option<Vote>,
    },
    /// The acceptor has promised a higher one.
    Nack {
        /// Which decision.
        key: Key,
        /// What was refused.
        ballot: Ballot,
        /// What the acceptor has promised.
        promised: Round,
    },
    /// Phase 2a of a fast round: "an acceptor may treat the proposer's proposal as if it were an
    /// ordinary phase 2a message with that value" (section 3.1).
    Any {
        /// Which decision.
        key: Key,
        /// Which ballot.
        ballot: Ballot,
    },
    /// Phase 2a of a classic round.
    Accept {
        /// Which decision.
        key: Key,
        /// Which ballot.
        ballot: Ballot,
        /// What is proposed.
        value: Value,
    },
    /// Phase 2b, for coordinators and learners.
    Accepted {
        /// Which decision.
        key: Key,
        /// In which round, and for what.
        vote: Vote,
    },
    /// What was decided.
    Learn {
        /// Decisions, each with its value.
        decided: Arc<[(Key, Value)]>,
    },
    /// A learner asks for what it lacks.
    Lacks {
        /// Everything beyond this.
        beyond: Key,
        /// And these before it.
        missing: Arc<[Key]>,
    },
}

/// A line of the journal, which is the whole of what a node keeps on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Record {
    /// The highest round that was promised.
    Promised(Key, Round),
    /// The last vote, which is a promise too.
    Voted(Key, Vote),
    /// What was decided. Nothing rests on it: it can be learned again.
    Decided(Key, Value),
}

/// The kinds of message, in the order of [`Message`].
pub(super) const KINDS: &[&str] =
    &["propose", "prepare", "promise", "nack", "any", "accept", "accepted", "learn", "lacks"];

impl Message {
    #[inline]
    pub(super) fn kind(&self) -> usize {
        match self {
            Message::Propose { .. } => 0,
            Message::Prepare { .. } => 1,
            Message::Promise { .. } => 2,
            Message::Nack { .. } => 3,
            Message::Any { .. } => 4,
            Message::Accept { .. } => 5,
            Message::Accepted { .. } => 6,
            Message::Learn { .. } => 7,
            Message::Lacks { .. } => 8,
        }
    }

    /// A header of 40 bytes; then what is carried.
    #[inline]
    pub(super) fn size(&self) -> u32 {
        let carried = match self {
            Message::Prepare { .. } | Message::Nack { .. } | Message::Any { .. } => 0,
            Message::Promise { vote, .. } => vote.map_or(0, |_| 24),
            Message::Propose { .. } | Message::Accept { .. } | Message::Accepted { .. } => 8,
            Message::Learn { decided } => decided.len() * 12,
            Message::Lacks { missing, .. } => missing.len() * 4,
        };
        40 + carried as u32
    }
}
