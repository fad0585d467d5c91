//! Changing the members: joint consensus (section 6; thesis, section 4.3), and one server at a time
//! (thesis, section 4.2).
//!
//! A client asks for a set of voters. Servers that are new to it first catch up as learners, which
//! are sent entries and counted nowhere (thesis, section 4.2.1). Then the leader appends C_old,new,
//! and C_new when that is committed; or, one server at a time, a configuration that differs by one
//! voter, and the next when that is committed. The client has its answer when the last of them is.

use super::bugs::Bug;
use super::config::{Changes, Learners};
use super::log::{Index, Payload, Reconfiguration};
use super::members::Membership;
use super::replication::Progress;
use super::{Raft, Role};
use serde::Serialize;
use sim_core::{Context, NodeId, NodeSet, Request, RequestId, Service, Time};
use std::sync::Arc;

/// A change under way, as its leader knows it. What is in the log is not repeated here: another
/// leader finishes it from there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Change<S: Service> {
    /// Who asked, as far as it is known.
    asked: Option<RequestId>,
    /// What was asked, until the entry is appended that will answer it.
    request: Option<Request<S>>,
    /// Who shall vote.
    wanted: NodeSet,
    /// Who catches up for it.
    learners: NodeSet,
    /// The learners' round of catching up, from 1; 0 before the first.
    round: u32,
    /// Where this round ends: at the end of the log when it began.
    goal: Index,
    began: Time,
    /// The learners have caught up.
    is_ready: bool,
}

/// "The algorithm waits a fixed number of rounds (such as 10)" (thesis, section 4.2.1).
const ROUNDS: u32 = 10;
/// A round that takes so many election timeouts is given up: the learner may be down.
const PATIENCE: u64 = 10;

impl<S: Service> Change<S> {
    fn new(asked: Option<RequestId>, request: Option<Request<S>>, wanted: NodeSet) -> Self {
        Change {
            asked,
            request,
            wanted,
            learners: NodeSet::default(),
            round: 0,
            goal: 0,
            began: Time::ZERO,
            is_ready: false,
        }
    }
}

impl<S: Service> Raft<S> {
    /// A client asks for other members. One change at a time: meanwhile others are refused.
    pub(super) fn on_change(
        &mut self,
        request: &Request<S>,
        wanted: NodeSet,
        ctx: &mut Context<Self>,
    ) {
        let cluster = NodeSet::first(ctx.nodes());
        let is_nonsense = wanted.is_empty() || !wanted.without(cluster).is_empty();
        match &self.change {
            Some(change) if change.asked == Some(request.id) => {}
            Some(_) => ctx.refuse(request.id, None),
            None if is_nonsense => ctx.refuse(request.id, None),
            None => {
                self.change = Some(Change::new(Some(request.id), Some(request.clone()), wanted));
                self.continue_change(ctx);
            }
        }
    }

    /// A new leader finds a change in its log that is not over.
    pub(super) fn take_over_change(&mut self) {
        let (index, newest) = self.members.newest();
        let is_over = index <= self.commit_index && !newest.is_joint();
        if is_over && newest.voters.contains(self.id) {
            return;
        }
        let asked = self.request_of(index).map(|request| request.id);
        self.change = Some(Change::new(asked, None, newest.voters));
    }

    /// The request that a configuration will answer.
    fn request_of(&self, index: Index) -> Option<Request<S>> {
        match &self.log.get(index)?.payload {
            Payload::Members(change) => change.request.clone(),
            _ => None,
        }
    }

    /// Goes on as far as what is committed allows.
    pub(super) fn continue_change(&mut self, ctx: &mut Context<Self>) {
        if self.role != Role::Leader || self.change.is_none() {
            return;
        }
        let (index, newest) = self.members.newest();
        let leaves_early = newest.is_joint() && self.bugs.on(Bug::JointLeaveEarly);
        if index > self.commit_index && !leaves_early {
            return;
        }
        if newest.is_joint() {
            // "Once C_old,new has been committed [...] it is now safe for the leader to create a
            // log entry describing C_new."
            let request = self.request_of(index);
            return self.append_members(Membership::of(newest.voters), request, ctx);
        }
        self.renew_peers(ctx);
        if !newest.voters.contains(self.id) {
            // "The leader steps down (returns to follower state) once it has committed the C_new
            // log entry."
            return self.follow(None, ctx);
        }
        match &self.change {
            Some(change) if change.request.is_some() => self.prepare_change(newest.voters, ctx),
            _ => self.change = None,
        }
    }

    /// Nothing stands in the way but learners, and the term: a leader that has committed nothing in
    /// it cannot know that an earlier change is over (Ongaro, raft-dev, July 2015).
    fn prepare_change(&mut self, voters: NodeSet, ctx: &mut Context<Self>) {
        let knows = self.log.term_at(self.commit_index) == Some(self.term)
            || self.bugs.on(Bug::SingleServerNoTermCommit);
        let Some(change) = &self.change else { return };
        if !knows {
            return;
        }
        let newcomers = change.wanted.without(voters);
        if change.wanted == voters {
            let request = self.change.take().and_then(|change| change.request);
            return self.propose(request.into(), ctx);
        }
        if self.config.learners == Learners::No || newcomers.is_empty() || self.has_caught_up(ctx) {
            self.begin_change(voters, ctx);
        }
    }

    /// "The replication of entries to the new server is split into rounds. Each round replicates all
    /// the log entries present in the leader's log at the start of the round [...]. If the last
    /// round lasts less than an election timeout, then the leader adds the new server" (thesis,
    /// section 4.2.1).
    fn has_caught_up(&mut self, ctx: &mut Context<Self>) -> bool {
        let (now, last, voters) = (ctx.now(), self.log.last_index(), self.membership().voters);
        let Some(change) = &mut self.change else { return false };
        if change.round == 0 {
            change.learners = change.wanted.without(voters);
            (change.round, change.goal, change.began) = (1, last, now);
            self.renew_peers(ctx);
            self.replicate(ctx);
            return false;
        }
        let has_come = |learner: NodeId| {
            let progress = &self.progress[learner.index()];
            learner == self.id || progress.match_index >= change.goal
        };
        if change.is_ready || !change.learners.iter().all(has_come) {
            return change.is_ready;
        }
        let was_short = now - change.began < self.config.election_timeout.from;
        (change.goal, change.began) = (last, now);
        change.round += 1;
        change.is_ready = was_short;
        if !was_short && change.round > ROUNDS {
            self.give_up_change(ctx);
        }
        was_short
    }

    /// Learners that are down would keep everybody else from changing anything.
    pub(super) fn look_after_learners(&mut self, ctx: &mut Context<Self>) {
        let patience = self.config.election_timeout.to * PATIENCE;
        let is_late = |change: &Change<S>| {
            let waits = change.round > 0 && !change.is_ready && change.request.is_some();
            waits && ctx.now() - change.began > patience
        };
        if self.change.as_ref().is_some_and(is_late) {
            self.give_up_change(ctx);
        }
    }

    /// Appends the first configuration of a change, or the next.
    fn begin_change(&mut self, voters: NodeSet, ctx: &mut Context<Self>) {
        let Some(change) = &mut self.change else { return };
        let wanted = change.wanted;
        let next = match self.config.changes {
            Changes::Joint => Membership::joint(voters, wanted),
            Changes::Single => Membership::of(one_step(voters, wanted, self.id)),
        };
        let is_last = next.voters == wanted;
        let request = if is_last { change.request.take() } else { None };
        self.append_members(next, request, ctx);
    }

    fn append_members(
        &mut self,
        members: Membership,
        request: Option<Request<S>>,
        ctx: &mut Context<Self>,
    ) {
        let change = Reconfiguration { members, request };
        self.propose(Payload::Members(Arc::new(change)), ctx);
    }

    /// It will not come about here. Its client may ask another.
    pub(super) fn give_up_change(&mut self, ctx: &mut Context<Self>) {
        let Some(change) = self.change.take() else { return };
        if let Some(request) = change.request {
            ctx.refuse(request.id, None);
        }
        if self.role == Role::Leader {
            self.renew_peers(ctx);
        }
    }

    /// Whom a leader sends its log to: everybody who votes, and learners.
    pub(super) fn all_peers(&self) -> NodeSet {
        if self.config.learners == Learners::Always {
            return NodeSet::first(self.progress.len() as u32);
        }
        let learners = self.change.as_ref().map_or(NodeSet::default(), |change| change.learners);
        let newest = self.members.newest().1;
        newest.everybody().or(self.membership().everybody()).or(learners)
    }

    /// Begins with those who are new, and takes leave of those who are out: a last word of what is
    /// committed may tell them so, and spares the others their campaigns.
    pub(super) fn renew_peers(&mut self, ctx: &mut Context<Self>) {
        let (me, before, now) = (self.id, self.peers, self.all_peers());
        if before == now {
            return;
        }
        for left in before.without(now).iter().filter(|left| *left != me) {
            self.send_heartbeat(left, ctx);
        }
        self.peers = now;
        let next = self.log.last_index().max(1);
        for joins in now.without(before).iter().filter(|joins| *joins != me) {
            self.progress[joins.index()] = Progress::new(next, ctx.now());
        }
    }
}

/// One voter more, or one less, on the way to those who are wanted. A leader goes last.
fn one_step(voters: NodeSet, wanted: NodeSet, leader: NodeId) -> NodeSet {
    let (joins, leaves) = (wanted.without(voters), voters.without(wanted));
    let grows = leaves.is_empty() || voters.len() <= wanted.len();
    match joins.iter().next().filter(|_| grows) {
        Some(joins) => voters.or(NodeSet::of(joins)),
        None => {
            let others = leaves.without(NodeSet::of(leader));
            let leaves = others.iter().next().unwrap_or(leader);
            voters.without(NodeSet::of(leaves))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_change_one_voter_and_end_where_they_should() {
        let set = |ids: &[u32]| ids.iter().copied().map(NodeId).collect::<NodeSet>();
        for (from, to) in [(&[0, 1, 2], &[3, 4, 5]), (&[0, 1, 2], &[0, 1, 4])] {
            let (mut voters, wanted, leader) = (set(from), set(to), NodeId(0));
            for _ in 0..6 {
                let next = one_step(voters, wanted, leader);
                assert_eq!(next.without(voters).len() + voters.without(next).len(), 1);
                assert!((3..=4).contains(&next.len()));
                voters = next;
                if voters == wanted {
                    break;
                }
                let others_leave = !voters.without(wanted).without(NodeSet::of(leader)).is_empty();
                assert!(voters.contains(leader) || !others_leave, "the leader goes last");
            }
            assert_eq!(voters, wanted);
        }
        assert_eq!(one_step(set(&[0, 1]), set(&[1]), NodeId(0)), set(&[1]));
        assert_eq!(one_step(set(&[0]), set(&[0, 1]), NodeId(0)), set(&[0, 1]));
    }
}
