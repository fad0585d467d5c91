//! What nodes have on disk.

use super::message::SagaId;
use super::steps::Why;
use serde::Serialize;
use sim_core::{NodeId, Service};
use std::fmt;

/// A record.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Record<S: Service> {
    /// A service's local transaction.
    Local(Local<S>),
    /// Apart from its transaction, that a step was done: a planted mistake's alone.
    Fence {
        /// Of which saga.
        saga: SagaId,
        /// Which step.
        step: u32,
        /// Under which key.
        key: u64,
    },
    /// A saga has completed, and what it had marked at this service is free.
    Confirmed {
        /// Which.
        saga: SagaId,
    },
    /// A saga that was begun here by its first step is over: what the client is told from then on.
    Over {
        /// Which.
        saga: SagaId,
        /// How.
        outcome: Outcome,
    },
    /// The relay has an event's acknowledgement.
    Published {
        /// The event's number.
        number: u64,
    },
    /// The relay has given an event up, until somebody asks for it.
    Dead {
        /// The event's number.
        number: u64,
    },
    /// What a saga had marked is free everywhere.
    Freed {
        /// Which.
        saga: SagaId,
    },
    /// The orchestrator's log.
    Logged {
        /// Of which saga.
        saga: SagaId,
        /// What.
        entry: Entry<S>,
    },
    /// The store gave an epoch to an orchestrator.
    Epoch {
        /// Which.
        epoch: u64,
        /// To whom.
        holder: NodeId,
        /// In which of its lives.
        life: u32,
    },
    /// A life of an orchestrator begins, whose log is at the store.
    Boot {
        /// The how manieth.
        life: u32,
    },
}

/// A service's local transaction: what it changed, the fence row with the reply that is repeated, and the outbox row
/// of its event are one record, and so on disk together or not at all.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Local<S: Service> {
    /// The service's transactions count from 1.
    pub number: u64,
    /// For which saga.
    pub saga: SagaId,
    /// What the saga does.
    pub op: S::Op,
    /// Which step, from 1.
    pub step: u32,
    /// Under which idempotency key.
    pub key: u64,
    /// What it did.
    pub act: Act,
    /// What it is without, by a planted mistake.
    pub lacks: Lacks,
}

/// What a local transaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Act {
    /// The step: T.
    Do,
    /// Nothing, for this reason, and the step will never be done: it was refused, or is undone before it came.
    Decline(Why),
    /// It undid the step: C, for a step that was not done.
    Undo(Cause),
}

/// Which step was not done, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cause {
    /// The step, from 1.
    pub step: u32,
    /// Why.
    pub why: Why,
}

/// What a planted mistake keeps out of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum Lacks {
    /// Nothing.
    #[default]
    Nothing,
    /// The fence row.
    Fence,
    /// The outbox row.
    Outbox,
}

/// What an event tells of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum What {
    /// It is done.
    Done,
    /// It was not done, and never will be; the saga has to be undone.
    Failed(Cause),
    /// It is undone.
    Undone(Cause),
}

/// An entry of the orchestrator's log. What it asks for next follows from them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Entry<S: Service> {
    /// A saga is begun.
    Started {
        /// What it does.
        op: S::Op,
    },
    /// A step is done.
    Done {
        /// Which.
        step: u32,
    },
    /// A step was not done and never will be.
    Failed(Cause),
    /// Nobody knows whether a step is done, and the saga is to be undone if that still can be.
    Aborting {
        /// Which step.
        step: u32,
    },
    /// A step is undone, or will never be done.
    Undone {
        /// Which.
        step: u32,
    },
    /// The saga is over.
    Ended {
        /// How.
        outcome: Outcome,
    },
    /// What it had marked is free everywhere.
    Freed,
}

/// How a saga ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Outcome {
    /// Every step is done.
    Completed,
    /// A step was not done, and those before it are undone.
    Rejected(Cause),
}

impl<S: Service> fmt::Debug for Record<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Local(local) => local.fmt(f),
            Record::Fence { saga, step, .. } => write!(f, "fence {saga} step {step}"),
            Record::Confirmed { saga } => write!(f, "confirmed {saga}"),
            Record::Over { saga, outcome } => write!(f, "over {saga}: {outcome}"),
            Record::Published { number } => write!(f, "published {number}"),
            Record::Dead { number } => write!(f, "dead letter {number}"),
            Record::Freed { saga } => write!(f, "freed {saga}"),
            Record::Logged { saga, entry } => write!(f, "{saga} {entry:?}"),
            Record::Epoch { epoch, holder, life } => {
                write!(f, "epoch {epoch} to life {life} of {holder}")
            }
            Record::Boot { life } => write!(f, "life {life}"),
        }
    }
}

impl<S: Service> fmt::Debug for Local<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Local { number, saga, step, act, lacks, .. } = self;
        write!(f, "{number}: {saga} step {step} {act}")?;
        match lacks {
            Lacks::Nothing => Ok(()),
            Lacks::Fence => f.write_str(", no fence row"),
            Lacks::Outbox => f.write_str(", no outbox row"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Do => f.write_str("done"),
            Act::Decline(why) => write!(f, "declined, {why}"),
            Act::Undo(_) => f.write_str("undone"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Done => f.write_str("done"),
            What::Failed(cause) => write!(f, "declined, {}", cause.why),
            What::Undone(_) => f.write_str("undone"),
        }
    }
}

impl<S: Service> fmt::Debug for Entry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Started { op } => write!(f, "started: {}", S::show_op(op)),
            Entry::Done { step } => write!(f, "step {step} done"),
            Entry::Failed(Cause { step, why }) => write!(f, "step {step} declined, {why}"),
            Entry::Aborting { step } => write!(f, "aborting at step {step}"),
            Entry::Undone { step } => write!(f, "step {step} undone"),
            Entry::Ended { outcome } => write!(f, "ended: {outcome}"),
            Entry::Freed => f.write_str("freed"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Completed => f.write_str("completed"),
            Outcome::Rejected(Cause { step, why }) => {
                write!(f, "rejected, step {step} {why}")
            }
        }
    }
}
