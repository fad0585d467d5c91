//! The report of one run: a page of HTML that needs nothing but itself.
//!
//! What the page looks like and does is written in `web/`, and built into one file, `web/run.html`. Here the run is
//! put into it: as JSON (`web/src/run/format.ts` says what is in it), deflated and in base64, so that nothing that a
//! scenario, a key or a message says can be taken for a part of the page. What there is much of is in columns, and
//! texts are told by what is new in them.
//!
//! | room | what is in it |
//! |---|---|
//! | `texts` | every text once, as a template and its numbers |
//! | `columns` | the steps, what was lost, what nodes become, what clients asked for |

mod columns;
mod texts;

use self::columns::{Columns, Faults, Lanes, Lives};
use crate::senders::Senders;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sim_core::Time;
use sim_core::outcome::{Finding, Outcome, Verdict};
use sim_core::trace::Trace;
use std::ops::Range;

/// The page, but for the run.
const TEMPLATE: &str = include_str!("../web/run.html");
/// Where the run stands in it.
const PLACE: &str = "@@RUN@@";
/// A file is no larger than this.
const LARGEST: usize = 1_000_000;
/// Steps without their words take no more of it than this.
const BARE: usize = 700_000;
/// No more steps than these are tried to get into it.
const MOST: usize = 200_000;
/// How hard to deflate, of at most 10: more costs seconds and gains little.
const EFFORT: u8 = 8;

/// What is to be said of a run beside what came of it.
pub struct About<'a> {
    /// The scenario's name and its title.
    pub scenario: &'a str,
    /// In words.
    pub title: &'a str,
    /// Whose run it is.
    pub protocol: &'a str,
    /// Bugs that were planted, by their ids.
    pub planted: &'a [String],
    /// How many clients there were.
    pub clients: u32,
    /// When all has healed.
    pub heal: Time,
    /// The command that gives the same run.
    pub reproduce: &'a str,
    /// What the run was set to, a line each.
    pub settings: &'a [String],
    /// How a failure came about; empty where nothing broke.
    pub story: &'a str,
    /// What a property says.
    pub property: &'a dyn Fn(&str) -> String,
}

/// The whole page. Where a run is too long for it, the words of steps are left out first, and then steps: those
/// furthest from what broke, or from the beginning.
pub fn page(about: &About<'_>, outcome: &Outcome, trace: &Trace) -> String {
    let around = around(outcome, trace);
    let senders = Senders::of(trace, trace.steps.len());
    let packed = |steps: usize, words: usize| {
        let part = Part::around(around, trace.steps.len(), steps, words);
        let run = Run::of(about, outcome, &senders, &part);
        let json = serde_json::to_vec(&run).unwrap_or_default();
        miniz_oxide::deflate::compress_to_vec(&json, EFFORT)
    };
    let size = |packed: &[u8]| TEMPLATE.len() + packed.len().div_ceil(3) * 4;
    let mut steps = trace.steps.len().min(MOST);
    let mut words = steps;
    let mut best = packed(steps, words);
    if size(&best) > LARGEST {
        let (all, mut bare) = (size(&best), size(&packed(steps, 0)));
        if bare > BARE {
            // All steps take as much room, near enough.
            steps = (steps as u128 * BARE as u128 / bare as u128) as usize;
            (words, bare) = (steps, BARE);
        }
        let room = LARGEST.saturating_sub(bare);
        words = (words as u128 * room as u128 / all.saturating_sub(bare).max(1) as u128) as usize;
        words = words.min(steps);
        loop {
            best = packed(steps, words);
            if size(&best) <= LARGEST || steps == 0 {
                break;
            }
            (steps, words) = if words > 0 { (steps, words * 9 / 10) } else { (steps * 9 / 10, 0) };
        }
    }
    TEMPLATE.replacen(PLACE, &BASE64_STANDARD.encode(best), 1)
}

/// A page with its data in its place: deflated and in base64, so that nothing in it can be taken for a part of the
/// page.
pub(crate) fn filled(template: &str, place: &str, json: &[u8]) -> String {
    let packed = miniz_oxide::deflate::compress_to_vec(json, EFFORT);
    template.replacen(place, &BASE64_STANDARD.encode(packed), 1)
}

/// The place of the step at which the first thing broke; that of the first step when nothing did.
fn around(outcome: &Outcome, trace: &Trace) -> usize {
    let broken = outcome.findings.iter().filter(|finding| finding.verdict == Verdict::Broken);
    let place = |finding: &Finding| match (finding.step, finding.at) {
        (Some(step), _) => Some(trace.steps.partition_point(|one| one.number < step)),
        (None, Some(at)) => Some(trace.steps.partition_point(|one| one.at < at)),
        (None, None) => None,
    };
    broken.filter_map(place).min().unwrap_or(0)
}

/// What of a trace is shown: places of steps.
struct Part {
    /// These are there.
    steps: Range<usize>,
    /// Of these, what was said as well.
    words: Range<usize>,
}

impl Part {
    /// So many around a place: most of what led there, and some of what came of it.
    fn around(place: usize, all: usize, steps: usize, words: usize) -> Part {
        let some = |count: usize| {
            let count = count.min(all);
            let from = place.saturating_sub(count * 4 / 5).min(all - count);
            from..from + count
        };
        let (steps, words) = (some(steps), some(words));
        Part { words: words.start.max(steps.start)..words.end.min(steps.end), steps }
    }
}

/// What the page holds; each field is described in `web/src/run/format.ts`.
#[derive(Serialize)]
struct Run<'a> {
    schema: &'static str,
    head: Head<'a>,
    story: &'a str,
    findings: Vec<Found<'a>>,
    faults: Faults,
    lanes: Lanes,
    lives: Lives,
    #[serde(flatten)]
    columns: Columns,
    blame: Option<Blame<'a>>,
}

#[derive(Serialize)]
struct Head<'a> {
    scenario: &'a str,
    title: &'a str,
    protocol: &'a str,
    seed: String,
    planted: &'a [String],
    engine: &'static str,
    digest: String,
    verdict: Verdict,
    heal: u64,
    end: u64,
    steps: u64,
    reproduce: &'a str,
    settings: &'a [String],
}

#[derive(Serialize)]
struct Found<'a> {
    property: &'a str,
    about: String,
    verdict: Verdict,
    promised: bool,
    why: &'a str,
    at: Option<u64>,
    step: Option<u64>,
}

#[derive(Serialize)]
struct Blame<'a> {
    key: u64,
    operations: Vec<usize>,
    at: u64,
    sentence: &'a str,
}

impl<'a> Run<'a> {
    fn of(about: &About<'a>, outcome: &'a Outcome, senders: &Senders<'a>, part: &Part) -> Self {
        let trace = senders.trace();
        let lanes = Lanes::new(outcome.nodes, about.clients);
        let end = outcome.lasted.0;
        let faults = Faults::of(trace, &lanes, end);
        let columns = Columns::of(senders, &lanes, &faults, part);
        let blame = trace.blame.as_ref().map(|blame| Blame {
            key: blame.key,
            operations: columns.places_of(&trace.operations, &blame.operations),
            at: blame.at.0,
            sentence: &blame.sentence,
        });
        Run {
            schema: "splitbrain.page/1",
            head: Head {
                scenario: about.scenario,
                title: about.title,
                protocol: about.protocol,
                seed: outcome.seed.to_string(),
                planted: about.planted,
                engine: env!("CARGO_PKG_VERSION"),
                digest: crate::words::digest(outcome.digest),
                verdict: outcome.verdict(),
                heal: about.heal.0,
                end,
                steps: outcome.steps,
                reproduce: about.reproduce,
                settings: about.settings,
            },
            story: about.story,
            findings: findings(outcome, about.property),
            lives: Lives::of(trace, &lanes),
            faults,
            lanes,
            columns,
            blame,
        }
    }
}

/// The worst first, and what was promised before what was not.
fn findings<'a>(outcome: &'a Outcome, about: &dyn Fn(&str) -> String) -> Vec<Found<'a>> {
    let mut found: Vec<&Finding> = outcome.findings.iter().collect();
    found.sort_by_key(|finding| {
        (std::cmp::Reverse((finding.verdict, finding.promised)), finding.at, finding.step)
    });
    let told = |finding: &'a Finding| Found {
        property: &finding.property,
        about: about(&finding.property),
        verdict: finding.verdict,
        promised: finding.promised,
        why: &finding.why,
        at: finding.at.map(|at| at.0),
        step: finding.step,
    };
    found.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_around_a_place_and_words_are_of_what_is_shown() {
        for (place, all) in [(0, 10), (9, 10), (50, 100), (99, 100), (0, 0)] {
            for (steps, words) in [(0, 0), (4, 2), (7, 7), (100, 30), (1_000, 1_000)] {
                let part = Part::around(place, all, steps, words);
                assert_eq!(part.steps.len(), steps.min(all));
                assert!(part.steps.end <= all);
                assert!(part.steps.start <= part.words.start && part.words.end <= part.steps.end);
                assert!(part.steps.is_empty() || part.steps.contains(&place));
                assert!(part.words.is_empty() || part.words.contains(&place));
            }
        }
    }
}
