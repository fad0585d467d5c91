//! Transactions as their clients saw them: what they asked, what they read, and how they ended.

use sim_core::history::History;
use sim_core::{Ending, Service, Time};
use std::fmt;

/// One micro-operation of a transaction.
///
/// A key holds either a list or a register. Values written to one key are to be unique: only then does a read
/// tell whose write it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Micro {
    /// A value is put at the end of a list.
    Append {
        /// Whose list.
        key: String,
        /// What is put there.
        value: i64,
    },
    /// A list is read; in the beginning it is empty.
    List {
        /// Whose list.
        key: String,
        /// What was read; passed over when the transaction did not end well.
        seen: Vec<i64>,
    },
    /// A register is overwritten.
    Write {
        /// Which register.
        key: String,
        /// What is written.
        value: i64,
    },
    /// A register is read.
    Register {
        /// Which register.
        key: String,
        /// What was read, none when nothing was ever written; passed over when the transaction did not end well.
        seen: Option<i64>,
    },
}

impl Micro {
    /// The key that it is about.
    pub fn key(&self) -> &str {
        match self {
            Micro::Append { key, .. }
            | Micro::List { key, .. }
            | Micro::Write { key, .. }
            | Micro::Register { key, .. } => key,
        }
    }

    /// What it writes.
    pub fn written(&self) -> Option<i64> {
        match self {
            Micro::Append { value, .. } | Micro::Write { value, .. } => Some(*value),
            Micro::List { .. } | Micro::Register { .. } => None,
        }
    }
}

impl fmt::Display for Micro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Micro::Append { key, value } => write!(f, "append {value} to {key}"),
            Micro::List { key, seen } => write!(f, "read {key} = {}", Elided(seen)),
            Micro::Write { key, value } => write!(f, "write {key} = {value}"),
            Micro::Register { key, seen: Some(value) } => write!(f, "read {key} = {value}"),
            Micro::Register { key, seen: None } => write!(f, "read {key} = nothing"),
        }
    }
}

/// A list of which only the end is shown when it is long.
pub(super) struct Elided<'l>(pub &'l [i64]);

impl fmt::Display for Elided<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let hidden = self.0.len().saturating_sub(SHOWN);
        f.write_str(if hidden > 0 { "[…" } else { "[" })?;
        for (place, value) in self.0[hidden..].iter().enumerate() {
            let between = if place > 0 || hidden > 0 { " " } else { "" };
            write!(f, "{between}{value}")?;
        }
        f.write_str("]")
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It committed, and its reads are known.
    Ok,
    /// It was aborted, and none of its writes may ever be seen.
    Fail,
    /// It may have committed, or may yet; it did when one of its writes was seen.
    Unknown,
}

/// One transaction of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Who ran it. A process does one thing at a time; its transactions are a session.
    pub process: u32,
    /// What it did, in its order.
    pub micros: Vec<Micro>,
    /// How it ended.
    pub status: Status,
    /// When it was invoked.
    pub invoked: Time,
    /// When it ended; none while it is open.
    pub returned: Option<Time>,
    /// The place of its invocation in the order of all invocations and returns.
    pub call: u64,
    /// The place of its return; [`u64::MAX`] unless it ended [`Status::Ok`] or [`Status::Fail`].
    pub ret: u64,
}

/// The transactions of a history of operations that are transactions. `micros` says what an operation did, given
/// what it asked and, when it ended well, what was replied.
pub fn from_history<S: Service>(
    history: &History<S>,
    micros: impl Fn(&S::Op, Option<&S::Reply>) -> Vec<Micro>,
) -> Vec<Transaction> {
    let transactions = history.operations.iter().map(|one| {
        let (status, reply) = match &one.returned {
            Some((_, Ending::Ok(reply))) => (Status::Ok, Some(reply)),
            Some((_, Ending::Fail)) => (Status::Fail, None),
            Some((_, Ending::Unknown)) | None => (Status::Unknown, None),
        };
        Transaction {
            process: one.id.client.index() as u32,
            micros: micros(&one.op, reply),
            status,
            invoked: one.invoked,
            returned: one.returned.as_ref().map(|(at, _)| *at),
            call: one.call,
            ret: one.ret,
        }
    });
    transactions.collect()
}
