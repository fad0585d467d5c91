//! Where a run got: coarse states of a protocol, and what led from one to the next, told by facts and roles.
//!
//! A search that keeps what got somewhere new needs to know what is new, and two runs never are in the same state to
//! the last bit. So only this is looked at: who leads, who asks to and who is down, and whether they agree on the
//! epoch; which fact a node claims after which, or a transaction's nodes after each other; which message meets a node
//! in which role; and which fault came before. Mallory is guided by such summaries of what nodes did in which order
//! (Meng et al., "Greybox Fuzzing of Distributed Systems", CCS 2023).
//!
//! Each is hashed to one of 65 536 numbers, as fuzzers of programs do it: that two of them meet by chance costs a
//! little guidance and nothing else.

use crate::drive::replay::hash_of;
use crate::fact::Fact;
use crate::fault::Role;
use crate::nodes::Nodes;
use crate::observe::{Cause, FaultPhase, FaultStep, Observer, Step};
use crate::process::Process;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a node does that is no fact.
const OWN: [&str; 2] = ["boots", "is-struck"];
/// How many different events there are.
const EVENTS: usize = Fact::EVENTS.len() + OWN.len();
const BOOTS: u8 = Fact::EVENTS.len() as u8;
const STRUCK: u8 = BOOTS + 1;
/// As many transactions are followed at once, by the last digits of their numbers.
const CHAINS: usize = 64;

/// Where a run got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    /// Coarse states, by their numbers, in their order.
    pub states: Vec<u16>,
    /// Which event of a node followed which: their places among [`event_name`]s.
    pub transitions: Vec<(u8, u8)>,
}

/// The name of an event in a transition.
pub fn event_name(event: u8) -> &'static str {
    let own = |event: usize| OWN.get(event - Fact::EVENTS.len());
    let event = usize::from(event);
    Fact::EVENTS.get(event).or_else(|| own(event)).copied().unwrap_or("?")
}

/// Sees where a run gets.
#[derive(Clone, Debug)]
pub struct Reach {
    met: Box<[u64; 1_024]>,
    transitions: [u32; EVENTS],
    /// The last event of each machine.
    last: Vec<u8>,
    /// The last event of each transaction that is followed.
    chains: [u8; CHAINS],
    /// The kinds of the last two faults that struck or healed.
    faults: [u8; 2],
    /// What was last told of all nodes together.
    together: u64,
}

impl Default for Reach {
    fn default() -> Self {
        Reach {
            met: Box::new([0; 1_024]),
            transitions: [0; EVENTS],
            last: Vec::new(),
            chains: [0; CHAINS],
            faults: [0; 2],
            together: 0,
        }
    }
}

impl Reach {
    /// What was reached.
    pub fn reached(&self) -> Reached {
        let bits = |word: usize| (0..64).filter(move |bit| self.met[word] >> bit & 1 == 1);
        let states =
            (0..1_024).flat_map(|word| bits(word).map(move |bit| (word * 64 + bit) as u16));
        let after =
            |from: usize| (0..EVENTS).filter(move |to| self.transitions[from] >> to & 1 == 1);
        let transitions =
            (0..EVENTS).flat_map(|from| after(from).map(move |to| (from as u8, to as u8)));
        Reached { states: states.collect(), transitions: transitions.collect() }
    }

    #[inline]
    fn meet(&mut self, state: (u8, u64, u64)) {
        let number = hash_of(&state) >> 48;
        self.met[(number / 64) as usize] |= 1 << (number % 64);
    }

    fn last_of(&mut self, machine: u32) -> &mut u8 {
        let machine = machine as usize;
        if self.last.len() <= machine {
            self.last.resize(machine + 1, BOOTS);
        }
        &mut self.last[machine]
    }

    fn event<P: Process>(&mut self, nodes: &Nodes<P>, machine: u32, event: u8) {
        let before = std::mem::replace(self.last_of(machine), event);
        self.transitions[usize::from(before)] |= 1 << event;
        let role = nodes.role(machine).map_or(3, |(role, _)| role as u64);
        let pair = u64::from(before) << 8 | u64::from(event);
        self.meet((1, pair << 8 | role, self.together));
        let faults = u64::from(self.faults[0]) << 8 | u64::from(self.faults[1]);
        self.meet((2, faults, u64::from(event) << 2 | role));
    }

    /// How many lead and how many ask to, whether somebody is down, and whether somebody lags behind in epochs. Nodes
    /// are not told apart, nor clusters of different sizes.
    fn look_at_all<P: Process>(&mut self, nodes: &Nodes<P>) {
        let (mut leaders, mut candidates, mut down, mut newest) = (0_u64, 0_u64, 0_u64, 0);
        for node in 0..nodes.len() as u32 {
            match nodes.role(node) {
                None => down += 1,
                Some((role, epoch)) => {
                    leaders += u64::from(role == Role::Leader);
                    candidates += u64::from(role == Role::Candidate);
                    newest = newest.max(epoch);
                }
            }
        }
        let mut roles = (0..nodes.len() as u32).filter_map(|node| nodes.role(node));
        let lags = roles.any(|(_, epoch)| epoch < newest);
        self.together =
            leaders.min(2) | candidates.min(1) << 2 | down.min(2) << 3 | u64::from(lags) << 5;
        self.meet((3, self.together, 0));
    }
}

/// The transaction that a fact is about.
fn transaction(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::Begins { transaction }
        | Fact::Ends { transaction }
        | Fact::Votes { transaction, .. }
        | Fact::Concludes { transaction, .. }
        | Fact::Waits { transaction }
        | Fact::Acquires { transaction }
        | Fact::Shows { transaction }
        | Fact::Does { transaction, .. }
        | Fact::Undoes { transaction, .. }
        | Fact::Declines { transaction, .. }
        | Fact::DeadLetters { transaction, .. } => Some(*transaction),
        _ => None,
    }
}

impl<P: Process> Observer<P> for Reach {
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        match &step.cause {
            Cause::Boot => {
                self.look_at_all(nodes);
                self.event(nodes, step.machine, BOOTS);
            }
            Cause::Message { from, message } => {
                let role = |node: u32| nodes.role(node).map_or(3, |(role, _)| role as u64);
                let (to, from) = (role(step.machine), role(from.0));
                let about = (P::kind(message) as u64) << 8 | to << 4 | from;
                self.meet((4, about, self.together));
            }
            _ => {}
        }
        for fact in step.facts() {
            let event = fact.event() as u8;
            if matches!(fact, Fact::Leads { .. } | Fact::Campaigns { .. } | Fact::Follows { .. }) {
                self.look_at_all(nodes);
            }
            if let Some(transaction) = transaction(fact) {
                let place = transaction as usize % CHAINS;
                let before = std::mem::replace(&mut self.chains[place], event + 1);
                let says = match fact {
                    Fact::Votes { yes, .. } => u64::from(*yes),
                    Fact::Concludes { commits, .. } => u64::from(*commits),
                    Fact::Does { step, .. } | Fact::Undoes { step, .. } => u64::from(*step),
                    Fact::Declines { step, .. } => u64::from(*step),
                    _ => 0,
                };
                self.meet((5, u64::from(before) << 8 | u64::from(event), says));
            }
            self.event(nodes, step.machine, event);
        }
    }

    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
        let phase = match step.phase {
            FaultPhase::Strikes => 1,
            FaultPhase::Heals => 2,
            FaultPhase::Idle => return,
        };
        self.look_at_all(nodes);
        let fault = step.kind as u8 * 2 + phase;
        self.faults = [self.faults[1], fault];
        self.meet((6, u64::from(fault), self.together));
        for node in step.hit.iter().filter(|node| !node.is_client()) {
            let last = std::mem::replace(self.last_of(node.0), STRUCK);
            self.transitions[usize::from(last)] |= 1 << STRUCK;
            self.meet((7, u64::from(fault), u64::from(last)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_name() {
        assert_eq!(event_name(0), Fact::EVENTS[0]);
        assert_eq!(event_name(BOOTS), "boots");
        assert_eq!(event_name(STRUCK), "is-struck");
        const { assert!(EVENTS <= 32, "the transitions of an event fit into a word") };
    }

    #[test]
    fn what_was_met_is_told_in_order() {
        let mut reach = Reach::default();
        assert_eq!(reach.reached(), Reached::default());
        reach.meet((1, 2, 3));
        reach.meet((1, 2, 3));
        reach.meet((1, 2, 4));
        let states = reach.reached().states;
        assert_eq!(states.len(), 2);
        assert!(states.is_sorted());
    }
}
