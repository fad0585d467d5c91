//! Paxos in the world: what a decision costs without faults.

use checkers::model::decisions::{DecisionClient, DecisionLoad};
use protocols::paxos::Paxos;
use protocols::paxos::config::{Config, Learning};
use protocols::paxos::invariants::Invariants;
use sim_core::context::Target;
use sim_core::drive::timed;
use sim_core::fault::Plan;
use sim_core::{
    Client, ClientSettings, ClientStep, Effect, Nodes, Observer, Process, Safety, Settings, Span,
    SpanRange, Step, Time, Violation, World,
};
use std::collections::BTreeMap;

/// Counts messages between nodes, and syncs.
#[derive(Default)]
struct Watch {
    invariants: Invariants,
    violations: Vec<Violation>,
    sent: BTreeMap<&'static str, u64>,
    syncs: u64,
}

impl Observer<Paxos> for Watch {
    fn observe(&mut self, nodes: &Nodes<Paxos>, step: &Step<'_, Paxos>) {
        let violations = &mut self.violations;
        self.invariants.check(nodes, step, &mut |violation| violations.push(violation));
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            let copies = match to {
                Target::Peers => nodes.len() as u64 - 1,
                Target::One(to) => u64::from(*to != step.node),
            };
            *self.sent.entry(Paxos::KINDS[Paxos::kind(message)]).or_default() += copies;
        }
        self.syncs += step.effects.iter().filter(|effect| **effect == Effect::Sync).count() as u64;
    }
    fn client(&mut self, _: &ClientStep<'_, Paxos>) {}
}

/// One client that proposes, and no faults. How many decisions there are, and what they cost.
fn undisturbed(learning: Learning, nodes: u32) -> (u64, Watch) {
    let load = DecisionLoad { reads: 0, ..DecisionLoad::default() };
    let settings = ClientSettings {
        written: None,
        matching: sim_core::Matching::default(),
        think: SpanRange::millis(50, 60),
        interval: None,
        timeout: Span::secs(1),
        patience: Span::secs(3),
        persists_from: Time::NEVER,
        operations: 40,
        until: Time(60_000_000_000),
        load,
    };
    let clients = vec![DecisionClient::new(&settings, 0, 1)];
    let config = Config { learning, ..Config::default() };
    let world = Settings { nodes, ..Settings::default() };
    let mut world = World::<Paxos>::new(world, config, clients, Plan::default(), 7);
    let mut watch = Watch::default();
    world.start(&mut watch);
    timed::run(&mut world, Time(10_000_000_000), 1_000_000, &mut watch);
    assert_eq!(watch.violations, []);
    for (_, node) in world.nodes().live() {
        assert_eq!(node.learner().decisions().len(), 40, "everybody learns");
    }
    (40, watch)
}

#[test]
fn a_decision_costs_two_round_trips_to_every_other_acceptor() {
    for nodes in [1, 2, 3, 5, 7] {
        let others = u64::from(nodes) - 1;
        let (decisions, watch) = undisturbed(Learning::Distinguished, nodes);
        let sent = |kind| watch.sent.get(kind).copied().unwrap_or(0);
        for kind in ["prepare", "promise", "accept", "accepted"] {
            assert_eq!(sent(kind), decisions * others, "{kind} with {nodes} nodes");
        }
        let learned = decisions * others;
        assert!((learned..=learned + 8).contains(&sent("learn")), "{} of {learned}", sent("learn"));
        assert_eq!(sent("nack"), 0);
        // A promise and a vote at each acceptor.
        assert_eq!(watch.syncs, 2 * decisions * u64::from(nodes));
    }
}

#[test]
fn votes_told_to_every_learner_cost_the_square() {
    for nodes in [1, 2, 3, 5, 7] {
        let others = u64::from(nodes) - 1;
        let (decisions, watch) = undisturbed(Learning::All, nodes);
        let sent = |kind| watch.sent.get(kind).copied().unwrap_or(0);
        let phases = ["prepare", "promise", "accept"].map(sent);
        assert_eq!(phases, [decisions * others; 3]);
        assert_eq!(sent("accepted"), decisions * others * u64::from(nodes));
    }
}
