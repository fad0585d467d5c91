//! Log compaction: section 7 and Fig. 13.
//!
//! Every server takes a snapshot at the same indices, so that observers can compare the states
//! there. What is sent is cut into [pieces](crate::piece). A follower puts pieces of one snapshot of
//! one leader together, and of no two.

use super::bugs::Bug;
use super::log::{Index, Term};
use super::members::{Members, Membership};
use super::message::{Message, Outcome, Record};
use super::session::Sessions;
use super::{Raft, Role};
use crate::piece::Piece;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Service};
use std::sync::Arc;

/// The state after an entry, in place of the log up to it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Snapshot<S: Service> {
    /// `lastIncludedIndex`.
    pub index: Index,
    /// `lastIncludedTerm`.
    pub term: Term,
    /// The log's own hash of its entries up to there.
    pub chain: u64,
    /// The configuration in force there.
    pub members: Membership,
    /// The state of the service.
    pub state: S,
    /// The sessions, without which a request could be done twice after the snapshot is installed.
    pub sessions: Sessions<S::Reply>,
}

/// Which snapshot: what it covers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct SnapshotId {
    /// `lastIncludedIndex`.
    pub index: Index,
    /// `lastIncludedTerm`.
    pub term: Term,
    /// The log's own hash of its entries up to there.
    pub chain: u64,
    /// The configuration in force there.
    pub members: Membership,
}

/// A snapshot on its way to a follower, and the piece that was sent last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Shipment<S: Service> {
    snapshot: Arc<Snapshot<S>>,
    offset: u32,
}

/// The pieces that have come so far, in order, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Incoming<S: Service> {
    from: NodeId,
    term: Term,
    snapshot: SnapshotId,
    pieces: Vec<Arc<Piece<S>>>,
}

impl<S: Service> Snapshot<S> {
    fn id(&self) -> SnapshotId {
        let Snapshot { index, term, chain, members, .. } = *self;
        SnapshotId { index, term, chain, members }
    }

    fn piece(&self, offset: u32, count: u32) -> Piece<S> {
        Piece::cut(&self.state, &self.sessions, offset, count)
    }

    fn assemble(id: SnapshotId, pieces: &[Arc<Piece<S>>]) -> Snapshot<S> {
        let (state, sessions) = Piece::assemble(pieces);
        let SnapshotId { index, term, chain, members } = id;
        Snapshot { index, term, chain, members, state, sessions }
    }
}

impl<S: Service> Raft<S> {
    #[inline]
    pub(super) fn snapshot_is_due(&self) -> bool {
        let every = self.config.snapshot_after;
        every > 0 && self.last_applied.is_multiple_of(every)
    }

    /// Writes the state down and drops the log before it, but for a few entries that a follower
    /// which lags a little can still be sent.
    pub(super) fn take_snapshot(&mut self, ctx: &mut Context<Self>) {
        let index = self.last_applied;
        let (Some(term), Some(chain)) = (self.log.term_at(index), self.log.chain_at(index)) else {
            return;
        };
        let term = if self.bugs.on(Bug::SnapshotWrongTerm) { self.term } else { term };
        let forgets = self.bugs.on(Bug::SnapshotOmitsSessions);
        let sessions = if forgets { Sessions::default() } else { self.sessions.clone() };
        self.members.compact_to(index);
        if self.bugs.on(Bug::SnapshotLatestConfig) {
            self.members = Members::from(index, self.members.newest().1);
        }
        let (members, state) = (self.members.at(index), self.service.clone());
        self.snapshot = Some(Arc::new(Snapshot { index, term, chain, members, state, sessions }));
        self.log.compact_to(index.saturating_sub(self.config.snapshot_after / 4));
        self.rewrite_journal(ctx);
        ctx.claim(Fact::Compacts { slot: index });
    }

    /// Writes a new journal: the term, the snapshot, and what follows it. It takes the old one's
    /// place at once, so nothing waits for it.
    fn rewrite_journal(&self, ctx: &mut Context<Self>) {
        let mut records = vec![Record::Hard { term: self.term, voted_for: self.voted_for }];
        records.extend(self.snapshot.clone().map(Record::Snapshot));
        let entries = self.log.after(self.snapshot_index());
        records.extend(entries.map(|(index, entry)| Record::Entry { index, entry: entry.clone() }));
        ctx.rewrite(records);
    }

    /// "Reset state machine using snapshot contents" (Fig. 13, step 8).
    pub(super) fn restore(&mut self, snapshot: Arc<Snapshot<S>>) {
        self.log.reset(snapshot.index, snapshot.term, snapshot.chain);
        self.members = Members::from(snapshot.index, snapshot.members);
        (self.commit_index, self.last_applied) = (snapshot.index, snapshot.index);
        self.service = snapshot.state.clone();
        self.sessions = snapshot.sessions.clone();
        self.snapshot = Some(snapshot);
    }

    /// A follower lacks entries that the leader's log has no more.
    pub(super) fn ship_snapshot(&mut self, to: NodeId, ctx: &mut Context<Self>) {
        let Some(snapshot) = self.snapshot.clone() else { return };
        self.progress[to.index()].shipment = Some(Shipment { snapshot, offset: 0 });
        self.ship_piece(to, ctx);
    }

    /// Sends the piece that is due; again, if it was sent before.
    pub(super) fn ship_piece(&mut self, to: NodeId, ctx: &mut Context<Self>) {
        let progress = &mut self.progress[to.index()];
        progress.idle = 0;
        let Some(Shipment { snapshot, offset }) = &progress.shipment else { return };
        let (offset, count) = (*offset, self.config.snapshot_chunk);
        let message = Message::InstallSnapshot {
            term: self.term,
            round: self.reads.round,
            snapshot: snapshot.id(),
            offset,
            data: Arc::new(snapshot.piece(offset, count)),
            done: offset + 1 == count,
        };
        ctx.send(to, message);
    }

    /// The follower has the whole snapshot, or says which piece it wants.
    pub(super) fn on_installed(
        &mut self,
        from: NodeId,
        (term, round): (Term, u64),
        last_index: Index,
        wanted: Option<u32>,
        ctx: &mut Context<Self>,
    ) {
        if self.role != Role::Leader || term != self.term || !self.peers.contains(from) {
            return;
        }
        self.on_answer(from, round, ctx);
        let count = self.config.snapshot_chunk;
        let progress = &mut self.progress[from.index()];
        let Some(shipment) = &mut progress.shipment else { return };
        if shipment.snapshot.index != last_index {
            return;
        }
        match wanted {
            None => {
                progress.shipment = None;
                progress.matched(last_index);
                self.advance_commit(ctx);
                self.replicate(ctx);
                self.continue_change(ctx);
            }
            Some(offset) if offset != shipment.offset && offset < count => {
                shipment.offset = offset;
                self.ship_piece(from, ctx);
            }
            Some(_) => {}
        }
    }

    /// InstallSnapshot, receiver implementation (Fig. 13). `sent` is the leader's term and round.
    #[allow(clippy::too_many_arguments)] // they are the paper's
    pub(super) fn on_install_snapshot(
        &mut self,
        from: NodeId,
        (term, round): (Term, u64),
        id: &SnapshotId,
        offset: u32,
        data: &Arc<Piece<S>>,
        done: bool,
        ctx: &mut Context<Self>,
    ) {
        // 1. Reply immediately if term < currentTerm.
        if term < self.term {
            let (term, outcome) = (self.term, Outcome::OldTerm);
            return ctx.send(from, Message::Appended { term, round, outcome });
        }
        self.hear(from, ctx);
        let is_old = id.index <= self.commit_index && !self.bugs.on(Bug::InstallOlderRegresses);
        let wanted = if is_old { None } else { self.collect(from, id, offset, data, done, ctx) };
        let last_index = id.index;
        ctx.send(from, Message::Installed { term: self.term, round, last_index, wanted });
    }

    /// Adds a piece. Returns the one that is wanted next.
    fn collect(
        &mut self,
        from: NodeId,
        id: &SnapshotId,
        offset: u32,
        data: &Arc<Piece<S>>,
        done: bool,
        ctx: &mut Context<Self>,
    ) -> Option<u32> {
        // 2. Create new snapshot file if first chunk; a chunk of another snapshot begins another
        //    file.
        let term = self.term;
        let is_same = |incoming: &Incoming<S>| {
            (incoming.from, incoming.term, incoming.snapshot) == (from, term, *id)
        };
        let mut incoming = self
            .incoming
            .take()
            .filter(|incoming| is_same(incoming) || self.bugs.on(Bug::SnapshotChunkMix))
            .unwrap_or(Incoming { from, term, snapshot: *id, pieces: Vec::new() });
        // 3. Write data into snapshot file at given offset.
        if offset as usize == incoming.pieces.len() {
            incoming.pieces.push(data.clone());
            // 5. Save snapshot file.
            if done {
                self.install(Snapshot::assemble(*id, &incoming.pieces), ctx);
                return None;
            }
        }
        // 4. Reply and wait for more data chunks if done is false.
        let wanted = incoming.pieces.len() as u32;
        self.incoming = Some(incoming);
        Some(wanted)
    }

    fn install(&mut self, snapshot: Snapshot<S>, ctx: &mut Context<Self>) {
        let (index, term) = (snapshot.index, snapshot.term);
        // 6. If existing log entry has same index and term as snapshot's last included entry,
        //    retain log entries
        //    following it. Then what leads up to it is here too, and only needs to be applied.
        if index > self.commit_index && self.log.term_at(index) == Some(term) {
            self.commit_index = index;
            return self.apply_committed(ctx);
        }
        // 7. Discard the entire log.
        let stale = self.members.clone();
        let tail = self.bugs.conflicting_tail(&self.log, index);
        self.restore(Arc::new(snapshot));
        if self.bugs.on(Bug::InstallKeepsConfig) {
            self.members = stale;
        }
        tail.into_iter().for_each(|entry| self.push(entry));
        self.bugs.lower_term(&mut self.term, term);
        self.rewrite_journal(ctx);
        ctx.sync();
        ctx.claim(Fact::Installs { slot: index, state: self.digest() });
        self.serve_reads_at_hand(ctx);
    }
}
