//! A run that must be the one that was recorded: it stops where it departs.
//!
//! A run is named by its settings, plan and seed, so a recording need not hold its events: the digest after
//! every step, or after some, is enough to tell the run that was recorded from any other.

use crate::context::Effect;
use crate::nodes::Nodes;
use crate::observe::{ClientStep, FaultStep, Lost, Observer, Step};
use crate::process::Process;
use std::hash::{Hash, Hasher};

/// A running fold of 64 bits: strong enough to tell runs apart, one multiplication a word.
///
/// Every width is folded as 64 bits, so that platforms agree. The standard library does not promise that `Hash`
/// feeds the same words in every release, so folds are compared between runs of one build and not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold(u64);

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u8(&mut self, x: u8) {
        self.write_u64(u64::from(x));
    }
    #[inline]
    fn write_u16(&mut self, x: u16) {
        self.write_u64(u64::from(x));
    }
    #[inline]
    fn write_u32(&mut self, x: u32) {
        self.write_u64(u64::from(x));
    }
    #[inline]
    fn write_u64(&mut self, x: u64) {
        let product = u128::from(self.0 ^ x) * 0x9E37_79B9_7F4A_7C15_u128;
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(0x2545_F491_4F6C_DD1D);
    }
    #[inline]
    fn write_usize(&mut self, x: usize) {
        self.write_u64(x as u64);
    }
    #[inline]
    fn write_isize(&mut self, x: isize) {
        self.write_u64(x as u64);
    }
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The fold of one value.
pub fn hash_of(value: &impl Hash) -> u64 {
    let mut fold = Fold(1);
    value.hash(&mut fold);
    fold.finish()
}

/// Folds a run into 64 bits: effects in full, causes by the number of their event. It keeps the digest at some
/// steps on the way, ever sparser, so that a run that differs can say between which steps it began to.
#[derive(Clone, Debug)]
pub struct Digest {
    fold: Fold,
    steps: u64,
    waypoints: Vec<(u64, u64)>,
    /// The step of the next waypoint, and how far apart they are.
    next: u64,
    stride: u64,
}

/// As many waypoints as a digest keeps at most.
const WAYPOINTS: usize = 64;

impl Default for Digest {
    fn default() -> Self {
        Digest { fold: Fold::default(), steps: 0, waypoints: Vec::new(), next: 16, stride: 16 }
    }
}

impl Digest {
    /// The digest so far.
    pub fn value(&self) -> u64 {
        self.fold.finish()
    }

    /// (step, digest) at some steps on the way.
    pub fn waypoints(&self) -> &[(u64, u64)] {
        &self.waypoints
    }

    #[inline]
    fn pass(&mut self, number: u64) {
        self.steps += 1;
        if self.steps == self.next {
            self.mark(number);
        }
    }

    #[cold]
    fn mark(&mut self, number: u64) {
        self.waypoints.push((number, self.fold.finish()));
        if self.waypoints.len() == WAYPOINTS {
            let mut odd = false;
            self.waypoints.retain(|_| {
                odd = !odd;
                !odd
            });
            self.stride *= 2;
        }
        self.next = (self.steps / self.stride + 1) * self.stride;
    }
}

impl<P: Process> Observer<P> for Digest {
    #[inline]
    fn observe(&mut self, _: &Nodes<P>, step: &Step<'_, P>) {
        let fold = &mut self.fold;
        // Which event it was tells why the step was taken; a boot has none.
        fold.write_u64(step.at.0 ^ (step.event ^ u64::from(step.machine) << 32).rotate_left(24));
        if step.event == 0 {
            fold.write_u64(u64::MAX);
        }
        for effect in step.effects {
            Effect::hash(effect, fold);
        }
        self.pass(step.number);
    }
    fn client(&mut self, step: &ClientStep<'_, P>) {
        let fold = &mut self.fold;
        fold.write_u64(step.at.0);
        fold.write_u64(u64::from(step.client.0) << 32 ^ step.event);
        step.effects.hash(fold);
        self.pass(step.number);
    }
    fn fault(&mut self, _: &Nodes<P>, step: &FaultStep<'_>) {
        let fold = &mut self.fold;
        (step.at.0, step.id, step.kind, step.phase, step.hit).hash(fold);
        self.pass(step.number);
    }
    fn lost(&mut self, lost: &Lost) {
        self.fold.write_u64(lost.event << 3 | lost.why as u64);
    }
}

/// Where a run departed from its recording: after the first step, at the latest at the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Up to this step both were the same.
    pub after: u64,
    /// At this step they were not.
    pub by: u64,
}

/// Compares the waypoints of a run with those of its recording.
pub fn departure(recorded: &[(u64, u64)], run: &[(u64, u64)], steps: u64) -> Option<Departure> {
    let mut after = 0;
    for (step, digest) in recorded {
        match run.iter().find(|(other, _)| other == step) {
            Some((_, same)) if same == digest => after = *step,
            Some(_) => return Some(Departure { after, by: *step }),
            None if *step <= steps => continue,
            None => return Some(Departure { after, by: steps }),
        }
    }
    None
}

/// The digest after every step: what two runs of one seed are compared by, step by step.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    digest: Digest,
    steps: Vec<u64>,
}

impl Recording {
    /// The first step at which two recordings differ.
    pub fn first_difference(&self, other: &Recording) -> Option<u64> {
        let common = self.steps.iter().zip(&other.steps);
        let place = common.take_while(|(a, b)| a == b).count();
        let differs = place < self.steps.len().max(other.steps.len());
        differs.then_some(place as u64 + 1)
    }
}

impl<P: Process> Observer<P> for Recording {
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        self.digest.observe(nodes, step);
        self.steps.push(self.digest.value());
    }
    fn client(&mut self, step: &ClientStep<'_, P>) {
        Observer::<P>::client(&mut self.digest, step);
        self.steps.push(self.digest.value());
    }
    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
        self.digest.fault(nodes, step);
        self.steps.push(self.digest.value());
    }
    fn lost(&mut self, lost: &Lost) {
        Observer::<P>::lost(&mut self.digest, lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_departure_is_found_between_the_waypoints_around_it() {
        let recorded = [(10, 1), (20, 2), (30, 3)];
        assert_eq!(departure(&recorded, &recorded, 35), None);
        let run = [(10, 1), (20, 9), (30, 9)];
        assert_eq!(departure(&recorded, &run, 35), Some(Departure { after: 10, by: 20 }));
        assert_eq!(departure(&recorded, &run[..1], 15), Some(Departure { after: 10, by: 15 }));
    }
}
