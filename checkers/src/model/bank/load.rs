//! What a scenario may tune of the clients of a bank.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Chance;

/// What clients of a bank ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BankLoad {
    /// The share of transfers, beside the other shares.
    pub transfers: u32,
    /// The share of audits of all accounts.
    pub audits: u32,
    /// The share of transactions on lists.
    pub lists: u32,
    /// How many accounts there are. Each opens with 100.
    pub accounts: u32,
    /// How much a transfer moves at most.
    pub amount: u64,
    /// How many lists there are.
    pub keys: u32,
    /// How many reads and appends a transaction on lists has at most.
    pub steps: u32,
    /// How often the first account or the first list is taken in place of one that is drawn: what all fight for.
    pub hot: Chance,
}

impl Default for BankLoad {
    fn default() -> Self {
        BankLoad {
            transfers: 4,
            audits: 1,
            lists: 3,
            accounts: 8,
            amount: 60,
            keys: 6,
            steps: 4,
            hot: Chance::NEVER,
        }
    }
}

impl BankLoad {
    /// The loads that a scenario may name.
    pub(super) fn named() -> Vec<(&'static str, BankLoad)> {
        let bank = BankLoad::default;
        vec![
            ("mixed", bank()),
            ("bank", BankLoad { lists: 0, ..bank() }),
            ("transfers", BankLoad { audits: 0, lists: 0, ..bank() }),
            ("list-append", BankLoad { transfers: 0, audits: 0, ..bank() }),
        ]
    }
}
