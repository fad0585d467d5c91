//! Campaigns: the same words from the same arguments, whatever the machine; nothing lost that was found.

use crate::room::{Room, SPLITBRAIN};
use serde_json::Value;
use std::process::{Command, Stdio};

/// A small swarm that a planted bug breaks and that holds without it.
const SWARM: &str = r#"title    = "A small swarm"
protocol = "raft"
nodes    = { any = [3, 4] }
duration = "3s"
seeds    = 60

[swarm]
raft.pre-vote = [true, false]
raft.reads    = ["log", "read-index"]
network       = [{}, { delay = "1ms..40ms", loss = "5%" }]

[clients]
count = 2
think = "20ms..60ms"

[nemesis]
kinds = ["crash", "cut", "loss", "pause"]
every = "100ms..500ms"
for   = "100ms..800ms"
swarm = true
"#;

const BUGGY: &str = "fuzz swarm.toml --bug ack-client-before-commit,quorum-half --seeds 0..60";

fn with_swarm() -> Room {
    let room = Room::new();
    room.write("swarm.toml", SWARM);
    room
}

/// The failure files of a folder, with what they say.
fn failures(room: &Room, folder: &str) -> Vec<(String, Value)> {
    let names = room.files(folder).into_iter().filter(|name| name.ends_with(".json"));
    let read = |name: String| {
        let value = serde_json::from_str(&room.read(&format!("{folder}/{name}"))).expect("whole");
        (name, value)
    };
    names.map(read).collect()
}

#[test]
fn the_same_arguments_say_the_same_with_any_number_of_jobs() {
    for search in ["uniform", "guided"] {
        let said = |jobs: u32| {
            let room = with_swarm();
            let said = room.run(&format!("{BUGGY} --search {search} --jobs {jobs}")).ended(1);
            (said.out, failures(&room, "failures"))
        };
        let first = said(1);
        assert!(!first.1.is_empty(), "{}", first.0);
        assert_eq!(first, said(2), "{search}");
        assert_eq!(first, said(2), "{search}, once more");
    }
}

#[test]
fn shares_merge_into_what_one_machine_reports() {
    let room = with_swarm();
    let seeds = "--seeds 480..520 --search guided --bug ack-client-before-commit,quorum-half";
    let whole = room.run(&format!("fuzz swarm.toml {seeds} --junit whole.xml"));
    for share in 1..=3 {
        room.run(&format!(
            "fuzz swarm.toml {seeds} --shard {share}/3 --json s{share}.json --failures f{share}"
        ));
    }
    let words = "merge s1.json s2.json s3.json --junit merged.xml";
    let merged = room.run(words).ended(whole.code.expect("a code"));
    assert_eq!(merged.out, whole.out);
    assert_eq!(room.read("merged.xml"), room.read("whole.xml"));
    room.run("merge s1.json s3.json").refused();
    room.run("merge s1.json s1.json s2.json s3.json").refused();
    room.write("half.json", &room.read("s1.json")[..2_000]);
    room.run("merge half.json").refused();
}

#[test]
fn a_failure_of_a_guided_campaign_replays() {
    let room = with_swarm();
    room.run(&format!("{BUGGY} --search guided")).ended(1);
    for (name, failure) in failures(&room, "failures") {
        let said = room.run(&format!("replay failures/{name}")).ended(1);
        let property = failure["verdict"]["property"].as_str().expect("a property");
        assert!(said.out.contains(property), "{}", said.out);
    }
}

#[test]
fn known_failures_come_first_and_what_is_mended_says_so() {
    let room = with_swarm();
    room.run(&format!("{BUGGY} --search uniform --failures corpus")).ended(1);
    let known = failures(&room, "corpus");
    let said = room.run("fuzz swarm.toml --seeds 20 --corpus corpus").ended(1);
    assert_eq!(said.out.matches("STILL FAILS").count(), known.len(), "{}", said.out);
    assert!(room.files("corpus").iter().any(|name| name.ends_with(".inputs")));
    for (name, mut failure) in known {
        failure["overrides"]["bugs"] = Value::Array(Vec::new());
        room.write(&format!("corpus/{name}"), failure.to_string());
    }
    let said = room.run("fuzz swarm.toml --seeds 20 --corpus corpus").ended(0);
    assert!(said.out.contains("NO LONGER FAILS"), "{}", said.out);
    assert!(said.out.contains("departs after step"), "{}", said.out);
}

#[test]
fn a_campaign_that_time_cuts_says_where() {
    let room = with_swarm();
    let said = room.run("fuzz swarm.toml --max-time 1ms").ended(0);
    assert!(said.out.contains("cut"), "{}", said.out);
    let json = room.run("fuzz swarm.toml --max-time 1ms --format json").ended(0).json();
    assert!(json["hunt"]["cut"].is_number(), "{json}");
}

#[test]
fn a_kind_of_fault_that_never_struck_is_told_and_strict_fails() {
    let room = Room::new();
    room.write(
        "swarm.toml",
        SWARM.replace("every = \"100ms..500ms\"", "every = \"2900ms..2950ms\""),
    );
    let said = room.run("fuzz swarm.toml --seeds 2 --search uniform").ended(0);
    assert!(said.out.contains("never struck"), "{}", said.out);
    room.run("fuzz swarm.toml --seeds 2 --search uniform --strict").ended(1);
    let said = room.run("fuzz swarm.toml --seeds 60 --strict").ended(0);
    assert!(!said.out.contains("never struck"), "{}", said.out);
}

#[test]
fn what_was_found_before_the_command_was_killed_is_there_and_whole() {
    let room = with_swarm();
    let words = "fuzz swarm.toml --bug ack-client-before-commit,quorum-half --max-time 1h";
    let mut child = Command::new(SPLITBRAIN)
        .args(words.split(' '))
        .current_dir(room.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    while room.files("failures").iter().all(|name| !name.ends_with(".json")) {
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("over");
    let found = failures(&room, "failures");
    assert!(!found.is_empty());
    for (name, _) in found {
        room.run(&format!("replay failures/{name}")).ended(1);
    }
}

#[test]
fn a_junit_report_is_sound_and_tells_the_story() {
    let room = with_swarm();
    room.run(&format!("{BUGGY} --junit report.xml")).ended(1);
    let report = room.read("report.xml");
    let opened = report.matches("<testcase").count();
    let closed = report.matches("</testcase>").count() + report.matches("/>").count()
        - report.matches("<skipped").count();
    assert_eq!(opened, closed, "{report}");
    assert!(report.contains("<failure type=") && report.contains("replay it"), "{report}");
}
