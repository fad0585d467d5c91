//! What processes claim to observers: a closed vocabulary, in which every protocol can be compared.

use crate::process::NodeId;
use crate::service::RequestId;
use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fact, and the group that it is about: two processes on one node have two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Claim {
    /// Which group of processes; 0 unless several share their nodes.
    pub group: u16,
    /// What is claimed.
    pub fact: Fact,
}

/// Something that a process says of itself when it becomes so.
///
/// `epoch` is the generic word for a term, view or ballot, `slot` for a position in a log. Values and states
/// are told as hashes, which are compared within one run and mean nothing beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Fact {
    /// It asks to lead this epoch.
    Campaigns {
        /// Of which.
        epoch: u64,
    },
    /// It leads this epoch.
    Leads {
        /// Of which.
        epoch: u64,
    },
    /// It neither leads nor asks to.
    Follows {
        /// As of which.
        epoch: u64,
    },
    /// It knows that this value stands at this slot for good, and has done it.
    Decides {
        /// Where.
        slot: u64,
        /// The epoch that the value was proposed in.
        epoch: u64,
        /// The value's hash.
        value: u64,
        /// The hash of the state that it led to; 0 when it is not told.
        state: u64,
    },
    /// It took over a whole state instead of deciding every slot up to this one.
    Installs {
        /// Up to where.
        slot: u64,
        /// The state's hash; 0 when it is not told.
        state: u64,
    },
    /// It dropped slots from this one on, because a leader's differed.
    Truncates {
        /// From where.
        slot: u64,
    },
    /// It stored a snapshot in place of the slots up to this one.
    Compacts {
        /// Up to where.
        slot: u64,
    },
    /// It answered a read without a slot of its own.
    Reads {
        /// In which way.
        by: ReadPath,
    },
    /// It may serve reads alone until this instant of its own clock.
    Leases {
        /// Until when, by its own monotonic clock, in nanoseconds.
        until: u64,
    },
    /// It saw a request that it had done before, and gave the old answer.
    Deduplicates {
        /// Whose.
        client: u32,
        /// Which.
        number: u32,
    },
    /// It changed the state for a client's request, as the replicated log told it to.
    Executes {
        /// At which slot.
        slot: u64,
        /// Whose.
        client: u32,
        /// Which.
        number: u32,
    },
    /// It hands leadership over.
    Transfers {
        /// The epoch that it leads.
        epoch: u64,
        /// To whom.
        to: u32,
    },
    /// It knows that from this slot on other nodes than before are the members.
    Reconfigures {
        /// Where.
        slot: u64,
        /// How many they are.
        members: u32,
    },
    /// It knows that the value of a slot is chosen, while one before it is not.
    Overtakes {
        /// Where.
        slot: u64,
    },
    /// It takes charge of a transaction, or finds after a boot that it had.
    Begins {
        /// Which.
        transaction: u64,
    },
    /// Nothing is left for it to do about a transaction that it had charge of, or a part in.
    Ends {
        /// Which.
        transaction: u64,
    },
    /// It promises to do its part of a transaction, whatever happens to it, if the others do theirs; or it will not
    /// do it any more.
    Votes {
        /// Which.
        transaction: u64,
        /// Whether it promises: from there on it is in doubt until it concludes.
        yes: bool,
    },
    /// It knows how a transaction ends, and has done its part.
    Concludes {
        /// Which.
        transaction: u64,
        /// Whether it takes effect.
        commits: bool,
    },
    /// A transaction waits at it for locks that others have.
    Waits {
        /// Which.
        transaction: u64,
    },
    /// A transaction has every lock that it asked it for, or has them again after a boot.
    Acquires {
        /// Which.
        transaction: u64,
    },
    /// It showed somebody what a transaction wrote, and does not know that to have ended.
    Shows {
        /// Which.
        transaction: u64,
    },
    /// It did a step of a transaction that consists of local ones: a saga.
    Does {
        /// Of which.
        transaction: u64,
        /// Which step, from 1.
        step: u32,
        /// Which of its local transactions that was.
        local: u64,
    },
    /// It undid a step.
    Undoes {
        /// Of which transaction.
        transaction: u64,
        /// Which step, from 1.
        step: u32,
        /// Which of its local transactions that was.
        local: u64,
    },
    /// It has not done a step, and never will.
    Declines {
        /// Of which transaction.
        transaction: u64,
        /// Which step, from 1.
        step: u32,
        /// Which of its local transactions says so.
        local: u64,
    },
    /// It has given up to tell what a local transaction did, until somebody asks.
    DeadLetters {
        /// Of which transaction.
        transaction: u64,
        /// Which of its local transactions.
        local: u64,
    },
    /// A client was granted money from an account.
    Pays {
        /// From which account.
        account: u64,
        /// How much.
        amount: u64,
        /// What the account held when the run began.
        opening: u64,
    },
}

/// How a read was served, cheapest last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReadPath {
    /// Through the log, as a write is.
    Log,
    /// After a round that confirms the leader, at the leader.
    ReadIndex,
    /// The same, at a follower that asked the leader for its index.
    FollowerReadIndex,
    /// By a lease, without a round.
    Lease,
    /// From the node's own state, whoever it is.
    Local,
}

impl Fact {
    /// The names by which a fault can wait for a fact.
    pub const EVENTS: [&'static str; 26] = [
        "campaigns",
        "leads",
        "follows",
        "commits",
        "installs",
        "truncates",
        "compacts",
        "reads",
        "leases",
        "deduplicates",
        "executes",
        "transfers",
        "pays",
        "reconfigures",
        "overtakes",
        "begins",
        "ends",
        "votes",
        "concludes",
        "waits",
        "acquires",
        "shows",
        "does",
        "undoes",
        "declines",
        "dead-letters",
    ];

    /// Which of [`EVENTS`](Fact::EVENTS) this is.
    pub fn event(&self) -> usize {
        match self {
            Fact::Campaigns { .. } => 0,
            Fact::Leads { .. } => 1,
            Fact::Follows { .. } => 2,
            Fact::Decides { .. } => 3,
            Fact::Installs { .. } => 4,
            Fact::Truncates { .. } => 5,
            Fact::Compacts { .. } => 6,
            Fact::Reads { .. } => 7,
            Fact::Leases { .. } => 8,
            Fact::Deduplicates { .. } => 9,
            Fact::Executes { .. } => 10,
            Fact::Transfers { .. } => 11,
            Fact::Pays { .. } => 12,
            Fact::Reconfigures { .. } => 13,
            Fact::Overtakes { .. } => 14,
            Fact::Begins { .. } => 15,
            Fact::Ends { .. } => 16,
            Fact::Votes { .. } => 17,
            Fact::Concludes { .. } => 18,
            Fact::Waits { .. } => 19,
            Fact::Acquires { .. } => 20,
            Fact::Shows { .. } => 21,
            Fact::Does { .. } => 22,
            Fact::Undoes { .. } => 23,
            Fact::Declines { .. } => 24,
            Fact::DeadLetters { .. } => 25,
        }
    }
}

/// In words, and without the hashes, which mean nothing beyond one run.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = |client: u32, number| RequestId { client: NodeId::client(client), number };
        f.write_str(Fact::EVENTS[self.event()])?;
        match *self {
            Fact::Campaigns { epoch } | Fact::Leads { epoch } | Fact::Follows { epoch } => {
                write!(f, " in {epoch}")
            }
            Fact::Decides { slot, epoch, .. } => write!(f, " {slot} of {epoch}"),
            Fact::Installs { slot, .. } | Fact::Compacts { slot } => write!(f, " up to {slot}"),
            Fact::Truncates { slot } => write!(f, " from {slot}"),
            Fact::Overtakes { slot } => write!(f, " those before {slot}"),
            Fact::Reads { by } => write!(f, " by {by:?}"),
            Fact::Leases { until } => write!(f, " until {}", Time(until)),
            Fact::Deduplicates { client, number } => write!(f, " {}", request(client, number)),
            Fact::Executes { slot, client, number } => {
                write!(f, " {} at {slot}", request(client, number))
            }
            Fact::Transfers { epoch, to } => write!(f, " {epoch} to {}", NodeId(to)),
            Fact::Pays { account, amount, .. } => write!(f, " {amount} from {account}"),
            Fact::Reconfigures { slot, members } => write!(f, " at {slot}, {members} members"),
            Fact::Begins { transaction }
            | Fact::Ends { transaction }
            | Fact::Waits { transaction }
            | Fact::Acquires { transaction }
            | Fact::Shows { transaction } => write!(f, " {}", Number(transaction)),
            Fact::Does { transaction, step, .. }
            | Fact::Undoes { transaction, step, .. }
            | Fact::Declines { transaction, step, .. } => {
                write!(f, " step {step} of {}", Number(transaction))
            }
            Fact::DeadLetters { transaction, local } => {
                write!(f, " {local}, of {}", Number(transaction))
            }
            Fact::Votes { transaction, yes } => {
                write!(f, " {} on {}", if yes { "yes" } else { "no" }, Number(transaction))
            }
            Fact::Concludes { transaction, commits } => {
                write!(f, " {}: {}", Number(transaction), if commits { "commit" } else { "abort" })
            }
        }
    }
}

/// A transaction's number, as people read it. Whoever numbers transactions anew in each of its lives puts the life
/// into the upper half: `2.7` is the seventh of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 >> 32, self.0 & u64::from(u32::MAX)) {
            (0, number) => write!(f, "{number}"),
            (life, number) => write!(f, "{life}.{number}"),
        }
    }
}
