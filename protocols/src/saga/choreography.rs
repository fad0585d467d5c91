//! Choreography: each service does its step when it hears that the one before it is done.
//!
//! The event of a step goes to the service of the next one; that of the last step, to the service of the first, which
//! answers the client. The event of a step that was declined goes to the service of the step before it, which undoes
//! that one and tells the one before in turn.
//!
//! **The watchdog.** No event is lost for good but by being put aside. Still a saga may hang, so the first service asks
//! after those that are under way for too long. The question follows the saga from step to step. Whoever has dealt with
//! its step tells its dead letters again and hands the question on. Whoever has not heard of the saga yet, and may
//! decline, declines for good: its fence row is what makes it safe to undo the steps before while the event that was
//! missed may still be on its way. After the pivot nobody may decline, and the event that is told again does it.

use super::bugs::Bug;
use super::host::Row;
use super::message::{Event, Message, Order, SagaId, Verdict};
use super::record::{Act, Outcome, Record, What};
use super::steps::{Sagas, Why, point_of_no_return};
use super::{Saga, Timer, number};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Request, Time};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// A saga that was begun at this node: one whose first step is done here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Begun<S: Sagas> {
    op: S::Op,
    /// When the watchdog has last looked.
    watched: Time,
    pub outcome: Option<Outcome>,
}

/// The sagas that were begun at a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Origin<S: Sagas> {
    pub sagas: BTreeMap<SagaId, Begun<S>>,
    /// Those of them that are under way.
    open: BTreeSet<SagaId>,
    is_armed: bool,
}

impl<S: Sagas> Default for Origin<S> {
    fn default() -> Self {
        Origin { sagas: BTreeMap::new(), open: BTreeSet::new(), is_armed: false }
    }
}

impl<S: Sagas> Saga<S> {
    /// A client asks for a saga: its first step begins it. A request that comes again is answered from the table.
    pub(super) fn begin_by_first_step(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let (saga, op) = (request.id, request.op.clone());
        let steps = S::steps(&op, self.layout.services);
        let first = self.layout.owner(&steps, 1);
        if first != self.id {
            return ctx.refuse(saga, Some(first));
        }
        match self.origin.sagas.get(&saga) {
            Some(Begun { outcome: Some(outcome), .. }) => {
                return self.answer_again(saga, &op, *outcome, ctx);
            }
            Some(_) => return,
            None => {}
        }
        let order = Order { saga, op, step: 1, key: 0 };
        if self.try_step(&order, ctx) == Verdict::NotNow {
            // Nothing is begun, and the client may not come again: nobody waits here for it.
            self.wait_no_more(saga, ctx);
            return ctx.refuse(saga, None);
        }
        self.note_begun(saga, &order.op, ctx.now());
        self.publish(ctx);
        self.watch(ctx);
    }

    /// A transaction for the first step is what begins a saga.
    pub(super) fn note_begun(&mut self, saga: SagaId, op: &S::Op, now: Time) {
        let Entry::Vacant(entry) = self.origin.sagas.entry(saga) else { return };
        entry.insert(Begun { op: op.clone(), watched: now, outcome: None });
        self.origin.open.insert(saga);
    }

    /// An event is dealt with and then acknowledged, or not at all.
    pub(super) fn on_event(&mut self, from: NodeId, event: &Event<S>, ctx: &mut Context<Self>) {
        let number = event.number;
        let early = self.bugs.on(Bug::OffsetCommitBeforeProcessing);
        if early {
            ctx.send(from, Message::Ack { number });
        }
        let verdict = self.deal_with(event, ctx);
        self.publish(ctx);
        if verdict != Verdict::NotNow && !early {
            ctx.send(from, Message::Ack { number });
        }
    }

    fn deal_with(&mut self, event: &Event<S>, ctx: &mut Context<Self>) -> Verdict {
        let last = S::steps(&event.op, self.layout.services).len() as u32;
        let order = |step| Order { saga: event.saga, op: event.op.clone(), step, key: 0 };
        match event.what {
            What::Done if event.step == last => {
                self.conclude_here(event.saga, Outcome::Completed, ctx);
                Verdict::Done
            }
            What::Done => self.try_step(&order(event.step + 1), ctx),
            What::Failed(cause) | What::Undone(cause) if event.step == 1 => {
                self.conclude_here(event.saga, Outcome::Rejected(cause), ctx);
                Verdict::Done
            }
            What::Failed(cause) | What::Undone(cause) => {
                self.undo_step(&order(event.step - 1), cause, ctx)
            }
        }
    }

    /// A saga that was begun here is over.
    fn conclude_here(&mut self, saga: SagaId, outcome: Outcome, ctx: &mut Context<Self>) {
        let Some(op) = self.note_over(saga, outcome) else { return };
        ctx.append(Record::Over { saga, outcome });
        ctx.sync();
        self.claim_outcome(saga, outcome, ctx);
        ctx.reply(saga, reply_of::<S>(&op, outcome));
        if outcome == Outcome::Completed {
            self.free(saga, &op, ctx);
        }
    }

    /// A saga is over, and was not before: what it did.
    pub(super) fn note_over(&mut self, saga: SagaId, outcome: Outcome) -> Option<S::Op> {
        let begun = self.origin.sagas.get_mut(&saga)?;
        self.origin.open.remove(&saga).then(|| {
            begun.outcome = Some(outcome);
            begun.op.clone()
        })
    }

    /// Tells what has become of a saga that is over; again after each boot.
    pub(super) fn claim_outcome(&self, saga: SagaId, outcome: Outcome, ctx: &mut Context<Self>) {
        let (transaction, commits) = (number(saga), outcome == Outcome::Completed);
        ctx.claim(Fact::Concludes { transaction, commits });
        ctx.claim(Fact::Ends { transaction });
    }

    /// The answer to a request that was answered before.
    pub(super) fn answer_again(
        &self,
        saga: SagaId,
        op: &S::Op,
        outcome: Outcome,
        ctx: &mut Context<Self>,
    ) {
        let (client, number) = (saga.client.index() as u32, saga.number);
        ctx.claim(Fact::Deduplicates { client, number });
        ctx.reply(saga, reply_of::<S>(op, outcome));
    }

    /// Sets the watchdog, if anything is under way.
    pub(super) fn watch(&mut self, ctx: &mut Context<Self>) {
        if self.origin.open.is_empty()
            || self.origin.is_armed
            || self.bugs.on(Bug::ChoreoMissedEventNoTimeout)
        {
            return;
        }
        self.origin.is_armed = true;
        ctx.set_timer(Timer::Watch, self.config.watch_every());
    }

    /// The watchdog looks.
    pub(super) fn ask_after_sagas(&mut self, ctx: &mut Context<Self>) {
        self.origin.is_armed = false;
        let (now, patience) = (ctx.now(), self.config.watchdog);
        let mut late = Vec::new();
        for saga in &self.origin.open {
            let Some(begun) = self.origin.sagas.get_mut(saga) else { continue };
            if now.since(begun.watched) >= patience {
                begun.watched = now;
                late.push(Order { saga: *saga, op: begun.op.clone(), step: 1, key: 0 });
            }
        }
        for order in &late {
            self.on_inquiry(order, ctx);
        }
        self.watch(ctx);
    }

    /// The watchdog's question has come to a step.
    pub(super) fn on_inquiry(&mut self, order: &Order<S>, ctx: &mut Context<Self>) {
        let steps = S::steps(&order.op, self.layout.services);
        match self.host.fence.get(&(order.saga, order.step, 0)) {
            None if order.step > point_of_no_return(&steps) => {}
            None => {
                self.commit(order, Act::Decline(Why::Late), ctx);
                self.publish(ctx);
            }
            Some(row) => {
                let goes_on = *row == Row::Tried && (order.step as usize) < steps.len();
                self.revive(order.saga, ctx);
                if goes_on {
                    let next = Order { step: order.step + 1, ..order.clone() };
                    ctx.send(self.layout.owner(&steps, next.step), Message::Inquiry(next));
                }
            }
        }
    }
}

/// What a client is told of an outcome.
pub(super) fn reply_of<S: Sagas>(op: &S::Op, outcome: Outcome) -> S::Reply {
    match outcome {
        Outcome::Completed => S::completed(op),
        Outcome::Rejected(cause) => S::rejected(op, cause.step, cause.why),
    }
}
