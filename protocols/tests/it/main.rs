//! Whole runs of protocols in the world.

mod counter;
mod quorums;
mod raft;
