//! What a saga does: the steps of an operation, and the services that do them.

use checkers::Model;
use checkers::model::orders::{self, OrderOp, OrderReply, Orders, Rejection};
use serde::Serialize;
use smallvec::SmallVec;

/// What may become of a step (Richardson, "Microservices Patterns", section 4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It may be refused, and can be undone.
    Compensatable,
    /// It may be refused, and cannot be undone: once it is done, the saga goes on to its end.
    Pivot,
    /// It is never refused, and is tried until it is done.
    Retriable,
}

/// One local transaction of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The service that does it, from 0.
    pub service: u32,
    /// What may become of it.
    pub kind: Kind,
}

/// The steps of an operation: T1 to Tn.
pub type Steps = SmallVec<[Step; 5]>;

/// The step with which a saga is bound to complete: its pivot, or its last step when it has none. From 1.
pub fn point_of_no_return(steps: &Steps) -> u32 {
    let before = steps.iter().filter(|step| step.kind < Kind::Pivot).count();
    ((before + 1) as u32).min(steps.len() as u32)
}

/// Why a step was not done, and so its saga not either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Why {
    /// The business says no.
    Refused,
    /// Another saga has marked what it would change.
    Busy,
    /// It was not done in time, and then no more.
    Late,
}

/// A service whose operations are sagas over several services, each with data of its own. Every one of these holds
/// a state of the whole, of which it uses its part.
pub trait Sagas: Model {
    /// How many services there are; none when every node for services is one.
    const SERVICES: Option<u32>;

    /// The steps of an operation, among so many services; none when it is a question.
    fn steps(op: &Self::Op, services: u32) -> Steps;

    /// Whether a step can be done as things are, from 1. It changes nothing.
    fn allows(&self, op: &Self::Op, step: u32) -> bool;

    /// Does a step: T.
    fn execute(&mut self, op: &Self::Op, step: u32);

    /// Undoes a step: C. It is asked only for steps that can be undone, and always can be done.
    fn compensate(&mut self, op: &Self::Op, step: u32);

    /// What a step changes, by names that mean something at its service: what a semantic lock marks.
    fn touches(op: &Self::Op, step: u32) -> Option<u64>;

    /// What the events of a step are about: they are told in the order in which they happened.
    fn aggregate(op: &Self::Op, step: u32) -> u64 {
        Self::touches(op, step).unwrap_or_default()
    }

    /// The services that a question is put to, in order.
    fn asks(op: &Self::Op, services: u32) -> SmallVec<[u32; 1]>;

    /// What a service answers to a question for its part.
    fn look(&self, op: &Self::Op, service: u32, services: u32) -> Self::Reply;

    /// What a question that looks at a service looks at there, named as by [`touches`](Sagas::touches).
    fn looks_at(op: &Self::Op, service: u32, services: u32) -> Vec<u64>;

    /// The answer to a question that was put to several services, from theirs, in order.
    fn gather(op: &Self::Op, parts: Vec<Self::Reply>) -> Option<Self::Reply>;

    /// What is answered when every step is done.
    fn completed(op: &Self::Op) -> Self::Reply;

    /// What is answered when a step was not done and those before it are undone.
    fn rejected(op: &Self::Op, step: u32, why: Why) -> Self::Reply;

    /// Whether a reply says that every step is done, or that none is; none when it says neither.
    fn tells(reply: &Self::Reply) -> Option<bool>;

    /// What is below nothing and must never be, in words.
    fn shortage(&self) -> Option<String>;

    /// What does not add up when no saga is under way, in words, given the services in order.
    fn imbalance(services: &[&Self]) -> Option<String>;
}

/// Where each service of the shop is.
const ORDERS: u32 = 0;
const PAYMENTS: u32 = 1;
const STOCK: u32 = 2;
const SHIPPING: u32 = 3;

/// Create, charge and reserve can be undone. What is shipped is gone: that is the pivot, and what is then left to do
/// is to say so.
impl Sagas for Orders {
    const SERVICES: Option<u32> = Some(4);

    fn steps(op: &OrderOp, _: u32) -> Steps {
        let step = |service, kind| Step { service, kind };
        match op {
            OrderOp::Place(_) => Steps::from([
                step(ORDERS, Kind::Compensatable),
                step(PAYMENTS, Kind::Compensatable),
                step(STOCK, Kind::Compensatable),
                step(SHIPPING, Kind::Pivot),
                step(ORDERS, Kind::Retriable),
            ]),
            _ => Steps::new(),
        }
    }

    fn allows(&self, op: &OrderOp, step: u32) -> bool {
        matches!(op, OrderOp::Place(order) if self.allows(order, step))
    }

    fn execute(&mut self, op: &OrderOp, step: u32) {
        if let OrderOp::Place(order) = op {
            self.execute(order, step);
        }
    }

    fn compensate(&mut self, op: &OrderOp, step: u32) {
        if let OrderOp::Place(order) = op {
            self.compensate(order, step);
        }
    }

    /// The order itself, the customer's money, the article's pieces. Parcels are nobody else's business.
    fn touches(op: &OrderOp, step: u32) -> Option<u64> {
        let OrderOp::Place(order) = op else { return None };
        match step {
            1 | 5 => Some(order.order),
            2 => Some(order.customer.into()),
            3 => Some(order.article.into()),
            _ => None,
        }
    }

    fn aggregate(op: &OrderOp, step: u32) -> u64 {
        let OrderOp::Place(order) = op else { return 0 };
        match step {
            1 | 5 => order.order,
            2 => order.customer.into(),
            _ => order.article.into(),
        }
    }

    fn asks(op: &OrderOp, _: u32) -> SmallVec<[u32; 1]> {
        let service = if matches!(op, OrderOp::Stock { .. }) { STOCK } else { ORDERS };
        SmallVec::from([service])
    }

    fn look(&self, op: &OrderOp, _: u32, _: u32) -> OrderReply {
        self.look(op)
    }

    fn looks_at(op: &OrderOp, _: u32, _: u32) -> Vec<u64> {
        match *op {
            OrderOp::Stock { article } => vec![article.into()],
            OrderOp::Status { order } => vec![order],
            OrderOp::Place(_) => Vec::new(),
        }
    }

    fn gather(_: &OrderOp, parts: Vec<OrderReply>) -> Option<OrderReply> {
        parts.into_iter().next()
    }

    fn completed(_: &OrderOp) -> OrderReply {
        OrderReply::Completed
    }

    fn rejected(_: &OrderOp, step: u32, why: Why) -> OrderReply {
        let why = match why {
            Why::Refused => Orders::rejection(step),
            Why::Busy => Rejection::Busy,
            Why::Late => Rejection::Late,
        };
        OrderReply::Rejected { step, why }
    }

    fn tells(reply: &OrderReply) -> Option<bool> {
        match reply {
            OrderReply::Completed => Some(true),
            OrderReply::Rejected { .. } => Some(false),
            OrderReply::Is(_) | OrderReply::Free(_) => None,
        }
    }

    fn shortage(&self) -> Option<String> {
        self.shortage()
    }

    fn imbalance(services: &[&Orders]) -> Option<String> {
        let services: Result<[&Orders; orders::SERVICES], _> = services.try_into();
        services.ok().and_then(Orders::imbalance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Service;

    #[test]
    fn shipping_is_the_point_of_no_return_and_a_last_step_is_where_there_is_no_pivot() {
        let op = Orders::read_op("place 1 by 1 for 1 of 1 to 1").unwrap();
        let mut steps = Orders::steps(&op, 4);
        assert_eq!(point_of_no_return(&steps), 4);
        steps.truncate(2);
        assert_eq!(point_of_no_return(&steps), 2);
        assert!(Orders::steps(&Orders::read_op("stock 1").unwrap(), 4).is_empty());
    }
}
