//! `replay`: one run again, and how it came about.

use super::{App, Exit, about_property};
use crate::args::Replay;
use crate::files::write_whole;
use crate::report::{self, One, Wanted};
use crate::sources::{self, Source};
use protocols::Ran;
use reports::{json, steps, story};
use scenarios::failure::{Failure, LARGEST, Replayed};
use scenarios::format::Scenario;
use scenarios::run::{Case, Course};
use scenarios::tally;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::Breach;
use sim_core::trace::Trace;
use sim_core::{Span, Time};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Replays a failure, a seed of a scenario, or the failure that was written last.
pub fn run(app: &App, args: &Replay) -> Exit {
    let done = match args.seed {
        Some(seed) => replay_seed(app, args, Some(seed)),
        None if args.what.ends_with(".toml") => replay_seed(app, args, None),
        None => replay_failure(app, args),
    };
    done.unwrap_or_else(|why| app.complain(&why))
}

/// Replays a seed of a scenario; the one that the scenario names when none is given.
fn replay_seed(app: &App, args: &Replay, seed: Option<u64>) -> Result<Exit, String> {
    let source = sources::find(app.catalogue, &args.what, app.colours_errors())?;
    let seed = seed
        .or(source.scenario.seed)
        .ok_or_else(|| format!("say which seed: splitbrain replay {} --seed 0", args.what))?;
    let mut exit = Exit::Held;
    let is_wanted = |name: &str| args.protocol.as_deref().is_none_or(|wanted| wanted == name);
    if !source.scenario.members().any(|(_, subject)| is_wanted(&subject.protocol)) {
        let wanted = args.protocol.as_deref().unwrap_or_default();
        return Err(format!("{} does not run `{wanted}`", args.what));
    }
    for (scenario, subject) in source.scenario.members() {
        if !is_wanted(&subject.protocol) {
            continue;
        }
        let course = Course::new(app.catalogue, &source.name, scenario, subject, &args.bug)?;
        exit = exit.max(tell(app, args, &course, &course.case(seed), None)?);
    }
    Ok(exit)
}

fn replay_failure(app: &App, args: &Replay) -> Result<Exit, String> {
    let kept = kept(app, &args.what, &args.failures)?;
    let course = kept.course(app)?;
    tell(app, args, &course, &kept.case(&course)?, Some(&kept.failure))
}

/// A failure file that was read, with its scenario.
pub(crate) struct Kept {
    /// Where it is.
    path: PathBuf,
    /// What it says.
    pub failure: Failure,
    /// The scenario in it, and its name without the variant.
    name: String,
    scenario: Scenario,
}

/// Reads a failure file, or the one that was written last.
pub(super) fn kept(app: &App, what: &str, failures: &Path) -> Result<Kept, String> {
    let path = match what {
        "last" => last(failures)?,
        what => PathBuf::from(what),
    };
    if !path.is_file() {
        return Err(match scenarios::library::named(what) {
            Some(_) => format!("say which seed: splitbrain replay {what} --seed 0"),
            None => format!("there is no file {}", path.display()),
        });
    }
    if path.extension().is_some_and(|ending| ending == "toml") {
        return Err(format!("say which seed: splitbrain replay {} --seed 0", path.display()));
    }
    Kept::read(app, path)
}

impl Kept {
    /// Reads a failure file and the scenario in it.
    pub fn read(app: &App, path: PathBuf) -> Result<Kept, String> {
        let failure = read(&path)?;
        let text = failure.scenario.as_bytes();
        let Source { name, scenario, .. } =
            sources::read(app.catalogue, &failure.name, text, app.colours_errors())?;
        Ok(Kept { path, failure, name, scenario })
    }

    /// The course on which it failed.
    pub fn course(&self, app: &App) -> Result<Course<'_>, String> {
        let Kept { path, failure, name, scenario } = self;
        let subject = scenario.subjects.iter().find(|s| s.protocol == failure.protocol);
        let subject = subject.ok_or_else(|| {
            format!("{}: its scenario does not run `{}`", path.display(), failure.protocol)
        })?;
        Course::new(app.catalogue, name, scenario, subject, &failure.overrides.bugs)
    }

    /// What it ran.
    pub fn case<'a>(&self, course: &Course<'a>) -> Result<Case<'a>, String> {
        let Kept { path, failure, .. } = self;
        let case = failure.case(course);
        let duration = case.scenario.duration;
        if failure.plan.heal != Time(duration.0) {
            return Err(format!(
                "{}: its plan heals after {}, its scenario after {duration}",
                path.display(),
                failure.duration(),
            ));
        }
        Ok(case)
    }
}

fn read(path: &Path) -> Result<Failure, String> {
    let failed = |why: String| format!("{} is no failure file: {why}", path.display());
    let length = std::fs::metadata(path).map_err(|e| failed(e.to_string()))?.len();
    if length > LARGEST as u64 {
        return Err(failed(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let bytes = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
    Failure::read(&bytes).map_err(failed)
}

/// The failure file that was written last.
fn last(folder: &Path) -> Result<PathBuf, String> {
    let none = || format!("there are no failures in {}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(|_| none())?;
    let files = entries.flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let written = files.filter_map(|path| {
        let time = std::fs::metadata(&path).and_then(|data| data.modified()).ok()?;
        Some((time, path))
    });
    written.max().map(|(_, path)| path).ok_or_else(none)
}

fn tell(
    app: &App,
    args: &Replay,
    course: &Course<'_>,
    case: &Case<'_>,
    failure: Option<&Failure>,
) -> Result<Exit, String> {
    let wanted = Wanted { page: args.report.as_deref(), exports: &args.export };
    let Ran { outcome, trace, .. } = course.run_case(case, wanted.extras());
    let trace = trace.unwrap_or_default();
    if let Some(path) = &args.trace {
        write_whole(path, reports::trace::lines(&trace).as_bytes())?;
    }
    if failure.is_some_and(|failure| departs(app, course, failure, &outcome)) {
        return Ok(Exit::Unsteady);
    }
    let by_seed = || report::by_seed(course, case.seed);
    let reproduce = &failure.map_or_else(by_seed, |failure| failure.replay.clone());
    let one = One { course, case, outcome: &outcome, trace: &trace, reproduce };
    wanted.write(app, &one, &Path::to_path_buf)?;
    if let Some((from, until)) = window(args, &trace)? {
        app.say(&steps::steps(&trace, from, until, app.colour()));
    }
    if app.is_json() {
        app.say(&json::outcome(&outcome));
    } else {
        app.say(&findings(app, course, &outcome, &trace, failure));
    }
    Ok(outcome.verdict().into())
}

/// Whether a run is another than the one that was recorded; if so, says where it departs.
pub(super) fn departs(
    app: &App,
    course: &Course<'_>,
    failure: &Failure,
    outcome: &Outcome,
) -> bool {
    let Replayed::Departs(place) = failure.compare(outcome) else { return false };
    app.say(&format!(
        "DEPARTS {} · seed {} is not the run that was recorded: it departs after step {} and by \
         step {}\n        {}",
        course.name,
        failure.seed,
        place.after,
        place.by,
        failure.why_it_departs(),
    ));
    true
}

/// Every finding that is no good news, with the story of the one that the failure is about.
fn findings(
    app: &App,
    course: &Course<'_>,
    outcome: &Outcome,
    trace: &Trace,
    failure: Option<&Failure>,
) -> String {
    let mut text = String::new();
    let broken = outcome.findings.iter().filter(|f| f.verdict != Verdict::Holds);
    let wanted = failure.map(|failure| failure.verdict.property.as_str());
    let mut broken: Vec<_> = broken.collect();
    broken.sort_by_key(|finding| Some(finding.property.as_str()) != wanted);
    let _ = writeln!(
        text,
        "{} · {} · seed {} · {} steps · digest {}",
        course.name,
        course.entry().name(),
        outcome.seed,
        outcome.steps,
        scenarios::failure::hex(outcome.digest)
    );
    if broken.is_empty() {
        let held = outcome.findings.len();
        let _ =
            writeln!(text, "everything held: {held} properties, {} operations", outcome.operations);
    }
    for finding in broken {
        let replay = failure.map(|failure| failure.replay.clone()).unwrap_or_default();
        let breach = Breach { replay, ..tally::breach(outcome, finding) };
        let about = about_property(course, &finding.property);
        text.push('\n');
        text.push_str(&story::story(&breach, about, trace, app.colour()));
    }
    text
}

/// The window of time of which every step is wanted.
fn window(args: &Replay, trace: &Trace) -> Result<Option<(Time, Time)>, String> {
    if let Some(show) = &args.show {
        let bad = || format!("`{show}` is no window of time; write it like 5s..5.4s");
        let (from, until) = show.split_once("..").ok_or_else(bad)?;
        return Ok(Some((from.parse().map_err(|_| bad())?, until.parse().map_err(|_| bad())?)));
    }
    let Some(until) = &args.until else { return Ok(None) };
    if let Ok(step) = until.parse::<u64>() {
        let found = trace.steps.iter().take_while(|s| s.number <= step).last();
        return Ok(Some((Time::ZERO, found.map_or(Time::ZERO, |step| step.at))));
    }
    let span: Span = until.parse().map_err(|why| format!("--until: {why}"))?;
    Ok(Some((Time::ZERO, Time(span.0))))
}
