//! What is measured of transactions: how long nodes were in doubt, how long locks were waited for, and what became
//! of each.

use crate::fact::Fact;
use crate::outcome::{Outcome, Samples};
use crate::process::NodeId;
use crate::time::Time;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// A transaction's part at a node.
type Part = (NodeId, u64);

/// What is known of the transactions of a run.
#[derive(Clone, Debug, Default)]
pub struct Transactions {
    /// Whether each took effect, once anybody knows; the first word counts.
    seen: FxHashMap<u64, Option<bool>>,
    /// Since when parts are promised of which the node does not know the end. A crash leaves it in doubt.
    doubts: FxHashMap<Part, Time>,
    /// Since when parts wait for locks.
    waits: FxHashMap<Part, Time>,
    in_doubt: Vec<u64>,
    lock_wait: Vec<u64>,
    dirty_reads: u64,
    /// By node, transaction and local transaction: told again after a boot, they are no others.
    dead_letters: BTreeSet<(NodeId, u64, u64)>,
}

impl Transactions {
    /// A node claims something; of what is no transaction's business, nothing is noted.
    pub fn note(&mut self, me: NodeId, at: Time, fact: &Fact) {
        match *fact {
            Fact::Begins { transaction } => {
                self.seen.entry(transaction).or_default();
            }
            Fact::Votes { transaction, yes: true } => {
                self.doubts.entry((me, transaction)).or_insert(at);
            }
            Fact::Votes { transaction, yes: false } => self.stop_waiting((me, transaction), at),
            Fact::Concludes { transaction, commits } => {
                self.seen.entry(transaction).or_default().get_or_insert(commits);
                self.stop_waiting((me, transaction), at);
                let since = self.doubts.remove(&(me, transaction));
                self.in_doubt.extend(since.map(|since| (at - since).0));
            }
            Fact::Waits { transaction } => {
                self.waits.entry((me, transaction)).or_insert(at);
            }
            Fact::Acquires { transaction } => self.stop_waiting((me, transaction), at),
            // Whoever shows it may not know what has become of the transaction; here it is known.
            Fact::Shows { transaction } => {
                let is_open = self.seen.get(&transaction).is_none_or(Option::is_none);
                self.dirty_reads += u64::from(is_open);
            }
            Fact::DeadLetters { transaction, local } => {
                self.dead_letters.insert((me, transaction, local));
            }
            _ => {}
        }
    }

    fn stop_waiting(&mut self, part: Part, at: Time) {
        let since = self.waits.remove(&part);
        self.lock_wait.extend(since.map(|since| (at - since).0));
    }

    /// Nodes crash: nobody waits there any more.
    pub fn crash(&mut self, nodes: &[NodeId], at: Time) {
        let mut over: Vec<Part> =
            self.waits.keys().filter(|(node, _)| nodes.contains(node)).copied().collect();
        over.sort_unstable();
        over.into_iter().for_each(|part| self.stop_waiting(part, at));
    }

    /// Writes what was measured into an outcome. What has not ended counts as it stands.
    pub fn finish(mut self, end: Time, outcome: &mut Outcome) {
        let open = |parts: FxHashMap<Part, Time>| {
            let mut open: Vec<u64> = parts.into_values().map(|since| (end - since).0).collect();
            open.sort_unstable();
            open
        };
        self.in_doubt.extend(open(self.doubts));
        self.lock_wait.extend(open(self.waits));
        let ended = |how| self.seen.values().filter(|ended| **ended == Some(how)).count() as u64;
        let numbers = [
            ("transactions", self.seen.len() as u64),
            ("committed", ended(true)),
            ("aborted", ended(false)),
            ("dirty-reads", self.dirty_reads),
            ("dead-letters", self.dead_letters.len() as u64),
        ];
        outcome.counts.extend(numbers.map(|(name, n)| (name.to_owned(), n)));
        let samples = [("in-doubt", self.in_doubt), ("lock-wait", self.lock_wait)];
        outcome.samples.extend(samples.map(|(name, list)| (name.to_owned(), Samples(list))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Time {
        Time(secs * 1_000_000_000)
    }

    fn samples(outcome: &Outcome, name: &str) -> Vec<u64> {
        let list = &outcome.samples[name].0;
        list.iter().map(|nanos| nanos / 1_000_000_000).collect()
    }

    #[test]
    fn doubt_lasts_from_the_first_promise_to_the_conclusion_through_crashes() {
        let mut transactions = Transactions::default();
        let yes = Fact::Votes { transaction: 7, yes: true };
        transactions.note(NodeId(1), at(1), &yes);
        transactions.crash(&[NodeId(1)], at(2));
        transactions.note(NodeId(1), at(3), &yes);
        transactions.note(NodeId(1), at(5), &Fact::Concludes { transaction: 7, commits: true });
        transactions.note(NodeId(2), at(6), &yes);
        let mut outcome = Outcome::default();
        transactions.finish(at(9), &mut outcome);
        assert_eq!(samples(&outcome, "in-doubt"), [4, 3]);
        assert_eq!((outcome.counts["committed"], outcome.counts["aborted"]), (1, 0));
    }

    #[test]
    fn waiting_ends_with_the_locks_or_with_the_transaction_or_with_the_node() {
        let mut transactions = Transactions::default();
        for transaction in 1..=4 {
            transactions.note(NodeId(1), at(transaction), &Fact::Waits { transaction });
        }
        transactions.note(NodeId(1), at(5), &Fact::Acquires { transaction: 1 });
        transactions.note(NodeId(1), at(5), &Fact::Votes { transaction: 2, yes: false });
        transactions.note(NodeId(1), at(6), &Fact::Concludes { transaction: 3, commits: false });
        transactions.crash(&[NodeId(2)], at(7));
        transactions.crash(&[NodeId(1)], at(8));
        let mut outcome = Outcome::default();
        transactions.finish(at(9), &mut outcome);
        assert_eq!(samples(&outcome, "lock-wait"), [4, 3, 3, 4]);
        assert_eq!(outcome.counts["transactions"], 1, "the others were only heard of");
    }
}
