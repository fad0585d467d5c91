//! A plain listing of steps, one a line: what a person reads who wants to see everything.

use crate::colour::{BAD, Colour, DIM, NAME};
use crate::words::{count, cut, width};
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceStep};
use sim_core::{Fact, NodeId, Time};
use std::fmt::Write;

/// As wide as a line gets.
const WIDEST: usize = 120;

/// The steps from `from` until `until`, both included, one a line: the time, the step's number, who took it, what
/// came in (`◄`), and what came of it (`►` for what was sent).
pub fn steps(trace: &Trace, from: Time, until: Time, colour: Colour) -> String {
    let first = trace.steps.partition_point(|step| step.at < from);
    let after = trace.steps.partition_point(|step| step.at <= until).max(first);
    let mut lost = trace.lost.iter().filter(|lost| lost.at >= from && lost.at <= until).peekable();
    let mut out = String::new();
    for step in &trace.steps[first..after] {
        while let Some(lost) = lost.next_if(|lost| lost.at < step.at) {
            out.push_str(&gone(lost, colour));
        }
        out.push_str(&line(step, colour));
    }
    for lost in lost {
        out.push_str(&gone(lost, colour));
    }
    if out.is_empty() {
        let all = count(trace.steps.len() as u64);
        return format!("no step from {from} to {until}, of {all} in all\n");
    }
    out
}

fn line(step: &TraceStep, colour: Colour) -> String {
    let who = step.node.as_ref().map_or("fault".to_owned(), NodeId::to_string);
    let before = format!("{:>13} {:>7}  ", clock(step.at), step.number);
    let after = told(step);
    let who = format!("{who:<6}");
    let after = cut(after.trim_end(), WIDEST - width(&before) - width(&who));
    let style = if step.node.is_none() { BAD } else { NAME };
    format!("{}{}{after}\n", colour.paint(DIM, &before), colour.paint(style, &who))
}

/// What brought a step about, and what came of it.
pub(crate) fn told(step: &TraceStep) -> String {
    let mut told = caused(&step.cause);
    for effect in &step.effects {
        let _ = write!(told, "  {}", show(effect));
    }
    told
}

fn gone(lost: &sim_core::trace::TraceLost, colour: Colour) -> String {
    let before = format!("{:>13} {:>7}  ", clock(lost.at), "");
    let text = format!("{:<6}✗ to {}, lost: {}", lost.from.to_string(), lost.to, lost.why);
    format!("{}\n", colour.paint(DIM, &(before + &text)))
}

/// To the microsecond: steps of one millisecond are told apart.
fn clock(at: Time) -> String {
    format!("{}.{:06}s", at.0 / 1_000_000_000, at.0 / 1_000 % 1_000_000)
}

pub(crate) fn caused(cause: &TraceCause) -> String {
    match cause {
        TraceCause::Boot => "boots".to_owned(),
        TraceCause::Message { from, kind, text } => format!("◄ {from} {kind} {text}"),
        TraceCause::Request { text, .. } => format!("◄ request {text}"),
        TraceCause::Answer { from, text } => format!("◄ {from} answers {text}"),
        TraceCause::Timer { text } => format!("timer {text}"),
        TraceCause::Synced => "synced".to_owned(),
        TraceCause::Client => "acts".to_owned(),
        TraceCause::Fault { id, phase: "heals" | "strikes", text, .. } => format!("{id}  {text}"),
        TraceCause::Fault { id, phase, text, .. } => format!("{id}  {text} ({phase})"),
    }
}

pub(crate) fn show(effect: &TraceEffect) -> String {
    match effect {
        TraceEffect::Send { to: Some(to), kind, text } => format!("► {to} {kind} {text}"),
        TraceEffect::Send { to: None, kind, text } => format!("► all {kind} {text}"),
        TraceEffect::Reply { client, text } => format!("► {client} {text}"),
        TraceEffect::Claim { fact } => format!("[{}]", claim(fact)),
        TraceEffect::Write { text } => format!("writes {text}"),
        TraceEffect::Sync => "syncs".to_owned(),
        TraceEffect::Timer { text } => format!("sets {text}"),
        TraceEffect::Invoke { text } => format!("begins {text}"),
        TraceEffect::Ask { to, text } => format!("► {to} {text}"),
        TraceEffect::Return { text, .. } => format!("ends {text}"),
    }
}

/// A fact by its event's name and what it is about: `leads 4`, `commits 7`.
pub(crate) fn claim(fact: &Fact) -> String {
    let event = Fact::EVENTS[fact.event()];
    match fact {
        Fact::Campaigns { epoch } | Fact::Leads { epoch } | Fact::Follows { epoch } => {
            format!("{event} {epoch}")
        }
        Fact::Decides { slot, .. }
        | Fact::Installs { slot, .. }
        | Fact::Truncates { slot }
        | Fact::Compacts { slot }
        | Fact::Executes { slot, .. } => format!("{event} {slot}"),
        _ => event.to_owned(),
    }
}
