//! What has taken effect of each saga: a record of the whole run, made from what services claim when their
//! transactions are on disk. It knows what a saga should do from the request that asked for it.

use crate::saga::{Saga, Sagas, Steps, number, steps};
use sim_core::fact::Number;
use sim_core::{Cause, Fact, NodeId, Nodes, Step, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A local transaction: at which node, and which of that node's.
pub type Transaction = (NodeId, u64);

/// What has taken effect of a saga.
#[derive(Clone, Debug)]
pub struct Course {
    /// Its number.
    pub saga: u64,
    /// How many steps it has.
    pub steps: u32,
    /// The step after which it cannot be undone.
    pub point: u32,
    /// When it began.
    pub begun: Time,
    /// By step, from 1: the transactions that did it, undid it, and declined it.
    done: Vec<Option<Transaction>>,
    undone: Vec<Option<Transaction>>,
    declined: Vec<Option<Transaction>>,
    /// Who has had charge of it.
    charge: BTreeSet<NodeId>,
    /// Whether it completed, and when it was over, by who has charge of it.
    pub ended: Option<(bool, Time)>,
}

impl Course {
    pub(super) fn new(saga: u64, steps: &Steps, begun: Time) -> Course {
        let none = vec![None; steps.len() + 1];
        Course {
            saga,
            steps: steps.len() as u32,
            point: steps::point_of_no_return(steps),
            begun,
            done: none.clone(),
            undone: none.clone(),
            declined: none,
            charge: BTreeSet::new(),
            ended: None,
        }
    }

    /// Whether a step was ever done.
    pub fn was_done(&self, step: u32) -> bool {
        self.done.get(step as usize).is_some_and(Option::is_some)
    }
    /// Whether a step was undone.
    pub fn was_undone(&self, step: u32) -> bool {
        self.undone.get(step as usize).is_some_and(Option::is_some)
    }
    /// Whether a step was declined.
    pub fn was_declined(&self, step: u32) -> bool {
        self.declined.get(step as usize).is_some_and(Option::is_some)
    }
    /// Whether a step is done, and not undone.
    pub fn is_effective(&self, step: u32) -> bool {
        self.was_done(step) && !self.was_undone(step)
    }
    /// Every step.
    pub fn each(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.steps
    }
    /// How people write it.
    pub fn name(&self) -> Number {
        Number(self.saga)
    }

    /// Whether a fact tells nothing new.
    fn knows(&self, node: NodeId, fact: &Fact) -> bool {
        let has = |list: &[Option<Transaction>], step: u32, local| {
            list.get(step as usize).is_none_or(|known| *known == Some((node, local)))
        };
        match *fact {
            Fact::Does { step, local, .. } => has(&self.done, step, local),
            Fact::Undoes { step, local, .. } => has(&self.undone, step, local),
            Fact::Declines { step, local, .. } => has(&self.declined, step, local),
            // A service that concludes its part does not say that the whole is over.
            Fact::Concludes { commits, .. } => {
                !self.charge.contains(&node) || self.ended.is_some_and(|(how, _)| how == commits)
            }
            _ => true,
        }
    }

    pub(super) fn take(&mut self, node: NodeId, fact: &Fact, at: Time) {
        let note = |list: &mut Vec<Option<Transaction>>, step: u32, local| {
            if let Some(place) = list.get_mut(step as usize) {
                place.get_or_insert((node, local));
            }
        };
        match *fact {
            Fact::Does { step, local, .. } => note(&mut self.done, step, local),
            Fact::Undoes { step, local, .. } => note(&mut self.undone, step, local),
            Fact::Declines { step, local, .. } => note(&mut self.declined, step, local),
            Fact::Concludes { commits, .. } => {
                self.ended.get_or_insert((commits, at));
            }
            _ => {}
        }
    }
}

/// The sagas of a run.
#[derive(Clone, Debug)]
pub struct Courses<S: Sagas> {
    asked: BTreeMap<u64, S::Op>,
    by: BTreeMap<u64, Course>,
    open: u64,
}

impl<S: Sagas> Default for Courses<S> {
    fn default() -> Self {
        Courses { asked: BTreeMap::new(), by: BTreeMap::new(), open: 0 }
    }
}

impl<S: Sagas> Courses<S> {
    /// Remembers what a client asks for.
    pub fn hear(&mut self, step: &Step<'_, Saga<S>>) {
        if let Cause::Request(request) = step.cause {
            self.asked.entry(number(request.id)).or_insert_with(|| request.op.clone());
        }
    }

    /// A node claims something: judges what is new by the saga as it was until then, and then takes it in.
    pub fn see<E>(
        &mut self,
        nodes: &Nodes<Saga<S>>,
        step: &Step<'_, Saga<S>>,
        fact: &Fact,
        judge: impl FnOnce(&Course) -> Result<(), E>,
    ) -> Result<bool, E> {
        let Some(saga) = saga_of(fact) else { return Ok(false) };
        if let Fact::Begins { .. } = fact {
            self.begin(nodes, step, saga);
            return Ok(false);
        }
        let Some(course) = self.by.get_mut(&saga) else { return Ok(false) };
        if course.knows(step.node, fact) {
            return Ok(false);
        }
        let judged = judge(course);
        let was_open = course.ended.is_none();
        course.take(step.node, fact, step.at);
        self.open -= u64::from(was_open && course.ended.is_some());
        judged.map(|()| true)
    }

    fn begin(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>, saga: u64) {
        let (Some(op), Some(process)) = (self.asked.get(&saga), nodes.process(step.machine)) else {
            return;
        };
        let open = &mut self.open;
        let course = self.by.entry(saga).or_insert_with(|| {
            *open += 1;
            Course::new(saga, &S::steps(op, process.layout().services), step.at)
        });
        course.charge.insert(step.node);
    }

    /// What a client has asked for by this number.
    pub fn asked(&self, saga: u64) -> Option<&S::Op> {
        self.asked.get(&saga)
    }

    /// A saga that has begun.
    pub fn get(&self, saga: u64) -> Option<&Course> {
        self.by.get(&saga)
    }

    /// Whether what was asked by this number is no saga.
    pub fn is_no_saga(&self, number: u64) -> bool {
        self.asked.get(&number).is_some_and(|op| S::steps(op, 1).is_empty())
    }

    /// Whether no saga is under way.
    pub fn is_at_rest(&self) -> bool {
        self.open == 0
    }

    /// A saga that had begun before this instant and is not over.
    pub fn unended(&self, before: Time) -> Option<&Course> {
        self.by.values().find(|course| course.ended.is_none() && course.begun < before)
    }
}

/// The saga that a fact is about.
fn saga_of(fact: &Fact) -> Option<u64> {
    match *fact {
        Fact::Begins { transaction }
        | Fact::Does { transaction, .. }
        | Fact::Undoes { transaction, .. }
        | Fact::Declines { transaction, .. }
        | Fact::Concludes { transaction, .. } => Some(transaction),
        _ => None,
    }
}
