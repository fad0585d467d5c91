//! A campaign: scenarios over many seeds, hunting for failures.
//!
//! Seeds come in fixed ranges of [`RANGE`]. A range knows nothing of any other, so that machines can share a campaign
//! by taking every Nth range; within one, seeds run in batches, on all cores. What a campaign comes to so depends on
//! its arguments alone, and on where it was cut: between batches, or at once.
//!
//! - **Uniform** search draws every seed anew.
//! - **Guided** search changes the inputs whose runs got furthest ([`sim_core::reach`], `mutate`); what is kept is
//!   forgotten at the end of the range.

pub mod corpus;
mod mutate;
pub mod share;

use crate::format::Scenario;
use crate::run::{Case, Course, Extras};
use crate::tally::Collector;
use corpus::{Corpus, Found, Input};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sim_core::outcome::Outcome;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// As many seeds know of each other.
pub const RANGE: u64 = 500;
/// As many seeds run before a guided search looks at what they came to.
const BATCH: u64 = 20;

/// How inputs are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// Each is drawn anew.
    #[default]
    Uniform,
    /// Those whose runs got furthest are changed. A scenario that names faults of its own, or has no nemesis, is
    /// searched uniformly all the same: to change its faults would be to try what it does not say.
    Guided,
}

impl Search {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Search::Uniform => "uniform",
            Search::Guided => "guided",
        }
    }
}

/// Which seeds are run, of a campaign that machines may share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// All seeds of the campaign.
    pub seeds: Range<u64>,
    /// Which share this is, from 0.
    pub shard: u64,
    /// How many shares there are; at least 1.
    pub shards: u64,
}

impl Portion {
    /// All of a campaign.
    pub fn whole(seeds: Range<u64>) -> Portion {
        Portion { seeds, shard: 0, shards: 1 }
    }

    /// The ranges of this share.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> + use<> {
        let Portion { seeds: Range { start, end }, shard, shards } = self.clone();
        let first = start / RANGE;
        let last = end.div_ceil(RANGE);
        let ours = (first..last).filter(move |range| range % shards.max(1) == shard);
        ours.map(move |range| (range * RANGE).max(start)..((range + 1) * RANGE).min(end))
    }

    /// How many seeds this share has.
    pub fn count(&self) -> u64 {
        self.ranges().map(|range| range.end - range.start).sum()
    }
}

/// One run of a campaign.
pub struct Run<'a> {
    /// The place of its target among those of the campaign.
    pub target: usize,
    /// The campaign's seed that it stands for.
    pub number: u64,
    /// What was run.
    pub case: &'a Case<'a>,
    /// What came of it; its seed is the campaign's.
    pub outcome: &'a Outcome,
}

/// Who sees the runs of a campaign, and ends it.
pub trait Watch: Sync {
    /// A run is over. It is called from any thread and in any order.
    fn seen(&self, run: &Run<'_>);
    /// Whether the campaign goes on; asked between batches.
    fn goes_on(&self) -> bool {
        true
    }
    /// Whether runs that have not begun are left out: somebody wants to stop at once.
    fn is_stopped(&self) -> bool {
        false
    }
    /// As many seeds of a uniform search are a batch. At the end of each all cores wait for the last.
    fn batch(&self) -> u64 {
        RANGE
    }
}

/// What a course came to.
#[derive(Default)]
pub struct Harvest {
    /// What was seen.
    pub collected: Collector,
    /// The seed before which it was cut, if it was.
    pub cut: Option<u64>,
    /// How many runs of later seeds were seen all the same.
    pub after_cut: u64,
    /// Inputs that got where none before them in the campaign did, the newest last.
    pub kept: Vec<Found>,
}

/// One protocol under one scenario, on these seeds.
pub struct Target<'a> {
    /// What is run.
    pub course: Course<'a>,
    /// On which seeds.
    pub portion: Portion,
    /// Inputs that got somewhere in earlier campaigns.
    pub known: Vec<Found>,
}

/// Runs a campaign: range by range, each target in turn. `told` hears what a target came to so far after each of its
/// ranges.
pub fn run(
    targets: &[Target<'_>],
    search: Search,
    watch: &dyn Watch,
    told: &mut dyn FnMut(usize, &Harvest),
) -> Vec<Harvest> {
    let mut harvests: Vec<Harvest> = targets.iter().map(|_| Harvest::default()).collect();
    let mut left: Vec<_> = targets.iter().map(|target| target.portion.ranges()).collect();
    loop {
        let mut goes_on = false;
        for (place, (target, harvest)) in targets.iter().zip(&mut harvests).enumerate() {
            if harvest.cut.is_some() {
                continue;
            }
            let Some(range) = left[place].next() else { continue };
            goes_on = true;
            let corpus = Corpus::new(&target.known);
            let Scenario { faults, nemesis, .. } = target.course.scenario;
            let search = match faults.is_empty() && nemesis.is_some() {
                true => search,
                false => Search::Uniform,
            };
            let mut hunt = Hunt { place, course: &target.course, search, corpus, watch };
            harvest.cut = hunt.range(range, harvest);
            told(place, harvest);
        }
        if !goes_on {
            return harvests;
        }
    }
}

/// One course in one range.
struct Hunt<'a> {
    place: usize,
    course: &'a Course<'a>,
    search: Search,
    corpus: Corpus,
    watch: &'a dyn Watch,
}

/// As many inputs as a target keeps for later campaigns.
const KEPT: usize = 1_000;

impl Hunt<'_> {
    /// Runs a range. The seed before which it was cut, if it was.
    fn range(&mut self, range: Range<u64>, harvest: &mut Harvest) -> Option<u64> {
        let mut at = range.start;
        while at < range.end {
            if !self.watch.goes_on() {
                return Some(at);
            }
            let batch = match self.search {
                Search::Uniform => self.watch.batch(),
                Search::Guided => BATCH,
            };
            let batch = at..(at + batch.max(1)).min(range.end);
            at = batch.end;
            let ran = self.batch(batch);
            let cut = ran.iter().find(|(_, ran)| ran.is_none()).map(|(number, _)| *number);
            for (number, (input, outcome)) in
                ran.into_iter().filter_map(|(number, ran)| Some((number, ran?)))
            {
                harvest.after_cut += u64::from(cut.is_some_and(|cut| number > cut));
                let found = self.corpus.take(input, &outcome);
                harvest.kept.extend(found.filter(|found| harvest.collected.is_new(&found.states)));
                let expect = self.course.expect(outcome.nodes);
                harvest.collected.add(outcome, &expect);
            }
            let kept = harvest.kept.len();
            harvest.kept.drain(..kept.saturating_sub(KEPT));
            if cut.is_some() {
                return cut;
            }
        }
        None
    }

    /// Runs a batch, and gives what came of each seed, in their order. They are begun in their order, too, however many
    /// cores there are, so that little is run beyond a cut.
    fn batch(&self, seeds: Range<u64>) -> Vec<(u64, Option<(Input, Outcome)>)> {
        let next = AtomicU64::new(seeds.start);
        let ran =
            (0..(seeds.end - seeds.start) as usize).into_par_iter().with_max_len(1).map(|_| {
                let number = next.fetch_add(1, Ordering::Relaxed);
                (number, self.one(number))
            });
        let mut ran: Vec<_> = ran.collect();
        ran.sort_unstable_by_key(|(number, _)| *number);
        ran
    }

    fn one(&self, number: u64) -> Option<(Input, Outcome)> {
        if self.watch.is_stopped() {
            return None;
        }
        let case = match self.search {
            Search::Uniform => self.course.case(number),
            Search::Guided => self.corpus.next(self.course, number),
        };
        let extras = Extras { reach: true, ..Extras::default() };
        let mut outcome = self.course.run_case(&case, extras).outcome;
        outcome.seed = number;
        self.watch.seen(&Run { target: self.place, number, case: &case, outcome: &outcome });
        Some((Input::of(case), outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_together_are_the_whole() {
        let seeds = 130..2_345;
        let whole: Vec<u64> = Portion::whole(seeds.clone()).ranges().flatten().collect();
        assert_eq!(whole, seeds.clone().collect::<Vec<_>>());
        let mut shared: Vec<u64> = (0..4)
            .flat_map(|shard| Portion { seeds: seeds.clone(), shard, shards: 4 }.ranges().flatten())
            .collect();
        shared.sort_unstable();
        assert_eq!(shared, whole);
    }
}
