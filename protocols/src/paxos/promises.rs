//! Paxos's promises, in code and as the table that the code must match.
//!
#![doc = include_str!("PROMISES.md")]

use super::config::Config;
use crate::promise::{CRASH_RECOVERY, Promise};
use sim_core::Span;

/// What holds however long messages take.
const SAFETY: &[(&str, &str)] = &[
    ("validity", "what is proposed and decided was asked for by a client"),
    ("agreement", "no two values are ever chosen for a decision"),
    ("integrity", "a node decides once, nor after restarts anything else"),
    ("learner-consistency", "what a node decides was chosen before"),
    ("ballot-uniqueness", "a ballot has one value, and nobody begins it again after a restart"),
    ("proposal-rule", "no other value than the proposed one can be chosen in a lower ballot (P2c)"),
    ("promise-integrity", "an acceptor keeps its promises and its votes, and reports its last"),
    ("linearizable", "proposals and reads take effect at once"),
];

/// What takes luck, or a back-off that makes it likely.
const LIVENESS: &[(&str, &str)] = &[
    ("live-again", "when faults have healed, requests are done within the stated bound"),
    ("catch-up", "when faults have healed, every live node learns what is decided"),
];

/// The promises; of liveness only when duels end.
pub fn promises(duels_end: bool) -> Vec<Promise> {
    let liveness = if duels_end { LIVENESS } else { &[] };
    let all = SAFETY.iter().chain(liveness);
    let under = CRASH_RECOVERY.to_vec();
    all.map(|(property, words)| Promise { property, under: under.clone(), words }).collect()
}

/// How long after everything has healed a live majority needs at most to do a request that is
/// retried, when messages take up to `delay` and syncs up to `sync`.
///
/// Proposers that meet wait at random, from ever wider ranges, so that of a few attempts one is left
/// alone; twenty in a row that are not are one chance in a million. Each has a phase 1 and a phase 2:
/// four trips and two syncs. Who lags behind asks one node after another, drawn at random.
pub fn settle(config: &Config, delay: Span, sync: Span) -> Span {
    let attempt = config.longest_wait() + config.retry + delay * 4 + sync * 2;
    attempt * 20 + config.catch_up.to * 20
}

/// Properties whose breaking brings this one's about: a proposal that is not safe is chosen, nodes
/// then decide different values, and answer clients differently.
pub fn implied_by(property: &str) -> &'static [&'static str] {
    match property {
        "agreement" => &["proposal-rule", "promise-integrity", "ballot-uniqueness"],
        "learner-consistency" => &["agreement", "ballot-uniqueness"],
        "integrity" => &["agreement", "learner-consistency"],
        "linearizable" => &["agreement", "learner-consistency", "integrity"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::table;

    #[test]
    fn the_table_says_what_the_code_promises() {
        table::assert_says(include_str!("PROMISES.md"), &promises(true));
    }

    #[test]
    fn decisions_are_not_promised_when_duels_may_go_on_for_ever() {
        let promised = |property| promises(false).iter().any(|p| p.property == property);
        assert!(promised("agreement") && !promised("live-again") && !promised("catch-up"));
    }
}
