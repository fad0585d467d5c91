//! How Raft stands in the catalogue.

use super::bugs::Bug;
use super::config::Config;
use super::{Raft, promises};
use crate::ClosedForm;
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use checkers::Model;
use sim_core::{NodeId, NodeSet, Nodes, Settings, Span};
use std::ops::RangeInclusive;

impl<S: Model> Protocol for Raft<S> {
    type Safety = super::invariants::Invariants;

    const CLOSED_FORMS: &'static [ClosedForm] = &[
        ClosedForm {
            measure: "messages-per-op",
            formula: "2(n - 1)",
            of: |n| 2 * n.saturating_sub(1),
            about: "a write of one entry: it goes to all others, and each answers (figure 2)",
        },
        ClosedForm {
            measure: "syncs-per-op",
            formula: "n",
            of: |n| n,
            about: "a write of one entry: every server stores it before it answers (section 5.3)",
        },
    ];

    fn about() -> &'static str {
        "a replicated log led by one elected server at a time (Ongaro and Ousterhout, 2014)"
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

    /// As the server knows it that has committed most.
    fn members(nodes: &Nodes<Self>) -> Option<NodeSet> {
        let furthest = nodes.live().map(|(_, raft)| raft).max_by_key(|raft| raft.commit_index())?;
        Some(furthest.members().at(furthest.commit_index()).voters)
    }

    /// Those that are up can when they are a majority of the members, by what is committed and by the newest log that
    /// any of them has: whoever is elected may go by that. And without Pre-Vote nobody must stand in their way who
    /// goes by other members and asks those for votes: where it cannot win, it still raises the term, again and again,
    /// of the very voters that another needs (thesis, section 4.2.3). CheckQuorum keeps a leader from being deposed
    /// so, and does not help one to be elected.
    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        let servers = || nodes.live().map(|(machine, raft)| (nodes.identity(machine), raft));
        let up: NodeSet = servers().map(|(server, _)| server).collect();
        let Some(members) = <Self as Protocol>::members(nodes) else { return false };
        let position = |raft: &&Raft<S>| (raft.log().last_term(), raft.log().last_index());
        let Some(newest) = servers().map(|(_, raft)| raft).max_by_key(position) else {
            return false;
        };
        let newest = newest.members().newest().1;
        let disrupts = |(server, raft): (NodeId, &Raft<S>)| {
            let own = raft.members().newest().1;
            !raft.config().pre_vote && own.everybody().contains(server) && own != newest
        };
        members.has_majority_in(up) && newest.has_quorum(up) && !servers().any(disrupts)
    }

    fn open_change(nodes: &Nodes<Self>) -> Option<String> {
        let members = <Self as Protocol>::members(nodes)?;
        let servers = nodes.live().map(|(machine, raft)| (nodes.identity(machine), raft));
        let mut members = servers.filter(|(server, _)| members.contains(*server));
        let is_open = |raft: &Raft<S>| {
            let (index, newest) = raft.members().newest();
            newest.is_joint() || index > raft.commit_index()
        };
        let (server, raft) = members.find(|(_, raft)| is_open(raft))?;
        let newest = raft.members().newest().1;
        Some(format!("{server}'s change to the voters {newest} was neither committed nor dropped"))
    }

    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = longest_trip(settings);
        let bound = promises::settle(config, delay, settings.costs.sync.to);
        bound.in_tenths()
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
