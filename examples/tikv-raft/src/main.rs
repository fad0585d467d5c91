//! The command, for TiKV's Raft: every subcommand of splitbrain.

fn main() -> std::process::ExitCode {
    splitbrain::main(tikv_raft::catalogue())
}
