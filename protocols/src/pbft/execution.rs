//! Execution, in order and once; tentative execution and read-only operations (TOCS, section 5.1).

use super::Pbft;
use super::bugs::Bug;
use super::message::{Batch, Digest, Record, Seq, Timer};
use crate::session::{Known, Sessions};
use serde::Serialize;
use sim_core::fact::ReadPath;
use sim_core::{Context, Fact, Request, RequestId, Service};

/// The state before a tentative execution.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Undo<S: Service> {
    seq: Seq,
    digest: Digest,
    service: S,
    sessions: Sessions<S::Reply>,
}

impl<S: Service> Pbft<S> {
    /// Executes what is committed, in order, and answers the clients. A batch that is committed
    /// before it has come is probably under way; it is asked for when nothing moves any more.
    pub(super) fn execute_committed(&mut self, ctx: &mut Context<Self>) {
        let head = self.waiting.first();
        let before = self.executed;
        while let Some((view, digest)) =
            self.log.get(&(self.executed + 1)).and_then(|s| s.committed)
        {
            let Some(batch) = self.batch(digest) else { break };
            self.executed += 1;
            // A checkpoint that becomes stable lets a primary propose, and not where something is committed.
            self.next = self.next.max(self.executed + 1);
            self.remember_executed(digest, ctx);
            self.execute(&batch, digest, ctx);
            let is_due = self.executed.is_multiple_of(self.config.checkpoint_every);
            let state = if is_due { self.state_digest() } else { 0 };
            let (slot, value) = (self.executed, digest.hash());
            ctx.claim(Fact::Decides { slot, epoch: view, value, state });
            if is_due {
                self.take_checkpoint(state, ctx);
            }
        }
        if self.executed > before {
            self.on_progress(head, ctx);
            self.execute_tentatively(ctx);
        }
    }

    /// What was executed is executed again after a crash; but until then reads must not be answered from what is left.
    /// The journal tells how far that is: by what was prepared, and for what was only heard to be committed, by this.
    fn remember_executed(&mut self, digest: Digest, ctx: &mut Context<Self>) {
        let seq = self.executed;
        let is_known = self.prepared.get(&seq).is_some_and(|(_, known)| *known == digest);
        if self.config.read_only && !is_known {
            self.reading_from = self.reading_from.max(seq);
            ctx.append(Record::Executed(seq));
            ctx.sync();
        }
    }

    /// Something was executed: views that were left to no avail are forgotten, and the timer runs
    /// for the request that has waited longest. It is not set anew for another's sake, or a primary
    /// could starve one client behind the others' backs (TOCS, section 4.5).
    fn on_progress(&mut self, head: Option<u64>, ctx: &mut Context<Self>) {
        if self.active {
            self.attempts = 0;
            match self.waiting.first() {
                None => ctx.cancel_timer(Timer::Request),
                first if first != head => ctx.set_timer(Timer::Request, self.patience()),
                _ => {}
            }
        }
        self.serve_reads(ctx);
        self.propose_waiting(ctx);
    }

    /// Executes a committed batch, unless that was done already when it was prepared.
    fn execute(&mut self, batch: &Batch<S>, digest: Digest, ctx: &mut Context<Self>) {
        let seq = self.executed;
        let early = self.undo.take_if(|undo| undo.seq == seq && undo.digest == digest);
        if let Some(undo) = early {
            // What was new then has its answer; observers are told now that it is for good.
            for sealed in batch.iter() {
                if undo.sessions.find(sealed.request.id) == Known::New {
                    claim_executed(seq, sealed.request.id, ctx);
                }
                self.waiting.remove(sealed.request.id);
            }
            return;
        }
        self.take_back(ctx);
        self.repeat_before_null(batch, seq, ctx);
        for sealed in batch.iter() {
            if self.apply(&sealed.request, seq, ctx) {
                claim_executed(seq, sealed.request.id, ctx);
            }
            self.waiting.remove(sealed.request.id);
        }
    }

    /// Does a request that was not done, and answers it.
    fn apply(&mut self, request: &Request<S>, slot: Seq, ctx: &mut Context<Self>) -> bool {
        let again = self.bugs.on(Bug::TimestampNotMonotone);
        if self.sessions.find(request.id) != Known::New && !again {
            return false;
        }
        let reply = self.service.apply(&request.op);
        ctx.reply(request.id, reply.clone());
        let most = self.config.sessions;
        self.sessions.record(request.id, request.oldest, reply, slot, most);
        true
    }

    /// Executes the next batch when it is prepared and all before it are committed.
    pub(super) fn execute_tentatively(&mut self, ctx: &mut Context<Self>) {
        let seq = self.executed + 1;
        if !self.config.tentative || !self.active || self.undo.is_some() {
            return;
        }
        let Some(digest) = self.log.get(&seq).filter(|slot| slot.prepared).and_then(|s| s.accepted)
        else {
            return;
        };
        let Some(batch) = self.batch(digest) else { return };
        let (service, sessions) = (self.service.clone(), self.sessions.clone());
        self.undo = Some(Undo { seq, digest, service, sessions });
        for sealed in batch.iter() {
            self.apply(&sealed.request, seq, ctx);
        }
    }

    /// Takes a tentative execution back: the batch may come elsewhere, or never. But clients may have enough tentative
    /// answers by now, and then it comes again: until this slot is executed for good, no read is answered from a state
    /// that has forgotten it. The paper says nothing of that.
    pub(super) fn take_back(&mut self, ctx: &mut Context<Self>) {
        let Some(undo) = self.undo.take() else { return };
        if !self.bugs.on(Bug::ReadForgetsTentative) {
            self.reading_from = self.reading_from.max(undo.seq);
        }
        if !self.bugs.on(Bug::NoTentativeRollback) {
            (self.service, self.sessions) = (undo.service, undo.sessions);
        }
        self.serve_reads(ctx);
    }

    /// A hash of the replicated state: the service and what was answered. It is never 0.
    pub(super) fn state_digest(&self) -> u64 {
        super::checkpoint::digest_of(&self.service, &self.sessions)
    }

    /// Whether a request is to be answered without an order. Whoever asks for the same again did
    /// not get enough equal answers, and has it ordered.
    pub(super) fn is_for_reading(&self, request: &Request<S>) -> bool {
        let RequestId { client, number } = request.id;
        self.config.read_only
            && S::is_read(&request.op)
            && self.read.get(&client).is_none_or(|last| *last < number)
    }

    /// Answers a read when the state holds nothing that could still be taken back, and all that it held before a crash.
    pub(super) fn on_read(&mut self, request: Request<S>, ctx: &mut Context<Self>) {
        self.read.insert(request.id.client, request.id.number);
        self.reads.push(request);
        self.serve_reads(ctx);
    }

    fn serve_reads(&mut self, ctx: &mut Context<Self>) {
        if self.undo.is_some() || self.executed < self.reading_from {
            return;
        }
        for request in std::mem::take(&mut self.reads) {
            let reply = self.service.apply(&request.op);
            ctx.claim(Fact::Reads { by: ReadPath::Local });
            ctx.reply(request.id, reply);
        }
    }
}

pub(super) fn claim_executed<S: Service>(slot: Seq, id: RequestId, ctx: &mut Context<Pbft<S>>) {
    let (client, number) = (id.client.index() as u32, id.number);
    ctx.claim(Fact::Executes { slot, client, number });
}
