//! What was lost is sent again to who lacks it (TOCS, section 5.2): a replica that is stuck tells
//! how far it is, and the others send it their own messages about what comes next.

use super::Pbft;
use super::message::{Digest, Message, PrePrepare, Seq, Status, View, Vote};
use serde::Serialize;
use sim_core::{Context, NodeId, Service};
use std::collections::BTreeSet;

/// How a replica stood when it last looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Pulse {
    stood: Option<(View, bool, Seq)>,
    looks: u32,
}

/// Every so many looks a replica tells how far it is although it knows of nothing that it lacks.
const IDLE: u32 = 10;
/// For how many sequence numbers messages are sent again at once.
const MOST: usize = 16;

impl<S: Service> Pbft<S> {
    /// Whether something is under way.
    fn is_at_work(&self) -> bool {
        !self.active
            || self.waiting.first().is_some()
            || self.proposed.is_some()
            || self.transfer.is_some()
            || self.reachable_state().is_some()
            || self.log.range(self.executed + 1..).next().is_some()
            || self.prepared_to() < self.executed
    }

    /// Up to where what it has executed is prepared in this view too. Who lags behind may need its
    /// COMMITs of this view.
    fn prepared_to(&self) -> Seq {
        let mut unprepared =
            self.log.iter().filter(|(_, slot)| slot.accepted.is_some() && !slot.prepared);
        unprepared.next().map_or(self.executed, |(seq, _)| self.executed.min(seq.saturating_sub(1)))
    }

    /// Something that was under way when it last looked has not moved since: others are told.
    pub(super) fn on_status_due(&mut self, ctx: &mut Context<Self>) {
        ctx.set_timer(super::Timer::Status, self.config.status);
        let (view, active, executed) = (self.view, self.active, self.executed);
        let stands = self.is_at_work().then_some((view, active, executed));
        let is_stuck = stands.is_some() && stands == self.pulse.stood;
        self.pulse = Pulse { stood: stands, looks: self.pulse.looks + 1 };
        if is_stuck || self.pulse.looks.is_multiple_of(IDLE) {
            let (stable, prepared) = (self.low(), self.prepared_to());
            ctx.broadcast(Message::Status(Status { view, active, stable, executed, prepared }));
        }
        if is_stuck {
            self.ask_again(ctx);
        }
    }

    fn ask_again(&mut self, ctx: &mut Context<Self>) {
        if !self.active {
            self.change.iter().for_each(|own| ctx.broadcast(Message::ViewChange(own.clone())));
            self.acknowledge_all(ctx);
        }
        self.ask_about_doubted(ctx);
        let missing: BTreeSet<Digest> = self.missing_batches().collect();
        missing.into_iter().for_each(|digest| self.fetch_batch(digest, ctx));
        if let Some(state) = self.reachable_state() {
            self.transfer = Some(state);
            self.ask_for_state(ctx);
        } else {
            self.transfer = None;
        }
    }

    /// Another tells how far it is: it gets what it may lack.
    pub(super) fn on_status(&self, from: NodeId, status: Status, ctx: &mut Context<Self>) {
        // Those that are stable here, and those that are stable nowhere yet: without the messages
        // that were lost they might never be, and everybody would stand at the high water mark.
        if self.checkpoints.own.last_key_value().is_some_and(|(seq, _)| *seq > status.stable) {
            self.tell_checkpoints(from, ctx);
        }
        let is_behind = status.view < self.view || status.view == self.view && !status.active;
        if is_behind {
            self.change.iter().for_each(|own| ctx.send(from, Message::ViewChange(own.clone())));
            if self.leads() {
                self.began.iter().for_each(|new| ctx.send(from, Message::NewView(new.clone())));
            }
        }
        let is_elsewhere = status.view != self.view || !status.active;
        if self.active {
            let done = status.executed.min(status.prepared);
            for (seq, slot) in self.log.range(done.saturating_add(1)..).take(MOST) {
                let Some(digest) = slot.accepted else { continue };
                let vote = Vote { view: self.view, seq: *seq, digest };
                self.repeat(from, vote, slot.prepared, ctx);
                // Who has left the view with nobody following takes no part in it, and a liar may keep back the
                // COMMIT that it needs to learn what came of it. The papers let it wait for the next checkpoint,
                // which does not come while a client waits for its answer and asks for nothing else.
                if *seq <= self.executed && *seq > status.executed && is_elsewhere {
                    ctx.send(from, Message::Committed(vote));
                }
            }
        }
    }

    /// Says again what it said of a sequence number in this view.
    fn repeat(&self, to: NodeId, vote: Vote, prepared: bool, ctx: &mut Context<Self>) {
        let Vote { view, seq, digest } = vote;
        if !self.leads() {
            ctx.send(to, Message::Prepare(vote));
        } else if let Some(batch) = self.batch(digest) {
            ctx.send(to, Message::PrePrepare(PrePrepare { view, seq, digest, batch }));
        }
        if prepared {
            ctx.send(to, Message::Commit(vote));
        }
    }
}
