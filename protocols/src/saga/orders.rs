//! The order saga: create, charge, reserve, ship, confirm.

use super::Saga;
use super::steps::{Kind, Sagas, Step, Steps, Why};
use checkers::model::orders::{self, OrderOp, OrderReply, Orders, Rejection};
use sim_core::context::Kinds;
use sim_core::{Invariant, Nodes, Violation};
use smallvec::SmallVec;

/// Where each service of the shop is.
const ORDERS: u32 = 0;
const PAYMENTS: u32 = 1;
const STOCK: u32 = 2;
const SHIPPING: u32 = 3;

/// Orders have no view that is checked: each service is asked by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unseen;

impl Invariant<Saga<Orders>> for Unseen {
    const PROPERTIES: &'static [&'static str] = &[];
    const CONCERNS: Option<Kinds> = Some(Kinds::NONE);

    fn check(
        &mut self,
        _: &Nodes<Saga<Orders>>,
        _: &sim_core::Step<'_, Saga<Orders>>,
    ) -> Result<(), Violation> {
        Ok(())
    }
}

/// Create, charge and reserve can be undone. What is shipped is gone: that is the pivot, and what is then left to do
/// is to say so.
impl Sagas for Orders {
    const SERVICES: Option<u32> = Some(orders::SERVICES as u32);
    type Views = Unseen;

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

    fn gather(_: &OrderOp, _: u32, parts: Vec<OrderReply>) -> Option<OrderReply> {
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
    use super::super::steps::point_of_no_return;
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
