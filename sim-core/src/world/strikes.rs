//! Faults: when they strike, what they wait for, and when they heal.
//!
//! A fault whose role nobody is in waits until somebody is. What a fault draws comes from the stream of its own
//! id. After everything has healed nothing new strikes, and only what lasts forever stays.

use super::find::words;
use super::{Event, World};
use crate::context::Effect;
use crate::fact::Fact;
use crate::fault::{Fault, FaultId, FaultKind, Lasts, Plan, Strike, Target, Targets};
use crate::observe::{Cause, FaultPhase, FaultStep, Machine, Observer};
use crate::process::{NodeId, Process};
use crate::random::{Rng, Stream, key};
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
pub(super) struct Active {
    pub(super) number: u64,
    pub(super) index: u32,
    /// Whom it hit, and which of its lives each was in.
    pub(super) hit: Vec<(NodeId, u32)>,
    pub(super) words: String,
}

#[derive(Clone, Debug)]
pub(super) struct Strikes {
    pub(super) plan: Plan,
    key: u64,
    patterns: Vec<Option<Pattern>>,
    /// Those that wait for a moment, with how many of its events they have seen.
    waiting: Vec<(u32, u32)>,
    /// Those that found nobody to strike and wait for somebody.
    hungry: Vec<u32>,
    pub(super) active: Vec<Active>,
    started: u64,
    pub(super) names: BTreeMap<String, Vec<NodeId>>,
    /// Whose events those faults waited for that have seen theirs.
    doers: BTreeMap<u32, NodeId>,
    /// Whose event the fault waited for that strikes now.
    pub(super) doer: Option<NodeId>,
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
            doers: BTreeMap::new(),
            doer: None,
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
pub(super) type Hit = Vec<Vec<NodeId>>;

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
        let doer = self.nodes.identity(machine);
        self.strikes.doers.extend(due.iter().map(|index| (*index, doer)));
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
        self.strikes.doer = self.strikes.doers.get(&index).copied();
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

    pub(super) fn life(&self, node: NodeId) -> u32 {
        if node.is_client() { 0 } else { self.nodes.list[node.index()].life }
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
}
