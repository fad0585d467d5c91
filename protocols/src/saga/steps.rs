//! What a saga does: the steps of an operation, and the services that do them.

use super::{Bug, Saga};
use checkers::Model;
use serde::Serialize;
use sim_core::Invariant;
use smallvec::SmallVec;

/// What may become of a step (Richardson, "Microservices Patterns", section 4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It may be refused, and can be undone.
    Compensatable,
    /// It may be refused, and cannot be undone: once it is done, the saga goes on to its end.
    Pivot,
    /// It is never refused, and is tried until it is done.
    Retriable,
}

/// One local transaction of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The service that does it, from 0.
    pub service: u32,
    /// What may become of it.
    pub kind: Kind,
}

/// The steps of an operation: T1 to Tn.
pub type Steps = SmallVec<[Step; 5]>;

/// The step with which a saga is bound to complete: its pivot, or its last step when it has none. From 1.
pub fn point_of_no_return(steps: &Steps) -> u32 {
    let before = steps.iter().filter(|step| step.kind < Kind::Pivot).count();
    ((before + 1) as u32).min(steps.len() as u32)
}

/// Why a step was not done, and so its saga not either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Why {
    /// The business says no.
    Refused,
    /// Another saga has marked what it would change.
    Busy,
    /// It was not done in time, and then no more.
    Late,
}

/// A service whose operations are sagas over several services, each with data of its own. Every one of these holds
/// a state of the whole, of which it uses its part.
pub trait Sagas: Model {
    /// How many services there are; none when every node for services is one.
    const SERVICES: Option<u32>;

    /// What is checked of what clients see of it, promised or not.
    type Views: Invariant<Saga<Self>>;

    /// The steps of an operation, among so many services; none when it is a question.
    fn steps(op: &Self::Op, services: u32) -> Steps;

    /// What is answered to what is not offered as a saga.
    fn unoffered(_op: &Self::Op) -> Option<Self::Reply> {
        None
    }

    /// Whether its sagas can show a mistake: that takes as many steps, of such kinds.
    fn shows(_bug: Bug) -> bool {
        true
    }

    /// Whether a step can be done as things are, from 1. It changes nothing.
    fn allows(&self, op: &Self::Op, step: u32) -> bool;

    /// Does a step: T.
    fn execute(&mut self, op: &Self::Op, step: u32);

    /// Undoes a step: C. It is asked only for steps that can be undone, and always can be done.
    fn compensate(&mut self, op: &Self::Op, step: u32);

    /// What a step changes, by names that mean something at its service: what a semantic lock marks.
    fn touches(op: &Self::Op, step: u32) -> Option<u64>;

    /// What the events of a step are about: they are told in the order in which they happened.
    fn aggregate(op: &Self::Op, step: u32) -> u64 {
        Self::touches(op, step).unwrap_or_default()
    }

    /// The services that a question is put to, in order.
    fn asks(op: &Self::Op, services: u32) -> SmallVec<[u32; 1]>;

    /// What a service answers to a question for its part.
    fn look(&self, op: &Self::Op, service: u32, services: u32) -> Self::Reply;

    /// What a question that looks at a service looks at there, named as by [`touches`](Sagas::touches).
    fn looks_at(op: &Self::Op, service: u32, services: u32) -> Vec<u64>;

    /// The answer to a question, from those of the services that it was put to, in order.
    fn gather(op: &Self::Op, services: u32, parts: Vec<Self::Reply>) -> Option<Self::Reply>;

    /// What is answered when every step is done.
    fn completed(op: &Self::Op) -> Self::Reply;

    /// What is answered when a step was not done and those before it are undone.
    fn rejected(op: &Self::Op, step: u32, why: Why) -> Self::Reply;

    /// Whether a reply says that every step is done, or that none is; none when it says neither.
    fn tells(reply: &Self::Reply) -> Option<bool>;

    /// Whether anything could fall below nothing by a mistake. Where no number can, there is nothing to promise.
    fn can_run_short() -> bool {
        true
    }

    /// What is below nothing and must never be, in words.
    fn shortage(&self) -> Option<String>;

    /// What does not add up when no saga is under way, in words, given the services in order.
    fn imbalance(services: &[&Self]) -> Option<String>;
}
