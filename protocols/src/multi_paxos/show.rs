//! How messages, records and states are shown: on one line each, as people write them on a
//! whiteboard, and without hashes. A vote is `3@2.n1(put x 1)`: slot 3, round 2 of n1.

use super::log::{Command, Slot, Value, Vote};
use super::message::{Message, Record};
use super::snapshot::Snapshot;
use super::{MultiPaxos, Role};
use sim_core::Service;
use std::fmt::{Debug, Formatter, Result};

impl<S: Service> Debug for Command<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Command::Noop => f.write_str("no-op"),
            Command::Request(request) => f.write_str(&S::show_op(&request.op)),
            Command::Acceptors(acceptors) => {
                f.write_str("acceptors")?;
                acceptors.iter().try_for_each(|acceptor| write!(f, " {acceptor}"))
            }
        }
    }
}

impl<S: Service> Debug for Value<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "({:?})", self.command)
    }
}

impl<S: Service> Debug for Vote<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{:?}", self.ballot, self.value)
    }
}

impl<S: Service> Debug for Snapshot<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let sessions = self.sessions.len();
        write!(f, "snapshot ..{} {:?}, {sessions} sessions", self.slot, self.state)
    }
}

/// Something at its slot.
struct At<T>(Slot, T);

impl<T: Debug> Debug for At<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}@{:?}", self.0, self.1)
    }
}

impl<S: Service> Debug for Message<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}: ", super::message::KINDS[self.kind()])?;
        match self {
            Message::Prepare { ballot, first } => write!(f, "{ballot} from {first}"),
            Message::Promise { ballot, first, votes, base, executed } => {
                write!(f, "{ballot} from {first} ")?;
                let votes = votes.iter().map(|(slot, vote)| At(*slot, vote));
                f.debug_list().entries(votes).finish()?;
                let compacted = if *base > 0 { format!(", compacted ..{base}") } else { "".into() };
                write!(f, "{compacted}, executed ..{executed}")
            }
            Message::Nack { ballot, promised } => write!(f, "{ballot}, promised {promised}"),
            Message::Accept { ballot, slot, value, chosen } => {
                write!(f, "{slot}@{ballot}{value:?}, chosen ..{chosen}")
            }
            Message::Accepted { ballot, slot } => write!(f, "{slot}@{ballot}"),
            Message::Heartbeat { ballot, round, chosen } => {
                write!(f, "{ballot}, round {round}, chosen ..{chosen}")
            }
            Message::Alive { ballot, round, voted } => {
                write!(f, "{ballot}, round {round}, voted ..{voted}")
            }
            Message::CatchUp { from } => write!(f, "from {from}"),
            Message::Learn { first, values } => {
                let values = (*first..).zip(values.iter()).map(|(slot, value)| At(slot, value));
                f.debug_list().entries(values).finish()
            }
            Message::Install { slot, offset, pieces, data, .. } => {
                let last = if offset + 1 == *pieces { " (the last)" } else { "" };
                write!(f, "snapshot ..{slot}, piece {offset}{last} {data:?}")
            }
            Message::Next { slot, offset } => write!(f, "snapshot ..{slot}, piece {offset}"),
            // A ticket is drawn at random and means nothing to a reader.
            Message::Query { .. } => f.write_str("how far"),
            Message::Voted { slot, .. } => write!(f, "..{slot}"),
        }
    }
}

impl<S: Service> Debug for Record<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Record::Promised(ballot) => write!(f, "promised {ballot}"),
            Record::Voted { slot, vote } => write!(f, "voted {slot}@{vote:?}"),
            Record::Snapshot(snapshot) => write!(f, "{snapshot:?}"),
        }
    }
}

/// A server on one line.
pub(super) fn glance<S: Service>(server: &MultiPaxos<S>) -> String {
    let MultiPaxos { promised, log, executed, service, ballot, .. } = server;
    let role = match server.role {
        Role::Follower => "follows".to_string(),
        Role::Candidate => format!("prepares {ballot}"),
        Role::Leader => format!("leads {ballot}"),
    };
    let base = if log.base() > 0 { format!("..{} ", log.base()) } else { String::new() };
    let votes: Vec<_> = log.votes(0).map(|(slot, vote)| At(slot, vote)).collect();
    let ahead: Vec<Slot> =
        (executed + 1..=log.last_slot()).filter(|slot| log.chosen(*slot).is_some()).collect();
    let ahead = if ahead.is_empty() { String::new() } else { format!(", chosen beyond {ahead:?}") };
    let acceptors = match server.memberships.of(executed + 1) {
        all if all.len() == server.peers.len() => String::new(),
        some => format!(", acceptors {:?}", some.iter().collect::<Vec<_>>()),
    };
    format!(
        "{role}, promised {promised}, votes {base}{votes:?}, executed {executed}{ahead}{acceptors}, \
         {service:?}"
    )
}
