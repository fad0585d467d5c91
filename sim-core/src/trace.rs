//! A run written down, for stories, diagrams and replays: plain data that knows no protocol's types.

mod shown;

use self::shown::Shown;
use crate::context::Effect;
use crate::fact::{Claim, Fact};
use crate::nodes::Nodes;
use crate::observe::{
    Cause, ClientStep, FaultPhase, FaultStep, Lost, LostTo, Machine, Observer, Step,
};
use crate::process::{NodeId, Process};
use crate::service::{ClientEffect, Ending, RequestId, Service};
use crate::time::Time;
use serde::Serialize;

/// A run, step by step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The steps, in order.
    pub steps: Vec<TraceStep>,
    /// Messages that never arrived.
    pub lost: Vec<TraceLost>,
    /// What clients asked for, in the order of asking; where it was to be shown.
    pub operations: Vec<TraceOperation>,
    /// Why no order explains these operations; none where one does.
    pub blame: Option<TraceBlame>,
    /// What each machine showed last; none when nodes are not to be shown.
    #[serde(skip)]
    shown: Option<Shown>,
}

/// One operation, as its client saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceOperation {
    /// Whose, and which of them.
    pub id: RequestId,
    /// What was asked.
    pub op: String,
    /// What came back; empty for nothing.
    pub reply: String,
    /// When it was asked.
    pub invoked: Time,
    /// When it ended; none while it is open.
    pub returned: Option<Time>,
    /// Whether it was done; none when nobody knows.
    pub done: Option<bool>,
    /// The key that it was judged with; 0 when it was not judged by keys.
    pub key: u64,
    /// When it can have taken effect, in an order that explains all replies; none when there is no place for it, or
    /// none was found.
    pub point: Option<Time>,
}

/// Why no order explains what clients saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceBlame {
    /// The key that it shows on.
    pub key: u64,
    /// The fewest operations that cannot be ordered.
    pub operations: Vec<RequestId>,
    /// When the first reply came that nothing explains.
    pub at: Time,
    /// What is wrong, for people.
    pub sentence: String,
}

/// One step, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceStep {
    /// When, in true time.
    pub at: Time,
    /// Its number in the run.
    pub number: u64,
    /// The number of the event that caused it; 0 when nothing in the run did.
    pub event: u64,
    /// Events that it makes are numbered from here on, up to where the next step's begin.
    pub next_event: u64,
    /// Who took it; for a fault, nobody.
    pub node: Option<NodeId>,
    /// Why.
    pub cause: TraceCause,
    /// What was sent, claimed, replied or written then, in order.
    pub effects: Vec<TraceEffect>,
    /// What its node shows of itself from then on, of long lists the end; none when that is as before, or is not to
    /// be shown.
    pub state: Option<String>,
}

/// Why a step was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the fields say what the observers' structures of the same names document
pub enum TraceCause {
    Boot,
    Message {
        from: NodeId,
        kind: &'static str,
        text: String,
    },
    Request {
        client: NodeId,
        text: String,
    },
    Answer {
        from: NodeId,
        text: String,
    },
    Timer {
        text: String,
    },
    Synced,
    /// A client acts of its own accord.
    Client,
    Fault {
        id: String,
        kind: &'static str,
        phase: &'static str,
        hit: Vec<NodeId>,
        text: String,
    },
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum TraceEffect {
    Send { to: Option<NodeId>, kind: &'static str, text: String },
    Reply { client: NodeId, text: String },
    Claim { fact: Fact },
    Write { text: String },
    Sync,
    Timer { text: String },
    Invoke { text: String },
    Ask { to: NodeId, text: String },
    Return { text: String, ok: bool },
}

/// A message that never arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct TraceLost {
    pub at: Time,
    pub event: u64,
    pub from: NodeId,
    pub to: NodeId,
    pub why: &'static str,
}

impl Trace {
    /// An empty one that has what nodes show of themselves, too.
    pub fn showing() -> Trace {
        Trace { shown: Some(Shown::default()), ..Trace::default() }
    }

    /// What a machine shows of itself, if that has changed.
    fn glance<P: Process>(&mut self, nodes: &Nodes<P>, machine: Machine) -> Option<String> {
        let shown = self.shown.as_mut()?;
        shown.another(machine, nodes.process(machine)?.glance())
    }

    /// The place of the step that made an event; none for what a plan made.
    pub fn maker(&self, event: u64) -> Option<usize> {
        self.steps.partition_point(|step| step.next_event <= event).checked_sub(1)
    }
}

impl<P: Process> Observer<P> for Trace {
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        let state = self.glance(nodes, step.machine);
        let cause = match &step.cause {
            Cause::Boot => TraceCause::Boot,
            Cause::Message { from, message } => TraceCause::Message {
                from: *from,
                kind: P::KINDS[P::kind(message)],
                text: format!("{message:?}"),
            },
            Cause::Request(request) => TraceCause::Request {
                client: request.id.client,
                text: format!("{} {}", request.id, P::Service::show_op(&request.op)),
            },
            Cause::Timer(timer) => TraceCause::Timer { text: format!("{timer:?}") },
            Cause::Synced => TraceCause::Synced,
        };
        self.steps.push(TraceStep {
            at: step.at,
            number: step.number,
            event: step.event,
            next_event: step.next_event,
            node: Some(step.node),
            cause,
            effects: step.effects.iter().map(show).collect(),
            state,
        });
    }

    fn client(&mut self, step: &ClientStep<'_, P>) {
        let cause = match step.answered {
            Some((from, id)) => TraceCause::Answer { from, text: id.to_string() },
            None => TraceCause::Client,
        };
        self.steps.push(TraceStep {
            at: step.at,
            number: step.number,
            event: step.event,
            next_event: step.next_event,
            node: Some(step.client),
            cause,
            effects: step.effects.iter().filter_map(show_client).collect(),
            state: None,
        });
    }

    fn fault(&mut self, _: &Nodes<P>, step: &FaultStep<'_>) {
        let phase = match step.phase {
            FaultPhase::Strikes => "strikes",
            FaultPhase::Heals => "heals",
            FaultPhase::Idle => "idle",
        };
        self.steps.push(TraceStep {
            at: step.at,
            number: step.number,
            event: 0,
            next_event: step.next_event,
            node: None,
            cause: TraceCause::Fault {
                id: step.id.to_string(),
                kind: step.kind.name(),
                phase,
                hit: step.hit.to_vec(),
                text: step.words.to_string(),
            },
            effects: Vec::new(),
            state: None,
        });
    }

    fn lost(&mut self, lost: &Lost) {
        let why = match lost.why {
            LostTo::Chance => "loss",
            LostTo::Cut => "cut",
            LostTo::Corruption => "corrupt",
            LostTo::Crash => "crash",
        };
        let Lost { at, event, from, to, .. } = *lost;
        self.lost.push(TraceLost { at, event, from, to, why });
    }
}

fn show<P: Process>(effect: &Effect<P>) -> TraceEffect {
    match effect {
        Effect::Send { to, message } => TraceEffect::Send {
            to: match to {
                crate::context::Target::One(node) => Some(*node),
                crate::context::Target::Peers => None,
            },
            kind: P::KINDS[P::kind(message)],
            text: format!("{message:?}"),
        },
        Effect::Reply { id, answer } => {
            TraceEffect::Reply { client: id.client, text: format!("{id} {answer:?}") }
        }
        Effect::SetTimer { timer, after } => {
            TraceEffect::Timer { text: format!("{timer:?} in {after}") }
        }
        Effect::CancelTimer { timer } => TraceEffect::Timer { text: format!("{timer:?} off") },
        Effect::Append { record, .. } => TraceEffect::Write { text: format!("{record:?}") },
        Effect::Rewrite { records, .. } => {
            TraceEffect::Write { text: format!("all of {} records anew", records.len()) }
        }
        Effect::Sync => TraceEffect::Sync,
        Effect::Claim(Claim { fact, .. }) => TraceEffect::Claim { fact: *fact },
    }
}

fn show_client<S: Service>(effect: &ClientEffect<S>) -> Option<TraceEffect> {
    Some(match effect {
        ClientEffect::Invoke { id, op } => {
            TraceEffect::Invoke { text: format!("{id} {}", S::show_op(op)) }
        }
        ClientEffect::Ask { to, request } => TraceEffect::Ask {
            to: *to,
            text: format!("{} {}", request.id, S::show_op(&request.op)),
        },
        ClientEffect::Return { id, ending } => match ending {
            Ending::Ok(reply) => {
                TraceEffect::Return { text: format!("{id} {}", S::show_reply(reply)), ok: true }
            }
            Ending::Fail => TraceEffect::Return { text: format!("{id} fails"), ok: false },
            Ending::Unknown => TraceEffect::Return { text: format!("{id} unknown"), ok: false },
        },
        ClientEffect::Claim(fact) => TraceEffect::Claim { fact: *fact },
        ClientEffect::SetTimer { .. } | ClientEffect::CancelTimer { .. } => return None,
    })
}
