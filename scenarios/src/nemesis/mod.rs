//! Random faults: what a seed makes up beside the faults that a scenario names.
//!
//! Each seed draws from a *subset* of the kinds that it may use, as in swarm testing (Groce, Zhang,
//! Eide, Chen and Regehr, "Swarm Testing", ISSTA 2012): a run with every kind at once seldom gets
//! deep into what any of them alone can do, because they get in each other's way. In a swarm, up to eight such nemeses
//! strike at once.
//!
//! When faults strike is drawn in one sequence; what each of them is comes from a generator of its
//! own, named by its place among them, so that the faults of the file have no part in it.

mod sides;
mod temper;

use self::temper::Temper;
pub(crate) use self::temper::aim_at_doer;
use crate::format::{Kinds, Nemesis, Options, ProtocolWords, Scenario, limits};
use sim_core::fault::{
    About, DiskLoss, Fault, FaultId, FaultKind, Lasts, Lie, Role, Strike, Target, Targets,
};
use sim_core::random::{Rng, Stream, key};
use sim_core::{Chance, NodeId, Span, SpanRange, Time};

/// As many strikes as a nemesis comes to.
const MOST: usize = limits::STRIKES as usize;

/// Up to how many nodes a cut is written node by node. In larger clusters it names majorities and
/// roles.
const NAMED: u32 = 100;

/// What a nemesis strikes at.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// The protocol.
    pub words: &'a dyn ProtocolWords,
    /// Its options.
    pub options: &'a Options,
    /// How many nodes run it.
    pub nodes: u32,
    /// How long faults may strike.
    pub duration: Span,
    /// How many clients it has.
    pub clients: u32,
    /// How wrong clocks may be without any fault, in millionths.
    pub drift_ppm: u32,
}

impl<'a> Field<'a> {
    /// A protocol with these options, on so many nodes, in a scenario.
    pub fn of(
        scenario: &Scenario,
        words: &'a dyn ProtocolWords,
        options: &'a Options,
        nodes: u32,
    ) -> Field<'a> {
        let Scenario { duration, clocks, clients, .. } = scenario;
        let (duration, clients, drift_ppm) = (*duration, clients.count, clocks.drift_ppm);
        Field { words, options, nodes, duration, clients, drift_ppm }
    }

    /// The kinds of message that nodes send each other.
    fn kinds_of_message(&self) -> Vec<&'a str> {
        let events = self.words.events();
        events.into_iter().filter_map(|event| event.strip_prefix("sends ")).collect()
    }

    /// How many clients may lie for good: one is left that tells the truth and wants to be served.
    pub fn lying_clients(&self) -> u32 {
        self.clients.saturating_sub(1).max(1)
    }

    /// Takes away what clocks drift more at any time, all of it together, than the protocol reckons with: strikes may
    /// hit the same node. To go beyond its promises it takes a `beyond`.
    pub fn bound_drift(&self, strikes: &mut Vec<Strike>) {
        let bound = self.words.drift(self.options);
        if bound >= UNBOUNDED {
            return;
        }
        let most = bound.saturating_sub(self.drift_ppm) as i32;
        let mut drifts: Vec<(Time, Time, i32)> = Vec::new();
        strikes.retain_mut(|strike| {
            let (from, until) = (strike.at, self.ends(strike));
            let Fault::ClockDrift { ppm, .. } = &mut strike.fault else { return true };
            let meanwhile = drifts.iter().filter(|drift| drift.0 < until && from < drift.1);
            let left = most.saturating_sub(meanwhile.map(|drift| drift.2).sum());
            *ppm = (*ppm).clamp(-left.max(0), left.max(0));
            drifts.push((from, until, ppm.abs()));
            *ppm != 0
        });
    }

    /// Who lies in this run, whenever anybody does: as many as the protocol stands, or one more. They stay the
    /// same, because whoever lied before has been believed before.
    fn liars(&self, beyond: bool, rng: &mut Rng) -> Liars {
        let count = self.words.liars(self.options, self.nodes) + u32::from(beyond);
        let all: Vec<u32> = (0..self.nodes).collect();
        let nodes = rng.choose(&all, count as usize).into_iter().map(NodeId).collect();
        let all: Vec<u32> = (0..self.clients.max(1)).collect();
        let some = between(1, self.lying_clients(), rng) as usize;
        let clients = rng.choose(&all, some).into_iter().map(NodeId::client).collect();
        Liars { nodes, clients }
    }

    /// When a strike is over at the latest.
    fn ends(&self, strike: &Strike) -> Time {
        match strike.lasts {
            Lasts::For(lasts) if strike.on.is_none() => strike.at + lasts,
            _ => Time::NEVER,
        }
    }
}

/// Clocks that run so wrong matter to nobody.
const UNBOUNDED: u32 = 1_000_000;

/// In a swarm, so many nemeses strike in one run, each with kinds, a rhythm and a prey of its own. Of the planted bugs
/// that are hard to catch, most take several faults within a moment, and fall to eight nemeses in a fraction of the
/// runs that one needs; those that keep a cluster from recovering are seen best where little else is wrong.
const SEVERAL: [u32; 4] = [1, 2, 4, 8];

/// The faults that a seed makes up, numbered from `first` on.
pub fn draw(nemesis: &Nemesis, field: &Field<'_>, seed: u64, first: u32) -> Vec<Strike> {
    let stream = key(seed, Stream::Nemesis);
    let allowed = allowed(nemesis, field);
    let liars = field.liars(nemesis.beyond, &mut Rng::named(stream, u64::MAX));
    let several = match nemesis.swarm {
        true => SEVERAL[Rng::named(stream, u64::MAX - 5).index(SEVERAL.len())],
        false => 1,
    };
    let mut strikes = Vec::new();
    let mut next = first;
    for which in 0..several {
        let stream = match which {
            0 => stream,
            _ => Rng::named(stream, u64::MAX - 8 - u64::from(which)).below(u64::MAX),
        };
        let temper = match nemesis.swarm {
            true => Temper::draw(nemesis, field, &mut Rng::named(stream, u64::MAX - 1)),
            false => Temper::steady(nemesis),
        };
        let mut clock = Rng::named(stream, 0);
        let kinds = subset(&allowed, &mut clock);
        let hunt = Hunt { field, temper: &temper, nemesis, kinds: &kinds, liars: &liars, stream };
        let room = MOST.saturating_sub(strikes.len());
        let mut more = hunt.strikes(clock, &mut next, room);
        if nemesis.swarm && which == 0 {
            temper.lose_one_for_good(&mut more, field, &mut Rng::named(stream, u64::MAX - 2));
        }
        strikes.append(&mut more);
    }
    // What flaps may go on beyond the end.
    strikes.retain(|strike| strike.at.0 < field.duration.0);
    strikes.truncate(MOST);
    if !nemesis.beyond {
        field.bound_drift(&mut strikes);
    }
    strikes
}

/// The kinds that a nemesis may use, in the order of their numbers. It never restarts a node: what
/// it crashed boots when the crash has lasted as long as was drawn.
pub fn allowed(nemesis: &Nemesis, field: &Field<'_>) -> Vec<FaultKind> {
    let survives = field.words.survives(field.options);
    let named = |kind: &FaultKind| match &nemesis.kinds {
        Kinds::Promised => survives.contains(kind),
        Kinds::All => true,
        Kinds::These(these) => these.contains(kind),
    };
    let cuts = |kind: &FaultKind| matches!(kind, FaultKind::Cut | FaultKind::OneWayCut);
    FaultKind::ALL
        .into_iter()
        .filter(|kind| *kind != FaultKind::Restart && named(kind))
        .filter(|kind| nemesis.beyond || survives.contains(kind))
        .filter(|kind| !nemesis.except.contains(kind))
        .filter(|kind| field.nodes > 1 || !cuts(kind))
        .filter(|kind| {
            nemesis.beyond
                || !field.words.makes_liars(*kind)
                || field.words.liars(field.options, field.nodes) > 0
        })
        .collect()
}

/// The moments that matter: those that the file names, or messages, syncs and boots.
pub fn moments(nemesis: &Nemesis, words: &dyn ProtocolWords) -> Vec<String> {
    let known = |event: &&str| match nemesis.moments.is_empty() {
        true => event.contains(' ') || ["syncs", "boots"].contains(event),
        false => nemesis.moments.iter().any(|moment| moment == event),
    };
    words.events().into_iter().filter(known).map(str::to_owned).collect()
}

/// What a seed uses of the kinds: in one of four seeds a single one, else each as a coin falls.
fn subset(kinds: &[FaultKind], rng: &mut Rng) -> Vec<FaultKind> {
    let one = rng.choose(kinds, 1);
    if rng.below(4) == 0 {
        return one;
    }
    let chosen: Vec<FaultKind> = kinds.iter().copied().filter(|_| rng.below(2) == 0).collect();
    if chosen.is_empty() { one } else { chosen }
}

/// How many nodes are down, and until when.
#[derive(Default)]
struct Down(Vec<(Time, u32)>);

impl Down {
    fn room(&mut self, most: u32, now: Time) -> u32 {
        self.0.retain(|(until, _)| *until > now);
        self.0.iter().fold(most, |room, (_, nodes)| room.saturating_sub(*nodes))
    }

    fn takes(&mut self, nodes: u32, until: Time) {
        if nodes > 0 {
            self.0.push((until, nodes));
        }
    }
}

/// Who may lie in a run.
struct Liars {
    nodes: Vec<NodeId>,
    clients: Vec<NodeId>,
}

/// When, what and for how long.
type Drawn = (Time, Fault, Lasts);

/// One nemesis of a run.
struct Hunt<'a> {
    field: &'a Field<'a>,
    temper: &'a Temper,
    nemesis: &'a Nemesis,
    /// What it strikes with.
    kinds: &'a [FaultKind],
    liars: &'a Liars,
    /// What it draws from.
    stream: u64,
}

impl<'a> std::ops::Deref for Hunt<'a> {
    type Target = Field<'a>;
    fn deref(&self) -> &Field<'a> {
        self.field
    }
}

impl Hunt<'_> {
    /// All its strikes, up to so many, with ids from `next` on; `clock` says when.
    fn strikes(&self, mut clock: Rng, next: &mut u32, most: usize) -> Vec<Strike> {
        let Hunt { temper, nemesis, kinds, liars, stream, .. } = *self;
        let mut strikes = Vec::new();
        if kinds.is_empty() {
            return strikes;
        }
        let mut down = Down::default();
        let mut place: u64 = 0;
        let mut id = || {
            let fault = *next;
            *next = next.saturating_add(1);
            FaultId { fault, nth: 1 }
        };
        let mut at = temper.out_of_calm(Time::ZERO + temper.every.draw(&mut clock));
        while at.0 < self.duration.0 && strikes.len() < most {
            let mut rng = Rng::named(stream, place + 1);
            let lasts = temper.lasts.draw(&mut rng);
            let room = down.room(temper.at_once, at);
            if let Some(fault) = self.conjure(kinds, room, nemesis.beyond, liars, &mut rng) {
                down.takes(self.weight(&fault), at + lasts);
                place += 1;
                // A liar may lie to the end, and beyond the healing of all else.
                let forever = fault.kind().is_lie() && rng.below(3) == 0;
                let lasts = match fault.kind().lasts() {
                    _ if forever => Lasts::Forever,
                    true => Lasts::For(lasts),
                    false => Lasts::UntilHealed,
                };
                let one = Strike { id: id(), at, on: None, fault, lasts, name: None };
                match nemesis.swarm {
                    true => strikes.extend(temper.strikes(one, self.field, &mut rng)),
                    false => strikes.push(one),
                }
            }
            at = temper.out_of_calm(at + temper.every.draw(&mut clock).max(Span(1)));
        }
        if nemesis.swarm {
            let mut more = self.always_lying(kinds, liars, &mut Rng::named(stream, u64::MAX - 3));
            if kinds.contains(&FaultKind::Delay) {
                more.extend(self.ghosts(&mut Rng::named(stream, u64::MAX - 4)));
            }
            let strike =
                |(at, fault, lasts)| Strike { id: id(), at, on: None, fault, lasts, name: None };
            strikes.extend(more.into_iter().map(strike));
        }
        strikes
    }

    /// A fault of one of the kinds that takes down no more nodes than there is room for; none when
    /// all would.
    fn conjure(
        &self,
        kinds: &[FaultKind],
        room: u32,
        beyond: bool,
        liars: &Liars,
        rng: &mut Rng,
    ) -> Option<Fault> {
        let fits: Vec<FaultKind> =
            kinds.iter().copied().filter(|kind| room > 0 || !takes_down(*kind)).collect();
        let kind = *fits.get(rng.index(fits.len()))?;
        if kind.is_lie() {
            return self.lie(kind, liars, rng);
        }
        let mut fault = self.fault(kind, room, beyond, rng);
        if self.words.makes_liars(kind) {
            // Only liars' disks may be hurt: the others have what it takes to go on.
            let liar = *liars.nodes.get(rng.index(liars.nodes.len()))?;
            fault.each_targets(&mut |targets| *targets = vec![Target::Node(liar)]);
        }
        Some(fault)
    }

    /// A lie of one of the liars, or of a client.
    fn lie(&self, kind: FaultKind, liars: &Liars, rng: &mut Rng) -> Option<Fault> {
        if kind == FaultKind::BigMac {
            let some = between(1, liars.clients.len() as u32, rng) as usize;
            let clients = rng.choose(&liars.clients, some);
            let clients = clients.into_iter().map(Target::Node).collect();
            return Some(Fault::BigMac { clients, at: Vec::new() });
        }
        let nodes = vec![Target::Node(*liars.nodes.get(rng.index(liars.nodes.len()))?)];
        let lie = match kind {
            FaultKind::Silence => Lie::Silence,
            FaultKind::Equivocate => Lie::Equivocate,
            FaultKind::Replay => Lie::Replay,
            FaultKind::Dawdle => Lie::Dawdle(millis(50, 400, rng)),
            FaultKind::FalseReply => Lie::FalseReply,
            FaultKind::Twins => return Some(Fault::Twins { nodes }),
            _ => Lie::Forge(self.own_lie(rng)),
        };
        let to = match rng.below(2) {
            0 => self.nodes_of(between(1, self.nodes.saturating_sub(1).max(1), rng), rng),
            _ => Vec::new(),
        };
        let kinds = match rng.below(3) {
            0 => rng.choose(&self.kinds_of_message(), 1).into_iter().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let rate = if rng.below(2) == 0 { Chance::ALWAYS } else { percent(10, 60, rng) };
        Some(Fault::Lie { nodes, lie, about: About { to, kinds, rate } })
    }

    /// One nemesis of four lets the liars lie from the beginning to the end, in up to three ways at once: some lies
    /// come to something only long after, or when another goes with them.
    fn always_lying(&self, kinds: &[FaultKind], liars: &Liars, rng: &mut Rng) -> Vec<Drawn> {
        let lies: Vec<FaultKind> = kinds
            .iter()
            .copied()
            .filter(|kind| kind.is_lie() && *kind != FaultKind::BigMac)
            .collect();
        if lies.is_empty() || liars.nodes.is_empty() || rng.below(4) > 0 {
            return Vec::new();
        }
        let count = between(1, 3, rng);
        let told = (0..count).filter_map(|_| self.lie(lies[rng.index(lies.len())], liars, rng));
        told.map(|fault| (Time::ZERO, fault, Lasts::Forever)).collect()
    }

    /// One nemesis of four sees to it that what is said in some short moments is heard only seconds later, all through
    /// the run: by then whoever it was meant for has often become somebody else.
    fn ghosts(&self, rng: &mut Rng) -> Vec<Drawn> {
        if rng.below(4) > 0 {
            return Vec::new();
        }
        let every = [60, 150, 400][rng.index(3)];
        let longest = [400, 1_500, 5_000][rng.index(3)];
        let mut strikes = Vec::new();
        let mut at = Time::ZERO;
        loop {
            at = at + rng.within(Span::millis(every / 2), Span::millis(every * 2));
            if at.0 >= self.duration.0 {
                return strikes;
            }
            let by = SpanRange::millis(150, longest);
            let fault = Fault::Delay { of: self.links(rng).into(), by };
            let lasts = Lasts::For(rng.within(Span::millis(1), Span::millis(30)));
            strikes.push((at, fault, lasts));
        }
    }

    /// One of the protocol's own lies, or none for any of them.
    fn own_lie(&self, rng: &mut Rng) -> Option<String> {
        let lies = self.words.lies();
        if rng.below(4) == 0 {
            return None;
        }
        rng.choose(&lies, 1).first().map(ToString::to_string)
    }

    /// How many nodes may be unavailable because of a fault. A cut counts as one, whatever its
    /// shape: its sides go on, only without each other.
    fn weight(&self, fault: &Fault) -> u32 {
        match fault {
            Fault::Crash { nodes, .. } | Fault::Pause { nodes } | Fault::FullDisk { nodes } => {
                nodes.iter().map(|target| self.size(target)).sum()
            }
            fault => u32::from(takes_down(fault.kind())),
        }
    }

    fn size(&self, target: &Target) -> u32 {
        match target {
            Target::Minority => self.minority(),
            _ => 1,
        }
    }

    fn minority(&self) -> u32 {
        self.nodes.saturating_sub(1) / 2
    }

    fn fault(&self, kind: FaultKind, room: u32, beyond: bool, rng: &mut Rng) -> Fault {
        match kind {
            FaultKind::Crash | FaultKind::Restart => {
                let nodes = self.some(room, rng);
                let disk = if rng.below(2) == 0 { DiskLoss::Synced } else { DiskLoss::Kept };
                Fault::Crash { nodes, disk }
            }
            FaultKind::TornCrash => {
                Fault::Crash { nodes: self.some(room, rng), disk: DiskLoss::Torn }
            }
            FaultKind::WipedCrash => {
                Fault::Crash { nodes: self.some(room, rng), disk: DiskLoss::Wiped }
            }
            FaultKind::Pause => Fault::Pause { nodes: self.some(room, rng) },
            FaultKind::FullDisk => Fault::FullDisk { nodes: self.some(room, rng) },
            FaultKind::SlowNode => {
                Fault::SlowNode { nodes: self.some(self.nodes, rng), factor: between(5, 50, rng) }
            }
            FaultKind::SlowDisk => {
                Fault::SlowDisk { nodes: self.some(self.nodes, rng), factor: between(5, 50, rng) }
            }
            FaultKind::LyingSync => Fault::LyingSync { nodes: vec![self.one(rng)] },
            FaultKind::BitRot => Fault::BitRot { nodes: vec![self.one(rng)] },
            FaultKind::Cut => Fault::Cut { sides: self.cut(rng) },
            FaultKind::OneWayCut => Fault::Cut { sides: self.one_way(rng) },
            FaultKind::Loss => {
                Fault::Loss { of: self.links(rng).into(), rate: percent(5, 40, rng) }
            }
            FaultKind::Duplicate => {
                Fault::Duplicate { of: self.links(rng).into(), rate: percent(1, 30, rng), by: None }
            }
            FaultKind::Corrupt => {
                Fault::Corrupt { of: self.links(rng).into(), rate: percent(1, 20, rng) }
            }
            FaultKind::Delay => {
                Fault::Delay { of: self.links(rng).into(), by: millis(50, 400, rng) }
            }
            FaultKind::Reorder => Fault::Reorder {
                of: self.links(rng).into(),
                rate: percent(5, 40, rng),
                by: millis(1, 100, rng),
            },
            FaultKind::ClockJump => Fault::ClockJump {
                nodes: vec![self.one(rng)],
                by: leap(rng),
                back: rng.below(2) == 0,
            },
            // Lies are told above.
            _ => Fault::ClockDrift { nodes: vec![self.one(rng)], ppm: self.drift(beyond, rng) },
        }
    }

    /// One node: any, the leader, or a follower, where the protocol has such.
    fn one(&self, rng: &mut Rng) -> Target {
        let roles = self.words.roles();
        let told = |role: &Target| roles.iter().any(|(_, target)| target == role);
        if let Some(prey) = self.temper.prey(told(&Target::The(Role::Leader)), rng) {
            return prey;
        }
        let all = [Target::Random, Target::The(Role::Leader), Target::A(Role::Follower)];
        let mut known: Vec<Target> =
            all.into_iter().filter(|target| *target == Target::Random || told(target)).collect();
        known.swap_remove(rng.index(known.len()))
    }

    /// One node, or now and then a minority of them when so many may be hit.
    fn some(&self, room: u32, rng: &mut Rng) -> Targets {
        let minority = self.minority();
        let one = self.one(rng);
        if minority > 1 && minority <= room && rng.below(4) == 0 {
            return vec![Target::Minority];
        }
        vec![one]
    }

    /// So many nodes by name, in any order.
    fn nodes_of(&self, count: u32, rng: &mut Rng) -> Targets {
        let all: Vec<u32> = (0..self.nodes).collect();
        let chosen = rng.choose(&all, count as usize);
        chosen.into_iter().map(|node| Target::Node(NodeId(node))).collect()
    }

    /// A drift within what the protocol reckons with, or ten times that and at least 1 % beyond it.
    fn drift(&self, beyond: bool, rng: &mut Rng) -> i32 {
        let bound = self.words.drift(self.options);
        let most = if beyond { bound.saturating_mul(10).max(10_000) } else { bound };
        let ppm = between(1, most.clamp(1, 500_000), rng) as i32;
        if rng.below(2) == 0 { ppm } else { -ppm }
    }
}

/// Whether nodes cannot do their work while a fault of this kind lasts.
fn takes_down(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Crash
            | FaultKind::TornCrash
            | FaultKind::WipedCrash
            | FaultKind::Pause
            | FaultKind::FullDisk
            | FaultKind::Cut
            | FaultKind::OneWayCut
    )
}

/// A number from `least` to `most`.
fn between(least: u32, most: u32, rng: &mut Rng) -> u32 {
    least + rng.below(u64::from(most.saturating_sub(least)) + 1) as u32
}

fn percent(least: u32, most: u32, rng: &mut Rng) -> Chance {
    Chance::percent(between(least, most, rng))
}

/// A range of whole milliseconds within this one.
fn millis(least: u32, most: u32, rng: &mut Rng) -> SpanRange {
    let from = between(least, most, rng);
    let to = between(from, most, rng);
    SpanRange::millis(u64::from(from), u64::from(to))
}

/// From 10 ms to 5 s; small leaps are as likely as large ones, since each breaks something else.
fn leap(rng: &mut Rng) -> Span {
    let (least, most) = [(10, 100), (100, 1_000), (1_000, 5_000)][rng.index(3)];
    rng.within(Span::millis(least), Span::millis(most))
}
