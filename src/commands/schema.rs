//! `schema`: what files and machine-readable output look like.

use super::{App, Exit};
use crate::args::{Schema, Schemas};
use scenarios::words::Words;

/// Prints a JSON Schema.
pub fn run(app: &App, args: &Schema) -> Exit {
    let schema = match args.what {
        Schemas::Scenario => Some(scenarios::format::schema(&Words::of(app.catalogue))),
        Schemas::Failure => Some(scenarios::failure::schema()),
        Schemas::Run => reports::json::schema("run"),
        Schemas::Outcome => reports::json::schema("outcome"),
        Schemas::Known => reports::json::schema("known"),
        Schemas::Between => reports::json::schema("between"),
        Schemas::Compared => reports::json::schema("compared"),
        Schemas::Matrix => reports::json::schema("matrix"),
        Schemas::Measures => reports::json::schema("measures"),
        Schemas::Mutants => reports::json::schema("mutants"),
        Schemas::Trace => reports::json::schema("trace"),
    };
    match schema.map(|schema| serde_json::to_string_pretty(&schema)) {
        Some(Ok(text)) => {
            app.say(&text);
            Exit::Held
        }
        _ => app.complain("this has no schema"),
    }
}
