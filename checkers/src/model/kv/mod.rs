//! A key-value store whose values are sequences of numbers, at first empty: the service of most scenarios.
//!
//! Appending makes the order of writes visible to whoever reads, compare-and-swap makes replies depend on it,
//! and loads write no number twice where they can, so that a read names the writes that it saw.

mod load;
mod workload;

pub use load::{KvLoad, Reads, Recipe};
pub use workload::KvClient;

use crate::model::{Access, Act, Model, Quotient};
use serde::Serialize;
use sim_core::{NodeId, NodeSet, Rng, Service};
use smallvec::{SmallVec, smallvec};
use std::collections::{BTreeMap, BTreeSet};

/// What a key holds.
pub type Value = SmallVec<[u64; 2]>;

/// What the store holds. A key with the empty value is left out, so that equal stores look the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Kv {
    values: BTreeMap<u32, Value>,
}

/// The key under which the members of the cluster are kept, as nodes' numbers from 1: who they are may be read like
/// any other key, and only [`KvOp::Members`] ought to write it.
pub const MEMBERS: u32 = u32::MAX;

/// What the store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum KvOp {
    /// What does the key hold?
    Get {
        /// Which key.
        key: u32,
    },
    /// Let the key hold this one number.
    Put {
        /// Which key.
        key: u32,
        /// The number.
        value: u64,
    },
    /// Put a number behind what the key holds.
    Append {
        /// Which key.
        key: u32,
        /// The number.
        value: u64,
    },
    /// If the key holds exactly what is expected, let it hold `new`.
    Cas {
        /// Which key.
        key: u32,
        /// The one number that it is to hold; none stands for the empty value.
        expect: Option<u64>,
        /// The one number that it then holds.
        new: u64,
    },
    /// Let these nodes, and no others, be the members of the cluster.
    Members {
        /// Which nodes.
        nodes: NodeSet,
    },
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum KvReply {
    /// What the key holds.
    Value(Value),
    /// It is written.
    Done,
    /// Whether the key held what was expected, and so was written.
    Swapped(bool),
}

impl KvOp {
    /// The key that it is about.
    pub fn key(&self) -> u32 {
        match *self {
            KvOp::Get { key }
            | KvOp::Put { key, .. }
            | KvOp::Append { key, .. }
            | KvOp::Cas { key, .. } => key,
            KvOp::Members { .. } => MEMBERS,
        }
    }
}

impl Kv {
    /// What a key holds.
    pub fn get(&self, key: u32) -> &[u64] {
        self.values.get(&key).map_or(&[], SmallVec::as_slice)
    }
}

impl Service for Kv {
    type Op = KvOp;
    type Reply = KvReply;
    type Client = KvClient;

    #[inline]
    fn apply(&mut self, op: &KvOp) -> KvReply {
        match *op {
            KvOp::Get { key } => KvReply::Value(self.get(key).into()),
            KvOp::Put { key, value } => {
                self.values.insert(key, smallvec![value]);
                KvReply::Done
            }
            KvOp::Append { key, value } => {
                self.values.entry(key).or_default().push(value);
                KvReply::Done
            }
            KvOp::Cas { key, expect, new } => {
                let swaps = self.get(key) == expect.as_slice();
                if swaps {
                    self.values.insert(key, smallvec![new]);
                }
                KvReply::Swapped(swaps)
            }
            KvOp::Members { nodes } => {
                self.values.insert(MEMBERS, numbers(nodes));
                KvReply::Done
            }
        }
    }

    #[inline]
    fn members(op: &KvOp) -> Option<NodeSet> {
        match *op {
            KvOp::Members { nodes } => Some(nodes),
            _ => None,
        }
    }

    fn key(op: &KvOp) -> u64 {
        op.key().into()
    }

    fn is_read(op: &KvOp) -> bool {
        matches!(op, KvOp::Get { .. })
    }

    fn falsify(reply: &KvReply, rng: &mut Rng) -> KvReply {
        match reply {
            KvReply::Swapped(swapped) => KvReply::Swapped(!swapped),
            KvReply::Value(value) if !value.is_empty() && rng.below(2) == 0 => {
                KvReply::Value(value[..value.len() - 1].into())
            }
            KvReply::Value(_) => KvReply::Value(smallvec![rng.bits() >> 1]),
            KvReply::Done => KvReply::Swapped(false),
        }
    }

    fn show_op(op: &KvOp) -> String {
        match *op {
            KvOp::Get { key } => format!("get {}", key_name(key)),
            KvOp::Put { key, value } => format!("put {} {value}", key_name(key)),
            KvOp::Append { key, value } => format!("append {} {value}", key_name(key)),
            KvOp::Cas { key, expect: Some(expect), new } => {
                format!("cas {} {expect} {new}", key_name(key))
            }
            KvOp::Cas { key, expect: None, new } => format!("cas {} nil {new}", key_name(key)),
            KvOp::Members { nodes } => format!("members {nodes}"),
        }
    }

    fn show_reply(reply: &KvReply) -> String {
        match reply {
            KvReply::Value(value) if value.is_empty() => "nil".into(),
            KvReply::Value(value) => value.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
            KvReply::Done => "done".into(),
            KvReply::Swapped(swapped) => swapped.to_string(),
        }
    }

    fn read_op(text: &str) -> Option<KvOp> {
        let words: Vec<_> = text.split_whitespace().collect();
        if let ["members", nodes @ ..] = words.as_slice() {
            return nodes_named(nodes).map(|nodes| KvOp::Members { nodes });
        }
        let key = key_named(words.get(1)?)?;
        Some(match words.as_slice() {
            ["get", _] => KvOp::Get { key },
            ["put", _, value] => KvOp::Put { key, value: value.parse().ok()? },
            ["append", _, value] => KvOp::Append { key, value: value.parse().ok()? },
            ["cas", _, "nil", new] => KvOp::Cas { key, expect: None, new: new.parse().ok()? },
            ["cas", _, expect, new] => {
                KvOp::Cas { key, expect: Some(expect.parse().ok()?), new: new.parse().ok()? }
            }
            _ => return None,
        })
    }
}

impl Model for Kv {
    fn access(op: &KvOp) -> Access<KvReply> {
        match *op {
            KvOp::Get { .. } => Access::Read,
            KvOp::Put { value, .. } => Access::Write(KvReply::Value(smallvec![value])),
            KvOp::Cas { new, .. } => Access::MayWrite(KvReply::Value(smallvec![new])),
            KvOp::Members { nodes } => Access::Write(KvReply::Value(numbers(nodes))),
            KvOp::Append { .. } => Access::Other,
        }
    }

    fn inert(act: Act<'_, Self>) -> bool {
        Self::is_read(act.op) || act.reply == Some(&KvReply::Swapped(false))
    }

    /// A value that begins none of those read, and that no swap expects, can only be overwritten: all such
    /// values are one.
    fn quotient(acts: &[Act<'_, Self>]) -> Option<Quotient<Self>> {
        let mut read = BTreeSet::new();
        let mut expected = BTreeSet::new();
        for act in acts {
            if let Some(KvReply::Value(value)) = act.reply {
                read.insert((act.op.key(), value.clone()));
            }
            if let KvOp::Cas { key, expect, .. } = *act.op {
                expected.insert((key, Value::from(expect.as_slice())));
            }
        }
        let matters = move |key: u32, value: &Value| {
            let begins = read.range((key, value.clone())..).next();
            begins.is_some_and(|(other, longer)| *other == key && longer.starts_with(value))
                || expected.contains(&(key, value.clone()))
        };
        let unseen: Value = smallvec![u64::MAX, u64::MAX];
        Some(Box::new(move |mut state| {
            for (key, value) in &mut state.values {
                if !matters(*key, value) && !matters(*key, &unseen) {
                    value.clone_from(&unseen);
                }
            }
            state
        }))
    }
}

const LETTERS: [&str; 3] = ["x", "y", "z"];

/// Nodes as numbers, from 1.
fn numbers(nodes: NodeSet) -> Value {
    nodes.iter().map(|node| u64::from(node.0) + 1).collect()
}

fn nodes_named(names: &[&str]) -> Option<NodeSet> {
    let mut nodes = NodeSet::default();
    for name in names {
        let number: u32 = name.strip_prefix('n')?.parse().ok()?;
        if !nodes.insert(NodeId(number.checked_sub(1)?)) {
            return None;
        }
    }
    Some(nodes)
}

/// How people call a key: `x`, `y`, `z`, then `k3` and so on, and `members`.
pub fn key_name(key: u32) -> String {
    if key == MEMBERS {
        return "members".into();
    }
    match LETTERS.get(key as usize) {
        Some(letter) => (*letter).into(),
        None => format!("k{key}"),
    }
}

fn key_named(name: &str) -> Option<u32> {
    if name == "members" {
        return Some(MEMBERS);
    }
    let letter = LETTERS.iter().position(|letter| *letter == name);
    letter.map(|key| key as u32).or_else(|| name.strip_prefix('k')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_read_what_they_show() {
        let key = 5;
        for op in [
            KvOp::Get { key: 0 },
            KvOp::Put { key: 1, value: 7 },
            KvOp::Append { key: 2, value: 8 },
            KvOp::Cas { key, expect: None, new: 1 },
            KvOp::Cas { key, expect: Some(1), new: 2 },
            KvOp::Members { nodes: NodeSet::first(3) },
            KvOp::Get { key: MEMBERS },
        ] {
            assert_eq!(Kv::read_op(&Kv::show_op(&op)), Some(op));
        }
        assert_eq!(Kv::show_op(&KvOp::Cas { key: 0, expect: Some(1), new: 2 }), "cas x 1 2");
        for text in [
            "",
            "get",
            "get w",
            "put x",
            "put x y",
            "cas x 1",
            "get x 1",
            "inc x",
            "members 1",
            "members n0",
        ] {
            assert_eq!(Kv::read_op(text), None, "{text}");
        }
    }

    #[test]
    fn the_members_are_a_value_of_their_own() {
        let mut kv = Kv::default();
        let mut apply = |text: &str| Kv::show_reply(&kv.apply(&Kv::read_op(text).unwrap()));
        assert_eq!(apply("get members"), "nil");
        assert_eq!(apply("members n2 n1"), "done");
        assert_eq!(apply("get members"), "1 2");
        assert_eq!(apply("get x"), "nil");
        assert_eq!(Kv::members(&Kv::read_op("members n1").unwrap()), Some(NodeSet::first(1)));
    }

    #[test]
    fn a_swap_compares_the_whole_value() {
        let mut kv = Kv::default();
        let mut apply = |text: &str| Kv::show_reply(&kv.apply(&Kv::read_op(text).unwrap()));
        assert_eq!(apply("cas x 1 2"), "false");
        assert_eq!(apply("cas x nil 1"), "true");
        assert_eq!(apply("append x 2"), "done");
        assert_eq!(apply("cas x 1 3"), "false");
        assert_eq!(apply("get x"), "1 2");
        assert_eq!(apply("put x 4"), "done");
        assert_eq!(apply("cas x 4 5"), "true");
        assert_eq!(apply("get x"), "5");
        assert_eq!(apply("get y"), "nil");
    }
}
