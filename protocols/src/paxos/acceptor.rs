//! The acceptor: promises and votes ("Paxos Made Simple", sections 2.2 and 2.5).
//!
//! "An acceptor needs to remember only the highest-numbered proposal that it has ever accepted and
//! the number of the highest-numbered prepare request to which it has responded", "even if it fails
//! and then restarts": it is on disk before the response leaves.

use super::bugs::Bug;
use super::config::Learning;
use super::message::{Message, Record, Vote};
use super::{Key, Paxos, Value};
use crate::ballot::Ballot;
use serde::Serialize;
use sim_core::{Context, NodeId};

/// What an acceptor remembers of a decision. The promise may be of a higher ballot than the vote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Acceptor {
    /// The highest ballot that it has promised.
    pub promised: Ballot,
    /// Its last vote.
    pub vote: Option<Vote>,
}

impl Acceptor {
    /// A vote binds like a promise.
    pub(super) fn vote(&mut self, vote: Vote) {
        self.promised = self.promised.max(vote.ballot);
        self.vote = Some(vote);
    }
}

impl Paxos {
    /// Phase 1b: "If an acceptor receives a prepare request with number n greater than that of any
    /// prepare request to which it has already responded, then it responds to the request with a
    /// promise not to accept any more proposals numbered less than n and with the highest-numbered
    /// proposal (if any) that it has accepted."
    pub(super) fn on_prepare(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        ctx: &mut Context<Self>,
    ) {
        let Acceptor { promised, vote } = *self.acceptor(key);
        if ballot < promised {
            return ctx.send(from, Message::Nack { key, ballot, promised });
        }
        if ballot > promised {
            self.acceptor(key).promised = ballot;
            ctx.append(Record::Promised(key, ballot));
            if !self.bugs.on(Bug::AcceptorForgetsPromise) {
                ctx.sync();
            }
        }
        ctx.send(from, Message::Promise { key, ballot, vote });
        if from != self.id {
            self.overtaken(key, ballot, ctx);
        }
    }

    /// Phase 2b: "If an acceptor receives an accept request for a proposal numbered n, it accepts the
    /// proposal unless it has already responded to a prepare request having a number greater than n."
    pub(super) fn on_accept(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        value: Value,
        ctx: &mut Context<Self>,
    ) {
        let acceptor = *self.acceptor(key);
        let promised = acceptor.promised;
        if ballot < self.bugs.bound(acceptor) || self.bugs.demands_more(ballot, promised) {
            return ctx.send(from, Message::Nack { key, ballot, promised });
        }
        let vote = Vote { ballot, value };
        if acceptor.vote != Some(vote) {
            self.acceptor(key).vote(vote);
            self.learner.note_vote(key);
            ctx.append(Record::Voted(key, vote));
        }
        if !self.bugs.on(Bug::AcceptorForgetsVote) {
            ctx.sync();
        }
        let accepted = Message::Accepted { key, ballot, value };
        match self.config.learning {
            Learning::Distinguished => ctx.send(ballot.proposer, accepted),
            Learning::All => {
                ctx.send(self.id, accepted.clone());
                ctx.broadcast(accepted);
            }
        }
        if from != self.id {
            self.overtaken(key, ballot, ctx);
        }
    }
}
