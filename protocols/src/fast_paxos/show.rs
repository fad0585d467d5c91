//! How messages, records and states are shown: on one line each. A vote is `7@2.n1f`: for 7 in the
//! fast round of ballot 2.n1.

use super::FastPaxos;
use super::coordinator::Phase;
use super::message::{KINDS, Message, Record};
use crate::paxos::show::vote;
use std::fmt::{Debug, Formatter, Result};

impl Debug for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}: ", KINDS[self.kind()])?;
        match self {
            Message::Propose { key, value } => write!(f, "{key}: {value}"),
            Message::Prepare { key, ballot } | Message::Any { key, ballot } => {
                write!(f, "{key}: {ballot}")
            }
            Message::Promise { key, ballot, vote: last } => {
                write!(f, "{key}: {ballot}, {}", vote(*last))
            }
            Message::Nack { key, ballot, promised } => {
                write!(f, "{key}: {ballot}, promised {promised}")
            }
            Message::Accept { key, ballot, value } => write!(f, "{key}: {value}@{ballot}c"),
            Message::Accepted { key, vote } => write!(f, "{key}: {vote:?}"),
            Message::Learn { decided } => f.debug_map().entries(decided.iter().copied()).finish(),
            Message::Lacks { beyond, missing } => write!(f, "{missing:?} and beyond {beyond}"),
        }
    }
}

impl Debug for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Record::Promised(key, round) => write!(f, "{key}: promised {round}"),
            Record::Voted(key, vote) => write!(f, "{key}: voted {vote:?}"),
            Record::Decided(key, value) => write!(f, "{key}: decided {value}"),
        }
    }
}

/// A node on one line.
pub(super) fn glance(node: &FastPaxos) -> String {
    let mut parts = Vec::new();
    for (key, proposal) in &node.proposals {
        let ballot = proposal.ballot;
        parts.push(match proposal.phase {
            Phase::Waiting => format!("waits for {key}"),
            Phase::Preparing => format!("prepares {key}: {ballot}"),
            Phase::Open => format!("opens {key}: {ballot}"),
            Phase::Proposing(value) => format!("proposes {key}: {value}@{ballot}c"),
        });
    }
    for (key, acceptor) in &node.acceptors {
        parts.push(format!("{key}: promised {}, {}", acceptor.promised, vote(acceptor.vote)));
    }
    parts.push(format!("decided {:?}", node.learner.decisions()));
    parts.join("; ")
}
