//! How Multi-Paxos stands in the catalogue.

use super::bugs::Bug;
use super::config::Config;
use super::{MultiPaxos, promises};
use crate::ClosedForm;
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use checkers::Model;
use sim_core::{NodeSet, Nodes, Settings, Span};
use std::ops::RangeInclusive;

impl<S: Model> Protocol for MultiPaxos<S> {
    type Safety = super::invariants::Invariants;

    const CLOSED_FORMS: &'static [ClosedForm] = &[ClosedForm {
        measure: "messages-per-op",
        formula: "2(n - 1)",
        of: |n| 2 * n.saturating_sub(1),
        about: "a write under a stable leader: accept and accepted (Lamport 2001, section 3)",
    }];

    fn about() -> &'static str {
        "a sequence of commands chosen slot by slot under a stable leader (Lamport, 1998 and 2001)"
    }

    fn promises(config: &Config) -> Vec<Promise> {
        promises::promises(config)
    }

    plants!(Bug, unmasked);

    fn implied_by(property: &str) -> &'static [&'static str] {
        promises::implied_by(property)
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=101
    }

    /// A majority of the acceptors, of those that decide the next slot and of the newest that the most advanced
    /// server knows of.
    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        let up: NodeSet = nodes.live().map(|(machine, _)| nodes.identity(machine)).collect();
        let ahead = nodes.live().map(|(_, server)| server).max_by_key(|server| server.executed());
        ahead.is_some_and(|server| {
            let memberships = server.memberships();
            [memberships.of(server.executed() + 1), memberships.newest().1]
                .into_iter()
                .all(|acceptors| acceptors.has_majority_in(up))
        })
    }

    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = longest_trip(settings);
        promises::settle(config, delay, settings.costs.sync.to).in_tenths()
    }

    fn bring_up(config: &Config, settings: &Settings, slots: u64) -> Span {
        let delay = longest_trip(settings);
        promises::bring_up(config, delay, settings.costs.sync.to, slots).in_tenths()
    }

    fn shortest_timer(config: &Config) -> Span {
        config.heartbeat.min(config.election_timeout.from)
    }

    fn drift_bound(config: &Config, property: &str) -> Option<u32> {
        promises::drift_bound(config, property)
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}

/// How long a message takes at most, behind others at its receiver.
fn longest_trip(settings: &Settings) -> Span {
    settings.network.longest_delay() + settings.costs.message * 64
}
