//! The proposer: ballots, and the leader's stream of proposals.
//!
//! A leader executes phase 1 "for infinitely many instances of the consensus algorithm" at once
//! ("Paxos Made Simple", section 3), and from then on phase 2 only, for one slot after another,
//! without waiting for the slots before.

use super::bugs::{Bug, Noted};
use super::log::{Command, Slot, Value, Vote};
use super::message::{Message, Timer};
use super::{MultiPaxos, Role};
use crate::ballot::Ballot;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, NodeSet, Service, Span, SpanRange};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was promised to a ballot, and reported with that.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Promises<S: Service> {
    /// Who has promised.
    pub(super) from: NodeSet,
    /// The highest-numbered vote that was reported for each slot.
    pub(super) reports: BTreeMap<Slot, Vote<S>>,
    /// The highest slot that anybody has voted at: gaps below it are to be filled.
    pub(super) last: Slot,
    /// Up to here somebody has compacted its votes away, and who has how far.
    pub(super) base: Slot,
    bases: BTreeMap<NodeId, Slot>,
    /// Who has executed most, and up to where.
    pub(super) ahead: Option<(NodeId, Slot)>,
    /// What a planted mistake remembers; empty without one.
    pub(super) noted: Noted,
}

impl<S: Service> Default for Promises<S> {
    fn default() -> Self {
        Promises {
            from: NodeSet::default(),
            reports: BTreeMap::new(),
            last: 0,
            base: 0,
            bases: BTreeMap::new(),
            ahead: None,
            noted: Noted::default(),
        }
    }
}

impl<S: Service> Promises<S> {
    /// Up to where somebody is known to have executed, or compacted, what is chosen.
    pub(super) fn known_chosen(&self) -> Slot {
        self.ahead.map_or(0, |(_, slot)| slot).max(self.base)
    }
}

/// A proposal that is not known to be chosen yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Open<S: Service> {
    pub(super) value: Value<S>,
    accepted: NodeSet,
    /// How many heartbeats it has been under way.
    idle: u32,
}

/// An Accept is taken for lost when so many heartbeats have passed.
const LOST_AFTER: u32 = 2;

impl<S: Service> MultiPaxos<S> {
    /// The first slot that it has proposed something for that it does not hold for chosen yet.
    pub fn first_open(&self) -> Option<Slot> {
        self.open.keys().next().copied()
    }

    /// Whose votes it has counted for what it has proposed for a slot and does not hold for chosen yet.
    pub fn votes_counted(&self, slot: Slot) -> Option<NodeSet> {
        self.open.get(&slot).map(|open| open.accepted)
    }

    /// Waits anew for word from a leader.
    pub(super) fn await_leader(&mut self, ctx: &mut Context<Self>) {
        let patience = self.config.election_timeout.draw(ctx.rng());
        ctx.set_timer(Timer::Election, patience);
    }

    /// Phase 1a, with a number above every one that was seen. The own acceptor promises first, so
    /// that the number is on disk before anybody hears of it and is never used again after a crash.
    /// A ballot that nobody has overtaken is tried again as it is: messages may have been lost.
    pub(super) fn run_ballot(&mut self, ctx: &mut Context<Self>) {
        if self.role != Role::Candidate || self.ballot < self.seen {
            self.ballot = self.seen.next(self.id);
            self.promises = Promises::default();
        }
        self.role = Role::Candidate;
        self.await_leader(ctx);
        self.leader = None;
        let (ballot, first) = (self.ballot, self.executed + 1);
        self.on_prepare(self.id, ballot, first, ctx);
        if self.promised != ballot {
            return;
        }
        ctx.claim(Fact::Campaigns { epoch: ballot.epoch() });
        ctx.broadcast(Message::Prepare { ballot, first });
    }

    /// An acceptor has promised. The first majority makes a leader; a leader may still lack the
    /// promises of acceptors that have joined since.
    pub(super) fn on_promise(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        votes: &Arc<[(Slot, Vote<S>)]>,
        (base, executed): (Slot, Slot),
        ctx: &mut Context<Self>,
    ) {
        if self.role == Role::Follower || ballot != self.ballot {
            return;
        }
        let promises = &mut self.promises;
        promises.from.insert(from);
        promises.base = promises.base.max(base);
        if base > 0 {
            promises.bases.insert(from, base);
        }
        for (slot, vote) in votes.iter() {
            promises.last = promises.last.max(*slot);
            self.bugs.note_vote(&mut promises.noted, *slot, from, vote);
            match promises.reports.get_mut(slot) {
                Some(known) if !self.bugs.replaces(known, vote) => {}
                Some(known) => *known = vote.clone(),
                None => {
                    promises.reports.insert(*slot, vote.clone());
                }
            }
        }
        let is_ahead = from != self.id && promises.ahead.is_none_or(|(_, slot)| executed > slot);
        if is_ahead {
            promises.ahead = Some((from, executed));
        }
        match self.role {
            Role::Candidate if self.is_promised(self.executed + 1) => self.lead(ctx),
            Role::Leader => {
                if is_ahead && executed > self.executed {
                    ctx.send(from, Message::CatchUp { from: self.executed + 1 });
                }
                self.propose(ctx);
            }
            _ => {}
        }
    }

    /// Whether a majority of a slot's acceptors has promised.
    pub(super) fn is_promised(&self, slot: Slot) -> bool {
        let acceptors = self.acceptors_of(slot);
        let quorum = self.bugs.quorum(acceptors.len());
        acceptors.and(self.promises.from).len() >= quorum
    }

    /// Whether a majority of a slot's acceptors has promised and told how it had voted there. What somebody
    /// has compacted is chosen, and must be learned, unless enough others still know their votes.
    fn is_reported(&self, slot: Slot) -> bool {
        if slot > self.promises.base || self.bugs.on(Bug::NoopOverCompacted) {
            return self.is_promised(slot);
        }
        let bases = &self.promises.bases;
        let has_told = |server: &NodeId| bases.get(server).is_none_or(|base| *base < slot);
        let told: NodeSet = self.promises.from.iter().filter(has_told).collect();
        let acceptors = self.acceptors_of(slot);
        acceptors.and(told).len() >= self.bugs.quorum(acceptors.len())
    }

    /// Phase 1 is done, for every slot.
    fn lead(&mut self, ctx: &mut Context<Self>) {
        self.role = Role::Leader;
        self.leader = Some(self.id);
        self.next_slot = self.executed + 1;
        self.peers.iter_mut().for_each(|peer| peer.heard = ctx.now());
        ctx.cancel_timer(Timer::Election);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
        ctx.claim(Fact::Leads { epoch: self.ballot.epoch() });
        if let Some((server, slot)) = self.promises.ahead
            && slot > self.executed
        {
            ctx.send(server, Message::CatchUp { from: self.executed + 1 });
        }
        self.begin_round(ctx);
        self.propose(ctx);
    }

    /// Whether all that earlier ballots may have chosen is executed here: each value that they chose
    /// was voted for by one of the promisers at least, which has reported it, or has compacted it.
    pub(super) fn is_established(&self) -> bool {
        let before = self.promises.last.max(self.promises.base);
        self.executed >= before && self.is_promised(self.executed + 1)
    }

    /// Phase 2a for as many slots as the window has room for: what earlier ballots may have chosen,
    /// a no-op in each gap between, then what is asked for.
    pub(super) fn propose(&mut self, ctx: &mut Context<Self>) {
        if self.role != Role::Leader {
            return;
        }
        self.next_slot = self.next_slot.max(self.executed + 1);
        while self.role == Role::Leader && self.next_slot <= self.executed + self.config.window {
            let slot = self.next_slot;
            if self.log.chosen(slot).is_none() {
                if !self.is_reported(slot) && !self.bugs.on(Bug::NewcomersUnprepared) {
                    return;
                }
                let value = self.value_for(slot);
                if value.is_none() && slot > self.promises.last {
                    return;
                }
                self.next_slot = slot + 1;
                value.into_iter().for_each(|value| self.propose_at(slot, value, ctx));
            }
            self.next_slot = self.next_slot.max(slot + 1);
        }
    }

    /// P2c: "the value of the highest-numbered proposal among the responses, or any value if the
    /// responses reported no proposals" (section 2.2).
    fn value_for(&mut self, slot: Slot) -> Option<Value<S>> {
        if slot > self.promises.last || self.prefers_own_value() {
            return self.queue.pop_front().map(Value::new);
        }
        match self.promises.reports.get(&slot).filter(|_| self.heeds_report(slot)) {
            Some(vote) => Some(vote.value.clone()),
            None => (!self.bugs.on(Bug::NoNoopFill)).then(|| Value::new(Command::Noop)),
        }
    }

    fn propose_at(&mut self, slot: Slot, value: Value<S>, ctx: &mut Context<Self>) {
        let accepted = self.promises.noted.voters(slot, &value);
        self.open.insert(slot, Open { value: value.clone(), accepted, idle: 0 });
        self.send_accept(slot, &value, ctx);
        if self.acceptors_of(slot).contains(self.id) {
            // The others' disks work while the own one does.
            let ballot = self.ballot;
            self.on_accept(self.id, ballot, slot, &value, ctx);
        }
    }

    fn send_accept(&self, slot: Slot, value: &Value<S>, ctx: &mut Context<Self>) {
        let (ballot, chosen, value) = (self.ballot, self.executed, value.clone());
        let message = Message::Accept { ballot, slot, value, chosen };
        let acceptors = self.acceptors_of(slot);
        if acceptors.len() == self.peers.len() {
            return ctx.broadcast(message);
        }
        for acceptor in acceptors.iter().filter(|acceptor| *acceptor != self.id) {
            ctx.send(acceptor, message.clone());
        }
    }

    /// An acceptor has voted. A value is chosen when a majority has voted for it in one ballot.
    pub(super) fn on_accepted(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        slot: Slot,
        ctx: &mut Context<Self>,
    ) {
        let is_stale = ballot != self.ballot && !self.bugs.on(Bug::StaleAcceptedCounted);
        if self.role != Role::Leader || is_stale {
            return;
        }
        let Some(open) = self.open.get_mut(&slot) else { return };
        open.accepted.insert(self.bugs.voter(from, &open.accepted));
        let acceptors = self.acceptors_of(slot);
        let quorum = self.bugs.quorum(acceptors.len());
        let is_chosen = |open: &Open<S>| acceptors.and(open.accepted).len() >= quorum;
        if !self.open.get(&slot).is_some_and(is_chosen) {
            return;
        }
        if let Some(open) = self.open.remove(&slot) {
            if slot > self.executed + 1 {
                ctx.claim(Fact::Overtakes { slot });
            }
            self.log.choose(slot, open.value);
            self.execute(ctx);
            self.propose(ctx);
        }
    }

    /// Somebody has promised a higher number: the ballot is lost. Before another, a proposer waits
    /// for a time drawn at random, from a range that doubles with each time that it is overtaken, or
    /// two proposers could overtake each other for ever (section 2.4).
    pub(super) fn on_nack(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        promised: Ballot,
        ctx: &mut Context<Self>,
    ) {
        if self.bugs.on(Bug::NackCountsAsPromise) && self.role == Role::Candidate {
            return self.on_promise(from, ballot, &Arc::default(), (0, 0), ctx);
        }
        self.seen = self.seen.max(promised);
        if self.role == Role::Follower || ballot != self.ballot || promised <= ballot {
            return;
        }
        self.yield_to(None, ctx);
        let widest = self.config.back_off * (1 << self.duels.min(16));
        let widest = widest.min(self.config.election_timeout.to);
        self.duels += 1;
        let wait = SpanRange { from: Span(1), to: widest }.draw(ctx.rng());
        ctx.set_timer(Timer::Election, wait);
    }

    /// Proposes no more in this ballot: to a leader, if one is known.
    pub(super) fn yield_to(&mut self, leader: Option<NodeId>, ctx: &mut Context<Self>) {
        let was = std::mem::replace(&mut self.role, Role::Follower);
        self.leader = leader;
        if was == Role::Follower {
            return;
        }
        ctx.claim(Fact::Follows { epoch: self.seen.epoch() });
        self.promises = Promises::default();
        self.open.clear();
        for command in std::mem::take(&mut self.queue) {
            if let Command::Request(request) = command {
                ctx.refuse(request.id, leader);
            }
        }
        if was == Role::Leader {
            ctx.cancel_timer(Timer::Heartbeat);
            self.give_up_lease();
            self.await_leader(ctx);
        }
    }

    /// A leader's message has come that is not below what was promised.
    #[inline]
    pub(super) fn hear(&mut self, leader: NodeId, ctx: &mut Context<Self>) {
        if self.role != Role::Follower || self.leader != Some(leader) {
            self.yield_to(Some(leader), ctx);
        }
        self.duels = 0;
        self.heard_leader = Some(ctx.now());
        self.await_leader(ctx);
    }

    /// Asks one of those that were heard from lately for what is chosen next: whoever was ahead at the
    /// promise may be gone.
    fn ask_somebody(&self, ctx: &mut Context<Self>) {
        let (me, now, patience) = (self.id, ctx.now(), self.config.election_timeout.to);
        let is_near =
            |server: &NodeId| *server != me && now - self.peers[server.index()].heard <= patience;
        let near: Vec<NodeId> = (0..self.peers.len() as u32).map(NodeId).filter(is_near).collect();
        if let Some(server) = near.get(ctx.rng().index(near.len())) {
            ctx.send(*server, Message::CatchUp { from: self.executed + 1 });
        }
    }

    /// Shows that it lives; sends again what seems lost; and yields when no majority answers.
    pub(super) fn on_heartbeat_due(&mut self, ctx: &mut Context<Self>) {
        let patience = self.config.election_timeout.to;
        let heard = |server: &NodeId| {
            *server == self.id || ctx.now() - self.peers[server.index()].heard <= patience
        };
        let acceptors = self.acceptors_of(self.executed + 1);
        let answer: NodeSet = acceptors.iter().filter(heard).collect();
        if !acceptors.has_majority_in(answer) {
            return self.yield_to(None, ctx);
        }
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
        self.begin_round(ctx);
        let mut late = Vec::new();
        for (slot, open) in &mut self.open {
            open.idle += 1;
            if open.idle >= LOST_AFTER {
                open.idle = 0;
                late.push((*slot, open.value.clone()));
            }
        }
        for (slot, value) in late {
            self.send_accept(slot, &value, ctx);
        }
        if self.promises.known_chosen() > self.executed {
            self.ask_somebody(ctx);
        }
        if self.needs_promises() {
            self.prepare_newcomers(ctx);
        }
        self.propose(ctx);
    }
}
