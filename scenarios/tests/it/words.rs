//! A small catalogue: enough of five protocols to read scenarios about them.

use scenarios::format::{Measure, Options, ProtocolWords, Section, Unit, Vocabulary};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sim_core::fault::{FaultKind, Role, Target};
use sim_core::{Span, SpanRange};
use std::any::Any;
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

/// Raft's section.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Raft {
    /// A follower that hears nothing for so long asks for votes.
    pub election_timeout: SpanRange,
    /// How often a leader is heard.
    pub heartbeat: Span,
    /// Bugs planted on purpose.
    pub bugs: Vec<RaftBug>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RaftBug {
    VoteNotPersisted,
}

impl Default for Raft {
    fn default() -> Raft {
        let (election_timeout, heartbeat) = (SpanRange::millis(150, 300), Span::millis(50));
        Raft { election_timeout, heartbeat, bugs: Vec::new() }
    }
}

/// A section of one timer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Plain {
    /// How long to wait.
    pub view_change_timeout: Option<Span>,
}

/// What clients of a store ask.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Kv {
    /// How many keys.
    pub keys: u32,
    /// How many of a hundred operations are reads.
    pub reads: u32,
}

impl Default for Kv {
    fn default() -> Kv {
        Kv { keys: 10, reads: 50 }
    }
}

pub struct Words {
    name: &'static str,
    roles: &'static [(&'static str, Target)],
    events: &'static [&'static str],
    properties: &'static [&'static str],
    loads: &'static [&'static str],
    /// Nodes needed to survive one fault, and for each more.
    size: u32,
}

const LEADER: Target = Target::The(Role::Leader);
const FOLLOWER: Target = Target::A(Role::Follower);
const CANDIDATE: Target = Target::A(Role::Candidate);

const ALL: [Words; 5] = [
    Words {
        name: "raft",
        roles: &[("leader", LEADER), ("a-follower", FOLLOWER), ("candidate", CANDIDATE)],
        events: &["leads", "commits", "sends vote", "receives vote", "syncs", "boots"],
        properties: &["election-safety", "linearizable"],
        loads: &["kv", "append"],
        size: 2,
    },
    Words {
        name: "bully",
        roles: &[("leader", LEADER), ("candidate", CANDIDATE)],
        events: &["leads", "boots"],
        properties: &["single-leader"],
        loads: &[],
        size: 1,
    },
    Words {
        name: "lock",
        roles: &[("leader", LEADER), ("holder", Target::Clients)],
        events: &["leads", "enters"],
        properties: &["mutual-exclusion"],
        loads: &["lock"],
        size: 2,
    },
    Words {
        name: "pbft",
        roles: &[("leader", LEADER), ("primary", LEADER), ("a-backup", FOLLOWER)],
        events: &["leads", "sends prepare"],
        properties: &["agreement", "linearizable"],
        loads: &["kv"],
        size: 3,
    },
    Words {
        name: "two-phase-commit",
        roles: &[("coordinator", LEADER), ("a-participant", FOLLOWER)],
        events: &["sends prepare", "receives yes", "commits"],
        properties: &["atomicity"],
        loads: &["transfers"],
        size: 1,
    },
];

pub struct Catalogue;

impl Vocabulary for Catalogue {
    fn protocols(&self) -> Vec<&dyn ProtocolWords> {
        ALL.iter().map(|words| words as &dyn ProtocolWords).collect()
    }
    fn measures(&self) -> Vec<Measure> {
        let measure = |name, unit, distribution| Measure { name, unit, distribution };
        vec![
            measure("elections", Unit::Count, false),
            measure("commits", Unit::Count, false),
            measure("commits-by-deposed", Unit::Count, false),
            measure("view-changes", Unit::Count, false),
            measure("messages-per-op", Unit::Ratio, false),
            measure("failover", Unit::Time, true),
            measure("blocked", Unit::Time, true),
        ]
    }
    fn topologies(&self) -> Vec<&str> {
        vec!["three-continents", "one-rack"]
    }
}

fn typed<T: DeserializeOwned + Send + Sync + 'static>(
    value: Spanned<DeValue<'_>>,
) -> Result<Options, Error> {
    Ok(Arc::new(T::deserialize(ValueDeserializer::from(value))?))
}

/// The options in their own type.
pub fn as_type<T: Any>(options: &Options) -> &T {
    options.downcast_ref().expect("the type that was read")
}

impl ProtocolWords for Words {
    fn name(&self) -> &str {
        self.name
    }
    fn roles(&self) -> Vec<(&str, Target)> {
        self.roles.to_vec()
    }
    fn events(&self) -> Vec<&str> {
        self.events.to_vec()
    }
    fn lies(&self) -> Vec<&str> {
        if self.name == "pbft" { vec!["wrong-view", "bad-newview"] } else { Vec::new() }
    }
    fn liars(&self, _: &Options, nodes: u32) -> u32 {
        if self.name == "pbft" { nodes.saturating_sub(1) / 3 } else { 0 }
    }
    fn makes_liars(&self, kind: FaultKind) -> bool {
        kind.makes_liars() || self.name == "pbft" && kind.hurts_disks()
    }
    fn properties(&self) -> Vec<&str> {
        self.properties.to_vec()
    }
    fn closed_forms(&self) -> Vec<&str> {
        Vec::new()
    }
    fn nodes(&self) -> RangeInclusive<u32> {
        1..=1_000
    }
    fn tolerating(&self, faults: u32, _: &Options) -> u32 {
        faults.saturating_mul(self.size).saturating_add(1)
    }
    fn loads(&self) -> Vec<&str> {
        self.loads.to_vec()
    }
    fn read_options(&self, section: Spanned<DeValue<'_>>) -> Result<Options, Error> {
        if self.name == "raft" { typed::<Raft>(section) } else { typed::<Plain>(section) }
    }
    fn read_load(&self, _: &str, rest: Spanned<DeValue<'_>>) -> Result<Options, Error> {
        typed::<Kv>(rest)
    }
    fn write_options(&self, _: &Options) -> Section {
        Section::new()
    }
    fn write_load(&self, _: &str, _: &Options) -> Section {
        Section::new()
    }
    fn reads_op(&self, text: &str) -> Option<String> {
        (!self.loads.is_empty() && text.starts_with("get ")).then(|| text.to_string())
    }
    fn example_ops(&self, load: &str) -> Vec<String> {
        if load == "kv" { vec!["get 1".into(), "get 2".into()] } else { Vec::new() }
    }
    fn options_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        if self.name == "raft" {
            generator.subschema_for::<Raft>()
        } else {
            generator.subschema_for::<Plain>()
        }
    }
    fn load_schema(&self, _: &str, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Kv>()
    }
    fn survives(&self, _: &Options) -> Vec<FaultKind> {
        use FaultKind::*;
        match self.name {
            "bully" => vec![Crash, Pause],
            "pbft" => {
                vec![Crash, WipedCrash, Cut, Loss, Delay, LyingSync, BitRot, Equivocate, Twins]
            }
            _ => vec![Crash, TornCrash, Restart, Pause, Cut, OneWayCut, Loss, Delay, ClockDrift],
        }
    }
    fn tick(&self, options: &Options) -> Span {
        options.downcast_ref::<Raft>().map_or(Span::millis(100), |raft| raft.heartbeat)
    }
    fn drift(&self, _: &Options) -> u32 {
        500
    }
}
