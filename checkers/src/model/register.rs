//! A register: one value that is read and written, at first nothing.

use crate::client::Silent;
use crate::model::{Access, Model};
use serde::Serialize;
use sim_core::Service;

/// The register's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Register(pub Option<u64>);

/// What a register is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum RegisterOp {
    /// What does it hold?
    Read,
    /// Let it hold this.
    Write(u64),
}

/// What a register answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum RegisterReply {
    /// What it holds.
    Value(Option<u64>),
    /// It is written.
    Done,
}

impl Service for Register {
    type Op = RegisterOp;
    type Reply = RegisterReply;
    type Client = Silent<Register>;

    fn apply(&mut self, op: &RegisterOp) -> RegisterReply {
        match op {
            RegisterOp::Read => RegisterReply::Value(self.0),
            RegisterOp::Write(value) => {
                self.0 = Some(*value);
                RegisterReply::Done
            }
        }
    }

    fn is_read(op: &RegisterOp) -> bool {
        *op == RegisterOp::Read
    }

    fn show_op(op: &RegisterOp) -> String {
        match op {
            RegisterOp::Read => "read".into(),
            RegisterOp::Write(value) => format!("write {value}"),
        }
    }

    fn show_reply(reply: &RegisterReply) -> String {
        match reply {
            RegisterReply::Value(Some(value)) => value.to_string(),
            RegisterReply::Value(None) => "nil".into(),
            RegisterReply::Done => "done".into(),
        }
    }

    fn read_op(text: &str) -> Option<RegisterOp> {
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["read"] => Some(RegisterOp::Read),
            ["write", value] => Some(RegisterOp::Write(value.parse().ok()?)),
            _ => None,
        }
    }
}

impl Model for Register {
    fn access(op: &RegisterOp) -> Access<RegisterReply> {
        match op {
            RegisterOp::Read => Access::Read,
            RegisterOp::Write(value) => Access::Write(RegisterReply::Value(Some(*value))),
        }
    }
}
