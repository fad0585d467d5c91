//! `merge`: the shares of a campaign become what one machine would have reported.

use super::{App, Exit};
use crate::args::Merge;
use crate::campaign::{self, Told};
use crate::finds::{Find, Finds};
use crate::sources;
use scenarios::campaign::Search;
use scenarios::campaign::share::{Hunted, LARGEST, Share};
use scenarios::run::Course;
use std::path::Path;

/// Joins shares and tells what they come to together.
pub fn run(app: &App, args: &Merge) -> Exit {
    merge(app, args).unwrap_or_else(|why| app.complain(&why))
}

fn merge(app: &App, args: &Merge) -> Result<Exit, String> {
    let mut all: Vec<Hunted> = Vec::new();
    for path in &args.shards {
        let Share { targets, .. } = read(path)?;
        for one in targets {
            match all.iter_mut().find(|known| known.is_like(&one)) {
                Some(known) => {
                    if known.began_otherwise(&one) {
                        eprintln!(
                            "warning: {}: its share of {} began with another corpus: together they are not what one \
                             machine would report",
                            path.display(),
                            one.name
                        );
                    }
                    known.join(one).map_err(|why| format!("{}: {why}", path.display()))?
                }
                None => all.push(one),
            }
        }
    }
    let mut exit = Exit::Held;
    let mut sources = Vec::new();
    for one in &all {
        let missing: Vec<String> = (0..one.of)
            .filter(|shard| !one.shards.contains(shard))
            .map(|shard| format!("{}/{}", shard + 1, one.of))
            .collect();
        if !missing.is_empty() {
            return Err(format!("{}: there is no share {}", one.name, missing.join(", ")));
        }
        let text = one.scenario.as_bytes();
        sources.push(sources::read(app.catalogue, &one.name, text, app.colours_errors())?);
    }
    let mut courses = Vec::new();
    for (one, source) in all.iter().zip(&sources) {
        let member = source.scenario.members().find(|(_, s)| s.protocol == one.protocol);
        let (scenario, subject) =
            member.ok_or_else(|| format!("{} does not run `{}`", one.name, one.protocol))?;
        let course = Course::new(app.catalogue, &source.name, scenario, subject, &one.bugs)?;
        courses.push(course);
    }
    let mut summaries = Vec::new();
    let mut finds = Vec::new();
    for (one, course) in all.iter().zip(&courses) {
        let mut found = Finds::new(course, &one.scenario, &args.failures);
        found.by_seed = one.search == Search::Uniform;
        for (seed, failure) in &one.failures {
            found.keep(Find { seed: *seed, failure: failure.clone() });
        }
        let Told { exit: told, summary } = campaign::tell(app, &found, course, one, args.strict);
        exit = exit.max(told);
        summaries.push(summary);
        finds.push(found);
    }
    let junit = args.junit.as_ref();
    let junit = junit.map(|path| campaign::write_junit(path, &[], summaries.iter(), &finds));
    let problems: Vec<String> = finds.iter().filter_map(Finds::problem).collect();
    let output = args.output.as_ref().map(|path| {
        for one in &mut all {
            (one.shards, one.of) = (vec![0], 1);
        }
        campaign::write_share(path, all)
    });
    Ok(campaign::complain(app, exit, [junit, output], problems))
}

fn read(path: &Path) -> Result<Share, String> {
    let failed = |why: String| format!("{} is no share of a campaign: {why}", path.display());
    let length = std::fs::metadata(path).map_err(|e| failed(e.to_string()))?.len();
    if length > LARGEST as u64 {
        return Err(failed(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let bytes = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
    Share::read(&bytes).map_err(failed)
}
