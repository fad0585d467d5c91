//! S8. What a client is told of its saga is final and true.

use super::course::{Course, Courses};
use crate::saga::{Saga, Sagas, number};
use sim_core::{Answer, Claim, Effect, Fact, Invariant, Nodes, Step, Violation};
use std::collections::BTreeMap;

/// Remembers what clients were told.
#[derive(Clone, Debug)]
pub struct TruthfulOutcomes<S: Sagas> {
    courses: Courses<S>,
    /// By saga: whether it was told to be completed.
    told: BTreeMap<u64, bool>,
}

impl<S: Sagas> Default for TruthfulOutcomes<S> {
    fn default() -> Self {
        TruthfulOutcomes { courses: Courses::default(), told: BTreeMap::new() }
    }
}

fn words(completed: bool) -> &'static str {
    if completed { "completed" } else { "given up" }
}

impl<S: Sagas> TruthfulOutcomes<S> {
    fn tell(&mut self, saga: u64, completed: bool) -> Result<(), String> {
        if *self.told.entry(saga).or_insert(completed) != completed {
            let [one, other] = [!completed, completed].map(words);
            return Err(format!("a client is told that its saga is {other}, and was told {one}"));
        }
        let Some(course) = self.courses.get(saga) else {
            if self.courses.is_no_saga(saga) {
                return Ok(());
            }
            return Err("a client is told the end of a saga that never began".to_owned());
        };
        let as_told = |course: &Course| course.ended.is_some_and(|(how, _)| how == completed);
        let so = course.each().all(|step| course.is_effective(step) == completed);
        if so && as_told(course) {
            return Ok(());
        }
        Err(format!(
            "a client is told that {} is {}, which is not so",
            course.name(),
            words(completed)
        ))
    }

    /// A step is done or undone of which a client was told the end.
    fn change(&self, fact: &Fact, is_new: bool) -> Result<(), String> {
        match *fact {
            Fact::Does { transaction, step, .. } | Fact::Undoes { transaction, step, .. }
                if is_new =>
            {
                let Some(told) = self.told.get(&transaction) else { return Ok(()) };
                let (name, told) = (sim_core::fact::Number(transaction), words(*told));
                Err(format!("step {step} of {name} changes after its client was told: {told}"))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Sagas> Invariant<Saga<S>> for TruthfulOutcomes<S> {
    const PROPERTIES: &'static [&'static str] = &["truthful-outcomes"];

    fn check(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        self.courses.hear(step);
        let mut result = Ok(());
        for effect in step.effects {
            match effect {
                Effect::Claim(Claim { fact, .. }) => {
                    let seen = self.courses.see::<()>(nodes, step, fact, |_| Ok(()));
                    result = result.and(self.change(fact, seen.unwrap_or(false)));
                }
                Effect::Reply { id, answer: Answer::Done(reply) } => {
                    if let Some(completed) = S::tells(reply) {
                        result = result.and(self.tell(number(*id), completed));
                    }
                }
                _ => {}
            }
        }
        result.map_err(|why| Violation { property: "truthful-outcomes", why })
    }
}
