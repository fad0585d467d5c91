//! The JSON Schema of a scenario, for editors: completion, and blame on the right leaf.

use super::clients::Section;
use super::expect::Statistic;
use super::lay::DRAWN;
use super::line::When;
use super::target::Nodes;
use super::variants::ALSO;
use super::verb::{FORMS, Verb};
use super::vocabulary::Vocabulary;
use super::written::{MessageLine, OperationLine};
use super::{Bound, Count, Nemesis};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use sim_core::Span;
use sim_core::settings::{Clocks, Costs, NetworkSettings};

/// The schema of a scenario file, draft 7, in which nothing may be null: TOML has no null, and an
/// editor that finds one among the alternatives blames the whole value instead of the part that is
/// wrong.
pub fn schema(vocabulary: &dyn Vocabulary) -> Value {
    let mut generator = SchemaSettings::draft07().for_deserialize().into_generator();
    let protocols = vocabulary.protocols();
    let names: Vec<&str> = protocols.iter().map(|words| words.name()).collect();
    let mut keys = Map::new();
    let mut key = |name: &str, about: &str, schema: Value| {
        keys.insert(name.to_string(), described(schema, about));
    };
    let g = &mut generator;
    key("$schema", "Where this schema is.", json!({ "type": "string" }));
    key("format", "The version of this format.", json!({ "const": 1 }));
    key("title", "What the scenario shows, in a sentence.", json!({ "type": "string" }));
    key("claim", "The claim that it demonstrates.", json!({ "type": "string" }));
    key("protocol", "What it runs.", json!({ "enum": names }));
    let several = json!({ "type": "array", "items": { "enum": names }, "minItems": 1 });
    key("protocols", "What it runs, side by side.", several);
    key("nodes", "How many nodes; `tolerate` leaves it to the protocol.", of::<Count>(g));
    key("duration", "How long faults strike; then all heals.", of::<Span>(g));
    key("settle", "How long it then has to recover.", of::<Span>(g));
    let seeds = json!({ "type": "integer", "minimum": 1, "maximum": 10_000_000 });
    key("seeds", "How many seeds it is run with.", seeds);
    let seed = json!({ "type": "integer", "minimum": 0 });
    key("seed", "The one seed that it is run with, instead of `seeds`.", seed);
    key("network", "What carries messages.", of::<NetworkSettings>(g));
    key("costs", "What work takes.", of::<Costs>(g));
    key("clocks", "How wrong clocks are from the beginning.", of::<Clocks>(g));
    key("clients", "Who asks, and what.", clients(vocabulary, g));
    let faults = json!({ "type": "array", "items": fault(g) });
    key("faults", "What goes wrong: when, and exactly one verb.", faults);
    let messages = json!({ "type": "array", "items": message(g) });
    key("messages", "What happens to single messages.", messages);
    let operations = json!({ "type": "array", "items": operation(g) });
    key("operations", "What clients ask for, instead of what they would draw.", operations);
    key("nemesis", "Random faults beside those.", of::<Nemesis>(g));
    key("expect", "What must come of it beside what is promised.", expect(vocabulary, g));
    for words in &protocols {
        let about = format!("The options of {}.", words.name());
        key(words.name(), &about, words.options_schema(g).to_value());
    }
    let about = "What each seed draws: keys of the scenario, each with the values to choose from.";
    let swarm = described(lists(&keys, &generator), about);
    let about = "What is swept: keys of the scenario, each with the values that it takes in turn.";
    let sweep = described(json!({ "$ref": "#/properties/swarm" }), about);
    let variants = variants(&keys);
    keys.insert("swarm".into(), swarm);
    keys.insert("sweep".into(), sweep);
    keys.insert("variants".into(), variants);
    let mut whole = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A splitbrain scenario",
        "type": "object",
        "properties": keys,
        "required": ["title"],
        // What a variant or a sweep lays over the file may be missing in it.
        "allOf": [
            { "anyOf": [
                { "required": ["nodes", "duration"] },
                { "required": ["variants"] },
                { "required": ["sweep"] }
            ] },
            { "anyOf": [
                { "required": ["protocol"] },
                { "required": ["protocols"] },
                { "required": ["variants"] }
            ] }
        ],
        "not": { "required": ["protocol", "protocols"] },
        "additionalProperties": false,
        "definitions": generator.take_definitions(true),
    });
    strip_nulls(&mut whole);
    whole
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// A schema with what it is for. Draft 7 ignores what stands beside a `$ref`, so that one is
/// wrapped.
fn described(schema: Value, about: &str) -> Value {
    match schema {
        Value::Object(mut fields) if !fields.contains_key("$ref") => {
            fields.entry("description").or_insert_with(|| about.into());
            Value::Object(fields)
        }
        reference => json!({ "description": about, "allOf": [reference] }),
    }
}

/// The keys of [`When`] and the verbs side by side; exactly one verb, and `at` or `on`.
fn fault(generator: &mut SchemaGenerator) -> Value {
    let mut table = When::json_schema(generator).to_value();
    let verbs = Verb::json_schema(generator).to_value();
    let nodes = of::<Nodes>(generator);
    let mut one = Vec::new();
    for variant in verbs["oneOf"].as_array().into_iter().flatten() {
        let about = variant["description"].as_str().unwrap_or_default();
        for (verb, schema) in variant["properties"].as_object().into_iter().flatten() {
            let bare = FORMS.iter().any(|form| form.verb == verb && form.bare);
            let schema = if bare { json!({ "anyOf": [nodes, schema] }) } else { schema.clone() };
            table["properties"][verb] = described(schema, about);
            one.push(json!({ "required": [verb] }));
        }
    }
    table["oneOf"] = one.into();
    table["anyOf"] = json!([{ "required": ["at"] }, { "required": ["on"] }]);
    table
}

/// The same scenario under several names, each with what it lays over the file.
fn variants(keys: &Map<String, Value>) -> Value {
    let may = |key: &str| DRAWN.contains(&key) || ALSO.contains(&key) || is_section(key, keys);
    let same = |key: &String| (key.clone(), json!({ "$ref": format!("#/properties/{key}") }));
    let own = table(keys.keys().filter(|key| may(key)).map(same).collect());
    let names = "^[A-Za-z0-9._-]{1,60}$";
    json!({
        "description": "Several forms of the scenario, on the same seeds: what each lays over it.",
        "type": "object",
        "patternProperties": { names: own },
        "additionalProperties": false,
    })
}

/// Lists of what may stand at a key, or of what may stand at the keys of a section.
fn lists(keys: &Map<String, Value>, generator: &SchemaGenerator) -> Value {
    let list = |of: &Value| json!({ "type": "array", "items": of, "minItems": 1 });
    let drawn =
        keys.iter().filter(|(key, _)| DRAWN.contains(&key.as_str()) || is_section(key, keys));
    let drawn = drawn.map(|(key, schema)| {
        let whole = schema["allOf"][0].as_object().map_or(schema, |_| &schema["allOf"][0]);
        let own = resolved(whole, generator).get("properties").and_then(Value::as_object);
        let schema = match own {
            None => list(schema),
            Some(own) => {
                let each = own.iter().map(|(key, schema)| (key.clone(), list(schema))).collect();
                json!({ "anyOf": [list(schema), table(each)] })
            }
        };
        (key.clone(), schema)
    });
    table(drawn.collect())
}

/// Whether a key is the section of a protocol.
fn is_section(key: &str, keys: &Map<String, Value>) -> bool {
    keys["protocol"]["enum"].as_array().is_some_and(|names| names.iter().any(|name| name == key))
}

/// Which message, and exactly one thing that happens to it.
fn message(generator: &mut SchemaGenerator) -> Value {
    let mut table = MessageLine::json_schema(generator).to_value();
    let things = ["lose", "damage", "late", "held-back", "again", "stale"];
    table["required"] = json!(["link", "at"]);
    table["oneOf"] = things.map(|thing| json!({ "required": [thing] })).to_vec().into();
    table
}

fn operation(generator: &mut SchemaGenerator) -> Value {
    let mut table = OperationLine::json_schema(generator).to_value();
    table["required"] = json!(["at", "client", "do"]);
    table
}

/// The keys that all loads share, and beside them every key that some load has.
fn clients(vocabulary: &dyn Vocabulary, generator: &mut SchemaGenerator) -> Value {
    let mut section = Section::json_schema(generator).to_value();
    let mut own: Map<String, Value> = Map::new();
    let mut loads: Vec<String> = Vec::new();
    for words in vocabulary.protocols() {
        for load in words.loads() {
            let schema = words.load_schema(load, generator).to_value();
            let keys = resolved(&schema, generator).get("properties").cloned();
            for (key, schema) in keys.as_ref().and_then(Value::as_object).into_iter().flatten() {
                let before = own.entry(key.clone()).or_insert_with(|| schema.clone());
                // Two loads may mean different things by a key: either will do.
                if before != schema {
                    *before = json!({ "anyOf": [before.clone(), schema] });
                }
            }
            if !loads.iter().any(|known| known == load) {
                loads.push(load.to_string());
            }
        }
    }
    for (key, schema) in own {
        if section["properties"].get(&key).is_none() {
            section["properties"][key] = schema;
        }
    }
    let about = section["properties"]["load"]["description"].take();
    section["properties"]["load"] = json!({ "description": about, "enum": loads });
    section
}

/// What a reference to the generator's definitions stands for.
fn resolved<'a>(schema: &'a Value, generator: &'a SchemaGenerator) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    name.and_then(|name| generator.definitions().get(name)).unwrap_or(schema)
}

/// A section with these keys and no others.
fn table(properties: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Every measure with a value, or with one for each statistic.
fn measures_of(vocabulary: &dyn Vocabulary, value: &Value) -> Value {
    let statistics = Statistic::ALL.iter().map(|one| (one.name().to_string(), value.clone()));
    let statistics = table(statistics.collect());
    let of = |distribution| if distribution { &statistics } else { value };
    let measures = vocabulary.measures();
    let measures = measures.iter().map(|one| (one.name.to_string(), of(one.distribution).clone()));
    table(measures.collect())
}

fn expect(vocabulary: &dyn Vocabulary, generator: &mut SchemaGenerator) -> Value {
    let bound = of::<Bound>(generator);
    let measures = measures_of(vocabulary, &bound);
    let mut properties: Vec<&str> = Vec::new();
    for words in vocabulary.protocols() {
        properties.extend(words.properties());
    }
    properties.sort_unstable();
    properties.dedup();
    let properties = json!({ "type": "array", "items": { "enum": properties } });
    let mut keys = Map::new();
    let mut key = |name: &str, about: &str, schema: &Value| {
        keys.insert(name.to_string(), described(schema.clone(), about));
    };
    key("holds", "Properties that must hold beside what is promised.", &properties);
    key("breaks", "Properties that at least one seed must break.", &properties);
    key("each", "Bounds that each seed must keep.", &measures);
    key("all", "Bounds that all seeds together must keep.", &measures);
    let comparison = json!({ "type": "string", "examples": ["pbft > 3 x raft"] });
    let about = "How those that run the scenario must stand to each other, over all seeds.";
    key("between", about, &measures_of(vocabulary, &comparison));
    table(keys)
}

/// Takes `null` out of every list of alternatives, and every default that is null.
fn strip_nulls(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        Value::Object(fields) => {
            fields.retain(|key, value| key != "default" || !value.is_null());
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|one| one != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    fields.insert("type".into(), one);
                }
            }
            if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
                choices.retain(|one| *one != json!({ "type": "null" }));
                if choices.len() == 1 {
                    let one = fields.remove("anyOf").unwrap_or_default();
                    fields.insert("allOf".into(), one);
                }
            }
            if let Some(Value::Array(choices)) = fields.get_mut("enum") {
                choices.retain(|one| !one.is_null());
            }
            fields.values_mut().for_each(strip_nulls);
        }
        _ => {}
    }
}
