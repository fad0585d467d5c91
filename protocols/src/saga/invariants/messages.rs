//! S6. Who says that something has happened has it on disk: a reply, an event, an acknowledgement each stand for a
//! local transaction that is committed. And the other way round: every event of such a transaction is acknowledged,
//! or put aside and told as a dead letter.

use super::course::{Course, Courses};
use crate::saga::{Event, Message, Saga, Sagas, Style, Verdict, What, number};
use sim_core::context::Target;
use sim_core::{Cause, Claim, Effect, Fact, Invariant, NodeId, Nodes, Step, Time, Violation};
use std::collections::BTreeMap;

/// An event's place: its sender, and its number there.
type Place = (NodeId, u64);

/// Holds what is said against what is on disk.
#[derive(Clone, Debug)]
pub struct MessageIffState<S: Sagas> {
    courses: Courses<S>,
    /// What was heard.
    events: BTreeMap<Place, Event<S>>,
    /// Events of committed transactions that nobody has acknowledged yet, with since when, in true time.
    open: BTreeMap<Place, Time>,
}

impl<S: Sagas> Default for MessageIffState<S> {
    fn default() -> Self {
        MessageIffState {
            courses: Courses::default(),
            events: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }
}

impl<S: Sagas> MessageIffState<S> {
    /// An event that should have been dealt with since before this instant, in words.
    pub fn open(&self, before: Time) -> Option<String> {
        let (place, _) = self.open.iter().find(|(_, since)| **since < before)?;
        Some(format!("nobody has acknowledged the event of transaction {} of {}", place.1, place.0))
    }

    fn claim(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>, fact: &Fact) {
        let is_new = self.courses.see::<()>(nodes, step, fact, |_| Ok(())).unwrap_or(false);
        let process = nodes.process(step.machine);
        let tells = process.is_some_and(|p| p.config().style == Style::Choreographed);
        match *fact {
            Fact::Does { local, .. }
            | Fact::Undoes { local, .. }
            | Fact::Declines { local, .. }
                if is_new && tells =>
            {
                self.open.insert((step.node, local), step.at);
            }
            Fact::DeadLetters { local, .. } => {
                self.open.remove(&(step.node, local));
            }
            _ => {}
        }
    }

    /// Whether what a node says to another is true.
    fn is_true(&self, to: NodeId, message: &Message<S>) -> bool {
        let course = |saga| self.courses.get(number(saga));
        let is = |saga, holds: &dyn Fn(&Course) -> bool| course(saga).is_some_and(holds);
        match message {
            Message::Reply { saga, step, verdict }
            | Message::Compensated { saga, step, verdict } => is(*saga, &|course| match verdict {
                Verdict::Done | Verdict::TooLate => course.was_done(*step),
                Verdict::Declined(_) | Verdict::Undone => {
                    course.was_declined(*step) || course.was_undone(*step)
                }
                Verdict::NotNow => true,
            }),
            Message::Event(event) => is(event.saga, &|course| match event.what {
                What::Done => course.was_done(event.step),
                What::Failed(_) => course.was_declined(event.step),
                What::Undone(_) => course.was_undone(event.step),
            }),
            Message::Ack { number } => match self.events.get(&(to, *number)) {
                Some(event) => is(event.saga, &|course| is_dealt_with(event, course)),
                // Nobody has told of anything by this number.
                None => false,
            },
            // Questions and orders claim nothing; marks and the log at the store are others' to judge.
            _ => true,
        }
    }
}

/// Whether what an event calls for has happened.
fn is_dealt_with<S: Sagas>(event: &Event<S>, course: &Course) -> bool {
    let settled =
        |step| course.was_done(step) || course.was_declined(step) || course.was_undone(step);
    match event.what {
        What::Done if event.step == course.steps => course.ended.is_some(),
        What::Done => settled(event.step + 1),
        What::Failed(_) | What::Undone(_) if event.step == 1 => course.ended.is_some(),
        What::Failed(_) | What::Undone(_) => {
            course.was_undone(event.step - 1) || course.was_declined(event.step - 1)
        }
    }
}

impl<S: Sagas> Invariant<Saga<S>> for MessageIffState<S> {
    const PROPERTIES: &'static [&'static str] = &["message-iff-state"];

    fn check(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        self.courses.hear(step);
        match &step.cause {
            Cause::Message { from, message: Message::Event(event) } => {
                self.events.insert((*from, event.number), event.clone());
            }
            Cause::Message { message: Message::Ack { number }, .. } => {
                self.open.remove(&(step.node, *number));
            }
            _ => {}
        }
        let mut result = Ok(());
        for effect in step.effects {
            match effect {
                Effect::Claim(Claim { fact, .. }) => self.claim(nodes, step, fact),
                Effect::Send { to: Target::One(to), message } if !self.is_true(*to, message) => {
                    let node = step.node;
                    let why =
                        format!("{node} says to {to} \"{message:?}\", and that is not on its disk");
                    result = Err(Violation { property: "message-iff-state", why });
                }
                _ => {}
            }
        }
        result
    }
}
