//! Scenario files: text in, a [`Scenario`] or every problem with it out.
//!
//! A file is TOML, written by hand. Reading goes in three steps. The parser makes a table in which
//! every key and value knows its place. [`read`] walks that table section by section; each section
//! is an ordinary type that serde fills, each protocol's section the protocol's own. What is left
//! are the questions that no type answers: whether there is such a node, role, event or measure,
//! whether two lines contradict each other, and whether what is asked for could ever be run. A
//! problem never ends the reading, so that one run tells all of them, each with its place.
//!
//! Either/or values (`nodes = 5` or `{ tolerate = 1 }`) are told apart by their TOML type and never
//! by trying one reading after the other, because the error of the last attempt blames the wrong
//! thing.
//!
//! [`write()`] goes the other way: a scenario becomes a file that a person can read.
//!
//! What a scenario may name is a [`Vocabulary`]: the reader knows no protocol. The result is plain
//! data, in which ranges are not drawn yet; [`plan`](crate::plan) draws them for a seed.

pub mod limits;

mod bound;
mod check;
mod clients;
mod comparison;
mod document;
mod expect;
mod fault;
mod file;
mod lay;
mod line;
mod lying;
mod problem;
mod scenario;
mod schema;
mod swarm;
mod target;
mod value;
mod variants;
mod verb;
mod vocabulary;
mod write;
mod written;

pub use bound::{Bound, Op, Quantity};
pub use comparison::Comparison;
pub use document::{drawn, read};
pub use expect::{Expect, Statistic, Wanted};
pub use fault::{FaultLine, Leap, LineLasts, Repeat, Wait, What};
pub use problem::{Mark, Problem, Problems};
pub use scenario::{Clients, Count, Kinds, Nemesis, Scenario, Subject};
pub use schema::schema;
pub use swarm::{Choices, Draw, Swarm};
pub(crate) use target::numbered;
pub use variants::Variant;
pub use vocabulary::{Measure, Options, ProtocolWords, Section, Unit, Vocabulary};
pub(crate) use write::section_text;
pub use write::write;
