//! Orchestration: one node tells the services what to do, one step after another, and keeps a log of each saga.
//!
//! What it asks for next follows from the log alone, so after a crash, or at another orchestrator, a saga goes on where
//! it was: the step that was under way is asked for again, under the same idempotency key. A saga of n steps that goes
//! well takes n + 2 entries: begun, n times done, ended.
//!
//! A step that was refused is followed by the compensations of those before it, in reverse. Of a step that is not
//! answered in time nobody knows whether it is done. So its own compensation is asked for first, which undoes it or
//! sees to it that it never is done; the pivot may answer that it is too late for that, and then the saga goes on.

use super::bugs::Bug;
use super::choreography::reply_of;
use super::message::{Message, Order, SagaId, Verdict};
use super::record::{Cause, Entry, Outcome, Record};
use super::steps::{Sagas, Steps, Why, point_of_no_return};
use super::{Saga, Timer, number};
use serde::Serialize;
use sim_core::{Context, Fact, Request, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Where a saga is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) enum Stage {
    /// It is not in the log yet.
    New,
    /// This step is to be done; one more than there are, when all are.
    Doing(u32),
    /// This step is to be undone; 0 when all are.
    Undoing(u32),
    /// It is over.
    Over(Outcome),
}

/// A saga as its log tells it, and what is under way for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Progress<S: Sagas> {
    pub op: S::Op,
    /// How many entries its log has.
    pub entries: u32,
    pub stage: Stage,
    /// The step that was not done, if one was not.
    cause: Option<Cause>,
    /// Whether what it had marked is free.
    freed: bool,
    /// When it came to its stage, and when what that asks for was last asked.
    since: Time,
    pub asked: Time,
    /// How often that was asked.
    attempts: u64,
    /// The entry that the store was asked to add.
    pub pending: Option<Entry<S>>,
}

/// What an orchestrator keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Orchestrator<S: Sagas> {
    /// Whether it is at work, and does not stand by.
    pub is_at_work: bool,
    /// The newest epoch that it knows of.
    pub epoch: u64,
    /// The epoch that it has asked the store for.
    pub wanted: Option<u64>,
    pub sagas: BTreeMap<SagaId, Progress<S>>,
    /// Those of them that are not over.
    pub open: BTreeSet<SagaId>,
    pub is_armed: bool,
    /// The how manieth life this is, when the log is at the store.
    pub life: u32,
    /// When it came up: what a planted mistake makes new keys of.
    born: u64,
}

impl<S: Sagas> Progress<S> {
    pub fn new(op: S::Op, now: Time) -> Progress<S> {
        Progress {
            op,
            entries: 0,
            stage: Stage::New,
            cause: None,
            freed: false,
            since: now,
            asked: now,
            attempts: 0,
            pending: None,
        }
    }

    /// An entry is in the log.
    fn take(&mut self, entry: &Entry<S>, order: UndoOrder) {
        self.entries += 1;
        match entry {
            Entry::Started { .. } => self.stage = Stage::Doing(1),
            Entry::Done { step } => self.stage = Stage::Doing(step + 1),
            Entry::Failed(cause) => {
                self.cause = Some(*cause);
                self.stage = Stage::Undoing(order.first(cause.step, false));
            }
            Entry::Aborting { step } => {
                self.cause = Some(Cause { step: *step, why: Why::Late });
                self.stage = Stage::Undoing(order.first(*step, true));
            }
            Entry::Undone { step } => {
                let failed = self.cause.map_or(0, |cause| cause.step);
                self.stage = Stage::Undoing(order.next(*step, failed));
            }
            Entry::Ended { outcome } => self.stage = Stage::Over(*outcome),
            Entry::Freed => self.freed = true,
        }
    }
}

/// In which order steps are undone: in reverse, unless by a planted mistake.
#[derive(Clone, Copy)]
struct UndoOrder {
    forward: bool,
    with_failed: bool,
    without_late: bool,
    point: u32,
    past_point: bool,
}

impl UndoOrder {
    /// The step to be undone first, after this one was declined, or may have been done.
    fn first(self, failed: u32, may_be_done: bool) -> u32 {
        if self.past_point && failed > self.point {
            return self.point - 1;
        }
        let includes = if may_be_done { !self.without_late } else { self.with_failed };
        let last = if includes { failed } else { failed - 1 };
        if self.forward { last.min(1) } else { last }
    }

    /// The one after this one.
    fn next(self, step: u32, failed: u32) -> u32 {
        match self.forward {
            false => step.saturating_sub(1),
            true if step + 1 < failed => step + 1,
            true => 0,
        }
    }
}

impl<S: Sagas> Orchestrator<S> {
    pub fn new(now: Time) -> Orchestrator<S> {
        Orchestrator {
            is_at_work: false,
            epoch: 0,
            wanted: None,
            sagas: BTreeMap::new(),
            open: BTreeSet::new(),
            is_armed: false,
            life: 0,
            born: now.0,
        }
    }
}

impl<S: Sagas> Saga<S> {
    fn undo_order(&self, op: &S::Op) -> UndoOrder {
        let steps: Steps = S::steps(op, self.layout.services);
        UndoOrder {
            forward: self.bugs.on(Bug::CompensateForwardOrder),
            with_failed: self.bugs.on(Bug::CompensateIncludesFailedStep),
            without_late: self.bugs.on(Bug::TimeoutIsFailureNoFence),
            past_point: self.bugs.on(Bug::RetryAfterPivotAborts),
            point: point_of_no_return(&steps),
        }
    }

    /// A client asks for a saga.
    pub(super) fn begin_by_log(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let other = self.layout.other(self.id);
        let Some(orchestrator) = &mut self.orchestrator else { return };
        if !orchestrator.is_at_work {
            return ctx.refuse(request.id, (orchestrator.epoch > 0).then_some(other));
        }
        if let Some(progress) = orchestrator.sagas.get(&request.id) {
            if let Stage::Over(outcome) = progress.stage {
                self.answer_again(request.id, &request.op, outcome, ctx);
            }
            return;
        }
        let progress = Progress::new(request.op.clone(), ctx.now());
        orchestrator.sagas.insert(request.id, progress);
        orchestrator.open.insert(request.id);
        self.log(request.id, Entry::Started { op: request.op.clone() }, ctx);
        self.arm(ctx);
    }

    /// Adds an entry to a saga's log, here or at the store. What follows from it follows when it is there.
    pub(super) fn log(&mut self, saga: SagaId, entry: Entry<S>, ctx: &mut Context<Self>) {
        if self.layout.store().is_some() {
            return self.ask_store(saga, entry, ctx);
        }
        ctx.append(Record::Logged { saga, entry: entry.clone() });
        ctx.sync();
        self.on_logged(saga, &entry, ctx);
    }

    /// An entry is in the log.
    pub(super) fn on_logged(&mut self, saga: SagaId, entry: &Entry<S>, ctx: &mut Context<Self>) {
        self.take(saga, entry, ctx.now());
        match entry {
            Entry::Started { .. } => ctx.claim(Fact::Begins { transaction: number(saga) }),
            Entry::Ended { outcome } => self.claim_outcome(saga, *outcome, ctx),
            // Nothing follows from it, and the client has its answer.
            Entry::Freed => {
                self.freeing.remove(&saga);
                return;
            }
            _ => {}
        }
        self.go_on(saga, ctx);
    }

    /// An entry of the log, when it is written and when it is read.
    pub(super) fn take(&mut self, saga: SagaId, entry: &Entry<S>, now: Time) {
        let known = self.orchestrator.as_ref().and_then(|o| o.sagas.get(&saga));
        let op = match (entry, known) {
            (Entry::Started { op }, _) => op.clone(),
            (_, Some(progress)) => progress.op.clone(),
            // A log begins with its saga's beginning.
            (_, None) => return,
        };
        let order = self.undo_order(&op);
        let Some(orchestrator) = &mut self.orchestrator else { return };
        let progress = orchestrator.sagas.entry(saga).or_insert_with(|| Progress::new(op, now));
        progress.take(entry, order);
        (progress.since, progress.asked, progress.attempts) = (now, now, 0);
        match progress.stage {
            Stage::Over(_) => orchestrator.open.remove(&saga),
            _ => orchestrator.open.insert(saga),
        };
    }

    /// Does what a saga's log asks for.
    pub(super) fn go_on(&mut self, saga: SagaId, ctx: &mut Context<Self>) {
        let per_attempt = self.bugs.on(Bug::IdemKeyPerAttempt);
        let per_life = self.bugs.on(Bug::OrchestratorForgetsInflight);
        let Some(orchestrator) = &mut self.orchestrator else { return };
        let born = orchestrator.born;
        let Some(progress) = orchestrator.sagas.get_mut(&saga) else { return };
        let steps = S::steps(&progress.op, self.layout.services);
        let key = match (per_attempt, per_life) {
            (true, _) => progress.attempts,
            (_, true) => born,
            _ => 0,
        };
        progress.asked = ctx.now();
        progress.attempts += 1;
        let op = progress.op.clone();
        let order = |step| Order { saga, op: op.clone(), step, key };
        match progress.stage {
            Stage::New => {}
            Stage::Doing(step) if step as usize > steps.len() => {
                self.log(saga, Entry::Ended { outcome: Outcome::Completed }, ctx);
            }
            Stage::Doing(step) => {
                ctx.send(self.layout.owner(&steps, step), Message::Command(order(step)));
            }
            Stage::Undoing(0) => {
                let cause = progress.cause.unwrap_or(Cause { step: 1, why: Why::Late });
                self.log(saga, Entry::Ended { outcome: Outcome::Rejected(cause) }, ctx);
            }
            Stage::Undoing(step) => {
                ctx.send(self.layout.owner(&steps, step), Message::Compensate(order(step)));
            }
            Stage::Over(outcome) => {
                let frees = outcome == Outcome::Completed && !progress.freed;
                ctx.reply(saga, reply_of::<S>(&op, outcome));
                if frees {
                    self.free(saga, &op, ctx);
                }
            }
        }
    }

    /// Where a saga is, if nothing of it waits for the store.
    fn stage(&self, saga: SagaId) -> Option<Stage> {
        let orchestrator = self.orchestrator.as_ref().filter(|o| o.is_at_work)?;
        let progress = orchestrator.sagas.get(&saga)?;
        progress.pending.is_none().then_some(progress.stage)
    }

    /// A service has answered a command.
    pub(super) fn on_reply(
        &mut self,
        saga: SagaId,
        step: u32,
        verdict: Verdict,
        ctx: &mut Context<Self>,
    ) {
        if self.stage(saga) != Some(Stage::Doing(step)) {
            return;
        }
        match verdict {
            Verdict::Done => self.log(saga, Entry::Done { step }, ctx),
            Verdict::Declined(why) => self.log(saga, Entry::Failed(Cause { step, why }), ctx),
            Verdict::NotNow if self.bugs.on(Bug::RetryAfterPivotAborts) => {
                self.log(saga, Entry::Failed(Cause { step, why: Why::Late }), ctx);
            }
            Verdict::NotNow | Verdict::Undone | Verdict::TooLate => {}
        }
    }

    /// A service has answered a compensation.
    pub(super) fn on_compensated(
        &mut self,
        saga: SagaId,
        step: u32,
        verdict: Verdict,
        ctx: &mut Context<Self>,
    ) {
        if self.stage(saga) != Some(Stage::Undoing(step)) {
            return;
        }
        match verdict {
            Verdict::Undone => self.log(saga, Entry::Undone { step }, ctx),
            Verdict::TooLate => self.log(saga, Entry::Done { step }, ctx),
            Verdict::NotNow if self.bugs.on(Bug::CompensationFailureIgnored) => {
                self.log(saga, Entry::Undone { step }, ctx);
            }
            Verdict::NotNow | Verdict::Done | Verdict::Declined(_) => {}
        }
    }

    /// Asks again where there is no answer, and undoes sagas whose step takes too long.
    pub(super) fn look_after_sagas(&mut self, ctx: &mut Context<Self>) {
        let Some(orchestrator) = &mut self.orchestrator else { return };
        orchestrator.is_armed = false;
        if !orchestrator.is_at_work {
            return;
        }
        let now = ctx.now();
        for saga in orchestrator.open.clone() {
            self.look_after(saga, now, ctx);
        }
        self.arm(ctx);
    }

    fn look_after(&mut self, saga: SagaId, now: Time, ctx: &mut Context<Self>) {
        let (resend, timeout) = (self.config.resend, self.config.step_timeout);
        let Some(orchestrator) = &mut self.orchestrator else { return };
        let Some(progress) = orchestrator.sagas.get_mut(&saga) else { return };
        if now.since(progress.asked) < resend {
            return;
        }
        if let Some(entry) = progress.pending.clone() {
            return self.ask_store(saga, entry, ctx);
        }
        let point = point_of_no_return(&S::steps(&progress.op, self.layout.services));
        match progress.stage {
            Stage::Doing(step) if step <= point && now.since(progress.since) >= timeout => {
                self.log(saga, Entry::Aborting { step }, ctx);
            }
            _ => self.go_on(saga, ctx),
        }
    }

    /// Sets the timer, if anything is under way.
    pub(super) fn arm(&mut self, ctx: &mut Context<Self>) {
        let Some(orchestrator) = &mut self.orchestrator else { return };
        if !orchestrator.open.is_empty() && !orchestrator.is_armed {
            orchestrator.is_armed = true;
            ctx.set_timer(Timer::Resend, self.config.resend);
        }
    }

    /// Takes up the sagas of the log: after a boot, or in place of another.
    pub(super) fn take_up(&mut self, ctx: &mut Context<Self>) {
        let Some(orchestrator) = &mut self.orchestrator else { return };
        let mut over = Vec::new();
        let mut unfreed = Vec::new();
        for (saga, progress) in &orchestrator.sagas {
            ctx.claim(Fact::Begins { transaction: number(*saga) });
            let Stage::Over(outcome) = progress.stage else { continue };
            over.push((*saga, outcome));
            if outcome == Outcome::Completed && !progress.freed {
                unfreed.push((*saga, progress.op.clone()));
            }
        }
        let open = orchestrator.open.clone();
        over.into_iter().for_each(|(saga, outcome)| self.claim_outcome(saga, outcome, ctx));
        unfreed.into_iter().for_each(|(saga, op)| self.free(saga, &op, ctx));
        open.into_iter().for_each(|saga| self.go_on(saga, ctx));
        self.arm(ctx);
    }
}
