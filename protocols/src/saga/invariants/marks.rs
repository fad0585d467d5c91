//! S9, where sagas mark what they change: nobody changes what a saga under way has changed.

use super::course::Courses;
use crate::saga::{Locks, Saga, Sagas};
use sim_core::fact::Number;
use sim_core::{Fact, Invariant, Nodes, Step, Violation};
use std::collections::BTreeMap;

/// A row: its service, and its name there.
type Place = (u32, u64);

/// Holds each step against those that took effect at the same row before.
#[derive(Clone, Debug)]
pub struct MarksExclude<S: Sagas> {
    courses: Courses<S>,
    /// By row: the sagas that have changed it, with the step that did, as long as they may be under way.
    changed: BTreeMap<Place, Vec<(u64, u32)>>,
}

impl<S: Sagas> Default for MarksExclude<S> {
    fn default() -> Self {
        MarksExclude { courses: Courses::default(), changed: BTreeMap::new() }
    }
}

impl<S: Sagas> MarksExclude<S> {
    /// The row that a saga's step changes, if it changes one.
    fn place(&self, services: u32, saga: u64, step: u32) -> Option<Place> {
        let op = self.courses.asked(saga)?;
        let service = S::steps(op, services).get(step as usize - 1)?.service;
        Some((service, S::touches(op, step)?))
    }

    /// A step has taken effect at a row; whose saga was under way there.
    fn change(&mut self, place: Place, saga: u64, step: u32) -> Option<u64> {
        let courses = &self.courses;
        let under_way = |(saga, step): &(u64, u32)| {
            let course = courses.get(*saga);
            course.is_some_and(|course| course.ended.is_none() && course.is_effective(*step))
        };
        let changed = self.changed.entry(place).or_default();
        changed.retain(under_way);
        let other = changed.iter().find(|(other, _)| *other != saga).map(|(other, _)| *other);
        changed.push((saga, step));
        other
    }
}

impl<S: Sagas> Invariant<Saga<S>> for MarksExclude<S> {
    const PROPERTIES: &'static [&'static str] = &["marks-exclude"];

    fn check(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        let Some(process) = nodes.process(step.machine) else { return Ok(()) };
        if process.config().locks == Locks::None {
            return Ok(());
        }
        self.courses.hear(step);
        let services = process.layout().services;
        let mut result = Ok(());
        for fact in step.facts() {
            let is_new = self.courses.see::<()>(nodes, step, fact, |_| Ok(())).unwrap_or(false);
            let Fact::Does { transaction, step: number, .. } = *fact else { continue };
            let Some(place) = self.place(services, transaction, number).filter(|_| is_new) else {
                continue;
            };
            if let Some(other) = self.change(place, transaction, number) {
                let (node, saga, other) = (step.node, Number(transaction), Number(other));
                let why = format!(
                    "{node} does step {number} of {saga}, which changes what {other} has marked"
                );
                result = Err(Violation { property: "marks-exclude", why });
            }
        }
        result
    }
}
