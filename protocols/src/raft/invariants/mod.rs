//! The properties of Fig. 3 of the paper, and some that the thesis adds, checked at every step.
//!
//! What is checked from facts alone is in [`checkers::safety`]. The rest looks into the servers,
//! and keeps what was once true in memories of its own: servers could lose a committed entry
//! together and then agree on another, and nothing that is left would show it.

mod commits;
mod elections;
mod leases;
mod logs;
mod members;
mod reads;
mod terms;

pub use commits::Commits;
pub use elections::{Candidacies, ElectionSafety};
pub use leases::Leases;
pub use logs::{LeaderAppendOnly, LogMatching};
pub use members::ConfigurationSafety;
pub use reads::ReadConfirmation;
pub use terms::{Monotonicity, PreVoteFree};

use super::Raft;
use checkers::safety::{Agreement, ExactlyOnce};
use sim_core::context::Kinds;
use sim_core::{Invariant, Nodes, Service, Step, Violation};

/// Every safety property of Raft but linearizability, which is judged from the clients' history.
pub type Invariants = (
    ElectionSafety,
    LeaderAppendOnly,
    LogMatching,
    Commits,
    StateMachineSafety,
    Monotonicity,
    ExactlyOnce,
    PreVoteFree,
    ConfigurationSafety,
    Candidacies,
    ReadConfirmation,
    Leases,
);

/// "If a server has applied a log entry at a given index to its state machine, no other server will
/// ever apply a different log entry for the same index"; and where states are told, they are the
/// same too.
#[derive(Clone, Debug, Default)]
pub struct StateMachineSafety(Agreement);

impl<S: Service> Invariant<Raft<S>> for StateMachineSafety {
    const PROPERTIES: &'static [&'static str] = &["state-machine-safety"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, _: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        self.0.see(step).map_err(|why| Violation { property: "state-machine-safety", why })
    }
}

/// What an invariant remembers of each machine.
#[derive(Clone, Debug)]
struct PerMachine<T>(Vec<T>);

impl<T> Default for PerMachine<T> {
    fn default() -> Self {
        PerMachine(Vec::new())
    }
}

impl<T: Default + Clone> PerMachine<T> {
    #[inline]
    fn of<S: Service>(&mut self, nodes: &Nodes<Raft<S>>, machine: sim_core::Machine) -> &mut T {
        if self.0.len() < nodes.len() {
            self.0.resize(nodes.len(), T::default());
        }
        &mut self.0[machine as usize]
    }
}
