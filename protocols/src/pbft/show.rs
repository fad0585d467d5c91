//! How messages, records and states are shown: on one line each, as people write them on a whiteboard, and without
//! hashes. A batch is shown by the name of its first request, a vote as `v0 3 c1#2`: view, sequence number, batch.

use super::Pbft;
use super::checkpoint::Snapshot;
use super::message::{
    Ack, Batch, Digest, Entry, Message, NewView, PrePrepare, Record, SealedRequest,
    SealedViewChange, Status, ViewChange, Vote,
};
use sim_core::Service;
use std::fmt::{Debug, Formatter, Result};

impl Debug for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.name {
            Some(name) => write!(f, "{name}"),
            None => f.write_str("null"),
        }
    }
}

impl<S: Service> Debug for SealedRequest<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}({})", self.request.id, S::show_op(&self.request.op))
    }
}

impl Debug for Vote {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "v{} {} {:?}", self.view, self.seq, self.digest)
    }
}

impl Debug for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {:?} of v{}", self.seq, self.digest, self.view)
    }
}

impl<S: Service> Debug for PrePrepare<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let PrePrepare { view, seq, batch, .. } = self;
        write!(f, "v{view} {seq} {}", Shown(batch))
    }
}

/// A batch in words.
struct Shown<'a, S: Service>(&'a Batch<S>);

impl<S: Service> std::fmt::Display for Shown<'_, S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.0[..] {
            [] => f.write_str("null"),
            [one] => write!(f, "{one:?}"),
            many => write!(f, "{many:?}"),
        }
    }
}

impl Debug for ViewChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let ViewChange { view, replica, stable, checkpoints, prepared, pre_prepared } = self;
        let own: Vec<u64> = checkpoints.iter().map(|(seq, _)| *seq).collect();
        write!(
            f,
            "to v{view} by {replica}, h {stable}, C {own:?}, P {prepared:?}, Q {pre_prepared:?}"
        )
    }
}

impl Debug for SealedViewChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:?}", self.content)
    }
}

impl Debug for Ack {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "to v{} by {}", self.view, self.replica)
    }
}

impl Debug for NewView {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let by: Vec<_> = self.changes.iter().map(|change| change.content.replica).collect();
        write!(f, "v{} by {by:?}, from {}, X {:?}", self.view, self.start.0, self.chosen)
    }
}

impl Debug for Status {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Status { view, active, stable, executed, prepared } = self;
        let way = if *active { "in" } else { "on the way to" };
        write!(f, "{way} v{view}, h {stable}, executed {executed}")?;
        if prepared < executed { write!(f, ", prepared {prepared}") } else { Ok(()) }
    }
}

impl<S: Service> Debug for Snapshot<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Snapshot { seq, state, sessions } = self;
        write!(f, "state after {seq}: {state:?}, {} sessions", sessions.len())
    }
}

impl<S: Service> Debug for Message<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}: ", super::message::KINDS[self.kind()])?;
        match self {
            Message::Request(sealed) => write!(f, "{sealed:?}"),
            Message::PrePrepare(pre_prepare) => write!(f, "{pre_prepare:?}"),
            Message::Prepare(vote) | Message::Commit(vote) | Message::Committed(vote) => {
                write!(f, "{vote:?}")
            }
            Message::Checkpoint { seq, .. } => write!(f, "after {seq}"),
            Message::ViewChange(change) => write!(f, "{change:?}"),
            Message::ViewChangeAck(ack) | Message::AckQuery(ack) => write!(f, "{ack:?}"),
            Message::NewView(new) => write!(f, "{new:?}"),
            Message::Status(status) => write!(f, "{status:?}"),
            Message::FetchBatch(digest) => write!(f, "{digest:?}"),
            Message::Batch(batch) => write!(f, "{}", Shown(batch)),
            Message::FetchState(seq) => write!(f, "after {seq}"),
            Message::State(snapshot) => write!(f, "{snapshot:?}"),
        }
    }
}

impl<S: Service> Debug for Record<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Record::PrePrepared { vote, .. } => write!(f, "pre-prepared {vote:?}"),
            Record::Vouched(vote) => write!(f, "vouched {vote:?}"),
            Record::Prepared(vote) => write!(f, "prepared {vote:?}"),
            Record::ViewChange(change) => write!(f, "view-change {change:?}"),
            Record::NewView(new) => write!(f, "new-view {new:?}"),
            Record::Executed(seq) => write!(f, "executed {seq}"),
            Record::Checkpoint(snapshot) => write!(f, "{snapshot:?}"),
            Record::Stable(seq) => write!(f, "stable {seq}"),
        }
    }
}

/// A replica's state in one line.
pub(super) fn glance<S: Service>(replica: &Pbft<S>) -> String {
    let Pbft { view, executed, service, .. } = replica;
    let role = match (replica.active, replica.leads()) {
        (false, _) => "is on the way to",
        (true, true) => "leads",
        (true, false) => "follows in",
    };
    let slots: Vec<String> =
        replica.log.iter().map(|(seq, slot)| slot_in_words(*seq, slot)).collect();
    format!(
        "{role} v{view}, h {}, log [{}], executed {executed}, {} waiting, {service:?}",
        replica.low(),
        slots.join(", "),
        replica.waiting.queue.len()
    )
}

fn slot_in_words<S: Service>(seq: u64, slot: &super::normal::Slot<S>) -> String {
    match (slot.committed, slot.accepted) {
        (Some((_, digest)), _) => format!("{seq} {digest:?} committed"),
        (None, Some(digest)) if slot.prepared => format!("{seq} {digest:?} prepared"),
        (None, Some(digest)) => format!("{seq} {digest:?}"),
        (None, None) => format!("{seq}"),
    }
}
