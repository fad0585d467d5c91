//! The nodes of a world: what runs on each machine, and what the machine has.
//!
//! A cluster may have a million nodes of which most are idle, so what every node needs stands in `Node`, and
//! what only a busy or unlucky one needs stands in a box behind it.

use crate::clock::Clock;
use crate::context::Effect;
use crate::disk::Disk;
use crate::fault::Role;
use crate::observe::Machine;
use crate::process::{NodeId, Process};
use crate::time::Time;
use crate::world::Event;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A timer that is set, or was.
///
/// Each has at most one entry in the queue that matters. When the timer is set anew for later, the entry stays
/// where it is, and queues itself again when it comes up: a load that keeps re-arming its timers then leaves no
/// dead entries behind.
#[derive(Clone, Debug)]
pub(crate) struct Alarm<T> {
    pub timer: T,
    /// When it rings, in true time; never when it was taken back.
    pub deadline: Time,
    /// When its entry in the queue comes up; never when it has none.
    pub queued: Time,
    /// It rang and waits in the inbox of a busy node; setting it anew or taking it back undoes that.
    pub ringing: bool,
}

/// Something that waits behind a sync barrier.
#[derive(Clone, Debug)]
pub(crate) enum Held<P: Process> {
    Effect(Effect<P>),
    /// What follows waits until this many writes are on disk.
    Until(u64),
}

/// What a node needs only when it writes, queues, or is unlucky.
#[derive(Clone, Debug)]
pub(crate) struct Rare<P: Process> {
    pub disk: Disk<P::Record>,
    pub clock: Clock,
    pub held: VecDeque<Held<P>>,
    pub inbox: VecDeque<(u64, Event<P>)>,
    /// A wake-up for the inbox is in the queue.
    pub waking: bool,
    /// How many times as long everything takes.
    pub slow: u32,
}

impl<P: Process> Default for Rare<P> {
    fn default() -> Self {
        Rare {
            disk: Disk::default(),
            clock: Clock::default(),
            held: VecDeque::new(),
            inbox: VecDeque::new(),
            waking: false,
            slow: 1,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node<P: Process> {
    /// None while it is down.
    pub process: Option<P>,
    pub timers: SmallVec<[Alarm<P::Timer>; 1]>,
    /// It handles nothing more before then.
    pub busy: Time,
    /// The epoch of the role that it last claimed.
    pub epoch: u64,
    pub role: Role,
    /// Whether it lies, or ever did.
    pub lies: bool,
    /// How many pauses lie on it.
    pub paused: u16,
    /// How often it has booted or crashed: what belongs to an earlier life is void.
    pub life: u32,
    pub rare: Option<Box<Rare<P>>>,
}

impl<P: Process> Node<P> {
    pub fn new() -> Self {
        Node {
            process: None,
            timers: SmallVec::new(),
            busy: Time::ZERO,
            epoch: 0,
            role: Role::Follower,
            lies: false,
            paused: 0,
            life: 0,
            rare: None,
        }
    }
    #[inline]
    pub fn rare(&mut self) -> &mut Rare<P> {
        self.rare.get_or_insert_default()
    }
    #[inline]
    pub fn is_holding(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.held.is_empty())
    }
}

/// The nodes of a world, as observers may see them.
#[derive(Clone, Debug)]
pub struct Nodes<P: Process> {
    /// By machine: first the machine of each identity, then copies.
    pub(crate) list: Vec<Node<P>>,
    /// Whose identities the copies bear.
    pub(crate) copies: Vec<NodeId>,
}

impl<P: Process> Nodes<P> {
    pub(crate) fn new(count: u32) -> Self {
        Nodes { list: (0..count).map(|_| Node::new()).collect(), copies: Vec::new() }
    }

    /// How many there are, by identity.
    pub fn len(&self) -> usize {
        self.list.len() - self.copies.len()
    }
    /// Whether there are none, which no world allows.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// What runs on a machine; none while it is down.
    #[inline]
    pub fn process(&self, machine: Machine) -> Option<&P> {
        self.list[machine as usize].process.as_ref()
    }
    /// Every process that runs and never lied, with its machine.
    pub fn live(&self) -> impl Iterator<Item = (Machine, &P)> {
        let list = self.list.iter().enumerate().filter(|(_, node)| !node.lies);
        list.filter_map(|(i, node)| node.process.as_ref().map(|process| (i as Machine, process)))
    }
    /// Whether a machine lies or ever did: what it claims proves nothing.
    #[inline]
    pub fn is_liar(&self, machine: Machine) -> bool {
        self.list[machine as usize].lies
    }
    /// Whether a machine stands still.
    pub fn is_paused(&self, machine: Machine) -> bool {
        self.list[machine as usize].paused > 0
    }
    /// Whether something that a machine asked for waits for its disk, and happens only when that has synced.
    #[inline]
    pub fn waits_for_disk(&self, machine: Machine) -> bool {
        self.list[machine as usize].is_holding()
    }
    /// The records that a machine's disk would still have after a crash, file after file.
    pub fn durable(&self, machine: Machine) -> impl DoubleEndedIterator<Item = &P::Record> + Clone {
        let rare = self.list[machine as usize].rare.as_ref();
        rare.into_iter().flat_map(|rare| rare.disk.readable())
    }
    /// What a machine's monotonic clock shows at a true time.
    #[inline]
    pub fn clock(&self, machine: Machine, at: Time) -> Time {
        let rare = self.list[machine as usize].rare.as_ref();
        rare.map_or(at, |rare| rare.clock.now(at))
    }
    /// The role that a live machine last claimed, and its epoch.
    pub fn role(&self, machine: Machine) -> Option<(Role, u64)> {
        let node = &self.list[machine as usize];
        node.process.is_some().then_some((node.role, node.epoch))
    }
    /// The live node that claims this role; of several, the one of the highest epoch.
    pub fn the(&self, role: Role) -> Option<NodeId> {
        let nodes = self.list[..self.len()].iter().enumerate();
        let live = nodes.filter(|(_, node)| node.process.is_some());
        let claimants = live.filter(|(_, node)| node.role == role);
        claimants.max_by_key(|(_, node)| node.epoch).map(|(i, _)| NodeId(i as u32))
    }
    /// The live node that leads, as far as claims tell.
    pub fn leader(&self) -> Option<NodeId> {
        self.the(Role::Leader)
    }
    /// The identity that a machine bears.
    #[inline]
    pub fn identity(&self, machine: Machine) -> NodeId {
        match (machine as usize).checked_sub(self.len()) {
            None => NodeId(machine),
            Some(copy) => self.copies[copy],
        }
    }
}
