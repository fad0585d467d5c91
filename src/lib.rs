//! splitbrain breaks distributed algorithms on purpose, the same way every time, and says what broke.
//!
//! This crate is the facade: what a crate of one's own imports to write a protocol, run it and give it every
//! subcommand. The parts stand behind it:
//!
//! | part | what is in it |
//! |---|---|
//! | [`sim_core`] | the world: processes, network, disks, clocks, faults, observers |
//! | [`checkers`] | what is right: linearizability, safety from facts, liveness |
//! | [`protocols`] | the algorithms that ship, and the catalogue that forgets their types |
//! | [`scenarios`] | scenario files, what a seed draws from them, runs over many seeds |
//! | [`reports`] | what is told |

pub use hunt::{Fuzz, fuzz};

pub use checkers;
pub use protocols;
pub use protocols::catalogue;
pub use reports;
pub use scenarios;
pub use sim_core;

mod args;
mod campaign;
mod commands;
mod corpus;
mod files;
mod finds;
mod hunt;
mod measures;
mod progress;
mod regress;
mod report;
mod sources;

/// What the author of a protocol needs.
pub mod prelude {
    pub use checkers::Model;
    pub use checkers::model::kv::{Kv, KvOp, KvReply};
    pub use checkers::safety::{Agreement, ExactlyOnce, SingleLeader};
    pub use protocols::{BugAbout, Promise, Protocol};
    pub use scenarios::format::Nemesis;
    pub use sim_core::fault::FaultKind;
    pub use sim_core::{
        Answer, Chance, Client, Context, Fact, Invariant, NoOptions, NodeId, Nodes, Process,
        Request, RequestId, Service, Span, SpanRange, Step, Time, Violation,
    };
}

use clap::Parser;
use protocols::Catalogue;
use std::process::ExitCode;

/// The command, for the protocols of a catalogue: every subcommand, for one's own protocols too.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     splitbrain::main(splitbrain::protocols::all())
/// }
/// ```
pub fn main(catalogue: Catalogue) -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are not errors; clap knows which of its messages are.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    commands::run(catalogue, cli)
}
