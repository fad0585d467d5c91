//! A register with compare-and-swap, as Jepsen's tests of many stores use it: at first nothing.

use crate::client::Silent;
use crate::model::{Access, Act, Model};
use serde::Serialize;
use sim_core::Service;

/// The register's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct CasRegister(pub Option<i64>);

/// What the register is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum CasOp {
    /// What does it hold?
    Read,
    /// Let it hold this.
    Write(i64),
    /// If it holds the first, let it hold the second.
    Cas(i64, i64),
}

/// What the register answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum CasReply {
    /// What it holds.
    Value(Option<i64>),
    /// It is written.
    Done,
    /// Whether it held what was expected, and so was written.
    Swapped(bool),
}

impl Service for CasRegister {
    type Op = CasOp;
    type Reply = CasReply;
    type Client = Silent<CasRegister>;

    fn apply(&mut self, op: &CasOp) -> CasReply {
        match *op {
            CasOp::Read => CasReply::Value(self.0),
            CasOp::Write(value) => {
                self.0 = Some(value);
                CasReply::Done
            }
            CasOp::Cas(expect, new) => {
                let swaps = self.0 == Some(expect);
                if swaps {
                    self.0 = Some(new);
                }
                CasReply::Swapped(swaps)
            }
        }
    }

    fn is_read(op: &CasOp) -> bool {
        *op == CasOp::Read
    }

    fn show_op(op: &CasOp) -> String {
        match op {
            CasOp::Read => "read".into(),
            CasOp::Write(value) => format!("write {value}"),
            CasOp::Cas(expect, new) => format!("cas {expect} {new}"),
        }
    }

    fn show_reply(reply: &CasReply) -> String {
        match reply {
            CasReply::Value(Some(value)) => value.to_string(),
            CasReply::Value(None) => "nil".into(),
            CasReply::Done => "done".into(),
            CasReply::Swapped(swapped) => swapped.to_string(),
        }
    }

    fn read_op(text: &str) -> Option<CasOp> {
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["read"] => Some(CasOp::Read),
            ["write", value] => Some(CasOp::Write(value.parse().ok()?)),
            ["cas", expect, new] => Some(CasOp::Cas(expect.parse().ok()?, new.parse().ok()?)),
            _ => None,
        }
    }
}

impl Model for CasRegister {
    fn access(op: &CasOp) -> Access<CasReply> {
        match *op {
            CasOp::Read => Access::Read,
            CasOp::Write(value) => Access::Write(CasReply::Value(Some(value))),
            CasOp::Cas(_, new) => Access::MayWrite(CasReply::Value(Some(new))),
        }
    }

    fn inert(act: Act<'_, Self>) -> bool {
        Self::is_read(act.op) || act.reply == Some(&CasReply::Swapped(false))
    }
}
