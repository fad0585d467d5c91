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

/// Which ballots a proposer has begun, as far as others could see, for invariants.
///
/// "Each proposer remembers (in stable storage) the highest-numbered proposal it has tried to issue, and begins phase 1
/// with a higher proposal number than any it has already used" ("Paxos Made Simple", section 2.5). In one life it may
/// ask for the same promises again, because messages may have been lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Begun<B> {
    highest: B,
    /// How often the proposer had booted then.
    life: u32,
}

impl<B: Copy + Ord + fmt::Display> Begun<B> {
    /// A proposer begins a ballot, in the life that its so many-th boot began: why it must not, if so.
    pub(crate) fn begins(&mut self, node: NodeId, ballot: B, life: u32) -> Result<(), String> {
        let Begun { highest, life: then } = *self;
        *self = Begun { highest: highest.max(ballot), life };
        if ballot > highest || life == then {
            return Ok(());
        }
        Err(format!("{node} has restarted and begins {ballot}, and had begun {highest} before"))
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
    fn a_ballot_is_begun_again_in_the_same_life_alone() {
        let node = NodeId(0);
        let mut begun = Begun::default();
        let mut begins = |ballot: u64, life| begun.begins(node, ballot, life).is_ok();
        assert!(begins(3, 1) && begins(3, 1), "messages may have been lost");
        assert!(begins(4, 2) && begins(4, 2));
        assert!(!begins(4, 3) && !begins(3, 4), "it has forgotten what it had begun");
        assert!(begins(5, 5));
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
