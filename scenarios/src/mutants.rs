//! Bugs planted on purpose, and the shipped scenarios that must notice them.
//!
//! A checker that has never failed proves nothing. Each bug is planted alone, and the protocol's own shipped
//! scenarios are run, seed by seed, until a checker finds the property broken that the bug breaks, or one whose
//! breaking brings that about. A run counts only when the correct protocol holds on the very same seed, faults
//! and configuration.

use crate::campaign::corpus::Input;
use crate::campaign::{self, Portion, Search, Target, Watch};
use crate::format::Scenario;
use crate::run::{Course, Extras};
use protocols::{BugAbout, Catalogue, Entry};
use rayon::prelude::*;
use sim_core::outcome::{Outcome, Verdict};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A scenario under its name.
pub struct Stage<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it says.
    pub scenario: &'a Scenario,
}

/// How a bug was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catch {
    /// The property that broke.
    pub by: String,
    /// Why, for people.
    pub why: String,
    /// In which scenario.
    pub scenario: String,
    /// On which seed.
    pub seed: u64,
    /// How many runs it took, this one included.
    pub runs: u64,
}

/// Whether a scenario may be used to catch bugs: it runs this protocol, expects nothing to break, and plants
/// nothing itself.
pub fn serves(entry: &dyn Entry, scenario: &Scenario) -> bool {
    let subject = scenario.subjects.iter().find(|subject| subject.protocol == entry.name());
    subject.is_some_and(|subject| !entry.is_mutated(&subject.options))
        && scenario.expect.breaks.is_empty()
}

/// Plants a bug and runs the scenarios, each on the first seed, then each on the second, and so on, until it is
/// caught; none when it survives them all.
///
/// # Errors
///
/// When the protocol has no such bug.
pub fn hunt(
    catalogue: Catalogue,
    entry: &dyn Entry,
    bug: &BugAbout,
    stages: &[Stage<'_>],
    seeds: u64,
    stop: &AtomicBool,
) -> Result<Option<Catch>, String> {
    let id = [bug.id.to_owned()];
    let mut courses = Vec::new();
    for stage in stages {
        let subject = stage.scenario.subjects.iter().find(|s| s.protocol == entry.name());
        let Some(subject) = subject else { continue };
        let broken = Course::new(catalogue, stage.name, stage.scenario, subject, &id)?;
        let sound = Course::unmasked(catalogue, stage.name, stage.scenario, subject, bug.id)?;
        courses.push((broken, sound));
    }
    if courses.is_empty() {
        return Ok(None);
    }
    let runs = seeds.saturating_mul(courses.len() as u64);
    let found = (0..runs).into_par_iter().find_map_first(|run| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let (broken, sound) = &courses[(run % courses.len() as u64) as usize];
        let seed = run / courses.len() as u64;
        let outcome = broken.run(seed, Extras::default()).outcome;
        let (by, why) = convicts(entry, bug, &outcome)?;
        let baseline = sound.run(seed, Extras::default()).outcome;
        (baseline.verdict() == Verdict::Holds).then(|| Catch {
            by,
            why,
            scenario: broken.name.clone(),
            seed,
            runs: run + 1,
        })
    });
    Ok(found)
}

/// The property that convicts a bug in a run, and why it broke.
fn convicts(entry: &dyn Entry, bug: &BugAbout, outcome: &Outcome) -> Option<(String, String)> {
    let broken = |property: &str| {
        let finding = outcome.finding(property)?;
        (finding.verdict == Verdict::Broken && finding.promised)
            .then(|| (finding.property.clone(), finding.why.clone()))
    };
    let implying = bug.breaks.iter().flat_map(|property| entry.implied_by(property));
    bug.breaks.iter().chain(implying).find_map(|property| broken(property))
}

/// Plants a bug and hunts it in one scenario, as a campaign does, until it is caught; none when it survives.
///
/// # Errors
///
/// When the scenario does not run the protocol, or that has no such bug.
pub fn chase(
    catalogue: Catalogue,
    entry: &dyn Entry,
    bug: &BugAbout,
    stage: &Stage<'_>,
    search: Search,
    seeds: Range<u64>,
    stop: &AtomicBool,
) -> Result<Option<Catch>, String> {
    let subject = stage.scenario.subjects.iter().find(|s| s.protocol == entry.name());
    let subject = subject.ok_or_else(|| format!("{} does not run {}", stage.name, entry.name()))?;
    let id = [bug.id.to_owned()];
    let course = Course::new(catalogue, stage.name, stage.scenario, subject, &id)?;
    let sound = Course::unmasked(catalogue, stage.name, stage.scenario, subject, bug.id)?;
    let first = seeds.start;
    let chase = Chase { entry, bug, sound, first, stop, caught: Mutex::new(None) };
    let targets = [Target { course, portion: Portion::whole(seeds), known: Vec::new() }];
    campaign::run(&targets, search, &chase, &mut |_, _| ());
    Ok(chase.caught.into_inner().unwrap_or_default())
}

/// A campaign that ends when a bug is caught.
struct Chase<'a> {
    entry: &'a dyn Entry,
    bug: &'a BugAbout,
    sound: Course<'a>,
    first: u64,
    stop: &'a AtomicBool,
    caught: Mutex<Option<Catch>>,
}

impl Watch for Chase<'_> {
    fn seen(&self, run: &campaign::Run<'_>) {
        let Some((by, why)) = convicts(self.entry, self.bug, run.outcome) else { return };
        let same = self.sound.case_of(&Input::of(run.case.clone()));
        let baseline = self.sound.run_case(&same, Extras::default()).outcome;
        let Ok(mut caught) = self.caught.lock() else { return };
        let runs = run.number - self.first + 1;
        if baseline.verdict() == Verdict::Holds
            && caught.as_ref().is_none_or(|known| known.runs > runs)
        {
            let scenario = self.sound.name.to_owned();
            *caught = Some(Catch { by, why, scenario, seed: run.number, runs });
        }
    }
    /// Seeds are begun in their order, so that whoever may be the first to catch it has begun.
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.caught.lock().is_ok_and(|caught| caught.is_some())
    }
}
