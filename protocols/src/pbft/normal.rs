//! The normal case: requests, PRE-PREPARE, PREPARE and COMMIT (the paper, sections 4.1 and 4.2).

use super::bugs::Bug;
use super::message::{Batch, Digest, Message, PrePrepare, Record, SealedRequest, Seq, View, Vote};
use super::{Pbft, Timer};
use crate::session::Known;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Request, RequestId, Service};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What each replica said last of a sequence number.
pub(super) type Votes = BTreeMap<NodeId, (View, Digest)>;

/// A sequence number above the stable checkpoint.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub(super) struct Slot<S: Service> {
    /// What was pre-prepared here in the current view.
    pub accepted: Option<Digest>,
    /// Whether it is prepared in the current view.
    pub prepared: bool,
    /// What is committed here, in whichever view.
    pub committed: Option<(View, Digest)>,
    pub prepares: Votes,
    pub commits: Votes,
    /// Who says that it is committed.
    pub vouched: Votes,
    /// A proposal of the current view with a request whose seal does not convince this replica.
    pub unproven: Option<PrePrepare<S>>,
}

impl<S: Service> Default for Slot<S> {
    fn default() -> Self {
        Slot {
            accepted: None,
            prepared: false,
            committed: None,
            prepares: Votes::new(),
            commits: Votes::new(),
            vouched: Votes::new(),
            unproven: None,
        }
    }
}

impl<S: Service> Slot<S> {
    /// What was accepted in a view counts for nothing in the next.
    pub(super) fn leave_view(&mut self) {
        (self.accepted, self.prepared, self.unproven) = (None, false, None);
    }
}

/// A request that is known and not executed yet.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub(super) struct Awaited<S: Service> {
    pub sealed: SealedRequest<S>,
    /// In how many views it was not executed.
    pub views: u32,
}

/// The requests that are known and not executed yet, in the order in which they became known.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub(super) struct Waiting<S: Service> {
    pub queue: BTreeMap<u64, Awaited<S>>,
    places: BTreeMap<RequestId, u64>,
    /// Those to which the primary has given a sequence number in this view.
    pub proposed: BTreeSet<RequestId>,
    came: u64,
}

impl<S: Service> Default for Waiting<S> {
    fn default() -> Self {
        Waiting {
            queue: BTreeMap::new(),
            places: BTreeMap::new(),
            proposed: BTreeSet::new(),
            came: 0,
        }
    }
}

impl<S: Service> Waiting<S> {
    fn add(&mut self, sealed: &SealedRequest<S>) {
        if !self.places.contains_key(&sealed.request.id) {
            self.came += 1;
            self.places.insert(sealed.request.id, self.came);
            self.queue.insert(self.came, Awaited { sealed: sealed.clone(), views: 0 });
        }
    }
    pub(super) fn remove(&mut self, id: RequestId) {
        self.proposed.remove(&id);
        if let Some(place) = self.places.remove(&id) {
            self.queue.remove(&place);
        }
    }
    /// The one that has waited longest.
    pub(super) fn first(&self) -> Option<u64> {
        self.queue.keys().next().copied()
    }
    /// The first requests that have no sequence number yet.
    fn next(&self, most: usize) -> Vec<SealedRequest<S>> {
        let sealed = self.queue.values().map(|awaited| &awaited.sealed);
        let free = sealed.filter(|sealed| !self.proposed.contains(&sealed.request.id));
        free.take(most).cloned().collect()
    }
}

impl<S: Service> Pbft<S> {
    /// A client asks. What was done is answered again; a backup passes on the rest, and from then
    /// on expects the primary to see to it (section 4.1).
    pub(super) fn on_client(&mut self, sealed: SealedRequest<S>, ctx: &mut Context<Self>) {
        if !self.is_authentic(&sealed) {
            return;
        }
        let id = sealed.request.id;
        if self.is_for_reading(&sealed.request) {
            return self.on_read(sealed.request, ctx);
        }
        if !self.is_new(&sealed.request, ctx) {
            return;
        }
        if self.active && !self.leads() {
            let primary = self.primary(self.view);
            ctx.refuse(id, Some(primary));
            if self.bugs.on(Bug::BackupDoesNotForward) {
                return;
            }
            ctx.send(primary, Message::Request(sealed.clone()));
        }
        self.await_request(&sealed, ctx);
        self.propose_waiting(ctx);
    }

    /// A backup passes a request on.
    pub(super) fn on_forwarded(&mut self, sealed: &SealedRequest<S>, ctx: &mut Context<Self>) {
        if self.leads() && self.is_authentic(sealed) && self.is_new(&sealed.request, ctx) {
            self.await_request(sealed, ctx);
            self.propose_waiting(ctx);
        }
    }

    /// Whether the client has said so, and what it says makes sense: no client claims to have its
    /// answer to what it asks for.
    fn is_authentic(&self, sealed: &SealedRequest<S>) -> bool {
        let SealedRequest { request, seal } = sealed;
        let (by, client) = (self.config.authentication, request.id.client);
        let convinced = seal.convinces(self.id, by, client, request);
        request.oldest <= request.id.number && (convinced || self.bugs.on(Bug::ClientAuthSkipped))
    }

    /// Whether a request was not done yet. What was done is answered again.
    fn is_new(&self, request: &Request<S>, ctx: &mut Context<Self>) -> bool {
        match self.sessions.find(request.id) {
            Known::New => return true,
            Known::Done(_) if self.bugs.on(Bug::TimestampNotMonotone) => return true,
            Known::Done(reply) => {
                let RequestId { client, number } = request.id;
                ctx.claim(Fact::Deduplicates { client: client.index() as u32, number });
                ctx.reply(request.id, reply.clone());
            }
            Known::Forgotten => {}
            Known::Expired => ctx.expire(request.id),
        }
        false
    }

    /// Expects a request to be executed in time.
    fn await_request(&mut self, sealed: &SealedRequest<S>, ctx: &mut Context<Self>) {
        let idle = self.waiting.first().is_none();
        self.waiting.add(sealed);
        if idle && self.active {
            ctx.set_timer(Timer::Request, self.patience());
        }
    }

    /// The primary gives sequence numbers to what waits for one.
    pub(super) fn propose_waiting(&mut self, ctx: &mut Context<Self>) {
        while self.leads()
            && self.next <= self.high()
            && self.next <= self.executed + self.config.in_flight
        {
            let requests = self.waiting.next(self.config.batch as usize);
            if requests.is_empty() {
                return;
            }
            self.waiting.proposed.extend(requests.iter().map(|one| one.request.id));
            let batch: Batch<S> = requests.into();
            let (view, seq, digest) = (self.view, self.next, Digest::of(&batch));
            self.next += 1;
            self.save_pre_prepared(Vote { view, seq, digest }, batch.clone(), ctx);
            ctx.broadcast(Message::PrePrepare(PrePrepare { view, seq, digest, batch }));
            self.prepare_if_agreed(seq, ctx);
        }
    }

    /// The lowest sequence number that the current view leaves to its primary.
    pub(super) fn lowest_free(&self) -> Seq {
        let began = self
            .began
            .as_ref()
            .map_or(0, |new| new.chosen.last().map_or(new.start.0, |(seq, _)| *seq));
        began.max(self.executed) + 1
    }

    /// "A backup accepts a pre-prepare message provided: the signatures are correct and d is the
    /// digest for m; it is in view v; it has not accepted a pre-prepare message for view v and
    /// sequence number n containing a different digest; the sequence number is between a low water
    /// mark, h, and a high water mark, H" (section 4.2); and it is not what the view began with.
    pub(super) fn on_pre_prepare(
        &mut self,
        from: NodeId,
        proposal: &PrePrepare<S>,
        ctx: &mut Context<Self>,
    ) {
        let PrePrepare { view, seq, digest, batch } = proposal;
        let in_view = self.active && *view == self.view && from == self.primary(*view);
        if !in_view || !self.is_in_window(*seq) || Digest::of(batch) != *digest {
            return;
        }
        let is_choice = self.choice_at(*seq) == Some(*digest);
        if !is_choice && (self.choice_at(*seq).is_some() || *seq < self.lowest_of_view()) {
            return;
        }
        let slot = self.log.entry(*seq).or_default();
        if slot.accepted.is_some() {
            return;
        }
        // What the view began with was accepted by honest replicas before.
        let is_proven = is_choice || batch.iter().all(|sealed| self.is_authentic(sealed));
        if is_proven {
            self.accept(*seq, *digest, batch.clone(), ctx);
        } else {
            let slot = self.log.entry(*seq).or_default();
            slot.unproven.get_or_insert_with(|| proposal.clone());
            self.accept_if_vouched_for(*seq, ctx);
        }
    }

    /// What the view began with at a sequence number.
    fn choice_at(&self, seq: Seq) -> Option<Digest> {
        let chosen = &self.began.as_ref()?.chosen;
        chosen.iter().find(|(other, _)| *other == seq).map(|(_, digest)| *digest)
    }

    /// The lowest sequence number that is not settled by what the view began with.
    fn lowest_of_view(&self) -> Seq {
        let began = self.began.as_ref();
        began.map_or(1, |new| new.chosen.last().map_or(new.start.0, |(seq, _)| *seq) + 1)
    }

    /// A request whose code is wrong for this replica is accepted when `f + 1` others do, the
    /// primary among them: one of them is honest and was convinced (TOCS, section 4.3).
    fn accept_if_vouched_for(&mut self, seq: Seq, ctx: &mut Context<Self>) {
        let agree = self.unproven_and_agreed(seq);
        let is_enough = agree.is_some_and(|agree| agree + 1 >= self.quorums.weak);
        let slot = self.log.get(&seq).filter(|_| is_enough);
        if let Some(proposal) = slot.and_then(|slot| slot.unproven.as_ref())
            && !self.bugs.on(Bug::BigMacNoFallback)
        {
            let PrePrepare { digest, batch, .. } = proposal.clone();
            self.accept(seq, digest, batch, ctx);
        }
    }

    /// How many other backups agree to the primary's proposal at a sequence number, where this one could not be
    /// convinced and does not.
    pub fn unproven_and_agreed(&self, seq: Seq) -> Option<usize> {
        let slot = self.log.get(&seq).filter(|slot| self.active && slot.accepted.is_none())?;
        let digest = slot.unproven.as_ref()?.digest;
        Some(slot.prepares.values().filter(|said| **said == (self.view, digest)).count())
    }

    /// Pre-prepares a batch; a backup says so.
    pub(super) fn accept(
        &mut self,
        seq: Seq,
        digest: Digest,
        batch: Batch<S>,
        ctx: &mut Context<Self>,
    ) {
        let vote = Vote { view: self.view, seq, digest };
        self.save_pre_prepared(vote, batch.clone(), ctx);
        if !self.leads() {
            ctx.broadcast(Message::Prepare(vote));
            for sealed in batch.iter() {
                if self.sessions.find(sealed.request.id) == Known::New {
                    self.await_request(sealed, ctx);
                }
            }
        }
        self.prepare_if_agreed(seq, ctx);
        self.commit_if_agreed(vote, ctx);
    }

    fn save_pre_prepared(&mut self, vote: Vote, batch: Batch<S>, ctx: &mut Context<Self>) {
        ctx.append(Record::PrePrepared { vote, batch: batch.clone() });
        if !self.bugs.on(Bug::PrepareBeforeSync) {
            ctx.sync();
        }
        self.note_pre_prepared(vote, batch);
    }

    /// What a VIEW-CHANGE will tell as pre-prepared, in its `Q`.
    pub(super) fn vouch(&mut self, Vote { view, seq, digest }: Vote) {
        let last = self.pre_prepared.entry((seq, digest)).or_default();
        *last = view.max(*last);
    }

    /// Pre-prepared: now, or as the journal tells.
    pub(super) fn note_pre_prepared(&mut self, vote: Vote, batch: Batch<S>) {
        let Vote { view, seq, digest } = vote;
        self.batches.insert(digest, batch);
        self.vouch(vote);
        if view != self.view || !self.active {
            return;
        }
        let is_backup = self.primary(view) != self.id;
        let slot = self.log.entry(seq).or_default();
        (slot.accepted, slot.unproven) = (Some(digest), None);
        if is_backup {
            slot.prepares.insert(self.id, (view, digest));
        }
    }

    /// Prepared: now, or as the journal tells.
    pub(super) fn note_prepared(&mut self, vote: Vote) {
        let Vote { view, seq, digest } = vote;
        if self.prepared.get(&seq).is_none_or(|(before, _)| *before <= view) {
            self.prepared.insert(seq, (view, digest));
        }
        if view == self.view && self.active {
            let slot = self.log.entry(seq).or_default();
            slot.prepared = true;
            slot.commits.insert(self.id, (view, digest));
        }
    }

    pub(super) fn on_prepare(&mut self, from: NodeId, vote: Vote, ctx: &mut Context<Self>) {
        let from_primary = from == self.primary(vote.view);
        if from_primary && !self.bugs.on(Bug::PrimaryPrepareCounted) {
            return;
        }
        if self.take_vote(from, vote, |slot| &mut slot.prepares) {
            self.accept_if_vouched_for(vote.seq, ctx);
            self.prepare_if_agreed(vote.seq, ctx);
        }
    }

    pub(super) fn on_commit(&mut self, from: NodeId, vote: Vote, ctx: &mut Context<Self>) {
        if self.take_vote(from, vote, |slot| &mut slot.commits) {
            self.commit_if_agreed(vote, ctx);
        }
    }

    /// Another knows that something is committed. What `f + 1` say so of is: one of them is honest.
    pub(super) fn on_committed(&mut self, from: NodeId, vote: Vote, ctx: &mut Context<Self>) {
        if vote.seq <= self.executed || !self.take_vote(from, vote, |slot| &mut slot.vouched) {
            return;
        }
        let Some(slot) = self.log.get_mut(&vote.seq) else { return };
        let said = (vote.view, vote.digest);
        let agree = slot.vouched.values().filter(|other| **other == said).count();
        if slot.committed.is_none() && agree >= self.quorums.weak {
            slot.committed = Some(said);
            self.execute_committed(ctx);
        }
    }

    /// Keeps a vote, the newest of each replica. One who votes twice in a view is held to the first.
    fn take_vote(
        &mut self,
        from: NodeId,
        vote: Vote,
        votes: impl Fn(&mut Slot<S>) -> &mut Votes,
    ) -> bool {
        if !self.is_in_window(vote.seq) {
            return false;
        }
        let votes = votes(self.log.entry(vote.seq).or_default());
        let is_news = votes.get(&from).is_none_or(|(view, _)| *view < vote.view);
        if is_news {
            votes.insert(from, (vote.view, vote.digest));
        }
        is_news
    }

    /// `prepared(m, v, n, i)`: it is pre-prepared here, and enough backups agree that with the
    /// primary they are a quorum. Then says so.
    fn prepare_if_agreed(&mut self, seq: Seq, ctx: &mut Context<Self>) {
        let Some(slot) = self.log.get(&seq).filter(|slot| !slot.prepared) else { return };
        let Some(view) = self.bugs.voting_view(self.view, self.active) else { return };
        let Some(digest) = slot.accepted else { return };
        let vote = Vote { view, seq, digest };
        let agree = slot.prepares.values().filter(|said| self.bugs.agrees(**said, vote)).count();
        if agree < self.bugs.prepares(self.quorums.quorum - 1) {
            return;
        }
        ctx.append(Record::Prepared(vote));
        if !self.bugs.on(Bug::CommitBeforeSync) {
            ctx.sync();
        }
        self.note_prepared(vote);
        ctx.broadcast(Message::Commit(vote));
        self.execute_tentatively(ctx);
        self.commit_if_agreed(vote, ctx);
    }

    /// Committed: a quorum says that it is prepared. That some of them are honest is enough; this
    /// replica need not have prepared it itself, nor be in their view.
    fn commit_if_agreed(&mut self, vote: Vote, ctx: &mut Context<Self>) {
        let Some(slot) = self.log.get_mut(&vote.seq) else { return };
        let said = (vote.view, vote.digest);
        let agree =
            slot.commits.values().filter(|other| self.bugs.commits_to(**other, vote)).count();
        let needed = self.bugs.commits(self.quorums.quorum, self.quorums.weak);
        if slot.committed.is_none() && agree >= needed {
            slot.committed = Some(said);
        }
        self.execute_committed(ctx);
    }

    /// Asks for a batch of which only the digest is known.
    pub(super) fn fetch_batch(&self, digest: Digest, ctx: &mut Context<Self>) {
        ctx.broadcast(Message::FetchBatch(digest));
    }

    pub(super) fn on_fetch_batch(&self, from: NodeId, digest: Digest, ctx: &mut Context<Self>) {
        if let Some(batch) = self.batches.get(&digest) {
            ctx.send(from, Message::Batch(batch.clone()));
        }
    }

    /// A batch that was asked for: its digest tells which.
    pub(super) fn on_batch(&mut self, batch: &Batch<S>, ctx: &mut Context<Self>) {
        let digest = Digest::of(batch);
        let missing = self.missing_batches().any(|other| other == digest);
        if !missing {
            return;
        }
        self.batches.insert(digest, batch.clone());
        self.accept_choice(ctx);
        self.try_new_view(ctx);
        self.execute_committed(ctx);
    }

    /// Pre-prepares what the view began with, as far as it is at hand.
    pub(super) fn accept_choice(&mut self, ctx: &mut Context<Self>) {
        let Some(began) = self.began.clone().filter(|_| self.active) else { return };
        for (seq, digest) in &began.chosen {
            let accepted = self.log.get(seq).is_some_and(|slot| slot.accepted.is_some());
            if let Some(batch) = self.batch(*digest)
                && self.is_in_window(*seq)
                && !accepted
            {
                self.accept(*seq, *digest, batch, ctx);
            }
        }
    }

    /// A batch that is at hand.
    pub(super) fn batch(&self, digest: Digest) -> Option<Batch<S>> {
        match digest == Digest::null() {
            true => Some(Arc::from([])),
            false => self.batches.get(&digest).cloned(),
        }
    }

    /// The digests of batches that are needed and not at hand.
    pub(super) fn missing_batches(&self) -> impl Iterator<Item = Digest> + '_ {
        let began = self.began.iter().filter(|_| self.active).flat_map(|new| &new.chosen);
        let began = began.filter(|(seq, _)| *seq > self.low()).map(|(_, digest)| *digest);
        let committed = self.log.values().filter_map(|slot| slot.committed);
        let planned = self.proposed.iter().flat_map(|new| &new.chosen).map(|(_, digest)| *digest);
        let needed = began.chain(committed.map(|(_, digest)| digest)).chain(planned);
        needed.filter(|digest| self.batch(*digest).is_none())
    }
}
