//! The client of a key-value store: what it asks for, and when. How its requests fare is its
//! [`Caller`]'s business.

use crate::client::{Agenda, Caller, Ended, Patience, Sends};
use crate::model::kv::{Kv, KvLoad, KvOp, KvReply, MEMBERS, Recipe};
use serde::Serialize;
use sim_core::{
    Answer, Chance, Client, ClientContext, ClientSettings, Ending, Fact, NodeId, NodeSet,
    RequestId, Span, SpanRange, Time,
};
use std::collections::BTreeMap;

/// A client of a key-value store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct KvClient {
    settings: ClientSettings<KvLoad>,
    index: u32,
    count: u32,
    caller: Caller<Kv>,
    invoked: u32,
    /// What the client last knew a key to hold, when that was one number: what its swaps expect.
    known: BTreeMap<u32, u64>,
    debit: Debit,
    /// What is asked instead of what the load draws.
    agenda: Option<Agenda<Kv>>,
}

/// How far a withdrawal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
enum Debit {
    /// The balance is to be read.
    Look,
    /// The account is to be opened, because it was found absent.
    Open,
    /// This balance is to be swapped for what is left of it.
    Swap(u64),
    /// It is over, one way or the other.
    Over,
}

/// The timer of the next invocation. Timers below are the caller's.
const NEXT: u32 = u32::MAX;

impl Client for KvClient {
    type Service = Kv;
    type Load = KvLoad;

    fn loads() -> Vec<(&'static str, KvLoad)> {
        KvLoad::named()
    }

    fn changes_members(load: &KvLoad) -> bool {
        load.reconfigure != Chance::NEVER
    }

    fn new(settings: &ClientSettings<KvLoad>, index: u32, count: u32) -> KvClient {
        let mut patience = Patience::of(settings);
        patience.retry_as_new = settings.load.retry_as_new;
        KvClient {
            settings: settings.alone(),
            index,
            count,
            caller: Caller::new(patience),
            invoked: 0,
            known: BTreeMap::new(),
            debit: Debit::Look,
            agenda: Agenda::of(settings, index),
        }
    }

    /// The first request comes after a part of the first pause, so that clients do not ask in step.
    fn start(&mut self, ctx: &mut ClientContext<Kv>) {
        if let Some(agenda) = &mut self.agenda {
            agenda.start(ctx);
            return self.wait_for_next(ctx);
        }
        let pause = self.settings.interval.unwrap_or(self.settings.think.to);
        let after = SpanRange { from: Span(0), to: pause }.draw(ctx.rng());
        ctx.set_timer(NEXT, after);
    }

    fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<KvReply>,
        ctx: &mut ClientContext<Kv>,
    ) {
        if let Some(ended) = self.caller.on_answer(from, id, answer, ctx) {
            self.on_end(ended, ctx);
        }
    }

    fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<Kv>) {
        if timer == NEXT {
            self.invoke(ctx);
            if let Some(interval) = self.settings.interval {
                self.next_after(interval, ctx);
            }
        } else if let Some(ended) = self.caller.on_timer(timer, ctx) {
            self.on_end(ended, ctx);
        }
    }
}

impl KvClient {
    /// Whether it will ask for nothing more.
    fn is_over(&self, now: Time) -> bool {
        let operations = self.settings.operations;
        (operations != 0 && self.invoked >= operations)
            || now > self.settings.until
            || self.debit == Debit::Over
    }

    fn next_after(&mut self, pause: Span, ctx: &mut ClientContext<Kv>) {
        if self.agenda.is_some() {
            return self.wait_for_next(ctx);
        }
        if !self.is_over(ctx.now() + pause) {
            ctx.set_timer(NEXT, pause);
        }
    }

    /// Whether a client that makes no pause goes on at once: to a timer of no time, others would come first.
    fn is_next_due(&self, now: Time) -> bool {
        let due = |agenda: &Agenda<Kv>| agenda.wait(now) == Some(Span::ZERO);
        self.agenda.as_ref().is_none_or(due)
    }

    /// Sets the timer for what is written out next.
    fn wait_for_next(&self, ctx: &mut ClientContext<Kv>) {
        if let Some(wait) = self.agenda.as_ref().and_then(|agenda| agenda.wait(ctx.now())) {
            ctx.set_timer(NEXT, wait);
        }
    }

    /// Invokes what is written out next.
    fn invoke_written(&mut self, ctx: &mut ClientContext<Kv>) {
        let op = self.agenda.as_mut().and_then(|agenda| agenda.take(ctx));
        let Some(op) = op else { return };
        self.debit = match op {
            KvOp::Cas { expect: None, .. } => Debit::Open,
            KvOp::Cas { expect: Some(balance), .. } => Debit::Swap(balance),
            _ => Debit::Look,
        };
        self.call(op, ctx);
    }

    fn invoke(&mut self, ctx: &mut ClientContext<Kv>) {
        if self.agenda.is_some() {
            return self.invoke_written(ctx);
        }
        // One who withdraws must know what came of one step before the next, at whatever pace.
        let waits = self.settings.load.recipe == Recipe::Debits && !self.caller.is_idle();
        if self.is_over(ctx.now()) || waits {
            return;
        }
        let op = match self.settings.load.recipe {
            Recipe::Mixed => self.draw(ctx),
            Recipe::Debits => self.debit_step(),
        };
        self.invoked += 1;
        self.call(op, ctx);
    }

    fn call(&mut self, op: KvOp, ctx: &mut ClientContext<Kv>) {
        let sends = match op {
            KvOp::Get { .. } => self.settings.load.reads.into(),
            _ => Sends::ToLeader,
        };
        self.caller.call(op, sends, ctx);
    }

    fn on_end(&mut self, ended: Ended<Kv>, ctx: &mut ClientContext<Kv>) {
        match self.settings.load.recipe {
            Recipe::Mixed => self.learn(&ended),
            Recipe::Debits => self.debit_ended(&ended, ctx),
        }
        if self.settings.interval.is_none() {
            let pause = self.settings.think.draw(ctx.rng());
            match pause {
                Span::ZERO if self.is_next_due(ctx.now()) => self.invoke(ctx),
                pause => self.next_after(pause, ctx),
            }
        }
    }

    /// An operation by the shares of the load. Its number is this client's own, and small for people's sake.
    fn draw(&mut self, ctx: &mut ClientContext<Kv>) -> KvOp {
        let load = &self.settings.load;
        if load.reconfigure != Chance::NEVER && ctx.rng().chance(load.reconfigure) {
            return draw_members(load.members, ctx);
        }
        let key = ctx.rng().below(load.keys.max(1).into()) as u32;
        let number = u64::from(self.invoked) * u64::from(self.count.max(1));
        let value = number + u64::from(self.index) + 1;
        let shares = [load.gets, load.puts, load.appends, load.cas].map(u64::from);
        let mut drawn = ctx.rng().below(shares.iter().sum());
        let choice = shares.iter().position(|share| {
            let here = drawn < *share;
            drawn = drawn.saturating_sub(*share);
            here
        });
        match choice {
            Some(1) => KvOp::Put { key, value },
            Some(2) => KvOp::Append { key, value },
            Some(3) => KvOp::Cas { key, expect: self.known.get(&key).copied(), new: value },
            _ => KvOp::Get { key },
        }
    }

    fn learn(&mut self, ended: &Ended<Kv>) {
        let held = match (&ended.ending, ended.op) {
            (Ending::Ok(KvReply::Value(value)), _) => match value.as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            (Ending::Ok(KvReply::Done), KvOp::Put { value, .. }) => Some(value),
            (Ending::Ok(KvReply::Swapped(true)), KvOp::Cas { new, .. }) => Some(new),
            _ => None,
        };
        match held {
            Some(held) => self.known.insert(ended.op.key(), held),
            None => self.known.remove(&ended.op.key()),
        };
    }

    /// What this client withdraws.
    fn amount(&self) -> u64 {
        let debits = &self.settings.load.debits;
        debits.get(self.index as usize % debits.len().max(1)).copied().unwrap_or(0)
    }

    fn debit_step(&self) -> KvOp {
        let key = self.settings.load.account;
        match self.debit {
            Debit::Look | Debit::Over => KvOp::Get { key },
            Debit::Open => KvOp::Cas { key, expect: None, new: self.settings.load.opening },
            Debit::Swap(balance) => {
                let left = balance.saturating_sub(self.amount());
                KvOp::Cas { key, expect: Some(balance), new: left }
            }
        }
    }

    fn debit_ended(&mut self, ended: &Ended<Kv>, ctx: &mut ClientContext<Kv>) {
        let KvLoad { account, opening, .. } = self.settings.load;
        let amount = self.amount();
        self.debit = match (self.debit, &ended.ending) {
            (Debit::Look, Ending::Ok(KvReply::Value(value))) => match value.last() {
                None => Debit::Open,
                Some(balance) if *balance >= amount => Debit::Swap(*balance),
                Some(_) => Debit::Over,
            },
            (Debit::Swap(_), Ending::Ok(KvReply::Swapped(true))) => {
                ctx.claim(Fact::Pays { account: account.into(), amount, opening });
                Debit::Over
            }
            // It may have been withdrawn. To try again might be to withdraw twice.
            (Debit::Swap(_), Ending::Unknown) => Debit::Over,
            _ => Debit::Look,
        };
    }
}

/// Other members, so many of them or any number; in one of three cases, the question who they are.
fn draw_members(count: u32, ctx: &mut ClientContext<Kv>) -> KvOp {
    let nodes = ctx.nodes().min(NodeSet::ROOM);
    let (asks, any) = (ctx.rng().below(3) == 0, ctx.rng().below(nodes.into()) as u32 + 1);
    if asks {
        return KvOp::Get { key: MEMBERS };
    }
    let count = if count == 0 { any } else { count.min(nodes) };
    let all: Vec<u32> = (0..nodes).collect();
    let chosen = ctx.rng().choose(&all, count as usize);
    KvOp::Members { nodes: chosen.into_iter().map(NodeId).collect() }
}
