//! protocols

pub mod promise;
pub mod quorum;
pub mod raft;
