//! The loop that the crate's documentation asks for ("Processing the `Ready` State"), in its order.

use crate::bugs::Bug;
use crate::engine::role_name;
use crate::message::{Message, node_of};
use crate::node::{TikvRaft, Timer};
use crate::request;
use crate::store::{Record, Replica, Snapshot};
use raft::eraftpb::{Entry, Message as Raw, MessageType};
use raft::{Ready, StateRole};
use splitbrain::prelude::*;
use splitbrain::protocols::session;
use splitbrain::sim_core::drive::replay::hash_of;
use std::sync::Arc;

/// At every so manieth slot the state is hashed, so that nodes can be compared.
const STATES: u64 = 32;

impl TikvRaft {
    /// Does what the crate asks for, until it asks for nothing more.
    pub(crate) fn drive(&mut self, ctx: &mut Context<Self>) {
        while self.engine.has_ready() {
            let mut ready = self.engine.ready();
            self.send(ready.take_messages(), ctx);
            self.apply(&ready.take_committed_entries(), ctx);
            if self.config.has(Bug::MessagesBeforePersist) {
                self.send(ready.take_persisted_messages(), ctx);
            }
            self.persist(&ready, ctx);
            self.send(ready.take_persisted_messages(), ctx);
            self.grant_reads(ready.take_read_states(), ctx);
            let mut light = self.engine.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.engine.store_mut().hard.commit = commit;
            }
            self.send(light.take_messages(), ctx);
            if !self.config.has(Bug::LightReadyDropped) {
                self.apply(&light.take_committed_entries(), ctx);
            }
            self.engine.advance_apply();
        }
        self.take_snapshot_if_due(ctx);
        self.claim_role(ctx);
        self.engine.pin(ctx.rng());
    }

    /// Receiver by receiver: in which order the crate comes to its peers is up to a hash map.
    fn send(&self, mut messages: Vec<Raw>, ctx: &mut Context<Self>) {
        messages.sort_by_key(|message| message.to);
        for raw in messages {
            let to = node_of(raw.to);
            let mut snapshot = None;
            if raw.get_msg_type() == MessageType::MsgSnapshot {
                snapshot = self.engine.store().snapshot().cloned();
                if !self.config.has(Bug::SnapshotNotReported) {
                    ctx.set_timer(Timer::SnapshotLate(to), self.config.snapshot_patience);
                }
            }
            ctx.send(to, Message::encode(&raw, snapshot));
        }
    }

    /// Writes a snapshot, entries and the hard state, to the storage and to the disk. What is sent from here on
    /// waits for the disk.
    fn persist(&mut self, ready: &Ready, ctx: &mut Context<Self>) {
        let has_snapshot = !ready.snapshot().is_empty();
        if has_snapshot {
            self.install(ready.snapshot().get_metadata().index);
        }
        self.engine.store_mut().append(ready.entries());
        let is_commit_alone = !ready.must_sync();
        let is_passed_over = is_commit_alone && self.config.has(Bug::CommitNotSaved);
        let hard = ready.hs().filter(|_| !is_passed_over);
        if let Some(hard) = hard {
            self.engine.store_mut().hard = hard.clone();
        }
        if has_snapshot && !self.config.has(Bug::SnapshotNotSaved) {
            ctx.rewrite(self.engine.store().journal());
        } else {
            ready.entries().iter().for_each(|entry| ctx.append(Record::entry(entry)));
            let hard = hard.filter(|_| !self.config.has(Bug::HardStateNotSaved));
            hard.into_iter().for_each(|hard| ctx.append(Record::hard(hard)));
        }
        let is_vote_alone = ready.entries().is_empty() && !has_snapshot;
        if ready.must_sync() && !(is_vote_alone && self.config.has(Bug::VotesNotSynced)) {
            ctx.sync();
        }
        if has_snapshot {
            ctx.claim(Fact::Installs { slot: self.applied, state: digest(&self.replica) });
        }
        if self.config.has(Bug::AppliedWhenAppended) {
            self.apply(ready.entries(), ctx);
        }
    }

    /// The state of another takes the place of this node's own.
    fn install(&mut self, index: u64) {
        let Some(snapshot) = self.incoming.take().filter(|snapshot| snapshot.index == index) else {
            return;
        };
        self.applied = index;
        self.replica = snapshot.replica.clone();
        self.engine.store_mut().install(snapshot);
    }

    /// Applies entries to the state, each once; a leader answers whoever asked.
    fn apply(&mut self, entries: &[Entry], ctx: &mut Context<Self>) {
        let leads = self.engine.raft.state == StateRole::Leader;
        for entry in entries {
            let (slot, epoch) = (entry.index, entry.term);
            if slot <= self.applied {
                continue;
            }
            if let Some(request) = request::decode(&entry.data) {
                let Replica { service, sessions } = &mut self.replica;
                let most = self.config.sessions;
                session::execute(service, sessions, &request, slot, most, leads, ctx);
            }
            self.applied = slot;
            let state = if slot.is_multiple_of(STATES) { digest(&self.replica) } else { 0 };
            let value = hash_of(&entry.data[..].to_vec());
            ctx.claim(Fact::Decides { slot, epoch, value, state });
        }
        self.serve_reads(ctx);
    }

    /// Takes a snapshot in place of the log that led to it, when that has grown long enough.
    fn take_snapshot_if_due(&mut self, ctx: &mut Context<Self>) {
        let (base, slot) = (self.engine.store().base(), self.applied);
        let is_due = self.config.snapshot_after > 0 && slot - base >= self.config.snapshot_after;
        let Some(term) = self.engine.store().term_at(slot).filter(|_| is_due) else { return };
        let snapshot = Arc::new(Snapshot { index: slot, term, replica: self.replica.clone() });
        self.engine.store_mut().compact(snapshot);
        ctx.rewrite(self.engine.store().journal());
        ctx.claim(Fact::Compacts { slot });
    }

    /// Says what has become of it. Asking beforehand changes nothing, and is not told.
    fn claim_role(&mut self, ctx: &mut Context<Self>) {
        let raft = &self.engine.raft;
        let (epoch, role) = (raft.term, raft.state);
        let fact = match role {
            StateRole::Leader => Fact::Leads { epoch },
            StateRole::Candidate => Fact::Campaigns { epoch },
            StateRole::Follower | StateRole::PreCandidate => Fact::Follows { epoch },
        };
        let now = match role {
            StateRole::PreCandidate => role_name(StateRole::Follower),
            _ => role_name(role),
        };
        if self.claimed == (epoch, now) {
            return;
        }
        self.claimed = (epoch, now);
        self.give_up_reads(ctx);
        ctx.claim(fact);
    }
}

/// A hash of the replicated state. It is never 0.
fn digest(replica: &Replica) -> u64 {
    hash_of(replica).max(1)
}
