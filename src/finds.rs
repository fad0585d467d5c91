//! What was found: failures, kept as they are found, one file for each shape, and told of at the end.

use crate::commands::{App, about_property};
use crate::files::write_whole;
use reports::{json, story, text};
use scenarios::failure::Failure;
use scenarios::run::{Case, Course, Extras};
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::{Breach, Summary};
use std::collections::BTreeMap;
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
    /// Whether a seed alone tells what ran.
    pub by_seed: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Of each shape the failure with the lowest seed.
    finds: BTreeMap<Shape, Find>,
    problem: Option<String>,
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
        Finds { course, text, folder, by_seed: true, kept: Mutex::default() }
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
        let path = self.path(&find.failure.file_stem());
        find.failure.replay = format!("splitbrain replay {}", path.display());
        let Ok(mut kept) = self.kept.lock() else { return };
        if kept.finds.get(&shape).is_some_and(|known| known.seed <= find.seed) {
            return;
        }
        let text = serde_json::to_string_pretty(&find.failure).unwrap_or_default() + "\n";
        kept.finds.insert(shape.clone(), find);
        if let Some(dropped) = kept.drop_highest() {
            if dropped == shape {
                return;
            }
            // That it is gone already is as good.
            let _ = std::fs::remove_file(self.path(&self.stem(&dropped)));
        }
        if let Err(problem) = write_whole(&path, text.as_bytes()) {
            kept.problem.get_or_insert(problem);
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
            let path = self.path(&self.stem(&shape)).with_extension("txt");
            let tale = story::story(breach, about, &trace, reports::Colour::Never);
            let _ = write_whole(&path, tale.as_bytes());
            if stories.is_empty() || app.manner.verbose {
                stories.push(story::tale(breach, about, &trace, app.colour()));
            }
        }
        stories
    }

    /// The name of a shape's file, without the ending.
    fn stem(&self, (property, fingerprint): &Shape) -> String {
        format!("{}-{property}-{fingerprint}", self.course.entry().name())
    }

    fn path(&self, stem: &str) -> PathBuf {
        self.folder.join(format!("{stem}.json"))
    }

    /// How to see a breach again: from its file when there is one, else from its seed.
    fn replay_line(&self, breach: &Breach, finds: &BTreeMap<Shape, Find>) -> String {
        let shape = shape_of(breach);
        if finds.get(&shape).is_some_and(|find| find.seed == breach.seed) {
            return format!("splitbrain replay {}", self.path(&self.stem(&shape)).display());
        }
        if !self.by_seed {
            return String::new();
        }
        let bugs = match self.course.planted.as_slice() {
            [] => String::new(),
            bugs => format!(" --bug {}", bugs.join(",")),
        };
        format!("splitbrain replay {} --seed {}{bugs}", self.course.name, breach.seed)
    }
}

/// The shape of a breach.
pub fn shape_of(breach: &Breach) -> Shape {
    (breach.property.clone(), breach.fingerprint.clone())
}
