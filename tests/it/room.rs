//! A folder of one's own in which the command is run, and what it said there.

#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // tests may look at the real clock

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The command under test.
pub const SPLITBRAIN: &str = env!("CARGO_BIN_EXE_splitbrain");

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

impl Said {
    /// The same, if it ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.out, self.err);
        self
    }

    /// Its output, one JSON value a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines.map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// Its output, one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("JSON")
    }

    /// That it refused, and its words, which may be coloured.
    #[track_caller]
    pub fn refused_in_colour(self) -> String {
        self.ended(2).err
    }

    /// That it refused, in few words and soon, and printed nothing.
    #[track_caller]
    pub fn refused(self) -> Said {
        let said = self.ended(2);
        assert_eq!(said.out, "");
        assert!(said.err.starts_with("error"), "{}", said.err);
        assert!(said.err.len() < 16_000, "{} bytes of complaint", said.err.len());
        let bound = if cfg!(debug_assertions) { 5_000 } else { 500 };
        assert!(said.took < Duration::from_millis(bound), "took {:?}: {}", said.took, said.err);
        said
    }
}

/// A temporary folder in which the command is run.
pub struct Room(TempDir);

impl Room {
    /// An empty folder.
    pub fn new() -> Room {
        Room(TempDir::new().expect("a temporary folder"))
    }

    /// Where something in it is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("written");
    }

    /// What a file there says.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// The names of the files in one of its folders, in order.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs the command here with these words.
    #[track_caller]
    pub fn run(&self, words: &str) -> Said {
        self.run_words(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the command here with these arguments.
    #[track_caller]
    pub fn run_words(&self, words: &[&str]) -> Said {
        self.run_with(Path::new(SPLITBRAIN), words, &[])
    }

    /// Runs a program here, with its environment cleared of what would change what it says.
    #[track_caller]
    pub fn run_with(&self, program: &Path, words: &[&str], env: &[(&str, &str)]) -> Said {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SPLITBRAIN_")) {
            command.env_remove(name);
        }
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command.args(words).current_dir(self.0.path()).stdin(Stdio::null());
        command.envs(env.iter().copied());
        let begun = Instant::now();
        let output = command.output().expect("the program starts");
        let said = Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
            took: begun.elapsed(),
        };
        assert!(said.code.is_some_and(|code| code != 101), "{words:?} fell over: {}", said.err);
        assert!(!said.err.contains("panicked"), "{words:?} fell over: {}", said.err);
        said
    }
}

/// A small scenario that runs fast and holds.
pub const SMALL: &str = r#"title    = "A leader dies"
protocol = "raft"
nodes    = 3
duration = "3s"
seeds    = 2

[[faults]]
at    = "1s"
crash = "leader"
for   = "500ms"

[clients]
count = 2
think = "20ms..60ms"
"#;
