//! Failures that are known, played before new ones are hunted.

use crate::commands::replay::Kept;
use crate::commands::{App, Exit};
use scenarios::failure::Replayed;
use scenarios::run::Extras;
use sim_core::outcome::Verdict;
use std::path::{Path, PathBuf};

/// Replays every failure file of a folder and says which of them still fail.
///
/// # Errors
///
/// When the folder is there and cannot be read.
pub fn replay_all(app: &App, folder: &Path) -> Result<Exit, String> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(format!("cannot read {}: {e}", folder.display())),
    };
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let mut exit = Exit::Held;
    for path in files {
        if app.is_stopped() {
            break;
        }
        exit = exit.max(replay_one(app, &path).unwrap_or_else(|why| app.complain(&why)));
    }
    Ok(exit)
}

fn replay_one(app: &App, path: &Path) -> Result<Exit, String> {
    let kept = Kept::read(app, path.to_owned())?;
    let course = kept.course(app)?;
    let outcome = course.run_case(&kept.case(&course)?, Extras::default()).outcome;
    let (failure, name) = (&kept.failure, path.display());
    let verdict = &failure.verdict;
    let broken = outcome.finding(&verdict.property);
    let broken = broken.filter(|finding| finding.verdict == Verdict::Broken);
    let (text, exit) = match (broken, failure.compare(&outcome)) {
        (Some(finding), _) => {
            let known = scenarios::tally::fingerprint(&finding.property, &finding.why);
            let how = if known == verdict.fingerprint { "" } else { ", in another way" };
            (format!("STILL FAILS      {name}: {}{how}", verdict.property), Exit::Broken)
        }
        (None, Replayed::Same) => {
            let text = format!("NO LONGER FAILS  {name}: the same run holds {}", verdict.property);
            (text, Exit::Held)
        }
        (None, Replayed::Departs(place)) => {
            let text = format!(
                "NO LONGER FAILS  {name}: {} holds; the run departs after step {} and by step {} \
                 (recorded with version {}, this is version {})",
                verdict.property,
                place.after,
                place.by,
                failure.engine,
                env!("CARGO_PKG_VERSION")
            );
            (text, Exit::Held)
        }
    };
    if !app.is_json() {
        app.say(&text);
    }
    Ok(exit)
}
