//! The lock table: strict two-phase locking (Bernstein, Hadzilacos and Goodman, 1987, chapter 3). A transaction asks
//! for all that it needs at a site at once, and gives all back at once.

use super::config::Deadlock;
use super::message::Tx;
use checkers::model::bank::{Item, Step};
use serde::Serialize;
use std::collections::BTreeMap;

/// How an item is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Mode {
    /// For reading: with others that read.
    Shared,
    /// For writing: alone.
    Exclusive,
}

/// What a transaction locks.
pub type Wants = BTreeMap<Item, Mode>;

/// What these steps have to lock.
pub fn wants(steps: &[Step]) -> Wants {
    let mut wants = Wants::new();
    for step in steps {
        let mode = if step.writes() { Mode::Exclusive } else { Mode::Shared };
        let known = wants.entry(step.item()).or_insert(mode);
        *known = mode.max(*known);
    }
    wants
}

/// What is to become of a transaction that asks for locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has them.
    Granted,
    /// It waits.
    Waits,
    /// It is aborted.
    Dies,
    /// These are aborted first.
    Wounds(Vec<Tx>),
}

/// Who has which locks, and who waits for some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Locks {
    held: BTreeMap<Tx, Wants>,
    waiting: BTreeMap<Tx, Wants>,
}

fn conflict(one: &Wants, other: &Wants) -> bool {
    let both = |(item, mode): (&Item, &Mode)| {
        let other = other.get(item);
        other.is_some_and(|other| *mode == Mode::Exclusive || *other == Mode::Exclusive)
    };
    one.iter().any(both)
}

impl Locks {
    /// A transaction asks for locks. It waits until [`judge`](Locks::judge) says otherwise.
    pub fn ask(&mut self, tx: Tx, wants: Wants) {
        self.waiting.insert(tx, wants);
    }

    /// It has them without asking: after a recovery.
    pub fn seize(&mut self, tx: Tx, wants: Wants) {
        self.held.insert(tx, wants);
    }

    /// It gives back what it has, and waits for nothing any more.
    pub fn release(&mut self, tx: Tx) {
        self.held.remove(&tx);
        self.waiting.remove(&tx);
    }

    /// Who waits, from the oldest.
    pub fn waiting(&self) -> Vec<Tx> {
        self.waiting.keys().copied().collect()
    }

    /// What a transaction has locked.
    pub fn held(&self, tx: Tx) -> Option<&Wants> {
        self.held.get(&tx)
    }

    /// What is to become of one that waits; if its locks are free, it has them.
    ///
    /// It waits for those who have them and, so that nobody waits for ever, for older ones that wait for them.
    /// Under wait-die all waiting is for younger ones; under wound-wait, for older ones and for those that are in
    /// doubt, who wait for no lock. Neither can go round in a circle.
    pub fn judge(&mut self, tx: Tx, rule: Deadlock, in_doubt: impl Fn(Tx) -> bool) -> Verdict {
        let Some(wants) = self.waiting.get(&tx) else { return Verdict::Granted };
        let holders = self.held.iter().filter(|(_, held)| conflict(held, wants));
        let holders: Vec<Tx> = holders.map(|(holder, _)| *holder).collect();
        let older = self.waiting.range(..tx).any(|(_, other)| conflict(other, wants));
        if holders.is_empty() && !older {
            let wants = self.waiting.remove(&tx).unwrap_or_default();
            self.held.insert(tx, wants);
            return Verdict::Granted;
        }
        match rule {
            Deadlock::WaitDie if older || holders.iter().any(|holder| *holder < tx) => {
                Verdict::Dies
            }
            Deadlock::WoundWait => {
                let younger = holders.into_iter().filter(|holder| *holder > tx);
                let wounded: Vec<Tx> = younger.filter(|holder| !in_doubt(*holder)).collect();
                if wounded.is_empty() { Verdict::Waits } else { Verdict::Wounds(wounded) }
            }
            Deadlock::WaitDie | Deadlock::TimeOut => Verdict::Waits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tx(number: u64) -> Tx {
        Tx(number)
    }

    fn locks(held: &[(u64, &[Step])], waiting: &[(u64, &[Step])]) -> Locks {
        let mut locks = Locks::default();
        held.iter().for_each(|(number, steps)| locks.seize(tx(*number), wants(steps)));
        waiting.iter().for_each(|(number, steps)| locks.ask(tx(*number), wants(steps)));
        locks
    }

    const READ: &[Step] = &[Step::Read { key: 1 }];
    const WRITE: &[Step] = &[Step::Append { key: 1, value: 1 }];
    const OTHER: &[Step] = &[Step::Append { key: 2, value: 1 }];

    #[test]
    fn readers_share_and_writers_are_alone() {
        let judge = |held: &[(u64, &[Step])], asks| {
            locks(held, &[(9, asks)]).judge(tx(9), Deadlock::TimeOut, |_| false)
        };
        assert_eq!(judge(&[(1, READ), (2, READ)], READ), Verdict::Granted);
        assert_eq!(judge(&[(1, READ)], WRITE), Verdict::Waits);
        assert_eq!(judge(&[(1, WRITE)], READ), Verdict::Waits);
        assert_eq!(judge(&[(1, OTHER)], WRITE), Verdict::Granted);
        let both = [READ, WRITE].concat();
        assert_eq!(wants(&both)[&Item::List(1)], Mode::Exclusive, "the stronger of the two");
    }

    #[test]
    fn under_wait_die_the_older_waits_and_the_younger_dies() {
        let mut table = locks(&[(5, WRITE)], &[(3, WRITE), (7, WRITE)]);
        let mut judge = |number| table.judge(tx(number), Deadlock::WaitDie, |_| false);
        assert_eq!(judge(3), Verdict::Waits);
        assert_eq!(judge(7), Verdict::Dies);
        let mut table = locks(&[(5, READ)], &[(3, WRITE), (4, READ)]);
        let judged = table.judge(tx(4), Deadlock::WaitDie, |_| false);
        assert_eq!(judged, Verdict::Dies, "it would overtake an older one that waits");
    }

    #[test]
    fn under_wound_wait_the_younger_goes_unless_it_is_in_doubt() {
        let judge = |asks, in_doubt: bool| {
            let mut table = locks(&[(5, WRITE)], &[(asks, WRITE)]);
            table.judge(tx(asks), Deadlock::WoundWait, |_| in_doubt)
        };
        assert_eq!(judge(3, false), Verdict::Wounds(vec![tx(5)]));
        assert_eq!(judge(3, true), Verdict::Waits);
        assert_eq!(judge(7, false), Verdict::Waits);
    }

    #[test]
    fn what_is_given_back_goes_to_the_oldest() {
        let mut table = locks(&[(5, WRITE)], &[(7, WRITE), (9, WRITE)]);
        table.release(tx(5));
        assert_eq!(table.judge(tx(9), Deadlock::TimeOut, |_| false), Verdict::Waits);
        assert_eq!(table.judge(tx(7), Deadlock::TimeOut, |_| false), Verdict::Granted);
        assert_eq!(table.waiting(), [tx(9)]);
    }
}
