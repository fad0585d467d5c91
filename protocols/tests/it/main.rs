//! Whole runs of protocols in the world, and golden scripts.

mod counter;
mod elections;
mod fast_paxos;
mod generals;
mod multi_paxos;
mod paxos;
mod pbft;
mod quorums;
mod raft;
mod rules;
mod saga;
mod scripts;
mod two_phase_commit;
