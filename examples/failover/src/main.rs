//! The command, for this protocol: every subcommand of splitbrain.

fn main() -> std::process::ExitCode {
    splitbrain::main(failover::catalogue())
}
