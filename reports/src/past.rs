//! What led to a violation: its causal past, and the few steps of it that matter.
//!
//! The past is Lamport's happened-before ("Time, Clocks, and the Ordering of Events in a Distributed System",
//! 1978): a step follows the previous step of its node and the step that sent it its message. As a node's past
//! is always a beginning of what it did, one number a node, the last step that counts, says it all.

mod relate;

pub(crate) use relate::{facts, involved, sends};

use crate::senders::Senders;
use crate::words;
use relate::{contradict, is_of};
use sim_core::summary::Breach;
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceStep};
use sim_core::{Fact, NodeId, Time};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// As many steps as a story shows.
const MAX_ROWS: usize = 14;
/// As many nodes and clients as a diagram has room for.
const MAX_COLUMNS: usize = 7;
/// As many messages as are followed back from a step that matters.
const MAX_HOPS: usize = 6;
/// As many faults as go before the elections of a story.
const MAX_FAULTS: usize = 6;
/// As many boots.
const MAX_BOOTS: usize = 4;

/// The steps that matter, and who took them.
pub(crate) struct Matters {
    /// In the order of time.
    pub(crate) rows: Vec<Row>,
    /// Nodes by number, then clients.
    pub(crate) columns: Vec<NodeId>,
    /// The place of the violation among the trace's steps; none in an empty trace.
    pub(crate) end: Option<usize>,
}

/// A step that matters.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its place among the trace's steps.
    pub(crate) step: usize,
    /// The place of the step whose work it goes on with after a sync; its own otherwise.
    pub(crate) origin: usize,
    /// The message that it sent and that mattered: to whom, of which kind.
    pub(crate) arrow: Option<(NodeId, String)>,
    /// How many steps that nearly mattered are left out before it.
    pub(crate) elided: usize,
}

/// Why a step matters; what matters more comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Violation,
    Chain,
    Struck,
    Role,
    Request,
    OtherRole,
    Besides,
}

/// Picks the steps that matter for a breach.
pub(crate) fn matters(trace: &Trace, breach: &Breach) -> Matters {
    let Some(end) = end_of(trace, breach) else {
        return Matters { rows: Vec::new(), columns: Vec::new(), end: None };
    };
    let named = words::named(&breach.why);
    let mut past = Past::new(trace, end);
    past.look_back(end, &named, breach.step.is_some());
    past.violation(end, breach.step.is_some());
    past.forgotten(end, &named, &breach.why);
    past.operations(&involved(trace, breach));
    past.roles(&named);
    past.faults();
    past.forget_early_roles();
    past.pick(&named)
}

/// The step of the violation; or else the last one by then, of a node or client that the breach names if any.
fn end_of(trace: &Trace, breach: &Breach) -> Option<usize> {
    let steps = &trace.steps;
    if let Some(number) = breach.step {
        let after = steps.partition_point(|step| step.number <= number);
        return after.checked_sub(1);
    }
    let by = breach.at.unwrap_or(Time::NEVER);
    let after = steps.partition_point(|step| step.at <= by);
    let named = words::named(&breach.why);
    let is_named = |step: &TraceStep| step.node.is_some_and(|node| named.contains(&node));
    steps[..after].iter().rposition(is_named).or(after.checked_sub(1))
}

struct Past<'a> {
    trace: &'a Trace,
    end: usize,
    /// The last step of each node that the violation could know of.
    known: BTreeMap<NodeId, usize>,
    senders: Senders<'a>,
    weights: BTreeMap<usize, Weight>,
    arrows: BTreeMap<usize, (NodeId, String)>,
    /// Whose doings the story is about, in the order in which they came up.
    about: Vec<NodeId>,
}

impl<'a> Past<'a> {
    fn new(trace: &'a Trace, end: usize) -> Self {
        Past {
            trace,
            end,
            known: BTreeMap::new(),
            senders: Senders::of(trace, end + 1),
            weights: BTreeMap::new(),
            arrows: BTreeMap::new(),
            about: Vec::new(),
        }
    }

    fn step(&self, place: usize) -> &'a TraceStep {
        &self.trace.steps[place]
    }

    fn weigh(&mut self, place: usize, weight: Weight) {
        let known = self.weights.entry(place).or_insert(weight);
        *known = weight.min(*known);
        if weight <= Weight::Chain
            && let Some(node) = self.step(place).node
        {
            self.concerns(node);
        }
    }

    fn concerns(&mut self, node: NodeId) {
        if !self.about.contains(&node) {
            self.about.push(node);
        }
    }

    /// The last step of a node before a place.
    fn before(&self, node: NodeId, place: usize) -> impl Iterator<Item = usize> + '_ {
        self.senders.before(node, place)
    }

    /// Marks what the violation could know of, in one sweep backwards. Without a step of its own, it is what the
    /// nodes that the breach names had done.
    fn look_back(&mut self, end: usize, named: &[NodeId], is_exact: bool) {
        let ends: Vec<NodeId> = match (is_exact, self.step(end).node) {
            (true, Some(node)) => vec![node],
            (_, node) => named.iter().copied().chain(node).collect(),
        };
        for node in ends {
            let last = self.before(node, end + 1).next();
            if let Some(last) = last {
                self.known.insert(node, last);
            }
        }
        for place in (0..=end).rev() {
            let Some(node) = self.step(place).node else { continue };
            if self.knows(place)
                && let Some((sender, _)) = self.sender(place)
                && let Some(from) = self.step(sender).node
                && from != node
            {
                let last = self.known.entry(from).or_insert(sender);
                *last = sender.max(*last);
            }
        }
    }

    fn knows(&self, place: usize) -> bool {
        let node = self.step(place).node;
        node.and_then(|node| self.known.get(&node)).is_some_and(|last| place <= *last)
    }

    /// The step that sent what caused this one, and what it is called; none when nothing was sent.
    fn sender(&self, place: usize) -> Option<(usize, &'static str)> {
        self.senders.sender(place)
    }

    /// What set off the work that a step goes on with: a sync ends what an earlier step began.
    fn origin(&self, place: usize) -> usize {
        let step = self.step(place);
        let (TraceCause::Synced, Some(node)) = (&step.cause, step.node) else { return place };
        let waits = |earlier: &usize| {
            let step = self.step(*earlier);
            step.cause != TraceCause::Synced
                && step.effects.iter().any(|effect| matches!(effect, TraceEffect::Sync))
        };
        self.before(node, place).find(waits).unwrap_or(place)
    }

    /// Follows messages back from a step that matters.
    fn chain(&mut self, place: usize, weight: Weight) {
        self.weigh(place, weight);
        let mut place = place;
        for _ in 0..MAX_HOPS {
            let Some((sender, kind)) = self.sender(self.origin(place)) else { return };
            if let Some(to) = self.step(place).node {
                self.arrows.entry(sender).or_insert_with(|| (to, kind.to_owned()));
            }
            self.weigh(sender, Weight::Chain);
            place = sender;
        }
    }

    fn violation(&mut self, end: usize, is_exact: bool) {
        if let TraceCause::Fault { hit, .. } = &self.step(end).cause {
            self.about.extend(hit);
        }
        if !is_exact {
            return self.chain(end, Weight::Chain);
        }
        self.chain(end, Weight::Violation);
        for rival in self.rivals(end) {
            self.chain(rival, Weight::Chain);
            self.votes(rival);
        }
        self.votes(end);
    }

    /// Earlier steps in which another node claimed what contradicts a claim of this one.
    fn rivals(&self, end: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let step = self.step(end);
        for fact in facts(step) {
            let contradicts = |place: &usize| {
                let other = self.step(*place);
                let is_other = other.node != step.node;
                facts(other).any(|earlier| contradict(earlier, fact, is_other))
            };
            let rival = match fact {
                Fact::Decides { .. } => (0..end).find(contradicts),
                _ => (0..end).rev().find(contradicts),
            };
            found.extend(rival.filter(|rival| !found.contains(rival)));
        }
        found
    }

    /// What a node that boots told those whom the breach names before it crashed: it may have forgotten that. What
    /// the breach names too, a vote say, goes before what was told last.
    fn forgotten(&mut self, end: usize, named: &[NodeId], why: &str) {
        let (TraceCause::Boot, Some(node)) = (&self.step(end).cause, self.step(end).node) else {
            return;
        };
        for other in named.iter().filter(|other| **other != node) {
            let told = |place: usize| {
                self.step(place).effects.iter().find_map(|effect| match effect {
                    TraceEffect::Send { to: Some(to), kind, .. } if to == other => {
                        Some((place, *kind))
                    }
                    _ => None,
                })
            };
            let is_named = |(_, kind): &(usize, &str)| why.contains(kind);
            let told_so = self.before(node, end).filter_map(told).find(is_named);
            let told = told_so.or_else(|| self.before(node, end).find_map(told));
            if let Some((place, kind)) = told {
                self.arrows.entry(place).or_insert_with(|| (*other, kind.to_owned()));
                self.chain(place, Weight::Chain);
            }
        }
    }

    /// Messages of one kind that a node gathered before it led: the others' votes.
    fn votes(&mut self, place: usize) {
        let Some(node) = self.step(place).node else { return };
        let leads = facts(self.step(place)).any(|fact| matches!(fact, Fact::Leads { .. }));
        let TraceCause::Message { kind, .. } = &self.step(self.origin(place)).cause else { return };
        if !leads {
            return;
        }
        let mut votes = Vec::new();
        let earlier: Vec<usize> = self.before(node, place).collect();
        for earlier in earlier {
            let step = self.step(earlier);
            if matches!(&step.cause, TraceCause::Message { kind: other, .. } if other == kind) {
                votes.extend(self.sender(earlier).map(|(sender, kind)| (sender, kind.to_owned())));
            }
            if facts(step).any(|fact| matches!(fact, Fact::Campaigns { .. })) {
                self.weigh(earlier, Weight::Chain);
                break;
            }
        }
        for (vote, kind) in votes {
            self.arrows.entry(vote).or_insert((node, kind));
            self.weigh(vote, Weight::Request);
        }
    }

    /// The operations that a breach names: their beginnings and ends, and what nodes did for them.
    fn operations(&mut self, requests: &[String]) {
        if requests.is_empty() {
            return;
        }
        for place in 0..=self.end {
            let step = self.step(place);
            let is = |text: &str| requests.iter().any(|request| is_of(text, request));
            let client_acts = step.effects.iter().any(|effect| match effect {
                TraceEffect::Invoke { text } | TraceEffect::Return { text, .. } => is(text),
                _ => false,
            });
            let asks = step.effects.iter().find_map(|effect| match effect {
                TraceEffect::Ask { to, text } if is(text) => Some((*to, "request".to_owned())),
                TraceEffect::Reply { client, text } if is(text) => {
                    Some((*client, "answer".to_owned()))
                }
                _ => None,
            });
            let replies = asks.is_some() && step.node.is_some_and(|node| !node.is_client());
            if let Some(arrow) = asks {
                self.arrows.entry(place).or_insert(arrow);
            }
            if client_acts {
                self.weigh(place, Weight::Chain);
            } else if replies {
                self.weigh(place, Weight::Request);
            }
        }
    }

    /// Elections and what else changes who is who, within what the violation could know of.
    fn roles(&mut self, named: &[NodeId]) {
        for node in named {
            self.concerns(*node);
        }
        for place in 0..=self.end {
            let step = self.step(place);
            let Some(node) = step.node else { continue };
            let is_about = self.about.contains(&node);
            if !self.knows(place) && !is_about {
                continue;
            }
            let weight = facts(step).filter_map(|fact| match fact {
                Fact::Campaigns { .. } | Fact::Leads { .. } if is_about => Some(Weight::Role),
                Fact::Campaigns { .. } | Fact::Leads { .. } => Some(Weight::OtherRole),
                Fact::Truncates { .. } | Fact::Installs { .. } | Fact::Transfers { .. } => {
                    Some(Weight::OtherRole)
                }
                Fact::Follows { .. } if is_about => Some(Weight::Besides),
                _ => None,
            });
            if let Some(weight) = weight.min() {
                self.weigh(place, weight);
            }
        }
    }

    /// Faults that struck those whom the story is about, the boots after them, and their healing.
    fn faults(&mut self) {
        let (mut struck, mut booted) = (0, 0);
        for place in (0..=self.end).rev() {
            let step = self.step(place);
            match &step.cause {
                TraceCause::Fault { phase, hit, .. } => {
                    let everywhere = hit.is_empty() && *phase != "idle";
                    if !everywhere && !hit.iter().any(|node| self.about.contains(node)) {
                        continue;
                    }
                    struck += usize::from(*phase == "strikes");
                    let counts = *phase == "strikes" && struck <= MAX_FAULTS;
                    self.weigh(place, if counts { Weight::Struck } else { Weight::Besides });
                }
                TraceCause::Boot => {
                    let Some(node) = step.node else { continue };
                    if self.about.contains(&node) && self.before(node, place).next().is_some() {
                        booted += 1;
                        let counts = booted <= MAX_BOOTS;
                        self.weigh(place, if counts { Weight::Struck } else { Weight::Besides });
                    }
                }
                _ => {}
            }
        }
    }

    /// Who led before anything went wrong is told where it goes wrong.
    fn forget_early_roles(&mut self) {
        let first = self.weights.iter().find(|(_, weight)| **weight <= Weight::Struck);
        let Some(first) = first.map(|(place, _)| *place) else { return };
        for (_, weight) in self.weights.range_mut(..first) {
            *weight = Weight::Besides;
        }
    }

    /// The weightiest steps, the latest of equals first, among those whose nodes have a column.
    fn pick(self, named: &[NodeId]) -> Matters {
        let mut ranked: Vec<(Weight, Reverse<usize>)> =
            self.weights.iter().map(|(place, weight)| (*weight, Reverse(*place))).collect();
        ranked.sort_unstable();
        let columns = self.columns(named, &ranked);
        let has_column =
            |place: usize| self.step(place).node.is_none_or(|node| columns.contains(&node));
        ranked.retain(|(_, Reverse(place))| has_column(*place));
        let shown = |(weight, _): &&(Weight, Reverse<usize>)| *weight < Weight::Besides;
        let mut chosen: Vec<usize> =
            ranked.iter().filter(shown).take(MAX_ROWS).map(|(_, Reverse(place))| *place).collect();
        chosen.sort_unstable();
        let left_out: Vec<usize> =
            self.weights.keys().copied().filter(|p| has_column(*p)).collect();
        let mut rows = Vec::new();
        let mut last = 0;
        for place in chosen {
            let between = left_out.iter().filter(|p| (last..place).contains(*p)).count();
            let arrow = self.arrows.get(&place).filter(|(to, _)| columns.contains(to)).cloned();
            rows.push(Row { step: place, origin: self.origin(place), arrow, elided: between });
            last = place + 1;
        }
        Matters { rows, columns, end: Some(self.end) }
    }

    fn columns(&self, named: &[NodeId], ranked: &[(Weight, Reverse<usize>)]) -> Vec<NodeId> {
        let mut columns: Vec<NodeId> = Vec::new();
        let of_steps = ranked.iter().take(MAX_ROWS).flat_map(|(weight, Reverse(place))| {
            let arrow = self.arrows.get(place).map(|(to, _)| *to);
            let counts = *weight < Weight::OtherRole;
            self.step(*place).node.into_iter().chain(arrow).filter(move |_| counts)
        });
        let end = self.step(self.end).node;
        let acted = named.iter().copied().filter(|node| self.senders.has_acted(*node));
        let about = self.about.iter().copied();
        for node in end.into_iter().chain(acted).chain(about).chain(of_steps) {
            if columns.len() < MAX_COLUMNS && !columns.contains(&node) {
                columns.push(node);
            }
        }
        columns.sort_unstable();
        columns
    }
}
