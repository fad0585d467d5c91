//! What is decided where, and how long a node that was away takes to get back to it.

use crate::process::NodeId;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// How many slots are remembered. What is decided beyond goes unseen.
const SLOTS: usize = 1 << 20;

/// What is decided where, and which nodes are still on their way back to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// The value that was first decided at each slot; 0 for none.
    values: Vec<u64>,
    /// Up to where each node has decided.
    reached: Vec<u64>,
    /// Since when a node is back, and what it has to reach.
    returned: BTreeMap<NodeId, (Time, u64)>,
}

impl Slots {
    /// A value is decided; whether another was decided there before.
    pub fn conflicts(&mut self, slot: u64, value: u64) -> bool {
        let place = slot as usize;
        if place >= SLOTS {
            return false;
        }
        if place >= self.values.len() {
            self.values.resize(place + 1, 0);
        }
        let known = &mut self.values[place];
        match *known {
            0 => *known = value,
            other => return other != value,
        }
        false
    }

    #[inline]
    pub fn reached_by(&mut self, node: NodeId) -> &mut u64 {
        if self.reached.len() <= node.index() {
            self.reached.resize(node.index() + 1, 0);
        }
        &mut self.reached[node.index()]
    }

    /// A node has everything up to a slot; how long it took after its return, if it was away.
    pub fn reach(&mut self, node: NodeId, slot: u64, at: Time) -> Option<Span> {
        let reached = self.reached_by(node);
        *reached = slot.max(*reached);
        let reached = *reached;
        if self.returned.is_empty() {
            return None;
        }
        let (since, _) = *self.returned.get(&node).filter(|(_, goal)| reached >= *goal)?;
        self.returned.remove(&node);
        Some(at - since)
    }

    /// A node is back, and has to reach what is decided.
    pub fn returns(&mut self, node: NodeId, at: Time, goal: u64) {
        if *self.reached_by(node) < goal {
            self.returned.insert(node, (at, goal));
        }
    }
}
