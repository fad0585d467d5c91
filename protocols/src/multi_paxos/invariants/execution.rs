//! What servers execute: slot after slot, to the same states.

use super::super::MultiPaxos;
use super::super::log::Slot;
use checkers::safety::Agreement;
use sim_core::context::Kinds;
use sim_core::{Cause, Fact, Invariant, Nodes, Service, Step, Violation};

/// Servers execute one slot after another. Only a snapshot takes the place of slots.
#[derive(Clone, Debug, Default)]
pub struct PrefixExecution(Vec<Slot>);

impl<S: Service> Invariant<MultiPaxos<S>> for PrefixExecution {
    const PROPERTIES: &'static [&'static str] = &["prefix-execution"];

    #[inline]
    fn check(
        &mut self,
        nodes: &Nodes<MultiPaxos<S>>,
        step: &Step<'_, MultiPaxos<S>>,
    ) -> Result<(), Violation> {
        if self.0.len() < nodes.len() {
            self.0.resize(nodes.len(), 0);
        }
        let last = &mut self.0[step.machine as usize];
        if let (Cause::Boot, Some(server)) = (&step.cause, nodes.process(step.machine)) {
            // What it had of its snapshot it says at once.
            *last = server.executed().saturating_sub(1);
        }
        let mut wrong = Ok(());
        for fact in step.facts() {
            match fact {
                Fact::Decides { slot, .. } => {
                    if *last + 1 != *slot {
                        let why = format!("{} executes slot {slot} after {last}", step.node);
                        wrong = Err(Violation { property: "prefix-execution", why });
                    }
                    *last = *slot;
                }
                Fact::Installs { slot, .. } => *last = *slot,
                _ => {}
            }
        }
        wrong
    }
}

/// Servers that have executed the same slots have the same state, sessions and acceptors included.
#[derive(Clone, Debug, Default)]
pub struct StateEquality(Agreement);

impl<S: Service> Invariant<MultiPaxos<S>> for StateEquality {
    const PROPERTIES: &'static [&'static str] = &["state-equality"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(
        &mut self,
        _: &Nodes<MultiPaxos<S>>,
        step: &Step<'_, MultiPaxos<S>>,
    ) -> Result<(), Violation> {
        for fact in step.facts() {
            if let Fact::Decides { slot, state, .. } | Fact::Installs { slot, state } = *fact
                && state != 0
            {
                let reached = self.0.reach(step.node, slot, state);
                reached.map_err(|why| Violation { property: "state-equality", why })?;
            }
        }
        Ok(())
    }
}
