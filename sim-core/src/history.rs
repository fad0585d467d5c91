//! What clients saw: operations with their beginnings and ends, recorded as Jepsen records them.

use crate::nodes::Nodes;
use crate::observe::{ClientStep, Observer, Step};
use crate::process::Process;
use crate::service::{ClientEffect, Ending, RequestId, Service};
use crate::time::Time;
use rustc_hash::FxHashMap;

/// One operation, as its client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<S: Service> {
    /// The request that carried it: whose it is, and which.
    pub id: RequestId,
    /// What was asked.
    pub op: S::Op,
    /// When it was invoked.
    pub invoked: Time,
    /// When it ended and how; none while it is open, which is judged as [`Ending::Unknown`].
    pub returned: Option<(Time, Ending<S::Reply>)>,
    /// The place of its invocation in the order of all invocations and returns.
    pub call: u64,
    /// The place of its return; [`u64::MAX`] while it is open or when it ended unknown.
    pub ret: u64,
}

/// What the clients of a run saw, in the order of invocation.
#[derive(Clone, Debug)]
pub struct History<S: Service> {
    /// The operations, by invocation.
    pub operations: Vec<Operation<S>>,
    open: FxHashMap<RequestId, usize>,
    places: u64,
}

impl<S: Service> Default for History<S> {
    fn default() -> Self {
        History { operations: Vec::new(), open: FxHashMap::default(), places: 0 }
    }
}

impl<S: Service> History<S> {
    /// An empty history.
    pub fn new() -> Self {
        Self::default()
    }

    /// An operation begins.
    pub fn invoke(&mut self, id: RequestId, op: S::Op, at: Time) {
        self.open.insert(id, self.operations.len());
        let call = self.place();
        self.operations.push(Operation {
            id,
            op,
            invoked: at,
            returned: None,
            call,
            ret: u64::MAX,
        });
    }

    /// An operation ends. One that is not open is left as it is.
    pub fn ret(&mut self, id: RequestId, ending: Ending<S::Reply>, at: Time) {
        let Some(index) = self.open.remove(&id) else { return };
        let place = self.place();
        let operation = &mut self.operations[index];
        if ending != Ending::Unknown {
            operation.ret = place;
        }
        operation.returned = Some((at, ending));
    }

    fn place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }
}

impl<P: Process> Observer<P> for History<P::Service> {
    #[inline]
    fn observe(&mut self, _: &Nodes<P>, _: &Step<'_, P>) {}

    fn client(&mut self, step: &ClientStep<'_, P>) {
        for effect in step.effects {
            match effect {
                ClientEffect::Invoke { id, op } => self.invoke(*id, op.clone(), step.at),
                ClientEffect::Return { id, ending } => self.ret(*id, ending.clone(), step.at),
                _ => {}
            }
        }
    }
}
