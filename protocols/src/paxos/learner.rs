//! The learner: counts votes, keeps what is decided, and knows who waits for it.

use super::{Key, Value};
use checkers::model::decisions::{DecisionOp, Decisions};
use serde::Serialize;
use sim_core::{Fact, NodeId, NodeSet, Request, RequestId};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many ballots a node runs at once to find out what became of votes.
const AT_ONCE: usize = 8;

/// What a node knows of decisions. `R` numbers proposals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Learner<R> {
    decided: BTreeMap<Key, Value>,
    /// Keys below the highest decided one that are not decided here.
    missing: BTreeSet<Key>,
    /// The last of them that was asked for.
    asked: Key,
    tallies: BTreeMap<Key, SmallVec<[Tally<R>; 1]>>,
    askers: BTreeMap<Key, SmallVec<[Asker; 1]>>,
    /// Keys that this node has voted for, and does not know the decision of.
    open: BTreeSet<Key>,
    /// Those that were so the last time it looked.
    overdue: BTreeSet<Key>,
}

/// Who has voted for a value in one ballot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Tally<R> {
    /// In which ballot.
    pub ballot: R,
    /// For which value.
    pub value: Value,
    /// Who.
    pub voters: NodeSet,
}

/// A client that waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Asker {
    id: RequestId,
    is_read: bool,
    /// Whether a ballot was begun since it asked, so that whatever was chosen before it asked would
    /// be reported there.
    is_covered: bool,
}

impl<R> Default for Learner<R> {
    fn default() -> Self {
        Learner {
            decided: BTreeMap::new(),
            missing: BTreeSet::new(),
            asked: 0,
            tallies: BTreeMap::new(),
            askers: BTreeMap::new(),
            open: BTreeSet::new(),
            overdue: BTreeSet::new(),
        }
    }
}

impl<R: Copy + Ord> Learner<R> {
    /// What is decided, as far as the node knows.
    pub fn decided(&self, key: Key) -> Option<Value> {
        self.decided.get(&key).copied()
    }

    /// Every decision that the node knows of.
    pub fn decisions(&self) -> &BTreeMap<Key, Value> {
        &self.decided
    }

    /// The highest key that is decided here; 0 for none.
    pub fn highest(&self) -> Key {
        self.decided.last_key_value().map_or(0, |(key, _)| *key)
    }

    /// Keeps a decision; false when it was known.
    pub fn decide(&mut self, key: Key, value: Value) -> bool {
        if self.decided.contains_key(&key) {
            return false;
        }
        self.missing.extend(self.highest() + 1..key);
        self.missing.remove(&key);
        self.decided.insert(key, value);
        self.tallies.remove(&key);
        self.open.remove(&key);
        true
    }

    /// Every decision, for observers, when a journal has been read.
    pub fn recovered(&self) -> impl Iterator<Item = Fact> {
        let decided = self.decided.iter().map(|(key, value)| (u64::from(*key), *value));
        decided.map(|(slot, value)| Fact::Decides { slot, epoch: 0, value, state: 0 })
    }

    /// This node has voted.
    pub fn note_vote(&mut self, key: Key) {
        if !self.decided.contains_key(&key) {
            self.open.insert(key);
        }
    }

    /// Some of the keys that this node has voted for, and was waiting for the decision of when it last
    /// looked too: "if a learner needs to know whether a value has been chosen, it can have a proposer
    /// issue a proposal" ("Paxos Made Simple", section 2.3).
    pub fn overdue(&mut self, is_pursued: impl Fn(&Key) -> bool) -> Vec<Key> {
        let both = self.open.intersection(&self.overdue);
        let overdue = both.filter(|key| !is_pursued(key)).take(AT_ONCE).copied().collect();
        self.overdue.clone_from(&self.open);
        overdue
    }

    /// So many of the keys that are missing, each time others: some may never be decided.
    pub fn missing(&mut self, most: usize) -> Arc<[Key]> {
        if self.missing.len() <= most {
            return self.missing.iter().copied().collect();
        }
        let after = self.missing.range(self.asked.saturating_add(1)..);
        let around = self.missing.range(..=self.asked);
        let keys: Arc<[Key]> = after.chain(around).take(most).copied().collect();
        self.asked = keys.last().copied().unwrap_or(0);
        keys
    }

    /// At most so many decisions that somebody lacks.
    pub fn those(&self, beyond: Key, missing: &[Key], most: usize) -> Arc<[(Key, Value)]> {
        let gaps = missing.iter().filter_map(|key| Some((*key, self.decided(*key)?)));
        let later = self.decided.range(beyond.saturating_add(1)..);
        gaps.chain(later.map(|(key, value)| (*key, *value))).take(most).collect()
    }

    /// Counts a vote, and says who has voted so by now.
    pub fn count(&mut self, key: Key, ballot: R, value: Value, voter: NodeId) -> &NodeSet {
        let tallies = self.tallies.entry(key).or_default();
        let is_it = |tally: &Tally<R>| (tally.ballot, tally.value) == (ballot, value);
        let place = tallies.iter().position(is_it).unwrap_or_else(|| {
            tallies.push(Tally { ballot, value, voters: NodeSet::default() });
            tallies.len() - 1
        });
        tallies[place].voters.insert(voter);
        &tallies[place].voters
    }

    /// The votes for a decision that is not known, as far as they are.
    pub fn tallies(&self, key: Key) -> &[Tally<R>] {
        self.tallies.get(&key).map_or(&[], SmallVec::as_slice)
    }

    /// A client waits for a decision. It may ask again.
    pub fn wait(&mut self, request: &Request<Decisions>) {
        let askers = self.askers.entry(request.op.key()).or_default();
        if askers.iter().all(|asker| asker.id != request.id) {
            let is_read = matches!(request.op, DecisionOp::Read { .. });
            askers.push(Asker { id: request.id, is_read, is_covered: false });
        }
    }

    /// Whether anybody waits for a decision.
    pub fn is_awaited(&self, key: Key) -> bool {
        self.askers.contains_key(&key)
    }

    /// A ballot is begun.
    pub fn cover(&mut self, key: Key) {
        for asker in self.askers.get_mut(&key).into_iter().flatten() {
            asker.is_covered = true;
        }
    }

    /// A ballot found nothing: takes out the readers that can be told so.
    pub fn take_covered_readers(&mut self, key: Key) -> Vec<RequestId> {
        let Some(askers) = self.askers.get_mut(&key) else { return Vec::new() };
        let is_told = |asker: &Asker| asker.is_read && asker.is_covered;
        let told = askers.iter().filter(|asker| is_told(asker)).map(|asker| asker.id).collect();
        askers.retain(|asker| !is_told(asker));
        if askers.is_empty() {
            self.askers.remove(&key);
        }
        told
    }

    /// A decision is known: takes out everybody who waits for it.
    pub fn take_askers(&mut self, key: Key) -> impl Iterator<Item = RequestId> {
        self.askers.remove(&key).into_iter().flatten().map(|asker| asker.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learner_knows_what_it_lacks() {
        let mut learner = Learner::<u64>::default();
        assert!(learner.decide(2, 20) && learner.decide(5, 50) && !learner.decide(5, 50));
        assert_eq!(*learner.missing(9), [1, 3, 4]);
        assert_eq!(*learner.missing(2), [1, 3]);
        assert_eq!(*learner.missing(2), [4, 1]);
        assert_eq!(*learner.missing(2), [3, 4], "none is passed over for ever");
        let mut other = Learner::<u64>::default();
        (1..=7).for_each(|key| assert!(other.decide(key, u64::from(key) * 10)));
        let told = other.those(5, &[1, 3, 4], 4);
        assert_eq!(*told, [(1, 10), (3, 30), (4, 40), (6, 60)]);
        assert_eq!(*learner.those(5, &[1], 4), []);
    }

    #[test]
    fn votes_are_counted_for_each_ballot_and_value_apart() {
        let mut learner = Learner::<u64>::default();
        assert_eq!(learner.count(1, 1, 7, NodeId(0)).len(), 1);
        assert_eq!(learner.count(1, 1, 7, NodeId(0)).len(), 1);
        assert_eq!(learner.count(1, 2, 7, NodeId(1)).len(), 1);
        assert_eq!(learner.count(1, 1, 8, NodeId(2)).len(), 1);
        assert_eq!(learner.count(1, 1, 7, NodeId(1)).len(), 2);
    }
}
