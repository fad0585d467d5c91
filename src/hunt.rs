//! A hunt inside `cargo test`: a protocol of one's own, many seeds, and a panic that tells the story.
//!
//! ```no_run
//! use splitbrain::{fuzz, prelude::*, protocols::raft::Raft};
//!
//! // #[test] fn raft_survives() {
//! fuzz::<Raft<Kv>>().nodes(3..=5).nemesis(Nemesis::swarm()).seeds(0..1_000).check();
//! // }
//! ```
//!
//! [`check`](Fuzz::check) first plays the scenarios in `tests/regressions/TEST/`, where shrunk failures are kept,
//! then the seeds. What it finds it writes under `target/splitbrain/TEST/`, shrinks, and, unless `CI` is set, keeps
//! the shrunk scenario among the regressions, for you to commit. Its panic ends with the line that replays the
//! failure alone: `SPLITBRAIN_REPLAY=… cargo test TEST -- --exact`. `SPLITBRAIN_SEEDS` runs other seeds than the test
//! names.

#![allow(clippy::disallowed_methods)] // tests are told by the environment what to replay

use crate::args::Seeds;
use crate::files::write_whole;
use crate::finds::{Find, Finds};
use protocols::catalogue::Named;
use protocols::{Catalogue, Entry, Protocol};
use scenarios::campaign::{self, Portion, Run, Search, Target, Watch};
use scenarios::failure::Failure;
use scenarios::format::{self, Count, Nemesis, Scenario};
use scenarios::run::{Course, Extras};
use scenarios::shrink::{Task, shrink};
use scenarios::words::Words;
use sim_core::outcome::Verdict;
use sim_core::settings::NetworkSettings;
use sim_core::summary::Breach;
use sim_core::{Client, Process, Service, Span, SpanRange};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Load<P> = <<<P as Process>::Service as Service>::Client as Client>::Load;

/// A hunt that is being prepared.
pub struct Fuzz<P: Protocol> {
    catalogue: Catalogue,
    scenario: Scenario,
    bugs: Vec<String>,
    seeds: Range<u64>,
    search: Search,
    regressions: Option<PathBuf>,
    /// Whether it is meant to find something.
    is_meant: bool,
    of: std::marker::PhantomData<fn() -> P>,
}

/// Prepares a hunt for failures of a protocol: three nodes, three clients, twelve seconds under a nemesis that
/// strikes with what the protocol promises to survive, two hundred seeds.
///
/// # Panics
///
/// When the protocol cannot run like this.
pub fn fuzz<P: Protocol>() -> Fuzz<P>
where
    P::Config: Send + Sync,
    Load<P>: Send + Sync,
{
    let name = kebab(std::any::type_name::<P>());
    // A catalogue lives as long as the program; a test makes one or two.
    let name: &'static str = Box::leak(name.into_boxed_str());
    let entry: &'static dyn Entry = Box::leak(Box::new(Named::<P>::new(name)));
    let catalogue = Catalogue(Box::leak(Box::new([entry])));
    let nodes = 3.clamp(*entry.sizes().start(), *entry.sizes().end());
    let clients = if entry.loads().is_empty() { "" } else { "[clients]\ncount = 3\n" };
    let text = format!(
        "title = \"{name} survives\"\nprotocol = \"{name}\"\nnodes = {nodes}\nduration = \"12s\"\n{clients}"
    );
    let mut scenario = read(catalogue, &text, name);
    scenario.nemesis = Some(Nemesis::default());
    Fuzz {
        catalogue,
        scenario,
        bugs: Vec::new(),
        seeds: 0..200,
        search: Search::default(),
        regressions: None,
        is_meant: false,
        of: std::marker::PhantomData,
    }
}

impl<P: Protocol> Fuzz<P>
where
    P::Config: Send + Sync,
{
    /// On how many nodes; each seed draws one of these numbers.
    pub fn nodes(mut self, nodes: RangeInclusive<u32>) -> Self {
        self.scenario.nodes = Count::Any(nodes.collect());
        self
    }
    /// With which options.
    pub fn config(mut self, config: P::Config) -> Self {
        self.scenario.subjects[0].options = Arc::new(config);
        self
    }
    /// With so many clients, that pause so long between an answer and the next request.
    pub fn clients(mut self, count: u32, think: SpanRange) -> Self {
        self.scenario.clients.count = count;
        self.scenario.clients.think = think;
        self
    }
    /// What carries messages.
    pub fn network(mut self, network: NetworkSettings) -> Self {
        self.scenario.network = network;
        self
    }
    /// How long faults strike, in virtual time.
    pub fn duration(mut self, duration: Span) -> Self {
        self.scenario.duration = duration;
        self
    }
    /// Which faults, and how often.
    pub fn nemesis(mut self, nemesis: Nemesis) -> Self {
        self.scenario.nemesis = Some(nemesis);
        self
    }
    /// With these of its bugs planted.
    pub fn bugs(mut self, bugs: &[&str]) -> Self {
        self.bugs = bugs.iter().map(ToString::to_string).collect();
        self
    }
    /// On these seeds.
    pub fn seeds(mut self, seeds: Range<u64>) -> Self {
        self.seeds = seeds;
        self
    }
    /// How inputs are found.
    pub fn search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// Where shrunk failures are kept, and played from first. Unless told that is `tests/regressions/TEST` of the
    /// package, in which nothing is kept while `CI` is set.
    pub fn regressions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.regressions = Some(folder.into());
        self
    }

    /// Hunts.
    ///
    /// # Panics
    ///
    /// When something broke that the protocol promises: with its story, and how to replay it.
    #[track_caller]
    pub fn check(self) {
        if let Err(story) = self.hunt() {
            panic!("\n{story}");
        }
    }

    /// Hunts, and gives the story of what broke: for what is meant to, a planted bug say. Nothing is kept among the
    /// regressions, and none are played.
    ///
    /// # Panics
    ///
    /// When the protocol cannot run like this.
    pub fn find(mut self) -> Option<String> {
        self.is_meant = true;
        self.hunt().err()
    }

    fn hunt(&self) -> Result<(), String> {
        let words = Words::of(self.catalogue);
        let text = format::write(&self.scenario, &words, &[])?;
        let name = self.scenario.subjects[0].protocol.clone();
        // What is hunted in is what a failure file holds, to the letter.
        let scenario = format::read(text.as_bytes(), &name, &words).map_err(|e| e.to_string())?;
        let mut places = Places::new();
        if let Some(folder) = &self.regressions {
            (places.regressions, places.keeps) = (folder.clone(), true);
        }
        if let Ok(path) = std::env::var("SPLITBRAIN_REPLAY") {
            return self.replay(&places, Path::new(&path));
        }
        if self.is_meant {
            places.keeps = false;
        } else {
            self.play_kept(&places)?;
        }
        let seeds = std::env::var("SPLITBRAIN_SEEDS").ok().map(|text| text.parse::<Seeds>());
        let seeds = seeds.transpose()?.map_or(self.seeds.clone(), |seeds| seeds.0);
        let course =
            Course::new(self.catalogue, &name, &scenario, &scenario.subjects[0], &self.bugs)?;
        let targets = [Target { course, portion: Portion::whole(seeds), known: Vec::new() }];
        let course = &targets[0].course;
        let finds = Finds::new(course, &text, &places.failures);
        let watch = Watching { finds: &finds, found: AtomicBool::new(false) };
        campaign::run(&targets, self.search, &watch, &mut |_, _| ());
        let first = finds.all().into_values().min_by_key(|find| find.seed);
        first.map_or(Ok(()), |find| Err(self.tell(&places, course, &finds, &find)))
    }

    /// The story of a failure, what it shrinks to, and how to replay it.
    fn tell(&self, places: &Places, course: &Course<'_>, finds: &Finds<'_>, find: &Find) -> String {
        let failure = &find.failure;
        let mut story = finds.story_of(&breach(failure, find.seed), find);
        if self.is_meant {
            return story;
        }
        let case = failure.case(course);
        let task = Task {
            catalogue: self.catalogue,
            course,
            case: &case,
            property: &failure.verdict.property,
            budget: 2_000,
        };
        let words = Words::of(self.catalogue);
        let shrunk = shrink(&task, &AtomicBool::new(false), &|_, _| ());
        let written = shrunk.and_then(|shrunk| {
            let mut scenario = shrunk.scenario;
            scenario.title = format!("{} breaks", failure.verdict.property);
            format::write(&scenario, &words, std::slice::from_ref(&failure.verdict.why))
        });
        if let Ok(text) = written {
            story.push_str(&format!("\nThe least that breaks so:\n\n{text}\n"));
            let kept = places.regressions.join(format!("{}.toml", failure.file_stem()));
            if places.keeps && write_whole(&kept, text.as_bytes()).is_ok() {
                story.push_str(&format!("It is kept: commit {}\n", kept.display()));
            }
        }
        let path = places.failures.join(format!("{}.json", failure.file_stem()));
        let (path, test) = (path.display(), &places.test);
        story.push_str(&format!(
            "\nreplay it   SPLITBRAIN_REPLAY={path} cargo test {test} -- --exact\n"
        ));
        story
    }

    /// Plays what is kept of earlier failures.
    fn play_kept(&self, places: &Places) -> Result<(), String> {
        let entries = std::fs::read_dir(&places.regressions).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        files.sort();
        for path in files {
            let text =
                std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let name = path.display().to_string();
            let scenario = format::read(text.as_bytes(), &name, &Words::of(self.catalogue))
                .map_err(|problems| problems.to_string())?;
            for (scenario, subject) in scenario.members() {
                let course = Course::new(self.catalogue, &name, scenario, subject, &self.bugs)?;
                self.play_one(&course, &text, places)?;
            }
        }
        Ok(())
    }

    fn play_one(&self, course: &Course<'_>, text: &str, places: &Places) -> Result<(), String> {
        let finds = Finds::new(course, text, &places.failures);
        for seed in course.scenario.own_seeds() {
            let case = course.case(seed);
            finds.see(&case, &course.run_case(&case, Extras::default()).outcome);
        }
        let Some(find) = finds.all().into_values().next() else { return Ok(()) };
        let story = finds.story_of(&breach(&find.failure, find.seed), &find);
        let name = &course.name;
        Err(format!("{name}, which is kept from an earlier failure, breaks again\n\n{story}"))
    }

    /// Plays one failure alone.
    fn replay(&self, places: &Places, path: &Path) -> Result<(), String> {
        let failed = |why: String| format!("SPLITBRAIN_REPLAY={}: {why}", path.display());
        let bytes = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let failure = Failure::read(&bytes).map_err(failed)?;
        let scenario =
            format::read(failure.scenario.as_bytes(), &failure.name, &Words::of(self.catalogue))
                .map_err(|problems| failed(problems.to_string()))?;
        let (name, scenario) = scenario.called(&failure.name);
        let bugs = &failure.overrides.bugs;
        let course = Course::new(self.catalogue, name, &scenario, &scenario.subjects[0], bugs)?;
        let case = failure.case(&course);
        let outcome = course.run_case(&case, Extras::default()).outcome;
        let finds = Finds::new(&course, &failure.scenario, &places.failures);
        finds.see(&case, &outcome);
        let all = finds.all();
        let again =
            all.values().find(|find| find.failure.verdict.property == failure.verdict.property);
        match again.or(all.values().next()) {
            None => Ok(()),
            Some(find) => Err(finds.story_of(&breach(&find.failure, find.seed), find)),
        }
    }
}

/// A scenario of which nothing can be wrong.
fn read(catalogue: Catalogue, text: &str, name: &str) -> Scenario {
    match format::read(text.as_bytes(), name, &Words::of(catalogue)) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{problems}"),
    }
}

fn breach(failure: &Failure, seed: u64) -> Breach {
    let verdict = failure.verdict.clone();
    Breach {
        seed,
        property: verdict.property,
        why: verdict.why,
        at: verdict.at,
        step: verdict.step,
        promised: true,
        fingerprint: verdict.fingerprint,
        ..Breach::default()
    }
}

/// As many seeds run before it is asked whether any of them broke: what a test reports depends on its seeds alone.
const SOON: u64 = 20;

/// Ends a hunt with the first batch of seeds that finds something.
struct Watching<'a> {
    finds: &'a Finds<'a>,
    found: AtomicBool,
}

impl Watch for Watching<'_> {
    fn seen(&self, run: &Run<'_>) {
        if run.outcome.verdict() == Verdict::Broken {
            self.found.store(true, Ordering::Relaxed);
        }
        self.finds.see(run.case, run.outcome);
    }
    fn goes_on(&self) -> bool {
        !self.found.load(Ordering::Relaxed)
    }
    fn batch(&self) -> u64 {
        SOON
    }
}

/// Where a test keeps things.
struct Places {
    /// The test's name, as `cargo test` takes it.
    test: String,
    failures: PathBuf,
    regressions: PathBuf,
    /// Whether shrunk failures are kept among the regressions.
    keeps: bool,
}

impl Places {
    /// The test's name is that of its thread; its package is told by cargo, and the target folder by where the test's
    /// program lies.
    fn new() -> Places {
        let thread = std::thread::current();
        let test = thread.name().filter(|name| *name != "main").unwrap_or("test").to_owned();
        let folder = test.replace("::", "-");
        let package = std::env::var("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let program = std::env::current_exe().unwrap_or_default();
        let target = program.ancestors().nth(3).map_or(package.join("target"), Path::to_path_buf);
        Places {
            test,
            keeps: std::env::var_os("CI").is_none(),
            failures: target.join("splitbrain").join(&folder),
            regressions: package.join("tests").join("regressions").join(&folder),
        }
    }
}

/// A type's name as protocols are called: `two_phase::MyProtocol<Kv>` is `my-protocol`.
fn kebab(name: &str) -> String {
    let plain = name.split('<').next().unwrap_or(name);
    let last = plain.rsplit("::").next().unwrap_or(plain);
    let mut out = String::new();
    for c in last.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
        if (c.is_ascii_uppercase() || c == '_') && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if c != '_' {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_called_like_protocols() {
        assert_eq!(kebab("a::b::MyProtocol<c::Kv>"), "my-protocol");
        assert_eq!(kebab("Chain"), "chain");
        assert_eq!(kebab("x::two_phase"), "two-phase");
    }
}
