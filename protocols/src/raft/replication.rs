//! Log replication: sections 5.3 and 5.4.2; batching and pipelining (thesis, section 10.2).

use super::bugs::Bug;
use super::log::{Entry, Index, Payload, Term};
use super::message::{AppendEntries, Message, Outcome, Timer};
use super::snapshot::Shipment;
use super::{Raft, Role};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, NodeSet, Service, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// What a leader knows of one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Progress<S: Service> {
    /// The next entry to send; it moves on as soon as entries are sent (pipelining).
    pub(super) next_index: Index,
    /// Up to where the server's log is known to equal the leader's, durably.
    pub(super) match_index: Index,
    /// Where the logs part is not known yet: one append at a time.
    probing: bool,
    /// Where the append begins that looks for that.
    probed: Index,
    /// The last index of each append on its way.
    in_flight: VecDeque<Index>,
    /// How many heartbeats ago `match_index` moved, or the first append left.
    pub(super) idle: u32,
    /// When the server was last heard from.
    pub(super) heard: Time,
    /// The newest round that it has answered.
    pub(super) round: u64,
    /// The snapshot that it is being sent.
    pub(super) shipment: Option<Shipment<S>>,
}

/// An append is taken for lost when so many heartbeats have passed without news of it.
const LOST_AFTER: u32 = 2;

impl<S: Service> Progress<S> {
    pub(super) fn new(next_index: Index, now: Time) -> Self {
        Progress {
            next_index,
            match_index: 0,
            probing: true,
            probed: next_index,
            in_flight: VecDeque::new(),
            idle: 0,
            heard: now,
            round: 0,
            shipment: None,
        }
    }

    fn has_room(&self, window: u32) -> bool {
        let most = if self.probing { 1 } else { window as usize };
        self.in_flight.len() < most
    }

    /// The logs are equal up to here.
    pub(super) fn matched(&mut self, index: Index) {
        if index > self.match_index {
            self.match_index = index;
            self.idle = 0;
            self.probing = false;
        }
        while self.in_flight.front().is_some_and(|last| *last <= index) {
            self.in_flight.pop_front();
        }
        self.next_index = self.next_index.max(index + 1);
    }

    /// Entries up to this index have left.
    fn sent(&mut self, last: Index) {
        if self.in_flight.is_empty() {
            self.idle = 0;
        }
        if self.probing {
            self.probed = self.next_index;
        }
        self.in_flight.push_back(last);
        self.next_index = last + 1;
    }

    /// What is on its way is taken for lost. Where the logs part is still looked for, the search goes on where it was:
    /// from the beginning a follower would be sent all that it has.
    fn send_again(&mut self) {
        let from = if self.probing { self.probed } else { self.match_index + 1 };
        self.probe(from);
    }

    /// Begins anew from this index, one append at a time.
    fn probe(&mut self, next_index: Index) {
        self.next_index = next_index.max(self.match_index + 1);
        self.probing = true;
        self.in_flight.clear();
        self.idle = 0;
    }
}

impl<S: Service> Raft<S> {
    /// Takes office: "Upon election: send initial empty AppendEntries RPCs (heartbeat) to each
    /// server" (Fig. 2), then an entry of its own term, without which older ones cannot be
    /// committed (sections 5.4.2 and 8).
    pub(super) fn lead(&mut self, ctx: &mut Context<Self>) {
        self.role = Role::Leader;
        self.set_leader(Some(self.id), ctx);
        let next = self.log.last_index() + 1;
        self.progress.fill(Progress::new(next, ctx.now()));
        self.take_over_change();
        self.peers = self.all_peers();
        self.forget_sessions();
        ctx.cancel_timer(Timer::Election);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
        ctx.claim(Fact::Leads { epoch: self.term });
        self.begin_round(ctx);
        self.propose(Payload::Nothing, ctx);
    }

    /// "If command received from client: append entry to local log, respond after entry applied to
    /// state machine" (Fig. 2). The followers' disks work while the leader's own does (thesis,
    /// section 10.2.1), so the leader may count itself only when its disk is done: a word to itself
    /// waits behind the sync like any other.
    pub(super) fn propose(&mut self, payload: Payload<S>, ctx: &mut Context<Self>) {
        let is_change = matches!(payload, Payload::Members(_));
        if let Payload::Request(request) = &payload
            && self.bugs.on(Bug::AckClientBeforeCommit)
        {
            ctx.reply(request.id, self.service.clone().apply(&request.op));
        }
        self.append(Entry::new(self.term, payload), ctx);
        if is_change {
            self.renew_peers(ctx);
        }
        self.replicate(ctx);
        let own = Message::OwnSync { term: self.term, index: self.log.last_index() };
        if !self.bugs.on(Bug::LeaderSelfCountUnsynced) {
            ctx.sync();
        }
        ctx.send(self.id, own);
    }

    /// The leader's own disk has the log up to here.
    pub(super) fn on_own_sync(&mut self, term: Term, index: Index, ctx: &mut Context<Self>) {
        if self.role != Role::Leader || term != self.term {
            return;
        }
        self.progress[self.id.index()].matched(index);
        self.advance_commit(ctx);
    }

    /// Sends every follower what it lacks, as far as its window has room.
    pub(super) fn replicate(&mut self, ctx: &mut Context<Self>) {
        let mut shared = None;
        for server in (0..self.progress.len()).map(|server| NodeId(server as u32)) {
            if server != self.id && self.peers.contains(server) {
                self.replicate_to(server, &mut shared, ctx);
            }
        }
    }

    /// Followers that lack the same entries are sent one `shared` copy of them.
    fn replicate_to(
        &mut self,
        to: NodeId,
        shared: &mut Option<(Index, Arc<[Entry<S>]>)>,
        ctx: &mut Context<Self>,
    ) {
        let last = self.log.last_index();
        loop {
            let progress = &mut self.progress[to.index()];
            let next = progress.next_index;
            if next > last || progress.shipment.is_some() || !progress.has_room(self.config.window)
            {
                return;
            }
            if next <= self.log.base() {
                if !self.bugs.on(Bug::NextIndexUnderflow) {
                    return self.ship_snapshot(to, ctx);
                }
                progress.probe(self.log.base() + 1);
                continue;
            }
            let entries = match shared {
                Some((from, entries)) if *from == next => entries.clone(),
                _ => self.log.batch(next, self.config.batch),
            };
            progress.sent(next + entries.len() as u64 - 1);
            *shared = Some((next, entries.clone()));
            self.send_append(to, next - 1, entries, ctx);
        }
    }

    fn send_append(
        &mut self,
        to: NodeId,
        prev_index: Index,
        entries: Arc<[Entry<S>]>,
        ctx: &mut Context<Self>,
    ) {
        let prev_term = self.log.term_at(prev_index).unwrap_or(0);
        let (term, round, commit) = (self.term, self.reads.round, self.commit_index);
        let append = AppendEntries { term, round, prev_index, prev_term, entries, commit };
        ctx.send(to, Message::AppendEntries(append));
    }

    /// An AppendEntries without entries, at the point up to which the logs are known to be equal:
    /// it cannot be refused, and tells the follower how far it may commit.
    pub(super) fn send_heartbeat(&mut self, to: NodeId, ctx: &mut Context<Self>) {
        let matched = self.progress[to.index()].match_index;
        let prev = if self.log.term_at(matched).is_some() { matched } else { 0 };
        self.send_append(to, prev, Arc::default(), ctx);
    }

    /// Shows that it lives; sends again what seems lost; and steps down when no majority answers.
    pub(super) fn on_heartbeat_due(&mut self, ctx: &mut Context<Self>) {
        let patience = self.config.election_timeout.to;
        let servers = (0..).map(NodeId).zip(&self.progress);
        let is_heard = |(server, progress): &(NodeId, &Progress<S>)| {
            *server == self.id || ctx.now() - progress.heard <= patience
        };
        let heard: NodeSet = servers.filter(is_heard).map(|(server, _)| server).collect();
        if self.config.check_quorum && !self.is_quorum(heard) {
            return self.follow(None, ctx);
        }
        self.look_after_learners(ctx);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
        self.begin_round(ctx);
        for server in 0..self.progress.len() {
            let progress = &mut self.progress[server];
            progress.idle += 1;
            let is_late = progress.idle >= LOST_AFTER;
            if progress.shipment.is_some() && is_late {
                progress.idle = 0;
                self.ship_piece(NodeId(server as u32), ctx);
            } else if !progress.in_flight.is_empty() && is_late {
                progress.send_again();
            }
        }
        self.replicate(ctx);
    }

    /// AppendEntries, receiver implementation (Fig. 2).
    pub(super) fn on_append_entries(
        &mut self,
        from: NodeId,
        append: &AppendEntries<S>,
        ctx: &mut Context<Self>,
    ) {
        let (round, prev) = (append.round, append.prev_index);
        if self.bugs.on(Bug::StaleLeaderHeartbeatResetsTimer) && self.role == Role::Follower {
            self.stand_by_leader(ctx);
        }
        // 1. Reply false if term < currentTerm.
        if append.term < self.term {
            let outcome = Outcome::OldTerm;
            return ctx.send(from, Message::Appended { term: self.term, round, outcome });
        }
        self.hear(from, ctx);
        // 2. Reply false if log doesn't contain an entry at prevLogIndex whose term matches
        //    prevLogTerm.
        let outcome = if self.has_entry(prev, append.prev_term) {
            Outcome::Matched(self.take_entries(append, ctx))
        } else {
            self.conflict(prev)
        };
        ctx.send(from, Message::Appended { term: self.term, round, outcome });
    }

    /// What is committed is the same everywhere, so up to there no term needs to be compared.
    fn has_entry(&self, index: Index, term: Term) -> bool {
        let skips = self.bugs.on(Bug::AeSkipPrevCheck) && index <= self.log.last_index();
        index <= self.commit_index || self.log.term_at(index) == Some(term) || skips
    }

    /// Steps 3 to 5 of AppendEntries. Returns the index up to which the log now equals the
    /// leader's.
    fn take_entries(&mut self, append: &AppendEntries<S>, ctx: &mut Context<Self>) -> Index {
        let last_new = append.prev_index + append.entries.len() as u64;
        let mut wrote = false;
        for (index, entry) in (append.prev_index + 1..).zip(append.entries.iter()) {
            if index <= self.log.base() || self.log.term_at(index) == Some(entry.term) {
                continue;
            }
            // 3. If an existing entry conflicts with a new one (same index but different terms),
            //    delete the
            //    existing entry and all that follow it.
            let tail = self.bugs.stale_tail(&self.log, index);
            if index <= self.log.last_index() {
                self.truncate_from(index);
                ctx.claim(Fact::Truncates { slot: index });
            }
            // 4. Append any new entries not already in the log.
            self.append(entry.clone(), ctx);
            tail.into_iter().for_each(|stale| self.append(stale, ctx));
            wrote = true;
        }
        if wrote && !self.bugs.on(Bug::ReplyBeforeFsync) {
            ctx.sync();
        }
        // 5. If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new
        //    entry).
        let known =
            if self.bugs.on(Bug::CommitMinOwnLast) { self.log.last_index() } else { last_new };
        if append.commit.min(known) > self.commit_index {
            self.commit_index = append.commit.min(known);
            self.apply_committed(ctx);
        }
        if self.bugs.on(Bug::MatchFromFollowerLast) { self.log.last_index() } else { last_new }
    }

    /// Tells the leader how far to go back at once: over the whole term that conflicts (section
    /// 5.3, end).
    fn conflict(&self, prev: Index) -> Outcome {
        match self.log.term_at(prev) {
            Some(term) => Outcome::Conflict { prev, term, first: self.log.term_begins(prev) },
            None => Outcome::Conflict { prev, term: 0, first: self.log.last_index() + 1 },
        }
    }

    /// "If successful: update nextIndex and matchIndex for follower. If AppendEntries fails because
    /// of log inconsistency: decrement nextIndex and retry" (Fig. 2).
    pub(super) fn on_appended(
        &mut self,
        from: NodeId,
        term: Term,
        round: u64,
        outcome: Outcome,
        ctx: &mut Context<Self>,
    ) {
        let is_stale = term != self.term && !self.bugs.on(Bug::AckFromOldTermCounted);
        let is_refusal = outcome == Outcome::OldTerm && !self.bugs.on(Bug::RefusalConfirmsRound);
        let is_peer = self.peers.contains(from);
        if self.role != Role::Leader || is_stale || is_refusal || !is_peer {
            return;
        }
        self.on_answer(from, round, ctx);
        let progress = &mut self.progress[from.index()];
        match outcome {
            Outcome::OldTerm => {}
            Outcome::Matched(index) => {
                // A match point beyond the own log would be nonsense: only bugs make it.
                progress.matched(index.min(self.log.last_index()));
                self.advance_commit(ctx);
                self.continue_transfer(from, ctx);
                self.continue_change(ctx);
            }
            Outcome::Conflict { prev, term, first } => {
                let is_old = prev <= progress.match_index || prev >= progress.next_index;
                if is_old || progress.shipment.is_some() {
                    return;
                }
                // Where the leader has entries of the follower's term the logs may be equal up to the last of them, and
                // else before the first that the follower has.
                let shared = if term > 0 { self.log.last_of_term(term, prev) } else { None };
                let is_known = |index: &Index| self.log.term_at(*index) == Some(term);
                let next = shared.filter(is_known).map_or(first, |index| index + 1);
                self.progress[from.index()].probe(next.clamp(1, prev));
            }
        }
        if self.role == Role::Leader && self.peers.contains(from) {
            self.replicate_to(from, &mut None, ctx);
        }
    }

    /// Every answer of a follower in the current term shows that the follower still followed when
    /// the round had begun.
    pub(super) fn on_answer(&mut self, from: NodeId, round: u64, ctx: &mut Context<Self>) {
        let progress = &mut self.progress[from.index()];
        progress.heard = ctx.now();
        if round > progress.round {
            progress.round = round;
            self.confirm_rounds(ctx);
        }
    }

    /// "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and
    /// log[N].term == currentTerm: set commitIndex = N" (Fig. 2; why the term must be the current
    /// one: Fig. 8).
    pub(super) fn advance_commit(&mut self, ctx: &mut Context<Self>) {
        let matched = self.agreed_beyond(self.commit_index, |progress| progress.match_index);
        let Some(n) = matched else { return };
        let is_own =
            self.log.term_at(n) == Some(self.term) || self.bugs.on(Bug::CommitOldTermEntries);
        if is_own {
            self.commit_index = n;
            self.apply_committed(ctx);
            self.begin_early_reads(ctx);
            self.continue_change(ctx);
        }
    }
}
