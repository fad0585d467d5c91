//! TiKV's Raft in the world: that it stands what it is promised to stand, that runs repeat, and that mistakes in
//! driving it are caught.

mod bugs;
mod command;
mod copies;
mod soak;
mod steady;

use splitbrain::scenarios::format::{self, Scenario};
use splitbrain::scenarios::run::Course;
use splitbrain::scenarios::words::Words;
use std::path::Path;

/// Reads one of the scenarios beside the crate.
fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let text = std::fs::read(path).expect("a file");
    format::read(&text, name, &Words::of(tikv_raft::catalogue()))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// Its course, with nothing planted.
fn course<'a>(name: &'a str, scenario: &'a Scenario) -> Course<'a> {
    let subject = &scenario.subjects[0];
    Course::new(tikv_raft::catalogue(), name, scenario, subject, &[]).expect("its own protocol")
}
