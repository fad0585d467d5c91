//! What must hold at every step, whatever a third of the replicas do: S1 to S9, over honest replicas, and that what
//! they go by is what the papers ask for.
//!
//! Each keeps what was once true in a memory of its own: replicas could lose a committed batch together and then agree
//! on another, and nothing that is left would show it. The memories slide along with the run.

mod agreement;
mod certificates;
mod checkpoints;
mod votes;

pub use agreement::{CommitAgreement, PreparedUniqueness, ViewChangePreservation};
pub use certificates::Certificates;
pub use checkpoints::{ExecutionOrder, StableCheckpoints, WaterMarks};
pub use votes::{OneVote, Validity};

use super::Pbft;
use checkers::safety::ExactlyOnce;
use sim_core::{Machine, Nodes, Service};
use std::collections::BTreeMap;

/// Every safety property of PBFT but linearizability, which is judged from the clients' history.
pub type Invariants = (
    CommitAgreement,
    PreparedUniqueness,
    ViewChangePreservation,
    ExecutionOrder,
    StableCheckpoints,
    ExactlyOnce,
    Validity,
    WaterMarks,
    OneVote,
    Certificates,
);

/// How many entries a memory has. What differs further behind the newest goes unseen.
const REMEMBERED: usize = 4_096;

/// What was first said of something.
#[derive(Clone, Debug)]
struct Ghost<K, V>(BTreeMap<K, V>);

impl<K, V> Default for Ghost<K, V> {
    fn default() -> Self {
        Ghost(BTreeMap::new())
    }
}

impl<K: Ord + Copy, V: Copy> Ghost<K, V> {
    /// What was said first, this if nothing was.
    fn first(&mut self, key: K, said: V) -> V {
        let first = *self.0.entry(key).or_insert(said);
        if self.0.len() > REMEMBERED {
            self.0.pop_first();
        }
        first
    }
    fn get(&self, key: K) -> Option<V> {
        self.0.get(&key).copied()
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
    fn of<S: Service>(&mut self, nodes: &Nodes<Pbft<S>>, machine: Machine) -> &mut T {
        if self.0.len() < nodes.len() {
            self.0.resize(nodes.len(), T::default());
        }
        &mut self.0[machine as usize]
    }
}
