//! The walls between the crates, and the habits of the house.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates, each with those of the workspace that it may depend on.
const WALLS: [(&str, &[&str]); 8] = [
    ("sim-core", &[]),
    ("checkers", &["sim-core"]),
    ("protocols", &["sim-core", "checkers"]),
    ("scenarios", &["sim-core", "checkers", "protocols"]),
    ("reports", &["sim-core"]),
    ("splitbrain", &["sim-core", "checkers", "protocols", "scenarios", "reports"]),
    ("failover", &["splitbrain"]),
    ("tikv-raft", &["splitbrain"]),
];

/// Where a crate is.
fn folder(name: &str) -> &str {
    match name {
        "splitbrain" => "",
        "failover" => "examples/failover",
        "tikv-raft" => "examples/tikv-raft",
        name => name,
    }
}

/// The crates whose runs must depend on a scenario and a seed, and on nothing else.
const PURE: [&str; 5] =
    ["sim-core", "checkers", "protocols", "examples/failover", "examples/tikv-raft"];

/// As long as a source file may be.
const LONGEST: usize = 600;

/// Files that are longer, and why.
const LONG: [(&str, &str); 0] = [];

/// As wide as a line may be.
const WIDEST: usize = 120;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file and manifest of the workspace, in order.
pub fn files() -> Vec<PathBuf> {
    let mut found = vec![root().join("Cargo.toml"), root().join("Cargo.lock")];
    for folder in ["sim-core", "checkers", "protocols", "scenarios", "reports"] {
        gather(&root().join(folder), &mut found);
    }
    for folder in ["src", "tests", "examples"] {
        gather(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_made = ["target", "node_modules"].iter().any(|made| entry.file_name() == *made);
        if path.is_dir() && !is_hidden && !is_made {
            gather(&path, found);
        } else if path.is_file() && !is_hidden {
            found.push(path);
        }
    }
}

/// A source file, with its path from the root.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Whether it is part of what is built for users, and not of tests and benchmarks.
    fn is_shipped(&self) -> bool {
        self.name.starts_with("src/") || self.name.contains("/src/")
    }

    /// The numbers and texts of its lines of code: no comments, and nothing from the unit tests on.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        let lines = lines.enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn sources() -> Vec<Source> {
    let files = files().into_iter();
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let sources: Vec<Source> = files
        .map(|path| Source {
            name: path.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(&path).expect("readable"),
        })
        .collect();
    assert!(sources.len() > 100, "only {} sources were found", sources.len());
    sources
}

#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn dependencies_run_one_way() {
    let crates: BTreeSet<&str> = WALLS.iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    for (name, allowed) in WALLS {
        let manifest = root().join(folder(name)).join("Cargo.toml");
        let text = fs::read_to_string(manifest).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        assert_eq!(manifest["package"]["name"].as_str(), Some(name));
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            for dependency in table.into_iter().flat_map(toml::Table::keys) {
                let wrong = crates.contains(dependency.as_str())
                    && !allowed.contains(&dependency.as_str())
                    && dependency != name;
                assert!(!wrong, "{name} must not depend on {dependency}");
            }
        }
        assert!(manifest.get("target").is_none(), "{name} is the same on every platform");
        seen.insert(folder(name));
    }
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    let members = manifest["workspace"]["members"].as_array().expect("a list");
    let members = members.iter().filter_map(toml::Value::as_str).chain([""]);
    assert_eq!(members.collect::<BTreeSet<_>>(), seen, "every crate has its walls");
}

/// What lets the world outside in.
const OUTSIDE: [&str; 15] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "RandomState",
    "thread_rng",
    "static mut",
];

/// Where something of [`OUTSIDE`] is allowed, and why.
const INSIDE: [(&str, &str, &str); 2] = [
    ("examples/failover/src/main.rs", "std::process", "the command says how it ended"),
    ("examples/tikv-raft/src/main.rs", "std::process", "the command says how it ended"),
];

#[test]
fn a_run_depends_on_nothing_outside() {
    let mut found = Vec::new();
    for source in sources() {
        let is_pure = PURE.iter().any(|folder| source.name.starts_with(&format!("{folder}/")));
        if !source.is_shipped() || !is_pure {
            continue;
        }
        for (at, line) in source.code() {
            for word in OUTSIDE.iter().filter(|word| has_word(line, word)) {
                let is_allowed =
                    |(name, what, _): &&(&str, &str, &str)| *name == source.name && what == word;
                if INSIDE.iter().find(is_allowed).is_none() {
                    found.push(format!("{}:{at}: {word}", source.name));
                }
            }
        }
    }
    none("what a run must not know", &found);
}

#[test]
fn only_the_command_touches_files_clocks_terminals_and_the_environment() {
    let outside = ["std::fs", "std::env", "std::net", "Instant::now", "SystemTime", "println!"];
    let mut found = Vec::new();
    for source in sources() {
        let is_inner =
            ["scenarios/src/", "reports/src/"].iter().any(|c| source.name.starts_with(c));
        for (at, line) in source.code().filter(|_| is_inner) {
            // Macros of the compiler are not the environment of a run.
            let line = line.replace("env!(", "");
            let words = outside.iter().filter(|word| has_word(&line, word));
            found.extend(words.map(|word| format!("{}:{at}: {word}", source.name)));
        }
    }
    none("only src/ may do this", &found);
}

/// Whether a text stands in a line with no letter before or behind it.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(is_part);
        let behind = line[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !behind
    })
}

/// Names of protocols and services.
const NAMES: [&str; 14] = [
    "raft",
    "paxos",
    "pbft",
    "zab",
    "bully",
    "chang",
    "saga",
    "kv",
    "swim",
    "gossip",
    "dynamo",
    "viewstamped",
    "etcd",
    "zookeeper",
];

#[test]
fn the_world_names_no_protocol_and_no_service() {
    let mut found = Vec::new();
    for source in sources() {
        for (at, line) in source.code().filter(|_| source.name.starts_with("sim-core/src/")) {
            let line = line.to_lowercase().replace('_', " ");
            let names = NAMES.iter().filter(|name| has_word(&line, name));
            found.extend(names.map(|name| format!("{}:{at}: {name}", source.name)));
        }
    }
    none("sim-core names", &found);
}

#[test]
fn protocols_know_of_faults_only_what_they_promise() {
    let mut found = Vec::new();
    for source in sources() {
        let is_protocol =
            source.name.starts_with("protocols/src/") && source.name.matches('/').count() > 2;
        for (at, line) in source.code().filter(|_| is_protocol) {
            // Promises name kinds of fault and roles to aim at, and nothing that has struck.
            let words = ["Fault", "Strike", "Plan", "Fired", "Moment", "FaultStep"];
            let words = words.iter().filter(|word| has_word(line, word));
            found.extend(words.map(|word| format!("{}:{at}: {word}", source.name)));
        }
    }
    none("a protocol must not know what strikes it", &found);
}

/// Words put together here, so that this file does not hold them.
fn traces_of_work() -> Vec<String> {
    let mut words: Vec<String> =
        ["TO DO", "FIX ME", "X XX", "HA CK", "dbg !("].map(|word| word.replace(' ', "")).into();
    words.extend(["todo", "unimplemented"].map(|word| format!("{word}!(")));
    // A test that is left out says why.
    words.push(format!("#[{}]", "ignore"));
    words.push(format!("/{}/", "work"));
    words.push(format!("/{}/", "tmp"));
    words
}

#[test]
fn nothing_is_left_of_how_it_was_made() {
    let words = traces_of_work();
    let mut found = Vec::new();
    for path in files() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (at, line) in text.lines().enumerate() {
            let words = words.iter().filter(|word| line.contains(word.as_str()));
            found.extend(words.map(|word| format!("{}:{}: {word}", path.display(), at + 1)));
        }
    }
    none("to be finished or taken out", &found);
}

#[test]
fn every_file_opens_with_what_it_is_about() {
    let sources = sources();
    let opens = |source: &&Source| !source.text.trim_start().starts_with("//!");
    let found: Vec<String> = sources.iter().filter(opens).map(|s| s.name.clone()).collect();
    none("no essay", &found);
}

#[test]
fn files_are_about_one_thing() {
    let long: BTreeMap<&str, &str> = LONG.into_iter().collect();
    let mut found = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        match long.get(source.name.as_str()) {
            None if lines > LONGEST => found.push(format!("{}: {lines} lines", source.name)),
            Some(_) if lines <= LONGEST => {
                found.push(format!("{}: no exception any more", source.name));
            }
            _ => {}
        }
    }
    none(&format!("more than {LONGEST} lines"), &found);
}

#[test]
fn lines_fit_a_screen() {
    let mut found = Vec::new();
    for source in sources() {
        // A row of a table is one line, whatever it says.
        let lines = source.text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim_start().starts_with("//! |"));
        let wide = lines.filter(|(_, line)| line.chars().count() > WIDEST);
        found.extend(wide.map(|(at, line)| {
            format!("{}:{}: {} columns", source.name, at + 1, line.chars().count())
        }));
    }
    none(&format!("wider than {WIDEST} columns"), &found);
}

#[test]
fn shipped_scenarios_have_names_and_titles_of_their_own() {
    let mut titles = BTreeMap::new();
    for shipped in splitbrain::scenarios::library::LIBRARY {
        let table: toml::Table = shipped.text.parse().expect("TOML");
        let title = table["title"].as_str().expect("a title").to_owned();
        assert!(title.chars().count() <= 120, "{}: too long a title", shipped.name);
        if let Some(other) = titles.insert(title, shipped.name) {
            panic!("{} and {other} bear one title", shipped.name);
        }
    }
}

#[test]
fn the_schema_beside_the_library_is_the_one_that_the_command_prints() {
    let path = root().join("scenarios/scenario.schema.json");
    let printed = crate::room::Room::new().run("schema scenario").ended(0).out;
    if std::env::var_os("SPLITBRAIN_UPDATE").is_some() {
        fs::write(&path, &printed).expect("the schema can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == printed, "SPLITBRAIN_UPDATE=1 cargo test --test it writes {}", path.display());
}
