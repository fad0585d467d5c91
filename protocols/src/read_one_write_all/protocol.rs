//! How read-one-write-all stands in the catalogue.

use super::ReadOneWriteAll;
use super::bugs::Bug;
use super::config::Config;
use crate::planted::plants;
use crate::promise::{CRASH_RECOVERY, Promise};
use crate::protocol::Protocol;
use checkers::Model;
use checkers::safety::{Agreement, ExactlyOnce};
use sim_core::fault::{Role, Target};
use sim_core::{NodeId, Nodes, Settings, Span};
use std::ops::RangeInclusive;

const PROMISES: &[(&str, &str)] = &[
    ("agreement", "no two copies have different writes at a slot"),
    ("exactly-once", "a request changes the state at most once, however often it is sent"),
    ("linearizable", "reads and writes take effect at once"),
    ("live-again", "when every node is up again, requests are done within the stated bound"),
    ("catch-up", "when every node is up again, every copy has what is done"),
];

impl<S: Model> Protocol for ReadOneWriteAll<S> {
    type Safety = (Agreement, ExactlyOnce);

    fn about() -> &'static str {
        "a write reaches every copy, a read asks one (Bernstein, Hadzilacos and Goodman, 1987)"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        let promise =
            |(property, words)| Promise { property, under: CRASH_RECOVERY.to_vec(), words };
        PROMISES.iter().copied().map(promise).collect()
    }

    plants!(Bug);

    fn implied_by(property: &str) -> &'static [&'static str] {
        match property {
            "linearizable" => &["agreement", "exactly-once"],
            _ => &[],
        }
    }

    fn roles() -> Vec<(&'static str, Target)> {
        vec![("coordinator", Target::Node(NodeId(0))), ("a-follower", Target::A(Role::Follower))]
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=101
    }

    /// So many copies may be lost before nobody has the data. Writes wait for the first of them already.
    fn tolerating(faults: u32) -> u32 {
        faults.saturating_add(1)
    }

    /// A write needs every node.
    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() == nodes.len()
    }

    /// A round is sent again when it was lost, and what was missed comes a batch at a time. With the losses that
    /// networks have, ten rounds in a row do not fail.
    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = settings.network.longest_delay();
        let round = config.retry + delay * 3 + settings.costs.sync.to * 2;
        round * 20 + Span::secs(2)
    }

    fn shortest_timer(config: &Config) -> Span {
        config.retry
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}
