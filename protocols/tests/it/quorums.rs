//! Quorums, exhaustively: any two majorities share a server.

use protocols::quorum::majority;

/// Every set of at least a majority of `n` servers, as bits.
fn majorities(n: u32) -> Vec<u32> {
    (0..1u32 << n).filter(|set| set.count_ones() as usize >= majority(n as usize)).collect()
}

#[test]
fn any_two_majorities_of_up_to_nine_share_a_server() {
    for n in 1..=9 {
        let sets = majorities(n);
        for one in &sets {
            for other in &sets {
                assert_ne!(one & other, 0, "{one:b} and {other:b} of {n}");
            }
        }
    }
}

#[test]
fn one_server_fewer_is_not_enough_for_that() {
    for n in 2..=9_u32 {
        let fewer = majority(n as usize) as u32 - 1;
        let low = (1 << fewer) - 1;
        let high = low << fewer;
        assert!(high >> n == 0 && low & high == 0, "{fewer} of {n} and {fewer} others are apart");
    }
}

#[test]
fn an_even_size_survives_no_more_crashes_than_the_odd_one_below() {
    for n in 1..=50 {
        let survives = |n: usize| n - majority(n);
        assert_eq!(survives(2 * n), survives(2 * n - 1));
    }
}
