//! The transactional outbox, and the relay that empties it.
//!
//! An event is a row in the transaction that it tells of, so there is never one without the other. The relay tells
//! it to the service that it concerns, over and over until that has acknowledged it: **at least once**. What is
//! about one thing goes to a service in order, each event when the one before it is acknowledged: **first in, first
//! out for each key**. There is no broker between them: an outbox is its own topic, its relay the half of a broker
//! that delivers.
//!
//! An event that was told too often is put aside as a **dead letter**, is claimed as one, and no longer holds up
//! what is behind it. It is told again when the watchdog asks after its saga.

use super::bugs::Bug;
use super::message::{Event, Message};
use super::record::{Act, Cause, Lacks, Local, Record, What};
use super::steps::Sagas;
use super::{Saga, SagaId, Timer};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Time};
use std::collections::{BTreeMap, BTreeSet};

/// An event that is not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Row<S: Sagas> {
    to: NodeId,
    /// What it is about.
    key: u64,
    event: Event<S>,
    /// How often it was told.
    told: u32,
    /// When last.
    last: Time,
}

/// The events of a node that are not acknowledged, by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Outbox<S: Sagas> {
    pub rows: BTreeMap<u64, Row<S>>,
    pub dead: BTreeMap<u64, Row<S>>,
    is_armed: bool,
}

impl<S: Sagas> Default for Outbox<S> {
    fn default() -> Self {
        Outbox { rows: BTreeMap::new(), dead: BTreeMap::new(), is_armed: false }
    }
}

impl<S: Sagas> Outbox<S> {
    /// The first of each key for each service: what may be told now.
    fn heads(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let first = |(_, row): &(&u64, &Row<S>)| seen.insert((row.to, row.key));
        self.rows.iter().filter(first).map(|(number, _)| *number).collect()
    }
}

impl<S: Sagas> Saga<S> {
    /// The event of a transaction becomes a row: the one after a step that is done hears of it, the one before it
    /// when it is declined or undone, and the first service at the end.
    pub(super) fn put_out(&mut self, local: &Local<S>, now: Time) {
        let Local { number, saga, op, step, act, .. } = local;
        let steps = S::steps(op, self.layout.services);
        let (what, towards) = match *act {
            Act::Do if *step as usize == steps.len() => (What::Done, 1),
            Act::Do => (What::Done, step + 1),
            Act::Decline(why) => {
                (What::Failed(Cause { step: *step, why }), step.saturating_sub(1).max(1))
            }
            Act::Undo(cause) => (What::Undone(cause), step.saturating_sub(1).max(1)),
        };
        let event = Event { number: *number, saga: *saga, op: op.clone(), step: *step, what };
        let to = self.layout.owner(&steps, towards);
        let key = S::aggregate(op, *step);
        self.outbox.rows.insert(*number, Row { to, key, event, told: 0, last: now });
    }

    /// Tells what was not told yet.
    pub(super) fn publish(&mut self, ctx: &mut Context<Self>) {
        let ready: Vec<u64> = match self.bugs.on(Bug::OutboxParallelRelay) {
            true => self.outbox.rows.keys().copied().collect(),
            false => self.outbox.heads(),
        };
        for number in ready {
            if let Some(row) = self.outbox.rows.get_mut(&number).filter(|row| row.told == 0) {
                (row.told, row.last) = (1, ctx.now());
                ctx.send(row.to, Message::Event(row.event.clone()));
            }
        }
        if !self.outbox.rows.is_empty() && !self.outbox.is_armed {
            self.outbox.is_armed = true;
            ctx.set_timer(Timer::Relay, self.config.redelivery);
        }
    }

    /// Tells again what is not acknowledged, and puts aside what was told too often.
    pub(super) fn redeliver(&mut self, ctx: &mut Context<Self>) {
        self.outbox.is_armed = false;
        let (now, most) = (ctx.now(), self.config.deliveries);
        for number in self.outbox.heads() {
            let Some(row) = self.outbox.rows.get_mut(&number) else { continue };
            if row.told == 0 || now.since(row.last) < self.config.redelivery {
                continue;
            }
            if most > 0 && row.told >= most {
                self.put_aside(number, ctx);
                continue;
            }
            (row.told, row.last) = (row.told + 1, now);
            ctx.send(row.to, Message::Event(row.event.clone()));
        }
        self.publish(ctx);
    }

    fn put_aside(&mut self, number: u64, ctx: &mut Context<Self>) {
        if let Some(row) = self.outbox.rows.remove(&number) {
            ctx.append(Record::Dead { number });
            ctx.sync();
            let transaction = super::number(row.event.saga);
            ctx.claim(Fact::DeadLetters { transaction, local: number });
            self.outbox.dead.insert(number, row);
        }
    }

    /// Somebody has dealt with an event.
    pub(super) fn on_ack(&mut self, number: u64, ctx: &mut Context<Self>) {
        if self.forget_event(number) {
            ctx.append(Record::Published { number });
        }
        self.publish(ctx);
    }

    /// An event needs not be told any more; whether it had to be.
    pub(super) fn forget_event(&mut self, number: u64) -> bool {
        let dead = self.outbox.dead.remove(&number);
        if self.bugs.on(Bug::OutboxGapSkip) {
            // The relay goes by the highest number that it has published.
            self.outbox.rows = self.outbox.rows.split_off(&(number + 1));
            return true;
        }
        let Some(row) = self.outbox.rows.remove(&number).or(dead) else { return false };
        if self.bugs.on(Bug::TerminalRedeliveryReruns) {
            self.host.fence.remove(&(row.event.saga, row.event.step, 0));
        }
        true
    }

    /// An event that the disk knows as dead is put aside; see [`put_aside`](Self::put_aside).
    pub(super) fn bury(&mut self, number: u64, ctx: &mut Context<Self>) {
        if let Some(row) = self.outbox.rows.remove(&number) {
            let transaction = super::number(row.event.saga);
            ctx.claim(Fact::DeadLetters { transaction, local: number });
            self.outbox.dead.insert(number, row);
        }
    }

    /// The dead letters of a saga are told again.
    pub(super) fn revive(&mut self, saga: SagaId, ctx: &mut Context<Self>) {
        let of_saga = |row: &Row<S>| row.event.saga == saga;
        let numbers: Vec<u64> =
            self.outbox.dead.iter().filter(|(_, row)| of_saga(row)).map(|(n, _)| *n).collect();
        for number in numbers {
            if let Some(row) = self.outbox.dead.remove(&number) {
                self.outbox.rows.insert(number, Row { told: 0, ..row });
            }
        }
        self.publish(ctx);
    }

    /// At a boot: what a transaction's record has of its event.
    pub(super) fn restore_event(&mut self, local: &Local<S>, now: Time) {
        if local.lacks != Lacks::Outbox {
            self.put_out(local, now);
        }
    }
}
