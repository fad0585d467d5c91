//! What happened when: successes, and whether a fault lasted, in bins of virtual time.

use crate::fault::{FaultId, FaultKind};
use crate::outcome::Rhythm;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// So many bins until everything heals.
const BINS: u64 = 100;
/// In a run that lasts many times as long as its faults, the end is left out.
const MOST: usize = 2_000;

/// Takes the rhythm of one run.
#[derive(Clone, Debug)]
pub(super) struct Beats {
    bin: Span,
    heal: Time,
    ok: Vec<u32>,
    struck: Vec<bool>,
    /// Faults that have struck and are not over.
    open: BTreeMap<FaultId, (Time, FaultKind)>,
}

impl Beats {
    pub fn new(heal: Time) -> Beats {
        let bin = Span(((heal.0) / BINS).max(1_000_000));
        Beats { bin, heal, ok: Vec::new(), struck: Vec::new(), open: BTreeMap::new() }
    }

    fn place(&self, at: Time) -> usize {
        usize::try_from(at.0 / self.bin.0).unwrap_or(usize::MAX).min(MOST)
    }

    pub fn success(&mut self, at: Time) {
        let place = self.place(at);
        if place >= self.ok.len() {
            self.ok.resize(place + 1, 0);
        }
        self.ok[place] += 1;
    }

    pub fn strikes(&mut self, id: FaultId, kind: FaultKind, at: Time) {
        self.open.insert(id, (at, kind));
        self.mark(at, at);
    }

    pub fn heals(&mut self, id: FaultId, at: Time) {
        if let Some((since, _)) = self.open.remove(&id) {
            self.mark(since, at);
        }
    }

    fn mark(&mut self, from: Time, until: Time) {
        let (from, until) = (self.place(from), self.place(until));
        if until >= self.struck.len() {
            self.struck.resize(until + 1, false);
        }
        self.struck[from..=until].fill(true);
    }

    /// What was taken, of a run that ended then.
    pub fn finish(mut self, end: Time) -> Rhythm {
        for (since, kind) in std::mem::take(&mut self.open).into_values() {
            // What is over at once never heals, and that which is not for as long as there is a run.
            if !matches!(kind, FaultKind::BitRot | FaultKind::ClockJump) {
                self.mark(since, end);
            }
        }
        let bins = self.place(end) + 1;
        self.ok.resize(bins.min(MOST), 0);
        self.struck.resize(bins.min(MOST), false);
        Rhythm { bin: self.bin, heal: self.heal, ok: self.ok, struck: self.struck }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_falls_into_its_bin() {
        let at = |ms: u64| Time(ms * 1_000_000);
        let id = |fault| FaultId { fault, nth: 1 };
        let mut beats = Beats::new(at(1_000));
        beats.success(at(5));
        beats.success(at(9));
        beats.success(at(25));
        beats.strikes(id(1), FaultKind::Cut, at(30));
        beats.heals(id(1), at(45));
        beats.strikes(id(2), FaultKind::BitRot, at(60));
        beats.strikes(id(3), FaultKind::Crash, at(75));
        let rhythm = beats.finish(at(95));
        assert_eq!((rhythm.bin, rhythm.heal), (Span::millis(10), at(1_000)));
        assert_eq!(rhythm.ok, [2, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        let struck: Vec<usize> =
            (0..rhythm.struck.len()).filter(|place| rhythm.struck[*place]).collect();
        assert_eq!(struck, [3, 4, 6, 7, 8, 9]);
    }

    #[test]
    fn a_long_run_costs_no_more_than_its_faults() {
        let mut beats = Beats::new(Time(100));
        beats.success(Time(u64::MAX));
        let rhythm = beats.finish(Time(u64::MAX));
        assert_eq!(rhythm.ok.len(), MOST);
    }
}
