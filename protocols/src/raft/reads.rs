//! Reads without a log entry of their own (section 8; thesis, section 6.4).
//!
//! **Read-index.** The leader notes its commit index, which is current once it has committed an
//! entry of its own term; confirms with a round of heartbeats that it still leads; and serves the
//! read. A follower asks the leader for such an index, and serves the read when it has applied that
//! far.
//!
//! **Lease.** A round that a majority answered also promises that none of them votes until the
//! least election timeout has passed since it *began*. For so long, less what clocks may drift, the
//! leader asks nobody.

use super::bugs::Bug;
use super::config;
use super::log::{Index, Term};
use super::message::Message;
use super::{Raft, Role};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, ReadPath, Request, Service, Time};
use std::collections::VecDeque;

/// Reads that wait, and what they wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Pending<S: Service> {
    /// The newest round of heartbeats. Rounds are never numbered again while the process lives.
    pub(super) round: u64,
    /// Rounds that no majority has answered yet, with when they began.
    begun: VecDeque<(u64, Time)>,
    /// The newest round that a majority has answered.
    confirmed: u64,
    /// Reads that came before the leader had committed an entry of its term.
    early: Vec<Reader<S>>,
    /// Reads that wait for a round.
    waiting: VecDeque<Waiting<S>>,
    /// Until when the leader may serve reads alone.
    pub(super) lease_until: Option<Time>,
    /// The leader has told another to campaign whatever voters promised: no lease for the rest of
    /// this term.
    lease_given_up: bool,
    /// The name of the next read for which the leader is asked. The first is drawn at random, or
    /// the answer to a read of an earlier life of this server could be taken for that to a new one.
    ticket: u64,
    /// Reads for which the leader was asked.
    asked: Vec<Asked<S>>,
}

/// Who reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
enum Reader<S: Service> {
    Client(Request<S>),
    Follower { node: NodeId, ticket: u64 },
}

/// A read at the leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Waiting<S: Service> {
    round: u64,
    index: Index,
    reader: Reader<S>,
}

/// A read at a follower.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Asked<S: Service> {
    ticket: u64,
    at: Time,
    request: Request<S>,
    /// What the leader has answered.
    index: Option<Index>,
}

/// So many rounds are remembered that nobody has answered yet.
const ROUNDS: usize = 256;

impl<S: Service> Pending<S> {
    pub(super) fn new(ticket: u64) -> Self {
        Pending {
            round: 0,
            begun: VecDeque::new(),
            confirmed: 0,
            early: Vec::new(),
            waiting: VecDeque::new(),
            lease_until: None,
            lease_given_up: false,
            ticket,
            asked: Vec::new(),
        }
    }
}

impl<S: Service> Raft<S> {
    /// The newest round that it takes for answered by a majority.
    pub fn confirmed_round(&self) -> u64 {
        self.reads.confirmed
    }

    /// A client reads.
    pub(super) fn on_read(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let reads = self.config.reads;
        if reads == config::Reads::Local {
            return self.serve(request, ReadPath::Local, ctx);
        }
        if self.role == Role::Leader {
            return match (reads, self.best_follower()) {
                (config::Reads::FollowerReadIndex, Some(follower)) => {
                    ctx.refuse(request.id, Some(follower));
                }
                (config::Reads::Lease, _) if self.holds_lease(ctx) => {
                    self.serve(request, ReadPath::Lease, ctx);
                }
                _ => self.begin_read(Reader::Client(request.clone()), ctx),
            };
        }
        if self.bugs.on(Bug::FollowerReadOwnCommit) {
            return self.serve(request, ReadPath::FollowerReadIndex, ctx);
        }
        if reads == config::Reads::Lease {
            return ctx.refuse(request.id, self.leader);
        }
        self.ask_leader(request, ctx);
    }

    fn serve(&mut self, request: &Request<S>, by: ReadPath, ctx: &mut Context<Self>) {
        let reply = self.service.apply(&request.op);
        ctx.claim(Fact::Reads { by });
        ctx.reply(request.id, reply);
    }

    /// Until a leader has committed an entry of its own term it cannot know what is committed.
    fn knows_what_is_committed(&self) -> bool {
        self.log.term_at(self.commit_index) == Some(self.term)
            || self.bugs.on(Bug::ReadindexBeforeTermCommit)
    }

    fn begin_read(&mut self, reader: Reader<S>, ctx: &mut Context<Self>) {
        if !self.knows_what_is_committed() {
            return self.reads.early.push(reader);
        }
        // The round must begin after the read has come: older answers prove nothing about now.
        let is_new = !self.bugs.on(Bug::ReadindexReusesOldAcks);
        let round = self.reads.round + u64::from(is_new);
        self.reads.waiting.push_back(Waiting { round, index: self.commit_index, reader });
        if is_new {
            self.begin_round(ctx);
        }
        self.serve_confirmed(ctx);
    }

    /// The first entry of the term is committed.
    #[inline]
    pub(super) fn begin_early_reads(&mut self, ctx: &mut Context<Self>) {
        for reader in std::mem::take(&mut self.reads.early) {
            self.begin_read(reader, ctx);
        }
    }

    /// Sends every follower a heartbeat whose answer shows that this server led after now.
    pub(super) fn begin_round(&mut self, ctx: &mut Context<Self>) {
        self.reads.round += 1;
        if self.reads.begun.len() == ROUNDS {
            self.reads.begun.pop_front();
        }
        let now = self.bugs.lease_clock(ctx);
        self.reads.begun.push_back((self.reads.round, now));
        let me = self.id.index();
        self.progress[me].round = self.reads.round;
        for server in (0..self.progress.len()).filter(|server| *server != me) {
            let server = NodeId(server as u32);
            if self.peers.contains(server) {
                self.send_heartbeat(server, ctx);
            }
        }
        self.confirm_rounds(ctx);
    }

    /// Looks which rounds a majority has answered.
    pub(super) fn confirm_rounds(&mut self, ctx: &mut Context<Self>) {
        let answered = self.agreed_beyond(self.reads.confirmed, |progress| progress.round);
        let Some(confirmed) = answered else { return };
        self.reads.confirmed = confirmed;
        let mut began = None;
        while let Some((round, at)) = self.reads.begun.front()
            && *round <= confirmed
        {
            began = Some(*at);
            self.reads.begun.pop_front();
        }
        if let Some(began) = began {
            self.extend_lease(began, ctx);
        }
        self.serve_confirmed(ctx);
    }

    fn serve_confirmed(&mut self, ctx: &mut Context<Self>) {
        while let Some(read) = self.reads.waiting.front()
            && read.round <= self.reads.confirmed
            && let Some(read) = self.reads.waiting.pop_front()
        {
            match read.reader {
                Reader::Client(request) => self.serve(&request, ReadPath::ReadIndex, ctx),
                Reader::Follower { node, ticket } => {
                    let (term, index) = (self.term, read.index);
                    ctx.send(node, Message::ReadIndexReply { term, ticket, index });
                }
            }
        }
    }

    /// A lease runs from when its round began, not from when the answers came: a voter may have
    /// answered long ago (thesis, Fig. 6.3).
    fn extend_lease(&mut self, began: Time, ctx: &mut Context<Self>) {
        if self.config.reads != config::Reads::Lease || self.reads.lease_given_up {
            return;
        }
        let from = if self.bugs.on(Bug::LeaseFromAckArrival) { ctx.now() } else { began };
        let until = from + self.config.lease();
        if self.reads.lease_until.is_none_or(|held| held < until) {
            self.reads.lease_until = Some(until);
            ctx.claim(Fact::Leases { until: until.0 });
        }
    }

    fn holds_lease(&self, ctx: &Context<Self>) -> bool {
        let now = self.bugs.lease_clock(ctx);
        self.knows_what_is_committed() && self.reads.lease_until.is_some_and(|until| now < until)
    }

    /// No more lease in this term.
    pub(super) fn give_up_lease(&mut self) {
        self.reads.lease_until = None;
        self.reads.lease_given_up = true;
    }

    /// It leads no more: whoever waits may ask another.
    pub(super) fn give_up_reads(&mut self, ctx: &mut Context<Self>) {
        let early = std::mem::take(&mut self.reads.early);
        let waiting = std::mem::take(&mut self.reads.waiting);
        for reader in early.into_iter().chain(waiting.into_iter().map(|read| read.reader)) {
            if let Reader::Client(request) = reader {
                ctx.refuse(request.id, None);
            }
        }
        self.reads.begun.clear();
        self.reads.lease_until = None;
        self.reads.lease_given_up = false;
    }

    /// A client reads at a follower.
    fn ask_leader(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let Some(leader) = self.leader else { return ctx.refuse(request.id, None) };
        let (now, patience) = (ctx.now(), self.config.election_timeout.to);
        self.reads.asked.retain(|read| now - read.at <= patience && read.request.id != request.id);
        let ticket = self.reads.ticket;
        self.reads.ticket = ticket.wrapping_add(1);
        self.reads.asked.push(Asked { ticket, at: now, request: request.clone(), index: None });
        ctx.send(leader, Message::ReadIndex { term: self.term, ticket });
    }

    /// A follower asks for an index.
    pub(super) fn on_read_index(
        &mut self,
        from: NodeId,
        term: Term,
        ticket: u64,
        ctx: &mut Context<Self>,
    ) {
        if self.role == Role::Leader && term == self.term {
            self.begin_read(Reader::Follower { node: from, ticket }, ctx);
        }
    }

    /// The leader has answered.
    pub(super) fn on_read_index_reply(
        &mut self,
        ticket: u64,
        index: Index,
        ctx: &mut Context<Self>,
    ) {
        if let Some(read) = self.reads.asked.iter_mut().find(|read| read.ticket == ticket) {
            read.index = Some(index);
            self.serve_reads_at_hand(ctx);
        }
    }

    /// Serves what this follower was given an index for, as far as it has applied.
    #[inline]
    pub(super) fn serve_reads_at_hand(&mut self, ctx: &mut Context<Self>) {
        let applied = self.last_applied;
        let is_at_hand = |read: &Asked<S>| read.index.is_some_and(|index| index <= applied);
        while let Some(place) = self.reads.asked.iter().position(is_at_hand) {
            let read = self.reads.asked.remove(place);
            self.serve(&read.request, ReadPath::FollowerReadIndex, ctx);
        }
    }

    /// Learns who leads. What another leader was asked for will not be answered.
    #[inline]
    pub(super) fn set_leader(&mut self, leader: Option<NodeId>, ctx: &mut Context<Self>) {
        if self.leader != leader {
            self.leader = leader;
            for read in std::mem::take(&mut self.reads.asked) {
                ctx.refuse(read.request.id, leader);
            }
        }
    }
}
