//! Who votes: configurations, which of them is in force, and what is a quorum (section 6; thesis,
//! chapter 4).
//!
//! "A server always uses the latest configuration in its log, regardless of whether the entry is
//! committed." So configurations follow the log: they come and go with its entries, and a snapshot
//! has that of its last entry.

use super::Raft;
use super::bugs::Bug;
use super::log::Index;
use super::replication::Progress;
use crate::quorum::{agreed_beyond, majority};
use serde::Serialize;
use sim_core::{NodeSet, Service};
use smallvec::{SmallVec, smallvec};
use std::fmt;

/// A configuration: simple, C or C_new, or joint, C_old,new.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Membership {
    /// The voters; of a joint configuration those of C_new.
    pub voters: NodeSet,
    /// The voters of C_old, while the configuration is joint; else nobody.
    pub outgoing: NodeSet,
}

impl Membership {
    /// A simple configuration.
    pub fn of(voters: NodeSet) -> Self {
        Membership { voters, outgoing: NodeSet::default() }
    }
    /// C_old,new.
    pub fn joint(old: NodeSet, new: NodeSet) -> Self {
        Membership { voters: new, outgoing: old }
    }
    /// Whether it is a joint one.
    #[inline]
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }
    /// Everybody who votes in it.
    #[inline]
    pub fn everybody(&self) -> NodeSet {
        self.voters.or(self.outgoing)
    }
    /// The groups of which each must agree.
    pub fn groups(&self) -> impl Iterator<Item = NodeSet> + use<> {
        [self.voters, self.outgoing].into_iter().filter(|group| !group.is_empty())
    }
    /// "Agreement (for elections and entry commitment) requires separate majorities from both the
    /// old and new configurations."
    pub fn has_quorum(&self, who: NodeSet) -> bool {
        self.groups().all(|group| group.has_majority_in(who))
    }
}

/// `n1 n2 n3`, or `n1 n2 n3 -> n3 n4 n5`.
impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_joint() {
            true => write!(f, "{} -> {}", self.outgoing, self.voters),
            false => write!(f, "{}", self.voters),
        }
    }
}
impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The configurations of a log that may still come into force or go out of it, in order; the first
/// is the newest of those before the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Members(SmallVec<[(Index, Membership); 1]>);

impl Members {
    /// This one, in force from an index on.
    pub(super) fn from(index: Index, membership: Membership) -> Self {
        Members(smallvec![(index, membership)])
    }
    /// The newest, and the index of its entry; 0 for the one that the cluster began with.
    #[inline]
    pub fn newest(&self) -> (Index, Membership) {
        self.0[self.0.len() - 1]
    }
    /// The one before the newest, as far as it is still known.
    pub fn before_newest(&self) -> Option<(Index, Membership)> {
        self.0.len().checked_sub(2).map(|place| self.0[place])
    }
    /// The one in force at an index.
    #[inline]
    pub fn at(&self, index: Index) -> Membership {
        let place = self.0.iter().rposition(|(from, _)| *from <= index).unwrap_or(0);
        self.0[place].1
    }
    /// Those in force at an index or later, each with the index from which on.
    pub(super) fn since(&self, index: Index) -> impl Iterator<Item = (Index, Membership)> + '_ {
        let place = self.0.iter().rposition(|(from, _)| *from <= index).unwrap_or(0);
        self.0[place..].iter().copied()
    }
    pub(super) fn push(&mut self, index: Index, membership: Membership) {
        self.0.push((index, membership));
    }
    /// Entries from this index on are gone, and their configurations with them.
    #[inline]
    pub(super) fn truncate_from(&mut self, index: Index) {
        while self.0.len() > 1 && self.newest().0 >= index {
            self.0.pop();
        }
    }
    /// Forgets what stands before the one in force at this index.
    pub(super) fn compact_to(&mut self, index: Index) {
        let place = self.0.iter().rposition(|(from, _)| *from <= index).unwrap_or(0);
        self.0.drain(..place);
    }
}

impl<S: Service> Raft<S> {
    /// The configurations of its log.
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// The configuration in force: the newest in the log.
    #[inline]
    pub fn membership(&self) -> Membership {
        match self.bugs.on(Bug::ConfigEffectiveOnCommit) {
            true => self.members.at(self.commit_index),
            false => self.members.newest().1,
        }
    }

    /// How many of a group of voters are enough.
    #[inline]
    fn enough(&self, group: NodeSet) -> usize {
        self.bugs.quorum(majority(group.len()), group.len())
    }

    /// Whether they can elect, commit or confirm: a majority, of each group that there is. Who has
    /// no vote is counted nowhere.
    pub(super) fn is_quorum(&self, who: NodeSet) -> bool {
        let is_enough = |group: NodeSet| group.and(who).len() >= self.enough(group);
        self.bugs.groups(self.membership()).all(is_enough)
    }

    /// The highest number above `known` that a quorum of voters reaches.
    #[inline]
    pub(super) fn agreed_beyond(
        &self,
        known: u64,
        reached: impl Fn(&Progress<S>) -> u64 + Copy,
    ) -> Option<u64> {
        let by = |group: NodeSet| {
            let counted = self.bugs.counted(group, self.peers);
            let servers = (0..).map(sim_core::NodeId).zip(&self.progress);
            let values = servers.filter(|(server, _)| counted.contains(*server));
            agreed_beyond(known, values.map(|(_, progress)| reached(progress)), self.enough(group))
        };
        let membership = self.membership();
        if !membership.is_joint() {
            return by(membership.voters);
        }
        self.bugs.groups(membership).map(by).min().flatten()
    }

    /// Whether it may stand for election. "A server that is not part of its own latest
    /// configuration should still start new elections, as it might still be needed until the C_new
    /// entry is committed" (thesis, section 4.2.2); after that it must not.
    pub(super) fn may_campaign(&self) -> bool {
        if self.bugs.on(Bug::UncommittedRemovalBlocksCampaign) {
            return self.membership().everybody().contains(self.id);
        }
        let mut possible = self.members.since(self.commit_index);
        possible.any(|(_, membership)| membership.everybody().contains(self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::NodeId;

    fn set(ids: &[u32]) -> NodeSet {
        ids.iter().copied().map(NodeId).collect()
    }

    #[test]
    fn a_joint_configuration_needs_a_majority_of_either_group() {
        let joint = Membership::joint(set(&[0, 1, 2]), set(&[3, 4, 5]));
        assert!(joint.has_quorum(set(&[0, 1, 3, 4])));
        assert!(!joint.has_quorum(set(&[0, 1, 2, 3])), "four of six, and one of the new");
        assert!(!joint.has_quorum(set(&[3, 4, 5])));
        assert!(Membership::of(set(&[0, 1, 2])).has_quorum(set(&[0, 2, 5])));
    }

    #[test]
    fn configurations_come_and_go_with_their_entries() {
        let of = |count| Membership::of(NodeSet::first(count));
        let mut members = Members::from(0, of(3));
        members.push(5, of(4));
        members.push(9, of(5));
        assert_eq!((members.at(4), members.at(5), members.at(20)), (of(3), of(4), of(5)));
        assert_eq!(members.since(6).collect::<Vec<_>>(), [(5, of(4)), (9, of(5))]);
        members.truncate_from(9);
        assert_eq!(members.newest(), (5, of(4)));
        members.compact_to(7);
        assert_eq!((members.newest(), members.before_newest()), ((5, of(4)), None));
        members.truncate_from(1);
        assert_eq!(members.newest(), (5, of(4)), "what a snapshot covers stays");
    }
}
