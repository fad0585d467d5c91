//! How a failure came about: the property in words, the steps that matter, and the operations involved.

use crate::colour::{BAD, Colour, DIM, NAME};
use crate::diagram::draw;
use crate::explain::Explainer;
use crate::past::{involved, matters};
use crate::words::{self, WIDTH, count, cut, width, wrap};
use sim_core::Time;
use sim_core::summary::Breach;
use sim_core::trace::{Trace, TraceEffect};
use std::fmt::Write;

/// As many operations as are listed.
const MAX_OPERATIONS: usize = 12;

/// The story of a breach, and the line that replays it. `about_property` is the property in one line.
pub fn story(breach: &Breach, about_property: &str, trace: &Trace, colour: Colour) -> String {
    let mut out = tale(breach, about_property, trace, colour);
    if !breach.replay.is_empty() {
        let _ = writeln!(out, "\n  replay it   {}", colour.paint(NAME, &breach.replay));
    }
    out
}

/// The story of a breach alone, as [`text::run`](crate::text::run) takes it.
pub fn tale(breach: &Breach, about_property: &str, trace: &Trace, colour: Colour) -> String {
    let mut out = head(breach, about_property, colour);
    for line in wrap(&breach.why, WIDTH - 4) {
        let _ = writeln!(out, "{}", format!("  {line}").trim_end());
    }
    let matters = matters(trace, breach);
    let Some(end) = matters.end else {
        out.push_str("\n  No steps were written down.\n");
        return out;
    };
    let operations = operations(breach, trace);
    if !operations.is_empty() {
        out.push_str("\n  Operations involved\n");
        out.push_str(&operations);
    }
    let (shown, steps) = (matters.rows.len() as u64, trace.steps[end].number);
    let verb = if shown == 1 { "matters" } else { "matter" };
    let of = words::counted(steps, "step");
    let _ = writeln!(out, "\n  How it came about: {} of {of} {verb}", count(shown));
    let explainer = Explainer::new(trace, &format!("{about_property} {}", breach.why));
    let explain = |row: &crate::past::Row, lives: &crate::lives::Lives| {
        let words = explainer.row(row, lives);
        match row.step == end && breach.step.is_some() {
            true => format!("{words}\nhere {} breaks", breach.property),
            false => words,
        }
    };
    out.push_str(&draw(trace, &matters, explain, colour));
    out
}

/// The property on the left; the seed, the time and the step on the right.
fn head(breach: &Breach, about: &str, colour: Colour) -> String {
    let mut place = format!("seed {}", breach.seed);
    if let Some(at) = breach.at {
        let _ = write!(place, ", at {}", at.short());
    }
    if let Some(step) = breach.step {
        let _ = write!(place, ", step {step}");
    }
    let property = cut(&breach.property, 40);
    let quoted = match about.is_empty() {
        true => String::new(),
        false => format!("  \"{}\"", cut(about, WIDTH - 6 - width(&property))),
    };
    let used = 2 + width(&property) + width(&quoted);
    let painted = colour.paint(BAD, &property);
    let place_painted = colour.paint(DIM, &place);
    match (WIDTH - 7).checked_sub(used + width(&place)) {
        Some(blanks @ 2..) => {
            format!("  {painted}{quoted}{}{place_painted}\n", " ".repeat(blanks))
        }
        _ => format!("  {painted}{quoted}\n  {place_painted}\n"),
    }
}

/// The operations that a breach names: when each began and ended, and how.
fn operations(breach: &Breach, trace: &Trace) -> String {
    let named = involved(trace, breach);
    let mut out = String::new();
    for request in named.iter().take(MAX_OPERATIONS) {
        let (mut begun, mut ended) = (None, None);
        for step in &trace.steps {
            for effect in &step.effects {
                match effect {
                    TraceEffect::Invoke { text } => {
                        begun = rest(text, request).map(|rest| (step.at, rest)).or(begun);
                    }
                    TraceEffect::Return { text, .. } => {
                        ended = rest(text, request).map(|rest| (step.at, rest)).or(ended);
                    }
                    _ => {}
                }
            }
        }
        let Some((at, op)) = begun else { continue };
        let end = ended.map_or("never ended".to_owned(), |(at, how): (Time, &str)| {
            format!("{}  {how}", at.short())
        });
        let line = format!(
            "    {request:<8} {}  {:>9} to {end}",
            words::pad(&cut(op, 24), 26),
            at.short()
        );
        let _ = writeln!(out, "{}", cut(&line, WIDTH));
    }
    if named.len() > MAX_OPERATIONS {
        let _ = writeln!(out, "    and {} more", named.len() - MAX_OPERATIONS);
    }
    out
}

/// What a text says after the request's name.
fn rest<'a>(text: &'a str, request: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(request)?;
    rest.strip_prefix(' ').or(rest.is_empty().then_some(rest))
}
