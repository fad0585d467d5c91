//! What a scenario file says, once it is read: plain data, with nothing drawn yet.

use super::{Expect, FaultLine, Options, Swarm, Variant};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use sim_core::fault::{Disturbance, FaultKind};
use sim_core::settings::{Clocks, Costs, NetworkSettings};
use sim_core::{Span, SpanRange, Written};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A scenario: what is run, what goes wrong, and what must come of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub title: String,
    /// The name of the claim that it demonstrates, if any.
    pub claim: Option<String>,
    /// The protocols that it runs, each on the same seeds; at least one.
    pub subjects: Vec<Subject>,
    /// How many nodes.
    pub nodes: Count,
    /// How long faults strike, before all heals.
    pub duration: Span,
    /// How long the cluster then has to recover; the protocol knows when it is left out.
    pub settle: Option<Span>,
    /// How many seeds it is run with, from 0; 1 when it names its seed.
    pub seeds: u64,
    /// The one seed that it is run with.
    pub seed: Option<u64>,
    /// `[network]`.
    pub network: NetworkSettings,
    /// `[costs]`.
    pub costs: Costs,
    /// `[clocks]`.
    pub clocks: Clocks,
    /// `[clients]`.
    pub clients: Clients,
    /// `[[faults]]`, in the order of the file.
    pub faults: Vec<FaultLine>,
    /// What happens to single messages, beside what chances and faults do to them.
    pub messages: Vec<Disturbance>,
    /// What clients ask for, in place of what they would draw.
    pub operations: Option<Vec<Written>>,
    /// `[nemesis]`: random faults beside those.
    pub nemesis: Option<Nemesis>,
    /// `[swarm]`: what each seed draws of all this; a scenario that was drawn has no draws left.
    pub swarm: Swarm,
    /// `[expect]`: what must hold beside the protocol's promises.
    pub expect: Expect,
    /// Which of several variants this is.
    pub variant: Option<Variant>,
    /// `[variants]` and `[sweep]`: each a whole scenario, on the same seeds. Where there are some, they are what is
    /// run; this one is as the first of them.
    pub variants: Vec<Scenario>,
}

impl Scenario {
    /// What is run: its variants, or itself when it has none.
    pub fn each(&self) -> &[Scenario] {
        match self.variants.as_slice() {
            [] => std::slice::from_ref(self),
            variants => variants,
        }
    }

    /// All that run it: each protocol in each variant.
    pub fn members(&self) -> impl Iterator<Item = (&Scenario, &Subject)> {
        self.each().iter().flat_map(|one| one.subjects.iter().map(move |subject| (one, subject)))
    }

    /// What its members are called beside each other, in their order: by what tells them apart.
    pub fn names(&self) -> Vec<String> {
        let name = |(one, subject): (&Scenario, &Subject)| match &one.variant {
            None => subject.protocol.clone(),
            Some(variant) if one.subjects.len() == 1 => variant.name.clone(),
            Some(variant) => format!("{}@{}", subject.protocol, variant.name),
        };
        self.members().map(name).collect()
    }

    /// What a name means that may end with a variant, `raft/reads@lease`: the name without it, and that variant alone.
    pub fn called(mut self, name: &str) -> (&str, Scenario) {
        if let Some((file, variant)) = name.rsplit_once('@') {
            let is_it = |one: &Scenario| one.variant.as_ref().is_some_and(|it| it.name == variant);
            if let Some(place) = self.variants.iter().position(is_it) {
                return (file, self.variants.swap_remove(place));
            }
        }
        (name, self)
    }

    /// The seeds that it is run with unless told otherwise.
    pub fn own_seeds(&self) -> Range<u64> {
        match self.seed {
            Some(seed) => seed..seed.saturating_add(1),
            None => 0..self.seeds,
        }
    }
}

/// A protocol that a scenario runs.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name.
    pub protocol: String,
    /// Its section, in its own type.
    pub options: Options,
    /// The load's own options, in the load's own type; none when there are no clients.
    pub load: Option<Options>,
}

/// How many nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    N(u32),
    /// One of these numbers, which the seed draws.
    Any(Vec<u32>),
    /// As many as the protocol needs to survive so many faulty ones.
    Tolerate(u32),
}

/// Who asks, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// How many.
    pub count: u32,
    /// What they do, by name; none when there are no clients, or each protocol has a first load of its own.
    pub load: Option<String>,
    /// The pause between an answer and the next request (closed loop).
    pub think: SpanRange,
    /// When set, each client's requests start this far apart whatever the answers (open loop).
    pub interval: Option<Span>,
    /// How long to wait for an answer before asking another node.
    pub timeout: Span,
    /// How long after it began an operation is given up as unknown; those that begin when all has healed are not.
    pub patience: Span,
    /// How many operations each client invokes at most; 0 means no limit.
    pub operations: u32,
}

/// Random faults.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Nemesis {
    /// Of which kinds.
    pub kinds: Kinds,
    /// Of which kinds not.
    #[serde(deserialize_with = "kinds")]
    pub except: Vec<FaultKind>,
    /// How far apart they begin.
    pub every: SpanRange,
    /// How long each lasts.
    #[serde(rename = "for")]
    pub lasts: SpanRange,
    /// How many nodes may be down at once; a cut counts as one.
    pub at_once: u32,
    /// Also what the protocol does not promise to survive; then only what is still promised is
    /// checked.
    pub beyond: bool,
    /// The moments for which faults wait when a seed draws that too: events of the protocol, such as
    /// `sends vote`; its messages, syncs and boots when none are named.
    pub moments: Vec<String>,
    /// Each seed draws, around all this, how hard and in which rhythm it strikes, whom it hunts and for
    /// which moments its faults wait.
    pub swarm: bool,
}

impl Default for Nemesis {
    fn default() -> Nemesis {
        Nemesis {
            kinds: Kinds::Promised,
            except: Vec::new(),
            every: SpanRange::millis(500, 3_000),
            lasts: SpanRange::millis(100, 2_000),
            at_once: 2,
            beyond: false,
            moments: Vec::new(),
            swarm: false,
        }
    }
}

impl Nemesis {
    /// One of which each seed also draws how hard and in which rhythm it strikes, whom it hunts, and for which
    /// moments its faults wait.
    pub fn swarm() -> Nemesis {
        Nemesis {
            every: SpanRange::millis(200, 2_000),
            lasts: SpanRange::millis(100, 2_000),
            swarm: true,
            ..Nemesis::default()
        }
    }
}

/// Which kinds of fault a nemesis makes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Those that the protocol promises to survive.
    Promised,
    /// Every kind.
    All,
    /// These.
    These(Vec<FaultKind>),
}

/// A kind of fault by its name, with an error that names the others.
struct Kind(FaultKind);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Kind, D::Error> {
        struct Name;
        impl de::Visitor<'_> for Name {
            type Value = Kind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a kind of fault such as \"crash\"")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Kind, E> {
                FaultKind::named(name).map(Kind).ok_or_else(|| {
                    let known = FaultKind::ALL.map(|kind| format!("`{kind}`")).join(", ");
                    E::custom(format!("unknown variant `{name}`, expected one of {known}"))
                })
            }
        }
        d.deserialize_str(Name)
    }
}

fn kinds<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<FaultKind>, D::Error> {
    let kinds = Vec::<Kind>::deserialize(d)?;
    Ok(kinds.into_iter().map(|kind| kind.0).collect())
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Kinds, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Kinds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"promised\", \"all\" or a list of kinds such as [\"crash\", \"cut\"]")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Kinds, E> {
                match text {
                    "promised" => Ok(Kinds::Promised),
                    "all" => Ok(Kinds::All),
                    other => Err(E::custom(format!(
                        "`{other}` is not \"promised\" or \"all\"; one kind is written [\"{other}\"]"
                    ))),
                }
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Kinds, A::Error> {
                let mut these = Vec::new();
                while let Some(Kind(kind)) = list.next_element()? {
                    these.push(kind);
                }
                Ok(Kinds::These(these))
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Kinds {
    fn schema_name() -> Cow<'static, str> {
        "Kinds".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kind = generator.subschema_for::<FaultKind>();
        json_schema!({ "anyOf": [
            { "enum": ["promised", "all"] },
            { "type": "array", "items": kind },
        ] })
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Count, D::Error> {
        struct Either;
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Table {
            Any(Vec<u32>),
            Tolerate(u32),
        }
        impl<'de> de::Visitor<'de> for Either {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of nodes: 5, { tolerate = 1 } or { any = [3, 5, 7] }")
            }
            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Count, E> {
                // What does not fit is out of bounds in any case, which is told with the bounds.
                Ok(Count::N(u32::try_from(count.max(0)).unwrap_or(u32::MAX)))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Count, A::Error> {
                let table = de::value::MapAccessDeserializer::new(map);
                Ok(match Table::deserialize(table)? {
                    Table::Any(counts) => Count::Any(counts),
                    Table::Tolerate(faults) => Count::Tolerate(faults),
                })
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let count = serde_json::json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000 });
        let table = |key: &str, value: serde_json::Value| {
            serde_json::json!({
                "type": "object", "properties": { key: value },
                "required": [key], "additionalProperties": false
            })
        };
        let any = serde_json::json!({ "type": "array", "items": count, "minItems": 1 });
        let faults = serde_json::json!({ "type": "integer", "minimum": 0 });
        json_schema!({ "anyOf": [count, table("tolerate", faults), table("any", any)] })
    }
}
