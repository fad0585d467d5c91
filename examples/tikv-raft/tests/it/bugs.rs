//! Every mistake is caught by a shipped checker, on a seed on which the correct driving holds.

use crate::scenario;
use splitbrain::scenarios::mutants::{Stage, hunt};
use std::sync::atomic::AtomicBool;

#[test]
fn every_mistake_is_caught() {
    let (soak, elections) = (scenario("soak.toml"), scenario("elections.toml"));
    let stages = [("soak", &soak), ("elections", &elections)];
    let stages = stages.map(|(name, scenario)| Stage { name, scenario });
    let catalogue = tikv_raft::catalogue();
    let entry = catalogue.get("tikv-raft").expect("it is the only one");
    for bug in entry.bugs() {
        let go_on = AtomicBool::new(false);
        let caught = hunt(catalogue, entry, &bug, &stages, 200, &go_on).expect("it is a bug");
        let caught = caught.unwrap_or_else(|| panic!("{} survives", bug.id));
        println!("{}: {} by {} on seed {}", bug.id, caught.by, caught.scenario, caught.seed);
    }
}
