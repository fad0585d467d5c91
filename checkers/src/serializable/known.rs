//! What a history says at first sight: who wrote what, who read what, and who certainly committed. What a
//! transaction got wrong by itself is found on the way.

use crate::serializable::anomaly::{Anomaly, Name};
use crate::serializable::transaction::{Micro, Status, Transaction};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How many anomalies of one name are told: the next ones teach nothing new.
const TOLD: usize = 8;

/// What was found wrong.
#[derive(Default)]
pub struct Findings {
    /// The first few of each name.
    pub told: Vec<Anomaly>,
    counts: BTreeMap<Name, usize>,
}

impl Findings {
    /// Something is wrong. The prose is only made when it will be told.
    pub fn add(&mut self, name: Name, transactions: &[u32], prose: impl FnOnce() -> String) {
        let count = self.counts.entry(name).or_default();
        *count += 1;
        if *count <= TOLD {
            let transactions = transactions.iter().map(|one| *one as usize).collect();
            self.told.push(Anomaly { name, transactions, prose: prose() });
        }
    }
}

/// A read of a transaction that ended well.
#[derive(Clone, Copy)]
pub struct Read {
    pub txn: u32,
    pub micro: u32,
    /// What was there before the transaction's own writes.
    pub base: Base,
    /// Whether the transaction had not yet written to the key.
    pub first: bool,
}

/// A version of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// That many elements of a list.
    Length(usize),
    /// A value of a register; none in the beginning.
    Value(Option<i64>),
}

/// What was done with one key.
#[derive(Default)]
pub struct Key<'h> {
    pub name: &'h str,
    pub lists: bool,
    pub registers: bool,
    pub reads: Vec<Read>,
    /// Transaction and value, in the order of the history.
    pub writes: Vec<(u32, i64)>,
    /// Whether nothing can be inferred from it.
    pub ambiguous: bool,
}

/// A history, indexed.
pub struct Known<'h> {
    pub transactions: &'h [Transaction],
    pub keys: Vec<Key<'h>>,
    pub committed: Vec<bool>,
    writers: FxHashMap<(u32, i64), u32>,
    /// Values that were written to a key more than once, and how often.
    repeated: FxHashMap<(u32, i64), usize>,
}

impl<'h> Known<'h> {
    /// Reads a history once, and notes what is wrong inside single transactions.
    pub fn of(transactions: &'h [Transaction], findings: &mut Findings) -> Self {
        let mut numbers = BTreeMap::<&'h str, u32>::new();
        let mut known = Known {
            transactions,
            keys: Vec::new(),
            committed: transactions.iter().map(|one| one.status == Status::Ok).collect(),
            writers: FxHashMap::default(),
            repeated: FxHashMap::default(),
        };
        for (txn, transaction) in transactions.iter().enumerate() {
            let mut own = BTreeMap::<u32, Own<'h>>::new();
            for (micro, step) in transaction.micros.iter().enumerate() {
                let name = step.key();
                let fresh = known.keys.len() as u32;
                let key = *numbers.entry(name).or_insert(fresh);
                if key == fresh {
                    known.keys.push(Key { name, ..Key::default() });
                }
                let own = own.entry(key).or_default();
                known.take(key, (txn as u32, micro as u32), step, own, findings);
            }
        }
        for key in &mut known.keys {
            key.ambiguous |= key.lists && key.registers;
            if key.ambiguous {
                findings.add(Name::Ambiguous, &[], || {
                    let name = key.name;
                    format!(
                        "of {name} nothing can be told: a value was written to it twice, or \
                        it is both a list and a register"
                    )
                });
            }
        }
        known
    }

    fn take(
        &mut self,
        key: u32,
        (txn, micro): (u32, u32),
        step: &'h Micro,
        own: &mut Own<'h>,
        findings: &mut Findings,
    ) {
        let at = &mut self.keys[key as usize];
        match step {
            Micro::Append { .. } | Micro::List { .. } => at.lists = true,
            Micro::Write { .. } | Micro::Register { .. } => at.registers = true,
        }
        if let Some(value) = step.written() {
            if self.writers.insert((key, value), txn).is_some() {
                at.ambiguous = true;
                *self.repeated.entry((key, value)).or_insert(1) += 1;
            }
            at.writes.push((txn, value));
            own.written.push(value);
        }
        if self.transactions[txn as usize].status != Status::Ok {
            return;
        }
        let base = match step {
            Micro::List { seen, .. } => {
                let mine = if seen.ends_with(&own.written) { own.written.len() } else { 0 };
                Base::Length(seen.len() - mine)
            }
            Micro::Register { seen, .. } => Base::Value(*seen),
            _ => return,
        };
        if let Some(expected) = own.surprised(step) {
            findings.add(Name::Internal, &[txn], || {
                format!(
                    "T{} {}, but {expected}: it does not agree with itself",
                    txn + 1,
                    past(step)
                )
            });
        } else if matches!(base, Base::Value(_)) && !own.written.is_empty() {
            return;
        }
        if own.read.replace((step, own.written.len())).is_none() || own.base != Some(base) {
            at.reads.push(Read { txn, micro, base, first: own.written.is_empty() });
        }
        own.base = Some(base);
    }

    /// Who wrote a value to a key.
    pub fn writer(&self, key: u32, value: i64) -> Option<u32> {
        self.writers.get(&(key, value)).copied()
    }

    /// Who wrote it, if that transaction committed.
    pub fn committed_writer(&self, key: u32, value: i64) -> Option<u32> {
        self.writer(key, value).filter(|writer| self.committed[*writer as usize])
    }

    /// How often a value was written to a key, of those that were written at all.
    pub fn times(&self, key: u32, value: i64) -> usize {
        self.repeated.get(&(key, value)).copied().unwrap_or(1)
    }

    /// A value that somebody read. A transaction committed whose write was seen, unless it aborted. Of a value that was
    /// written twice nobody knows whose was seen.
    pub fn was_read(&mut self, key: u32, value: i64) {
        if self.times(key, value) > 1 {
            return;
        }
        if let Some(writer) = self.writer(key, value) {
            let status = self.transactions[writer as usize].status;
            self.committed[writer as usize] |= status == Status::Unknown;
        }
    }

    /// What a transaction wrote to a key, in its order.
    pub fn written(&self, txn: u32, key: u32) -> impl Iterator<Item = i64> + '_ {
        let name = self.keys[key as usize].name;
        let micros = self.transactions[txn as usize].micros.iter();
        micros.filter(move |micro| micro.key() == name).filter_map(Micro::written)
    }

    /// The micro-operation of a read.
    pub fn step(&self, read: &Read) -> &'h Micro {
        &self.transactions[read.txn as usize].micros[read.micro as usize]
    }

    /// The list that a read returned.
    pub fn list(&self, read: &Read) -> &'h [i64] {
        match self.step(read) {
            Micro::List { seen, .. } => seen,
            _ => &[],
        }
    }
}

/// What a transaction has done with one key so far.
#[derive(Default)]
struct Own<'h> {
    written: Vec<i64>,
    /// Its last read, and how many of its writes came before.
    read: Option<(&'h Micro, usize)>,
    base: Option<Base>,
}

impl Own<'_> {
    /// Why a read is not what it must be within its own transaction.
    fn surprised(&self, step: &Micro) -> Option<String> {
        let since = &self.written[self.read.map_or(0, |(_, before)| before)..];
        match (step, self.read) {
            (Micro::List { seen, .. }, Some((before @ Micro::List { seen: last, .. }, _))) => {
                let whole = seen.len() == last.len() + since.len()
                    && seen.starts_with(last)
                    && seen.ends_with(since);
                (!whole).then(|| after(&format!("had {}", past(before)), since))
            }
            (Micro::List { seen, .. }, _) => {
                (!seen.ends_with(since)).then(|| after("had read nothing before", since))
            }
            (Micro::Register { seen, .. }, before) => {
                let expected = match (since.last(), before) {
                    (Some(value), _) => Some(*value),
                    (None, Some((Micro::Register { seen, .. }, _))) => *seen,
                    (None, _) => return None,
                };
                (expected != *seen).then(|| match since.last() {
                    Some(value) => format!("had just written {value}"),
                    None => "had read otherwise, and had written nothing since".into(),
                })
            }
            _ => None,
        }
    }
}

fn after(start: &str, since: &[i64]) -> String {
    match since {
        [] => format!("{start}, and had appended nothing since"),
        values => {
            let values: Vec<_> = values.iter().map(i64::to_string).collect();
            format!("{start}, and had then appended {}", values.join(", "))
        }
    }
}

/// A step of a transaction, as what it did: the past tense of "read" is "read".
pub fn past(step: &Micro) -> String {
    match step {
        Micro::Append { key, value } => format!("appended {value} to {key}"),
        Micro::Write { key, value } => format!("wrote {key} = {value}"),
        read => read.to_string(),
    }
}
