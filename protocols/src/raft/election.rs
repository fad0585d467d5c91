//! Leader election: sections 5.2 and 5.4.1; Pre-Vote (thesis, 9.6); voters that stand by a leader
//! (4.2.3).

use super::bugs::Bug;
use super::log::{Index, Term};
use super::message::{Candidacy, Message, Timer};
use super::{Raft, Role};
use sim_core::{Context, Fact, NodeId, NodeSet, Service};

impl<S: Service> Raft<S> {
    /// Waits anew for word from a leader, for a time drawn at random so that elections seldom
    /// split.
    pub(super) fn await_leader(&mut self, ctx: &mut Context<Self>) {
        let patience = self.config.election_timeout.draw(ctx.rng());
        ctx.set_timer(Timer::Election, patience);
    }

    /// "If election timeout elapses without receiving AppendEntries RPC from current leader or
    /// granting vote to candidate: convert to candidate" (Fig. 2).
    pub(super) fn on_election_timeout(&mut self, ctx: &mut Context<Self>) {
        if !self.may_campaign() {
            self.follow(None, ctx);
            return self.await_leader(ctx);
        }
        if !self.config.pre_vote {
            return self.campaign(false, ctx);
        }
        self.follow(None, ctx);
        self.role = Role::PreCandidate;
        self.votes = NodeSet::of(self.id);
        self.await_leader(ctx);
        if self.is_quorum(self.votes) {
            return self.campaign(false, ctx);
        }
        let candidacy = self.candidacy(self.term + 1, false);
        self.ask_voters(Message::PreVote(candidacy), ctx);
    }

    /// Asks everybody whose vote counts, in the newest configuration that it knows. Whether they
    /// know it too is their business: "servers must process votes of candidates that are not in
    /// their configuration" (thesis, section 4.2.2, in other words).
    fn ask_voters(&self, message: Message<S>, ctx: &mut Context<Self>) {
        let voters = self.membership().everybody();
        if voters.len() == self.progress.len() {
            return ctx.broadcast(message);
        }
        for voter in voters.iter().filter(|voter| *voter != self.id) {
            ctx.send(voter, message.clone());
        }
    }

    /// "On conversion to candidate, start election: increment currentTerm, vote for self, reset
    /// election timer, send RequestVote RPCs to all other servers" (Fig. 2).
    pub(super) fn campaign(&mut self, transfer: bool, ctx: &mut Context<Self>) {
        self.term += 1;
        self.voted_for = Some(self.id);
        self.role = Role::Candidate;
        self.set_leader(None, ctx);
        self.votes = NodeSet::of(self.id);
        self.await_leader(ctx);
        self.save_term(ctx);
        ctx.claim(Fact::Campaigns { epoch: self.term });
        if self.is_quorum(self.votes) {
            // Alone it may lead as soon as its own vote is on disk: the word to itself waits for
            // that.
            let (term, granted) = (self.term, true);
            return ctx.send(self.id, Message::Vote { term, granted });
        }
        let candidacy = self.candidacy(self.term, transfer);
        self.ask_voters(Message::RequestVote(candidacy), ctx);
    }

    fn candidacy(&self, term: Term, transfer: bool) -> Candidacy {
        let (last_term, last_index) = self.position();
        Candidacy { term, last_term, last_index, transfer }
    }

    /// By what logs are compared: "If the logs have last entries with different terms, then the log
    /// with the later term is more up-to-date. If the logs end with the same term, then whichever
    /// log is longer" (5.4.1).
    fn position(&self) -> (Term, Index) {
        if self.bugs.on(Bug::VoteUsesCommitIndex) {
            return (self.log.term_at(self.commit_index).unwrap_or(0), self.commit_index);
        }
        (self.log.last_term(), self.log.last_index())
    }

    fn is_up_to_date(&self, ask: &Candidacy) -> bool {
        self.bugs.is_up_to_date((ask.last_term, ask.last_index), self.position())
    }

    /// Whether it hears from a leader, so that a candidate is more likely cut off than right. A
    /// server that has just booted cannot know when it last heard from one; where leases rest on
    /// this rule it assumes: now.
    fn stands_by_a_leader(&self, ctx: &Context<Self>) -> bool {
        if !self.config.voters_stand_by_leader() || self.bugs.on(Bug::LeaseVotersDoNotWait) {
            return false;
        }
        let recent = |at| ctx.now() - at < self.config.election_timeout.from;
        self.role == Role::Leader
            || self.heard_leader.is_some_and(recent)
            || self.config.reads == super::config::Reads::Lease && recent(self.booted)
    }

    /// Says whether it would vote for the candidate, and changes nothing (thesis, section 9.6). A
    /// refusal carries the own term, or a server that lags behind in terms could never be elected.
    pub(super) fn on_pre_vote(&mut self, from: NodeId, ask: &Candidacy, ctx: &mut Context<Self>) {
        if self.bugs.on(Bug::PrevoteBumpsTerm) && ask.term > self.term {
            self.step_down(ask.term, ctx);
        }
        if self.bugs.on(Bug::PrevoteStaleTermReply) && ask.term < self.term {
            return;
        }
        let is_free = ask.term > self.term
            || ask.term == self.term && self.voted_for.is_none_or(|voted| voted == from);
        let granted = is_free
            && self.is_up_to_date(ask)
            && !self.stands_by_a_leader(ctx)
            && !self.bugs.knows_no_vote(self);
        let term = if granted { ask.term } else { self.term };
        ctx.send(from, Message::PreVoteReply { term, granted });
    }

    pub(super) fn on_pre_vote_reply(
        &mut self,
        from: NodeId,
        term: Term,
        granted: bool,
        ctx: &mut Context<Self>,
    ) {
        if self.role != Role::PreCandidate || !granted || term != self.term + 1 {
            return;
        }
        self.votes.insert(self.bugs.voter(from, self.votes, self.membership()));
        if self.is_quorum(self.votes) {
            self.campaign(false, ctx);
        }
    }

    /// "Reply false if term < currentTerm. If votedFor is null or candidateId, and candidate's log
    /// is at least as up-to-date as receiver's log, grant vote" (Fig. 2).
    pub(super) fn on_request_vote(
        &mut self,
        from: NodeId,
        ask: &Candidacy,
        ctx: &mut Context<Self>,
    ) {
        if !ask.transfer && self.stands_by_a_leader(ctx) {
            return;
        }
        if ask.term > self.term {
            self.step_down(ask.term, ctx);
            self.bugs.note_candidate(from, &mut self.voted_for);
        }
        let granted = ask.term == self.term
            && self.voted_for.is_none_or(|voted| voted == from)
            && !self.bugs.knows_no_vote(self)
            && (self.is_up_to_date(ask) || self.bugs.trusts_noted(self.voted_for, from));
        if granted {
            self.voted_for = Some(from);
            self.await_leader(ctx);
            if !self.bugs.on(Bug::VoteNotPersisted) {
                self.save_term(ctx);
            }
        }
        ctx.send(from, Message::Vote { term: self.term, granted });
    }

    /// "If votes received from majority of servers: become leader" (Fig. 2).
    pub(super) fn on_vote(
        &mut self,
        from: NodeId,
        term: Term,
        granted: bool,
        ctx: &mut Context<Self>,
    ) {
        if self.role != Role::Candidate || !granted || term != self.term {
            return;
        }
        self.votes.insert(self.bugs.voter(from, self.votes, self.membership()));
        if self.is_quorum(self.votes) {
            self.lead(ctx);
        }
    }

    /// A higher term was seen: the own one is over, and with it the vote.
    pub(super) fn step_down(&mut self, term: Term, ctx: &mut Context<Self>) {
        self.term = term;
        self.voted_for = None;
        self.follow(None, ctx);
        self.save_term(ctx);
    }

    /// Becomes a follower in the current term: of this leader, if it is known.
    pub(super) fn follow(&mut self, leader: Option<NodeId>, ctx: &mut Context<Self>) {
        let was = std::mem::replace(&mut self.role, Role::Follower);
        if was == Role::Leader {
            ctx.cancel_timer(Timer::Heartbeat);
            self.give_up_reads(ctx);
            self.end_transfer(ctx);
            self.give_up_change(ctx);
            self.await_leader(ctx);
            if self.bugs.on(Bug::TruncateOnStepdown) {
                self.truncate_from(self.commit_index + 1);
            }
        }
        if matches!(was, Role::Candidate | Role::Leader) {
            ctx.claim(Fact::Follows { epoch: self.term });
        }
        if self.bugs.on(Bug::VoteClearedSameTerm) {
            self.voted_for = None;
        }
        self.set_leader(leader, ctx);
    }

    /// A valid message of the current term's leader has come.
    #[inline]
    pub(super) fn hear(&mut self, leader: NodeId, ctx: &mut Context<Self>) {
        if self.role != Role::Follower || self.leader != Some(leader) {
            self.follow(Some(leader), ctx);
        }
        self.stand_by_leader(ctx);
    }

    #[inline]
    pub(super) fn stand_by_leader(&mut self, ctx: &mut Context<Self>) {
        self.heard_leader = Some(ctx.now());
        self.await_leader(ctx);
    }
}
