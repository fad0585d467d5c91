//! One participant: what the world asks of it is handed to the crate, and what the crate then asks for is done.

use crate::bugs::Bug;
use crate::config::{Config, Reads};
use crate::engine::{Engine, role_name};
use crate::message::{self, Message, id_of, node_of};
use crate::reads::Pending;
use crate::request;
use crate::store::{Record, Replica, Snapshot, Store};
use raft::{ProgressState, SnapshotStatus, StateRole};
use serde::Serialize;
use splitbrain::prelude::*;
use splitbrain::protocols::session;
use std::sync::Arc;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TikvRaft {
    pub(crate) config: Arc<Config>,
    pub(crate) engine: Engine,
    /// The state, and up to where the log has been applied to it.
    pub(crate) replica: Replica,
    pub(crate) applied: u64,
    pub(crate) reads: Pending,
    /// A snapshot that was received and that the crate has not asked to install yet.
    pub(crate) incoming: Option<Arc<Snapshot>>,
    /// The role that it last claimed, with its term.
    pub(crate) claimed: (u64, &'static str),
}

/// The names of timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// The crate's clock goes on by one.
    Tick,
    /// No word has come of the snapshot that was sent to this node.
    SnapshotLate(NodeId),
}

impl Process for TikvRaft {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Service = Kv;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;

    fn boot(config: &Config, disk: &[Record], ctx: &mut Context<Self>) -> Self {
        let store = Store::recover(ctx.nodes(), disk, config.has(Bug::ConflictsKept));
        let replica = store.snapshot().map(|snapshot| snapshot.replica.clone()).unwrap_or_default();
        let applied = store.base();
        let settings = settings(config, ctx.id(), applied);
        let engine = Engine::start(&settings, store, ctx.rng());
        let mut node = TikvRaft {
            config: Arc::new(config.clone()),
            engine,
            replica,
            applied,
            reads: Pending::new(ctx.rng().bits()),
            incoming: None,
            claimed: (0, role_name(StateRole::Follower)),
        };
        // Clocks that began together need not tick together.
        let first = ctx.rng().within(Span(1), config.tick);
        ctx.set_timer(Timer::Tick, first);
        node.drive(ctx);
        node
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        let Some(raw) = message.decode().filter(|raw| node_of(raw.from) == from) else { return };
        if message.snapshot.is_some() {
            self.incoming.clone_from(&message.snapshot);
        }
        // What the crate does not take, from a node that is no peer, say, is as good as lost.
        let _ = self.engine.step(raw);
        self.drive(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Tick => {
                ctx.set_timer(Timer::Tick, self.config.tick);
                self.engine.tick();
            }
            Timer::SnapshotLate(node) => self.report_late_snapshot(node),
        }
        self.drive(ctx);
    }

    fn on_request(&mut self, request: &Request<Kv>, ctx: &mut Context<Self>) {
        if Kv::is_read(&request.op) && self.config.reads == Reads::ReadIndex {
            return self.on_read(request, ctx);
        }
        if self.engine.raft.state != StateRole::Leader {
            return ctx.refuse(request.id, self.leader());
        }
        if session::answer_old(&self.replica.sessions, request.id, ctx) {
            return;
        }
        let Some(data) = request::encode(request) else { return ctx.refuse(request.id, None) };
        if self.engine.propose(Vec::new(), data).is_err() {
            return ctx.refuse(request.id, None);
        }
        self.drive(ctx);
        if self.config.has(Bug::AnsweredWhenProposed) {
            let reply = self.replica.service.clone().apply(&request.op);
            ctx.reply(request.id, reply);
        }
    }

    #[inline]
    fn kind(message: &Message) -> usize {
        message.kind()
    }

    #[inline]
    fn elects(message: &Message) -> bool {
        message.elects()
    }

    fn glance(&self) -> String {
        let raft = &self.engine.raft;
        format!(
            "{} in term {}, vote {}, log {}..{}, commit {}, applied {}",
            role_name(raft.state),
            raft.term,
            raft.vote,
            self.engine.store().base(),
            self.engine.store().last(),
            raft.raft_log.committed,
            self.applied
        )
    }

    #[inline]
    fn size(message: &Message) -> u32 {
        message.size()
    }
}

/// The crate's own options.
fn settings(config: &Config, me: NodeId, applied: u64) -> raft::Config {
    raft::Config {
        id: id_of(me),
        election_tick: config.election_tick as usize,
        heartbeat_tick: config.heartbeat_tick as usize,
        applied,
        max_size_per_msg: 1 << 20,
        check_quorum: config.check_quorum,
        pre_vote: config.pre_vote,
        ..raft::Config::default()
    }
}

impl TikvRaft {
    /// The leader of its term, as far as it knows.
    pub fn leader(&self) -> Option<NodeId> {
        let leader = self.engine.raft.leader_id;
        (leader != raft::INVALID_ID).then(|| node_of(leader))
    }

    /// What the crate reads of it.
    pub fn store(&self) -> &Store {
        self.engine.store()
    }

    /// "The application MUST report back to raft when the snapshot has been received or has failed": until then the
    /// crate sends that node nothing more. Whoever has received it says so by itself.
    fn report_late_snapshot(&mut self, node: NodeId) {
        let id = id_of(node);
        let progress = self.engine.raft.prs().get(id);
        if progress.is_some_and(|progress| progress.state == ProgressState::Snapshot) {
            self.engine.report_snapshot(id, SnapshotStatus::Failure);
        }
    }
}
