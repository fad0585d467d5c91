//! What nodes must do: agree, and keep to the algorithm.

use super::original::Status;
use super::{Bully, Message, Standing, Timer, Variant};
use checkers::safety::{Elects, HighestLeads, LeadersAgree, NoLowerLeader, TruthfulAnswers};
use sim_core::context::{Kinds, Target};
use sim_core::{Cause, Effect, Invariant, Machine, NodeId, Nodes, Span, Step, Violation};
use std::collections::BTreeSet;

/// Everything that is checked of Bully.
pub type Invariants = (
    LeadersAgree,
    HighestLeads,
    NoLowerLeader,
    TruthfulAnswers,
    Bullies,
    OneElectionAtATime,
    BoundedWait,
    SameCoordinator,
    SameTask,
);

impl Elects for Bully {
    fn leader(&self) -> Option<NodeId> {
        self.leads_or_follows()
    }

    fn settling(&self) -> Span {
        self.config().settling()
    }
}

/// Whoever hears of a lower node's election answers, so that the lower node does not win it.
#[derive(Clone, Debug, Default)]
pub struct Bullies;

impl Invariant<Bully> for Bullies {
    const PROPERTIES: &'static [&'static str] = &["bullies"];

    fn check(&mut self, _: &Nodes<Bully>, step: &Step<'_, Bully>) -> Result<(), Violation> {
        let Cause::Message { from, message: Message::Election } = step.cause else {
            return Ok(());
        };
        let answers = |effect: &Effect<Bully>| match effect {
            Effect::Send { to: Target::One(to), message: Message::Ok } => *to == from,
            _ => false,
        };
        match step.effects.iter().any(answers) {
            true => Ok(()),
            false => {
                let why = format!("{} does not answer {from}, which is lower", step.node);
                Err(Violation { property: "bullies", why })
            }
        }
    }
}

/// While a node holds an election, no message makes it ask again.
#[derive(Clone, Debug, Default)]
pub struct OneElectionAtATime {
    /// Those who hold one, as of their last step.
    holding: BTreeSet<Machine>,
}

impl Invariant<Bully> for OneElectionAtATime {
    const PROPERTIES: &'static [&'static str] = &["one-election-at-a-time"];

    fn check(&mut self, nodes: &Nodes<Bully>, step: &Step<'_, Bully>) -> Result<(), Violation> {
        if let Cause::Boot = step.cause {
            self.holding.remove(&step.machine);
        }
        let standing = nodes.process(step.machine).map(Bully::standing);
        let held = match standing {
            Some(Standing::Asks | Standing::Waits) => !self.holding.insert(step.machine),
            _ => self.holding.remove(&step.machine),
        };
        let asks = step.kinds.any_of(Kinds::SENDS)
            && step
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Send { message: Message::Election, .. }));
        match (held, &step.cause) {
            (true, Cause::Message { from, .. }) if asks => {
                let why =
                    format!("{} begins an election for {from}, and has one under way", step.node);
                Err(Violation { property: "one-election-at-a-time", why })
            }
            _ => Ok(()),
        }
    }
}

/// Who was answered waits for the coordinator, for T' at most: who has answered may have died since.
#[derive(Clone, Debug, Default)]
pub struct BoundedWait {
    /// Those who wait for an answer, as of their last step.
    asking: BTreeSet<Machine>,
}

impl Invariant<Bully> for BoundedWait {
    const PROPERTIES: &'static [&'static str] = &["bounded-wait"];

    fn check(&mut self, nodes: &Nodes<Bully>, step: &Step<'_, Bully>) -> Result<(), Violation> {
        let asked = match nodes.process(step.machine).map(Bully::standing) {
            Some(Standing::Asks) => !self.asking.insert(step.machine),
            _ => self.asking.remove(&step.machine),
        };
        let Cause::Message { from, message: Message::Ok } = step.cause else { return Ok(()) };
        let limits = |effect: &Effect<Bully>| {
            matches!(effect, Effect::SetTimer { timer: Timer::Coordinator, .. })
        };
        if !asked || self.asking.contains(&step.machine) || step.effects.iter().any(limits) {
            return Ok(());
        }
        let why = format!("{} was answered by {from}, and waits without a limit", step.node);
        Err(Violation { property: "bounded-wait", why })
    }
}

/// The first two live nodes that work together differently, by what is told of each.
fn differ<T: PartialEq + Copy>(
    nodes: &Nodes<Bully>,
    step: &Step<'_, Bully>,
    told: impl Fn(&Bully) -> Option<T>,
) -> Option<((NodeId, T), (NodeId, T))> {
    let mine = nodes.process(step.machine)?;
    if mine.config().variant == Variant::Textbook {
        return None;
    }
    let mine = told(mine)?;
    let of = |(machine, process)| Some((nodes.identity(machine), told(process)?));
    let other = nodes.live().filter_map(of).find(|(_, other)| *other != mine)?;
    Some(((step.node, mine), other))
}

/// Assertion 1: "At any instant in time, for any two nodes i and j, if both are in Reorganisation or Normal, then they
/// have the same coordinator."
#[derive(Clone, Debug, Default)]
pub struct SameCoordinator;

impl Invariant<Bully> for SameCoordinator {
    const PROPERTIES: &'static [&'static str] = &["same-coordinator"];

    fn check(&mut self, nodes: &Nodes<Bully>, step: &Step<'_, Bully>) -> Result<(), Violation> {
        let coordinator = |node: &Bully| {
            let state = node.reorganisation();
            state.coordinator.filter(|_| state.status != Status::Election)
        };
        let Some(((one, its), (other, others))) = differ(nodes, step, coordinator) else {
            return Ok(());
        };
        let why = format!("{one} works under {its} while {other} works under {others}");
        Err(Violation { property: "same-coordinator", why })
    }
}

/// Assertion 2: "… if both are in Normal and have the same coordinator, then they have the same task."
#[derive(Clone, Debug, Default)]
pub struct SameTask;

impl Invariant<Bully> for SameTask {
    const PROPERTIES: &'static [&'static str] = &["same-task"];

    fn check(&mut self, nodes: &Nodes<Bully>, step: &Step<'_, Bully>) -> Result<(), Violation> {
        let Some(mine) = nodes.process(step.machine) else { return Ok(()) };
        let coordinator = mine.reorganisation().coordinator;
        let task = |node: &Bully| {
            let state = node.reorganisation();
            let is_normal = state.status == Status::Normal && state.coordinator == coordinator;
            state.task.filter(|_| is_normal)
        };
        let Some(((one, its), (other, others))) = differ(nodes, step, task) else {
            return Ok(());
        };
        let why = format!("{one} works at task {its} while {other} works at {others}");
        Err(Violation { property: "same-task", why })
    }
}
