//! Multi-Paxos's promises, in code and as the table that the code must match.
//!
#![doc = include_str!("PROMISES.md")]

use super::config::{Config, Reads};
use crate::promise::{CRASH_RECOVERY, Promise};
use sim_core::Span;

/// What holds however fast clocks run.
const ALWAYS: &[(&str, &str)] = &[
    (
        "validity",
        "what is proposed was asked for by a client, or is a no-op or a change of acceptors",
    ),
    ("agreement", "no two values are ever chosen for a slot"),
    ("learner-consistency", "what a server executes was chosen for its slot before"),
    (
        "ballot-uniqueness",
        "a ballot has one value a slot, and nobody begins it again after a restart",
    ),
    (
        "proposal-rule",
        "what is proposed is free, or what may have been chosen in a lower ballot (P2c)",
    ),
    ("promise-integrity", "an acceptor keeps its promises and its votes, and reports them all"),
    ("prefix-execution", "servers execute slot after slot without gaps"),
    ("state-equality", "servers that have executed the same slots have the same state"),
    ("exactly-once", "a request changes the state at most once, however often it is sent"),
    (
        "reconfiguration-window",
        "a slot is decided by the acceptors that were fixed alpha slots before",
    ),
    ("live-again", "when faults have healed, requests are done within the stated bound"),
    ("catch-up", "when faults have healed, every live server reaches what is decided"),
];

/// Multi-Paxos's promises in this configuration.
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
            promise(("lease-disjointness", "no two servers hold a lease, with clocks in bounds")),
        ]),
        Reads::Log | Reads::Quorum => {
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
/// The old leader is missed after an election timeout, and proposers that then meet wait at random,
/// from ever wider ranges, so that of a few attempts one is left alone; twenty in a row that are not
/// are one chance in a million. Each has a phase 1 and a phase 2: four trips and two syncs. Who lags
/// behind is told at the second heartbeat.
pub fn settle(config: &Config, delay: Span, sync: Span) -> Span {
    let attempt = config.election_timeout.to + delay * 4 + sync * 2;
    attempt * 20 + config.heartbeat * 10
}

/// How much longer it may take where a live server lacks so many slots of what was chosen.
///
/// What is chosen is not kept on disk: a leader that has just booted proposes it again, a window of
/// slots in a round trip with its sync, or learns it in batches, as followers do. Of a few round
/// trips one waits for a heartbeat because a message was lost.
pub fn bring_up(config: &Config, delay: Span, sync: Span, slots: u64) -> Span {
    (delay * 2 + sync * 2 + config.heartbeat)
        * slots.div_ceil(config.window.min(config.batch).max(1))
}

/// Properties whose breaking brings this one's about: a proposal that is not safe is chosen, servers
/// then execute different values, and answer clients differently.
pub fn implied_by(property: &str) -> &'static [&'static str] {
    match property {
        "agreement" => &["proposal-rule", "promise-integrity", "ballot-uniqueness"],
        "learner-consistency" => &["agreement", "ballot-uniqueness"],
        "state-equality" => &["agreement", "learner-consistency"],
        "exactly-once" => &["agreement", "learner-consistency", "state-equality"],
        "linearizable" => &[
            "agreement",
            "learner-consistency",
            "state-equality",
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
        assert!(promised(Reads::Quorum) && promised(Reads::Lease) && !promised(Reads::Local));
    }
}
