//! `shrink`: from a failure file to a scenario that breaks in the same way.

use crate::room::Room;

const PLANTED: &str = "run raft/minority-leader --bug follower-read-own-commit --seeds 2";

/// A folder with failures in it, and the name of the one for which this many seeds are enough.
fn failed() -> (Room, String) {
    let room = Room::new();
    room.run(PLANTED).ended(1);
    let name = room.files("failures").into_iter().find(|name| name.ends_with(".json"));
    let stem = name.expect("a failure").trim_end_matches(".json").to_owned();
    (room, stem)
}

#[test]
fn a_failure_becomes_a_scenario_to_keep() {
    let (room, stem) = failed();
    let said = room.run(&format!("shrink failures/{stem}.json -o kept/")).ended(0);
    let path = format!("kept/{stem}.toml");
    assert_eq!(room.files("kept"), [format!("{stem}.toml")]);
    for word in ["linearizable", "How it came about", "operations ", " → ", "it takes"] {
        assert!(said.out.contains(word), "no {word} in\n{}", said.out);
    }
    assert!(said.out.contains(&format!("splitbrain run {path}")), "{}", said.out);
    assert!(said.err.contains(" runs in "), "{}", said.err);
    let text = room.read(&path);
    assert!(text.starts_with("# linearizable: "), "{text}");
    assert!(text.contains("\nseed ") && text.contains("operations = ["), "{text}");
    // The file runs its own seed alone, and that breaks again in the same way.
    let run = room.run(&format!("run {path} --format json")).ended(1).json();
    assert_eq!(run["seeds"]["run"], 1);
    assert!(stem.ends_with(run["broken"][0]["fingerprint"].as_str().expect("a text")), "{run}");
    room.run(&format!("replay {path}")).ended(1);
    // Told otherwise, it runs other seeds.
    let run = room.run(&format!("run {path} --seeds 3 --format json")).json();
    assert_eq!(run["seeds"]["run"], 3);
}

#[test]
fn the_same_failure_gives_the_same_bytes() {
    let (room, stem) = failed();
    let words = format!("shrink failures/{stem}.json --runs 80");
    let first = room.run(&words).ended(0);
    assert!(first.out.contains("the runs were spent"), "{}", first.out);
    assert_eq!(room.run(&words).ended(0).out, first.out);
    let named = room.run(&format!("{words} -o here.toml")).ended(0);
    assert_eq!(room.read("here.toml"), first.out);
    assert_eq!(room.run(&format!("{words} -o here.toml")).ended(0).out, named.out);
    // Written once more, it is the last.
    room.write(&format!("failures/{stem}.json"), room.read(&format!("failures/{stem}.json")));
    assert_eq!(room.run("shrink last --runs 80").ended(0).out, first.out);
}

#[test]
fn a_failure_that_departs_is_not_shrunk() {
    let (room, stem) = failed();
    let text = room.read(&format!("failures/{stem}.json"));
    let other = text.replacen("\"follower-read-own-commit\"", "", 1);
    room.write("other.json", other);
    let said = room.run("shrink other.json -o kept/").ended(4);
    assert!(said.out.starts_with("DEPARTS raft/minority-leader"), "{}", said.out);
    room.run("shrink nothing.json").refused();
    room.write("broken.json", "{");
    room.run("shrink broken.json").refused();
    room.run(&format!("shrink failures/{stem}.json --runs 0")).refused();
}

/// Two votes in one term come about where single votes come twice.
const TWICE: &str = r#"
title    = "Votes that come twice"
protocol = "raft"
nodes    = 5
duration = "4s"
seeds    = 30

[raft]
bugs = ["duplicate-vote-counted"]

[network]
delay     = "1ms..60ms"
duplicate = "40%"
"#;

#[test]
fn messages_that_it_takes_are_told_of() {
    let room = Room::new();
    room.write("twice.toml", TWICE);
    room.run("run twice.toml").ended(1);
    let mut names = room.files("failures").into_iter();
    let name = names.find(|name| name.contains("election-safety") && name.ends_with(".json"));
    let said = room.run(&format!("shrink failures/{} -o kept.toml", name.expect("a failure")));
    let said = said.ended(0);
    assert!(said.out.contains("it takes no fault but a disturbed message"), "{}", said.out);
    let text = room.read("kept.toml");
    assert!(text.contains("again = ") && !text.contains("[[faults]]"), "{text}");
    assert!(!text.contains("duplicate = "), "no chance is left: {text}");
}
