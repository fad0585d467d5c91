//! Snapshots: the state in place of the slots that led to it ("Paxos Made Live", section 5.3).
//!
//! Every server takes a snapshot at the same slots, so that observers can compare the states there.
//! A server that asks for slots which are compacted away is sent the snapshot, piece by piece, as it
//! asks for them; pieces of one snapshot are put together, from whomever they come, because all
//! have the same state there, and of no two.

use super::MultiPaxos;
use super::bugs::Bug;
use super::log::Slot;
use super::members::Memberships;
use super::message::{Message, Record};
use crate::piece::Piece;
use crate::session::Sessions;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Service};
use std::sync::Arc;

/// The state after a slot, in place of the slots up to it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Snapshot<S: Service> {
    /// The last slot that it covers.
    pub slot: Slot,
    /// The state of the service.
    pub state: S,
    /// The sessions, without which a request could be done twice after the snapshot is installed.
    pub sessions: Sessions<S::Reply>,
    /// What else there is.
    pub frame: Frame,
}

/// What a snapshot has that cannot be cut into pieces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Frame {
    /// Who decides the slots after it.
    pub memberships: Memberships,
    /// The hash of the value at its last slot.
    pub last_value: u64,
}

/// The pieces that have come so far, in order, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Incoming<S: Service> {
    slot: Slot,
    count: u32,
    pieces: Vec<Arc<Piece<S>>>,
}

impl<S: Service> MultiPaxos<S> {
    #[inline]
    pub(super) fn snapshot_is_due(&self) -> bool {
        let every = self.config.snapshot_after;
        every > 0 && self.executed.is_multiple_of(every)
    }

    /// Writes the state down and drops the slots before it, but for a few that a server which lags a
    /// little can still be told.
    pub(super) fn take_snapshot(&mut self, ctx: &mut Context<Self>) {
        let slot = self.executed;
        let forgets = self.bugs.on(Bug::SnapshotOmitsSessions);
        let sessions = if forgets { Sessions::default() } else { self.sessions.clone() };
        let frame = Frame { memberships: self.memberships.clone(), last_value: self.last_value };
        let state = self.service.clone();
        self.snapshot = Some(Arc::new(Snapshot { slot, state, sessions, frame }));
        self.log.compact_to(slot.saturating_sub(self.config.snapshot_after / 4));
        self.rewrite_journal(ctx);
        ctx.claim(Fact::Compacts { slot });
    }

    /// Writes a new journal: the promise, the snapshot, and every vote that is kept. It takes the
    /// old one's place at once, so nothing waits for it.
    fn rewrite_journal(&self, ctx: &mut Context<Self>) {
        let mut records = vec![Record::Promised(self.promised)];
        records.extend(self.snapshot.clone().map(Record::Snapshot));
        let votes = self.log.votes(0);
        records.extend(votes.map(|(slot, vote)| Record::Voted { slot, vote: vote.clone() }));
        ctx.rewrite(records);
    }

    /// Takes over a state. Votes for later slots are the acceptor's, and stay.
    pub(super) fn restore(&mut self, snapshot: Arc<Snapshot<S>>) {
        self.log.compact_to(snapshot.slot);
        if self.bugs.on(Bug::InstallDropsVotes) {
            self.log.forget_votes();
        }
        self.executed = snapshot.slot;
        self.last_value = snapshot.frame.last_value;
        self.memberships = snapshot.frame.memberships.clone();
        self.service = snapshot.state.clone();
        self.sessions = snapshot.sessions.clone();
        self.snapshot = Some(snapshot);
    }

    /// Sends a piece of the newest snapshot.
    pub(super) fn ship_piece(&mut self, to: NodeId, offset: u32, ctx: &mut Context<Self>) {
        let Some(snapshot) = &self.snapshot else { return };
        let pieces = self.config.snapshot_chunk;
        let data = Arc::new(Piece::cut(&snapshot.state, &snapshot.sessions, offset, pieces));
        let (slot, frame) = (snapshot.slot, snapshot.frame.clone());
        ctx.send(to, Message::Install { slot, offset, pieces, data, frame });
    }

    /// The next piece is wanted; of the newest snapshot the first, if there is a newer one now.
    pub(super) fn on_next(
        &mut self,
        from: NodeId,
        slot: Slot,
        offset: u32,
        ctx: &mut Context<Self>,
    ) {
        let is_same = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.slot == slot);
        let offset = if is_same { offset } else { 0 };
        self.ship_piece(from, offset, ctx);
    }

    /// A piece has come.
    pub(super) fn on_install(
        &mut self,
        from: NodeId,
        (slot, offset, count): (Slot, u32, u32),
        data: &Arc<Piece<S>>,
        frame: &Frame,
        ctx: &mut Context<Self>,
    ) {
        if slot <= self.executed {
            return;
        }
        let is_same = |incoming: &Incoming<S>| {
            (incoming.slot, incoming.count) == (slot, count) || self.bugs.on(Bug::SnapshotChunkMix)
        };
        let incoming = self.incoming.take().filter(is_same);
        let mut incoming = incoming.unwrap_or(Incoming { slot, count, pieces: Vec::new() });
        if offset as usize == incoming.pieces.len() {
            incoming.pieces.push(data.clone());
        }
        let wanted = incoming.pieces.len() as u32;
        if wanted == count {
            return self.install(slot, &incoming.pieces, frame.clone(), from, ctx);
        }
        self.incoming = Some(incoming);
        ctx.send(from, Message::Next { slot, offset: wanted });
    }

    fn install(
        &mut self,
        slot: Slot,
        pieces: &[Arc<Piece<S>>],
        frame: Frame,
        from: NodeId,
        ctx: &mut Context<Self>,
    ) {
        let (state, sessions) = Piece::assemble(pieces);
        if self.first_open().is_some_and(|open| open <= slot) {
            // Others have chosen what this leader has proposed, or something else.
            match self.bugs.on(Bug::OvertakenLeaderGoesOn) {
                true => self.open = self.open.split_off(&(slot + 1)),
                false => self.yield_to(None, ctx),
            }
        }
        self.restore(Arc::new(Snapshot { slot, state, sessions, frame }));
        self.rewrite_journal(ctx);
        ctx.sync();
        ctx.claim(Fact::Installs { slot, state: self.digest() });
        self.execute(ctx);
        if self.executed < self.known_chosen.max(self.promises.base) {
            ctx.send(from, Message::CatchUp { from: self.executed + 1 });
        }
        self.propose(ctx);
    }
}
