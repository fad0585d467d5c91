//! `explain`: about one thing.

use super::{App, Exit};
use crate::args::Explain;
use protocols::Entry;
use scenarios::format::{read, write};
use scenarios::library;
use scenarios::words::Words;
use serde_json::Value;
use sim_core::fault::FaultKind;
use sim_core::measure::Measure;
use sim_core::topology::Topology;
use std::fmt::Write as _;

/// Tells about what is named, whatever kind of thing that is.
pub fn run(app: &App, args: &Explain) -> Exit {
    match find(app, &args.what) {
        Some(text) => {
            app.say(&text);
            Exit::Held
        }
        None => app.complain(&format!(
            "nothing is called `{}`; `splitbrain list` shows what there is",
            args.what
        )),
    }
}

fn find(app: &App, what: &str) -> Option<String> {
    if let Some(entry) = app.catalogue.get(what) {
        return Some(protocol(entry));
    }
    if let Some((name, thing)) = what.split_once('/')
        && let Some(entry) = app.catalogue.get(name)
        && let Some(text) = bug(entry, thing).or_else(|| property(entry, thing))
    {
        // A scenario may bear the name of what it shows.
        let shipped = scenario(what).map(|shipped| format!("\n\n{shipped}")).unwrap_or_default();
        return Some(text + &shipped);
    }
    if let Some(text) = scenario(what).or_else(|| variant(app, what)) {
        return Some(text);
    }
    if let Some(kind) = FaultKind::named(what) {
        return Some(fault(app, kind));
    }
    if let Some(measure) = Measure::named(what) {
        let kind = if measure.distribution { "many values a run" } else { "one value a run" };
        return Some(format!(
            "{}: {}\n  unit: {}, {kind}",
            measure.name,
            measure.about,
            measure.unit.name()
        ));
    }
    if let Some(topology) = Topology::named(what) {
        return Some(topology_text(topology));
    }
    // A bug or a property by its bare name, when only one protocol has it.
    let found: Vec<String> = app
        .catalogue
        .iter()
        .filter_map(|entry| bug(entry, what).or_else(|| property(entry, what)))
        .collect();
    (!found.is_empty()).then(|| found.join("\n"))
}

fn scenario(name: &str) -> Option<String> {
    let shipped = library::named(name)?;
    Some(format!("{}\n\n{}", shipped.name, shipped.text.trim_end()))
}

/// A shipped scenario's variant, `raft/reads@lease`, as the file that it would be alone.
fn variant(app: &App, name: &str) -> Option<String> {
    let (file, _) = name.rsplit_once('@')?;
    let (shipped, words) = (library::named(file)?, Words::of(app.catalogue));
    let scenario = read(shipped.text.as_bytes(), file, &words).ok()?;
    let (left, variant) = scenario.called(name);
    let text = write(&variant, &words, &[]).ok().filter(|_| left == file)?;
    Some(format!("{name}\n\n{}", text.trim_end()))
}

fn protocol(entry: &dyn Entry) -> String {
    let mut text = format!("{}: {}\n", entry.name(), entry.about());
    let _ = writeln!(text, "\nOptions of [{}]", entry.name());
    let mut generator = schemars::generate::SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    let schema = entry.options_schema(&mut generator).to_value();
    text.push_str(&options(&schema));
    let _ = writeln!(text, "\nPromises, unless an option says otherwise");
    for promise in entry.promises(&entry.default_options()) {
        let _ = writeln!(text, "  {:22} {}", promise.property, promise.words);
    }
    for (at, form) in entry.closed_forms().iter().enumerate() {
        let head = if at == 0 { "\nCosts among n nodes, where nothing goes wrong\n" } else { "" };
        let _ = writeln!(text, "{head}  {:22} {:12} {}", form.measure, form.formula, form.about);
    }
    let survives = protocols::Catalogue::survives(entry, &entry.default_options());
    let kinds: Vec<&str> = survives.iter().map(|kind| kind.name()).collect();
    let _ = writeln!(text, "\nUnder {}", kinds.join(", "));
    let roles: Vec<&str> = entry.roles().iter().map(|(name, _)| *name).collect();
    let _ = writeln!(text, "\nRoles     {}", roles.join(", "));
    let _ = writeln!(text, "Messages  {}", entry.kinds().join(", "));
    let _ = writeln!(text, "Loads     {}", entry.loads().join(", "));
    for (at, (name, about)) in entry.lies().iter().enumerate() {
        let head = if at == 0 { "Lies" } else { "" };
        let _ = writeln!(text, "{head:9} {name}: {about}");
    }
    let _ = write!(text, "Bugs      {}, see `splitbrain list bugs`", entry.bugs().len());
    text
}

/// The keys of a section with their defaults and what they mean.
fn options(schema: &Value) -> String {
    let mut text = String::new();
    for (key, option) in schema["properties"].as_object().into_iter().flatten() {
        let default = option.get("default").map(Value::to_string).unwrap_or_default();
        let about = option["description"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(text, "  {key:18} {default:22} {about}");
    }
    text
}

fn bug(entry: &dyn Entry, id: &str) -> Option<String> {
    let bug = entry.bugs().into_iter().find(|bug| bug.id == id)?;
    let needs: Vec<&str> = bug.needs.iter().map(|kind| kind.name()).collect();
    let needs = if needs.is_empty() { "no fault".to_owned() } else { needs.join(", ") };
    Some(format!(
        "{}/{}: {}\n  breaks  {}\n  needs   {needs}\n  origin  {}\n  see it  splitbrain mutants --bug {}",
        entry.name(),
        bug.id,
        bug.about,
        bug.breaks.join(", "),
        bug.origin,
        bug.id
    ))
}

fn property(entry: &dyn Entry, name: &str) -> Option<String> {
    let known = entry.properties().into_iter().find(|property| *property == name)?;
    let promises = entry.promises(&entry.default_options());
    let promise = promises.iter().find(|promise| promise.property == known);
    let words = promise.map_or_else(|| about_general(known), |promise| promise.words);
    let under = match promise {
        None => "not promised".to_owned(),
        Some(promise) => {
            let kinds: Vec<&str> = promise.under.iter().map(|kind| kind.name()).collect();
            format!("promised under {}", kinds.join(", "))
        }
    };
    Some(format!("{}/{known}: {words}\n  {under}", entry.name()))
}

/// What the properties say that every protocol's runs are checked for.
pub fn about_general(property: &str) -> &'static str {
    match property {
        "linearizable" => {
            "every operation takes effect at one instant between its call and its return"
        }
        "serializable" => {
            "transactions are strictly serializable: as if each had run alone, at one instant between its call \
             and its return"
        }
        "all-end" => "after all faults have healed, every transaction that was under way ends",
        "live-again" => "after all faults have healed, clients are served again within the bound",
        "catch-up" => "after all faults have healed, every live node decides what had been decided",
        "no-panic" => "the protocol's code does not panic",
        _ => "",
    }
}

fn fault(app: &App, kind: FaultKind) -> String {
    let mut text = format!("{kind}: {}\n", kind.about());
    for entry in app.catalogue.iter() {
        let survives = protocols::Catalogue::survives(entry, &entry.default_options());
        let does = if survives.contains(&kind) { "promises" } else { "does not promise" };
        let _ = writeln!(text, "  {} {does} to survive it", entry.name());
    }
    text
}

fn topology_text(topology: &Topology) -> String {
    let mut text = format!("{}: {}\n", topology.name, topology.about);
    let delays = topology.delays();
    for (i, from) in topology.sites.iter().enumerate() {
        for (j, to) in topology.sites.iter().enumerate().skip(i) {
            let _ = writeln!(text, "  {from:10} {to:10} {}", delays[i * topology.sites.len() + j]);
        }
    }
    text
}
