//! What nodes must do: agree, and let nothing go round for ever.

use super::{Algorithm, Message, Ring, Says, Standing, Token};
use checkers::safety::{Elects, HighestLeads, LeadersAgree, NoLowerLeader};
use sim_core::context::Kinds;
use sim_core::{Cause, Effect, Fact, Invariant, Machine, NodeId, Nodes, Span, Step, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is checked of the rings.
pub type Invariants = (
    LeadersAgree,
    HighestLeads,
    NoLowerLeader,
    BoundedHops,
    ListOnce,
    SmallerSwallowed,
    OwnNameOnce,
    LaterElectionStands,
);

impl Elects for Ring {
    fn leader(&self) -> Option<NodeId> {
        self.leads_or_follows()
    }

    fn settling(&self) -> Span {
        self.config().settling(self.nodes())
    }
}

/// What a step passes on.
fn passed<'a>(step: &'a Step<'_, Ring>) -> impl Iterator<Item = &'a Token> {
    let effects = if step.kinds.any_of(Kinds::SENDS) { step.effects } else { &[] };
    effects.iter().filter_map(|effect| match effect {
        Effect::Send { message: Message::Pass { token, .. }, .. } => Some(token),
        _ => None,
    })
}

/// Nothing is passed on more often than there are nodes, twice over: no message goes round for ever.
#[derive(Clone, Debug, Default)]
pub struct BoundedHops;

impl Invariant<Ring> for BoundedHops {
    const PROPERTIES: &'static [&'static str] = &["bounded-hops"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS);

    fn check(&mut self, nodes: &Nodes<Ring>, step: &Step<'_, Ring>) -> Result<(), Violation> {
        let bound = 2 * nodes.len() as u32;
        match passed(step).find(|token| token.hops > bound) {
            Some(token) => {
                let why = format!("{} passes on what has made {bound} hops: {token:?}", step.node);
                Err(Violation { property: "bounded-hops", why })
            }
            None => Ok(()),
        }
    }
}

/// A list names each node once, in the order of the ring from where it began.
#[derive(Clone, Debug, Default)]
pub struct ListOnce;

impl Invariant<Ring> for ListOnce {
    const PROPERTIES: &'static [&'static str] = &["list-once"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS);

    fn check(&mut self, nodes: &Nodes<Ring>, step: &Step<'_, Ring>) -> Result<(), Violation> {
        let Some(ring) = nodes.process(step.machine) else { return Ok(()) };
        for token in passed(step) {
            let (Says::Up(list) | Says::Leads { list, .. }) = &token.says else { continue };
            let Some(first) = list.first() else { continue };
            let order = ring.config().successors(*first, nodes.len() as u32);
            let place = |node: &NodeId| order.iter().position(|other| other == node);
            // The first comes last in its own order of successors.
            let places: Vec<Option<usize>> = list[1..].iter().map(place).collect();
            let in_order = places.windows(2).all(|pair| pair[0] < pair[1]);
            if !in_order || list[1..].contains(first) {
                let why = format!("{} passes on {list:?}, which is not once round", step.node);
                return Err(Violation { property: "list-once", why });
            }
        }
        Ok(())
    }
}

/// No node passes on a name that is lower than its own.
#[derive(Clone, Debug, Default)]
pub struct SmallerSwallowed;

impl Invariant<Ring> for SmallerSwallowed {
    const PROPERTIES: &'static [&'static str] = &["smaller-swallowed"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS);

    fn check(&mut self, _: &Nodes<Ring>, step: &Step<'_, Ring>) -> Result<(), Violation> {
        let is_lower = |token: &&Token| matches!(token.says, Says::Name(name) if name < step.node);
        match passed(step).find(is_lower) {
            Some(token) => {
                let why = format!("{} passes on a lower name: {token:?}", step.node);
                Err(Violation { property: "smaller-swallowed", why })
            }
            None => Ok(()),
        }
    }
}

/// Who takes part in an election sends its own name no second time for a lower one.
#[derive(Clone, Debug, Default)]
pub struct OwnNameOnce {
    /// Those who take part, as of their last step.
    taking_part: BTreeSet<Machine>,
}

impl Invariant<Ring> for OwnNameOnce {
    const PROPERTIES: &'static [&'static str] = &["own-name-once"];

    fn check(&mut self, nodes: &Nodes<Ring>, step: &Step<'_, Ring>) -> Result<(), Violation> {
        let Some(ring) = nodes.process(step.machine) else { return Ok(()) };
        if ring.config().algorithm == Algorithm::List {
            return Ok(());
        }
        if let Cause::Boot = step.cause {
            self.taking_part.remove(&step.machine);
        }
        let took_part = match ring.standing() {
            Standing::TakesPart => !self.taking_part.insert(step.machine),
            _ => self.taking_part.remove(&step.machine),
        };
        let is_own = |token: &Token| token.says == Says::Name(step.node);
        if took_part && matches!(step.cause, Cause::Message { .. }) && passed(step).any(is_own) {
            let why = format!("{} sends its own name again", step.node);
            return Err(Violation { property: "own-name-once", why });
        }
        Ok(())
    }
}

/// A node that knows the leader of an election takes nobody for the leader of an earlier one.
#[derive(Clone, Debug, Default)]
pub struct LaterElectionStands {
    /// The election that gave each node its leader.
    newest: BTreeMap<Machine, u64>,
}

impl Invariant<Ring> for LaterElectionStands {
    const PROPERTIES: &'static [&'static str] = &["later-election-stands"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(&mut self, _: &Nodes<Ring>, step: &Step<'_, Ring>) -> Result<(), Violation> {
        if let Cause::Boot = step.cause {
            self.newest.remove(&step.machine);
        }
        for fact in step.facts() {
            let (Fact::Leads { epoch } | Fact::Follows { epoch }) = *fact else { continue };
            let newest = self.newest.entry(step.machine).or_default();
            if epoch < *newest {
                let why = format!(
                    "{} goes back from the leader of election {newest} to that of {epoch}",
                    step.node
                );
                return Err(Violation { property: "later-election-stands", why });
            }
            *newest = epoch;
        }
        Ok(())
    }
}
