//! Oral messages, OM(m): section 3 of the paper.
//!
//! The recursion of the paper, unrolled: what a general has heard stands in a tree by the path that it came, as in
//! "exponential information gathering" (Bar-Noy, Dolev, Dwork and Strong, 1987). The algorithm's OM(m − k) with the
//! last of a path as its commander is the subtree below that path.

use super::Order;
use super::bugs::{Bug, Bugs};
use serde::Serialize;
use sim_core::NodeId;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::fmt;

/// Through whom something came, the commander first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Path(SmallVec<[NodeId; 4]>);

impl Path {
    /// Straight from the commander.
    pub fn of(commander: NodeId) -> Path {
        Path([commander].into_iter().collect())
    }
    /// This, and then by another.
    #[must_use]
    pub fn then(&self, next: NodeId) -> Path {
        let mut path = self.clone();
        path.0.push(next);
        path
    }
    /// This without the last.
    #[must_use]
    pub fn without_last(&self) -> Path {
        Path(self.0[..self.0.len().saturating_sub(1)].into())
    }
    /// Through how many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether through nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Whether through this one.
    pub fn contains(&self, node: NodeId) -> bool {
        self.0.contains(&node)
    }
    /// From whom it came at last.
    pub fn last(&self) -> Option<NodeId> {
        self.0.last().copied()
    }
    /// Through whom, in order.
    pub fn generals(&self) -> &[NodeId] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, node) in self.0.iter().enumerate() {
            write!(f, "{}{node}", if place == 0 { "" } else { "-" })?;
        }
        Ok(())
    }
}

/// Every path of this length from the commander that does not pass `me`.
pub fn paths(length: usize, commander: NodeId, me: NodeId, generals: u32) -> Vec<Path> {
    let mut paths = vec![Path::of(commander)];
    for _ in 1..length {
        let on = |path: Path| {
            let next = (0..generals).map(NodeId);
            let next = next.filter(|next| *next != me && !path.contains(*next));
            next.map(|next| path.then(next)).collect::<Vec<Path>>()
        };
        paths = paths.into_iter().flat_map(on).collect();
    }
    paths
}

/// Who takes counsel, and how deep.
#[derive(Clone, Copy, Debug)]
pub struct Council {
    /// Who decides.
    pub me: NodeId,
    /// Who has ordered.
    pub commander: NodeId,
    /// How many generals there are.
    pub generals: u32,
    /// m + 1: how long the longest paths are.
    pub depth: usize,
    /// Mistakes made on purpose.
    pub bugs: Bugs,
}

/// What a general has heard, by the path that it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Tree(BTreeMap<Path, Order>);

impl Tree {
    /// The general at the path's end has said so. The first word counts.
    pub fn hear(&mut self, path: Path, order: Order) {
        self.0.entry(path).or_insert(order);
    }

    /// What came by this path, if anything did.
    pub fn heard(&self, path: &Path) -> Option<Order> {
        self.0.get(path).copied()
    }

    /// What to obey.
    pub fn decide(&self, council: &Council) -> Order {
        if council.bugs.on(Bug::OmFlatVote) {
            // In the last round everybody tells what he heard before, himself among them.
            let of = |length| paths(length, council.commander, council.me, council.generals);
            let all = of(council.depth).into_iter().chain(of(council.depth - 1));
            return majority(all.map(|path| self.heard(&path).unwrap_or_default()));
        }
        self.resolve(&Path::of(council.commander), council).unwrap_or_default()
    }

    /// The value that OM with the path's last as its commander comes to: "Lieutenant i uses the value
    /// majority(v₁, …, vₙ₋₁)", where his own is what he heard himself.
    fn resolve(&self, path: &Path, council: &Council) -> Option<Order> {
        let skips = council.bugs.on(Bug::OmMissingSkipped);
        let own = self.heard(path).or((!skips).then(Order::default));
        if path.len() == council.depth {
            return own;
        }
        let others = (0..council.generals).map(NodeId);
        let others = others.filter(|other| *other != council.me && !path.contains(*other));
        let mut values: SmallVec<[Order; 16]> =
            others.filter_map(|other| self.resolve(&path.then(other), council)).collect();
        if !council.bugs.on(Bug::OmMajorityWithoutOwn) {
            values.extend(own);
        }
        if path.len() > 1 && council.bugs.on(Bug::OmCommanderInSubmajority) {
            values.extend(self.heard(&Path::of(council.commander)));
        }
        Some(majority(values.into_iter()))
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heard: Vec<String> =
            self.0.iter().map(|(path, order)| format!("{order} by {path}")).collect();
        f.write_str(if heard.is_empty() { "nothing" } else { "" })?;
        f.write_str(&heard.join(", "))
    }
}

/// The order that more than half of the values are; when neither is, retreat.
fn majority(values: impl Iterator<Item = Order>) -> Order {
    let (mut attack, mut retreat) = (0, 0);
    for value in values {
        match value {
            Order::Attack => attack += 1,
            Order::Retreat => retreat += 1,
        }
    }
    if attack > retreat { Order::Attack } else { Order::Retreat }
}
