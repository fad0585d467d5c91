//! A witness: the order in which the system itself says that it did the operations.
//!
//! A replicated log executes one operation a slot, and claims so. When that order explains what clients saw,
//! the history is linearizable and nothing has to be searched, however many operations were open at once; to
//! check a witness takes `n log n`. When it does not, nothing is known: the system may have lied about its
//! order and still be linearizable, and then the searches decide.
//!
//! Reads may have no place in the order. Each is put at the earliest place that explains it, in the order of
//! invocation: that leaves the most room to those that come after.

use super::seen::Seen;
use crate::model::Model;
use rustc_hash::FxHashMap;
use sim_core::RequestId;
use sim_core::history::Operation;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The places of requests in an order that the system exposed.
pub struct Witness(FxHashMap<RequestId, u64>);

impl Witness {
    /// The witness of an order: each request at its first place.
    pub fn of(order: &[RequestId]) -> Witness {
        let mut places = FxHashMap::default();
        for (place, id) in order.iter().enumerate() {
            places.entry(*id).or_insert(place as u64);
        }
        Witness(places)
    }

    /// Whether the order explains what was seen of a key.
    pub fn explains<S: Model>(
        &self,
        initial: &S,
        history: &[Operation<S>],
        seen: &[Seen<'_, S>],
    ) -> bool {
        let mut placed: Vec<(u64, Seen<'_, S>)> = Vec::new();
        let mut reads = Vec::new();
        for seen in seen {
            match self.0.get(&history[seen.index].id) {
                Some(place) => placed.push((*place, *seen)),
                None if !seen.required() => {}
                None if S::is_read(seen.act.op) => reads.push(*seen),
                None => return false,
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        let placed: Vec<Seen<'_, S>> = placed.into_iter().map(|(_, seen)| seen).collect();
        let Some(states) = states(initial, &placed) else { return false };
        reads.sort_by_key(|read| read.call);
        every_read_fits(&states, &Bounds::of(&placed), &reads)
    }
}

/// The states before, between and after operations done in this order, if it respects time and gives the replies
/// that were seen.
fn states<S: Model>(initial: &S, placed: &[Seen<'_, S>]) -> Option<Vec<S>> {
    let mut state = initial.clone();
    let mut states = Vec::with_capacity(placed.len() + 1);
    let mut latest_call = 0;
    states.push(state.clone());
    for seen in placed {
        latest_call = seen.call.max(latest_call);
        if seen.ret < latest_call {
            return None;
        }
        let reply = state.apply(seen.act.op);
        if seen.act.reply.is_some_and(|expected| *expected != reply) {
            return None;
        }
        states.push(state.clone());
    }
    Some(states)
}

/// Between which operations of the order a read may stand.
struct Bounds {
    /// (return, how many of the order come up to the latest that has returned by then)
    after: Vec<(u64, usize)>,
    /// (call, how many come before the earliest that is called from then on)
    before: Vec<(u64, usize)>,
}

impl Bounds {
    fn of<S: Model>(placed: &[Seen<'_, S>]) -> Bounds {
        let places = || placed.iter().enumerate();
        let mut after: Vec<(u64, usize)> = places().map(|(i, seen)| (seen.ret, i + 1)).collect();
        after.sort_unstable();
        let mut most = 0;
        for (_, place) in &mut after {
            most = most.max(*place);
            *place = most;
        }
        let mut before: Vec<(u64, usize)> = places().map(|(i, seen)| (seen.call, i)).collect();
        before.sort_unstable();
        let mut least = placed.len();
        for (_, place) in before.iter_mut().rev() {
            least = least.min(*place);
            *place = least;
        }
        Bounds { after, before }
    }

    fn earliest(&self, call: u64) -> usize {
        let returned = self.after.partition_point(|(ret, _)| *ret < call);
        returned.checked_sub(1).map_or(0, |last| self.after[last].1)
    }

    fn latest(&self, ret: u64) -> usize {
        let begun = self.before.partition_point(|(call, _)| *call < ret);
        self.before.get(begun).map_or(self.before.len(), |(_, place)| *place)
    }
}

fn every_read_fits<S: Model>(states: &[S], bounds: &Bounds, reads: &[Seen<'_, S>]) -> bool {
    let mut open: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut reached = 0;
    for read in reads {
        // Reads that returned before this one was called stand before it.
        while let Some(Reverse((ret, place))) = open.peek().copied() {
            if ret > read.call {
                break;
            }
            open.pop();
            reached = place.max(reached);
        }
        let places = bounds.earliest(read.call).max(reached)..=bounds.latest(read.ret);
        let explains = |place: &usize| {
            let reply = states[*place].clone().apply(read.act.op);
            read.act.reply.is_some_and(|expected| *expected == reply)
        };
        let mut places = places;
        let Some(place) = places.find(explains) else { return false };
        open.push(Reverse((read.ret, place)));
    }
    true
}
