//! What is promised holds, under all the faults under which it is.

use crate::{course, scenario};
use splitbrain::sim_core::outcome::Verdict;
use std::sync::atomic::AtomicBool;

/// Runs so many seeds of a scenario; every promise must hold on each.
fn holds(name: &str, seeds: u64) {
    let scenario = scenario(name);
    let course = course(name, &scenario);
    let go_on = AtomicBool::new(false);
    let sum = course.run_all(0..seeds, &go_on, &|_, outcome| {
        let broken = outcome.findings.iter().find(|finding| finding.verdict != Verdict::Holds);
        assert!(broken.is_none(), "{name}, seed {}: {broken:?}", outcome.seed);
        assert!(outcome.operations > 100, "{name}, seed {}: idle", outcome.seed);
    });
    assert_eq!(sum.seeds.held, seeds, "{name}");
}

#[test]
fn everything_at_once() {
    holds("soak.toml", 120);
}

#[test]
fn everything_at_once_with_reads_by_read_index() {
    holds("soak-read-index.toml", 60);
}

#[test]
fn crowded_elections() {
    holds("elections.toml", 40);
}

#[test]
fn crashing_leaders() {
    holds("leader-crash.toml", 10);
}
