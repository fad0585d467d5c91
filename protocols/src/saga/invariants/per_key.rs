//! S7. Events about one thing are dealt with in the order in which they happened, by each service that they concern. An
//! event that was put aside and told again later is late on purpose.

use crate::saga::{Event, Message, Saga, Sagas};
use sim_core::context::Target;
use sim_core::{Cause, Claim, Effect, Fact, Invariant, NodeId, Nodes, Step, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// An event's place: its sender, and its number there.
type Place = (NodeId, u64);

/// Watches over the order of what is acknowledged.
#[derive(Clone, Debug)]
pub struct OrderPerKey<S: Sagas> {
    events: BTreeMap<Place, Event<S>>,
    acknowledged: BTreeSet<Place>,
    dead: BTreeSet<Place>,
    /// By sender, receiver and key: the newest event that was acknowledged.
    newest: BTreeMap<(NodeId, NodeId, u64), u64>,
}

impl<S: Sagas> Default for OrderPerKey<S> {
    fn default() -> Self {
        OrderPerKey {
            events: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            dead: BTreeSet::new(),
            newest: BTreeMap::new(),
        }
    }
}

impl<S: Sagas> OrderPerKey<S> {
    fn acknowledge(&mut self, node: NodeId, from: NodeId, number: u64) -> Result<(), String> {
        let place = (from, number);
        let Some(event) = self.events.get(&place) else { return Ok(()) };
        if !self.acknowledged.insert(place) || self.dead.contains(&place) {
            return Ok(());
        }
        let key = S::aggregate(&event.op, event.step);
        let newest = self.newest.entry((from, node, key)).or_default();
        if *newest > number {
            return Err(format!(
                "{node} deals with event {number} of {from} after event {newest}, which is about the same"
            ));
        }
        *newest = number;
        Ok(())
    }
}

impl<S: Sagas> Invariant<Saga<S>> for OrderPerKey<S> {
    const PROPERTIES: &'static [&'static str] = &["order-per-key"];

    fn check(&mut self, _: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        if let Cause::Message { from, message: Message::Event(event) } = &step.cause {
            self.events.entry((*from, event.number)).or_insert_with(|| event.clone());
        }
        let mut result = Ok(());
        for effect in step.effects {
            match effect {
                Effect::Claim(Claim { fact: Fact::DeadLetters { local, .. }, .. }) => {
                    self.dead.insert((step.node, *local));
                }
                Effect::Send { to: Target::One(to), message: Message::Ack { number } } => {
                    result = result.and(self.acknowledge(step.node, *to, *number));
                }
                _ => {}
            }
        }
        result.map_err(|why| Violation { property: "order-per-key", why })
    }
}
