//! Who sent what: the step that made what another step heard.
//!
//! Events are numbered as they are made, so the number of what is heard mostly tells the step that sent it. Not always:
//! a stream that a cut held back delivers in an event of a later time, made by nobody or in somebody else's step, and a
//! timer that was set for later meanwhile gets a new number when it queues itself again.

use crate::past::sends;
use sim_core::NodeId;
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceStep};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Where the steps of each node are, in a trace or the beginning of one.
pub(crate) struct Senders<'a> {
    trace: &'a Trace,
    of_node: BTreeMap<NodeId, Vec<usize>>,
    /// Who said what at which place, in order. Most runs need it for few steps or none: it is made when it is needed.
    said: OnceCell<Vec<(NodeId, &'a str, usize)>>,
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
        Senders { trace, of_node, said: OnceCell::new() }
    }

    /// The trace that it is about.
    pub(crate) fn trace(&self) -> &'a Trace {
        self.trace
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

    /// The place of the step that brought another about: who sent what it heard, or what its own node did before, or
    /// the fault that lets it go on; none where nothing tells.
    pub(crate) fn maker(&self, place: usize) -> Option<usize> {
        let step = &self.trace.steps[place];
        let is_own = |maker: &usize| {
            let by = self.trace.steps[*maker].node;
            *maker < place && (by.is_none() || by == step.node)
        };
        match &step.cause {
            TraceCause::Message { .. } | TraceCause::Request { .. } | TraceCause::Answer { .. } => {
                self.sender(place).map(|(sender, _)| sender)
            }
            _ => self.trace.maker(step.event).filter(is_own),
        }
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
        let found = maker.or_else(|| self.last_to_say(from, place));
        found.map(|found| (found, what))
    }

    /// The last step of a node before a place that sent what was heard there.
    fn last_to_say(&self, from: NodeId, place: usize) -> Option<usize> {
        let steps = &self.trace.steps;
        let heard = match &steps[place].cause {
            TraceCause::Message { text, .. }
            | TraceCause::Request { text, .. }
            | TraceCause::Answer { text, .. } => text.as_str(),
            _ => return None,
        };
        let said = self.said.get_or_init(|| self.said());
        let until = said.partition_point(|one| *one < (from, heard, place));
        let same = said[..until].iter().rev();
        let mut same = same.take_while(|(node, text, _)| (*node, *text) == (from, heard));
        same.find(|(_, _, earlier)| sends(&steps[*earlier], &steps[place])).map(|one| one.2)
    }

    fn said(&self) -> Vec<(NodeId, &'a str, usize)> {
        let mut said = Vec::new();
        for (node, places) in &self.of_node {
            for place in places {
                let effects = self.trace.steps[*place].effects.iter();
                said.extend(effects.filter_map(heard_as).map(|text| (*node, text, *place)));
            }
        }
        said.sort_unstable();
        said
    }
}

/// In which words whoever is sent something hears of it: of an answer, by the name of its request.
fn heard_as(effect: &TraceEffect) -> Option<&str> {
    match effect {
        TraceEffect::Send { text, .. } | TraceEffect::Ask { text, .. } => Some(text),
        TraceEffect::Reply { text, .. } => text.split(' ').next(),
        _ => None,
    }
}
