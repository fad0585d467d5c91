//! Sagas: long transactions as sequences of local ones, each of which can be undone (Garcia-Molina and Salem, "Sagas",
//! SIGMOD 1987; Richardson, "Microservices Patterns", 2018, chapters 3 and 4).
//!
//! A saga is T1 to Tn, each a local transaction at a service with data of its own. It ends with all of them done, or
//! with T1 to Tk done and undone again by Ck to C1. Nothing is locked in between, so nobody waits for a coordinator
//! that is away; and others see what is not over yet. What there is instead of isolation are countermeasures: a step
//! reads again what it decides by, in its own transaction, and what a saga has changed can be marked until its end
//! (`locks`).
//!
//! **What can be undone** ([`steps`]). Steps are compensatable up to the pivot, which decides; what follows it is tried
//! until it is done.
//!
//! **Who drives it.** An orchestrator with a log (`orchestrator`), which another may take over (`fail_over`); or
//! nobody, each service reacting to the events of others (`choreography`).
//!
//! **What keeps it right.** A service's change, its fence row and the row of its outbox are one record on its disk
//! (`host`). Requests are asked for again until they are answered, events told again until they are acknowledged
//! (`outbox`); the fence row makes the second of them a repetition, and what comes after its compensation nothing.
//!
//! **Cost.** Orchestrated, n steps take 2n messages; when step k is refused, 4k - 2. The log takes n + 2 entries, and
//! 2k + 1 then; where steps leave marks, one more says that they are gone, and each service is told and answers.
//! Choreographed, they take n events, and 2k - 1, each of which is acknowledged.
//!
//! **Promises** stand in `PROMISES.md`. **Caveats.** No isolation, as said. Every service is the only one of its
//! kind: while one is away, sagas that need it wait, or are undone when it is back. A service that cannot undo a step
//! any more, or never does one that may not be refused, holds its saga up for ever.
//!
//! **Roles.** An orchestrator that is at work leads. Of services, one is as the other.

mod bugs;
mod choreography;
mod config;
mod fail_over;
mod host;
mod invariants;
mod layout;
mod locks;
mod message;
mod orchestrator;
mod orders;
mod outbox;
mod protocol;
mod questions;
mod record;
mod show;
pub mod steps;
mod transfer;

pub use bugs::{Bug, Bugs};
pub use config::{Config, Locks, Style};
pub use host::Row;
pub use layout::Layout;
pub use message::{Event, Message, Order, SagaId, Verdict};
pub use record::{Act, Cause, Entry, Lacks, Local, Outcome, Record, What};
pub use steps::{Kind, Sagas, Step, Steps, Why};

use choreography::Origin;
use fail_over::Store;
use host::Host;
use orchestrator::Orchestrator;
use outbox::Outbox;
use questions::Question;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Process, Request, RequestId};
use std::collections::{BTreeMap, BTreeSet};

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// The orchestrator looks for what was not answered.
    Resend,
    /// The relay looks for what was not acknowledged.
    Relay,
    /// The watchdog looks for sagas that hang.
    Watch,
    /// Services have not said that they have taken marks away.
    Free,
    /// The orchestrator lets the other hear.
    Heartbeat,
    /// The other orchestrator has not let hear, or the store not answered.
    Takeover,
}

/// A node: an orchestrator, the keeper of a log, or the host of services.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Saga<S: Sagas> {
    config: Config,
    bugs: Bugs,
    id: NodeId,
    layout: Layout,
    host: Host<S>,
    outbox: Outbox<S>,
    origin: Origin<S>,
    orchestrator: Option<Orchestrator<S>>,
    store: Option<Store<S>>,
    questions: BTreeMap<RequestId, Question<S>>,
    /// Completed sagas whose marks are not taken away yet, and where.
    freeing: BTreeMap<SagaId, BTreeSet<NodeId>>,
}

/// A saga's number in facts: its client's above, its own below.
pub(crate) fn number(saga: SagaId) -> u64 {
    (saga.client.index() as u64 + 1) << 32 | u64::from(saga.number)
}

impl<S: Sagas> Process for Saga<S> {
    type Message = Message<S>;
    type Timer = Timer;
    type Record = Record<S>;
    type Service = S;
    type Config = Config;
    const KINDS: &'static [&'static str] = Message::<S>::KINDS;

    fn boot(config: &Config, disk: &[Record<S>], ctx: &mut Context<Self>) -> Self {
        let id = ctx.id();
        let layout = Layout::of::<S>(config, ctx.nodes());
        let orchestrates = layout.orchestrates(id);
        let mut saga = Saga {
            config: config.clone(),
            bugs: Bugs::of(&config.bugs),
            id,
            layout,
            host: Host::default(),
            outbox: Outbox::default(),
            origin: Origin::default(),
            orchestrator: orchestrates.then(|| Orchestrator::new(ctx.now())),
            store: (layout.store() == Some(id)).then(Store::default),
            questions: BTreeMap::new(),
            freeing: BTreeMap::new(),
        };
        disk.iter().for_each(|record| saga.recall(record, ctx));
        saga.come_up(ctx);
        saga
    }

    fn on_message(&mut self, from: NodeId, message: &Message<S>, ctx: &mut Context<Self>) {
        match message {
            Message::Command(order) => {
                let (saga, step) = (order.saga, order.step);
                let verdict = self.try_step(order, ctx);
                ctx.send(from, Message::Reply { saga, step, verdict });
            }
            Message::Compensate(order) => {
                let (saga, step) = (order.saga, order.step);
                let verdict = self.undo_step(order, Cause { step, why: Why::Late }, ctx);
                ctx.send(from, Message::Compensated { saga, step, verdict });
            }
            Message::Reply { saga, step, verdict } => self.on_reply(*saga, *step, *verdict, ctx),
            Message::Compensated { saga, step, verdict } => {
                self.on_compensated(*saga, *step, *verdict, ctx);
            }
            Message::Release { saga } => self.on_release(from, *saga, ctx),
            Message::Released { saga } => self.on_released(from, *saga, ctx),
            Message::Event(event) => self.on_event(from, event, ctx),
            Message::Ack { number } => self.on_ack(*number, ctx),
            Message::Inquiry(order) => self.on_inquiry(order, ctx),
            Message::Query { id, op, service } => {
                let (id, service) = (*id, *service);
                let reply = self.look(op, service, ctx);
                ctx.send(from, Message::Part { id, service, reply });
            }
            Message::Part { id, service, reply } => self.on_part(*id, *service, reply, ctx),
            Message::Heartbeat { epoch } => self.on_epoch(*epoch, true, ctx),
            Message::Acquire { epoch, life } => self.on_acquire(*epoch, (from, *life), ctx),
            Message::Acquired { epoch, life, log } => self.on_acquired(*epoch, *life, log, ctx),
            Message::Append { epoch, saga, at, entry } => {
                self.on_append(from, (*epoch, *saga, *at), entry, ctx);
            }
            Message::Appended { epoch, saga, at } => self.on_appended(*epoch, *saga, *at, ctx),
            Message::Fenced { epoch, holder } => self.on_fenced(*epoch, *holder, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Resend => self.look_after_sagas(ctx),
            Timer::Relay => self.redeliver(ctx),
            Timer::Watch => self.ask_after_sagas(ctx),
            Timer::Free => self.release_again(ctx),
            Timer::Heartbeat => self.let_hear(ctx),
            Timer::Takeover => self.ask_to_work(ctx),
        }
    }

    fn on_request(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        if let Some(reply) = S::unoffered(&request.op) {
            ctx.reply(request.id, reply);
        } else if S::steps(&request.op, self.layout.services).is_empty() {
            self.on_question(request, ctx);
        } else if self.config.style == Style::Choreographed {
            self.begin_by_first_step(request, ctx);
        } else if self.orchestrator.is_some() {
            self.begin_by_log(request, ctx);
        } else {
            ctx.refuse(request.id, Some(NodeId(0)));
        }
    }

    fn kind(message: &Message<S>) -> usize {
        message.kind()
    }

    fn glance(&self) -> String {
        self.show()
    }

    fn size(message: &Message<S>) -> u32 {
        let log = |entries: usize| 64 + 32 * entries as u32;
        match message {
            Message::Acquired { log: sagas, .. } => {
                log(sagas.iter().map(|(_, entries)| entries.len()).sum())
            }
            _ => 64,
        }
    }
}

impl<S: Sagas> Saga<S> {
    /// Its options.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Which node is what.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What its services have.
    pub fn rows(&self) -> &S {
        &self.host.rows
    }

    /// The number of the last local transaction of its services.
    pub fn transactions(&self) -> u64 {
        self.host.last
    }

    /// What is marked at its services, and for whom.
    pub fn marks(&self) -> impl Iterator<Item = SagaId> + '_ {
        self.host.locks.values().copied()
    }

    /// What the disk has, one record after another.
    fn recall(&mut self, record: &Record<S>, ctx: &mut Context<Self>) {
        let now = ctx.now();
        match record {
            Record::Local(local) => {
                self.happen(local);
                if self.bugs.on(Bug::MarkForgottenAtBoot) {
                    self.unmark(local.saga);
                }
                if self.config.style == Style::Choreographed {
                    self.restore_event(local, now);
                    if local.step == 1 {
                        self.note_begun(local.saga, &local.op, now);
                    }
                }
                self.claim_local(local, ctx);
            }
            Record::Fence { saga, step, key } => {
                self.host.fence.insert((*saga, *step, *key), Row::Tried);
            }
            Record::Confirmed { saga } => self.unmark(*saga),
            Record::Over { saga, outcome } => {
                if let Some(op) = self.note_over(*saga, *outcome) {
                    self.claim_outcome(*saga, *outcome, ctx);
                    if *outcome == Outcome::Completed && self.config.locks != Locks::None {
                        self.freeing.insert(*saga, self.marked_at(&op));
                    }
                }
            }
            Record::Published { number } => {
                self.forget_event(*number);
            }
            Record::Dead { number } => self.bury(*number, ctx),
            Record::Freed { saga } => {
                self.freeing.remove(saga);
            }
            Record::Logged { saga, entry } => match &mut self.store {
                Some(store) => store.log.entry(*saga).or_default().push(entry.clone()),
                None => self.take(*saga, entry, now),
            },
            Record::Epoch { epoch, holder, life } => {
                if let Some(store) = &mut self.store {
                    (store.epoch, store.holder) = (*epoch, Some((*holder, *life)));
                }
            }
            Record::Boot { life } => {
                if let Some(orchestrator) = &mut self.orchestrator {
                    orchestrator.life = *life;
                }
            }
        }
    }

    /// Begins to work, with what the disk had.
    fn come_up(&mut self, ctx: &mut Context<Self>) {
        self.publish(ctx);
        self.watch(ctx);
        // Whose marks are free everywhere is known by now, when the whole disk is read.
        self.release_again(ctx);
        let is_first = self.id == NodeId(0);
        match (&mut self.orchestrator, self.layout.store()) {
            (None, _) => {}
            (Some(orchestrator), None) => {
                orchestrator.is_at_work = true;
                ctx.claim(Fact::Leads { epoch: 1 });
                self.take_up(ctx);
            }
            (Some(orchestrator), Some(_)) => {
                // No two lives are to have one number: the disk has it before anybody hears of it.
                orchestrator.life += 1;
                ctx.append(Record::Boot { life: orchestrator.life });
                ctx.sync();
                if is_first {
                    return self.ask_to_work(ctx);
                }
                ctx.claim(Fact::Follows { epoch: 0 });
                ctx.set_timer(Timer::Takeover, self.config.takeover);
            }
        }
    }
}
