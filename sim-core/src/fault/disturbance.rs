//! What happens to single messages: the decisions that chances and faults come to, one by one.
//!
//! A run can be written out: each message that was lost, damaged, held up or doubled, with its link and with when it
//! was sent. Played back, they need no chances and no strikes, and each can be left out alone. A message is named by
//! time and not by how many came before it on its link: when some of these are not sent any more, because a client
//! asks for less, the name still finds it, or the one that is sent in its stead.

use super::FaultKind;
use crate::process::NodeId;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that happens to one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disturbance {
    /// Who sends it: a node or a client.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// The first message on this link that is sent then or later.
    pub at: Time,
    /// Or the second, third, … of these: several messages may be sent in one instant. From 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub nth: u32,
    /// What happens to it.
    pub what: Trouble,
}

fn first() -> u32 {
    1
}

fn is_first(nth: &u32) -> bool {
    *nth == 1
}

/// What can happen to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// It is lost. On a stream it is sent again after a while; what is lost again is listed again.
    Lost,
    /// It is damaged, which its checksum notices: as if it were lost.
    Damaged,
    /// It takes so much longer.
    Late(Span),
    /// It is held back for so long that later ones overtake it.
    HeldBack(Span),
    /// It arrives a second time, so long after the first. Not on a stream.
    Again(Span),
    /// It arrives a second time, and that copy counts as delayed, too. Not on a stream.
    Stale(Span),
}

impl Trouble {
    /// As a fault of which kind it counts, first of all.
    pub fn kind(self) -> FaultKind {
        match self {
            Trouble::Lost => FaultKind::Loss,
            Trouble::Damaged => FaultKind::Corrupt,
            Trouble::Late(_) => FaultKind::Delay,
            Trouble::HeldBack(_) => FaultKind::Reorder,
            Trouble::Again(_) | Trouble::Stale(_) => FaultKind::Duplicate,
        }
    }

    /// By how much it is late, or how much later it comes again.
    pub fn span(self) -> Span {
        match self {
            Trouble::Lost | Trouble::Damaged => Span::ZERO,
            Trouble::Late(span) | Trouble::HeldBack(span) => span,
            Trouble::Again(span) | Trouble::Stale(span) => span,
        }
    }

    /// The same, but for as long as this.
    pub fn with_span(self, span: Span) -> Trouble {
        match self {
            Trouble::Lost | Trouble::Damaged => self,
            Trouble::Late(_) => Trouble::Late(span),
            Trouble::HeldBack(_) => Trouble::HeldBack(span),
            Trouble::Again(_) => Trouble::Again(span),
            Trouble::Stale(_) => Trouble::Stale(span),
        }
    }
}

impl fmt::Display for Disturbance {
    /// `n1 > n2 from 1.2s on, message 1: lost`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {} from {} on, message {}: ", self.from, self.to, self.at, self.nth)?;
        match self.what {
            Trouble::Lost => f.write_str("lost"),
            Trouble::Damaged => f.write_str("damaged"),
            Trouble::Late(by) => write!(f, "{by} late"),
            Trouble::HeldBack(by) => write!(f, "held back {by}"),
            Trouble::Again(after) => write!(f, "again {after} later"),
            Trouble::Stale(after) => write!(f, "again, and stale, {after} later"),
        }
    }
}
