//! The client of a bank: one transaction after another, drawn by the shares of its load.

use crate::client::{Paced, Sends, Workload};
use crate::model::bank::{Bank, BankLoad, BankOp, Step};
use serde::Serialize;
use sim_core::{ClientContext, Rng};

/// A client of a bank.
pub type BankClient = Paced<BankWorkload>;

/// What a client of a bank asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BankWorkload {
    load: BankLoad,
    index: u32,
    count: u32,
    /// How many numbers it has appended: none twice, and none that another client appends.
    appended: u64,
}

impl Workload for BankWorkload {
    type Service = Bank;
    type Load = BankLoad;

    fn loads() -> Vec<(&'static str, BankLoad)> {
        BankLoad::named()
    }

    fn new(load: &BankLoad, index: u32, count: u32) -> BankWorkload {
        BankWorkload { load: load.clone(), index, count, appended: 0 }
    }

    fn next(&mut self, ctx: &mut ClientContext<Bank>) -> BankOp {
        self.draw(ctx.rng())
    }

    fn sends(&self, _: &BankOp) -> Sends {
        Sends::ToLeader
    }
}

impl BankWorkload {
    fn draw(&mut self, rng: &mut Rng) -> BankOp {
        let BankLoad { transfers, audits, lists, accounts, amount, .. } = self.load;
        let [transfers, audits, lists] = [transfers, audits, lists].map(u64::from);
        let drawn = rng.below((transfers + audits + lists).max(1));
        if drawn < transfers {
            let from = self.pick(accounts, rng);
            // Never to the same account: to one of the others, as they follow it round and round.
            let further = 1 + rng.below(u64::from(accounts.max(2)) - 1) as u32;
            let to = (from - 1 + further) % accounts.max(2) + 1;
            let amount = 1 + rng.below(amount.max(1));
            return BankOp::Transfer { from, to, amount };
        }
        if drawn < transfers + audits || lists == 0 {
            return BankOp::Audit { accounts: accounts.max(1) };
        }
        let steps = 1 + rng.below(self.load.steps.max(1).into());
        BankOp::Lists((0..steps).map(|_| self.draw_list_step(rng)).collect())
    }

    fn draw_list_step(&mut self, rng: &mut Rng) -> Step {
        let key = self.pick(self.load.keys, rng);
        if rng.below(2) == 0 {
            return Step::Read { key };
        }
        let value = self.appended * u64::from(self.count.max(1)) + u64::from(self.index) + 1;
        self.appended += 1;
        Step::Append { key, value }
    }

    /// One of so many, from 1; the first more often than others, if the load says so.
    fn pick(&self, count: u32, rng: &mut Rng) -> u32 {
        if rng.chance(self.load.hot) {
            return 1;
        }
        1 + rng.below(count.max(1).into()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn client(load: BankLoad, index: u32) -> BankWorkload {
        BankWorkload::new(&load, index, 3)
    }

    #[test]
    fn shares_accounts_and_numbers_are_those_of_the_load() {
        let mut written = BTreeSet::new();
        let mut kinds = [0; 3];
        for index in 0..3 {
            let mut client = client(BankLoad::default(), index);
            let mut rng = Rng::named(7, index.into());
            for _ in 0..4_000 {
                match client.draw(&mut rng) {
                    BankOp::Transfer { from, to, amount } => {
                        kinds[0] += 1;
                        assert!(from != to && (1..=8).contains(&from) && (1..=8).contains(&to));
                        assert!((1..=60).contains(&amount));
                    }
                    BankOp::Audit { accounts } => {
                        kinds[1] += 1;
                        assert_eq!(accounts, 8);
                    }
                    BankOp::Lists(steps) => {
                        kinds[2] += 1;
                        assert!((1..=4).contains(&steps.len()));
                        for step in steps {
                            if let Step::Append { key, value } = step {
                                assert!((1..=6).contains(&key));
                                assert!(written.insert(value), "{value} is written twice");
                            }
                        }
                    }
                }
            }
        }
        let shares = kinds.map(|kind: u32| kind.div_ceil(150));
        assert!(shares[0].abs_diff(40) <= 2 && shares[1].abs_diff(10) <= 2, "{kinds:?}");
    }

    #[test]
    fn what_all_fight_for_is_drawn_more_often() {
        let hot = BankLoad { hot: sim_core::Chance::percent(50), ..BankLoad::default() };
        let mut client = client(BankLoad { transfers: 1, audits: 0, lists: 0, ..hot }, 0);
        let mut rng = Rng::named(1, 1);
        let first = (0..1_000)
            .filter(|_| matches!(client.draw(&mut rng), BankOp::Transfer { from: 1, .. }))
            .count();
        assert!((500..620).contains(&first), "{first} of 1000");
    }
}
