//! What was found: failures, kept as they are found, one file for each shape, and told of at the end.
//!
//! Of a shape that is found more than once, the lowest seed is kept, whichever comes first. A file that an earlier
//! campaign has left stays when it still replays and takes no more faults; nothing that was there before is ever
//! only taken away.

use crate::commands::{App, about_property};
use crate::files::write_whole;
use crate::report;
use reports::{json, story, text};
use scenarios::failure::{Failure, LARGEST, Replayed, file_stem};
use scenarios::run::{Case, Course, Extras};
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::{Breach, Summary};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// As many shapes of failure as are kept of one scenario and protocol.
const MOST_SHAPES: usize = 50;

/// A property, and the fingerprint of how it broke.
pub type Shape = (String, String);

/// A failure, and the seed under which a run or a campaign found it.
#[derive(Clone)]
pub struct Find {
    /// The seed by which reports name it.
    pub seed: u64,
    /// The failure.
    pub failure: Failure,
}

/// The failures of one protocol under one scenario.
pub struct Finds<'a> {
    course: &'a Course<'a>,
    /// The scenario, word for word.
    pub text: &'a str,
    folder: &'a Path,
    /// Where they are kept, too, for later campaigns to play first.
    pub corpus: Option<&'a Path>,
    /// Whether a seed alone tells what ran.
    pub by_seed: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Of each shape the failure with the lowest seed.
    finds: BTreeMap<Shape, Find>,
    /// What there was before, of each file that was touched.
    earlier: BTreeMap<PathBuf, Option<Earlier>>,
    /// Of which the file that an earlier campaign has left stays.
    left: BTreeSet<Shape>,
    /// Of which there is no file, because it could not be written.
    unwritten: BTreeSet<Shape>,
    problem: Option<String>,
}

/// A failure file that an earlier campaign has left.
struct Earlier {
    text: Vec<u8>,
    /// How many faults it takes, if it fails today as it did then; none when it does not.
    strikes: Option<usize>,
}

impl Kept {
    /// When there are too many shapes, drops the one with the highest seed: which ones stay does then not
    /// depend on which were found first.
    fn drop_highest(&mut self) -> Option<Shape> {
        if self.finds.len() <= MOST_SHAPES {
            return None;
        }
        let (shape, _) = self.finds.iter().max_by_key(|(shape, find)| (find.seed, *shape))?;
        let shape = shape.clone();
        self.finds.remove(&shape);
        Some(shape)
    }
}

impl<'a> Finds<'a> {
    /// No failures yet; those to come are kept in a folder.
    pub fn new(course: &'a Course<'a>, text: &'a str, folder: &'a Path) -> Finds<'a> {
        Finds { course, text, folder, corpus: None, by_seed: true, kept: Mutex::default() }
    }

    /// Keeps the failures of a run at once, unless one of the same shape and a lower seed is there.
    pub fn see(&self, case: &Case<'_>, outcome: &Outcome) {
        let expect = &self.course.scenario.expect;
        for finding in &outcome.findings {
            let counts = finding.promised || expect.holds.contains(&finding.property);
            let expected = expect.breaks.contains(&finding.property);
            if finding.verdict == Verdict::Broken && counts && !expected {
                let failure = Failure::of(self.course, case, self.text, outcome, finding);
                self.keep(Find { seed: outcome.seed, failure });
            }
        }
    }

    /// Keeps a failure, unless one of the same shape and a lower seed is there.
    pub fn keep(&self, mut find: Find) {
        let verdict = &find.failure.verdict;
        let shape = (verdict.property.clone(), verdict.fingerprint.clone());
        find.failure.replay = format!("splitbrain replay {}", self.path(&shape).display());
        let Ok(mut kept) = self.kept.lock() else { return };
        if kept.finds.get(&shape).is_some_and(|known| known.seed <= find.seed) {
            return;
        }
        kept.finds.insert(shape.clone(), find);
        let dropped = kept.drop_highest();
        if let Some(dropped) = dropped.as_ref().filter(|dropped| **dropped != shape) {
            self.take_back(&kept, dropped);
        }
        if dropped.as_ref() != Some(&shape) {
            self.write(&mut kept, &shape);
        }
    }

    /// Writes the failure of a shape, unless an earlier campaign has left a better one.
    fn write(&self, kept: &mut Kept, shape: &Shape) {
        let Some(Find { failure, .. }) = kept.finds.get(shape) else { return };
        let strikes = failure.plan.strikes.len();
        let text = serde_json::to_string_pretty(failure).unwrap_or_default() + "\n";
        for path in self.paths(shape) {
            let earlier = kept.earlier.entry(path.clone()).or_insert_with(|| self.earlier(&path));
            let better = earlier.as_ref().filter(|e| e.strikes.is_some_and(|few| few <= strikes));
            let is_left = better.is_some();
            let text = better.map_or(text.as_bytes(), |earlier| &earlier.text);
            if path == self.path(shape) {
                match is_left {
                    true => kept.left.insert(shape.clone()),
                    false => kept.left.remove(shape),
                };
            }
            if let Err(problem) = write_whole(&path, text) {
                kept.unwritten.insert(shape.clone());
                kept.problem.get_or_insert(problem);
            }
        }
    }

    /// What an earlier campaign has left in a place.
    fn earlier(&self, path: &Path) -> Option<Earlier> {
        let length = std::fs::metadata(path).ok()?.len();
        let text = std::fs::read(path).ok().filter(|_| length <= LARGEST as u64)?;
        let failure = Failure::read(&text).ok().filter(|failure| {
            failure.scenario == self.text
                && failure.overrides.bugs == self.course.planted
                && failure.duration() == self.course.scenario.duration
        });
        let strikes = failure.filter(|failure| {
            let case = failure.case(self.course);
            let again = self.course.run_case(&case, Extras::default()).outcome;
            failure.compare(&again) == Replayed::Same
        });
        let strikes = strikes.map(|failure| failure.plan.strikes.len());
        Some(Earlier { text, strikes })
    }

    /// Leaves of a shape what there was before.
    fn take_back(&self, kept: &Kept, shape: &Shape) {
        for path in self.paths(shape) {
            // That it is gone already, or cannot be written, is as good: it was one shape too many.
            let _ = match kept.earlier.get(&path) {
                Some(Some(earlier)) => write_whole(&path, &earlier.text),
                _ => std::fs::remove_file(&path).map_err(|e| e.to_string()),
            };
        }
    }

    /// The failures, by shape.
    pub fn all(&self) -> BTreeMap<Shape, Find> {
        self.kept.lock().map(|kept| kept.finds.clone()).unwrap_or_default()
    }

    /// Why not everything could be written, if so.
    pub fn problem(&self) -> Option<String> {
        self.kept.lock().ok().and_then(|kept| kept.problem.clone())
    }

    /// Prints a summary, with the story of each shape that counts, and keeps the stories.
    pub fn tell(&self, app: &App, mut summary: Summary) -> Summary {
        let finds = self.all();
        for breach in &mut summary.broken {
            breach.replay = self.replay_line(breach, &finds);
        }
        if app.is_json() {
            app.say(&json::run(&summary));
            return summary;
        }
        let stories = self.stories(app, &summary, &finds);
        if !app.manner.quiet || summary.verdict() != Verdict::Holds {
            app.say(&text::run(&summary, &stories, app.manner.verbose, app.colour()));
        }
        summary
    }

    /// The story of each kept failure, for files and for reports of other forms.
    pub fn story_of(&self, breach: &Breach, find: &Find) -> String {
        let about = about_property(self.course, &breach.property);
        story::story(breach, about, &self.trace(find), reports::Colour::Never)
    }

    fn trace(&self, find: &Find) -> sim_core::trace::Trace {
        let extras = Extras { trace: true, ..Extras::default() };
        let ran = self.course.run_case(&find.failure.case(self.course), extras);
        ran.trace.unwrap_or_default()
    }

    fn stories(&self, app: &App, summary: &Summary, finds: &BTreeMap<Shape, Find>) -> Vec<String> {
        let mut stories = Vec::new();
        for breach in &summary.broken {
            let shape = shape_of(breach);
            let Some(find) = finds.get(&shape).filter(|find| find.seed == breach.seed) else {
                continue;
            };
            let trace = self.trace(find);
            let about = about_property(self.course, &breach.property);
            let path = self.path(&shape).with_extension("txt");
            let tale = story::story(breach, about, &trace, reports::Colour::Never);
            if !self.is_left(&shape) {
                let _ = write_whole(&path, tale.as_bytes());
            }
            if stories.is_empty() || app.manner.verbose {
                stories.push(story::tale(breach, about, &trace, app.colour()));
            }
        }
        stories
    }

    /// A shape's file.
    fn path(&self, (property, fingerprint): &Shape) -> PathBuf {
        let protocol = self.course.entry().name();
        self.folder.join(file_stem(protocol, &self.course.name, property, fingerprint) + ".json")
    }

    /// Everywhere where a shape's file is kept.
    fn paths(&self, shape: &Shape) -> Vec<PathBuf> {
        let path = self.path(shape);
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        let corpus = self.corpus.map(|folder| folder.join(name));
        let corpus = corpus.filter(|also| *also != path);
        std::iter::once(path).chain(corpus).collect()
    }

    /// Whether the file is that of an earlier campaign, whose story stands beside it.
    fn is_left(&self, shape: &Shape) -> bool {
        self.kept.lock().is_ok_and(|kept| kept.left.contains(shape))
    }

    /// How to see a breach again: from its file when there is one, else from its seed.
    fn replay_line(&self, breach: &Breach, finds: &BTreeMap<Shape, Find>) -> String {
        let shape = shape_of(breach);
        let is_written = self.kept.lock().is_ok_and(|kept| !kept.unwritten.contains(&shape));
        if is_written && finds.get(&shape).is_some_and(|find| find.seed == breach.seed) {
            return format!("splitbrain replay {}", self.path(&shape).display());
        }
        if !self.by_seed {
            return String::new();
        }
        report::by_seed(self.course, breach.seed)
    }
}

/// The shape of a breach.
pub fn shape_of(breach: &Breach) -> Shape {
    (breach.property.clone(), breach.fingerprint.clone())
}
