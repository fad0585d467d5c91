//! The acceptor ("Fast Paxos", sections 2.2 and 3.1): as in classic Paxos, and in a fast round it
//! votes for what reaches it first.

use super::FastPaxos;
use super::bugs::Bug;
use super::message::{Message, Record, Vote};
use super::round::Round;
use crate::ballot::Ballot;
use crate::paxos::{Key, Value};
use serde::Serialize;
use sim_core::{Context, NodeId};

/// What an acceptor remembers of a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Acceptor {
    /// The highest round that it has promised; on disk.
    pub(super) promised: Round,
    /// Its last vote; on disk.
    pub(super) vote: Option<Vote>,
    /// The highest ballot in whose fast round it may vote for any value; none in memory, no vote.
    pub(super) any: Ballot,
    /// What a client has proposed first. That is forgotten in a crash, and then asked again.
    pub(super) offered: Option<Value>,
}

impl Acceptor {
    /// A vote binds like a promise.
    pub(super) fn vote(&mut self, vote: Vote) {
        self.promised = self.promised.max(vote.ballot);
        self.vote = Some(vote);
    }
}

impl FastPaxos {
    /// Phase 1b, for both rounds of a ballot.
    pub(super) fn on_prepare(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        ctx: &mut Context<Self>,
    ) {
        let round = Round::fast(ballot);
        let Acceptor { promised, vote, .. } = *self.acceptor(key);
        if round < promised {
            return ctx.send(from, Message::Nack { key, ballot, promised });
        }
        if round > promised {
            self.acceptor(key).promised = round;
            ctx.append(Record::Promised(key, round));
            ctx.sync();
        }
        ctx.send(from, Message::Promise { key, ballot, vote });
        if from != self.id {
            self.overtaken(key, ballot, ctx);
        }
    }

    /// A client's value, in a fast round.
    pub(super) fn on_offer(&mut self, key: Key, value: Value, ctx: &mut Context<Self>) {
        let again = self.bugs.on(Bug::FastVoteTwice);
        let offered = &mut self.acceptor(key).offered;
        *offered = offered.filter(|_| !again).or(Some(value));
        self.vote_for_any(key, ctx);
    }

    /// Phase 2a of a fast round.
    pub(super) fn on_any(&mut self, key: Key, ballot: Ballot, ctx: &mut Context<Self>) {
        let acceptor = self.acceptor(key);
        acceptor.any = acceptor.any.max(ballot);
        self.vote_for_any(key, ctx);
    }

    /// Phase 2b of a fast round: the first value that a client has offered, and no second.
    fn vote_for_any(&mut self, key: Key, ctx: &mut Context<Self>) {
        let again = self.bugs.on(Bug::FastVoteTwice);
        let acceptor = *self.acceptor(key);
        let (ballot, round) = (acceptor.any, Round::fast(acceptor.any));
        let has_voted = acceptor.vote.is_some_and(|vote| vote.ballot >= round) && !again;
        if ballot.is_none() || acceptor.promised > round || has_voted {
            return;
        }
        if let Some(value) = acceptor.offered {
            self.vote(key, Vote { ballot: round, value }, ctx);
        }
    }

    /// Phase 2b of a classic round.
    pub(super) fn on_accept(
        &mut self,
        from: NodeId,
        key: Key,
        ballot: Ballot,
        value: Value,
        ctx: &mut Context<Self>,
    ) {
        let round = Round::classic(ballot);
        let promised = self.acceptor(key).promised;
        if round < promised {
            return ctx.send(from, Message::Nack { key, ballot, promised });
        }
        self.vote(key, Vote { ballot: round, value }, ctx);
        if from != self.id {
            self.overtaken(key, ballot, ctx);
        }
    }

    fn vote(&mut self, key: Key, vote: Vote, ctx: &mut Context<Self>) {
        if self.acceptor(key).vote != Some(vote) {
            self.acceptor(key).vote(vote);
            self.learner.note_vote(key);
            ctx.append(Record::Voted(key, vote));
        }
        if !self.bugs.on(Bug::AcceptorForgetsVote) {
            ctx.sync();
        }
        ctx.send(self.id, Message::Accepted { key, vote });
        ctx.broadcast(Message::Accepted { key, vote });
    }
}
