//! A scenario over many seeds: a job for each seed, all cores busy, one summary.
//!
//! One run is one thread, and many seeds are many independent runs. What they come to is merged in a way that
//! does not depend on the order in which they finish, so a summary is the same with any number of jobs.

use crate::format::{Scenario, Subject, Vocabulary};
use crate::plan;
use crate::tally::Collector;
use crate::words::Words;
use protocols::{Catalogue, Entry, Job, Options, Ran};
use rayon::prelude::*;
use sim_core::fault::Plan;
use sim_core::outcome::Outcome;
use sim_core::summary::Summary;
use sim_core::{ClientSettings, Settings, Time};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// As many configurations as the linearizability checker visits for a key before it gives up.
pub const BUDGET: u64 = 500_000;
/// As many events as may happen in one run before it is given up.
pub const LIMIT: u64 = 200_000_000;

/// One protocol under one scenario.
pub struct Course<'a> {
    /// The scenario's name: `raft/minority-leader`, or its path.
    pub name: &'a str,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The protocol, and its options for this scenario.
    pub subject: &'a Subject,
    /// Bugs that were planted beside those of the scenario.
    pub planted: Vec<String>,
    entry: &'static dyn Entry,
    options: Options,
    words: Words,
}

/// What may be asked of a run beside its outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras {
    /// Write it down.
    pub trace: bool,
    /// Keep the digest after every step.
    pub record: bool,
    /// Write out what happens to single messages and what clients ask for.
    pub write_out: bool,
}

/// A seed that did not give the same run twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsteady {
    /// Which seed.
    pub seed: u64,
    /// The first step that differed; none when only the end did.
    pub step: Option<u64>,
}

impl<'a> Course<'a> {
    /// A scenario's protocol, ready to run, with bugs planted beside those that the scenario plants.
    ///
    /// # Errors
    ///
    /// When the protocol has no such bug.
    pub fn new(
        catalogue: Catalogue,
        name: &'a str,
        scenario: &'a Scenario,
        subject: &'a Subject,
        bugs: &[String],
    ) -> Result<Self, String> {
        let entry = catalogue
            .get(&subject.protocol)
            .ok_or_else(|| format!("there is no protocol `{}`", subject.protocol))?;
        let mut options = subject.options.clone();
        for bug in bugs {
            options = entry
                .plant(&options, bug)
                .ok_or_else(|| format!("{} has no bug `{bug}`", entry.name()))?;
        }
        let words = Words::of(catalogue);
        Ok(Course { name, scenario, subject, planted: bugs.to_vec(), entry, options, words })
    }

    /// The same with what a bug's configuration takes away or adds so that the bug shows, but without the bug.
    ///
    /// # Errors
    ///
    /// When the protocol has no such bug.
    pub fn unmasked(
        catalogue: Catalogue,
        name: &'a str,
        scenario: &'a Scenario,
        subject: &'a Subject,
        bug: &str,
    ) -> Result<Self, String> {
        let mut course = Course::new(catalogue, name, scenario, subject, &[])?;
        course.options = course
            .entry
            .unmask(&course.options, bug)
            .ok_or_else(|| format!("{} has no bug `{bug}`", course.entry.name()))?;
        Ok(course)
    }

    /// The protocol.
    pub fn entry(&self) -> &'static dyn Entry {
        self.entry
    }

    /// The protocol's options, planted bugs included.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// How many nodes a seed has.
    pub fn nodes(&self, seed: u64) -> u32 {
        match self.words.protocol(self.entry.name()) {
            Some(words) => plan::nodes(&self.scenario.nodes, words, &self.options, seed),
            None => 1,
        }
    }

    /// What goes wrong on a seed.
    ///
    /// It is drawn for the options as the scenario has them: a planted bug must not change what strikes.
    pub fn plan(&self, seed: u64) -> Plan {
        let nodes = self.nodes(seed);
        match self.words.protocol(self.entry.name()) {
            Some(words) => plan::draw(self.scenario, words, &self.subject.options, seed, nodes),
            None => Plan::default(),
        }
    }

    /// What surrounds the cluster on a seed.
    pub fn settings(&self, seed: u64) -> Settings {
        Settings {
            nodes: self.nodes(seed),
            clients: self.scenario.clients.count,
            network: self.scenario.network.clone(),
            costs: self.scenario.costs,
            clocks: self.scenario.clocks,
        }
    }

    /// Everything that the run of a seed depends on.
    pub fn job(&self, seed: u64, plan: Plan, extras: Extras) -> Job<'_> {
        let clients = &self.scenario.clients;
        let load = self.subject.load.as_ref().filter(|_| clients.count > 0);
        Job {
            seed,
            settings: self.settings(seed),
            options: &self.options,
            clients: load.map(|load| ClientSettings {
                think: clients.think,
                interval: clients.interval,
                timeout: clients.timeout,
                patience: clients.patience,
                operations: clients.operations,
                until: Time::NEVER,
                matching: Default::default(),
                load: load.clone(),
                written: self.scenario.operations.clone(),
            }),
            plan,
            settle: self.scenario.settle,
            budget: BUDGET,
            limit: LIMIT,
            trace: extras.trace,
            digest: true,
            record: extras.record,
            write_out: extras.write_out,
        }
    }

    /// Runs one seed.
    pub fn run(&self, seed: u64, extras: Extras) -> Ran {
        self.run_plan(seed, self.plan(seed), extras)
    }

    /// Runs one seed with a plan that may be another than the one that it draws.
    pub fn run_plan(&self, seed: u64, plan: Plan, extras: Extras) -> Ran {
        self.entry.run(&self.job(seed, plan, extras))
    }

    /// Runs every seed of a range on all cores and sums up.
    ///
    /// `seen` is called after each run, from any thread and in any order; when `stop` is set, runs that have not
    /// begun are left out.
    pub fn run_all(
        &self,
        seeds: Range<u64>,
        stop: &AtomicBool,
        seen: &(impl Fn(&Outcome) + Sync),
    ) -> Summary {
        let first = seeds.start;
        let collected = seeds
            .into_par_iter()
            .fold(Collector::default, |mut collector, seed| {
                if !stop.load(Ordering::Relaxed) {
                    let outcome = self.run(seed, Extras::default()).outcome;
                    seen(&outcome);
                    collector.add(outcome, &self.scenario.expect);
                }
                collector
            })
            .reduce(Collector::default, Collector::merge);
        collected.sum_up(self, first)
    }

    /// Runs every seed twice and names the first that did not give the same run.
    pub fn run_twice(&self, seeds: Range<u64>, stop: &AtomicBool) -> Option<Unsteady> {
        let differs = |seed: &u64| {
            let digest = || self.run(*seed, Extras::default()).outcome.digest;
            !stop.load(Ordering::Relaxed) && digest() != digest()
        };
        let seed = seeds.into_par_iter().find_first(differs)?;
        let record = || self.run(seed, Extras { record: true, ..Extras::default() }).recording;
        let step = match (record(), record()) {
            (Some(first), Some(second)) => first.first_difference(&second),
            _ => None,
        };
        Some(Unsteady { seed, step })
    }
}
