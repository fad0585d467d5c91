//! Failure files: what is in them, what a replay makes of them, and what it makes of damaged ones.

use crate::room::{Room, Said};
use serde_json::Value;
use sim_core::Rng;
use std::time::Duration;

const PLANTED: &str = "run raft/minority-leader --bug follower-read-own-commit --seeds 2";

/// A folder with a failure in it: what the run said, the failure file's name and what it says.
fn failed() -> (Room, Said, String, Value) {
    let room = Room::new();
    let said = room.run(PLANTED).ended(1);
    let names = room.files("failures").into_iter().filter(|name| name.ends_with(".json"));
    let mut failures = names.map(|name| {
        let name = format!("failures/{name}");
        let failure: Value = serde_json::from_str(&room.read(&name)).expect("JSON");
        (name, failure)
    });
    let first = failures.find(|(_, failure)| failure["seed"] == 0);
    let (name, failure) = first.expect("the failure of the first seed");
    drop(failures);
    (room, said, name, failure)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn a_failure_is_kept_whole_and_told() {
    let (room, said, name, failure) = failed();
    let schema = room.run("schema failure").ended(0).json();
    let schema = jsonschema::validator_for(&schema).expect("a sound schema");
    assert!(schema.is_valid(&failure), "{:?}", schema.iter_errors(&failure).next());
    assert_eq!(failure["schema"], "splitbrain.failure/1");
    assert_eq!(failure["protocol"], "raft");
    assert_eq!(failure["overrides"]["bugs"][0], "follower-read-own-commit");
    let property = text(&failure["verdict"]["property"]);
    assert_eq!(property, "linearizable");
    let fingerprint = text(&failure["verdict"]["fingerprint"]);
    assert_eq!(name, format!("failures/raft-minority-leader-{property}-{fingerprint}.json"));
    assert_eq!(failure["replay"], format!("splitbrain replay {name}"));
    assert!(said.out.contains(text(&failure["replay"])), "{}", said.out);
    let story = room.read(&name.replace(".json", ".txt"));
    for word in [property, text(&failure["verdict"]["why"]).split(' ').next().unwrap_or_default()] {
        assert!(story.contains(word), "no {word} in\n{story}");
    }
    let beside = room.files("failures");
    assert!(beside.iter().all(|name| name.ends_with(".json") || name.ends_with(".txt")));
}

#[test]
fn a_state_that_must_not_be_is_kept_as_well() {
    let room = Room::new();
    let words = "run raft/soak --bug quorum-half,vote-cleared-same-term --seeds 40 --format json";
    let run = room.run(words).ended(1).json();
    let broken = run["broken"].as_array().expect("a list");
    let stately = broken.iter().find(|breach| breach["property"] != "linearizable");
    let breach = stately.expect("a broken property of states");
    let replayed = room.run(text(&breach["replay"]).trim_start_matches("splitbrain ")).ended(1);
    assert!(replayed.out.contains(text(&breach["property"])), "{}", replayed.out);
    assert!(replayed.out.contains("matter"), "{}", replayed.out);
}

#[test]
fn the_printed_line_replays_the_same_run() {
    let (room, _, name, failure) = failed();
    let line = text(&failure["replay"]).strip_prefix("splitbrain ").expect("the program's name");
    let said = room.run(line).ended(1);
    assert!(said.out.contains(text(&failure["digest"])), "{}", said.out);
    assert!(said.out.contains(text(&failure["verdict"]["property"])));
    let outcome = room.run(&format!("replay {name} --format json")).ended(1).json();
    assert_eq!(outcome["digest"], failure["digest"]);
    assert_eq!(outcome["seed"], failure["seed"]);
    let program = std::path::Path::new(crate::room::SPLITBRAIN);
    let env = [("SPLITBRAIN_REPLAY", name.as_str())];
    assert_eq!(room.run_with(program, &["replay"], &env).ended(1).out, said.out);
    room.run(&format!("replay {name} --seed 3")).refused();
}

#[test]
fn the_last_failure_is_the_one_that_was_written_last() {
    let room = Room::new();
    room.run("replay last").refused();
    room.run(PLANTED).ended(1);
    let old = room.files("failures");
    for name in old.iter().filter(|name| name.ends_with(".json")) {
        let name = format!("failures/{name}");
        let failure: Value = serde_json::from_str(&room.read(&name)).expect("JSON");
        std::thread::sleep(Duration::from_millis(50));
        room.write(&name, room.read(&name));
        let said = room.run("replay last").ended(1);
        assert!(said.out.contains(text(&failure["digest"])), "{}", said.out);
    }
    room.run("replay last --failures failures").ended(1);
    room.run("replay last --failures elsewhere").refused();
    assert_eq!(room.files("failures"), old, "a replay writes nothing");
}

#[test]
fn a_window_of_steps_can_be_listed() {
    let (room, _, name, _) = failed();
    let steps = |words: &str| room.run(&format!("replay {name} {words}")).ended(1).out;
    let none = steps("");
    assert!(steps("--until 20").lines().count() > none.lines().count() + 10);
    assert!(steps("--until 0.1s").lines().count() > none.lines().count() + 10);
    assert!(steps("--show 0.1s..0.2s").lines().count() > none.lines().count());
    for wrong in ["--until soon", "--show 5s", "--show 5s..x", "--show 1s..2s --until 3s"] {
        room.run(&format!("replay {name} {wrong}")).refused();
    }
}

/// Replays the failure with one thing changed.
fn edited(room: &Room, failure: &Value, edit: impl FnOnce(&mut Value)) -> Said {
    let mut failure = failure.clone();
    edit(&mut failure);
    room.write("edited.json", failure.to_string());
    room.run("replay edited.json")
}

#[test]
fn an_edited_failure_departs_from_what_was_recorded() {
    let (room, _, _, failure) = failed();
    let departs = |edit: &dyn Fn(&mut Value), why: &str| {
        let said = edited(&room, &failure, edit).ended(4);
        assert!(said.out.starts_with("DEPARTS raft/minority-leader"), "{}", said.out);
        assert!(said.out.contains("it departs after step"), "{}", said.out);
        assert!(said.out.contains(why), "no `{why}` in {}", said.out);
    };
    departs(&|f| f["seed"] = 77.into(), "changed the file: its seed");
    departs(&|f| f["plan"]["strikes"] = Value::Array(Vec::new()), "changed the file: its plan");
    departs(&|f| f["plan"]["strikes"][0]["at"] = "7s".into(), "its plan");
    departs(&|f| f["overrides"]["bugs"] = Value::Array(Vec::new()), "what was laid over");
    departs(&|f| f["digest"] = "0123456789abcdef".into(), "what it says about the run");
    let fewer_clients = |f: &mut Value| {
        let scenario = text(&f["scenario"]).replace("count = 4", "count = 3");
        f["scenario"] = scenario.into();
    };
    departs(&fewer_clients, "changed the file: its scenario");
    // What an older version wrote says nothing of that.
    let older = |f: &mut Value| {
        fewer_clients(f);
        f.as_object_mut().expect("an object").remove("asked");
    };
    departs(&older, "the file is as it was written");
    departs(
        &|f| {
            older(f);
            f["engine"] = "0.0.9".into();
        },
        "version 0.0.9 recorded it",
    );
    edited(&room, &failure, |_| ()).ended(1);
    // What was only recorded for people may change.
    edited(&room, &failure, |f| f["verdict"]["why"] = "because".into()).ended(1);
}

#[test]
fn what_cannot_be_replayed_is_refused_by_name() {
    let (room, _, _, failure) = failed();
    let refused = |edit: &dyn Fn(&mut Value)| edited(&room, &failure, edit).refused().err;
    let newer = refused(&|f| f["schema"] = "splitbrain.failure/2".into());
    assert!(newer.contains("splitbrain.failure/2"), "{newer}");
    assert!(newer.contains("splitbrain.failure/1"), "{newer}");
    assert!(refused(&|f| f["digest"] = "xyz".into()).contains("`xyz` is no digest"));
    assert!(refused(&|f| f["waypoints"][0][1] = "xyz".into()).contains("`xyz` is no digest"));
    assert!(refused(&|f| f["protocol"] = "bully".into()).contains("does not run `bully`"));
    assert!(refused(&|f| f["overrides"]["bugs"][0] = "nope".into()).contains("no bug `nope`"));
    assert!(refused(&|f| f["plan"]["heal"] = "19s".into()).contains("heals after 19s"));
    assert!(refused(&|f| f["surprise"] = 1.into()).contains("surprise"));
    assert!(refused(&|f| f["scenario"] = "nodes = 3".into()).contains("protocol"));
    refused(&|f| f["seed"] = (-1).into());
    refused(&|f| f["seed"] = 1e30.into());
    refused(&|f| *f = Value::Array(Vec::new()));
}

/// A plan is data too: what no scenario could ask for must neither panic nor take for ever.
#[test]
fn an_absurd_plan_is_refused_or_departs() {
    let (room, _, _, failure) = failed();
    let edits: [&dyn Fn(&mut Value); 6] = [
        &|f| f["plan"]["strikes"][0]["fault"] = serde_json::json!({ "crash": "everything" }),
        &|f| {
            let node = serde_json::json!([{ "node": 4_000_000 }]);
            f["plan"]["strikes"][0]["fault"] = serde_json::json!({ "pause": { "nodes": node } });
        },
        &|f| {
            let fault = serde_json::json!({ "slow-node": { "nodes": ["all"], "factor": 0 } });
            f["plan"]["strikes"][0]["fault"] = fault;
        },
        &|f| f["plan"]["strikes"][0]["at"] = "584y".into(),
        &|f| f["plan"]["strikes"][1]["id"] = f["plan"]["strikes"][0]["id"].clone(),
        &|f| {
            let strike = f["plan"]["strikes"][0].clone();
            f["plan"]["strikes"] = Value::Array(vec![strike; 100_001]);
        },
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let said = edited(&room, &failure, edit);
        let code = said.code.expect("an exit code");
        assert!([2, 4].contains(&code), "edit {number} ended {code}: {}{}", said.out, said.err);
        assert!(said.took < Duration::from_secs(10), "edit {number} took {:?}", said.took);
    }
}

#[test]
fn a_damaged_failure_is_refused_or_replays_and_never_panics() {
    let (room, _, name, _) = failed();
    let whole = room.read(&name).into_bytes();
    for cut in (0..whole.len() - 2).step_by(whole.len() / 60) {
        room.write("damaged.json", &whole[..cut]);
        let said = room.run("replay damaged.json").refused();
        assert!(said.err.contains("damaged.json is no failure file"), "{}", said.err);
    }
    let mut rng = Rng::named(5, 8);
    for _ in 0..120 {
        let mut bytes = whole.clone();
        for _ in 0..=rng.below(2) {
            let at = rng.index(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
        }
        room.write("damaged.json", &bytes);
        let said = room.run("replay damaged.json");
        let code = said.code.expect("an exit code");
        assert!([0, 1, 2, 4].contains(&code), "ended {code}: {}{}", said.out, said.err);
        assert!(said.took < Duration::from_secs(10), "took {:?}", said.took);
    }
}

#[test]
fn what_is_no_failure_file_is_refused() {
    let room = Room::new();
    room.write("empty.json", "");
    room.write("binary.json", [0xff, 0xfe, 0x00, 0x80]);
    room.write("deep.json", "[".repeat(200_000));
    room.write("large.json", vec![b' '; (64 << 20) + 1]);
    room.write("a.toml", crate::room::SMALL);
    for name in ["empty.json", "binary.json", "deep.json", "large.json", ".", "none.json"] {
        let said = room.run(&format!("replay {name}")).refused();
        assert!(said.err.contains(name), "{}", said.err);
    }
    let said = room.run("replay a.toml").refused();
    assert!(said.err.contains("splitbrain replay a.toml --seed 0"), "{}", said.err);
    let said = room.run("replay raft/minority-leader").refused();
    assert!(said.err.contains("splitbrain replay raft/minority-leader --seed 0"), "{}", said.err);
}

#[test]
fn failures_that_cannot_be_kept_are_told_all_the_same() {
    let room = Room::new();
    room.write("failures", "this is a file");
    let said = room.run(PLANTED).ended(1);
    assert!(said.out.starts_with("BROKEN"));
    assert!(said.err.contains("cannot write failures/"), "{}", said.err);
}
