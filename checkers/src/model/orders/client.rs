//! Who places orders, and asks about them.

use super::{EACH, Order, OrderOp, Orders, TIGHT};
use crate::client::{Paced, Sends, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::ClientContext;

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
pub type OrderClient = Paced<OrderWorkload>;

/// What a client of the shop asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct OrderWorkload {
    load: OrderLoad,
    index: u32,
    count: u32,
    placed: u32,
}

impl Workload for OrderWorkload {
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

    fn new(load: &OrderLoad, index: u32, count: u32) -> OrderWorkload {
        OrderWorkload { load: load.clone(), index, count, placed: 0 }
    }

    fn next(&mut self, ctx: &mut ClientContext<Orders>) -> OrderOp {
        self.draw(ctx)
    }

    fn sends(&self, _: &OrderOp) -> Sends {
        Sends::ToLeader
    }
}

impl OrderWorkload {
    /// The number of the `n`-th order that this client places, from 1.
    fn number(&self, n: u32) -> u64 {
        u64::from(n - 1) * u64::from(self.count.max(1)) + u64::from(self.index) + 1
    }

    fn draw(&mut self, ctx: &mut ClientContext<Orders>) -> OrderOp {
        let OrderLoad { good, tight, empty, poor, sold_out, unreachable, questions } = self.load;
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
