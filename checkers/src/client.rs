//! How a client's requests fare, whatever they ask for: time-outs, retries, redirection and giving up.

mod agenda;
mod paced;

pub use agenda::Agenda;
pub use paced::{Paced, Workload};

use serde::Serialize;
use sim_core::process::Data;
use sim_core::{
    Answer, Client, ClientContext, ClientSettings, Ending, Matching, NodeId, Request, RequestId,
    Service, Span, SpanRange, Time,
};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// How long a caller waits, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Patience {
    /// How long it waits for an answer before it asks another node.
    pub timeout: Span,
    /// How long after its invocation an operation is given up.
    pub patience: Span,
    /// What is invoked from then on is not given up.
    pub persists_from: Time,
    /// How long it waits before it asks on, when a node has refused and knows nobody better.
    pub pause: SpanRange,
    /// When an answer is believed.
    pub matching: Matching,
    /// A bug on purpose: what timed out is sent again as a new request, which may then be done twice.
    pub retry_as_new: bool,
}

impl Patience {
    /// What a scenario says of all clients.
    pub fn of<L>(settings: &ClientSettings<L>) -> Patience {
        Patience {
            timeout: settings.timeout,
            patience: settings.patience,
            persists_from: settings.persists_from,
            pause: SpanRange::millis(20, 50),
            matching: settings.matching,
            retry_as_new: false,
        }
    }

    /// When an operation is given up that was invoked then.
    fn ends(&self, invoked: Time) -> Time {
        if invoked >= self.persists_from { Time::NEVER } else { invoked + self.patience }
    }
}

/// Whom a request is sent to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Sends {
    /// To the node that the caller takes for the leader.
    ToLeader,
    /// To any node, drawn for each operation; and when that is silent or refuses, to one after the other.
    Anywhere,
}

/// An operation that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended<S: Service> {
    /// The request that carried it, as the history has it.
    pub id: RequestId,
    /// What was asked.
    pub op: S::Op,
    /// How it ended.
    pub ending: Ending<S::Reply>,
}

/// A client's session: it sends operations as numbered requests, sends them again under the same number until
/// there is an answer, and says how each ended. Any number may be under way.
///
/// A caller names its timers from 1, one for each operation that is under way, and a name that is free again
/// serves the next: a world need not remember as many names as there were operations. The largest names are free
/// for others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Caller<S: Service> {
    patience: Patience,
    /// The number of the last request.
    last: u32,
    open: BTreeMap<u32, Call<S>>,
    /// By the timers' names, less one: the numbers of the operations that bear them; 0 for a name that is free.
    timers: SmallVec<[u32; 2]>,
    /// The node that is taken for the leader; the first is drawn.
    leader: Option<NodeId>,
}

/// An operation under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Call<S: Service> {
    op: S::Op,
    sends: Sends,
    invoked: Time,
    /// The name of its timer.
    timer: u32,
    /// The node that was asked last.
    asked: Option<NodeId>,
    /// The numbers that it was sent under, the last being the current one. It is one number, unless the bug
    /// is on.
    numbers: SmallVec<[u32; 1]>,
    /// Whether the node that was asked last has refused, so that the caller pauses.
    refused: bool,
    /// How many nodes in a row have named another.
    hints: u32,
    /// What each node answered last, where more than one must answer alike.
    answers: Vec<(NodeId, Answer<S::Reply>)>,
}

impl<S: Service> Caller<S> {
    /// A session in which nothing was asked.
    pub fn new(patience: Patience) -> Caller<S> {
        Caller { patience, last: 0, open: BTreeMap::new(), timers: SmallVec::new(), leader: None }
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Begins an operation.
    pub fn call(&mut self, op: S::Op, sends: Sends, ctx: &mut ClientContext<S>) -> RequestId {
        self.last += 1;
        let number = self.last;
        let id = RequestId { client: ctx.id(), number };
        ctx.invoke(id, op.clone());
        let call = Call {
            op,
            sends,
            invoked: ctx.now(),
            timer: self.name_timer(number),
            asked: None,
            numbers: [number].into_iter().collect(),
            refused: false,
            hints: 0,
            answers: Vec::new(),
        };
        let to_all = self.patience.matching.reads_to_all && S::is_read(&call.op);
        self.open.insert(number, call);
        match to_all {
            true => self.ask_all(number, ctx),
            false => self.ask(number, ctx),
        }
        id
    }

    /// A node has answered. The operation that ended by it, if one did.
    pub fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<S::Reply>,
        ctx: &mut ClientContext<S>,
    ) -> Option<Ended<S>> {
        let number = self.named(id.number)?;
        if self.patience.matching.replies > 1 {
            return self.on_one_of_many(number, from, answer, ctx);
        }
        match answer {
            Answer::Done(reply) => {
                if self.open[&number].sends == Sends::ToLeader {
                    self.leader = Some(from);
                }
                self.end(number, Ending::Ok(reply.clone()), ctx)
            }
            Answer::Expired => self.end(number, Ending::Unknown, ctx),
            Answer::Refused(hint) => {
                self.on_refusal(number, from, *hint, ctx);
                None
            }
        }
    }

    /// A timer has run out. The operation that ended by it, if one did.
    pub fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<S>) -> Option<Ended<S>> {
        let number = *self.timers.get(timer.checked_sub(1)? as usize)?;
        let call = self.open.get_mut(&number)?;
        if ctx.now() >= self.patience.ends(call.invoked) {
            let ending = if S::is_read(&call.op) && call.refused {
                Ending::Fail
            } else {
                // Even when every node refused a write, the network may hold a second copy of a request, and
                // bring it to a node that no longer refuses.
                Ending::Unknown
            };
            return self.end(number, ending, ctx);
        }
        if !call.refused {
            if self.patience.retry_as_new && !S::is_read(&call.op) {
                self.last += 1;
                call.numbers.push(self.last);
            }
            if self.patience.matching.replies > 1 {
                self.ask_all(number, ctx);
                return None;
            }
            if let Some(silent) = call.asked {
                self.give_up_on(silent, ctx);
            }
        }
        self.ask(number, ctx);
        None
    }

    /// One node's answer, where several must be alike: each node counts once, with what it said last.
    fn on_one_of_many(
        &mut self,
        number: u32,
        from: NodeId,
        answer: &Answer<S::Reply>,
        ctx: &mut ClientContext<S>,
    ) -> Option<Ended<S>> {
        let needed = self.patience.matching.replies as usize;
        let answers = &mut self.open.get_mut(&number)?.answers;
        answers.retain(|(node, _)| *node != from);
        answers.push((from, answer.clone()));
        if answers.iter().filter(|(_, other)| other == answer).count() < needed {
            return None;
        }
        match answer {
            Answer::Done(reply) => self.end(number, Ending::Ok(reply.clone()), ctx),
            Answer::Expired => self.end(number, Ending::Unknown, ctx),
            Answer::Refused(hint) => {
                self.leader = hint.or(self.leader);
                None
            }
        }
    }

    /// A name for the timer of a new operation: the lowest that is free.
    fn name_timer(&mut self, number: u32) -> u32 {
        let free = self.timers.iter().position(|bearer| *bearer == 0).unwrap_or_else(|| {
            self.timers.push(0);
            self.timers.len() - 1
        });
        self.timers[free] = number;
        free as u32 + 1
    }

    /// The operation that a request number belongs to.
    fn named(&self, number: u32) -> Option<u32> {
        if self.open.contains_key(&number) {
            return Some(number);
        }
        let mut others = self.open.iter().filter(|(_, call)| call.numbers.len() > 1);
        others.find(|(_, call)| call.numbers.contains(&number)).map(|(number, _)| *number)
    }

    fn on_refusal(
        &mut self,
        number: u32,
        from: NodeId,
        hint: Option<NodeId>,
        ctx: &mut ClientContext<S>,
    ) {
        let Some(call) = self.open.get_mut(&number) else { return };
        if call.asked != Some(from) || call.refused {
            // An old refusal says nothing of the try that is under way.
            return;
        }
        let known = hint.filter(|hint| *hint != from && call.hints < ctx.nodes());
        if let Some(hint) = known {
            call.hints += 1;
            self.leader = Some(hint);
            self.ask_node(number, hint, ctx);
            return;
        }
        call.hints = 0;
        call.refused = true;
        self.give_up_on(from, ctx);
        let pause = self.patience.pause.draw(ctx.rng());
        self.wake_after(number, pause, ctx);
    }

    /// Takes the next node for the leader, when this one was.
    fn give_up_on(&mut self, node: NodeId, ctx: &ClientContext<S>) {
        if self.leader == Some(node) {
            self.leader = Some(after(node, ctx));
        }
    }

    fn ask(&mut self, number: u32, ctx: &mut ClientContext<S>) {
        let Some(call) = self.open.get(&number) else { return };
        let nodes = ctx.nodes();
        let many = self.patience.matching.replies > 1;
        let next = call.asked.map(|asked| after(asked, ctx));
        let drawn = || NodeId(ctx.rng().below(nodes.into()) as u32);
        let to = match call.sends {
            _ if many => *self.leader.get_or_insert_default(),
            Sends::Anywhere => next.unwrap_or_else(drawn),
            Sends::ToLeader => *self.leader.get_or_insert_with(drawn),
        };
        self.ask_node(number, to, ctx);
    }

    fn ask_all(&mut self, number: u32, ctx: &mut ClientContext<S>) {
        (0..ctx.nodes()).for_each(|node| self.send(number, NodeId(node), ctx));
        self.wake_after(number, self.patience.timeout, ctx);
    }

    fn ask_node(&mut self, number: u32, to: NodeId, ctx: &mut ClientContext<S>) {
        self.send(number, to, ctx);
        self.wake_after(number, self.patience.timeout, ctx);
    }

    fn send(&mut self, number: u32, to: NodeId, ctx: &mut ClientContext<S>) {
        let oldest = self.oldest();
        let Some(call) = self.open.get_mut(&number) else { return };
        call.asked = Some(to);
        call.refused = false;
        let current = call.numbers.last().copied().unwrap_or(number);
        let id = RequestId { client: ctx.id(), number: current };
        ctx.ask(to, Request { id, oldest, op: call.op.clone() });
    }

    /// The lowest number that may still be sent. One that was given up is not: the history has its end.
    fn oldest(&self) -> u32 {
        let current = |call: &Call<S>| call.numbers.last().copied();
        self.open.values().filter_map(current).min().unwrap_or(self.last + 1)
    }

    /// Sets the operation's timer, but no later than where patience ends.
    fn wake_after(&self, number: u32, after: Span, ctx: &mut ClientContext<S>) {
        let Some(call) = self.open.get(&number) else { return };
        let left = self.patience.ends(call.invoked).since(ctx.now());
        ctx.set_timer(call.timer, after.min(left));
    }

    fn end(
        &mut self,
        number: u32,
        ending: Ending<S::Reply>,
        ctx: &mut ClientContext<S>,
    ) -> Option<Ended<S>> {
        let call = self.open.remove(&number)?;
        let ending = match ending {
            Ending::Ok(reply) if S::is_failure(&reply) => Ending::Fail,
            ending => ending,
        };
        let id = RequestId { client: ctx.id(), number };
        self.timers[call.timer as usize - 1] = 0;
        ctx.cancel_timer(call.timer);
        ctx.ret(id, ending.clone());
        Some(Ended { id, op: call.op, ending })
    }
}

/// The next node.
fn after<S: Service>(node: NodeId, ctx: &ClientContext<S>) -> NodeId {
    NodeId((node.0 + 1) % ctx.nodes().max(1))
}

/// A client that asks nothing: for services that only judge what others recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(bound = "")]
pub struct Silent<S>(PhantomData<S>);

impl<S: Service<Client = Silent<S>> + Data> Client for Silent<S> {
    type Service = S;
    type Load = ();

    fn loads() -> Vec<(&'static str, ())> {
        Vec::new()
    }
    fn new(_: &ClientSettings<()>, _: u32, _: u32) -> Silent<S> {
        Silent(PhantomData)
    }
    fn start(&mut self, _: &mut ClientContext<S>) {}
    fn on_answer(
        &mut self,
        _: NodeId,
        _: RequestId,
        _: &Answer<S::Reply>,
        _: &mut ClientContext<S>,
    ) {
    }
    fn on_timer(&mut self, _: u32, _: &mut ClientContext<S>) {}
}
