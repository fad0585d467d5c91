//! How messages, records and states read in scripts and traces.

use super::message::{Message, Record, Tx, Vote, Write};
use sim_core::NodeId;
use sim_core::fact::Number;
use std::fmt;

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Number(self.0))
    }
}

/// A list in words: `a, b`.
pub(super) fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(", ")
}

/// COMMIT or ABORT.
pub(super) fn outcome(commits: bool) -> &'static str {
    if commits { "commit" } else { "abort" }
}

fn nodes(nodes: &[NodeId]) -> String {
    list(nodes, NodeId::to_string)
}

/// What is written: `account 1 = 40`.
pub(super) fn writes(all: &[Write]) -> String {
    list(all, |write| match write {
        Write::Balance { account, balance } => format!("account {account} = {balance}"),
        Write::Append { key, values } => format!("list {key} + {values:?}"),
    })
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Message::KINDS[self.kind()])?;
        match self {
            Message::Work { tx, request, steps, .. } => {
                write!(f, ": {tx:?} for {request}: {}", list(steps, ToString::to_string))
            }
            Message::Done { tx, found, .. } => write!(f, ": {tx:?} {found:?}"),
            Message::Prepare { tx, peers, .. } => write!(f, ": {tx:?} of {}", nodes(peers)),
            Message::Vote { tx, vote } => {
                let vote = match vote {
                    Vote::Yes => "yes",
                    Vote::No { declined: true } => "no, declined",
                    Vote::No { declined: false } => "no",
                    Vote::ReadOnly => "read-only",
                };
                write!(f, ": {tx:?} {vote}")
            }
            Message::Decision { tx, commits } => write!(f, ": {tx:?} {}", outcome(*commits)),
            Message::PeerAnswer { tx, commits } => {
                write!(f, ": {tx:?} {}", commits.map_or("in doubt", outcome))
            }
            Message::Failed { tx }
            | Message::Rollback { tx }
            | Message::Ack { tx }
            | Message::Inquiry { tx }
            | Message::PeerInquiry { tx } => write!(f, ": {tx:?}"),
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Boot { life } => write!(f, "boot {life}"),
            Record::Initiation { tx, sites } => write!(f, "initiation {tx:?} of {}", nodes(sites)),
            Record::Decision { tx, commits, sites, .. } => {
                write!(f, "{} {tx:?} of {}", outcome(*commits), nodes(sites))
            }
            Record::End { tx } => write!(f, "end {tx:?}"),
            Record::Answered(answer) => write!(f, "answered {}", answer.id),
            Record::Prepared { tx, writes: all, .. } => {
                write!(f, "prepared {tx:?}: {}", writes(all))
            }
            Record::Outcome { tx, commits } => write!(f, "{} {tx:?}", outcome(*commits)),
            Record::Coordinator(checkpoint) => {
                write!(f, "checkpoint of life {}: {:?}", checkpoint.life, checkpoint.open)
            }
            Record::Participant(checkpoint) => {
                let doubts: Vec<Tx> = checkpoint.in_doubt.iter().map(|(tx, ..)| *tx).collect();
                let (life, bank) = (checkpoint.life, &checkpoint.bank);
                write!(f, "checkpoint of life {life}: {bank:?}, in doubt {doubts:?}")
            }
        }
    }
}
