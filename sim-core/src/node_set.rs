//! Sets of nodes, small enough to be copied.

use crate::process::NodeId;
use serde::Serialize;
use std::fmt;

/// A set of nodes, of the first [`NodeSet::ROOM`] of a cluster.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NodeSet([u64; 2]);

impl NodeSet {
    /// How many nodes a cluster may have for every one of them to fit.
    pub const ROOM: u32 = 128;

    /// The first so many nodes.
    pub fn first(count: u32) -> NodeSet {
        (0..count.min(NodeSet::ROOM)).map(NodeId).collect()
    }
    /// The set of one node.
    pub fn of(node: NodeId) -> NodeSet {
        [node].into_iter().collect()
    }
    /// Adds a node, and says whether it was missing and there was room for it.
    #[inline]
    pub fn insert(&mut self, node: NodeId) -> bool {
        let (word, bit) = (node.index() / 64, 1 << (node.index() % 64));
        let Some(word) = self.0.get_mut(word) else { return false };
        let is_missing = *word & bit == 0;
        *word |= bit;
        is_missing
    }
    /// Whether a node is in it.
    #[inline]
    pub fn contains(&self, node: NodeId) -> bool {
        let word = self.0.get(node.index() / 64);
        word.is_some_and(|word| word & (1 << (node.index() % 64)) != 0)
    }
    /// How many nodes are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
    /// Whether nobody is in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 2]
    }
    /// The nodes, in order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        self.0.into_iter().zip([0, 64]).flat_map(|(mut word, first)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.wrapping_sub(1);
                (bit < u64::BITS).then(|| NodeId(first + bit))
            })
        })
    }
    /// Who is in either.
    #[inline]
    pub fn or(self, other: NodeSet) -> NodeSet {
        NodeSet([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }
    /// Who is in both.
    #[inline]
    pub fn and(self, other: NodeSet) -> NodeSet {
        NodeSet([self.0[0] & other.0[0], self.0[1] & other.0[1]])
    }
    /// Who is in this one and not in the other.
    #[inline]
    pub fn without(self, other: NodeSet) -> NodeSet {
        NodeSet([self.0[0] & !other.0[0], self.0[1] & !other.0[1]])
    }
    /// Whether more than half of these are in the other set (of nobody, nobody is).
    #[inline]
    pub fn has_majority_in(self, other: NodeSet) -> bool {
        2 * self.and(other).len() > self.len()
    }
}

impl FromIterator<NodeId> for NodeSet {
    /// Nodes for which there is no room are left out.
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> NodeSet {
        let mut set = NodeSet::default();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

/// As people write it: `n1 n2 n4`.
impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, node) in self.iter().enumerate() {
            write!(f, "{}{node}", if place > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}
impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u32]) -> NodeSet {
        ids.iter().copied().map(NodeId).collect()
    }

    #[test]
    fn a_node_is_in_a_set_once_and_only_if_there_is_room() {
        let mut some = NodeSet::of(NodeId(3));
        assert!(!some.insert(NodeId(3)) && some.insert(NodeId(127)) && !some.insert(NodeId(128)));
        assert_eq!((some.len(), some.to_string()), (2, "n4 n128".to_owned()));
        assert_eq!(
            NodeSet::first(NodeSet::ROOM).iter().map(|node| node.0).collect::<Vec<_>>(),
            (0..NodeSet::ROOM).collect::<Vec<_>>()
        );
        assert!(!some.contains(NodeId::client(900)) && NodeSet::default().is_empty());
    }

    #[test]
    fn sets_are_added_shared_and_taken_away() {
        let (left, right) = (set(&[0, 1, 70]), set(&[1, 2, 70]));
        assert_eq!(left.or(right), set(&[0, 1, 2, 70]));
        assert_eq!(left.and(right), set(&[1, 70]));
        assert_eq!(left.without(right), set(&[0]));
    }

    #[test]
    fn a_majority_is_of_one_set_in_another() {
        assert!(set(&[0, 1, 70]).has_majority_in(set(&[1, 2, 70, 71])));
        assert!(!set(&[1, 2, 70, 71]).has_majority_in(set(&[0, 1, 70])), "two of four");
        assert!(!NodeSet::default().has_majority_in(NodeSet::first(3)));
    }
}
