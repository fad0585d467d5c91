//! What carries messages: delay, loss, duplication, reordering, damage, bandwidth, and links that are cut.
//!
//! **The fault model.** A datagram is lost, doubled, held back or damaged on its own; a link that is cut loses
//! what is sent on it and what was under way. A stream delivers in the order of sending: what the link lost
//! or damaged comes later, sent again after a time-out that doubles, what is sent into a cut waits at its sender
//! until the cut heals, and a crash of either end loses all that is under way or waits between the two.
//!
//! **Draws.** What happens to a message is drawn from a stream named by its link and by how many messages the
//! link has carried before, so that a message more or less on one link changes nothing on another. In a cluster
//! too large for a table of links, the sender takes the link's place.

mod delay;
mod links;
mod script;

pub(crate) use links::{AddressSet, LinkFault, LinkSet, Traffic};

use crate::fault::{Disturbance, FaultKind, Fired, Trouble};
use crate::observe::LostTo;
use crate::process::NodeId;
use crate::random::{Rng, Stream, key};
use crate::settings::{Settings, Transport};
use crate::time::{Chance, Span, SpanRange, Time};
use crate::topology::Topology;
use delay::Sampler;
use script::{Journal, Script};
use std::collections::BTreeMap;

/// Links are counted one by one while the table has at most this many.
const TABLE: usize = 1 << 18;
/// How long a stream waits before it sends a lost message again, the first time.
const RESEND: Span = Span::millis(200);
/// It waits twice as long each time, up to this: whoever has more to send notices by the answers to that what is
/// missing, and does not wait for minutes. So a stream recovers soon after its link has.
const RESEND_AT_MOST: Span = Span::millis(400);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives { at: Time, again: Option<Time> },
    Lost(LostTo),
}

/// What a link needs beyond its count.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// When the last message that was put on it has left its sender.
    free: Time,
    /// When the last message of its stream arrives.
    last: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct Network {
    nodes: usize,
    addresses: usize,
    key: u64,
    sampler: Sampler,
    loss: Chance,
    duplicate: Chance,
    reorder: Chance,
    corrupt: Chance,
    bandwidth: Option<u64>,
    pub transport: Transport,
    /// How many messages each link has carried; or each sender, when there is no table of links.
    counts: Vec<u32>,
    is_table: bool,
    lines: BTreeMap<(u32, u32), Line>,
    faults: Vec<(u64, Traffic, LinkFault)>,
    /// What is to happen to single messages.
    script: Script,
    /// What has happened to single messages, when it is to be written out.
    written: Option<Journal>,
    /// Nothing but the delay has to be drawn.
    plain: bool,
    cuts: usize,
    /// When everything heals, if it does.
    heal: Option<Time>,
}

/// A message that leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// The address that sends it.
    pub from: usize,
    /// The address that it is for.
    pub to: usize,
    /// When it is sent.
    pub now: Time,
    /// When its sender is done with what it sends it for.
    pub leaves: Time,
    /// In bytes.
    pub size: u32,
    /// Which of its protocol's kinds it is; none when a client sends it or is sent it.
    pub kind: Option<usize>,
}

impl Network {
    pub fn new(settings: &Settings, seed: u64) -> Network {
        let network = &settings.network;
        let (nodes, clients) = (settings.nodes as usize, settings.clients as usize);
        let addresses = nodes + clients;
        let table = addresses.saturating_mul(addresses);
        let topology = network.topology.as_deref().and_then(Topology::named);
        let mut new = Network {
            nodes,
            addresses,
            key: key(seed, Stream::Link),
            sampler: Sampler::new(&network.delay, topology),
            loss: network.loss,
            duplicate: network.duplicate,
            reorder: network.reorder,
            corrupt: network.corrupt,
            bandwidth: network.bandwidth,
            transport: network.transport,
            counts: vec![0; if table <= TABLE { table } else { addresses }],
            is_table: table <= TABLE,
            lines: BTreeMap::new(),
            faults: Vec::new(),
            script: Script::default(),
            written: None,
            plain: false,
            cuts: 0,
            heal: None,
        };
        new.settle();
        new
    }

    /// What faults hold back arrives when everything has healed: a network that is still late has not.
    pub fn healing_at(mut self, heal: Option<Time>) -> Network {
        self.heal = heal;
        self
    }

    /// Lets things happen to single messages, beside what chances and faults do to them. What is about a link that
    /// there is not is passed over.
    pub fn disturbed_by(mut self, messages: &[Disturbance]) -> Network {
        self.disturb(messages);
        self
    }

    fn disturb(&mut self, messages: &[Disturbance]) {
        for message in messages {
            let [from, to] = [message.from, message.to].map(|id| self.address(id));
            if from < self.addresses && to < self.addresses {
                self.script.add((from as u32, to as u32), message);
            }
        }
        self.settle();
    }

    /// From now on, what happens to single messages is written out.
    pub fn write_out(&mut self) {
        self.written.get_or_insert_default();
        self.settle();
    }

    /// What has happened to single messages, in the order of sending.
    pub fn written(&self) -> &[Disturbance] {
        self.written.as_ref().map(Journal::written).unwrap_or_default()
    }

    fn link(&self, from: usize, to: usize) -> usize {
        if self.is_table { from * self.addresses + to } else { from }
    }

    /// The place of an address among all: nodes, then clients.
    #[inline]
    pub fn address(&self, id: NodeId) -> usize {
        if id.is_client() { self.nodes + id.index() } else { id.index() }
    }

    pub fn add_fault(&mut self, id: u64, about: Traffic, fault: LinkFault) {
        self.cuts += usize::from(matches!(fault, LinkFault::Cut));
        self.faults.push((id, about, fault));
        self.settle();
    }

    pub fn remove_fault(&mut self, id: u64) {
        self.faults.retain(|(other, ..)| *other != id);
        self.recount();
    }

    /// Removes the faults of a kind.
    pub fn remove_faults(&mut self, kind: impl Fn(&LinkFault) -> bool) {
        self.faults.retain(|(_, _, fault)| !kind(fault));
        self.recount();
    }

    fn recount(&mut self) {
        self.cuts = self.faults.iter().filter(|f| matches!(f.2, LinkFault::Cut)).count();
        self.settle();
    }

    fn settle(&mut self) {
        let chances = [self.loss, self.duplicate, self.reorder, self.corrupt];
        self.plain = self.faults.is_empty()
            && self.script.is_empty()
            && self.written.is_none()
            && self.bandwidth.is_none()
            && self.transport == Transport::Datagram
            && chances == [Chance::NEVER; 4];
    }

    /// Whether nothing passes from one address to another.
    #[inline]
    pub fn is_cut(&self, from: usize, to: usize) -> bool {
        self.cuts > 0 && from != to && self.cut_between(from, to)
    }

    #[cold]
    fn cut_between(&self, from: usize, to: usize) -> bool {
        let mut cuts = self.faults.iter().filter(|f| matches!(f.2, LinkFault::Cut));
        cuts.any(|(_, about, _)| about.links.has(from, to))
    }

    /// A crash has broken the streams of an address: what comes later need not wait for what is lost.
    pub fn reset(&mut self, address: usize) {
        let address = address as u32;
        self.lines.retain(|(from, to), _| *from != address && *to != address);
    }

    #[inline]
    fn name(&mut self, from: usize, to: usize) -> u64 {
        let link = self.link(from, to);
        let count = &mut self.counts[link];
        *count = count.wrapping_add(1);
        (link as u64) << 32 | u64::from(*count)
    }

    /// What becomes of a message.
    #[inline]
    pub fn fate(&mut self, sent: Sent, fired: &mut Fired) -> Fate {
        let Sent { from, to, leaves, .. } = sent;
        if from == to {
            return Fate::Arrives { at: leaves, again: None };
        }
        let name = self.name(from, to);
        let mut rng = Rng::named(self.key, name);
        let delay = self.sampler.draw(from, to, self.nodes, &mut rng);
        if self.plain {
            return Fate::Arrives { at: leaves + delay, again: None };
        }
        if let Some(journal) = &mut self.written {
            journal.count((from, to), sent.now);
        }
        match self.transport {
            Transport::Datagram => self.datagram(sent, delay, rng, fired),
            Transport::Stream => self.segment(sent, delay, rng, fired),
        }
    }

    fn datagram(&mut self, sent: Sent, delay: Span, mut rng: Rng, fired: &mut Fired) -> Fate {
        let Sent { from, to, .. } = sent;
        let leaves = self.put_on_line(from, to, sent.leaves, sent.size);
        let known = self.script.due((from as u32, to as u32), sent.now);
        if self.is_cut(from, to) {
            return Fate::Lost(LostTo::Cut);
        }
        let losses = [
            (FaultKind::Loss, Trouble::Lost, LostTo::Chance),
            (FaultKind::Corrupt, Trouble::Damaged, LostTo::Corruption),
        ];
        for (kind, trouble, lost) in losses {
            if self.strikes(kind, &sent, leaves, &mut rng, fired)
                || strikes_known(kind, &known, leaves, fired)
            {
                self.note(&sent, trouble);
                return Fate::Lost(lost);
            }
        }
        let known_late = known_span(FaultKind::Delay, &known, leaves, fired);
        let late = sum(self.extra(&sent, leaves, &mut rng, fired), known_late);
        let overtaken = self.strikes(FaultKind::Reorder, &sent, leaves, &mut rng, fired);
        let overtaken = overtaken.then(|| self.held_back(&sent).draw(&mut rng));
        let held = sum(overtaken, known_span(FaultKind::Reorder, &known, leaves, fired));
        // A message that is doubled by chance is not doubled once more.
        let again = if self.strikes(FaultKind::Duplicate, &sent, leaves, &mut rng, fired) {
            Some(self.doubled(&sent, leaves, &mut rng))
        } else {
            known_copy(&known, leaves, fired)
        };
        if let Some(Trouble::Stale(_)) = again {
            // A protocol that stands copies need not stand words that come so late.
            fired.count(FaultKind::Delay, leaves);
        }
        let happens = [late.map(Trouble::Late), held.map(Trouble::HeldBack), again];
        happens.into_iter().flatten().for_each(|trouble| self.note(&sent, trouble));
        let at = leaves + delay + late.unwrap_or_default() + held.unwrap_or_default();
        Fate::Arrives { at, again: again.map(|copy| at + copy.span()) }
    }

    /// A message on a stream: late instead of lost, and never before the one ahead of it.
    fn segment(&mut self, sent: Sent, delay: Span, mut rng: Rng, fired: &mut Fired) -> Fate {
        let Sent { from, to, .. } = sent;
        let mut leaves = self.put_on_line(from, to, sent.leaves, sent.size);
        let known = self.script.due((from as u32, to as u32), sent.now);
        let is_loss = |trouble: &&Trouble| matches!(trouble, Trouble::Lost | Trouble::Damaged);
        let mut losses = known.iter().filter(is_loss);
        let mut resend = RESEND;
        for _ in 0..16 {
            // What is sent again when everything has healed gets there.
            if resend > RESEND && self.heal.is_some_and(|heal| sent.now < heal && heal <= leaves) {
                break;
            }
            let trouble = if self.strikes(FaultKind::Loss, &sent, leaves, &mut rng, fired) {
                Trouble::Lost
            } else if self.strikes(FaultKind::Corrupt, &sent, leaves, &mut rng, fired) {
                Trouble::Damaged
            } else if let Some(trouble) = losses.next() {
                fired.count(trouble.kind(), leaves);
                *trouble
            } else {
                break;
            };
            self.note(&sent, trouble);
            leaves = leaves + resend;
            resend = (resend * 2).min(RESEND_AT_MOST);
        }
        let known_late = known_span(FaultKind::Delay, &known, leaves, fired);
        let late = sum(self.extra(&sent, leaves, &mut rng, fired), known_late);
        if let Some(late) = late {
            self.note(&sent, Trouble::Late(late));
        }
        let mut at = leaves + delay + late.unwrap_or_default();
        let line = self.lines.entry((from as u32, to as u32)).or_default();
        at = at.max(line.last + Span(1));
        line.last = at;
        Fate::Arrives { at, again: None }
    }

    /// Writes out what happens to a message.
    fn note(&mut self, sent: &Sent, what: Trouble) {
        let [from, to] =
            [sent.from, sent.to].map(|address| match address.checked_sub(self.nodes) {
                Some(client) => NodeId::client(client as u32),
                None => NodeId(address as u32),
            });
        if let Some(journal) = &mut self.written {
            journal.note(from, to, sent.now, what);
        }
    }

    /// When a message has left, on a line that carries so many bytes a second.
    fn put_on_line(&mut self, from: usize, to: usize, leaves: Time, size: u32) -> Time {
        let Some(bandwidth) = self.bandwidth else { return leaves };
        let takes = u128::from(size) * 1_000_000_000 / u128::from(bandwidth.max(1));
        let line = self.lines.entry((from as u32, to as u32)).or_default();
        line.free = line.free.max(leaves) + Span(takes.min(u128::from(Span::YEAR.0)) as u64);
        line.free
    }

    /// Whether something happens to a message, by the settings or by a fault.
    fn strikes(
        &self,
        kind: FaultKind,
        sent: &Sent,
        at: Time,
        rng: &mut Rng,
        fired: &mut Fired,
    ) -> bool {
        let always = match kind {
            FaultKind::Loss => self.loss,
            FaultKind::Corrupt => self.corrupt,
            FaultKind::Reorder => self.reorder,
            _ => self.duplicate,
        };
        let mut strikes = rng.chance(always);
        for (_, about, fault) in &self.faults {
            let rate = match (kind, fault) {
                (FaultKind::Loss, LinkFault::Loss(rate))
                | (FaultKind::Corrupt, LinkFault::Corrupt(rate))
                | (FaultKind::Reorder, LinkFault::Reorder(rate, _))
                | (FaultKind::Duplicate, LinkFault::Duplicate(rate, _)) => *rate,
                _ => continue,
            };
            strikes |= about.has(sent) && rng.chance(rate);
        }
        if strikes {
            fired.count(kind, at);
        }
        strikes
    }

    /// How much longer a message takes because of faults; none when none is about it. Several add up and count as one,
    /// and none lasts beyond the healing of all.
    fn extra(&self, sent: &Sent, at: Time, rng: &mut Rng, fired: &mut Fired) -> Option<Span> {
        let faults = self.faults.iter().filter(|(_, about, _)| about.has(sent));
        let delays = faults.filter_map(|(_, _, fault)| match fault {
            LinkFault::Delay(by) => Some(by.draw(rng)),
            _ => None,
        });
        let extra = delays.reduce(|one, other| one + other)?;
        fired.count(FaultKind::Delay, at);
        Some(self.until_healed(at, extra))
    }

    /// So much time, or less when all heals before it is over.
    fn until_healed(&self, at: Time, span: Span) -> Span {
        self.heal.filter(|heal| at < *heal).map_or(span, |heal| span.min(heal - at))
    }

    /// How much later a message that is doubled arrives again: as a fault that is about it says, or as if it were sent
    /// anew then.
    fn doubled(&self, sent: &Sent, at: Time, rng: &mut Rng) -> Trouble {
        let faults = self.faults.iter().filter(|(_, about, _)| about.has(sent));
        let mut by = faults.filter_map(|(_, _, fault)| match fault {
            LinkFault::Duplicate(_, by) => *by,
            _ => None,
        });
        match by.next() {
            Some(by) => Trouble::Stale(self.until_healed(at, by.draw(rng))),
            None => Trouble::Again(self.sampler.draw(sent.from, sent.to, self.nodes, rng)),
        }
    }

    /// By how much a message that is overtaken is held back.
    fn held_back(&self, sent: &Sent) -> SpanRange {
        let faults = self.faults.iter().filter(|(_, about, _)| about.has(sent));
        let mut by = faults.filter_map(|(_, _, fault)| match fault {
            LinkFault::Reorder(_, by) => Some(*by),
            _ => None,
        });
        by.next().unwrap_or(SpanRange::millis(5, 50))
    }
}

/// Both together; none when there is neither.
fn sum(one: Option<Span>, other: Option<Span>) -> Option<Span> {
    one.into_iter().chain(other).reduce(|one, other| one + other)
}

/// Whether something of a kind is known to happen to a message. It counts as a fault of that kind.
fn strikes_known(kind: FaultKind, known: &[Trouble], at: Time, fired: &mut Fired) -> bool {
    let strikes = known.iter().any(|trouble| trouble.kind() == kind);
    if strikes {
        fired.count(kind, at);
    }
    strikes
}

/// The spans of what of a kind is known to happen to a message, all together; none when nothing is.
fn known_span(kind: FaultKind, known: &[Trouble], at: Time, fired: &mut Fired) -> Option<Span> {
    strikes_known(kind, known, at, fired).then(|| {
        let of_kind = known.iter().filter(|trouble| trouble.kind() == kind);
        of_kind.fold(Span::ZERO, |all, trouble| all + trouble.span())
    })
}

/// The copy that is known to come of a message; of several, all their time together.
fn known_copy(known: &[Trouble], at: Time, fired: &mut Fired) -> Option<Trouble> {
    let span = known_span(FaultKind::Duplicate, known, at, fired)?;
    let is_stale = known.iter().any(|trouble| matches!(trouble, Trouble::Stale(_)));
    Some(if is_stale { Trouble::Stale(span) } else { Trouble::Again(span) })
}

#[cfg(test)]
mod tests;
