//! A node with services: its rows, and the local transactions that change them.
//!
//! Every transaction leaves a **fence row** for its saga and step: the step was done, declined or undone. A command
//! that comes again is answered from it (idempotence). A compensation that comes before its step, or in place of
//! one that was lost, has nothing to undo: it leaves the row (an *empty compensation*), and the step that comes
//! late finds it and does nothing (a *dangling try*). Those are Seata's names for the three (TCC mode, fence table,
//! 2022).

use super::bugs::Bug;
use super::config::{Locks, Style};
use super::message::{Order, SagaId, Verdict};
use super::record::{Act, Cause, Lacks, Local, Record};
use super::steps::{Kind, Sagas, Why, point_of_no_return};
use super::{Saga, number};
use serde::Serialize;
use sim_core::{Context, Fact};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many sagas are remembered that have changed a row.
const WRITERS: usize = 8;

/// A fence row: what has become of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Row {
    /// It is done.
    Tried,
    /// It was not done, and never will be.
    Declined(Why),
    /// It is undone.
    Cancelled,
}

/// A row of a service, by the service and the row's name there.
type Place = (u32, u64);

/// What a node with services keeps; all of it follows from its transactions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Host<S: Sagas> {
    pub rows: S,
    /// By saga, step and key.
    pub fence: BTreeMap<(SagaId, u32, u64), Row>,
    /// Semantic locks: rows that a saga under way has changed.
    pub locks: BTreeMap<Place, SagaId>,
    /// Who has changed a row last and not undone it.
    writers: BTreeMap<Place, VecDeque<SagaId>>,
    /// Sagas that wait for a lock.
    waiting: BTreeSet<SagaId>,
    /// The number of the last transaction.
    pub last: u64,
    /// The rows as they were some transactions ago: what a planted mistake goes by.
    stale: VecDeque<S>,
}

impl<S: Sagas> Default for Host<S> {
    fn default() -> Self {
        Host {
            rows: S::default(),
            fence: BTreeMap::new(),
            locks: BTreeMap::new(),
            writers: BTreeMap::new(),
            waiting: BTreeSet::new(),
            last: 0,
            stale: VecDeque::new(),
        }
    }
}

impl<S: Sagas> Saga<S> {
    /// T: does a step in one local transaction, unless the fence knows better.
    pub(super) fn try_step(&mut self, order: &Order<S>, ctx: &mut Context<Self>) -> Verdict {
        match self.host.fence.get(&(order.saga, order.step, order.key)) {
            Some(Row::Tried) => {
                let (client, number) = (order.saga.client.index() as u32, order.saga.number);
                ctx.claim(Fact::Deduplicates { client, number });
                return Verdict::Done;
            }
            Some(Row::Declined(Why::Late)) | Some(Row::Cancelled)
                if self.bugs.on(Bug::DanglingTry) => {}
            Some(Row::Declined(why)) => return Verdict::Declined(*why),
            Some(Row::Cancelled) => return Verdict::Declined(Why::Late),
            None => {}
        }
        if ctx.rng().chance(self.config.hiccups) {
            return Verdict::NotNow;
        }
        let can_decline = self.kind(order) < Kind::Retriable;
        if self.is_locked(order) {
            if self.config.locks == Locks::Wait || !can_decline {
                if self.host.waiting.insert(order.saga) {
                    ctx.claim(Fact::Waits { transaction: number(order.saga) });
                }
                return Verdict::NotNow;
            }
            self.commit(order, Act::Decline(Why::Busy), ctx);
            return Verdict::Declined(Why::Busy);
        }
        let read = match self.bugs.on(Bug::StaleReadCheck) {
            true => self.host.stale.front().unwrap_or(&self.host.rows),
            false => &self.host.rows,
        };
        if can_decline && !read.allows(&order.op, order.step) {
            self.commit(order, Act::Decline(Why::Refused), ctx);
            return Verdict::Declined(Why::Refused);
        }
        self.commit(order, Act::Do, ctx);
        Verdict::Done
    }

    /// C: undoes a step in one local transaction, or sees to it that it is never done.
    pub(super) fn undo_step(
        &mut self,
        order: &Order<S>,
        cause: Cause,
        ctx: &mut Context<Self>,
    ) -> Verdict {
        let row = self.host.fence.get(&(order.saga, order.step, order.key)).copied();
        let runs_empty = self.bugs.on(Bug::EmptyCompensationRuns)
            || self.bugs.on(Bug::CompensateIncludesFailedStep);
        match row {
            Some(Row::Cancelled) => return Verdict::Undone,
            Some(Row::Declined(_)) if !runs_empty => return Verdict::Undone,
            Some(Row::Tried) if self.kind(order) >= Kind::Pivot => return Verdict::TooLate,
            _ => {}
        }
        if ctx.rng().chance(self.config.hiccups) {
            return Verdict::NotNow;
        }
        let is_effective = row == Some(Row::Tried) || runs_empty;
        self.commit(
            order,
            if is_effective { Act::Undo(cause) } else { Act::Decline(Why::Late) },
            ctx,
        );
        Verdict::Undone
    }

    /// What an order's step is among its saga's.
    fn kind(&self, order: &Order<S>) -> Kind {
        let steps = S::steps(&order.op, self.layout.services);
        // Without a pivot, the last step that can be done is the one that nobody undoes any more.
        let is_last = order.step == point_of_no_return(&steps);
        match steps.get(order.step as usize - 1) {
            Some(step) if step.kind == Kind::Compensatable && is_last => Kind::Pivot,
            Some(step) => step.kind,
            None => Kind::Retriable,
        }
    }

    fn place(&self, op: &S::Op, step: u32) -> Option<Place> {
        let steps = S::steps(op, self.layout.services);
        let service = steps.get(step as usize - 1)?.service;
        Some((service, S::touches(op, step)?))
    }

    fn is_locked(&self, order: &Order<S>) -> bool {
        let place = self.place(&order.op, order.step);
        let holder = place.and_then(|place| self.host.locks.get(&place));
        holder.is_some_and(|holder| *holder != order.saga)
    }

    /// One local transaction: the rows, the fence row and the outbox row go to disk as one record.
    pub(super) fn commit(&mut self, order: &Order<S>, act: Act, ctx: &mut Context<Self>) {
        let lacks = match act {
            Act::Do if self.bugs.on(Bug::IdemRecordSeparateTxn) => Lacks::Fence,
            _ if self.bugs.on(Bug::DualWrite) => Lacks::Outbox,
            _ => Lacks::Nothing,
        };
        let Order { saga, op, step, key } = order.clone();
        let local = Local { number: self.host.last + 1, saga, op, step, key, act, lacks };
        self.happen(&local);
        self.host.fence.insert((saga, step, key), row_of(act));
        if self.config.style == Style::Choreographed {
            self.put_out(&local, ctx.now());
            if self.bugs.on(Bug::SendBeforeCommit) {
                self.publish(ctx);
            }
        }
        ctx.append(Record::Local(local.clone()));
        ctx.sync();
        self.claim_local(&local, ctx);
        if lacks == Lacks::Fence {
            ctx.append(Record::Fence { saga, step, key });
        }
        match act {
            Act::Do if self.host.waiting.remove(&saga) => {
                ctx.claim(Fact::Acquires { transaction: number(saga) });
            }
            Act::Do => {}
            _ => self.wait_no_more(saga, ctx),
        }
    }

    /// A saga does not wait for a lock here any more, and has not got it.
    pub(super) fn wait_no_more(&mut self, saga: SagaId, ctx: &mut Context<Self>) {
        if self.host.waiting.remove(&saga) {
            ctx.claim(Fact::Votes { transaction: number(saga), yes: false });
        }
    }

    /// What a transaction does to the rows: when it commits, and when it is read from the disk.
    pub(super) fn happen(&mut self, local: &Local<S>) {
        let Local { number, saga, op, step, key, act, lacks } = local;
        let place = self.place(op, *step);
        if self.bugs.on(Bug::StaleReadCheck) {
            self.host.stale.push_back(self.host.rows.clone());
            let excess = self.host.stale.len().saturating_sub(3);
            self.host.stale.drain(..excess);
        }
        match act {
            Act::Do => {
                self.host.rows.execute(op, *step);
                if let Some(place) = place {
                    let writers = self.host.writers.entry(place).or_default();
                    writers.push_back(*saga);
                    let excess = writers.len().saturating_sub(WRITERS);
                    writers.drain(..excess);
                    if self.config.locks != Locks::None {
                        self.host.locks.insert(place, *saga);
                    }
                }
            }
            Act::Undo(_) => {
                self.host.rows.compensate(op, *step);
                if let Some(place) = place {
                    let writers = self.host.writers.entry(place).or_default();
                    writers.retain(|writer| writer != saga);
                    if !self.bugs.on(Bug::SemanticLockNotReleased) {
                        self.host.locks.retain(|at, holder| *at != place || holder != saga);
                    }
                }
            }
            Act::Decline(_) => {}
        }
        if *lacks != Lacks::Fence {
            self.host.fence.insert((*saga, *step, *key), row_of(*act));
        }
        self.host.last = *number;
    }

    /// Tells of a transaction that is on disk; again after each boot, for who was down when it got there.
    pub(super) fn claim_local(&self, local: &Local<S>, ctx: &mut Context<Self>) {
        let (transaction, step, local_number) = (number(local.saga), local.step, local.number);
        let begins = step == 1 && !matches!(local.act, Act::Undo(_));
        if begins && self.config.style == Style::Choreographed {
            ctx.claim(Fact::Begins { transaction });
        }
        ctx.claim(match local.act {
            Act::Do => Fact::Does { transaction, step, local: local_number },
            Act::Undo(_) => Fact::Undoes { transaction, step, local: local_number },
            Act::Decline(_) => Fact::Declines { transaction, step, local: local_number },
        });
        // With its mark its part is over; whoever has charge of the saga says so at the saga's end.
        let has_charge = self.origin.sagas.contains_key(&local.saga);
        let is_unmarked = self.config.locks != Locks::None && matches!(local.act, Act::Undo(_));
        if is_unmarked && !has_charge {
            ctx.claim(Fact::Concludes { transaction, commits: false });
        }
    }

    /// What a service answers to a question, and whose doing that shows.
    pub(super) fn look(&self, op: &S::Op, service: u32, ctx: &mut Context<Self>) -> S::Reply {
        for place in S::looks_at(op, service, self.layout.services) {
            let writers = self.host.writers.get(&(service, place));
            for writer in writers.into_iter().flatten() {
                ctx.claim(Fact::Shows { transaction: number(*writer) });
            }
        }
        self.host.rows.look(op, service, self.layout.services)
    }
}

fn row_of(act: Act) -> Row {
    match act {
        Act::Do => Row::Tried,
        Act::Decline(why) => Row::Declined(why),
        Act::Undo(_) => Row::Cancelled,
    }
}
