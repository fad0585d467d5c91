//! What stays safe and what goes on under each class of faults: plain data, for reports.

use crate::summary::Breach;
use crate::time::Span;

/// Every protocol against every class of faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The command that gives the same.
    pub reproduce: String,
    /// The seeds of each cell, from the first to before the last.
    pub seeds: (u64, u64),
    /// The classes of faults, in the order in which they are shown.
    pub faults: Vec<FaultClass>,
    /// One for each protocol.
    pub rows: Vec<Row>,
}

/// Faults that strike together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultClass {
    /// What it is called.
    pub name: String,
    /// What goes wrong, in a sentence.
    pub about: String,
}

/// How one protocol fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The protocol.
    pub protocol: String,
    /// What it is, in a sentence.
    pub about: String,
    /// How many nodes and clients, in words.
    pub setting: String,
    /// As many as there are classes of faults.
    pub cells: Vec<Cell>,
}

/// How one protocol fares under one class of faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What is to be said of it.
    pub state: State,
    /// Whether it promises to stay safe, and to be live again when all has healed.
    pub promises: (bool, bool),
    /// Whether it kept what it promises.
    pub kept: bool,
    /// How many seeds were live, blocked, unsafe, undecided.
    pub seeds: [u64; 4],
    /// For how long clients waited and none was served, at most: the median of the seeds.
    pub unavailable: Option<Span>,
    /// How often faults struck, over all seeds.
    pub struck: u64,
    /// The first seed that shows the state, where it is not live.
    pub shown: Option<Breach>,
}

/// What became of a seed, or of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing: the protocol does not run under such faults.
    #[default]
    None,
    /// Safe, and clients were served for most of the time and again at the end.
    Live,
    /// Safe, but for more than half of the time of the faults nobody was served, or nobody was again at the end.
    Blocked,
    /// A checker's budget ran out.
    Undecided,
    /// Something broke that must not.
    Unsafe,
}

impl State {
    /// Its name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            State::None => "none",
            State::Live => "live",
            State::Blocked => "blocked",
            State::Undecided => "unknown",
            State::Unsafe => "unsafe",
        }
    }
}
