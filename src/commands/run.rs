//! `run`: scenarios over many seeds, every run checked.

use super::{App, Exit, on_cores};
use crate::args::Run;
use crate::files::write_whole;
use crate::finds::Finds;
use crate::measures::Measures;
use crate::progress::Progress;
use crate::regress::{self, Regressions};
use crate::report::{self, One, Wanted};
use crate::sources::{self, Source};
use reports::{json, text};
use scenarios::between::Side;
use scenarios::format::Variant;
use scenarios::run::{Case, Course, Extras};
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::{Expectation, Summary};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Runs every scenario that is named. All of them are read before the first one runs.
pub fn run(app: &App, args: &Run) -> Exit {
    let colour = app.colours_errors();
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for what in &args.scenarios {
        match sources::find(app.catalogue, what, colour) {
            Ok(source) => sources.push(source),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        for problem in &problems {
            app.complain(problem);
        }
        return Exit::Misused;
    }
    let mut measures = match args.measures.as_deref().map(Measures::to).transpose() {
        Ok(measures) => measures,
        Err(why) => return app.complain(&why),
    };
    let exit = run_all(app, args, &sources, measures.as_mut());
    // Whoever stops it halfway has what was measured until then.
    match measures.map(|measures| measures.write()) {
        Some(Err(why)) => exit.and(app.complain(&why)),
        _ => exit,
    }
}

/// Runs what was read, one protocol after the other.
fn run_all(
    app: &App,
    args: &Run,
    sources: &[Source],
    mut measures: Option<&mut Measures<'_>>,
) -> Exit {
    let mut exit = regressions(app, args, sources).unwrap_or_else(|why| app.complain(&why));
    for source in sources {
        let mut summaries = Vec::new();
        for (scenario, subject) in source.scenario.members() {
            if app.is_stopped() {
                return exit.max(Exit::Interrupted);
            }
            let done = Course::new(app.catalogue, &source.name, scenario, subject, &args.bug)
                .and_then(|course| run_one(app, args, source, &course, measures.as_deref_mut()));
            match done {
                Ok((one, summary)) => {
                    exit = exit.max(one);
                    summaries.extend(summary.map(|summary| (scenario.variant.clone(), summary)));
                }
                Err(why) => exit = exit.max(app.complain(&why)),
            }
        }
        exit = exit.max(between(app, source, &judged(source, &summaries)));
    }
    exit
}

/// Plays the failures that were shrunk and kept, unless one run is all that is wanted.
fn regressions(app: &App, args: &Run, sources: &[Source]) -> Result<Exit, String> {
    if args.seed.is_some() || args.dry_run {
        return Ok(Exit::Held);
    }
    let subjects = sources.iter().flat_map(|source| &source.scenario.subjects);
    let regressions = Regressions {
        folder: &args.regressions,
        protocols: subjects.map(|subject| subject.protocol.as_str()).collect(),
        bugs: &args.bug,
        but: &args.scenarios,
        jobs: args.jobs,
    };
    Ok(regress::tell(app, &regressions.play(app)?))
}

fn seeds(args: &Run, source: &Source) -> Range<u64> {
    match (args.seed, &args.seeds) {
        (Some(seed), _) => seed..seed.saturating_add(1),
        (None, Some(seeds)) => seeds.0.clone(),
        (None, None) => source.scenario.own_seeds(),
    }
}

/// What came of it how those that ran a scenario stand to each other; nothing when nothing is expected of that, or not
/// all of them ran.
pub(super) fn judged(source: &Source, sides: &[(Option<Variant>, Summary)]) -> Vec<Expectation> {
    let scenario = &source.scenario;
    if scenario.variant.is_some() || sides.len() < scenario.members().count() {
        return Vec::new();
    }
    let sides = sides.iter().map(|(variant, summary)| Side {
        variant: variant.as_ref().map(|variant| variant.name.as_str()),
        summary,
    });
    let sides: Vec<Side<'_>> = sides.collect();
    scenarios::between::judge(&scenario.expect.between, &sides, scenario.seeds)
}

/// Tells how those that ran a scenario stand to each other, as far as anything is expected of that.
pub(super) fn between(app: &App, source: &Source, expectations: &[Expectation]) -> Exit {
    if expectations.is_empty() {
        return Exit::Held;
    }
    let names = source.scenario.names();
    let is_missed = expectations.iter().any(|expectation| expectation.met == Some(false));
    if app.is_json() {
        app.say(&json::between(&source.name, &names, expectations));
    } else if is_missed || !app.manner.quiet {
        app.say(&text::between(&source.name, &names, expectations, app.colour()));
    }
    if is_missed { Exit::Broken } else { Exit::Held }
}

/// Runs one protocol, tells of it, and returns what it came to; no summary when nothing was to be run.
fn run_one(
    app: &App,
    args: &Run,
    source: &Source,
    course: &Course<'_>,
    measures: Option<&mut Measures<'_>>,
) -> Result<(Exit, Option<Summary>), String> {
    let seeds = seeds(args, source);
    if args.dry_run {
        return dry_run(app, course, seeds.start).map(|exit| (exit, None));
    }
    let count = seeds.end - seeds.start;
    let finds = Finds::new(course, &source.text, &args.failures);
    let progress = Progress::new(&source.name, count, app.manner.quiet || app.is_json());
    let seen = |case: &Case<'_>, outcome: &Outcome| {
        let failed = outcome.verdict() != Verdict::Holds;
        progress.step(failed);
        finds.see(case, outcome);
        if let Some(measures) = &measures {
            measures.see(outcome);
        }
    };
    let (summary, jobs) =
        on_cores(args.jobs, |jobs| (course.run_all(seeds.clone(), &app.stop, &seen), jobs))?;
    progress.clear();
    let summary = finds.tell(app, summary);
    if let Some(measures) = measures {
        measures.sum_up(&summary);
    }
    progress.tell_speed(summary.seeds.run, jobs, summary.virtual_time);
    if let Some(path) = &args.trace {
        write_trace(course, seeds.start, path)?;
    }
    let wanted = Wanted { page: args.report.as_deref(), exports: &args.export };
    if !wanted.is_empty() {
        let seed = summary.broken.first().map_or(seeds.start, |breach| breach.seed);
        let case = &course.case(seed);
        let ran = course.run_case(case, wanted.extras());
        let (outcome, trace) = (&ran.outcome, &ran.trace.unwrap_or_default());
        let reproduce = &report::by_seed(course, seed);
        let name = |path: &Path| path_of_one(args, source, course, path);
        wanted.write(app, &One { course, case, outcome, trace, reproduce }, &name)?;
    }
    let mut exit = Exit::from(summary.verdict());
    if args.twice {
        exit = exit.max(twice(app, args, course, seeds)?);
    }
    if let Some(problem) = finds.problem() {
        app.complain(&problem);
    }
    let exit = if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit };
    Ok((exit, Some(summary)))
}

/// Says what would strike on a seed.
fn dry_run(app: &App, course: &Course<'_>, seed: u64) -> Result<Exit, String> {
    let Case { plan, nodes, choices, .. } = course.case(seed);
    if app.is_json() {
        let plan = serde_json::to_string(&plan).map_err(|e| e.to_string())?;
        app.say(&plan);
        return Ok(Exit::Held);
    }
    let mut strikes: Vec<_> = plan.strikes.iter().collect();
    strikes.sort_by_key(|strike| (strike.at, strike.id));
    let mut lines = format!("{} · seed {seed} · {nodes} nodes\n", course.name);
    for drawn in course.scenario.swarm.told(&choices) {
        lines.push_str(&format!("  drawn  {drawn}\n"));
    }
    for strike in strikes {
        let fault = serde_json::to_string(&strike.fault).map_err(|e| e.to_string())?;
        let on = strike.on.as_ref().map(|on| format!(" on `{}`", on.event)).unwrap_or_default();
        lines.push_str(&format!("  {:>9}  fault {}{on}  {fault}\n", strike.at.short(), strike.id));
    }
    lines.push_str(&format!("  {:>9}  all heals\n", plan.heal.short()));
    app.say(&lines);
    Ok(Exit::Held)
}

fn twice(app: &App, args: &Run, course: &Course<'_>, seeds: Range<u64>) -> Result<Exit, String> {
    let unsteady = on_cores(args.jobs, |_| course.run_twice(seeds.clone(), &app.stop))?;
    let Some(unsteady) = unsteady else {
        eprintln!("every seed gave the same run again");
        return Ok(Exit::Held);
    };
    let place = unsteady.step.map_or("at its end".into(), |step| format!("at step {step}"));
    app.say(&format!(
        "UNSTEADY {} · seed {} did not give the same run twice: it differs {place}",
        course.name, unsteady.seed
    ));
    Ok(Exit::Unsteady)
}

/// Where a run is shown: where it was asked for, but with the scenario or the protocol in the name where there are
/// several.
fn path_of_one(args: &Run, source: &Source, course: &Course<'_>, path: &Path) -> PathBuf {
    let mut stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if args.scenarios.len() > 1 {
        stem += &format!("-{}", source.name.replace(['/', '\\'], "-"));
    }
    if let Some(variant) = &course.scenario.variant {
        stem += &format!("-{}", variant.name);
    }
    if source.scenario.subjects.len() > 1 {
        stem += &format!("-{}", course.entry().name());
    }
    match path.extension() {
        Some(ending) => path.with_file_name(format!("{stem}.{}", ending.to_string_lossy())),
        None => path.with_file_name(stem),
    }
}

fn write_trace(course: &Course<'_>, seed: u64, path: &Path) -> Result<(), String> {
    let trace =
        course.run(seed, Extras { trace: true, ..Extras::default() }).trace.unwrap_or_default();
    write_whole(path, reports::trace::lines(&trace).as_bytes())
}
