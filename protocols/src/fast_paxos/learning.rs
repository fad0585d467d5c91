//! Learning what was chosen, noticing collisions, and catching up.

use super::FastPaxos;
use super::message::{Message, Record, Timer, Vote};
use crate::paxos::invariants::Number;
use crate::paxos::{Key, Value};
use checkers::model::decisions::DecisionReply;
use sim_core::{Context, Fact, NodeId};

impl FastPaxos {
    /// A vote. A quorum of them in one round makes a decision; in a fast round they may collide.
    pub(super) fn on_accepted(
        &mut self,
        from: NodeId,
        key: Key,
        vote: Vote,
        ctx: &mut Context<Self>,
    ) {
        if self.learner.decided(key).is_some() {
            return;
        }
        let round = vote.ballot;
        let quorum = self.quorum(round);
        if self.learner.count(key, round, vote.value, from).len() >= quorum {
            self.decide(key, vote.value, ctx);
        } else if round.is_free() && round.ballot.proposer == self.id {
            self.recover(key, round.ballot, ctx);
        }
    }

    /// A value is known to be chosen.
    pub(super) fn decide(&mut self, key: Key, value: Value, ctx: &mut Context<Self>) {
        if !self.learner.decide(key, value) {
            return;
        }
        ctx.append(Record::Decided(key, value));
        ctx.claim(Fact::Decides { slot: key.into(), epoch: 0, value, state: 0 });
        for id in self.learner.take_askers(key) {
            ctx.reply(id, DecisionReply::Decided(value));
        }
        self.give_up(key, ctx);
    }

    pub(super) fn look_again(&self, ctx: &mut Context<Self>) {
        let after = self.config.catch_up.draw(ctx.rng());
        ctx.set_timer(Timer::CatchUp, after);
    }

    /// Asks somebody for decisions that are missing here, and finds out what became of old votes.
    pub(super) fn on_catch_up_due(&mut self, ctx: &mut Context<Self>) {
        self.look_again(ctx);
        if self.nodes > 1 {
            let drawn = ctx.rng().below(u64::from(self.nodes) - 1) as u32;
            let peer = NodeId(drawn + u32::from(drawn >= self.id.0));
            let missing = self.learner.missing(self.config.batch);
            ctx.send(peer, Message::Lacks { beyond: self.learner.highest(), missing });
        }
        for key in self.learner.overdue(|key| self.proposals.contains_key(key)) {
            self.pursue(key, ctx);
        }
    }

    /// A learner lacks decisions. What is known of them here it is told.
    pub(super) fn on_lacks(
        &mut self,
        from: NodeId,
        beyond: Key,
        missing: &[Key],
        ctx: &mut Context<Self>,
    ) {
        let decided = self.learner.those(beyond, missing, self.config.batch);
        if !decided.is_empty() {
            ctx.send(from, Message::Learn { decided });
        }
    }
}
