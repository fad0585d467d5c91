//! Liveness: whether a cluster that could recover did, within a bound of virtual time.
//!
//! Safety says that nothing bad happens, which a cluster that does nothing also satisfies. So every run ends
//! with all faults healed, and a bound in which clients must be served again and every node must have caught up
//! with what had been decided. The bound is the protocol's own; it is derived and printed.

use sim_core::{Cause, Fact, Machine, NodeId, NodeSet, Nodes, Observer, Process, Step, Time};

/// Follows how far each node has decided, and what it has to reach.
#[derive(Clone, Debug)]
pub struct CatchUp {
    healed: Time,
    /// The highest slot that any node had decided when everything healed.
    goal: u64,
    decided: Vec<u64>,
}

impl CatchUp {
    /// For a run in which everything heals at `healed`.
    pub fn new(healed: Time) -> Self {
        CatchUp { healed, goal: 0, decided: Vec::new() }
    }

    /// When everything heals.
    pub fn healed(&self) -> Time {
        self.healed
    }

    /// Whether every live member has decided all that was decided anywhere before the healing. Where no members are
    /// named, every node is one.
    pub fn is_caught_up<P: Process>(&self, nodes: &Nodes<P>, members: Option<NodeSet>) -> bool {
        self.lagging(nodes, members).is_none()
    }

    /// A live member that has not, with how far it has got and how far it should.
    pub fn lagging<P: Process>(
        &self,
        nodes: &Nodes<P>,
        members: Option<NodeSet>,
    ) -> Option<(NodeId, u64, u64)> {
        let reached = |machine: Machine| self.decided.get(machine as usize).copied().unwrap_or(0);
        let is_member = |machine: Machine| {
            members.is_none_or(|members| members.contains(nodes.identity(machine)))
        };
        let live = nodes.live().map(|(machine, _)| machine).filter(|machine| is_member(*machine));
        let behind = live.map(|machine| (machine, reached(machine)));
        let (machine, slot) = behind.min_by_key(|(_, slot)| *slot)?;
        (slot < self.goal).then(|| (nodes.identity(machine), slot, self.goal))
    }

    fn reach(&mut self, machine: Machine, slot: u64, at: Time) {
        let place = machine as usize;
        if self.decided.len() <= place {
            self.decided.resize(place + 1, 0);
        }
        self.decided[place] = self.decided[place].max(slot);
        if at <= self.healed {
            self.goal = self.goal.max(slot);
        }
    }
}

impl<P: Process> Observer<P> for CatchUp {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        if nodes.is_liar(step.machine) {
            return;
        }
        if let Cause::Boot = step.cause
            && let Some(decided) = self.decided.get_mut(step.machine as usize)
        {
            *decided = 0;
        }
        for fact in step.facts() {
            if let Fact::Decides { slot, .. } | Fact::Installs { slot, .. } = fact {
                self.reach(step.machine, *slot, step.at);
            }
        }
    }
}
