//! A seed gives one run, whatever the crate draws of its own: its generator is seeded by the operating system, and
//! differs from thread to thread and from run to run.

use crate::{course, scenario};
use splitbrain::scenarios::run::Extras;
use std::sync::atomic::AtomicBool;
use std::thread;

#[test]
fn every_seed_gives_the_same_run_twice_and_step_by_step() {
    for name in ["soak.toml", "soak-read-index.toml"] {
        let scenario = scenario(name);
        assert_eq!(course(name, &scenario).run_twice(0..20, &AtomicBool::new(false)), None);
    }
}

#[test]
fn every_thread_gives_the_same_runs() {
    let digests = || {
        let scenario = scenario("soak.toml");
        let course = course("soak.toml", &scenario);
        let runs = (0..5).map(|seed| course.run(seed, Extras::default()).outcome);
        runs.map(|outcome| (outcome.digest, outcome.steps)).collect::<Vec<_>>()
    };
    let here = digests();
    let threads: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..3).map(|_| scope.spawn(digests)).collect();
        started.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    assert!(threads.iter().all(|there| *there == here));
    let mut apart: Vec<u64> = here.iter().map(|(digest, _)| *digest).collect();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), here.len(), "seeds differ");
}
