//! Reads without a slot, by the crate's ReadIndex (Ongaro's thesis, section 6.4).
//!
//! A node asks the crate for an index, at which the leader was still the leader when it was asked, and serves the read
//! when it has applied that much. A follower's crate asks the leader's. What is asked while there is no leader, or
//! of one that has committed nothing in its term, the crate drops without a word: the client comes again.

use crate::bugs::Bug;
use crate::node::TikvRaft;
use raft::{ReadState, StateRole};
use serde::Serialize;
use splitbrain::prelude::*;
use splitbrain::sim_core::fact::ReadPath;
use std::collections::BTreeMap;

/// The reads that a node has not served.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Pending {
    /// Names this life: an index for a read of an earlier one would be out of date.
    life: u64,
    next: u64,
    open: BTreeMap<u64, Read>,
}

/// A read: when it was asked, and from which index on it can be served, once that is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Read {
    request: Request<Kv>,
    asked: Time,
    index: Option<u64>,
}

impl Pending {
    /// None yet, in a life that has this name.
    pub fn new(life: u64) -> Pending {
        Pending { life, next: 0, open: BTreeMap::new() }
    }

    /// What the crate knows a read by.
    fn name(&self, ticket: u64) -> Vec<u8> {
        [self.life.to_le_bytes(), ticket.to_le_bytes()].concat()
    }

    fn ticket(&self, name: &[u8]) -> Option<u64> {
        let (words, _) = name.as_chunks::<8>();
        let &[life, ticket] = words else { return None };
        (u64::from_le_bytes(life) == self.life).then(|| u64::from_le_bytes(ticket))
    }
}

impl TikvRaft {
    /// A client reads.
    pub(crate) fn on_read(&mut self, request: &Request<Kv>, ctx: &mut Context<Self>) {
        let raft = &self.engine.raft;
        let is_deaf = raft.state == StateRole::Leader && !raft.commit_to_current_term();
        if self.leader().is_none() || is_deaf {
            return ctx.refuse(request.id, None);
        }
        let (now, patience) = (ctx.now(), self.config.election_timeout());
        self.reads.open.retain(|_, read| now - read.asked <= patience);
        let ticket = self.reads.next;
        self.reads.next += 1;
        let read = Read { request: request.clone(), asked: now, index: None };
        self.reads.open.insert(ticket, read);
        self.engine.read_index(self.reads.name(ticket));
        self.drive(ctx);
    }

    /// The crate has found indices for some.
    pub(crate) fn grant_reads(&mut self, granted: Vec<ReadState>, ctx: &mut Context<Self>) {
        for state in granted {
            let ticket = self.reads.ticket(&state.request_ctx);
            if let Some(read) = ticket.and_then(|ticket| self.reads.open.get_mut(&ticket)) {
                let is_hasty = self.config.has(Bug::ReadBeforeApplied);
                read.index = Some(if is_hasty { 0 } else { state.index });
            }
        }
        self.serve_reads(ctx);
    }

    /// Serves those for which enough has been applied.
    pub(crate) fn serve_reads(&mut self, ctx: &mut Context<Self>) {
        let applied = self.applied;
        let by = match self.engine.raft.state {
            StateRole::Leader => ReadPath::ReadIndex,
            _ => ReadPath::FollowerReadIndex,
        };
        let at_hand = |read: &Read| read.index.is_some_and(|index| index <= applied);
        while let Some(ticket) =
            self.reads.open.iter().find(|(_, read)| at_hand(read)).map(|r| *r.0)
        {
            let Some(read) = self.reads.open.remove(&ticket) else { break };
            ctx.claim(Fact::Reads { by });
            ctx.reply(read.request.id, self.replica.service.apply(&read.request.op));
        }
    }

    /// The term or the role is another: the crate has forgotten what it was asked.
    pub(crate) fn give_up_reads(&mut self, ctx: &mut Context<Self>) {
        let leader = self.leader().filter(|leader| *leader != ctx.id());
        for read in std::mem::take(&mut self.reads.open).into_values() {
            ctx.refuse(read.request.id, leader);
        }
    }
}
