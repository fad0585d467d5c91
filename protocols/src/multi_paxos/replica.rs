//! The replica: it learns what is chosen, and executes it in order.
//!
//! Slots may be chosen in any order; they are executed without gaps. What is chosen is told with the
//! next Accept or heartbeat: a server that has voted in the leader's own ballot knows the value,
//! because a ballot has one value for a slot. Whoever has not asks for it.

use super::bugs::Bug;
use super::log::{Command, Slot, Value};
use super::message::Message;
use super::{MultiPaxos, Role};
use crate::ballot::Ballot;
use crate::session;
use sim_core::drive::replay::hash_of;
use sim_core::{Context, Fact, NodeId, Service};
use std::sync::Arc;

impl<S: Service> MultiPaxos<S> {
    /// The leader of this ballot knows what is chosen up to here.
    #[inline]
    pub(super) fn learn_from_votes(&mut self, ballot: Ballot, to: Slot, ctx: &mut Context<Self>) {
        self.known_chosen = self.known_chosen.max(to);
        if self.executed >= to {
            return;
        }
        for slot in self.executed + 1..=to {
            let Some(vote) = self.log.vote(slot) else { continue };
            let is_its = vote.ballot == ballot || self.bugs.on(Bug::CommitIndexImpliesOwnValue);
            if is_its && self.log.chosen(slot).is_none() {
                let value = vote.value.clone();
                self.log.choose(slot, value);
            }
        }
        self.execute(ctx);
    }

    /// What was chosen by the last heartbeat, and is not known at this one, was missed.
    pub(super) fn look_for_gaps(&mut self, from: NodeId, chosen: Slot, ctx: &mut Context<Self>) {
        if self.executed < self.due {
            ctx.send(from, Message::CatchUp { from: self.executed + 1 });
        }
        self.due = chosen;
    }

    /// Somebody lacks what is chosen from a slot on. Anybody who knows may tell.
    pub(super) fn on_catch_up(&mut self, from: NodeId, first: Slot, ctx: &mut Context<Self>) {
        if first <= self.log.base() {
            return self.ship_piece(from, 0, ctx);
        }
        let values = self.log.run_of_chosen(first, self.config.batch);
        if !values.is_empty() {
            ctx.send(from, Message::Learn { first, values: values.into() });
        }
    }

    /// Somebody tells what is chosen. When that is not what this leader has proposed there, a higher
    /// ballot has chosen it. The leader must not speak in its own ballot any more: who has voted in
    /// that would take its vote for what is chosen.
    pub(super) fn on_learn(
        &mut self,
        from: NodeId,
        first: Slot,
        values: &Arc<[Value<S>]>,
        ctx: &mut Context<Self>,
    ) {
        let before = self.executed;
        let mut is_overtaken = false;
        for (slot, value) in (first..).zip(values.iter()) {
            if slot > before && self.log.chosen(slot).is_none() {
                self.log.choose(slot, value.clone());
                let own = self.open.remove(&slot);
                is_overtaken |= own.is_some_and(|open| open.value != *value);
            }
        }
        if is_overtaken && !self.bugs.on(Bug::OvertakenLeaderGoesOn) {
            self.yield_to(None, ctx);
        }
        self.execute(ctx);
        let is_behind = self.executed < self.known_chosen.max(self.promises.known_chosen());
        if self.executed > before && is_behind {
            ctx.send(from, Message::CatchUp { from: self.executed + 1 });
        }
        self.propose(ctx);
    }

    /// Executes what is chosen, as far as there is no gap. The leader answers the client.
    pub(super) fn execute(&mut self, ctx: &mut Context<Self>) {
        while let Some(value) = self.log.chosen(self.executed + 1).cloned() {
            let slot = self.executed + 1;
            match &value.command {
                Command::Noop => {}
                Command::Request(request) => {
                    let leads = self.role == Role::Leader;
                    let most = self.config.sessions;
                    let (service, sessions) = (&mut self.service, &mut self.sessions);
                    session::execute(service, sessions, request, slot, most, leads, ctx);
                }
                Command::Acceptors(acceptors) => {
                    self.change_acceptors(slot, *acceptors, ctx);
                }
            }
            (self.executed, self.last_value) = (slot, value.checksum);
            let state = if self.snapshot_is_due() { self.digest() } else { 0 };
            let epoch = self.promised.epoch();
            ctx.claim(Fact::Decides { slot, epoch, value: value.checksum, state });
            if state != 0 {
                self.take_snapshot(ctx);
            }
        }
        if self.must_prepare {
            self.prepare_newcomers(ctx);
        }
        self.serve_reads_at_hand(ctx);
    }

    /// A hash of the replicated state: the service, the sessions and the acceptors. It is never 0.
    pub(super) fn digest(&self) -> u64 {
        hash_of(&(&self.service, &self.sessions, &self.memberships)).max(1)
    }
}
