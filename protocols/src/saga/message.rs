//! What nodes say to each other.

use super::record::{Entry, What};
use super::steps::Why;
use serde::Serialize;
use sim_core::{NodeId, RequestId, Service};
use std::fmt;

/// The name of a saga: that of the request that asked for it.
pub type SagaId = RequestId;

/// A message.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message<S: Service> {
    /// Do this step: T.
    Command(Order<S>),
    /// What came of it.
    Reply {
        /// Of which saga.
        saga: SagaId,
        /// Of which step.
        step: u32,
        /// What.
        verdict: Verdict,
    },
    /// Undo this step: C. Where it was not done, see to it that it never is.
    Compensate(Order<S>),
    /// What came of that.
    Compensated {
        /// Of which saga.
        saga: SagaId,
        /// Of which step.
        step: u32,
        /// What.
        verdict: Verdict,
    },
    /// The saga has completed: what it marked is free.
    Release {
        /// Which saga.
        saga: SagaId,
    },
    /// It is free.
    Released {
        /// Which saga.
        saga: SagaId,
    },
    /// Something has happened.
    Event(Event<S>),
    /// The event of this number was dealt with.
    Ack {
        /// Which of the receiver's events.
        number: u64,
    },
    /// The watchdog's question: what has become of this saga at this step?
    Inquiry(Order<S>),
    /// A question of a client's is handed on.
    Query {
        /// Which.
        id: RequestId,
        /// What is asked.
        op: S::Op,
        /// To which service.
        service: u32,
    },
    /// A service's part of the answer.
    Part {
        /// To which question.
        id: RequestId,
        /// From which service.
        service: u32,
        /// What.
        reply: S::Reply,
    },
    /// An orchestrator to the other: I am at work.
    Heartbeat {
        /// In which epoch.
        epoch: u64,
    },
    /// An orchestrator to the store: I want to work in this epoch.
    Acquire {
        /// Which.
        epoch: u64,
        /// In which of its lives it asks.
        life: u32,
    },
    /// The store: so be it, and here is the log.
    Acquired {
        /// Which epoch.
        epoch: u64,
        /// The life that has asked.
        life: u32,
        /// Every saga's entries.
        log: Vec<(SagaId, Vec<Entry<S>>)>,
    },
    /// An orchestrator to the store: let this be the saga's next entry.
    Append {
        /// In which epoch.
        epoch: u64,
        /// Of which saga.
        saga: SagaId,
        /// At which place, from 0.
        at: u32,
        /// What.
        entry: Entry<S>,
    },
    /// The store: it is.
    Appended {
        /// In which epoch it was asked for.
        epoch: u64,
        /// Of which saga.
        saga: SagaId,
        /// At which place.
        at: u32,
    },
    /// The store: you are not at work any more.
    Fenced {
        /// The epoch that is.
        epoch: u64,
        /// Whose it is; none when nobody has had any.
        holder: Option<NodeId>,
    },
}

/// A step that is to be done or undone.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Order<S: Service> {
    /// Of which saga.
    pub saga: SagaId,
    /// What the saga does.
    pub op: S::Op,
    /// Which step, from 1.
    pub step: u32,
    /// The idempotency key, with the saga and the step: always 0, unless a planted mistake makes new ones.
    pub key: u64,
}

/// Something that has happened to a saga: the outbox has a row for it in the transaction in which it happened.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Event<S: Service> {
    /// Its number at its sender: that of the transaction.
    pub number: u64,
    /// Which saga.
    pub saga: SagaId,
    /// What the saga does.
    pub op: S::Op,
    /// Which step, from 1.
    pub step: u32,
    /// What has happened to the step.
    pub what: What,
}

/// What a service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Verdict {
    /// The step is done.
    Done,
    /// It was not done, and never will be.
    Declined(Why),
    /// It is undone, or will never be done.
    Undone,
    /// It is done and cannot be undone.
    TooLate,
    /// Not now; ask again.
    NotNow,
}

impl<S: Service> Message<S> {
    /// The kinds of message.
    pub const KINDS: &'static [&'static str] = &[
        "command",
        "reply",
        "compensate",
        "compensated",
        "release",
        "released",
        "event",
        "ack",
        "inquiry",
        "query",
        "part",
        "heartbeat",
        "acquire",
        "acquired",
        "append",
        "appended",
        "fenced",
    ];

    /// Which of them this is.
    pub fn kind(&self) -> usize {
        match self {
            Message::Command(_) => 0,
            Message::Reply { .. } => 1,
            Message::Compensate(_) => 2,
            Message::Compensated { .. } => 3,
            Message::Release { .. } => 4,
            Message::Released { .. } => 5,
            Message::Event(_) => 6,
            Message::Ack { .. } => 7,
            Message::Inquiry(_) => 8,
            Message::Query { .. } => 9,
            Message::Part { .. } => 10,
            Message::Heartbeat { .. } => 11,
            Message::Acquire { .. } => 12,
            Message::Acquired { .. } => 13,
            Message::Append { .. } => 14,
            Message::Appended { .. } => 15,
            Message::Fenced { .. } => 16,
        }
    }
}

impl<S: Service> fmt::Debug for Message<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Message::<S>::KINDS[self.kind()])?;
        match self {
            Message::Command(order) | Message::Compensate(order) | Message::Inquiry(order) => {
                write!(f, " {order:?}")
            }
            Message::Reply { saga, step, verdict }
            | Message::Compensated { saga, step, verdict } => {
                write!(f, " {saga} step {step}: {verdict}")
            }
            Message::Release { saga } | Message::Released { saga } => write!(f, " {saga}"),
            Message::Event(event) => write!(f, " {event:?}"),
            Message::Ack { number } => write!(f, " {number}"),
            Message::Query { id, op, service } => {
                write!(f, " {id} {} to service {service}", S::show_op(op))
            }
            Message::Part { id, service, reply } => {
                write!(f, " {id} of service {service}: {}", S::show_reply(reply))
            }
            Message::Heartbeat { epoch } | Message::Fenced { epoch, .. } => write!(f, " {epoch}"),
            Message::Acquire { epoch, life } => write!(f, " {epoch} for life {life}"),
            Message::Acquired { epoch, life, log } => {
                write!(f, " {epoch} for life {life}, {} sagas", log.len())
            }
            Message::Append { epoch, saga, at, entry } => {
                write!(f, " in {epoch}, {saga} at {at}: {entry:?}")
            }
            Message::Appended { epoch, saga, at } => write!(f, " in {epoch}, {saga} at {at}"),
        }
    }
}

impl<S: Service> fmt::Debug for Order<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} step {} of {}", self.saga, self.step, S::show_op(&self.op))?;
        if self.key == 0 { Ok(()) } else { write!(f, ", key {}", self.key) }
    }
}

impl<S: Service> fmt::Debug for Event<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} step {} {}", self.number, self.saga, self.step, self.what)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Done => f.write_str("done"),
            Verdict::Declined(why) => write!(f, "declined, {why}"),
            Verdict::Undone => f.write_str("undone"),
            Verdict::TooLate => f.write_str("too late"),
            Verdict::NotNow => f.write_str("not now"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Refused => "refused",
            Why::Busy => "busy",
            Why::Late => "late",
        })
    }
}
