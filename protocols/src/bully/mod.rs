//! Bully: the highest node that is up leads (Garcia-Molina, "Elections in a Distributed Computing System", IEEE
//! Transactions on Computers C-31(1), 1982; Tanenbaum and van Steen, "Distributed Systems", on election algorithms).
//!
//! **The textbook's form** (`textbook`). A node that misses the coordinator sends ELECTION to everybody higher. Who
//! is higher answers OK and holds an election itself. Who hears no OK within *T* is the highest that is up, and sends
//! COORDINATOR to everybody lower. Who has heard one waits for the coordinator, for *T'* at most, and then begins
//! anew. A node that boots holds an election; the highest of all need not ask, and announces at once. When a node
//! with m - 1 live ones and one dead one above it begins, that takes m² + n - 2 messages among n.
//!
//! **The original** (`original`). A node that finds nobody higher first halts everybody lower, so that no one obeys
//! an old coordinator any more; then it appoints itself, and when all have accepted, defines their task. At every
//! instant nodes that work together name the same coordinator (assertion 1) and the same task (assertion 2). The
//! textbook's form promises that only when everything has come to rest: while two announcements are under way, nodes
//! differ.
//!
//! **What is taken for granted** (section II of the paper). Messages arrive within a known time, nothing is lost,
//! and a node that does not answer in time is dead. A cut, a lost message, a node that stands still for longer than
//! *T*: each gives a second leader, and no majority is asked. Elections are numbered by when they were begun, on
//! clocks that agree; a node that was away so names a later one than all before, and nothing needs a disk.
//!
//! **Left out.** Whoever is told who leads may be told of a coordinator that has died since, and acts on it at its
//! own risk: an epoch is no lease and fences nothing. Nor is there the paper's second algorithm, Invitation (section
//! V), which needs no bound on delays and lets groups, each with a coordinator, grow together.
//!
//! **Roles.** A coordinator leads, a node in an election is a candidate, all others follow.

mod bugs;
mod config;
mod invariants;
mod message;
mod original;
mod protocol;
mod textbook;

pub use bugs::{Bug, Bugs};
pub use config::{Config, Variant};
pub use message::{Ask, Message};

use checkers::model::election::Election;
use original::Reorganisation;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Process, Request, Service};
use std::collections::BTreeSet;

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// The coordinator has been silent for too long.
    Silence,
    /// T: nobody higher has answered; in the original, or somebody has not who should have.
    Answer,
    /// T': who has answered has not become the coordinator.
    Coordinator,
    /// It is time to let the others hear.
    Heartbeat,
}

/// How a node stands towards the leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Standing {
    /// It holds an election and waits for answers.
    Asks,
    /// Somebody higher has answered, or halted it.
    Waits,
    /// It leads.
    Leads,
    /// It follows this node.
    Follows(NodeId),
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Bully {
    config: Config,
    bugs: Bugs,
    id: NodeId,
    standing: Standing,
    /// The last election that it knows of; the number under which it leads or follows.
    epoch: u64,
    /// Who has not answered: kept beyond the election by a planted mistake alone.
    silent: BTreeSet<NodeId>,
    reorganisation: Reorganisation,
}

impl Process for Bully {
    type Message = Message;
    type Timer = Timer;
    type Record = ();
    type Service = Election;
    type Config = Config;
    const KINDS: &'static [&'static str] = Message::KINDS;

    fn boot(config: &Config, _: &[()], ctx: &mut Context<Self>) -> Self {
        let mut bully = Bully {
            config: config.clone(),
            bugs: Bugs::of(&config.bugs),
            id: ctx.id(),
            standing: Standing::Waits,
            epoch: 0,
            silent: BTreeSet::new(),
            reorganisation: Reorganisation::default(),
        };
        if bully.bugs.on(Bug::BullyRecoverSilently) && ctx.now().0 > 0 {
            ctx.claim(Fact::Follows { epoch: 0 });
        } else {
            bully.hold_election(ctx);
        }
        bully
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        match *message {
            Message::Election => self.on_election(from, ctx),
            Message::Ok => self.on_ok(ctx),
            Message::Coordinator { epoch } | Message::Heartbeat { epoch } => {
                self.on_coordinator(from, epoch, ctx);
            }
            Message::Ask { what, number } => self.on_ask(from, what, number, ctx),
            Message::Answer { what, number, yes } => {
                self.on_answer(from, what, number, yes, ctx);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match (timer, self.config.variant) {
            (Timer::Silence | Timer::Coordinator, _) => self.hold_election(ctx),
            (Timer::Answer, Variant::Textbook) => self.win(ctx),
            (Timer::Answer, Variant::Original) => self.on_answers_due(ctx),
            (Timer::Heartbeat, Variant::Textbook) => self.let_hear(ctx),
            (Timer::Heartbeat, Variant::Original) => self.check_members(ctx),
        }
    }

    fn on_request(&mut self, request: &Request<Election>, ctx: &mut Context<Self>) {
        let leader = self.leads_or_follows().map(|node| (node, self.epoch));
        if let Some(belief) = Election::belief(&request.op, leader) {
            ctx.reply(request.id, belief);
        }
    }

    fn kind(message: &Message) -> usize {
        message.kind()
    }

    /// All but the heartbeats, and the original's question after them.
    fn elects(message: &Message) -> bool {
        !matches!(
            message,
            Message::Heartbeat { .. }
                | Message::Ask { what: Ask::AreYouNormal, .. }
                | Message::Answer { what: Ask::AreYouNormal, .. }
        )
    }

    fn glance(&self) -> String {
        let standing = match self.standing {
            Standing::Asks => "holds an election".to_owned(),
            Standing::Waits => "waits for a coordinator".to_owned(),
            Standing::Leads => format!("leads in {}", self.epoch),
            Standing::Follows(leader) => format!("follows {leader} in {}", self.epoch),
        };
        format!("{standing}{}", self.reorganisation)
    }
}

impl Bully {
    /// Whom it takes for the leader.
    pub fn leads_or_follows(&self) -> Option<NodeId> {
        match self.standing {
            Standing::Leads => Some(self.id),
            Standing::Follows(leader) => Some(leader),
            Standing::Asks | Standing::Waits => None,
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Its options.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn higher(&self, ctx: &Context<Self>) -> impl Iterator<Item = NodeId> + use<> {
        (self.id.0 + 1..ctx.nodes()).map(NodeId)
    }

    fn lower(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.id.0).map(NodeId)
    }

    /// The number of a new election: later than all that it knows of, and than those that it may have missed while
    /// it was away, by the clock, in milliseconds.
    fn new_number(&self, ctx: &Context<Self>) -> u64 {
        (self.epoch + 1).max(ctx.now().0 / 1_000_000)
    }

    fn hold_election(&mut self, ctx: &mut Context<Self>) {
        for timer in [Timer::Silence, Timer::Answer, Timer::Coordinator, Timer::Heartbeat] {
            ctx.cancel_timer(timer);
        }
        self.standing = Standing::Asks;
        ctx.claim(Fact::Campaigns { epoch: self.new_number(ctx) });
        match self.config.variant {
            Variant::Textbook => self.ask_the_higher(ctx),
            Variant::Original => self.look_for_the_higher(ctx),
        }
    }
}
