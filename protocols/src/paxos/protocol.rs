//! How Paxos stands in the catalogue.

use super::bugs::Bug;
use super::config::{BackOff, Config};
use super::{Paxos, promises};
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use sim_core::fault::{Role, Target};
use sim_core::{Settings, Span};
use std::ops::RangeInclusive;

impl Protocol for Paxos {
    type Safety = super::invariants::Invariants;

    fn about() -> &'static str {
        "many decisions, each agreed on by itself; any node proposes (Lamport, 1998 and 2001)"
    }

    fn promises(config: &Config) -> Vec<Promise> {
        promises::promises(config.back_off == BackOff::Random)
    }

    plants!(Bug);

    fn implied_by(property: &str) -> &'static [&'static str] {
        promises::implied_by(property)
    }

    fn roles() -> Vec<(&'static str, Target)> {
        vec![
            ("proposer", Target::A(Role::Candidate)),
            ("proposers", Target::Every(Role::Candidate)),
        ]
    }

    /// Decisions have nothing to do with each other.
    fn decides_in_order() -> bool {
        false
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=101
    }

    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = settings.network.longest_delay() + settings.costs.message * 64;
        promises::settle(config, delay, settings.costs.sync.to).in_tenths()
    }

    fn shortest_timer(config: &Config) -> Span {
        config.retry.min(config.catch_up.from)
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}
