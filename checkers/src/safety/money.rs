//! Money is neither made nor lost by transfers: audits see all of it, and all of it is there when nothing is under way.

use crate::model::bank::{Bank, BankReply, OPENING};
use sim_core::context::Kinds;
use sim_core::{
    Answer, Cause, Effect, Invariant, NodeId, Nodes, Process, RequestId, Step, Violation,
};

/// Every audit that is answered sees as much as all accounts together opened with, or it saw half a transfer.
///
/// An audit is of the first so many accounts: it is judged when no transfer asked for so far touches others.
#[derive(Clone, Debug, Default)]
pub struct AuditsAddUp {
    /// The highest account of any transfer that was asked for.
    highest: u32,
}

impl AuditsAddUp {
    fn judge(&self, node: NodeId, id: RequestId, balances: &[u64]) -> Result<(), String> {
        let (held, opened) = (balances.iter().sum::<u64>(), balances.len() as u64 * OPENING);
        if held == opened || balances.len() < self.highest as usize {
            return Ok(());
        }
        let accounts = balances.len();
        Err(format!(
            "{node} answers {id} that the {accounts} accounts hold {held} together, which opened with {opened}: \
             {balances:?}"
        ))
    }
}

impl<P: Process<Service = Bank>> Invariant<P> for AuditsAddUp {
    const PROPERTIES: &'static [&'static str] = &["audits-add-up"];

    fn check(&mut self, _: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        if let Cause::Request(request) = step.cause {
            self.highest = self.highest.max(request.op.highest_account());
        }
        for effect in step.effects {
            if let Effect::Reply { id, answer: Answer::Done(BankReply::Balances(balances)) } =
                effect
            {
                let judged = self.judge(step.node, *id, balances);
                judged.map_err(|why| Violation { property: "audits-add-up", why })?;
            }
        }
        Ok(())
    }
}

/// A node that has a part of a bank.
pub trait Teller: Process<Service = Bank> {
    /// What its accounts hold beyond what they opened with; none while anything is under way that may change that,
    /// here or elsewhere, as far as it knows.
    fn surplus(&self) -> Option<i64>;
}

/// Whenever every node is up and none has anything under way, all the money is there.
#[derive(Clone, Debug, Default)]
pub struct ConservesMoney;

impl<P: Teller> Invariant<P> for ConservesMoney {
    const PROPERTIES: &'static [&'static str] = &["conserves-money"];
    /// Transactions end with a claim.
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(&mut self, nodes: &Nodes<P>, _: &Step<'_, P>) -> Result<(), Violation> {
        let (mut up, mut surplus) = (0, 0);
        for (_, process) in nodes.live() {
            let Some(own) = process.surplus() else { return Ok(()) };
            (up, surplus) = (up + 1, surplus + own);
        }
        if up < nodes.len() || surplus == 0 {
            return Ok(());
        }
        let more = if surplus > 0 { "more" } else { "less" };
        let why = format!(
            "no transaction is under way, and the accounts hold {} {more} than they opened with",
            surplus.unsigned_abs()
        );
        Err(Violation { property: "conserves-money", why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_transfer_is_seen_and_an_audit_of_too_few_accounts_says_nothing() {
        let id = RequestId { client: NodeId::client(0), number: 1 };
        let judge =
            |highest, balances: &[u64]| AuditsAddUp { highest }.judge(NodeId(0), id, balances);
        assert_eq!(judge(2, &[40, 160]), Ok(()));
        let why = judge(2, &[40, 100]).unwrap_err();
        assert!(why.contains("hold 140 together, which opened with 200"), "{why}");
        assert_eq!(judge(3, &[40, 100]), Ok(()), "account 3 may have the rest");
        assert!(judge(0, &[101]).is_err());
    }
}
