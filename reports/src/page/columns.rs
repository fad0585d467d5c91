//! What there is much of, in columns: arrays of the same length, in which neighbours are alike.

use super::Part;
use super::texts::Texts;
use crate::lives::{Life, Lives as Alive};
use crate::senders::Senders;
use crate::steps::claim;
use serde::Serialize;
use sim_core::fault::{FaultKind, Role};
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceLost, TraceOperation, TraceStep};
use sim_core::{NodeId, RequestId, Time};
use std::collections::BTreeMap;
use std::ops::Range;

/// Who takes steps: the nodes, then the clients.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Lanes {
    list: Vec<Lane>,
    #[serde(skip)]
    nodes: usize,
}

#[derive(Serialize)]
struct Lane {
    name: String,
    is: &'static str,
}

impl Lanes {
    pub fn new(nodes: u32, clients: u32) -> Lanes {
        let lane = |node: NodeId, is| Lane { name: node.to_string(), is };
        let servers = (0..nodes).map(|place| lane(NodeId(place), "node"));
        let clients = (0..clients).map(|place| lane(NodeId::client(place), "client"));
        Lanes { list: servers.chain(clients).collect(), nodes: nodes as usize }
    }

    fn of(&self, node: NodeId) -> usize {
        if node.is_client() { self.nodes + node.index() } else { node.index() }
    }
}

/// Faults as they struck.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Faults {
    list: Vec<Struck>,
    /// By the place of a step in the trace, which of them it is about.
    #[serde(skip)]
    of: BTreeMap<usize, usize>,
}

#[derive(Serialize)]
struct Struck {
    id: String,
    kind: &'static str,
    words: String,
    hit: Vec<usize>,
    from: u64,
    until: Option<u64>,
}

impl Faults {
    pub fn of(trace: &Trace, lanes: &Lanes, end: u64) -> Faults {
        let mut faults = Faults { list: Vec::new(), of: BTreeMap::new() };
        let mut open: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, step) in trace.steps.iter().enumerate() {
            let TraceCause::Fault { id, kind, phase, hit, text } = &step.cause else { continue };
            let at = step.at.0;
            if *phase == "heals"
                && let Some(healed) = open.remove(id.as_str())
            {
                faults.list[healed].until = Some(at);
                faults.of.insert(place, healed);
                continue;
            }
            let lasts = *phase == "strikes" && FaultKind::named(kind).is_some_and(FaultKind::lasts);
            if lasts {
                open.insert(id, faults.list.len());
            }
            faults.of.insert(place, faults.list.len());
            faults.list.push(Struck {
                id: id.clone(),
                kind,
                words: text.clone(),
                hit: hit.iter().map(|node| lanes.of(*node)).collect(),
                from: at,
                until: lasts.then_some(end),
            });
        }
        faults
    }
}

/// What nodes become.
#[derive(Default, Serialize)]
pub(super) struct Lives {
    lane: Vec<usize>,
    at: Vec<u64>,
    is: Vec<&'static str>,
    role: Vec<&'static str>,
    epoch: Vec<u64>,
}

impl Lives {
    pub fn of(trace: &Trace, lanes: &Lanes) -> Lives {
        let mut lives = Lives::default();
        let mut alive = Alive::default();
        let mut known: BTreeMap<NodeId, Life> = BTreeMap::new();
        for step in &trace.steps {
            alive.advance(step);
            let hit: &[NodeId] = match &step.cause {
                TraceCause::Fault { hit, .. } => hit,
                _ => &[],
            };
            for node in step.node.iter().chain(hit) {
                let life = alive.of(*node);
                if known.get(node) != Some(&life) {
                    known.insert(*node, life);
                    lives.push(lanes.of(*node), step.at, life);
                }
            }
        }
        lives
    }

    fn push(&mut self, lane: usize, at: Time, life: Life) {
        self.lane.push(lane);
        self.at.push(at.0);
        self.is.push(match life {
            Life { is_down: true, .. } => "down",
            Life { pauses: 0, .. } => "up",
            _ => "paused",
        });
        self.role.push(match life.role {
            Role::Follower => "follower",
            Role::Candidate => "candidate",
            Role::Leader => "leader",
        });
        self.epoch.push(life.epoch);
    }
}

/// The steps that are shown, and what is in the same texts.
#[derive(Default, Serialize)]
pub(super) struct Columns {
    kinds: Vec<&'static str>,
    texts: Texts,
    steps: Steps,
    lost: Lost,
    operations: Operations,
}

#[derive(Default, Serialize)]
struct Steps {
    first: u64,
    words: (usize, usize),
    at: Vec<u64>,
    lane: Vec<i64>,
    cause: Vec<u8>,
    by: Vec<usize>,
    what: Vec<usize>,
    says: Vec<i64>,
    count: Vec<usize>,
    state: Vec<i64>,
    effects: Effects,
}

#[derive(Default, Serialize)]
struct Effects {
    is: Vec<u8>,
    to: Vec<usize>,
    says: Vec<i64>,
}

#[derive(Default, Serialize)]
struct Lost {
    by: Vec<usize>,
    to: Vec<usize>,
    at: Vec<u64>,
    why: Vec<&'static str>,
}

#[derive(Default, Serialize)]
struct Operations {
    lane: Vec<usize>,
    op: Vec<i64>,
    reply: Vec<i64>,
    call: Vec<u64>,
    took: Vec<i64>,
    ending: Vec<u8>,
    key: Vec<u64>,
    point: Vec<i64>,
    left: (usize, usize),
}

impl Columns {
    /// The steps at these places, and all that is about them.
    pub fn of(senders: &Senders<'_>, lanes: &Lanes, faults: &Faults, part: &Part) -> Columns {
        let trace = senders.trace();
        let shown = &part.steps;
        let mut columns = Columns::default();
        columns.steps.words = (part.words.start - shown.start, part.words.end - shown.start);
        columns.steps.first = trace.steps.get(shown.start).map_or(1, |step| step.number);
        let mut before = 0;
        for place in shown.clone() {
            let step = &trace.steps[place];
            let at = rounded(step.at);
            columns.steps.at.push(at - before);
            before = at;
            let by = senders.maker(place).filter(|by| shown.contains(by));
            columns.steps.by.push(by.map_or(0, |by| place - by));
            let fault = faults.of.get(&place).copied();
            columns.step(step, lanes, fault, part.words.contains(&place));
        }
        for lost in &trace.lost {
            columns.lose(trace, lanes, shown, lost);
        }
        columns.operations(trace, lanes, shown);
        columns
    }

    fn step(&mut self, step: &TraceStep, lanes: &Lanes, fault: Option<usize>, in_words: bool) {
        let (cause, what, says) = match &step.cause {
            TraceCause::Boot => (0, 0, ""),
            TraceCause::Message { kind, text, .. } => (1, self.kind(kind), text.as_str()),
            TraceCause::Request { text, .. } => (2, 0, text.as_str()),
            TraceCause::Answer { text, .. } => (3, 0, text.as_str()),
            TraceCause::Timer { text } => (4, 0, text.as_str()),
            TraceCause::Synced => (5, 0, ""),
            TraceCause::Client => (6, 0, ""),
            TraceCause::Fault { phase: "strikes", .. } => (7, fault.unwrap_or_default(), ""),
            TraceCause::Fault { phase: "heals", .. } => (8, fault.unwrap_or_default(), ""),
            TraceCause::Fault { .. } => (9, fault.unwrap_or_default(), ""),
        };
        let says = if in_words { self.text(says) } else { 0 };
        let mut count = 0;
        for effect in &step.effects {
            // How much is on disk is known of all steps.
            if !in_words && !matches!(effect, TraceEffect::Write { .. } | TraceEffect::Sync) {
                continue;
            }
            count += 1;
            let (is, to, says) = told(effect);
            let says = if in_words { self.text(&says) } else { 0 };
            let effects = &mut self.steps.effects;
            effects.is.push(is);
            effects.to.push(to.map_or(0, |to| lanes.of(to) + 1));
            effects.says.push(says);
        }
        let state = match &step.state {
            Some(state) if in_words => self.text(state),
            _ => 0,
        };
        let steps = &mut self.steps;
        steps.lane.push(step.node.map_or(-1, |node| lanes.of(node) as i64));
        steps.cause.push(cause);
        steps.what.push(what);
        steps.says.push(says);
        steps.count.push(count);
        steps.state.push(state);
    }

    /// The code of a text; 0 when it is empty.
    fn text(&mut self, text: &str) -> i64 {
        if text.is_empty() { 0 } else { self.texts.code(text) }
    }

    fn kind(&mut self, kind: &'static str) -> usize {
        let known = self.kinds.iter().position(|known| *known == kind);
        known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        })
    }

    fn lose(&mut self, trace: &Trace, lanes: &Lanes, shown: &Range<usize>, lost: &TraceLost) {
        let is_sender = |by: &usize| trace.steps[*by].node == Some(lost.from);
        let by = trace.maker(lost.event).filter(|by| shown.contains(by) && is_sender(by));
        let Some(by) = by else { return };
        self.lost.by.push(by - shown.start);
        self.lost.to.push(lanes.of(lost.to));
        self.lost.at.push(rounded(lost.at));
        self.lost.why.push(lost.why);
    }

    /// What clients asked for while the steps that are shown were taken.
    fn operations(&mut self, trace: &Trace, lanes: &Lanes, shown: &Range<usize>) {
        let all = &trace.operations;
        let time = |place: usize| trace.steps.get(place).map(|step| step.at);
        let from = match shown.start {
            0 => 0,
            start => {
                let from = time(start).unwrap_or_default();
                all.iter()
                    .position(|one| one.returned.is_none_or(|at| at >= from))
                    .unwrap_or(all.len())
            }
        };
        let until = match shown.end == trace.steps.len() {
            true => all.len(),
            false => {
                let until = time(shown.end.saturating_sub(1)).unwrap_or_default();
                all.partition_point(|one| one.invoked <= until).max(from)
            }
        };
        let mut before = 0;
        for one in &all[from..until] {
            let op = self.text(&one.op);
            let reply = self.text(&one.reply);
            let call = rounded(one.invoked);
            let after = |at: Option<Time>| at.map_or(-1, |at| (rounded(at) - call) as i64);
            let columns = &mut self.operations;
            columns.lane.push(lanes.of(one.id.client));
            columns.op.push(op);
            columns.reply.push(reply);
            columns.call.push(call - before);
            columns.took.push(after(one.returned));
            columns.ending.push(match one.done {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            });
            columns.key.push(one.key);
            columns.point.push(after(one.point));
            before = call;
        }
        self.operations.left = (from, all.len() - until);
    }

    /// Where operations are, of those that are shown.
    pub fn places_of(&self, all: &[TraceOperation], wanted: &[RequestId]) -> Vec<usize> {
        let shown = &all[self.operations.left.0..all.len() - self.operations.left.1];
        let place = |id: &RequestId| shown.iter().position(|one| one.id == *id);
        wanted.iter().filter_map(place).collect()
    }
}

/// An effect by its number, to whom, and in words.
fn told(effect: &TraceEffect) -> (u8, Option<NodeId>, String) {
    match effect {
        TraceEffect::Send { to, text, .. } => (0, *to, text.clone()),
        TraceEffect::Reply { client, text } => (1, Some(*client), text.clone()),
        TraceEffect::Claim { fact } => (2, None, claim(fact)),
        TraceEffect::Write { text } => (3, None, text.clone()),
        TraceEffect::Sync => (4, None, String::new()),
        TraceEffect::Timer { text } => (5, None, without_length(text)),
        TraceEffect::Invoke { text } => (6, None, text.clone()),
        TraceEffect::Ask { to, text } => (7, Some(*to), text.clone()),
        TraceEffect::Return { text, .. } => (8, None, text.clone()),
    }
}

/// A time to the microsecond, in nanoseconds. What comes below that is noise, and would be a third of the page.
fn rounded(at: Time) -> u64 {
    at.0 / 1_000 * 1_000
}

/// A timer without how long it is set: that is seen when it runs out, and would be much of the page.
fn without_length(timer: &str) -> String {
    timer.rsplit_once(" in ").map_or(timer, |(name, _)| name).to_owned()
}
