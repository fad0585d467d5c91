//! `fuzz`: scenarios over many seeds, with what is found kept as it is found.

use super::{App, Exit, on_cores};
use crate::args::{Fuzz, Searches, Shard};
use crate::campaign::{self, might};
use crate::corpus::Corpus;
use crate::finds::Finds;
use crate::progress::Progress;
use crate::regress::{self, Regressions};
use crate::sources::Source;
use reports::known::Known;

use scenarios::campaign::share::Hunted;
use scenarios::campaign::{Harvest, Portion, Run, Target, Watch};
use scenarios::run::Course;
use sim_core::Span;
use sim_core::outcome::Verdict;
use std::ops::Range;
use std::path::PathBuf;

/// Hunts in every target: known failures first, then new ones.
pub fn run(app: &App, args: &Fuzz) -> Exit {
    hunt(app, args).unwrap_or_else(|why| app.complain(&why))
}

fn hunt(app: &App, args: &Fuzz) -> Result<Exit, String> {
    let sources = campaign::sources(app, &args.scenarios, &args.protocol)?;
    let Stage { targets, texts, corpora } = stage(app, args, &sources)?;
    let known = known(app, args, &targets)?;
    let finds: Vec<Finds<'_>> = targets
        .iter()
        .zip(&texts)
        .map(|(target, text)| {
            let mut finds = Finds::new(&target.course, text, &args.failures);
            finds.corpus = args.corpus.as_deref();
            finds.by_seed = args.search == Searches::Uniform;
            finds
        })
        .collect();
    let exit = regress::tell(app, &known);
    let watching = Watching {
        app,
        finds: &finds,
        progress: progress(app, args, &targets),
        most: args.max_time,
    };
    let mut keep = |place: usize, harvest: &Harvest| {
        if args.corpus.is_some() {
            corpora[place].write(&harvest.kept);
        }
    };
    let search = args.search.into();
    let (harvests, jobs) = on_cores(args.jobs, |jobs| {
        (scenarios::campaign::run(&targets, search, &watching, &mut keep), jobs)
    })?;
    watching.progress.clear();
    let mut told = Vec::new();
    let mut all = Vec::new();
    for (place, harvest) in harvests.into_iter().enumerate() {
        let (target, finds) = (&targets[place], &finds[place]);
        let hunted =
            Hunted { corpus: corpora[place].digest(), ..hunted(args, target, finds, harvest) };
        told.push(campaign::tell(app, finds, &target.course, &hunted, args.strict));
        all.push(hunted);
    }
    let ran = told.iter().map(|told| told.summary.seeds.run).sum();
    let virtual_time = told.iter().fold(Span::ZERO, |all, told| all + told.summary.virtual_time);
    watching.progress.tell_speed(ran, jobs, virtual_time);
    let summaries = told.iter().map(|told| &told.summary);
    let junit = args.junit.as_ref();
    let junit = junit.map(|path| campaign::write_junit(path, &known, summaries, &finds));
    let json = args.json.as_ref().map(|path| campaign::write_share(path, all));
    let exit = told.iter().map(|told| told.exit).fold(exit, Exit::and);
    let exit =
        campaign::complain(app, exit, [junit, json], finds.iter().filter_map(Finds::problem));
    Ok(if app.is_stopped() { exit.max(Exit::Interrupted) } else { exit })
}

/// Plays what is known: the failures in the corpus, and those that were shrunk and kept.
fn known(app: &App, args: &Fuzz, targets: &[Target<'_>]) -> Result<Vec<Known>, String> {
    let regressions = Regressions {
        folder: &args.regressions,
        protocols: targets.iter().map(|target| target.course.entry().name()).collect(),
        bugs: &args.bug,
        but: &args.scenarios,
        jobs: args.jobs,
    };
    let mut known = regressions.play(app)?;
    if let Some(folder) = &args.corpus {
        known.extend(regress::replay_all(app, folder)?);
    }
    Ok(known)
}

/// What is hunted in, the text of each scenario, and what is known of where it gets.
struct Stage<'a> {
    targets: Vec<Target<'a>>,
    texts: Vec<&'a str>,
    corpora: Vec<Corpus>,
}

fn stage<'a>(app: &App, args: &Fuzz, sources: &'a [Source]) -> Result<Stage<'a>, String> {
    let (mut targets, mut texts, mut corpora) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources {
        let wanted = |name: &String| args.protocol.is_empty() || args.protocol.contains(name);
        for (scenario, subject) in source.scenario.members() {
            if !wanted(&subject.protocol) {
                continue;
            }
            let course = Course::new(app.catalogue, &source.name, scenario, subject, &args.bug)?;
            let read = |folder: &PathBuf| Corpus::read(folder, &course, &source.text);
            let corpus = args.corpus.as_ref().map(read).unwrap_or_default();
            let known = corpus.known().to_vec();
            targets.push(Target { course, portion: portion(args, source), known });
            texts.push(source.text.as_str());
            corpora.push(corpus);
        }
    }
    Ok(Stage { targets, texts, corpora })
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
        after_cut: harvest.after_cut,
        corpus: String::new(),
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
    fn is_stopped(&self) -> bool {
        self.app.is_stopped() || self.most.is_some_and(|most| self.progress.elapsed() >= most)
    }
}
