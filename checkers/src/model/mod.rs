//! Services as sequential specifications, with what helps a checker to judge their histories fast.
//!
//! | model | what it is |
//! |---|---|
//! | [`kv`] | keys with sequences of values: get, put, append and compare-and-swap; the service of most scenarios |
//! | [`register`] | one value that is read and written |
//! | [`cas_register`] | the same, with compare-and-swap |
//! | [`decisions`] | registers that are written once: what consensus decides |
//! | [`bank`] | accounts and lists that are spread over sites: transactions |
//! | [`election`] | who leads, as nodes believe: judged from facts alone |
//! | [`orders`] | a shop of four services: orders are created, charged, reserved, shipped and confirmed |
//! | [`parley`] | nothing: for protocols without clients |
//! | [`text_kv`] | keys with texts, as others record them |

pub mod bank;
pub mod cas_register;
pub mod decisions;
pub mod election;
pub mod kv;
pub mod orders;
pub mod parley;
pub mod register;
pub mod text_kv;

use crate::serializable::Micro;
use sim_core::Service;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A service whose histories can be checked. `impl Model for Mine {}` is enough; what is overridden makes the
/// checker faster and must not change its verdict.
pub trait Model: Service {
    /// How its histories are judged.
    fn judged() -> Judged<Self> {
        Judged::Linearizable
    }

    /// The operation as one on a register, when all the operations on its key are that.
    fn access(_op: &Self::Op) -> Access<Self::Reply> {
        Access::Other
    }

    /// Whether what was done leaves every state in which it is possible as it is.
    fn inert(act: Act<'_, Self>) -> bool {
        Self::is_read(act.op)
    }

    /// A map that merges states which none of these acts, in any order, could tell apart. They are all the
    /// acts of one key.
    fn quotient(_acts: &[Act<'_, Self>]) -> Option<Quotient<Self>> {
        None
    }
}

/// How a service's histories are judged.
pub enum Judged<S: Service> {
    /// Each operation takes effect at one instant between its call and its return: see
    /// [`linearizable`](crate::linearizable).
    Linearizable,
    /// The operations are transactions, of which this is what one did, given what it asked and, when it ended well,
    /// what was replied: see [`serializable`](crate::serializable). One that did nothing says nothing.
    Transactions(fn(&S::Op, Option<&S::Reply>) -> Vec<Micro>),
    /// The answers are beliefs, which no order of operations could contradict.
    Beliefs,
}

impl<S: Service> Judged<S> {
    /// The property that the verdict is on, if there is one.
    pub fn property(&self) -> Option<&'static str> {
        match self {
            Judged::Linearizable => Some("linearizable"),
            Judged::Transactions(_) => Some("serializable"),
            Judged::Beliefs => None,
        }
    }
}

/// Takes a state to the one that stands for all that cannot be told from it.
pub type Quotient<S> = Box<dyn Fn(S) -> S>;

/// What an operation does to a register, a thing that holds one value. A value is named by the reply of a
/// read that returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access<R> {
    /// It returns the value.
    Read,
    /// It sets the value, whatever it was.
    Write(R),
    /// It sets the value, or leaves it as it is.
    MayWrite(R),
    /// Something else.
    Other,
}

/// What was asked and, when that is known, what was answered.
pub struct Act<'a, S: Service> {
    /// What was asked.
    pub op: &'a S::Op,
    /// What was answered; none when nobody knows, nor whether it was done at all.
    pub reply: Option<&'a S::Reply>,
}

impl<S: Service> Clone for Act<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S: Service> Copy for Act<'_, S> {}
impl<S: Service> PartialEq for Act<'_, S> {
    fn eq(&self, other: &Self) -> bool {
        self.op == other.op && self.reply == other.reply
    }
}
impl<S: Service> Eq for Act<'_, S> {}
impl<S: Service> Hash for Act<'_, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.op.hash(state);
        self.reply.hash(state);
    }
}
impl<S: Service> fmt::Debug for Act<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&S::show_op(self.op))?;
        match self.reply {
            Some(reply) => write!(f, " = {}", S::show_reply(reply)),
            None => f.write_str(" = ?"),
        }
    }
}
