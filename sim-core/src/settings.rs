//! What a scenario says of the world before a seed is drawn: network, costs and clocks.
//!
//! These are the sections `[network]`, `[costs]` and `[clocks]` of a scenario file, with their defaults.

use crate::time::{Chance, Span, SpanRange};
use crate::topology::Topology;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What surrounds a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Settings {
    /// How many nodes; at least 1.
    pub nodes: u32,
    /// How many clients.
    pub clients: u32,
    /// What carries messages.
    pub network: NetworkSettings,
    /// What work takes.
    pub costs: Costs,
    /// How wrong clocks are from the beginning.
    pub clocks: Clocks,
}

/// What carries messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NetworkSettings {
    /// From sender to receiver, before faults.
    pub delay: Delay,
    /// A named layout of sites, instead of `delay`; `splitbrain list topologies`.
    pub topology: Option<String>,
    /// How often a message is lost.
    pub loss: Chance,
    /// How often a message arrives twice.
    pub duplicate: Chance,
    /// How often a message is held back, so that later ones overtake it.
    pub reorder: Chance,
    /// How often a message is damaged, which its checksum notices.
    pub corrupt: Chance,
    /// Bytes a second on each link in each direction; left out: no limit.
    pub bandwidth: Option<u64>,
    /// Whether messages may be lost, doubled and reordered, or come as in a connection.
    pub transport: Transport,
}

impl NetworkSettings {
    /// How long all but a few messages take at most, before faults.
    pub fn longest_delay(&self) -> Span {
        if let Some(topology) = self.topology.as_deref().and_then(Topology::named) {
            return topology.delays().iter().map(|delay| delay.to).max().unwrap_or_default();
        }
        match self.delay {
            Delay::Uniform(range) => range.to,
            Delay::LogNormal(curve) => curve.p99,
        }
    }
}

/// How long a message takes from sender to receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delay {
    /// Uniform in the range.
    Uniform(SpanRange),
    /// Log-normal, as measured networks about are.
    LogNormal(LogNormal),
}

/// A log-normal distribution told by two of its quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogNormal {
    /// Half of all messages take at most this long.
    pub median: Span,
    /// All but one in a hundred take at most this long; at least the median.
    pub p99: Span,
}

impl Default for Delay {
    /// A local network: 1 to 10 ms.
    fn default() -> Self {
        Delay::Uniform(SpanRange::millis(1, 10))
    }
}

/// How messages come.
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
pub enum Transport {
    /// They may be lost, doubled and reordered.
    #[default]
    Datagram,
    /// First in, first out; lost ones are sent again; a crash of either end loses what is under way.
    Stream,
}

/// What work takes. A node does one thing at a time, and a busy node queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Costs {
    /// Processor time to handle one message, request or timer.
    pub message: Span,
    /// Disk time of one sync, drawn for each.
    pub sync: SpanRange,
}

impl Default for Costs {
    fn default() -> Self {
        Costs {
            message: Span::micros(5),
            sync: SpanRange { from: Span::micros(500), to: Span::millis(2) },
        }
    }
}

/// How wrong clocks are from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Clocks {
    /// Wall clocks are set wrong by up to this much, either way.
    pub skew: Span,
    /// Clocks run fast or slow by up to this many millionths.
    pub drift_ppm: u32,
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de;
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Delay;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a delay: \"5ms\", \"1ms..10ms\" or { median = \"2ms\", p99 = \"20ms\" }",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Delay, E> {
                text.parse().map(Delay::Uniform).map_err(E::custom)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Delay, A::Error> {
                let curve = LogNormal::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if curve.median.0 == 0 || curve.median > curve.p99 {
                    return Err(de::Error::custom(
                        "a log-normal delay has 0 < median <= p99; for a constant one write \"5ms\"",
                    ));
                }
                Ok(Delay::LogNormal(curve))
            }
        }
        d.deserialize_any(Either)
    }
}

impl JsonSchema for Delay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Delay".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let range = generator.subschema_for::<SpanRange>();
        let curve = generator.subschema_for::<LogNormal>();
        schemars::json_schema!({ "anyOf": [range, curve] })
    }
}
