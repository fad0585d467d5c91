//! Fast Paxos in the world: how many message delays a decision takes, and how many messages.

use checkers::model::decisions::{DecisionClient, DecisionLoad};
use protocols::fast_paxos::FastPaxos;
use protocols::fast_paxos::config::{Config, First};
use sim_core::context::Target;
use sim_core::drive::timed;
use sim_core::fault::Plan;
use sim_core::settings::{Costs, Delay, NetworkSettings};
use sim_core::{
    Client, ClientEffect, ClientSettings, ClientStep, Effect, Nodes, Observer, Process, Settings,
    Span, SpanRange, Step, Time, World,
};
use std::collections::BTreeMap;

/// Measures each operation in message delays, and counts messages between nodes.
#[derive(Default)]
struct Watch {
    invoked: Option<Time>,
    took: Vec<u64>,
    sent: BTreeMap<&'static str, u64>,
}

const DELAY: Span = Span::millis(10);

impl Observer<FastPaxos> for Watch {
    fn observe(&mut self, nodes: &Nodes<FastPaxos>, step: &Step<'_, FastPaxos>) {
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            let copies = match to {
                Target::Peers => nodes.len() as u64 - 1,
                Target::One(to) => u64::from(*to != step.node),
            };
            *self.sent.entry(FastPaxos::KINDS[FastPaxos::kind(message)]).or_default() += copies;
        }
    }
    fn client(&mut self, step: &ClientStep<'_, FastPaxos>) {
        for effect in step.effects {
            match effect {
                ClientEffect::Invoke { .. } => self.invoked = Some(step.at),
                ClientEffect::Return { .. } => {
                    let took = step.at - self.invoked.expect("it was invoked");
                    self.took.push(took.0 / DELAY.0);
                }
                _ => {}
            }
        }
    }
}

/// One client, every message ten milliseconds and nothing else takes time.
fn alone(first: First, nodes: u32) -> Watch {
    let load = DecisionLoad { reads: 0, ..DecisionLoad::default() };
    let settings = ClientSettings {
        written: None,
        matching: sim_core::Matching::default(),
        think: SpanRange::millis(100, 100),
        interval: None,
        timeout: Span::secs(1),
        patience: Span::secs(3),
        persists_from: Time::NEVER,
        operations: 50,
        until: Time(60_000_000_000),
        load,
    };
    let clients = vec![DecisionClient::new(&settings, 0, 1)];
    let network = NetworkSettings {
        delay: Delay::Uniform(SpanRange { from: DELAY, to: DELAY }),
        ..NetworkSettings::default()
    };
    let nothing = SpanRange { from: Span::ZERO, to: Span::ZERO };
    let costs = Costs { message: Span::ZERO, sync: nothing };
    let world = Settings { nodes, network, costs, ..Settings::default() };
    let config = Config { first, ..Config::default() };
    let mut world = World::<FastPaxos>::new(world, config, clients, Plan::default(), 7);
    let mut watch = Watch::default();
    world.start(&mut watch);
    timed::run(&mut world, Time(20_000_000_000), 1_000_000, &mut watch);
    assert_eq!(watch.took.len(), 50);
    watch
}

#[test]
fn a_fast_round_takes_two_delays_and_a_classic_one_three() {
    // Two more from the client to its node and back. Of three, the coordinator and the node itself are a
    // majority, and one delay less is enough.
    for nodes in [4, 5, 7] {
        let fast = alone(First::Fast, nodes);
        assert!(fast.took.iter().all(|delays| *delays == 2 + 2), "{:?}", fast.took);
        let classic = alone(First::Classic, nodes);
        // At the coordinator's own node one is saved.
        assert!(classic.took.iter().all(|delays| [2 + 2, 2 + 3].contains(delays)));
        let three = classic.took.iter().filter(|delays| **delays == 2 + 3).count();
        assert!(three >= 20, "{three} of 50 came through another node");
    }
}

#[test]
fn a_fast_decision_costs_a_message_to_each_acceptor_and_its_votes() {
    for nodes in [3, 4, 5, 7] {
        let watch = alone(First::Fast, nodes);
        let sent = |kind| watch.sent.get(kind).copied().unwrap_or(0);
        let others = u64::from(nodes) - 1;
        assert_eq!(sent("propose"), 50 * others);
        assert_eq!(sent("accepted"), 50 * others * u64::from(nodes));
        assert_eq!(["prepare", "promise", "nack", "any", "accept"].map(sent), [0; 5]);
    }
}
