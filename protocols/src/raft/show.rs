//! How messages, records and states are shown: on one line each, as people write them on a whiteboard, and without
//! hashes. An entry is `3@2(put x 1)`: index 3, term 2.

use super::log::{Entry, Index, Payload, Term};
use super::message::{AppendEntries, Candidacy, Message, Outcome, Record};
use super::snapshot::{Snapshot, SnapshotId};
use super::{Raft, Role};
use sim_core::Service;
use std::fmt::{Debug, Formatter, Result};

/// An entry at its index.
struct At<'a, S: Service>(Index, &'a Entry<S>);

impl<S: Service> Debug for At<'_, S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}@{:?}", self.0, self.1)
    }
}

impl<S: Service> Debug for Entry<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.payload {
            Payload::Nothing => write!(f, "{}", self.term),
            Payload::Request(request) => write!(f, "{}({})", self.term, S::show_op(&request.op)),
            Payload::Members(change) => write!(f, "{}(voters {})", self.term, change.members),
        }
    }
}

impl Debug for Candidacy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Candidacy { term, last_term, last_index, transfer } = self;
        let asked = if *transfer { ", as the leader asked" } else { "" };
        write!(f, "term {term}, last {last_index}@{last_term}{asked}")
    }
}

impl<S: Service> Debug for AppendEntries<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let AppendEntries { term, round, prev_index, prev_term, entries, commit } = self;
        write!(f, "term {term}, after {prev_index}@{prev_term} ")?;
        let entries = (prev_index + 1..).zip(entries.iter());
        f.debug_list().entries(entries.map(|(index, entry)| At(index, entry))).finish()?;
        write!(f, ", commit {commit}, round {round}")
    }
}

impl Debug for SnapshotId {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "snapshot ..{}@{}", self.index, self.term)
    }
}

impl<S: Service> Debug for Snapshot<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Snapshot { index, term, state, sessions, .. } = self;
        let sessions = sessions.len();
        write!(f, "snapshot ..{index}@{term} {state:?}, {sessions} sessions")
    }
}

impl<S: Service> Debug for Message<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}: ", super::message::KINDS[self.kind()])?;
        let vote = |granted: &bool| if *granted { "granted" } else { "refused" };
        match self {
            Message::PreVote(ask) | Message::RequestVote(ask) => write!(f, "{ask:?}"),
            Message::PreVoteReply { term, granted } | Message::Vote { term, granted } => {
                write!(f, "term {term}, {}", vote(granted))
            }
            Message::AppendEntries(append) => write!(f, "{append:?}"),
            Message::Appended { term, round, outcome } => {
                write!(f, "term {term}, ")?;
                show_outcome(*outcome, f)?;
                write!(f, ", round {round}")
            }
            Message::InstallSnapshot { term, round, snapshot, offset, data, done } => {
                let last = if *done { " (the last)" } else { "" };
                write!(f, "term {term}, {snapshot:?}, piece {offset}{last} {data:?}, round {round}")
            }
            Message::Installed { term, round, last_index, wanted } => {
                write!(f, "term {term}, ..{last_index}")?;
                match wanted {
                    Some(piece) => write!(f, ", piece {piece} is wanted, round {round}"),
                    None => write!(f, " is here, round {round}"),
                }
            }
            Message::TimeoutNow { term } => write!(f, "term {term}"),
            // A ticket is drawn at random and means nothing to a reader.
            Message::ReadIndex { term, .. } => write!(f, "term {term}"),
            Message::ReadIndexReply { term, index, .. } => write!(f, "term {term}, at {index}"),
            Message::OwnSync { term, index } => write!(f, "term {term}, up to {index}"),
        }
    }
}

fn show_outcome(outcome: Outcome, f: &mut Formatter<'_>) -> Result {
    match outcome {
        Outcome::OldTerm => write!(f, "yours is over"),
        Outcome::Matched(index) => write!(f, "matched up to {index}"),
        Outcome::Conflict { prev, term: 0, first } => write!(f, "nothing at {prev}, try {first}"),
        Outcome::Conflict { prev, term, first } => {
            write!(f, "{prev} is of term {term} here, which begins at {first}")
        }
    }
}

impl<S: Service> Debug for Record<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Record::Hard { term, voted_for: Some(vote) } => write!(f, "term {term} vote {vote}"),
            Record::Hard { term, voted_for: None } => write!(f, "term {term} no vote"),
            Record::Entry { index, entry } => write!(f, "{:?}", At(*index, entry)),
            Record::Snapshot(snapshot) => write!(f, "{snapshot:?}"),
        }
    }
}

/// A server's state in one line.
pub(super) fn glance<S: Service>(raft: &Raft<S>) -> String {
    let Raft { term, log, commit_index, last_applied, service, .. } = raft;
    let role = match raft.role {
        Role::Follower => "follows",
        Role::PreCandidate => "sounds out",
        Role::Candidate => "campaigns",
        Role::Leader => "leads",
    };
    let vote = raft.voted_for.map_or("no vote".into(), |vote| format!("vote {vote}"));
    let base: (Index, Term) = (log.base(), log.term_at(log.base()).unwrap_or(0));
    let base = if base.0 > 0 { format!("..{}@{} ", base.0, base.1) } else { String::new() };
    let entries: Vec<At<'_, S>> = log.after(0).map(|(index, entry)| At(index, entry)).collect();
    let matched: Vec<Index> = raft.progress.iter().map(|server| server.match_index).collect();
    let matched = match raft.role {
        Role::Leader => format!(", matched {matched:?}"),
        _ => String::new(),
    };
    let members = match raft.membership() {
        all if all.voters.len() == raft.progress.len() && !all.is_joint() => String::new(),
        members => format!(", voters {members}"),
    };
    format!(
        "{role} in term {term}, {vote}, log {base}{entries:?}, commit {commit_index}, \
         applied {last_applied}{matched}{members}, {service:?}"
    )
}
