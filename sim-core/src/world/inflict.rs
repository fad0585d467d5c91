//! What a fault does to those that it hits, and how that is taken back.

use super::find::kinds_named;
use super::strikes::Hit;
use super::{Event, World};
use crate::disk::Unsynced;
use crate::fault::{DiskLoss, Fault, Links, Role, Targets};
use crate::network::{AddressSet, LinkFault, LinkSet, Traffic};
use crate::observe::{Lost, LostTo, Machine, Observer};
use crate::process::{NodeId, Process};
use crate::random::Rng;
use crate::seal::Spoiled;
use crate::settings::Transport;
use crate::time::Time;

impl<P: Process> World<P> {
    /// What a fault does to those that it hits.
    pub(super) fn inflict(
        &mut self,
        fault: &Fault,
        number: u64,
        hit: &Hit,
        all: &[NodeId],
        rng: &mut Rng,
    ) {
        match fault {
            Fault::Crash { disk, .. } => {
                for node in all {
                    self.crash(node.0, *disk, rng);
                }
            }
            Fault::Restart { .. } => {}
            Fault::Pause { .. } => {
                for node in all {
                    if node.is_client() {
                        self.clients[node.index()].paused += 1;
                    } else {
                        self.nodes.list[node.index()].paused += 1;
                    }
                }
            }
            Fault::SlowNode { factor, .. } => {
                self.each(all, |rare| rare.slow = rare.slow.max(*factor));
            }
            Fault::SlowDisk { factor, .. } => {
                self.each(all, |rare| rare.disk.slow = rare.disk.slow.max(*factor));
            }
            Fault::FullDisk { .. } => self.each(all, |rare| rare.disk.full += 1),
            Fault::LyingSync { .. } => self.each(all, |rare| rare.disk.lying += 1),
            Fault::BitRot { .. } => self.each(all, |rare| {
                rare.disk.rot(rng);
            }),
            Fault::ClockJump { by, back, .. } => {
                let by = by.0.min(i64::MAX as u64) as i64;
                self.each(all, |rare| rare.clock.jump(if *back { -by } else { by }));
            }
            Fault::ClockDrift { ppm, .. } => {
                self.change_rates(all, i64::from(*ppm));
            }
            Fault::Cut { .. }
            | Fault::Loss { .. }
            | Fault::Delay { .. }
            | Fault::Duplicate { .. }
            | Fault::Reorder { .. }
            | Fault::Corrupt { .. } => self.disturb_links(fault, number, hit),
            Fault::Lie { lie, about, .. } => self.begin_lie(number, all, lie, about, rng),
            Fault::BigMac { at, .. } => {
                for client in all {
                    self.clients[client.index()].spoiled = self.readers(at, rng);
                }
            }
            Fault::Twins { .. } => {
                for node in all {
                    self.begin_twins(number, *node, rng);
                }
            }
        }
        if P::HURT_DISKS_LIE && fault.kind().hurts_disks() {
            for node in all {
                self.becomes_liar(*node, fault.kind());
            }
        }
        // What strikes single messages is counted message by message.
        let is_by_message = matches!(
            fault,
            Fault::Lie { .. }
                | Fault::Loss { .. }
                | Fault::Delay { .. }
                | Fault::Duplicate { .. }
                | Fault::Reorder { .. }
                | Fault::Corrupt { .. }
        );
        if !is_by_message {
            self.fired.count(fault.kind(), self.now);
        }
    }

    /// What a fault does to links.
    fn disturb_links(&mut self, fault: &Fault, number: u64, hit: &Hit) {
        let (of, what) = match fault {
            Fault::Cut { sides } => {
                let links = self.between(hit, sides.one_way);
                return self.network.add_fault(number, links.into(), LinkFault::Cut);
            }
            Fault::Loss { of, rate } => (of, LinkFault::Loss(*rate)),
            Fault::Delay { of, by } => (of, LinkFault::Delay(*by)),
            Fault::Duplicate { of, rate, by } => (of, LinkFault::Duplicate(*rate, *by)),
            Fault::Reorder { of, rate, by } => (of, LinkFault::Reorder(*rate, *by)),
            Fault::Corrupt { of, rate } => (of, LinkFault::Corrupt(*rate)),
            _ => return,
        };
        let links = match &of.links {
            Links::All => LinkSet::All,
            Links::Of(_) => LinkSet::Of(self.addresses(&hit[0])),
            Links::Between(sides) => self.between(hit, sides.one_way),
        };
        let kinds = kinds_named::<P>(&of.kinds);
        self.network.add_fault(number, Traffic { links, kinds }, what);
    }

    fn each(&mut self, all: &[NodeId], mut change: impl FnMut(&mut crate::nodes::Rare<P>)) {
        for node in all.iter().filter(|node| !node.is_client()) {
            change(self.nodes.list[node.index()].rare());
        }
    }

    /// Clocks run faster by so many millionths from now on. What their timers still have to run, they run at the new
    /// rate.
    fn change_rates(&mut self, all: &[NodeId], ppm: i64) {
        let now = self.now;
        for node in all.iter().filter(|node| !node.is_client()) {
            let at = &mut self.nodes.list[node.index()];
            let clock = &mut at.rare.get_or_insert_default().clock;
            let before = clock.clone();
            clock.set_rate(now, before.rate() + ppm);
            self.drift = self.drift.max(clock.rate().unsigned_abs());
            let mut requeued = Vec::new();
            for alarm in &mut at.timers {
                if alarm.deadline == Time::NEVER || alarm.deadline <= now {
                    continue;
                }
                let left = before.local_span(alarm.deadline - now);
                let deadline = now + clock.true_span(left);
                if alarm.set(deadline) {
                    requeued.push((deadline, alarm.timer));
                }
            }
            for (deadline, timer) in requeued {
                self.push(deadline, Event::Timer { node: node.0, timer });
            }
        }
    }

    fn between(&self, hit: &Hit, one_way: bool) -> LinkSet {
        let groups = hit.iter().map(|group| self.addresses(group)).collect();
        LinkSet::Between { groups, one_way }
    }

    fn addresses(&self, nodes: &[NodeId]) -> AddressSet {
        AddressSet::of(nodes.iter().map(|node| self.network.address(*node)))
    }

    /// The software ends. Timers, what waits to be handled and what waits behind the barrier end with it.
    fn crash(&mut self, machine: Machine, disk: DiskLoss, rng: &mut Rng) {
        let node = &mut self.nodes.list[machine as usize];
        node.process = None;
        node.timers.clear();
        node.busy = Time::ZERO;
        node.life += 1;
        node.paused = 0;
        (node.role, node.epoch) = (Role::Follower, 0);
        if let Some(rare) = &mut node.rare {
            rare.held.clear();
            rare.inbox.clear();
            rare.waking = false;
            match disk {
                DiskLoss::Kept => rare.disk.crash(Unsynced::Kept, rng),
                DiskLoss::Synced => rare.disk.crash(Unsynced::Lost, rng),
                DiskLoss::Torn => rare.disk.crash(Unsynced::Torn, rng),
                DiskLoss::Wiped => rare.disk.wipe(),
            }
        }
        self.strikes.roles_changed();
    }

    /// A crash breaks the streams of a node; datagrams that are under way arrive.
    pub(super) fn lose_what_was_under_way(
        &mut self,
        fault: &Fault,
        all: &[NodeId],
        watch: &mut impl Observer<P>,
    ) {
        if !matches!(fault, Fault::Crash { .. }) || self.network.transport != Transport::Stream {
            return;
        }
        for node in all {
            self.network.reset(self.network.address(*node));
            self.stalled.retain(|stalled| stalled.from != *node && stalled.to != *node);
            let mut lost = Vec::new();
            let nodes = &self.nodes;
            self.queue.retain(|made, event| {
                let (from, to) = match event {
                    Event::Message { from, to, .. } => (*from, nodes.identity(*to)),
                    Event::Request { to, request, .. } => (request.id.client, nodes.identity(*to)),
                    Event::Answer { client, from, .. } => (*from, NodeId::client(*client)),
                    _ => return true,
                };
                let breaks = (from == *node || to == *node) && from != to;
                if breaks {
                    lost.push((made, from, to));
                }
                !breaks
            });
            lost.sort_unstable();
            for (event, from, to) in lost {
                watch.lost(&Lost { at: self.now, event, from, to, why: LostTo::Crash });
            }
        }
    }

    /// Takes back what a fault did. What belongs to a process ends with that process.
    pub(super) fn undo(&mut self, fault: &Fault, number: u64, all: &[NodeId], same: &[NodeId]) {
        match fault {
            Fault::Pause { .. } => {
                for node in same {
                    let paused = match node.is_client() {
                        true => &mut self.clients[node.index()].paused,
                        false => &mut self.nodes.list[node.index()].paused,
                    };
                    *paused = paused.saturating_sub(1);
                }
            }
            Fault::SlowNode { .. } | Fault::SlowDisk { .. } => {
                for node in all {
                    let (slow, disk) = self.slowness(*node);
                    let rare = self.nodes.list[node.index()].rare();
                    (rare.slow, rare.disk.slow) = (slow, disk);
                }
            }
            Fault::FullDisk { .. } => self.each(all, |rare| rare.disk.full -= 1),
            Fault::LyingSync { .. } => self.each(all, |rare| rare.disk.lying -= 1),
            Fault::ClockDrift { ppm, .. } => {
                self.change_rates(all, -i64::from(*ppm));
            }
            Fault::Cut { .. }
            | Fault::Loss { .. }
            | Fault::Delay { .. }
            | Fault::Duplicate { .. }
            | Fault::Reorder { .. }
            | Fault::Corrupt { .. } => self.network.remove_fault(number),
            Fault::Crash { .. }
            | Fault::Restart { .. }
            | Fault::BitRot { .. }
            | Fault::ClockJump { .. } => {}
            Fault::Lie { .. } | Fault::Twins { .. } => self.end_lies(number),
            Fault::BigMac { .. } => {
                for client in all {
                    self.clients[client.index()].spoiled = Spoiled::default();
                }
            }
        }
    }

    /// These nodes, or some when none are named.
    fn readers(&self, at: &Targets, rng: &mut Rng) -> Spoiled {
        let named = (!at.is_empty()).then(|| self.find_group(at, &[], rng)).flatten();
        let Some(named) = named else { return self.some_nodes(rng) };
        let nodes = named.iter().filter(|node| node.index() < 64);
        Spoiled(nodes.fold(0, |bits, node| bits | 1 << node.index()))
    }

    /// Some of the nodes, not none and not all where there are several.
    fn some_nodes(&self, rng: &mut Rng) -> Spoiled {
        let nodes: Vec<u32> = (0..self.settings.nodes.min(64)).collect();
        let count = 1 + rng.index(nodes.len().saturating_sub(1).max(1));
        Spoiled(rng.choose(&nodes, count).into_iter().fold(0, |bits, node| bits | 1 << node))
    }

    /// How many times as long a node and its disk take for everything: of several faults the worst counts.
    fn slowness(&self, node: NodeId) -> (u32, u32) {
        let (mut slow, mut disk) = (1, 1);
        for active in self.strikes.active.iter().filter(|a| a.hit.iter().any(|hit| hit.0 == node)) {
            match self.strikes.plan.strikes[active.index as usize].fault {
                Fault::SlowNode { factor, .. } => slow = slow.max(factor),
                Fault::SlowDisk { factor, .. } => disk = disk.max(factor),
                _ => {}
            }
        }
        (slow, disk)
    }

    pub(super) fn go_on(&mut self, node: NodeId, watch: &mut impl Observer<P>) {
        if node.is_client() {
            if self.clients[node.index()].paused == 0 {
                self.client_goes_on(node.index() as u32, watch);
            }
        } else if self.nodes.list[node.index()].paused == 0 {
            self.wake_later(node.0, self.now);
        }
    }
}
