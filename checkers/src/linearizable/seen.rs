//! One key's operations as the techniques see them: what constrains an order, and nothing else.

use crate::model::{Act, Model};
use sim_core::Ending;
use sim_core::history::Operation;
use std::collections::BTreeMap;

/// An operation that constrains the order of its key: required when it returned, else optional at any time
/// after its call.
pub struct Seen<'a, S: Model> {
    /// What was asked and, for a required operation, what was answered.
    pub act: Act<'a, S>,
    /// The place of its invocation.
    pub call: u64,
    /// The place of its return; [`u64::MAX`] when it is optional.
    pub ret: u64,
    /// Which operation of the history it is.
    pub index: usize,
}

impl<S: Model> Clone for Seen<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S: Model> Copy for Seen<'_, S> {}

impl<'a, S: Model> Seen<'a, S> {
    /// The operation as a constraint; none when it constrains nothing: it failed, or it is open or unknown
    /// and could not have changed anything.
    fn of(index: usize, operation: &'a Operation<S>) -> Option<Seen<'a, S>> {
        let reply = match &operation.returned {
            Some((_, Ending::Fail)) => return None,
            Some((_, Ending::Ok(reply))) => Some(reply),
            Some((_, Ending::Unknown)) | None => None,
        };
        let act = Act { op: &operation.op, reply };
        let ret = if reply.is_some() { operation.ret } else { u64::MAX };
        let seen = Seen { act, call: operation.call, ret, index };
        (reply.is_some() || !S::inert(act)).then_some(seen)
    }

    /// Whether it must be in every order.
    pub fn required(&self) -> bool {
        self.ret != u64::MAX
    }

    /// The same operation, of which nothing is known but that it was invoked. What is linearizable stays so
    /// when an operation is relaxed, so what is broken with it relaxed is broken without its help.
    pub fn relaxed(self) -> Option<Seen<'a, S>> {
        let act = Act { op: self.act.op, reply: None };
        (!S::inert(act)).then_some(Seen { act, ret: u64::MAX, ..self })
    }
}

/// What was seen of each key, by invocation. Failed operations and unknown reads are gone.
pub fn by_key<S: Model>(history: &[Operation<S>]) -> BTreeMap<u64, Vec<Seen<'_, S>>> {
    let mut keys = BTreeMap::<u64, Vec<Seen<'_, S>>>::new();
    for (index, operation) in history.iter().enumerate() {
        if let Some(seen) = Seen::of(index, operation) {
            keys.entry(S::key(&operation.op)).or_default().push(seen);
        }
    }
    for list in keys.values_mut() {
        list.sort_by_key(|seen| seen.call);
    }
    keys
}

/// What was seen up to a place: what returned later is relaxed, what began later is gone.
pub fn until<'a, S: Model>(seen: &[Seen<'a, S>], place: u64) -> Vec<Seen<'a, S>> {
    let begun = seen.iter().take_while(|seen| seen.call <= place);
    begun.filter_map(|seen| if seen.ret <= place { Some(*seen) } else { seen.relaxed() }).collect()
}
