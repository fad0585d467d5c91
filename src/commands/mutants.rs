//! `mutants`: each known bug planted in turn, and what catches it.

use super::{App, Exit, on_cores};
use crate::args::Mutants;
use crate::campaign;
use crate::progress::Progress;
use crate::sources::{self, Source};
use protocols::{BugAbout, Entry};
use rayon::prelude::*;
use reports::mutants::{self, MutantRow, Race};
use scenarios::campaign::Search;
use scenarios::library::LIBRARY;
use scenarios::mutants::{Catch, Stage, chase, hunt, serves};

/// Plants bugs; all were caught only if the command ends well.
pub fn run(app: &App, args: &Mutants) -> Exit {
    let hunt = if args.swarm { race_all } else { hunt_all };
    match on_cores(args.jobs, |_| hunt(app, args)).and_then(|rows| rows) {
        Err(why) => app.complain(&why),
        Ok(rows) => {
            let all_caught = rows.iter().all(|row| row.caught);
            let table = match app.is_json() {
                true => reports::json::mutants(&rows),
                false => mutants::table(&rows, app.manner.verbose, app.colour()),
            };
            app.say(&table);
            match (all_caught, app.is_stopped()) {
                (_, true) => Exit::Interrupted,
                (true, false) => Exit::Held,
                (false, false) => Exit::Broken,
            }
        }
    }
}

fn hunt_all(app: &App, args: &Mutants) -> Result<Vec<MutantRow>, String> {
    let wanted = wanted(app, args)?;
    let library = stages(app, args)?;
    let progress = Progress::new("mutants", wanted.len() as u64, app.manner.quiet || app.is_json());
    let mut rows = Vec::new();
    for (entry, bug) in wanted {
        if app.is_stopped() {
            break;
        }
        let stages = library.iter().flat_map(|source| {
            let each = source.scenario.each().iter();
            each.map(|scenario| Stage { name: &source.name, scenario })
        });
        let stages: Vec<Stage<'_>> = stages.filter(|stage| serves(entry, stage.scenario)).collect();
        let caught = hunt(app.catalogue, entry, &bug, &stages, args.seeds, &app.stop)?;
        progress.step(caught.is_none());
        let tried = args.seeds.saturating_mul(stages.len() as u64);
        rows.push(row(entry, &bug, caught, tried));
    }
    progress.clear();
    Ok(rows)
}

/// Hunts every bug in the swarm of its protocol, with both kinds of search, again and again on other seeds.
fn race_all(app: &App, args: &Mutants) -> Result<Vec<MutantRow>, String> {
    let wanted = wanted(app, args)?;
    let races = wanted.len() as u64 * args.repeat * 2;
    let progress = Progress::new("mutants", races, app.manner.quiet || app.is_json());
    let rows: Vec<Option<MutantRow>> = wanted
        .par_iter()
        .map(|(entry, bug)| race(app, args, *entry, bug, &progress))
        .collect::<Result<_, String>>()?;
    progress.clear();
    Ok(rows.into_iter().flatten().collect())
}

/// Hunts one bug in the swarm of its protocol; nothing when the user wants to stop.
fn race(
    app: &App,
    args: &Mutants,
    entry: &dyn Entry,
    bug: &BugAbout,
    progress: &Progress,
) -> Result<Option<MutantRow>, String> {
    let sources = campaign::sources(app, &args.scenarios, &[entry.name().to_owned()])?;
    let Some(source) = sources.iter().find(|source| serves(entry, &source.scenario)) else {
        return Ok(None);
    };
    let stage = Stage { name: &source.name, scenario: &source.scenario };
    let hunt = |search: Search| -> Result<Vec<Option<Catch>>, String> {
        let each = (0..args.repeat).into_par_iter().map(|again| {
            let from = args.first.saturating_add(again.saturating_mul(args.seeds));
            let seeds = from..from.saturating_add(args.seeds);
            let caught = chase(app.catalogue, entry, bug, &stage, search, seeds, &app.stop)?;
            progress.step(caught.is_none());
            Ok(caught)
        });
        each.collect()
    };
    let (uniform, guided) = (hunt(Search::Uniform)?, hunt(Search::Guided)?);
    if app.is_stopped() {
        return Ok(None);
    }
    let first = uniform.iter().chain(&guided).flatten().next().cloned();
    let race = |caught: &[Option<Catch>]| Race {
        median: median(caught, args.seeds),
        caught: caught.iter().flatten().count() as u64,
        of: args.repeat,
    };
    let mut row = row(entry, bug, first, args.seeds);
    row.races = Some((race(&uniform), race(&guided)));
    Ok(Some(row))
}

/// How many runs it took in half of all hunts; one that caught nothing counts as all its seeds.
fn median(caught: &[Option<Catch>], seeds: u64) -> u64 {
    let mut runs: Vec<u64> =
        caught.iter().map(|caught| caught.as_ref().map_or(seeds, |catch| catch.runs)).collect();
    runs.sort_unstable();
    runs[runs.len() / 2]
}

fn row(entry: &dyn Entry, bug: &BugAbout, caught: Option<Catch>, tried: u64) -> MutantRow {
    MutantRow {
        protocol: entry.name().into(),
        id: bug.id.into(),
        summary: bug.about.into(),
        origin: bug.origin.into(),
        breaks: bug.breaks.join(", "),
        caught: caught.is_some(),
        by: caught.as_ref().map(|catch| catch.by.clone()),
        seeds: caught.as_ref().map_or(tried, |catch| catch.runs),
        seed: caught.as_ref().map(|catch| catch.seed),
        scenario: caught.map(|catch| catch.scenario),
        races: None,
    }
}

/// The scenarios that the command line names; or those that ship, but for those about protocols that this catalogue
/// does not have.
fn stages(app: &App, args: &Mutants) -> Result<Vec<Source>, String> {
    let (catalogue, colour) = (app.catalogue, app.colours_errors());
    if args.scenarios.is_empty() {
        let shipped = LIBRARY.iter();
        let read = shipped.map(|s| sources::read(catalogue, s.name, s.text.as_bytes(), colour));
        return Ok(read.filter_map(Result::ok).collect());
    }
    args.scenarios.iter().map(|what| sources::find(catalogue, what, colour)).collect()
}

/// The bugs that the command line asks for.
fn wanted(app: &App, args: &Mutants) -> Result<Vec<(&'static dyn Entry, BugAbout)>, String> {
    for name in &args.protocol {
        app.catalogue.get(name).ok_or_else(|| format!("there is no protocol `{name}`"))?;
    }
    let protocols = app.catalogue.iter();
    let protocols = protocols.filter(|entry| {
        args.protocol.is_empty() || args.protocol.iter().any(|p| p == entry.name())
    });
    let bugs = protocols.flat_map(|entry| entry.bugs().into_iter().map(move |bug| (entry, bug)));
    let wanted: Vec<_> = bugs
        .filter(|(_, bug)| args.bug.is_empty() || args.bug.iter().any(|b| b == bug.id))
        .collect();
    if let Some(id) = args.bug.iter().find(|id| wanted.iter().all(|(_, bug)| bug.id != **id)) {
        return Err(format!("there is no bug `{id}`; `splitbrain list bugs` names them"));
    }
    Ok(wanted)
}
