//! Histories that others recorded, read into ours.
//!
//! | module | format |
//! |---|---|
//! | [`jepsen_edn`] | Jepsen's histories in EDN |
//! | [`jepsen_log`] | Jepsen's console logs |
//! | [`list_append`] | Elle's histories of transactions in EDN |
//! | [`porcupine`] | Porcupine's key-value histories |
//!
//! In all of them a *process* does one thing at a time. What ended `:ok` took effect, what ended `:fail` did
//! not, and what ended `:info` or not at all may have, at any later time.

pub mod edn;
pub mod jepsen_edn;
pub mod jepsen_log;
pub mod list_append;
pub mod porcupine;

use sim_core::history::History;
use sim_core::{Ending, NodeId, RequestId, Service, Time};
use std::collections::BTreeMap;
use std::fmt;

/// Why a history could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl Error {
    fn new(line: usize, message: impl Into<String>) -> Error {
        Error { line, message: message.into() }
    }
}
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
impl std::error::Error for Error {}

/// A history in the making, in which each process does one thing at a time.
struct Recorder<S: Service> {
    history: History<S>,
    open: BTreeMap<u32, (usize, RequestId)>,
    invoked: BTreeMap<u32, u32>,
    events: u64,
}

impl<S: Service> Recorder<S> {
    fn new() -> Self {
        Recorder {
            history: History::new(),
            open: BTreeMap::new(),
            invoked: BTreeMap::new(),
            events: 0,
        }
    }

    /// The time of an event that bears none: its number, as nanoseconds.
    fn time(&mut self, given: Option<u64>) -> Time {
        self.events += 1;
        Time(given.unwrap_or(self.events))
    }

    fn invoke(&mut self, line: usize, process: u32, op: S::Op, at: Time) -> Result<(), Error> {
        if let Some((before, _)) = self.open.get(&process) {
            let message = format!(
                "process {process} invokes an operation, but the one of line {before} has not ended"
            );
            return Err(Error::new(line, message));
        }
        let number = self.invoked.entry(process).or_default();
        *number += 1;
        let id = RequestId { client: NodeId::client(process), number: *number };
        self.open.insert(process, (line, id));
        self.history.invoke(id, op, at);
        Ok(())
    }

    fn ret(
        &mut self,
        line: usize,
        process: u32,
        ending: Ending<S::Reply>,
        at: Time,
    ) -> Result<(), Error> {
        let Some((_, id)) = self.open.remove(&process) else {
            let message = format!("process {process} ends an operation, but has invoked none");
            return Err(Error::new(line, message));
        };
        self.history.ret(id, ending, at);
        Ok(())
    }
}
