//! What a saga may and may not do, from what has taken effect of it.

use super::course::{Course, Courses};
use crate::saga::{Saga, Sagas};
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, NodeId, Nodes, Step, Violation};
use std::marker::PhantomData;

/// A property of each saga by itself.
pub trait Rule: Default + 'static {
    /// Its stable name.
    const NAME: &'static str;

    /// Whether a fact may become true of a saga, given what is true of it.
    fn judge(course: &Course, node: NodeId, fact: &Fact) -> Result<(), String>;
}

/// Checks a property of each saga.
#[derive(Clone, Debug)]
pub struct Judged<S: Sagas, R> {
    /// What has taken effect of the sagas of the run.
    pub courses: Courses<S>,
    rule: PhantomData<R>,
}

impl<S: Sagas, R> Default for Judged<S, R> {
    fn default() -> Self {
        Judged { courses: Courses::default(), rule: PhantomData }
    }
}

impl<S: Sagas, R: Rule> Invariant<Saga<S>> for Judged<S, R> {
    const PROPERTIES: &'static [&'static str] = &[R::NAME];
    const CONCERNS: Option<Kinds> = None;

    fn check(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        self.courses.hear(step);
        let mut result = Ok(());
        for fact in step.facts() {
            let judged =
                self.courses.see(nodes, step, fact, |course| R::judge(course, step.node, fact));
            result = result.and(judged.map(|_| ()));
        }
        result.map_err(|why| Violation { property: R::NAME, why })
    }
}

/// S1. A saga ends with every step done, or with none: each that was done is undone. What has ended stays so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Atomicity;

impl Rule for Atomicity {
    const NAME: &'static str = "saga-atomicity";

    fn judge(course: &Course, node: NodeId, fact: &Fact) -> Result<(), String> {
        let name = course.name();
        match (*fact, course.ended) {
            (Fact::Concludes { commits: true, .. }, _) => {
                match course.each().find(|step| !course.is_effective(*step)) {
                    Some(step) => Err(format!("{name} completes, and step {step} is not done")),
                    None => Ok(()),
                }
            }
            (Fact::Concludes { commits: false, .. }, _) => {
                match course.each().find(|step| course.is_effective(*step)) {
                    Some(step) => Err(format!("{name} is given up, and step {step} is not undone")),
                    None => Ok(()),
                }
            }
            (Fact::Does { step, .. }, Some(_)) => {
                Err(format!("{node} does step {step} of {name}, which is over"))
            }
            (Fact::Undoes { step, .. }, Some(_)) => {
                Err(format!("{node} undoes step {step} of {name}, which is over"))
            }
            _ => Ok(()),
        }
    }
}

/// S2. Each step takes effect once at most, and each compensation too.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepsOnce;

impl Rule for StepsOnce {
    const NAME: &'static str = "steps-once";

    fn judge(course: &Course, node: NodeId, fact: &Fact) -> Result<(), String> {
        let name = course.name();
        match *fact {
            Fact::Does { step, .. } if course.was_done(step) => {
                Err(format!("{node} does step {step} of {name}, which was done"))
            }
            Fact::Undoes { step, .. } if course.was_undone(step) => {
                Err(format!("{node} undoes step {step} of {name}, which was undone"))
            }
            _ => Ok(()),
        }
    }
}

/// S3. What is undone was done before, and what was undone or declined is not done any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct UndoWhatWasDone;

impl Rule for UndoWhatWasDone {
    const NAME: &'static str = "undo-what-was-done";

    fn judge(course: &Course, node: NodeId, fact: &Fact) -> Result<(), String> {
        let name = course.name();
        match *fact {
            Fact::Undoes { step, .. } if !course.was_done(step) => {
                Err(format!("{node} undoes step {step} of {name}, which was never done"))
            }
            Fact::Does { step, .. } if course.was_undone(step) => {
                Err(format!("{node} does step {step} of {name}, which was undone"))
            }
            Fact::Does { step, .. } if course.was_declined(step) => {
                Err(format!("{node} does step {step} of {name}, which was declined"))
            }
            _ => Ok(()),
        }
    }
}

/// S4. A step is begun when the one before it is done, and undone when none after it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReverseOrder;

impl Rule for ReverseOrder {
    const NAME: &'static str = "reverse-order";

    fn judge(course: &Course, node: NodeId, fact: &Fact) -> Result<(), String> {
        let name = course.name();
        match *fact {
            Fact::Does { step, .. } if step > 1 && !course.is_effective(step - 1) => {
                let before = step - 1;
                Err(format!("{node} does step {step} of {name} while step {before} is not done"))
            }
            Fact::Undoes { step, .. } => {
                let later =
                    course.each().rev().find(|later| *later > step && course.is_effective(*later));
                match later {
                    Some(later) => Err(format!(
                        "{node} undoes step {step} of {name} while step {later} is done"
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// S5. Nothing is undone when the pivot is done, and the pivot is not done when anything is undone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReturn;

impl Rule for NoReturn {
    const NAME: &'static str = "no-return-past-pivot";

    fn judge(course: &Course, node: NodeId, fact: &Fact) -> Result<(), String> {
        let (name, point) = (course.name(), course.point);
        match *fact {
            Fact::Undoes { step, .. } if course.was_done(point) => {
                Err(format!("{node} undoes step {step} of {name}, whose pivot, {point}, is done"))
            }
            Fact::Does { step, .. } if step == point => {
                match course.each().find(|step| course.was_undone(*step)) {
                    Some(undone) => Err(format!(
                        "{node} does the pivot of {name}, of which step {undone} is undone"
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::{Kind, Step, Steps};
    use sim_core::Time;

    const HERE: NodeId = NodeId(1);

    fn does(step: u32, local: u64) -> Fact {
        Fact::Does { transaction: 1, step, local }
    }
    fn undoes(step: u32, local: u64) -> Fact {
        Fact::Undoes { transaction: 1, step, local }
    }
    fn declines(step: u32, local: u64) -> Fact {
        Fact::Declines { transaction: 1, step, local }
    }
    fn concludes(commits: bool) -> Fact {
        Fact::Concludes { transaction: 1, commits }
    }

    /// Three steps, of which the last is the pivot; and what has happened.
    fn after(facts: &[Fact]) -> Course {
        let kinds = [Kind::Compensatable, Kind::Compensatable, Kind::Pivot];
        let steps: Steps = kinds.iter().map(|kind| Step { service: 0, kind: *kind }).collect();
        let mut course = Course::new(1, &steps, Time::ZERO);
        facts.iter().for_each(|fact| course.take(HERE, fact, Time(1)));
        course
    }

    fn allows<R: Rule>(facts: &[Fact], next: Fact) -> bool {
        R::judge(&after(facts), HERE, &next).is_ok()
    }

    #[test]
    fn a_saga_ends_with_all_or_with_nothing() {
        let all = [does(1, 1), does(2, 2), does(3, 3)];
        assert!(allows::<Atomicity>(&all, concludes(true)));
        assert!(!allows::<Atomicity>(&all[..2], concludes(true)));
        assert!(!allows::<Atomicity>(&all[..1], concludes(false)));
        assert!(allows::<Atomicity>(&[does(1, 1), undoes(1, 2)], concludes(false)));
        assert!(!allows::<Atomicity>(&[concludes(false)], does(1, 1)), "too late");
    }

    #[test]
    fn what_is_done_is_done_once_and_not_after_it_was_undone() {
        assert!(allows::<StepsOnce>(&[], does(1, 1)));
        assert!(!allows::<StepsOnce>(&[does(1, 1)], does(1, 2)));
        assert!(!allows::<UndoWhatWasDone>(&[], undoes(1, 1)), "an empty compensation");
        assert!(!allows::<UndoWhatWasDone>(&[declines(1, 1)], does(1, 2)), "a dangling try");
        assert!(!allows::<UndoWhatWasDone>(&[does(1, 1), undoes(1, 2)], does(1, 3)));
    }

    #[test]
    fn steps_are_undone_in_reverse_and_never_past_the_pivot() {
        let two = [does(1, 1), does(2, 2)];
        assert!(allows::<ReverseOrder>(&two, undoes(2, 3)));
        assert!(!allows::<ReverseOrder>(&two, undoes(1, 3)));
        assert!(!allows::<ReverseOrder>(&[], does(2, 1)), "the first is not done");
        let all = [does(1, 1), does(2, 2), does(3, 3)];
        assert!(!allows::<NoReturn>(&all, undoes(2, 4)));
        assert!(!allows::<NoReturn>(&[does(1, 1), undoes(1, 2)], does(3, 3)));
        assert!(allows::<NoReturn>(&two, undoes(2, 3)));
    }
}
