//! Every subcommand works for this protocol too.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Runs the command in a folder; what it wrote, if it ended with this code.
fn run(room: &TempDir, words: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tikv-raft"));
    let output = command.args(words).current_dir(room.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{said}\n{complaint}");
    said
}

#[test]
fn it_is_listed_explained_run_broken_and_replayed() {
    let room = TempDir::new().expect("a temporary folder");
    let soak = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/soak.toml");
    let soak = soak.to_str().expect("a path in letters");
    assert!(run(&room, &["list", "protocols"], 0).contains("tikv-raft"));
    assert!(run(&room, &["explain", "tikv-raft/hard-state-not-saved"], 0).contains("hard state"));
    run(&room, &["new", "own.toml"], 0);
    assert!(run(&room, &["run", "own.toml", "--seeds", "2"], 0).starts_with("HOLDS"));
    let bug = ["run", soak, "--seeds", "2", "--bug", "snapshot-not-reported"];
    let broken = run(&room, &bug, 1);
    assert!(broken.contains("BROKEN") && broken.contains("How it came about"), "{broken}");
    assert!(run(&room, &["replay", "last"], 1).contains("How it came about"));
    let hunted = ["mutants", soak, "--bug", "snapshot-not-reported", "--seeds", "20"];
    assert!(run(&room, &hunted, 0).contains("catch-up"));
}
