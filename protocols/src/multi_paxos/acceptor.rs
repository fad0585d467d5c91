//! The acceptor: promises and votes ("Paxos Made Simple", sections 2.2 and 2.5).
//!
//! "An acceptor needs to remember only the highest-numbered proposal that it has ever accepted and
//! the number of the highest-numbered prepare request to which it has responded", here for each
//! slot and for all slots together; "and must remember this information even if it fails": it is on
//! disk before the response leaves.

use super::bugs::Bug;
use super::config::Reads;
use super::log::{Slot, Value, Vote};
use super::message::{Message, Record};
use super::{MultiPaxos, Role};
use crate::ballot::Ballot;
use sim_core::{Context, NodeId, Service};

impl<S: Service> MultiPaxos<S> {
    /// Phase 1b: "If an acceptor receives a prepare request with number n greater than that of any
    /// prepare request to which it has already responded, then it responds to the request with a
    /// promise not to accept any more proposals numbered less than n and with the highest-numbered
    /// proposal (if any) that it has accepted."
    pub(super) fn on_prepare(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        first: Slot,
        ctx: &mut Context<Self>,
    ) {
        if ballot < self.promised {
            return self.refuse(from, ballot, ctx);
        }
        if self.stands_by_another(from, ctx) {
            return;
        }
        if ballot > self.promised {
            self.promise(ballot, ctx);
            if from != self.id {
                self.yield_to(None, ctx);
                self.await_leader(ctx);
            }
        }
        let votes = self.log.votes(first).map(|(slot, vote)| (slot, vote.clone())).collect();
        let (base, executed) = (self.log.base(), self.executed);
        ctx.send(from, Message::Promise { ballot, first, votes, base, executed });
    }

    /// Binds itself to a ballot. What is sent from here on waits for the disk.
    fn promise(&mut self, ballot: Ballot, ctx: &mut Context<Self>) {
        self.promised = ballot;
        self.seen = self.seen.max(ballot);
        if self.bugs.on(Bug::AcceptorForgetsPromise) {
            return;
        }
        ctx.append(Record::Promised(ballot));
        ctx.sync();
    }

    /// Phase 2b: "If an acceptor receives an accept request for a proposal numbered n, it accepts
    /// the proposal unless it has already responded to a prepare request having a number greater
    /// than n." Its vote and its promise are two numbers: the promise may be the higher one.
    pub(super) fn on_accept(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        slot: Slot,
        value: &Value<S>,
        ctx: &mut Context<Self>,
    ) {
        if ballot < self.bound_at(slot) || self.bugs.demands_more(ballot, self.promised) {
            return self.refuse(from, ballot, ctx);
        }
        if ballot > self.promised {
            self.promise(ballot, ctx);
        }
        if from != self.id {
            self.hear(from, ctx);
        }
        let is_news = self.log.vote(slot).is_none_or(|vote| vote.ballot != ballot);
        if is_news && slot > self.log.base() {
            let vote = Vote { ballot, value: value.clone() };
            ctx.append(Record::Voted { slot, vote: vote.clone() });
            self.log.cast(slot, vote);
        }
        if !self.bugs.on(Bug::AcceptorForgetsVote) {
            ctx.sync();
        }
        // What is compacted here is chosen, and then no other value can be proposed: it may be
        // acknowledged, once the snapshot is on disk.
        ctx.send(from, Message::Accepted { ballot, slot });
    }

    /// The ballot below which nothing is accepted at a slot.
    fn bound_at(&self, slot: Slot) -> Ballot {
        if self.bugs.on(Bug::AcceptWithoutPromiseCheck) {
            return self.log.vote(slot).map_or(Ballot::default(), |vote| vote.ballot);
        }
        self.promised
    }

    pub(super) fn refuse(&self, from: NodeId, ballot: Ballot, ctx: &mut Context<Self>) {
        let promised = self.promised;
        ctx.send(from, Message::Nack { ballot, promised });
    }

    /// Whether a lease may run that this acceptor is part of: then it promises nothing to others
    /// ("Paxos Made Live", section 5.2). One that has just booted cannot know what it was part of.
    fn stands_by_another(&self, from: NodeId, ctx: &Context<Self>) -> bool {
        if self.config.reads != Reads::Lease || self.bugs.on(Bug::MasterLeaseNoWait) {
            return false;
        }
        if from == self.promised.proposer && !self.promised.is_none() {
            return false;
        }
        let recent = |at| ctx.now() - at < self.config.election_timeout.from;
        self.role == Role::Leader
            || self.heard_leader.is_some_and(recent)
            || from != self.id && recent(self.booted)
    }

    /// A leader shows that it lives. Whoever answers has promised nobody more.
    pub(super) fn on_heartbeat(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        round: u64,
        chosen: Slot,
        ctx: &mut Context<Self>,
    ) {
        if ballot < self.promised {
            return self.refuse(from, ballot, ctx);
        }
        if ballot > self.promised {
            self.promise(ballot, ctx);
        }
        self.hear(from, ctx);
        let voted = self.log.last_voted();
        ctx.send(from, Message::Alive { ballot, round, voted });
        self.learn_from_votes(ballot, chosen, ctx);
        self.look_for_gaps(from, chosen, ctx);
    }
}
