//! Learning what was chosen ("Paxos Made Simple", section 2.3), and catching up with it.

use super::bugs::Bug;
use super::config::Learning;
use super::message::{Message, Record, Timer};
use super::{Key, Paxos, Value};
use crate::ballot::Ballot;
use checkers::model::decisions::DecisionReply;
use sim_core::{Context, Fact, NodeId};

impl Paxos {
    /// A vote. A majority of them in one ballot makes a decision.
    pub(super) fn on_accepted(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        value: Value,
        ctx: &mut Context<Self>,
    ) {
        if self.learner.decided(key).is_some() {
            return;
        }
        let (quorum, bugs) = (self.quorum(), self.bugs);
        let (counted, value, voter) = bugs.counts(self.learner.tallies(key), (ballot, value, from));
        let votes = self.learner.count(key, counted, value, voter).len();
        if votes >= quorum {
            self.decide(key, value, ctx);
            if self.config.learning == Learning::Distinguished {
                ctx.broadcast(Message::Learn { decided: [(key, value)].into() });
            }
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
            let most = if self.bugs.on(Bug::GapsNotAskedFor) { 0 } else { self.config.batch };
            let missing = self.learner.missing(most);
            ctx.send(peer, Message::Lacks { beyond: self.learner.highest(), missing });
        }
        for key in self.learner.overdue(|key| self.proposals.contains_key(key)) {
            self.pursue(key, None, ctx);
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
