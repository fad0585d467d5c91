//! Fail-over: two orchestrators, of which one is at work, and a store that keeps their log.
//!
//! Whoever misses the other asks the store for the next epoch, and gets the log with it. The store takes an entry only
//! from the orchestrator of the newest epoch, and only at the place where that believes it to go: what an orchestrator
//! does that was replaced without noticing comes to nothing at its next entry, and it steps down. Commands that it sent
//! before follow from entries that are in the log, and the services' fence rows take care of those that come late.
//!
//! An epoch is one life's of one orchestrator. Whoever is back from a crash asks for a new one, and with that fences
//! what its earlier life has sent.

use super::bugs::Bug;
use super::message::{Message, SagaId};
use super::record::{Entry, Record};
use super::steps::Sagas;
use super::{Saga, Timer, number};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId};
use std::collections::BTreeMap;

/// What the store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Store<S: Sagas> {
    /// The newest epoch, and whose it is: in which life.
    pub epoch: u64,
    pub holder: Option<(NodeId, u32)>,
    pub log: BTreeMap<SagaId, Vec<Entry<S>>>,
}

impl<S: Sagas> Default for Store<S> {
    fn default() -> Self {
        Store { epoch: 0, holder: None, log: BTreeMap::new() }
    }
}

impl<S: Sagas> Store<S> {
    /// What whoever is not of the newest epoch is told.
    fn fences(&self) -> Message<S> {
        Message::Fenced { epoch: self.epoch, holder: self.holder.map(|(node, _)| node) }
    }
}

impl<S: Sagas> Saga<S> {
    /// Asks the store to add an entry.
    pub(super) fn ask_store(&mut self, saga: SagaId, entry: Entry<S>, ctx: &mut Context<Self>) {
        let (Some(store), Some(orchestrator)) = (self.layout.store(), &mut self.orchestrator)
        else {
            return;
        };
        let epoch = orchestrator.epoch;
        let Some(progress) = orchestrator.sagas.get_mut(&saga) else { return };
        progress.pending = Some(entry.clone());
        progress.asked = ctx.now();
        ctx.send(store, Message::Append { epoch, saga, at: progress.entries, entry });
    }

    /// The store has an entry.
    pub(super) fn on_appended(
        &mut self,
        epoch: u64,
        saga: SagaId,
        at: u32,
        ctx: &mut Context<Self>,
    ) {
        let Some(orchestrator) = &mut self.orchestrator else { return };
        if !orchestrator.is_at_work || orchestrator.epoch != epoch {
            return;
        }
        let Some(progress) = orchestrator.sagas.get_mut(&saga) else { return };
        if progress.entries == at
            && let Some(entry) = progress.pending.take()
        {
            self.on_logged(saga, &entry, ctx);
        }
    }

    /// Asks to be the orchestrator that is at work.
    pub(super) fn ask_to_work(&mut self, ctx: &mut Context<Self>) {
        let (Some(store), Some(orchestrator)) = (self.layout.store(), &mut self.orchestrator)
        else {
            return;
        };
        if orchestrator.is_at_work {
            return;
        }
        let (epoch, life) = (orchestrator.epoch + 1, orchestrator.life);
        orchestrator.wanted = Some(epoch);
        ctx.claim(Fact::Campaigns { epoch });
        ctx.send(store, Message::Acquire { epoch, life });
        ctx.set_timer(Timer::Takeover, self.config.takeover);
    }

    /// The store has given it the epoch that it asked for.
    pub(super) fn on_acquired(
        &mut self,
        epoch: u64,
        life: u32,
        log: &[(SagaId, Vec<Entry<S>>)],
        ctx: &mut Context<Self>,
    ) {
        let Some(orchestrator) = &mut self.orchestrator else { return };
        // A log that comes late, from before a crash, lacks what was added since.
        if orchestrator.wanted != Some(epoch) || orchestrator.life != life {
            return;
        }
        orchestrator.wanted = None;
        (orchestrator.is_at_work, orchestrator.epoch) = (true, epoch);
        orchestrator.sagas.clear();
        orchestrator.open.clear();
        self.freeing.clear();
        for (saga, entries) in log {
            entries.iter().for_each(|entry| self.take(*saga, entry, ctx.now()));
        }
        ctx.cancel_timer(Timer::Takeover);
        ctx.claim(Fact::Leads { epoch });
        self.take_up(ctx);
        self.let_hear(ctx);
    }

    /// Lets the other orchestrator hear.
    pub(super) fn let_hear(&mut self, ctx: &mut Context<Self>) {
        let Some(orchestrator) = self.orchestrator.as_ref().filter(|o| o.is_at_work) else {
            return;
        };
        ctx.send(self.layout.other(self.id), Message::Heartbeat { epoch: orchestrator.epoch });
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }

    /// The store has refused. When the epoch is that of an earlier life, nobody is at work, and a new one is asked
    /// for at once.
    pub(super) fn on_fenced(
        &mut self,
        epoch: u64,
        holder: Option<NodeId>,
        ctx: &mut Context<Self>,
    ) {
        self.on_epoch(epoch, false, ctx);
        let is_its_own =
            self.orchestrator.as_ref().is_some_and(|o| !o.is_at_work && o.epoch == epoch);
        if is_its_own && holder == Some(self.id) {
            self.ask_to_work(ctx);
        }
    }

    /// There is an epoch, and another orchestrator has it, or an earlier life: stand by.
    pub(super) fn on_epoch(&mut self, epoch: u64, is_at_work: bool, ctx: &mut Context<Self>) {
        let Some(orchestrator) = &mut self.orchestrator else { return };
        let fences =
            epoch > orchestrator.epoch || (epoch == orchestrator.epoch && !orchestrator.is_at_work);
        if !fences {
            return;
        }
        orchestrator.epoch = epoch;
        orchestrator.wanted = None;
        if std::mem::take(&mut orchestrator.is_at_work) {
            for saga in &orchestrator.open {
                ctx.claim(Fact::Ends { transaction: number(*saga) });
            }
            orchestrator.sagas.clear();
            orchestrator.open.clear();
            self.freeing.clear();
            ctx.cancel_timer(Timer::Heartbeat);
            ctx.claim(Fact::Follows { epoch });
            ctx.set_timer(Timer::Takeover, self.config.takeover);
        } else if is_at_work {
            // Only who is heard from is waited for anew.
            ctx.set_timer(Timer::Takeover, self.config.takeover);
        }
    }

    /// An orchestrator asks the store for an epoch.
    pub(super) fn on_acquire(
        &mut self,
        epoch: u64,
        (from, life): (NodeId, u32),
        ctx: &mut Context<Self>,
    ) {
        let Some(store) = &mut self.store else { return };
        if epoch > store.epoch {
            (store.epoch, store.holder) = (epoch, Some((from, life)));
            ctx.append(Record::Epoch { epoch, holder: from, life });
            ctx.sync();
        } else if epoch < store.epoch || store.holder != Some((from, life)) {
            return ctx.send(from, store.fences());
        }
        let log = store.log.iter().map(|(saga, entries)| (*saga, entries.clone())).collect();
        ctx.send(from, Message::Acquired { epoch, life, log });
    }

    /// An orchestrator asks the store to add an entry.
    pub(super) fn on_append(
        &mut self,
        from: NodeId,
        (epoch, saga, at): (u64, SagaId, u32),
        entry: &Entry<S>,
        ctx: &mut Context<Self>,
    ) {
        let unfenced = self.bugs.on(Bug::StandbyNotFenced);
        let Some(store) = &mut self.store else { return };
        if epoch != store.epoch && !unfenced {
            return ctx.send(from, store.fences());
        }
        let entries = store.log.entry(saga).or_default();
        match entries.get(at as usize) {
            Some(known) if known == entry => {}
            None if entries.len() == at as usize => add(entries, saga, entry, ctx),
            _ if unfenced => add(entries, saga, entry, ctx),
            // In one epoch one life asks, for one entry at each place, and for the next when it has that one.
            _ => return,
        }
        ctx.send(from, Message::Appended { epoch, saga, at });
    }
}

fn add<S: Sagas>(
    entries: &mut Vec<Entry<S>>,
    saga: SagaId,
    entry: &Entry<S>,
    ctx: &mut Context<Saga<S>>,
) {
    entries.push(entry.clone());
    ctx.append(Record::Logged { saga, entry: entry.clone() });
    ctx.sync();
}
