//! Variants, sweeps and the survival matrix, from the command line.

use crate::cli::{fits, validator};
use crate::room::Room;
use serde_json::Value;

/// Writes of a client to Raft clusters of two sizes.
const SIZES: &str = "
title    = \"Sizes\"
protocol = \"raft\"
duration = \"2s\"
seeds    = 8

[clients]
count = 1
load  = \"register\"
gets  = 0

[sweep]
nodes = [3, 5]

[expect.each]
messages-per-op = \">= 4\"

[expect.between]
messages-per-op = \"nodes-5 > 1.5 x nodes-3\"
";

#[test]
fn variants_are_run_one_after_the_other_and_each_alone() {
    let room = Room::new();
    room.write("sizes.toml", SIZES);
    let said = room.run("run sizes.toml").ended(0).out;
    for part in
        ["sizes.toml@nodes-3 · 8 of 8", "sizes.toml@nodes-5 · 8 of 8", "between nodes-3 and"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let alone = room.run("run sizes.toml@nodes-5 --seeds 2").ended(0).out;
    assert!(alone.contains("5 nodes") && !alone.contains("between"), "{alone}");
    let wrong = room.run("run sizes.toml@nodes-4").refused();
    assert!(wrong.err.contains("it has nodes-3, nodes-5"), "{}", wrong.err);
    let said = room.run("run raft/soak@x").refused();
    assert!(said.err.contains("raft/soak has no variants"), "{}", said.err);
    let missed = SIZES.replace("> 1.5 x", "> 3 x");
    room.write("missed.toml", missed);
    assert!(room.run("run missed.toml").ended(1).out.contains("nodes-5 > 3 x nodes-3"));
}

#[test]
fn a_failure_of_a_variant_is_replayed_shrunk_and_hunted_as_that() {
    let room = Room::new();
    let text = "title = \"T\"\nprotocol = \"raft\"\nnodes = 3\nduration = \"8s\"\nseeds = 40\n\
                [nemesis]\nkinds = [\"crash\"]\n\
                [variants.sound]\nraft.reads = \"log\"\n\
                [variants.sick]\nraft.bugs = [\"vote-not-persisted\"]\n";
    room.write("v.toml", text);
    let said = room.run("run v.toml").ended(1).out;
    assert!(said.contains("HOLDS  v.toml@sound") && said.contains("BROKEN v.toml@sick"), "{said}");
    let again = room.run("replay last").ended(1).out;
    assert!(again.contains("v.toml@sick"), "{again}");
    room.run("shrink last -o small.toml").ended(0);
    room.run("replay small.toml").ended(1);
    let hunted = room.run("fuzz v.toml@sick --seeds 40 --failures f").ended(1).out;
    assert!(hunted.contains("v.toml@sick"), "{hunted}");
}

#[test]
fn what_was_swept_grows_as_it_should() {
    let room = Room::new();
    room.write("sizes.toml", SIZES);
    let run = "compare sizes.toml --seeds 8 --format json";
    let said = room.run(&format!("{run} -j 1 -o all.html")).ended(0);
    assert_eq!(said.out, room.run(&format!("{run} -j 2")).ended(0).out);
    let compared = said.json_lines().remove(0);
    fits(&validator(&room, "compared"), &compared);
    let growth = compared["growth"].as_array().expect("a list");
    let growth = growth.iter().find(|one| one["measure"] == "messages-per-op");
    let line = &growth.expect("messages")["lines"][0];
    assert_eq!(line["closed"]["formula"], "2(n - 1)");
    assert_eq!(line["closed"]["values"], serde_json::json!([4_000, 8_000]));
    let power = line["power"][0].as_i64().expect("eight seeds");
    assert!((1_200..1_500).contains(&power), "log 2 / log 5/3 is 1.36, and this is {power}");
    let text = room.run("compare sizes.toml").ended(0).out;
    assert!(text.contains("messages-per-op grows with nodes to the power 1."), "{text}");
    assert!(room.read("all.html").starts_with("<!doctype html>"));
}

#[test]
fn a_family_is_compared_by_its_name() {
    let room = Room::new();
    let said = room.run("compare elections --seeds 6").ended(0).out;
    assert!(said.contains("ring beside bully"), "{said}");
}

#[test]
fn the_matrix_tells_what_survives_what() {
    let room = Room::new();
    let run = "compare --matrix --protocol raft,unreplicated --seeds 2";
    let said = room.run(&format!("{run} --format json -j 1 -o m.html")).ended(0);
    assert_eq!(said.out, room.run(&format!("{run} --format json -j 2")).ended(0).out);
    let matrix = said.json_lines().remove(0);
    fits(&validator(&room, "matrix"), &matrix);
    let state = |protocol: &str, class: &str| {
        let place = |list: &Value, key: &str, name: &str| {
            let list = list.as_array().expect("a list");
            list.iter().position(|one| one[key] == name).unwrap_or_else(|| panic!("{name}"))
        };
        let row = place(&matrix["rows"], "protocol", protocol);
        let column = place(&matrix["faults"], "name", class);
        matrix["rows"][row]["cells"][column].clone()
    };
    for (protocol, class, wanted, safe) in [
        ("raft", "nothing", "live", true),
        ("raft", "partition", "live", true),
        ("raft", "crash-of-most", "blocked", true),
        ("raft", "amnesia", "unsafe", false),
        ("unreplicated", "nothing", "unsafe", false),
    ] {
        let cell = state(protocol, class);
        assert_eq!(cell["state"], wanted, "{protocol} under {class}");
        assert_eq!(cell["promises"]["safe"], safe, "{protocol} under {class}");
        assert_eq!(cell["kept"], true);
    }
    let replay = state("raft", "amnesia")["shown"]["replay"].as_str().expect("a line").to_owned();
    let replay = replay.strip_prefix("splitbrain ").expect("a command");
    assert!(room.run(replay).ended(0).out.contains("survival/matrix@amnesia"));
    let text = room.run(run).ended(0).out;
    assert!(text.contains("crash-of-most") && text.contains("▮"), "{text}");
    room.run("compare --matrix raft/soak").refused();
    room.run("compare --matrix --protocol nobody").refused();
    room.run("compare --matrix -o m.pdf").refused();
}
