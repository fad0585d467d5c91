//! A serial order, from the graph, and checked by running the transactions in it: a proof that a history is
//! serializable, whatever the graph does not know.

use crate::serializable::graph::Graph;
use crate::serializable::known::Known;
use crate::serializable::transaction::{Micro, Status, Transaction};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// An order of the committed transactions, in which each reads what it read; none when the graph has a cycle, or
/// when the order that was tried does not explain the reads.
///
/// Any order that the graph allows explains lists. With registers some do and some do not: of what may come next,
/// first goes what overwrites no register, then what replaces what it has read, and only then what writes blindly.
pub fn serial_order(known: &Known<'_>, graph: &Graph) -> Option<Vec<usize>> {
    let order = topological(known, graph)?;
    let mut state = State::default();
    let explained = |txn: &usize| state.run(&known.transactions[*txn]);
    order.iter().all(explained).then_some(order)
}

fn topological(known: &Known<'_>, graph: &Graph) -> Option<Vec<usize>> {
    let edges = &graph.edges;
    let incoming = |node| edges.edges_directed(node, Direction::Incoming).count();
    let mut before: Vec<usize> = edges.node_indices().map(incoming).collect();
    let mut free: Vec<usize> = (0..before.len()).filter(|node| before[*node] == 0).collect();
    let mut ready = BinaryHeap::new();
    let mut order = Vec::new();
    loop {
        while let Some(node) = free.pop() {
            match known.transactions.get(node) {
                Some(one) => ready.push(Reverse((rank(one), one.call, node))),
                None => leave(graph, node, &mut before, &mut free),
            }
        }
        let Some(Reverse((_, _, node))) = ready.pop() else { break };
        if known.committed[node] {
            order.push(node);
        }
        leave(graph, node, &mut before, &mut free);
    }
    before.iter().all(|left| *left == 0).then_some(order)
}

fn leave(graph: &Graph, node: usize, before: &mut [usize], free: &mut Vec<usize>) {
    for next in graph.edges.neighbors(NodeIndex::new(node)) {
        before[next.index()] -= 1;
        if before[next.index()] == 0 {
            free.push(next.index());
        }
    }
}

/// How much a transaction spoils for others: 0, 1 or 2.
fn rank(transaction: &Transaction) -> u8 {
    let mut read = BTreeSet::new();
    let mut rank = 0;
    for micro in &transaction.micros {
        match micro {
            Micro::Register { key, .. } => {
                read.insert(key);
            }
            Micro::Write { key, .. } => rank = rank.max(if read.contains(key) { 1 } else { 2 }),
            _ => {}
        }
    }
    rank
}

/// A database that runs one transaction after another.
#[derive(Default)]
struct State<'h> {
    lists: BTreeMap<&'h str, Vec<i64>>,
    registers: BTreeMap<&'h str, i64>,
}

impl<'h> State<'h> {
    /// Runs a transaction; whether it read what it would read here.
    fn run(&mut self, transaction: &'h Transaction) -> bool {
        let told = transaction.status == Status::Ok;
        transaction.micros.iter().all(|micro| match micro {
            Micro::Append { key, value } => {
                self.lists.entry(key).or_default().push(*value);
                true
            }
            Micro::Write { key, value } => {
                self.registers.insert(key, *value);
                true
            }
            Micro::List { key, seen } => {
                !told || self.lists.get(key.as_str()).map_or(&[][..], Vec::as_slice) == seen
            }
            Micro::Register { key, seen } => {
                !told || self.registers.get(key.as_str()).copied() == *seen
            }
        })
    }
}
