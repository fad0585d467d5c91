//! What each node is at a moment of a trace: up or down, standing still, leading.

use crate::past::facts;
use sim_core::fault::Role;
use sim_core::trace::{TraceCause, TraceStep};
use sim_core::{Fact, NodeId};
use std::collections::BTreeMap;

/// One node at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) is_down: bool,
    pub(crate) pauses: u32,
    pub(crate) role: Role,
    pub(crate) epoch: u64,
}

/// All nodes at a moment. One that has done nothing yet is taken to be up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lives(BTreeMap<NodeId, Life>);

impl Lives {
    pub(crate) fn of(&self, node: NodeId) -> Life {
        self.0.get(&node).copied().unwrap_or_default()
    }

    /// Lets a step happen.
    pub(crate) fn advance(&mut self, step: &TraceStep) {
        if let TraceCause::Fault { kind, phase, hit, .. } = &step.cause {
            for node in hit {
                let life = self.0.entry(*node).or_default();
                match (*phase, *kind) {
                    ("strikes", "pause") => life.pauses += 1,
                    ("heals", "pause") => life.pauses = life.pauses.saturating_sub(1),
                    ("strikes", kind) if is_crash(kind) => {
                        *life = Life { is_down: true, ..Life::default() };
                    }
                    _ => {}
                }
            }
        }
        let Some(node) = step.node else { return };
        let life = self.0.entry(node).or_default();
        if step.cause == TraceCause::Boot {
            *life = Life::default();
        }
        for fact in facts(step) {
            (life.role, life.epoch) = match fact {
                Fact::Leads { epoch } => (Role::Leader, *epoch),
                Fact::Campaigns { epoch } => (Role::Candidate, *epoch),
                Fact::Follows { epoch } => (Role::Follower, *epoch),
                _ => continue,
            };
        }
    }
}

/// Whether a fault of this kind ends processes.
pub(crate) fn is_crash(kind: &str) -> bool {
    matches!(kind, "crash" | "torn-crash" | "wiped-crash")
}
