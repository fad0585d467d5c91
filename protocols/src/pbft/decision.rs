//! What a new view starts from: the decision procedure (TOCS 2002, section 4.4, Fig. 3).
//!
//! The primary of the new view runs it over the VIEW-CHANGE messages that it has, and every backup
//! over those that the primary shows: it is a function of the messages alone.

use super::bugs::{Bug, Bugs};
use super::message::{Digest, Entry, Seq, StateDigest, ViewChange};
use super::quorums::Quorums;
use std::collections::{BTreeMap, BTreeSet};

/// What a new view starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// A checkpoint.
    pub start: (Seq, StateDigest),
    /// What stands where above it, without a gap.
    pub chosen: Vec<(Seq, Digest)>,
}

/// The rules, for a cluster and its log.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many are enough.
    pub quorums: Quorums,
    /// `L`.
    pub log_size: u64,
    /// The mistakes that are switched on.
    pub bugs: Bugs,
}

impl Rules {
    /// What these messages say; none when more of them are needed.
    pub fn decide(&self, changes: &[&ViewChange]) -> Option<Decision> {
        let start = self.start(changes)?;
        let end = start.0.saturating_add(self.log_size);
        let entries = changes.iter().flat_map(|change| &change.prepared);
        let said: BTreeSet<Seq> =
            entries.map(|entry| entry.seq).filter(|seq| *seq > start.0 && *seq <= end).collect();
        let mut chosen = Vec::new();
        let mut last = 0;
        for seq in start.0 + 1..=said.last().copied().unwrap_or(0) {
            let choice = self.choose(seq, changes)?;
            chosen.push((seq, choice.unwrap_or_else(Digest::null)));
            last = if choice.is_some() { chosen.len() } else { last };
        }
        // Above the last that was prepared the primary is free. A null request that was prepared is
        // not free: it may be committed.
        chosen.truncate(last);
        Some(Decision { start, chosen })
    }

    /// The highest checkpoint that at least one honest replica has, and that a quorum can go on
    /// from, because nothing above it has been discarded there.
    fn start(&self, changes: &[&ViewChange]) -> Option<(Seq, StateDigest)> {
        let mut support: BTreeMap<(Seq, StateDigest), usize> = BTreeMap::new();
        for change in changes {
            let said: BTreeSet<_> = change.checkpoints.iter().copied().collect();
            said.into_iter().for_each(|one| *support.entry(one).or_default() += 1);
        }
        let supported = support.into_iter().rev().filter(|(_, by)| *by >= self.quorums.weak);
        supported.map(|(checkpoint, _)| checkpoint).find(|(seq, _)| {
            let able = changes.iter().filter(|change| change.stable <= *seq).count();
            able >= self.bugs.change_quorum(self.quorums.quorum)
        })
    }

    /// What may have been committed at a sequence number, or that nothing can have been; none when
    /// that is not clear yet.
    fn choose(&self, seq: Seq, changes: &[&ViewChange]) -> Option<Option<Digest>> {
        let mut candidates: Vec<Entry> =
            changes.iter().filter_map(|change| prepared_at(change, seq)).copied().collect();
        candidates.sort_by_key(|entry| (std::cmp::Reverse(entry.view), entry.digest));
        if self.bugs.on(Bug::VcAnyPrepared) {
            candidates.sort_by_key(|entry| entry.digest);
        }
        let null = || self.nothing_at(seq, changes).then_some(None);
        let proven = |entry: &&Entry| {
            self.is_not_contradicted(entry, changes) && self.is_vouched_for(entry, changes)
        };
        if self.bugs.on(Bug::NvNullOverPrepared) {
            return null().or(candidates.iter().find(proven).map(|entry| Some(entry.digest)));
        }
        candidates.iter().find(proven).map(|entry| Some(entry.digest)).or_else(null)
    }

    /// A1: a quorum that still knows the sequence number has prepared nothing else there in this
    /// view or a later one.
    fn is_not_contradicted(&self, entry: &Entry, changes: &[&ViewChange]) -> bool {
        let agrees = |change: &&&ViewChange| {
            change.stable < entry.seq
                && prepared_at(change, entry.seq).is_none_or(|other| {
                    other.view < entry.view
                        || (other.view, other.digest) == (entry.view, entry.digest)
                })
        };
        self.bugs.on(Bug::VcAnyPrepared)
            || changes.iter().filter(agrees).count() >= self.bugs.change_quorum(self.quorums.quorum)
    }

    /// A2: at least one honest replica has pre-prepared it in this view or a later one, so that it
    /// is no invention.
    fn is_vouched_for(&self, entry: &Entry, changes: &[&ViewChange]) -> bool {
        let vouches = |change: &&&ViewChange| {
            change.pre_prepared.iter().any(|other| {
                other.seq == entry.seq && other.digest == entry.digest && other.view >= entry.view
            })
        };
        self.bugs.trusts_prepared() || changes.iter().filter(vouches).count() >= self.quorums.weak
    }

    /// B: a quorum that still knows the sequence number has prepared nothing there. A replica
    /// whose stable checkpoint is at or above it has forgotten, and says nothing.
    fn nothing_at(&self, seq: Seq, changes: &[&ViewChange]) -> bool {
        let empty = |change: &&&ViewChange| {
            (change.stable < seq || self.bugs.on(Bug::NvNullIgnoresH))
                && prepared_at(change, seq).is_none()
        };
        let needed = match self.bugs.on(Bug::NvNullOverPrepared) {
            true => self.quorums.weak,
            false => self.bugs.change_quorum(self.quorums.quorum),
        };
        changes.iter().filter(empty).count() >= needed
    }
}

/// The entry of P at a sequence number.
fn prepared_at(change: &ViewChange, seq: Seq) -> Option<&Entry> {
    change.prepared.iter().find(|entry| entry.seq == seq)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::{NodeId, RequestId};

    const GENESIS: (Seq, StateDigest) = (0, 7);

    fn digest(number: u32) -> Digest {
        let name = Some(RequestId { client: NodeId::client(0), number });
        Digest { name, hash: u64::from(number) }
    }

    fn entry(seq: Seq, number: u32, view: u64) -> Entry {
        Entry { seq, digest: digest(number), view }
    }

    /// A message that says of everything prepared that it was pre-prepared too.
    fn change(replica: u32, stable: Seq, prepared: &[Entry], pre: &[Entry]) -> ViewChange {
        let mut checkpoints = vec![GENESIS];
        if stable > 0 {
            checkpoints = vec![(stable, 8)];
        }
        let (prepared, mut pre_prepared) = (prepared.to_vec(), prepared.to_vec());
        pre_prepared.extend(pre);
        ViewChange {
            view: 9,
            replica: NodeId(replica),
            stable,
            checkpoints,
            prepared,
            pre_prepared,
        }
    }

    fn decide(changes: &[ViewChange], bugs: &[Bug]) -> Option<Decision> {
        let rules = Rules { quorums: Quorums::of(4), log_size: 8, bugs: Bugs::of(bugs) };
        rules.decide(&changes.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_one_has_prepared_is_chosen_when_another_vouches_for_it() {
        let one = entry(1, 1, 0);
        let said = [change(0, 0, &[one], &[]), change(1, 0, &[], &[one]), change(2, 0, &[], &[])];
        let decision = decide(&said, &[]).unwrap();
        assert_eq!((decision.start, decision.chosen), (GENESIS, vec![(1, digest(1))]));
        assert_eq!(decide(&said[..2], &[]), None, "two are no quorum");
    }

    #[test]
    fn what_nobody_vouches_for_is_no_reason_to_wait_when_three_know_nothing() {
        let fake = entry(1, 6, 5);
        let said = [change(3, 0, &[fake], &[]), change(1, 0, &[], &[]), change(2, 0, &[], &[])];
        assert_eq!(decide(&said, &[]), None, "the third who knows nothing is missing");
        let all = [&said[..], &[change(0, 0, &[], &[])]].concat();
        assert_eq!(decide(&all, &[]).unwrap().chosen, []);
        let fooled = decide(&all, &[Bug::VcPNotValidated]).unwrap();
        assert_eq!(fooled.chosen, [(1, digest(6))]);
    }

    #[test]
    fn the_latest_view_wins() {
        let (old, new) = (entry(1, 1, 0), entry(1, 2, 3));
        let said =
            [change(0, 0, &[old], &[]), change(1, 0, &[new], &[]), change(2, 0, &[], &[new])];
        assert_eq!(decide(&said, &[]).unwrap().chosen, [(1, digest(2))]);
        assert_eq!(decide(&said, &[Bug::VcAnyPrepared]).unwrap().chosen, [(1, digest(1))]);
    }

    #[test]
    fn who_has_discarded_a_number_does_not_say_that_nothing_stood_there() {
        // The first has a stable checkpoint at 4, the second has prepared 3, the fourth hides it.
        let three = entry(3, 3, 0);
        let said = [
            change(0, 4, &[], &[]),
            change(1, 0, &[three], &[]),
            change(2, 0, &[], &[]),
            change(3, 0, &[], &[]),
        ];
        assert_eq!(decide(&said, &[]), None, "nobody vouches, and two do not know");
        let wrong = decide(&said, &[Bug::NvNullIgnoresH]).unwrap();
        assert_eq!(wrong.chosen, [], "a number that was executed is given to the null request");
    }

    #[test]
    fn gaps_are_filled_with_the_null_request() {
        let two = entry(2, 2, 0);
        let said = [change(0, 0, &[two], &[]), change(1, 0, &[two], &[]), change(2, 0, &[], &[])];
        let chosen = decide(&said, &[]).unwrap().chosen;
        assert_eq!(chosen, [(1, Digest::null()), (2, digest(2))]);
    }

    #[test]
    fn a_null_request_that_was_prepared_is_not_free_again() {
        // View 1 put null at 1, because of what stood at 2. The one who had prepared 2 is away now.
        let null = Entry { seq: 1, digest: Digest::null(), view: 1 };
        let said = [change(0, 0, &[null], &[]), change(1, 0, &[null], &[]), change(2, 0, &[], &[])];
        assert_eq!(decide(&said, &[]).unwrap().chosen, [(1, Digest::null())]);
    }

    #[test]
    fn a_checkpoint_needs_one_who_is_honest_and_a_quorum_that_can_go_on() {
        let ahead = |replica| change(replica, 4, &[], &[]);
        let behind = |replica| ViewChange { stable: 0, ..ahead(replica) };
        let said = [ahead(0), behind(1), behind(2)];
        assert_eq!(decide(&said, &[]).unwrap().start, (4, 8));
        let inflated = ViewChange { checkpoints: vec![(8, 1)], stable: 8, ..ahead(3) };
        let said = [inflated, behind(1), behind(2), ahead(0)];
        assert_eq!(decide(&said, &[]).unwrap().start, (4, 8));
    }
}
