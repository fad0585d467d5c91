//! One run as it is shown: a page of HTML, and the forms of other tools.

use crate::args::Export;
use crate::commands::{App, about_property};
use crate::files::write_whole;
use reports::export::{self, Shown};
use reports::page::{About, page};
use reports::{Colour, story};
use scenarios::format;
use scenarios::run::{Case, Course, Extras};
use scenarios::tally;
use scenarios::words::Words;
use sim_core::outcome::{Outcome, Verdict};
use sim_core::summary::Breach;
use sim_core::trace::Trace;
use std::path::{Path, PathBuf};

/// Where a run is shown.
pub struct Wanted<'a> {
    /// The page of HTML.
    pub page: Option<&'a Path>,
    /// Other tools' forms.
    pub exports: &'a [Export],
}

impl Wanted<'_> {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.page.is_none() && self.exports.is_empty()
    }

    /// What a run must write down to be shown so.
    pub fn extras(&self) -> Extras {
        Extras { trace: true, show: !self.is_empty(), ..Extras::default() }
    }

    /// Writes what is wanted of a run. `name` turns a path that was asked for into one for this run.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(
        &self,
        app: &App,
        one: &One<'_>,
        name: &dyn Fn(&Path) -> PathBuf,
    ) -> Result<(), String> {
        let One { course, case, outcome, trace, reproduce } = *one;
        let breach = what_broke(outcome, reproduce);
        if let Some(path) = self.page {
            write_whole(&name(path), one.page(app, breach.as_ref()).as_bytes())?;
            eprintln!("the run of seed {} is shown in {}", case.seed, name(path).display());
        }
        let title = format!("{} · seed {}", course.name, case.seed);
        let breach = breach.unwrap_or_default();
        let shown = Shown { title: &title, outcome, trace, breach: &breach };
        for Export { form, path } in self.exports {
            let write = export::form(form).map(|form| form.write);
            let text = write.map_or_else(String::new, |write| write(&shown));
            write_whole(&name(path), text.as_bytes())?;
        }
        Ok(())
    }
}

/// A run, and what it was a run of.
#[derive(Clone, Copy)]
pub struct One<'a> {
    /// Where it belongs.
    pub course: &'a Course<'a>,
    /// What was run.
    pub case: &'a Case<'a>,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// All of it.
    pub trace: &'a Trace,
    /// The command that gives the same run.
    pub reproduce: &'a str,
}

impl One<'_> {
    fn page(&self, app: &App, breach: Option<&Breach>) -> String {
        let One { course, case, outcome, trace, reproduce } = *self;
        let settings = format::write(&case.scenario, &Words::of(app.catalogue), &[]);
        let settings: Vec<String> =
            settings.unwrap_or_else(|why| why).lines().map(str::to_owned).collect();
        let story = breach.map_or_else(String::new, |breach| {
            let about = about_property(course, &breach.property);
            story::story(breach, about, trace, Colour::Never)
        });
        let about = About {
            scenario: &course.name,
            title: &course.scenario.title,
            protocol: course.entry().name(),
            planted: &course.planted,
            clients: case.scenario.clients.count,
            heal: case.plan.heal,
            reproduce,
            settings: &settings,
            story: &story,
            property: &|property| about_property(course, property).to_owned(),
        };
        page(&about, outcome, trace)
    }
}

/// What broke first, of what was promised if that did; none when nothing broke.
fn what_broke(outcome: &Outcome, reproduce: &str) -> Option<Breach> {
    let broken = outcome.findings.iter().filter(|finding| finding.verdict == Verdict::Broken);
    let first = broken.min_by_key(|finding| (!finding.promised, finding.at, finding.step))?;
    Some(Breach { replay: reproduce.to_owned(), ..tally::breach(outcome, first) })
}

/// The command that gives the run of a seed again.
pub fn by_seed(course: &Course<'_>, seed: u64) -> String {
    let bugs = match course.planted.as_slice() {
        [] => String::new(),
        bugs => format!(" --bug {}", bugs.join(",")),
    };
    format!("{}{seed}{bugs}", before_seed(course))
}

/// That command without the seed at its end, where no bugs are planted.
pub fn before_seed(course: &Course<'_>) -> String {
    let protocol = match course.scenario.subjects.as_slice() {
        [_] => String::new(),
        _ => format!(" --protocol {}", course.entry().name()),
    };
    format!("splitbrain replay {}{protocol} --seed ", course.name)
}
