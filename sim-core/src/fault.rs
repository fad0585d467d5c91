//! What can go wrong: one closed enum, which works alike in a scenario file, in a nemesis and in a plan.
//!
//! **The fault model.** Processes crash and boot, lose what they did not sync, stall and slow down. Links lose,
//! delay, duplicate, reorder and damage messages, and are cut in any shape, one way or both. Clocks run fast or
//! slow and jump. Disks are slow or full, rot, or say that they have synced when they have not.
//!
//! And nodes lie. A liar runs honest software; what leaves it is held back, altered, doubled or put off, always in
//! its own name, because nobody can forge another's ([`crate::seal`]). Twins are a liar of another kind: two honest
//! copies of a node, on two machines, under one identity (Bano et al., "Twins: BFT Systems Made Robust", OPODIS
//! 2021). What lies consist of in a protocol's own words, the protocol says
//! ([`Process::lie`](crate::Process::lie)).
//!
//! A [`Plan`] is what a seed drew: every fault with its times written out and its own id. A fault's targets may
//! be roles, told from facts at the moment when it strikes; what it then draws comes from a stream that bears
//! its id, so that taking one fault away disturbs no other.

mod disturbance;
mod kind;

pub use disturbance::{Disturbance, Trouble};
pub use kind::{FaultKind, Fired};

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
        /// Which messages.
        #[serde(flatten)]
        of: Messages,
        /// How often.
        rate: Chance,
    },
    /// Messages take longer.
    Delay {
        /// Which messages.
        #[serde(flatten)]
        of: Messages,
        /// By how much, drawn for each message.
        by: SpanRange,
    },
    /// Messages arrive twice. Not on a stream.
    Duplicate {
        /// Which messages.
        #[serde(flatten)]
        of: Messages,
        /// How often.
        rate: Chance,
        /// How much later such a message arrives again, drawn for each; as if it were sent anew, when this is left out.
        /// With it a copy counts as delayed, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<SpanRange>,
    },
    /// Messages are overtaken by later ones.
    Reorder {
        /// Which messages.
        #[serde(flatten)]
        of: Messages,
        /// How often.
        rate: Chance,
        /// By how much such a message is held back.
        by: SpanRange,
    },
    /// Messages are damaged on the way; a checksum notices, and they are dropped.
    Corrupt {
        /// Which messages.
        #[serde(flatten)]
        of: Messages,
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
    /// Nodes lie.
    Lie {
        /// Which nodes.
        nodes: Targets,
        /// How.
        lie: Lie,
        /// In which messages.
        about: About,
    },
    /// Requests of clients bear codes that are right for some nodes and wrong for others.
    BigMac {
        /// Which clients.
        clients: Targets,
        /// For which nodes their codes are wrong; for some that are drawn, when none are named.
        at: Targets,
    },
    /// Two copies of a node go on under its identity, each in touch with some of the others.
    Twins {
        /// Which nodes.
        nodes: Targets,
    },
}

/// How a node lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lie {
    /// It says nothing.
    Silence,
    /// It tells some of its peers one thing and others another, or nothing.
    Equivocate,
    /// It says something else: this of the protocol's own lies, or any.
    Forge(Option<String>),
    /// Beside what it says, it says again what it said before.
    Replay,
    /// It says it late.
    Dawdle(SpanRange),
    /// It gives clients false replies.
    FalseReply,
}

/// Of which of its messages a liar's lie is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct About {
    /// Those to these nodes; to anybody when there are none.
    pub to: Targets,
    /// Those of these kinds; of any kind, and replies to clients too, when there are none.
    pub kinds: Vec<String>,
    /// How many of them.
    pub rate: Chance,
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
    /// The node whose event the fault waited for.
    Doer,
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

/// Messages that something happens to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Messages {
    /// Those on these links.
    pub links: Links,
    /// Those of these kinds; of any kind, and what clients send and are sent too, when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
}

impl From<Links> for Messages {
    fn from(links: Links) -> Messages {
        Messages { links, kinds: Vec::new() }
    }
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

impl Fault {
    /// Every list of targets in it, on whatever side.
    pub fn each_targets(&mut self, act: &mut dyn FnMut(&mut Targets)) {
        fn sides(sides: &mut Sides, act: &mut dyn FnMut(&mut Targets)) {
            sides.groups.iter_mut().for_each(act);
        }
        match self {
            Fault::Cut { sides: between } => sides(between, act),
            Fault::Loss { of, .. }
            | Fault::Delay { of, .. }
            | Fault::Duplicate { of, .. }
            | Fault::Reorder { of, .. }
            | Fault::Corrupt { of, .. } => match &mut of.links {
                Links::All => {}
                Links::Of(targets) => act(targets),
                Links::Between(between) => sides(between, act),
            },
            Fault::Crash { nodes, .. }
            | Fault::Restart { nodes }
            | Fault::Pause { nodes }
            | Fault::SlowNode { nodes, .. }
            | Fault::SlowDisk { nodes, .. }
            | Fault::FullDisk { nodes }
            | Fault::LyingSync { nodes }
            | Fault::BitRot { nodes }
            | Fault::ClockJump { nodes, .. }
            | Fault::ClockDrift { nodes, .. }
            | Fault::Twins { nodes } => act(nodes),
            Fault::Lie { nodes, about, .. } => [nodes, &mut about.to].into_iter().for_each(act),
            Fault::BigMac { clients, at } => [clients, at].into_iter().for_each(act),
        }
    }

    /// Which messages it happens to, if it is about single ones.
    pub fn messages(&mut self) -> Option<&mut Messages> {
        match self {
            Fault::Loss { of, .. }
            | Fault::Delay { of, .. }
            | Fault::Duplicate { of, .. }
            | Fault::Reorder { of, .. }
            | Fault::Corrupt { of, .. } => Some(of),
            _ => None,
        }
    }

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
            Fault::Lie { lie, .. } => match lie {
                Lie::Silence => FaultKind::Silence,
                Lie::Equivocate => FaultKind::Equivocate,
                Lie::Forge(_) => FaultKind::Forge,
                Lie::Replay => FaultKind::Replay,
                Lie::Dawdle(_) => FaultKind::Dawdle,
                Lie::FalseReply => FaultKind::FalseReply,
            },
            Fault::BigMac { .. } => FaultKind::BigMac,
            Fault::Twins { .. } => FaultKind::Twins,
        }
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
    /// What happens to single messages, beside what chances and strikes do to them; in no particular order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Disturbance>,
    /// When everything heals that does not last forever; from then on nothing new strikes.
    pub heal: Time,
}
