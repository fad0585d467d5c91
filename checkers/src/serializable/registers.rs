//! Registers, whose written values are unique: a read tells whose write it saw, but hardly anything tells in which
//! order they were overwritten.
//!
//! What is inferred holds in every serial order. The beginning goes before every write; and a transaction that read
//! a value and then wrote the key replaced exactly that value, so that its writer and its other readers went before.
//! Two writes of transactions that did not read the key are in no known order.

use crate::serializable::anomaly::Name;
use crate::serializable::graph::{Edge, Graph, Kind};
use crate::serializable::known::{Base, Findings, Known, Read};
use crate::serializable::lists::lost_updates;
use std::collections::{BTreeMap, BTreeSet};

/// Notes who is known to have committed because a value was read, and which values nobody wrote.
pub fn observe(known: &mut Known<'_>, key: u32, findings: &mut Findings) {
    for at in 0..known.keys[key as usize].reads.len() {
        let read = known.keys[key as usize].reads[at];
        let Base::Value(Some(value)) = read.base else { continue };
        known.was_read(key, value);
        if known.writer(key, value).is_none() {
            findings.add(Name::GarbageRead, &[read.txn], || {
                format!("T{} {}, but nobody ever wrote {value}", read.txn + 1, known.step(&read))
            });
        }
    }
}

/// Who went before whom because of a register, and what its reads show; whether the order of all its writes is
/// known. All that is known to have committed is so by now.
pub fn infer(known: &Known<'_>, key: u32, graph: &mut Graph, findings: &mut Findings) -> bool {
    let at = &known.keys[key as usize];
    let mut readers = BTreeMap::<Option<i64>, Vec<(u32, Edge)>>::new();
    let mut replaced = BTreeMap::<u32, Option<i64>>::new();
    for read in &at.reads {
        let Base::Value(value) = read.base else { continue };
        if read.first {
            replaced.entry(read.txn).or_insert(value);
        }
        let edge = Edge::data(Kind::ReadWrite, key, value, None).by(read);
        readers.entry(value).or_default().push((read.txn, edge));
        if let Some(value) = value {
            seen(known, key, read, value, graph, findings);
        }
    }
    // Of each committed writer, its first write, which is what replaced the version before.
    let mut writers = BTreeMap::<u32, i64>::new();
    for (txn, value) in at.writes.iter().filter(|(txn, _)| known.committed[*txn as usize]) {
        writers.entry(*txn).or_insert(*value);
    }
    let mut successors = BTreeMap::<Option<i64>, Vec<(u32, i64)>>::new();
    for (txn, value) in &writers {
        let Some(Some(before)) = replaced.get(txn) else { continue };
        successors.entry(Some(*before)).or_default().push((*txn, *value));
        if let Some(writer) = known.committed_writer(key, *before).filter(|other| other != txn) {
            let edge = Edge::data(Kind::WriteWrite, key, Some(*before), Some(*value));
            graph.add(writer, *txn, edge);
        }
    }
    successors.insert(None, writers.iter().map(|(txn, value)| (*txn, *value)).collect());
    for (before, after) in &successors {
        graph.fan(readers.get(before).map_or(&[][..], Vec::as_slice), after);
    }
    lost_updates(known, key, findings);
    writers.len() <= 1 || one_chain(known, key, &replaced, &writers)
}

/// What the reader of a value owes to who wrote it.
fn seen(
    known: &Known<'_>,
    key: u32,
    read: &Read,
    value: i64,
    graph: &mut Graph,
    findings: &mut Findings,
) {
    let Some(writer) = known.writer(key, value) else { return };
    let (reader, step) = (read.txn + 1, known.step(read));
    if !known.committed[writer as usize] {
        return findings.add(Name::AbortedRead, &[writer, read.txn], || {
            format!("T{reader} {step}, but T{}, which wrote {value}, was aborted", writer + 1)
        });
    }
    let last = known.written(writer, key).last();
    if writer == read.txn {
        return findings.add(Name::Internal, &[writer], || {
            format!(
                "T{reader} {step}: it saw its own write before it was made, or not its last one"
            )
        });
    }
    graph.add(writer, read.txn, Edge::data(Kind::WriteRead, key, None, Some(value)).by(read));
    if let Some(last) = last.filter(|last| *last != value) {
        findings.add(Name::IntermediateRead, &[writer, read.txn], || {
            format!(
                "T{reader} {step}, but T{}, which wrote {value}, then wrote {last}: it was \
                seen half done",
                writer + 1
            )
        });
    }
}

/// Whether each write replaced what another left, from the beginning on.
fn one_chain(
    known: &Known<'_>,
    key: u32,
    replaced: &BTreeMap<u32, Option<i64>>,
    writers: &BTreeMap<u32, i64>,
) -> bool {
    let bases: BTreeSet<Option<i64>> =
        writers.keys().filter_map(|txn| replaced.get(txn).copied()).collect();
    let left = |base: &Option<i64>| {
        let Some(value) = *base else { return true };
        let writer = known.committed_writer(key, value);
        writer.is_some_and(|writer| known.written(writer, key).last() == Some(value))
    };
    bases.len() == writers.len() && bases.contains(&None) && bases.iter().all(left)
}
