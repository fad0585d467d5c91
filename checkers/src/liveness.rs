//! Liveness: whether a cluster that could recover did, within a bound of virtual time.
//!
//! Safety says that nothing bad happens, which a cluster that does nothing also satisfies. So every run ends
//! with all faults healed, and a bound in which clients must be served again and every node must have caught up
//! with what had been decided. The bound is the protocol's own; it is derived and printed.

use sim_core::fact::Number;
use sim_core::{Cause, Fact, Machine, NodeId, NodeSet, Nodes, Observer, Process, Step, Time};
use std::collections::{BTreeMap, BTreeSet};

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
        let mut live = live(nodes, members);
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

    /// How many slots of what was decided before the healing the live member lacks that lacks the most.
    pub fn backlog<P: Process>(&self, nodes: &Nodes<P>, members: Option<NodeSet>) -> u64 {
        live(nodes, members).map(|machine| self.lacks(machine)).max().unwrap_or(0)
    }

    fn lacks(&self, machine: Machine) -> u64 {
        match &self.decided {
            Decided::InOrder { goal, by } => {
                goal.saturating_sub(by.get(machine as usize).copied().unwrap_or(0))
            }
            Decided::Apart { goal, by } => {
                let has = by.get(machine as usize);
                goal.iter().filter(|slot| has.is_none_or(|has| !has.contains(slot))).count() as u64
            }
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

/// The machines that are up, of these members where some are named.
fn live<P: Process>(
    nodes: &Nodes<P>,
    members: Option<NodeSet>,
) -> impl Iterator<Item = Machine> + '_ {
    let live = nodes.live().map(|(machine, _)| machine);
    live.filter(move |machine| {
        members.is_none_or(|members| members.contains(nodes.identity(*machine)))
    })
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

/// Follows which transactions are under way where: all that had begun before the healing have to end.
///
/// A node has charge of a transaction from [`Fact::Begins`] to [`Fact::Ends`], and has a part in it from its first lock
/// or promise until it concludes, votes no or ends it. What a node has forgotten in a crash is not under way there
/// any more, unless it claims it anew.
#[derive(Clone, Debug)]
pub struct AllEnd {
    healed: Time,
    /// Since when, and whether it was told again since the node's last boot.
    open: BTreeMap<(NodeId, u64, Share), (Time, bool)>,
}

/// What a node has to do with a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Share {
    Charge,
    Part,
}

impl AllEnd {
    /// For a run in which everything heals at `healed`.
    pub fn new(healed: Time) -> Self {
        AllEnd { healed, open: BTreeMap::new() }
    }

    /// What should have ended and has not, in words.
    pub fn open(&self) -> Option<String> {
        let is_due = |(_, (since, told)): &(_, &(Time, bool))| *told && *since <= self.healed;
        let ((node, transaction, share), (since, _)) = self.open.iter().find(is_due)?;
        let number = Number(*transaction);
        let has = match share {
            Share::Charge => "has charge of",
            Share::Part => "has a part in",
        };
        Some(format!("{node} {has} transaction {number} since {since}, which had not ended"))
    }

    fn note(&mut self, node: NodeId, at: Time, fact: &Fact) {
        let (transaction, share, is_open) = match *fact {
            Fact::Begins { transaction } => (transaction, Share::Charge, true),
            Fact::Ends { transaction } => {
                self.open.remove(&(node, transaction, Share::Charge));
                (transaction, Share::Part, false)
            }
            Fact::Waits { transaction }
            | Fact::Acquires { transaction }
            | Fact::Votes { transaction, yes: true } => (transaction, Share::Part, true),
            Fact::Votes { transaction, yes: false } | Fact::Concludes { transaction, .. } => {
                (transaction, Share::Part, false)
            }
            _ => return,
        };
        match is_open {
            true => self.open.entry((node, transaction, share)).or_insert((at, true)).1 = true,
            false => {
                self.open.remove(&(node, transaction, share));
            }
        }
    }

    fn reboot(&mut self, node: NodeId) {
        let its = (node, 0, Share::Charge)..=(node, u64::MAX, Share::Part);
        self.open.range_mut(its).for_each(|(_, (_, told))| *told = false);
    }
}

impl<P: Process> Observer<P> for AllEnd {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        if nodes.is_liar(step.machine) {
            return;
        }
        if let Cause::Boot = step.cause {
            self.reboot(step.node);
        }
        for fact in step.facts() {
            self.note(step.node, step.at, fact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_lacks_what_was_decided_before_the_healing_and_after_a_boot_all_of_it() {
        for in_order in [true, false] {
            let mut watch = CatchUp::new(Time(10), in_order);
            (1..=5).for_each(|slot| watch.reach(0, slot, Time(slot)));
            (1..=2).for_each(|slot| watch.reach(1, slot, Time(9)));
            watch.reach(0, 6, Time(11));
            assert_eq!([0, 1, 2].map(|machine| watch.lacks(machine)), [0, 3, 5]);
            watch.reboot(0);
            assert_eq!(watch.lacks(0), 5);
        }
    }

    #[test]
    fn what_began_before_the_healing_has_to_end_and_a_crash_forgets_what_is_not_told_again() {
        let mut end = AllEnd::new(Time(10));
        let (one, two) = (NodeId(0), NodeId(1));
        end.note(one, Time(1), &Fact::Begins { transaction: 1 });
        end.note(two, Time(2), &Fact::Votes { transaction: 1, yes: true });
        end.note(two, Time(11), &Fact::Acquires { transaction: 2 });
        assert_eq!(
            end.open().as_deref().map(|words| &words[..29]),
            Some("n1 has charge of transaction ")
        );
        end.reboot(one);
        end.reboot(two);
        assert_eq!(end.open(), None, "forgotten");
        end.note(two, Time(12), &Fact::Acquires { transaction: 1 });
        assert!(end.open().is_some_and(|words| words.starts_with("n2 has a part")), "as before");
        end.note(two, Time(13), &Fact::Concludes { transaction: 1, commits: false });
        assert_eq!(end.open(), None);
    }
}
