//! A protocol of one's own in a small program: it gets every subcommand.

use crate::room::{Room, SPLITBRAIN};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The example's binary. Cargo builds it with the tests, unless it is told to build this test alone.
fn example() -> PathBuf {
    let folder = Path::new(SPLITBRAIN).parent().expect("a folder");
    let path = folder.join("examples").join(format!("my_protocol{}", std::env::consts::EXE_SUFFIX));
    if !is_fresh(&path) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--example", "my_protocol"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(built.is_ok_and(|status| status.success()), "the example does not build");
    }
    path
}

/// Whether a file is younger than every source.
pub fn is_fresh(path: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let sources = crate::tidy::files();
    changed(path) > sources.iter().filter_map(|source| changed(source)).max()
}

#[test]
fn it_fits_in_sixty_lines() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/my_protocol.rs");
    let lines = fs::read_to_string(source).expect("the example").lines().count();
    assert!(lines <= 60, "{lines} lines");
}

#[test]
fn it_is_listed_explained_and_run_with_faults() {
    let (room, example) = (Room::new(), example());
    let run =
        |words: &str| room.run_with(&example, &words.split_whitespace().collect::<Vec<_>>(), &[]);
    let listed = run("list protocols --format json").ended(0).json();
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["name"]), (Some(1), &"mine".into()));
    assert!(run("explain mine").ended(0).out.starts_with("mine: chain replication"));
    run("new mine.toml --protocol mine").ended(0);
    assert_eq!(run("new").ended(0).out, room.read("mine.toml"), "it is the first protocol");
    let said = run("run mine.toml --seeds 10 --format json").ended(0).json();
    assert_eq!(said["seeds"]["held"], 10);
    assert_eq!(said["idle"].as_array().map(Vec::len), Some(0), "every fault strikes");
    for kind in ["crash", "cut", "loss"] {
        assert!(said["fired"][kind].as_u64().is_some_and(|times| times > 0), "no {kind}");
    }
    assert!(said["operations"].as_u64().is_some_and(|count| count > 1_000));
}

#[test]
fn all_that_it_promises_holds_and_what_it_does_not_promise_is_found() {
    let (room, example) = (Room::new(), example());
    let promised = "[nemesis]\nkinds = \"promised\"\nevery = \"300ms..2s\"\nfor = \"100ms..2s\"\n";
    let forgetful = "[[faults]]\nat = \"4s..6s\"\ncrash = { nodes = \"n3\", disk = \"wiped\" }\n\
                     for = \"500ms\"\n[expect]\nbreaks = [\"linearizable\"]\n";
    let scenario = |faults: &str| {
        format!(
            "title = \"A chain\"\nprotocol = \"mine\"\nnodes = 3\nduration = \"10s\"\n\
                 seeds = 10\n[clients]\ncount = 3\nthink = \"20ms..60ms\"\n{faults}"
        )
    };
    room.write("promised.toml", scenario(promised));
    room.write("forgetful.toml", scenario(forgetful));
    let held = room.run_with(&example, &["run", "promised.toml"], &[]).ended(0);
    assert!(held.out.starts_with("HOLDS"), "{}", held.out);
    let broken = room.run_with(&example, &["run", "forgetful.toml"], &[]).ended(0);
    assert!(
        broken.out.contains("broke linearizable in 10 of 10 seeds, as it must"),
        "{}",
        broken.out
    );
    assert!(broken.out.contains("mine does not promise it"), "{}", broken.out);
}

#[test]
fn it_knows_its_own_protocol_only() {
    let (room, example) = (Room::new(), example());
    let run = |words: &[&str]| room.run_with(&example, words, &[]);
    let said = run(&["new", "--protocol", "raft"]).refused();
    assert_eq!(said.err.trim_end(), "error: there is no protocol `raft`; there are mine");
    let said = run(&["run", "raft/minority-leader"]).refused();
    assert!(said.err.contains("unknown protocol `raft`"), "{}", said.err);
}
