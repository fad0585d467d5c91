//! What is measured on every run, whatever the protocol: from facts, faults and what clients saw.

mod away;
mod catalogue;
mod rhythm;
mod slots;
mod transactions;

pub use catalogue::{MEASURES, Measure, Unit};

use crate::context::{Effect, Target};
use crate::fact::{Claim, Fact, ReadPath};
use crate::fault::{FaultKind, Role};
use crate::nodes::Nodes;
use crate::observe::{Cause, ClientStep, FaultPhase, FaultStep, Observer, Step};
use crate::outcome::{Outcome, Samples};
use crate::process::{NodeId, Process};
use crate::service::{ClientEffect, Ending, RequestId, Service};
use crate::time::{Span, Time};
use away::Away;
use rhythm::Beats;
use rustc_hash::FxHashMap;
use slots::Slots;
use std::collections::{BTreeMap, BTreeSet};
use transactions::Transactions;

/// Takes every measure of one run.
#[derive(Clone, Debug)]
pub struct Measures {
    counts: Counts,
    samples: Times,
    healed: Time,
    /// The highest epoch that was led, by whom.
    leader: Option<(u64, NodeId)>,
    /// When a leader was lost of which no successor has committed yet.
    lost: Option<(Time, u64)>,
    campaigns_since: u64,
    last_campaign: u64,
    decided: u64,
    leading: BTreeMap<NodeId, u64>,
    overlap_since: Option<Time>,
    /// Since when no live node believes that it leads.
    leaderless_since: Option<Time>,
    /// When a leader was lost that nobody has succeeded yet, and its epoch.
    vacant: Option<(Time, u64)>,
    /// A leader that a cut has hit.
    cut_off: Option<Away>,
    /// A leader that stands still, or has until lately.
    stilled: Option<Away>,
    clients: ClientSide,
    paid: BTreeMap<u64, (u64, u64)>,
    slots: Slots,
    transactions: Transactions,
    beats: Beats,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    struck: u64,
    conflicts: u64,
    elections: u64,
    campaigns: u64,
    commits_after_heal: u64,
    commits_by_deposed: u64,
    truncated: u64,
    installed: u64,
    compactions: u64,
    transfers: u64,
    reconfigured: BTreeSet<u64>,
    overtakes: u64,
    reads: [u64; 5],
    deduplicated: u64,
    messages: u64,
    election_messages: u64,
    /// By node: the messages that it sent or was sent.
    handled: Vec<u64>,
    bytes: u64,
    syncs: u64,
    overlap: Span,
    leaderless: Span,
}

impl Counts {
    /// A message goes from one node to others: each of them has a part in it.
    fn carry(&mut self, from: NodeId, to: Target, nodes: usize) {
        self.handled.resize(nodes.max(self.handled.len()), 0);
        let mut handle = |node: NodeId| {
            if node != from
                && let Some(count) = self.handled.get_mut(node.index())
            {
                *count += 1;
            }
        };
        let receivers = match to {
            Target::One(to) => u64::from(to != from),
            Target::Peers => nodes as u64 - 1,
        };
        match to {
            Target::One(to) => handle(to),
            Target::Peers => (0..nodes as u32).map(NodeId).for_each(handle),
        }
        if let Some(count) = self.handled.get_mut(from.index()) {
            *count += receivers;
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Times {
    latency: Vec<u64>,
    failover: Vec<u64>,
    election: Vec<u64>,
    rounds: Vec<u64>,
    step_down: Vec<u64>,
    recovery: Vec<u64>,
    catch_up: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct ClientSide {
    /// When it was invoked, how often it was sent, and whether it only reads.
    open: FxHashMap<RequestId, (Time, u32, bool)>,
    invoked: u64,
    /// When something was invoked for the first time since everything healed, and when something of that ended last.
    asked_since: Option<Time>,
    answered_last: Time,
    ok: u64,
    reads: u64,
    failed: u64,
    unknown: u64,
    retries: u64,
    refused: u64,
    /// The last success, or the invocation since when somebody waits, whichever is later.
    waiting_since: Option<Time>,
    longest_wait: Span,
    last_ok: Time,
    longest_idle: Span,
}

impl Measures {
    /// Measures for a run in which everything heals at `healed`.
    pub fn new(healed: Time) -> Self {
        Measures {
            counts: Counts::default(),
            samples: Times::default(),
            healed,
            leader: None,
            lost: None,
            vacant: None,
            leaderless_since: Some(Time::ZERO),
            campaigns_since: 0,
            last_campaign: 0,
            decided: 0,
            leading: BTreeMap::new(),
            overlap_since: None,
            cut_off: None,
            stilled: None,
            clients: ClientSide::default(),
            paid: BTreeMap::new(),
            slots: Slots::default(),
            transactions: Transactions::default(),
            beats: Beats::new(healed),
        }
    }

    /// Whether an operation has succeeded that was begun after the healing.
    pub fn recovered(&self) -> bool {
        !self.samples.recovery.is_empty()
    }

    /// For how long clients have wanted something since the healing, until now: since the first of them asked after
    /// it, or since the healing itself when something is under way that was asked before; until now when anything is
    /// under way, else until the last of it ended.
    pub fn wanting(&self, now: Time) -> Span {
        let ClientSide { open, asked_since, answered_last, .. } = &self.clients;
        let oldest = open.values().map(|(at, ..)| (*at).max(self.healed)).min();
        let until = if oldest.is_some() { now } else { *answered_last };
        asked_since.iter().copied().chain(oldest).min().map_or(Span::ZERO, |from| until.since(from))
    }

    /// Whether so many operations were invoked, and all of them are over.
    pub fn all_over(&self, operations: u64) -> bool {
        self.clients.invoked >= operations && self.clients.open.is_empty()
    }

    fn note(&mut self, me: NodeId, at: Time, fact: &Fact) {
        match fact {
            Fact::Campaigns { epoch } => {
                self.counts.campaigns += 1;
                if *epoch > self.last_campaign {
                    self.last_campaign = *epoch;
                    self.campaigns_since += 1;
                }
                // Who asks to lead does not; but nobody has lost it.
                self.forget(me, at);
            }
            Fact::Leads { epoch } => self.leads(me, at, *epoch),
            Fact::Follows { .. } => self.follows(me, at),
            Fact::Decides { slot, value, .. } => {
                self.counts.conflicts += u64::from(self.slots.conflicts(*slot, *value));
                self.decides(me, at, *slot);
                self.reaches(me, at, *slot);
            }
            Fact::Installs { slot, .. } => {
                self.counts.installed += 1;
                self.reaches(me, at, *slot);
            }
            Fact::Truncates { .. } => self.counts.truncated += 1,
            Fact::Compacts { .. } => self.counts.compactions += 1,
            Fact::Transfers { .. } => self.counts.transfers += 1,
            Fact::Overtakes { .. } => self.counts.overtakes += 1,
            Fact::Reconfigures { slot, .. } => {
                self.counts.reconfigured.insert(*slot);
            }
            Fact::Reads { by } => self.counts.reads[*by as usize] += 1,
            Fact::Deduplicates { .. } => self.counts.deduplicated += 1,
            Fact::Leases { .. } | Fact::Executes { .. } | Fact::Pays { .. } => {}
            _ => self.transactions.note(me, at, fact),
        }
    }

    fn leads(&mut self, me: NodeId, at: Time, epoch: u64) {
        self.leading.insert(me, epoch);
        self.overlap(at);
        let is_new = self.leader.is_none_or(|(highest, _)| highest < epoch);
        if is_new {
            self.lose_away(at, |_| true);
        }
        if let Some((since, old)) = self.vacant
            && epoch >= old
        {
            self.samples.election.push((at - since).0);
            self.vacant = None;
        }
        if !is_new {
            return;
        }
        self.leader = Some((epoch, me));
        self.counts.elections += 1;
        self.samples.rounds.push(self.campaigns_since.max(1));
        self.campaigns_since = 0;
    }

    fn follows(&mut self, me: NodeId, at: Time) {
        if self.leading.remove(&me).is_none() {
            return;
        }
        self.overlap(at);
        if let Some(cut_off) = self.cut_off.filter(|cut_off| cut_off.node == me) {
            self.samples.step_down.push((at - cut_off.since).0);
        }
        self.lose_away(at, |away| away.node == me);
        self.cut_off = self.cut_off.filter(|away| away.node != me);
        if let Some((epoch, leader)) = self.leader
            && leader == me
        {
            self.lose(at, epoch);
        }
    }

    /// Leaders that are away are lost to the others, and have been since they are.
    fn lose_away(&mut self, now: Time, is_lost: impl Fn(&Away) -> bool) {
        for away in [&mut self.cut_off, &mut self.stilled] {
            let away = away.as_mut().filter(|away| is_lost(away));
            if let Some((since, epoch)) = away.and_then(|away| away.lose(now)) {
                self.lost.get_or_insert((since, epoch));
                self.vacant.get_or_insert((since, epoch));
            }
        }
    }

    /// Whether or not it led, it does no more.
    fn forget(&mut self, node: NodeId, at: Time) {
        if self.leading.remove(&node).is_some() {
            self.overlap(at);
        }
    }

    fn decides(&mut self, me: NodeId, at: Time, slot: u64) {
        if slot <= self.decided {
            return;
        }
        self.decided = slot;
        self.counts.commits_after_heal += u64::from(at > self.healed);
        let led = self.leading.get(&me).copied();
        let highest = self.leader.map(|(epoch, _)| epoch);
        let Some(epoch) = led else { return };
        let another_leads = self.leading.values().any(|other| *other > epoch);
        self.counts.commits_by_deposed += u64::from(Some(epoch) < highest && another_leads);
        if let Some((since, old)) = self.lost
            && epoch > old
        {
            self.samples.failover.push((at - since).0);
            self.lost = None;
        }
    }

    /// Nodes that were cut off or stood still are back. One that was down is, when it has booted.
    fn heals(&mut self, step: &FaultStep<'_>) {
        match step.kind {
            FaultKind::Cut | FaultKind::OneWayCut => self.cut_off = None,
            FaultKind::Pause => {
                let woken = self.stilled.as_mut().filter(|away| step.hit.contains(&away.node));
                woken.into_iter().for_each(|away| away.wakes(step.at));
            }
            _ => {}
        }
        if matches!(step.kind, FaultKind::Pause | FaultKind::Cut | FaultKind::OneWayCut) {
            for node in step.hit.iter().filter(|node| !node.is_client()) {
                self.slots.returns(*node, step.at, self.decided);
            }
        }
    }

    fn reaches(&mut self, me: NodeId, at: Time, slot: u64) {
        let took = self.slots.reach(me, slot, at);
        self.samples.catch_up.extend(took.map(|took| took.0));
    }

    fn lose(&mut self, at: Time, epoch: u64) {
        self.lost.get_or_insert((at, epoch));
        self.vacant.get_or_insert((at, epoch));
    }

    /// Keeps the time during which two nodes lead, or none.
    fn overlap(&mut self, at: Time) {
        match (self.leading.len() > 1, self.overlap_since) {
            (true, None) => self.overlap_since = Some(at),
            (false, Some(since)) => {
                self.counts.overlap += at - since;
                self.overlap_since = None;
            }
            _ => {}
        }
        match (self.leading.is_empty(), self.leaderless_since) {
            (true, None) => self.leaderless_since = Some(at),
            (false, Some(since)) => {
                self.counts.leaderless += at - since;
                self.leaderless_since = None;
            }
            _ => {}
        }
    }

    /// Writes what was measured into an outcome. `end` is when the run ended.
    pub fn finish(mut self, end: Time, outcome: &mut Outcome) {
        self.clients.wait_ends(end);
        self.clients.longest_idle = self.clients.longest_idle.max(end - self.clients.last_ok);
        if let Some(since) = self.leaderless_since {
            self.counts.leaderless += end - since;
        }
        self.leading.clear();
        self.overlap(end);
        let (counts, clients) = (&self.counts, &self.clients);
        let per_election =
            (counts.election_messages * 1_000).checked_div(counts.elections).unwrap_or(0);
        let per_op = |n: u64| (n * 1_000).checked_div(clients.ok).unwrap_or(0);
        let most = counts.handled.iter().max().copied().unwrap_or(0);
        let busiest = (most * 1_000).checked_div(counts.messages).unwrap_or(0);
        let paid = self.paid.values().map(|(out, _)| out).sum();
        let paid_out = self.paid.values().map(|(out, opening)| out.saturating_sub(*opening)).sum();
        let numbers = [
            ("leaders-overlap", counts.overlap.0),
            ("leaderless", counts.leaderless.0),
            ("elections", counts.elections),
            ("campaigns", counts.campaigns),
            ("commits", self.decided),
            ("commits-after-heal", counts.commits_after_heal),
            ("commits-by-deposed", counts.commits_by_deposed),
            ("conflicts", counts.conflicts),
            ("truncated", counts.truncated),
            ("snapshots-installed", counts.installed),
            ("compactions", counts.compactions),
            ("transfers", counts.transfers),
            ("reconfigurations", counts.reconfigured.len() as u64),
            ("overtakes", counts.overtakes),
            ("log-reads", counts.reads[ReadPath::Log as usize]),
            ("read-index-reads", counts.reads[ReadPath::ReadIndex as usize]),
            ("follower-reads", counts.reads[ReadPath::FollowerReadIndex as usize]),
            ("lease-reads", counts.reads[ReadPath::Lease as usize]),
            ("local-reads", counts.reads[ReadPath::Local as usize]),
            ("deduplicated", counts.deduplicated),
            ("operations", clients.invoked),
            ("ok", clients.ok),
            ("reads", clients.reads),
            ("writes", clients.ok - clients.reads),
            ("failed", clients.failed),
            ("unknown", clients.unknown),
            ("retries", clients.retries),
            ("refused", clients.refused),
            ("longest-idle", clients.longest_idle.0),
            ("messages", counts.messages),
            ("bytes", counts.bytes),
            ("syncs", counts.syncs),
            ("messages-per-election", per_election),
            ("messages-per-op", per_op(counts.messages)),
            ("bytes-per-op", per_op(counts.bytes)),
            ("syncs-per-op", per_op(counts.syncs)),
            ("throughput", rate(clients.ok, end)),
            ("faults-struck", counts.struck),
            ("busiest-share", busiest),
            ("paid", paid),
            ("paid-out", paid_out),
        ];
        outcome.counts.extend(numbers.map(|(name, n)| (name.to_owned(), n)));
        let times = self.samples;
        let samples = [
            ("latency", times.latency),
            ("failover", times.failover),
            ("election-time", times.election),
            ("rounds", times.rounds),
            ("unavailable", vec![self.clients.longest_wait.0]),
            ("step-down", times.step_down),
            ("recovery", times.recovery),
            ("catch-up", times.catch_up),
        ];
        outcome.samples.extend(samples.map(|(name, list)| (name.to_owned(), Samples(list))));
        self.transactions.finish(end, outcome);
        outcome.rhythm = self.beats.finish(end);
    }
}

/// Thousandths of a thing a second.
fn rate(things: u64, time: Time) -> u64 {
    (u128::from(things) * 1_000_000_000_000 / u128::from(time.0.max(1))) as u64
}

impl ClientSide {
    fn wait_ends(&mut self, at: Time) {
        if let Some(since) = self.waiting_since {
            self.longest_wait = self.longest_wait.max(at - since);
        }
        self.waiting_since = (!self.open.is_empty()).then_some(at);
    }
}

impl<P: Process> Observer<P> for Measures {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        if let Cause::Boot = step.cause {
            self.forget(step.node, step.at);
            *self.slots.reached_by(step.node) = 0;
            self.slots.returns(step.node, step.at, self.decided);
        }
        for effect in step.effects {
            match effect {
                Effect::Send { to, message } => {
                    let copies = match to {
                        Target::One(to) => u64::from(*to != step.node),
                        Target::Peers => nodes.len() as u64 - 1,
                    };
                    self.counts.messages += copies;
                    self.counts.election_messages += copies * u64::from(P::elects(message));
                    self.counts.carry(step.node, *to, nodes.len());
                    self.counts.bytes += copies * u64::from(P::size(message));
                }
                Effect::Sync => self.counts.syncs += 1,
                // What a liar claims counts for nothing.
                Effect::Claim(Claim { fact, .. }) if !nodes.is_liar(step.machine) => {
                    self.note(step.node, step.at, fact);
                }
                Effect::Reply { answer: crate::service::Answer::Refused(_), .. } => {
                    self.clients.refused += 1;
                }
                _ => {}
            }
        }
    }

    fn client(&mut self, step: &ClientStep<'_, P>) {
        let healed = self.healed;
        let clients = &mut self.clients;
        for effect in step.effects {
            match effect {
                ClientEffect::Invoke { id, op } => {
                    clients.invoked += 1;
                    if step.at > healed {
                        clients.asked_since.get_or_insert(step.at);
                    }
                    let reads = <P::Service as Service>::is_read(op);
                    clients.open.insert(*id, (step.at, 0, reads));
                    clients.waiting_since.get_or_insert(step.at);
                }
                ClientEffect::Ask { request, .. } => {
                    if let Some((_, asked, _)) = clients.open.get_mut(&request.id) {
                        clients.retries += u64::from(*asked > 0);
                        *asked += 1;
                    }
                }
                ClientEffect::Return { id, ending } => {
                    let Some((since, _, reads)) = clients.open.remove(id) else { continue };
                    if since > healed {
                        clients.answered_last = step.at;
                    }
                    match ending {
                        Ending::Ok(_) => {
                            clients.ok += 1;
                            self.beats.success(step.at);
                            clients.reads += u64::from(reads);
                            clients.longest_idle =
                                clients.longest_idle.max(step.at - clients.last_ok);
                            clients.last_ok = step.at;
                            clients.wait_ends(step.at);
                            self.samples.latency.push((step.at - since).0);
                            if since > healed && self.samples.recovery.is_empty() {
                                self.samples.recovery.push((step.at - healed).0);
                            }
                        }
                        Ending::Fail => clients.failed += 1,
                        Ending::Unknown => clients.unknown += 1,
                    }
                    if clients.open.is_empty() {
                        clients.wait_ends(step.at);
                    }
                }
                ClientEffect::Claim(Fact::Pays { account, amount, opening }) => {
                    let paid = self.paid.entry(*account).or_insert((0, *opening));
                    paid.0 += amount;
                }
                _ => {}
            }
        }
    }

    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
        match step.phase {
            FaultPhase::Strikes => {
                self.counts.struck += 1;
                self.beats.strikes(step.id, step.kind, step.at);
            }
            FaultPhase::Idle => return,
            FaultPhase::Heals => {
                self.beats.heals(step.id, step.at);
                return self.heals(step);
            }
        }
        let crashes =
            matches!(step.kind, FaultKind::Crash | FaultKind::TornCrash | FaultKind::WipedCrash);
        if crashes {
            self.leading.retain(|node, _| !step.hit.contains(node));
            self.overlap(step.at);
            self.transactions.crash(step.hit, step.at);
        }
        let Some((epoch, leader)) = self.leader else { return };
        let leads = crashes || nodes.role(leader.0).is_some_and(|(role, _)| role == Role::Leader);
        if !leads || !step.hit.contains(&leader) {
            return;
        }
        let away = Away::new(leader, epoch, step.at);
        match step.kind {
            FaultKind::Pause => self.stilled = Some(away),
            FaultKind::Cut | FaultKind::OneWayCut => self.cut_off = Some(away),
            _ if crashes => {
                // Who stood still until it crashed has been lost since it did.
                let stood_still = self.stilled.filter(|away| away.lasts() && away.node == leader);
                self.lose(stood_still.map_or(step.at, |away| away.since), epoch);
            }
            _ => {}
        }
    }
}
