//! What is sent and what is written.

use serde::Serialize;
use sim_core::{Request, Service};

/// A place in the order of writes, from 1.
pub type Slot = u64;

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Message<S: Service> {
    /// n1 to a copy: "store these writes from this slot on".
    Prepare {
        /// The slot of the first.
        first: Slot,
        /// The writes, in order.
        writes: Vec<Request<S>>,
    },
    /// A copy to n1: "my disk has all up to this slot".
    Prepared {
        /// Up to where.
        slot: Slot,
    },
    /// n1 to a copy: "all copies have everything up to this slot: it is done".
    Commit {
        /// Up to where.
        slot: Slot,
    },
    /// A copy to n1: "I have only so much; what next?"
    Behind {
        /// Up to where its disk has writes.
        prepared: Slot,
    },
}

/// The kinds, in the order of [`Message::kind`].
pub const KINDS: &[&str] = &["prepare", "prepared", "commit", "behind"];

impl<S: Service> Message<S> {
    /// Its place among `KINDS`.
    pub fn kind(&self) -> usize {
        match self {
            Message::Prepare { .. } => 0,
            Message::Prepared { .. } => 1,
            Message::Commit { .. } => 2,
            Message::Behind { .. } => 3,
        }
    }

    /// Bytes on the wire: a header, and about so much for each write.
    pub fn size(&self) -> u32 {
        match self {
            Message::Prepare { writes, .. } => 32 + 40 * writes.len() as u32,
            _ => 32,
        }
    }
}

/// A record of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Record<S: Service> {
    /// A write at its slot.
    Prepared {
        /// Where.
        slot: Slot,
        /// What.
        write: Request<S>,
    },
    /// Everything up to this slot is done. Never synced for its own sake: who has forgotten it asks again.
    Committed(Slot),
}
