//! Which planted bugs were caught, and by what.

use crate::colour::{BAD, Colour, DIM, GOOD, NAME};
use crate::words::{WIDTH, count, counted, cut, pad, width};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write;

/// One planted bug, and whether anything noticed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MutantRow {
    /// The protocol that it was planted in.
    pub protocol: String,
    /// Its id within the protocol.
    pub id: String,
    /// What is wrong, in a sentence.
    pub summary: String,
    /// Where it is known from.
    pub origin: String,
    /// The property that it breaks.
    pub breaks: String,
    /// Whether a checker noticed.
    pub caught: bool,
    /// The property whose checker noticed first.
    pub by: Option<String>,
    /// How many seeds were tried.
    pub seeds: u64,
    /// The seed that showed it.
    pub seed: Option<u64>,
    /// The scenario that showed it.
    pub scenario: Option<String>,
    /// How uniform and guided search fared, where it was hunted by both.
    pub races: Option<(Race, Race)>,
}

/// How one kind of search fared against one bug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Race {
    /// How many runs it took in half of all hunts; at least so many, where it was caught in no more than half.
    pub median: u64,
    /// In how many hunts it was caught.
    pub caught: u64,
    /// How many hunts there were.
    pub of: u64,
}

/// The table of planted bugs, those that nobody caught last. With `verbose`, each says what is wrong with it.
pub fn table(rows: &[MutantRow], verbose: bool, colour: Colour) -> String {
    let mut out = String::new();
    let column = |of: &dyn Fn(&MutantRow) -> usize| rows.iter().map(of).max().unwrap_or(0) + 2;
    let names = column(&|row| width(&name(row))).min(44);
    let is_race = rows.iter().any(|row| row.races.is_some());
    let checkers = match is_race {
        true => 0, // Two figures are what a race is about, and need the place.
        false => column(&|row| width(&checker(row))).min(34),
    };
    let (caught, missed): (Vec<&MutantRow>, Vec<&MutantRow>) =
        rows.iter().partition(|row| row.caught);
    for row in caught.iter().chain(&missed) {
        let (word, style) = if row.caught { ("CAUGHT", GOOD) } else { ("MISSED", BAD) };
        let bug = pad(&cut(&name(row), names - 2), names);
        let by = match is_race {
            true => String::new(),
            false => pad(&cut(&checker(row), checkers - 2), checkers),
        };
        let when = cut(&when(row), WIDTH.saturating_sub(8 + names + checkers));
        let _ =
            writeln!(out, "{}  {}{by}{when}", colour.paint(style, word), colour.paint(NAME, &bug));
        if verbose {
            let breaks = match row.caught && !row.breaks.is_empty() {
                true => format!("breaks {}", row.breaks),
                false => String::new(),
            };
            let lines = [&row.summary, &breaks, &row.origin];
            for line in lines.into_iter().filter(|line| !line.is_empty()) {
                let line = format!("        {}", cut(line, WIDTH - 8));
                let _ = writeln!(out, "{}", colour.paint(DIM, &line));
            }
        }
    }
    if !rows.is_empty() {
        out.push('\n');
    }
    let (some, all) = (caught.len() as u64, rows.len() as u64);
    let _ = writeln!(out, "{} of {} caught", count(some), counted(all, "planted bug"));
    if let Some((factor, hard)) = gain(rows) {
        let of = if hard == 1 { "bug" } else { "bugs" };
        let _ = writeln!(
            out,
            "guided needs {factor:.2} times as many runs as uniform, in the median of {hard} {of} hard for uniform"
        );
    }
    out
}

/// A bug is hard when uniform search needs more runs for it than this; what others need is mostly luck.
const HARD: u64 = 50;

/// By how much guided search changes the runs that the hard bugs take, in the median of them, and how many there are.
fn gain(rows: &[MutantRow]) -> Option<(f64, usize)> {
    let hard = rows.iter().filter_map(|row| row.races).filter(|(uniform, _)| uniform.median > HARD);
    let mut factors: Vec<f64> =
        hard.map(|(uniform, guided)| guided.median as f64 / uniform.median as f64).collect();
    factors.sort_by(f64::total_cmp);
    Some((*factors.get(factors.len() / 2)?, factors.len()))
}

fn name(row: &MutantRow) -> String {
    format!("{}/{}", row.protocol, row.id)
}

fn checker(row: &MutantRow) -> String {
    match &row.by {
        Some(by) => by.clone(),
        None => format!("should break {}", row.breaks),
    }
}

fn when(row: &MutantRow) -> String {
    if let Some((uniform, guided)) = &row.races {
        return format!("uniform {}guided {}", pad(&runs(uniform), 18), runs(guided));
    }
    let scenario = row.scenario.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
    match row.seed {
        Some(seed) => format!("seed {seed}{scenario}"),
        None => format!("{} tried{scenario}", counted(row.seeds, "seed")),
    }
}

/// How many runs one kind of search took for a bug, and how often it caught it where that was not always.
fn runs(race: &Race) -> String {
    let (median, of) = (count(race.median), race.of);
    match race.caught {
        0 => format!("never in {median}"),
        caught if caught <= of / 2 => format!(">{median} ({caught}/{of})"),
        caught if caught < of => format!("{median} ({caught}/{of})"),
        _ => median,
    }
}
