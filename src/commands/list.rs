//! `list`: what there is.

use super::{App, Exit};
use crate::args::{Kind, List};
use crate::sources;
use protocols::Entry;
use reports::export::FORMS;
use scenarios::library::LIBRARY;
use serde_json::{Value, json};
use sim_core::fault::FaultKind;
use sim_core::measure::MEASURES;
use sim_core::topology::TOPOLOGIES;

/// Prints one kind of thing: a table, or one JSON array of objects.
pub fn run(app: &App, args: &List) -> Exit {
    if let Some(name) = &args.protocol
        && app.catalogue.get(name).is_none()
    {
        return app.complain(&format!("there is no protocol `{name}`"));
    }
    match rows(app, args) {
        Ok(rows) if app.is_json() => app.say(&Value::Array(rows).to_string()),
        Ok(rows) => app.say(&table(&rows)),
        Err(why) => return app.complain(&why),
    }
    Exit::Held
}

fn rows(app: &App, args: &List) -> Result<Vec<Value>, String> {
    let protocols: Vec<&dyn Entry> = app
        .catalogue
        .iter()
        .filter(|entry| args.protocol.as_ref().is_none_or(|name| name == entry.name()))
        .collect();
    let each = |list: &dyn Fn(&dyn Entry) -> Vec<Value>| -> Vec<Value> {
        protocols.iter().flat_map(|entry| list(*entry)).collect()
    };
    Ok(match args.what {
        Kind::Protocols => each(&|entry| vec![protocol(entry)]),
        Kind::Scenarios => scenarios(app, args)?,
        Kind::Bugs => each(&|entry| entry.bugs().iter().map(|b| bug(entry, b)).collect()),
        Kind::Properties => each(&properties),
        Kind::Faults => FaultKind::ALL
            .iter()
            .map(|kind| json!({ "name": kind.name(), "summary": kind.about() }))
            .collect(),
        Kind::Targets => targets(&protocols),
        Kind::Events => each(&|entry| {
            let events = entry.events().into_iter();
            events.map(|event| json!({ "name": event, "protocol": entry.name() })).collect()
        }),
        Kind::Measures => MEASURES
            .iter()
            .map(|m| {
                json!({
                    "name": m.name, "unit": m.unit.name(), "distribution": m.distribution,
                    "summary": m.about
                })
            })
            .collect(),
        Kind::Workloads => each(&|entry| {
            let loads = entry.loads().into_iter();
            loads.map(|load| json!({ "name": load, "protocol": entry.name() })).collect()
        }),
        Kind::Exports => {
            FORMS.iter().map(|form| json!({ "name": form.name, "summary": form.about })).collect()
        }
        Kind::Topologies => TOPOLOGIES
            .iter()
            .map(|t| json!({ "name": t.name, "summary": t.about, "sites": t.sites }))
            .collect(),
    })
}

fn protocol(entry: &dyn Entry) -> Value {
    let promises = entry.promises(&entry.default_options());
    let promises: Vec<&str> = promises.iter().map(|promise| promise.property).collect();
    json!({ "name": entry.name(), "summary": entry.about(), "promises": promises })
}

fn bug(entry: &dyn Entry, bug: &protocols::BugAbout) -> Value {
    let needs: Vec<&str> = bug.needs.iter().map(|kind| kind.name()).collect();
    json!({
        "id": bug.id, "protocol": entry.name(), "summary": bug.about, "breaks": bug.breaks,
        "needs": needs, "origin": bug.origin
    })
}

fn properties(entry: &dyn Entry) -> Vec<Value> {
    let promises = entry.promises(&entry.default_options());
    let about = |property: &str| {
        let own = promises.iter().find(|promise| promise.property == property);
        own.map_or_else(|| super::explain::about_general(property), |promise| promise.words)
    };
    let list = entry.properties().into_iter();
    list.map(|property| {
        let promised = promises.iter().any(|promise| promise.property == property);
        json!({
            "name": property, "protocol": entry.name(), "promised": promised,
            "summary": about(property)
        })
    })
    .collect()
}

fn targets(protocols: &[&dyn Entry]) -> Vec<Value> {
    let general = [
        ("n1, n2, …", "this node"),
        ("c1, c2, …", "this client"),
        ("random", "some live node"),
        ("rest", "every node on no other side"),
        ("all", "every node"),
        ("clients", "every client"),
        ("majority", "some majority of the nodes"),
        ("minority", "some nodes, fewer than half"),
        ("doer", "the node whose event the fault waited for"),
    ];
    let general =
        general.iter().map(|(name, about)| json!({ "name": name, "summary": about })).collect();
    let mut rows: Vec<Value> = general;
    for entry in protocols {
        for (name, _) in entry.roles() {
            let summary = format!("a role of {}", entry.name());
            rows.push(json!({ "name": name, "protocol": entry.name(), "summary": summary }));
        }
    }
    rows
}

fn scenarios(app: &App, args: &List) -> Result<Vec<Value>, String> {
    let mut rows = Vec::new();
    for shipped in LIBRARY {
        let text = shipped.text.as_bytes();
        let scenario = sources::read(app.catalogue, shipped.name, text, false)?.scenario;
        let mut protocols: Vec<&str> = Vec::new();
        for (_, subject) in scenario.members() {
            if !protocols.contains(&subject.protocol.as_str()) {
                protocols.push(&subject.protocol);
            }
        }
        let variants = scenario.variants.iter().filter_map(|one| one.variant.as_ref());
        let variants: Vec<&str> = variants.map(|variant| variant.name.as_str()).collect();
        if args.protocol.as_ref().is_some_and(|name| !protocols.contains(&name.as_str())) {
            continue;
        }
        rows.push(json!({
            "name": shipped.name, "summary": scenario.title, "title": scenario.title,
            "protocols": protocols, "variants": variants, "claim": scenario.claim,
            "path": format!("scenarios/library/{}.toml", shipped.name)
        }));
    }
    Ok(rows)
}

/// Names on the left, what they are on the right.
fn table(rows: &[Value]) -> String {
    let name = |row: &Value| {
        let name = row["name"].as_str().or(row["id"].as_str()).unwrap_or_default().to_owned();
        match (row.get("id"), row["protocol"].as_str()) {
            (Some(_), Some(protocol)) => format!("{protocol}/{name}"),
            _ => name,
        }
    };
    let about = |row: &Value| {
        let summary = row["summary"].as_str().or(row["protocol"].as_str()).unwrap_or_default();
        match row["breaks"].as_array() {
            Some(breaks) => {
                let breaks: Vec<&str> = breaks.iter().filter_map(Value::as_str).collect();
                format!("{summary} Breaks {}.", breaks.join(", "))
            }
            None => summary.to_owned(),
        }
    };
    let width = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0);
    let line = |row: &Value| format!("{:width$}  {}", name(row), about(row)).trim_end().to_owned();
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
