//! Multi-Paxos in the world: what it costs without faults, and that it stands those that it promises to.

use crate::counter::{Asker, Call, Counter, Load, judge};
use protocols::multi_paxos::MultiPaxos;
use protocols::multi_paxos::config::{Config, Reads};
use protocols::multi_paxos::invariants::Invariants;
use protocols::multi_paxos::message::Message;
use sim_core::context::Target;
use sim_core::drive::timed;
use sim_core::fault::Plan;
use sim_core::{
    Client, ClientEffect, ClientSettings, ClientStep, Effect, Ending, Nodes, Observer, Process,
    Safety, Settings, Span, SpanRange, Step, Time, Violation, World,
};
use std::collections::BTreeMap;

type Server = MultiPaxos<Counter>;

/// Everything that is to be known of a run.
#[derive(Default)]
struct Watch {
    invariants: Invariants,
    violations: Vec<Violation>,
    calls: Vec<Call>,
    /// How many messages of each kind went from one server to another.
    sent: BTreeMap<&'static str, u64>,
    syncs: u64,
    /// How often a slot was chosen while one before it was not.
    out_of_order: u64,
}

impl Observer<Server> for Watch {
    fn observe(&mut self, nodes: &Nodes<Server>, step: &Step<'_, Server>) {
        let violations = &mut self.violations;
        self.invariants.check(nodes, step, &mut |violation| violations.push(violation));
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            let copies = match to {
                Target::Peers => nodes.len() as u64 - 1,
                Target::One(to) => u64::from(*to != step.node),
            };
            *self.sent.entry(Server::KINDS[Server::kind(message)]).or_default() += copies;
        }
        self.syncs += step.effects.iter().filter(|effect| **effect == Effect::Sync).count() as u64;
        if let sim_core::Cause::Message { message: Message::Accepted { slot, .. }, .. } = step.cause
            && let Some(server) = nodes.process(step.machine)
            && *slot > server.executed()
            && server.log().chosen(*slot).is_some()
        {
            self.out_of_order += 1;
        }
    }
    fn client(&mut self, step: &ClientStep<'_, Server>) {
        for effect in step.effects {
            match effect {
                ClientEffect::Invoke { id, op } => {
                    let (id, op, invoked) = (*id, *op, step.at);
                    self.calls.push(Call { id, op, invoked, returned: None });
                }
                ClientEffect::Return { id, ending: Ending::Ok(value) } => {
                    let call = self.calls.iter_mut().rev().find(|call| call.id == *id);
                    call.expect("it was invoked").returned = Some((step.at, *value));
                }
                _ => {}
            }
        }
    }
}

impl Watch {
    fn sent(&self, kind: &str) -> u64 {
        self.sent.get(kind).copied().unwrap_or(0)
    }
}

const UNTIL: Time = Time(5_000_000_000);
const END: Time = Time(5_990_000_000);

/// An undisturbed run, in which clients write only.
fn undisturbed(config: Config, nodes: u32, reads: u64) -> (Watch, World<Server>) {
    let settings = ClientSettings {
        written: None,
        think: SpanRange::millis(1, 9),
        interval: None,
        timeout: Span::secs(1),
        patience: Span::secs(3),
        persists_from: Time::NEVER,
        operations: 0,
        until: UNTIL,
        matching: Default::default(),
        load: Load { reads, wander: true },
    };
    let clients = (0..6).map(|index| Asker::new(&settings, index, 6)).collect();
    let world = Settings { nodes, ..Settings::default() };
    let mut world = World::<Server>::new(world, config, clients, Plan::default(), 7);
    let mut watch = Watch::default();
    world.start(&mut watch);
    timed::run(&mut world, END, 5_000_000, &mut watch);
    assert_eq!(watch.violations, []);
    assert!(watch.calls.iter().all(|call| call.returned.is_some()));
    judge(&watch.calls).unwrap();
    (watch, world)
}

#[test]
fn a_command_costs_a_round_trip_to_each_acceptor_and_nothing_else() {
    for nodes in [1, 2, 3, 5, 7] {
        let config = Config { reads: Reads::Log, ..Config::default() };
        let (watch, world) = undisturbed(config, nodes, 50);
        let slots = world.nodes().live().map(|(_, server)| server.executed()).max().unwrap_or(0);
        assert!(slots > 500, "{slots} slots");
        let others = u64::from(nodes) - 1;
        let ballots = (watch.sent("prepare") / others.max(1)).max(1);
        // Phase 1 once for all slots, phase 2 once for each.
        assert_eq!(watch.sent("accept"), slots * others, "{nodes} nodes");
        assert_eq!(watch.sent("accepted"), slots * others, "{nodes} nodes");
        assert_eq!(watch.sent("prepare"), ballots * others);
        assert!(ballots <= 2, "{ballots} ballots");
        assert_eq!(watch.sent("promise") + watch.sent("nack"), ballots * others);
        // Heartbeats are answered, and nobody has to ask what was chosen.
        let under_way = watch.sent("heartbeat").abs_diff(watch.sent("alive"));
        assert!(under_way <= others, "{under_way} heartbeats without an answer");
        for kind in ["catch-up", "learn", "install", "next", "query", "voted"] {
            assert_eq!(watch.sent(kind), 0, "{kind} with {nodes} nodes");
        }
        // A vote is a sync, and so is a promise.
        let promises = watch.sent("promise") + ballots;
        assert_eq!(watch.syncs, slots * u64::from(nodes) + promises, "{nodes} nodes");
    }
}

#[test]
fn a_quorum_read_costs_a_round_trip_to_each_acceptor() {
    let (watch, world) = undisturbed(Config::default(), 5, 60);
    let slots = world.nodes().live().map(|(_, server)| server.executed()).max().unwrap_or(0);
    let reads = watch.calls.len() as u64 - slots;
    assert!(reads > 300, "{reads} reads");
    assert_eq!((watch.sent("query"), watch.sent("voted")), (4 * reads, 4 * reads));
}

#[test]
fn slots_are_chosen_in_any_order_unless_the_window_is_one() {
    let one_by_one = Config { window: 1, ..Config::default() };
    let (watch, _) = undisturbed(one_by_one, 5, 0);
    assert_eq!(watch.out_of_order, 0);
    let (watch, _) = undisturbed(Config::default(), 5, 0);
    assert!(watch.out_of_order > 50, "{} of {} slots", watch.out_of_order, watch.calls.len());
}

#[test]
fn every_server_comes_to_the_same_state() {
    let (_, world) = undisturbed(Config { snapshot_after: 50, ..Config::default() }, 5, 30);
    let states: Vec<_> = world.nodes().live().map(|(_, server)| server.service().clone()).collect();
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{states:?}");
}
