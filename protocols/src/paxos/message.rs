//! What is sent, what is written, and the names of timers.

use super::{Key, Value};
use crate::ballot::Ballot;
use serde::Serialize;
use std::sync::Arc;

/// A vote: "the highest-numbered proposal that it has accepted". `R` numbers proposals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Vote<R = Ballot> {
    /// In which ballot.
    pub ballot: R,
    /// For which value.
    pub value: Value,
}

/// A message between nodes, about one decision unless it says otherwise.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// Phase 1a: "a prepare request with number n".
    Prepare {
        /// Which decision.
        key: Key,
        /// The number.
        ballot: Ballot,
    },
    /// Phase 1b: "a promise never again to accept a proposal numbered less than n, and the proposal
    /// with the highest number less than n that it has accepted, if any".
    Promise {
        /// Which decision.
        key: Key,
        /// The number.
        ballot: Ballot,
        /// The acceptor's last vote.
        vote: Option<Vote>,
    },
    /// "If an acceptor ignores a prepare or accept request because it has already received a prepare
    /// request with a higher number, then it should probably inform the proposer" (section 2.3).
    Nack {
        /// Which decision.
        key: Key,
        /// What was refused.
        ballot: Ballot,
        /// What the acceptor has promised.
        promised: Ballot,
    },
    /// Phase 2a.
    Accept {
        /// Which decision.
        key: Key,
        /// The number.
        ballot: Ballot,
        /// What is proposed.
        value: Value,
    },
    /// Phase 2b, for learners.
    Accepted {
        /// Which decision.
        key: Key,
        /// The number.
        ballot: Ballot,
        /// What was voted for.
        value: Value,
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

/// The names of timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// A proposer has waited long enough for answers, or since it was overtaken.
    Retry(Key),
    /// It is time to look for decisions that are missing.
    CatchUp,
}

/// A line of the journal, which is the whole of what a node keeps on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Record {
    /// The highest ballot that was promised.
    Promised(Key, Ballot),
    /// The last vote, which is a promise too.
    Voted(Key, Vote),
    /// What was decided. Nothing rests on it: it can be learned again.
    Decided(Key, Value),
}

/// The kinds of message, in the order of [`Message`].
pub(super) const KINDS: &[&str] =
    &["prepare", "promise", "nack", "accept", "accepted", "learn", "lacks"];

impl Message {
    #[inline]
    pub(super) fn kind(&self) -> usize {
        match self {
            Message::Prepare { .. } => 0,
            Message::Promise { .. } => 1,
            Message::Nack { .. } => 2,
            Message::Accept { .. } => 3,
            Message::Accepted { .. } => 4,
            Message::Learn { .. } => 5,
            Message::Lacks { .. } => 6,
        }
    }

    /// A header of 40 bytes; then what is carried.
    #[inline]
    pub(super) fn size(&self) -> u32 {
        let carried = match self {
            Message::Prepare { .. } | Message::Nack { .. } => 0,
            Message::Promise { vote, .. } => vote.map_or(0, |_| 24),
            Message::Accept { .. } | Message::Accepted { .. } => 8,
            Message::Learn { decided } => decided.len() * 12,
            Message::Lacks { missing, .. } => missing.len() * 4,
        };
        40 + carried as u32
    }
}
