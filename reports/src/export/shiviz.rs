//! Every step with its vector clock, as ShiViz reads it (Beschastnikh, Wang, Brun and Ernst, "Debugging Distributed
//! Systems", 2016).

use super::Shown;
use crate::senders::Senders;
use crate::steps;
use sim_core::NodeId;
use sim_core::trace::{TraceCause, TraceEffect, TraceStep};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The expression that reads the log: its first line.
const READS: &str = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)";

/// What a process knows of each: how many steps of it.
type Clock = BTreeMap<NodeId, u64>;

pub(super) fn write(shown: &Shown<'_>) -> String {
    let trace = shown.trace;
    let senders = Senders::of(trace, trace.steps.len());
    let mut clocks: BTreeMap<NodeId, Clock> = BTreeMap::new();
    // What was known at a step that sent something, for whoever hears that.
    let mut then: BTreeMap<usize, Clock> = BTreeMap::new();
    let mut out = format!("{READS}\n\n");
    for (place, step) in trace.steps.iter().enumerate() {
        if let TraceCause::Fault { hit, .. } = &step.cause {
            for node in hit {
                let clock = clocks.entry(*node).or_default();
                tick(clock, *node);
                event(&mut out, *node, clock, step);
            }
        }
        let Some(node) = step.node else { continue };
        let clock = clocks.entry(node).or_default();
        if let Some(heard) = senders.sender(place).and_then(|(sender, _)| then.get(&sender)) {
            for (of, count) in heard {
                let known = clock.entry(*of).or_default();
                *known = (*known).max(*count);
            }
        }
        tick(clock, node);
        event(&mut out, node, clock, step);
        if is_told(step) {
            then.insert(place, clock.clone());
        }
    }
    out
}

fn tick(clock: &mut Clock, node: NodeId) {
    *clock.entry(node).or_default() += 1;
}

fn event(out: &mut String, node: NodeId, clock: &Clock, step: &TraceStep) {
    let clock: Vec<String> = clock.iter().map(|(of, n)| format!("\"{of}\":{n}")).collect();
    let says = format!("{} {}", step.at.short(), steps::told(step));
    let says: String = says.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(out, "{node} {{{}}}\n{says}", clock.join(","));
}

/// Whether somebody may hear of a step.
fn is_told(step: &TraceStep) -> bool {
    let mut effects = step.effects.iter();
    effects.any(|effect| {
        matches!(
            effect,
            TraceEffect::Send { .. } | TraceEffect::Ask { .. } | TraceEffect::Reply { .. }
        )
    })
}
