//! Shrinking: of a run that breaks a property, the least that breaks it in the same way.
//!
//! The run is written out first: its plan becomes faults with their times, what chances did to single messages becomes
//! a list, and what clients asked for becomes another. Each of the three is then reduced by delta debugging, nodes and
//! clients are taken away, and what is left is said in rounder numbers and with fewer options, round after round,
//! until nothing more can be taken away or the rounds or the runs are up, which [`End`] tells. A candidate counts when
//! the same property breaks, promised or not as before, and with the same fingerprint.
//!
//! Where the list of messages stays long, because it is what a network does all the time that breaks it, chances stay,
//! and the rest is taken away with other seeds: a scenario that says `loss = "12%"` can be read, one with a thousand
//! lost messages cannot.
//!
//! Where it can, a candidate's run is cut short: what has broken at some moment stays broken. What is given in the end
//! was run as long as it lasts, written as a file.
//!
//! Candidates are tried in a fixed order, one after another, and the budget counts runs: the result depends on nothing
//! else. It is a scenario like any other, which a person can read, run and keep.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | what is asked, and in which order things are taken away |
//! | [`ddmin`](mod@ddmin) | the fewest items of a list |
//! | `bench` | where candidates are tried |
//! | `lists` | fewer faults, operations and messages, alone and together |
//! | `fewer` | fewer nodes and clients, and leaps to other seeds |
//! | `simpler` | rounder numbers, fewer words |

pub mod ddmin;

mod bench;
mod fewer;
mod lists;
mod simpler;

pub use bench::Breaks;

use crate::explicit::explicit;
use crate::format::{Count, LineLasts, Scenario};
use crate::run::{Case, Course, Extras};
use bench::Bench;
use protocols::{Catalogue, Job};
use rayon::prelude::*;
use sim_core::fault::FaultId;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::settings::{Clocks, NetworkSettings};
use sim_core::{Chance, Span};
use std::sync::atomic::{AtomicBool, Ordering};

/// As many runs as are made unless told.
pub const BUDGET: u64 = 10_000;
/// As many rounds as are gone at most: each begins because the one before took something away.
pub const ROUNDS: u32 = 12;
/// More elements than this are many: other seeds are tried before they are taken away one by one.
const MANY: usize = 20;
/// To take so many away one by one would take all runs: the failure is hunted once more before.
const HUGE: usize = 300;
/// As many seeds as are tried, beside the one that failed, for each candidate that is another run anyway; and where
/// there is much to gain.
const SEEDS: u64 = 24;
const MORE_SEEDS: u64 = 96;
/// As many seeds as are hunted for a smaller failure of the same shape.
const HUNT: u64 = 240;
/// Where much is left, so many seeds of the course are run in search of failures of the same shape, and so many of
/// these are reduced as well.
const ALIKE: u64 = 200;
const TWINS: usize = 3;
/// Of so many faults, at most, it is told what happens without each of them.
const TOLD: usize = 64;

/// How much a scenario consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Strikes.
    pub faults: usize,
    /// Operations that clients invoke.
    pub operations: usize,
    /// Messages to which something happens by chance or by a fault of links.
    pub messages: usize,
    /// Kinds of things that happen to any message by chance.
    pub chances: usize,
    /// Nodes.
    pub nodes: u32,
    /// Clients.
    pub clients: u32,
    /// How long faults may strike.
    pub duration: Span,
}

impl Size {
    /// Of a scenario that is written out.
    pub fn of(scenario: &Scenario) -> Size {
        let mut network = scenario.network.clone();
        let chances = chances(&mut network).into_iter().filter(|one| **one != Chance::NEVER);
        Size {
            faults: scenario.faults.len(),
            operations: scenario.operations.as_ref().map_or(0, Vec::len),
            messages: scenario.messages.len(),
            chances: chances.count(),
            nodes: match scenario.nodes {
                Count::N(nodes) => nodes,
                _ => 0,
            },
            clients: scenario.clients.count,
            duration: scenario.duration,
        }
    }

    /// Faults, operations, disturbed messages and chances together.
    pub fn elements(&self) -> usize {
        self.faults + self.operations + self.messages + self.chances
    }
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No fault, operation or disturbed message could be taken away alone any more.
    Minimal,
    /// The runs were spent.
    Spent,
    /// Something could still be taken away in the last of [`ROUNDS`] rounds.
    Rounds,
    /// It was stopped.
    Stopped,
}

/// What comes of what is left without one of its faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Every promise holds, and the property that broke does too.
    Holds,
    /// The property does not break as it did, but something does.
    Otherwise,
    /// The run was given up.
    Unknown,
}

/// What is left of a failure.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The scenario: it names its seed.
    pub scenario: Scenario,
    /// How it breaks.
    pub breaks: Breaks,
    /// What its run came to.
    pub outcome: Outcome,
    /// What the failure consisted of.
    pub before: Size,
    /// What is left of that.
    pub after: Size,
    /// How many runs were made.
    pub runs: u64,
    /// Why it ended; when it is minimal, everything in the scenario is needed.
    pub end: End,
    /// What comes of it without each of its faults, alone; not all of them when it was stopped.
    pub without: Vec<(FaultId, Without)>,
}

/// What to shrink.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// Every protocol.
    pub catalogue: Catalogue,
    /// The course on which it failed.
    pub course: &'a Course<'a>,
    /// What was run.
    pub case: &'a Case<'a>,
    /// The property that broke.
    pub property: &'a str,
    /// As many runs as may be made.
    pub budget: u64,
}

/// Reduces a failure to what it takes. `seen` is told of each smaller scenario and how many runs were made; when `stop`
/// is set, what there is by then is given.
///
/// # Errors
///
/// When the property does not break on that seed under that plan, or no file can say what was run.
pub fn shrink(task: &Task<'_>, stop: &AtomicBool, seen: Seen<'_>) -> Result<Shrunk, String> {
    let Task { course, case, property, .. } = *task;
    let found = bench::EFFORTS.into_iter().find_map(|effort| {
        let job = case.job(Extras { write_out: true, ..Extras::default() });
        let ran = course.entry().run(&Job { budget: effort, ..job });
        Some((effort, Breaks::of(&ran.outcome, property)?, ran.written))
    });
    let (effort, wanted, written) = found.ok_or_else(|| {
        format!("{property} does not break on seed {} of {}", case.seed, course.name)
    })?;
    let written = written.unwrap_or_default();
    let first = first_of(course, case);
    let before = Size {
        operations: written.operations.len(),
        messages: case.plan.messages.len().max(written.messages.len()),
        // What they did is among the messages.
        chances: 0,
        ..Size::of(&first)
    };
    let mut shrunk = shrink_one(task, first, (&wanted, effort), (stop, seen))?;
    if shrunk.after.elements() > MANY && !stop.load(Ordering::Relaxed) {
        for seed in others(task, (&wanted, effort), stop) {
            let runs = shrunk.runs + ALIKE;
            let left = Task { budget: task.budget.saturating_sub(runs), ..*task };
            let first = first_of(course, &course.case(seed));
            let seen = |scenario: &Scenario, more: u64| seen(scenario, runs + more);
            let other = shrink_one(&left, first, (&wanted, effort), (stop, &seen));
            shrunk.runs = runs + other.as_ref().map_or(0, |other| other.runs);
            let is_less = |other: &Shrunk| other.after.elements() < shrunk.after.elements();
            if let Some(other) = other.ok().filter(is_less) {
                shrunk = Shrunk { runs: shrunk.runs, ..other };
            }
            if shrunk.after.elements() <= MANY {
                break;
            }
        }
    }
    Ok(Shrunk { before, ..shrunk })
}

/// A case as the scenario from which to begin.
fn first_of(course: &Course<'_>, case: &Case<'_>) -> Scenario {
    let mut first = explicit(course, case);
    // A fault that repeats may be drawn beyond the end, where nothing strikes any more.
    first.end_at(first.duration);
    first
}

/// Other seeds of the course that break alike, a few: where one failure hangs together, another may fall apart.
fn others(task: &Task<'_>, (wanted, effort): (&Breaks, u64), stop: &AtomicBool) -> Vec<u64> {
    let Task { course, case, property, .. } = *task;
    let breaks = |seed: &u64| {
        let case = course.case(*seed);
        let job = Job { budget: effort, digest: false, ..case.job(Extras::default()) };
        !stop.load(Ordering::Relaxed)
            && Breaks::of(&course.entry().run(&job).outcome, property).as_ref() == Some(wanted)
    };
    let seeds = (0..ALIKE).into_par_iter().filter(|seed| *seed != case.seed);
    let mut alike: Vec<u64> = seeds.filter(breaks).collect();
    alike.truncate(TWINS);
    alike
}

/// Who hears of the smallest so far, and after how many runs.
type Seen<'a> = &'a dyn Fn(&Scenario, u64);

/// Reduces one failure.
fn shrink_one(
    task: &Task<'_>,
    first: Scenario,
    (wanted, effort): (&Breaks, u64),
    (stop, seen): (&AtomicBool, Seen<'_>),
) -> Result<Shrunk, String> {
    let Task { catalogue, property, budget, .. } = *task;
    let before = Size::of(&first);
    let mut bench = Bench::new(catalogue, first.clone(), wanted.clone(), budget, stop, seen);
    bench.said(&first)?;
    if !bench.begin(effort) {
        return Err(format!("{property} breaks otherwise once the run is written as a scenario"));
    }
    let (mut end, mut without);
    loop {
        end = bench.rounds();
        if !bench.breaks_in_full() {
            if !bench.is_short() {
                return Err(format!("{property} does not break in what was shrunk"));
            }
            // It was broken when the run was cut short, and told otherwise when it went on.
            bench.begin_in_full(first.clone());
            continue;
        }
        let fewer;
        (without, fewer) = bench.without_each();
        // A run in full has shown that one is not needed: something else may not be, either.
        if !fewer || end != End::Minimal {
            break;
        }
    }
    let property = &bench.rig.wanted.property;
    bench.best.expect.holds.retain(|held| held == property);
    Ok(Shrunk {
        before,
        after: Size::of(&bench.best),
        runs: bench.runs,
        end,
        without,
        breaks: bench.rig.wanted,
        outcome: bench.outcome,
        scenario: bench.best,
    })
}

impl Bench<'_> {
    /// Takes away what it can, round after round.
    fn rounds(&mut self) -> End {
        self.cut_time();
        self.write_operations();
        let wild = self.best.clone();
        self.write_messages();
        self.soon_fewer();
        // Where much holds on to much, another seed needs less of it.
        if self.size() > MANY {
            self.leap(MORE_SEEDS);
        }
        let is_huge = self.size() > HUGE;
        if is_huge {
            self.leave_to_chance(&wild);
        }
        if self.size() > HUGE {
            self.hunt_again(&wild);
        }
        let mut leapt = None;
        for round in 0..ROUNDS {
            let before = self.best_name;
            self.fewest();
            if round == 0 && !is_huge && self.size() > MANY {
                self.hunt_again(&wild);
            }
            // A leap is dear: only what is smaller than before is worth another one.
            let size = Some(self.size());
            if leapt != size {
                leapt = size;
                self.leap(SEEDS);
                self.fewer_nodes_and_clients();
            }
            self.simpler();
            if self.is_spent() {
                return if self.is_stopped() { End::Stopped } else { End::Spent };
            }
            if self.best_name == before && !self.fewer_pairs() {
                return End::Minimal;
            }
        }
        End::Rounds
    }

    /// Nothing goes on for long after the property has broken.
    pub(super) fn cut_time(&mut self) {
        let finding = self.outcome.finding(&self.rig.wanted.property);
        let Some(at) = finding.and_then(|finding| finding.at) else { return };
        let heal = self.best.duration;
        let ends = match at.0 < heal.0 {
            true => vec![Span(at.0 + 1).in_tenths(), Span(at.0 + 500_000_000).in_tenths()],
            false => vec![Span(heal.0 / 4), Span(heal.0 / 2), Span(heal.0 / 4 * 3)],
        };
        for end in ends.into_iter().map(Span::in_tenths).filter(|end| *end < heal) {
            if self.keep_with(|scenario| scenario.end_at(end)) {
                return;
            }
        }
    }

    /// Has clients ask for what they asked for, instead of drawing it again.
    fn write_operations(&mut self) {
        let extras = Extras { write_out: true, ..Extras::default() };
        if self.best.clients.count > 0 && self.best.operations.is_none() {
            self.runs += 1;
            let written = self.rig.try_out(&self.best, extras).and_then(|ran| ran.written);
            let operations = written.unwrap_or_default().operations;
            self.keep_with(|scenario| scenario.operations = Some(operations));
        }
    }

    /// Lets happen to messages what happened to them, instead of drawing it again.
    pub(super) fn write_messages(&mut self) {
        let extras = Extras { write_out: true, ..Extras::default() };
        self.keep_with(Scenario::calm_network);
        if self.best.disturbs_messages() {
            self.runs += 1;
            let written = self.rig.try_out(&self.best, extras).and_then(|ran| ran.written);
            let messages = written.unwrap_or_default().messages;
            self.keep_with(|scenario| {
                scenario.calm_network();
                scenario.messages = messages;
            });
        }
    }

    /// What comes of the best, at full length, without each of its faults. One without which it breaks as wanted is
    /// left out at once; then the answer says so, and is not about the others.
    fn without_each(&mut self) -> (Vec<(FaultId, Without)>, bool) {
        let mut told = Vec::new();
        for place in 0..self.best.faults.len().min(TOLD) {
            if self.is_stopped() {
                break;
            }
            let mut without = self.best.clone();
            let line = without.faults.remove(place);
            self.runs += 1;
            let Some(ran) = self.rig.run(&without, Extras::default()) else { continue };
            if self.rig.is_wanted(&ran.outcome) && self.is_sound(&without) {
                self.best_name = self.name(&mut without);
                (self.best, self.outcome) = (without, ran.outcome);
                return (Vec::new(), true);
            }
            told.push((FaultId { fault: line.id, nth: line.nth }, self.verdict(&ran.outcome)));
        }
        (told, false)
    }

    /// What a run without a fault came to.
    fn verdict(&self, outcome: &Outcome) -> Without {
        let own = outcome.finding(&self.rig.wanted.property);
        match (outcome.verdict(), own.map(|finding| finding.verdict)) {
            (Verdict::Holds, Some(Verdict::Holds)) => Without::Holds,
            (Verdict::Unknown, _) | (_, Some(Verdict::Unknown)) => Without::Unknown,
            _ => Without::Otherwise,
        }
    }
}

impl Scenario {
    /// All heals then; what would strike later is left out.
    fn end_at(&mut self, end: Span) {
        self.duration = end;
        self.faults.retain(|line| line.at.from <= end);
        if let Some(operations) = &mut self.operations
            && let Some(settle) = self.settle
        {
            operations.retain(|written| written.at.0 <= (end + settle).0);
        }
    }

    /// Nothing happens to messages by chance, and no fault is about links but for cuts.
    fn calm_network(&mut self) {
        chances(&mut self.network).into_iter().for_each(|chance| *chance = Chance::NEVER);
        self.faults.retain(|line| !line.what.kind().is_about_messages());
    }

    /// Whether chances or faults do something to single messages.
    fn disturbs_messages(&self) -> bool {
        let mut calm = self.clone();
        calm.calm_network();
        calm.network != self.network || calm.faults != self.faults
    }

    /// Whether clocks are wrong without any fault.
    pub fn has_wrong_clocks(&self) -> bool {
        self.clocks != Clocks::default()
    }

    fn set_clients(&mut self, count: u32) {
        self.clients.count = count;
        if count == 0 {
            self.clients.load = None;
            self.operations = None;
            self.subjects.iter_mut().for_each(|subject| subject.load = None);
        }
    }
}

/// What happens to any message by chance.
fn chances(network: &mut NetworkSettings) -> [&mut Chance; 4] {
    let NetworkSettings { loss, duplicate, reorder, corrupt, .. } = network;
    [loss, duplicate, reorder, corrupt]
}

/// Whether a line lasts for a given time.
fn given(lasts: LineLasts) -> Option<Span> {
    match lasts {
        LineLasts::For(span) => Some(span.to),
        LineLasts::UntilHealed | LineLasts::Forever => None,
    }
}
