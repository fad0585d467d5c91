//! A memory of the newest slots, which slides along with the run.

use super::super::log::Slot;
use std::collections::VecDeque;

/// Something for each of the newest `N` slots; 0 to begin with, and forgotten for older ones.
#[derive(Clone, Debug)]
pub struct Ring<T, const N: usize> {
    base: Slot,
    places: VecDeque<T>,
}

impl<T, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        Ring { base: 1, places: VecDeque::new() }
    }
}

impl<T: Default, const N: usize> Ring<T, N> {
    /// What is remembered of a slot; none when it is too old.
    #[inline]
    pub fn at(&mut self, slot: Slot) -> Option<&mut T> {
        if slot >= self.base + self.places.len() as u64 + N as u64 {
            self.places.clear();
            self.base = slot;
        }
        while slot >= self.base + self.places.len() as u64 {
            if self.places.len() == N {
                self.places.pop_front();
                self.base += 1;
            }
            self.places.push_back(T::default());
        }
        self.places.get_mut(slot.checked_sub(self.base)? as usize)
    }

    /// What is remembered of a slot, if anything was said of it.
    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&T> {
        self.places.get(slot.checked_sub(self.base)? as usize)
    }

    /// Every slot that is remembered, from this one on.
    pub fn from(&self, slot: Slot) -> impl Iterator<Item = (Slot, &T)> {
        let start = slot.saturating_sub(self.base).min(self.places.len() as u64);
        (self.base + start..).zip(self.places.range(start as usize..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_slots_are_remembered() {
        let mut ring = Ring::<u64, 4>::default();
        for slot in 1..=6 {
            *ring.at(slot).unwrap() = slot;
        }
        assert!(ring.at(2).is_none() && ring.get(7).is_none());
        assert_eq!(ring.from(4).collect::<Vec<_>>(), [(4, &4), (5, &5), (6, &6)]);
        *ring.at(1_000_000).unwrap() = 1;
        assert!(ring.get(6).is_none());
    }
}
