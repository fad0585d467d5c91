//! PBFT's promises, in code and as the table that the code must match.
//!
#![doc = include_str!("PROMISES.md")]

use super::config::Config;
use super::quorums::Quorums;
use crate::promise::{CRASH_RECOVERY, Promise};
use sim_core::Span;
use sim_core::fault::FaultKind;

const ALWAYS: &[(&str, &str)] = &[
    (
        "agreement",
        "no two honest replicas commit different batches at a sequence number, in any view",
    ),
    (
        "prepared-uniqueness",
        "in a view no two honest replicas prepare different batches at a number",
    ),
    ("view-change-preservation", "what is committed stands at its number in every later view"),
    ("execution-order", "honest replicas execute without gaps and come to the same states"),
    ("stable-checkpoints", "a checkpoint that is stable is the state that honest replicas reached"),
    ("exactly-once", "a request changes the state at most once, however often it is sent"),
    ("validity", "what is executed was asked for by a client"),
    ("water-marks", "nothing is accepted outside of (h, H], and nothing in it is discarded"),
    (
        "one-vote",
        "an honest replica votes for one batch in a view, and never in a view that it left",
    ),
    (
        "certificates",
        "what a replica goes by was said by as many as the papers ask for (4.2 to 4.5)",
    ),
    ("linearizable", "reads and writes take effect at once"),
    ("live-again", "when faults have healed, requests are done within the stated bound"),
    ("catch-up", "when faults have healed, every live replica reaches what is decided"),
];

/// What at most `f` replicas, and any client, may do; and what may happen to the disks of these replicas.
const LIES: &[FaultKind] = &[
    FaultKind::WipedCrash,
    FaultKind::LyingSync,
    FaultKind::BitRot,
    FaultKind::Silence,
    FaultKind::Equivocate,
    FaultKind::Forge,
    FaultKind::Replay,
    FaultKind::Dawdle,
    FaultKind::FalseReply,
    FaultKind::BigMac,
    FaultKind::Twins,
];

/// PBFT's promises in this configuration.
pub fn promises(_config: &Config) -> Vec<Promise> {
    let under = [CRASH_RECOVERY, LIES].concat();
    let promise = |(property, words)| Promise { property, under: under.clone(), words };
    ALWAYS.iter().copied().map(promise).collect()
}

/// How long after everything has healed a quorum of honest replicas needs at most to do a request
/// that is retried, when messages take up to `delay` and syncs up to `sync`.
///
/// A timer that still runs may be the longest. Then replicas need three looks to be of one view, and
/// up to `f + 1` primaries have their turn, each until the longest timer runs out. What is executed in
/// a turn makes timers short again, and they double until they are long enough, which takes less than
/// twice the longest. In each turn there are the client's own timeout, a view change of three trips,
/// and eight messages that may be lost and are sent again at the next look. Who lags is then told so,
/// fetches a state and the rest, sixteen numbers a look.
///
/// Where even the longest timer runs out before a lost message is sent again so often, the turn is in vain, and it
/// takes as many more turns as it is too short.
pub fn settle(config: &Config, nodes: u32, delay: Span, sync: Span) -> Span {
    let turns = u64::from(Quorums::of(nodes).liars) + 2;
    let client = Span::secs(1);
    let look = config.status + delay * 2 + sync * 2;
    let turn = config.longest_timeout * 2 + client + look * 8;
    let turns = turns * (look * 8).0.div_ceil(config.longest_timeout.0).max(1);
    let lag = look * (2 * config.log_size / 16 + 10);
    config.longest_timeout + turn * turns + lag + config.status * 10
}

/// Properties whose breaking brings this one's about.
pub fn implied_by(property: &str) -> &'static [&'static str] {
    match property {
        "agreement" => &["prepared-uniqueness", "view-change-preservation", "one-vote"],
        "view-change-preservation" => &["prepared-uniqueness", "one-vote", "water-marks"],
        "prepared-uniqueness" => &["one-vote"],
        "execution-order" => &["agreement", "stable-checkpoints"],
        "stable-checkpoints" => &["agreement", "execution-order"],
        "exactly-once" => &["agreement", "execution-order", "stable-checkpoints"],
        "linearizable" => &[
            "agreement",
            "prepared-uniqueness",
            "view-change-preservation",
            "execution-order",
            "stable-checkpoints",
            "exactly-once",
            "validity",
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
        table::assert_says(include_str!("PROMISES.md"), &promises(&Config::default()));
    }
}
