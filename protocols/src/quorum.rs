//! Quorums: how many are enough, and who has answered.

use serde::Serialize;
use sim_core::NodeId;
use smallvec::SmallVec;

/// The smallest number of `n` voters of which any two such sets share a member.
#[inline]
pub const fn majority(n: usize) -> usize {
    n / 2 + 1
}

/// The highest number that at least `quorum` of `values` reach; 0 when there are not so many
/// values.
#[inline]
pub fn agreed(values: impl Iterator<Item = u64>, quorum: usize) -> u64 {
    let mut sorted: SmallVec<[u64; 16]> = values.collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    quorum.checked_sub(1).and_then(|place| sorted.get(place)).copied().unwrap_or(0)
}

/// The highest number above `known` that at least `quorum` of `values` reach. Most of the time there is none, and
/// counting is cheaper than sorting.
#[inline]
pub fn agreed_beyond(
    known: u64,
    values: impl Iterator<Item = u64> + Clone,
    quorum: usize,
) -> Option<u64> {
    let beyond = values.clone().filter(|value| *value > known).count();
    (beyond >= quorum).then(|| agreed(values, quorum)).filter(|agreed| *agreed > known)
}

/// A set of voters. It counts each of them once, however often it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct VoterSet {
    words: SmallVec<[u64; 1]>,
}

impl VoterSet {
    /// The set of one voter.
    pub fn of(voter: NodeId) -> VoterSet {
        let mut set = VoterSet::default();
        set.insert(voter);
        set
    }
    /// Adds a voter, and says whether it was missing.
    pub fn insert(&mut self, voter: NodeId) -> bool {
        let (word, bit) = (voter.index() / 64, 1 << (voter.index() % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let missing = self.words[word] & bit == 0;
        self.words[word] |= bit;
        missing
    }
    /// Whether a voter is in it.
    pub fn contains(&self, voter: NodeId) -> bool {
        let word = self.words.get(voter.index() / 64);
        word.is_some_and(|word| word & (1 << (voter.index() % 64)) != 0)
    }
    /// How many voters are in it.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }
    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The voters, in order.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
        let bits = 0..self.words.len() * 64;
        bits.map(|bit| NodeId(bit as u32)).filter(|voter| self.contains(*voter))
    }
    /// How many voters are in both.
    pub fn common(&self, other: &VoterSet) -> usize {
        let words = self.words.iter().zip(&other.words);
        words.map(|(a, b)| (a & b).count_ones() as usize).sum()
    }
    /// Whether a majority of these voters is in the other set.
    #[inline]
    pub fn has_majority_in(&self, other: &VoterSet) -> bool {
        self.common(other) >= majority(self.len())
    }
}

impl FromIterator<NodeId> for VoterSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(voters: I) -> VoterSet {
        let mut set = VoterSet::default();
        for voter in voters {
            set.insert(voter);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_majorities_always_meet() {
        for n in 1..100 {
            assert!(2 * majority(n) > n && 2 * (majority(n) - 1) <= n);
        }
    }

    #[test]
    fn what_a_quorum_reaches_is_the_quorum_th_highest() {
        let matched = [5, 1, 9, 7, 3];
        assert_eq!(agreed(matched.into_iter(), 3), 5);
        assert_eq!(agreed(matched.into_iter(), 5), 1);
        assert_eq!(agreed(matched.into_iter(), 6), 0);
        assert_eq!(agreed([4].into_iter(), 1), 4);
    }

    #[test]
    fn a_voter_counts_once_in_a_cluster_of_any_size() {
        let mut set = VoterSet::of(NodeId(3));
        assert!(!set.insert(NodeId(3)));
        assert!(set.insert(NodeId(130)) && set.contains(NodeId(130)) && !set.contains(NodeId(64)));
        assert_eq!(set.len(), 2);
        assert_eq!(set.iter().collect::<Vec<_>>(), [NodeId(3), NodeId(130)]);
    }

    #[test]
    fn a_majority_is_of_one_set_in_another() {
        let set = |ids: &[u32]| ids.iter().map(|id| NodeId(*id)).collect::<VoterSet>();
        assert_eq!(set(&[0, 1, 70]).common(&set(&[1, 2, 70, 71])), 2);
        assert!(set(&[0, 1, 70]).has_majority_in(&set(&[1, 2, 70, 71])));
        assert!(!set(&[1, 2, 70, 71]).has_majority_in(&set(&[0, 1, 70])), "two of four");
    }
}
