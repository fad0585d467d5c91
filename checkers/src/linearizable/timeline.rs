//! What both searches walk along: required operations in slots, optional ones in classes.

use crate::linearizable::seen::Seen;
use crate::linearizable::space::Space;
use crate::model::Model;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A set of slots: as many words as the widest moment needs.
pub type Bits = SmallVec<[u64; 1]>;

/// How many of each class have been used.
pub type Used = SmallVec<[u32; 4]>;

/// A required operation.
#[derive(Clone, Copy)]
pub struct Required {
    /// What it does.
    pub act: u32,
    /// Whether it leaves every state as it is.
    pub inert: bool,
    /// Its own among the operations that overlap it: at any place, the slots in use are distinct.
    pub slot: u32,
    /// Which operation of the history it is.
    pub index: usize,
}

/// Optional operations that do the same: which of them is used makes no difference, so they are counted.
pub struct Class {
    /// What each does.
    pub act: u32,
    /// The places of their invocations, and which operation of the history each is, by place.
    pub calls: Vec<(u64, usize)>,
}

/// Something at a place.
#[derive(Clone, Copy)]
pub enum Point {
    /// A required operation is invoked.
    Call(u32),
    /// A required operation returns.
    Return(u32),
}

/// One key's operations laid out along their places.
pub struct Timeline {
    /// The required operations, by invocation.
    pub required: Vec<Required>,
    /// The optional ones.
    pub classes: Vec<Class>,
    /// The invocations and returns of required operations, with their places.
    pub points: Vec<(u64, Point)>,
    /// How many words a set of slots takes.
    pub words: usize,
}

impl Timeline {
    /// Lays operations out.
    pub fn new<'a, S: Model>(seen: &[Seen<'a, S>], space: &mut Space<'a, S>) -> Timeline {
        let mut timeline =
            Timeline { required: Vec::new(), classes: Vec::new(), points: Vec::new(), words: 1 };
        let mut class_of = FxHashMap::<u32, usize>::default();
        for one in seen {
            let act = space.act(one.act);
            if one.required() {
                let number = timeline.required.len() as u32;
                let inert = space.inert(act);
                timeline.required.push(Required { act, inert, slot: 0, index: one.index });
                timeline.points.push((one.call, Point::Call(number)));
                timeline.points.push((one.ret, Point::Return(number)));
                continue;
            }
            let class = *class_of.entry(act).or_insert_with(|| {
                timeline.classes.push(Class { act, calls: Vec::new() });
                timeline.classes.len() - 1
            });
            timeline.classes[class].calls.push((one.call, one.index));
        }
        timeline.points.sort_by_key(|(place, _)| *place);
        timeline.give_slots();
        timeline
    }

    fn give_slots(&mut self) {
        let (mut free, mut slots) = (Vec::new(), 0);
        for (_, point) in &self.points {
            match *point {
                Point::Call(number) => {
                    self.required[number as usize].slot = free.pop().unwrap_or_else(|| {
                        slots += 1;
                        slots - 1
                    });
                }
                Point::Return(number) => free.push(self.required[number as usize].slot),
            }
        }
        self.words = (slots as usize).div_ceil(64).max(1);
    }

    /// The empty set of slots.
    pub fn no_bits(&self) -> Bits {
        smallvec::smallvec![0; self.words]
    }
}

/// Puts a slot into a set.
#[inline]
pub fn set(bits: &mut Bits, slot: u32) {
    bits[slot as usize / 64] |= 1 << (slot % 64);
}
/// Takes a slot out of a set.
#[inline]
pub fn clear(bits: &mut Bits, slot: u32) {
    bits[slot as usize / 64] &= !(1 << (slot % 64));
}
/// Whether a slot is in a set.
#[inline]
pub fn has(bits: &Bits, slot: u32) -> bool {
    bits[slot as usize / 64] >> (slot % 64) & 1 == 1
}

/// Configurations that none of the others makes needless.
///
/// One makes another needless when both have the same state and the same required operations done, and it
/// has used no more of *any* class of optional operations: whatever the other can still do, it can too.
/// Comparing totals instead would be wrong, because one class cannot stand in for another.
pub struct Antichains<K> {
    places: FxHashMap<K, u32>,
    chains: Vec<SmallVec<[Used; 1]>>,
}

impl<K> Default for Antichains<K> {
    fn default() -> Self {
        Antichains { places: FxHashMap::default(), chains: Vec::new() }
    }
}

impl<K: Eq + std::hash::Hash> Antichains<K> {
    /// Adds a configuration; false when another makes it needless.
    pub fn add(&mut self, key: K, used: &Used) -> bool {
        let place = *self.places.entry(key).or_insert_with(|| {
            self.chains.push(SmallVec::new());
            self.chains.len() as u32 - 1
        });
        let chain = &mut self.chains[place as usize];
        if chain.iter().any(|other| no_more(other, used)) {
            return false;
        }
        chain.retain(|other| !no_more(used, other));
        chain.push(used.clone());
        true
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.places.clear();
        self.chains.clear();
    }
}

/// Whether `a` uses no more than `b` of any class.
fn no_more(a: &Used, b: &Used) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}
