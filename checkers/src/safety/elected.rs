//! Whom nodes take for the leader: that they agree when nothing has happened for a while, that the highest leads, and
//! that nobody follows a lower one.
//!
//! While a leader is replaced, nodes may well differ. So the first two are asked only when the last fault, healing or
//! boot is longer ago than the protocol says that it needs: that is also how it is told that elections come to an end.
//! Which nodes believe what is read from the processes themselves, by [`Elects`].

use crate::model::election::{Belief, Election};
use sim_core::observe::FaultPhase;
use sim_core::{
    Answer, Cause, Claim, Effect, Fact, FaultStep, Invariant, Machine, NodeId, Nodes, Process,
    Span, Step, Time, Violation,
};
use std::collections::BTreeSet;

/// A process that takes some node for the leader.
pub trait Elects: Process {
    /// Whom it takes for the leader; itself, when it leads.
    fn leader(&self) -> Option<NodeId>;

    /// How long after the last disturbance every live node must name the same leader.
    fn settling(&self) -> Span;
}

/// When the last fault struck or healed, or a node booted.
#[derive(Clone, Debug, Default)]
struct Calm {
    disturbed: Time,
}

impl Calm {
    fn hears(&mut self, step: &FaultStep<'_>) {
        if step.phase != FaultPhase::Idle {
            self.disturbed = step.at;
        }
    }

    /// Whether it has been quiet for long enough.
    fn reigns<P: Elects>(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> bool {
        if let Cause::Boot = step.cause {
            self.disturbed = step.at;
        }
        let quiet = step.at.since(self.disturbed);
        nodes.process(step.machine).is_some_and(|process| quiet > process.settling())
    }
}

/// When it has been quiet for long enough, all live nodes name the same leader, and that is one of them.
#[derive(Clone, Debug, Default)]
pub struct LeadersAgree(Calm);

impl<P: Elects> Invariant<P> for LeadersAgree {
    const PROPERTIES: &'static [&'static str] = &["leaders-agree"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        if !self.0.reigns(nodes, step) {
            return Ok(());
        }
        let named = |(machine, process): (Machine, &P)| (nodes.identity(machine), process.leader());
        let mut beliefs = nodes.live().map(named);
        let Some((first, leader)) = beliefs.next() else { return Ok(()) };
        let why = match beliefs.find(|(_, other)| *other != leader) {
            Some((second, other)) => {
                let (one, two) = (words(first, leader), words(second, other));
                format!("nothing has happened for long enough, and {one}, but {two}")
            }
            None if leader.is_none_or(|leader| nodes.process(leader.0).is_none()) => {
                format!("nothing has happened for long enough, and {}", words(first, leader))
            }
            None => return Ok(()),
        };
        Err(Violation { property: "leaders-agree", why })
    }

    fn fault(&mut self, _: &Nodes<P>, step: &FaultStep<'_>) {
        self.0.hears(step);
    }
}

fn words(node: NodeId, leader: Option<NodeId>) -> String {
    match leader {
        Some(leader) if leader == node => format!("{node} leads"),
        Some(leader) => format!("{node} follows {leader}"),
        None => format!("{node} knows of no leader"),
    }
}

/// When it has been quiet for long enough, nobody leads while a higher node is up.
#[derive(Clone, Debug, Default)]
pub struct HighestLeads(Calm);

impl<P: Elects> Invariant<P> for HighestLeads {
    const PROPERTIES: &'static [&'static str] = &["highest-leads"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        if !self.0.reigns(nodes, step) {
            return Ok(());
        }
        let Some(highest) = nodes.live().map(|(machine, _)| nodes.identity(machine)).max() else {
            return Ok(());
        };
        let leads = |(machine, process): (Machine, &P)| {
            let node = nodes.identity(machine);
            (process.leader() == Some(node) && node < highest).then_some(node)
        };
        match nodes.live().find_map(leads) {
            Some(lower) => {
                let why = format!("{lower} leads long after {highest}, which is higher, is up");
                Err(Violation { property: "highest-leads", why })
            }
            None => Ok(()),
        }
    }

    fn fault(&mut self, _: &Nodes<P>, step: &FaultStep<'_>) {
        self.0.hears(step);
    }
}

/// Nobody ever follows a node that is lower than itself.
#[derive(Clone, Debug, Default)]
pub struct NoLowerLeader;

impl<P: Elects> Invariant<P> for NoLowerLeader {
    const PROPERTIES: &'static [&'static str] = &["no-lower-leader"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        let leader = nodes.process(step.machine).and_then(Elects::leader);
        match leader.filter(|leader| *leader < step.node) {
            Some(lower) => {
                let why = format!("{} follows {lower}, which is lower", step.node);
                Err(Violation { property: "no-lower-leader", why })
            }
            None => Ok(()),
        }
    }
}

/// Whom a node names to a client has led the epoch that it names.
#[derive(Clone, Debug, Default)]
pub struct TruthfulAnswers {
    led: BTreeSet<(u64, NodeId)>,
}

/// How many leaders are remembered. An answer that names an older one goes unjudged.
const LEADERS: usize = 4_096;

impl TruthfulAnswers {
    fn lead(&mut self, node: NodeId, epoch: u64) {
        self.led.insert((epoch, node));
        if self.led.len() > LEADERS {
            self.led.pop_first();
        }
    }

    fn is_told(&self, node: NodeId, epoch: u64) -> bool {
        let is_forgotten = self.led.len() == LEADERS
            && self.led.first().is_some_and(|(oldest, _)| epoch <= *oldest);
        is_forgotten || self.led.contains(&(epoch, node))
    }
}

impl<P: Process<Service = Election>> Invariant<P> for TruthfulAnswers {
    const PROPERTIES: &'static [&'static str] = &["truthful-answers"];

    fn check(&mut self, _: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        for effect in step.effects {
            match effect {
                Effect::Claim(Claim { fact: Fact::Leads { epoch }, .. }) => {
                    self.lead(step.node, *epoch);
                }
                Effect::Reply { answer: Answer::Done(Belief::Leads { node, epoch }), .. }
                    if !self.is_told(*node, *epoch) =>
                {
                    let why = format!("{} names {node} in {epoch}, which it never led", step.node);
                    return Err(Violation { property: "truthful-answers", why });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_that_never_led_is_no_answer() {
        let mut checker = TruthfulAnswers::default();
        checker.lead(NodeId(2), 7);
        assert!(checker.is_told(NodeId(2), 7));
        assert!(!checker.is_told(NodeId(1), 7) && !checker.is_told(NodeId(2), 8));
    }

    #[test]
    fn old_leaders_are_forgotten_and_raise_no_alarm() {
        let mut checker = TruthfulAnswers::default();
        (1..=LEADERS as u64 + 1).for_each(|epoch| checker.lead(NodeId(0), epoch));
        assert!(checker.is_told(NodeId(0), 1) && !checker.is_told(NodeId(1), 9));
    }
}
