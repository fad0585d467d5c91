//! Read one, write all: a write must reach every copy before it is done, so that a read may ask any one of them.
//!
//! **Source.** The write-all approach of Bernstein, Hadzilacos and Goodman, "Concurrency Control and Recovery in
//! Database Systems", 1987, chapter 8, with a primary that orders the writes (Alsberg and Day, "A Principle for
//! Resilient Sharing of Distributed Resources", 1976). It is the other end of the scale on which a majority is the
//! middle: R = 1, W = N.
//!
//! **Roles.** n1, the *coordinator*, puts the writes in order and sends each to all. It is so by its name, and
//! nobody takes its place: there is no election. Every node is a *copy*, n1 too.
//!
//! **How.** n1 stores a write at the next slot and sends `prepare` to all, again and again until each has
//! answered `prepared`, which it does when its disk has the write. When all have, the write is done: n1 executes
//! it, answers the client and sends `commit`, upon which the copies execute it. Nothing is ever taken back: what n1
//! has stored will be committed some day, after any number of crashes.
//!
//! A read asks one copy. It waits until everything that was prepared there when it came is committed there. That
//! is enough to be linearizable: if anybody has seen a write, or its client has its answer, then it is
//! prepared at *every* copy, so that this one either has executed it or knows that it has to wait for it.
//!
//! **Recovery.** A copy replays its journal. Commits that it has forgotten are only prepared writes again: it
//! asks n1 (`behind`). n1 forgets who has answered, and prepares anew what it does not know to be committed.
//!
//! **Promises** stand beside `Protocol` in `protocol.rs`: linearizable under every crash, delay, loss and cut; live
//! only when every node is up. **Caveats.** The first node that is down stops all writes, and with them the reads
//! that wait for them: that is what majorities are for. The journal is never shortened.

mod bugs;
mod config;
mod message;
mod protocol;

use crate::quorum::{agreed, majority};
use crate::session::{Known, Sessions};
pub use bugs::{Bug, Bugs};
pub use config::Config;
pub use message::{Message, Record, Slot};
use serde::Serialize;
use sim_core::drive::replay::hash_of;
use sim_core::fact::ReadPath;
use sim_core::{Context, Fact, NodeId, Process, Request, Service};
use std::sync::Arc;

/// The node that puts writes in order.
const COORDINATOR: NodeId = NodeId(0);
/// After how many slots a copy tells the hash of its state, so that copies can be compared.
const TELL_STATE: Slot = 64;

/// A copy; n1 is the coordinator as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ReadOneWriteAll<S: Service> {
    id: NodeId,
    config: Arc<Config>,
    bugs: Bugs,
    /// Every write, by its slot. The disk has it before anybody hears of it.
    log: Vec<Request<S>>,
    /// Everything up to here is done, and executed.
    committed: Slot,
    service: S,
    sessions: Sessions<S::Reply>,
    /// Up to where each node's disk has the log, as the coordinator knows.
    prepared: Vec<Slot>,
    /// Reads that wait for a slot.
    reads: Vec<(Slot, Request<S>)>,
}

/// The only timer: something sent was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Retry;

impl<S: Service> Process for ReadOneWriteAll<S> {
    type Message = Message<S>;
    type Timer = Retry;
    type Record = Record<S>;
    type Service = S;
    type Config = Config;

    const KINDS: &'static [&'static str] = message::KINDS;

    fn boot(config: &Config, disk: &[Record<S>], ctx: &mut Context<Self>) -> Self {
        let mut node = ReadOneWriteAll {
            id: ctx.id(),
            config: Arc::new(config.clone()),
            bugs: Bugs::of(&config.bugs),
            log: Vec::new(),
            committed: 0,
            service: S::default(),
            sessions: Sessions::default(),
            prepared: vec![0; ctx.nodes() as usize],
            reads: Vec::new(),
        };
        let role =
            if node.coordinates() { Fact::Leads { epoch: 1 } } else { Fact::Follows { epoch: 1 } };
        ctx.claim(role);
        node.recover(disk, ctx);
        node
    }

    fn on_message(&mut self, from: NodeId, message: &Message<S>, ctx: &mut Context<Self>) {
        match message {
            Message::Prepare { first, writes } => self.on_prepare(*first, writes, ctx),
            Message::Prepared { slot } => self.on_prepared(from, *slot, ctx),
            Message::Commit { slot } => self.on_commit(*slot, ctx),
            Message::Behind { prepared } => self.on_behind(from, *prepared, ctx),
        }
    }

    fn on_timer(&mut self, Retry: Retry, ctx: &mut Context<Self>) {
        if self.coordinates() {
            let lagging = |node: &NodeId| self.prepared[node.index()] < self.last();
            for node in ctx.peers().filter(lagging).collect::<Vec<_>>() {
                self.prepare_from(node, self.prepared[node.index()], ctx);
            }
        } else if self.committed < self.last() {
            ctx.send(COORDINATOR, Message::Behind { prepared: self.last() });
        }
        self.retry_later(ctx);
    }

    fn on_request(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        if S::is_read(&request.op) {
            return self.on_read(request, ctx);
        }
        if !self.coordinates() {
            return ctx.refuse(request.id, Some(COORDINATOR));
        }
        let again = !self.bugs.on(Bug::RetryWrittenAgain);
        match self.sessions.find(request.id) {
            Known::Done(reply) if again => {
                ctx.claim(deduplicates(request));
                ctx.reply(request.id, reply.clone());
            }
            Known::Expired => ctx.expire(request.id),
            Known::Forgotten => {}
            Known::New if again && self.is_under_way(request) => ctx.claim(deduplicates(request)),
            Known::New | Known::Done(_) => self.write(request, ctx),
        }
    }

    fn kind(message: &Message<S>) -> usize {
        message.kind()
    }

    fn size(message: &Message<S>) -> u32 {
        message.size()
    }
}

/// What the coordinator does.
impl<S: Service> ReadOneWriteAll<S> {
    fn write(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        self.store(request, ctx);
        ctx.sync();
        ctx.broadcast(Message::Prepare { first: self.last(), writes: vec![request.clone()] });
        self.commit_what_all_have(ctx);
        self.retry_later(ctx);
    }

    /// Sends a copy what follows a slot, a batch at most.
    fn prepare_from(&self, node: NodeId, slot: Slot, ctx: &mut Context<Self>) {
        let rest = self.log.get(slot as usize..).unwrap_or_default();
        let writes: Vec<Request<S>> =
            rest.iter().take(self.config.batch as usize).cloned().collect();
        if !writes.is_empty() {
            ctx.send(node, Message::Prepare { first: slot + 1, writes });
        }
    }

    fn on_prepared(&mut self, from: NodeId, slot: Slot, ctx: &mut Context<Self>) {
        let known = &mut self.prepared[from.index()];
        *known = slot.max(*known);
        self.commit_what_all_have(ctx);
    }

    /// A copy that has crashed, or has missed messages, is told how things stand.
    fn on_behind(&mut self, from: NodeId, prepared: Slot, ctx: &mut Context<Self>) {
        self.prepare_from(from, prepared, ctx);
        ctx.send(from, Message::Commit { slot: self.committed });
        self.on_prepared(from, prepared, ctx);
    }

    fn commit_what_all_have(&mut self, ctx: &mut Context<Self>) {
        let last = self.last();
        self.prepared[self.id.index()] = last;
        let all = self.prepared.len();
        let enough = if self.bugs.on(Bug::CommitBeforeAll) { majority(all) } else { all };
        let slot = agreed(self.prepared.iter().copied(), enough).min(last);
        if slot > self.committed {
            self.commit(slot, ctx);
            ctx.broadcast(Message::Commit { slot });
        }
    }

    fn is_under_way(&self, request: &Request<S>) -> bool {
        self.log[self.committed as usize..].iter().any(|write| write.id == request.id)
    }
}

/// What every copy does.
impl<S: Service> ReadOneWriteAll<S> {
    fn coordinates(&self) -> bool {
        self.id == COORDINATOR
    }

    /// The last slot that is prepared here.
    fn last(&self) -> Slot {
        self.log.len() as Slot
    }

    /// Reads the journal back. A torn crash may have kept a write and lost the one before it: nobody has heard
    /// of either.
    fn recover(&mut self, disk: &[Record<S>], ctx: &mut Context<Self>) {
        let mut committed = 0;
        for record in disk {
            match record {
                Record::Prepared { slot, write } if *slot == self.last() + 1 => {
                    self.log.push(write.clone());
                }
                Record::Prepared { .. } => {}
                Record::Committed(slot) => committed = committed.max(*slot),
            }
        }
        self.execute_to(committed.min(self.last()), false, ctx);
        if self.coordinates() {
            self.commit_what_all_have(ctx);
        }
        self.retry_later(ctx);
    }

    fn store(&mut self, write: &Request<S>, ctx: &mut Context<Self>) {
        self.log.push(write.clone());
        ctx.append(Record::Prepared { slot: self.last(), write: write.clone() });
    }

    fn on_prepare(&mut self, first: Slot, writes: &[Request<S>], ctx: &mut Context<Self>) {
        if first > self.last() + 1 {
            return ctx.send(COORDINATOR, Message::Behind { prepared: self.last() });
        }
        let known = (self.last() + 1 - first) as usize;
        for write in writes.iter().skip(known) {
            self.store(write, ctx);
        }
        if !self.bugs.on(Bug::AckBeforeSync) {
            ctx.sync();
        }
        ctx.send(COORDINATOR, Message::Prepared { slot: self.last() });
        self.retry_later(ctx);
    }

    fn on_commit(&mut self, slot: Slot, ctx: &mut Context<Self>) {
        let slot = slot.min(self.last());
        if slot > self.committed {
            self.commit(slot, ctx);
        }
    }

    fn commit(&mut self, slot: Slot, ctx: &mut Context<Self>) {
        ctx.append(Record::Committed(slot));
        self.execute_to(slot, self.coordinates(), ctx);
        let (due, wait) = self.reads.drain(..).partition(|(slot, _)| *slot <= self.committed);
        self.reads = wait;
        let due: Vec<(Slot, Request<S>)> = due;
        due.iter().for_each(|(_, read)| self.answer(read, ctx));
    }

    /// Executes up to a slot. The coordinator answers the clients, when it happens for the first time.
    fn execute_to(&mut self, last: Slot, answers: bool, ctx: &mut Context<Self>) {
        while self.committed < last {
            self.committed += 1;
            let slot = self.committed;
            let Some(write) = self.log.get(slot as usize - 1).cloned() else { return };
            let done = match self.sessions.find(write.id) {
                Known::Done(_) if !self.bugs.on(Bug::RetryWrittenAgain) => true,
                Known::Forgotten | Known::Expired => true,
                Known::New | Known::Done(_) => false,
            };
            if !done {
                let reply = self.execute(slot, &write, ctx);
                if answers {
                    ctx.reply(write.id, reply);
                }
            }
            let state = match slot % TELL_STATE {
                0 => hash_of(&(&self.service, &self.sessions)).max(1),
                _ => 0,
            };
            ctx.claim(Fact::Decides { slot, epoch: 1, value: hash_of(&write), state });
        }
    }

    fn execute(&mut self, slot: Slot, write: &Request<S>, ctx: &mut Context<Self>) -> S::Reply {
        let (reply, most) = (self.service.apply(&write.op), self.config.sessions);
        let (client, number) = (write.id.client.index() as u32, write.id.number);
        ctx.claim(Fact::Executes { slot, client, number });
        self.sessions.record(write.id, write.oldest, reply.clone(), slot, most);
        reply
    }

    fn on_read(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let hasty = [Bug::ReadDoesNotWait, Bug::ReadPrepared].iter().any(|bug| self.bugs.on(*bug));
        if self.committed == self.last() || hasty {
            return self.answer(request, ctx);
        }
        self.reads.retain(|(_, read)| read.id != request.id);
        self.reads.push((self.last(), request.clone()));
    }

    fn answer(&mut self, read: &Request<S>, ctx: &mut Context<Self>) {
        ctx.claim(Fact::Reads { by: ReadPath::Local });
        if !self.bugs.on(Bug::ReadPrepared) {
            return ctx.reply(read.id, self.service.apply(&read.op));
        }
        let mut service = self.service.clone();
        for write in &self.log[self.committed as usize..] {
            service.apply(&write.op);
        }
        ctx.reply(read.id, service.apply(&read.op));
    }

    /// As long as something is not done, somebody asks again.
    fn retry_later(&self, ctx: &mut Context<Self>) {
        let waits = match self.coordinates() {
            true => self.prepared.iter().any(|slot| *slot < self.last()),
            false => self.committed < self.last(),
        };
        if waits {
            ctx.set_timer(Retry, self.config.retry);
        }
    }
}

fn deduplicates<S: Service>(request: &Request<S>) -> Fact {
    Fact::Deduplicates { client: request.id.client.index() as u32, number: request.id.number }
}

/// What observers may read.
impl<S: Service> ReadOneWriteAll<S> {
    /// Up to where everything is done, as this node knows.
    pub fn committed(&self) -> Slot {
        self.committed
    }
    /// Its copy of the service.
    pub fn service(&self) -> &S {
        &self.service
    }
}
