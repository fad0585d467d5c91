//! `run`: scenarios over many seeds, every run checked.

use super::{App, Exit, on_cores};
use crate::args::Run;
use crate::files::write_whole;
use crate::progress::Progress;
use crate::sources::{self, Source};
use reports::{json, story, text};
use scenarios::failure::Failure;
use scenarios::format::Subject;
use scenarios::run::{Course, Extras};
use sim_core::outcome::{Finding, Outcome, Verdict};
use sim_core::summary::{Breach, Summary};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

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
    let mut exit = Exit::Held;
    for source in &sources {
        let mut summaries = Vec::new();
        for subject in &source.scenario.subjects {
            if app.is_stopped() {
                return exit.max(Exit::Interrupted);
            }
            let done =
                Course::new(app.catalogue, &source.name, &source.scenario, subject, &args.bug)
                    .and_then(|course| run_one(app, args, source, subject, &course));
            match done {
                Ok((one, summary)) => {
                    exit = exit.max(one);
                    summaries.extend(summary);
                }
                Err(why) => exit = exit.max(app.complain(&why)),
            }
        }
        exit = exit.max(between(app, source, &summaries));
    }
    exit
}

fn seeds(args: &Run, source: &Source) -> Range<u64> {
    match (args.seed, &args.seeds) {
        (Some(seed), _) => seed..seed.saturating_add(1),
        (None, Some(seeds)) => seeds.0.clone(),
        (None, None) => source.scenario.own_seeds(),
    }
}

/// Tells how those that ran a scenario stand to each other, as far as anything is expected of that.
fn between(app: &App, source: &Source, summaries: &[Summary]) -> Exit {
    let scenario = &source.scenario;
    let comparisons = &scenario.expect.between;
    if comparisons.is_empty() || summaries.len() < scenario.subjects.len() {
        return Exit::Held;
    }
    let expectations = scenarios::between::judge(comparisons, summaries, scenario.seeds);
    let is_missed = expectations.iter().any(|expectation| expectation.met == Some(false));
    if app.is_json() {
        app.say(&json::between(summaries, &expectations));
    } else if is_missed || !app.manner.quiet {
        app.say(&text::between(summaries, &expectations, app.colour()));
    }
    if is_missed { Exit::Broken } else { Exit::Held }
}

/// Runs one protocol, tells of it, and returns what it came to; no summary when nothing was to be run.
fn run_one(
    app: &App,
    args: &Run,
    source: &Source,
    subject: &Subject,
    course: &Course<'_>,
) -> Result<(Exit, Option<Summary>), String> {
    let seeds = seeds(args, source);
    if args.dry_run {
        return dry_run(app, course, seeds.start).map(|exit| (exit, None));
    }
    let count = seeds.end - seeds.start;
    let keep = Keep { app, args, source, subject, course, kept: Mutex::default() };
    let progress = Progress::new(&source.name, count, app.manner.quiet || app.is_json());
    let seen = |outcome: &Outcome| {
        let failed = outcome.verdict() != Verdict::Holds;
        progress.step(failed);
        keep.failures(outcome);
    };
    let (mut summary, jobs) =
        on_cores(args.jobs, |jobs| (course.run_all(seeds.clone(), &app.stop, &seen), jobs))?;
    progress.clear();
    for breach in &mut summary.broken {
        breach.replay = keep.replay_line(breach);
    }
    keep.tell(&summary);
    progress.tell_speed(summary.seeds.run, jobs, summary.virtual_time);
    if let Some(path) = &args.trace {
        write_trace(course, seeds.start, path)?;
    }
    let mut exit = match summary.verdict() {
        Verdict::Holds => Exit::Held,
        Verdict::Unknown => Exit::Undecided,
        Verdict::Broken => Exit::Broken,
    };
    if args.twice {
        exit = exit.max(twice(app, args, course, seeds)?);
    }
    if let Some(problem) = keep.problem() {
        app.complain(&problem);
    }
    let exit = if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit };
    Ok((exit, Some(summary)))
}

/// Says what would strike on a seed.
fn dry_run(app: &App, course: &Course<'_>, seed: u64) -> Result<Exit, String> {
    let plan = course.plan(seed);
    if app.is_json() {
        let plan = serde_json::to_string(&plan).map_err(|e| e.to_string())?;
        app.say(&plan);
        return Ok(Exit::Held);
    }
    let mut strikes: Vec<_> = plan.strikes.iter().collect();
    strikes.sort_by_key(|strike| (strike.at, strike.id));
    let mut lines = format!("{} · seed {seed} · {} nodes\n", course.name, course.nodes(seed));
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

fn write_trace(course: &Course<'_>, seed: u64, path: &Path) -> Result<(), String> {
    let trace =
        course.run(seed, Extras { trace: true, ..Extras::default() }).trace.unwrap_or_default();
    write_whole(path, reports::trace::lines(&trace).as_bytes())
}

/// Keeps failures as they are found, one file for each shape, and tells of them at the end.
struct Keep<'a> {
    app: &'a App,
    args: &'a Run,
    source: &'a Source,
    subject: &'a Subject,
    course: &'a Course<'a>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The lowest seed of each shape that was written.
    seeds: BTreeMap<Shape, u64>,
    problem: Option<String>,
}

/// A property, and the fingerprint of how it broke.
type Shape = (String, String);

impl Kept {
    /// When there are too many shapes, drops the one with the highest seed: which ones stay does then not
    /// depend on which were found first.
    fn drop_highest(&mut self) -> Option<Shape> {
        if self.seeds.len() <= MOST_SHAPES {
            return None;
        }
        let (shape, _) = self.seeds.iter().max_by_key(|(shape, seed)| (**seed, *shape))?;
        let shape = shape.clone();
        self.seeds.remove(&shape);
        Some(shape)
    }
}

/// As many shapes of failure as are kept of one run.
const MOST_SHAPES: usize = 50;

impl Keep<'_> {
    /// Writes the failures of a run at once, unless one of the same shape and a lower seed is there.
    fn failures(&self, outcome: &Outcome) {
        let expect = &self.source.scenario.expect;
        for finding in &outcome.findings {
            let counts = finding.promised || expect.holds.contains(&finding.property);
            let expected = expect.breaks.contains(&finding.property);
            if finding.verdict == Verdict::Broken && counts && !expected {
                self.failure(outcome, finding);
            }
        }
    }

    fn failure(&self, outcome: &Outcome, finding: &Finding) {
        let plan = self.course.plan(outcome.seed);
        let mut failure = Failure::of(
            outcome,
            finding,
            plan,
            (&self.source.name, &self.source.text),
            &self.subject.protocol,
            &self.args.bug,
        );
        let shape = (finding.property.clone(), failure.verdict.fingerprint.clone());
        let path = self.path(&failure.file_stem());
        failure.replay = format!("splitbrain replay {}", path.display());
        let Ok(mut kept) = self.kept.lock() else { return };
        if kept.seeds.get(&shape).is_some_and(|seed| *seed <= outcome.seed) {
            return;
        }
        kept.seeds.insert(shape.clone(), outcome.seed);
        if let Some(dropped) = kept.drop_highest() {
            if dropped == shape {
                return;
            }
            // That it is gone already is as good.
            let _ = std::fs::remove_file(self.path(&self.stem(&dropped)));
        }
        let text = serde_json::to_string_pretty(&failure).unwrap_or_default() + "\n";
        if let Err(problem) = write_whole(&path, text.as_bytes()) {
            kept.problem.get_or_insert(problem);
        }
    }

    /// The name of a shape's file, without the ending.
    fn stem(&self, (property, fingerprint): &Shape) -> String {
        format!("{}-{property}-{fingerprint}", self.subject.protocol)
    }

    fn path(&self, stem: &str) -> PathBuf {
        self.args.failures.join(format!("{stem}.json"))
    }

    fn problem(&self) -> Option<String> {
        self.kept.lock().ok().and_then(|kept| kept.problem.clone())
    }

    /// How to see a breach again: from its file when there is one, else from its seed.
    fn replay_line(&self, breach: &Breach) -> String {
        let shape = (breach.property.clone(), breach.fingerprint.clone());
        let kept = self.kept.lock().ok().and_then(|kept| kept.seeds.get(&shape).copied());
        if kept == Some(breach.seed) {
            return format!("splitbrain replay {}", self.path(&self.stem(&shape)).display());
        }
        let bugs = match self.args.bug.as_slice() {
            [] => String::new(),
            bugs => format!(" --bug {}", bugs.join(",")),
        };
        format!("splitbrain replay {} --seed {}{bugs}", self.source.name, breach.seed)
    }

    /// Prints the summary, with the story of each shape that counts, and keeps the stories.
    fn tell(&self, summary: &Summary) {
        if self.app.is_json() {
            return self.app.say(&json::run(summary));
        }
        let (colour, verbose) = (self.app.colour(), self.app.manner.verbose);
        let stories = self.stories(summary);
        if self.app.manner.quiet && summary.verdict() == Verdict::Holds {
            return;
        }
        self.app.say(&text::run(summary, &stories, verbose, colour));
    }

    fn stories(&self, summary: &Summary) -> Vec<String> {
        let kept = match self.kept.lock() {
            Ok(kept) => kept.seeds.clone(),
            Err(_) => return Vec::new(),
        };
        let mut stories = Vec::new();
        for breach in &summary.broken {
            let shape = (breach.property.clone(), breach.fingerprint.clone());
            if kept.get(&shape) != Some(&breach.seed) {
                continue;
            }
            let traced = self.course.run(breach.seed, Extras { trace: true, ..Extras::default() });
            let trace = traced.trace.unwrap_or_default();
            let about = about_property(self.course, &breach.property);
            let path = self.path(&self.stem(&shape)).with_extension("txt");
            let tale = story::story(breach, about, &trace, reports::Colour::Never);
            let _ = write_whole(&path, tale.as_bytes());
            if stories.is_empty() || self.app.manner.verbose {
                stories.push(story::tale(breach, about, &trace, self.app.colour()));
            }
        }
        stories
    }
}

/// What a property says, in a sentence.
pub fn about_property(course: &Course<'_>, property: &str) -> &'static str {
    let promises = course.entry().promises(course.options());
    let own = promises.iter().find(|promise| promise.property == property);
    own.map_or_else(|| super::explain::about_general(property), |promise| promise.words)
}
