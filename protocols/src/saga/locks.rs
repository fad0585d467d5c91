//! Semantic locks (Richardson, "Microservices Patterns", section 4.3.3): what a saga under way has changed is marked,
//! and others are refused or wait. A compensation takes its own mark away; when a saga has completed, its services are
//! told to, until they say that they have.

use super::config::{Locks, Style};
use super::message::{Message, SagaId};
use super::record::{Entry, Record};
use super::steps::Sagas;
use super::{Saga, Timer, number};
use sim_core::{Context, Fact, NodeId};
use std::collections::BTreeSet;

impl<S: Sagas> Saga<S> {
    /// Frees what a completed saga had marked, wherever that was.
    pub(super) fn free(&mut self, saga: SagaId, op: &S::Op, ctx: &mut Context<Self>) {
        if self.config.locks == Locks::None {
            return;
        }
        let hosts = self.marked_at(op);
        self.send_releases(saga, &hosts, ctx);
        // One timer is for all of them: to set it anew for each saga would put off those that wait already.
        if self.freeing.is_empty() {
            ctx.set_timer(Timer::Free, self.config.redelivery);
        }
        self.freeing.insert(saga, hosts);
    }

    /// Where an operation's steps leave marks.
    pub(super) fn marked_at(&self, op: &S::Op) -> BTreeSet<NodeId> {
        let steps = S::steps(op, self.layout.services);
        steps.iter().map(|step| self.layout.host(step.service)).collect()
    }

    fn send_releases(&self, saga: SagaId, hosts: &BTreeSet<NodeId>, ctx: &mut Context<Self>) {
        hosts.iter().for_each(|host| ctx.send(*host, Message::Release { saga }));
    }

    /// Tells every service that still has marks of completed sagas to take them away. Where none has any, the note of
    /// that was lost on its way.
    pub(super) fn release_again(&mut self, ctx: &mut Context<Self>) {
        self.freeing.iter().for_each(|(saga, hosts)| self.send_releases(*saga, hosts, ctx));
        let free = self.freeing.iter().filter(|(_, hosts)| hosts.is_empty());
        let free: Vec<SagaId> = free.map(|(saga, _)| *saga).collect();
        free.into_iter().for_each(|saga| self.note_freed(saga, ctx));
        if !self.freeing.is_empty() {
            ctx.set_timer(Timer::Free, self.config.redelivery);
        }
    }

    /// A completed saga has nothing to wait for here any more.
    pub(super) fn on_release(&mut self, from: NodeId, saga: SagaId, ctx: &mut Context<Self>) {
        if self.host.locks.values().any(|holder| *holder == saga) {
            self.unmark(saga);
            ctx.append(Record::Confirmed { saga });
            ctx.sync();
            ctx.claim(Fact::Concludes { transaction: number(saga), commits: true });
        }
        ctx.send(from, Message::Released { saga });
    }

    /// What a saga has marked here is free.
    pub(super) fn unmark(&mut self, saga: SagaId) {
        self.host.locks.retain(|_, holder| *holder != saga);
    }

    /// A service has taken a saga's marks away; with the last of them, that is noted for good.
    pub(super) fn on_released(&mut self, from: NodeId, saga: SagaId, ctx: &mut Context<Self>) {
        let Some(hosts) = self.freeing.get_mut(&saga) else { return };
        if hosts.remove(&from) && hosts.is_empty() {
            self.note_freed(saga, ctx);
        }
    }

    /// The marks of a completed saga are taken away everywhere. It is done with when that is in the log.
    fn note_freed(&mut self, saga: SagaId, ctx: &mut Context<Self>) {
        match self.config.style {
            Style::Orchestrated => self.log(saga, Entry::Freed, ctx),
            Style::Choreographed => {
                self.freeing.remove(&saga);
                ctx.append(Record::Freed { saga });
            }
        }
    }
}
