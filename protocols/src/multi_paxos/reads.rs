//! Reads without a slot of their own.
//!
//! **Quorum reads** (Charapko, Ailijiang, Demirbas, "Linearizable Quorum Reads in Paxos", HotStorage
//! 2019). A reader asks a majority how far they have voted, and answers when it has executed up to
//! the highest slot that it heard of: a write that is done was voted for by a majority, one of whom
//! was asked. No leader is needed. The acceptors may change: those that were asked must still
//! be those who decide the next slot.
//!
//! **Lease** ("Paxos Made Live", section 5.2). A heartbeat that a majority answered also promises
//! that none of them listens to another proposer until the least election timeout has passed since
//! the heartbeat *left*. For so long, less what clocks may drift, the leader asks nobody.
//! A lease is worth nothing once others decide the next slot: they have promised nothing of the kind.

use super::bugs::Bug;
use super::config::Reads;
use super::log::Slot;
use super::message::Message;
use super::{MultiPaxos, Role};
use crate::ballot::Ballot;
use crate::lease::Lessee;
use crate::quorum::{agreed, majority};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, NodeSet, ReadPath, Request, Service, Time};
use std::collections::VecDeque;

/// Reads that wait, and rounds of heartbeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Pending<S: Service> {
    /// The newest round of heartbeats. Rounds are never numbered again while the process lives.
    round: u64,
    /// Rounds that no majority has answered yet, with when they began.
    begun: VecDeque<(u64, Time)>,
    /// The newest round that a majority has answered.
    confirmed: u64,
    /// Until when the leader may serve reads alone, and the acceptors that a majority of stands by it.
    lease: Option<(Time, NodeSet)>,
    /// The name of the next read. The first is drawn at random, or an answer to a read of an earlier
    /// life of this server could be taken for one to a new read.
    ticket: u64,
    asked: Vec<Asked<S>>,
}

/// A read that was asked for at this server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Asked<S: Service> {
    ticket: u64,
    at: Time,
    request: Request<S>,
    /// Who decided the next slot when it came, and who of them has answered.
    acceptors: NodeSet,
    answers: NodeSet,
    /// The highest slot that was heard of.
    slot: Slot,
}

/// So many rounds are remembered that nobody has answered yet.
const ROUNDS: usize = 256;

impl<S: Service> Pending<S> {
    pub(super) fn new(ticket: u64) -> Self {
        Pending {
            round: 0,
            begun: VecDeque::new(),
            confirmed: 0,
            lease: None,
            ticket,
            asked: Vec::new(),
        }
    }
}

impl<S: Service> MultiPaxos<S> {
    /// A client reads.
    pub(super) fn on_read(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        match self.config.reads {
            Reads::Local => self.serve(request, ReadPath::Local, ctx),
            Reads::Lease if self.role != Role::Leader => ctx.refuse(request.id, self.leader),
            Reads::Lease if self.may_serve_alone(ctx) => {
                self.serve(request, ReadPath::Lease, ctx);
            }
            _ => self.ask_quorum(request.clone(), ctx),
        }
    }

    fn serve(&mut self, request: &Request<S>, by: ReadPath, ctx: &mut Context<Self>) {
        let reply = self.service.apply(&request.op);
        ctx.claim(Fact::Reads { by });
        ctx.reply(request.id, reply);
    }

    fn ask_quorum(&mut self, request: Request<S>, ctx: &mut Context<Self>) {
        let (now, patience) = (ctx.now(), self.config.election_timeout.to);
        self.reads.asked.retain(|read| now - read.at <= patience && read.request.id != request.id);
        let ticket = self.reads.ticket;
        self.reads.ticket = ticket.wrapping_add(1);
        let acceptors = *self.memberships.of(self.executed + 1);
        for acceptor in acceptors.iter().filter(|acceptor| *acceptor != self.id) {
            ctx.send(acceptor, Message::Query { ticket });
        }
        let answers = NodeSet::default();
        self.reads.asked.push(Asked { ticket, at: now, request, acceptors, answers, slot: 0 });
        let slot = self.voted_to();
        self.on_voted(self.id, ticket, slot, ctx);
    }

    fn voted_to(&self) -> Slot {
        self.log.last_voted().max(self.executed)
    }

    /// A reader asks how far this acceptor has voted.
    pub(super) fn on_query(&mut self, from: NodeId, ticket: u64, ctx: &mut Context<Self>) {
        let slot =
            if self.bugs.on(Bug::QuorumReadsExecuted) { self.executed } else { self.voted_to() };
        ctx.send(from, Message::Voted { ticket, slot });
    }

    pub(super) fn on_voted(
        &mut self,
        from: NodeId,
        ticket: u64,
        slot: Slot,
        ctx: &mut Context<Self>,
    ) {
        if let Some(read) = self.reads.asked.iter_mut().find(|read| read.ticket == ticket) {
            read.answers.insert(from);
            read.slot = read.slot.max(slot);
            self.serve_reads_at_hand(ctx);
        }
    }

    /// Serves what a majority has answered, as far as all that it told of is executed.
    #[inline]
    pub(super) fn serve_reads_at_hand(&mut self, ctx: &mut Context<Self>) {
        let executed = self.executed;
        let is_at_hand =
            |read: &Asked<S>| read.acceptors.has_majority_in(read.answers) && read.slot <= executed;
        while let Some(place) = self.reads.asked.iter().position(is_at_hand) {
            let read = self.reads.asked.remove(place);
            let leads = self.role == Role::Leader;
            if *self.memberships.of(executed + 1) != read.acceptors {
                return self.ask_quorum(read.request, ctx);
            }
            let by = if leads { ReadPath::ReadIndex } else { ReadPath::FollowerReadIndex };
            self.serve(&read.request, by, ctx);
        }
    }

    /// Sends every server a heartbeat whose answer shows that nobody had overtaken this leader
    /// there after now.
    pub(super) fn begin_round(&mut self, ctx: &mut Context<Self>) {
        self.reads.round += 1;
        if self.reads.begun.len() == ROUNDS {
            self.reads.begun.pop_front();
        }
        self.reads.begun.push_back((self.reads.round, ctx.now()));
        let round = self.reads.round;
        self.peers[self.id.index()].round = round;
        let (ballot, chosen) = (self.ballot, self.executed);
        ctx.broadcast(Message::Heartbeat { ballot, round, chosen });
        self.confirm_rounds(ctx);
    }

    /// A server has answered a heartbeat. What it voted for in a slot that this leader has not come
    /// to was never chosen, and yet a reader may wait for it.
    pub(super) fn on_alive(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        round: u64,
        voted: Slot,
        ctx: &mut Context<Self>,
    ) {
        if self.role != Role::Leader || ballot != self.ballot {
            return;
        }
        let peer = &mut self.peers[from.index()];
        peer.heard = ctx.now();
        if voted >= self.next_slot {
            self.promises.last = self.promises.last.max(voted);
            self.propose(ctx);
        }
        let peer = &mut self.peers[from.index()];
        if round > peer.round {
            peer.round = round;
            self.confirm_rounds(ctx);
        }
    }

    /// Looks which rounds a majority has answered.
    fn confirm_rounds(&mut self, ctx: &mut Context<Self>) {
        let acceptors = *self.acceptors_of(self.executed + 1);
        let rounds = acceptors.iter().map(|server| self.peers[server.index()].round);
        let confirmed = agreed(rounds, majority(acceptors.len()));
        if confirmed <= self.reads.confirmed {
            return;
        }
        self.reads.confirmed = confirmed;
        self.duels = 0;
        let mut began = None;
        while let Some((round, at)) = self.reads.begun.front().copied()
            && round <= confirmed
        {
            began = Some(at);
            self.reads.begun.pop_front();
        }
        let Some(began) = began.filter(|_| self.config.reads == Reads::Lease) else { return };
        let from = if self.bugs.on(Bug::LeaseFromAnswers) { ctx.now() } else { began };
        let until = from + self.config.lease();
        if self.lease_until().is_none_or(|held| held < until) {
            self.reads.lease = Some((until, acceptors));
            ctx.claim(Fact::Leases { until: until.0 });
        }
    }

    fn may_serve_alone(&self, ctx: &Context<Self>) -> bool {
        let holds = self.lease_until().is_some_and(|until| ctx.now() < until);
        holds || self.bugs.on(Bug::ReadWithoutQuorum)
    }

    /// It leads no more.
    pub(super) fn give_up_lease(&mut self) {
        self.reads.begun.clear();
        self.reads.lease = None;
    }
}

impl<S: Service> Lessee for MultiPaxos<S> {
    /// A leader that has not executed all that earlier ballots may have chosen holds none yet.
    fn lease_until(&self) -> Option<Time> {
        if self.role != Role::Leader || !self.is_established() {
            return None;
        }
        let (until, acceptors) = self.reads.lease.as_ref()?;
        (self.memberships.of(self.executed + 1) == acceptors).then_some(*until)
    }
}
