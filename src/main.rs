//! The command. What it can do stands in `args.rs`, one file a command in `commands/`.

use std::process::ExitCode;

fn main() -> ExitCode {
    splitbrain::main(splitbrain::protocols::all())
}
