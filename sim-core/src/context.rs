//! What a process asks of the world, and the [`Context`] through which it asks.
//!
//! Effects are buffered in order and happen when the handler has returned, so that traces, sync barriers,
//! scripts and every driver see one and the same thing.

use crate::fact::{Claim, Fact};
use crate::process::{NodeId, Process, Reply};
use crate::random::Rng;
use crate::seal::{Seal, Spoiled};
use crate::service::{Answer, RequestId};
use crate::time::{Span, Time};
use serde::Serialize;
use std::hash::{Hash, Hasher};

/// To whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Target {
    /// To one node.
    One(NodeId),
    /// To every other node.
    Peers,
}

/// One thing that a process asks of the world.
///
/// `Send`, `Reply` and `Claim` leave the node: they wait behind a [`Sync`](Effect::Sync) that is not done.
/// Writes and timers are the node's own and never wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Effect<P: Process> {
    /// A message leaves.
    Send {
        /// For whom.
        to: Target,
        /// What it says.
        message: P::Message,
    },
    /// An answer leaves.
    Reply {
        /// To which request.
        id: RequestId,
        /// What it says.
        answer: Answer<Reply<P>>,
    },
    /// A timer is set, or set anew.
    SetTimer {
        /// Its name.
        timer: P::Timer,
        /// How long from now, by the node's own clock.
        after: Span,
    },
    /// A timer is taken back.
    CancelTimer {
        /// Its name.
        timer: P::Timer,
    },
    /// A record is written after the others of its file. It is safe only once a sync is done.
    Append {
        /// Which file; 0 unless processes share a node.
        file: u16,
        /// What.
        record: P::Record,
    },
    /// A file gets these records in place of those that it had, all or none.
    Rewrite {
        /// Which file; 0 unless processes share a node.
        file: u16,
        /// What it then holds.
        records: Vec<P::Record>,
    },
    /// A barrier: what leaves the node after this waits until the disk has all that was written before it.
    Sync,
    /// Something that observers should know.
    Claim(Claim),
}

/// Which kinds of effect there are among some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// None.
    pub const NONE: Kinds = Kinds(0);
    /// Messages.
    pub const SENDS: Kinds = Kinds(1);
    /// Records written.
    pub const WRITES: Kinds = Kinds(2);
    /// Syncs.
    pub const SYNCS: Kinds = Kinds(4);
    /// Claims.
    pub const CLAIMS: Kinds = Kinds(8);

    /// The kinds of these effects; replies and timers are of none.
    #[inline]
    pub fn of<P: Process>(effects: &[Effect<P>]) -> Kinds {
        effects.iter().fold(Kinds::NONE, |kinds, effect| {
            kinds.and(match effect {
                Effect::Send { .. } => Kinds::SENDS,
                Effect::Append { .. } | Effect::Rewrite { .. } => Kinds::WRITES,
                Effect::Sync => Kinds::SYNCS,
                Effect::Claim(_) => Kinds::CLAIMS,
                Effect::Reply { .. } | Effect::SetTimer { .. } | Effect::CancelTimer { .. } => {
                    Kinds::NONE
                }
            })
        })
    }
    /// These and those.
    #[inline]
    pub const fn and(self, others: Kinds) -> Kinds {
        Kinds(self.0 | others.0)
    }
    /// Whether there is any of those among these.
    #[inline]
    pub const fn any_of(self, others: Kinds) -> bool {
        self.0 & others.0 != 0
    }
}

impl Target {
    /// One word for each target: no node has the address that stands for all peers.
    #[inline]
    fn word(self) -> u64 {
        match self {
            Target::One(node) => u64::from(node.0),
            Target::Peers => u64::from(u32::MAX),
        }
    }
}

impl Hash for Target {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.word());
    }
}

/// By hand, because every effect of every run goes through it: the variant and what is small share a word.
impl<P: Process> Hash for Effect<P> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut word = |variant: u64, small: u64| state.write_u64(variant << 60 ^ small);
        match self {
            Effect::Send { to, message } => {
                word(1, to.word());
                message.hash(state);
            }
            Effect::Reply { id, answer } => {
                word(2, u64::from(id.client.0) << 32 ^ u64::from(id.number));
                answer.hash(state);
            }
            Effect::SetTimer { timer, after } => {
                word(3, after.0);
                timer.hash(state);
            }
            Effect::CancelTimer { timer } => {
                word(4, 0);
                timer.hash(state);
            }
            Effect::Append { file, record } => {
                word(5, u64::from(*file));
                record.hash(state);
            }
            Effect::Rewrite { file, records } => {
                word(6, u64::from(*file));
                records.hash(state);
            }
            Effect::Sync => word(7, 0),
            Effect::Claim(claim) => {
                word(8, 0);
                claim.hash(state);
            }
        }
    }
}

/// What a process sees of the world, and how it asks things of it.
#[derive(Clone, Debug)]
pub struct Context<P: Process> {
    pub(crate) id: NodeId,
    pub(crate) nodes: u32,
    pub(crate) now: Time,
    pub(crate) wall: Time,
    pub(crate) rng: Rng,
    pub(crate) effects: Vec<Effect<P>>,
    /// What the client has sealed whose request is being handled.
    pub(crate) request_seal: Option<Seal>,
}

impl<P: Process> Context<P> {
    /// The node's own address.
    #[inline]
    pub fn id(&self) -> NodeId {
        self.id
    }
    /// How many nodes the cluster has.
    #[inline]
    pub fn nodes(&self) -> u32 {
        self.nodes
    }
    /// Every node but this one.
    pub fn peers(&self) -> impl Iterator<Item = NodeId> + use<P> {
        let me = self.id;
        (0..self.nodes).map(NodeId).filter(move |n| *n != me)
    }
    /// The node's monotonic clock: it may run a little fast or slow, but never jumps.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }
    /// The node's wall clock: it runs at the rate of the monotonic one, with an offset, and it can jump.
    #[inline]
    pub fn wall(&self) -> Time {
        self.wall
    }
    /// The node's own randomness.
    #[inline]
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }
    /// The node's seal on something that it says.
    pub fn seal(&self, content: &impl Hash) -> Seal {
        Seal::new(self.id, content, Spoiled::default())
    }
    /// The seal that a client has put on the request that is being handled, on the whole of it. None outside
    /// [`Process::on_request`], and unless [`Process::SEALED_REQUESTS`].
    pub fn request_seal(&self) -> Option<Seal> {
        self.request_seal
    }
    /// Sends a message to a node.
    #[inline]
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to: Target::One(to), message });
    }
    /// Sends a message to every other node.
    #[inline]
    pub fn broadcast(&mut self, message: P::Message) {
        self.effects.push(Effect::Send { to: Target::Peers, message });
    }
    /// Answers a request: done, and this came of it.
    pub fn reply(&mut self, id: RequestId, reply: Reply<P>) {
        self.effects.push(Effect::Reply { id, answer: Answer::Done(reply) });
    }
    /// Answers a request: not done here; perhaps ask `hint`.
    pub fn refuse(&mut self, id: RequestId, hint: Option<NodeId>) {
        self.effects.push(Effect::Reply { id, answer: Answer::Refused(hint) });
    }
    /// Answers a request: its session is gone, and nobody can say whether it was done.
    pub fn expire(&mut self, id: RequestId) {
        self.effects.push(Effect::Reply { id, answer: Answer::Expired });
    }
    /// Sets a timer, or sets it anew.
    #[inline]
    pub fn set_timer(&mut self, timer: P::Timer, after: Span) {
        self.effects.push(Effect::SetTimer { timer, after });
    }
    /// Takes a timer back.
    #[inline]
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer { timer });
    }
    /// Writes a record after the others.
    #[inline]
    pub fn append(&mut self, record: P::Record) {
        self.effects.push(Effect::Append { file: 0, record });
    }
    /// Writes these records in place of all others.
    pub fn rewrite(&mut self, records: Vec<P::Record>) {
        self.effects.push(Effect::Rewrite { file: 0, records });
    }
    /// What is sent, replied or claimed from here on waits until the disk has what was written so far.
    #[inline]
    pub fn sync(&mut self) {
        self.effects.push(Effect::Sync);
    }
    /// Tells observers something.
    #[inline]
    pub fn claim(&mut self, fact: Fact) {
        self.effects.push(Effect::Claim(Claim { group: 0, fact }));
    }

    /// Lends this context to a process inside this one, and translates what that asks for.
    pub fn lend<Q: Process, R>(
        &mut self,
        inner: impl FnOnce(&mut Context<Q>) -> R,
        translate: impl Fn(Effect<Q>) -> Effect<P>,
    ) -> R {
        let mut lent = Context {
            id: self.id,
            nodes: self.nodes,
            now: self.now,
            wall: self.wall,
            rng: self.rng.clone(),
            effects: Vec::new(),
            request_seal: self.request_seal,
        };
        let result = inner(&mut lent);
        self.rng = lent.rng;
        self.effects.extend(lent.effects.into_iter().map(translate));
        result
    }
}
