//! Distributed algorithms, one folder a protocol, each opening with an essay on its paper, its roles, its promises
//! and its caveats.
//!
//! To add one is to add its folder and two lines here: its module, and its entry in [`all`].

pub mod ballot;
pub mod bully;
pub mod catalogue;
pub mod fast_paxos;
pub mod generals;
pub mod lease;
pub mod multi_paxos;
pub mod paxos;
pub mod pbft;
pub mod piece;
mod planted;
pub mod promise;
pub mod protocol;
pub mod quorum;
pub mod raft;
pub mod read_one_write_all;
pub mod ring;
pub mod run;
pub mod saga;
pub mod session;
pub mod two_phase_commit;
pub mod unreplicated;

pub use catalogue::{Catalogue, Entry};
pub use promise::Promise;
pub use protocol::{BugAbout, ClosedForm, Protocol};
pub use run::{Job, Options, Ran, WrittenOut};

use checkers::model::bank::Bank;
use checkers::model::election::Election;
use checkers::model::kv::Kv;
use checkers::model::orders::Orders;

/// Every protocol that ships.
pub fn all() -> Catalogue {
    catalogue! {
        "raft" => raft::Raft<Kv>,
        "multi-paxos" => multi_paxos::MultiPaxos<Kv>,
        "paxos" => paxos::Paxos,
        "fast-paxos" => fast_paxos::FastPaxos,
        "generals" => generals::General,
        "pbft" => pbft::Pbft<Kv>,
        "bully" => bully::Bully,
        "ring" => ring::Ring,
        "raft-election" => raft::Raft<Election> as "Raft, whose servers are asked who leads",
        "two-phase-commit" => two_phase_commit::TwoPhaseCommit,
        "saga" => saga::Saga<Orders>,
        "saga-choreographed" => saga::Saga<Orders> as "sagas that nobody drives: services react to events"
            with saga::Config::choreographed,
        "saga-transfer" => saga::Saga<Bank> as "transfers between accounts as sagas",
        "unreplicated" => unreplicated::Unreplicated<Kv>,
        "read-one-write-all" => read_one_write_all::ReadOneWriteAll<Kv>,
    }
}
