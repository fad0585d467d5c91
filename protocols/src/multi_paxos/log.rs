//! The slots: what this acceptor has voted for at each, and what is known to be chosen there.

use crate::ballot::Ballot;
use serde::Serialize;
use sim_core::drive::replay::hash_of;
use sim_core::{NodeSet, Request, Service};
use std::collections::VecDeque;

/// A place in the sequence of commands, from 1: an instance of the consensus algorithm.
pub type Slot = u64;

/// What a slot may hold.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Command<S: Service> {
    /// "A special no-op command that leaves the state unchanged" (section 3), to fill a gap.
    Noop,
    /// A client's request.
    Request(Request<S>),
    /// From a window's length on, these are the acceptors.
    Acceptors(NodeSet),
}

/// A proposed value: a command, which is never changed afterwards.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Value<S: Service> {
    /// What is to be done.
    pub command: Command<S>,
    /// A hash of it, taken once.
    pub checksum: u64,
}

impl<S: Service> Value<S> {
    /// The value that is this command.
    pub fn new(command: Command<S>) -> Self {
        let checksum = hash_of(&command);
        Value { command, checksum }
    }
}

/// A vote: a proposal that an acceptor has accepted. Its ballot is another number than the one that
/// the acceptor has promised, and the two must not be confused.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Vote<S: Service> {
    /// In which ballot.
    pub ballot: Ballot,
    /// For what.
    pub value: Value<S>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Place<S: Service> {
    vote: Option<Vote<S>>,
    chosen: Option<Value<S>>,
}

impl<S: Service> Default for Place<S> {
    fn default() -> Self {
        Place { vote: None, chosen: None }
    }
}

/// The slots after those that were compacted away.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Log<S: Service> {
    base: Slot,
    places: VecDeque<Place<S>>,
}

impl<S: Service> Default for Log<S> {
    fn default() -> Self {
        Log { base: 0, places: VecDeque::new() }
    }
}

impl<S: Service> Log<S> {
    /// The last slot that was compacted away; 0 when none was. All up to there are chosen.
    pub fn base(&self) -> Slot {
        self.base
    }

    /// The vote at a slot.
    #[inline]
    pub fn vote(&self, slot: Slot) -> Option<&Vote<S>> {
        self.place(slot)?.vote.as_ref()
    }

    /// What is chosen at a slot, as far as it is known here.
    #[inline]
    pub fn chosen(&self, slot: Slot) -> Option<&Value<S>> {
        self.place(slot)?.chosen.as_ref()
    }

    /// The highest slot with a vote; 0 when there is none.
    pub fn last_voted(&self) -> Slot {
        let last = self.places.iter().rposition(|place| place.vote.is_some());
        last.map_or(0, |place| self.base + 1 + place as u64)
    }

    /// The highest slot of which anything is known.
    pub fn last_slot(&self) -> Slot {
        self.base + self.places.len() as u64
    }

    /// Every vote from this slot on.
    pub fn votes(&self, from: Slot) -> impl Iterator<Item = (Slot, &Vote<S>)> {
        let start = from.saturating_sub(self.base + 1) as usize;
        let places = self.places.range(start.min(self.places.len())..);
        let votes = (self.base + 1 + start as u64..).zip(places);
        votes.filter_map(|(slot, place)| Some((slot, place.vote.as_ref()?)))
    }

    #[inline]
    fn place(&self, slot: Slot) -> Option<&Place<S>> {
        self.places.get(slot.checked_sub(self.base + 1)? as usize)
    }

    fn place_mut(&mut self, slot: Slot) -> Option<&mut Place<S>> {
        let place = slot.checked_sub(self.base + 1)? as usize;
        if place >= self.places.len() {
            self.places.resize(place + 1, Place::default());
        }
        self.places.get_mut(place)
    }

    /// Votes.
    pub(super) fn cast(&mut self, slot: Slot, vote: Vote<S>) {
        if let Some(place) = self.place_mut(slot) {
            place.vote = Some(vote);
        }
    }

    /// A value is known to be chosen.
    pub(super) fn choose(&mut self, slot: Slot, value: Value<S>) {
        if let Some(place) = self.place_mut(slot) {
            place.chosen = Some(value);
        }
    }

    /// Drops every slot up to this one.
    pub(super) fn compact_to(&mut self, slot: Slot) {
        let gone = slot.saturating_sub(self.base).min(self.places.len() as u64);
        self.places.drain(..gone as usize);
        self.base = self.base.max(slot);
    }

    /// Drops every vote.
    pub(super) fn forget_votes(&mut self) {
        self.places.iter_mut().for_each(|place| place.vote = None);
    }

    /// Up to `most` chosen values that follow each other from this slot on.
    pub(super) fn run_of_chosen(&self, from: Slot, most: u64) -> Vec<Value<S>> {
        (from..from.saturating_add(most)).map_while(|slot| self.chosen(slot).cloned()).collect()
    }
}
