//! Orders: a shop of four services, each with its own data. An order is created, charged, reserved, shipped and
//! confirmed, or leaves no trace but its being cancelled.
//!
//! [`Orders`] is the data of all four; a service uses its part of it. As a service of its own it does an order as a
//! whole, alone: what a saga brings about in steps.

mod client;

pub use client::{OrderClient, OrderLoad};

use crate::model::{Judged, Model};
use serde::Serialize;
use sim_core::Service;
use std::collections::BTreeMap;

/// How many customers, articles and places there are. The first of each is the one with which no order succeeds: a
/// customer without money, an article that is sold out, a place to which nothing is shipped.
pub const EACH: usize = 9;
/// Customers and articles from this one on have little, so that orders compete for it.
pub const TIGHT: u32 = 5;
/// What one piece costs, whatever it is.
pub const PRICE: i64 = 20;
/// What a customer has who has much, and who has little.
const MONEY: [i64; 2] = [10_000_000, 240];
/// How many pieces there are of an article of which there are many, and of one of which there are few.
const PIECES: [i64; 2] = [1_000_000, 16];

/// How many services there are: orders, payments, stock and shipping.
pub const SERVICES: usize = 4;
/// The names of the steps, in order.
pub const STEPS: [&str; 5] = ["create", "charge", "reserve", "ship", "confirm"];

/// What an order asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Order {
    /// Its number.
    pub order: u64,
    /// Who pays.
    pub customer: u32,
    /// Which article.
    pub article: u32,
    /// How many pieces; an order of none cannot be created.
    pub pieces: u32,
    /// Where it is shipped to.
    pub place: u32,
}

impl Order {
    /// What it costs.
    pub fn price(&self) -> i64 {
        i64::from(self.pieces) * PRICE
    }
}

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum OrderOp {
    /// Do this order.
    Place(Order),
    /// What has become of this order?
    Status {
        /// Its number.
        order: u64,
    },
    /// How many pieces are there of this article?
    Stock {
        /// Which.
        article: u32,
    },
}

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Status {
    /// It is under way.
    Pending,
    /// It is paid and shipped.
    Confirmed,
    /// It was given up.
    Cancelled,
}

/// Why an order was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Rejection {
    /// It asks for nothing.
    Empty,
    /// The customer cannot pay.
    NoMoney,
    /// There are not enough pieces.
    SoldOut,
    /// Nothing is shipped there.
    NoWay,
    /// Another order was in the way.
    Busy,
    /// A service did not answer in time.
    Late,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum OrderReply {
    /// The order is confirmed.
    Completed,
    /// The order was given up, and whatever it had changed is as it was.
    Rejected {
        /// The step that was not done, from 1.
        step: u32,
        /// Why not.
        why: Rejection,
    },
    /// How an order stands; none when it is not known.
    Is(Option<Status>),
    /// How many pieces are free.
    Free(i64),
}

/// The data of the four services.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Orders {
    orders: BTreeMap<u64, (Status, Order)>,
    money: [i64; EACH],
    /// What customers have paid.
    till: i64,
    free: [i64; EACH],
    reserved: [i64; EACH],
    shipped: [i64; EACH],
}

impl Default for Orders {
    fn default() -> Self {
        let none = [0; EACH];
        let (money, free) = (stocked(MONEY), stocked(PIECES));
        Orders { orders: BTreeMap::new(), money, till: 0, free, reserved: none, shipped: none }
    }
}

/// Nothing of the first, much of those before the tight ones, little of those.
fn stocked([much, little]: [i64; 2]) -> [i64; EACH] {
    let mut list = [much; EACH];
    list[0] = 0;
    list[TIGHT as usize..].fill(little);
    list
}

impl Orders {
    /// Whether a step can be done, from 1: a question that changes nothing.
    pub fn allows(&self, order: &Order, step: u32) -> bool {
        match step {
            1 => order.pieces > 0,
            2 => self.money[order.customer as usize] >= order.price(),
            3 => self.free[order.article as usize] >= i64::from(order.pieces),
            4 => order.place > 0,
            _ => true,
        }
    }

    /// Does a step, from 1.
    pub fn execute(&mut self, order: &Order, step: u32) {
        let (article, pieces) = (order.article as usize, i64::from(order.pieces));
        match step {
            1 => self.note(order, Status::Pending),
            2 => self.pay(order, order.price()),
            3 => self.reserve(article, pieces),
            4 => self.shipped[article] += pieces,
            _ => self.note(order, Status::Confirmed),
        }
    }

    /// Undoes a step that can be undone: one of the first three.
    pub fn compensate(&mut self, order: &Order, step: u32) {
        match step {
            1 => self.note(order, Status::Cancelled),
            2 => self.pay(order, -order.price()),
            _ => self.reserve(order.article as usize, -i64::from(order.pieces)),
        }
    }

    fn note(&mut self, order: &Order, status: Status) {
        self.orders.insert(order.order, (status, *order));
    }

    fn pay(&mut self, order: &Order, price: i64) {
        self.money[order.customer as usize] -= price;
        self.till += price;
    }

    fn reserve(&mut self, article: usize, pieces: i64) {
        self.free[article] -= pieces;
        self.reserved[article] += pieces;
    }

    /// What a question is answered with.
    ///
    /// # Panics
    ///
    /// Never: an order is not a question, and is answered as one that nobody knows.
    pub fn look(&self, op: &OrderOp) -> OrderReply {
        match *op {
            OrderOp::Stock { article } => OrderReply::Free(self.free[article as usize]),
            OrderOp::Status { order } | OrderOp::Place(Order { order, .. }) => {
                OrderReply::Is(self.orders.get(&order).map(|(status, _)| *status))
            }
        }
    }

    /// Why a step was not done.
    pub fn rejection(step: u32) -> Rejection {
        match step {
            1 => Rejection::Empty,
            2 => Rejection::NoMoney,
            3 => Rejection::SoldOut,
            _ => Rejection::NoWay,
        }
    }

    /// What is below nothing, in words.
    pub fn shortage(&self) -> Option<String> {
        let below = |list: &[i64; EACH]| list.iter().position(|n| *n < 0);
        let of = |what: &str, list: &[i64; EACH]| {
            below(list).map(|which| format!("{what} {which}: {}", list[which]))
        };
        of("money of customer", &self.money)
            .or_else(|| of("free pieces of article", &self.free))
            .or_else(|| of("reserved pieces of article", &self.reserved))
            .or_else(|| (self.till < 0).then(|| format!("the till: {}", self.till)))
    }

    /// What does not add up when no order is under way, in words, given what each of the services has.
    pub fn imbalance([orders, payments, stock, shipping]: [&Orders; 4]) -> Option<String> {
        let all = orders.orders.values();
        if let Some((_, open)) = all.clone().find(|(status, _)| *status == Status::Pending) {
            return Some(format!("order {} is neither confirmed nor cancelled", open.order));
        }
        let confirmed = || all.clone().filter(|(status, _)| *status == Status::Confirmed);
        let due: i64 = confirmed().map(|(_, order)| order.price()).sum();
        if payments.till != due {
            return Some(format!("{} are paid for orders of {due}", payments.till));
        }
        let money: i64 = payments.money.iter().sum();
        let had: i64 = stocked(MONEY).iter().sum();
        if money + payments.till != had {
            return Some(format!("of the money, {had}, {} are left", money + payments.till));
        }
        (0..EACH).find_map(|article| {
            let (free, reserved) = (stock.free[article], stock.reserved[article]);
            let (had, shipped) = (stocked(PIECES)[article], shipping.shipped[article]);
            let ordered = confirmed().filter(|(_, order)| order.article as usize == article);
            let ordered: i64 = ordered.map(|(_, order)| i64::from(order.pieces)).sum();
            let adds_up = free + reserved == had && reserved == shipped && shipped == ordered;
            (!adds_up).then(|| {
                format!(
                    "article {article}: {had} pieces, {free} free, {reserved} reserved, {shipped} shipped, \
                     {ordered} ordered"
                )
            })
        })
    }
}

impl Service for Orders {
    type Op = OrderOp;
    type Reply = OrderReply;
    type Client = OrderClient;

    fn apply(&mut self, op: &OrderOp) -> OrderReply {
        let OrderOp::Place(order) = op else { return self.look(op) };
        for step in 1..=STEPS.len() as u32 {
            if !self.allows(order, step) {
                (1..step).rev().for_each(|done| self.compensate(order, done));
                return OrderReply::Rejected { step, why: Orders::rejection(step) };
            }
            self.execute(order, step);
        }
        OrderReply::Completed
    }

    fn is_read(op: &OrderOp) -> bool {
        !matches!(op, OrderOp::Place(_))
    }

    fn show_op(op: &OrderOp) -> String {
        match op {
            OrderOp::Place(Order { order, customer, article, pieces, place }) => {
                format!("place {order} by {customer} for {pieces} of {article} to {place}")
            }
            OrderOp::Status { order } => format!("status {order}"),
            OrderOp::Stock { article } => format!("stock {article}"),
        }
    }

    fn show_reply(reply: &OrderReply) -> String {
        match reply {
            OrderReply::Completed => "completed".into(),
            OrderReply::Rejected { step, why } => {
                let name = STEPS.get(*step as usize - 1).copied().unwrap_or("unknown");
                format!("rejected, cannot {name}: {why:?}")
            }
            OrderReply::Is(None) => "unknown".into(),
            OrderReply::Is(Some(status)) => format!("{status:?}").to_lowercase(),
            OrderReply::Free(pieces) => format!("{pieces} free"),
        }
    }

    fn read_op(text: &str) -> Option<OrderOp> {
        let number = |word: &str| word.parse().ok();
        let one_of = |word: &str| number(word).filter(|n| (*n as usize) < EACH);
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["place", order, "by", customer, "for", pieces, "of", article, "to", place] => {
                Some(OrderOp::Place(Order {
                    order: order.parse().ok()?,
                    customer: one_of(customer)?,
                    article: one_of(article)?,
                    pieces: number(pieces)?,
                    place: one_of(place)?,
                }))
            }
            ["status", order] => Some(OrderOp::Status { order: order.parse().ok()? }),
            ["stock", article] => Some(OrderOp::Stock { article: one_of(article)? }),
            _ => None,
        }
    }
}

/// Whoever asks about an order that is under way is told so: the services answer what they know.
impl Model for Orders {
    fn judged() -> Judged<Orders> {
        Judged::Beliefs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(orders: &mut Orders, text: &str) -> String {
        Orders::show_reply(&orders.apply(&Orders::read_op(text).unwrap()))
    }

    #[test]
    fn operations_read_what_they_show() {
        for text in ["place 7 by 1 for 3 of 2 to 4", "status 7", "stock 2"] {
            assert_eq!(Orders::show_op(&Orders::read_op(text).unwrap()), text);
        }
        for text in ["", "place 7", "place 7 by 99 for 3 of 2 to 4", "stock 9", "status x"] {
            assert_eq!(Orders::read_op(text), None, "{text}");
        }
    }

    #[test]
    fn an_order_that_fails_leaves_nothing_but_its_being_cancelled() {
        let mut orders = Orders::default();
        let failing = [
            ("place 1 by 1 for 0 of 1 to 1", "rejected, cannot create: Empty"),
            ("place 2 by 0 for 1 of 1 to 1", "rejected, cannot charge: NoMoney"),
            ("place 3 by 1 for 1 of 0 to 1", "rejected, cannot reserve: SoldOut"),
            ("place 4 by 1 for 1 of 1 to 0", "rejected, cannot ship: NoWay"),
        ];
        for (text, reply) in failing {
            assert_eq!(apply(&mut orders, text), reply);
        }
        let fresh = Orders { orders: orders.orders.clone(), ..Orders::default() };
        assert_eq!(orders, fresh);
        assert_eq!(Orders::imbalance([&orders; 4]), None);
        assert_eq!(apply(&mut orders, "status 4"), "cancelled");
        assert_eq!(apply(&mut orders, "status 1"), "unknown");
    }

    #[test]
    fn a_completed_order_is_paid_and_shipped() {
        let mut orders = Orders::default();
        assert_eq!(apply(&mut orders, "place 1 by 5 for 12 of 5 to 1"), "completed");
        assert_eq!(apply(&mut orders, "stock 5"), "4 free");
        assert_eq!(apply(&mut orders, "status 1"), "confirmed");
        assert_eq!(
            apply(&mut orders, "place 2 by 5 for 1 of 5 to 1"),
            "rejected, cannot charge: NoMoney"
        );
        assert_eq!(
            apply(&mut orders, "place 3 by 6 for 5 of 5 to 1"),
            "rejected, cannot reserve: SoldOut"
        );
        assert_eq!(Orders::imbalance([&orders; 4]), None);
        assert_eq!(orders.shortage(), None);
    }

    #[test]
    fn what_does_not_add_up_is_told() {
        let order = Order { order: 1, customer: 1, article: 1, pieces: 2, place: 1 };
        let mut orders = Orders::default();
        orders.execute(&order, 1);
        assert!(Orders::imbalance([&orders; 4]).unwrap().contains("neither"));
        orders.execute(&order, 5);
        assert!(Orders::imbalance([&orders; 4]).unwrap().contains("0 are paid for orders of 40"));
        orders.execute(&order, 2);
        orders.execute(&order, 3);
        assert!(Orders::imbalance([&orders; 4]).unwrap().contains("2 reserved, 0 shipped"));
        orders.compensate(&order, 2);
        orders.compensate(&order, 2);
        assert!(orders.shortage().unwrap().contains("till"));
    }
}
