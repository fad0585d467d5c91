//! A memory of the newest of numbered things, which slides along with the run.

use std::collections::VecDeque;

/// Something for each of the newest `N` of what is numbered from 1: a default to begin with, and forgotten for older
/// ones.
#[derive(Clone, Debug)]
pub struct Ring<T, const N: usize> {
    base: u64,
    places: VecDeque<T>,
}

impl<T, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        Ring { base: 1, places: VecDeque::new() }
    }
}

impl<T: Default, const N: usize> Ring<T, N> {
    /// What is remembered of a number; none when it is too old.
    #[inline]
    pub fn at(&mut self, number: u64) -> Option<&mut T> {
        if number >= self.base + self.places.len() as u64 + N as u64 {
            self.places.clear();
            self.base = number;
        }
        while number >= self.base + self.places.len() as u64 {
            if self.places.len() == N {
                self.places.pop_front();
                self.base += 1;
            }
            self.places.push_back(T::default());
        }
        self.places.get_mut(number.checked_sub(self.base)? as usize)
    }

    /// What is remembered of a number, if anything was said of it.
    #[inline]
    pub fn get(&self, number: u64) -> Option<&T> {
        self.places.get(number.checked_sub(self.base)? as usize)
    }

    /// What is remembered, from this number on.
    pub fn from(&self, number: u64) -> impl Iterator<Item = (u64, &T)> {
        let start = number.saturating_sub(self.base).min(self.places.len() as u64);
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
