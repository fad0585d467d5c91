//! How two-phase commit stands in the catalogue.

use super::TwoPhaseCommit;
use super::bugs::Bug;
use super::config::Config;
use super::invariants::Invariants;
use super::promises;
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use sim_core::fault::{Role, Target};
use sim_core::{Nodes, Settings, Span};
use std::ops::RangeInclusive;

impl Protocol for TwoPhaseCommit {
    type Safety = Invariants;

    fn about() -> &'static str {
        "a transaction takes effect at every site or at none, and blocks when its coordinator is away (Gray, 1978)"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        promises::promises()
    }

    plants!(Bug, unmasked);

    fn implied_by(property: &str) -> &'static [&'static str] {
        promises::implied_by(property)
    }

    fn roles() -> Vec<(&'static str, Target)> {
        vec![
            ("coordinator", Target::The(Role::Leader)),
            ("a-participant", Target::A(Role::Follower)),
            ("participants", Target::Every(Role::Follower)),
        ]
    }

    /// A coordinator and a participant.
    fn sizes() -> RangeInclusive<u32> {
        2..=64
    }

    /// Nobody else has what a participant has.
    fn tolerating(_: u32) -> u32 {
        u32::MAX
    }

    /// A transaction needs the coordinator and whoever has its accounts.
    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() == nodes.len()
    }

    /// Whoever is in doubt asks and is told, whoever is not gives up, and then whoever waited for locks goes on or
    /// gives up as well. With the losses that networks have, twenty rounds in a row do not fail.
    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = settings.network.longest_delay();
        let disk = settings.costs.sync.to * 4;
        let round = config.retry.max(config.inquire) + delay * 3 + disk;
        round * 20 + config.give_up * 2 + config.idle + config.lock_wait + Span::secs(2)
    }

    fn shortest_timer(config: &Config) -> Span {
        config.retry.min(config.inquire).min(config.lock_wait)
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}
