//! What clients saw, as Jepsen writes histories: an invocation and its end are two events, processes are numbered, and
//! one whose operation ended unknown goes on under another number.
//!
//! What is asked of a key-value store is told in Jepsen's words (`:read`, `:write`, `:cas`, `:append`), with the key in
//! front of the value, as `jepsen.independent` has it; anything else by its first word and the rest.

use super::Shown;
use serde_json::{Value, json};
use sim_core::Time;
use sim_core::trace::{TraceEffect, TraceOperation};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One event of a history.
struct Event {
    is: &'static str,
    f: String,
    value: Value,
    process: u64,
    at: Time,
}

pub(super) fn edn(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    for (index, event) in events(shown).into_iter().enumerate() {
        let Event { is, f, value, process, at } = event;
        let _ = writeln!(
            out,
            "{{:type :{is}, :f :{f}, :value {}, :process {process}, :time {}, :index {index}}}",
            in_edn(&value),
            at.0
        );
    }
    out
}

pub(super) fn json(shown: &Shown<'_>) -> String {
    let line = |(index, event): (usize, Event)| {
        let Event { is, f, value, process, at } = event;
        let event = json!({ "type": is, "f": f, "value": value, "process": process, "time": at.0,
                            "index": index });
        event.to_string()
    };
    let lines: Vec<String> = events(shown).into_iter().enumerate().map(line).collect();
    format!("[{}]\n", lines.join(",\n "))
}

/// In the order of the run.
fn events(shown: &Shown<'_>) -> Vec<Event> {
    let all: BTreeMap<String, &TraceOperation> =
        shown.trace.operations.iter().map(|one| (one.id.to_string(), one)).collect();
    let clients = shown.trace.operations.iter().map(|one| one.id.client.index() as u64 + 1).max();
    let clients = clients.unwrap_or(1);
    let mut processes: BTreeMap<usize, u64> = BTreeMap::new();
    let mut events = Vec::new();
    for step in &shown.trace.steps {
        for effect in &step.effects {
            let (text, is_end) = match effect {
                TraceEffect::Invoke { text } => (text, false),
                TraceEffect::Return { text, .. } => (text, true),
                _ => continue,
            };
            let id = text.split(' ').next().unwrap_or_default();
            let Some(one) = all.get(id) else { continue };
            let client = one.id.client.index();
            let process = processes.entry(client).or_insert(client as u64);
            let is = match (is_end, one.done) {
                (false, _) => "invoke",
                (true, Some(true)) => "ok",
                (true, Some(false)) => "fail",
                (true, None) => "info",
            };
            let (f, value) = told(one, is == "ok");
            events.push(Event { is, f, value, process: *process, at: step.at });
            if is == "info" {
                *process += clients;
            }
        }
    }
    events
}

/// What was asked, and what is known of it now.
fn told(one: &TraceOperation, is_ok: bool) -> (String, Value) {
    let words: Vec<&str> = one.op.split(' ').collect();
    match words.as_slice() {
        ["get", key] => {
            let read = if is_ok { word(&one.reply) } else { Value::Null };
            ("read".into(), json!([key, read]))
        }
        ["put", key, value] => ("write".into(), json!([key, word(value)])),
        ["append", key, value] => ("append".into(), json!([key, word(value)])),
        ["cas", key, old, new] => ("cas".into(), json!([key, [word(old), word(new)]])),
        [f, rest @ ..] => {
            let mut value: Vec<Value> = rest.iter().map(|text| word(text)).collect();
            if is_ok {
                value.push(word(&one.reply));
            }
            (keyword(f), json!(value))
        }
        [] => (String::new(), Value::Null),
    }
}

/// A word as a value: a number, nothing, a list of words, or itself.
fn word(text: &str) -> Value {
    if text == "nil" {
        return Value::Null;
    }
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    let list = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match list {
        Some("") => json!([]),
        Some(list) => list.split([',', ' ']).filter(|part| !part.is_empty()).map(word).collect(),
        None => text.into(),
    }
}

/// A word that can stand behind a colon.
fn keyword(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    text.chars().map(plain).collect()
}

fn in_edn(value: &Value) -> String {
    match value {
        Value::Null => "nil".into(),
        Value::Array(list) => {
            format!("[{}]", list.iter().map(in_edn).collect::<Vec<_>>().join(" "))
        }
        Value::String(text) => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", escaped.replace('\n', "\\n"))
        }
        other => other.to_string(),
    }
}
