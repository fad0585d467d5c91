//! What is told of runs: text for people, stories of failures, diagrams in characters, and JSON for machines.
//!
//! Everything here turns plain data of `sim-core` ([`Summary`](sim_core::summary::Summary),
//! [`Outcome`](sim_core::outcome::Outcome), [`Trace`](sim_core::trace::Trace)) into text. No protocol's type is
//! known, and nothing reads a file, a clock or the terminal: the same data always gives the same text.
//!
//! | room | what is in it |
//! |---|---|
//! | [`text`] | the report of a run over many seeds |
//! | [`story`] | how a failure came about: words, and a space-time diagram in characters |
//! | [`compared`] | several on the same seeds, and how they differ |
//! | [`matrix`] | what survives what |
//! | [`measures`] | what each run measured, as tables to compute with |
//! | [`export`] | a run in the forms of other tools |
//! | [`page`] | the report of one run as a page of HTML |
//! | [`steps`] | a plain listing of steps |
//! | [`known`] | failures that are known, played again |
//! | [`mutants`] | which planted bugs were caught |
//! | [`json`] [`trace`] | the machine forms, and their schemas |
//! | [`words`] [`colour`] | numbers, lengths and lists as people write them; colour |

pub mod colour;
pub mod compared;
pub mod export;
pub mod json;
pub mod junit;
pub mod known;
pub mod matrix;
pub mod measures;
pub mod mutants;
pub mod page;
pub mod steps;
pub mod story;
pub mod text;
pub mod trace;
pub mod words;

mod breaches;
mod diagram;
mod explain;
mod lives;
mod measured;
mod past;
mod senders;

pub use colour::Colour;
