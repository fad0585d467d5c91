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
use scenarios::campaign::{Portion, Run, Search, Target, Watch};
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
    let mut exit = match &args.corpus {
        Some(folder) => regress::replay_all(app, folder)?,
        None => Exit::Held,
    };
    let mut targets = Vec::new();
    let mut texts = Vec::new();
    for source in &sources {
        for subject in &source.scenario.subjects {
            let wanted = &args.protocol;
            if !wanted.is_empty() && !wanted.contains(&subject.protocol) {
                continue;
            }
            let course =
                Course::new(app.catalogue, &source.name, &source.scenario, subject, &args.bug)?;
            let known = match &args.corpus {
                Some(folder) => corpus::read(folder, &course),
                None => Vec::new(),
            };
            targets.push(Target { course, portion: portion(args, source), known });
            texts.push(source.text.as_str());
        }
    }
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
    let search = match args.search {
        Searches::Uniform => Search::Uniform,
        Searches::Guided => Search::Guided,
    };
    let mut keep = |place: usize, harvest: &scenarios::campaign::Harvest| {
        if let Some(folder) = &args.corpus {
            corpus::write(folder, &targets[place].course, &harvest.kept);
        }
    };
    let (harvests, jobs) = on_cores(args.jobs, |jobs| {
        (scenarios::campaign::run(&targets, search, &watching, &mut keep), jobs)
    })?;
    watching.progress.clear();
    let (mut ran, mut virtual_time) = (0, Span::ZERO);
    let mut hunted = Vec::new();
    let mut summaries = Vec::new();
    for (place, harvest) in harvests.into_iter().enumerate() {
        let Target { course, portion, .. } = &targets[place];
        let shares = args.shard.map(|shard| (shard.one - 1, shard.of));
        let failures = finds[place].all().into_values().map(|find| (find.seed, find.failure));
        let one = Hunted {
            name: course.name.to_owned(),
            scenario: texts[place].to_owned(),
            protocol: course.entry().name().to_owned(),
            bugs: args.bug.clone(),
            search,
            seeds: (portion.seeds.start, portion.seeds.end),
            shards: vec![shares.map_or(0, |(one, _)| one)],
            of: shares.map_or(1, |(_, of)| of),
            cut: harvest.cut,
            might: might(course),
            collected: harvest.collected,
            failures: failures.collect(),
        };
        let Told { exit: told, summary } =
            campaign::tell(app, &finds[place], course, &one, args.strict);
        exit = exit.max(told);
        ran += summary.seeds.run;
        virtual_time += summary.virtual_time;
        summaries.push(summary);
        hunted.push(one);
    }
    watching.progress.tell_speed(ran, jobs, virtual_time);
    if let Some(path) = &args.junit {
        campaign::write_junit(path, &summaries, &finds)?;
    }
    if let Some(path) = &args.json {
        let text = serde_json::to_string(&Share::new(hunted)).map_err(|e| e.to_string())?;
        write_whole(path, (text + "\n").as_bytes())?;
    }
    for problem in finds.iter().filter_map(Finds::problem) {
        app.complain(&problem);
    }
    Ok(if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit })
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
