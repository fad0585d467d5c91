//! Quorums: how many are enough.

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
    let beyond = values.clone().filter(|value| *value > known);
    match beyond.clone().count() {
        fewer if fewer < quorum => None,
        just if just == quorum => beyond.min(),
        _ => Some(agreed(values, quorum)).filter(|agreed| *agreed > known),
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
        for known in 0..10 {
            for quorum in 0..7 {
                let beyond = agreed_beyond(known, matched.into_iter(), quorum);
                let agreed = agreed(matched.into_iter(), quorum);
                assert_eq!(beyond, (agreed > known).then_some(agreed), "{quorum} beyond {known}");
            }
        }
    }
}
