//! Liars: what they make of what their honest software says; and twins, two machines under one identity.
//!
//! A lie is drawn from the stream of the fault that it belongs to. What is told to several receivers alike, as an
//! equivocation is, is drawn from a stream named by the message, so that all of them hear the same.

use super::find::kinds_named;
use super::{Event, World};
use crate::drive::replay::hash_of;
use crate::fault::{About, FaultKind, Lie};
use crate::observe::{Machine, Observer};
use crate::process::{NodeId, Process, Reply};
use crate::random::{Rng, Stream, key};
use crate::seal::Liar;
use crate::service::{Answer, RequestId, Service};
use crate::time::{Chance, Span, Time};
use std::collections::VecDeque;

/// As many messages as liars remember together, to say them again.
const MEMORY: usize = 64;

/// A lie that a machine tells.
#[derive(Clone, Debug)]
struct Told {
    number: u64,
    machine: Machine,
    lie: Lie,
    /// Those to these addresses; to anybody when there are none.
    to: Vec<NodeId>,
    /// Those of these kinds; of any when there are none.
    kinds: Vec<usize>,
    rate: Chance,
    rng: Rng,
    /// Names the streams of what several receivers hear alike.
    key: u64,
}

/// Two machines under one identity, and whom each is in touch with.
#[derive(Clone, Debug)]
struct Pair {
    number: u64,
    identity: NodeId,
    copy: Machine,
    /// By address: in touch with the first, with its copy.
    touch: Vec<(bool, bool)>,
}

/// Who lies, and how.
#[derive(Clone, Debug)]
pub(super) struct Liars<P: Process> {
    told: Vec<Told>,
    said: VecDeque<(Machine, P::Message)>,
    pairs: Vec<Pair>,
    /// Who has ever been a liar, since when, and by which kind of fault.
    since: Vec<(NodeId, Time, FaultKind)>,
}

impl<P: Process> Default for Liars<P> {
    fn default() -> Self {
        Liars { told: Vec::new(), said: VecDeque::new(), pairs: Vec::new(), since: Vec::new() }
    }
}

impl<P: Process> Liars<P> {
    /// Whether everybody is honest, and has one machine.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.told.is_empty() && self.pairs.is_empty()
    }

    /// One of the messages that a machine has sent, drawn; and this one is remembered for the next time.
    fn recall(&mut self, machine: Machine, said: P::Message, rng: &mut Rng) -> Option<P::Message> {
        let own = self.said.iter().filter(|(of, _)| *of == machine);
        let count = own.clone().count();
        let old = own.map(|(_, old)| old).nth(rng.index(count)).cloned();
        self.said.push_back((machine, said));
        if self.said.len() > MEMORY {
            self.said.pop_front();
        }
        old
    }
}

/// What becomes of a message that a liar was to send.
struct Tale<M> {
    messages: Vec<M>,
    late: Span,
}

impl<P: Process> World<P> {
    /// How many nodes were liars by then, whether or not they had told a lie.
    pub fn liars(&self, by: Time) -> u32 {
        self.became_liars(by).count() as u32
    }

    /// The kinds of fault that had made them so.
    pub fn became_liars(&self, by: Time) -> impl Iterator<Item = FaultKind> {
        let known = self.liars.since.iter();
        known.filter(move |(_, since, _)| *since <= by).map(|(.., kind)| *kind)
    }

    /// Whether a node that a fault of this kind strikes is a liar from then on.
    pub fn makes_liars(kind: FaultKind) -> bool {
        kind.makes_liars() || P::HURT_DISKS_LIE && kind.hurts_disks()
    }

    pub(super) fn becomes_liar(&mut self, node: NodeId, kind: FaultKind) {
        self.nodes.list[node.index()].lies = true;
        if self.liars.since.iter().all(|(known, ..)| *known != node) {
            self.liars.since.push((node, self.now, kind));
        }
    }

    /// Nodes begin to lie.
    pub(super) fn begin_lie(
        &mut self,
        number: u64,
        nodes: &[NodeId],
        lie: &Lie,
        about: &About,
        rng: &mut Rng,
    ) {
        let to = match about.to.is_empty() {
            true => Vec::new(),
            // Nobody is in that role: the lie is told to nobody, rather than to all.
            false => self.find_group(&about.to, &[], rng).unwrap_or_else(|| vec![NodeId(u32::MAX)]),
        };
        let kinds = kinds_named::<P>(&about.kinds).unwrap_or_default();
        for node in nodes {
            self.becomes_liar(*node, kind_of(lie));
            let (lie, to, kinds) = (lie.clone(), to.clone(), kinds.clone());
            let (rng, key) = (Rng::named(rng.bits(), u64::from(node.0)), rng.bits());
            let machine = node.0;
            let rate = about.rate;
            self.liars.told.push(Told { number, machine, lie, to, kinds, rate, rng, key });
        }
    }

    /// Lies of a fault end, and copies that it made.
    pub(super) fn end_lies(&mut self, number: u64) {
        self.liars.told.retain(|told| told.number != number);
        let ended = |pair: &Pair| pair.number == number;
        for pair in self.liars.pairs.iter().filter(|pair| ended(pair)) {
            let copy = &mut self.nodes.list[pair.copy as usize];
            copy.process = None;
            copy.timers.clear();
            copy.life += 1;
            if let Some(rare) = &mut copy.rare {
                rare.held.clear();
                rare.inbox.clear();
                rare.waking = false;
                rare.disk.give_up_sync();
            }
        }
        self.liars.pairs.retain(|pair| !ended(pair));
    }

    /// Nobody lies any more.
    pub(super) fn end_every_lie(&mut self) {
        self.liars.told.clear();
    }

    /// A message leaves a node that may lie, or for one that may have two machines.
    #[cold]
    pub(super) fn carry_among_liars(
        &mut self,
        machine: Machine,
        to: NodeId,
        message: P::Message,
        leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        let me = self.nodes.identity(machine);
        if to == me {
            // What a node says to itself is its own business, and its own machine's.
            let size = P::size(&message);
            let event = Event::Message { from: me, to: machine, message };
            return self.transmit(me, to, event, size, leaves, watch);
        }
        if !self.is_in_touch(machine, to) {
            return;
        }
        let tale = self.tell_tale(machine, to, message);
        for message in tale.messages {
            for target in self.machines_of(to, me) {
                let size = P::size(&message);
                let event = Event::Message { from: me, to: target, message: message.clone() };
                self.transmit(me, to, event, size, leaves + tale.late, watch);
            }
        }
    }

    /// What a machine says instead of a message: each of its lies in turn makes something of what the one
    /// before has left as the first message.
    fn tell_tale(&mut self, machine: Machine, to: NodeId, message: P::Message) -> Tale<P::Message> {
        let kind = P::kind(&message);
        let mut tale = Tale { messages: vec![message], late: Span::ZERO };
        let mut told = std::mem::take(&mut self.liars.told);
        let concerns = |told: &Told| {
            told.machine == machine
                && (told.to.is_empty() || told.to.contains(&to))
                && (told.kinds.is_empty() || told.kinds.contains(&kind))
        };
        for told in told.iter_mut().filter(|told| concerns(told)) {
            let Some(said) = tale.messages.first() else { break };
            let is_told = match &told.lie {
                Lie::Dawdle(by) => {
                    let is_late = told.rng.chance(told.rate);
                    if is_late {
                        tale.late += by.draw(&mut told.rng);
                    }
                    is_late
                }
                _ => match self.says_instead(told, said, to) {
                    Some(messages) => {
                        tale.messages.splice(..1, messages);
                        true
                    }
                    None => false,
                },
            };
            if is_told {
                self.fired.count(kind_of(&told.lie), self.now);
            }
        }
        self.liars.told = told;
        tale
    }

    /// What one lie makes of a message; none when it lets it pass.
    fn says_instead(
        &mut self,
        told: &mut Told,
        said: &P::Message,
        to: NodeId,
    ) -> Option<Vec<P::Message>> {
        let (id, nodes) = (self.nodes.identity(told.machine), self.settings.nodes);
        if let Lie::Equivocate = told.lie {
            // One draw for all that hear it.
            let mut rng = Rng::named(told.key, hash_of(said));
            let is_other = rng.chance(told.rate) && rng.bits() >> (to.index() % 64) & 1 == 1;
            let mut liar = Liar { id, nodes, rng: &mut rng };
            return is_other.then(|| any_lie::<P>(said, to, &mut liar).unwrap_or_default());
        }
        if !told.rng.chance(told.rate) {
            return None;
        }
        match &told.lie {
            Lie::Silence => Some(Vec::new()),
            Lie::Replay => {
                let old = self.liars.recall(told.machine, said.clone(), &mut told.rng)?;
                Some(vec![said.clone(), old])
            }
            Lie::Forge(named) => {
                let mut liar = Liar { id, nodes, rng: &mut told.rng };
                match named {
                    Some(name) => P::lie(name, said, to, &mut liar),
                    None => any_lie::<P>(said, to, &mut liar),
                }
            }
            Lie::Equivocate | Lie::Dawdle(_) | Lie::FalseReply => None,
        }
    }

    /// An answer leaves a node that may lie, or one of two machines.
    #[cold]
    pub(super) fn answer_among_liars(
        &mut self,
        machine: Machine,
        id: RequestId,
        mut answer: Answer<Reply<P>>,
        mut leaves: Time,
        watch: &mut impl Observer<P>,
    ) {
        if !self.is_in_touch(machine, id.client) {
            return;
        }
        let mut told = std::mem::take(&mut self.liars.told);
        let mut silent = false;
        let concerns = |told: &Told| {
            told.machine == machine && (told.to.is_empty() || told.to.contains(&id.client))
        };
        for told in told.iter_mut().filter(|told| concerns(told)) {
            let is_of_kinds = told.kinds.is_empty();
            match (&told.lie, &answer) {
                (Lie::FalseReply, Answer::Done(reply)) if told.rng.chance(told.rate) => {
                    answer = Answer::Done(P::Service::falsify(reply, &mut told.rng));
                }
                (Lie::Silence, _) if is_of_kinds && told.rng.chance(told.rate) => silent = true,
                (Lie::Dawdle(by), _) if is_of_kinds && told.rng.chance(told.rate) => {
                    leaves = leaves + by.draw(&mut told.rng);
                }
                _ => continue,
            }
            self.fired.count(kind_of(&told.lie), self.now);
        }
        self.liars.told = told;
        if !silent {
            let from = self.nodes.identity(machine);
            let event = Event::Answer { client: id.client.index() as u32, from, id, answer };
            self.transmit(from, id.client, event, 64, leaves, watch);
        }
    }

    /// A node goes on twice.
    pub(super) fn begin_twins(&mut self, number: u64, node: NodeId, rng: &mut Rng) {
        self.becomes_liar(node, FaultKind::Twins);
        if self.liars.pairs.iter().any(|pair| pair.identity == node) {
            return;
        }
        let copy = self.nodes.list.len() as Machine;
        let mut twin = self.nodes.list[node.index()].clone();
        if let Some(rare) = &mut twin.rare {
            // What waits in the inbox waits at the first.
            rare.inbox.clear();
            rare.waking = false;
            rare.disk.give_up_sync();
        }
        let mut timers = Vec::new();
        for alarm in &mut twin.timers {
            if std::mem::take(&mut alarm.ringing) {
                alarm.deadline = self.now;
            }
            alarm.queued = alarm.deadline;
            timers.push((alarm.timer, alarm.deadline));
        }
        let writes = twin.rare.is_some();
        self.nodes.list.push(twin);
        self.nodes.copies.push(node);
        let seed = rng.bits();
        self.node_streams.push(Rng::named(key(seed, Stream::Node), u64::from(copy)));
        self.disk_streams.push(Rng::named(key(seed, Stream::Disk), u64::from(copy)));
        for (timer, at) in timers.into_iter().filter(|(_, at)| *at != Time::NEVER) {
            self.push(at, Event::Timer { node: copy, timer });
        }
        if writes {
            self.start_sync(copy);
        }
        let addresses = self.settings.nodes as usize + self.clients.len();
        let touch = (0..addresses).map(|_| match rng.below(3) {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        });
        let touch = touch.collect();
        self.liars.pairs.push(Pair { number, identity: node, copy, touch });
    }

    /// Whether a machine, if it is one of two, is the one that an address hears.
    fn is_in_touch(&self, machine: Machine, other: NodeId) -> bool {
        let me = self.nodes.identity(machine);
        let Some(pair) = self.liars.pairs.iter().find(|pair| pair.identity == me) else {
            return true;
        };
        let (first, copy) = pair.touch[self.network.address(other)];
        if machine == pair.copy { copy } else { first }
    }

    /// The machines that something from an address reaches.
    pub(super) fn machines_of(&self, to: NodeId, from: NodeId) -> Vec<Machine> {
        let Some(pair) = self.liars.pairs.iter().find(|pair| pair.identity == to) else {
            return vec![to.0];
        };
        let (first, copy) = pair.touch[self.network.address(from)];
        let machines = [(first, to.0), (copy, pair.copy)];
        machines.into_iter().filter(|(hears, _)| *hears).map(|(_, machine)| machine).collect()
    }
}

/// One of the protocol's own lies that has to do with a message, beginning with one that is drawn.
fn any_lie<P: Process>(
    message: &P::Message,
    to: NodeId,
    liar: &mut Liar<'_>,
) -> Option<Vec<P::Message>> {
    let first = liar.rng.index(P::LIES.len());
    let lies = P::LIES.iter().cycle().skip(first).take(P::LIES.len());
    lies.map(|(name, _)| *name).find_map(|name| P::lie(name, message, to, liar))
}

fn kind_of(lie: &Lie) -> FaultKind {
    match lie {
        Lie::Silence => FaultKind::Silence,
        Lie::Equivocate => FaultKind::Equivocate,
        Lie::Forge(_) => FaultKind::Forge,
        Lie::Replay => FaultKind::Replay,
        Lie::Dawdle(_) => FaultKind::Dawdle,
        Lie::FalseReply => FaultKind::FalseReply,
    }
}
