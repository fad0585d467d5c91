//! Who sent what: the step that made what another step heard.
//!
//! Events are numbered as they are made, so the number of what is heard mostly tells the step that sent it. Not always:
//! a stream that a cut held back delivers in an event of a later time, made by nobody or in somebody else's step, and a
//! timer that was set for later meanwhile gets a new number when it queues itself again.

use crate::past::sends;
use sim_core::NodeId;
use sim_core::trace::{Trace, TraceCause, TraceStep};
use std::collections::BTreeMap;

/// Where the steps of each node are, in a trace or the beginning of one.
pub(crate) struct Senders<'a> {
    trace: &'a Trace,
    of_node: BTreeMap<NodeId, Vec<usize>>,
}

impl<'a> Senders<'a> {
    /// Of the first steps, so many.
    pub(crate) fn of(trace: &'a Trace, count: usize) -> Senders<'a> {
        let mut of_node: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        for (place, step) in trace.steps[..count].iter().enumerate() {
            if let Some(node) = step.node {
                of_node.entry(node).or_default().push(place);
            }
        }
        Senders { trace, of_node }
    }

    /// Whether a node has taken a step.
    pub(crate) fn has_acted(&self, node: NodeId) -> bool {
        self.of_node.contains_key(&node)
    }

    /// The steps of a node before a place, the last first.
    pub(crate) fn before(&self, node: NodeId, place: usize) -> impl Iterator<Item = usize> + '_ {
        let steps = self.of_node.get(&node).map(Vec::as_slice).unwrap_or_default();
        steps[..steps.partition_point(|step| *step < place)].iter().rev().copied()
    }

    /// The place of the step that sent what a step heard, and what that is called; none when it heard nobody.
    pub(crate) fn sender(&self, place: usize) -> Option<(usize, &'static str)> {
        let step: &TraceStep = &self.trace.steps[place];
        let (from, what) = match &step.cause {
            TraceCause::Message { from, kind, .. } => (*from, *kind),
            TraceCause::Request { client, .. } => (*client, "request"),
            TraceCause::Answer { from, .. } => (*from, "answer"),
            _ => return None,
        };
        let steps = &self.trace.steps;
        let is_sender = |maker: &usize| *maker < place && steps[*maker].node == Some(from);
        let maker = self.trace.maker(step.event).filter(is_sender);
        let found = maker
            .or_else(|| self.before(from, place).find(|earlier| sends(&steps[*earlier], step)));
        found.map(|found| (found, what))
    }
}
