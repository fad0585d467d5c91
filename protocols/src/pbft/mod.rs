//! PBFT: a replicated service of which up to a third of the replicas may lie.
//!
//! **Papers.** Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI 1999 ("the paper"),
//! for the normal case, the clients and the timers; and the same, "Practical Byzantine Fault
//! Tolerance and Proactive Recovery", ACM TOCS 20(4), 2002 ("TOCS"), for view changes that need no
//! signatures, with the sets P and Q and the decision procedure.
//!
//! **Roles.** In each view one replica is the *primary*, the others are *backups*: in view `v` it is
//! the one with the number `v mod n`. The primary gives sequence numbers to clients' requests
//! (PRE-PREPARE), the backups agree (PREPARE), and when a quorum has agreed, each replica says so
//! (COMMIT). What a quorum commits is executed by every replica in order, and every replica answers
//! the client, who believes what `f + 1` of them say. When a request is not executed in time, the
//! backups leave the view (VIEW-CHANGE) and the next primary begins its own (NEW-VIEW) with all
//! that may have been committed.
//!
//! **Promises** are in [`promises`]: safety with at most `f = (n - 1) / 3` liars under every crash,
//! delay, loss and partition, and liveness when a quorum of honest replicas is connected again.
//! **Caveats.** A replica whose disk lost what it had synced counts as a liar for good; the papers let it recover
//! instead (TOCS, section 4), which is not here. With `read-only` reads are linearizable as long as no value
//! comes back after it was replaced: replies are compared, not the states that they come from. With
//! `tentative` clients compare results, and not the views that they come from too: answers that two
//! failed views gave to too few each may add up. A state that `f + 1` vouch for is taken for stable
//! where it is fetched: one of them is honest, and whoever holds it says so when views change. For the same reason a
//! replica that has left its view alone executes what `f + 1` know to be committed.
//!
//! | in the papers | here |
//! |---|---|
//! | the paper, 4.1, 4.2: clients, the three phases | `normal` |
//! | 4.2, 4.3: execution, checkpoints, garbage collection | `execution`, [`checkpoint`] |
//! | TOCS 4.4: view changes; Fig. 3: the decision procedure | `view_change`, [`decision`] |
//! | TOCS 4.6: state transfer (in one piece here); retransmission | [`checkpoint`], `retransmission` |
//! | TOCS 5.1: tentative execution, read-only operations, batches | `execution`, `normal` |
//! | TOCS 3: signatures and vectors of codes | [`sim_core::Seal`], `view_change` |
//! | quorums for any `n` | [`quorums`] |
//! | how replicas lie, and how people get it wrong | `lies`, [`bugs`] |

pub mod bugs;
pub mod checkpoint;
pub mod config;
pub mod decision;
mod execution;
pub mod invariants;
mod lies;
pub mod message;
mod normal;
pub mod promises;
mod protocol;
pub mod quorums;
mod retransmission;
mod show;
mod view_change;

use crate::session::Sessions;
use bugs::Bugs;
use checkpoint::{Checkpoints, Snapshot};
pub use config::Config;
use execution::Undo;
use message::{
    Batch, Digest, Message, NewView, Record, SealedRequest, SealedViewChange, Seq, StateDigest,
    Timer, View, Vote,
};
use normal::{Slot, Waiting};
use quorums::Quorums;
use serde::Serialize;
use sim_core::seal::Liar;
use sim_core::{Context, Fact, NodeId, Process, Request, Service};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A replica. The one-letter names are the papers'.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Pbft<S: Service> {
    id: NodeId,
    config: Arc<Config>,
    bugs: Bugs,
    quorums: Quorums,

    // On disk before any message that rests on it leaves.
    view: View,
    /// Whether the view has begun; otherwise its VIEW-CHANGE message was sent.
    active: bool,
    /// How the view began; none for the first.
    began: Option<Arc<NewView>>,
    /// The VIEW-CHANGE message for the view.
    change: Option<Arc<SealedViewChange>>,
    /// P: at each sequence number, what was prepared there last.
    prepared: BTreeMap<Seq, (View, Digest)>,
    /// Q: at each sequence number, what was pre-prepared there, with its last view.
    pre_prepared: BTreeMap<(Seq, Digest), View>,
    checkpoints: Checkpoints<S>,

    // The log, above the stable checkpoint.
    log: BTreeMap<Seq, Slot<S>>,
    batches: BTreeMap<Digest, Batch<S>>,

    // What is executed, and the state that it led to.
    executed: Seq,
    service: S,
    sessions: Sessions<S::Reply>,
    undo: Option<Undo<S>>,
    reads: Vec<Request<S>>,
    /// Reads are answered once so much is executed: it may have been, before a crash.
    reading_from: Seq,
    /// The last read of each client that was answered without an order.
    read: BTreeMap<NodeId, u32>,

    // Requests that are known and not executed yet.
    waiting: Waiting<S>,
    /// What the primary gives to the next batch.
    next: Seq,

    // View changes.
    changes: BTreeMap<NodeId, Arc<SealedViewChange>>,
    acks: view_change::Acks,
    proposed: Option<Arc<NewView>>,
    /// The last view for whose beginning a timer was set.
    timed: View,
    /// How many views have been left since something was executed.
    attempts: u32,

    transfer: Option<(Seq, StateDigest)>,
    pulse: retransmission::Pulse,
}

impl<S: Service> Process for Pbft<S> {
    type Message = Message<S>;
    type Timer = Timer;
    type Record = Record<S>;
    type Service = S;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;
    const SEALED_REQUESTS: bool = true;
    const HURT_DISKS_LIE: bool = true;
    const LIES: &'static [(&'static str, &'static str)] = lies::LIES;

    fn boot(config: &Config, disk: &[Record<S>], ctx: &mut Context<Self>) -> Self {
        let mut replica = Pbft::new(config, ctx);
        replica.recover(disk);
        if replica.active {
            replica.claim_role(ctx);
        }
        ctx.set_timer(Timer::Status, replica.config.status);
        replica
    }

    fn on_message(&mut self, from: NodeId, message: &Message<S>, ctx: &mut Context<Self>) {
        match message {
            Message::Request(sealed) => self.on_forwarded(sealed, ctx),
            Message::PrePrepare(pre_prepare) => self.on_pre_prepare(from, pre_prepare, ctx),
            Message::Prepare(vote) => self.on_prepare(from, *vote, ctx),
            Message::Commit(vote) => self.on_commit(from, *vote, ctx),
            Message::Committed(vote) => self.on_committed(from, *vote, ctx),
            Message::Checkpoint { seq, digest } => self.on_checkpoint(from, *seq, *digest, ctx),
            Message::ViewChange(change) => self.on_view_change(from, change, ctx),
            Message::ViewChangeAck(ack) => self.on_view_change_ack(from, *ack, ctx),
            Message::AckQuery(ack) => self.on_ack_query(from, *ack, ctx),
            Message::NewView(new) => self.on_new_view(from, new, ctx),
            Message::Status(status) => self.on_status(from, *status, ctx),
            Message::FetchBatch(digest) => self.on_fetch_batch(from, *digest, ctx),
            Message::Batch(batch) => self.on_batch(batch, ctx),
            Message::FetchState(seq) => self.on_fetch_state(from, *seq, ctx),
            Message::State(snapshot) => self.on_state(snapshot, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Request if self.active => self.start_view_change(self.view + 1, ctx),
            Timer::ViewChange if !self.active => self.start_view_change(self.view + 1, ctx),
            Timer::Request | Timer::ViewChange => {}
            Timer::Status => self.on_status_due(ctx),
        }
    }

    fn on_request(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        if let Some(seal) = ctx.request_seal() {
            self.on_client(SealedRequest { request: request.clone(), seal }, ctx);
        }
    }

    fn lie(
        lie: &str,
        message: &Message<S>,
        to: NodeId,
        liar: &mut Liar<'_>,
    ) -> Option<Vec<Message<S>>> {
        lies::lie(lie, message, to, liar)
    }

    fn glance(&self) -> String {
        show::glance(self)
    }

    #[inline]
    fn kind(message: &Message<S>) -> usize {
        message.kind()
    }

    #[inline]
    fn size(message: &Message<S>) -> u32 {
        message.size()
    }
}

impl<S: Service> Pbft<S> {
    fn new(config: &Config, ctx: &mut Context<Self>) -> Self {
        Pbft {
            id: ctx.id(),
            config: Arc::new(config.clone()),
            bugs: Bugs::of(&config.bugs),
            quorums: Quorums::of(ctx.nodes()),
            view: 0,
            active: true,
            began: None,
            change: None,
            prepared: BTreeMap::new(),
            pre_prepared: BTreeMap::new(),
            checkpoints: Checkpoints::new(),
            log: BTreeMap::new(),
            batches: BTreeMap::new(),
            executed: 0,
            service: S::default(),
            sessions: Sessions::default(),
            undo: None,
            reads: Vec::new(),
            reading_from: 0,
            read: BTreeMap::new(),
            waiting: Waiting::default(),
            next: 1,
            changes: BTreeMap::new(),
            acks: BTreeMap::new(),
            proposed: None,
            timed: 0,
            attempts: 0,
            transfer: None,
            pulse: retransmission::Pulse::default(),
        }
    }

    /// Reads the journal back.
    fn recover(&mut self, disk: &[Record<S>]) {
        for record in disk {
            match record {
                Record::PrePrepared { vote, batch } => {
                    self.note_pre_prepared(*vote, batch.clone());
                }
                Record::Vouched(vote) => self.vouch(*vote),
                Record::Prepared(vote) => self.note_prepared(*vote),
                Record::ViewChange(change) => self.note_view_change(change.clone()),
                Record::NewView(new) => self.note_new_view(new.clone()),
                Record::Executed(seq) => self.reading_from = *seq,
                Record::Checkpoint(snapshot) => self.restore(snapshot),
                Record::Stable(seq) => self.checkpoints.stable = *seq,
            }
        }
        self.forget_below_stable();
        let last = self.log.last_key_value().map_or(0, |(seq, _)| *seq);
        let prepared = self.prepared.last_key_value().map_or(0, |(seq, _)| *seq);
        self.reading_from = self.reading_from.max(prepared);
        self.next = self.lowest_free().max(last + 1);
        // The view that it was on the way to is one that may fail.
        self.attempts = u32::from(!self.active);
    }

    /// Takes over a state of its own, and vouches for it: with two others a replica that has come
    /// back is a quorum like any other.
    fn restore(&mut self, snapshot: &Arc<Snapshot<S>>) {
        self.checkpoints.keep(snapshot.clone());
        self.checkpoints.note(self.id, snapshot.seq, snapshot.digest(), self.config.checkpoints());
        self.executed = snapshot.seq;
        self.service = snapshot.state.clone();
        self.sessions = snapshot.sessions.clone();
    }

    /// The primary of a view.
    fn primary(&self, view: View) -> NodeId {
        NodeId((view % u64::from(self.quorums.replicas)) as u32)
    }

    /// Whether it is the primary of a view that has begun.
    fn leads(&self) -> bool {
        self.active && self.primary(self.view) == self.id
    }

    /// `h`.
    fn low(&self) -> Seq {
        self.checkpoints.stable
    }

    /// `H`.
    fn high(&self) -> Seq {
        self.low() + self.config.log_size
    }

    /// Whether a sequence number is between the water marks: in `(h, H]`.
    fn is_in_window(&self, seq: Seq) -> bool {
        seq > self.low() && (seq <= self.high() || self.bugs.ignores_water_marks())
    }

    fn claim_role(&self, ctx: &mut Context<Self>) {
        let epoch = self.view;
        ctx.claim(match self.leads() {
            true => Fact::Leads { epoch },
            false => Fact::Follows { epoch },
        });
    }
}

/// What observers may read.
impl<S: Service> Pbft<S> {
    /// `v`.
    pub fn view(&self) -> View {
        self.view
    }
    /// Whether its view has begun.
    pub fn is_active(&self) -> bool {
        self.active
    }
    /// `h`: the sequence number of its stable checkpoint.
    pub fn stable(&self) -> Seq {
        self.low()
    }
    /// The highest sequence number that it accepts.
    pub fn high_water_mark(&self) -> Seq {
        self.low() + self.config.log_size
    }
    /// What it has executed.
    pub fn executed(&self) -> Seq {
        self.executed
    }
    /// The digest of the state that it keeps after a sequence number, if it keeps one.
    pub fn state_after(&self, seq: Seq) -> Option<StateDigest> {
        self.checkpoints.own.get(&seq).map(|(digest, _)| *digest)
    }
    /// Its copy of the service.
    pub fn service(&self) -> &S {
        &self.service
    }
    /// The lowest and the highest sequence number in its log.
    pub fn logged(&self) -> Option<(Seq, Seq)> {
        let (first, last) = (self.log.first_key_value()?, self.log.last_key_value()?);
        Some((*first.0, *last.0))
    }
    /// What it holds for prepared at each sequence number.
    pub fn prepared(&self) -> impl Iterator<Item = Vote> {
        self.prepared.iter().map(|(seq, (view, digest))| Vote {
            view: *view,
            seq: *seq,
            digest: *digest,
        })
    }
}
