//! Jepsen's histories in EDN: maps with `:process`, `:type`, `:f`, `:value` and perhaps `:time`, in one
//! collection or one after another. What processes that are no numbers do (`:nemesis`) is passed over.

use crate::foreign::edn::{self, Edn, Value};
use crate::foreign::{Error, Recorder};
use crate::model::cas_register::{CasOp, CasRegister, CasReply};
use sim_core::history::History;
use sim_core::{Ending, Service};

/// One line of a history.
pub(super) struct Event {
    pub line: usize,
    pub process: u32,
    pub kind: Kind,
    pub f: String,
    pub map: Edn,
}

/// What happens in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Event {
    /// The event's value; `nil` when it has none.
    pub fn value(&self) -> &Value {
        self.map.get("value").map_or(&Value::Nil, |value| &value.value)
    }

    fn time(&self) -> Option<u64> {
        match self.map.get("time")?.value {
            Value::Int(time) => time.try_into().ok(),
            _ => None,
        }
    }

    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::new(self.line, message)
    }
}

/// The events of processes that are numbers.
pub(super) fn events(text: &str) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    for map in maps(text)? {
        events.extend(event(map)?);
    }
    Ok(events)
}

/// The maps that a history is made of.
pub(super) fn maps(text: &str) -> Result<Vec<Edn>, Error> {
    let mut maps = Vec::new();
    for value in edn::read(text)? {
        match value.value {
            Value::List(items) => maps.extend(items),
            _ => maps.push(value),
        }
    }
    match maps.iter().find(|map| !matches!(map.value, Value::Map(_))) {
        Some(other) => Err(Error::new(
            other.line,
            "a history is made of maps such as {:process 0, :type :invoke, …}",
        )),
        None => Ok(maps),
    }
}

fn event(map: Edn) -> Result<Option<Event>, Error> {
    let line = map.line;
    let Some(process) = process(&map)? else { return Ok(None) };
    let kind = kind(&map)?;
    let f = has(&map, "f")?.keyword().ok_or_else(|| Error::new(line, "`:f` is a keyword"))?;
    let f = f.to_string();
    Ok(Some(Event { line, process, kind, f, map }))
}

fn has<'m>(map: &'m Edn, name: &str) -> Result<&'m Edn, Error> {
    map.get(name).ok_or_else(|| Error::new(map.line, format!("this map has no `:{name}`")))
}

/// The process of an event; none when it is no number.
pub(super) fn process(map: &Edn) -> Result<Option<u32>, Error> {
    let Value::Int(process) = has(map, "process")?.value else { return Ok(None) };
    let process = u32::try_from(process).ok().filter(|process| *process < 1 << 31);
    process.map(Some).ok_or_else(|| Error::new(map.line, "no process has such a number"))
}

/// What happens in an event.
pub(super) fn kind(map: &Edn) -> Result<Kind, Error> {
    match has(map, "type")?.keyword() {
        Some("invoke") => Ok(Kind::Invoke),
        Some("ok") => Ok(Kind::Ok),
        Some("fail") => Ok(Kind::Fail),
        Some("info") => Ok(Kind::Info),
        _ => Err(Error::new(map.line, "`:type` is one of :invoke, :ok, :fail and :info")),
    }
}

/// A history from its events, by what they ask and answer. An answer of none tells nothing.
pub(super) fn history<S: Service>(
    events: Vec<Event>,
    op: impl Fn(&Event) -> Result<S::Op, Error>,
    reply: impl Fn(&Event) -> Result<Option<S::Reply>, Error>,
) -> Result<History<S>, Error> {
    let mut recorder = Recorder::<S>::new();
    for event in events {
        let at = recorder.time(event.time());
        let ending = match event.kind {
            Kind::Invoke => {
                recorder.invoke(event.line, event.process, op(&event)?, at)?;
                continue;
            }
            Kind::Ok => reply(&event)?.map_or(Ending::Unknown, Ending::Ok),
            Kind::Fail => Ending::Fail,
            Kind::Info => Ending::Unknown,
        };
        recorder.ret(event.line, event.process, ending, at)?;
    }
    Ok(recorder.history)
}

/// A history of one register with `:read`, `:write N` and `:cas [N N]`. A read that returned `nil` tells
/// nothing, as in Knossos.
pub fn cas_register(text: &str) -> Result<History<CasRegister>, Error> {
    history(events(text)?, register_op, register_reply)
}

fn register_op(event: &Event) -> Result<CasOp, Error> {
    match (event.f.as_str(), event.value()) {
        ("read", _) => Ok(CasOp::Read),
        ("write", Value::Int(value)) => Ok(CasOp::Write(*value)),
        ("write", _) => Err(event.error("a `:write` has a whole number for its `:value`")),
        ("cas", Value::List(items)) => match items.as_slice() {
            [Edn { value: Value::Int(expect), .. }, Edn { value: Value::Int(new), .. }] => {
                Ok(CasOp::Cas(*expect, *new))
            }
            _ => Err(event.error("a `:cas` has two whole numbers for its `:value`")),
        },
        ("cas", _) => Err(event.error("a `:cas` has two whole numbers for its `:value`")),
        (other, _) => {
            Err(event.error(format!("a register knows :read, :write and :cas, and no `:{other}`")))
        }
    }
}

fn register_reply(event: &Event) -> Result<Option<CasReply>, Error> {
    match (event.f.as_str(), event.value()) {
        ("read", Value::Nil) => Ok(None),
        ("read", Value::Int(value)) => Ok(Some(CasReply::Value(Some(*value)))),
        ("read", _) => Err(event.error("a `:read` returns a whole number or nil")),
        ("cas", _) => Ok(Some(CasReply::Swapped(true))),
        _ => Ok(Some(CasReply::Done)),
    }
}
