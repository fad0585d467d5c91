//! Passing messages round the ring, past those who are dead.
//!
//! Every message is acknowledged by its receiver. Who does not acknowledge in time is dead, and the next one gets the
//! message. Nothing is remembered of it: a node that comes back is found again at once, and each way round waits once
//! for each dead node.

use super::{Bug, Message, Ring, Timer, Token};
use serde::Serialize;
use sim_core::{Context, NodeId};

/// A message that was passed and is not acknowledged yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Passed {
    number: u64,
    token: Token,
    /// How many successors have had their chance.
    tried: usize,
}

/// What is not acknowledged yet, by the names of the timers that wait for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Outbox {
    last: u64,
    open: Vec<Option<Passed>>,
}

impl Outbox {
    /// Numbers go on where an earlier life cannot have been.
    pub fn new(ctx: &Context<Ring>) -> Outbox {
        Outbox { last: ctx.now().0, open: Vec::new() }
    }

    /// Puts a message in; the name of its timer.
    fn put(&mut self, token: Token) -> u32 {
        self.last += 1;
        let passed = Passed { number: self.last, token, tried: 0 };
        let free = self.open.iter().position(Option::is_none).unwrap_or_else(|| {
            self.open.push(None);
            self.open.len() - 1
        });
        self.open[free] = Some(passed);
        free as u32
    }

    fn acknowledged(&mut self, number: u64) -> Option<u32> {
        let is_it = |passed: &Option<Passed>| passed.as_ref().is_some_and(|p| p.number == number);
        let place = self.open.iter().position(is_it)?;
        self.open[place] = None;
        Some(place as u32)
    }
}

impl Ring {
    /// Passes something on to the next live node, this one hop further.
    pub(super) fn pass(&mut self, mut token: Token, ctx: &mut Context<Self>) {
        token.hops += 1;
        let place = self.outbox.put(token);
        self.try_next(place, ctx);
    }

    /// The next successor gets its chance. When all have had theirs, this node is alone, and its own successor; it
    /// takes as long as any, or what nobody stops would go round and round in no time.
    pub(super) fn try_next(&mut self, place: u32, ctx: &mut Context<Self>) {
        let slot = &mut self.outbox.open[place as usize];
        let Some(passed) = slot else { return };
        if passed.tried > 0 && self.bugs.on(Bug::RingDeadSuccessorNotSkipped) {
            *slot = None;
            return;
        }
        let (token, number) = (passed.token.clone(), passed.number);
        let Some(&to) = self.successors.get(passed.tried) else {
            *slot = None;
            return self.on_token(&token, ctx);
        };
        passed.tried += 1;
        if to != self.id {
            ctx.send(to, Message::Pass { token, number });
        }
        ctx.set_timer(Timer::Ack(place), self.config.answer);
    }

    pub(super) fn on_ack(&mut self, number: u64, ctx: &mut Context<Self>) {
        if let Some(place) = self.outbox.acknowledged(number) {
            ctx.cancel_timer(Timer::Ack(place));
        }
    }

    /// Whether this very message has come before: the network may double it.
    pub(super) fn is_known(&mut self, from: NodeId, number: u64) -> bool {
        let last = self.received.entry(from).or_default();
        let is_new = last.insert(number);
        if last.len() > REMEMBERED {
            last.pop_first();
        }
        !is_new
    }
}

/// As many messages of each neighbour are told from copies.
const REMEMBERED: usize = 64;
