//! What a scenario may tune of the clients of a key-value store.

use crate::client::Sends;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Chance;

/// What clients of a key-value store ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct KvLoad {
    /// What clients do.
    pub recipe: Recipe,
    /// How many keys there are.
    pub keys: u32,
    /// The share of reads, beside the other shares.
    pub gets: u32,
    /// The share of writes of a whole value.
    pub puts: u32,
    /// The share of writes behind what is there.
    pub appends: u32,
    /// The share of compare-and-swap.
    pub cas: u32,
    /// Whom reads are sent to.
    pub reads: Reads,
    /// How often a client asks for other members of the cluster instead, or for who they are: for protocols that
    /// can change them.
    pub reconfigure: Chance,
    /// How many members it asks for: nodes drawn at random; 0 means any number of them.
    pub members: u32,
    /// The account that is debited: a key.
    pub account: u32,
    /// What the account holds at first.
    pub opening: u64,
    /// What clients withdraw, each once: the first client the first amount and so on, round and round.
    pub debits: Vec<u64>,
    /// A bug on purpose (`client-retry-new-seq`): after a timeout the request is sent again under a new number,
    /// so that nobody can tell that it is the same and it may be done twice.
    pub retry_as_new: bool,
}

/// What clients do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Reads and writes, drawn by their shares; no number is written twice.
    #[default]
    Mixed,
    /// Each client withdraws once from one account: it reads the balance and, when that is enough, swaps it for
    /// what is left.
    Debits,
}

/// Whom reads are sent to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// Any node, drawn for each: followers and deposed leaders too.
    #[default]
    Any,
    /// The node that the client takes for the leader.
    Leader,
}

impl From<Reads> for Sends {
    fn from(reads: Reads) -> Sends {
        match reads {
            Reads::Any => Sends::Anywhere,
            Reads::Leader => Sends::ToLeader,
        }
    }
}

impl Default for KvLoad {
    fn default() -> Self {
        KvLoad {
            recipe: Recipe::Mixed,
            keys: 3,
            gets: 4,
            puts: 2,
            appends: 2,
            cas: 1,
            reads: Reads::Any,
            reconfigure: Chance::NEVER,
            members: 0,
            account: 0,
            opening: 10_000,
            debits: vec![5_000, 8_000],
            retry_as_new: false,
        }
    }
}

impl KvLoad {
    /// The loads that a scenario may name.
    pub(super) fn named() -> Vec<(&'static str, KvLoad)> {
        let kv = KvLoad::default;
        vec![
            ("kv", kv()),
            ("register", KvLoad { gets: 1, puts: 1, appends: 0, cas: 0, ..kv() }),
            ("reads", KvLoad { gets: 9, puts: 1, appends: 0, cas: 0, ..kv() }),
            ("appends", KvLoad { gets: 1, puts: 0, appends: 1, cas: 0, ..kv() }),
            ("debits", KvLoad { recipe: Recipe::Debits, ..kv() }),
        ]
    }
}
