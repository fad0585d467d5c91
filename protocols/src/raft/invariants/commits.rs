//! What is committed: that a quorum had acknowledged it, and that every later leader has it.
//!
//! Both properties rest on what servers have acknowledged durably, which is kept once for both.

use super::super::log::{Index, Term};
use super::super::message::{Message, Outcome, Record};
use super::super::{Raft, Role};
use super::PerMachine;
use sim_core::context::Kinds;
use sim_core::{Effect, Fact, Invariant, NodeId, NodeSet, Nodes, Service, Step, Violation};

/// Leader completeness and commitment.
///
/// "If a log entry is committed in a given term, then that entry will be present in the logs of the
/// leaders for all higher-numbered terms." An entry is known to be committed when a server says so,
/// or when a quorum of the configuration that is in force there has acknowledged an entry of the
/// leader's own term, whether or not anybody lives to count. The newest one of each term is
/// remembered with a hash of all before it, which is as good as all of them.
///
/// "Agreement (for elections and entry commitment) requires separate majorities from both the old
/// and new configurations": a leader commits what a majority of each group of its voters has
/// acknowledged, durably and in its term: nobody acknowledges what its disk does not have. A learner's word counts for
/// nothing. And "only log entries from the leader's current term are committed by counting replicas" (section 5.4.2).
#[derive(Clone, Debug, Default)]
pub struct Commits {
    /// By term: the last index that was committed in it, or before it ended, and the log up to
    /// there.
    committed: Vec<(Term, Index, u64)>,
    /// What each server has acknowledged in the newest term.
    acknowledged: Acknowledged,
    /// The newest configuration of each server when it was last looked at: by a later one it cannot
    /// have counted.
    newest: PerMachine<Index>,
}

/// What each server has acknowledged in the newest term, durably.
#[derive(Clone, Debug, Default)]
struct Acknowledged {
    term: Term,
    by: Vec<Index>,
}

impl Acknowledged {
    /// A server has acknowledged what the leader of `term` sent up to `index`; whether that is news.
    #[inline]
    fn note(&mut self, me: NodeId, (term, index): (Term, Index)) -> bool {
        if term < self.term {
            return false;
        }
        if term > self.term {
            self.term = term;
            self.by.clear();
        }
        if self.by.len() <= me.index() {
            self.by.resize(me.index() + 1, 0);
        }
        let known = &mut self.by[me.index()];
        let is_news = index > *known;
        *known = index.max(*known);
        is_news
    }

    /// Who has acknowledged an index in a term that is not over: nobody, in one that nobody has acknowledged anything
    /// in yet.
    fn holders(&self, term: Term, index: Index) -> NodeSet {
        if term > self.term {
            return NodeSet::default();
        }
        let servers = (0..).map(NodeId).zip(&self.by);
        servers.filter(|(_, held)| **held >= index).map(|(server, _)| server).collect()
    }
}

/// What a message acknowledges: in which term, and up to where.
#[inline]
fn acknowledged<S: Service>(message: &Message<S>) -> Option<(Term, Index)> {
    match message {
        Message::Appended { term, outcome: Outcome::Matched(index), .. }
        | Message::OwnSync { term, index } => Some((*term, *index)),
        _ => None,
    }
}

/// How many terms are remembered apart; older ones are counted to the oldest of these.
const COMMIT_TERMS: usize = 64;

impl Commits {
    fn commit(&mut self, term: Term, index: Index, chain: u64) {
        let place = self.committed.partition_point(|(of, ..)| *of < term);
        match self.committed.get_mut(place) {
            Some(known) if known.0 == term => {
                if index > known.1 {
                    *known = (term, index, chain);
                }
            }
            _ => self.committed.insert(place, (term, index, chain)),
        }
        if self.committed.len() > COMMIT_TERMS {
            let (_, index, chain) = self.committed.remove(0);
            let (term, newer, _) = self.committed[0];
            if index > newer {
                self.committed[0] = (term, index, chain);
            }
        }
    }

    /// Whether it is known that this index was committed in this term, the newest that is known of.
    #[inline]
    fn is_committed(&self, term: Term, index: Index) -> bool {
        self.committed.last().is_some_and(|(of, up_to, _)| *of == term && index <= *up_to)
    }

    /// A server has acknowledged, durably, what the leader of `term` sent up to `index`.
    #[inline]
    fn acknowledge<S: Service>(
        &mut self,
        raft: &Raft<S>,
        me: NodeId,
        (term, index): (Term, Index),
    ) {
        if !self.acknowledged.note(me, (term, index)) || self.is_committed(term, index) {
            return;
        }
        // A server that has gone on to another term may have another entry there by now.
        if raft.term() != term || raft.log().term_at(index) != Some(term) {
            return;
        }
        // The configuration in force there, or one that is as good: it came into force later, and a
        // snapshot covers this entry.
        let is_enough = raft.members().at(index).has_quorum(self.acknowledged.holders(term, index));
        if let Some(chain) = raft.log().chain_at(index).filter(|_| is_enough) {
            self.commit(term, index, chain);
        }
    }

    /// Leader completeness: a new leader has all that was committed before its term.
    fn elect<S: Service>(&self, raft: &Raft<S>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let earlier = self.committed.iter().filter(|(term, ..)| *term < raft.term());
        let Some((term, index, chain)) = earlier.max_by_key(|(_, index, _)| *index) else {
            return Ok(());
        };
        let log = raft.log();
        if *index < log.base() || log.chain_at(*index) == Some(*chain) {
            return Ok(());
        }
        let why = format!(
            "{} leads term {} without the log up to {index} that was committed by term {term}: its own {}",
            step.node,
            raft.term(),
            match log.term_at(*index) {
                Some(own) => format!("has an entry of term {own} there or differs before it"),
                None => format!("ends at {}", log.last_index()),
            }
        );
        Err(Violation { property: "leader-completeness", why })
    }

    /// Commitment: what a leader decides in its own term, a quorum has acknowledged. `newest` is
    /// where its newest configuration was before this step. A leader of a term that others have gone beyond goes
    /// unjudged: what was acknowledged in it is forgotten.
    fn decide<S: Service>(
        &self,
        raft: &Raft<S>,
        slot: Index,
        newest: Index,
        me: NodeId,
    ) -> Result<(), Violation> {
        let Some(term) = raft.log().term_at(slot).filter(|_| raft.role() == Role::Leader) else {
            return Ok(());
        };
        if term < raft.term() {
            let why = format!("{me} leads term {} and commits {slot} of term {term}", raft.term());
            return Err(Violation { property: "commitment", why });
        }
        if raft.term() < self.acknowledged.term {
            return Ok(());
        }
        let holders = self.acknowledged.holders(raft.term(), slot);
        let mut counted = raft.members().since(slot).filter(|(from, _)| *from <= newest.max(slot));
        if counted.any(|(_, members)| members.has_quorum(holders)) {
            return Ok(());
        }
        let why = format!(
            "{me} commits {slot} with the voters {}, and only {holders} have acknowledged it",
            raft.members().at(slot)
        );
        Err(Violation { property: "commitment", why })
    }
}

impl<S: Service> Invariant<Raft<S>> for Commits {
    const PROPERTIES: &'static [&'static str] = &["leader-completeness", "commitment"];
    // Whatever writes may bring a configuration into force.
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS.and(Kinds::CLAIMS).and(Kinds::WRITES));

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let newest = raft.members().newest().0;
        let newest = std::mem::replace(self.newest.of(nodes, step.machine), newest);
        let mut decided = None;
        // From where on it has written in this step what its disk was not asked to keep.
        let mut unsynced = Index::MAX;
        for effect in step.effects {
            match effect {
                Effect::Append { record: Record::Entry { index, .. }, .. } => {
                    unsynced = unsynced.min(*index);
                }
                Effect::Sync => unsynced = Index::MAX,
                Effect::Send { message, .. } => {
                    let Some((term, index)) = acknowledged(message) else { continue };
                    if unsynced <= index {
                        let why = format!(
                            "{} acknowledges its log up to {index}, and its disk does not have {unsynced} yet",
                            step.node
                        );
                        return Err(Violation { property: "commitment", why });
                    }
                    self.acknowledge(raft, step.node, (term, index));
                }
                Effect::Claim(claim) => match claim.fact {
                    Fact::Decides { slot, .. } => decided = Some(slot),
                    Fact::Leads { epoch }
                        if raft.role() == Role::Leader && raft.term() == epoch =>
                    {
                        self.elect(raft, step)?;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        let Some(slot) = decided else { return Ok(()) };
        if !self.is_committed(raft.term(), slot)
            && let Some(chain) = raft.log().chain_at(slot)
        {
            self.commit(raft.term(), slot, chain);
        }
        self.decide(raft, slot, newest, step.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_acknowledged_in_one_term_is_not_in_the_next() {
        let mut acknowledged = Acknowledged::default();
        assert!(acknowledged.note(NodeId(1), (3, 7)));
        assert!(acknowledged.holders(3, 7).contains(NodeId(1)));
        assert!(!acknowledged.holders(3, 8).contains(NodeId(1)));
        assert_eq!(acknowledged.holders(4, 7), NodeSet::default(), "nobody has, in term 4");
        assert!(acknowledged.note(NodeId(2), (4, 1)) && !acknowledged.note(NodeId(1), (3, 9)));
    }
}
