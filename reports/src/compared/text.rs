//! A comparison for people, in a terminal.

use super::{differences, grows, is_shown, sentence, verdict};
use crate::colour::{BAD, Colour, DIM, GOOD, NAME};
use crate::words::{self, count, pad, width};
use sim_core::compared::{Compared, Contender, Growth};
use sim_core::outcome::Verdict;
use std::fmt::Write;

/// Of no more contenders than these it is told at once how each differs from the first, where something was swept.
const FEW: usize = 3;

/// For people.
pub fn text(compared: &Compared, all: bool, colour: Colour) -> String {
    let mut out = String::new();
    let names: Vec<String> = compared.contenders.iter().map(|one| one.name.clone()).collect();
    let (from, to) = compared.seeds;
    let seeds = words::counted(to - from, "seed");
    let _ = writeln!(
        out,
        "{} · {seeds}, the same for each\n",
        colour.paint(NAME, &words::join(&names))
    );
    let wide = names.iter().map(|name| width(name)).max().unwrap_or(0).max(8);
    for contender in &compared.contenders {
        let style = match contender.summary.verdict() {
            Verdict::Holds => GOOD,
            Verdict::Unknown => DIM,
            Verdict::Broken => BAD,
        };
        let word = verdict(contender.summary.verdict());
        let _ = writeln!(
            out,
            "  {:<wide$}  {}  {}",
            contender.name,
            colour.paint(style, &pad(word, 9)),
            kept(contender)
        );
    }
    let shown: Vec<&Growth> =
        compared.growth.iter().filter(|one| all || is_shown(&one.measure)).collect();
    if !shown.is_empty() {
        let _ = writeln!(out, "\n  {}", colour.paint(NAME, "how it grows"));
    }
    for growth in shown {
        for line in &growth.lines {
            let _ = writeln!(out, "    {}", grows(growth, line));
        }
    }
    if !compared.growth.is_empty() && compared.contenders.len() > FEW && !all {
        out.push_str("\n  how each differs from the first: with --verbose\n\n");
        return out;
    }
    for (place, other) in compared.contenders.iter().enumerate().skip(1) {
        let first = &names[0];
        let _ =
            writeln!(out, "\n  {}", colour.paint(NAME, &format!("{} beside {first}", other.name)));
        let shown = differences(compared, place, all);
        if shown.is_empty() {
            out.push_str("    too few seeds for a comparison: six are the least\n");
        }
        for one in shown {
            let sentence = sentence(one, first, &other.name);
            let painted = if one.is_any() { sentence } else { colour.paint(DIM, &sentence) };
            let _ = writeln!(out, "    {}  {painted}", pad(&one.measure, 22));
        }
    }
    out.push('\n');
    out
}

fn kept(contender: &Contender) -> String {
    let seeds = &contender.summary.seeds;
    let mut text = format!("{} of {} seeds", count(seeds.held), count(seeds.run));
    let broken = contender.summary.properties.iter().filter(|one| one.broken > 0);
    let broken: Vec<String> = broken.map(|one| one.property.clone()).collect();
    if !broken.is_empty() {
        let _ = write!(text, "; broken: {}", words::join(&broken));
    }
    let mut breaches = contender.summary.broken.iter();
    if let Some(first) = breaches.find(|one| one.promised && !one.replay.is_empty()) {
        let _ = write!(text, "; replay it: {}", first.replay);
    }
    for one in contender.summary.properties.iter().filter(|one| one.unpromised > 0) {
        let _ = write!(
            text,
            "; {} is not promised, and broke on {} of {}",
            one.property,
            count(one.unpromised),
            count(seeds.run)
        );
    }
    text
}
