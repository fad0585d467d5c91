//! What a protocol author writes: a [`Process`], one participant of a protocol.

use crate::context::Context;
use crate::seal::Liar;
use crate::service::{Request, Service};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Debug};
use std::hash::Hash;

/// Plain values: what may be sent, stored, compared, shown and counted as state.
///
/// Every type that has these traits is `Data`. Keep to sorted collections and whole numbers, so that two
/// equal states always look and hash the same.
pub trait Data: Clone + Debug + Eq + Hash + Serialize + 'static {}
impl<T: Clone + Debug + Eq + Hash + Serialize + 'static> Data for T {}

/// What a scenario file may tune: typed, documented, and with a value for everything that is left out.
pub trait Config: Data + Default + DeserializeOwned + JsonSchema {}
impl<T: Data + Default + DeserializeOwned + JsonSchema> Config for T {}

/// For a process of which nothing can be tuned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// The address of a node, `n1` and up, or of a client, `c1` and up.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    const CLIENT: u32 = 1 << 31;

    /// The address of the client with this index, the first being 0.
    pub const fn client(index: u32) -> NodeId {
        NodeId(index | NodeId::CLIENT)
    }
    /// Whether this is a client's address.
    #[inline]
    pub const fn is_client(self) -> bool {
        self.0 & NodeId::CLIENT != 0
    }
    /// The place among the nodes, or among the clients, from 0.
    #[inline]
    pub const fn index(self) -> usize {
        (self.0 & !NodeId::CLIENT) as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_client() { 'c' } else { 'n' }, self.index() + 1)
    }
}
impl Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One participant of a protocol: a deterministic state machine that owns no input or output.
///
/// The world calls it, and it asks of the world through its [`Context`]. A crash ends it; what
/// [`boot`](Process::boot) then gets is what its disk kept, and nothing else.
pub trait Process: Data {
    /// What is sent between peers.
    type Message: Data;
    /// Names of timers. Setting a name again replaces the timer that bears it.
    type Timer: Data + Copy + Ord;
    /// What is written to disk.
    type Record: Data;
    /// What it does for clients.
    type Service: Service;
    /// What a scenario may tune, planted bugs included.
    type Config: Config;

    /// The kinds of message, by which they are counted, shown and waited for.
    const KINDS: &'static [&'static str] = &["message"];

    /// Whether it wants clients' requests sealed, to show them to others; see [`Context::request_seal`].
    const SEALED_REQUESTS: bool = false;

    /// Whether its members can change: whether it does what [`Service::members`] of an operation says. To others
    /// nobody may send such an operation.
    const CHANGES_MEMBERS: bool = false;

    /// Whether it stands nodes whose disks lose what was synced as it stands liars, and as many of both together. Such
    /// a node says what it would not if it remembered, and counts as a liar from then on.
    const HURT_DISKS_LIE: bool = false;

    /// Lies in the protocol's own words, which a liar in a node's place may tell: a name, and what it is. The
    /// first are the ones that [`lie`](Process::lie) is asked for when none is named.
    const LIES: &'static [(&'static str, &'static str)] = &[];

    /// Starts, or starts again after a crash, from the records that its disk has.
    fn boot(config: &Self::Config, disk: &[Self::Record], ctx: &mut Context<Self>) -> Self;

    /// A peer's message has arrived.
    fn on_message(&mut self, from: NodeId, message: &Self::Message, ctx: &mut Context<Self>);

    /// A timer that was set has run out.
    fn on_timer(&mut self, _timer: Self::Timer, _ctx: &mut Context<Self>) {}

    /// A client asks for something. The same request may come again, and through other nodes.
    fn on_request(&mut self, _request: &Request<Self::Service>, _ctx: &mut Context<Self>) {}

    /// Which of [`KINDS`](Process::KINDS) a message is.
    fn kind(_message: &Self::Message) -> usize {
        0
    }

    /// Whether a message serves to find a leader or to announce one: what an election takes is counted in these.
    #[inline]
    fn elects(_message: &Self::Message) -> bool {
        false
    }

    /// What a liar sends to a node instead of a message that an honest process would send, or beside it: the
    /// message itself for nothing new, no message to leave it out, others in its own name. Asked once for each
    /// receiver. None when this lie has nothing to do with such a message.
    fn lie(
        _lie: &str,
        _message: &Self::Message,
        _to: NodeId,
        _liar: &mut Liar<'_>,
    ) -> Option<Vec<Self::Message>> {
        None
    }

    /// What is worth seeing of its state, on one line, for scripts. Hashes have no place in it: they mean nothing
    /// beyond one run.
    fn glance(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|e| e.to_string())
    }

    /// How many bytes a message takes on the wire.
    fn size(_message: &Self::Message) -> u32 {
        64
    }
}

/// An operation of a process's service.
pub type Op<P> = <<P as Process>::Service as Service>::Op;
/// A reply of a process's service.
pub type Reply<P> = <<P as Process>::Service as Service>::Reply;
