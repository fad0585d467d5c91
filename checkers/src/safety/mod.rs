//! Safety from facts alone, whatever the protocol.
//!
//! | property | checker |
//! |---|---|
//! | nobody shares an epoch | [`single_leader`] |
//! | a slot has one value, and leads to one state | [`agreement`] |
//! | who leads, and that nodes agree on it | [`elected`] |
//! | a request is done once | [`exactly_once`] |
//! | a transaction has one outcome | [`atomic_commitment`] |
//! | money is neither made nor lost | [`money`] |
//!
//! Each keeps a memory of the whole run, because nodes may lose a decision together and then agree
//! on another: what is compared is what was ever said, not what is still known. The memories slide
//! along with the run ([`ring`]), so that a long one takes no more room than a short one.

pub mod agreement;
pub mod atomic_commitment;
pub mod elected;
pub mod exactly_once;
pub mod money;
pub mod ring;
pub mod single_leader;

pub use agreement::Agreement;
pub use atomic_commitment::AtomicCommitment;
pub use elected::{Elects, HighestLeads, LeadersAgree, NoLowerLeader, TruthfulAnswers};
pub use exactly_once::ExactlyOnce;
pub use money::{AuditsAddUp, ConservesMoney, Teller};
pub use ring::Ring;
pub use single_leader::SingleLeader;
