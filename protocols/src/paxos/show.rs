//! How messages, records and states are shown: on one line each, as people write them on a
//! whiteboard. A vote is `7@2.n1`: for 7 in round 2 of n1; a decision is `3: 7`.

use super::Paxos;
use super::message::{KINDS, Message, Record, Vote};
use super::proposer::Phase;
use std::fmt::{Debug, Formatter, Result};

impl<R: Debug> Debug for Vote<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}@{:?}", self.value, self.ballot)
    }
}

/// A vote, if there is one.
pub(crate) fn vote<R: Debug + Copy>(vote: Option<Vote<R>>) -> String {
    vote.map_or("no vote".into(), |vote| format!("voted {vote:?}"))
}

impl Debug for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}: ", KINDS[self.kind()])?;
        match self {
            Message::Prepare { key, ballot } => write!(f, "{key}: {ballot}"),
            Message::Promise { key, ballot, vote: last } => {
                write!(f, "{key}: {ballot}, {}", vote(*last))
            }
            Message::Nack { key, ballot, promised } => {
                write!(f, "{key}: {ballot}, promised {promised}")
            }
            Message::Accept { key, ballot, value } | Message::Accepted { key, ballot, value } => {
                write!(f, "{key}: {value}@{ballot}")
            }
            Message::Learn { decided } => f.debug_map().entries(decided.iter().copied()).finish(),
            Message::Lacks { beyond, missing } => write!(f, "{missing:?} and beyond {beyond}"),
        }
    }
}

impl Debug for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Record::Promised(key, ballot) => write!(f, "{key}: promised {ballot}"),
            Record::Voted(key, vote) => write!(f, "{key}: voted {vote:?}"),
            Record::Decided(key, value) => write!(f, "{key}: decided {value}"),
        }
    }
}

/// A node on one line.
pub(super) fn glance(node: &Paxos) -> String {
    let mut parts = Vec::new();
    for (key, proposal) in &node.proposals {
        let ballot = proposal.ballot;
        parts.push(match proposal.phase {
            Phase::Waiting => format!("waits for {key}"),
            Phase::Preparing => format!("prepares {key}: {ballot}"),
            Phase::Proposing(value) => format!("proposes {key}: {value}@{ballot}"),
        });
    }
    for (key, acceptor) in &node.acceptors {
        parts.push(format!("{key}: promised {}, {}", acceptor.promised, vote(acceptor.vote)));
    }
    parts.push(format!("decided {:?}", node.learner.decisions()));
    parts.join("; ")
}
