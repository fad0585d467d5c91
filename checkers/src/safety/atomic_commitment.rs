//! All nodes that conclude a transaction conclude the same, and none ever takes that back: AC1 and AC2 of Bernstein,
//! Hadzilacos and Goodman, "Concurrency Control and Recovery in Database Systems", 1987, section 7.3.

use sim_core::context::Kinds;
use sim_core::fact::Number;
use sim_core::{Fact, Invariant, NodeId, Nodes, Process, Step, Violation};
use std::collections::BTreeMap;

/// How many conclusions are remembered. One of an older transaction goes unjudged.
const CONCLUSIONS: usize = 1 << 16;

/// What was concluded of each transaction, and by whom.
#[derive(Clone, Debug, Default)]
pub struct AtomicCommitment {
    /// Who concluded what first comes first in the order of nodes.
    concluded: BTreeMap<(u64, NodeId), bool>,
}

fn word(commits: bool) -> &'static str {
    if commits { "commits" } else { "aborts" }
}

impl AtomicCommitment {
    /// A node concludes a transaction: wrong, if it or another has concluded otherwise, in whatever life.
    pub fn conclude(&mut self, node: NodeId, transaction: u64, commits: bool) -> Option<Violation> {
        let all = (transaction, NodeId(0))..=(transaction, NodeId(u32::MAX));
        let other = self.concluded.range(all).find(|(_, other)| **other != commits);
        let found = other.map(|((_, other), _)| {
            let (did, does, number) = (word(!commits), word(commits), Number(transaction));
            if *other == node {
                let why = format!("{node} {does} transaction {number}, which it {did} before");
                Violation { property: "outcome-stands", why }
            } else {
                let why = format!("{node} {does} transaction {number}, which {other} {did}");
                Violation { property: "outcomes-agree", why }
            }
        });
        self.concluded.entry((transaction, node)).or_insert(commits);
        if self.concluded.len() > CONCLUSIONS {
            self.concluded.pop_first();
        }
        found
    }
}

impl<P: Process> Invariant<P> for AtomicCommitment {
    const PROPERTIES: &'static [&'static str] = &["outcomes-agree", "outcome-stands"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, _: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        let mut found = None;
        for fact in step.facts() {
            if let Fact::Concludes { transaction, commits } = *fact {
                found = found.or(self.conclude(step.node, transaction, commits));
            }
        }
        found.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_differ_and_nodes_that_change_their_minds_are_told_apart() {
        let mut checker = AtomicCommitment::default();
        assert_eq!(checker.conclude(NodeId(1), 7, true), None);
        assert_eq!(checker.conclude(NodeId(1), 7, true), None, "again, after a crash");
        assert_eq!(checker.conclude(NodeId(1), 8, false), None);
        let found = checker.conclude(NodeId(2), 7, false).unwrap();
        assert_eq!(found.property, "outcomes-agree");
        assert_eq!(found.why, "n3 aborts transaction 7, which n2 commits");
        let found = checker.conclude(NodeId(1), 8, true).unwrap();
        assert_eq!(found.property, "outcome-stands");
    }
}
