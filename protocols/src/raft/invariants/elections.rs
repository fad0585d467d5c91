//! Who stands for election, and who is elected: one a term, and by whom.

use super::super::log::{Index, Term};
use super::super::message::{Message, Timer};
use super::super::{Raft, Role};
use super::PerMachine;
use checkers::safety::SingleLeader;
use sim_core::context::{Kinds, Target};
use sim_core::{Cause, Effect, Fact, Invariant, NodeId, NodeSet, Nodes, Service, Step, Violation};
use std::collections::BTreeMap;

/// "At most one leader can be elected in a given term." And elected is who "receives votes from a majority of the
/// servers in the full cluster for the same term" (section 5.2), of each group of them where there are two (section 6):
/// whoever leads with fewer is the only leader of its term by luck.
#[derive(Clone, Debug, Default)]
pub struct ElectionSafety {
    leaders: SingleLeader,
    /// Who has voted for whom.
    votes: BTreeMap<(Term, NodeId), NodeSet>,
    /// The newest configuration of each server when it was last looked at: it is elected by that.
    newest: PerMachine<Index>,
}

/// Whoever may be needed stands for election, and nobody else: "a server that is not part of its own latest
/// configuration should still start new elections, as it might still be needed until the C_new entry is committed"
/// (thesis, section 4.2.2).
#[derive(Clone, Debug, Default)]
pub struct Candidacies;

impl<S: Service> Invariant<Raft<S>> for Candidacies {
    const PROPERTIES: &'static [&'static str] = &["configuration-safety"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Cause::Timer(Timer::Election) = step.cause else { return Ok(()) };
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let mut possible = raft.members().since(raft.commit_index());
        let is_needed = possible.any(|(_, members)| members.everybody().contains(step.node));
        if is_needed == (raft.role() != Role::Follower) {
            return Ok(());
        }
        let members = raft.members().newest().1;
        let why = match is_needed {
            true => format!(
                "{} does not stand for election by the voters {members}, and its removal is not committed",
                step.node
            ),
            false => format!(
                "{} stands for election by the voters {members}, and it was removed",
                step.node
            ),
        };
        Err(Violation { property: "configuration-safety", why })
    }
}

/// How many candidacies are remembered.
const CANDIDACIES: usize = 128;

impl ElectionSafety {
    fn vote(&mut self, term: Term, candidate: NodeId, voter: NodeId) {
        self.votes.entry((term, candidate)).or_default().insert(voter);
        if self.votes.len() > CANDIDACIES {
            self.votes.pop_first();
        }
    }

    /// Why a leader was not elected.
    fn elect<S: Service>(&self, raft: &Raft<S>, newest: Index, me: NodeId) -> Option<String> {
        let (first, _) = self.votes.first_key_value()?;
        let candidacy = (raft.term(), me);
        let voters = self.votes.get(&candidacy).copied().unwrap_or_default().or(NodeSet::of(me));
        let members = raft.members().at(newest);
        let is_enough = *first > candidacy || members.has_quorum(voters);
        (!is_enough).then(|| {
            let term = raft.term();
            format!("{me} leads term {term} with the voters {members}, of whom {voters} have voted for it")
        })
    }
}

impl<S: Service> Invariant<Raft<S>> for ElectionSafety {
    const PROPERTIES: &'static [&'static str] = &["election-safety"];
    // Whatever writes may bring a configuration into force.
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS.and(Kinds::CLAIMS).and(Kinds::WRITES));

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let violation = |why| Err(Violation { property: "election-safety", why });
        if let Err(why) = self.leaders.see(step) {
            return violation(why);
        }
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let newest = raft.members().newest().0;
        let newest = std::mem::replace(self.newest.of(nodes, step.machine), newest);
        for effect in step.effects {
            match effect {
                Effect::Send {
                    to: Target::One(to),
                    message: Message::Vote { term, granted: true },
                } => {
                    self.vote(*term, *to, step.node);
                }
                Effect::Claim(claim) if claim.fact == (Fact::Leads { epoch: raft.term() }) => {
                    if let Some(why) = self.elect(raft, newest, step.node) {
                        return violation(why);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
