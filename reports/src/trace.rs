//! A trace as JSON lines: a header, then every step and every lost message in the order of time.

use crate::json::line;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceLost, TraceStep};
use sim_core::{Fact, NodeId, Time};

/// The trace, one object a line, the first of them a header.
pub fn lines(trace: &Trace) -> String {
    let mut out = line(&TraceLine::Header(Header {
        schema: "splitbrain.trace/1",
        steps: trace.steps.len() as u64,
        lost: trace.lost.len() as u64,
    }));
    out.push('\n');
    let mut lost = trace.lost.iter().peekable();
    for step in &trace.steps {
        while let Some(lost) = lost.next_if(|lost| lost.at < step.at) {
            push(&mut out, TraceLine::Lost(LostLine::new(lost)));
        }
        push(&mut out, TraceLine::Step(StepLine::new(step)));
    }
    for lost in lost {
        push(&mut out, TraceLine::Lost(LostLine::new(lost)));
    }
    out
}

fn push(out: &mut String, what: TraceLine) {
    out.push_str(&line(&what));
    out.push('\n');
}

/// One line of a trace.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TraceLine {
    Header(Header),
    Step(StepLine),
    Lost(LostLine),
}

/// The first line.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Header {
    /// `splitbrain.trace/1`
    schema: &'static str,
    /// How many steps follow.
    steps: u64,
    /// How many lost messages follow among them.
    lost: u64,
}

/// One step.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StepLine {
    /// Its number in the run, from 1.
    step: u64,
    at: Time,
    at_ns: u64,
    /// Who took it: `n1`, `c1`; absent for a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// The number of the event that caused it; 0 when nothing in the run did.
    event: u64,
    /// Events that it makes are numbered from here on.
    next_event: u64,
    /// Why, under `is` (boot, message, request, answer, timer, synced, client, fault), and what belongs to that.
    #[schemars(with = "std::collections::BTreeMap<String, Value>")]
    cause: Value,
    /// What came of it, each under `is` (send, reply, claim, write, sync, timer, invoke, ask, return).
    #[schemars(with = "Vec<std::collections::BTreeMap<String, Value>>")]
    effects: Vec<Value>,
}

/// A message that never arrived.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct LostLine {
    /// The event that would have been its arrival.
    lost: u64,
    at: Time,
    at_ns: u64,
    from: String,
    to: String,
    /// `loss`, `cut`, `corrupt` or `crash`.
    why: &'static str,
}

impl LostLine {
    fn new(lost: &TraceLost) -> Self {
        LostLine {
            lost: lost.event,
            at: lost.at,
            at_ns: lost.at.0,
            from: lost.from.to_string(),
            to: lost.to.to_string(),
            why: lost.why,
        }
    }
}

impl StepLine {
    fn new(step: &TraceStep) -> Self {
        StepLine {
            step: step.number,
            at: step.at,
            at_ns: step.at.0,
            node: step.node.as_ref().map(NodeId::to_string),
            event: step.event,
            next_event: step.next_event,
            cause: cause(&step.cause),
            effects: step.effects.iter().map(effect).collect(),
        }
    }
}

/// An object that says what it is, and what belongs to it.
fn object<const N: usize>(is: &str, fields: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    map.insert("is".into(), is.into());
    map.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(map)
}

fn name(node: &NodeId) -> Value {
    Value::String(node.to_string())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn cause(cause: &TraceCause) -> Value {
    match cause {
        TraceCause::Boot => object("boot", []),
        TraceCause::Message { from, kind, text: says } => {
            object("message", [("from", name(from)), ("kind", text(kind)), ("text", text(says))])
        }
        TraceCause::Request { client, text: says } => {
            object("request", [("from", name(client)), ("text", text(says))])
        }
        TraceCause::Answer { from, text: says } => {
            object("answer", [("from", name(from)), ("text", text(says))])
        }
        TraceCause::Timer { text: says } => object("timer", [("text", text(says))]),
        TraceCause::Synced => object("synced", []),
        TraceCause::Client => object("client", []),
        TraceCause::Fault { id, kind, phase, hit, text: says } => object(
            "fault",
            [
                ("id", text(id)),
                ("kind", text(kind)),
                ("phase", text(phase)),
                ("hit", Value::Array(hit.iter().map(name).collect())),
                ("text", text(says)),
            ],
        ),
    }
}

fn effect(effect: &TraceEffect) -> Value {
    match effect {
        TraceEffect::Send { to, kind, text: says } => {
            let to = to.as_ref().map_or(text("peers"), name);
            object("send", [("to", to), ("kind", text(kind)), ("text", text(says))])
        }
        TraceEffect::Reply { client, text: says } => {
            object("reply", [("to", name(client)), ("text", text(says))])
        }
        TraceEffect::Claim { fact } => claim(fact),
        TraceEffect::Write { text: says } => object("write", [("text", text(says))]),
        TraceEffect::Sync => object("sync", []),
        TraceEffect::Timer { text: says } => object("timer", [("text", text(says))]),
        TraceEffect::Invoke { text: says } => object("invoke", [("text", text(says))]),
        TraceEffect::Ask { to, text: says } => {
            object("ask", [("to", name(to)), ("text", text(says))])
        }
        TraceEffect::Return { text: says, ok } => {
            object("return", [("text", text(says)), ("ok", Value::Bool(*ok))])
        }
    }
}

/// A fact by its event's name, with its numbers. Hashes fill 64 bits, more than a JSON reader may keep, so they
/// are written as digits.
fn claim(fact: &Fact) -> Value {
    let mut map = Map::new();
    map.insert("is".into(), "claim".into());
    map.insert("fact".into(), Fact::EVENTS[fact.event()].into());
    let fields = serde_json::to_value(fact).unwrap_or_default();
    if let Some(Value::Object(fields)) = fields.as_object().and_then(|fact| fact.values().next()) {
        for (name, value) in fields {
            let value = match value.as_u64() {
                Some(hash) if name == "value" || name == "state" => crate::json::hex(hash).into(),
                _ => value.clone(),
            };
            map.insert(name.clone(), value);
        }
    }
    Value::Object(map)
}
