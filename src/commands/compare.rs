//! `compare`: several protocols or scenarios on the same seeds.

use super::run::between;
use super::{App, Exit, on_cores};
use crate::args::Compare;
use crate::files::write_whole;
use crate::progress::Progress;
use crate::report;
use crate::sources::{self, Source};
use reports::{compared, measures};
use scenarios::compare::compare;
use scenarios::run::Course;
use sim_core::compared::Compared;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::Summary;
use std::ops::Range;
use std::path::Path;

/// Runs all that is named on the same seeds and tells how they differ. What a scenario expects between its protocols
/// decides how it ends, beside what they promise.
pub fn run(app: &App, args: &Compare) -> Exit {
    match compared(app, args) {
        Ok(exit) => exit,
        Err(why) => app.complain(&why),
    }
}

fn compared(app: &App, args: &Compare) -> Result<Exit, String> {
    let form = args.output.as_deref().map(form).transpose()?;
    if let Some(name) = args.protocol.iter().find(|name| app.catalogue.get(name).is_none()) {
        return Err(format!("there is no protocol `{name}`"));
    }
    let colour = app.colours_errors();
    let sources: Result<Vec<Source>, String> =
        args.scenarios.iter().map(|what| sources::find(app.catalogue, what, colour)).collect();
    let sources = sources?;
    let courses = courses(app, args, &sources)?;
    let seeds = seeds(args, &sources);
    let runs = (seeds.end - seeds.start) * courses.len() as u64;
    let progress = Progress::new("compare", runs, app.manner.quiet || app.is_json());
    let seen = |outcome: &Outcome| {
        progress.step(outcome.verdict() != Verdict::Holds);
    };
    let mut compared = on_cores(args.jobs, |_| compare(&courses, seeds, &app.stop, &seen))?;
    progress.clear();
    for ((_, course), contender) in courses.iter().zip(&mut compared.contenders) {
        for breach in &mut contender.summary.broken {
            breach.replay = report::by_seed(course, breach.seed);
        }
    }
    let mut exit = compared.contenders.iter().map(|one| ends(one.summary.verdict())).max();
    if app.is_json() {
        app.say(&compared::json(&compared));
    } else if !app.manner.quiet || exit > Some(Exit::Held) {
        app.say(&compared::text(&compared, app.manner.verbose, app.colour()));
    }
    if let (Some(path), Some(form)) = (&args.output, form) {
        write_whole(path, form(&compared).as_bytes())?;
    }
    for source in &sources {
        let of = compared.contenders.iter().map(|one| &one.summary);
        let summaries: Vec<Summary> =
            of.filter(|summary| summary.scenario == source.name).cloned().collect();
        exit = exit.max(Some(between(app, source, &summaries)));
    }
    let exit = exit.unwrap_or_default();
    Ok(if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit })
}

fn ends(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Holds => Exit::Held,
        Verdict::Unknown => Exit::Undecided,
        Verdict::Broken => Exit::Broken,
    }
}

/// How a file is written, by its ending.
fn form(path: &Path) -> Result<fn(&Compared) -> String, String> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("md") => Ok(compared::markdown),
        Some("json") => Ok(|compared| compared::json(compared) + "\n"),
        Some("csv") => Ok(measures::compared_csv),
        _ => Err(format!("{}: name a file that ends with .md, .json or .csv", path.display())),
    }
}

/// All that run: each protocol of each scenario, or those that were asked for.
fn courses<'a>(
    app: &App,
    args: &Compare,
    sources: &'a [Source],
) -> Result<Vec<(String, Course<'a>)>, String> {
    let mut found: Vec<(String, Course<'a>)> = Vec::new();
    for source in sources {
        for subject in &source.scenario.subjects {
            if !args.protocol.is_empty() && !args.protocol.contains(&subject.protocol) {
                continue;
            }
            let course = Course::new(app.catalogue, &source.name, &source.scenario, subject, &[])?;
            let name = match sources.len() {
                1 => subject.protocol.clone(),
                _ if source.scenario.subjects.len() == 1 => source.name.clone(),
                _ => format!("{} {}", source.name, subject.protocol),
            };
            let again =
                found.iter().filter(|(known, _)| known.split('#').next() == Some(&name)).count();
            let name = if again == 0 { name } else { format!("{name}#{}", again + 1) };
            found.push((name, course));
        }
    }
    match found.len() {
        0 | 1 => {
            Err("name a scenario of several protocols, or several scenarios, to compare".into())
        }
        _ => Ok(found),
    }
}

/// Those that were asked for, or as many as the shortest scenario has.
fn seeds(args: &Compare, sources: &[Source]) -> Range<u64> {
    let own = sources.iter().map(|source| source.scenario.own_seeds());
    let shortest = own.min_by_key(|seeds| seeds.end - seeds.start);
    args.seeds.as_ref().map(|seeds| seeds.0.clone()).or(shortest).unwrap_or_default()
}
