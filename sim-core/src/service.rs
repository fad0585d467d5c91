//! What clients may ask, and who asks.
//!
//! A [`Service`] is its own sequential specification, and the state machine that a replicated log runs. A
//! [`Client`] is a process of its own on the same network, with its own address, timeouts and retries; the
//! history that is judged is recorded where it stands.

use crate::fact::Fact;
use crate::node_set::NodeSet;
use crate::process::{Config, Data, NodeId};
use crate::random::Rng;
use crate::time::{Span, SpanRange, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What clients may ask: a sequential state machine.
pub trait Service: Data + Default {
    /// What is asked.
    type Op: Data;
    /// What is answered.
    type Reply: Data;
    /// Who asks: a workload or a recipe; an enum where there are several.
    type Client: Client<Service = Self>;

    /// Does one operation, alone: the specification.
    fn apply(&mut self, op: &Self::Op) -> Self::Reply;

    /// Operations on different keys are independent, and are checked apart.
    fn key(_op: &Self::Op) -> u64 {
        0
    }

    /// Whether the operation leaves every state as it is.
    fn is_read(_op: &Self::Op) -> bool {
        false
    }

    /// Whether the operation asks that these nodes, and no others, be the members of the cluster from then on.
    /// Its place in the sequence of operations is where they are.
    #[inline]
    fn members(_op: &Self::Op) -> Option<NodeSet> {
        None
    }

    /// What a node answers at once when it is asked what it believes itself: here, whom it takes for the leader, and
    /// of which epoch. None for an operation that asks for something else.
    #[inline]
    fn belief(_op: &Self::Op, _leader: Option<(NodeId, u64)>) -> Option<Self::Reply> {
        None
    }

    /// Whether the reply says that the operation certainly had no effect and never will: a transaction that was
    /// aborted, a question to which nobody knows the answer. It then ends as [`Ending::Fail`], and its client was not
    /// served.
    fn is_failure(_reply: &Self::Reply) -> bool {
        false
    }

    /// A false reply in place of a true one, for liars.
    fn falsify(reply: &Self::Reply, _rng: &mut Rng) -> Self::Reply {
        reply.clone()
    }

    /// How people write the operation: `put x 1`.
    fn show_op(op: &Self::Op) -> String {
        format!("{op:?}")
    }

    /// How people write the reply.
    fn show_reply(reply: &Self::Reply) -> String {
        format!("{reply:?}")
    }

    /// Reads what [`show_op`](Service::show_op) writes, for scripts.
    fn read_op(_text: &str) -> Option<Self::Op> {
        None
    }
}

/// A request's name: whose it is, and which of that client's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct RequestId {
    /// Who asks.
    pub client: NodeId,
    /// The client's requests count from 1.
    pub number: u32,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.client, self.number)
    }
}

/// A request as it crosses the network: the operation, its name, and what a session needs to forget by
/// (Ongaro, "Consensus: Bridging Theory and Practice", section 6.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Request<S: Service> {
    /// The request's name. A retry bears the same.
    pub id: RequestId,
    /// The client has its answer to every request numbered below this and will never send those again.
    pub oldest: u32,
    /// What is asked.
    pub op: S::Op,
}

/// What a node answers to a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Answer<R> {
    /// It is done, and this came of it.
    Done(R),
    /// This node has not done it and will not; perhaps another will, and this may be the one to ask.
    Refused(Option<NodeId>),
    /// Nobody can say any more whether it was done: the session that would know has expired.
    Expired,
}

/// How an operation ended, as Jepsen records it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Ending<R> {
    /// It took effect, and this was the reply.
    Ok(R),
    /// It certainly had no effect, and never will.
    Fail,
    /// It may have taken effect, or may yet.
    Unknown,
}

/// When an answer may be believed: what a protocol asks of its clients.
///
/// One reply of one node is enough where nodes are honest. Where up to `f` of them may lie, a client waits for as
/// many equal replies as only honest nodes could have given (Castro and Liskov, "Practical Byzantine Fault
/// Tolerance", OSDI 1999, section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Matching {
    /// How many different nodes must have answered alike; at least 1. With 2 and more, a client takes the first
    /// node for the leader, asks every node once a timeout has passed, and counts what it is told of the leader
    /// as it counts replies.
    pub replies: u32,
    /// Whether reads go to every node at once.
    pub reads_to_all: bool,
}

impl Default for Matching {
    fn default() -> Self {
        Matching { replies: 1, reads_to_all: false }
    }
}

/// What a scenario says of its clients, and the protocol; the same for each of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientSettings<L> {
    /// The pause between an answer and the next request (closed loop).
    pub think: SpanRange,
    /// When set, requests start this far apart whatever the answers (open loop).
    pub interval: Option<Span>,
    /// How long to wait for an answer before the request is sent again, to another node.
    pub timeout: Span,
    /// How long after its invocation an operation is given up as unknown.
    pub patience: Span,
    /// What is invoked from then on is not given up: faults have healed, and requests that are retried are promised to
    /// be done.
    pub persists_from: Time,
    /// How many operations each client invokes at most; 0 means no limit.
    pub operations: u32,
    /// No operation is invoked later than this.
    pub until: Time,
    /// When an answer may be believed.
    pub matching: Matching,
    /// What is asked for: the service's own options.
    pub load: L,
    /// When set, clients ask for these operations and draw none of their own.
    #[serde(default)]
    pub written: Option<Vec<Written>>,
}

impl<L: Clone> ClientSettings<L> {
    /// The same without what is written out, which a client keeps in its own way.
    pub fn alone(&self) -> Self {
        ClientSettings { load: self.load.clone(), written: None, ..*self }
    }
}

/// An operation that is written out instead of drawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Written {
    /// When it is invoked; in a closed loop, when the client is free if that is later.
    pub at: Time,
    /// The client that asks for it.
    pub client: u32,
    /// What is asked, as [`Service::show_op`] writes it.
    pub op: String,
    /// Where the client's generator stands then ([`Rng::stands`]), so that it draws as it did: whom it asks, and how
    /// long it pauses. Left out, the operation draws from a generator that its time names.
    pub draws: Option<u64>,
}

/// A client: a process of its own, with its own address and timers.
pub trait Client: Data {
    /// What it asks.
    type Service: Service<Client = Self>;
    /// What a scenario may tune of what is asked for.
    type Load: Config;

    /// The loads that a scenario may name, each with its options' first values.
    fn loads() -> Vec<(&'static str, Self::Load)>;

    /// Whether this load asks for changes of the members.
    fn changes_members(_load: &Self::Load) -> bool {
        false
    }

    /// The client with this index, of so many.
    fn new(settings: &ClientSettings<Self::Load>, index: u32, count: u32) -> Self;

    /// The run begins.
    fn start(&mut self, ctx: &mut ClientContext<Self::Service>);

    /// A node has answered.
    fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<<Self::Service as Service>::Reply>,
        ctx: &mut ClientContext<Self::Service>,
    );

    /// A timer that was set has run out.
    fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<Self::Service>);
}

/// What a client asks of the world, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ClientEffect<S: Service> {
    /// An operation begins: the history has it from here on.
    Invoke {
        /// The request that carries it.
        id: RequestId,
        /// What is asked.
        op: S::Op,
    },
    /// A request leaves for a node; the first time or again.
    Ask {
        /// Whom.
        to: NodeId,
        /// What.
        request: Request<S>,
    },
    /// An operation ends.
    Return {
        /// The request that carried it.
        id: RequestId,
        /// How.
        ending: Ending<S::Reply>,
    },
    /// A timer is set, or set anew.
    SetTimer {
        /// Its name.
        timer: u32,
        /// How long from now.
        after: Span,
    },
    /// A timer is taken back.
    CancelTimer {
        /// Its name.
        timer: u32,
    },
    /// Something that observers should know: a lock held, money paid.
    Claim(Fact),
}

/// What a client sees of the world, and how it asks things of it.
#[derive(Clone, Debug)]
pub struct ClientContext<S: Service> {
    pub(crate) id: NodeId,
    pub(crate) nodes: u32,
    pub(crate) now: Time,
    pub(crate) rng: Rng,
    pub(crate) effects: Vec<ClientEffect<S>>,
    /// What was invoked, when it is to be written out.
    pub(crate) invoked: Option<Vec<Written>>,
}

impl<S: Service> ClientContext<S> {
    /// What the client with this address sees at this instant: for driving one by hand.
    pub fn new(id: NodeId, nodes: u32, now: Time, rng: Rng) -> Self {
        ClientContext { id, nodes, now, rng, effects: Vec::new(), invoked: None }
    }
    /// Takes what was asked of the world so far.
    pub fn take(&mut self) -> Vec<ClientEffect<S>> {
        std::mem::take(&mut self.effects)
    }
    /// The client's own address.
    pub fn id(&self) -> NodeId {
        self.id
    }
    /// How many nodes the cluster has.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }
    /// The client's clock.
    pub fn now(&self) -> Time {
        self.now
    }
    /// The client's own randomness.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }
    /// An operation begins.
    pub fn invoke(&mut self, id: RequestId, op: S::Op) {
        if let Some(invoked) = &mut self.invoked {
            let (client, draws) = (self.id.index() as u32, Some(self.rng.stands()));
            invoked.push(Written { at: self.now, client, op: S::show_op(&op), draws });
        }
        self.effects.push(ClientEffect::Invoke { id, op });
    }
    /// Sends a request to a node.
    pub fn ask(&mut self, to: NodeId, request: Request<S>) {
        self.effects.push(ClientEffect::Ask { to, request });
    }
    /// An operation ends.
    pub fn ret(&mut self, id: RequestId, ending: Ending<S::Reply>) {
        self.effects.push(ClientEffect::Return { id, ending });
    }
    /// Sets a timer, or sets it anew. The world keeps every name that was ever used: use them again.
    pub fn set_timer(&mut self, timer: u32, after: Span) {
        self.effects.push(ClientEffect::SetTimer { timer, after });
    }
    /// Takes a timer back.
    pub fn cancel_timer(&mut self, timer: u32) {
        self.effects.push(ClientEffect::CancelTimer { timer });
    }
    /// Tells observers something.
    pub fn claim(&mut self, fact: Fact) {
        self.effects.push(ClientEffect::Claim(fact));
    }
}
