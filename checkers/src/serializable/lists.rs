//! Lists: the longest read of a list shows in which order its elements were appended.

use crate::serializable::anomaly::Name;
use crate::serializable::graph::{Edge, Graph, Kind};
use crate::serializable::known::{Base, Findings, Known, Read};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The order of a list's elements: its longest read, if all the others are beginnings of it.
pub type Order<'h> = &'h [i64];

/// Finds the order of a list, and notes who is known to have committed because of it. None when it shows a value
/// twice: then nothing can be told.
pub fn order<'h>(known: &mut Known<'h>, key: u32, findings: &mut Findings) -> Option<Order<'h>> {
    let reads = std::mem::take(&mut known.keys[key as usize].reads);
    let longest =
        reads.iter().max_by_key(|read| (known.list(read).len(), std::cmp::Reverse(read.txn)));
    let order = longest.map_or(&[][..], |read| known.list(read));
    let mut sound = true;
    for read in &reads {
        let seen = known.list(read);
        let other = longest.filter(|other| (other.txn, other.micro) != (read.txn, read.micro));
        if other.is_some() && order.starts_with(seen) {
            continue;
        }
        if let Some(longest) = other {
            let prose = || {
                let (one, other) = (known.step(read), known.step(longest));
                let (t1, t2) = (read.txn + 1, longest.txn + 1);
                format!("T{t1} {one} and T{t2} {other}: neither is the beginning of the other")
            };
            findings.add(Name::IncompatibleOrder, &[read.txn, longest.txn], prose);
        }
        sound &= examine(known, key, read, findings);
        for value in seen {
            known.was_read(key, *value);
        }
    }
    known.keys[key as usize].reads = reads;
    (sound && !known.keys[key as usize].ambiguous).then_some(order)
}

/// What one read shows by itself: garbage, and values that are there more often than they were appended, which leaves
/// no order.
fn examine(known: &Known<'_>, key: u32, read: &Read, findings: &mut Findings) -> bool {
    let mut met = FxHashMap::<i64, usize>::default();
    let mut sound = true;
    for value in known.list(read) {
        let count = met.entry(*value).or_default();
        *count += 1;
        if *count > 1 && *count > known.times(key, *value) {
            sound = false;
            findings.add(Name::DuplicateElement, &[read.txn], || {
                let (reader, step) = (read.txn + 1, known.step(read));
                match known.times(key, *value) {
                    1 => format!("T{reader} {step}, in which {value} is twice"),
                    times => format!(
                        "T{reader} {step}, in which {value} is more than {times} times, as often \
                        as it was appended"
                    ),
                }
            });
        }
        if known.writer(key, *value).is_none() {
            findings.add(Name::GarbageRead, &[read.txn], || {
                let step = known.step(read);
                format!("T{} {step}, but nobody ever appended {value}", read.txn + 1)
            });
        }
    }
    sound
}

/// What the order of a list shows, and who went before whom because of it. All that is known to have committed
/// is so by now.
pub fn infer(
    known: &Known<'_>,
    key: u32,
    order: Order<'_>,
    graph: &mut Graph,
    findings: &mut Findings,
) {
    aborted(known, key, order, findings);
    let missing = missing(known, key, order, findings);
    // Of each place, the next element that a committed transaction appended, and the last one before.
    let chain: Vec<(usize, i64, u32)> = (order.iter().enumerate())
        .filter_map(|(place, value)| Some((place, *value, known.committed_writer(key, *value)?)))
        .collect();
    for pair in chain.windows(2) {
        let [(_, before, first), (_, after, second)] = pair else { continue };
        let edge = Edge::data(Kind::WriteWrite, key, Some(*before), Some(*after));
        graph.add(*first, *second, edge);
    }
    let mut sources = Vec::new();
    if let Some((_, value, writer)) = chain.last() {
        sources.push((
            *writer,
            Edge { unseen: true, ..Edge::data(Kind::WriteWrite, key, Some(*value), None) },
        ));
    }
    for read in &known.keys[key as usize].reads {
        let Base::Length(length) = read.base else { continue };
        if !order.starts_with(known.list(read)) {
            continue;
        }
        let next = chain.partition_point(|(place, ..)| *place < length);
        let last = next.checked_sub(1).map(|last| chain[last]);
        let before = last.map(|(_, value, _)| value);
        if let Some((_, value, writer)) = last {
            let edge = Edge::data(Kind::WriteRead, key, None, Some(value)).by(read);
            graph.add(writer, read.txn, edge);
            intermediate(known, key, read, (writer, value), findings);
        }
        match chain.get(next) {
            Some((_, after, writer)) => {
                let edge = Edge::data(Kind::ReadWrite, key, before, Some(*after)).by(read);
                graph.add(read.txn, *writer, edge);
            }
            None => {
                let edge = Edge::data(Kind::ReadWrite, key, before, None).by(read);
                sources.push((read.txn, Edge { unseen: true, ..edge }));
            }
        }
    }
    graph.fan(&sources, &missing);
    lost_updates(known, key, findings);
}

/// G1a and dirty updates: an element of an aborted transaction, and what was appended after it.
fn aborted(known: &Known<'_>, key: u32, order: Order<'_>, findings: &mut Findings) {
    let failed = |value: i64| {
        let writer = known.writer(key, value)?;
        (!known.committed[writer as usize]).then_some(writer)
    };
    let first =
        |list: &[i64]| list.iter().find_map(|value| failed(*value).map(|writer| (*value, writer)));
    let at_once = order.iter().position(|value| failed(*value).is_some());
    for read in &known.keys[key as usize].reads {
        let seen = known.list(read);
        let clean = order.starts_with(seen) && at_once.is_none_or(|place| seen.len() <= place);
        let Some((value, writer)) = (!clean).then(|| first(seen)).flatten() else { continue };
        findings.add(Name::AbortedRead, &[writer, read.txn], || {
            let (reader, step) = (read.txn + 1, known.step(read));
            format!("T{reader} {step}, but T{}, which appended {value}, was aborted", writer + 1)
        });
    }
    let (Some(place), Some((value, writer))) = (at_once, first(order)) else { return };
    let name = known.keys[key as usize].name;
    let on_top = order[place..]
        .iter()
        .find_map(|value| known.committed_writer(key, *value).map(|writer| (*value, writer)));
    if let Some((after, other)) = on_top {
        findings.add(Name::DirtyUpdate, &[writer, other], || {
            let (first, second) = (writer + 1, other + 1);
            format!(
                "T{first} appended {value} to {name} and was aborted, but T{second}, which \
                committed, appended {after} on top of it"
            )
        });
    }
}

/// The committed transactions with appends that no read shows, each with the first of them. Where a later append of
/// the same transaction was seen, one is lost; where the order is another, something else is wrong.
fn missing(
    known: &Known<'_>,
    key: u32,
    order: Order<'_>,
    findings: &mut Findings,
) -> Vec<(u32, i64)> {
    let places: BTreeMap<i64, usize> =
        order.iter().enumerate().map(|(at, one)| (*one, at)).collect();
    let mut missing = BTreeMap::<u32, i64>::new();
    let mut reached = BTreeMap::<u32, (usize, i64)>::new();
    let name = known.keys[key as usize].name;
    for (txn, value) in &known.keys[key as usize].writes {
        if !known.committed[*txn as usize] {
            continue;
        }
        let Some(place) = places.get(value) else {
            missing.entry(*txn).or_insert(*value);
            continue;
        };
        if let Some(lost) = missing.get(txn) {
            findings.add(Name::LostElement, &[*txn], || {
                format!(
                    "T{} appended {lost} and then {value} to {name}, and {value} was seen \
                    without {lost}",
                    txn + 1
                )
            });
        }
        match reached.insert(*txn, (*place, *value)) {
            Some((before, earlier)) if before > *place => {
                findings.add(Name::IncompatibleOrder, &[*txn], || {
                    format!(
                        "T{} appended {earlier} and then {value} to {name}, but {value} was \
                        seen before {earlier}",
                        txn + 1
                    )
                });
            }
            _ => {}
        }
    }
    missing.into_iter().collect()
}

/// G1b: what was read last is not what its transaction appended last.
fn intermediate(
    known: &Known<'_>,
    key: u32,
    read: &Read,
    (writer, value): (u32, i64),
    findings: &mut Findings,
) {
    let Some(last) = known.written(writer, key).last() else { return };
    if writer == read.txn {
        findings.add(Name::Internal, &[writer], || {
            format!(
                "T{} {}: it saw its own append of {value} before it was made, or without \
                the others",
                writer + 1,
                known.step(read)
            )
        });
    } else if last != value {
        findings.add(Name::IntermediateRead, &[writer, read.txn], || {
            let (reader, step) = (read.txn + 1, known.step(read));
            format!(
                "T{reader} {step}, but T{}, which appended {value}, then appended {last}: \
                it was seen half done",
                writer + 1
            )
        });
    }
}

/// Transactions that read one version of a key, and all wrote to it.
pub fn lost_updates(known: &Known<'_>, key: u32, findings: &mut Findings) {
    let at = &known.keys[key as usize];
    let mut first = BTreeMap::<Base, Read>::new();
    for read in at.reads.iter().filter(|read| read.first) {
        let Some(written) = known.written(read.txn, key).next() else { continue };
        let other = *first.entry(read.base).or_insert(*read);
        let Some(others) = known.written(other.txn, key).next() else { continue };
        let step = known.step(read);
        if other.txn == read.txn || known.step(&other) != step {
            continue;
        }
        let (t1, t2, name) = (other.txn + 1, read.txn + 1, at.name);
        findings.add(Name::LostUpdate, &[other.txn, read.txn], || {
            format!(
                "T{t1} and T{t2} both {step}, and both wrote to it ({others} and \
                {written}): whichever of them updated {name} first, the other did not see it"
            )
        });
    }
}
