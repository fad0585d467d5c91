//! Rounds: each ballot has a fast one and, right behind it, a classic one.
//!
//! Nothing lies between the two, so what acceptors say of their votes in the fast round is also what
//! they would answer to a prepare request for the classic one: that is what makes coordinated
//! recovery two message delays long ("Fast Paxos", section 3.2).

use crate::ballot::Ballot;
use crate::paxos::invariants::Number;
use crate::quorum::majority;
use serde::Serialize;
use std::fmt;

/// A round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Round {
    /// Whose turn it is.
    pub ballot: Ballot,
    /// Whether only the coordinator's value can be voted for in it.
    pub is_classic: bool,
}

/// The smallest number of `n` acceptors of which any two such sets and any majority share a member
/// ("Fast Paxos", section 3.4).
pub const fn fast_quorum(n: usize) -> usize {
    (3 * n).div_ceil(4)
}

impl Round {
    /// The fast round of a ballot.
    pub fn fast(ballot: Ballot) -> Round {
        Round { ballot, is_classic: false }
    }
    /// The classic round of a ballot.
    pub fn classic(ballot: Ballot) -> Round {
        Round { ballot, is_classic: true }
    }
}

impl Number for Round {
    fn quorum(self, acceptors: usize) -> usize {
        if self.is_classic { majority(acceptors) } else { fast_quorum(acceptors) }
    }
    fn is_free(self) -> bool {
        !self.is_classic
    }
}

/// `2.n1f`, and `2.n1c` for the classic one.
impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ballot.is_none() {
            true => f.write_str("none"),
            false => write!(f, "{}{}", self.ballot, if self.is_classic { 'c' } else { 'f' }),
        }
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fast_quorums_and_a_majority_always_meet_and_one_fewer_may_not() {
        for n in 1..=101 {
            assert!(2 * fast_quorum(n) + majority(n) > 2 * n, "{n}");
            assert!(2 * (fast_quorum(n) - 1) + majority(n) <= 2 * n, "{n}");
        }
    }
}
