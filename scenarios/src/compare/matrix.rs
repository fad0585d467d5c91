//! The survival matrix: the protocols of a scenario down, its variants, each a class of faults, across.
//!
//! A seed is *unsafe* when a property broke that must always hold, promised under these faults or not: one that the
//! protocol promises under some faults at least, or linearizability, which every client takes for granted. It is
//! *blocked* when nothing of that kind broke, but something did not come to its end after everything had healed, or
//! nobody was served for more than half of the time from the first fault to the last. Else it is *live*.
//!
//! A cell is unsafe when any of its seeds is; blocked when one was not live again, or most of them stood still.

use crate::format::Scenario;
use crate::run::Course;
use crate::tally;
use sim_core::Span;
use sim_core::matrix::{Cell, FaultClass, Matrix, Row, State};
use sim_core::outcome::{Finding, Outcome, Rhythm, Samples, Verdict};
use sim_core::summary::Breach;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

/// What of one seed goes into its cell.
struct Seed {
    state: State,
    /// Whether it ended without being live.
    is_stuck: bool,
    unserved: Option<Span>,
    /// Whether all that must always hold was promised under the faults that struck, and all that must end.
    promises: (bool, bool),
    struck: u64,
    /// What shows the state.
    shown: Option<Breach>,
}

/// Runs each protocol of a scenario in each of its variants on all seeds. `seen` hears of each run.
pub fn matrix(
    scenario: &Scenario,
    courses: &[Course<'_>],
    seeds: Range<u64>,
    stop: &AtomicBool,
    seen: &(impl Fn(&Outcome) + Sync),
) -> Matrix {
    let class = |one: &Scenario| FaultClass {
        name: one.variant.as_ref().map_or(String::new(), |variant| variant.name.clone()),
        about: one.title.clone(),
    };
    let faults: Vec<FaultClass> = scenario.each().iter().map(class).collect();
    let mut rows: Vec<Row> = Vec::new();
    for course in courses {
        let protocol = course.entry().name();
        let variant = course.scenario.variant.as_ref().map_or("", |variant| variant.name.as_str());
        let Some(place) = faults.iter().position(|class| class.name == variant) else { continue };
        let (cell, nodes) = cell(course, seeds.clone(), stop, seen);
        let row = match rows.iter().position(|row| row.protocol == protocol) {
            Some(row) => row,
            None => {
                let clients = course.scenario.clients.count;
                rows.push(Row {
                    protocol: protocol.to_owned(),
                    about: course.entry().about().to_owned(),
                    setting: format!("{nodes} nodes, {clients} clients"),
                    cells: vec![Cell::default(); faults.len()],
                });
                rows.len() - 1
            }
        };
        rows[row].cells[place] = cell;
    }
    Matrix { reproduce: String::new(), seeds: (seeds.start, seeds.end), faults, rows }
}

/// Runs one cell, and tells how many nodes there were.
fn cell(
    course: &Course<'_>,
    seeds: Range<u64>,
    stop: &AtomicBool,
    seen: &(impl Fn(&Outcome) + Sync),
) -> (Cell, u32) {
    let endings = course.entry().endings();
    let promises = course.entry().promises(course.options());
    let is_promised = |property: &str| promises.iter().any(|one| one.property == property);
    let counts = |finding: &Finding| {
        let property = finding.property.as_str();
        is_promised(property) || property == "linearizable"
    };
    let is_ending = |finding: &Finding| endings.contains(&finding.property.as_str());
    let each: Mutex<BTreeMap<u64, Seed>> = Mutex::default();
    let summary = course.run_all(seeds.clone(), stop, &|_, outcome| {
        seen(outcome);
        let seed = seed(outcome, &counts, &is_ending);
        if let Ok(mut each) = each.lock() {
            each.insert(outcome.seed, seed);
        }
    });
    let each = each.into_inner().unwrap_or_default();
    let each: Vec<Seed> = each.into_values().collect();
    let nodes = summary.nodes.first().copied().unwrap_or_default();
    (together(&each, summary.seeds.broken == 0), nodes)
}

/// What all seeds of a cell come to.
fn together(each: &[Seed], kept: bool) -> Cell {
    let count = |state| each.iter().filter(|seed| seed.state == state).count() as u64;
    let seeds = [State::Live, State::Blocked, State::Unsafe, State::Undecided].map(count);
    let [live, blocked, broken, undecided] = seeds;
    let state = match () {
        () if each.is_empty() => State::None,
        () if broken > 0 => State::Unsafe,
        () if undecided > 0 => State::Undecided,
        () if blocked > live || each.iter().any(|seed| seed.is_stuck) => State::Blocked,
        () => State::Live,
    };
    let mut unserved: Vec<Span> = each.iter().filter_map(|seed| seed.unserved).collect();
    unserved.sort_unstable();
    let mut showing = each.iter().filter(|seed| seed.state == state && state != State::Live);
    let all = |is: fn(&Seed) -> bool| !each.is_empty() && each.iter().all(is);
    Cell {
        state,
        promises: (all(|seed| seed.promises.0), all(|seed| seed.promises.1)),
        kept,
        seeds,
        unavailable: unserved.get(unserved.len() / 2).copied(),
        struck: each.iter().map(|seed| seed.struck).sum(),
        shown: showing.find_map(|seed| seed.shown.clone()),
    }
}

fn seed(
    outcome: &Outcome,
    counts: &dyn Fn(&Finding) -> bool,
    is_ending: &dyn Fn(&Finding) -> bool,
) -> Seed {
    let first = |verdict, ending| {
        let is_it =
            |one: &&Finding| one.verdict == verdict && counts(one) && is_ending(one) == ending;
        outcome.findings.iter().filter(is_it).min_by_key(|finding| finding.step)
    };
    let unserved = outcome.samples.get("unavailable").and_then(|Samples(one)| one.first());
    let unserved = unserved.map(|span| Span(*span));
    let stuck = first(Verdict::Broken, true);
    let window = struck(&outcome.rhythm);
    let stood_still = unserved.is_some_and(|span| window > Span::ZERO && span.0 > window.0 / 2);
    let broken = first(Verdict::Broken, false);
    let state = match () {
        () if broken.is_some() => State::Unsafe,
        () if first(Verdict::Unknown, false).is_some() => State::Undecided,
        () if stuck.is_some() || stood_still => State::Blocked,
        () => State::Live,
    };
    let why = unserved.filter(|_| stood_still).map(|span| Breach {
        seed: outcome.seed,
        property: "unavailable".into(),
        why: format!("clients waited for {} and nobody was served", span.short()),
        ..Breach::default()
    });
    let shown = broken.or(stuck).map(|finding| tally::breach(outcome, finding)).or(why);
    let promised = |ending| {
        let mut counted =
            outcome.findings.iter().filter(|one| counts(one) && is_ending(one) == ending);
        counted.all(|finding| finding.promised)
    };
    Seed {
        state,
        promises: (promised(false), promised(true)),
        is_stuck: stuck.is_some(),
        unserved,
        struck: outcome.fired.iter().map(|(_, times)| times).sum(),
        shown,
    }
}

/// How long it was from the first fault to the end of the last.
fn struck(rhythm: &Rhythm) -> Span {
    let first = rhythm.struck.iter().position(|is_struck| *is_struck);
    let last = rhythm.struck.iter().rposition(|is_struck| *is_struck);
    first.zip(last).map_or(Span::ZERO, |(first, last)| {
        Span(rhythm.bin.0.saturating_mul((last - first) as u64))
    })
}
