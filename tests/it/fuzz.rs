//! Campaigns: the same words from the same arguments, whatever the machine; nothing lost that was found.

use crate::room::{Room, SPLITBRAIN};
use serde_json::Value;
use std::process::{Child, Command, Stdio};

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

/// Every file of a folder, with what it says.
fn contents(room: &Room, folder: &str) -> Vec<(String, String)> {
    let read = |name: String| (room.read(&format!("{folder}/{name}")), name);
    room.files(folder).into_iter().map(read).map(|(text, name)| (name, text)).collect()
}

/// Two scenarios of one name in two folders, whose runs break in the same ways.
#[test]
fn shares_merge_into_what_one_machine_reports_and_leave_its_files() {
    let other = SWARM.replace("20ms..60ms", "20ms..50ms");
    let (alone, room) = (with_swarm(), with_swarm());
    for room in [&alone, &room] {
        room.write("other/swarm.toml", &other);
    }
    let words = "fuzz swarm.toml other/swarm.toml --seeds 480..520 --search guided --bug \
                 ack-client-before-commit,quorum-half";
    let whole = alone.run(&format!("{words} --junit report.xml"));
    for share in 1..=3 {
        room.run(&format!("{words} --shard {share}/3 --json s{share}.json --failures f{share}"));
    }
    let merge = "merge s1.json s2.json s3.json --junit report.xml";
    let merged = room.run(merge).ended(whole.code.expect("a code"));
    assert_eq!(merged.out, whole.out);
    assert_eq!(room.read("report.xml"), alone.read("report.xml"));
    let files = contents(&room, "failures");
    assert_eq!(files, contents(&alone, "failures"));
    for name in ["swarm.toml", "other/swarm.toml"] {
        let of_it = format!("\"name\": \"{name}\"");
        assert!(files.iter().any(|(_, text)| text.contains(&of_it)), "{name}: {files:?}");
    }
    for (file, failure) in failures(&room, "failures") {
        let said = room.run(&format!("replay failures/{file}")).ended(1);
        let name = failure["name"].as_str().expect("a name");
        assert!(said.out.starts_with(&format!("{name} ·")), "{}", said.out);
    }
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

/// A failure file as an earlier campaign may have left it.
#[test]
fn a_file_of_an_earlier_campaign_yields_to_a_smaller_failure_or_when_it_replays_no_more() {
    let room = with_swarm();
    let strikes = |failure: &Value| failure["plan"]["strikes"].as_array().map_or(0, Vec::len);
    room.run("fuzz swarm.toml --bug ack-client-before-commit --seeds 60").ended(1);
    let first = failures(&room, "failures");
    let (name, failure) = first.iter().max_by_key(|(_, failure)| strikes(failure)).expect("one");
    let file = format!("failures/{name}");
    let again = |left: &str| {
        room.write(&file, left);
        room.run("fuzz swarm.toml --bug ack-client-before-commit --seeds 60").ended(1);
        room.read(&file)
    };
    let found = room.read(&file);
    for worthless in ["", "{}", &found.replace("\"ack-client-before-commit\"", "")] {
        assert_eq!(again(worthless), found, "{worthless}");
    }
    let mut departs = failure.clone();
    departs["plan"]["strikes"] = Value::Array(Vec::new());
    assert_eq!(again(&departs.to_string()), found, "it is smaller, but another run");
    let beside = "failures/of-somebody-else.json";
    room.write(beside, "kept");
    // Other seeds find the same shapes by other plans.
    let other = "fuzz swarm.toml --bug ack-client-before-commit --seeds 500..600 --failures";
    room.run(&format!("{other} elsewhere"));
    room.run(&format!("{other} failures"));
    assert_eq!(room.read(beside), "kept");
    let mut met = 0;
    for (name, mine) in failures(&room, "elsewhere") {
        let earlier = first.iter().find(|(file, _)| *file == name).map(|(_, earlier)| earlier);
        let Some(earlier) = earlier else { continue };
        met += 1;
        let stays = strikes(earlier) <= strikes(&mine);
        let kept: Value = serde_json::from_str(&room.read(&format!("failures/{name}"))).unwrap();
        let wanted = if stays { &earlier["digest"] } else { &mine["digest"] };
        assert_eq!(kept["digest"], *wanted, "{name}");
    }
    assert!(met > 0, "no shape in common");
}

#[test]
fn what_cannot_be_written_is_said_and_hides_no_broken_promise() {
    let room = with_swarm();
    room.write("blocked", "a file, and no folder");
    let words = format!("{BUGGY} --failures blocked --junit blocked/x.xml --json seen.json");
    let said = room.run(&words).ended(1);
    assert!(said.err.contains("cannot write blocked"), "{}", said.err);
    assert!(!said.out.contains("replay blocked/"), "{}", said.out);
    assert!(room.read("seen.json").starts_with('{'), "the rest is written");
    room.run("fuzz swarm.toml --seeds 20 --junit blocked/x.xml").ended(2);
}

#[test]
fn a_share_without_seeds_is_no_result() {
    let room = with_swarm();
    let said = room.run("fuzz swarm.toml --seeds 40 --shard 2/4").ended(0);
    assert!(said.err.contains("there is no seed in this share"), "{}", said.err);
    room.run("fuzz swarm.toml --seeds 40 --shard 2/4 --strict").ended(2);
}

#[test]
fn a_bad_file_in_the_corpus_ends_no_campaign() {
    let room = with_swarm();
    room.write("corpus/bad.json", "{ \"schema\": ");
    let said = room.run("fuzz swarm.toml --seeds 20 --corpus corpus --junit report.xml").ended(2);
    assert!(said.out.contains("CANNOT BE PLAYED corpus/bad.json"), "{}", said.out);
    assert!(said.out.contains("HOLDS"), "{}", said.out);
    assert!(room.read("report.xml").contains("<error message="), "{}", room.read("report.xml"));
    let said = room.run(&format!("{BUGGY} --corpus corpus")).ended(1);
    assert!(said.out.contains("CANNOT BE PLAYED") && said.out.contains("BROKEN"), "{}", said.out);
}

#[test]
fn finds_go_where_the_next_campaign_plays_them_first() {
    let room = with_swarm();
    room.run(&format!("{BUGGY} --corpus corpus")).ended(1);
    let found = failures(&room, "failures");
    assert_eq!(found, failures(&room, "corpus"));
    let words = "fuzz swarm.toml --seeds 20 --corpus corpus --junit report.xml --format json";
    let lines = room.run(words).ended(1).json_lines();
    let schema = room.run("schema known").ended(0).json();
    let schema = jsonschema::validator_for(&schema).expect("a sound schema");
    let known: Vec<&Value> =
        lines.iter().filter(|line| line["schema"] == "splitbrain.known/1").collect();
    assert_eq!(known.len(), found.len());
    for line in known {
        assert!(schema.is_valid(line), "{line}");
        assert_eq!(line["fate"], "broken", "{line}");
    }
    let report = room.read("report.xml");
    let suite =
        format!("<testsuite name=\"regressions\" tests=\"{0}\" failures=\"{0}\"", found.len());
    assert!(report.contains(&suite), "{report}");
}

#[test]
fn what_got_somewhere_new_is_not_forgotten_by_the_next_campaign() {
    let room = with_swarm();
    let kept = |seeds: &str| -> Vec<Value> {
        room.run(&format!("fuzz swarm.toml --seeds {seeds} --corpus corpus")).ended(0);
        let names = room.files("corpus");
        let file = names.iter().find(|name| name.ends_with(".inputs")).expect("a corpus");
        let text = room.read(&format!("corpus/{file}"));
        let corpus: Value = serde_json::from_str(&text).expect("whole");
        corpus["inputs"].as_array().expect("a list").clone()
    };
    let first = kept("40");
    assert!(!first.is_empty());
    let second = kept("40..80");
    assert_eq!(second[..first.len()], first[..]);
    room.write("swarm.toml", SWARM.replace("0ms..500ms", "0ms..499ms"));
    let other = kept("80..90");
    assert!(!other.contains(&first[0]), "inputs of another scenario mean something else");
}

/// A failure that was shrunk, as `shrink` writes it.
const REGRESSION: &str = r#"title    = "Once lost"
protocol = "raft"
nodes    = 3
duration = "3s"
seed     = 7

[[faults]]
at  = "1s"
cut = "leader | rest"
for = "1s"

[clients]
count = 2
think = "20ms..60ms"
"#;

#[test]
fn shrunk_failures_are_played_first() {
    let room = with_swarm();
    room.write("regressions/once-lost.toml", REGRESSION);
    room.write("regressions/of-another.toml", REGRESSION.replace("\"raft\"", "\"pbft\""));
    for words in ["run swarm.toml --seeds 5", "fuzz swarm.toml --seeds 5"] {
        let said = room.run(words).ended(0);
        assert!(said.out.starts_with("REGRESSIONS      1 of 1 hold\n"), "{}", said.out);
        let report = if words.starts_with("fuzz") { " --junit report.xml" } else { "" };
        let said = room.run(&format!("{words} --bug ack-client-before-commit{report}")).ended(1);
        assert!(
            said.out.starts_with("FAILS AGAIN      regressions/once-lost.toml: "),
            "{}",
            said.out
        );
    }
    assert!(room.read("report.xml").contains("name=\"regressions/once-lost.toml\""));
    let known = room.run("run swarm.toml --seeds 2 --format json").ended(0).json_lines();
    assert_eq!((&known[0]["kind"], &known[0]["fate"]), (&"regression".into(), &"holds".into()));
    for alone in ["run swarm.toml --seed 3", "run regressions/once-lost.toml", "fuzz --help"] {
        let said = room.run(alone).ended(0);
        assert!(!said.out.contains("REGRESSIONS  "), "{}", said.out);
    }
    let line = known[0]["replay"].as_str().expect("a line");
    room.run(line.trim_start_matches("splitbrain ")).ended(0);
    room.write("regressions/typo.toml", "titel = 1");
    let said = room.run("run swarm.toml --seeds 2").ended(2);
    assert!(said.out.contains("CANNOT BE PLAYED regressions/typo.toml"), "{}", said.out);
    room.run("run swarm.toml --seeds 2 --regressions elsewhere").ended(0);
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
        SWARM
            .replace("every = \"100ms..500ms\"", "every = \"2900ms..2950ms\"")
            .replace("swarm = true\n", ""),
    );
    let said = room.run("fuzz swarm.toml --seeds 2 --search uniform").ended(0);
    assert!(said.out.contains("never struck"), "{}", said.out);
    room.run("fuzz swarm.toml --seeds 2 --search uniform --strict").ended(1);
    let said = room.run("fuzz swarm.toml --seeds 60 --strict").ended(0);
    assert!(!said.out.contains("never struck"), "{}", said.out);
}

/// The command at work, once it has kept a failure.
fn that_has_found(room: &Room, words: &str, out: Stdio) -> Child {
    let child = Command::new(SPLITBRAIN)
        .args(words.split(' '))
        .current_dir(room.path(""))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    while room.files("failures").iter().all(|name| !name.ends_with(".json")) {
        std::thread::yield_now();
    }
    child
}

#[test]
fn what_was_found_before_the_command_was_killed_is_there_and_whole() {
    let room = with_swarm();
    let words = "fuzz swarm.toml --bug ack-client-before-commit,quorum-half --max-time 1h";
    let mut child = that_has_found(&room, words, Stdio::null());
    child.kill().expect("killed");
    child.wait().expect("over");
    let found = failures(&room, "failures");
    assert!(!found.is_empty());
    for (name, _) in found {
        room.run(&format!("replay failures/{name}")).ended(1);
    }
}

/// What an interrupted campaign reports of the seeds before its cut is what a campaign of these seeds does.
#[cfg(unix)]
#[test]
fn an_interrupted_campaign_reports_what_it_has_found() {
    let room = with_swarm();
    let bugs = "fuzz swarm.toml --bug ack-client-before-commit,quorum-half --format json";
    let child = that_has_found(&room, &format!("{bugs} --max-time 1h"), Stdio::piped());
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(told.expect("a shell's tools").success());
    let ended = child.wait_with_output().expect("over");
    assert_eq!(ended.status.code(), Some(1), "something broke");
    let cut: Value = serde_json::from_slice(&ended.stdout).expect("JSON, whole");
    let before = cut["hunt"]["cut"].as_u64().expect("it was cut");
    let number = |of: &Value, key: &str| of["seeds"][key].as_u64().expect("a number");
    assert_eq!(number(&cut, "held") + number(&cut, "broken"), number(&cut, "run"));
    assert!(number(&cut, "run") >= before.max(1));
    assert!(!failures(&room, "failures").is_empty());
    let broken = |of: &Value| {
        let all = of["broken"].as_array().expect("a list").iter();
        let early = all.filter(|one| one["seed"].as_u64().expect("a seed") < before);
        early.map(|one| (one["seed"].clone(), one["property"].clone())).collect::<Vec<_>>()
    };
    if before > 0 {
        let same = room.run(&format!("{bugs} --failures elsewhere --seeds 0..{before}")).json();
        assert_eq!(broken(&cut), broken(&same));
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

#[test]
fn what_a_scenario_plants_a_bug_to_break_is_no_failure_in_a_report() {
    let room = Room::new();
    let planted = SWARM.replace("[swarm]\n", "[swarm]\nraft.bugs = [[\"quorum-half\"]]\n");
    room.write("swarm.toml", format!("{planted}\n[expect]\nbreaks = [\"election-safety\"]\n"));
    room.run("fuzz swarm.toml --junit report.xml").ended(1);
    let report = room.read("report.xml");
    assert!(report.contains("<failure type=\"commitment\""), "{report}");
    assert!(!report.contains("<failure type=\"election-safety\""), "{report}");
    assert!(report.contains("name=\"expected breaks election-safety\"/>"), "{report}");
}

#[test]
fn shares_that_began_with_another_corpus_are_joined_with_a_warning() {
    let room = with_swarm();
    let words = BUGGY.replace("0..60", "480..520");
    room.run(&format!("{words} --corpus kept")).ended(1);
    room.run(&format!("{words} --shard 1/2 --json s1.json --corpus kept")).ended(1);
    for corpus in ["", "--corpus new"] {
        room.run(&format!("{words} --shard 2/2 --json s2.json {corpus}")).ended(1);
        let said = room.run("merge s1.json s2.json").ended(1);
        assert!(
            said.err.contains("s2.json") && said.err.contains("another corpus"),
            "{}",
            said.err
        );
    }
}

#[test]
fn bugs_are_hunted_in_the_named_swarms_of_their_protocols() {
    let room = with_swarm();
    room.write("paxos.toml", SWARM.replace("\"raft\"", "\"paxos\"").replace("raft.", "# "));
    let words = "mutants swarm.toml paxos.toml --swarm --repeat 2 --seeds 200 --bug quorum-half --format json";
    let said = room.run(words).ended(0).json();
    let of = |protocol: &str| {
        let bugs = said["bugs"].as_array().expect("bugs").iter();
        bugs.filter(|bug| bug["protocol"] == protocol).cloned().collect::<Vec<_>>()
    };
    for (protocol, scenario) in [("raft", "swarm.toml"), ("paxos", "paxos.toml")] {
        let bugs = of(protocol);
        assert!(!bugs.is_empty(), "{said}");
        for bug in bugs {
            assert_eq!((&bug["scenario"], &bug["uniform"]["of"]), (&scenario.into(), &2.into()));
        }
    }
}
