//! `docs/raft-safety-rules.md` names scripts, bugs, properties, tests and places in the code: they must exist.

use crate::scripts;
use std::fs;
use std::path::{Path, PathBuf};

/// A row of the table: the rule, its place in the papers, its places in the code, and what notices it.
struct Row {
    rule: String,
    papers: String,
    code: Vec<String>,
    noticed: Vec<String>,
}

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(here().join("../docs/raft-safety-rules.md")).expect("the table");
    let is_row = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| rule ") && !line.starts_with("|---")
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rule, papers, code, noticed] = cells[..] else { panic!("four cells: {line}") };
        let (rule, papers) = (rule.to_owned(), papers.to_owned());
        Row { rule, papers, code: quoted(code), noticed: quoted(noticed) }
    };
    text.lines().filter(is_row).map(row).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn sources(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&fs::read_to_string(&path).expect("a source file"));
        }
    }
}

fn defines(source: &str, item: &str) -> bool {
    let starts = [format!("fn {item}("), format!("fn {item}<"), format!("struct {item}")];
    starts.iter().any(|start| source.contains(start.as_str()))
}

#[test]
fn every_rule_names_what_exists() {
    let rows = rows();
    assert!(rows.len() >= 50, "only {} rules", rows.len());
    let raft = protocols::all().get("raft").expect("raft is in the catalogue");
    let scripts: Vec<String> = scripts::all().iter().map(scripts::Script::name).collect();
    let mut tests = String::new();
    sources(&here(), &mut tests);
    for Row { rule, papers, code, noticed } in rows {
        assert!(!rule.is_empty() && !papers.is_empty() && !code.is_empty(), "{rule}");
        for place in code {
            let (file, item) = place.split_once(':').expect("file:item");
            let source = fs::read_to_string(here().join("src/raft").join(file));
            let source = source.unwrap_or_else(|e| panic!("{rule}: {file}: {e}"));
            assert!(defines(&source, item), "{rule}: there is no {place}");
        }
        assert!(!noticed.is_empty(), "nothing notices: {rule}");
        for notice in noticed {
            let (kind, name) = notice.split_once(' ').expect("kind and name");
            let exists = match kind {
                "script" => scripts.contains(&format!("raft/{name}")),
                "bug" => raft.bugs().iter().any(|bug| bug.id == name),
                "property" => raft.properties().contains(&name),
                "test" => {
                    tests.contains(&format!("#[test]\n    fn {name}("))
                        || tests.contains(&format!("#[test]\nfn {name}("))
                }
                _ => panic!("{rule}: {kind} is no kind of notice"),
            };
            assert!(exists, "{rule}: there is no {notice}");
        }
    }
}

#[test]
fn every_script_and_every_bug_stands_in_the_table() {
    let named: Vec<String> = rows().into_iter().flat_map(|row| row.noticed).collect();
    let raft = protocols::all().get("raft").expect("raft is in the catalogue");
    for bug in raft.bugs() {
        assert!(named.contains(&format!("bug {}", bug.id)), "{} is of no rule", bug.id);
    }
    for script in scripts::all() {
        let name = script.name();
        let Some(name) = name.strip_prefix("raft/") else { continue };
        assert!(named.contains(&format!("script {name}")), "{name} is of no rule");
    }
}
