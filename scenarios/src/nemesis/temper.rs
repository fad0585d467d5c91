//! How a seed strikes, when it draws that too: how hard, in which rhythm, whom it hunts and what it waits for.
//!
//! - **Stability windows**: storms with a calm between them, in which the cluster gets somewhere worth breaking.
//! - **Prey**: anybody, the leader, or one node again and again.
//! - **Aim**: faults right after the moments that matter, or right before what those moments do leaves the node: a
//!   vote, a commit, an election, a sync. Each seed has a few such moments.
//! - **Flapping**: a fault that comes and goes, faster than anybody recovers.
//! - **Swizzles**: nodes are cut off one by one and come back in another order, as FoundationDB clogs networks (Zhou et
//!   al., "FoundationDB: A Distributed Unbundled Transactional Key Value Store", SIGMOD 2021, section 4).
//! - **Partial partitions**: two sides that do not reach each other while everybody else reaches both, and leaders that
//!   are cut off together with a few who still follow them (Alfatafta, Alkhatib, Alquraan and Al-Kiswany, "Toward a
//!   Generic Fault Tolerance Technique for Partial Network Partitioning", OSDI 2020).
//! - **Stale words**: a few messages are held back for seconds, and heard when they are long out of date.
//! - **Particular kinds**: all votes are lost, or every answer is heard again seconds later, and nothing else is wrong.

use super::Field;
use crate::format::{Nemesis, ProtocolWords};
use sim_core::fault::{
    Fault, FaultId, FaultKind, Lasts, Links, Moment, Role, Sides, Strike, Target,
};
use sim_core::random::Rng;
use sim_core::{Chance, NodeId, Span, SpanRange, Time};

/// How a seed strikes.
pub(super) struct Temper {
    pub(super) every: SpanRange,
    pub(super) lasts: SpanRange,
    pub(super) at_once: u32,
    /// How long storms last, and how long it is calm after each.
    calm: Option<(Span, Span)>,
    prey: Prey,
    /// How many cuts of one node leave it some others for company.
    pub(super) company: Chance,
    /// How many cuts are partial: all others still reach both sides.
    pub(super) partial: Chance,
    /// The moments that faults wait for, and how many of them do.
    moments: Vec<String>,
    aimed: Chance,
    flapping: Chance,
    swizzled: Chance,
    /// How many delays are of a few messages, and long.
    stale: Chance,
    /// How many faults about messages are about those of one kind, and which kinds these are.
    particular: Chance,
    kinds: Vec<String>,
}

/// Whom faults of one node hit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prey {
    /// Whoever is drawn.
    Anybody,
    /// Most of the time the leader.
    Leader,
    /// Most of the time this one.
    One(NodeId),
}

impl Temper {
    /// As the file says, and nothing else.
    pub(super) fn steady(nemesis: &Nemesis) -> Temper {
        Temper {
            every: nemesis.every,
            lasts: nemesis.lasts,
            at_once: nemesis.at_once,
            calm: None,
            prey: Prey::Anybody,
            company: Chance::NEVER,
            partial: Chance::NEVER,
            moments: Vec::new(),
            aimed: Chance::NEVER,
            flapping: Chance::NEVER,
            swizzled: Chance::NEVER,
            stale: Chance::NEVER,
            particular: Chance::NEVER,
            kinds: Vec::new(),
        }
    }

    /// Drawn, around what the file says.
    pub(super) fn draw(nemesis: &Nemesis, field: &Field<'_>, rng: &mut Rng) -> Temper {
        let calm = (rng.below(2) == 0).then(|| {
            let part = |rng: &mut Rng, most: u64| {
                let length = field.duration.0 / (2 + rng.below(most));
                Span(length.max(1))
            };
            (part(rng, 7), part(rng, 5))
        });
        let prey = match rng.below(3) {
            0 => Prey::Anybody,
            1 => Prey::Leader,
            _ => Prey::One(NodeId(rng.below(u64::from(field.nodes)) as u32)),
        };
        let count = 1 + rng.index(3);
        let moments = super::moments(nemesis, field.words);
        Temper {
            every: scaled(nemesis.every, [25, 50, 100, 100, 200][rng.index(5)]),
            lasts: scaled(nemesis.lasts, [10, 30, 100, 100, 200][rng.index(5)]),
            at_once: 1 + rng.below(u64::from(nemesis.at_once)) as u32,
            calm,
            prey,
            company: Chance::percent([0, 50, 100][rng.index(3)]),
            partial: Chance::percent([0, 50, 100][rng.index(3)]),
            moments: rng
                .choose(&(0..moments.len()).collect::<Vec<_>>(), count)
                .into_iter()
                .map(|place| moments[place].clone())
                .collect(),
            aimed: Chance::percent([0, 25, 50, 75][rng.index(4)]),
            flapping: Chance::percent([0, 0, 20, 50][rng.index(4)]),
            swizzled: Chance::percent([0, 0, 50][rng.index(3)]),
            stale: Chance::percent([0, 50, 80][rng.index(3)]),
            particular: Chance::percent([0, 50, 90][rng.index(3)]),
            kinds: {
                let some = 1 + rng.index(2);
                let some = rng.choose(&field.kinds_of_message(), some);
                some.into_iter().map(str::to_owned).collect()
            },
        }
    }

    /// The instant itself, or the end of the calm that it falls into.
    pub(super) fn out_of_calm(&self, at: Time) -> Time {
        let Some((storm, calm)) = self.calm else { return at };
        let round = storm.0 + calm.0;
        let into = at.0 % round;
        if into < storm.0 { at } else { Time(at.0 - into + round) }
    }

    /// The node that is hunted, when this fault hunts.
    pub(super) fn prey(&self, is_led: bool, rng: &mut Rng) -> Option<Target> {
        match self.prey {
            Prey::Anybody => None,
            Prey::Leader => (is_led && rng.below(3) > 0).then_some(Target::The(Role::Leader)),
            Prey::One(node) => (rng.below(3) > 0).then_some(Target::Node(node)),
        }
    }

    /// A fault's strikes: one, unless it flaps or swizzles; and what they wait for.
    pub(super) fn strikes(&self, mut one: Strike, field: &Field<'_>, rng: &mut Rng) -> Vec<Strike> {
        if self.swizzled != Chance::NEVER
            && one.fault.kind() == FaultKind::Cut
            && field.nodes > 2
            && rng.chance(self.swizzled)
        {
            return swizzle(&one, field, rng);
        }
        if rng.chance(self.flapping) && flaps(one.fault.kind()) {
            return flap(&one, rng);
        }
        if rng.chance(self.aimed) && !self.moments.is_empty() {
            self.aim(&mut one, field.words, rng);
        }
        self.hold_back(&mut one, rng);
        self.be_particular(&mut one, field, rng);
        vec![one]
    }

    /// In one of eight seeds the last crash of a single node is for good, where the others are enough to go on: whoever
    /// is missed then is missed for as long as the run lasts. As often as not it hits at a moment that matters whoever
    /// brings that.
    pub(super) fn lose_one_for_good(
        &self,
        strikes: &mut [Strike],
        field: &Field<'_>,
        rng: &mut Rng,
    ) {
        if rng.below(8) > 0 || field.nodes < 3 {
            return;
        }
        let single = |strike: &&mut Strike| {
            let Fault::Crash { nodes, .. } = &strike.fault else { return false };
            let kind = strike.fault.kind();
            kind == FaultKind::Crash && nodes.len() == 1 && nodes[0] != Target::Minority
        };
        let Some(last) = strikes.iter_mut().rev().find(single) else { return };
        last.lasts = Lasts::Forever;
        // One of those that flap goes by the others.
        if last.id.nth == 1 && rng.below(2) == 0 && !self.moments.is_empty() {
            self.aim(last, field.words, rng);
        }
    }

    /// Lets a few messages take much longer, now and then: what was said long ago is heard.
    fn hold_back(&self, one: &mut Strike, rng: &mut Rng) {
        if let Fault::Delay { by, .. } = &mut one.fault
            && rng.chance(self.stale)
        {
            let least = 300 + rng.below(700);
            *by = SpanRange::millis(least, least + rng.below(3_000));
            one.lasts = Lasts::For(rng.within(Span::millis(1), Span::millis(50)));
        }
    }

    /// Lets a fault be about the messages of one kind, and about many of these. They are late only where the protocol
    /// stands that.
    fn be_particular(&self, one: &mut Strike, field: &Field<'_>, rng: &mut Rng) {
        let Some(messages) = one.fault.messages().filter(|_| !self.kinds.is_empty()) else {
            return;
        };
        if !rng.chance(self.particular) {
            return;
        }
        messages.kinds = vec![self.kinds[rng.index(self.kinds.len())].clone()];
        let many = Chance::percent([30, 60, 100][rng.index(3)]);
        let late = [SpanRange::millis(20, 200), SpanRange::millis(200, 3_000)][rng.index(2)];
        let is_patient = field.words.survives(field.options).contains(&FaultKind::Delay);
        match &mut one.fault {
            Fault::Loss { rate, .. } | Fault::Corrupt { rate, .. } => *rate = many,
            Fault::Duplicate { rate, by, .. } => {
                (*rate, *by) = (many, is_patient.then_some(late));
            }
            Fault::Reorder { rate, by, .. } => {
                (*rate, *by) = (many, if is_patient { late } else { *by });
            }
            Fault::Delay { by, .. } => *by = late,
            _ => {}
        }
    }

    /// Lets a fault wait for a moment, and now and then hit whoever brings it.
    fn aim(&self, one: &mut Strike, words: &dyn ProtocolWords, rng: &mut Rng) {
        let event = self.moments[rng.index(self.moments.len())].clone();
        let before = rng.below(3) == 0;
        let after = match (before, rng.below(2)) {
            (false, 0) => rng.within(Span::micros(10), Span::millis(20)),
            _ => Span::ZERO,
        };
        let nth = 1 + rng.below(4) as u32 * rng.below(2) as u32;
        one.on = Some(Moment { event, by: Vec::new(), nth, after, before });
        if rng.below(3) > 0 {
            aim_at_doer(&mut one.fault, words);
        }
    }
}

/// Lets a fault of one node hit the node whose event it waits for, and a fault of links all of that node's. Liars stay
/// who they are, and a clock that runs wrong has nothing to do with the moment.
pub fn aim_at_doer(fault: &mut Fault, words: &dyn ProtocolWords) {
    let kind = fault.kind();
    if kind.is_lie() || words.makes_liars(kind) || kind == FaultKind::ClockDrift {
        return;
    }
    if let Some(messages) = fault.messages() {
        messages.links = Links::Of(vec![Target::Doer]);
        return;
    }
    // Of two sides one: whom the doer does not reach is somebody else.
    let mut is_aimed = false;
    fault.each_targets(&mut |targets| {
        if let [first, company @ ..] = &mut targets[..]
            && !is_aimed
            && matches!(first, Target::Random | Target::The(_) | Target::A(_) | Target::Node(_))
            && company.iter().all(|other| *other == Target::Random)
        {
            (*first, is_aimed) = (Target::Doer, true);
        }
    });
}

/// Kinds that may come and go.
fn flaps(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Crash
            | FaultKind::Pause
            | FaultKind::SlowNode
            | FaultKind::Cut
            | FaultKind::OneWayCut
            | FaultKind::Loss
            | FaultKind::Delay
            | FaultKind::SlowDisk
    )
}

/// A fault that comes and goes for as long as it would have lasted.
fn flap(one: &Strike, rng: &mut Rng) -> Vec<Strike> {
    let Lasts::For(all) = one.lasts else { return vec![one.clone()] };
    let times = 2 + rng.below(7) as u32;
    let round = Span((all.0 / u64::from(times)).max(2));
    let on = Span((round.0 * (1 + rng.below(3)) / 4).max(1));
    let strike = |nth: u32| Strike {
        id: FaultId { nth, ..one.id },
        at: one.at + round * u64::from(nth - 1),
        lasts: Lasts::For(on),
        ..one.clone()
    };
    (1..=times).map(strike).collect()
}

/// Nodes that are cut off one by one, and come back in another order.
fn swizzle(one: &Strike, field: &Field<'_>, rng: &mut Rng) -> Vec<Strike> {
    let Lasts::For(all) = one.lasts else { return vec![one.clone()] };
    let most = field.nodes.min(16);
    let count = 2 + rng.below(u64::from(most - 1)) as usize;
    let nodes: Vec<u32> = (0..field.nodes).collect();
    let nodes = rng.choose(&nodes, count);
    let half = Span((all.0 / 2).max(1));
    let strike = |(nth, node): (u32, u32), rng: &mut Rng| {
        let begins = rng.within(Span::ZERO, half);
        let ends = all + rng.within(Span::ZERO, half);
        let groups = vec![vec![Target::Node(NodeId(node))], vec![Target::Rest]];
        Strike {
            id: FaultId { nth, ..one.id },
            at: one.at + begins,
            lasts: Lasts::For(Span((ends.0 - begins.0).max(1))),
            fault: Fault::Cut { sides: Sides { groups, one_way: false } },
            ..one.clone()
        }
    };
    (1..).zip(nodes).map(|numbered| strike(numbered, rng)).collect()
}

/// A range of so many hundredths.
fn scaled(range: SpanRange, percent: u64) -> SpanRange {
    let of = |span: Span| Span((span.0 / 100).saturating_mul(percent).max(1));
    SpanRange { from: of(range.from), to: of(range.to) }
}
