//! P1, P2 and what follows from them, checked at every step.
//!
//! What acceptors have told anybody is remembered for the whole run: a value that a majority has
//! voted for in one ballot is chosen from then on, whether or not anybody lives to count, and
//! whether or not the acceptors still know.

mod acceptors;
mod choices;
mod execution;

pub use acceptors::PromiseIntegrity;
pub use choices::Choices;
pub use execution::{PrefixExecution, StateEquality};

pub use crate::lease::LeaseDisjointness;
use checkers::safety::ExactlyOnce;

/// Every safety property of Multi-Paxos but linearizability, which is judged from the clients'
/// history.
pub type Invariants =
    (Choices, PromiseIntegrity, PrefixExecution, StateEquality, ExactlyOnce, LeaseDisjointness);
