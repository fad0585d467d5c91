//! Checkpoints and garbage collection (the paper, section 4.3), and state transfer (TOCS, section
//! 4.6), of the whole state in one piece.

use super::Pbft;
use super::bugs::Bug;
use super::message::{Message, Record, Seq, StateDigest, Vote};
use crate::session::{Known, Sessions};
use serde::Serialize;
use sim_core::drive::replay::hash_of;
use sim_core::{Context, Fact, NodeId, Service};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state after a sequence number.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Snapshot<S: Service> {
    /// After which.
    pub seq: Seq,
    /// The state of the service.
    pub state: S,
    /// What was answered last, without which a request could be done twice.
    pub sessions: Sessions<S::Reply>,
}

/// A hash of a state. It is never 0.
pub(super) fn digest_of<S: Service>(state: &S, sessions: &Sessions<S::Reply>) -> StateDigest {
    hash_of(&(state, sessions)).max(1)
}

impl<S: Service> Snapshot<S> {
    /// What a checkpoint says of it.
    pub fn digest(&self) -> StateDigest {
        digest_of(&self.state, &self.sessions)
    }
    pub(super) fn size(&self) -> usize {
        1_024 + self.sessions.len() * 64
    }
}

/// A replica's own checkpoints, and what others have said of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Checkpoints<S: Service> {
    /// The last that is stable; 0 for the state that everything begins with.
    pub(super) stable: Seq,
    pub(super) own: BTreeMap<Seq, (StateDigest, Arc<Snapshot<S>>)>,
    /// The newest of each replica, as many as it may have.
    said: BTreeMap<NodeId, BTreeMap<Seq, StateDigest>>,
}

impl<S: Service> Checkpoints<S> {
    pub(super) fn new() -> Self {
        let genesis = Snapshot { seq: 0, state: S::default(), sessions: Sessions::default() };
        let mut checkpoints =
            Checkpoints { stable: 0, own: BTreeMap::new(), said: BTreeMap::new() };
        checkpoints.keep(Arc::new(genesis));
        checkpoints
    }
    pub(super) fn keep(&mut self, snapshot: Arc<Snapshot<S>>) {
        self.own.insert(snapshot.seq, (snapshot.digest(), snapshot));
    }
    /// Notes what a replica says, which has so many checkpoints at most. With fewer, what one is
    /// stable at could be forgotten for what it has reached since, and who is behind needs that.
    pub(super) fn note(&mut self, replica: NodeId, seq: Seq, digest: StateDigest, most: u64) {
        let said = self.said.entry(replica).or_default();
        said.entry(seq).or_insert(digest);
        while said.len() as u64 > most {
            said.pop_first();
        }
    }
    /// How many say this of a sequence number.
    fn support(&self, seq: Seq, says: impl Fn(StateDigest) -> bool) -> usize {
        let said = self.said.values().filter_map(|said| said.get(&seq));
        said.filter(|digest| says(**digest)).count()
    }
    /// The highest checkpoint that so many agree on.
    fn highest(&self, needed: usize, any: bool) -> Option<(Seq, StateDigest)> {
        let said = self.said.values().flatten().map(|(seq, digest)| (*seq, *digest));
        let agree = |(seq, digest)| self.support(seq, |other| other == digest || any);
        said.filter(|one| agree(*one) >= needed).max()
    }
}

impl<S: Service> Pbft<S> {
    /// Keeps the state that was just reached, and tells its digest.
    pub(super) fn take_checkpoint(&mut self, digest: StateDigest, ctx: &mut Context<Self>) {
        let seq = self.executed;
        let forgets = self.bugs.on(Bug::CheckpointExcludesReplies);
        let sessions = if forgets { Sessions::default() } else { self.sessions.clone() };
        let snapshot = Arc::new(Snapshot { seq, state: self.service.clone(), sessions });
        let digest = if forgets { snapshot.digest() } else { digest };
        ctx.append(Record::Checkpoint(snapshot.clone()));
        ctx.sync();
        self.checkpoints.keep(snapshot);
        self.checkpoints.note(self.id, seq, digest, self.config.checkpoints());
        ctx.broadcast(Message::Checkpoint { seq, digest });
        self.stabilise(seq, ctx);
    }

    pub(super) fn on_checkpoint(
        &mut self,
        from: NodeId,
        seq: Seq,
        digest: StateDigest,
        ctx: &mut Context<Self>,
    ) {
        if seq <= self.low() || !seq.is_multiple_of(self.config.checkpoint_every) {
            return;
        }
        self.checkpoints.note(from, seq, digest, self.config.checkpoints());
        self.stabilise(seq, ctx);
        // The others are where this replica's water marks do not let it follow.
        if let Some((seq, digest)) = self.reachable_state().filter(|(seq, _)| *seq > self.high()) {
            self.fetch_state((seq, digest), ctx);
        }
    }

    /// A checkpoint is stable when a quorum has it, this replica among them.
    fn stabilise(&mut self, seq: Seq, ctx: &mut Context<Self>) {
        let Some((own, _)) = self.checkpoints.own.get(&seq) else { return };
        let any = self.bugs.on(Bug::CheckpointDigestIgnored);
        let support = self.checkpoints.support(seq, |digest| digest == *own || any);
        let needed = match self.bugs.on(Bug::CheckpointFPlusOne) {
            true => self.quorums.weak,
            false => self.quorums.quorum,
        };
        if seq > self.low() && support >= needed {
            self.make_stable(seq, ctx);
            self.propose_waiting(ctx);
        }
    }

    /// Discards all that a stable checkpoint stands for.
    fn make_stable(&mut self, seq: Seq, ctx: &mut Context<Self>) {
        self.checkpoints.stable = seq;
        self.forget_below_stable();
        ctx.rewrite(self.journal());
        ctx.sync();
        ctx.claim(Fact::Compacts { slot: seq });
        self.accept_choice(ctx);
    }

    pub(super) fn forget_below_stable(&mut self) {
        let stable = self.checkpoints.stable;
        self.checkpoints.own = self.checkpoints.own.split_off(&stable);
        for said in self.checkpoints.said.values_mut() {
            *said = said.split_off(&stable);
        }
        self.log = self.log.split_off(&(stable + 1));
        self.prepared = self.prepared.split_off(&(stable + 1));
        self.pre_prepared.retain(|(seq, _), _| *seq > stable);
        let (kept, log) = (&self.pre_prepared, &self.log);
        let began = self.began.as_ref();
        self.batches.retain(|digest, _| {
            kept.keys().any(|(_, other)| other == digest)
                || log.values().any(|slot| slot.committed.is_some_and(|(_, d)| d == *digest))
                || began.is_some_and(|new| {
                    new.chosen.iter().any(|(seq, other)| *seq > stable && other == digest)
                })
        });
    }

    /// All that has to be on disk: the journal, without what no longer matters.
    fn journal(&self) -> Vec<Record<S>> {
        let mut records = vec![Record::Stable(self.checkpoints.stable)];
        let own = self.checkpoints.own.values().filter(|(_, snapshot)| snapshot.seq > 0);
        records.extend(own.map(|(_, snapshot)| Record::Checkpoint(snapshot.clone())));
        records.extend(
            (self.reading_from > self.low()).then_some(Record::Executed(self.reading_from)),
        );
        let left = self.change.clone().map(Record::ViewChange);
        let began = self.began.clone().filter(|_| self.active).map(Record::NewView);
        records.extend(left.into_iter().chain(began));
        for ((seq, digest), view) in &self.pre_prepared {
            let vote = Vote { view: *view, seq: *seq, digest: *digest };
            records.push(match self.batch(*digest) {
                Some(batch) => Record::PrePrepared { vote, batch },
                None => Record::Vouched(vote),
            });
        }
        let prepared = self.prepared.iter();
        records.extend(prepared.map(|(seq, (view, digest))| {
            Record::Prepared(Vote { view: *view, seq: *seq, digest: *digest })
        }));
        records
    }

    /// The newest state that this replica lacks and that an honest one has: `f + 1` say so, or the
    /// view began with it.
    pub(super) fn reachable_state(&self) -> Option<(Seq, StateDigest)> {
        let began = self.began.as_ref().filter(|_| self.active).map(|new| new.start);
        let any = self.bugs.on(Bug::CheckpointDigestIgnored);
        let known = self.checkpoints.highest(self.quorums.weak, any).max(began);
        known.filter(|(seq, _)| *seq > self.executed)
    }

    /// Asks one of the others for a state.
    pub(super) fn fetch_state(&mut self, wanted: (Seq, StateDigest), ctx: &mut Context<Self>) {
        if self.transfer == Some(wanted) {
            return;
        }
        self.transfer = Some(wanted);
        self.ask_for_state(ctx);
    }

    /// Another each time: the last may have been down, or a liar.
    pub(super) fn ask_for_state(&mut self, ctx: &mut Context<Self>) {
        let Some((seq, _)) = self.transfer else { return };
        let peers: Vec<NodeId> = ctx.peers().collect();
        if !peers.is_empty() {
            let peer = peers[ctx.rng().below(peers.len() as u64) as usize];
            ctx.send(peer, Message::FetchState(seq));
        }
    }

    pub(super) fn on_fetch_state(&self, from: NodeId, seq: Seq, ctx: &mut Context<Self>) {
        match self.checkpoints.own.get(&seq) {
            Some((_, snapshot)) => ctx.send(from, Message::State(snapshot.clone())),
            None => self.tell_checkpoints(from, ctx),
        }
    }

    /// Tells a replica which states this one has.
    pub(super) fn tell_checkpoints(&self, to: NodeId, ctx: &mut Context<Self>) {
        for (seq, (digest, _)) in self.checkpoints.own.iter().filter(|(seq, _)| **seq > 0) {
            ctx.send(to, Message::Checkpoint { seq: *seq, digest: *digest });
        }
    }

    /// A state has come: it is taken over if it is the one that an honest replica has vouched for.
    pub(super) fn on_state(&mut self, snapshot: &Arc<Snapshot<S>>, ctx: &mut Context<Self>) {
        let Some((seq, digest)) = self.transfer else { return };
        let is_wanted = snapshot.seq == seq
            && (snapshot.digest() == digest || self.bugs.on(Bug::StateTransferUnverified));
        if !is_wanted || seq <= self.executed {
            return;
        }
        self.transfer = None;
        self.undo = None;
        self.restore(snapshot);
        ctx.append(Record::Checkpoint(snapshot.clone()));
        ctx.sync();
        ctx.claim(Fact::Installs { slot: seq, state: snapshot.digest() });
        self.make_stable(seq, ctx);
        self.next = self.next.max(seq + 1);
        let done: Vec<_> = self.waiting.queue.values().map(|one| one.sealed.request.id).collect();
        for id in done.into_iter().filter(|id| self.sessions.find(*id) != Known::New) {
            self.waiting.remove(id);
        }
        self.execute_committed(ctx);
    }
}
