//! What it promises: this is what splitbrain checks.

use crate::Failover;
use crate::options::{Bug, Options};
use splitbrain::prelude::*;
use splitbrain::protocols::promise::CRASH_RECOVERY;

impl Protocol for Failover {
    type Safety = (SingleLeader,); // what clients see is judged anyway

    fn about() -> &'static str {
        "a primary with backups, which takes a majority to change"
    }

    fn promises(_: &Options) -> Vec<Promise> {
        let promise =
            |(property, words)| Promise { property, under: CRASH_RECOVERY.to_vec(), words };
        let promises = [
            ("single-leader", "an epoch has at most one primary"),
            ("linearizable", "no answer is taken back, and reads see every write before them"),
            ("live-again", "when faults have healed, requests are done within ten seconds"),
        ];
        promises.map(promise).into()
    }

    fn bugs() -> Vec<BugAbout> {
        Bug::ALL.map(Bug::about).into()
    }

    fn plant(options: &mut Options, bug: &str) -> bool {
        let bug = Bug::named(bug);
        options.bugs.extend(bug);
        bug.is_some()
    }

    fn is_mutated(options: &Options) -> bool {
        !options.bugs.is_empty()
    }

    fn shortest_timer(options: &Options) -> Span {
        options.beat
    }
}
