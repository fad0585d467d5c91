//! What nodes say to each other.

use serde::Serialize;
use std::fmt;

/// A message.
///
/// Elections are numbered, so that what belongs to an earlier one can be told: see
/// [`Bully::new_number`](super::Bully).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// "I hold an election", to whoever is higher.
    Election,
    /// "I am alive, and will take over", to whoever is lower.
    Ok,
    /// "I am the coordinator", to whoever is lower.
    Coordinator {
        /// Its election.
        epoch: u64,
    },
    /// "I still am", to everybody. In the original this is "are you normal?", and answered.
    Heartbeat {
        /// Its election.
        epoch: u64,
    },
    /// The original's questions and orders, each of which is answered.
    Ask {
        /// What is asked.
        what: Ask,
        /// In which election.
        number: u64,
    },
    /// The answer to one of them.
    Answer {
        /// To what.
        what: Ask,
        /// In which election.
        number: u64,
        /// Yes or no.
        yes: bool,
    },
}

/// What the original asks (Garcia-Molina 1982, section III, with its names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Ask {
    /// Are you there?
    AreYouThere,
    /// Are you normal, with me as your coordinator?
    AreYouNormal,
    /// Stop whatever you do, for I hold an election.
    Halt,
    /// I am the new coordinator.
    NewCoordinator,
    /// The task is defined: the election's number stands for it.
    Ready,
}

impl Message {
    /// The kinds of message.
    pub const KINDS: &'static [&'static str] = &[
        "election",
        "ok",
        "coordinator",
        "heartbeat",
        "are-you-there",
        "are-you-normal",
        "halt",
        "new-coordinator",
        "ready",
        "answer",
    ];

    /// Which of them this is.
    pub fn kind(&self) -> usize {
        match self {
            Message::Election => 0,
            Message::Ok => 1,
            Message::Coordinator { .. } => 2,
            Message::Heartbeat { .. } => 3,
            Message::Ask { what, .. } => 4 + *what as usize,
            Message::Answer { .. } => 9,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Message::KINDS[self.kind()])?;
        match self {
            Message::Election | Message::Ok => Ok(()),
            Message::Coordinator { epoch } | Message::Heartbeat { epoch } => write!(f, " {epoch}"),
            Message::Ask { number, .. } => write!(f, " {number}"),
            Message::Answer { what, number, yes } => {
                let to = Message::Ask { what: *what, number: *number };
                write!(f, "{} to {to:?}", if *yes { "" } else { " no" })
            }
        }
    }
}
