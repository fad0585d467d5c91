//! `compare`: several protocols, variants or scenarios on the same seeds.

use super::run::{between, judged};
use super::{App, Exit, matrix, on_cores};
use crate::args::Compare;
use crate::files::write_whole;
use crate::progress::Progress;
use crate::report;
use crate::sources::{self, Source};
use reports::{compared, measures};
use scenarios::compare::compare;
use scenarios::library::{self, LIBRARY};
use scenarios::run::Course;
use sim_core::compared::{Compared, Contender};
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::Expectation;
use std::ops::Range;
use std::path::Path;

/// Runs all that is named on the same seeds and tells how they differ. What a scenario expects between its protocols
/// decides how it ends, beside what they promise.
pub fn run(app: &App, args: &Compare) -> Exit {
    let done = if args.matrix { matrix::run(app, args) } else { compared(app, args) };
    match done {
        Ok(exit) => exit,
        Err(why) => app.complain(&why),
    }
}

fn compared(app: &App, args: &Compare) -> Result<Exit, String> {
    let form = args.output.as_deref().map(form).transpose()?;
    if let Some(name) = args.protocol.iter().find(|name| app.catalogue.get(name).is_none()) {
        return Err(format!("there is no protocol `{name}`"));
    }
    let read = |what: &String| sources::find(app.catalogue, family(what), app.colours_errors());
    let sources: Vec<Source> = args.scenarios.iter().map(read).collect::<Result<_, String>>()?;
    let courses = courses(app, args, &sources)?;
    let seeds = seeds(args, &sources);
    let runs = (seeds.end - seeds.start) * courses.len() as u64;
    let progress = Progress::new("compare", runs, app.manner.quiet || app.is_json());
    let seen = |outcome: &Outcome| {
        progress.step(outcome.verdict() != Verdict::Holds);
    };
    let reproduce = reproduce(args, &seeds);
    let mut compared = on_cores(args.jobs, |_| compare(&courses, seeds, &app.stop, &seen))?;
    progress.clear();
    let title = |source: &Source| (source.name.clone(), source.scenario.title.clone());
    compared.scenarios = sources.iter().map(title).collect();
    compared.reproduce = reproduce;
    add_replays(&mut compared, &courses);
    let expected: Vec<Vec<Expectation>> =
        sources.iter().map(|source| expected(source, &courses, &compared.contenders)).collect();
    compared.expected = expected.concat();
    let mut exit = compared.contenders.iter().map(|one| one.summary.verdict().into()).max();
    if app.is_json() {
        app.say(&compared::json(&compared));
    } else if !app.manner.quiet || exit > Some(Exit::Held) {
        app.say(&compared::text(&compared, app.manner.verbose, app.colour()));
    }
    if let (Some(path), Some(form)) = (&args.output, form) {
        write_whole(path, form(&compared).as_bytes())?;
    }
    for (source, expected) in sources.iter().zip(&expected) {
        exit = exit.max(Some(between(app, source, expected)));
    }
    let exit = exit.unwrap_or_default();
    Ok(if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit })
}

/// Says of each contender, and of what broke, how it is replayed.
fn add_replays(compared: &mut Compared, courses: &[(String, Course<'_>)]) {
    for ((_, course), contender) in courses.iter().zip(&mut compared.contenders) {
        contender.replay = report::before_seed(course);
        for breach in &mut contender.summary.broken {
            breach.replay = report::by_seed(course, breach.seed);
        }
    }
}

/// The scenario that a name means: `elections` is the one in which the elections are compared.
fn family(what: &str) -> &str {
    let is_known = Path::new(what).exists() || library::named(what).is_some();
    let compared = LIBRARY.iter().map(|shipped| shipped.name);
    let mut compared = compared.filter(|name| name.strip_suffix("/compared") == Some(what));
    if is_known { what } else { compared.next().unwrap_or(what) }
}

/// The command that gives the same.
pub(super) fn reproduce(args: &Compare, seeds: &Range<u64>) -> String {
    let mut words = vec!["splitbrain compare".to_owned()];
    words.extend(args.matrix.then(|| "--matrix".to_owned()));
    words.extend(args.scenarios.iter().cloned());
    if !args.protocol.is_empty() {
        words.push(format!("--protocol {}", args.protocol.join(",")));
    }
    words.push(format!("--seeds {}..{}", seeds.start, seeds.end));
    words.join(" ")
}

/// What came of what a scenario expects between those that ran it.
fn expected(
    source: &Source,
    courses: &[(String, Course<'_>)],
    contenders: &[Contender],
) -> Vec<Expectation> {
    let own = courses.iter().zip(contenders).filter(|((_, course), _)| is_of(course, source));
    let side = |((_, course), one): (&(String, Course<'_>), &Contender)| {
        (course.scenario.variant.clone(), one.summary.clone())
    };
    judged(source, &own.map(side).collect::<Vec<_>>())
}

/// Whether it runs this scenario, or a variant of it.
fn is_of(course: &Course<'_>, source: &Source) -> bool {
    source.scenario.each().iter().any(|one| std::ptr::eq(one, course.scenario))
}

/// How a file is written, by its ending.
fn form(path: &Path) -> Result<fn(&Compared) -> String, String> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => Ok(compared::page),
        Some("md") => Ok(compared::markdown),
        Some("json") => Ok(|compared| compared::json(compared) + "\n"),
        Some("csv") => Ok(measures::compared_csv),
        _ => {
            Err(format!("{}: name a file that ends with .html, .md, .json or .csv", path.display()))
        }
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
        let mut names = source.scenario.names().into_iter();
        let is_alone = source.scenario.members().count() == 1;
        for (scenario, subject) in source.scenario.members() {
            let own = names.next().unwrap_or_default();
            if !args.protocol.is_empty() && !args.protocol.contains(&subject.protocol) {
                continue;
            }
            let course = Course::new(app.catalogue, &source.name, scenario, subject, &[])?;
            let name = match sources.len() {
                1 => own,
                _ if is_alone => course.name.clone(),
                _ => format!("{} {own}", source.name),
            };
            let again =
                found.iter().filter(|(known, _)| known.split('#').next() == Some(&name)).count();
            let name = if again == 0 { name } else { format!("{name}#{}", again + 1) };
            found.push((name, course));
        }
    }
    match found.len() {
        0 | 1 => Err(
            "name a scenario of several protocols or variants, or several scenarios, to compare"
                .into(),
        ),
        _ => Ok(found),
    }
}

/// Those that were asked for, or as many as the shortest scenario has.
fn seeds(args: &Compare, sources: &[Source]) -> Range<u64> {
    let own = sources.iter().map(|source| source.scenario.own_seeds());
    let shortest = own.min_by_key(|seeds| seeds.end - seeds.start);
    args.seeds.as_ref().map(|seeds| seeds.0.clone()).or(shortest).unwrap_or_default()
}
