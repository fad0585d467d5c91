//! The machine forms.

use crate::build::{flaky_voter, forgotten_vote, minority_leader};
use reports::json::{self, SCHEMAS};
use reports::mutants::MutantRow;
use reports::trace;
use serde_json::Value;
use sim_core::outcome::Outcome;

fn read(line: &str) -> Value {
    assert!(!line.contains('\n'), "one object is one line");
    serde_json::from_str(line).expect("it is JSON")
}

/// What a schema says must be there is there, and what is there the schema knows.
fn fits(value: &Value, name: &str) {
    let schema = json::schema(name).expect("the schema is known");
    assert!(schema["$schema"].as_str().is_some_and(|draft| draft.contains("draft-07")));
    let (fields, object) = (&schema["properties"], value.as_object().expect("it is an object"));
    for key in object.keys() {
        assert!(fields.get(key).is_some(), "the schema of {name} does not know {key}");
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(key.as_str().unwrap_or_default()).is_some(), "{key} is missing");
    }
}

#[test]
fn a_run_has_what_its_schema_says() {
    let value = read(&json::run(&flaky_voter()));
    fits(&value, "run");
    assert_eq!(value["schema"], "splitbrain.run/1");
    assert_eq!(value["seeds"]["broken"], 3);
    assert_eq!(value["broken"][0]["at"], "5.393s");
    assert_eq!(value["broken"][0]["at-ns"], 5_393_000_000u64);
    assert_eq!(value["digest"], "4be1c07709c211aa");
    assert_eq!(value["fired"]["pause"], 1_612);
    assert_eq!(value["measures"]["failover"]["p99"], 612_000_000);
}

#[test]
fn a_run_as_a_line() {
    let mut summary = minority_leader();
    summary.properties.truncate(1);
    summary.measures.truncate(1);
    insta::assert_snapshot!(json::run(&summary));
}

#[test]
fn the_other_forms_have_what_their_schemas_say() {
    let rows = [MutantRow { protocol: "raft".into(), id: "x".into(), ..MutantRow::default() }];
    let value = read(&json::mutants(&rows));
    fits(&value, "mutants");
    assert_eq!(value["bugs"][0]["caught"], false);
    fits(&read(&json::outcome(&Outcome::default())), "outcome");
    for name in SCHEMAS {
        assert!(json::schema(name).is_some(), "{name}");
    }
    assert_eq!(json::schema("nonsense"), None);
}

#[test]
fn a_trace_is_a_header_and_lines_in_order() {
    let (told, _) = forgotten_vote();
    let text = trace::lines(&told);
    let lines: Vec<Value> = text.lines().map(read).collect();
    assert_eq!(lines[0]["schema"], "splitbrain.trace/1");
    assert_eq!(lines[0]["steps"], told.steps.len());
    assert_eq!(lines.len(), 1 + told.steps.len() + told.lost.len());
    let times: Vec<u64> = lines[1..].iter().filter_map(|line| line["at-ns"].as_u64()).collect();
    assert_eq!(times.len(), lines.len() - 1);
    assert!(times.is_sorted());
    let shown: Vec<&str> = text.lines().filter(|line| line.contains("\"5.19")).collect();
    insta::assert_snapshot!(shown.join("\n"));
}
