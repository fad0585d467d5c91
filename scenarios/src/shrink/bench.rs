//! Where candidates are tried: each is run once, and kept when it breaks as the failure did.

use crate::format::{Scenario, Subject, read, write};
use crate::run::{Course, Extras, LIMIT};
use crate::tally::fingerprint;
use crate::words::Words;
use protocols::{Catalogue, Job, Ran};
use sim_core::drive::replay::hash_of;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::{Span, Time};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// Tries candidates, and keeps the best so far.
pub(super) struct Bench<'a> {
    pub catalogue: Catalogue,
    pub words: Words,
    pub wanted: Breaks,
    /// The smallest scenario so far that breaks as wanted.
    pub best: Scenario,
    /// What its run came to.
    pub outcome: Outcome,
    /// How many runs were made, and how many may be.
    pub runs: u64,
    pub budget: u64,
    /// How many events a run may take before it is no candidate any more.
    limit: u64,
    /// How long candidates go on after the healing, when the property breaks at a step: nothing that comes later can
    /// change that it did.
    afterwards: Option<Span>,
    /// What was tried before, by what it hashes to.
    tried: BTreeMap<u64, bool>,
    stop: &'a AtomicBool,
    seen: &'a dyn Fn(&Scenario, u64),
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
            catalogue,
            words: Words::of(catalogue),
            wanted,
            best,
            outcome: Outcome::default(),
            runs: 0,
            budget,
            limit: LIMIT,
            afterwards: None,
            tried: BTreeMap::new(),
            stop,
            seen,
        }
    }

    /// Whether no more runs may be made.
    pub fn is_spent(&self) -> bool {
        self.runs >= self.budget || self.stop.load(Ordering::Relaxed)
    }

    /// Runs a candidate no longer than it takes to see whether it breaks.
    fn try_out(&self, scenario: &Scenario) -> Option<Outcome> {
        let Some(afterwards) = self.afterwards else {
            return self.run(scenario, Extras::default()).map(|ran| ran.outcome);
        };
        let settle = scenario.settle.map_or(afterwards, |settle| settle.min(afterwards));
        let short = Scenario { settle: Some(settle), ..scenario.clone() };
        self.run(&short, Extras::default()).map(|ran| ran.outcome)
    }

    /// Runs a scenario on its own seed.
    pub fn run(&self, scenario: &Scenario, extras: Extras) -> Option<Ran> {
        let subject = scenario.subjects.first()?;
        let course = Course::new(self.catalogue, "", scenario, subject, &[]).ok()?;
        let seed = scenario.own_seeds().start;
        let case = course.case(seed);
        let job = case.job(extras);
        Some(course.entry().run(&Job { digest: false, limit: self.limit, ..job }))
    }

    /// Runs the failure itself. False when it does not break as wanted.
    pub fn begin(&mut self) -> bool {
        self.runs += 1;
        let Some(ran) = self.run(&self.best, Extras::default()) else { return false };
        self.outcome = ran.outcome;
        // With less going wrong a run is seldom longer; one that never ends is not worth its time.
        self.limit = self.outcome.steps.saturating_mul(4).saturating_add(100_000).min(LIMIT);
        let finding = self.outcome.finding(&self.wanted.property);
        self.afterwards = finding.filter(|finding| finding.step.is_some()).map(|finding| {
            let heal = Time(self.best.duration.0);
            finding.at.map_or(Span::ZERO, |at| at.since(heal)) + Span::millis(500)
        });
        Breaks::of(&self.outcome, &self.wanted.property).as_ref() == Some(&self.wanted)
    }

    /// Keeps a candidate when it breaks as wanted.
    pub fn keep(&mut self, candidate: Scenario) -> bool {
        let name = self.name(&candidate);
        if self.is_spent() || self.tried.contains_key(&name) {
            // What broke before was kept then; what is asked for again did not.
            return false;
        }
        self.runs += 1;
        let outcome = self.try_out(&candidate);
        let breaks = outcome.is_some_and(|outcome| {
            let breaks = Breaks::of(&outcome, &self.wanted.property);
            let breaks = breaks.as_ref() == Some(&self.wanted);
            if breaks {
                self.outcome = outcome;
            }
            breaks
        });
        self.tried.insert(name, breaks);
        if breaks {
            self.best = candidate;
            (self.seen)(&self.best, self.runs);
        }
        breaks
    }

    /// The same for one that is changed by a function of the best so far; nothing is run when that changes nothing.
    pub fn keep_with(&mut self, change: impl FnOnce(&mut Scenario)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.name(&candidate) != self.name(&self.best) && self.keep(candidate)
    }

    /// Whether a file can say it.
    pub fn is_sound(&self, scenario: &Scenario) -> bool {
        let text = write(scenario, &self.words, &[]);
        text.is_ok_and(|text| read(text.as_bytes(), "", &self.words).is_ok())
    }

    /// What a scenario hashes to, its options included.
    fn name(&self, scenario: &Scenario) -> u64 {
        let load = scenario.clients.load.as_deref().unwrap_or_default();
        let options = |subject: &Subject| {
            let entry = self.catalogue.get(&subject.protocol)?;
            let own = subject.load.as_ref().map(|options| entry.write_load(load, options));
            Some(format!("{:?} {own:?}", entry.write_options(&subject.options)))
        };
        let options: Vec<Option<String>> = scenario.subjects.iter().map(options).collect();
        hash_of(&(format!("{scenario:?}"), options))
    }
}
