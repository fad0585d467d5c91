//! The graph of who must have gone before whom: Adya's direct serialization graph, with sessions and real time.
//!
//! Some dependencies are many at once: whoever read the end of a list went before everyone whose append was not in
//! it, and whoever ended went before all that began later. Nodes that are no transactions carry these, so that the
//! graph stays linear in the history: an edge enters them, and edges of the kind [`Kind::Through`] lead on.

use crate::serializable::anomaly::Stage;
use crate::serializable::known::{Known, Read};
use crate::serializable::transaction::Status;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;

/// Why one transaction went before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The other wrote on top of what it wrote.
    WriteWrite,
    /// The other read what it wrote.
    WriteRead,
    /// The other replaced what it read: an anti-dependency.
    ReadWrite,
    /// The other came later in the same session.
    Process,
    /// It had ended when the other began.
    RealTime,
    /// The rest of a dependency that began at a node which is no transaction.
    Through,
}

impl Kind {
    /// From which stage on it counts.
    pub fn stage(self) -> Stage {
        match self {
            Kind::Process => Stage::Process,
            Kind::RealTime => Stage::RealTime,
            _ => Stage::Data,
        }
    }
}

/// A dependency, and the values that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub kind: Kind,
    pub key: u32,
    /// The version that the earlier one wrote or read; none in the beginning.
    pub before: Option<i64>,
    /// What the later one wrote, or read.
    pub after: Option<i64>,
    /// The read that tells: of the earlier one where it was overwritten, of the later one where it saw a write.
    pub read: u32,
    /// Whether it is known only from `after` not being in what was read.
    pub unseen: bool,
}

impl Edge {
    /// A dependency of a key.
    pub fn data(kind: Kind, key: u32, before: Option<i64>, after: Option<i64>) -> Edge {
        Edge { kind, key, before, after, read: 0, unseen: false }
    }

    /// The same, told by a read.
    pub fn by(self, read: &Read) -> Edge {
        Edge { read: read.micro, ..self }
    }

    fn plain(kind: Kind) -> Edge {
        Edge::data(kind, 0, None, None)
    }
}

/// The graph. The first nodes are the transactions, in the order of the history.
pub struct Graph {
    pub edges: DiGraph<(), Edge>,
    pub transactions: usize,
}

impl Graph {
    /// Without edges.
    pub fn new(transactions: usize) -> Graph {
        let mut edges = DiGraph::with_capacity(transactions, 4 * transactions);
        for _ in 0..transactions {
            edges.add_node(());
        }
        Graph { edges, transactions }
    }

    /// One transaction went before another. None goes before itself.
    pub fn add(&mut self, from: u32, to: u32, edge: Edge) {
        if from != to {
            self.edges.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), edge);
        }
    }

    fn carrier(&mut self) -> u32 {
        self.edges.add_node(()).index() as u32
    }

    /// Each source went before each target but itself. The targets are sorted, and none is twice.
    ///
    /// A source among the targets must not reach itself, so the targets are strung on two chains, from either end:
    /// such a source enters one below its place and the other above it.
    pub fn fan(&mut self, sources: &[(u32, Edge)], targets: &[(u32, i64)]) {
        if sources.len().min(targets.len()) <= 2 {
            for (source, edge) in sources {
                for (target, after) in targets {
                    self.add(*source, *target, Edge { after: Some(*after), ..*edge });
                }
            }
            return;
        }
        let up = self.chain(targets.iter());
        let mut down = self.chain(targets.iter().rev());
        down.reverse();
        for (source, edge) in sources {
            match targets.binary_search_by_key(source, |(target, _)| *target) {
                Err(_) => self.add(*source, down[0], *edge),
                Ok(place) => {
                    if place > 0 {
                        self.add(*source, up[place - 1], *edge);
                    }
                    if let Some(above) = down.get(place + 1) {
                        self.add(*source, *above, *edge);
                    }
                }
            }
        }
    }

    /// A carrier for each target, which leads to it and to the carrier before.
    fn chain<'t>(&mut self, targets: impl Iterator<Item = &'t (u32, i64)>) -> Vec<u32> {
        let mut chain: Vec<u32> = Vec::new();
        for (target, after) in targets {
            let carrier = self.carrier();
            let through = Edge::plain(Kind::Through);
            self.add(carrier, *target, Edge { after: Some(*after), ..through });
            if let Some(last) = chain.last() {
                self.add(carrier, *last, through);
            }
            chain.push(carrier);
        }
        chain
    }

    /// The order of each session. What nobody heard the end of may have happened later.
    pub fn sessions(&mut self, known: &Known<'_>) {
        let mut last = BTreeMap::<u32, u32>::new();
        for txn in by_place(known, |txn| known.transactions[txn as usize].call) {
            let transaction = &known.transactions[txn as usize];
            if let Some(before) = last.get(&transaction.process) {
                let ended = known.transactions[*before as usize].ret < transaction.call;
                if ended {
                    self.add(*before, txn, Edge::plain(Kind::Process));
                }
            }
            if transaction.status == Status::Ok {
                last.insert(transaction.process, txn);
            }
        }
    }

    /// What had ended went before what began: a chain of instants, each after a run of returns. Whoever returns
    /// leads to the next instant, and the last instant leads to whoever is invoked.
    pub fn real_time(&mut self, known: &Known<'_>) {
        let returned = |txn: &u32| known.transactions[*txn as usize].status == Status::Ok;
        let ret = |txn: u32| known.transactions[txn as usize].ret;
        let mut returns = by_place(known, ret).into_iter().filter(returned).peekable();
        let mut instant: Option<u32> = None;
        for txn in by_place(known, |txn| known.transactions[txn as usize].call) {
            let call = known.transactions[txn as usize].call;
            if returns.peek().is_some_and(|next| ret(*next) < call) {
                let next = self.carrier();
                if let Some(before) = instant.replace(next) {
                    self.add(before, next, Edge::plain(Kind::Through));
                }
                while let Some(ended) = returns.next_if(|ended| ret(*ended) < call) {
                    self.add(ended, next, Edge::plain(Kind::RealTime));
                }
            }
            if let Some(instant) = instant {
                self.add(instant, txn, Edge::plain(Kind::Through));
            }
        }
    }
}

/// The committed transactions, in the order of their places.
fn by_place(known: &Known<'_>, place: impl Fn(u32) -> u64) -> Vec<u32> {
    let all = 0..known.transactions.len() as u32;
    let mut committed: Vec<u32> = all.filter(|txn| known.committed[*txn as usize]).collect();
    committed.sort_by_key(|txn| place(*txn));
    committed
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Rng;
    use std::collections::BTreeSet;

    /// Whom a transaction precedes, by edges that may pass through carriers.
    fn after(graph: &Graph, from: u32) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut open = vec![NodeIndex::new(from as usize)];
        while let Some(node) = open.pop() {
            for next in graph.edges.neighbors(node) {
                match next.index() < graph.transactions {
                    true => drop(found.insert(next.index() as u32)),
                    false => open.push(next),
                }
            }
        }
        found
    }

    #[test]
    fn a_fan_leads_each_source_to_each_target_but_itself() {
        let edge = Edge::plain(Kind::ReadWrite);
        for seed in 0..2_000 {
            let mut rng = Rng::named(1, seed);
            let size = 1 + rng.below(12) as u32;
            let mut draw = || (0..size).filter(|_| rng.below(2) == 0).collect::<Vec<u32>>();
            let (sources, targets) = (draw(), draw());
            let mut graph = Graph::new(size as usize);
            let from: Vec<_> = sources.iter().map(|source| (*source, edge)).collect();
            let to: Vec<_> = targets.iter().map(|target| (*target, 0)).collect();
            graph.fan(&from, &to);
            for source in sources {
                let mut expected = targets.iter().copied().collect::<BTreeSet<_>>();
                expected.remove(&source);
                assert_eq!(after(&graph, source), expected, "{source} of {from:?} to {to:?}");
            }
            assert!(graph.edges.node_count() <= 3 * size as usize);
        }
    }
}
