//! What is sent, what is written, and the names of timers.

use super::checkpoint::Snapshot;
use serde::Serialize;
use sim_core::drive::replay::hash_of;
use sim_core::{NodeId, Request, RequestId, Seal, Service};
use std::sync::Arc;

/// A view: a configuration in which one replica is the primary.
pub type View = u64;
/// A sequence number, which the primary gives to a batch of requests.
pub type Seq = u64;
/// The digest of a state: the service and what was answered last.
pub type StateDigest = u64;

/// A client's request, and the client's seal on it, by which others are convinced.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct SealedRequest<S: Service> {
    /// What is asked.
    pub request: Request<S>,
    /// The client's seal on the request.
    pub seal: Seal,
}

/// Requests that are ordered together; none for the null request.
pub type Batch<S> = Arc<[SealedRequest<S>]>;

/// The digest of a batch. It bears the name of the first request, so that people can read it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Digest {
    pub(super) name: Option<RequestId>,
    pub(super) hash: u64,
}

impl Digest {
    /// The digest of a batch: of its requests, without the seals.
    pub fn of<S: Service>(batch: &[SealedRequest<S>]) -> Digest {
        let hash =
            batch.iter().fold(hash_of(&batch.len()), |hash, one| hash_of(&(hash, &one.request)));
        Digest { name: batch.first().map(|one| one.request.id), hash }
    }
    /// The digest of the null request, which goes through the protocol like any other and does
    /// nothing (section 4.4).
    pub fn null() -> Digest {
        Digest { name: None, hash: hash_of(&0_usize) }
    }
    /// The hash alone, which tells observers one batch from another.
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

/// A message between replicas. The network tells truly who has sent it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message<S: Service> {
    /// A request, which a backup passes on to the primary.
    Request(SealedRequest<S>),
    /// The primary proposes a batch.
    PrePrepare(PrePrepare<S>),
    /// A backup agrees.
    Prepare(Vote),
    /// A replica knows that a quorum agrees.
    Commit(Vote),
    /// A replica knows that it is committed; told to who lags behind and is not of its view.
    Committed(Vote),
    /// A replica's state after a sequence number.
    Checkpoint {
        /// After which.
        seq: Seq,
        /// The state's digest.
        digest: StateDigest,
    },
    /// A replica has left its view for this one.
    ViewChange(Arc<SealedViewChange>),
    /// A replica has had a VIEW-CHANGE message of another (TOCS 2002, section 4.4).
    ViewChangeAck(Ack),
    /// Have you had this VIEW-CHANGE message? Whoever has answers with an acknowledgement.
    AckQuery(Ack),
    /// The primary of a new view begins it.
    NewView(Arc<NewView>),
    /// How far a replica has come, for others to send what it lacks.
    Status(Status),
    /// Who has the batch with this digest?
    FetchBatch(Digest),
    /// A batch that was asked for.
    Batch(Batch<S>),
    /// Who has the state after this sequence number?
    FetchState(Seq),
    /// A state that was asked for.
    State(Arc<Snapshot<S>>),
}

/// PRE-PREPARE, with the batch that it is about.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PrePrepare<S: Service> {
    /// In which view.
    pub view: View,
    /// Where.
    pub seq: Seq,
    /// The batch's digest.
    pub digest: Digest,
    /// The batch.
    pub batch: Batch<S>,
}

/// What PREPARE and COMMIT say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Vote {
    /// In which view.
    pub view: View,
    /// Where.
    pub seq: Seq,
    /// The batch's digest.
    pub digest: Digest,
}

/// A batch that was prepared or pre-prepared at a replica: an entry of the sets P and Q.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Entry {
    /// Where.
    pub seq: Seq,
    /// What.
    pub digest: Digest,
    /// In which view last.
    pub view: View,
}

/// VIEW-CHANGE (TOCS 2002, section 4.4).
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ViewChange {
    /// The view that is to begin.
    pub view: View,
    /// Whose message this is.
    pub replica: NodeId,
    /// `h`: the sequence number of the replica's stable checkpoint.
    pub stable: Seq,
    /// `C`: the replica's checkpoints.
    pub checkpoints: Vec<(Seq, StateDigest)>,
    /// `P`: what was prepared last at each sequence number.
    pub prepared: Vec<Entry>,
    /// `Q`: what was pre-prepared at each sequence number, with the last view of each digest.
    pub pre_prepared: Vec<Entry>,
}

/// A VIEW-CHANGE message that others can be shown.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct SealedViewChange {
    /// What it says.
    pub content: ViewChange,
    /// Its author's seal on that.
    pub seal: Seal,
}

/// About a VIEW-CHANGE message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Ack {
    /// The view that is to begin.
    pub view: View,
    /// Whose message it is.
    pub replica: NodeId,
    /// The message's digest.
    pub digest: u64,
}

/// NEW-VIEW (TOCS 2002, section 4.4).
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct NewView {
    /// Which view begins.
    pub view: View,
    /// `V`: the VIEW-CHANGE messages that the choice rests on.
    pub changes: Vec<Arc<SealedViewChange>>,
    /// The checkpoint that the view starts from.
    pub start: (Seq, StateDigest),
    /// `X`: what stands where above it.
    pub chosen: Vec<(Seq, Digest)>,
}

/// How far a replica has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Status {
    /// Its view.
    pub view: View,
    /// Whether that view has begun.
    pub active: bool,
    /// Its stable checkpoint.
    pub stable: Seq,
    /// What it has executed.
    pub executed: Seq,
    /// Up to where what it has executed is prepared in this view too.
    pub prepared: Seq,
}

/// The names of timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// A request that is known was not executed for too long.
    Request,
    /// The new view has not begun for too long.
    ViewChange,
    /// It is time to see whether something is stuck.
    Status,
}

/// A line of the journal, which is the whole of what a replica keeps on disk.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Record<S: Service> {
    /// A batch was accepted for a sequence number in a view.
    PrePrepared {
        /// In which view, where and what.
        vote: Vote,
        /// The batch.
        batch: Batch<S>,
    },
    /// A quorum has accepted it.
    Prepared(Vote),
    /// The replica has left its view.
    ViewChange(Arc<SealedViewChange>),
    /// A view has begun.
    NewView(Arc<NewView>),
    /// A batch was executed that was not prepared here; told only where reads have no order.
    Executed(Seq),
    /// The state after a sequence number.
    Checkpoint(Arc<Snapshot<S>>),
    /// The checkpoint that is stable, in place of all before it.
    Stable(Seq),
    /// A new view's primary vouched in that view for a batch that it does not have: it lost it in a crash.
    Vouched(Vote),
}

/// The kinds of message, in the order of [`Message`].
pub(super) const KINDS: &[&str] = &[
    "request",
    "pre-prepare",
    "prepare",
    "commit",
    "committed",
    "checkpoint",
    "view-change",
    "view-change-ack",
    "ack-query",
    "new-view",
    "status",
    "fetch-batch",
    "batch",
    "fetch-state",
    "state",
];

/// How many bytes things take on the wire: the same on every platform, whatever they take in memory.
const REQUEST_SIZE: usize = 96;
const ENTRY_SIZE: usize = 32;

impl ViewChange {
    fn size(&self) -> usize {
        let entries = self.prepared.len() + self.pre_prepared.len();
        64 + entries * ENTRY_SIZE + self.checkpoints.len() * 16
    }
}

impl<S: Service> Message<S> {
    #[inline]
    pub(super) fn kind(&self) -> usize {
        match self {
            Message::Request(_) => 0,
            Message::PrePrepare(_) => 1,
            Message::Prepare(_) => 2,
            Message::Commit(_) => 3,
            Message::Committed(_) => 4,
            Message::Checkpoint { .. } => 5,
            Message::ViewChange(_) => 6,
            Message::ViewChangeAck(_) => 7,
            Message::AckQuery(_) => 8,
            Message::NewView(_) => 9,
            Message::Status(_) => 10,
            Message::FetchBatch(_) => 11,
            Message::Batch(_) => 12,
            Message::FetchState(_) => 13,
            Message::State(_) => 14,
        }
    }

    /// A header of 64 bytes, authentication included; then what is carried.
    #[inline]
    pub(super) fn size(&self) -> u32 {
        let carried = match self {
            Message::Request(_) => REQUEST_SIZE,
            Message::PrePrepare(PrePrepare { batch, .. }) | Message::Batch(batch) => {
                batch.len() * REQUEST_SIZE
            }
            Message::ViewChange(change) => change.content.size(),
            Message::NewView(new) => {
                let changes: usize = new.changes.iter().map(|one| one.content.size()).sum();
                changes + new.chosen.len() * ENTRY_SIZE
            }
            Message::State(snapshot) => snapshot.size(),
            _ => 0,
        };
        64 + carried as u32
    }
}
