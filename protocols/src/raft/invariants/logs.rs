//! What logs hold: leader append-only, log matching, leader completeness.

use super::super::log::{Index, Term};
use super::super::message::{Message, Outcome, Record};
use super::super::{Raft, Role};
use super::PerMachine;
use sim_core::context::Kinds;
use sim_core::{Effect, Fact, Invariant, NodeId, NodeSet, Nodes, Service, Step, Violation};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// "A leader never overwrites or deletes entries in its log; it only appends new entries."
#[derive(Clone, Debug, Default)]
pub struct LeaderAppendOnly(PerMachine<Option<Led>>);

/// The log of a leader when it was last looked at.
#[derive(Clone, Copy, Debug)]
struct Led {
    term: Term,
    last: Index,
    chain: u64,
}

impl<S: Service> Invariant<Raft<S>> for LeaderAppendOnly {
    const PROPERTIES: &'static [&'static str] = &["leader-append-only"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let known = self.0.of(nodes, step.machine);
        if raft.role() != Role::Leader {
            *known = None;
            return Ok(());
        }
        let (term, log) = (raft.term(), raft.log());
        if let Some(before) = *known
            && before.term == term
            && before.last >= log.base()
            && log.chain_at(before.last) != Some(before.chain)
        {
            let why = format!(
                "{}, leader of term {term}, no longer has the log up to {} that it had",
                step.node, before.last
            );
            return Err(Violation { property: "leader-append-only", why });
        }
        let last = log.last_index();
        *known = log.chain_at(last).map(|chain| Led { term, last, chain });
        Ok(())
    }
}

/// "If two logs contain an entry with the same index and term, then the logs are identical in all
/// entries up through the given index."
///
/// Remembers what stood before and at each entry that was ever written, for the newest indices;
/// what is written further behind goes unseen.
#[derive(Clone, Debug, Default)]
pub struct LogMatching {
    base: Index,
    written: VecDeque<SmallVec<[(Term, u64); 2]>>,
}

/// How many indices are remembered, and how many terms at each.
const INDICES: usize = 1 << 14;
const TERMS: usize = 16;

impl LogMatching {
    fn see(&mut self, index: Index, term: Term, chain: u64) -> bool {
        if self.written.is_empty() {
            self.base = index;
        }
        while index >= self.base + self.written.len() as u64 {
            if self.written.len() == INDICES {
                self.written.pop_front();
                self.base += 1;
            }
            self.written.push_back(SmallVec::new());
        }
        let Some(place) = index.checked_sub(self.base) else { return true };
        let known = &mut self.written[place as usize];
        match known.iter().find(|(of, before)| *of == term || *before == chain) {
            Some(first) => *first == (term, chain),
            None => {
                if known.len() == TERMS {
                    known.remove(0);
                }
                known.push((term, chain));
                true
            }
        }
    }

    /// What a server has at an index, in its log or as a snapshot's end.
    fn see_at<S: Service>(
        &mut self,
        (index, term, chain): (Index, Term, u64),
        step: &Step<'_, Raft<S>>,
    ) -> Result<(), Violation> {
        if self.see(index, term, chain) {
            return Ok(());
        }
        let why = format!(
            "{} has an entry of term {term} at index {index}, and either another log led up to such an \
             entry before, or this log led up to an entry of another term",
            step.node
        );
        Err(Violation { property: "log-matching", why })
    }

    fn see_entry<S: Service>(
        &mut self,
        raft: &Raft<S>,
        index: Index,
        step: &Step<'_, Raft<S>>,
    ) -> Result<(), Violation> {
        let log = raft.log();
        let (Some(term), Some(chain)) = (log.term_at(index), log.chain_at(index)) else {
            return Ok(());
        };
        self.see_at((index, term, chain), step)
    }
}

impl<S: Service> Invariant<Raft<S>> for LogMatching {
    const PROPERTIES: &'static [&'static str] = &["log-matching"];
    const CONCERNS: Option<Kinds> = Some(Kinds::WRITES);

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        for effect in step.effects {
            match effect {
                Effect::Append { record: Record::Entry { index, .. }, .. } => {
                    let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
                    self.see_entry(raft, *index, step)?;
                }
                Effect::Rewrite { records, .. } => {
                    let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
                    if let Some(Record::Snapshot(snapshot)) = records.get(1) {
                        let end = (snapshot.index, snapshot.term, snapshot.chain);
                        self.see_at(end, step)?;
                    }
                    self.see_entry(raft, raft.log().last_index(), step)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// "If a log entry is committed in a given term, then that entry will be present in the logs of the
/// leaders for all higher-numbered terms."
///
/// An entry is known to be committed when a server says so, or when a quorum of the configuration
/// that is in force there has acknowledged an entry of the leader's own term, whether or not anybody
/// lives to count. The newest one of each term is remembered with a hash of all before it, which is
/// as good as all of them.
#[derive(Clone, Debug, Default)]
pub struct LeaderCompleteness {
    /// By term: the last index that was committed in it, or before it ended, and the log up to
    /// there.
    committed: Vec<(Term, Index, u64)>,
    /// What each server has acknowledged in the newest term.
    acknowledged: Acknowledged,
}

/// What each server has acknowledged in the newest term, durably.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged {
    pub(super) term: Term,
    by: Vec<Index>,
}

impl Acknowledged {
    /// A server has acknowledged what the leader of `term` sent up to `index`; whether that is news.
    #[inline]
    pub(super) fn note(&mut self, me: NodeId, (term, index): (Term, Index)) -> bool {
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

    /// Who has acknowledged an index.
    pub(super) fn holders(&self, index: Index) -> NodeSet {
        let servers = (0..).map(NodeId).zip(&self.by);
        servers.filter(|(_, held)| **held >= index).map(|(server, _)| server).collect()
    }
}

/// What a message acknowledges: in which term, and up to where.
#[inline]
pub(super) fn acknowledged<S: Service>(message: &Message<S>) -> Option<(Term, Index)> {
    match message {
        Message::Appended { term, outcome: Outcome::Matched(index), .. }
        | Message::OwnSync { term, index } => Some((*term, *index)),
        _ => None,
    }
}

/// How many terms are remembered apart; older ones are counted to the oldest of these.
const COMMIT_TERMS: usize = 64;

impl LeaderCompleteness {
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

    /// A server has acknowledged, durably, what the leader of `term` sent up to `index`.
    fn acknowledge<S: Service>(
        &mut self,
        raft: &Raft<S>,
        me: NodeId,
        (term, index): (Term, Index),
    ) {
        // A server that has gone on to another term may have another entry there by now.
        let is_there = raft.term() == term && raft.log().term_at(index) == Some(term);
        if !is_there || !self.acknowledged.note(me, (term, index)) {
            return;
        }
        // The configuration in force there, or one that is as good: it came into force later, and a
        // snapshot covers this entry.
        let members = raft.members().at(index);
        let holders = self.acknowledged.holders(index);
        if members.has_quorum(holders)
            && !members.has_quorum(holders.without(NodeSet::of(me)))
            && let Some(chain) = raft.log().chain_at(index)
        {
            self.commit(term, index, chain);
        }
    }

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
}

impl<S: Service> Invariant<Raft<S>> for LeaderCompleteness {
    const PROPERTIES: &'static [&'static str] = &["leader-completeness"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS.and(Kinds::CLAIMS));

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let mut decided = None;
        for effect in step.effects {
            match effect {
                Effect::Send { message, .. } => {
                    if let Some(acknowledged) = acknowledged(message) {
                        self.acknowledge(raft, step.node, acknowledged);
                    }
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
        if let Some(slot) = decided
            && let Some(chain) = raft.log().chain_at(slot)
        {
            self.commit(raft.term(), slot, chain);
        }
        Ok(())
    }
}
