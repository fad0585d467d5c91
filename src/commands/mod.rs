//! One file a command.

mod compare;
mod explain;
mod fuzz;
mod list;
mod matrix;
mod merge;
mod mutants;
mod new;
pub(crate) mod replay;
mod run;
mod schema;
mod shell;
mod shrink;

use crate::args::{Cli, Color, Command, Format, Manner};
use protocols::Catalogue;
use reports::Colour;
use scenarios::run::Course;
use sim_core::outcome::Verdict;
use std::any::Any;
use std::io::{IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a command ended. Of several the worst counts, which is the later one here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All held.
    #[default]
    Held,
    /// Stopped by the user, and nothing was broken.
    Interrupted,
    /// A checker's budget ran out.
    Undecided,
    /// A promise broke, or an expectation was missed.
    Broken,
    /// The same seed did not give the same run.
    Unsteady,
    /// Wrong usage, or a wrong file.
    Misused,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Exit {
        match verdict {
            Verdict::Holds => Exit::Held,
            Verdict::Unknown => Exit::Undecided,
            Verdict::Broken => Exit::Broken,
        }
    }
}

impl Exit {
    /// What two things come to of which one may be that a file was no good: that hides no broken promise.
    pub fn and(self, other: Exit) -> Exit {
        match (self, other) {
            (Exit::Misused, worse @ (Exit::Broken | Exit::Unsteady))
            | (worse @ (Exit::Broken | Exit::Unsteady), Exit::Misused) => worse,
            _ => self.max(other),
        }
    }

    fn code(self) -> u8 {
        match self {
            Exit::Held => 0,
            Exit::Broken => 1,
            Exit::Misused => 2,
            Exit::Undecided => 3,
            Exit::Unsteady => 4,
            Exit::Interrupted => 130,
        }
    }
}

/// What every command works with.
pub struct App {
    /// The protocols.
    pub catalogue: Catalogue,
    /// How results are told.
    pub manner: Manner,
    /// Set when the user wants to stop.
    pub stop: Arc<AtomicBool>,
}

impl App {
    /// Whether standard output gets colours.
    pub fn colour(&self) -> Colour {
        let wanted = match self.manner.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let choice = anstream::AutoStream::choice(&std::io::stdout());
                choice != anstream::ColorChoice::Never
            }
        };
        if wanted { Colour::Always } else { Colour::Never }
    }

    /// Whether standard error gets colours.
    pub fn colours_errors(&self) -> bool {
        match self.manner.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal(),
        }
    }

    /// Whether the output is for machines.
    pub fn is_json(&self) -> bool {
        self.manner.format == Format::Json
    }

    /// Whether the user wants to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Writes to standard output. A reader that went away is no reason to fail.
    pub fn say(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
    }

    /// Owns up to a panic of the command itself, and gives the exit code that Rust's programs end with then.
    fn fell_over(&self, payload: &(dyn Any + Send)) -> u8 {
        let words = payload.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| payload.downcast_ref::<&str>().copied());
        let words = words.unwrap_or("without words");
        self.complain(&format!("splitbrain itself panicked, please report it: {words}"));
        101
    }

    /// Writes an error to standard error.
    pub fn complain(&self, text: &str) -> Exit {
        let text = text.trim_end();
        let prefix = if text.contains("error") && text.contains("-->") { "" } else { "error: " };
        eprintln!("{prefix}{text}");
        Exit::Misused
    }
}

/// Does what the command line says.
pub fn run(catalogue: Catalogue, cli: Cli) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    let app = App { catalogue, manner: cli.manner, stop: stop.clone() };
    // The second Ctrl-C ends the command at once, should the first not be heeded soon.
    let _ = ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    // A protocol that panics is a finding, told with the others, and not a message on the terminal.
    std::panic::set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(|| dispatch(&app, cli.command)));
    ExitCode::from(done.map_or_else(|payload| app.fell_over(payload.as_ref()), Exit::code))
}

fn dispatch(app: &App, command: Command) -> Exit {
    match command {
        Command::Run(args) => run::run(app, &args),
        Command::Compare(args) => compare::run(app, &args),
        Command::Replay(args) => replay::run(app, &args),
        Command::Fuzz(args) => fuzz::run(app, &args),
        Command::Merge(args) => merge::run(app, &args),
        Command::Shrink(args) => shrink::run(app, &args),
        Command::Mutants(args) => mutants::run(app, &args),
        Command::New(args) => new::run(app, &args),
        Command::List(args) => list::run(app, &args),
        Command::Explain(args) => explain::run(app, &args),
        Command::Schema(args) => schema::run(app, &args),
        Command::Completions(args) => shell::completions(app, &args),
        Command::Man => shell::man(app),
    }
}

/// Calls `work` on a pool of so many threads; all cores when it is none. Gives how many there were, too.
pub fn on_cores<T: Send>(
    jobs: Option<usize>,
    work: impl FnOnce(usize) -> T + Send,
) -> Result<T, String> {
    let jobs = jobs.unwrap_or(0);
    if jobs > 1_024 {
        return Err(format!("{jobs} threads are more than this can use; at most 1024"));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .stack_size(16 << 20)
        .build()
        .map_err(|e| format!("cannot start threads: {e}"))?;
    Ok(pool.install(|| work(pool.current_num_threads())))
}

/// What a property says, in a sentence.
pub fn about_property(course: &Course<'_>, property: &str) -> &'static str {
    let promises = course.entry().promises(course.options());
    let own = promises.iter().find(|promise| promise.property == property);
    own.map_or_else(|| explain::about_general(property), |promise| promise.words)
}
