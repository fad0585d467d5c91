//! What `fuzz` and `merge` share: what is hunted in, and how it is told what that came to.

use crate::commands::{App, Exit};
use crate::files::write_whole;
use crate::finds::{Finds, shape_of};
use crate::sources::{self, Source};
use reports::known::Known;
use scenarios::campaign::share::{Hunted, Share};
use scenarios::library;
use scenarios::run::Course;
use sim_core::fault::FaultKind;
use sim_core::summary::{Hunt, Summary};
use std::path::Path;

/// The scenarios that are hunted in: those that are named, or the swarm of each protocol.
///
/// # Errors
///
/// When there is no such scenario or protocol, or a scenario cannot be read.
pub fn sources(app: &App, named: &[String], protocols: &[String]) -> Result<Vec<Source>, String> {
    for name in protocols {
        app.catalogue.get(name).ok_or_else(|| format!("there is no protocol `{name}`"))?;
    }
    let colour = app.colours_errors();
    if !named.is_empty() {
        return named.iter().map(|what| sources::find(app.catalogue, what, colour)).collect();
    }
    let wanted = |name: &str| protocols.is_empty() || protocols.iter().any(|p| p == name);
    let entries = app.catalogue.iter().filter(|entry| wanted(entry.name()));
    let swarms = entries.filter_map(|entry| {
        let name = format!("{}/swarm", entry.name());
        match library::named(&name) {
            Some(shipped) => Some((name, shipped.text.to_owned())),
            // Other forms of a protocol are drawn by the swarm of its first name.
            None if protocols.is_empty() && is_form(app, entry.name()) => None,
            None => Some((name, swarm_of(entry))),
        }
    });
    swarms
        .map(|(name, text)| sources::read(app.catalogue, &name, text.as_bytes(), colour))
        .collect()
}

/// Whether the catalogue has the protocol under a shorter name, too.
fn is_form(app: &App, name: &str) -> bool {
    let longer = |entry: &str| name.strip_prefix(entry).is_some_and(|rest| rest.starts_with('-'));
    app.catalogue.iter().any(|entry| longer(entry.name()))
}

/// A swarm for a protocol that has none of its own.
fn swarm_of(entry: &dyn protocols::Entry) -> String {
    let name = entry.name();
    let sizes = entry.sizes();
    let sizes: Vec<u32> = [3, 4, 5, 7].into_iter().filter(|n| sizes.contains(n)).collect();
    let sizes = if sizes.is_empty() { vec![*entry.sizes().start()] } else { sizes };
    let clients = if entry.loads().is_empty() { "" } else { "[clients]\ncount = 3\n" };
    format!(
        "title = \"{name} under a swarm\"\nprotocol = \"{name}\"\nnodes = {{ any = {sizes:?} }}\n\
         duration = \"12s\"\nseeds = 1000\n\n[swarm]\nnetwork = [{{}}, {{ delay = \"1ms..5ms\" }}, \
         {{ delay = {{ median = \"2ms\", p99 = \"20ms\" }} }}]\n\n{clients}\n[nemesis]\n\
         kinds = \"promised\"\nswarm = true\n"
    )
}

/// The kinds of fault that may strike somewhere in a campaign. What a drawn setting rules out is asked on some seeds.
pub fn might(course: &Course<'_>) -> Vec<FaultKind> {
    let drawn = (0..32).flat_map(|seed| course.allowed(&course.case(seed)));
    let mut kinds: Vec<FaultKind> = drawn.collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// What a target came to.
pub struct Told {
    /// What that is worth.
    pub exit: Exit,
    /// In figures.
    pub summary: Summary,
}

/// Tells what a target came to.
pub fn tell(
    app: &App,
    finds: &Finds<'_>,
    course: &Course<'_>,
    hunted: &Hunted,
    strict: bool,
) -> Told {
    let mut summary = hunted.collected.sum_up(course, hunted.seeds.0);
    let whole = hunted.shards.len() as u64 == hunted.of;
    let hunt = Hunt {
        search: hunted.search.name().into(),
        seeds: hunted.seeds,
        shard: (!whole).then(|| (hunted.shards.first().map_or(1, |one| one + 1), hunted.of)),
        cut: hunted.cut,
        after_cut: hunted.after_cut,
        ..hunted.collected.hunted(&hunted.might)
    };
    let is_empty = summary.seeds.run == 0 && hunt.cut.is_none();
    let idle = !hunt.never.is_empty() && summary.seeds.run > 0;
    summary.hunt = Some(hunt);
    let summary = finds.tell(app, summary);
    let mut exit = Exit::from(summary.verdict());
    if is_empty {
        exit = exit.and(nothing_to_do(app, course, strict));
    }
    if idle && strict {
        eprintln!(
            "error: {}: some kinds of fault never struck, and --strict asks for all",
            course.name
        );
        exit = exit.max(Exit::Broken);
    }
    Told { exit, summary }
}

/// A share that got no seed is green whatever there is to find: that must not pass for a result.
fn nothing_to_do(app: &App, course: &Course<'_>, strict: bool) -> Exit {
    let words = format!(
        "{}: there is no seed in this share; seeds are shared in ranges of {}",
        course.name,
        scenarios::campaign::RANGE
    );
    if strict {
        return app.complain(&words);
    }
    eprintln!("warning: {words}");
    Exit::Held
}

/// Writes a JUnit report: what became of known failures, and a suite for each target, a case for each property.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_junit<'a>(
    path: &Path,
    known: &[Known],
    summaries: impl Iterator<Item = &'a Summary>,
    finds: &[Finds<'_>],
) -> Result<(), String> {
    let suites = summaries.zip(finds).map(|(summary, finds)| {
        let all = finds.all();
        let told = summary.broken.iter().filter_map(|breach| {
            let find = all.get(&shape_of(breach)).filter(|find| find.seed == breach.seed)?;
            Some((breach, finds.story_of(breach, find)))
        });
        (summary, told.collect::<Vec<_>>())
    });
    let suites: Vec<_> = suites.collect();
    write_whole(path, reports::junit::report(known, &suites).as_bytes())
}

/// Writes what was seen, for `merge`.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_share(path: &Path, all: Vec<Hunted>) -> Result<(), String> {
    let text = serde_json::to_string(&Share::new(all)).map_err(|e| e.to_string())?;
    write_whole(path, (text + "\n").as_bytes())
}

/// Tells of everything that could not be written, and what the campaign is worth then.
pub fn complain(
    app: &App,
    exit: Exit,
    reports: [Option<Result<(), String>>; 2],
    finds: impl IntoIterator<Item = String>,
) -> Exit {
    let unwritten = reports.into_iter().flatten().filter_map(Result::err).chain(finds);
    unwritten.fold(exit, |exit, problem| exit.and(app.complain(&problem)))
}
