//! The steps that matter, in words: what every drawing of a story is made of.

use super::Shown;
use crate::explain::Explainer;
use crate::lives::Lives;
use crate::past::{Matters, matters};
use sim_core::{NodeId, Time};

/// The steps that matter.
pub(super) struct Tale {
    /// Who takes them, from left to right.
    pub columns: Vec<NodeId>,
    /// In the order of time.
    pub rows: Vec<Told>,
}

/// One of them.
pub(super) struct Told {
    /// Its place among the trace's steps.
    pub step: usize,
    /// The place of the step whose work it goes on with after a sync; its own otherwise.
    pub origin: usize,
    pub at: Time,
    /// Who took it; none for a fault.
    pub node: Option<NodeId>,
    /// What it was.
    pub words: String,
    /// The message that it sent and that mattered: to whom, of which kind.
    pub arrow: Option<(NodeId, String)>,
}

impl Tale {
    pub fn of(shown: &Shown<'_>) -> Tale {
        let Shown { trace, breach, .. } = shown;
        let Matters { rows, columns, .. } = matters(trace, breach);
        let explainer = Explainer::new(trace, &breach.why);
        let (mut lives, mut next) = (Lives::default(), 0);
        let told = rows.into_iter().map(|row| {
            for step in &trace.steps[next..row.step] {
                lives.advance(step);
            }
            next = row.step;
            let step = &trace.steps[row.step];
            let words = explainer.row(&row, &lives);
            Told {
                step: row.step,
                origin: row.origin,
                at: step.at,
                node: step.node,
                words,
                arrow: row.arrow,
            }
        });
        Tale { rows: told.collect(), columns }
    }
}
