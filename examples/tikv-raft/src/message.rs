//! What crosses the network: the crate's own messages, encoded as protobuf.

use crate::store::Snapshot;
use protobuf::Message as _;
use raft::eraftpb::{Message as Raw, MessageType};
use serde::Serialize;
use splitbrain::prelude::NodeId;
use std::fmt;
use std::sync::Arc;

/// The kinds of message, in the order in which they are numbered. The last is for what these nodes never send.
pub const KINDS: &[&str] = &[
    "pre-vote",
    "pre-vote-reply",
    "request-vote",
    "vote",
    "append",
    "append-reply",
    "heartbeat",
    "heartbeat-reply",
    "snapshot",
    "read-index",
    "read-index-reply",
    "other",
];

fn kind_of(message: &Raw) -> u8 {
    match message.get_msg_type() {
        MessageType::MsgRequestPreVote => 0,
        MessageType::MsgRequestPreVoteResponse => 1,
        MessageType::MsgRequestVote => 2,
        MessageType::MsgRequestVoteResponse => 3,
        MessageType::MsgAppend => 4,
        MessageType::MsgAppendResponse => 5,
        MessageType::MsgHeartbeat => 6,
        MessageType::MsgHeartbeatResponse => 7,
        MessageType::MsgSnapshot => 8,
        MessageType::MsgReadIndex => 9,
        MessageType::MsgReadIndexResp => 10,
        _ => 11,
    }
}

/// A message of the crate's, and the state that its snapshot stands for, if it is one.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Message {
    kind: u8,
    bytes: Arc<[u8]>,
    /// The snapshot itself.
    pub snapshot: Option<Arc<Snapshot>>,
}

impl Message {
    /// Encodes one.
    pub fn encode(message: &Raw, snapshot: Option<Arc<Snapshot>>) -> Message {
        let bytes = message.write_to_bytes().expect("a message in memory can be encoded");
        Message { kind: kind_of(message), bytes: bytes.into(), snapshot }
    }

    /// The crate's message. None when it is none, which the network does not let happen: what is damaged is dropped.
    pub fn decode(&self) -> Option<Raw> {
        Raw::parse_from_bytes(&self.bytes).ok()
    }

    /// Which of [`KINDS`] it is.
    #[inline]
    pub fn kind(&self) -> usize {
        self.kind.into()
    }

    /// Whether it serves to find a leader.
    #[inline]
    pub fn elects(&self) -> bool {
        self.kind < 4
    }

    /// What the crate encodes, in bytes; and for a snapshot's state a kibibyte, and 64 bytes a session.
    #[inline]
    pub fn size(&self) -> u32 {
        let sessions = self.snapshot.as_ref().map(|snapshot| snapshot.replica.sessions.len());
        (self.bytes.len() + sessions.map_or(0, |count| 1_024 + 64 * count)) as u32
    }
}

/// The node with this number in the crate, which counts from 1.
pub fn node_of(id: u64) -> NodeId {
    NodeId((id as u32).wrapping_sub(1))
}

/// The number of a node in the crate.
pub fn id_of(node: NodeId) -> u64 {
    node.index() as u64 + 1
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(raw) = self.decode() else { return f.write_str("unreadable") };
        write!(f, "{}: term {}", KINDS[self.kind()], raw.term)?;
        let answer = if raw.reject { "refused" } else { "granted" };
        match self.kind {
            0 | 2 => write!(f, ", log up to {}@{}", raw.index, raw.log_term),
            1 | 3 => write!(f, ", {answer}"),
            4 => {
                let (prev, entries) = ((raw.index, raw.log_term), raw.entries.len());
                write!(f, ", {entries} behind {}@{}, commit {}", prev.0, prev.1, raw.commit)
            }
            5 if raw.reject => {
                write!(f, ", nothing matches {}, try {}", raw.index, raw.reject_hint)
            }
            5 => write!(f, ", matched up to {}", raw.index),
            6 => write!(f, ", commit {}", raw.commit),
            8 => write!(f, ", up to {}", raw.get_snapshot().get_metadata().index),
            10 => write!(f, ", index {}", raw.index),
            _ => Ok(()),
        }
    }
}
