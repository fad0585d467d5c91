//! Faults: when they strike, whom they hit, what that does, and how it heals.
//!
//! A fault whose role nobody is in waits until somebody is. What a fault draws comes from the stream of its own
//! id. After everything has healed nothing new strikes, and only what lasts forever stays.

use super::{Event, World};
use crate::context::Effect;
use crate::disk::Unsynced;
use crate::fact::Fact;
use crate::fault::{
    DiskLoss, Fault, FaultId, FaultKind, Lasts, Links, Plan, Role, Sides, Strike, Target, Targets,
};
use crate::network::{AddressSet, LinkFault, LinkSet};
use crate::observe::{Cause, FaultPhase, FaultStep, Lost, LostTo, Machine, Observer};
use crate::process::{NodeId, Process};
use crate::random::{Rng, Stream, key};
use crate::settings::Transport;
use crate::time::Time;
use std::collections::BTreeMap;

/// What a moment is recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    Fact(usize),
    Sends(usize),
    Receives(usize),
    Syncs,
    Boots,
}

impl Pattern {
    fn read<P: Process>(event: &str) -> Option<Pattern> {
        let kind = |name: &str| P::KINDS.iter().position(|kind| *kind == name);
        match event.split_once(' ') {
            Some(("sends", name)) => kind(name).map(Pattern::Sends),
            Some(("receives", name)) => kind(name).map(Pattern::Receives),
            _ if event == "syncs" => Some(Pattern::Syncs),
            _ if event == "boots" => Some(Pattern::Boots),
            _ => Fact::EVENTS.iter().position(|name| *name == event).map(Pattern::Fact),
        }
    }

    /// How often it occurs in a step.
    fn count<P: Process>(self, cause: &Cause<'_, P>, effects: &[Effect<P>]) -> usize {
        let among = |test: &dyn Fn(&Effect<P>) -> bool| effects.iter().filter(|e| test(e)).count();
        match (self, cause) {
            (Pattern::Receives(kind), Cause::Message { message, .. }) => {
                usize::from(P::kind(message) == kind)
            }
            (Pattern::Boots, Cause::Boot) => 1,
            (Pattern::Receives(_) | Pattern::Boots, _) => 0,
            (Pattern::Fact(event), _) => {
                among(&|e| matches!(e, Effect::Claim(claim) if claim.fact.event() == event))
            }
            (Pattern::Sends(kind), _) => {
                among(&|e| matches!(e, Effect::Send { message, .. } if P::kind(message) == kind))
            }
            (Pattern::Syncs, _) => among(&|e| matches!(e, Effect::Sync)),
        }
    }
}

/// A fault that is under way.
#[derive(Clone, Debug)]
struct Active {
    number: u64,
    index: u32,
    /// Whom it hit, and which of its lives each was in.
    hit: Vec<(NodeId, u32)>,
    words: String,
}

#[derive(Clone, Debug)]
pub(super) struct Strikes {
    plan: Plan,
    key: u64,
    patterns: Vec<Option<Pattern>>,
    /// Those that wait for a moment, with how many of its events they have seen.
    waiting: Vec<(u32, u32)>,
    /// Those that found nobody to strike and wait for somebody.
    hungry: Vec<u32>,
    active: Vec<Active>,
    started: u64,
    names: BTreeMap<String, Vec<NodeId>>,
    /// Roles have changed since the hungry ones last looked.
    changed: bool,
    over: bool,
    idle: Vec<FaultId>,
}

impl Strikes {
    pub fn new<P: Process>(plan: Plan, seed: u64) -> Strikes {
        let moments = plan.strikes.iter().map(|strike| strike.on.as_ref());
        let patterns = moments.map(|on| on.and_then(|on| Pattern::read::<P>(&on.event))).collect();
        Strikes {
            key: key(seed, Stream::Fault),
            patterns,
            waiting: Vec::new(),
            hungry: Vec::new(),
            active: Vec::new(),
            started: 0,
            names: BTreeMap::new(),
            changed: false,
            over: false,
            idle: Vec::new(),
            plan,
        }
    }
    pub fn len(&self) -> u32 {
        self.plan.strikes.len() as u32
    }
    pub fn at(&self, index: u32) -> Time {
        self.plan.strikes[index as usize].at
    }
    /// When everything heals; a plan that names no time never heals.
    pub fn heal(&self) -> Option<Time> {
        (self.plan.heal > Time::ZERO).then_some(self.plan.heal)
    }
    /// Whether a fault waits for a moment or for somebody to strike.
    #[inline]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.hungry.is_empty()
    }
    #[inline]
    pub fn roles_changed(&mut self) {
        self.changed = true;
    }
}

/// Whom a fault hits, in groups.
type Hit = Vec<Vec<NodeId>>;

impl<P: Process> World<P> {
    /// Faults that found nobody to strike.
    pub fn idle_faults(&self) -> &[FaultId] {
        &self.strikes.idle
    }

    pub(super) fn strike_or_wait(&mut self, index: u32, watch: &mut impl Observer<P>) {
        if self.strikes.over {
            return self.give_up(index, watch);
        }
        match self.strikes.plan.strikes[index as usize].on {
            Some(_) => self.strikes.waiting.push((index, 0)),
            None => self.strike(index, watch),
        }
    }

    /// Counts the events of a step that faults wait for, and sets those off whose moment has come.
    pub(super) fn note_moments(
        &mut self,
        cause: &Cause<'_, P>,
        machine: Machine,
        effects: &[Effect<P>],
    ) {
        for index in self.come_true(machine, false, |pattern| pattern.count(cause, effects)) {
            let on = self.strikes.plan.strikes[index as usize].on.as_ref();
            let after = on.map(|on| on.after).unwrap_or_default();
            let at = self.now + after;
            self.push(at, Event::Moment { index });
        }
        if std::mem::take(&mut self.strikes.changed) {
            for index in std::mem::take(&mut self.strikes.hungry) {
                self.push(self.now, Event::Moment { index });
            }
        }
    }

    /// Strikes what waits for this receipt and wants to come before it. True when something struck.
    pub(super) fn strikes_before_receipt(
        &mut self,
        machine: Machine,
        event: &Event<P>,
        watch: &mut impl Observer<P>,
    ) -> bool {
        let Event::Message { message, .. } = event else { return false };
        let kind = P::kind(message);
        let due = self
            .come_true(machine, true, |pattern| usize::from(pattern == Pattern::Receives(kind)));
        for index in &due {
            self.strike(*index, watch);
        }
        !due.is_empty()
    }

    /// Strikes what waits for an effect of this step and wants to come before it. True when the node went down
    /// with that, and its effects with it.
    pub(super) fn strikes_before_effects(
        &mut self,
        machine: Machine,
        cause: &Cause<'_, P>,
        effects: &[Effect<P>],
        watch: &mut impl Observer<P>,
    ) -> bool {
        let due = self.come_true(machine, true, |pattern| match pattern {
            Pattern::Receives(_) => 0,
            _ => pattern.count(cause, effects),
        });
        for index in &due {
            self.strike(*index, watch);
        }
        !due.is_empty() && self.nodes.process(machine).is_none()
    }

    /// The waiting faults whose moment this step brings; they wait no longer.
    fn come_true(
        &mut self,
        machine: Machine,
        before: bool,
        count: impl Fn(Pattern) -> usize,
    ) -> Vec<u32> {
        let mut due = Vec::new();
        let mut waiting = std::mem::take(&mut self.strikes.waiting);
        waiting.retain_mut(|(index, seen)| {
            let strike = &self.strikes.plan.strikes[*index as usize];
            let (Some(on), Some(pattern)) = (&strike.on, self.strikes.patterns[*index as usize])
            else {
                return true;
            };
            let new = if on.before == before { count(pattern) } else { 0 };
            if new == 0 || !self.is_by(&on.by, machine) {
                return true;
            }
            *seen += new as u32;
            let comes = *seen >= on.nth;
            if comes {
                due.push(*index);
            }
            !comes
        });
        self.strikes.waiting = waiting;
        due
    }

    /// Whether a machine is among those that a moment is about.
    fn is_by(&self, by: &Targets, machine: Machine) -> bool {
        let me = self.nodes.identity(machine);
        let role = self.nodes.role(machine).map(|(role, _)| role);
        by.is_empty()
            || by.iter().any(|target| match target {
                Target::Node(node) => *node == me,
                Target::The(wanted) => self.nodes.the(*wanted) == Some(me),
                Target::A(wanted) | Target::Every(wanted) => role == Some(*wanted),
                Target::Named(name) => {
                    self.strikes.names.get(name).is_some_and(|nodes| nodes.contains(&me))
                }
                _ => true,
            })
    }

    fn give_up(&mut self, index: u32, watch: &mut impl Observer<P>) {
        let strike = &self.strikes.plan.strikes[index as usize];
        let (id, kind) = (strike.id, strike.fault.kind());
        self.strikes.idle.push(id);
        let words = format!("{kind} finds nobody to strike");
        self.tell(id, kind, FaultPhase::Idle, &[], &words, watch);
    }

    pub(super) fn tell(
        &mut self,
        id: FaultId,
        kind: FaultKind,
        phase: FaultPhase,
        hit: &[NodeId],
        words: &str,
        watch: &mut impl Observer<P>,
    ) {
        self.steps += 1;
        let step = FaultStep {
            at: self.now,
            number: self.steps,
            next_event: self.made + 1,
            id,
            kind,
            phase,
            hit,
            words,
        };
        watch.fault(&self.nodes, &step);
    }

    /// A fault strikes, or waits for somebody to strike.
    pub(super) fn strike(&mut self, index: u32, watch: &mut impl Observer<P>) {
        if self.strikes.over {
            return self.give_up(index, watch);
        }
        let strike = self.strikes.plan.strikes[index as usize].clone();
        let name = u64::from(strike.id.fault) << 32 | u64::from(strike.id.nth);
        let mut rng = Rng::named(self.strikes.key, name);
        let Some(hit) = self.find(&strike.fault, &mut rng) else {
            self.strikes.hungry.push(index);
            return;
        };
        let words = words(&strike.fault, &hit);
        let mut all: Vec<NodeId> = hit.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        if let (Some(name), Some(first)) = (&strike.name, hit.first()) {
            // Of a cut, the first side is the one that it is about.
            self.strikes.names.insert(name.clone(), first.clone());
        }
        self.strikes.started += 1;
        let number = self.strikes.started;
        self.inflict(&strike.fault, number, &hit, &all, &mut rng);
        self.tell(strike.id, strike.fault.kind(), FaultPhase::Strikes, &all, &words, watch);
        self.lose_what_was_under_way(&strike.fault, &all, watch);
        self.keep_until_healed(index, number, &strike, &all, words);
        if let Fault::Restart { .. } = strike.fault {
            for node in all {
                self.boot(node.0, watch);
            }
        }
    }

    fn keep_until_healed(
        &mut self,
        index: u32,
        number: u64,
        strike: &Strike,
        all: &[NodeId],
        words: String,
    ) {
        let heals = !matches!(
            strike.fault,
            Fault::Restart { .. } | Fault::BitRot { .. } | Fault::ClockJump { .. }
        );
        if !heals || strike.lasts == Lasts::Forever {
            return;
        }
        let hit = all.iter().map(|node| (*node, self.life(*node))).collect();
        self.strikes.active.push(Active { number, index, hit, words });
        if let Lasts::For(span) = strike.lasts {
            let at = self.now + span;
            self.push(at, Event::Heal { active: number });
        }
    }

    fn life(&self, node: NodeId) -> u32 {
        if node.is_client() { 0 } else { self.nodes.list[node.index()].life }
    }

    /// What a fault does to those that it hits.
    pub(super) fn inflict(
        &mut self,
        fault: &Fault,
        number: u64,
        hit: &Hit,
        all: &[NodeId],
        rng: &mut Rng,
    ) {
        let kind = fault.kind();
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
                let now = self.now;
                self.each(all, |rare| {
                    rare.clock.set_rate(now, rare.clock.rate() + i64::from(*ppm));
                });
            }
            Fault::Cut { sides } => {
                let links = self.between(hit, sides.one_way);
                self.network.add_fault(number, links, LinkFault::Cut);
            }
            Fault::Loss { links, rate } => {
                self.on_links(number, links, hit, LinkFault::Loss(*rate));
            }
            Fault::Delay { links, by } => {
                self.on_links(number, links, hit, LinkFault::Delay(*by));
            }
            Fault::Duplicate { links, rate } => {
                self.on_links(number, links, hit, LinkFault::Duplicate(*rate));
            }
            Fault::Reorder { links, rate, by } => {
                self.on_links(number, links, hit, LinkFault::Reorder(*rate, *by));
            }
            Fault::Corrupt { links, rate } => {
                self.on_links(number, links, hit, LinkFault::Corrupt(*rate));
            }
        }
        // What strikes single messages is counted message by message.
        let by_message = matches!(
            kind,
            FaultKind::Loss
                | FaultKind::Delay
                | FaultKind::Duplicate
                | FaultKind::Reorder
                | FaultKind::Corrupt
        );
        if !by_message {
            self.fired.count(kind, self.now);
        }
    }

    fn each(&mut self, all: &[NodeId], mut change: impl FnMut(&mut crate::nodes::Rare<P>)) {
        for node in all.iter().filter(|node| !node.is_client()) {
            change(self.nodes.list[node.index()].rare());
        }
    }

    fn on_links(&mut self, number: u64, links: &Links, hit: &Hit, fault: LinkFault) {
        let set = match links {
            Links::All => LinkSet::All,
            Links::Of(_) => LinkSet::Of(self.addresses(&hit[0])),
            Links::Between(sides) => self.between(hit, sides.one_way),
        };
        self.network.add_fault(number, set, fault);
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
            self.queue.retain(|made, event| {
                let (from, to) = match event {
                    Event::Message { from, to, .. } => (*from, NodeId(*to)),
                    Event::Request { to, request } => (request.id.client, NodeId(*to)),
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

    pub(super) fn heal(&mut self, number: u64, watch: &mut impl Observer<P>) {
        let place = self.strikes.active.iter().position(|active| active.number == number);
        let Some(place) = place else { return };
        let active = self.strikes.active.remove(place);
        let strike = self.strikes.plan.strikes[active.index as usize].clone();
        let same: Vec<NodeId> =
            active.hit.iter().filter(|(n, life)| self.life(*n) == *life).map(|h| h.0).collect();
        let all: Vec<NodeId> = active.hit.iter().map(|hit| hit.0).collect();
        self.undo(&strike.fault, number, &all, &same);
        let words = format!("{} is over", active.words);
        self.tell(strike.id, strike.fault.kind(), FaultPhase::Heals, &all, &words, watch);
        match strike.fault {
            Fault::Crash { .. } => {
                for node in same {
                    self.boot(node.0, watch);
                }
            }
            Fault::Pause { .. } => {
                for node in same {
                    self.go_on(node, watch);
                }
            }
            Fault::FullDisk { .. } => {
                for node in all {
                    self.start_sync(node.0);
                }
            }
            Fault::SlowDisk { .. } => {
                // What is under way goes on at the disk's own speed.
                for node in all {
                    self.nodes.list[node.index()].rare().disk.give_up_sync();
                    self.start_sync(node.0);
                }
            }
            Fault::Cut { .. } => self.send_stalled(watch),
            _ => {}
        }
    }

    /// Takes back what a fault did. What belongs to a process ends with that process.
    fn undo(&mut self, fault: &Fault, number: u64, all: &[NodeId], same: &[NodeId]) {
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
                let now = self.now;
                self.each(all, |rare| {
                    rare.clock.set_rate(now, rare.clock.rate() - i64::from(*ppm));
                });
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
        }
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

    fn go_on(&mut self, node: NodeId, watch: &mut impl Observer<P>) {
        if node.is_client() {
            if self.clients[node.index()].paused == 0 {
                self.client_goes_on(node.index() as u32, watch);
            }
        } else if self.nodes.list[node.index()].paused == 0 {
            self.wake_later(node.0, self.now);
        }
    }

    /// What was sent into a cut on a stream leaves once nothing cuts its link any more, in its old order.
    pub(super) fn send_stalled(&mut self, watch: &mut impl Observer<P>) {
        for stalled in std::mem::take(&mut self.stalled) {
            let super::Stalled { from, to, event, size } = stalled;
            self.transmit(from, to, event, size, self.now, watch);
        }
    }

    /// Everything heals that does not last forever, and what waits to strike is given up.
    pub(super) fn heal_all(&mut self, watch: &mut impl Observer<P>) {
        self.strikes.over = true;
        let waiting = std::mem::take(&mut self.strikes.waiting).into_iter().map(|w| w.0);
        let mut left: Vec<u32> = waiting.collect();
        left.append(&mut self.strikes.hungry);
        left.sort_unstable();
        for index in left {
            self.give_up(index, watch);
        }
        let active: Vec<u64> = self.strikes.active.iter().map(|active| active.number).collect();
        for number in active {
            self.heal(number, watch);
        }
    }

    /// Finds whom a fault hits; none when somebody is missing.
    fn find(&self, fault: &Fault, rng: &mut Rng) -> Option<Hit> {
        match fault {
            Fault::Cut { sides } => self.find_sides(sides, rng),
            Fault::Loss { links, .. }
            | Fault::Delay { links, .. }
            | Fault::Duplicate { links, .. }
            | Fault::Reorder { links, .. }
            | Fault::Corrupt { links, .. } => match links {
                Links::All => Some(Vec::new()),
                Links::Of(targets) => Some(vec![self.find_group(targets, &[], rng)?]),
                Links::Between(sides) => self.find_sides(sides, rng),
            },
            Fault::Restart { nodes } => self.find_nodes(nodes, |world, n| !world.is_up(n), rng),
            Fault::Pause { nodes } => {
                self.find_nodes(nodes, |world, n| n.is_client() || world.is_up(n), rng)
            }
            Fault::Crash { nodes, .. } => self.find_nodes(nodes, Self::is_up, rng),
            Fault::BitRot { nodes } => {
                let has_records = |world: &Self, n: NodeId| {
                    !n.is_client() && !world.nodes.durable(n.0).is_empty()
                };
                self.find_nodes(nodes, has_records, rng)
            }
            Fault::SlowNode { nodes, .. }
            | Fault::SlowDisk { nodes, .. }
            | Fault::FullDisk { nodes }
            | Fault::LyingSync { nodes }
            | Fault::ClockJump { nodes, .. }
            | Fault::ClockDrift { nodes, .. } => self.find_nodes(nodes, |_, n| !n.is_client(), rng),
        }
    }

    fn is_up(&self, node: NodeId) -> bool {
        !node.is_client() && self.nodes.list.get(node.index()).is_some_and(|n| n.process.is_some())
    }

    fn find_nodes(
        &self,
        targets: &Targets,
        fits: impl Fn(&Self, NodeId) -> bool,
        rng: &mut Rng,
    ) -> Option<Hit> {
        let mut found = self.find_group(targets, &[], rng)?;
        found.retain(|node| fits(self, *node));
        (!found.is_empty()).then(|| vec![found])
    }

    fn find_sides(&self, sides: &Sides, rng: &mut Rng) -> Option<Hit> {
        let mut hit: Hit = Vec::new();
        let mut taken: Vec<NodeId> = Vec::new();
        for group in &sides.groups {
            let found = match group.contains(&Target::Rest) {
                true => Vec::new(),
                false => self.find_group(group, &taken, rng)?,
            };
            taken.extend(&found);
            hit.push(found);
        }
        for (group, found) in sides.groups.iter().zip(&mut hit) {
            if !group.contains(&Target::Rest) {
                continue;
            }
            let named: Targets = group.iter().filter(|t| **t != Target::Rest).cloned().collect();
            *found = self.find_group(&named, &taken, rng)?;
            let all = (0..self.nodes.len() as u32).map(NodeId);
            found.extend(all.filter(|node| !taken.contains(node)));
        }
        Some(hit)
    }

    /// The nodes of a target list. What is chosen is chosen among those that are not taken.
    fn find_group(
        &self,
        targets: &Targets,
        taken: &[NodeId],
        rng: &mut Rng,
    ) -> Option<Vec<NodeId>> {
        let count = self.nodes.len();
        let mut found: Vec<NodeId> = Vec::new();
        for target in targets {
            let all = (0..count as u32).map(NodeId);
            let free = |node: &NodeId| !taken.contains(node) && !found.contains(node);
            let in_role = |node: &NodeId, role: Role| {
                self.nodes.role(node.0).is_some_and(|(now, _)| now == role)
            };
            let new = match target {
                Target::Node(node) => vec![*node],
                Target::The(role) => vec![self.nodes.the(*role)?],
                Target::A(role) => {
                    let some: Vec<NodeId> = all.filter(|n| in_role(n, *role) && free(n)).collect();
                    rng.choose(&some, 1)
                }
                Target::Every(role) => all.filter(|node| in_role(node, *role)).collect(),
                Target::Random => {
                    let some: Vec<NodeId> = all.filter(|n| self.is_up(*n) && free(n)).collect();
                    rng.choose(&some, 1)
                }
                Target::All => all.collect(),
                Target::Rest => all.filter(free).collect(),
                Target::Clients => (0..self.clients.len() as u32).map(NodeId::client).collect(),
                Target::Majority => rng.choose(&all.collect::<Vec<_>>(), count / 2 + 1),
                Target::Minority => rng.choose(&all.collect::<Vec<_>>(), (count - 1) / 2),
                Target::Named(name) => self.strikes.names.get(name)?.clone(),
            };
            if new.is_empty() {
                return None;
            }
            found.extend(new.into_iter().filter(|node| !taken.contains(node) || is_bridge(target)));
        }
        Some(found)
    }
}

/// A node that is named outright may stand on two sides.
fn is_bridge(target: &Target) -> bool {
    matches!(target, Target::Node(_) | Target::Named(_) | Target::The(_))
}

/// What a fault does, in words.
pub(super) fn words(fault: &Fault, hit: &Hit) -> String {
    let list = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
    let groups: Vec<String> = hit.iter().map(|group| list(group)).collect();
    let nodes = groups.first().cloned().unwrap_or_default();
    let on = |links: &Links| match links {
        Links::All => "every link".to_owned(),
        Links::Of(_) => format!("links of {nodes}"),
        Links::Between(sides) => groups.join(if sides.one_way { " > " } else { " | " }),
    };
    match fault {
        Fault::Crash { disk, .. } => match disk {
            DiskLoss::Kept => format!("crash {nodes}, whose disk keeps everything"),
            DiskLoss::Synced => format!("crash {nodes}"),
            DiskLoss::Torn => format!("crash {nodes} in the middle of a write"),
            DiskLoss::Wiped => format!("crash {nodes} and wipe the disk"),
        },
        Fault::Restart { .. } => format!("restart {nodes}"),
        Fault::Pause { .. } => format!("pause {nodes}"),
        Fault::SlowNode { factor, .. } => format!("slow {nodes} down {factor} times"),
        Fault::Cut { sides } => {
            format!("cut {}", groups.join(if sides.one_way { " > " } else { " | " }))
        }
        Fault::Loss { links, rate } => format!("lose {rate} on {}", on(links)),
        Fault::Delay { links, by } => format!("delay by {by} on {}", on(links)),
        Fault::Duplicate { links, rate } => format!("duplicate {rate} on {}", on(links)),
        Fault::Reorder { links, rate, by } => format!("hold {rate} back {by} on {}", on(links)),
        Fault::Corrupt { links, rate } => format!("damage {rate} on {}", on(links)),
        Fault::SlowDisk { factor, .. } => format!("slow the disk of {nodes} down {factor} times"),
        Fault::FullDisk { .. } => format!("fill the disk of {nodes}"),
        Fault::LyingSync { .. } => format!("let the disk of {nodes} lie about syncs"),
        Fault::BitRot { .. } => format!("rot a record of {nodes}"),
        Fault::ClockJump { by, back, .. } => {
            format!("set the clock of {nodes} {} by {by}", if *back { "back" } else { "forward" })
        }
        Fault::ClockDrift { ppm, .. } => format!("let the clock of {nodes} run {ppm} ppm fast"),
    }
}
