//! What nodes ask for, and how it happens: the sync barrier, timers, sending.

use super::{Event, Stalled, World};
use crate::context::{Effect, Kinds, Target};
use crate::fact::Fact;
use crate::fault::Role;
use crate::network::{Fate, Sent};
use crate::nodes::{Alarm, Held};
use crate::observe::{Cause, Lost, Machine, Observer, Step};
use crate::process::{NodeId, Process};
use crate::settings::Transport;
use crate::time::{Span, Time};

impl<P: Process> World<P> {
    /// Takes the context back, shows the step, and lets its effects happen in order.
    #[inline]
    pub(super) fn end(
        &mut self,
        machine: Machine,
        event: u64,
        cause: Cause<'_, P>,
        leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        std::mem::swap(&mut self.context.rng, &mut self.node_streams[machine as usize]);
        let mut effects = std::mem::take(&mut self.context.effects);
        let mut kinds = Kinds::of(&effects);
        if kinds.any_of(Kinds::SYNCS) || self.nodes.list[machine as usize].is_holding() {
            effects = self.hold(machine, effects);
            kinds = Kinds::of(&effects);
        }
        self.release(machine, event, cause, leaves, effects, kinds, watch);
    }

    /// Shows a step and lets its effects happen.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn release(
        &mut self,
        machine: Machine,
        event: u64,
        cause: Cause<'_, P>,
        leaves: Time,
        mut effects: Vec<Effect<P>>,
        kinds: Kinds,
        watch: &mut impl Observer<P>,
    ) {
        if self.strikes.is_waiting()
            && self.strikes_before_effects(machine, &cause, &effects, watch)
        {
            effects.clear();
            self.context.effects = effects;
            return;
        }
        self.steps += 1;
        if kinds.any_of(Kinds::CLAIMS) {
            self.tell_roles(machine, &effects);
        }
        let step = Step {
            at: self.now,
            number: self.steps,
            event,
            next_event: self.made + 1,
            node: self.nodes.identity(machine),
            machine,
            cause,
            effects: &effects,
            kinds,
        };
        watch.observe(&self.nodes, &step);
        if self.strikes.is_waiting() {
            self.note_moments(&step.cause, machine, &effects);
        }
        for effect in effects.drain(..) {
            self.apply(machine, effect, leaves, watch);
        }
        self.context.effects = effects;
    }

    /// Roles are told from claims, before observers and faults ask for them.
    #[inline]
    fn tell_roles(&mut self, machine: Machine, effects: &[Effect<P>]) {
        for effect in effects {
            let Effect::Claim(claim) = effect else { continue };
            let (role, epoch) = match claim.fact {
                Fact::Leads { epoch } => (Role::Leader, epoch),
                Fact::Campaigns { epoch } => (Role::Candidate, epoch),
                Fact::Follows { epoch } => (Role::Follower, epoch),
                _ => continue,
            };
            let node = &mut self.nodes.list[machine as usize];
            (node.role, node.epoch) = (role, epoch);
            self.strikes.roles_changed();
        }
    }

    /// Parts what happens now from what waits behind the barrier. Writes and timers never wait: a write goes to
    /// the disk's buffer, and a timer is the node's own. What leaves the node does.
    fn hold(&mut self, machine: Machine, mut effects: Vec<Effect<P>>) -> Vec<Effect<P>> {
        let mut now = std::mem::take(&mut self.spare);
        let rare = self.nodes.list[machine as usize].rare();
        let mut written = rare.disk.written();
        for effect in effects.drain(..) {
            match effect {
                Effect::Sync => {
                    if written > rare.disk.acknowledged() {
                        rare.held.push_back(Held::Until(written));
                    }
                    now.push(effect);
                }
                Effect::Append { .. } | Effect::Rewrite { .. } => {
                    written += 1;
                    now.push(effect);
                }
                Effect::SetTimer { .. } | Effect::CancelTimer { .. } => now.push(effect),
                effect if rare.held.is_empty() => now.push(effect),
                effect => rare.held.push_back(Held::Effect(effect)),
            }
        }
        self.spare = effects;
        now
    }

    pub(super) fn start_sync(&mut self, machine: Machine) {
        let rare = self.nodes.list[machine as usize].rare();
        let Some(sync) = rare.disk.begin_sync() else { return };
        let takes = if rare.disk.lying > 0 {
            Span::micros(1)
        } else {
            let cost = self.settings.costs.sync.draw(&mut self.disk_streams[machine as usize]);
            cost * u64::from(rare.disk.slow)
        };
        let at = self.now + takes;
        self.push(at, Event::Synced { node: machine, sync });
    }

    /// A sync has ended: what waited for it happens, as a step of its own.
    pub(super) fn synced(
        &mut self,
        machine: Machine,
        sync: u64,
        event: u64,
        watch: &mut impl Observer<P>,
    ) {
        let node = &mut self.nodes.list[machine as usize];
        let (life, is_paused) = (node.life, node.paused > 0);
        let rare = node.rare();
        if !rare.disk.is_under_way(sync) {
            return;
        }
        rare.disk.end_sync();
        if is_paused {
            // The disk is done, but the process does not look until it goes on.
            rare.inbox.push_back((event, Event::Released { node: machine }));
            return;
        }
        self.let_go(machine, life, event, watch);
    }

    /// Lets happen what waited for the disk, as far as the disk has what it waited for.
    pub(super) fn let_go(
        &mut self,
        machine: Machine,
        life: u32,
        event: u64,
        watch: &mut impl Observer<P>,
    ) {
        let rare = self.nodes.list[machine as usize].rare();
        let mut now = std::mem::take(&mut self.spare);
        while let Some(held) = rare.held.pop_front() {
            match held {
                Held::Until(written) if written > rare.disk.acknowledged() => {
                    rare.held.push_front(held);
                    break;
                }
                Held::Until(_) => {}
                Held::Effect(effect) => now.push(effect),
            }
        }
        let waits = !rare.held.is_empty();
        if now.is_empty() {
            self.spare = now;
        } else {
            let reused = std::mem::take(&mut self.context.effects);
            let kinds = Kinds::of(&now);
            self.release(machine, event, Cause::Synced, self.now, now, kinds, watch);
            self.spare = std::mem::replace(&mut self.context.effects, reused);
        }
        if waits && self.nodes.list[machine as usize].life == life {
            self.start_sync(machine);
        }
    }

    #[inline]
    fn apply(
        &mut self,
        machine: Machine,
        effect: Effect<P>,
        leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        match effect {
            Effect::Send { to: Target::One(to), message } => {
                self.carry(machine, to, message, leaves, watch);
            }
            Effect::Send { to: Target::Peers, message } => {
                self.broadcast(machine, message, leaves, watch);
            }
            // Who asks in a script is no client of the world.
            Effect::Reply { id, .. } if id.client.index() >= self.clients.len() => {}
            Effect::Reply { id, answer } if !self.liars.is_empty() => {
                self.answer_among_liars(machine, id, answer, leaves, watch);
            }
            Effect::Reply { id, answer } => {
                let from = self.nodes.identity(machine);
                let event = Event::Answer { client: id.client.index() as u32, from, id, answer };
                self.transmit(from, id.client, event, 64, leaves, watch);
            }
            Effect::SetTimer { timer, after } => {
                let rare = self.nodes.list[machine as usize].rare.as_ref();
                let after = rare.map_or(after, |rare| rare.clock.true_span(after));
                self.set_timer(machine, timer, leaves + after);
            }
            Effect::CancelTimer { timer } => {
                let timers = &mut self.nodes.list[machine as usize].timers;
                if let Some(alarm) = timers.iter_mut().find(|alarm| alarm.timer == timer) {
                    alarm.deadline = Time::NEVER;
                    alarm.ringing = false;
                }
            }
            Effect::Append { file, record } => {
                self.nodes.list[machine as usize].rare().disk.append(file, record);
            }
            Effect::Rewrite { file, records } => {
                self.nodes.list[machine as usize].rare().disk.rewrite(file, records);
            }
            Effect::Sync => self.start_sync(machine),
            Effect::Claim(_) => {}
        }
    }

    #[inline]
    fn set_timer(&mut self, node: Machine, timer: P::Timer, at: Time) {
        let timers = &mut self.nodes.list[node as usize].timers;
        match timers.iter_mut().find(|alarm| alarm.timer == timer) {
            Some(alarm) => {
                if !alarm.set(at) {
                    return;
                }
            }
            None => timers.push(Alarm { timer, deadline: at, queued: at, ringing: false }),
        }
        self.push(at, Event::Timer { node, timer });
    }

    /// Whether a timer's entry in the queue that has come up means that it rings.
    #[inline]
    pub(super) fn rings(&mut self, node: Machine, timer: P::Timer, at: Time) -> bool {
        let timers = &mut self.nodes.list[node as usize].timers;
        let Some(alarm) = timers.iter_mut().find(|alarm| alarm.timer == timer) else {
            return false;
        };
        match alarm.come_up(at) {
            Comes::Rings => true,
            Comes::Void => false,
            Comes::Later(later) => {
                self.push(later, Event::Timer { node, timer });
                false
            }
        }
    }

    /// Whether a timer that rang has been neither set anew nor taken back while it waited in the inbox.
    #[inline]
    pub(super) fn still_rings(&mut self, node: Machine, timer: P::Timer) -> bool {
        let timers = &mut self.nodes.list[node as usize].timers;
        let alarm = timers.iter_mut().find(|alarm| alarm.timer == timer);
        alarm.is_some_and(|alarm| std::mem::take(&mut alarm.ringing))
    }

    /// The same message to every other node; the list of them is never made.
    fn broadcast(
        &mut self,
        machine: Machine,
        message: P::Message,
        leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        let me = self.nodes.identity(machine);
        let count = self.settings.nodes;
        let last = if me.0 + 1 == count { count.wrapping_sub(2) } else { count - 1 };
        for to in (0..count).map(NodeId).filter(|to| *to != me) {
            if to.0 == last {
                return self.carry(machine, to, message, leaves, watch);
            }
            self.carry(machine, to, message.clone(), leaves, watch);
        }
    }

    #[inline(always)]
    fn carry(
        &mut self,
        machine: Machine,
        to: NodeId,
        message: P::Message,
        leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        if !self.liars.is_empty() {
            return self.carry_among_liars(machine, to, message, leaves, watch);
        }
        let from = self.nodes.identity(machine);
        let size = P::size(&message);
        self.transmit(from, to, Event::Message { from, to: to.0, message }, size, leaves, watch);
    }

    /// Puts something on the network: it arrives, perhaps twice, or is lost.
    #[inline(always)]
    pub(super) fn transmit(
        &mut self,
        from: NodeId,
        to: NodeId,
        event: Event<P>,
        size: u32,
        leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        let (source, target) = (self.network.address(from), self.network.address(to));
        if self.network.transport == Transport::Stream && self.network.is_cut(source, target) {
            return self.stalled.push(Stalled { from, to, event, size });
        }
        let kind = match &event {
            Event::Message { message, .. } => Some(P::kind(message)),
            _ => None,
        };
        let sent = Sent { from: source, to: target, now: self.now, leaves, size, kind };
        match self.network.fate(sent, &mut self.fired) {
            Fate::Arrives { at, again: None } => self.push(at, event),
            Fate::Arrives { at, again: Some(again) } => {
                self.push(again, event.clone());
                self.push(at, event);
            }
            Fate::Lost(why) => {
                self.made += 1;
                watch.lost(&Lost { at: self.now, event: self.made, from, to, why });
            }
        }
    }
}

/// What it means that a timer's entry in the queue has come up.
pub(super) enum Comes {
    Rings,
    /// It was set for later meanwhile.
    Later(Time),
    /// It was taken back, or another entry counts.
    Void,
}

impl<T> Alarm<T> {
    /// Sets the timer anew. True when that needs a new entry in the queue.
    #[inline]
    pub(super) fn set(&mut self, at: Time) -> bool {
        self.deadline = at;
        self.ringing = false;
        if self.queued <= at {
            return false;
        }
        self.queued = at;
        true
    }

    #[inline]
    pub(super) fn come_up(&mut self, at: Time) -> Comes {
        if self.queued != at {
            return Comes::Void;
        }
        self.queued = Time::NEVER;
        if self.deadline == Time::NEVER {
            return Comes::Void;
        }
        if self.deadline > at {
            self.queued = self.deadline;
            return Comes::Later(self.deadline);
        }
        self.deadline = Time::NEVER;
        self.ringing = true;
        Comes::Rings
    }
}
