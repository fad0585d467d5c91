//! The coordinator: which value to propose, and what to do about a collision ("Fast Paxos", sections
//! 2.2.2 and 3.1 to 3.2).

use super::FastPaxos;
use super::bugs::Bug;
use super::config::First;
use super::message::{Message, Timer, Vote};
use super::round::Round;
use crate::ballot::Ballot;
use crate::paxos::invariants::Number;
use crate::paxos::{Key, Value};
use crate::quorum::majority;
use checkers::model::decisions::DecisionReply;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What a node does to bring about a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Proposal {
    /// The ballot that it runs, or ran last.
    pub(super) ballot: Ballot,
    seen: Ballot,
    pub(super) phase: Phase,
    /// What the first client here asked for.
    own: Option<Value>,
    /// Who has promised, each with its last vote.
    promises: BTreeMap<NodeId, Option<Vote>>,
    /// How many ballots it has run, and how often in a row it was overtaken.
    ballots: u32,
    duels: u32,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum Phase {
    /// It has told a client's value, or was overtaken, and waits.
    #[default]
    Waiting,
    /// It has asked for promises.
    Preparing,
    /// Acceptors may vote for any value.
    Open,
    /// It has proposed this in the classic round.
    Proposing(Value),
}

/// What may be proposed, by what a quorum has reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Only this: it may have been chosen.
    Only(Value),
    /// Any value; this one was voted for.
    Free(Value),
    /// Any value; there are no votes.
    Nothing,
}

impl FastPaxos {
    /// A client's value goes straight to the acceptors or, when the first round is classic, to its
    /// coordinator. If that comes to nothing this node will run a ballot.
    pub(super) fn offer(&mut self, key: Key, value: Value, ctx: &mut Context<Self>) {
        if let Some(proposal) = self.proposals.get_mut(&key) {
            proposal.own = proposal.own.or(Some(value));
            return;
        }
        let proposal = Proposal { own: Some(value), ..Proposal::default() };
        self.proposals.insert(key, proposal);
        ctx.set_timer(Timer::Retry(key), self.config.retry);
        self.tell_value(key, value, ctx);
    }

    fn tell_value(&mut self, key: Key, value: Value, ctx: &mut Context<Self>) {
        let coordinator = self.first_ballot().proposer;
        match self.config.first {
            First::Classic if coordinator == self.id => self.on_forwarded(key, value, ctx),
            First::Classic => ctx.send(coordinator, Message::Propose { key, value }),
            First::Fast => {
                ctx.broadcast(Message::Propose { key, value });
                self.on_offer(key, value, ctx);
            }
        }
    }

    /// The first round is classic, and this is its coordinator: there is no lower round to ask about.
    /// That its own acceptor has not voted yet tells that the round is still unused.
    pub(super) fn on_forwarded(&mut self, key: Key, value: Value, ctx: &mut Context<Self>) {
        let ballot = self.first_ballot();
        if self.acceptor(key).promised < Round::classic(ballot) {
            self.propose(key, ballot, value, ctx);
        }
    }

    /// Sees to it that what may be chosen is found out.
    pub(super) fn pursue(&mut self, key: Key, ctx: &mut Context<Self>) {
        if let Entry::Vacant(free) = self.proposals.entry(key) {
            free.insert(Proposal::default());
            self.run_ballot(key, ctx);
        }
    }

    /// Phase 1a, with a number above every one that was seen.
    fn run_ballot(&mut self, key: Key, ctx: &mut Context<Self>) {
        let promised = self.acceptor(key).promised.ballot.max(self.first_ballot());
        let id = self.id;
        let Some(proposal) = self.proposals.get_mut(&key) else { return };
        proposal.ballot = promised.max(proposal.seen).next(id);
        proposal.phase = Phase::Preparing;
        proposal.promises.clear();
        proposal.ballots += 1;
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
        let quorum = majority(self.nodes as usize);
        let Some(proposal) = self.proposals.get_mut(&key) else { return };
        if proposal.ballot != ballot || proposal.phase != Phase::Preparing {
            return;
        }
        proposal.promises.insert(from, vote);
        if proposal.promises.len() >= quorum {
            self.begin_phase_two(key, ctx);
        }
    }

    /// Phase 2a. When nothing was reported every other ballot is fast again; the rest are classic, for
    /// there may be a majority and no fast quorum.
    fn begin_phase_two(&mut self, key: Key, ctx: &mut Context<Self>) {
        let Some(proposal) = self.proposals.get(&key) else { return };
        let (ballot, own) = (proposal.ballot, proposal.own);
        let votes: Vec<Vote> = proposal.promises.values().flatten().copied().collect();
        let choice = self.choice(proposal.promises.len(), &votes);
        if let Some(own) = own.filter(|_| self.bugs.on(Bug::OwnValueDespitePromises)) {
            return self.propose(key, ballot, own, ctx);
        }
        let is_fast_again = self.config.first == First::Fast && proposal.ballots % 2 == 1;
        let may_be_any = choice == Choice::Nothing || self.bugs.on(Bug::FastAnyWithoutPhase1);
        match (choice, own) {
            (_, Some(own)) if is_fast_again && may_be_any => self.open(key, ballot, own, ctx),
            (Choice::Only(value), _) => self.propose(key, ballot, value, ctx),
            (Choice::Free(_) | Choice::Nothing, Some(own)) => self.propose(key, ballot, own, ctx),
            (Choice::Free(value), None) => self.propose(key, ballot, value, ctx),
            (Choice::Nothing, None) => self.find_nothing(key, ctx),
        }
    }

    /// The rule for a value, by counting (section 2.2.2; Vieira and Buzato, 2008): of the votes in the
    /// highest round, one may have been chosen if, with everybody who has not been heard, it could have
    /// a quorum of that round. Quorums are so large that it is one at most.
    pub(super) fn choice(&self, heard: usize, votes: &[Vote]) -> Choice {
        let Some(highest) = votes.iter().map(|vote| vote.ballot).max() else {
            return Choice::Nothing;
        };
        let mut counts = BTreeMap::new();
        for vote in votes.iter().filter(|vote| vote.ballot == highest) {
            *counts.entry(vote.value).or_insert(0) += 1;
        }
        let most = counts.iter().max_by_key(|(_, count)| **count).map(|(value, _)| *value);
        if self.bugs.on(Bug::FastRecoveryPlainRule) {
            return counts.keys().next().map_or(Choice::Nothing, |value| Choice::Only(*value));
        }
        let unheard = self.nodes as usize - heard;
        let quorum = self.quorum(highest);
        let may_be_chosen = |count: usize| !highest.is_free() || count + unheard >= quorum;
        match counts.iter().find(|(_, count)| may_be_chosen(**count)) {
            Some((value, _)) => Choice::Only(*value),
            None => most.map_or(Choice::Nothing, Choice::Free),
        }
    }

    /// Phase 2a of a fast round. Acceptors may have lost the client's value: it is told again.
    fn open(&mut self, key: Key, ballot: Ballot, own: Value, ctx: &mut Context<Self>) {
        if let Some(proposal) = self.proposals.get_mut(&key) {
            proposal.phase = Phase::Open;
        }
        ctx.set_timer(Timer::Retry(key), self.config.retry);
        ctx.broadcast(Message::Any { key, ballot });
        self.tell_value(key, own, ctx);
        self.on_any(key, ballot, ctx);
    }

    /// Phase 2a of a classic round. The own acceptor votes first, so that the round has no second value
    /// after a crash.
    fn propose(&mut self, key: Key, ballot: Ballot, value: Value, ctx: &mut Context<Self>) {
        if let Some(proposal) = self.proposals.get_mut(&key)
            && proposal.ballot == ballot
        {
            proposal.phase = Phase::Proposing(value);
            ctx.set_timer(Timer::Retry(key), self.config.retry);
        }
        self.on_accept(self.id, key, ballot, value, ctx);
        ctx.broadcast(Message::Accept { key, ballot, value });
    }

    /// Coordinated recovery: no value can reach a fast quorum any more, and a majority has voted. What
    /// they have voted for stands for their promises in the classic round that follows.
    pub(super) fn recover(&mut self, key: Key, ballot: Ballot, ctx: &mut Context<Self>) {
        let fast = Round::fast(ballot);
        let is_used = self.acceptor(key).promised > fast;
        let tallies = self.learner.tallies(key).iter().filter(|tally| tally.ballot == fast);
        let votes: Vec<Vote> = tallies
            .flat_map(|tally| {
                let vote = Vote { ballot: fast, value: tally.value };
                tally.voters.iter().map(move |_| vote)
            })
            .collect();
        let nodes = self.nodes as usize;
        if is_used || votes.len() < majority(nodes) {
            return;
        }
        let most = |vote: &Vote| votes.iter().filter(|other| other.value == vote.value).count();
        let most = votes.iter().map(most).max().unwrap_or(0);
        if most + (nodes - votes.len().min(nodes)) >= self.quorum(fast) {
            return;
        }
        if let Choice::Only(value) | Choice::Free(value) = self.choice(votes.len(), &votes) {
            self.propose(key, ballot, value, ctx);
        }
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

    /// A higher ballot is under way.
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
        if let Some(pause) = self.config.pace().wait(proposal.duels, ctx.rng()) {
            ctx.set_timer(Timer::Retry(key), pause);
        }
    }

    /// It has waited enough.
    pub(super) fn on_retry(&mut self, key: Key, ctx: &mut Context<Self>) {
        let Some(proposal) = self.proposals.get(&key) else { return };
        match (proposal.phase, proposal.ballot) {
            (Phase::Waiting | Phase::Open, _) => self.run_ballot(key, ctx),
            (Phase::Preparing, _) => self.prepare(key, ctx),
            (Phase::Proposing(value), ballot) => self.propose(key, ballot, value, ctx),
        }
    }
}
