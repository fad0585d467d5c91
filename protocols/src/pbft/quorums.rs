//! How many are enough among `n` replicas of which `f` may lie.

use serde::Serialize;

/// The numbers of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Quorums {
    /// How many replicas there are.
    pub replicas: u32,
    /// `f`: how many may lie.
    pub liars: u32,
    /// Any two sets of so many replicas share one that does not lie; `2f + 1` where `n = 3f + 1`.
    pub quorum: usize,
    /// Of so many replicas at least one does not lie: `f + 1`.
    pub weak: usize,
}

impl Quorums {
    /// Of a cluster of so many.
    pub fn of(replicas: u32) -> Quorums {
        let liars = replicas.saturating_sub(1) / 3;
        let quorum = (replicas + liars + 2) as usize / 2;
        Quorums { replicas, liars, quorum, weak: liars as usize + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quorums_share_an_honest_replica_and_the_honest_are_a_quorum() {
        for n in 1..=200 {
            let Quorums { liars, quorum, weak, .. } = Quorums::of(n);
            let (n, liars) = (n as usize, liars as usize);
            assert!(2 * quorum >= n + weak, "{n}");
            assert!(n - liars >= quorum, "{n}");
            if n == 3 * liars + 1 {
                assert_eq!(quorum, 2 * liars + 1);
            }
        }
    }
}
