//! Failures that are known, played before anything else is run: those that a folder of failure files holds, and the
//! scenarios that failures were shrunk to.

use crate::commands::replay::Kept;
use crate::commands::{App, Exit, on_cores};
use crate::sources::{self, Source};
use reports::known::{Fate, Kind, Known};
use scenarios::failure::Replayed;
use scenarios::fingerprint::fingerprint;
use scenarios::format::Scenario;
use scenarios::run::{Course, Extras};
use sim_core::outcome::Verdict;
use sim_core::summary::{Breach, Summary};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which regressions are played, and how.
pub struct Regressions<'a> {
    /// Where they are.
    pub folder: &'a Path,
    /// Those about these protocols.
    pub protocols: BTreeSet<&'a str>,
    /// With these bugs planted, as far as a protocol has them.
    pub bugs: &'a [String],
    /// But for these, which are run anyway.
    pub but: &'a [String],
    /// On so many threads.
    pub jobs: Option<usize>,
}

impl Regressions<'_> {
    /// Plays every scenario of the folder on its own seeds.
    ///
    /// # Errors
    ///
    /// When the folder is there and cannot be read.
    pub fn play(&self, app: &App) -> Result<Vec<Known>, String> {
        let but: Vec<PathBuf> = self.but.iter().flat_map(std::fs::canonicalize).collect();
        let mut all = Vec::new();
        for path in files(self.folder, "toml")? {
            let is_named = std::fs::canonicalize(&path).is_ok_and(|path| but.contains(&path));
            if is_named || app.is_stopped() {
                continue;
            }
            let file = path.display().to_string();
            let played = sources::find(app.catalogue, &file, false)
                .and_then(|source| self.play_one(app, &source));
            all.extend(played.unwrap_or_else(|why| {
                vec![Known::new(Kind::Regression, file, Fate::Unplayable, why)]
            }));
        }
        Ok(all)
    }

    fn play_one(&self, app: &App, source: &Source) -> Result<Vec<Known>, String> {
        let mut all = Vec::new();
        for (scenario, subject) in source.scenario.members() {
            if !self.protocols.contains(subject.protocol.as_str()) {
                continue;
            }
            let entry = app.catalogue.get(&subject.protocol);
            let has = |bug: &&String| {
                entry.is_some_and(|entry| entry.bugs().iter().any(|about| about.id == **bug))
            };
            let bugs: Vec<String> = self.bugs.iter().filter(has).cloned().collect();
            let course = Course::new(app.catalogue, &source.name, scenario, subject, &bugs)?;
            let seeds = scenario.own_seeds();
            let run = || course.run_all(seeds.clone(), &app.stop, &|_, _| ());
            let summary = on_cores(self.jobs, |_| run())?;
            all.push(of_scenario(scenario, &summary));
        }
        Ok(all)
    }
}

/// What a scenario came to to which a failure was shrunk.
fn of_scenario(scenario: &Scenario, summary: &Summary) -> Known {
    let expect = &scenario.expect;
    let counts = |breach: &&Breach| {
        (breach.promised || expect.holds.contains(&breach.property))
            && !expect.breaks.contains(&breach.property)
    };
    let missed = summary.expectations.iter().find(|one| one.met == Some(false));
    let broken = summary.broken.iter().find(counts);
    let (property, why) = match (broken, missed) {
        (Some(breach), _) => (Some(breach.property.clone()), breach.why.clone()),
        (None, Some(one)) => {
            (Some(format!("expected {} {}", one.scope, one.text)), one.measured.clone())
        }
        (None, None) => (None, String::new()),
    };
    let fate = match summary.verdict() {
        Verdict::Holds => Fate::Holds,
        Verdict::Unknown => Fate::Unknown,
        Verdict::Broken => Fate::Broken,
    };
    let mut known = Known::new(Kind::Regression, summary.scenario.clone(), fate, why);
    let (verb, seed) = match (scenario.seed, broken) {
        (Some(_), _) => ("replay", String::new()),
        (None, Some(breach)) => ("replay", format!(" --seed {}", breach.seed)),
        (None, None) => ("run", String::new()),
    };
    let bugs = match summary.planted.as_slice() {
        [] => String::new(),
        bugs => format!(" --bug {}", bugs.join(",")),
    };
    known.replay = format!("splitbrain {verb} {}{seed}{bugs}", summary.scenario);
    (known.protocol, known.property) = (Some(summary.protocol.clone()), property);
    known
}

/// Replays every failure file of a folder.
///
/// # Errors
///
/// When the folder is there and cannot be read.
pub fn replay_all(app: &App, folder: &Path) -> Result<Vec<Known>, String> {
    let files = files(folder, "json")?.into_iter().take_while(|_| !app.is_stopped());
    let replayed = files.map(|path| {
        let file = path.display().to_string();
        replay_one(app, path)
            .unwrap_or_else(|why| Known::new(Kind::Failure, file, Fate::Unplayable, why))
    });
    Ok(replayed.collect())
}

fn replay_one(app: &App, path: PathBuf) -> Result<Known, String> {
    let file = path.display().to_string();
    let kept = Kept::read(app, path)?;
    let course = kept.course(app)?;
    let outcome = course.run_case(&kept.case(&course)?, Extras::default()).outcome;
    let (failure, verdict) = (&kept.failure, &kept.failure.verdict);
    let broken = outcome.finding(&verdict.property);
    let broken = broken.filter(|finding| finding.verdict == Verdict::Broken);
    let (fate, why) = match (broken, failure.compare(&outcome)) {
        (Some(finding), _) => {
            let again = fingerprint(&finding.property, &finding.why);
            let how = if again == verdict.fingerprint { "" } else { "in another way: " };
            (Fate::Broken, format!("{how}{}", finding.why))
        }
        (None, Replayed::Same) => (Fate::Holds, "the same run holds it".to_owned()),
        (None, Replayed::Departs(place)) => {
            let (after, by, why) = (place.after, place.by, failure.why_it_departs());
            (Fate::Holds, format!("the run departs after step {after} and by step {by}: {why}"))
        }
    };
    let mut known = Known::new(Kind::Failure, file, fate, why);
    known.protocol = Some(failure.protocol.clone());
    known.property = Some(verdict.property.clone());
    Ok(known)
}

/// The files of a folder with this ending, in order; none when there is no such folder.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(format!("cannot read {}: {e}", folder.display())),
    };
    files.retain(|path| path.extension().is_some_and(|its| its == ending));
    files.sort();
    Ok(files)
}

/// Tells what became of known failures, and what that is worth. Regressions that hold, as they should, are only
/// counted.
pub fn tell(app: &App, all: &[Known]) -> Exit {
    let is_dull = |one: &Known| one.kind == Kind::Regression && one.fate == Fate::Holds;
    for one in all {
        if app.is_json() {
            app.say(&one.json());
        } else if one.fate != Fate::Holds || !is_dull(one) && !app.manner.quiet {
            app.say(&one.text());
        }
    }
    let regressions = all.iter().filter(|one| one.kind == Kind::Regression).count();
    if regressions > 0 && !app.is_json() && !app.manner.quiet {
        let held = all.iter().filter(|one| is_dull(one)).count();
        app.say(&format!("REGRESSIONS      {held} of {regressions} hold\n\n"));
    }
    let has = |fate| all.iter().any(|one| one.fate == fate);
    let exits = [
        (Fate::Unknown, Exit::Undecided),
        (Fate::Broken, Exit::Broken),
        (Fate::Unplayable, Exit::Misused),
    ];
    let exits = exits.into_iter().filter(|(fate, _)| has(*fate)).map(|(_, exit)| exit);
    exits.fold(Exit::Held, Exit::and)
}
