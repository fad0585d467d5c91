//! What logs hold: leader append-only, log matching.

use super::super::log::{Index, Term};
use super::super::message::Record;
use super::super::{Raft, Role};
use super::PerMachine;
use sim_core::context::Kinds;
use sim_core::{Effect, Invariant, Nodes, Service, Step, Violation};
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
