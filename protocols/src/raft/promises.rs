//! Raft's promises, in code and as the table that the code must match.
//!
#![doc = include_str!("PROMISES.md")]

use super::config::{Config, Reads};
use crate::promise::{CRASH_RECOVERY, Promise};
use sim_core::Span;

/// What holds however fast clocks run.
const ALWAYS: &[(&str, &str)] = &[
    ("election-safety", "at most one leader is elected in a term, by a majority (Fig. 3; 5.2)"),
    ("leader-append-only", "a leader never overwrites or deletes entries of its log (Fig. 3)"),
    ("log-matching", "logs with an entry of the same index and term are equal up to it (Fig. 3)"),
    ("leader-completeness", "what was committed is in the logs of all later leaders (Fig. 3)"),
    ("state-machine-safety", "no two servers apply different entries at an index (Fig. 3)"),
    ("monotonicity", "terms, votes and commit indices never go back, nor across restarts"),
    ("stale-rejection", "what bears an old term is refused, and changes nothing (5.1)"),
    ("exactly-once", "a request changes the state at most once, however often it is sent"),
    ("pre-vote-free", "asking beforehand changes no term and no vote"),
    ("configuration-safety", "no two configurations whose quorums could decide apart are in force"),
    (
        "commitment",
        "a leader commits what a majority of each group of its voters has of its own term",
    ),
    (
        "read-confirmation",
        "a round of heartbeats counts when a majority has answered it, for reads that came before it (thesis, 6.4)",
    ),
    ("live-again", "when faults have healed, requests are done within the stated bound"),
    ("catch-up", "when faults have healed, every live member reaches what is decided"),
    ("change-over", "when faults have healed, a change of the members is finished or gone"),
];

/// Raft's promises in this configuration.
///
/// With lease reads, `linearizable` and `lease-disjointness` rest on clocks that drift by no more
/// than [`Config::lease_drift`]; a scenario whose clocks drift further is outside the promise.
pub fn promises(config: &Config) -> Vec<Promise> {
    let under = CRASH_RECOVERY.to_vec();
    let promise = |(property, words)| Promise { property, under: under.clone(), words };
    let mut promises: Vec<Promise> = ALWAYS.iter().copied().map(promise).collect();
    match config.reads {
        Reads::Local => {}
        Reads::Lease => promises.extend([
            promise((
                "linearizable",
                "reads and writes take effect at once, with clocks in bounds",
            )),
            promise((
                "lease-disjointness",
                "no two servers hold a lease, and voters wait one out, with clocks in bounds",
            )),
        ]),
        Reads::Log | Reads::ReadIndex | Reads::FollowerReadIndex => {
            promises.push(promise(("linearizable", "reads and writes take effect at once")));
        }
    }
    promises
}

/// By how many millionths clocks may drift under a promise; none when the promise does not rest on
/// clocks.
pub fn drift_bound(config: &Config, property: &str) -> Option<u32> {
    let rests = matches!(property, "linearizable" | "lease-disjointness");
    (rests && config.reads == Reads::Lease).then_some(config.lease_drift)
}

/// How long after everything has healed a live majority needs at most to do a request that is
/// retried, when messages take up to `delay` and syncs up to `sync`.
///
/// A new leader takes an election timeout for the old one to be missed, and a few elections when
/// votes split: with timeouts much wider than the delay fewer than half of them do (thesis, chapter
/// 9), so that twenty in a row are one chance in a million. A voter that stands by a leader, a
/// transfer that fails and a leader that loses its majority each cost one more timeout, and a pause
/// may have left timers that still run. Each of these rounds has three trips and two syncs; then it
/// may have to be found by conflicts where a follower's log parts, which costs some heartbeats.
pub fn settle(config: &Config, delay: Span, sync: Span) -> Span {
    let attempt = config.election_timeout.to + delay * 3 + sync * 2;
    let transfer = config.transfer_every.map_or(Span::ZERO, |_| config.election_timeout.to);
    attempt * 20 + transfer + config.heartbeat * 10
}

/// How much longer it may take where a live server lacks so many entries of what was committed.
///
/// They come in batches, a window of them in a round trip with its sync; of a few round trips one
/// waits for a heartbeat because a message was lost.
pub fn bring_up(config: &Config, delay: Span, sync: Span, entries: u64) -> Span {
    let at_once = config.batch.max(1) * u64::from(config.window.max(1));
    (delay * 2 + sync * 2 + config.heartbeat) * entries.div_ceil(at_once)
}

/// Properties whose breaking brings this one's about: two leaders in a term write two logs, a
/// leader without a committed entry overwrites it, servers that then apply differently answer
/// clients differently.
pub fn implied_by(property: &str) -> &'static [&'static str] {
    match property {
        "leader-completeness" => {
            &["election-safety", "log-matching", "configuration-safety", "commitment"]
        }
        "election-safety" => &["configuration-safety"],
        "log-matching" => &["election-safety"],
        "state-machine-safety" => &["election-safety", "log-matching", "leader-completeness"],
        "exactly-once" => &["state-machine-safety", "leader-completeness", "election-safety"],
        "linearizable" => &[
            "election-safety",
            "log-matching",
            "leader-completeness",
            "state-machine-safety",
            "exactly-once",
            "lease-disjointness",
        ],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::table;

    #[test]
    fn the_table_says_what_the_code_promises() {
        let lease = Config { reads: Reads::Lease, ..Config::default() };
        let promised = promises(&lease);
        table::assert_says(include_str!("PROMISES.md"), &promised);
    }

    #[test]
    fn local_reads_are_not_promised_to_be_linearizable() {
        let promised = |reads| {
            let config = Config { reads, ..Config::default() };
            promises(&config).iter().any(|promise| promise.property == "linearizable")
        };
        assert!(promised(Reads::ReadIndex) && promised(Reads::Lease) && !promised(Reads::Local));
    }
}
