//! Liveness: whether a cluster that could recover did, within a bound of virtual time.
//!
//! Safety says that nothing bad happens, which a cluster that does nothing also satisfies. So every run ends
//! with all faults healed, and a bound in which clients must be served again and every node must have caught up
//! with what had been decided. The bound is the protocol's own; it is derived and printed.

use sim_core::{Cause, Fact, Machine, NodeSet, Nodes, Observer, Process, Step, Time};
use std::collections::BTreeSet;

/// Follows what each node has decided, and what it has to reach.
#[derive(Clone, Debug)]
pub struct CatchUp {
    healed: Time,
    decided: Decided,
}

/// What was decided before the healing, and what of it each machine has.
#[derive(Clone, Debug)]
enum Decided {
    /// Who has decided a slot has all before it: the highest slots.
    InOrder { goal: u64, by: Vec<u64> },
    /// Each slot is a decision of its own.
    Apart { goal: BTreeSet<u64>, by: Vec<BTreeSet<u64>> },
}

impl CatchUp {
    /// For a run in which everything heals at `healed`, of a protocol whose nodes decide slot after slot, or each
    /// slot apart.
    pub fn new(healed: Time, in_order: bool) -> Self {
        let decided = match in_order {
            true => Decided::InOrder { goal: 0, by: Vec::new() },
            false => Decided::Apart { goal: BTreeSet::new(), by: Vec::new() },
        };
        CatchUp { healed, decided }
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

    /// What a live member lacks, in words, if any lacks anything.
    pub fn lagging<P: Process>(
        &self,
        nodes: &Nodes<P>,
        members: Option<NodeSet>,
    ) -> Option<String> {
        let is_member = |machine: &Machine| {
            members.is_none_or(|members| members.contains(nodes.identity(*machine)))
        };
        let mut live = nodes.live().map(|(machine, _)| machine).filter(is_member);
        match &self.decided {
            Decided::InOrder { goal, by } => {
                let reached = |machine: Machine| by.get(machine as usize).copied().unwrap_or(0);
                let behind = live.map(|machine| (machine, reached(machine)));
                let (machine, slot) = behind.min_by_key(|(_, slot)| *slot)?;
                let node = nodes.identity(machine);
                (slot < *goal)
                    .then(|| format!("{node} had decided up to slot {slot} only, of {goal},"))
            }
            Decided::Apart { goal, by } => live.find_map(|machine| {
                let lacked = match by.get(machine as usize) {
                    None => goal.first(),
                    Some(has) => goal.difference(has).next(),
                };
                let node = nodes.identity(machine);
                lacked.map(|slot| format!("{node} had not decided slot {slot}, as others had,"))
            }),
        }
    }

    fn reach(&mut self, machine: Machine, slot: u64, at: Time) {
        let (place, is_due) = (machine as usize, at <= self.healed);
        match &mut self.decided {
            Decided::InOrder { goal, by } => {
                if by.len() <= place {
                    by.resize(place + 1, 0);
                }
                by[place] = by[place].max(slot);
                if is_due {
                    *goal = (*goal).max(slot);
                }
            }
            Decided::Apart { goal, by } => {
                if by.len() <= place {
                    by.resize(place + 1, BTreeSet::new());
                }
                by[place].insert(slot);
                if is_due {
                    goal.insert(slot);
                }
            }
        }
    }

    /// It may have forgotten, and says what it has not.
    fn reboot(&mut self, machine: Machine) {
        let place = machine as usize;
        match &mut self.decided {
            Decided::InOrder { by, .. } => by.get_mut(place).into_iter().for_each(|slot| *slot = 0),
            Decided::Apart { by, .. } => by.get_mut(place).into_iter().for_each(BTreeSet::clear),
        }
    }
}

impl<P: Process> Observer<P> for CatchUp {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        if nodes.is_liar(step.machine) {
            return;
        }
        if let Cause::Boot = step.cause {
            self.reboot(step.machine);
        }
        for fact in step.facts() {
            if let Fact::Decides { slot, .. } | Fact::Installs { slot, .. } = fact {
                self.reach(step.machine, *slot, step.at);
            }
        }
    }
}
