//! The schema that editors complete from.

use crate::words::Catalogue;
use scenarios::format::schema;
use scenarios::words::Words;
use serde_json::{Value, json};

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text == "null",
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(fields) => fields.values().any(holds_null),
        _ => false,
    }
}

#[test]
fn nothing_may_be_null() {
    assert!(!holds_null(&schema(&Catalogue)));
    assert!(!holds_null(&schema(&Words::of(protocols::all()))));
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, whole: &Value) {
        if let Some(path) = value["$ref"].as_str() {
            let pointer = path.strip_prefix('#').expect("a local reference");
            assert!(whole.pointer(pointer).is_some(), "{path}");
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| check(item, whole)),
            Value::Object(fields) => fields.values().for_each(|item| check(item, whole)),
            _ => {}
        }
    }
    for schema in [schema(&Catalogue), schema(&Words::of(protocols::all()))] {
        check(&schema, &schema);
    }
}

#[test]
fn the_words_of_the_catalogue_are_in_it() {
    let schema = schema(&Catalogue);
    let keys = &schema["properties"];
    let names = json!(["raft", "bully", "lock", "pbft", "two-phase-commit"]);
    assert_eq!(keys["protocol"]["enum"], names);
    assert!(keys["raft"].is_object() && keys["two-phase-commit"].is_object());
    assert_eq!(
        keys["clients"]["properties"]["load"]["enum"],
        json!(["kv", "append", "lock", "transfers"])
    );
    assert_eq!(keys["clients"]["properties"]["keys"]["type"], "integer");
    let each = &keys["expect"]["properties"]["each"]["properties"];
    assert!(each["failover"]["properties"]["p99"].is_object());
}

#[test]
fn a_fault_has_exactly_one_verb() {
    let schema = schema(&Catalogue);
    insta::assert_json_snapshot!(schema["properties"]["faults"]["items"]);
}
