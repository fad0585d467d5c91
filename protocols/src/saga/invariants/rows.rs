//! What services have: S9, that everything adds up whenever no saga is under way, and S10, that nothing is ever below
//! nothing.

use super::course::Courses;
use crate::saga::{Saga, Sagas};
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, NodeId, Nodes, Step, Violation};
use std::collections::BTreeMap;

/// S9. Nothing is lost and nothing comes from nowhere.
#[derive(Clone, Debug)]
pub struct Conservation<S: Sagas> {
    courses: Courses<S>,
    /// The last transaction that each node has on disk. What it has in memory may be ahead of that.
    claimed: BTreeMap<NodeId, u64>,
}

impl<S: Sagas> Default for Conservation<S> {
    fn default() -> Self {
        Conservation { courses: Courses::default(), claimed: BTreeMap::new() }
    }
}

impl<S: Sagas> Conservation<S> {
    /// What each service has, if all are up and none is ahead of its disk.
    fn services<'a>(&self, nodes: &'a Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Vec<&'a S> {
        let Some(layout) = nodes.process(step.machine).map(Saga::layout) else {
            return Vec::new();
        };
        let host = |service| {
            let node = layout.host(service);
            let process = nodes.process(node.0)?;
            let claimed = self.claimed.get(&node).copied().unwrap_or_default();
            (process.transactions() == claimed).then(|| process.rows())
        };
        (0..layout.services).map(host).collect::<Option<Vec<&S>>>().unwrap_or_default()
    }
}

impl<S: Sagas> Invariant<Saga<S>> for Conservation<S> {
    const PROPERTIES: &'static [&'static str] = &["conservation"];

    fn check(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        self.courses.hear(step);
        let mut ends = false;
        for fact in step.facts() {
            ends |= matches!(fact, Fact::Concludes { .. });
            let _ = self.courses.see::<()>(nodes, step, fact, |_| Ok(()));
            if let Fact::Does { local, .. }
            | Fact::Undoes { local, .. }
            | Fact::Declines { local, .. } = *fact
            {
                let claimed = self.claimed.entry(step.node).or_default();
                *claimed = local.max(*claimed);
            }
        }
        if !ends || !self.courses.is_at_rest() {
            return Ok(());
        }
        let services = self.services(nodes, step);
        match (!services.is_empty()).then(|| S::imbalance(&services)).flatten() {
            Some(why) => {
                let why = format!("no saga is under way, and {why}");
                Err(Violation { property: "conservation", why })
            }
            None => Ok(()),
        }
    }
}

/// S10. Nobody owes, and nothing is handed out that is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverNegative;

impl<S: Sagas> Invariant<Saga<S>> for NeverNegative {
    const PROPERTIES: &'static [&'static str] = &["never-negative"];
    const CONCERNS: Option<Kinds> = Some(Kinds::WRITES);

    fn check(&mut self, nodes: &Nodes<Saga<S>>, step: &Step<'_, Saga<S>>) -> Result<(), Violation> {
        let shortage = nodes.process(step.machine).and_then(|process| process.rows().shortage());
        match shortage {
            Some(what) => {
                let why = format!("{} has less than nothing: {what}", step.node);
                Err(Violation { property: "never-negative", why })
            }
            None => Ok(()),
        }
    }
}
