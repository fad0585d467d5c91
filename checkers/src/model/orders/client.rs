//! Who places orders, and asks about them.

use super::{EACH, Order, OrderOp, OrderReply, Orders, TIGHT};
use crate::client::{Caller, Patience, Sends};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Answer, Client, ClientContext, ClientSettings, NodeId, RequestId, Span, SpanRange};

/// What clients of the shop ask for, as shares of all that they ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OrderLoad {
    /// Orders that nothing is wrong with.
    pub good: u32,
    /// Orders by customers who have little money, for articles of which there are few.
    pub tight: u32,
    /// Orders that cannot be created: for no pieces.
    pub empty: u32,
    /// Orders that cannot be charged: by a customer without money.
    pub poor: u32,
    /// Orders that cannot be reserved: for an article that is sold out.
    pub sold_out: u32,
    /// Orders that cannot be shipped.
    pub unreachable: u32,
    /// Questions: what became of an order, and how many pieces are left.
    pub questions: u32,
}

impl Default for OrderLoad {
    fn default() -> Self {
        OrderLoad {
            good: 8,
            tight: 4,
            empty: 1,
            poor: 2,
            sold_out: 2,
            unreachable: 3,
            questions: 4,
        }
    }
}

/// A client that places orders, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct OrderClient {
    settings: ClientSettings<OrderLoad>,
    index: u32,
    count: u32,
    caller: Caller<Orders>,
    invoked: u32,
    placed: u32,
}

/// The timer of the next invocation. Timers below are the caller's.
const NEXT: u32 = u32::MAX;

impl Client for OrderClient {
    type Service = Orders;
    type Load = OrderLoad;

    fn loads() -> Vec<(&'static str, OrderLoad)> {
        let none = OrderLoad {
            good: 0,
            tight: 0,
            empty: 0,
            poor: 0,
            sold_out: 0,
            unreachable: 0,
            questions: 0,
        };
        vec![
            ("orders", OrderLoad::default()),
            ("good-orders", OrderLoad { good: 1, ..none.clone() }),
            ("uncreatable-orders", OrderLoad { empty: 1, ..none.clone() }),
            ("unpaid-orders", OrderLoad { poor: 1, ..none.clone() }),
            ("sold-out-orders", OrderLoad { sold_out: 1, ..none.clone() }),
            ("unshippable-orders", OrderLoad { unreachable: 1, ..none }),
        ]
    }

    fn new(settings: &ClientSettings<OrderLoad>, index: u32, count: u32) -> OrderClient {
        let caller = Caller::new(Patience::of(settings));
        let settings = settings.clone();
        OrderClient { settings, index, count, caller, invoked: 0, placed: 0 }
    }

    /// The first request comes after a part of the first pause, so that clients do not ask in step.
    fn start(&mut self, ctx: &mut ClientContext<Orders>) {
        let pause = self.settings.interval.unwrap_or(self.settings.think.to);
        let after = SpanRange { from: Span::ZERO, to: pause }.draw(ctx.rng());
        ctx.set_timer(NEXT, after);
    }

    fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<OrderReply>,
        ctx: &mut ClientContext<Orders>,
    ) {
        if self.caller.on_answer(from, id, answer, ctx).is_some() {
            self.on_end(ctx);
        }
    }

    fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<Orders>) {
        if timer == NEXT {
            self.invoked += 1;
            let op = self.draw(ctx);
            self.caller.call(op, Sends::ToLeader, ctx);
            if let Some(interval) = self.settings.interval {
                self.next_after(interval, ctx);
            }
        } else if self.caller.on_timer(timer, ctx).is_some() {
            self.on_end(ctx);
        }
    }
}

impl OrderClient {
    fn next_after(&self, pause: Span, ctx: &mut ClientContext<Orders>) {
        let ClientSettings { operations, until, .. } = self.settings;
        let is_over = (operations != 0 && self.invoked >= operations) || ctx.now() + pause > until;
        if !is_over {
            ctx.set_timer(NEXT, pause);
        }
    }

    fn on_end(&mut self, ctx: &mut ClientContext<Orders>) {
        if self.settings.interval.is_none() {
            let pause = self.settings.think.draw(ctx.rng()).max(Span::micros(1));
            self.next_after(pause, ctx);
        }
    }

    /// The number of the `n`-th order that this client places, from 1.
    fn number(&self, n: u32) -> u64 {
        u64::from(n - 1) * u64::from(self.count.max(1)) + u64::from(self.index) + 1
    }

    fn draw(&mut self, ctx: &mut ClientContext<Orders>) -> OrderOp {
        let OrderLoad { good, tight, empty, poor, sold_out, unreachable, questions } =
            self.settings.load;
        let shares = [good, tight, empty, poor, sold_out, unreachable, questions];
        let all: u64 = shares.iter().map(|share| u64::from(*share)).sum();
        let mut drawn = ctx.rng().below(all.max(1));
        let kind = shares.iter().position(|share| match drawn.checked_sub(u64::from(*share)) {
            None => true,
            Some(left) => {
                drawn = left;
                false
            }
        });
        if kind == Some(6) {
            return self.question(ctx);
        }
        let mut among = |from: u32, to: u32| from + ctx.rng().below(u64::from(to - from)) as u32;
        let [customer, article, place] = [among(1, TIGHT), among(1, TIGHT), among(1, EACH as u32)];
        let pieces = among(1, 6);
        self.placed += 1;
        let order = self.number(self.placed);
        let good = Order { order, customer, article, pieces, place };
        OrderOp::Place(match kind {
            Some(1) => Order {
                customer: among(TIGHT, EACH as u32),
                article: among(TIGHT, EACH as u32),
                ..good
            },
            Some(2) => Order { pieces: 0, ..good },
            Some(3) => Order { customer: 0, ..good },
            Some(4) => Order { article: 0, ..good },
            Some(5) => Order { place: 0, ..good },
            _ => good,
        })
    }

    /// About an own order, or about an article that others buy as well.
    fn question(&mut self, ctx: &mut ClientContext<Orders>) -> OrderOp {
        if self.placed > 0 && ctx.rng().below(2) == 0 {
            let back = ctx.rng().below(2).min(u64::from(self.placed) - 1) as u32;
            return OrderOp::Status { order: self.number(self.placed - back) };
        }
        OrderOp::Stock { article: ctx.rng().below(EACH as u64) as u32 }
    }
}
