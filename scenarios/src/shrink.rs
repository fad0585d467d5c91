//! Shrinking: of a run that breaks a property, the least that breaks it in the same way.
//!
//! The run is written out first: its plan becomes faults with their times, what chances did to single messages becomes
//! a list, and what clients asked for becomes another. Each of the three is then reduced by delta debugging, nodes and
//! clients are taken away, and what is left is said in rounder numbers and with fewer options, round after round,
//! until nothing more can be taken away. A candidate counts when the same property breaks, promised or not as before,
//! and with the same fingerprint.
//!
//! Candidates are tried in a fixed order, one after another, and the budget counts runs: the result depends on nothing
//! else. It is a scenario like any other, which a person can read, run and keep.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | what is asked, and in which order things are taken away |
//! | [`ddmin`](mod@ddmin) | the fewest items of a list |
//! | `bench` | where candidates are tried |
//! | `fewer` | fewer nodes and clients, and leaps to other seeds |
//! | `simpler` | rounder numbers, fewer words |

pub mod ddmin;

mod bench;
mod fewer;
mod simpler;

pub use bench::Breaks;

use crate::explicit::explicit;
use crate::format::{Count, LineLasts, Scenario};
use crate::run::{Case, Course, Extras};
use bench::Bench;
use ddmin::ddmin;
use protocols::Catalogue;
use sim_core::fault::FaultId;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::{Chance, Span};
use std::sync::atomic::AtomicBool;

/// As many runs as are made unless told.
pub const BUDGET: u64 = 10_000;
/// As many rounds as are gone at most: each begins because the one before took something away.
const ROUNDS: u32 = 12;

/// How much a scenario consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Strikes.
    pub faults: usize,
    /// Operations that clients invoke.
    pub operations: usize,
    /// Messages to which something happens by chance or by a fault of links.
    pub messages: usize,
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
        Size {
            faults: scenario.faults.len(),
            operations: scenario.operations.as_ref().map_or(0, Vec::len),
            messages: scenario.messages.len(),
            nodes: match scenario.nodes {
                Count::N(nodes) => nodes,
                _ => 0,
            },
            clients: scenario.clients.count,
            duration: scenario.duration,
        }
    }
}

/// What is left of a failure.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The scenario: it names its seed, and everything in it is needed.
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
    /// Whether no fault, operation or disturbed message could be taken away alone any more; else the budget was spent
    /// before that was known.
    pub minimal: bool,
    /// The faults without each of which, alone, every promise holds.
    pub decisive: Vec<FaultId>,
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
/// When the property does not break on that seed under that plan.
pub fn shrink(
    task: &Task<'_>,
    stop: &AtomicBool,
    seen: &dyn Fn(&Scenario, u64),
) -> Result<Shrunk, String> {
    let Task { catalogue, course, case, property, budget } = *task;
    let ran = course.run_case(case, Extras { write_out: true, ..Extras::default() });
    let wanted = Breaks::of(&ran.outcome, property).ok_or_else(|| {
        format!("{property} does not break on seed {} of {}", case.seed, course.name)
    })?;
    let written = ran.written.unwrap_or_default();
    let first = explicit(course, case);
    let before = Size {
        operations: written.operations.len(),
        messages: case.plan.messages.len().max(written.messages.len()),
        ..Size::of(&first)
    };
    let mut bench = Bench::new(catalogue, first, wanted, budget, stop, seen);
    if !bench.begin() {
        return Err(format!("{property} breaks otherwise once the run is written as a scenario"));
    }
    bench.cut_time();
    bench.write_out();
    let mut rounds = 0;
    loop {
        let before = bench.shape();
        bench.fewest();
        if rounds == 0 || before != bench.shape() {
            bench.leap();
            bench.fewer_operations_before_messages();
            bench.fewer_nodes_and_clients();
        }
        bench.simpler();
        rounds += 1;
        if before == bench.shape() || rounds == ROUNDS || bench.is_spent() {
            break;
        }
    }
    Ok(bench.finish(before, rounds < ROUNDS))
}

impl Bench<'_> {
    /// What is left, as text: two of one shape are the same.
    fn shape(&self) -> String {
        crate::format::write(&self.best, &self.words, &[]).unwrap_or_default()
    }

    /// Nothing goes on for long after the property has broken.
    fn cut_time(&mut self) {
        let finding = self.outcome.finding(&self.wanted.property);
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

    /// Has clients ask for what they asked for, and lets happen to messages what happened to them, instead of drawing
    /// either again.
    fn write_out(&mut self) {
        let extras = Extras { write_out: true, ..Extras::default() };
        if self.best.clients.count > 0 && self.best.operations.is_none() {
            self.runs += 1;
            let written = self.run(&self.best, extras).and_then(|ran| ran.written);
            let operations = written.unwrap_or_default().operations;
            if operations.len() <= crate::format::limits::WRITTEN {
                self.keep_with(|scenario| scenario.operations = Some(operations));
            }
        }
        self.keep_with(Scenario::calm_network);
        if self.best.disturbs_messages() {
            self.runs += 1;
            let written = self.run(&self.best, extras).and_then(|ran| ran.written);
            let messages = written.unwrap_or_default().messages;
            if messages.len() <= crate::format::limits::MESSAGES {
                self.keep_with(|scenario| {
                    scenario.calm_network();
                    scenario.messages = messages;
                });
            }
        }
    }

    /// The fewest faults, operations and disturbed messages, as often as one of the three makes another needless.
    fn fewest(&mut self) {
        loop {
            let before = Size::of(&self.best);
            let operations = self.best.operations.clone().unwrap_or_default();
            if !operations.is_empty() {
                ddmin(operations, |some| self.keep_with(|s| s.operations = Some(some.to_vec())));
            }
            let faults = self.best.faults.clone();
            ddmin(faults, |some| self.keep_with(|s| s.faults = some.to_vec()));
            let messages = self.best.messages.clone();
            ddmin(messages, |some| self.keep_with(|s| s.messages = some.to_vec()));
            // Those that draw what they ask for may at least ask for less.
            while self.best.operations.is_none() && self.best.clients.count > 0 {
                let (count, limit) = (self.best.clients.count, self.best.clients.operations);
                let fewer = if limit == 0 { 64 } else { limit / 2 };
                let less = fewer > 0 && self.keep_with(|s| s.clients.operations = fewer);
                if !less && !self.keep_with(|s| s.set_clients(count - 1)) {
                    break;
                }
            }
            if Size::of(&self.best) == before || self.is_spent() {
                return;
            }
        }
    }

    /// The result, in its final words.
    fn finish(mut self, before: Size, settled: bool) -> Shrunk {
        let minimal = settled && !self.is_spent();
        let property = &self.wanted.property;
        self.best.expect.holds.retain(|held| held == property);
        let after = Size::of(&self.best);
        self.runs += 1;
        if let Some(ran) = self.run(&self.best, Extras::default()) {
            self.outcome = ran.outcome;
        }
        let mut decisive = Vec::new();
        for place in 0..self.best.faults.len().min(64) {
            let mut without = self.best.clone();
            let line = without.faults.remove(place);
            self.runs += 1;
            let held = self.run(&without, Extras::default());
            let holds = |outcome: &Outcome| {
                let own = outcome.finding(&self.wanted.property);
                outcome.verdict() == Verdict::Holds
                    && own.is_some_and(|finding| finding.verdict == Verdict::Holds)
            };
            if held.is_some_and(|ran| holds(&ran.outcome)) {
                decisive.push(FaultId { fault: line.id, nth: line.nth });
            }
        }
        Shrunk {
            breaks: self.wanted,
            outcome: self.outcome,
            before,
            after,
            runs: self.runs,
            minimal,
            decisive,
            scenario: self.best,
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
        let network = &mut self.network;
        for chance in
            [&mut network.loss, &mut network.duplicate, &mut network.reorder, &mut network.corrupt]
        {
            *chance = Chance::NEVER;
        }
        self.faults.retain(|line| !line.what.kind().is_about_messages());
    }

    /// Whether chances or faults do something to single messages.
    fn disturbs_messages(&self) -> bool {
        let mut calm = self.clone();
        calm.calm_network();
        calm.network != self.network || calm.faults != self.faults
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

/// Whether a line lasts for a given time.
fn given(lasts: LineLasts) -> Option<Span> {
    match lasts {
        LineLasts::For(span) => Some(span.to),
        LineLasts::UntilHealed | LineLasts::Forever => None,
    }
}
