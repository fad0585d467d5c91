//! Two-phase commit: a transaction takes effect at every site, or at none (Gray, "Notes on Data Base Operating
//! Systems", 1978; Mohan, Lindsay and Obermarck, "Transaction Management in the R* Distributed Database Management
//! System", TODS 11(4), 1986; Lampson and Lomet, "A New Presumed Commit Optimization", VLDB 1993; Bernstein, Hadzilacos
//! and Goodman, "Concurrency Control and Recovery in Database Systems", 1987, chapter 7).
//!
//! **Roles.** n1 is the *coordinator* ([`coordinator`]), by its name; every other node is a *participant*
//! ([`participant`]) with a part of the bank. Clients ask n1.
//!
//! **How.** The coordinator sends each participant its part of the work, which it does under strict two-phase locking
//! ([`locks`]) in a workspace of its own. When all of it is done, PREPARE asks for votes. Who votes yes has forced
//! to its disk what it takes to commit, and is *in doubt*: it keeps its locks, through crashes too, until it
//! knows the decision. When all have voted yes, the coordinator forces COMMIT to its disk, which is the instant at
//! which the transaction commits; it answers the client, and tells who voted yes. Until it has voted, anybody may
//! abort.
//!
//! **Presumptions.** What the coordinator answers about a transaction that its log does not have. Under *presumed
//! nothing* and *presumed abort* it has aborted, so a commit is remembered until all have acknowledged it; under
//! presumed abort an abort needs neither record nor acknowledgement. Under *presumed commit* it has committed: a
//! commit needs no acknowledgement, but who takes part is forced to disk before PREPARE, so that no crash makes the
//! coordinator forget a transaction that did not commit. Who has only read votes so, and is done.
//!
//! **Recovery** (`recovery`). The coordinator tells again what it has decided; a participant locks what it is in
//! doubt about, and asks (`termination`): the coordinator and, cooperatively, the others, of whom one may know,
//! or have never voted yes and so be free to abort.
//!
//! **Numbers.** A transaction's name is the coordinator's life and a count in that, so that no name is ever used twice,
//! and the order of names is one of age. Messages carry the oldest name that is not over: what is older is heard
//! no more, and need not be remembered.
//!
//! **Promises** stand in `PROMISES.md`: atomicity, durability, strict serializability and the truth to clients, under
//! all that crash-recovery means. **Caveats.** It blocks: while the coordinator is away, who is in doubt can only
//! wait, with all that it has locked, unless one that can be reached knows better. Nothing is ever decided
//! heuristically.
//!
//! **Left out.** Only the coordinator decides, and only one node is it: nobody is elected to recover in its place, so
//! that two who recover never race; that is what three-phase commit and Paxos Commit are about. Sites vote to the
//! coordinator and hear from it, and neither in a line (linear two-phase commit) nor each to all (the decentralised
//! form). There is no tree of subordinates, as R* has.

mod bugs;
pub mod config;
pub mod coordinator;
mod decision;
pub mod invariants;
pub mod locks;
pub mod message;
pub mod participant;
mod promises;
mod protocol;
mod recovery;
mod show;
mod termination;

pub use bugs::{Bug, Bugs};
pub use config::{Config, Deadlock, Variant};
pub use coordinator::Coordinator;
pub use message::{Message, Record, Tx, Vote};
pub use participant::Participant;

use checkers::model::bank::Bank;
use serde::Serialize;
use sim_core::{Context, NodeId, Process, Request, Span, Time};
use std::sync::Arc;

/// The node that decides.
pub const COORDINATOR: NodeId = NodeId(0);

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum TwoPhaseCommit {
    /// n1.
    Coordinator(Coordinator),
    /// Every other.
    Participant(Participant),
}

type Ctx = Context<TwoPhaseCommit>;

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// The coordinator: an answer that does not come.
    Retry,
    /// A participant: a lock that others have.
    Lock,
    /// A participant: PREPARE, for work that is done.
    Idle,
    /// A participant: the decision.
    Doubt,
}

/// The options and mistakes, which all of a node's parts ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Options {
    config: Arc<Config>,
    bugs: Bugs,
}

impl Options {
    fn new(config: &Config) -> Options {
        Options { config: Arc::new(config.clone()), bugs: Bugs::of(&config.bugs) }
    }

    fn on(&self, bug: Bug) -> bool {
        self.bugs.on(bug)
    }
}

/// When a timer is to ring, so that it is only set when that changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Alarm(Option<Time>);

impl Alarm {
    fn set(&mut self, timer: Timer, due: Option<Time>, ctx: &mut Ctx) {
        if self.0 == due {
            return;
        }
        self.0 = due;
        match due {
            Some(due) => ctx.set_timer(timer, due.since(ctx.now()).max(Span(1))),
            None => ctx.cancel_timer(timer),
        }
    }

    /// It has rung; what was due by when. It may ring early, when somebody makes it.
    fn rung(&mut self, ctx: &Ctx) -> Time {
        self.0.take().map_or(ctx.now(), |due| due.max(ctx.now()))
    }
}

impl Process for TwoPhaseCommit {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Service = Bank;
    type Config = Config;

    const KINDS: &'static [&'static str] = Message::KINDS;

    fn boot(config: &Config, disk: &[Record], ctx: &mut Ctx) -> Self {
        let options = Options::new(config);
        match ctx.id() {
            COORDINATOR => TwoPhaseCommit::Coordinator(Coordinator::recover(options, disk, ctx)),
            _ => TwoPhaseCommit::Participant(Participant::recover(options, disk, ctx)),
        }
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Ctx) {
        match self {
            TwoPhaseCommit::Coordinator(node) => node.on_message(from, message, ctx),
            TwoPhaseCommit::Participant(node) => node.on_message(from, message, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        match self {
            TwoPhaseCommit::Coordinator(node) => node.on_retry(ctx),
            TwoPhaseCommit::Participant(node) => node.on_timer(timer, ctx),
        }
    }

    fn on_request(&mut self, request: &Request<Bank>, ctx: &mut Ctx) {
        match self {
            TwoPhaseCommit::Coordinator(node) => node.on_request(request, ctx),
            TwoPhaseCommit::Participant(_) => ctx.refuse(request.id, Some(COORDINATOR)),
        }
    }

    fn kind(message: &Message) -> usize {
        message.kind()
    }

    fn size(message: &Message) -> u32 {
        message.size()
    }

    fn glance(&self) -> String {
        match self {
            TwoPhaseCommit::Coordinator(node) => node.glance(),
            TwoPhaseCommit::Participant(node) => node.glance(),
        }
    }
}
