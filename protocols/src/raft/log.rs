//! The replicated log: what was compacted away, and the entries after it.

use super::members::Membership;
use serde::Serialize;
use sim_core::drive::replay::hash_of;
use sim_core::{Request, Service};
use std::collections::VecDeque;
use std::sync::Arc;

/// A place in the log, from 1.
pub type Index = u64;
/// A term, from 1; 0 is before the first.
pub type Term = u64;

/// An entry, as its leader made it. It never changes afterwards.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Entry<S: Service> {
    /// The term of the leader that made it.
    pub term: Term,
    /// What it says.
    pub payload: Payload<S>,
    /// A hash of the two, taken once, as a storage engine would.
    pub checksum: u64,
}

impl<S: Service> Entry<S> {
    /// An entry of a leader of this term.
    pub fn new(term: Term, payload: Payload<S>) -> Self {
        let checksum = hash_of(&(term, &payload));
        Entry { term, payload, checksum }
    }
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Payload<S: Service> {
    /// Nothing: the entry with which a leader's term begins (section 8).
    Nothing,
    /// A client's request.
    Request(Request<S>),
    /// A configuration (section 6).
    Members(Arc<Reconfiguration<S>>),
}

impl<S: Service> From<Option<Request<S>>> for Payload<S> {
    fn from(request: Option<Request<S>>) -> Self {
        request.map_or(Payload::Nothing, Payload::Request)
    }
}

/// A configuration in the log.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reconfiguration<S: Service> {
    /// The configuration.
    pub members: Membership,
    /// The request that it answers when it is committed; a joint one bears it for the one that
    /// follows.
    pub request: Option<Request<S>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Slot<S: Service> {
    entry: Entry<S>,
    chain: u64,
}

/// The log. Beside each entry stands a hash of all entries up to it, by which observers compare
/// whole logs in constant time; the protocol itself never looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Log<S: Service> {
    base: Index,
    base_term: Term,
    base_chain: u64,
    slots: VecDeque<Slot<S>>,
}

impl<S: Service> Default for Log<S> {
    fn default() -> Self {
        Log { base: 0, base_term: 0, base_chain: 0, slots: VecDeque::new() }
    }
}

impl<S: Service> Log<S> {
    /// The last index that was compacted away; 0 when none was.
    pub fn base(&self) -> Index {
        self.base
    }
    /// The index of the last entry.
    #[inline]
    pub fn last_index(&self) -> Index {
        self.base + self.slots.len() as u64
    }
    /// The term of the last entry.
    #[inline]
    pub fn last_term(&self) -> Term {
        self.slots.back().map_or(self.base_term, |slot| slot.entry.term)
    }
    /// The entry at an index, unless it was compacted away or never was.
    #[inline]
    pub fn get(&self, index: Index) -> Option<&Entry<S>> {
        self.slot(index).map(|slot| &slot.entry)
    }
    /// The term of the entry at an index. That of index 0 is 0, and that of the base is still
    /// known.
    #[inline]
    pub fn term_at(&self, index: Index) -> Option<Term> {
        match self.slot(index) {
            Some(slot) => Some(slot.entry.term),
            None if index == 0 => Some(0),
            None => (index == self.base).then_some(self.base_term),
        }
    }
    /// A hash of every entry up to this index, as far as it is still known.
    #[inline]
    pub fn chain_at(&self, index: Index) -> Option<u64> {
        match self.slot(index) {
            Some(slot) => Some(slot.chain),
            None => (index == self.base).then_some(self.base_chain),
        }
    }
    #[inline]
    fn slot(&self, index: Index) -> Option<&Slot<S>> {
        self.slots.get(index.checked_sub(self.base + 1)? as usize)
    }

    /// Appends an entry.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry<S>) {
        let before = self.slots.back().map_or(self.base_chain, |slot| slot.chain);
        self.slots.push_back(Slot { chain: hash_of(&(before, entry.checksum)), entry });
    }
    /// Drops the entries from this index on.
    pub(super) fn truncate_from(&mut self, index: Index) {
        let kept = index.saturating_sub(self.base + 1) as usize;
        self.slots.truncate(kept);
    }
    /// Drops the entries up to this one, which must be in the log.
    pub(super) fn compact_to(&mut self, index: Index) {
        while self.base < index
            && let Some(slot) = self.slots.pop_front()
        {
            (self.base, self.base_term, self.base_chain) =
                (self.base + 1, slot.entry.term, slot.chain);
        }
    }
    /// Drops everything, and begins after this index.
    pub(super) fn reset(&mut self, index: Index, term: Term, chain: u64) {
        self.slots.clear();
        (self.base, self.base_term, self.base_chain) = (index, term, chain);
    }
    /// Up to `most` entries from this index on, to be shared by the messages that carry them.
    pub(super) fn batch(&self, from: Index, most: u64) -> Arc<[Entry<S>]> {
        let start = (from - self.base - 1) as usize;
        let end = self.slots.len().min(start + most as usize);
        self.slots.range(start..end).map(|slot| slot.entry.clone()).collect()
    }
    /// Every entry after this index.
    pub(super) fn after(&self, index: Index) -> impl Iterator<Item = (Index, &Entry<S>)> {
        let start = (index.max(self.base) - self.base) as usize;
        let slots = self.slots.range(start.min(self.slots.len())..);
        (self.base + 1 + start as u64..).zip(slots.map(|slot| &slot.entry))
    }
    /// Where the run of entries of one term that this index ends began, as far as the log goes
    /// back.
    pub(super) fn term_begins(&self, mut index: Index) -> Index {
        let term = self.term_at(index);
        while index > self.base + 1 && self.term_at(index - 1) == term {
            index -= 1;
        }
        index
    }
    /// The last index, not after `before`, whose entry has this term or an earlier one.
    pub(super) fn last_of_term(&self, term: Term, before: Index) -> Option<Index> {
        let mut index = before.min(self.last_index());
        while self.term_at(index)? > term {
            index = index.checked_sub(1)?;
        }
        Some(index)
    }
}
