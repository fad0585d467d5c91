//! `compare --matrix`: every protocol of a scenario against every class of faults that its variants are.

use super::compare::reproduce;
use super::{App, Exit, on_cores};
use crate::args::Compare;
use crate::files::write_whole;
use crate::progress::Progress;
use crate::report;
use crate::sources;
use reports::matrix;
use scenarios::compare::matrix as survey;
use scenarios::run::Course;
use sim_core::matrix::{Matrix, State};
use sim_core::outcome::{Outcome, Verdict};
use std::path::Path;

/// What is run unless a scenario is named.
const SHIPPED: &str = "survival/matrix";

/// Runs each protocol in each variant on the same seeds, and tells what stayed safe and what went on. It ends well when
/// each protocol keeps what it promises, whatever that is.
pub fn run(app: &App, args: &Compare) -> Result<Exit, String> {
    let form = args.output.as_deref().map(form).transpose()?;
    let what = match args.scenarios.as_slice() {
        [] => SHIPPED,
        [one] => one,
        _ => return Err("a matrix is made of one scenario".into()),
    };
    let source = sources::find(app.catalogue, what, app.colours_errors())?;
    if source.scenario.variants.is_empty() {
        return Err(format!("{what} has no [variants]: each is a class of faults"));
    }
    let mut courses: Vec<Course<'_>> = Vec::new();
    for (scenario, subject) in source.scenario.members() {
        if args.protocol.is_empty() || args.protocol.contains(&subject.protocol) {
            courses.push(Course::new(app.catalogue, &source.name, scenario, subject, &[])?);
        }
    }
    if courses.is_empty() {
        return Err(format!("{what} runs none of {}", args.protocol.join(", ")));
    }
    let seeds = args.seeds.as_ref().map_or(source.scenario.own_seeds(), |seeds| seeds.0.clone());
    let runs = (seeds.end - seeds.start) * courses.len() as u64;
    let progress = Progress::new("matrix", runs, app.manner.quiet || app.is_json());
    let seen = |outcome: &Outcome| {
        progress.step(outcome.verdict() != Verdict::Holds);
    };
    let run = |_| survey(&source.scenario, &courses, seeds.clone(), &app.stop, &seen);
    let mut found = on_cores(args.jobs, run)?;
    progress.clear();
    found.reproduce = reproduce(args, &seeds);
    add_replays(&mut found, &courses);
    let broke = found.rows.iter().flat_map(|row| &row.cells);
    let broke = broke.filter(|cell| !cell.kept && cell.state != State::None).count();
    if app.is_json() {
        app.say(&matrix::json(&found));
    } else if !app.manner.quiet || broke > 0 {
        app.say(&matrix::text(&found, app.manner.verbose, app.colour()));
    }
    if let (Some(path), Some(form)) = (&args.output, form) {
        write_whole(path, form(&found).as_bytes())?;
    }
    let exit = if broke > 0 { Exit::Broken } else { Exit::Held };
    Ok(if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit })
}

/// Says of what each cell shows how it is replayed.
fn add_replays(matrix: &mut Matrix, courses: &[Course<'_>]) {
    let Matrix { faults, rows, .. } = matrix;
    for row in rows {
        for (class, cell) in faults.iter().zip(&mut row.cells) {
            let is_it = |course: &&Course<'_>| {
                let variant = course.scenario.variant.as_ref();
                course.entry().name() == row.protocol
                    && variant.is_some_and(|variant| variant.name == class.name)
            };
            let course = courses.iter().find(is_it);
            if let (Some(course), Some(breach)) = (course, &mut cell.shown) {
                breach.replay = report::by_seed(course, breach.seed);
            }
        }
    }
}

/// How a file is written, by its ending.
fn form(path: &Path) -> Result<fn(&Matrix) -> String, String> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => Ok(matrix::page),
        Some("md") => Ok(matrix::markdown),
        Some("json") => Ok(|found| matrix::json(found) + "\n"),
        _ => Err(format!("{}: name a file that ends with .html, .md or .json", path.display())),
    }
}
