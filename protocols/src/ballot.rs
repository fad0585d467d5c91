//! Ballot numbers: how proposers take turns.
//!
//! "Different proposers choose their numbers from disjoint sets of numbers, so two different
//! proposers never issue a proposal with the same number" (Lamport, "Paxos Made Simple", 2001,
//! section 2.4): a number is a round, which decides, and the proposer, which tells equals apart.

use serde::Serialize;
use sim_core::NodeId;
use std::fmt;

/// A ballot number. Numbers are ordered by round, then by proposer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Ballot {
    /// From 1; 0 in the ballot that comes before all others and that nobody runs.
    pub round: u64,
    /// Whose it is.
    pub proposer: NodeId,
}

/// Epochs leave room for so many proposers in a round.
const PROPOSERS: u64 = 1_000;

impl Ballot {
    /// The lowest number of this proposer that is higher than this one.
    #[must_use]
    pub fn next(self, proposer: NodeId) -> Ballot {
        let round = self.round + u64::from(self.round == 0 || proposer <= self.proposer);
        Ballot { round, proposer }
    }

    /// Whether it comes before all others.
    pub fn is_none(self) -> bool {
        self.round == 0
    }

    /// As one number in the same order, told to observers: 2003 is round 2 of n3.
    pub fn epoch(self) -> u64 {
        self.round * PROPOSERS + (self.proposer.index() as u64 + 1).min(PROPOSERS - 1)
    }
}

/// `2.n3`: round 2 of n3.
impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_none() {
            true => f.write_str("none"),
            false => write!(f, "{}.{}", self.round, self.proposer),
        }
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_number_is_the_proposers_own_and_just_above() {
        let (first, third) = (NodeId(0), NodeId(2));
        let one = Ballot::default().next(third);
        assert_eq!(format!("{one}"), "1.n3");
        assert_eq!(format!("{}", one.next(first)), "2.n1");
        assert_eq!(format!("{}", one.next(third)), "2.n3");
        assert_eq!(format!("{}", Ballot::default().next(first).next(third)), "1.n3");
    }

    #[test]
    fn epochs_are_in_the_order_of_ballots() {
        let mut ballots = Vec::new();
        for round in 0..4 {
            ballots.extend((0..101).map(|n| Ballot { round, proposer: NodeId(n) }));
        }
        assert!(ballots.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ballots.windows(2).all(|pair| pair[0].epoch() < pair[1].epoch()));
        assert_eq!(Ballot { round: 2, proposer: NodeId(2) }.epoch(), 2003);
    }
}
