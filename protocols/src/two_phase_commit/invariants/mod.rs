//! What is checked at every step of two-phase commit: the conditions AC1 to AC5 of atomic commitment (Bernstein,
//! Hadzilacos and Goodman, 1987, section 7.3), locks, logs, and what others are told.
//!
//! | property | checker |
//! |---|---|
//! | one outcome each, for good (AC1, AC2) | [`AtomicCommitment`] |
//! | commit only when all have voted yes, and then indeed (AC3, AC4) | [`votes`] |
//! | what is in doubt stays locked | [`doubts`] |
//! | logs before words | [`write_ahead`] |
//! | answers to who asks, and to clients | [`answers`] |
//! | money | [`money`](checkers::safety::money) |
//!
//! That every transaction ends (AC5) is a matter of liveness: `all-end`.

pub mod answers;
pub mod doubts;
pub mod votes;
pub mod write_ahead;

use super::TwoPhaseCommit;
use super::message::Tx;
use answers::{NeverAlone, Presumption, ToldTheTruth};
use checkers::safety::{AtomicCommitment, AuditsAddUp, ConservesMoney, Teller};
use doubts::InDoubtLocks;
use std::collections::BTreeMap;
use votes::Votes;
use write_ahead::{ForgottenWhenAllKnow, WriteAhead};

/// All of them.
pub type Invariants = (
    AtomicCommitment,
    Votes,
    InDoubtLocks,
    WriteAhead,
    ForgottenWhenAllKnow,
    Presumption,
    ToldTheTruth,
    NeverAlone,
    AuditsAddUp,
    ConservesMoney,
);

impl Teller for TwoPhaseCommit {
    fn surplus(&self) -> Option<i64> {
        match self {
            TwoPhaseCommit::Coordinator(node) => node.open().next().is_none().then_some(0),
            TwoPhaseCommit::Participant(node) => node.is_idle().then(|| node.bank().surplus()),
        }
    }
}

/// How many transactions are remembered. An older one goes unjudged.
const TRANSACTIONS: usize = 1 << 14;

/// What is known of each of the last transactions.
#[derive(Clone, Debug)]
struct Past<T>(BTreeMap<Tx, T>);

impl<T> Default for Past<T> {
    fn default() -> Self {
        Past(BTreeMap::new())
    }
}

impl<T: Default> Past<T> {
    fn of(&mut self, tx: Tx) -> &mut T {
        if self.0.len() >= TRANSACTIONS && !self.0.contains_key(&tx) {
            self.0.pop_first();
        }
        self.0.entry(tx).or_default()
    }

    /// Whether it is older than all that is remembered.
    fn has_forgotten(&self, tx: Tx) -> bool {
        self.0.len() >= TRANSACTIONS
            && self.0.first_key_value().is_some_and(|(first, _)| tx < *first)
    }
}
