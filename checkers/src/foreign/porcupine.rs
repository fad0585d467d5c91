//! Porcupine's key-value histories: a map a line, with `:f` one of `:get`, `:put` and `:append`, a `:key` and a
//! `:value`; each key a text, at first empty.

use crate::foreign::Error;
use crate::foreign::edn::Value;
use crate::foreign::jepsen_edn::{Event, events, history};
use crate::model::text_kv::{TextAction, TextKv, TextOp, TextReply};
use sim_core::history::History;

/// A history of texts by key.
pub fn text_kv(text: &str) -> Result<History<TextKv>, Error> {
    history(events(text)?, op, reply)
}

fn op(event: &Event) -> Result<TextOp, Error> {
    let Some(Value::Text(key)) = event.map.get("key").map(|key| &key.value) else {
        return Err(event.error("this map has no `:key` that is a text"));
    };
    let action = match (event.f.as_str(), event.value()) {
        ("get", _) => TextAction::Get,
        ("put", Value::Text(text)) => TextAction::Put(text.clone()),
        ("append", Value::Text(text)) => TextAction::Append(text.clone()),
        ("put" | "append", _) => {
            return Err(event.error("a `:put` or `:append` has a text for its `:value`"));
        }
        (other, _) => {
            let message = format!("this store knows :get, :put and :append, and no `:{other}`");
            return Err(event.error(message));
        }
    };
    Ok(TextOp { key: key.clone(), action })
}

fn reply(event: &Event) -> Result<Option<TextReply>, Error> {
    match (event.f.as_str(), event.value()) {
        ("get", Value::Text(text)) => Ok(Some(TextReply::Text(text.clone()))),
        ("get", _) => Err(event.error("a `:get` returns a text")),
        _ => Ok(Some(TextReply::Done)),
    }
}
