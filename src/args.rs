//! The command line, as a table.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use reports::export::FORMS;
use scenarios::campaign::Search;
use sim_core::Span;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

const AFTER: &str = "\
Exit codes:  0 all held          1 a promise broke or an expectation was missed
             2 wrong usage/file  3 undecided: a checker's budget ran out
             4 the same seed did not give the same run     130 interrupted, nothing broken

Start here:  splitbrain run raft/minority-leader";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default())
    .usage(AnsiColor::Yellow.on_default())
    .literal(AnsiColor::Green.on_default());

/// Breaks distributed algorithms on purpose, the same way every time, and says what broke.
#[derive(Debug, Parser)]
#[command(name = "splitbrain", version, after_help = AFTER, styles = STYLES)]
#[command(disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to say it.
    #[command(flatten)]
    pub manner: Manner,
}

/// How results are told.
#[derive(Clone, Copy, Debug, Args)]
pub struct Manner {
    /// Colours: always, never, or when the output is a terminal
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// For people, or for machines: one JSON object a line
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Say only what failed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios over many seeds and check every run
    Run(Run),
    /// Run protocols, or scenarios, on the same seeds and tell how they differ
    Compare(Compare),
    /// Run one failure, or one seed, again and tell how it came about
    Replay(Replay),
    /// Hunt for failures over many seeds; keep and deduplicate them
    Fuzz(Fuzz),
    /// Join the results of `fuzz --shard`
    Merge(Merge),
    /// Reduce a failure to a scenario that a person can read
    Shrink(Shrink),
    /// Plant each known bug and see which checker catches it
    Mutants(Mutants),
    /// Write a commented scenario to start from
    New(New),
    /// List what there is
    List(List),
    /// Tell about one thing: `explain raft/vote-not-persisted`
    Explain(Explain),
    /// Print a JSON Schema
    Schema(Schema),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Scenario files, or names of shipped ones: `raft/minority-leader`
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Run this seed only
    #[arg(long, value_name = "N", env = "SPLITBRAIN_SEED", conflicts_with = "seeds")]
    #[arg(value_parser = clap::value_parser!(u64).range(..u64::MAX))]
    pub seed: Option<u64>,
    /// Run these seeds: `100`, `A..B`, `A..=B` or `A..+N`
    #[arg(long, value_name = "SEEDS", env = "SPLITBRAIN_SEEDS")]
    pub seeds: Option<Seeds>,
    /// Plant these bugs; `splitbrain list bugs` names them
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub bug: Vec<String>,
    /// Run every seed twice and compare the runs step by step
    #[arg(long, alias = "check-determinism")]
    pub twice: bool,
    /// Only say what would strike on the first seed
    #[arg(long)]
    pub dry_run: bool,
    /// Write the run of one seed down, as JSON lines
    #[arg(long, value_name = "FILE", requires = "seed")]
    pub trace: Option<PathBuf>,
    /// Write a page of HTML that shows one run: the first that broke, or else the first
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub report: Option<PathBuf>,
    /// Write the same run in the form of another tool, such as shiviz=run.log: `list exports` names them
    #[arg(long, value_name = "FORM=FILE", conflicts_with = "dry_run")]
    pub export: Vec<Export>,
    /// Write what each run measured: a table to compute with (.csv or .json), or of all together (.md)
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub measures: Option<PathBuf>,
    /// Use so many threads; all cores unless told
    #[arg(short, long, value_name = "N", env = "SPLITBRAIN_JOBS")]
    pub jobs: Option<usize>,
    /// Keep failures in this folder
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_FAILURES", default_value = "failures")]
    pub failures: PathBuf,
    /// Play the shrunk failures in this folder first, those of the same protocols
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_REGRESSIONS", default_value = "regressions")]
    pub regressions: PathBuf,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// A failure file, a scenario (then with --seed), or `last`
    #[arg(value_name = "FAILURE|SCENARIO|last", env = "SPLITBRAIN_REPLAY")]
    pub what: String,
    /// The seed of a scenario
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Of a scenario of several protocols, replay this one only
    #[arg(long, value_name = "P")]
    pub protocol: Option<String>,
    /// Plant these bugs, when a scenario is replayed
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub bug: Vec<String>,
    /// List every step up to this time (`5.4s`) or this step (`1207`)
    #[arg(long, value_name = "T|STEP", conflicts_with = "show")]
    pub until: Option<String>,
    /// List every step between two times: `5s..5.4s`
    #[arg(long, value_name = "T..T")]
    pub show: Option<String>,
    /// Write the run down, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Write a page of HTML that shows the run
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write the run in the form of another tool, such as shiviz=run.log: `list exports` names them
    #[arg(long, value_name = "FORM=FILE")]
    pub export: Vec<Export>,
    /// Where failures are kept, for `last`
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_FAILURES", default_value = "failures")]
    pub failures: PathBuf,
}

/// Arguments of `fuzz`.
#[derive(Debug, Args)]
pub struct Fuzz {
    /// Scenario files, or names of shipped ones; the swarm of each protocol when none are named
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Only these protocols
    #[arg(long, value_name = "P", value_delimiter = ',')]
    pub protocol: Vec<String>,
    /// Plant these bugs; `splitbrain list bugs` names them
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub bug: Vec<String>,
    /// Run these seeds: `100`, `A..B`, `A..=B` or `A..+N`; those of each scenario unless told
    #[arg(long, value_name = "SEEDS", env = "SPLITBRAIN_SEEDS")]
    pub seeds: Option<Seeds>,
    /// Stop after so long: `90s`, `10m`, `8h`. Without --seeds it goes on until then
    #[arg(long, value_name = "T")]
    pub max_time: Option<Span>,
    /// Draw every seed anew, or change the inputs that got furthest
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub search: Searches,
    /// Run one share of the seeds, for `merge` to join: `1/4` to `4/4`
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// A kind of fault that never struck is a failure, and no mere warning
    #[arg(long)]
    pub strict: bool,
    /// Use so many threads; all cores unless told
    #[arg(short, long, value_name = "N", env = "SPLITBRAIN_JOBS")]
    pub jobs: Option<usize>,
    /// Keep failures in this folder
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_FAILURES", default_value = "failures")]
    pub failures: PathBuf,
    /// Play the shrunk failures in this folder first, those of the same protocols
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_REGRESSIONS", default_value = "regressions")]
    pub regressions: PathBuf,
    /// Replay the failures in this folder first, and keep there what is found and what got somewhere new
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// Write a report that continuous integration understands
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write everything that was seen, for `merge`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub struct Merge {
    /// What `fuzz --shard I/N --json FILE` has written, of every share
    #[arg(required = true, value_name = "SHARD.json")]
    pub shards: Vec<PathBuf>,
    /// Write what they come to, as one share of one
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Keep failures in this folder
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_FAILURES", default_value = "failures")]
    pub failures: PathBuf,
    /// A kind of fault that never struck is a failure, and no mere warning
    #[arg(long)]
    pub strict: bool,
    /// Write a report that continuous integration understands
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// How inputs are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Searches {
    #[default]
    Uniform,
    Guided,
}

impl From<Searches> for Search {
    fn from(searches: Searches) -> Search {
        match searches {
            Searches::Uniform => Search::Uniform,
            Searches::Guided => Search::Guided,
        }
    }
}

/// One share of a campaign's seeds: the first of four is `1/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub one: u64,
    /// Of how many.
    pub of: u64,
}

/// As many shares as a campaign has at most.
const MOST_SHARDS: u64 = 10_000;

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Shard, String> {
        let number = |digits: &str| digits.trim().parse::<u64>().ok();
        let parts = text.split_once('/').and_then(|(one, of)| Some((number(one)?, number(of)?)));
        match parts {
            Some((one, of)) if (1..=of).contains(&one) && of <= MOST_SHARDS => {
                Ok(Shard { one, of })
            }
            _ => Err(format!("`{text}` is no share; write 1/4 for the first of four")),
        }
    }
}

/// Arguments of `shrink`.
#[derive(Debug, Args)]
pub struct Shrink {
    /// A failure file, or `last`
    #[arg(value_name = "FAILURE|last")]
    pub what: String,
    /// The file to write, or a folder for it; the terminal when it is left out
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: Option<PathBuf>,
    /// Make at most so many runs
    #[arg(long, value_name = "N", default_value_t = scenarios::shrink::BUDGET)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub runs: u64,
    /// Where failures are kept, for `last`
    #[arg(long, value_name = "DIR", env = "SPLITBRAIN_FAILURES", default_value = "failures")]
    pub failures: PathBuf,
}

/// Arguments of `mutants`.
#[derive(Debug, Args)]
pub struct Mutants {
    /// Hunt in these scenarios; in those that ship unless told
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Only these protocols' bugs
    #[arg(long, value_name = "P", value_delimiter = ',')]
    pub protocol: Vec<String>,
    /// Only these bugs
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub bug: Vec<String>,
    /// Hunt each bug in the swarm of its protocol alone, with uniform and with guided search
    #[arg(long)]
    pub swarm: bool,
    /// In the swarm, hunt each bug so many times, on other seeds each time, and tell the medians
    #[arg(long, value_name = "N", default_value_t = 1, requires = "swarm")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub repeat: u64,
    /// In the swarm, begin with this seed
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "swarm")]
    #[arg(value_parser = clap::value_parser!(u64).range(..1 << 60))]
    pub first: u64,
    /// Try so many seeds of each scenario before a bug counts as survived
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub seeds: u64,
    /// Use so many threads; all cores unless told
    #[arg(short, long, value_name = "N", env = "SPLITBRAIN_JOBS")]
    pub jobs: Option<usize>,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// The file to write; to the terminal when it is left out
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// For this protocol; for the first of them unless told
    #[arg(long, value_name = "P")]
    pub protocol: Option<String>,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// Of what
    #[arg(value_enum)]
    pub what: Kind,
    /// Of this protocol only
    #[arg(long, value_name = "P")]
    pub protocol: Option<String>,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Kind {
    Protocols,
    Scenarios,
    Bugs,
    Properties,
    Faults,
    Targets,
    Events,
    Measures,
    Workloads,
    Topologies,
    Exports,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A protocol, a scenario, `PROTOCOL/BUG`, `PROTOCOL/PROPERTY`, a fault, a measure or a topology
    pub what: String,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t)]
    pub what: Schemas,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Schemas {
    #[default]
    Scenario,
    Failure,
    Run,
    Known,
    Outcome,
    Between,
    Compared,
    Matrix,
    Measures,
    Mutants,
    Trace,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// A scenario of several protocols or variants, several scenarios, or a family: consensus, elections, transactions;
    /// the first that runs is what the others are compared with
    #[arg(required_unless_present = "matrix", value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Draw what survives what: the protocols of one scenario down, its variants across, each a class of faults; the
    /// shipped one unless a scenario is named
    #[arg(long)]
    pub matrix: bool,
    /// Compare these protocols only
    #[arg(long, value_name = "PROTOCOL", value_delimiter = ',')]
    pub protocol: Vec<String>,
    /// Run these seeds: `100`, `A..B`, `A..=B` or `A..+N`
    #[arg(long, value_name = "SEEDS", env = "SPLITBRAIN_SEEDS")]
    pub seeds: Option<Seeds>,
    /// Write the comparison to a file as well: a page (.html), Markdown (.md), JSON (.json), or all numbers (.csv)
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Use so many threads; all cores unless told
    #[arg(short, long, value_name = "N", env = "SPLITBRAIN_JOBS")]
    pub jobs: Option<usize>,
}

/// A form of another tool, and where a run is written in it.
#[derive(Clone, Debug)]
pub struct Export {
    /// The name of one of [`FORMS`].
    pub form: &'static str,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for Export {
    type Err = String;
    fn from_str(text: &str) -> Result<Export, String> {
        let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
        let known = || format!("write FORM=FILE, with one of {}", names.join(", "));
        let (name, path) = text.split_once('=').ok_or_else(known)?;
        let form = names.iter().find(|known| **known == name);
        let form = form.ok_or_else(|| format!("there is no form `{name}`; {}", known()))?;
        if path.is_empty() {
            return Err(format!("`{name}=` names no file"));
        }
        Ok(Export { form, path: path.into() })
    }
}

/// Which seeds to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub Range<u64>);

/// As many seeds as one call runs at most.
pub const MOST_SEEDS: u64 = 10_000_000_000;

impl FromStr for Seeds {
    type Err = String;
    fn from_str(text: &str) -> Result<Seeds, String> {
        let number = |digits: &str| {
            let plain = digits.trim().replace('_', "");
            plain.parse::<u64>().map_err(|_| {
                format!("`{digits}` is no number of seeds; write 100, 5..10, 5..=9 or 5..+5")
            })
        };
        let range = match text.split_once("..") {
            None => 0..number(text)?,
            Some((from, to)) => {
                let from = number(from)?;
                let to = match (to.strip_prefix('='), to.strip_prefix('+')) {
                    (Some(last), _) => number(last)?.saturating_add(1),
                    (_, Some(count)) => from.saturating_add(number(count)?),
                    _ => number(to)?,
                };
                from..to
            }
        };
        if range.is_empty() {
            return Err(format!("`{text}` names no seed"));
        }
        if range.end - range.start > MOST_SEEDS {
            return Err(format!("`{text}` is more than {MOST_SEEDS} seeds"));
        }
        Ok(Seeds(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_table_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seeds_are_the_same_everywhere() {
        let seeds = |text: &str| text.parse::<Seeds>().map(|seeds| seeds.0);
        assert_eq!(seeds("100"), Ok(0..100));
        assert_eq!(seeds("5..10"), Ok(5..10));
        assert_eq!(seeds("5..=9"), Ok(5..10));
        assert_eq!(seeds("5..+5"), Ok(5..10));
        assert!(seeds("5..5").is_err() && seeds("many").is_err() && seeds("0").is_err());
        assert!(seeds("0..99999999999").is_err());
    }
}
