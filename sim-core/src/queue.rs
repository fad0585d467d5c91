//! Pending events, earliest first; of the same instant, first made first.
//!
//! A ring of buckets, each a slice of virtual time, with a bitmap of those that hold something (R. Brown,
//! "Calendar Queues", CACM 1988, without the resizing). Only the bucket that time has reached is sorted. What is
//! further away than the ring reaches waits in a heap. The cost of an event then does not grow with how many are
//! pending, as a heap's does once it has outgrown the cache. Buckets give their memory back to a pool when they
//! are drained, so that it follows what is pending and not what once was.
//!
//! A small cluster has a dozen events pending, and a ring of a thousand buckets is then a thousand cold places to
//! put them. So while there are few, all of them are in the sorted list, whatever their time; when there are many,
//! its later half goes to the ring.

use crate::time::Time;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A bucket is 2^14 ns wide, 16 µs.
const SHIFT: u32 = 14;
const BUCKETS: u64 = 1024;
const WORDS: usize = BUCKETS as usize / 64;
/// So many events need no ring.
const FEW: usize = 32;

#[derive(Clone, Debug)]
struct Entry<T> {
    at: Time,
    made: u64,
    item: T,
}

impl<T> Entry<T> {
    #[inline]
    fn key(&self) -> (Time, u64) {
        (self.at, self.made)
    }
    #[inline]
    fn bucket(&self) -> u64 {
        self.at.0 >> SHIFT
    }
}
impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    /// Reversed: the heap's greatest is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    ring: Vec<Vec<Entry<T>>>,
    occupied: [u64; WORDS],
    /// What is in this bucket or an earlier one is in `open`, latest first.
    current: u64,
    open: Vec<Entry<T>>,
    /// How many are in the ring and beyond it.
    filed: usize,
    beyond: BinaryHeap<Entry<T>>,
    /// Drained buckets, whose memory the next ones take.
    spare: Vec<Vec<Entry<T>>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue {
            ring: (0..BUCKETS).map(|_| Vec::new()).collect(),
            occupied: [0; WORDS],
            current: 0,
            open: Vec::new(),
            filed: 0,
            beyond: BinaryHeap::new(),
            spare: Vec::new(),
        }
    }
}

impl<T> Queue<T> {
    /// Adds an event; `made` is its place in the order in which events were made, the last so far.
    #[inline]
    pub fn push(&mut self, at: Time, made: u64, item: T) {
        let entry = Entry { at, made, item };
        let bucket = entry.bucket();
        if bucket > self.current {
            if self.filed > 0 || self.open.len() >= FEW {
                return self.file(bucket, entry);
            }
            self.current = bucket;
        }
        // From the end, because what is pushed is mostly near.
        let later = self.open.iter().rposition(|other| other.at > at);
        self.open.insert(later.map_or(0, |later| later + 1), entry);
        if self.open.len() > 2 * FEW {
            self.part();
        }
    }

    /// Takes the earliest event, if there is one no later than `until`.
    #[inline]
    pub fn pop(&mut self, until: Time) -> Option<(Time, u64, T)> {
        if self.open.is_empty() && (self.filed == 0 || !self.advance()) {
            return None;
        }
        if self.open.last()?.at > until {
            return None;
        }
        self.open.pop().map(|entry| (entry.at, entry.made, entry.item))
    }

    /// Adds an event that is later than all in the sorted list.
    fn file(&mut self, bucket: u64, entry: Entry<T>) {
        self.filed += 1;
        if bucket - self.current < BUCKETS {
            self.put(bucket, entry);
        } else {
            self.beyond.push(entry);
        }
    }

    /// Moves the later half of the sorted list out of it, as far as it is in other buckets than the rest.
    fn part(&mut self) {
        let last = self.open[self.open.len() / 2].bucket();
        if last == self.current {
            return;
        }
        // The ring now reaches less far.
        for i in 0..self.ring.len() {
            if self.ring[i].first().is_some_and(|entry| entry.bucket() - last >= BUCKETS) {
                self.occupied[i / 64] &= !(1 << (i % 64));
                let entries = std::mem::take(&mut self.ring[i]);
                self.beyond.extend(entries);
            }
        }
        self.current = last;
        let later = self.open.partition_point(|entry| entry.bucket() > last);
        let rest = self.open.split_off(later);
        for entry in std::mem::replace(&mut self.open, rest) {
            self.file(entry.bucket(), entry);
        }
    }

    #[inline]
    fn put(&mut self, bucket: u64, entry: Entry<T>) {
        let i = (bucket % BUCKETS) as usize;
        let list = &mut self.ring[i];
        if list.is_empty() {
            self.occupied[i / 64] |= 1 << (i % 64);
            if list.capacity() == 0
                && let Some(spare) = self.spare.pop()
            {
                *list = spare;
            }
        }
        list.push(entry);
    }

    /// Opens the next bucket that holds something; false when nothing is pending.
    fn advance(&mut self) -> bool {
        let near = self.next_occupied();
        let far = self.beyond.peek().map(Entry::bucket);
        let Some(next) = near.into_iter().chain(far).min() else { return false };
        self.current = next;
        let i = (next % BUCKETS) as usize;
        self.occupied[i / 64] &= !(1 << (i % 64));
        std::mem::swap(&mut self.open, &mut self.ring[i]);
        if self.ring[i].capacity() > 0 {
            self.spare.push(std::mem::take(&mut self.ring[i]));
        }
        while let Some(entry) = self.beyond.peek() {
            let bucket = entry.bucket();
            if bucket - next >= BUCKETS {
                break;
            }
            let Some(entry) = self.beyond.pop() else { break };
            if bucket == next { self.open.push(entry) } else { self.put(bucket, entry) }
        }
        self.filed -= self.open.len();
        if self.open.len() > 1 {
            self.open.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.key()));
        }
        true
    }

    /// The nearest bucket of the ring after the current one that holds something.
    #[inline]
    fn next_occupied(&self) -> Option<u64> {
        let start = ((self.current + 1) % BUCKETS) as usize;
        let (word, bit) = (start / 64, start % 64);
        let first = self.occupied[word] >> bit;
        if first != 0 {
            return Some(self.current + 1 + u64::from(first.trailing_zeros()));
        }
        for step in 1..=WORDS {
            let bits = self.occupied[(word + step) % WORDS];
            if bits != 0 {
                let ahead = (step * 64 - bit) as u64 + u64::from(bits.trailing_zeros());
                return Some(self.current + 1 + ahead);
            }
        }
        None
    }

    /// How many events are pending.
    #[inline]
    pub fn len(&self) -> usize {
        self.open.len() + self.filed
    }

    /// Every pending event, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, u64, &T)> {
        let entries = self.open.iter().chain(self.ring.iter().flatten()).chain(&self.beyond);
        entries.map(|entry| (entry.at, entry.made, &entry.item))
    }

    /// Drops the events for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(u64, &T) -> bool) {
        self.open.retain(|entry| keep(entry.made, &entry.item));
        for (i, list) in self.ring.iter_mut().enumerate() {
            list.retain(|entry| keep(entry.made, &entry.item));
            if list.is_empty() {
                self.occupied[i / 64] &= !(1 << (i % 64));
            }
        }
        self.beyond.retain(|entry| keep(entry.made, &entry.item));
        self.filed = self.ring.iter().map(Vec::len).sum::<usize>() + self.beyond.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a sorted list: events near, far, in the same bucket and in the past.
        #[test]
        fn pops_in_the_order_of_time_then_making(
            script in prop::collection::vec((0u64..4, 0u64..1 << 26, prop::bool::weighted(0.3)), 1..500)
        ) {
            let (mut queue, mut model) = (Queue::default(), Vec::new());
            let (mut now, mut made) = (0, 0);
            for (scale, offset, pop) in script {
                if pop {
                    model.sort_unstable();
                    let expected = (!model.is_empty()).then(|| model.remove(0));
                    let popped = queue.pop(Time::NEVER).map(|(at, made, item)| {
                        assert_eq!(made, item);
                        (at.0, made)
                    });
                    prop_assert_eq!(popped, expected);
                    now = popped.map_or(now, |p: (u64, u64)| p.0);
                } else {
                    made += 1;
                    let at = now + (offset >> (scale * 8));
                    queue.push(Time(at), made, made);
                    model.push((at, made));
                }
            }
            queue.retain(|_, item| item % 2 == 0);
            model.retain(|(_, made)| made % 2 == 0);
            prop_assert_eq!(queue.iter().count(), model.len());
            model.sort_unstable();
            for expected in model {
                let (at, made, _) = queue.pop(Time::NEVER).expect("the model has more");
                prop_assert_eq!((at.0, made), expected);
            }
            prop_assert!(queue.pop(Time::NEVER).is_none());
        }
    }
}
