//! Multi-Paxos: a sequence of consensus instances under a stable leader, and a service run by it.
//!
//! **Papers.** Lamport, "Paxos Made Simple", 2001: section 2 is the protocol for one value, section
//! 3 for a sequence of them. Van Renesse and Altinbuken, "Paxos Made Moderately Complex", Computing
//! Surveys 47 (2015), and Chandra, Griesemer and Redstone, "Paxos Made Live", PODC 2007, for what a
//! real system adds.
//!
//! **Roles.** Every server is all three. A *proposer* runs a ballot: it asks the acceptors for a
//! promise and for what they have voted for (phase 1, once for all slots), and a majority makes it
//! the *leader* of its ballot, which then proposes values slot by slot (phase 2). An *acceptor* votes
//! for what is proposed unless it has promised a higher ballot. What a majority has voted for in one
//! ballot is *chosen* for good. A *learner* executes what is chosen, in order, on its copy of the
//! service. Any server may propose at any time: who leads is a matter of speed, not of safety.
//!
//! **Promises** are in [`promises`]: safety under every crash, delay, loss and partition, and
//! liveness when a majority is connected again. **Caveats.** An acceptor that loses what it synced
//! may vote against its promise, and nothing is promised then: the rejoining of "Paxos Made Live",
//! section 5.1, is not here. Lease reads rest on clocks whose drift is bounded.
//!
//! | in the papers | here |
//! |---|---|
//! | ballot numbers ("Simple", 2.4) | [`ballot`](crate::ballot) |
//! | the acceptor ("Simple", 2.2, 2.5) | `acceptor`, [`message::Record`] |
//! | the proposer, and the leader of a sequence ("Simple", 2.2, 3; "Complex", 2.2) | `proposer` |
//! | duelling proposers ("Simple", 2.4; "Complex", 3) | `proposer`, back-off |
//! | learning, executing in order ("Simple", 2.3, 3) | `replica`, [`log`] |
//! | reconfiguration ("Simple", 3; "Complex", 2.1: WINDOW) | [`members`] |
//! | snapshots ("Live", 5.3) | [`snapshot`] |
//! | requests done once ("Complex", 2.1) | [`session`] |
//! | master leases ("Live", 5.2); quorum reads | [`reads`] |
//! | P1, P2 and what follows from them | [`invariants`], [`promises`] |
//! | how people get it wrong | [`bugs`] |

mod acceptor;
pub mod bugs;
pub mod config;
pub mod invariants;
pub mod log;
pub mod members;
pub mod message;
pub mod promises;
mod proposer;
mod protocol;
pub mod reads;
mod replica;
mod show;
pub mod snapshot;

use crate::ballot::Ballot;
use crate::session::{self, Sessions};
use bugs::Bugs;
pub use config::Config;
use log::{Command, Log, Slot};
use members::Memberships;
use message::{Message, Record, Timer};
use proposer::{Open, Promises};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Process, Request, RequestId, Service, Time};
use snapshot::{Incoming, Snapshot};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a server's proposer does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Role {
    /// It waits.
    Follower,
    /// It is in phase 1 of its ballot.
    Candidate,
    /// It is in phase 2 of its ballot.
    Leader,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct MultiPaxos<S: Service> {
    id: NodeId,
    config: Arc<Config>,
    bugs: Bugs,

    // The acceptor: on disk before any message that rests on it leaves. The log has the votes.
    promised: Ballot,
    log: Log<S>,
    snapshot: Option<Arc<Snapshot<S>>>,

    // The learner: what is executed, and the state that it led to.
    executed: Slot,
    last_value: u64,
    service: S,
    sessions: Sessions<S::Reply>,
    memberships: Memberships,
    /// The highest slot that a leader said is chosen.
    known_chosen: Slot,
    /// What was chosen when the last heartbeat left, and should have been learned by the next.
    due: Slot,
    incoming: Option<Incoming<S>>,

    // The proposer.
    role: Role,
    leader: Option<NodeId>,
    heard_leader: Option<Time>,
    booted: Time,
    /// The highest ballot that was heard of.
    seen: Ballot,
    /// The ballot that it runs, or ran last.
    ballot: Ballot,
    promises: Promises<S>,
    /// How often in a row it was overtaken.
    duels: u32,
    /// The first slot that it has not proposed at.
    next_slot: Slot,
    open: BTreeMap<Slot, Open<S>>,
    queue: VecDeque<Command<S>>,
    /// New acceptors are to be asked for a promise.
    must_prepare: bool,
    peers: Vec<Peer>,
    reads: reads::Pending<S>,
}

/// What a leader knows of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Peer {
    /// When it was last heard from.
    heard: Time,
    /// The newest round of heartbeats that it has answered.
    round: u64,
}

impl<S: Service> Process for MultiPaxos<S> {
    type Message = Message<S>;
    type Timer = Timer;
    type Record = Record<S>;
    type Service = S;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;

    fn boot(config: &Config, disk: &[Record<S>], ctx: &mut Context<Self>) -> Self {
        let mut server = MultiPaxos::new(config, ctx);
        server.recover(disk, ctx);
        server.await_leader(ctx);
        if let Some(period) = server.config.replace_every {
            ctx.set_timer(Timer::Replacement, period);
        }
        server
    }

    fn on_message(&mut self, from: NodeId, message: &Message<S>, ctx: &mut Context<Self>) {
        match message {
            Message::Prepare { ballot, first } => self.on_prepare(from, *ballot, *first, ctx),
            Message::Promise { ballot, votes, base, executed, .. } => {
                self.on_promise(from, *ballot, votes, (*base, *executed), ctx);
            }
            Message::Nack { ballot, promised } => self.on_nack(from, *ballot, *promised, ctx),
            Message::Accept { ballot, slot, value, chosen } => {
                self.on_accept(from, *ballot, *slot, value, ctx);
                self.learn_from_votes(*ballot, *chosen, ctx);
            }
            Message::Accepted { ballot, slot } => self.on_accepted(from, *ballot, *slot, ctx),
            Message::Heartbeat { ballot, round, chosen } => {
                self.on_heartbeat(from, *ballot, *round, *chosen, ctx);
            }
            Message::Alive { ballot, round, voted } => {
                self.on_alive(from, *ballot, *round, *voted, ctx);
            }
            Message::CatchUp { from: first } => self.on_catch_up(from, *first, ctx),
            Message::Learn { first, values } => self.on_learn(from, *first, values, ctx),
            Message::Install { slot, offset, pieces, data, frame } => {
                self.on_install(from, (*slot, *offset, *pieces), data, frame, ctx);
            }
            Message::Next { slot, offset } => self.on_next(from, *slot, *offset, ctx),
            Message::Query { ticket } => self.on_query(from, *ticket, ctx),
            Message::Voted { ticket, slot } => self.on_voted(from, *ticket, *slot, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Election => self.run_ballot(ctx),
            Timer::Heartbeat => self.on_heartbeat_due(ctx),
            Timer::Replacement => self.on_replacement_due(ctx),
        }
    }

    /// A write goes through a slot; a read goes as the configuration says. A proposer in phase 1
    /// keeps what it is asked for until it leads, as far as a window's length.
    fn on_request(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        if S::is_read(&request.op) && self.config.reads != config::Reads::Log {
            return self.on_read(request, ctx);
        }
        let is_full = self.queue.len() as u64 >= self.config.window;
        match self.role {
            Role::Follower => return ctx.refuse(request.id, self.leader),
            Role::Candidate if is_full => return ctx.refuse(request.id, None),
            Role::Candidate | Role::Leader => {}
        }
        if !session::answer_old(&self.sessions, request.id, ctx) && !self.is_under_way(request.id) {
            self.queue.push_back(Command::Request(request.clone()));
            self.propose(ctx);
        }
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

impl<S: Service> MultiPaxos<S> {
    /// Whether a request is proposed already, or waits for that: whoever asks again because it takes long must not
    /// make it take longer.
    fn is_under_way(&self, id: RequestId) -> bool {
        let open = self.open.values().map(|open| &open.value.command);
        let mut commands = self.queue.iter().chain(open);
        commands.any(|command| matches!(command, Command::Request(request) if request.id == id))
    }

    fn new(config: &Config, ctx: &mut Context<Self>) -> Self {
        let now = ctx.now();
        let acceptors = (0..config.first_acceptors(ctx.nodes())).map(NodeId).collect();
        MultiPaxos {
            id: ctx.id(),
            config: Arc::new(config.clone()),
            bugs: Bugs::of(&config.bugs),
            promised: Ballot::default(),
            log: Log::default(),
            snapshot: None,
            executed: 0,
            last_value: 0,
            service: S::default(),
            sessions: Sessions::default(),
            memberships: Memberships::new(acceptors),
            known_chosen: 0,
            due: 0,
            incoming: None,
            role: Role::Follower,
            leader: None,
            heard_leader: None,
            booted: now,
            seen: Ballot::default(),
            ballot: Ballot::default(),
            promises: Promises::default(),
            duels: 0,
            next_slot: 1,
            open: BTreeMap::new(),
            queue: VecDeque::new(),
            must_prepare: false,
            peers: vec![Peer { heard: now, round: 0 }; ctx.nodes() as usize],
            reads: reads::Pending::new(ctx.rng().bits()),
        }
    }

    /// Reads the journal back: what was promised and voted for, and the newest snapshot. What is
    /// chosen beyond that is learned again.
    fn recover(&mut self, disk: &[Record<S>], ctx: &mut Context<Self>) {
        for record in disk {
            match record {
                Record::Promised(ballot) => self.promised = *ballot,
                Record::Snapshot(snapshot) => self.restore(snapshot.clone()),
                Record::Voted { slot, vote } => {
                    self.promised = self.promised.max(vote.ballot);
                    self.log.cast(*slot, vote.clone());
                }
            }
        }
        self.seen = self.promised;
        if self.executed > 0 {
            let (slot, epoch, value) = (self.executed, self.promised.epoch(), self.last_value);
            ctx.claim(Fact::Decides { slot, epoch, value, state: self.digest() });
        }
        self.bugs.resume_ballot(self.id, self.promised, &mut self.role, &mut self.ballot);
    }
}

/// What observers may read.
impl<S: Service> MultiPaxos<S> {
    /// The highest ballot that it has promised.
    pub fn promised(&self) -> Ballot {
        self.promised
    }
    /// The ballot that it runs, or ran last.
    pub fn ballot(&self) -> Ballot {
        self.ballot
    }
    /// What its proposer does.
    pub fn role(&self) -> Role {
        self.role
    }
    /// Its slots.
    pub fn log(&self) -> &Log<S> {
        &self.log
    }
    /// Up to where it has executed what is chosen.
    pub fn executed(&self) -> Slot {
        self.executed
    }
    /// Its copy of the service.
    pub fn service(&self) -> &S {
        &self.service
    }
    /// Who decides which slots, as far as it has executed.
    pub fn memberships(&self) -> &Memberships {
        &self.memberships
    }
    /// Its options.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
