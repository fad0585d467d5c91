//! The kinds of fault, and how often each struck.

use crate::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of fault, as promises, nemeses and reports name them. A crash is told apart by what it leaves on
/// disk, and a cut by whether it is one-way.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // each is documented at the fault of its name
pub enum FaultKind {
    Crash,
    TornCrash,
    WipedCrash,
    Restart,
    Pause,
    SlowNode,
    Cut,
    OneWayCut,
    Loss,
    Delay,
    Duplicate,
    Reorder,
    Corrupt,
    SlowDisk,
    FullDisk,
    LyingSync,
    BitRot,
    ClockJump,
    ClockDrift,
    Silence,
    Equivocate,
    Forge,
    Replay,
    Dawdle,
    FalseReply,
    BigMac,
    Twins,
}

impl FaultKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [FaultKind; 27] = [
        FaultKind::Crash,
        FaultKind::TornCrash,
        FaultKind::WipedCrash,
        FaultKind::Restart,
        FaultKind::Pause,
        FaultKind::SlowNode,
        FaultKind::Cut,
        FaultKind::OneWayCut,
        FaultKind::Loss,
        FaultKind::Delay,
        FaultKind::Duplicate,
        FaultKind::Reorder,
        FaultKind::Corrupt,
        FaultKind::SlowDisk,
        FaultKind::FullDisk,
        FaultKind::LyingSync,
        FaultKind::BitRot,
        FaultKind::ClockJump,
        FaultKind::ClockDrift,
        FaultKind::Silence,
        FaultKind::Equivocate,
        FaultKind::Forge,
        FaultKind::Replay,
        FaultKind::Dawdle,
        FaultKind::FalseReply,
        FaultKind::BigMac,
        FaultKind::Twins,
    ];

    /// The name in scenario files and reports.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Crash => "crash",
            FaultKind::TornCrash => "torn-crash",
            FaultKind::WipedCrash => "wiped-crash",
            FaultKind::Restart => "restart",
            FaultKind::Pause => "pause",
            FaultKind::SlowNode => "slow-node",
            FaultKind::Cut => "cut",
            FaultKind::OneWayCut => "one-way-cut",
            FaultKind::Loss => "loss",
            FaultKind::Delay => "delay",
            FaultKind::Duplicate => "duplicate",
            FaultKind::Reorder => "reorder",
            FaultKind::Corrupt => "corrupt",
            FaultKind::SlowDisk => "slow-disk",
            FaultKind::FullDisk => "full-disk",
            FaultKind::LyingSync => "lying-sync",
            FaultKind::BitRot => "bit-rot",
            FaultKind::ClockJump => "clock-jump",
            FaultKind::ClockDrift => "clock-drift",
            FaultKind::Silence => "silence",
            FaultKind::Equivocate => "equivocate",
            FaultKind::Forge => "forge",
            FaultKind::Replay => "replay",
            FaultKind::Dawdle => "dawdle",
            FaultKind::FalseReply => "false-reply",
            FaultKind::BigMac => "big-mac",
            FaultKind::Twins => "twins",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a node that it strikes is a liar from then on, of which a protocol stands only so many.
    pub fn makes_liars(self) -> bool {
        matches!(
            self,
            FaultKind::Silence
                | FaultKind::Equivocate
                | FaultKind::Forge
                | FaultKind::Replay
                | FaultKind::Dawdle
                | FaultKind::FalseReply
                | FaultKind::Twins
        )
    }

    /// Whether a disk that it strikes loses what was synced.
    pub fn hurts_disks(self) -> bool {
        matches!(self, FaultKind::WipedCrash | FaultKind::LyingSync | FaultKind::BitRot)
    }

    /// Whether it is a lie, of nodes or of clients. Lies last forever unless told.
    pub fn is_lie(self) -> bool {
        self.makes_liars() || self == FaultKind::BigMac
    }

    /// Whether it is about single messages on links, beside cuts, which are about links as a whole.
    pub fn is_about_messages(self) -> bool {
        matches!(
            self,
            FaultKind::Loss
                | FaultKind::Delay
                | FaultKind::Duplicate
                | FaultKind::Reorder
                | FaultKind::Corrupt
        )
    }

    /// Whether it lasts until it heals; the others are over as soon as they have happened.
    pub fn lasts(self) -> bool {
        !matches!(self, FaultKind::Restart | FaultKind::BitRot | FaultKind::ClockJump)
    }

    /// What it does, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            FaultKind::Crash => "the process ends and loses what it did not sync",
            FaultKind::TornCrash => "the process ends and keeps only some of what it did not sync",
            FaultKind::WipedCrash => "the process ends and its disk is emptied",
            FaultKind::Restart => "a crashed process boots before its time",
            FaultKind::Pause => "the process stands still, as in a long garbage collection",
            FaultKind::SlowNode => "the process takes many times as long for everything",
            FaultKind::Cut => "no message passes between groups of nodes",
            FaultKind::OneWayCut => "no message passes in one direction",
            FaultKind::Loss => "messages are lost",
            FaultKind::Delay => "messages take longer",
            FaultKind::Duplicate => "messages arrive twice",
            FaultKind::Reorder => "messages overtake each other",
            FaultKind::Corrupt => "messages are damaged and dropped by their checksum",
            FaultKind::SlowDisk => "syncs take many times as long",
            FaultKind::FullDisk => "nothing can be written until there is room again",
            FaultKind::LyingSync => "syncs report success and have written nothing",
            FaultKind::BitRot => "a synced record becomes unreadable",
            FaultKind::ClockJump => "the wall clock leaps forwards or back",
            FaultKind::ClockDrift => "the clock runs fast or slow",
            FaultKind::Silence => "a liar says nothing, to all, to some, or of some kinds",
            FaultKind::Equivocate => "a liar tells some peers one thing and others another",
            FaultKind::Forge => "a liar says what an honest node would not, in its own name",
            FaultKind::Replay => "a liar says again what it said before",
            FaultKind::Dawdle => "a liar says things late",
            FaultKind::FalseReply => "a liar gives clients false replies",
            FaultKind::BigMac => "a client's requests convince some nodes and not others",
            FaultKind::Twins => "two copies of a node go on under one identity",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each kind of fault struck, and when first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    counts: [u64; FaultKind::ALL.len()],
    first: [Time; FaultKind::ALL.len()],
}

impl Fired {
    /// Counts one more.
    #[inline]
    pub fn count(&mut self, kind: FaultKind, at: Time) {
        let count = &mut self.counts[kind as usize];
        if *count == 0 {
            self.first[kind as usize] = at;
        }
        *count += 1;
    }
    /// How often this kind struck.
    pub fn of(&self, kind: FaultKind) -> u64 {
        self.counts[kind as usize]
    }
    /// Every kind that struck, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (FaultKind, u64)> + '_ {
        FaultKind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, n)| *n > 0)
    }
    /// The kinds that had struck by then.
    pub fn by(&self, at: Time) -> impl Iterator<Item = FaultKind> + '_ {
        self.iter().map(|(kind, _)| kind).filter(move |kind| self.first[*kind as usize] <= at)
    }
}
