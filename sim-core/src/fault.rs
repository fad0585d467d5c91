//! What can go wrong: one closed enum, which works alike in a scenario file, in a nemesis and in a plan.
//!
//! **The fault model.** Processes crash and boot, lose what they did not sync, stall and slow down. Links lose,
//! delay, duplicate, reorder and damage messages, and are cut in any shape, one way or both. Clocks run fast or
//! slow and jump. Disks are slow or full, rot, or say that they have synced when they have not. Nodes that lie
//! are not modelled yet; a step tells a machine from the identity that it bears so that they can be.
//!
//! A [`Plan`] is what a seed drew: every fault with its times written out and its own id. A fault's targets may
//! be roles, told from facts at the moment when it strikes; what it then draws comes from a stream that bears
//! its id, so that taking one fault away disturbs no other.

use crate::process::NodeId;
use crate::time::{Chance, Span, SpanRange, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One misfortune.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The process ends, and boots again when the fault heals. Its disk keeps what `disk` says.
    Crash {
        /// Which nodes.
        nodes: Targets,
        /// What stays.
        disk: DiskLoss,
    },
    /// A process that a crash ended boots before its time.
    Restart {
        /// Which nodes.
        nodes: Targets,
    },
    /// The process stands still; what arrives waits.
    Pause {
        /// Which nodes.
        nodes: Targets,
    },
    /// Everything that the process does takes this many times as long.
    SlowNode {
        /// Which nodes.
        nodes: Targets,
        /// How many times; at least 1.
        factor: u32,
    },
    /// No message passes.
    Cut {
        /// Between which sides.
        sides: Sides,
    },
    /// Messages are lost.
    Loss {
        /// On which links.
        links: Links,
        /// How often.
        rate: Chance,
    },
    /// Messages take longer.
    Delay {
        /// On which links.
        links: Links,
        /// By how much, drawn for each message.
        by: SpanRange,
    },
    /// Messages arrive twice.
    Duplicate {
        /// On which links.
        links: Links,
        /// How often.
        rate: Chance,
    },
    /// Messages are overtaken by later ones.
    Reorder {
        /// On which links.
        links: Links,
        /// How often.
        rate: Chance,
        /// By how much such a message is held back.
        by: SpanRange,
    },
    /// Messages are damaged on the way; a checksum notices, and they are dropped.
    Corrupt {
        /// On which links.
        links: Links,
        /// How often.
        rate: Chance,
    },
    /// Syncs take this many times as long.
    SlowDisk {
        /// Which nodes.
        nodes: Targets,
        /// How many times; at least 1.
        factor: u32,
    },
    /// Nothing more can be written, and no sync ends, until there is room again.
    FullDisk {
        /// Which nodes.
        nodes: Targets,
    },
    /// Syncs end at once and have written nothing; a crash then loses it.
    LyingSync {
        /// Which nodes.
        nodes: Targets,
    },
    /// A synced record becomes unreadable; at the next boot it and what follows it in its file are gone.
    BitRot {
        /// Which nodes.
        nodes: Targets,
    },
    /// The wall clock leaps. The monotonic clock does not.
    ClockJump {
        /// Which nodes.
        nodes: Targets,
        /// By how much.
        by: Span,
        /// Backwards.
        back: bool,
    },
    /// The clock runs at another rate.
    ClockDrift {
        /// Which nodes.
        nodes: Targets,
        /// By how many millionths it runs fast, or slow when negative.
        ppm: i32,
    },
}

/// What a crash leaves on a disk.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DiskLoss {
    /// Everything that was written, synced or not.
    Kept,
    /// What was synced.
    #[default]
    Synced,
    /// What was synced, and some of what was written after it.
    Torn,
    /// Nothing.
    Wiped,
}

/// Nodes (or clients) to be found when a fault strikes.
pub type Targets = Vec<Target>;

/// A node, or a way of finding some.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// This one.
    Node(NodeId),
    /// The one in this role: of several, the one of the highest epoch.
    The(Role),
    /// Some live node in this role.
    A(Role),
    /// Every live node in this role.
    Every(Role),
    /// Some live node.
    Random,
    /// Every node that no other side names.
    Rest,
    /// Every node.
    All,
    /// Every client.
    Clients,
    /// Some majority of the nodes.
    Majority,
    /// Some nodes, one fewer than half of them.
    Minority,
    /// Those that an earlier fault hit and named so.
    Named(String),
}

/// What a node is at a moment, by the facts that it last claimed.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It neither leads nor asks to.
    #[default]
    Follower,
    /// It asks to lead.
    Candidate,
    /// It leads.
    Leader,
}

/// Groups of nodes between which something happens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sides {
    /// The groups. A node in two of them is a bridge, which reaches both.
    pub groups: Vec<Targets>,
    /// Only from the first group to the second.
    pub one_way: bool,
}

/// Links between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Links {
    /// All of them.
    All,
    /// Those to and from these nodes.
    Of(Targets),
    /// Those between these groups.
    Between(Sides),
}

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
}

impl FaultKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [FaultKind; 19] = [
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
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| kind.name() == name)
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
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Fault {
    /// Which kind it is.
    pub fn kind(&self) -> FaultKind {
        match self {
            Fault::Crash { disk: DiskLoss::Kept | DiskLoss::Synced, .. } => FaultKind::Crash,
            Fault::Crash { disk: DiskLoss::Torn, .. } => FaultKind::TornCrash,
            Fault::Crash { disk: DiskLoss::Wiped, .. } => FaultKind::WipedCrash,
            Fault::Restart { .. } => FaultKind::Restart,
            Fault::Pause { .. } => FaultKind::Pause,
            Fault::SlowNode { .. } => FaultKind::SlowNode,
            Fault::Cut { sides: Sides { one_way: false, .. } } => FaultKind::Cut,
            Fault::Cut { .. } => FaultKind::OneWayCut,
            Fault::Loss { .. } => FaultKind::Loss,
            Fault::Delay { .. } => FaultKind::Delay,
            Fault::Duplicate { .. } => FaultKind::Duplicate,
            Fault::Reorder { .. } => FaultKind::Reorder,
            Fault::Corrupt { .. } => FaultKind::Corrupt,
            Fault::SlowDisk { .. } => FaultKind::SlowDisk,
            Fault::FullDisk { .. } => FaultKind::FullDisk,
            Fault::LyingSync { .. } => FaultKind::LyingSync,
            Fault::BitRot { .. } => FaultKind::BitRot,
            Fault::ClockJump { .. } => FaultKind::ClockJump,
            Fault::ClockDrift { .. } => FaultKind::ClockDrift,
        }
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

/// A fault's place in its scenario, and which of its repetitions this is. It names the fault's random stream.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub struct FaultId {
    /// From 1, in the order of the file; the nemesis goes on from there.
    pub fault: u32,
    /// From 1.
    pub nth: u32,
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            0 | 1 => write!(f, "{}", self.fault),
            nth => write!(f, "{}.{nth}", self.fault),
        }
    }
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lasts {
    /// So long.
    For(Span),
    /// Until everything heals.
    UntilHealed,
    /// It never heals.
    Forever,
}

/// A fault that a plan holds: when, what, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Strike {
    /// Its name among the faults of the plan.
    pub id: FaultId,
    /// When it strikes; or, with `on`, when it begins to wait.
    pub at: Time,
    /// The moment that it waits for.
    pub on: Option<Moment>,
    /// What.
    pub fault: Fault,
    /// How long.
    pub lasts: Lasts,
    /// The name under which later faults find the nodes that it hit; of a cut, those on its first side.
    pub name: Option<String>,
}

/// A moment in a run that a fault waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// `leads`, `commits`, `sends vote`, `receives vote`, `syncs`, `boots` …
    pub event: String,
    /// At one of these nodes; anywhere when there are none.
    pub by: Targets,
    /// The first, second, … such event since it began to wait; from 1.
    pub nth: u32,
    /// How long after it.
    pub after: Span,
    /// Before what the event does leaves the node.
    pub before: bool,
}

/// Everything that goes wrong in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// In no particular order.
    pub strikes: Vec<Strike>,
    /// When everything heals that does not last forever; from then on nothing new strikes.
    pub heal: Time,
}
