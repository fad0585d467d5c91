//! What `cargo test` says of the protocol: that it keeps its promises, and that this is no accident.

use failover::Failover;
use splitbrain::prelude::*;

#[test]
fn no_answer_is_taken_back() {
    splitbrain::fuzz::<Failover>().nodes(3..=5).nemesis(Nemesis::swarm()).seeds(0..200).check();
}

/// A test that cannot fail proves nothing: each mistake must be found, and told.
#[test]
fn every_mistake_is_found() {
    for bug in Failover::bugs() {
        let hunt = splitbrain::fuzz::<Failover>().bugs(&[bug.id]).nemesis(Nemesis::swarm());
        let story = hunt.seeds(0..1_000).find().unwrap_or_else(|| panic!("{} survives", bug.id));
        assert!(story.contains(bug.breaks[0]) && story.contains("How it came about"), "{story}");
    }
}
