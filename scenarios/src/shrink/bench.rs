//! Where candidates are tried: each is run once, and kept when it breaks as the failure did.

use super::Size;
use crate::fingerprint::fingerprint;
use crate::format::{Scenario, Subject, read, write};
use crate::run::{self, Course, Extras, LIMIT};
use crate::words::Words;
use protocols::{Catalogue, Job, Ran};
use rayon::prelude::*;
use sim_core::drive::replay::hash_of;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::{Span, Time};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much longer than the failure took a candidate may take.
const MORE: Span = Span::millis(500);

/// How much the checker of histories tries for each key, at first: nothing, where another property is asked about; as
/// much as is enough for most that break; and as much as ever. A candidate of which that does not decide does not
/// count.
pub(super) const EFFORTS: [u64; 3] = [0, 20_000, run::BUDGET];
/// So many seeds are tried at once, at most.
const AT_ONCE: usize = 16;

/// What has to break again, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaks {
    /// The property.
    pub property: String,
    /// Whether it was promised under what struck.
    pub promised: bool,
    /// What breaches of the same shape have in common.
    pub fingerprint: String,
}

impl Breaks {
    /// How a property broke in a run, if it did.
    pub fn of(outcome: &Outcome, property: &str) -> Option<Breaks> {
        let finding = outcome.finding(property).filter(|one| one.verdict == Verdict::Broken)?;
        Some(Breaks {
            property: property.to_owned(),
            promised: finding.promised,
            fingerprint: fingerprint(property, &finding.why),
        })
    }
}

/// Where candidates are run: any number of them at once, because none changes it.
pub(super) struct Rig {
    pub catalogue: Catalogue,
    pub wanted: Breaks,
    /// How many events a run may take before it is no candidate any more.
    limit: u64,
    /// How long candidates go on after the healing, when the property breaks at some moment: nothing that comes later
    /// can change that it did.
    afterwards: Option<Span>,
    /// As many configurations as the checker of histories visits for a key. None are worth a visit where another
    /// property is asked about.
    effort: u64,
}

/// Tries candidates, and keeps the best so far.
pub(super) struct Bench<'a> {
    pub rig: Rig,
    pub words: Words,
    /// The smallest scenario so far that breaks as wanted.
    pub best: Scenario,
    /// What that hashes to.
    pub best_name: u64,
    /// What its run came to.
    pub outcome: Outcome,
    /// How many runs were made, and how many may be.
    pub runs: u64,
    pub budget: u64,
    /// What was tried before, by what it hashes to.
    tried: BTreeSet<u64>,
    stop: &'a AtomicBool,
    seen: &'a dyn Fn(&Scenario, u64),
}

/// What was the best at some time.
pub(super) struct Kept {
    best: Scenario,
    name: u64,
    outcome: Outcome,
}

impl Kept {
    /// How many elements it has.
    pub fn size(&self) -> usize {
        Size::of(&self.best).elements()
    }
}

impl Rig {
    /// Runs a candidate no longer than it takes to see whether it breaks.
    pub fn try_out(&self, scenario: &Scenario, extras: Extras) -> Option<Ran> {
        let Some(afterwards) = self.afterwards else {
            return self.run_with(self.effort, scenario, Extras { brief: true, ..extras });
        };
        let settle = scenario.settle.map_or(afterwards, |settle| settle.min(afterwards));
        let short = Scenario { settle: Some(settle), ..scenario.clone() };
        self.run_with(self.effort, &short, extras)
    }

    /// Runs a scenario on its own seed, as long as it lasts.
    pub fn run(&self, scenario: &Scenario, extras: Extras) -> Option<Ran> {
        self.run_with(run::BUDGET, scenario, extras)
    }

    fn run_with(&self, budget: u64, scenario: &Scenario, extras: Extras) -> Option<Ran> {
        let subject = scenario.subjects.first()?;
        let course = Course::new(self.catalogue, "", scenario, subject, &[]).ok()?;
        let seed = scenario.own_seeds().start;
        let case = course.case(seed);
        let job = case.job(extras);
        Some(course.entry().run(&Job { digest: false, limit: self.limit, budget, ..job }))
    }

    /// Whether a run broke as wanted.
    pub fn is_wanted(&self, outcome: &Outcome) -> bool {
        Breaks::of(outcome, &self.wanted.property).as_ref() == Some(&self.wanted)
    }
}

impl<'a> Bench<'a> {
    pub fn new(
        catalogue: Catalogue,
        best: Scenario,
        wanted: Breaks,
        budget: u64,
        stop: &'a AtomicBool,
        seen: &'a dyn Fn(&Scenario, u64),
    ) -> Self {
        Bench {
            rig: Rig { catalogue, wanted, limit: LIMIT, afterwards: None, effort: run::BUDGET },
            words: Words::of(catalogue),
            best,
            best_name: 0,
            outcome: Outcome::default(),
            runs: 0,
            budget,
            tried: BTreeSet::new(),
            stop,
            seen,
        }
    }

    /// How many elements are left.
    pub fn size(&self) -> usize {
        Size::of(&self.best).elements()
    }

    /// The best so far, to come back to.
    pub fn kept(&self) -> Kept {
        Kept { best: self.best.clone(), name: self.best_name, outcome: self.outcome.clone() }
    }

    /// Comes back to what was the best then.
    pub fn restore(&mut self, kept: Kept) {
        (self.best, self.best_name, self.outcome) = (kept.best, kept.name, kept.outcome);
    }

    /// Whether no more runs may be made.
    pub fn is_spent(&self) -> bool {
        self.runs >= self.budget || self.is_stopped()
    }

    /// Whether somebody wants what there is by now.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Runs the best as long as it lasts. False when it does not break as wanted.
    pub fn breaks_in_full(&mut self) -> bool {
        self.breaks_with(run::BUDGET)
    }

    fn breaks_with(&mut self, effort: u64) -> bool {
        self.runs += 1;
        let ran = self.rig.run_with(effort, &self.best, Extras::default());
        let Some(ran) = ran else { return false };
        self.outcome = ran.outcome;
        self.rig.is_wanted(&self.outcome)
    }

    /// Runs the failure itself, and sees how long candidates need be. False when it does not break as wanted.
    pub fn begin(&mut self, effort: u64) -> bool {
        self.rig.effort = effort;
        let breaks = self.breaks_with(effort);
        // With less going wrong a run is seldom longer; one that never ends is not worth its time.
        self.rig.limit = self.outcome.steps.saturating_mul(4).saturating_add(100_000).min(LIMIT);
        self.best_name = self.name(&mut self.best.clone());
        self.rig.afterwards = self.moment(&self.outcome).map(|after| after + MORE);
        breaks
    }

    /// Begins anew with this one, and lets every candidate last as long as it says.
    pub fn begin_in_full(&mut self, first: Scenario) {
        self.tried.clear();
        self.best = first;
        self.begin(self.rig.effort);
        self.rig.afterwards = None;
    }

    /// Whether candidates are cut short.
    pub fn is_short(&self) -> bool {
        self.rig.afterwards.is_some()
    }

    /// How long after the healing of the best the property broke for good; none when it is one of those that break
    /// because in the end something has not come about.
    fn moment(&self, outcome: &Outcome) -> Option<Span> {
        let heal = Time(self.best.duration.0);
        let finding = outcome.finding(&self.rig.wanted.property)?;
        Some(finding.at.filter(|at| *at < heal + outcome.settle)?.since(heal))
    }

    /// Keeps a candidate when it breaks as wanted, and a file can say it.
    pub fn keep(&mut self, mut candidate: Scenario) -> bool {
        if self.is_spent() {
            return false;
        }
        let name = self.name(&mut candidate);
        // What broke before was kept then; what is asked for again did not.
        if name == self.best_name || !self.tried.insert(name) {
            return false;
        }
        self.runs += 1;
        let Some(ran) = self.rig.try_out(&candidate, Extras::default()) else { return false };
        if !self.rig.is_wanted(&ran.outcome) || !self.is_sound(&candidate) {
            return false;
        }
        self.adopt(candidate, name, ran.outcome);
        true
    }

    fn adopt(&mut self, best: Scenario, name: u64, outcome: Outcome) {
        (self.best, self.best_name, self.outcome) = (best, name, outcome);
        let later = self.moment(&self.outcome).map(|after| after + MORE);
        self.rig.afterwards = self.rig.afterwards.map(|known| known.max(later.unwrap_or_default()));
        (self.seen)(&self.best, self.runs);
    }

    /// Keeps a candidate on its own seed, or on the first of so many others on which it breaks as wanted. They are run
    /// on all cores, and counted as if one had been run after another.
    pub fn keep_on_some_seed(&mut self, mut candidate: Scenario, others: u64) -> bool {
        let name = hash_of(&(self.name(&mut candidate), others));
        if self.is_spent() || !self.tried.insert(name) || !self.is_sound(&candidate) {
            return false;
        }
        let left = usize::try_from(self.budget - self.runs).unwrap_or(usize::MAX);
        let seeds = candidate.seed.into_iter().chain(0..others);
        let seeds: Vec<(usize, u64)> = (1..=left).zip(seeds).collect();
        let (rig, stop) = (&self.rig, self.stop);
        let tries = |(number, seed): &(usize, u64)| {
            let on_seed = Scenario { seed: Some(*seed), ..candidate.clone() };
            let is_stopped = stop.load(Ordering::Relaxed);
            let ran = if is_stopped { None } else { rig.try_out(&on_seed, Extras::default()) };
            let outcome = ran.map(|ran| ran.outcome).filter(|outcome| rig.is_wanted(outcome))?;
            Some((*number, on_seed, outcome))
        };
        let found = seeds.chunks(AT_ONCE).find_map(|some| some.par_iter().find_map_first(tries));
        let Some((number, mut best, outcome)) = found else {
            self.runs += seeds.len() as u64;
            return false;
        };
        self.runs += number as u64;
        let name = self.name(&mut best);
        self.adopt(best, name, outcome);
        true
    }

    /// The same for one that is changed by a function of the best so far; nothing is run when that changes nothing.
    pub fn keep_with(&mut self, change: impl FnOnce(&mut Scenario)) -> bool {
        if self.is_spent() {
            return false;
        }
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.keep(candidate)
    }

    /// Whether a file can say it.
    pub fn is_sound(&self, scenario: &Scenario) -> bool {
        self.said(scenario).is_ok()
    }

    /// Says it in a file, and reads that.
    ///
    /// # Errors
    ///
    /// Why that cannot be done.
    pub fn said(&self, scenario: &Scenario) -> Result<(), String> {
        let text = write(scenario, &self.words, &[])?;
        read(text.as_bytes(), "", &self.words).map(drop).map_err(|wrong| wrong.render(false))
    }

    /// What a scenario hashes to, its options included. It is as it was afterwards.
    pub fn name(&self, scenario: &mut Scenario) -> u64 {
        let load = scenario.clients.load.as_deref().unwrap_or_default();
        let options = |subject: &Subject| {
            let entry = self.rig.catalogue.get(&subject.protocol)?;
            let own = subject.load.as_ref().map(|options| entry.write_load(load, options));
            Some(format!("{:?} {own:?}", entry.write_options(&subject.options)))
        };
        let options: Vec<Option<String>> = scenario.subjects.iter().map(options).collect();
        // The long lists are hashed as they are: to put them into words takes longer than many a run.
        let messages = std::mem::take(&mut scenario.messages);
        let operations = scenario.operations.take();
        let name = hash_of(&(format!("{scenario:?}"), options, &messages, &operations));
        (scenario.messages, scenario.operations) = (messages, operations);
        name
    }
}
