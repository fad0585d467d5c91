//! Raft: a replicated log under one leader at a time.
//!
//! **Paper.** Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended
//! Version)", 2014, of which Fig. 2 is the protocol; and Ongaro's thesis, "Consensus: Bridging
//! Theory and Practice", Stanford 2014, for what a real system adds.
//!
//! **Roles.** A *follower* answers. A *candidate* asks for votes, one a server and term, and a
//! majority makes it the *leader* of its term. The leader alone appends to the log and makes the
//! others' logs equal to its own; what a majority has stored durably in the leader's term is
//! *committed*, and every server applies what is committed, in order, to its copy of the service.
//!
//! **Promises** are in [`promises`]: safety under every crash, delay, loss and partition, and
//! liveness when a majority is connected again. **Caveats.** A server that loses what it synced, or
//! is told that it synced what it did not, may vote twice or forget what it acknowledged, and
//! nothing is promised then. Lease reads rest on clocks whose drift is bounded. A server that was
//! removed and comes back must have its old disk: with an empty one it needs a new name.
//!
//! | in the papers | here |
//! |---|---|
//! | Fig. 2, state | [`Raft`], [`log`], [`message::Record`] |
//! | Fig. 2, leader election; sections 5.2, 5.4.1; Pre-Vote (thesis 9.6); disruptive servers (4.2.3) | `election` |
//! | Fig. 2, log replication; sections 5.3, 5.4.2; batching and pipelining (thesis 10.2) | `replication` |
//! | Fig. 13, section 7, log compaction and snapshots | [`snapshot`] |
//! | section 6; thesis, chapter 4: configurations, quorums of two majorities | [`members`] |
//! | the same: changes of the members, learners, leaders that leave | [`change`] |
//! | section 8, client sessions (thesis 6.3) | [`session`] |
//! | section 8, read-only requests; read-index and leases (thesis 6.4) | [`reads`] |
//! | leadership transfer (thesis 3.10) | `transfer` |
//! | Fig. 3, the properties | [`invariants`], [`promises`] |
//! | how people get it wrong | [`bugs`] |

pub mod bugs;
pub mod change;
pub mod config;
mod election;
pub mod invariants;
pub mod log;
pub mod members;
pub mod message;
pub mod promises;
mod protocol;
pub mod reads;
mod replication;
mod show;
pub mod snapshot;
mod transfer;

use crate::lease::Lessee;
use crate::session::{self, Sessions};
use bugs::{Bug, Bugs};
use change::Change;
pub use config::Config;
use log::{Index, Log, Payload, Term};
use members::{Members, Membership};
use message::{Message, Record, Timer};
use replication::Progress;
use serde::Serialize;
use sim_core::drive::replay::hash_of;
use sim_core::{Context, Fact, NodeId, NodeSet, Process, Request, Service, Time};
use snapshot::{Incoming, Snapshot};
use std::sync::Arc;
use transfer::Transfer;

/// What a server is at the moment (section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Role {
    /// It answers.
    Follower,
    /// It asks whether it could win an election.
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It leads.
    Leader,
}

/// A server. The names are those of Fig. 2.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Raft<S: Service> {
    id: NodeId,
    config: Arc<Config>,
    bugs: Bugs,

    // On disk before any message that rests on it leaves.
    term: Term,
    voted_for: Option<NodeId>,
    log: Log<S>,
    snapshot: Option<Arc<Snapshot<S>>>,
    // The configurations in these two.
    members: Members,

    // What is committed, and the state that it led to.
    commit_index: Index,
    last_applied: Index,
    service: S,
    sessions: Sessions<S::Reply>,

    // Elections.
    role: Role,
    leader: Option<NodeId>,
    heard_leader: Option<Time>,
    booted: Time,
    votes: NodeSet,

    // What a leader knows of each server, itself among them.
    progress: Vec<Progress<S>>,
    /// Whom it sends its log to.
    peers: NodeSet,
    change: Option<Change<S>>,
    reads: reads::Pending<S>,
    transfer: Option<Transfer>,
    incoming: Option<Incoming<S>>,
}

impl<S: Service> Process for Raft<S> {
    type Message = Message<S>;
    type Timer = Timer;
    type Record = Record<S>;
    type Service = S;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;
    const CHANGES_MEMBERS: bool = true;

    fn boot(config: &Config, disk: &[Record<S>], ctx: &mut Context<Self>) -> Self {
        let mut raft = Raft::new(config, ctx);
        raft.recover(disk);
        raft.await_leader(ctx);
        if let Some(period) = raft.config.transfer_every {
            ctx.set_timer(Timer::Rebalance, period);
        }
        raft
    }

    fn on_message(&mut self, from: NodeId, message: &Message<S>, ctx: &mut Context<Self>) {
        if self.is_bound_by_term(message) && message.term() > self.term {
            self.step_down(message.term(), ctx);
        }
        match message {
            Message::PreVote(ask) => self.on_pre_vote(from, ask, ctx),
            Message::PreVoteReply { term, granted } => {
                self.on_pre_vote_reply(from, *term, *granted, ctx);
            }
            Message::RequestVote(ask) => self.on_request_vote(from, ask, ctx),
            Message::Vote { term, granted } => self.on_vote(from, *term, *granted, ctx),
            Message::AppendEntries(append) => self.on_append_entries(from, append, ctx),
            Message::Appended { term, round, outcome } => {
                self.on_appended(from, *term, *round, *outcome, ctx);
            }
            Message::InstallSnapshot { term, round, snapshot, offset, data, done } => {
                let reply = (*term, *round);
                self.on_install_snapshot(from, reply, snapshot, *offset, data, *done, ctx);
            }
            Message::Installed { term, round, last_index, wanted } => {
                self.on_installed(from, (*term, *round), *last_index, *wanted, ctx);
            }
            Message::TimeoutNow { term } => self.on_timeout_now(*term, ctx),
            Message::ReadIndex { term, ticket } => self.on_read_index(from, *term, *ticket, ctx),
            Message::ReadIndexReply { ticket, index, .. } => {
                self.on_read_index_reply(*ticket, *index, ctx);
            }
            Message::OwnSync { term, index } => self.on_own_sync(*term, *index, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Election => self.on_election_timeout(ctx),
            Timer::Heartbeat => self.on_heartbeat_due(ctx),
            Timer::Rebalance => self.on_rebalance_due(ctx),
            Timer::TransferLate => self.transfer = None,
        }
    }

    /// A write goes through the log; a read goes as the configuration says.
    fn on_request(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let leader = self.leader.map(|leader| (leader, self.term));
        if let Some(belief) = S::belief(&request.op, leader) {
            return ctx.reply(request.id, belief);
        }
        if S::is_read(&request.op) && self.config.reads != config::Reads::Log {
            return self.on_read(request, ctx);
        }
        if self.role != Role::Leader {
            return ctx.refuse(request.id, self.leader);
        }
        if let Some(transfer) = &self.transfer {
            return ctx.refuse(request.id, Some(transfer.target));
        }
        if session::answer_old(&self.sessions, request.id, ctx) {
            return;
        }
        if self.log.last_index().saturating_sub(self.commit_index) >= self.config.longest_tail() {
            return ctx.refuse(request.id, None);
        }
        match S::members(&request.op) {
            Some(wanted) => self.on_change(request, wanted, ctx),
            None => self.propose(Payload::Request(request.clone()), ctx),
        }
    }

    fn glance(&self) -> String {
        show::glance(self)
    }

    #[inline]
    fn kind(message: &Message<S>) -> usize {
        message.kind()
    }

    /// A new leader announces itself by its first AppendEntries, which is not among them.
    #[inline]
    fn elects(message: &Message<S>) -> bool {
        matches!(
            message,
            Message::PreVote(_)
                | Message::PreVoteReply { .. }
                | Message::RequestVote(_)
                | Message::Vote { .. }
                | Message::TimeoutNow { .. }
        )
    }

    #[inline]
    fn size(message: &Message<S>) -> u32 {
        message.size()
    }
}

impl<S: Service> Raft<S> {
    fn new(config: &Config, ctx: &mut Context<Self>) -> Self {
        let now = ctx.now();
        Raft {
            id: ctx.id(),
            config: Arc::new(config.clone()),
            bugs: Bugs::of(&config.bugs),
            term: 0,
            voted_for: None,
            log: Log::default(),
            snapshot: None,
            members: Members::from(0, Membership::of(config.first_voters(ctx.nodes()))),
            commit_index: 0,
            last_applied: 0,
            service: S::default(),
            sessions: Sessions::default(),
            role: Role::Follower,
            leader: None,
            heard_leader: None,
            booted: now,
            votes: NodeSet::default(),
            progress: (0..ctx.nodes()).map(|_| Progress::new(1, now)).collect(),
            peers: NodeSet::default(),
            change: None,
            reads: reads::Pending::new(ctx.rng().bits()),
            transfer: None,
            incoming: None,
        }
    }

    /// Reads the journal back.
    fn recover(&mut self, disk: &[Record<S>]) {
        for record in disk {
            match record {
                Record::Hard { term, voted_for } => {
                    (self.term, self.voted_for) = (*term, *voted_for);
                }
                Record::Snapshot(snapshot) => self.restore(snapshot.clone()),
                Record::Entry { index, entry } if *index <= self.log.last_index() + 1 => {
                    self.truncate_from(*index);
                    self.push(entry.clone());
                }
                Record::Entry { .. } => {}
            }
        }
        if self.bugs.on(Bug::TermResetOnRestart) {
            (self.term, self.voted_for) = (self.log.last_term(), None);
        }
    }

    /// "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to
    /// follower" (Fig. 2), except where the thesis says that a term is only talked about: a
    /// Pre-Vote and its consent (9.6), and a candidate whom the voter ignores (4.2.3).
    fn is_bound_by_term(&self, message: &Message<S>) -> bool {
        !matches!(
            message,
            Message::PreVote(_)
                | Message::PreVoteReply { granted: true, .. }
                | Message::RequestVote(_)
        )
    }

    /// Writes the term and the vote. What is sent from here on waits for the disk.
    fn save_term(&mut self, ctx: &mut Context<Self>) {
        ctx.append(Record::Hard { term: self.term, voted_for: self.voted_for });
        ctx.sync();
    }

    /// Writes an entry at the end of the log.
    fn append(&mut self, entry: log::Entry<S>, ctx: &mut Context<Self>) {
        ctx.append(Record::Entry { index: self.log.last_index() + 1, entry: entry.clone() });
        self.push(entry);
    }

    /// Adds an entry to the log. A configuration is in force from then on.
    #[inline]
    fn push(&mut self, entry: log::Entry<S>) {
        if let Payload::Members(change) = &entry.payload {
            self.members.push(self.log.last_index() + 1, change.members);
        }
        self.log.push(entry);
    }

    /// Drops the entries from this index on, and their configurations.
    fn truncate_from(&mut self, index: Index) {
        self.log.truncate_from(index);
        if !self.bugs.on(Bug::ConfigNotReverted) {
            self.members.truncate_from(index);
        }
    }

    /// "If commitIndex > lastApplied: increment lastApplied, apply log[lastApplied]" (Fig. 2). The
    /// leader answers the client.
    fn apply_committed(&mut self, ctx: &mut Context<Self>) {
        while self.last_applied < self.commit_index {
            let slot = self.last_applied + 1;
            let Some(entry) = self.log.get(slot) else { break };
            let (epoch, value) = (entry.term, entry.checksum);
            let request = match &entry.payload {
                Payload::Nothing => None,
                Payload::Request(request) => Some(request),
                Payload::Members(change) if change.members.is_joint() => None,
                Payload::Members(change) => {
                    let members = change.members.voters.len() as u32;
                    ctx.claim(Fact::Reconfigures { slot, members });
                    change.request.as_ref()
                }
            };
            if let Some(request) = request {
                let leads = self.role == Role::Leader;
                let most = self.config.sessions;
                self.bugs.reopen_sessions(&mut self.sessions);
                let (service, sessions) = (&mut self.service, &mut self.sessions);
                session::execute(service, sessions, request, slot, most, leads, ctx);
            }
            self.last_applied = slot;
            let state = if self.snapshot_is_due() { self.digest() } else { 0 };
            ctx.claim(Fact::Decides { slot, epoch, value, state });
            if state != 0 {
                self.take_snapshot(ctx);
            }
        }
        self.serve_reads_at_hand(ctx);
    }

    /// A hash of the replicated state: the service and the sessions. It is never 0.
    fn digest(&self) -> u64 {
        hash_of(&(&self.service, &self.sessions)).max(1)
    }
}

/// What observers may read.
impl<S: Service> Raft<S> {
    /// `currentTerm`.
    pub fn term(&self) -> Term {
        self.term
    }
    /// `votedFor`.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.voted_for
    }
    /// Its role.
    pub fn role(&self) -> Role {
        self.role
    }
    /// The leader of its term, as far as it knows.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }
    /// Its log.
    pub fn log(&self) -> &Log<S> {
        &self.log
    }
    /// `commitIndex`.
    pub fn commit_index(&self) -> Index {
        self.commit_index
    }
    /// `lastApplied`.
    pub fn last_applied(&self) -> Index {
        self.last_applied
    }
    /// Its copy of the service.
    pub fn service(&self) -> &S {
        &self.service
    }
    /// The last index that its newest snapshot covers; 0 when it has none.
    pub fn snapshot_index(&self) -> Index {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.index)
    }
    /// `matchIndex` of a server, while it leads.
    pub fn match_index(&self, server: NodeId) -> Index {
        self.progress.get(server.index()).map_or(0, |progress| progress.match_index)
    }
    /// Whom it sends its log to, while it leads.
    pub fn peers(&self) -> NodeSet {
        self.peers
    }
    /// Its options.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

impl<S: Service> Lessee for Raft<S> {
    fn lease_until(&self) -> Option<Time> {
        (self.role == Role::Leader).then_some(self.reads.lease_until).flatten()
    }
}
