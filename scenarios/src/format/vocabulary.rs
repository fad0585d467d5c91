//! The words that a scenario may use: what the reader must know of protocols without knowing any.

use schemars::{Schema, SchemaGenerator};
use sim_core::Span;
use sim_core::fault::{FaultKind, Target};
use std::any::Any;
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeValue, Error};

/// Options in the protocol's own type, which only the catalogue that read them knows.
pub type Options = Arc<dyn Any + Send + Sync>;

/// Keys of a section and their values, as plain data.
pub type Section = serde_json::Map<String, serde_json::Value>;

/// Everything that scenarios may name.
pub trait Vocabulary {
    /// The protocols, in the order in which they are listed.
    fn protocols(&self) -> Vec<&dyn ProtocolWords>;

    /// What a run measures.
    fn measures(&self) -> Vec<Measure>;

    /// The named layouts of sites.
    fn topologies(&self) -> Vec<&str>;

    /// The protocol with this name.
    fn protocol(&self, name: &str) -> Option<&dyn ProtocolWords> {
        self.protocols().into_iter().find(|protocol| protocol.name() == name)
    }
}

/// What scenarios may say of one protocol.
pub trait ProtocolWords {
    /// Its name, which is also the name of its section.
    fn name(&self) -> &str;

    /// The roles that faults may aim at, each with whom it means: `leader`, `a-follower`.
    fn roles(&self) -> Vec<(&str, Target)>;

    /// The moments that faults may wait for: `leads`, `sends vote`, `receives vote`, `syncs`,
    /// `boots`.
    fn events(&self) -> Vec<&str>;

    /// The lies of its own that a liar may tell.
    fn lies(&self) -> Vec<&str>;

    /// How many of so many nodes may lie before it promises less.
    fn liars(&self, options: &Options, nodes: u32) -> u32;

    /// Whether a node that a fault of this kind strikes is a liar from then on.
    fn makes_liars(&self, kind: FaultKind) -> bool;

    /// The properties that can be checked of it, promised or not.
    fn properties(&self) -> Vec<&str>;

    /// The measures of which it knows what they are where nothing goes wrong, by a formula of its own.
    fn closed_forms(&self) -> Vec<&str>;

    /// How few and how many nodes it works with.
    fn nodes(&self) -> RangeInclusive<u32>;

    /// How many nodes it needs to survive `faults` of them.
    fn tolerating(&self, faults: u32, options: &Options) -> u32;

    /// What its clients may do; the first is what they do unless told. None when it serves no
    /// clients.
    fn loads(&self) -> Vec<&str>;

    /// Reads its section; an empty table stands for a section that was left out.
    fn read_options(&self, section: Spanned<DeValue<'_>>) -> Result<Options, Error>;

    /// Reads a load's own options: what `[clients]` holds beside the keys that all loads share.
    fn read_load(&self, load: &str, rest: Spanned<DeValue<'_>>) -> Result<Options, Error>;

    /// What of its section must be written so that it is read as these options.
    fn write_options(&self, options: &Options) -> Section;

    /// What of a load's own options must be written so that it is read as these.
    fn write_load(&self, load: &str, options: &Options) -> Section;

    /// The operation that a text means, as people write it; none when clients cannot ask for that.
    fn reads_op(&self, text: &str) -> Option<String>;

    /// Some operations that clients with this load ask for.
    fn example_ops(&self, load: &str) -> Vec<String>;

    /// The JSON Schema of its section.
    fn options_schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The JSON Schema of a load's own options.
    fn load_schema(&self, load: &str, generator: &mut SchemaGenerator) -> Schema;

    /// The kinds of fault under which it promises all its safety properties.
    fn survives(&self, options: &Options) -> Vec<FaultKind>;

    /// The shortest timer that it keeps setting, which bounds the work of a run.
    fn tick(&self, options: &Options) -> Span;

    /// By how many millionths clocks may run fast or slow before it promises less.
    fn drift(&self, options: &Options) -> u32;
}

/// A quantity that runs measure, under its stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its name in `[expect]` and in reports.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Whether a run has many values of it, of which a [`Statistic`](super::Statistic) tells one.
    pub distribution: bool,
}

/// What a quantity is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Virtual time.
    Time,
    /// One number over another.
    Ratio,
}
