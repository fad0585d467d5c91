//! Decisions: registers that are written once. What consensus is for.
//!
//! Each key is a decision of its own. Whoever proposes is told what was decided, which is what was proposed first.

use crate::client::{Paced, Sends, Workload};
use crate::model::{Act, Model};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ClientContext, Rng, Service};
use std::collections::BTreeMap;

/// What is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Decisions(BTreeMap<u32, u64>);

/// What may be asked of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum DecisionOp {
    /// Let this be decided, if nothing is.
    Propose {
        /// Which decision, from 1.
        key: u32,
        /// The value.
        value: u64,
    },
    /// What is decided?
    Read {
        /// Which decision, from 1.
        key: u32,
    },
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum DecisionReply {
    /// This is decided.
    Decided(u64),
    /// Nothing is.
    Undecided,
}

impl DecisionOp {
    /// Which decision it is about.
    pub fn key(&self) -> u32 {
        match *self {
            DecisionOp::Propose { key, .. } | DecisionOp::Read { key } => key,
        }
    }

    /// What it proposes.
    pub fn value(&self) -> Option<u64> {
        match *self {
            DecisionOp::Propose { value, .. } => Some(value),
            DecisionOp::Read { .. } => None,
        }
    }
}

impl Service for Decisions {
    type Op = DecisionOp;
    type Reply = DecisionReply;
    type Client = DecisionClient;

    fn apply(&mut self, op: &DecisionOp) -> DecisionReply {
        match *op {
            DecisionOp::Propose { key, value } => {
                DecisionReply::Decided(*self.0.entry(key).or_insert(value))
            }
            DecisionOp::Read { key } => {
                self.0.get(&key).map_or(DecisionReply::Undecided, |v| DecisionReply::Decided(*v))
            }
        }
    }

    fn key(op: &DecisionOp) -> u64 {
        op.key().into()
    }

    fn is_read(op: &DecisionOp) -> bool {
        matches!(op, DecisionOp::Read { .. })
    }

    fn falsify(reply: &DecisionReply, rng: &mut Rng) -> DecisionReply {
        match reply {
            DecisionReply::Decided(value) => DecisionReply::Decided(value ^ (1 + rng.below(255))),
            DecisionReply::Undecided => DecisionReply::Decided(rng.bits() >> 1),
        }
    }

    fn show_op(op: &DecisionOp) -> String {
        match op {
            DecisionOp::Propose { key, value } => format!("propose {key} {value}"),
            DecisionOp::Read { key } => format!("read {key}"),
        }
    }

    fn show_reply(reply: &DecisionReply) -> String {
        match reply {
            DecisionReply::Decided(value) => value.to_string(),
            DecisionReply::Undecided => "undecided".into(),
        }
    }

    fn read_op(text: &str) -> Option<DecisionOp> {
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["propose", key, value] => {
                Some(DecisionOp::Propose { key: key.parse().ok()?, value: value.parse().ok()? })
            }
            ["read", key] => Some(DecisionOp::Read { key: key.parse().ok()? }),
            _ => None,
        }
    }
}

impl Model for Decisions {
    /// A proposal that was told another value came when that was decided already.
    fn inert(act: Act<'_, Self>) -> bool {
        match (act.op, act.reply) {
            (DecisionOp::Read { .. }, _) => true,
            (DecisionOp::Propose { value, .. }, Some(DecisionReply::Decided(decided))) => {
                value != decided
            }
            _ => false,
        }
    }
}

/// What clients of decisions ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DecisionLoad {
    /// How many clients propose for the same decisions, each a value of its own; 0 means all.
    pub rivals: u32,
    /// How many proposals there are for each so many reads, as a share.
    pub proposals: u32,
    /// The share of reads.
    pub reads: u32,
    /// Rivals that ask at an interval begin together, and so stay in step.
    pub in_step: bool,
}

impl Default for DecisionLoad {
    fn default() -> Self {
        DecisionLoad { rivals: 0, proposals: 2, reads: 1, in_step: false }
    }
}

/// A client that proposes for one decision after another, through any node, and reads what was decided.
pub type DecisionClient = Paced<DecisionWorkload>;

/// What a client of decisions asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct DecisionWorkload {
    load: DecisionLoad,
    index: u32,
    count: u32,
    proposed: u32,
}

impl Workload for DecisionWorkload {
    type Service = Decisions;
    type Load = DecisionLoad;

    fn loads() -> Vec<(&'static str, DecisionLoad)> {
        let only = |rivals| DecisionLoad { rivals, reads: 0, ..DecisionLoad::default() };
        vec![("decisions", DecisionLoad::default()), ("rivals", only(0)), ("alone", only(1))]
    }

    fn new(load: &DecisionLoad, index: u32, count: u32) -> DecisionWorkload {
        DecisionWorkload { load: load.clone(), index, count, proposed: 0 }
    }

    fn in_step(load: &DecisionLoad) -> bool {
        load.in_step
    }

    fn next(&mut self, ctx: &mut ClientContext<Decisions>) -> DecisionOp {
        self.draw(ctx)
    }

    fn sends(&self, _: &DecisionOp) -> Sends {
        Sends::Anywhere
    }
}

impl DecisionWorkload {
    /// The next decision of this client's group of rivals, or a look at that one or the one before it. Groups
    /// take turns in the sequence of decisions.
    fn draw(&mut self, ctx: &mut ClientContext<Decisions>) -> DecisionOp {
        let DecisionLoad { rivals, proposals, reads, .. } = self.load;
        let clients = self.count.max(1);
        let rivals = if rivals == 0 { clients } else { rivals.min(clients) };
        let (group, groups) = (self.index / rivals, clients.div_ceil(rivals));
        let shares = u64::from(proposals) + u64::from(reads);
        if ctx.rng().below(shares.max(1)) < u64::from(reads) {
            let back = (ctx.rng().below(2) as u32).min(self.proposed);
            return DecisionOp::Read { key: (self.proposed - back) * groups + group + 1 };
        }
        let key = self.proposed * groups + group + 1;
        self.proposed += 1;
        DecisionOp::Propose {
            key,
            value: u64::from((self.proposed - 1) * clients + self.index + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_read_what_they_show() {
        for op in [DecisionOp::Propose { key: 3, value: 7 }, DecisionOp::Read { key: 1 }] {
            assert_eq!(Decisions::read_op(&Decisions::show_op(&op)), Some(op));
        }
        for text in ["", "read", "propose 1", "propose 1 x", "read 1 2", "write 1 2"] {
            assert_eq!(Decisions::read_op(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_proposed_first_is_decided() {
        let mut decisions = Decisions::default();
        let mut apply = |text: &str| {
            Decisions::show_reply(&decisions.apply(&Decisions::read_op(text).unwrap()))
        };
        assert_eq!(apply("read 1"), "undecided");
        assert_eq!(apply("propose 1 5"), "5");
        assert_eq!(apply("propose 1 6"), "5");
        assert_eq!(apply("propose 2 6"), "6");
        assert_eq!(apply("read 1"), "5");
    }

    #[test]
    fn a_proposal_that_lost_changes_nothing() {
        let op = DecisionOp::Propose { key: 1, value: 6 };
        let inert = |reply: Option<&DecisionReply>| Decisions::inert(Act { op: &op, reply });
        assert!(inert(Some(&DecisionReply::Decided(5))));
        assert!(!inert(Some(&DecisionReply::Decided(6))) && !inert(None));
    }
}
