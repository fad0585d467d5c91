//! How PBFT stands in the catalogue.

use super::bugs::Bug;
use super::config::Config;
use super::quorums::Quorums;
use super::{Pbft, promises};
use crate::ClosedForm;
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use checkers::Model;
use sim_core::fault::{Role, Target};
use sim_core::{Matching, Nodes, Settings, Span};
use std::ops::RangeInclusive;

impl<S: Model> Protocol for Pbft<S> {
    type Safety = super::invariants::Invariants;

    const CLOSED_FORMS: &'static [ClosedForm] = &[ClosedForm {
        measure: "messages-per-op",
        formula: "2n(n - 1)",
        of: |n| 2 * n * n.saturating_sub(1),
        about: "a request in a batch of its own: n - 1 pre-prepares, (n - 1)² prepares, n(n - 1) commits",
    }];

    fn about() -> &'static str {
        "a replicated service of which a third may lie (Castro and Liskov, 1999 and 2002)"
    }

    fn promises(config: &Config) -> Vec<Promise> {
        promises::promises(config)
    }

    plants!(Bug, unmasked);

    fn implied_by(property: &str) -> &'static [&'static str] {
        promises::implied_by(property)
    }

    fn roles() -> Vec<(&'static str, Target)> {
        vec![
            ("primary", Target::The(Role::Leader)),
            ("a-backup", Target::A(Role::Follower)),
            ("backups", Target::Every(Role::Follower)),
            ("leader", Target::The(Role::Leader)),
            ("a-follower", Target::A(Role::Follower)),
            ("followers", Target::Every(Role::Follower)),
        ]
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=64
    }

    fn tolerating(faults: u32) -> u32 {
        faults.saturating_mul(3).saturating_add(1)
    }

    fn liars(_: &Config, nodes: u32) -> u32 {
        Quorums::of(nodes).liars
    }

    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() >= Quorums::of(nodes.len() as u32).quorum
    }

    fn matching(config: &Config, nodes: u32) -> Matching {
        let quorums = Quorums::of(nodes);
        let early =
            config.answers_early() && !config.bugs.contains(&Bug::ClientAcceptsFPlusOneTentative);
        let replies = if early { quorums.quorum } else { quorums.weak };
        Matching { replies: replies as u32, reads_to_all: config.read_only }
    }

    fn settle(config: &Config, settings: &Settings) -> Span {
        let costs = settings.costs.message * 256;
        let delay = settings.network.longest_delay() + costs;
        let bound = promises::settle(config, settings.nodes, delay, settings.costs.sync.to);
        bound.in_tenths()
    }

    fn shortest_timer(config: &Config) -> Span {
        config.status.min(config.timeout)
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}
