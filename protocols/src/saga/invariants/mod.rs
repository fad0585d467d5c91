//! What sagas must keep to, whatever happens; and what of them must come to an end.
//!
//! Everything is judged by what services claim once a transaction is on disk, kept for the whole run ([`course`]).

mod course;
mod marks;
mod messages;
mod per_key;
mod rows;
mod rules;
mod truthful;

use super::{Saga, Sagas};
use marks::MarksExclude;
use messages::MessageIffState;
use per_key::OrderPerKey;
use rows::{Conservation, NeverNegative};
use rules::{Atomicity, Judged, NoReturn, ReverseOrder, StepsOnce, UndoWhatWasDone};
use sim_core::{Nodes, Time};
use truthful::TruthfulOutcomes;

/// Everything that is checked of sagas.
pub type Invariants<S> = (
    Judged<S, Atomicity>,
    Judged<S, StepsOnce>,
    Judged<S, UndoWhatWasDone>,
    Judged<S, ReverseOrder>,
    Judged<S, NoReturn>,
    MessageIffState<S>,
    OrderPerKey<S>,
    TruthfulOutcomes<S>,
    Conservation<S>,
    NeverNegative,
    MarksExclude<S>,
    <S as Sagas>::Views,
);

/// The properties of what must come to an end.
pub const ENDINGS: &[&str] = &["sagas-end", "outbox-drains", "locks-released"];

/// What began before this instant and should be over: sagas (L1), events that are not told (L2), marks of sagas that
/// are over (L4).
pub fn unfinished<S: Sagas>(
    safety: &Invariants<S>,
    nodes: &Nodes<Saga<S>>,
    before: Time,
) -> Vec<(&'static str, String)> {
    let courses = &safety.0.courses;
    let saga = courses.unended(before).map(|course| format!("saga {} is under way", course.name()));
    let event = safety.5.open(before);
    let mark = nodes.live().find_map(|(machine, process)| {
        let is_over = |saga: &super::SagaId| {
            let course = courses.get(super::number(*saga));
            course.and_then(|course| course.ended).is_some_and(|(_, at)| at < before)
        };
        let saga = process.marks().find(is_over)?;
        Some(format!("{} has a mark of {saga}, which is over,", nodes.identity(machine)))
    });
    let found = [("sagas-end", saga), ("outbox-drains", event), ("locks-released", mark)];
    found.into_iter().filter_map(|(property, what)| Some((property, what?))).collect()
}
