//! How TiKV's Raft stands in the catalogue.

use crate::TikvRaft;
use crate::bugs::Bug;
use crate::config::{Config, Reads};
use crate::log_matching::LogMatching;
use splitbrain::prelude::*;
use splitbrain::protocols::promise::CRASH_RECOVERY;
use splitbrain::sim_core::Settings;
use std::ops::RangeInclusive;

/// What is promised, whatever the options.
const PROMISES: [(&str, &str); 7] = [
    ("single-leader", "at most one node is elected in a term"),
    ("agreement", "no two nodes apply different entries at an index, or come to different states"),
    ("log-matching", "logs with an entry of the same index and term are equal up to it"),
    ("exactly-once", "a request changes the state at most once, however often it is sent"),
    ("linearizable", "reads and writes take effect at once"),
    ("live-again", "when faults have healed, requests are done within the stated bound"),
    ("catch-up", "when faults have healed, every live node reaches what is decided"),
];

impl Protocol for TikvRaft {
    type Safety = (SingleLeader, Agreement, LogMatching, ExactlyOnce);

    fn about() -> &'static str {
        "TiKV's Raft, the crate `raft`, driven as its documentation says"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        let promise =
            |(property, words)| Promise { property, under: CRASH_RECOVERY.to_vec(), words };
        PROMISES.map(promise).into()
    }

    fn bugs() -> Vec<BugAbout> {
        Bug::ALL.map(Bug::about).into()
    }

    fn plant(config: &mut Config, bug: &str) -> bool {
        let bug = Bug::named(bug);
        config.bugs.extend(bug);
        bug.is_some()
    }

    /// Snapshots are taken often where they are the subject, and reads go by ReadIndex where that is.
    fn unmask(config: &mut Config, bug: &str) {
        match Bug::named(bug) {
            Some(Bug::ReadBeforeApplied) => config.reads = Reads::ReadIndex,
            Some(Bug::SnapshotNotSaved | Bug::SnapshotNotReported | Bug::CommitNotSaved) => {
                config.snapshot_after = config.snapshot_after.clamp(1, 20);
            }
            _ => {}
        }
    }

    fn is_mutated(config: &Config) -> bool {
        !config.bugs.is_empty()
    }

    fn implied_by(property: &str) -> &'static [&'static str] {
        match property {
            "agreement" => &["single-leader", "log-matching"],
            "exactly-once" => &["agreement", "single-leader", "log-matching"],
            "linearizable" => &["agreement", "exactly-once", "single-leader", "log-matching"],
            _ => &[],
        }
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=101
    }

    /// An election takes a timeout, three trips and two syncs; votes split now and then, but hardly twenty times in a
    /// row. Then followers are found by conflicts and by snapshots, one of which may be lost.
    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = settings.network.longest_delay() + settings.costs.message * 64;
        let attempt = config.election_timeout() + delay * 3 + settings.costs.sync.to * 2;
        let heartbeat = config.tick * u64::from(config.heartbeat_tick);
        (attempt * 20 + config.snapshot_patience * 2 + heartbeat * 10).in_tenths()
    }

    fn shortest_timer(config: &Config) -> Span {
        config.tick
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}
