//! The proposer: phases 1 and 2 ("Paxos Made Simple", section 2.2), and how duels end (2.4).

use super::bugs::Bug;
use super::message::{Message, Timer, Vote};
use super::{Key, Paxos, Value};
use crate::ballot::Ballot;
use checkers::model::decisions::DecisionReply;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, NodeSet};

/// What a proposer does for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Proposal {
    /// The ballot that it runs, or ran last.
    pub(super) ballot: Ballot,
    /// The highest ballot of others that it knows of.
    seen: Ballot,
    pub(super) phase: Phase,
    /// What it would propose if it were free to: what the first client asked for.
    own: Option<Value>,
    promises: NodeSet,
    /// The highest vote that was reported.
    highest: Option<Vote>,
    /// How often in a row it was overtaken.
    duels: u32,
}

/// How far a proposer is with its ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Phase {
    /// It was overtaken, and waits before the next.
    Waiting,
    /// It has asked for promises.
    Preparing,
    /// It has proposed this.
    Proposing(Value),
}

impl Proposal {
    fn new(own: Option<Value>) -> Proposal {
        Proposal {
            ballot: Ballot::default(),
            seen: Ballot::default(),
            phase: Phase::Waiting,
            own,
            promises: NodeSet::default(),
            highest: None,
            duels: 0,
        }
    }
}

impl Paxos {
    /// Sees to it that something is decided or, without a value, that what may be chosen is found out.
    pub(super) fn pursue(&mut self, key: Key, own: Option<Value>, ctx: &mut Context<Self>) {
        if let Some(proposal) = self.proposals.get_mut(&key) {
            proposal.own = proposal.own.or(own);
            return;
        }
        self.proposals.insert(key, Proposal::new(own));
        self.run_ballot(key, ctx);
    }

    /// Phase 1a, with a number above every one that was seen. The own acceptor promises first, so
    /// that the number is on disk before anybody hears of it and is never used again after a crash.
    fn run_ballot(&mut self, key: Key, ctx: &mut Context<Self>) {
        let promised = self.acceptor(key).promised;
        let (id, bugs) = (self.id, self.bugs);
        let Some(proposal) = self.proposals.get_mut(&key) else { return };
        proposal.ballot = bugs
            .number(promised, proposal.ballot, id)
            .unwrap_or_else(|| promised.max(proposal.seen).next(id));
        proposal.phase = Phase::Preparing;
        proposal.promises = NodeSet::default();
        proposal.highest = None;
        self.learner.cover(key);
        self.prepare(key, ctx);
    }

    fn prepare(&mut self, key: Key, ctx: &mut Context<Self>) {
        let Some(proposal) = self.proposals.get(&key) else { return };
        let ballot = proposal.ballot;
        ctx.set_timer(Timer::Retry(key), self.config.retry);
        self.on_prepare(self.id, key, ballot, ctx);
        ctx.claim(Fact::Campaigns { epoch: ballot.epoch() });
        ctx.broadcast(Message::Prepare { key, ballot });
    }

    /// An acceptor has promised.
    pub(super) fn on_promise(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        vote: Option<Vote>,
        ctx: &mut Context<Self>,
    ) {
        let (quorum, bugs) = (self.quorum(), self.bugs);
        let Some(proposal) = self.proposals.get_mut(&key) else { return };
        if proposal.ballot != ballot || proposal.phase != Phase::Preparing {
            return;
        }
        proposal.promises.insert(from);
        proposal.highest = match (proposal.highest, vote) {
            (Some(known), Some(vote)) if bugs.replaces(known, vote) => Some(vote),
            (known, vote) => known.or(vote),
        };
        if proposal.promises.len() >= quorum {
            self.choose(key, ctx);
        }
    }

    /// P2c: the value "is the value of the highest-numbered proposal among the responses, or is any
    /// value if the responses reported no proposals".
    fn choose(&mut self, key: Key, ctx: &mut Context<Self>) {
        let Some(proposal) = self.proposals.get_mut(&key) else { return };
        let reported = proposal.highest.map(|vote| vote.value);
        let value = match self.bugs.on(Bug::OwnValueDespitePromises) {
            true => proposal.own.or(reported),
            false => reported.or(proposal.own),
        };
        match value {
            None => self.find_nothing(key, ctx),
            Some(value) => {
                proposal.phase = Phase::Proposing(value);
                self.propose(key, value, ctx);
            }
        }
    }

    /// Phase 2a.
    fn propose(&mut self, key: Key, value: Value, ctx: &mut Context<Self>) {
        let Some(proposal) = self.proposals.get(&key) else { return };
        let ballot = proposal.ballot;
        ctx.set_timer(Timer::Retry(key), self.config.retry);
        ctx.broadcast(Message::Accept { key, ballot, value });
        self.on_accept(self.id, key, ballot, value, ctx);
    }

    /// A majority has voted for nothing, so nothing was chosen when the ballot began. Who has asked
    /// since is told by the next one.
    fn find_nothing(&mut self, key: Key, ctx: &mut Context<Self>) {
        for id in self.learner.take_covered_readers(key) {
            ctx.reply(id, DecisionReply::Undecided);
        }
        if self.learner.is_awaited(key) {
            return self.run_ballot(key, ctx);
        }
        self.give_up(key, ctx);
    }

    /// There is nothing left to do, or others do it.
    pub(super) fn give_up(&mut self, key: Key, ctx: &mut Context<Self>) {
        if self.proposals.remove(&key).is_some() {
            ctx.cancel_timer(Timer::Retry(key));
            if self.proposals.is_empty() {
                ctx.claim(Fact::Follows { epoch: 0 });
            }
        }
    }

    /// An acceptor has refused.
    pub(super) fn on_nack(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        promised: Ballot,
        ctx: &mut Context<Self>,
    ) {
        if self.bugs.on(Bug::NackCountsAsPromise) {
            return self.on_promise(from, key, ballot, None, ctx);
        }
        if self.proposals.get(&key).is_some_and(|proposal| proposal.ballot == ballot) {
            self.overtaken(key, promised, ctx);
        }
    }

    /// A higher ballot is under way: "it is probably a good idea to abandon a proposal if some
    /// proposer has begun trying to issue a higher-numbered one" (section 2.3).
    pub(super) fn overtaken(&mut self, key: Key, by: Ballot, ctx: &mut Context<Self>) {
        let is_awaited = self.learner.is_awaited(key);
        let Some(proposal) = self.proposals.get_mut(&key) else { return };
        if by <= proposal.ballot || by <= proposal.seen {
            return;
        }
        proposal.seen = by;
        if proposal.phase == Phase::Waiting {
            return;
        }
        if !is_awaited {
            return self.give_up(key, ctx);
        }
        proposal.duels += 1;
        proposal.phase = Phase::Waiting;
        match self.config.wait(proposal.duels, ctx.rng()) {
            None => self.run_ballot(key, ctx),
            Some(pause) => ctx.set_timer(Timer::Retry(key), pause),
        }
    }

    /// It has waited enough. A ballot that nobody has overtaken goes on: messages may have been lost.
    pub(super) fn on_retry(&mut self, key: Key, ctx: &mut Context<Self>) {
        match self.proposals.get(&key).map(|proposal| proposal.phase) {
            None => {}
            Some(Phase::Waiting) => self.run_ballot(key, ctx),
            Some(Phase::Preparing) => self.prepare(key, ctx),
            Some(Phase::Proposing(value)) => self.propose(key, value, ctx),
        }
    }
}
