//! Fast Paxos: clients' values go straight to the acceptors, and collisions are put right.
//!
//! **Paper.** Lamport, "Fast Paxos", Distributed Computing 19 (2006), MSR-TR-2005-112. The
//! coordinator's rule by counting is that of Vieira and Buzato, "On the Coordinator's Rule for Fast
//! Paxos", Information Processing Letters 107 (2008).
//!
//! **Roles** are those of [`paxos`](crate::paxos), and so is the service. In a *fast* round the
//! coordinator lets acceptors vote for any value that a client proposes: it is learned two message
//! delays after it was proposed instead of three, but a fast quorum is needed, of three quarters.
//! Two values may *collide*, so that neither has one. The coordinator then sees it by the votes, and
//! proposes one of them in the classic round that follows: two message delays more.
//!
//! Every ballot has a fast round and a classic one. The first ballot belongs to the first node, and
//! as nothing comes before it, its phase 1 is empty and its "any" stands from the beginning.
//!
//! **Promises** are those of classic Paxos:
//!
#![doc = include_str!("../paxos/PROMISES.md")]
//!
//! **Caveats.** Without a fast quorum, or when its coordinator is gone, nothing is decided until some
//! node has waited for `retry` and runs a classic round.
//!
//! | in the papers | here |
//! |---|---|
//! | fast and classic rounds, quorums (3.1, 3.4) | [`round`] |
//! | the acceptor (2.2, 3.1) | `acceptor`, [`message::Record`] |
//! | the coordinator's rule (2.2.2, observation O4; Vieira and Buzato) | `coordinator` |
//! | collisions, coordinated recovery (3.2) | `coordinator` |
//! | learning | [`learner`](crate::paxos::learner), `learning` |
//! | the rules of classic and fast rounds | [`invariants`](crate::paxos::invariants) |
//! | how people get it wrong | [`bugs`] |

mod acceptor;
pub mod bugs;
pub mod config;
mod coordinator;
mod learning;
pub mod message;
mod protocol;
pub mod round;
mod show;

use crate::ballot::Ballot;
use crate::paxos::Key;
use crate::paxos::learner::Learner;
use acceptor::Acceptor;
use bugs::Bugs;
use checkers::model::decisions::{DecisionReply, Decisions};
pub use config::Config;
use config::First;
use coordinator::Proposal;
use message::{Message, Record, Timer};
use round::Round;
use serde::Serialize;
use sim_core::{Context, NodeId, Process, Request};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FastPaxos {
    id: NodeId,
    nodes: u32,
    config: Arc<Config>,
    bugs: Bugs,
    /// On disk before any message that rests on it leaves.
    acceptors: BTreeMap<Key, Acceptor>,
    proposals: BTreeMap<Key, Proposal>,
    learner: Learner<Round>,
}

impl Process for FastPaxos {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Service = Decisions;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;

    fn boot(config: &Config, disk: &[Record], ctx: &mut Context<Self>) -> Self {
        let mut node = FastPaxos {
            id: ctx.id(),
            nodes: ctx.nodes(),
            config: Arc::new(config.clone()),
            bugs: Bugs::of(&config.bugs),
            acceptors: BTreeMap::new(),
            proposals: BTreeMap::new(),
            learner: Learner::default(),
        };
        node.recover_from(disk, ctx);
        node.look_again(ctx);
        node
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        match message {
            Message::Propose { key, value } => match self.config.first {
                First::Fast => self.on_offer(*key, *value, ctx),
                First::Classic => self.on_forwarded(*key, *value, ctx),
            },
            Message::Prepare { key, ballot } => self.on_prepare(from, *key, *ballot, ctx),
            Message::Promise { key, ballot, vote } => {
                self.on_promise(from, *key, *ballot, *vote, ctx);
            }
            Message::Nack { key, promised, .. } => self.overtaken(*key, promised.ballot, ctx),
            Message::Any { key, ballot } => self.on_any(*key, *ballot, ctx),
            Message::Accept { key, ballot, value } => {
                self.on_accept(from, *key, *ballot, *value, ctx);
            }
            Message::Accepted { key, vote } => self.on_accepted(from, *key, *vote, ctx),
            Message::Learn { decided } => {
                decided.iter().for_each(|(key, value)| self.decide(*key, *value, ctx));
            }
            Message::Lacks { beyond, missing } => self.on_lacks(from, *beyond, missing, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Retry(key) => self.on_retry(key, ctx),
            Timer::CatchUp => self.on_catch_up_due(ctx),
        }
    }

    fn on_request(&mut self, request: &Request<Decisions>, ctx: &mut Context<Self>) {
        let key = request.op.key();
        if let Some(value) = self.learner.decided(key) {
            return ctx.reply(request.id, DecisionReply::Decided(value));
        }
        self.learner.wait(request);
        match request.op.value() {
            Some(value) => self.offer(key, value, ctx),
            None => self.pursue(key, ctx),
        }
    }

    fn glance(&self) -> String {
        show::glance(self)
    }

    #[inline]
    fn kind(message: &Message) -> usize {
        message.kind()
    }

    #[inline]
    fn size(message: &Message) -> u32 {
        message.size()
    }
}

impl FastPaxos {
    /// Reads the journal back.
    fn recover_from(&mut self, disk: &[Record], ctx: &mut Context<Self>) {
        for record in disk {
            match *record {
                Record::Promised(key, round) => self.acceptor(key).promised = round,
                Record::Voted(key, vote) => {
                    self.acceptor(key).vote(vote);
                    self.learner.note_vote(key);
                }
                Record::Decided(key, value) => {
                    self.learner.decide(key, value);
                }
            }
        }
        self.learner.recovered().for_each(|fact| ctx.claim(fact));
    }

    /// The ballot that comes before all others.
    fn first_ballot(&self) -> Ballot {
        Ballot::default().next(NodeId(0))
    }

    fn acceptor(&mut self, key: Key) -> &mut Acceptor {
        let any = match self.config.first {
            First::Fast => self.first_ballot(),
            First::Classic => Ballot::default(),
        };
        self.acceptors.entry(key).or_insert(Acceptor { any, ..Acceptor::default() })
    }

    /// How many acceptors choose a value in a round.
    fn quorum(&self, round: Round) -> usize {
        self.bugs.quorum(round, self.nodes as usize)
    }
}

/// What observers may read.
impl FastPaxos {
    /// What it knows of decisions.
    pub fn learner(&self) -> &Learner<Round> {
        &self.learner
    }
}
