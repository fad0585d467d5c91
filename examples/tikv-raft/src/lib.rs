//! TiKV's Raft, the crate `raft`, under splitbrain's faults, clients and checkers.
//!
//! The crate is a state machine without input and output, and leaves the rest to its user: to persist, to send, to
//! apply, in the right order. That is what [`drive`] does, as the crate's documentation says, and what
//! [`bugs`] gets wrong in the ways in which people have.
//!
//! | what the crate asks for | here |
//! |---|---|
//! | a loop around a `RawNode` | [`node`], [`drive`] |
//! | a `Storage` | [`store`], which a boot builds from what the disk has kept |
//! | a transport | [`message`]: protobuf, as the crate encodes it |
//! | a state machine | splitbrain's key-value store, with sessions; [`request`] is what the log carries |
//! | reads that need no slot | [`reads`], by ReadIndex |
//!
//! **Determinism.** Two things in the crate are not the world's. Election timeouts come from `rand`'s thread-local
//! generator; [`engine`] puts one from the node's own stream in place of each before it can matter. Progress is
//! kept in a hash map, whose hasher has no seed; what a `Ready` sends is put in order of receivers all the same, as the
//! hash depends on how wide a word is.
//!
//! **Left out.** Members do not change, no leadership is handed over, and what is written counts for the crate as
//! persisted at once (`advance`), while the world holds back all that leaves the node until the disk has it.

pub mod bugs;
pub mod config;
pub mod drive;
pub mod engine;
pub mod log_matching;
pub mod message;
pub mod node;
mod protocol;
pub mod reads;
pub mod request;
pub mod store;

pub use node::TikvRaft;

/// The catalogue: TiKV's Raft under its name.
pub fn catalogue() -> splitbrain::protocols::Catalogue {
    splitbrain::catalogue! { "tikv-raft" => TikvRaft }
}
