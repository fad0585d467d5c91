//! Every step and message in the Trace Event Format of Chrome: a process a node, a flow a message, operations as
//! slices, roles as slices of a second thread.

use super::Shown;
use crate::lives::Lives;
use crate::senders::Senders;
use crate::steps;
use serde_json::{Value, json};
use sim_core::fault::{FaultKind, Role};
use sim_core::trace::TraceCause;
use sim_core::{NodeId, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Threads of a process.
const STEPS: u32 = 1;
const ROLES: u32 = 2;
/// The process of faults.
const FAULTS: u32 = 1_000_000;

pub(super) fn write(shown: &Shown<'_>) -> String {
    let mut events: Vec<Value> = Vec::new();
    let mut known: BTreeSet<NodeId> = BTreeSet::new();
    let mut lives = Lives::default();
    let mut roles: BTreeMap<NodeId, (String, Time)> = BTreeMap::new();
    events.push(named(FAULTS, "faults"));
    let senders = Senders::of(shown.trace, shown.trace.steps.len());
    for (place, step) in shown.trace.steps.iter().enumerate() {
        lives.advance(step);
        let at = micros(step.at);
        if let TraceCause::Fault { id, kind, phase, text, .. } = &step.cause {
            // What is over at once, or found nobody, is a moment and no stretch.
            let lasts = FaultKind::named(kind).is_some_and(FaultKind::lasts);
            let is = match *phase {
                "strikes" if lasts => "b",
                "heals" => "e",
                _ => "n",
            };
            events.push(json!({ "ph": is, "cat": "fault", "id": id, "name": text, "pid": FAULTS,
                                "tid": STEPS, "ts": at }));
        }
        let Some(node) = step.node else { continue };
        let pid = process(node);
        if known.insert(node) {
            events.push(named(pid, &node.to_string()));
        }
        events.push(
            json!({ "ph": "X", "cat": "step", "name": steps::caused(&step.cause), "pid": pid,
                            "tid": STEPS, "ts": at, "dur": 1, "args": { "step": step.number,
                            "did": step.effects.iter().map(steps::show).collect::<Vec<_>>() } }),
        );
        // A flow a message from somebody else.
        let sent = senders.sender(place).map(|(sender, _)| &shown.trace.steps[sender]);
        if let Some(sent) = sent
            && let Some(from) = sent.node.filter(|from| *from != node)
        {
            let flow = |ph: &str, pid: u32, at: f64| {
                // Chrome's own tools tie an end of a flow to the slice of the same category at that time.
                json!({ "ph": ph, "cat": "step", "name": "message", "id": step.event, "bp": "e",
                        "pid": pid, "tid": STEPS, "ts": at })
            };
            events.push(flow("s", process(from), micros(sent.at)));
            events.push(flow("f", pid, at));
        }
        role(&mut events, &mut roles, node, &lives, step.at);
    }
    let end = shown.trace.steps.last().map_or(Time::ZERO, |step| step.at);
    for (node, (role, since)) in roles {
        events.push(slice(process(node), ROLES, &role, since, end));
    }
    for one in &shown.trace.operations {
        let until = one.returned.unwrap_or(end);
        let name = match one.done {
            Some(true) => format!("{} = {}", one.op, one.reply),
            Some(false) => format!("{} failed", one.op),
            None => format!("{} ?", one.op),
        };
        events.push(slice(process(one.id.client), ROLES, &name, one.invoked, until));
    }
    let title = shown.title;
    json!({ "traceEvents": events, "displayTimeUnit": "ms", "otherData": { "title": title } })
        .to_string()
        + "\n"
}

/// Nodes from 1 on, clients behind them.
fn process(node: NodeId) -> u32 {
    if node.is_client() { 10_000 + node.index() as u32 } else { 1 + node.index() as u32 }
}

fn named(pid: u32, name: &str) -> Value {
    json!({ "ph": "M", "cat": "__metadata", "name": "process_name", "pid": pid, "tid": 0, "ts": 0,
            "args": { "name": name } })
}

fn slice(pid: u32, tid: u32, name: &str, from: Time, until: Time) -> Value {
    json!({ "ph": "X", "cat": "span", "name": name, "pid": pid, "tid": tid, "ts": micros(from),
            "dur": micros(until) - micros(from) })
}

fn micros(at: Time) -> f64 {
    at.0 as f64 / 1_000.0
}

/// Ends the slice of a role that a node no longer has, and begins the next.
fn role(
    events: &mut Vec<Value>,
    roles: &mut BTreeMap<NodeId, (String, Time)>,
    node: NodeId,
    lives: &Lives,
    at: Time,
) {
    if node.is_client() {
        return;
    }
    let life = lives.of(node);
    let is = match life.role {
        Role::Follower => format!("follows {}", life.epoch),
        Role::Candidate => format!("campaigns {}", life.epoch),
        Role::Leader => format!("leads {}", life.epoch),
    };
    match roles.get(&node) {
        Some((known, _)) if *known == is => {}
        Some((known, since)) => {
            events.push(slice(process(node), ROLES, known, *since, at));
            roles.insert(node, (is, at));
        }
        None => drop(roles.insert(node, (is, at))),
    }
}
