//! A bank: accounts and lists that are spread over sites, and transactions that touch several of them.
//!
//! It is what atomic commitment and sagas are for. Transfers keep the sum of all balances, so that an audit tells
//! whether it saw half a transfer; lists that are only appended to tell, by what was read, in which order transactions
//! went (Kingsbury and Alvaro, "Elle", VLDB 2020). One linearizability search over all accounts at once would see no
//! end, so its histories are judged as transactions: [`serializable`](crate::serializable) for the lists, and
//! [`money`](crate::safety::money) for the accounts.

mod client;
mod load;

pub use client::BankClient;
pub use load::BankLoad;

use crate::model::{Judged, Model};
use crate::serializable::Micro;
use serde::Serialize;
use sim_core::{Rng, Service};
use std::collections::BTreeMap;
use std::fmt;

/// As many accounts as an audit that is read asks for at most.
const MOST_AUDITED: u32 = 1_000_000;

/// What every account holds at first.
pub const OPENING: u64 = 100;

/// Something that can be read, written and locked. Both kinds are numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Item {
    /// An account.
    Account(u32),
    /// A list.
    List(u32),
}

impl Item {
    /// At which of so many sites it is, from 0: neighbours are at different ones.
    pub fn site(self, sites: u32) -> u32 {
        let (Item::Account(number) | Item::List(number)) = self;
        number.saturating_sub(1) % sites.max(1)
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Account(number) => write!(f, "account {number}"),
            Item::List(number) => write!(f, "list {number}"),
        }
    }
}

/// One thing that a transaction does to one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Step {
    /// Money is taken; not more than there is.
    Debit {
        /// From which account.
        account: u32,
        /// How much.
        amount: u64,
    },
    /// Money is put there.
    Credit {
        /// To which account.
        account: u32,
        /// How much.
        amount: u64,
    },
    /// What does the account hold?
    Balance {
        /// Which.
        account: u32,
    },
    /// A number is put at the end of a list.
    Append {
        /// Of which list.
        key: u32,
        /// The number.
        value: u64,
    },
    /// What does the list hold?
    Read {
        /// Which.
        key: u32,
    },
}

impl Step {
    /// What it is about.
    pub fn item(&self) -> Item {
        match *self {
            Step::Debit { account, .. }
            | Step::Credit { account, .. }
            | Step::Balance { account } => Item::Account(account),
            Step::Append { key, .. } | Step::Read { key } => Item::List(key),
        }
    }

    /// Whether it changes that.
    pub fn writes(&self) -> bool {
        !matches!(self, Step::Balance { .. } | Step::Read { .. })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Debit { account, amount } => write!(f, "debit {account} {amount}"),
            Step::Credit { account, amount } => write!(f, "credit {account} {amount}"),
            Step::Balance { account } => write!(f, "balance {account}"),
            Step::Append { key, value } => write!(f, "append {key} {value}"),
            Step::Read { key } => write!(f, "read {key}"),
        }
    }
}

/// What a step that reads has found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Found {
    /// What an account holds.
    Balance(u64),
    /// What a list holds.
    List(Vec<u64>),
}

/// An account does not hold enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Declined;

/// What the bank is asked: one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum BankOp {
    /// Move money, if there is enough.
    Transfer {
        /// From this account.
        from: u32,
        /// To this one.
        to: u32,
        /// So much.
        amount: u64,
    },
    /// What do the accounts hold, all together?
    Audit {
        /// The first so many of them.
        accounts: u32,
    },
    /// Append to lists and read others, as one transaction: only [`Step::Append`] and [`Step::Read`].
    Lists(Vec<Step>),
}

/// What the bank answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum BankReply {
    /// The money has moved.
    Done,
    /// There was not enough, and nothing has changed.
    Declined,
    /// It was given up: it changed nothing, and never will.
    Aborted,
    /// What the accounts hold, in their order.
    Balances(Vec<u64>),
    /// What was read of the lists, in the order of the reads.
    Lists(Vec<Vec<u64>>),
}

impl BankOp {
    /// What it consists of, in its order.
    pub fn steps(&self) -> Vec<Step> {
        match self {
            BankOp::Transfer { from, to, amount } => vec![
                Step::Debit { account: *from, amount: *amount },
                Step::Credit { account: *to, amount: *amount },
            ],
            BankOp::Audit { accounts } => {
                (1..=*accounts).map(|account| Step::Balance { account }).collect()
            }
            BankOp::Lists(steps) => steps.clone(),
        }
    }

    /// What it does at each of so many sites.
    pub fn parts(&self, sites: u32) -> BTreeMap<u32, Vec<Step>> {
        let mut parts = BTreeMap::<u32, Vec<Step>>::new();
        for step in self.steps() {
            parts.entry(step.item().site(sites)).or_default().push(step);
        }
        parts
    }

    /// Its answer when it has taken effect, from what each of so many sites has found, in the order of its steps
    /// there.
    pub fn reply(&self, sites: u32, found: &BTreeMap<u32, Vec<Found>>) -> BankReply {
        let mut places = BTreeMap::<u32, usize>::new();
        let (mut balances, mut lists) = (Vec::new(), Vec::new());
        for step in self.steps().iter().filter(|step| !step.writes()) {
            let site = step.item().site(sites);
            let place = places.entry(site).or_default();
            match found.get(&site).and_then(|found| found.get(*place)) {
                Some(Found::Balance(balance)) => balances.push(*balance),
                Some(Found::List(list)) => lists.push(list.clone()),
                None => {}
            }
            *place += 1;
        }
        match self {
            BankOp::Transfer { .. } => BankReply::Done,
            BankOp::Audit { .. } => BankReply::Balances(balances),
            BankOp::Lists(_) => BankReply::Lists(lists),
        }
    }

    /// The highest account that it moves money of.
    pub fn highest_account(&self) -> u32 {
        match self {
            BankOp::Transfer { from, to, .. } => *from.max(to),
            BankOp::Audit { .. } | BankOp::Lists(_) => 0,
        }
    }
}

/// The accounts and lists of one site, or of all. What was never written is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Bank {
    balances: BTreeMap<u32, u64>,
    lists: BTreeMap<u32, Vec<u64>>,
}

impl Bank {
    /// What an account holds.
    pub fn balance(&self, account: u32) -> u64 {
        self.balances.get(&account).copied().unwrap_or(OPENING)
    }

    /// What a list holds.
    pub fn list(&self, key: u32) -> &[u64] {
        self.lists.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Lets an account hold so much.
    pub fn set_balance(&mut self, account: u32, balance: u64) {
        self.balances.insert(account, balance);
    }

    /// A bank with these items alone, as they are.
    pub fn excerpt(&self, items: impl Iterator<Item = Item>) -> Bank {
        let mut excerpt = Bank::default();
        for item in items {
            match item {
                Item::Account(account) => excerpt.set_balance(account, self.balance(account)),
                Item::List(key) => {
                    excerpt.lists.insert(key, self.list(key).to_vec());
                }
            }
        }
        excerpt
    }

    /// What all accounts hold beyond what they opened with: nothing, in a whole bank.
    pub fn surplus(&self) -> i64 {
        self.balances.values().map(|balance| *balance as i64 - OPENING as i64).sum()
    }

    /// Does one step. What it has found, if it reads.
    ///
    /// # Errors
    ///
    /// When there is not enough; then nothing has changed.
    pub fn run(&mut self, step: &Step) -> Result<Option<Found>, Declined> {
        match *step {
            Step::Debit { account, amount } => {
                let left = self.balance(account).checked_sub(amount).ok_or(Declined)?;
                self.set_balance(account, left);
            }
            Step::Credit { account, amount } => {
                self.set_balance(account, self.balance(account).saturating_add(amount));
            }
            Step::Append { key, value } => self.lists.entry(key).or_default().push(value),
            Step::Balance { account } => return Ok(Some(Found::Balance(self.balance(account)))),
            Step::Read { key } => return Ok(Some(Found::List(self.list(key).to_vec()))),
        }
        Ok(None)
    }
}

impl Service for Bank {
    type Op = BankOp;
    type Reply = BankReply;
    type Client = BankClient;

    fn apply(&mut self, op: &BankOp) -> BankReply {
        let mut found = Vec::new();
        for step in op.steps() {
            match self.run(&step) {
                Ok(seen) => found.extend(seen),
                // Of all steps only a transfer's first can fail, and then nothing was done.
                Err(Declined) => return BankReply::Declined,
            }
        }
        op.reply(1, &BTreeMap::from([(0, found)]))
    }

    fn is_read(op: &BankOp) -> bool {
        op.steps().iter().all(|step| !step.writes())
    }

    fn is_failure(reply: &BankReply) -> bool {
        *reply == BankReply::Aborted
    }

    fn falsify(reply: &BankReply, rng: &mut Rng) -> BankReply {
        match reply {
            BankReply::Done => BankReply::Declined,
            BankReply::Declined | BankReply::Aborted => BankReply::Done,
            BankReply::Balances(balances) => {
                let mut balances = balances.clone();
                balances.iter_mut().take(1).for_each(|balance| *balance += 1 + rng.below(9));
                BankReply::Balances(balances)
            }
            BankReply::Lists(lists) => {
                let mut lists = lists.clone();
                lists.iter_mut().take(1).for_each(|list| list.push(rng.bits() >> 1));
                BankReply::Lists(lists)
            }
        }
    }

    fn show_op(op: &BankOp) -> String {
        match op {
            BankOp::Transfer { from, to, amount } => format!("transfer {from} {to} {amount}"),
            BankOp::Audit { accounts } => format!("audit {accounts}"),
            BankOp::Lists(steps) => join(steps),
        }
    }

    fn show_reply(reply: &BankReply) -> String {
        match reply {
            BankReply::Done => "done".into(),
            BankReply::Declined => "declined".into(),
            BankReply::Aborted => "aborted".into(),
            BankReply::Balances(balances) => format!("{balances:?}"),
            BankReply::Lists(lists) => {
                let lists: Vec<String> = lists.iter().map(|list| format!("{list:?}")).collect();
                if lists.is_empty() { "done".into() } else { lists.join(" ") }
            }
        }
    }

    fn read_op(text: &str) -> Option<BankOp> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |place: usize| words.get(place)?.parse().ok().filter(|number| *number > 0);
        match words.as_slice() {
            ["transfer", _, _, amount] => Some(BankOp::Transfer {
                from: number(1)?,
                to: number(2)?,
                amount: amount.parse().ok()?,
            }),
            ["audit", _] => {
                Some(BankOp::Audit { accounts: number(1).filter(|n| *n <= MOST_AUDITED)? })
            }
            _ => text.split(',').map(read_list_step).collect::<Option<_>>().map(BankOp::Lists),
        }
    }
}

fn join(steps: &[Step]) -> String {
    steps.iter().map(Step::to_string).collect::<Vec<_>>().join(", ")
}

/// Reads `append 1 7` and `read 2`.
fn read_list_step(text: &str) -> Option<Step> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let key = words.get(1)?.parse().ok().filter(|key| *key > 0)?;
    match words.as_slice() {
        ["append", _, value] => Some(Step::Append { key, value: value.parse().ok()? }),
        ["read", _] => Some(Step::Read { key }),
        _ => None,
    }
}

impl Model for Bank {
    fn judged() -> Judged<Bank> {
        Judged::Transactions(micros)
    }
}

/// What a transaction on lists did. Transfers and audits say nothing of lists.
fn micros(op: &BankOp, reply: Option<&BankReply>) -> Vec<Micro> {
    let BankOp::Lists(steps) = op else { return Vec::new() };
    let mut read = match reply {
        Some(BankReply::Lists(lists)) => lists.iter(),
        _ => [].iter(),
    };
    let mut micro = |step: &Step| match *step {
        Step::Append { key, value } => {
            Some(Micro::Append { key: key.to_string(), value: value as i64 })
        }
        Step::Read { key } => {
            let list = read.next().map_or(&[][..], Vec::as_slice);
            let seen = list.iter().map(|value| *value as i64).collect();
            Some(Micro::List { key: key.to_string(), seen })
        }
        Step::Debit { .. } | Step::Credit { .. } | Step::Balance { .. } => None,
    };
    steps.iter().filter_map(&mut micro).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(text: &str) -> BankOp {
        Bank::read_op(text).unwrap_or_else(|| panic!("{text} is an operation"))
    }

    #[test]
    fn operations_read_what_they_show() {
        for text in ["transfer 1 2 5", "audit 8", "append 1 7, read 2", "read 3"] {
            assert_eq!(Bank::show_op(&op(text)), text);
        }
        let wrong =
            ["", "audit", "audit 0", "transfer 1 2", "append 1", "read 1, audit 2", "x 1 2"];
        for text in wrong {
            assert_eq!(Bank::read_op(text), None, "{text}");
        }
    }

    #[test]
    fn a_transfer_moves_what_there_is_and_keeps_the_sum() {
        let mut bank = Bank::default();
        assert_eq!(bank.apply(&op("transfer 1 2 60")), BankReply::Done);
        assert_eq!(bank.apply(&op("transfer 1 2 60")), BankReply::Declined);
        assert_eq!(bank.apply(&op("audit 3")), BankReply::Balances(vec![40, 160, 100]));
        assert_eq!(bank.surplus(), 0);
        assert!(Bank::is_read(&op("audit 3")) && !Bank::is_read(&op("append 1 2, read 1")));
    }

    #[test]
    fn sites_together_answer_what_the_whole_bank_would() {
        let texts = ["append 1 7, read 2, read 1, append 2 8, read 2", "audit 5", "read 4, read 1"];
        for (text, sites) in texts.into_iter().flat_map(|text| [1, 2, 3].map(|n| (text, n))) {
            let op = op(text);
            let mut whole = Bank::default();
            whole.set_balance(3, 7);
            let mut parts = vec![whole.clone(); sites as usize];
            let found = op.parts(sites).into_iter().map(|(site, steps)| {
                let bank = &mut parts[site as usize];
                let found = steps.iter().filter_map(|step| bank.run(step).unwrap());
                (site, found.collect())
            });
            let found: BTreeMap<u32, Vec<Found>> = found.collect();
            assert_eq!(op.reply(sites, &found), whole.apply(&op), "{text} at {sites} sites");
        }
    }

    #[test]
    fn only_lists_are_told_as_transactions() {
        assert!(micros(&op("transfer 1 2 5"), Some(&BankReply::Done)).is_empty());
        let reply = BankReply::Lists(vec![vec![1, 2]]);
        let did = micros(&op("append 1 7, read 2"), Some(&reply));
        let append = Micro::Append { key: "1".into(), value: 7 };
        assert_eq!(did, [append.clone(), Micro::List { key: "2".into(), seen: vec![1, 2] }]);
        let unknown = micros(&op("append 1 7, read 2"), None);
        assert_eq!(unknown, [append, Micro::List { key: "2".into(), seen: vec![] }]);
        assert_eq!(Bank::judged().property(), Some("serializable"));
    }
}
