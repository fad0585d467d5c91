//! What a site is in doubt about stays locked until it knows, whatever crashes: nobody else reads it or writes it.

use super::super::TwoPhaseCommit;
use super::super::message::{Record, Tx, Write};
use super::super::participant::locked_by;
use checkers::model::bank::Item;
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, Machine, Nodes, Step, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// What each machine is in doubt about, as it has promised: crashes change nothing about that.
#[derive(Clone, Debug, Default)]
pub struct InDoubtLocks {
    doubts: BTreeMap<(Machine, Tx), BTreeSet<Item>>,
}

impl InDoubtLocks {
    /// A transaction gets locks at a machine.
    fn acquire<'i>(
        &self,
        machine: Machine,
        tx: Tx,
        mut items: impl Iterator<Item = &'i Item>,
    ) -> Result<(), String> {
        let taken = |item: &Item| {
            let here = (machine, Tx::default())..=(machine, Tx(u64::MAX));
            let mut doubts = self.doubts.range(here).filter(|((_, other), _)| *other != tx);
            doubts.find(|(_, items)| items.contains(item)).map(|((_, other), _)| *other)
        };
        let found = items.find_map(|item| taken(item).map(|other| (*item, other)));
        found.map_or(Ok(()), |(item, other)| {
            Err(format!("{tx:?} is given {item}, about which {other:?} is in doubt"))
        })
    }
}

/// What a machine has promised, by its log.
fn promised<'l>(log: impl DoubleEndedIterator<Item = &'l Record>, tx: Tx) -> Option<&'l [Write]> {
    log.rev().find_map(|record| match record {
        Record::Prepared { tx: other, writes, .. } if *other == tx => Some(writes.as_slice()),
        Record::Participant(checkpoint) => {
            let mut doubts = checkpoint.in_doubt.iter();
            doubts.find(|(other, ..)| *other == tx).map(|(_, _, writes)| writes.as_slice())
        }
        _ => None,
    })
}

impl Invariant<TwoPhaseCommit> for InDoubtLocks {
    const PROPERTIES: &'static [&'static str] = &["in-doubt-locks"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(
        &mut self,
        nodes: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        let machine = step.machine;
        let Some(TwoPhaseCommit::Participant(node)) = nodes.process(machine) else { return Ok(()) };
        for fact in step.facts() {
            match *fact {
                Fact::Votes { transaction, yes: true } => {
                    let tx = Tx(transaction);
                    let log = nodes.durable(machine);
                    let items = promised(log, tx).map(|writes| locked_by(writes).into_keys());
                    let items = items.into_iter().flatten().collect();
                    self.doubts.entry((machine, tx)).or_insert(items);
                }
                Fact::Concludes { transaction, .. } => {
                    self.doubts.remove(&(machine, Tx(transaction)));
                }
                Fact::Acquires { transaction } => {
                    let tx = Tx(transaction);
                    let items = node.locked(tx).into_iter().flatten().map(|(item, _)| item);
                    let given = self.acquire(machine, tx, items);
                    given.map_err(|why| Violation {
                        property: "in-doubt-locks",
                        why: format!("{}: {why}", step.node),
                    })?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_is_in_doubt_about_is_not_given_away() {
        let mut checker = InDoubtLocks::default();
        let (one, two) = (Item::Account(1), Item::List(1));
        checker.doubts.insert((1, Tx(7)), BTreeSet::from([one]));
        assert_eq!(checker.acquire(1, Tx(7), [one].iter()), Ok(()), "its own");
        assert_eq!(checker.acquire(2, Tx(8), [one].iter()), Ok(()), "elsewhere");
        assert_eq!(checker.acquire(1, Tx(8), [two].iter()), Ok(()), "something else");
        assert!(checker.acquire(1, Tx(8), [two, one].iter()).is_err());
    }
}
