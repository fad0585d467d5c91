//! What each run measured, in files: read back by a reader of CSV that is not ours, and set against the summary.

use crate::room::{Room, SMALL};
use insta::assert_snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
#[cfg(unix)]
use std::process::{Command, Stdio};

/// A store that is not replicated: little happens, and little is measured.
const STORE: &str = "title = \"A store\"\nprotocol = \"unreplicated\"\nnodes = 1\nduration = \"1s\"\n\
                     seeds = 2\n[network]\ndelay = \"1ms\"\n[costs]\nsync = \"1ms\"\n\
                     [clients]\ncount = 1\nload = \"kv\"\nthink = \"100ms\"\n";

/// A table, each row by its columns.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The number of a row, in nanoseconds, thousandths or things.
fn exact(row: &BTreeMap<String, String>) -> u64 {
    let places = match row["unit"].as_str() {
        "seconds" => 9,
        "ratio" => 3,
        "count" => 0,
        other => panic!("{other} is no unit"),
    };
    let (whole, part) = row["value"].split_once('.').unwrap_or((&row["value"], ""));
    assert!(part.len() <= places && !part.ends_with('0'), "{row:?}");
    format!("{whole}{part:0<places$}").parse().expect("a number")
}

#[test]
fn every_number_of_a_run_is_in_the_table() {
    let room = Room::new();
    room.write("store.toml", STORE);
    room.run("run store.toml --seed 1 --measures one.csv").ended(0);
    assert_snapshot!("measures_csv", room.read("one.csv"));
    room.run("run store.toml --measures all.md").ended(0);
    assert_snapshot!("measures_markdown", room.read("all.md"));
}

#[test]
fn the_table_adds_up_to_the_summary() {
    let room = Room::new();
    room.write("small.toml", SMALL);
    let said = room.run("run small.toml --seeds 3 --format json --measures all.csv").ended(0);
    let summary = &said.json()["measures"];
    let mut values: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for row in table(&room.read("all.csv")) {
        assert_eq!((row["scenario"].as_str(), row["protocol"].as_str()), ("small.toml", "raft"));
        let of = (row["measure"].clone(), row["statistic"].clone());
        values.entry(of).or_default().push(exact(&row));
    }
    let known = summary.as_object().expect("measures");
    for ((measure, statistic), values) in &values {
        let whole = &known[measure];
        let come_to = match statistic.as_str() {
            "" => (values.iter().sum::<u64>(), &whole["total"]),
            "count" => (values.iter().sum(), &whole["samples"]),
            "min" => (*values.iter().min().expect("one"), &whole["min"]),
            "max" => (*values.iter().max().expect("one"), &whole["max"]),
            _ => continue,
        };
        assert_eq!(Some(come_to.0), come_to.1.as_u64(), "{measure} {statistic}");
    }
    let told = |measure: &String| values.keys().any(|(known, _)| known == measure);
    assert!(known.keys().all(told), "all that is summed up is in the table");

    let said = room.run("run small.toml --seed 1 --format json --measures one.csv").ended(0);
    let summary = &said.json()["measures"];
    let rows = table(&room.read("one.csv"));
    for row in rows.iter().filter(|row| row["statistic"].starts_with('p')) {
        // The summary's histogram keeps three digits.
        let kept = summary[&row["measure"]][&row["statistic"]].as_u64().expect("a number");
        assert!(kept.abs_diff(exact(row)) <= exact(row) / 500, "{row:?} and {kept}");
    }
}

#[test]
fn the_machine_form_says_the_same_as_the_table_with_any_number_of_jobs() {
    let room = Room::new();
    let both = SMALL.replace("protocol = \"raft\"", "protocols = [\"raft\", \"multi-paxos\"]");
    room.write("both.toml", both);
    room.write("store.toml", STORE);
    for jobs in [1, 3] {
        let run = format!("run store.toml both.toml --seeds 6 -j {jobs} --measures {jobs}");
        room.run(&format!("{run}.csv")).ended(0);
        room.run(&format!("{run}.json")).ended(0);
    }
    assert_eq!(room.read("1.csv"), room.read("3.csv"));
    assert_eq!(room.read("1.json"), room.read("3.json"));
    let read: Value = serde_json::from_str(&room.read("1.json")).expect("JSON");
    let schema = room.run("schema measures").ended(0).json();
    let schema = jsonschema::validator_for(&schema).expect("a sound schema");
    assert!(schema.is_valid(&read));
    assert_eq!(read["schema"], "splitbrain.measures/1");
    let mut rows = table(&room.read("1.csv")).into_iter();
    for runs in read["scenarios"].as_array().expect("a list") {
        for seed in runs["seeds"].as_array().expect("a list") {
            for number in seed["measured"].as_array().expect("a list") {
                let row = rows.next().expect("as many rows");
                assert_eq!(
                    (&runs["scenario"], &runs["protocol"]),
                    (&row["scenario"].clone().into(), &row["protocol"].clone().into())
                );
                assert_eq!(seed["seed"].to_string(), row["seed"]);
                assert_eq!(number["measure"], row["measure"]);
                assert_eq!(number["statistic"].as_str().unwrap_or(""), row["statistic"]);
                assert_eq!(number["value"].as_u64(), Some(exact(&row)), "{row:?}");
            }
        }
    }
    assert_eq!(rows.next(), None);
}

#[test]
fn a_comparison_has_the_runs_of_each() {
    let room = Room::new();
    room.write("store.toml", STORE);
    room.run("compare store.toml store.toml --seeds 6 -o both.csv").ended(0);
    let rows = table(&room.read("both.csv"));
    let (first, second): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row["contender"] == "store.toml");
    assert!(second.iter().all(|row| row["contender"] == "store.toml#2"));
    assert!(first.len() > 100 && first.len() == second.len());
    room.run("run store.toml --seeds 6 --measures run.csv").ended(0);
    let alone = table(&room.read("run.csv"));
    for (one, other) in first.into_iter().zip(second) {
        let mut row = one.clone();
        row.remove("contender");
        assert_eq!(row["value"], other["value"], "the same scenario on the same seeds");
        assert!(alone.contains(&row), "{row:?}");
    }
}

#[test]
fn no_name_of_a_file_becomes_a_formula_or_a_row() {
    if !cfg!(unix) {
        return;
    }
    let room = Room::new();
    let name = "=cmd,\"x\"\n|<b>.toml";
    room.write(name, STORE);
    room.run_words(&["run", name, "--seed", "1", "--measures", "evil.csv"]).ended(0);
    let rows = table(&room.read("evil.csv"));
    assert!(rows.len() > 50);
    assert!(rows.iter().all(|row| row["scenario"] == format!("'{name}")), "{:?}", rows[0]);
    room.run_words(&["run", name, "--seed", "1", "--measures", "evil.md"]).ended(0);
    assert!(room.read("evil.md").starts_with("**=cmd,\"x\" \\|\\<b\\>.toml**, unreplicated:"));
    room.run_words(&["run", name, "--seed", "1", "--measures", "evil.json"]).ended(0);
    let read: Value = serde_json::from_str(&room.read("evil.json")).expect("JSON");
    assert_eq!(read["scenarios"][0]["scenario"], name);
}

#[test]
fn nothing_runs_for_a_file_that_could_not_be_written() {
    let room = Room::new();
    room.write("small.toml", SMALL);
    for wrong in ["all.pdf", "all", "csv", "all.CSV.gz"] {
        let said = room.run(&format!("run small.toml --measures {wrong}")).refused();
        assert!(said.err.contains("name a file that ends with .csv, .md or .json"), "{}", said.err);
    }
    room.run("run small.toml --dry-run --measures all.csv").ended(2);
    // What cannot be written hides no broken promise.
    room.write("folder/file", "");
    room.run("run small.toml --measures folder/file/all.csv").ended(2);
    let broken = "run raft/minority-leader --bug follower-read-own-commit --seed 0";
    room.run(&format!("{broken} --measures folder/file/all.csv")).ended(1);
}

#[cfg(unix)]
#[test]
fn what_was_measured_until_somebody_stops_it_is_there() {
    let room = Room::new();
    let words = "run raft/soak --bug vote-not-persisted --seeds 1000000 --measures all.json";
    let mut child = Command::new(crate::room::SPLITBRAIN)
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
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(told.expect("a shell's tools").success());
    assert_eq!(child.wait().expect("over").code(), Some(1), "something broke");
    let read: Value = serde_json::from_str(&room.read("all.json")).expect("JSON, whole");
    let seeds = read["scenarios"][0]["seeds"].as_array().expect("a list");
    assert!((1..1_000_000).contains(&seeds.len()), "{}", seeds.len());
}
