//! What is no scenario, and command lines that nobody should write: each is refused soon, and precisely.

use crate::room::{Room, SMALL};
use insta::assert_snapshot;

/// The small scenario with one thing changed.
fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "the scenario has no `{from}`");
    SMALL.replacen(from, to, 1)
}

/// What the command says of a scenario with one thing changed.
#[track_caller]
fn refusal(from: &str, to: &str) -> String {
    refusal_of(changed(from, to))
}

#[track_caller]
fn refusal_of(scenario: impl AsRef<[u8]>) -> String {
    let room = Room::new();
    room.write("bad.toml", scenario);
    room.run("run bad.toml").refused().err
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    assert_snapshot!("wrong_key", refusal("nodes    = 3", "nodez    = 3"));
    assert_snapshot!("wrong_unit", refusal("duration = \"3s\"", "duration = \"3 parsecs\""));
    assert_snapshot!("wrong_type", refusal("seeds    = 2", "seeds    = [2]"));
    assert_snapshot!("wrong_target", refusal("crash = \"leader\"", "crash = \"n4\""));
    assert_snapshot!("wrong_role", refusal("crash = \"leader\"", "crash = \"laeder\""));
    assert_snapshot!("wrong_range", refusal("20ms..60ms", "60ms..20ms"));
    assert_snapshot!("wrong_protocol", refusal("\"raft\"", "\"rafd\""));
    let swarm = |keys: &str| refusal("[[faults]]", &format!("[swarm]\n{keys}\n[[faults]]"));
    assert_snapshot!("swarm_wrong_value", swarm("raft.reads = [\"log\", \"lgo\"]"));
    assert_snapshot!("swarm_no_list", swarm("network.loss = \"5%\""));
    assert_snapshot!("swarm_no_key", swarm("titel = [\"a\", \"b\"]"));
    let nemesis = "[nemesis]\nswarm = true\nmoments = [\"sends vot\"]\n[[faults]]";
    assert_snapshot!("swarm_no_moment", refusal("[[faults]]", nemesis));
    assert_snapshot!("doer_of_nothing", refusal("crash = \"leader\"", "crash = \"doer\""));
    let two_verbs = "crash = \"leader\"\npause = \"n1\"";
    assert_snapshot!("contradictory_fault", refusal("crash = \"leader\"", two_verbs));
    assert_snapshot!(
        "wrong_option",
        refusal("[[faults]]", "[raft]\nheartbaet = \"1ms\"\n[[faults]]")
    );
    let said = refusal("[[faults]]", "[raft]\nbugs = [\"vote-not-presisted\"]\n[[faults]]");
    assert!(said.contains("vote-not-presisted") && said.contains("vote-not-persisted"), "{said}");
    assert_snapshot!("cut_short", refusal_of(&SMALL[..SMALL.len() / 2]));
}

#[test]
fn what_would_never_end_is_not_begun() {
    assert_snapshot!("many_nodes", refusal("nodes    = 3", "nodes    = 1_000_000_000"));
    assert_snapshot!("many_clients", refusal("count = 2", "count = 1_000_000_000"));
    assert_snapshot!("many_seeds", refusal("seeds    = 2", "seeds    = 1_000_000_000_000"));
    assert_snapshot!("long", refusal("duration = \"3s\"", "duration = \"10000d\""));
    let busy = changed("duration = \"3s\"", "duration = \"365d\"").replace(
        "[[faults]]",
        "[raft]\nelection-timeout = \"2ns..3ns\"\nheartbeat = \"1ns\"\n[[faults]]",
    );
    assert_snapshot!("a_year_of_nanoseconds", refusal_of(busy));
    let often = "for   = \"1ns\"\nevery = \"2ns\"";
    assert_snapshot!("many_strikes", refusal("for   = \"500ms\"", often));
    let numbers = ["-1", "0", "9223372036854775807", "9223372036854775808", "1e400", "nan", "inf"];
    for number in numbers {
        refusal("nodes    = 3", &format!("nodes    = {number}"));
        refusal("seeds    = 2", &format!("seeds    = {number}"));
        refusal("duration = \"3s\"", &format!("duration = \"{number}s\""));
    }
}

#[test]
fn files_of_any_size_and_kind_are_refused_in_few_words() {
    let keys: String = (0..200_000).map(|number| format!("k{number} = 1\n")).collect();
    let fits = keys[..(1 << 20) - 1].rfind('\n').map_or("", |end| &keys[..end]);
    assert!(fits.lines().count() > 80_000);
    let said = refusal_of(fits);
    assert!(said.contains("unknown key `k0`"), "{said}");
    let whole = format!("{keys}{}", "# and so on\n".repeat(200_000));
    assert!(whole.len() > 4 << 20);
    assert_snapshot!("large", refusal_of(whole));
    assert_snapshot!("not_text", refusal_of(b"title = \"\xff\xfe\"\n"));
    assert_snapshot!("empty", refusal_of(""));
    assert_snapshot!("zeros", refusal_of([0; 64]));
    refusal_of("[".repeat(100_000));
    refusal_of(format!("a = {}", "[".repeat(100_000)));
    refusal_of(format!("a = {}", "{a=".repeat(100_000)));
    refusal_of(format!("{} = 1", vec!["a"; 100_000].join(".")));
    refusal_of(format!("{}\n{}", "[[faults]]\nat = \"1s\"\n".repeat(20_000), SMALL));
    refusal_of(format!("title = \"{}\"", "é".repeat(300_000)));
}

#[test]
fn what_is_no_file_is_named() {
    let room = Room::new();
    room.write("folder/a.toml", SMALL);
    assert_snapshot!("a_folder", room.run("run folder").refused().err);
    assert_snapshot!("no_file", room.run("run none.toml").refused().err);
    assert_snapshot!("nearly_shipped", room.run("run raft/minority-laeder").refused().err);
    assert_snapshot!("no_name", room.run_words(&["run", ""]).refused().err);
    if cfg!(unix) {
        assert_snapshot!("a_device", room.run("run /dev/null").refused().err);
        room.run("run /dev/zero").refused();
    }
    // All of them are read before the first one runs.
    room.write("good.toml", SMALL);
    let said = room.run("run good.toml none.toml folder").refused();
    assert_eq!(said.err.lines().filter(|line| line.starts_with("error")).count(), 2);
}

#[test]
fn wrong_command_lines_are_refused() {
    let room = Room::new();
    room.write("small.toml", SMALL);
    for words in [
        "",
        "frobnicate",
        "run",
        "run small.toml --seeds",
        "run small.toml --seeds 5..5",
        "run small.toml --seeds many",
        "run small.toml --seeds 0",
        "run small.toml --seeds 0..99999999999",
        "run small.toml --seed -1",
        "run small.toml --seed 18446744073709551615",
        "run small.toml --seed 1 --seeds 2",
        "run small.toml --trace t.jsonl",
        "run small.toml --jobs 100000",
        "run small.toml --jobs some",
        "run small.toml --bug no-such-bug",
        "run small.toml --format yaml",
        "run small.toml --color sometimes",
        "run small.toml --no-such-option",
        "replay",
        "replay small.toml",
        "replay small.toml --seed x",
        "list",
        "list everything",
        "explain",
        "schema everything",
        "completions",
        "completions csh",
        "fuzz none.toml",
        "fuzz --protocol none",
        "fuzz --protocol raft --bug no-such-bug",
        "fuzz small.toml --shard 0/4",
        "fuzz small.toml --shard 5/4",
        "fuzz small.toml --shard one",
        "fuzz small.toml --max-time 5",
        "fuzz small.toml --search cleverly",
        "merge",
        "merge none.json",
        "merge small.toml",
        "mutants --repeat 3",
        "mutants --swarm --repeat 0",
        "mutants --protocol none",
        "mutants --bug none",
        "mutants --seeds few",
        "new --protocol none",
    ] {
        let said = room.run(words).ended(2);
        assert_eq!(said.out, "", "{words}");
        assert!(!said.err.is_empty(), "{words}");
    }
    assert_snapshot!("no_such_bug", room.run("run small.toml --bug no-such-bug").refused().err);
    assert_snapshot!("no_seed", room.run("run small.toml --seeds 5..5").refused().err);
    assert_eq!(room.files("failures"), [""; 0]);
}

#[test]
fn a_reader_who_goes_away_is_no_reason_to_fail() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(crate::room::SPLITBRAIN)
        .args(["list", "bugs"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("the program ends");
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}
