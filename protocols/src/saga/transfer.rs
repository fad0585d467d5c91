//! A bank transfer as a saga: money is withdrawn, which can be undone, and then deposited, which cannot.
//!
//! In between it is nowhere, and whoever audits the accounts then misses it. Lists cannot be appended to and read
//! in one saga: what a step has read may be undone before the saga is over, and no order would explain it.

use super::Bug;
use super::steps::{Kind, Sagas, Step, Steps, Why};
use checkers::model::bank::{Bank, BankOp, BankReply, Found, Item, Step as Action};
use checkers::safety::AuditsAddUp;
use smallvec::SmallVec;

/// The action of a step.
fn action(op: &BankOp, step: u32) -> Option<Action> {
    match op {
        BankOp::Transfer { .. } => op.steps().get(step as usize - 1).copied(),
        BankOp::Audit { .. } | BankOp::Lists(_) => None,
    }
}

/// The numbers of accounts and of lists overlap: what is marked or looked at is named by both.
fn name(item: Item) -> u64 {
    match item {
        Item::Account(number) => u64::from(number),
        Item::List(number) => 1 << 32 | u64::from(number),
    }
}

impl Sagas for Bank {
    const SERVICES: Option<u32> = None;
    type Views = AuditsAddUp;

    fn steps(op: &BankOp, services: u32) -> Steps {
        let kinds = [Kind::Compensatable, Kind::Pivot];
        let steps = kinds.iter().zip(1..).filter_map(|(kind, step)| {
            let service = action(op, step)?.item().site(services);
            Some(Step { service, kind: *kind })
        });
        steps.collect()
    }

    fn unoffered(op: &BankOp) -> Option<BankReply> {
        let BankOp::Lists(steps) = op else { return None };
        steps.iter().any(Action::writes).then_some(BankReply::Aborted)
    }

    /// A step after the pivot, a refusal of the second step: a transfer has none of them.
    fn shows(bug: Bug) -> bool {
        !matches!(
            bug,
            Bug::CompensateForwardOrder | Bug::RetryAfterPivotAborts | Bug::OutboxParallelRelay
        )
    }

    fn allows(&self, op: &BankOp, step: u32) -> bool {
        action(op, step).is_some_and(|action| self.clone().run(&action).is_ok())
    }

    fn execute(&mut self, op: &BankOp, step: u32) {
        if let Some(action) = action(op, step) {
            // What was allowed is done; what was allowed by an older balance may not be, and then nothing is.
            let _ = self.run(&action);
        }
    }

    fn compensate(&mut self, op: &BankOp, step: u32) {
        if let Some(Action::Debit { account, amount }) = action(op, step) {
            let _ = self.run(&Action::Credit { account, amount });
        }
    }

    fn touches(op: &BankOp, step: u32) -> Option<u64> {
        action(op, step).map(|action| name(action.item()))
    }

    fn asks(op: &BankOp, services: u32) -> SmallVec<[u32; 1]> {
        op.parts(services).into_keys().collect()
    }

    fn look(&self, op: &BankOp, service: u32, services: u32) -> BankReply {
        let part = op.parts(services).remove(&service).unwrap_or_default();
        let found = part.iter().map(|step| match step.item() {
            Item::Account(account) => vec![self.balance(account)],
            Item::List(key) => self.list(key).to_vec(),
        });
        match op {
            BankOp::Lists(_) => BankReply::Lists(found.collect()),
            BankOp::Audit { .. } | BankOp::Transfer { .. } => {
                BankReply::Balances(found.flatten().collect())
            }
        }
    }

    fn looks_at(op: &BankOp, service: u32, services: u32) -> Vec<u64> {
        let part = op.parts(services).remove(&service).unwrap_or_default();
        part.iter().map(|step| name(step.item())).collect()
    }

    fn gather(op: &BankOp, services: u32, parts: Vec<BankReply>) -> Option<BankReply> {
        let found = parts.into_iter().map(|part| match part {
            BankReply::Balances(balances) => balances.into_iter().map(Found::Balance).collect(),
            BankReply::Lists(lists) => lists.into_iter().map(Found::List).collect(),
            BankReply::Done | BankReply::Declined | BankReply::Aborted => Vec::new(),
        });
        let found = Self::asks(op, services).into_iter().zip(found).collect();
        Some(op.reply(services, &found))
    }

    fn completed(_: &BankOp) -> BankReply {
        BankReply::Done
    }

    /// Too little money is an answer; whatever else kept the transfer back may be over at the next try.
    fn rejected(_: &BankOp, step: u32, why: Why) -> BankReply {
        match why {
            Why::Refused if step == 1 => BankReply::Declined,
            Why::Refused | Why::Busy | Why::Late => BankReply::Aborted,
        }
    }

    fn tells(reply: &BankReply) -> Option<bool> {
        match reply {
            BankReply::Done => Some(true),
            BankReply::Declined | BankReply::Aborted => Some(false),
            BankReply::Balances(_) | BankReply::Lists(_) => None,
        }
    }

    /// Balances are whole numbers from nothing up: what would be less is not done, and missing elsewhere.
    fn can_run_short() -> bool {
        false
    }

    fn shortage(&self) -> Option<String> {
        None
    }

    fn imbalance(services: &[&Bank]) -> Option<String> {
        let surplus: i64 = services.iter().map(|bank| bank.surplus()).sum();
        let more = if surplus > 0 { "more" } else { "less" };
        (surplus != 0).then(|| {
            format!("the accounts hold {} {more} than they opened with", surplus.unsigned_abs())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Service;

    #[test]
    fn an_audit_is_gathered_in_the_order_of_the_accounts() {
        let op = Bank::read_op("audit 5").unwrap();
        let mut banks = [Bank::default(), Bank::default()];
        banks[0].set_balance(3, 7);
        banks[1].set_balance(4, 8);
        let part = |service: &u32| banks[*service as usize].look(&op, *service, 2);
        let parts = Bank::asks(&op, 2).iter().map(part).collect();
        let balances = BankReply::Balances(vec![100, 100, 7, 8, 100]);
        assert_eq!(Bank::gather(&op, 2, parts), Some(balances));
    }

    #[test]
    fn a_withdrawal_is_undone_by_a_deposit() {
        let op = Bank::read_op("transfer 1 2 30").unwrap();
        let mut bank = Bank::default();
        assert!(bank.allows(&op, 1));
        bank.execute(&op, 1);
        assert_eq!(bank.surplus(), -30);
        bank.compensate(&op, 1);
        assert_eq!(bank.surplus(), 0);
        assert!(!bank.allows(&Bank::read_op("transfer 1 2 101").unwrap(), 1));
    }
}
