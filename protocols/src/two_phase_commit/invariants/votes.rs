//! A transaction commits only when every site that works for it has voted for that; and when all have, and the
//! coordinator has heard it in time, it commits.

use super::super::message::{Message, Tx, Vote};
use super::super::{COORDINATOR, TwoPhaseCommit};
use super::Past;
use sim_core::context::Target;
use sim_core::{Cause, Effect, Fact, Invariant, NodeSet, Nodes, Step, Violation};
use std::collections::BTreeSet;

/// Who works for a transaction, and what has become of their votes.
#[derive(Clone, Debug, Default)]
struct Voting {
    works: NodeSet,
    /// Who has voted yes or read-only.
    consents: NodeSet,
    /// Whose vote has reached the coordinator, in this life of its own, while nothing was decided.
    heard: NodeSet,
    concluded: bool,
}

/// AC3 and AC4.
#[derive(Clone, Debug, Default)]
pub struct Votes {
    past: Past<Voting>,
    /// What was not decided when last looked.
    undecided: BTreeSet<Tx>,
}

impl Votes {
    fn conclude(&mut self, tx: Tx, commits: bool) -> Result<(), Violation> {
        let voting = self.past.of(tx);
        if std::mem::replace(&mut voting.concluded, true) {
            return Ok(());
        }
        let silent = voting.works.iter().find(|node| !voting.consents.contains(*node));
        match (commits, silent) {
            (true, Some(node)) => {
                let why =
                    format!("{tx:?} commits, and {node}, which works for it, has not voted yes");
                Err(Violation { property: "commit-needs-every-yes", why })
            }
            (false, _) if voting.works == voting.heard && !voting.works.is_empty() => {
                let why = format!("{tx:?} aborts, though every site has voted yes and was heard");
                Err(Violation { property: "yes-of-all-commits", why })
            }
            _ => Ok(()),
        }
    }
}

impl Invariant<TwoPhaseCommit> for Votes {
    const PROPERTIES: &'static [&'static str] = &["commit-needs-every-yes", "yes-of-all-commits"];

    fn check(
        &mut self,
        nodes: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        let node = step.node;
        match step.cause {
            // What it had heard and not written down is forgotten.
            Cause::Boot if node == COORDINATOR => {
                self.past.0.values_mut().for_each(|voting| voting.heard = NodeSet::default());
            }
            Cause::Message { from, message: Message::Vote { tx, vote } }
                if node == COORDINATOR
                    && self.undecided.contains(tx)
                    && matches!(vote, Vote::Yes | Vote::ReadOnly) =>
            {
                self.past.of(*tx).heard.insert(from);
            }
            _ => {}
        }
        for effect in step.effects {
            if let Effect::Send { to: Target::One(to), message } = effect {
                match message {
                    Message::Work { tx, .. } => {
                        self.undecided.insert(*tx);
                        self.past.of(*tx).works.insert(*to);
                    }
                    Message::Vote { tx, vote: Vote::ReadOnly } => {
                        self.past.of(*tx).consents.insert(node);
                    }
                    _ => {}
                }
            }
        }
        if let Some(TwoPhaseCommit::Coordinator(coordinator)) = nodes.process(step.machine) {
            self.undecided.retain(|tx| coordinator.is_undecided(*tx));
        }
        let mut found = Ok(());
        for fact in step.facts() {
            match *fact {
                Fact::Votes { transaction, yes: true } => {
                    self.past.of(Tx(transaction)).consents.insert(node);
                }
                Fact::Concludes { transaction, commits } if node == COORDINATOR => {
                    found = found.and(self.conclude(Tx(transaction), commits));
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::NodeId;

    fn voting(consents: &[u32], heard: &[u32]) -> Votes {
        let set = |nodes: &[u32]| nodes.iter().copied().map(NodeId).collect();
        let mut votes = Votes::default();
        *votes.past.of(Tx(1)) = Voting {
            works: set(&[1, 2]),
            consents: set(consents),
            heard: set(heard),
            concluded: false,
        };
        votes
    }

    #[test]
    fn one_vote_short_is_too_few_and_all_votes_are_enough() {
        let property = |consents: &[u32], heard: &[u32], commits| {
            voting(consents, heard).conclude(Tx(1), commits).map_err(|found| found.property)
        };
        assert_eq!(property(&[1, 2], &[1, 2], true), Ok(()));
        assert_eq!(property(&[1], &[1], true), Err("commit-needs-every-yes"));
        assert_eq!(property(&[1, 2], &[1], false), Ok(()));
        assert_eq!(property(&[1, 2], &[1, 2], false), Err("yes-of-all-commits"));
    }
}
