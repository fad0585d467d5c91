//! One scenario and one seed give one run: with any number of threads, every time, in every build.

#![allow(clippy::disallowed_methods)] // a variable may name a build

use crate::library_example::is_fresh;
use crate::room::{Room, SMALL, SPLITBRAIN};
use std::path::{Path, PathBuf};

const SCENARIOS: [&str; 3] =
    ["small.toml --seeds 12", "raft/minority-leader --seeds 3", "raft/soak --seeds 3"];

fn room() -> Room {
    let room = Room::new();
    room.write("small.toml", SMALL);
    room
}

#[test]
fn output_is_the_same_with_any_number_of_threads_and_every_time() {
    let room = room();
    for scenario in SCENARIOS {
        for format in ["text", "json"] {
            let run = |jobs: u32| {
                let words = format!("run {scenario} --format {format} -v --jobs {jobs}");
                room.run(&words).ended(0).out
            };
            let alone = run(1);
            assert!(alone.contains("digest") && alone.lines().count() >= 1);
            assert_eq!(alone, run(2), "{scenario} in {format}: two threads");
            assert_eq!(alone, run(2), "{scenario} in {format}: once more");
        }
    }
}

#[test]
fn what_broke_is_the_same_with_any_number_of_threads() {
    let room = room();
    let run = |jobs: u32| {
        let words = "run raft/minority-leader --bug follower-read-own-commit --seeds 6 -v";
        let said = room.run(&format!("{words} --jobs {jobs} --failures of-{jobs}")).ended(1);
        // The folder is part of the line that replays.
        said.out.replace(&format!("of-{jobs}/"), "failures/")
    };
    assert_eq!(run(1), run(3));
    let names = room.files("of-1");
    assert_eq!(names, room.files("of-3"));
    for name in names {
        let of = |folder: &str| room.read(&format!("{folder}/{name}")).replace(folder, "failures");
        assert_eq!(of("of-1"), of("of-3"), "{name}");
    }
}

#[test]
fn a_seed_runs_alone_as_it_runs_among_others() {
    let room = room();
    let digests = |words: &str| {
        let trace = room.run(&format!("replay small.toml --format json {words}")).ended(0).json();
        trace["digest"].clone()
    };
    assert_eq!(digests("--seed 3"), digests("--seed 3"));
    assert_ne!(digests("--seed 3"), digests("--seed 4"));
    let run = |words: &str| room.run(&format!("run small.toml --format json {words}")).json();
    assert_eq!(run("--seed 3")["digest"], run("--seeds 3..4")["digest"]);
    assert_ne!(run("--seed 3")["digest"], run("--seed 4")["digest"]);
}

#[test]
fn running_twice_finds_nothing_that_differs() {
    let room = room();
    let said = room.run("run small.toml --seeds 5 --twice").ended(0);
    assert!(said.err.contains("every seed gave the same run again"), "{}", said.err);
    assert!(!said.out.contains("UNSTEADY"));
    let alias = room.run("run small.toml --seeds 5 --check-determinism").ended(0);
    assert_eq!(alias.out, said.out);
}

/// Another build of the same sources: the one that `SPLITBRAIN_OTHER_BUILD` names, or the one of the other
/// profile beside this one, when it is younger than all the sources.
fn other_build() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("SPLITBRAIN_OTHER_BUILD") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "SPLITBRAIN_OTHER_BUILD names no file: {}", path.display());
        return Some(path);
    }
    let mine = Path::new(SPLITBRAIN);
    let profile = if mine.parent()?.ends_with("release") { "debug" } else { "release" };
    let other = mine.parent()?.parent()?.join(profile).join(mine.file_name()?);
    is_fresh(&other).then_some(other)
}

#[test]
fn debug_and_release_builds_give_the_same_bytes() {
    let Some(other) = other_build() else {
        println!("skipped: there is no other build; name one in SPLITBRAIN_OTHER_BUILD");
        return;
    };
    let room = room();
    for scenario in SCENARIOS {
        let words = format!("run {scenario} --format json");
        let words: Vec<&str> = words.split_whitespace().collect();
        let theirs = room.run_with(&other, &words, &[]).ended(0).out;
        assert_eq!(room.run_words(&words).ended(0).out, theirs, "{scenario}");
    }
}
