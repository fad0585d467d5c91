//! What goes round the ring.

use serde::Serialize;
use sim_core::NodeId;
use std::fmt;
use std::sync::Arc;

/// A message.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// Something goes round. It is acknowledged, so that a dead neighbour is noticed and skipped.
    Pass {
        /// What.
        token: Token,
        /// The sender's number for it.
        number: u64,
    },
    /// It has come.
    Ack {
        /// The sender's number for it.
        number: u64,
    },
    /// "I still lead", to everybody.
    Heartbeat {
        /// The election that made it the leader.
        epoch: u64,
    },
}

/// What goes round.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Token {
    /// The election that it belongs to.
    pub epoch: u64,
    /// How often it has been passed on.
    pub hops: u32,
    /// What it says.
    pub says: Says,
}

/// What it says.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Says {
    /// ELECTION with a list: these nodes are up, the first has begun.
    Up(Arc<[NodeId]>),
    /// COORDINATOR: this node leads. It ends after as many hops as there are nodes on the list.
    Leads {
        /// Who.
        leader: NodeId,
        /// Who was on the list.
        list: Arc<[NodeId]>,
    },
    /// ELECTION of Chang and Roberts: the highest name so far.
    Name(NodeId),
    /// ELECTED: this node leads. It ends where it began.
    Elected(NodeId),
}

impl Message {
    /// The kinds of message.
    pub const KINDS: &'static [&'static str] = &["election", "coordinator", "ack", "heartbeat"];

    /// Which of them this is.
    pub fn kind(&self) -> usize {
        match self {
            Message::Pass { token, .. } => match token.says {
                Says::Up(_) | Says::Name(_) => 0,
                Says::Leads { .. } | Says::Elected(_) => 1,
            },
            Message::Ack { .. } => 2,
            Message::Heartbeat { .. } => 3,
        }
    }

    /// About how many bytes it takes: lists grow with the ring.
    pub fn size(&self) -> u32 {
        let list = match self {
            Message::Pass { token: Token { says: Says::Up(list), .. }, .. }
            | Message::Pass { token: Token { says: Says::Leads { list, .. }, .. }, .. } => {
                list.len()
            }
            _ => 0,
        };
        48 + 4 * list as u32
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.says {
            Says::Up(list) => write!(f, "election {} {list:?}", self.epoch),
            Says::Leads { leader, .. } => write!(f, "coordinator {} {leader}", self.epoch),
            Says::Name(name) => write!(f, "election {} {name}", self.epoch),
            Says::Elected(leader) => write!(f, "elected {} {leader}", self.epoch),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Pass { token, .. } => token.fmt(f),
            Message::Ack { number } => write!(f, "ack #{number}"),
            Message::Heartbeat { epoch } => write!(f, "heartbeat {epoch}"),
        }
    }
}
