//! `fuzz`: scenarios over many seeds, guided by where they get, with what is found kept as it is found.

use super::{App, Exit, on_cores};
use crate::args::{Fuzz, Searches, Shard};
use crate::campaign::{self, Told, might};
use crate::files::write_whole;
use crate::finds::Finds;
use crate::progress::Progress;
use crate::sources::Source;
use crate::{corpus, regress};
use scenarios::campaign::share::{Hunted, Share};
use scenarios::campaign::{Harvest, Portion, Run, Target, Watch};
use scenarios::run::Course;
use sim_core::Span;
use sim_core::outcome::Verdict;
use std::ops::Range;

/// Hunts in every target: known failures first, then new ones.
pub fn run(app: &App, args: &Fuzz) -> Exit {
    hunt(app, args).unwrap_or_else(|why| app.complain(&why))
}

fn hunt(app: &App, args: &Fuzz) -> Result<Exit, String> {
    let sources = campaign::sources(app, &args.scenarios, &args.protocol)?;
    let known = match &args.corpus {
        Some(folder) => regress::replay_all(app, folder)?,
        None => Exit::Held,
    };
    let (targets, texts) = targets(app, args, &sources)?;
    let finds: Vec<Finds<'_>> = targets
        .iter()
        .zip(&texts)
        .map(|(target, text)| {
            let mut finds = Finds::new(&target.course, text, &args.failures);
            finds.by_seed = args.search == Searches::Uniform;
            finds
        })
        .collect();
    let watching = Watching {
        app,
        finds: &finds,
        progress: progress(app, args, &targets),
        most: args.max_time,
    };
    let mut keep = |place: usize, harvest: &Harvest| {
        if let Some(folder) = &args.corpus {
            corpus::write(folder, &targets[place].course, &harvest.kept);
        }
    };
    let search = args.search.into();
    let (harvests, jobs) = on_cores(args.jobs, |jobs| {
        (scenarios::campaign::run(&targets, search, &watching, &mut keep), jobs)
    })?;
    watching.progress.clear();
    let told = harvests.into_iter().zip(&targets).zip(&finds).map(|((harvest, target), finds)| {
        let hunted = hunted(args, target, finds, harvest);
        (campaign::tell(app, finds, &target.course, &hunted, args.strict), hunted)
    });
    let (told, hunted): (Vec<Told>, Vec<Hunted>) = told.unzip();
    let ran = told.iter().map(|told| told.summary.seeds.run).sum();
    let virtual_time = told.iter().fold(Span::ZERO, |all, told| all + told.summary.virtual_time);
    watching.progress.tell_speed(ran, jobs, virtual_time);
    if let Some(path) = &args.junit {
        campaign::write_junit(path, told.iter().map(|told| &told.summary), &finds)?;
    }
    if let Some(path) = &args.json {
        let text = serde_json::to_string(&Share::new(hunted)).map_err(|e| e.to_string())?;
        write_whole(path, (text + "\n").as_bytes())?;
    }
    for problem in finds.iter().filter_map(Finds::problem) {
        app.complain(&problem);
    }
    let exit = told.iter().map(|told| told.exit).fold(known, Exit::max);
    Ok(if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit })
}

/// What is hunted in, and the text of each scenario.
fn targets<'a>(
    app: &App,
    args: &Fuzz,
    sources: &'a [Source],
) -> Result<(Vec<Target<'a>>, Vec<&'a str>), String> {
    let (mut targets, mut texts) = (Vec::new(), Vec::new());
    for source in sources {
        let wanted = |name: &String| args.protocol.is_empty() || args.protocol.contains(name);
        for subject in source.scenario.subjects.iter().filter(|one| wanted(&one.protocol)) {
            let course =
                Course::new(app.catalogue, &source.name, &source.scenario, subject, &args.bug)?;
            let known = args.corpus.as_ref().map(|folder| corpus::read(folder, &course));
            let known = known.unwrap_or_default();
            targets.push(Target { course, portion: portion(args, source), known });
            texts.push(source.text.as_str());
        }
    }
    Ok((targets, texts))
}

/// What one target came to, as `merge` takes it.
fn hunted(args: &Fuzz, target: &Target<'_>, finds: &Finds<'_>, harvest: Harvest) -> Hunted {
    let Target { course, portion, .. } = target;
    let failures = finds.all().into_values().map(|find| (find.seed, find.failure));
    Hunted {
        name: course.name.to_owned(),
        scenario: finds.text.to_owned(),
        protocol: course.entry().name().to_owned(),
        bugs: args.bug.clone(),
        search: args.search.into(),
        seeds: (portion.seeds.start, portion.seeds.end),
        shards: vec![portion.shard],
        of: portion.shards,
        cut: harvest.cut,
        might: might(course),
        collected: harvest.collected,
        failures: failures.collect(),
    }
}

/// The seeds of one scenario, and the share of them that is wanted.
fn portion(args: &Fuzz, source: &Source) -> Portion {
    let seeds: Range<u64> = match (&args.seeds, args.max_time) {
        (Some(seeds), _) => seeds.0.clone(),
        (None, Some(_)) => 0..u64::MAX / 2,
        (None, None) => 0..source.scenario.seeds,
    };
    match args.shard {
        Some(Shard { one, of }) => Portion { seeds, shard: one - 1, shards: of },
        None => Portion::whole(seeds),
    }
}

fn progress(app: &App, args: &Fuzz, targets: &[Target<'_>]) -> Progress {
    let quiet = app.manner.quiet || app.is_json();
    match args.max_time {
        Some(_) => Progress::endless("fuzz", quiet),
        None => Progress::new("fuzz", targets.iter().map(|t| t.portion.count()).sum(), quiet),
    }
}

/// Sees every run, and knows when it is enough.
struct Watching<'a> {
    app: &'a App,
    finds: &'a [Finds<'a>],
    progress: Progress,
    most: Option<Span>,
}

impl Watch for Watching<'_> {
    fn seen(&self, run: &Run<'_>) {
        self.progress.step(run.outcome.verdict() != Verdict::Holds);
        self.finds[run.target].see(run.case, run.outcome);
    }
    fn goes_on(&self) -> bool {
        !self.app.is_stopped() && self.most.is_none_or(|most| self.progress.elapsed() < most)
    }
    fn is_stopped(&self) -> bool {
        self.app.is_stopped()
    }
}
