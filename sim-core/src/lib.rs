//! A deterministic world in which distributed systems are run, and in which things go wrong on purpose.
//!
//! A [`World`] knows what *can* happen, a driver picks what *does*, and
//! [observers](observe::Observer) see every step.
//!
//! | room | what is in it |
//! |---|---|
//! | [`process`] [`context`] [`service`] [`seal`] [`fact`] | what the author of a protocol meets |
//! | [`world`] [`nodes`] [`settings`] | what there is |
//! | [`fault`] | what can go wrong |
//! | [`observe`] [`invariant`] [`history`] [`measure`] [`trace`] | what is seen |
//! | [`outcome`] [`measured`] [`summary`] [`compared`] [`matrix`] | what a run, many runs, and several on the same seeds came to: plain data |
//! | [`drive`] | who picks what happens next |
//! | [`time`] [`random`] | whole numbers and named draws |
//!
//! The crate names no protocol and no service, reads no file, no clock and no environment, and starts no thread.

pub mod compared;
pub mod context;
pub mod drive;
pub mod fact;
pub mod fault;
pub mod history;
pub mod invariant;
pub mod matrix;
pub mod measure;
pub mod measured;
pub mod node_set;
pub mod nodes;
pub mod observe;
pub mod outcome;
pub mod process;
pub mod random;
pub mod reach;
pub mod seal;
pub mod service;
pub mod settings;
pub mod summary;
pub mod time;
pub mod topology;
pub mod trace;
pub mod world;

mod clock;
mod disk;
mod network;
mod queue;

pub use context::{Context, Effect};
pub use fact::{Claim, Fact, ReadPath};
pub use invariant::{Invariant, Safety, Violation};
pub use node_set::NodeSet;
pub use nodes::Nodes;
pub use observe::{Cause, ClientStep, FaultStep, Machine, Observer, Step};
pub use process::{Config, Data, NoOptions, NodeId, Op, Process, Reply};
pub use random::Rng;
pub use seal::{Authentication, Liar, Seal};
pub use service::{
    Answer, Client, ClientContext, ClientEffect, ClientSettings, Ending, Matching, Request,
    RequestId, Service, Written,
};
pub use settings::Settings;
pub use time::{Chance, Span, SpanRange, Time};
pub use world::World;
