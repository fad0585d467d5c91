//! What a script or a person does to a world by hand, at once, outside any plan.

use super::{Event, World};
use crate::fault::{About, DiskLoss, Fault, FaultId, FaultKind, Lie, Sides, Target};
use crate::network::LinkFault;
use crate::observe::{FaultPhase, Observer};
use crate::process::{NodeId, Process};
use crate::random::Rng;
use crate::seal::Spoiled;
use crate::service::Request;
use crate::time::{Chance, Span};

/// Faults by hand are numbered from here on, away from those of a plan.
const BY_HAND: u64 = 1 << 48;

impl<P: Process> World<P> {
    /// A client's request reaches a node.
    pub fn request_now(
        &mut self,
        node: NodeId,
        request: Request<P::Service>,
        watch: &mut impl Observer<P>,
    ) {
        self.made += 1;
        let made = self.made;
        let event = Event::Request { to: node.0, request, spoiled: Spoiled::default() };
        self.arrive(node.0, made, event, watch);
    }

    /// Ends what runs on a node, if anything does.
    pub fn crash_now(&mut self, node: NodeId, disk: DiskLoss, watch: &mut impl Observer<P>) {
        let fault = Fault::Crash { nodes: vec![Target::Node(node)], disk };
        self.by_hand(&fault, vec![vec![node]], watch);
    }

    /// Boots a node from its disk.
    pub fn boot_now(&mut self, node: NodeId, watch: &mut impl Observer<P>) {
        self.boot(node.0, watch);
    }

    /// Sets the wall clock of a node wrong.
    pub fn clock_jump_now(
        &mut self,
        node: NodeId,
        by: Span,
        back: bool,
        watch: &mut impl Observer<P>,
    ) {
        let fault = Fault::ClockJump { nodes: vec![Target::Node(node)], by, back };
        self.by_hand(&fault, vec![vec![node]], watch);
    }

    /// The network makes a second copy of a message that is under way. False when there is no such event.
    pub fn double(&mut self, number: u64) -> bool {
        let found = self.queue.iter().find(|(_, made, _)| *made == number);
        let Some((at, event)) = found.map(|(at, _, event)| (at, event.clone())) else {
            return false;
        };
        self.push(at, event);
        true
    }

    /// A node lies from now on, to these nodes or to all.
    pub fn lie_now(&mut self, node: NodeId, lie: Lie, to: &[NodeId], watch: &mut impl Observer<P>) {
        let to = to.iter().copied().map(Target::Node).collect();
        let about = About { to, kinds: Vec::new(), rate: Chance::ALWAYS };
        let fault = Fault::Lie { nodes: vec![Target::Node(node)], lie, about };
        self.by_hand(&fault, vec![vec![node]], watch);
    }

    /// Everybody is honest again.
    pub fn honest_now(&mut self) {
        self.end_every_lie();
    }

    /// Cuts the links between groups of nodes, or those from the first to the others.
    pub fn cut_now(
        &mut self,
        groups: Vec<Vec<NodeId>>,
        one_way: bool,
        watch: &mut impl Observer<P>,
    ) {
        let fault = Fault::Cut { sides: Sides { groups: Vec::new(), one_way } };
        self.by_hand(&fault, groups, watch);
    }

    /// Heals every cut.
    pub fn heal_every_cut(&mut self, watch: &mut impl Observer<P>) {
        self.network.remove_faults(|fault| matches!(fault, LinkFault::Cut));
        self.send_stalled(watch);
        let id = FaultId::default();
        self.tell(id, FaultKind::Cut, FaultPhase::Heals, &[], "every cut is over", watch);
    }

    /// Whether an event is a timer's entry that counts, and not one that was left behind.
    pub fn is_live_timer(&self, number: u64) -> bool {
        self.queue.iter().any(|(at, made, event)| match event {
            Event::Timer { node, timer } if made == number => {
                let alarms = &self.nodes.list[*node as usize].timers;
                alarms.iter().any(|alarm| {
                    alarm.timer == *timer
                        && alarm.queued == at
                        && alarm.deadline != crate::time::Time::NEVER
                })
            }
            _ => false,
        })
    }

    /// Lets a timer run out now, whatever it is set for.
    pub fn ring_now(&mut self, number: u64, watch: &mut impl Observer<P>) -> bool {
        let found = self.queue.iter().find_map(|(_, made, event)| match event {
            Event::Timer { node, timer } if made == number => Some((*node, *timer)),
            _ => None,
        });
        let Some((node, timer)) = found else { return false };
        let alarms = &mut self.nodes.list[node as usize].timers;
        let Some(alarm) = alarms.iter_mut().find(|alarm| alarm.timer == timer) else {
            return false;
        };
        alarm.deadline = crate::time::Time::NEVER;
        alarm.queued = crate::time::Time::NEVER;
        alarm.ringing = true;
        self.queue.retain(|made, _| made != number);
        self.arrive(node, number, Event::Timer { node, timer }, watch);
        true
    }

    fn by_hand(&mut self, fault: &Fault, hit: Vec<Vec<NodeId>>, watch: &mut impl Observer<P>) {
        let number = BY_HAND + self.steps;
        let mut rng = Rng::named(number, 0);
        let all: Vec<NodeId> = hit.iter().flatten().copied().collect();
        self.inflict(fault, number, &hit, &all, &mut rng);
        let words = super::find::words(fault, &hit);
        self.tell(FaultId::default(), fault.kind(), FaultPhase::Strikes, &all, &words, watch);
        self.lose_what_was_under_way(fault, &all, watch);
    }
}
