//! Single-decree Paxos: many decisions, each agreed on by itself.
//!
//! **Paper.** Lamport, "Paxos Made Simple", 2001, section 2.
//!
//! **Roles.** Every node is all three. A *proposer* runs a ballot: it asks the acceptors for a promise
//! and for what they have voted for (phase 1), and when a majority has answered it proposes the value
//! of the highest vote, or any if there is none (phase 2). An *acceptor* votes for what is proposed
//! unless it has promised a higher ballot. What a majority has voted for in one ballot is *chosen*
//! for good. A *learner* counts votes. Any node may propose at any time, and those that do duel:
//! "to guarantee progress, a distinguished proposer must be selected", or else chance must help.
//!
//! The service is a family of decisions, one for each key, and nothing ties one to another. A node
//! that is asked what is decided, and does not know, runs a ballot without a value of its own: if
//! something was chosen before, a majority reports it.
//!
//! **Promises** are in [`promises`]: safety under every crash, delay, loss and partition, and
//! decisions when a majority is connected again. **Caveats.** An acceptor that loses what it synced
//! may vote against its promise, and nothing is promised then. With `back-off = "none"` proposers
//! may duel for ever, as Fischer, Lynch and Paterson proved that some schedule can make them.
//!
//! | in the paper | here |
//! |---|---|
//! | proposal numbers (2.4) | [`ballot`](crate::ballot) |
//! | the acceptor: P1a (2.2), and what it must remember (2.5) | `acceptor`, [`message::Record`] |
//! | the proposer: P2c (2.2), progress (2.4) | `proposer` |
//! | learning a chosen value (2.3) | [`learner`], `learning` |
//! | P1, P2 and what follows from them | [`invariants`], [`promises`] |
//! | how people get it wrong | [`bugs`] |

mod acceptor;
pub mod bugs;
pub mod config;
pub mod invariants;
pub mod learner;
mod learning;
pub mod message;
pub mod promises;
mod proposer;
mod protocol;
pub(crate) mod show;

use crate::ballot::Ballot;
use acceptor::Acceptor;
use bugs::Bugs;
use checkers::model::decisions::{DecisionReply, Decisions};
pub use config::Config;
use learner::Learner;
use message::{Message, Record, Timer};
use proposer::Proposal;
use serde::Serialize;
use sim_core::{Context, NodeId, Process, Request};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which decision, from 1.
pub type Key = u32;
/// What is decided.
pub type Value = u64;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Paxos {
    id: NodeId,
    nodes: u32,
    config: Arc<Config>,
    bugs: Bugs,
    /// On disk before any message that rests on it leaves.
    acceptors: BTreeMap<Key, Acceptor>,
    proposals: BTreeMap<Key, Proposal>,
    learner: Learner<Ballot>,
}

impl Process for Paxos {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Service = Decisions;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;

    fn boot(config: &Config, disk: &[Record], ctx: &mut Context<Self>) -> Self {
        let mut node = Paxos {
            id: ctx.id(),
            nodes: ctx.nodes(),
            config: Arc::new(config.clone()),
            bugs: Bugs::of(&config.bugs),
            acceptors: BTreeMap::new(),
            proposals: BTreeMap::new(),
            learner: Learner::default(),
        };
        node.recover(disk, ctx);
        node.look_again(ctx);
        node
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        match message {
            Message::Prepare { key, ballot } => self.on_prepare(from, *key, *ballot, ctx),
            Message::Promise { key, ballot, vote } => {
                self.on_promise(from, *key, *ballot, *vote, ctx);
            }
            Message::Nack { key, ballot, promised } => {
                self.on_nack(from, *key, *ballot, *promised, ctx);
            }
            Message::Accept { key, ballot, value } => {
                self.on_accept(from, *key, *ballot, *value, ctx);
            }
            Message::Accepted { key, ballot, value } => {
                self.on_accepted(from, *key, *ballot, *value, ctx);
            }
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

    /// What is known is answered; anything else takes a ballot.
    fn on_request(&mut self, request: &Request<Decisions>, ctx: &mut Context<Self>) {
        let key = request.op.key();
        if let Some(value) = self.learner.decided(key) {
            return ctx.reply(request.id, DecisionReply::Decided(value));
        }
        self.learner.wait(request);
        self.pursue(key, request.op.value(), ctx);
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

impl Paxos {
    /// Reads the journal back.
    fn recover(&mut self, disk: &[Record], ctx: &mut Context<Self>) {
        for record in disk {
            match *record {
                Record::Promised(key, ballot) => self.acceptor(key).promised = ballot,
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

    fn acceptor(&mut self, key: Key) -> &mut Acceptor {
        self.acceptors.entry(key).or_default()
    }

    /// How many acceptors are enough.
    fn quorum(&self) -> usize {
        self.bugs.quorum(self.nodes as usize)
    }
}

/// What observers may read.
impl Paxos {
    /// What it knows of decisions.
    pub fn learner(&self) -> &Learner<Ballot> {
        &self.learner
    }
    /// Its options.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
