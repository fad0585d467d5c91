//! Randomness that is named: every draw belongs to a stream, and every stream has a name.
//!
//! Two kinds of generator, because they answer two needs. ChaCha8 makes every key and draws plans. What is
//! drawn while a world runs comes from [`Rng`], eight bytes of SplitMix64 (Steele, Lea and Flood, "Fast
//! Splittable Pseudorandom Number Generators", OOPSLA 2014), so that each of a million idle nodes can have its
//! own and so that a draw can be named by a counter instead of by its place in a shared sequence: take a fault
//! or a message away, and no other draw changes.

use crate::time::{Chance, Span};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use serde::Serialize;

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// What a stream of draws is for; with an index it is the stream's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What a node draws for itself, by machine.
    Node = 1,
    /// What a client draws for itself, by client.
    Client = 2,
    /// Delays, losses and the like, by link and count.
    Link = 3,
    /// How long a disk takes and what a crash leaves on it, by machine.
    Disk = 4,
    /// Which nodes a fault hits, by the fault's id.
    Fault = 5,
    /// Skew and drift of a clock, by machine.
    Clock = 6,
    /// Times written into a plan, by the fault's place in the scenario.
    Plan = 7,
    /// Faults that a nemesis makes up.
    Nemesis = 8,
    /// What a seed chooses of a scenario: the number of nodes, say.
    Scenario = 9,
    /// How a search changes what it has kept.
    Search = 10,
}

/// The ChaCha8 generator of a stream of a seed, for what is drawn before a run begins.
pub fn chacha(seed: u64, stream: Stream, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((stream as u64) << 56 | index);
    rng
}

/// The key of a stream of a seed: 64 bits that ChaCha8 drew.
pub fn key(seed: u64, stream: Stream) -> u64 {
    chacha(seed, stream, 0).next_u64()
}

/// A small counter-based generator: SplitMix64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Rng(u64);

impl Rng {
    /// The generator named `index` under `key`.
    #[inline]
    pub fn named(key: u64, index: u64) -> Rng {
        Rng(mix(key ^ index.wrapping_mul(GOLDEN)))
    }

    /// The generator that goes on from where another one [`stands`](Rng::stands).
    pub fn at(place: u64) -> Rng {
        Rng(place)
    }

    /// Where it stands: all that its further draws depend on.
    pub fn stands(&self) -> u64 {
        self.0
    }

    /// The next 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `n`, or 0 when `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A place in a list of `len` things.
    #[inline]
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// A span from `from` to `to`, both included.
    #[inline]
    pub fn within(&mut self, from: Span, to: Span) -> Span {
        let width = to.0.saturating_sub(from.0);
        if width == 0 {
            return from;
        }
        Span(from.0 + self.below(width + 1))
    }

    /// Whether something that happens with this chance does.
    #[inline]
    pub fn chance(&mut self, chance: Chance) -> bool {
        chance.0 != 0 && self.below(1_000_000_000) < u64::from(chance.0)
    }

    /// Takes `count` of `items`, or all when there are fewer, each equally likely, in the order drawn.
    pub fn choose<T: Copy>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut left = items.to_vec();
        let count = count.min(left.len());
        for i in 0..count {
            let j = i + self.index(left.len() - i);
            left.swap(i, j);
        }
        left.truncate(count);
        left
    }
}

/// Lets `rand`'s distributions draw from it.
impl rand::rand_core::TryRng for Rng {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((self.bits() >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.bits())
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[inline]
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_name_and_seed() {
        let first = |seed, stream, index| Rng::named(key(seed, stream), index).bits();
        assert_ne!(first(1, Stream::Node, 0), first(1, Stream::Node, 1));
        assert_ne!(first(1, Stream::Node, 0), first(1, Stream::Client, 0));
        assert_ne!(first(1, Stream::Node, 0), first(2, Stream::Node, 0));
        assert_eq!(first(1, Stream::Node, 0), first(1, Stream::Node, 0));
    }

    #[test]
    fn draws_stay_within_their_bounds_and_fill_them() {
        let mut rng = Rng::named(7, 7);
        let mut seen = [false; 6];
        for _ in 0..1_000 {
            seen[rng.below(6) as usize] = true;
            let span = rng.within(Span(3), Span(5));
            assert!((3..=5).contains(&span.0));
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(rng.below(0), 0);
        assert!(!rng.chance(Chance::NEVER) && rng.chance(Chance::ALWAYS));
    }

    #[test]
    fn a_choice_holds_no_item_twice() {
        let mut chosen = Rng::named(1, 2).choose(&[1, 2, 3, 4, 5], 4);
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen.len(), 4);
    }
}
