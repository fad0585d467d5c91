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

use crate::fault::{FaultKind, Fired};
use crate::observe::LostTo;
use crate::process::NodeId;
use crate::random::{Rng, Stream, key};
use crate::settings::{Delay, Settings, Transport};
use crate::time::{Chance, Span, SpanRange, Time};
use crate::topology::Topology;
use rand_distr::{Distribution, LogNormal};
use std::collections::BTreeMap;

/// Links are counted one by one while the table has at most this many.
const TABLE: usize = 1 << 18;
/// How long a stream waits before it sends a lost message again, the first time.
const RESEND: Span = Span::millis(200);
/// It waits twice as long each time, up to this: whoever has more to send notices by the answers to that what is
/// missing, and does not wait for minutes. So a stream recovers soon after its link has.
const RESEND_AT_MOST: Span = Span::millis(400);
/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// A set of addresses, nodes before clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddressSet(Vec<u64>);

impl AddressSet {
    pub fn of(addresses: impl IntoIterator<Item = usize>) -> Self {
        let mut set = AddressSet::default();
        for address in addresses {
            if set.0.len() <= address / 64 {
                set.0.resize(address / 64 + 1, 0);
            }
            set.0[address / 64] |= 1 << (address % 64);
        }
        set
    }
    #[inline]
    pub fn has(&self, address: usize) -> bool {
        self.0.get(address / 64).is_some_and(|word| word >> (address % 64) & 1 == 1)
    }
}

/// Which links a fault is on.
#[derive(Clone, Debug)]
pub(crate) enum LinkSet {
    All,
    Of(AddressSet),
    Between { groups: Vec<AddressSet>, one_way: bool },
}

impl LinkSet {
    fn has(&self, from: usize, to: usize) -> bool {
        match self {
            LinkSet::All => true,
            LinkSet::Of(nodes) => nodes.has(from) || nodes.has(to),
            LinkSet::Between { groups, .. }
                if groups.iter().any(|group| group.has(from) && group.has(to)) =>
            {
                false
            }
            LinkSet::Between { groups, one_way: true } => {
                groups[0].has(from) && groups[1..].iter().any(|group| group.has(to))
            }
            LinkSet::Between { groups, one_way: false } => {
                groups.iter().any(|group| group.has(from))
                    && groups.iter().any(|group| group.has(to))
            }
        }
    }
}

/// What a fault does to messages on its links.
#[derive(Clone, Debug)]
pub(crate) enum LinkFault {
    Cut,
    Loss(Chance),
    Delay(SpanRange),
    Duplicate(Chance),
    Reorder(Chance, SpanRange),
    Corrupt(Chance),
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives { at: Time, again: Option<Time> },
    Lost(LostTo),
}

#[derive(Clone, Debug)]
enum Sampler {
    Uniform(SpanRange),
    LogNormal(LogNormal<f64>),
    /// By the sites of sender and receiver.
    Sites {
        sites: usize,
        delays: Vec<SpanRange>,
    },
}

impl Sampler {
    fn new(delay: &Delay, topology: Option<&Topology>) -> Sampler {
        if let Some(topology) = topology {
            return Sampler::Sites { sites: topology.sites.len(), delays: topology.delays() };
        }
        match delay {
            Delay::Uniform(range) => Sampler::Uniform(*range),
            Delay::LogNormal(curve) => {
                let (median, p99) = (curve.median.0.max(1) as f64, curve.p99.0.max(1) as f64);
                let spread = (libm::log(p99 / median) / NORMAL_P99).max(0.0);
                match LogNormal::new(libm::log(median), spread) {
                    Ok(curve) => Sampler::LogNormal(curve),
                    Err(_) => Sampler::Uniform(SpanRange::exactly(curve.median)),
                }
            }
        }
    }

    #[inline]
    fn draw(&self, from: usize, to: usize, nodes: usize, rng: &mut Rng) -> Span {
        match self {
            Sampler::Uniform(range) => range.draw(rng),
            Sampler::LogNormal(curve) => Span(curve.sample(rng).min(Span::YEAR.0 as f64) as u64),
            Sampler::Sites { sites, delays } => {
                let site = |i: usize| if i < nodes { i % sites } else { (i - nodes) % sites };
                delays[site(from) * sites + site(to)].draw(rng)
            }
        }
    }
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
    faults: Vec<(u64, LinkSet, LinkFault)>,
    /// Nothing but the delay has to be drawn.
    plain: bool,
    cuts: usize,
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
            plain: false,
            cuts: 0,
        };
        new.settle();
        new
    }

    /// The place of an address among all: nodes, then clients.
    #[inline]
    pub fn address(&self, id: NodeId) -> usize {
        if id.is_client() { self.nodes + id.index() } else { id.index() }
    }

    pub fn add_fault(&mut self, id: u64, links: LinkSet, fault: LinkFault) {
        self.cuts += usize::from(matches!(fault, LinkFault::Cut));
        self.faults.push((id, links, fault));
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
        cuts.any(|(_, links, _)| links.has(from, to))
    }

    /// A crash has broken the streams of an address: what comes later need not wait for what is lost.
    pub fn reset(&mut self, address: usize) {
        let address = address as u32;
        self.lines.retain(|(from, to), _| *from != address && *to != address);
    }

    #[inline]
    fn stream(&mut self, from: usize, to: usize) -> Rng {
        let link = if self.is_table { from * self.addresses + to } else { from };
        let count = &mut self.counts[link];
        *count = count.wrapping_add(1);
        Rng::named(self.key, (link as u64) << 32 | u64::from(*count))
    }

    /// What becomes of a message of so many bytes that leaves then.
    #[inline]
    pub fn fate(
        &mut self,
        from: usize,
        to: usize,
        leaves: Time,
        size: u32,
        fired: &mut Fired,
    ) -> Fate {
        if from == to {
            return Fate::Arrives { at: leaves, again: None };
        }
        let mut rng = self.stream(from, to);
        let delay = self.sampler.draw(from, to, self.nodes, &mut rng);
        if self.plain {
            return Fate::Arrives { at: leaves + delay, again: None };
        }
        match self.transport {
            Transport::Datagram => self.datagram(from, to, leaves, size, delay, rng, fired),
            Transport::Stream => self.segment(from, to, leaves, size, delay, rng, fired),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn datagram(
        &mut self,
        from: usize,
        to: usize,
        leaves: Time,
        size: u32,
        delay: Span,
        mut rng: Rng,
        fired: &mut Fired,
    ) -> Fate {
        let leaves = self.put_on_line(from, to, leaves, size);
        if self.is_cut(from, to) {
            return Fate::Lost(LostTo::Cut);
        }
        if self.strikes(FaultKind::Loss, from, to, leaves, &mut rng, fired) {
            return Fate::Lost(LostTo::Chance);
        }
        if self.strikes(FaultKind::Corrupt, from, to, leaves, &mut rng, fired) {
            return Fate::Lost(LostTo::Corruption);
        }
        let mut at = leaves + delay + self.extra(from, to, leaves, &mut rng, fired);
        if self.strikes(FaultKind::Reorder, from, to, leaves, &mut rng, fired) {
            let by = self.held_back(from, to);
            at = at + by.draw(&mut rng);
        }
        let again =
            self.strikes(FaultKind::Duplicate, from, to, leaves, &mut rng, fired).then(|| {
                let later = self.sampler.draw(from, to, self.nodes, &mut rng);
                at + later
            });
        Fate::Arrives { at, again }
    }

    /// A message on a stream: late instead of lost, and never before the one ahead of it.
    #[allow(clippy::too_many_arguments)]
    fn segment(
        &mut self,
        from: usize,
        to: usize,
        leaves: Time,
        size: u32,
        delay: Span,
        mut rng: Rng,
        fired: &mut Fired,
    ) -> Fate {
        let mut leaves = self.put_on_line(from, to, leaves, size);
        let mut resend = RESEND;
        for _ in 0..16 {
            let lost = self.strikes(FaultKind::Loss, from, to, leaves, &mut rng, fired)
                || self.strikes(FaultKind::Corrupt, from, to, leaves, &mut rng, fired);
            if !lost {
                break;
            }
            leaves = leaves + resend;
            resend = (resend * 2).min(RESEND_AT_MOST);
        }
        let mut at = leaves + delay + self.extra(from, to, leaves, &mut rng, fired);
        let line = self.lines.entry((from as u32, to as u32)).or_default();
        at = at.max(line.last + Span(1));
        line.last = at;
        Fate::Arrives { at, again: None }
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
    #[allow(clippy::too_many_arguments)]
    fn strikes(
        &self,
        kind: FaultKind,
        from: usize,
        to: usize,
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
        for (_, links, fault) in &self.faults {
            let rate = match (kind, fault) {
                (FaultKind::Loss, LinkFault::Loss(rate))
                | (FaultKind::Corrupt, LinkFault::Corrupt(rate))
                | (FaultKind::Reorder, LinkFault::Reorder(rate, _))
                | (FaultKind::Duplicate, LinkFault::Duplicate(rate)) => *rate,
                _ => continue,
            };
            strikes |= links.has(from, to) && rng.chance(rate);
        }
        if strikes {
            fired.count(kind, at);
        }
        strikes
    }

    /// How much longer a message takes because of faults.
    fn extra(&self, from: usize, to: usize, at: Time, rng: &mut Rng, fired: &mut Fired) -> Span {
        let mut extra = Span::ZERO;
        for (_, links, fault) in &self.faults {
            if let LinkFault::Delay(by) = fault
                && links.has(from, to)
            {
                extra += by.draw(rng);
                fired.count(FaultKind::Delay, at);
            }
        }
        extra
    }

    /// By how much a message that is overtaken is held back.
    fn held_back(&self, from: usize, to: usize) -> SpanRange {
        let faults = self.faults.iter().filter(|(_, links, _)| links.has(from, to));
        let mut by = faults.filter_map(|(_, _, fault)| match fault {
            LinkFault::Reorder(_, by) => Some(*by),
            _ => None,
        });
        by.next().unwrap_or(SpanRange::millis(5, 50))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::NetworkSettings;

    fn network(change: impl FnOnce(&mut NetworkSettings)) -> Network {
        let mut settings = Settings { nodes: 5, clients: 2, ..Settings::default() };
        change(&mut settings.network);
        Network::new(&settings, 7)
    }

    fn arrivals(network: &mut Network, count: usize) -> Vec<Fate> {
        let mut fired = Fired::default();
        (0..count).map(|_| network.fate(0, 1, Time::ZERO, 100, &mut fired)).collect()
    }

    #[test]
    fn what_one_link_carries_changes_nothing_on_another() {
        let (mut quiet, mut busy) = (network(|_| {}), network(|_| {}));
        for _ in 0..100 {
            busy.fate(2, 3, Time::ZERO, 100, &mut Fired::default());
        }
        assert_eq!(arrivals(&mut quiet, 10), arrivals(&mut busy, 10));
    }

    #[test]
    fn a_log_normal_delay_has_the_quantiles_that_were_asked_for() {
        let mut network = network(|n| {
            n.delay = Delay::LogNormal(crate::settings::LogNormal {
                median: Span::millis(2),
                p99: Span::millis(20),
            });
        });
        let mut delays: Vec<u64> = arrivals(&mut network, 20_000)
            .into_iter()
            .map(|fate| match fate {
                Fate::Arrives { at, .. } => at.0,
                Fate::Lost(_) => unreachable!("nothing is lost here"),
            })
            .collect();
        delays.sort_unstable();
        let near = |got: u64, want: u64| got > want * 9 / 10 && got < want * 11 / 10;
        assert!(near(delays[10_000], 2_000_000), "median {}", delays[10_000]);
        assert!(near(delays[19_800], 20_000_000), "p99 {}", delays[19_800]);
    }

    #[test]
    fn a_stream_keeps_its_order_and_loses_nothing() {
        let mut network = network(|n| {
            n.transport = Transport::Stream;
            n.loss = Chance::percent(30);
        });
        let mut last = Time::ZERO;
        for fate in arrivals(&mut network, 500) {
            let Fate::Arrives { at, again: None } = fate else { panic!("{fate:?}") };
            assert!(at > last);
            last = at;
        }
    }

    #[test]
    fn a_bridge_reaches_both_sides_and_a_one_way_cut_blocks_one() {
        let mut network = network(|_| {});
        let side = |nodes: &[usize]| AddressSet::of(nodes.iter().copied());
        let groups = vec![side(&[0, 1, 2]), side(&[2, 3, 4])];
        network.add_fault(1, LinkSet::Between { groups, one_way: false }, LinkFault::Cut);
        assert!(network.is_cut(0, 3) && network.is_cut(4, 1));
        assert!(!network.is_cut(0, 2) && !network.is_cut(2, 4) && !network.is_cut(5, 0));
        network.remove_fault(1);
        let groups = vec![side(&[0]), side(&[1])];
        network.add_fault(2, LinkSet::Between { groups, one_way: true }, LinkFault::Cut);
        assert!(network.is_cut(0, 1) && !network.is_cut(1, 0));
    }

    #[test]
    fn bandwidth_makes_messages_queue() {
        let mut network = network(|n| {
            n.bandwidth = Some(100_000);
            n.delay = Delay::Uniform(SpanRange::exactly(Span::ZERO));
        });
        let at: Vec<Fate> = arrivals(&mut network, 3);
        let arrives = |ms: u64| Fate::Arrives { at: Time(ms * 1_000_000), again: None };
        assert_eq!(at, [arrives(1), arrives(2), arrives(3)]);
    }
}
