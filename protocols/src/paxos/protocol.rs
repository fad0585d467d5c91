//! How Paxos stands in the catalogue.

use super::bugs::Bug;
use super::config::{BackOff, Config};
use super::{Paxos, promises};
use crate::promise::Promise;
use crate::protocol::{BugAbout, Protocol};
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

    fn bugs() -> Vec<BugAbout> {
        Bug::ALL.iter().map(|bug| bug.about()).collect()
    }

    fn plant(config: &mut Config, bug: &str) -> bool {
        let bug = Bug::named(bug);
        config.bugs.extend(bug);
        bug.is_some()
    }

    fn is_mutated(config: &Config) -> bool {
        !config.bugs.is_empty()
    }

    fn implied_by(property: &str) -> &'static [&'static str] {
        promises::implied_by(property)
    }

    fn roles() -> Vec<(&'static str, Target)> {
        vec![
            ("proposer", Target::A(Role::Candidate)),
            ("proposers", Target::Every(Role::Candidate)),
        ]
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=101
    }

    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = settings.network.longest_delay() + settings.costs.message * 64;
        let bound = promises::settle(config, delay, settings.costs.sync.to);
        Span::millis(bound.0.div_ceil(100_000_000) * 100)
    }

    fn shortest_timer(config: &Config) -> Span {
        config.retry.min(config.catch_up.from)
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}
