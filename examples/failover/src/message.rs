//! What nodes tell each other, and what they write down.

use serde::Serialize;
use splitbrain::prelude::*;
use std::collections::BTreeMap;

/// All that there is to know: the store, and how new it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Copy {
    /// The epoch of the primary that made it.
    pub epoch: u64,
    /// How many changes led to it.
    pub version: u64,
    store: Kv,
    /// The last request of each client, with its answer: a request may come twice.
    answers: BTreeMap<NodeId, (u32, KvReply)>,
}

impl Copy {
    /// Does a request, unless it was done before. None when a later one of the same client was.
    pub fn execute(&mut self, request: &Request<Kv>) -> Option<KvReply> {
        let RequestId { client, number } = request.id;
        match self.answers.get(&client) {
            Some((last, _)) if *last > number => None,
            Some((last, answer)) if *last == number => Some(answer.clone()),
            _ => {
                let answer = self.store.apply(&request.op);
                self.answers.insert(client, (number, answer.clone()));
                self.version += 1;
                Some(answer)
            }
        }
    }

    /// Answers what changes nothing.
    pub fn read(&self, op: &KvOp) -> KvReply {
        self.store.clone().apply(op)
    }
}

/// What nodes tell each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// I would like to be the primary of this epoch.
    Claim {
        /// Which.
        epoch: u64,
    },
    /// You may. I heed no older primary from now on; this is what I have.
    Grant {
        /// Which.
        epoch: u64,
        /// All of it.
        copy: Copy,
    },
    /// I am the primary of this copy's epoch: keep it.
    Keep {
        /// All of it.
        copy: Copy,
    },
    /// It is on my disk.
    Kept {
        /// The copy's epoch.
        epoch: u64,
        /// The copy's version.
        version: u64,
    },
}

/// What a node must not forget.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Record {
    /// The newest epoch that it has granted.
    pub granted: u64,
    /// What it keeps.
    pub copy: Copy,
}
