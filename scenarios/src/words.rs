//! What scenarios may name, as the catalogue of protocols has it.

use crate::format::{Measure, ProtocolWords, Section, Unit, Vocabulary};
use protocols::{Catalogue, Entry, Options};
use schemars::{Schema, SchemaGenerator};
use sim_core::Span;
use sim_core::fault::{FaultKind, Target};
use sim_core::measure::{self, MEASURES};
use sim_core::topology::TOPOLOGIES;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeValue, Error};

/// A catalogue as a vocabulary.
pub struct Words {
    protocols: Vec<Spoken>,
}

/// One protocol of it.
pub struct Spoken {
    entry: &'static dyn Entry,
    events: Vec<String>,
}

impl Words {
    /// The words of a catalogue.
    pub fn of(catalogue: Catalogue) -> Words {
        let spoken = |entry: &'static dyn Entry| Spoken { entry, events: entry.events() };
        Words { protocols: catalogue.iter().map(spoken).collect() }
    }
}

impl Vocabulary for Words {
    fn protocols(&self) -> Vec<&dyn ProtocolWords> {
        self.protocols.iter().map(|spoken| spoken as &dyn ProtocolWords).collect()
    }
    fn measures(&self) -> Vec<Measure> {
        let unit = |unit| match unit {
            measure::Unit::Count => Unit::Count,
            measure::Unit::Time => Unit::Time,
            measure::Unit::Ratio => Unit::Ratio,
        };
        let known = MEASURES.iter();
        known
            .map(|m| Measure { name: m.name, unit: unit(m.unit), distribution: m.distribution })
            .collect()
    }
    fn topologies(&self) -> Vec<&str> {
        TOPOLOGIES.iter().map(|topology| topology.name).collect()
    }
}

impl ProtocolWords for Spoken {
    fn name(&self) -> &str {
        self.entry.name()
    }
    fn roles(&self) -> Vec<(&str, Target)> {
        self.entry.roles()
    }
    fn events(&self) -> Vec<&str> {
        self.events.iter().map(String::as_str).collect()
    }
    fn lies(&self) -> Vec<&str> {
        self.entry.lies().iter().map(|(name, _)| *name).collect()
    }
    fn liars(&self, options: &Options, nodes: u32) -> u32 {
        self.entry.liars(options, nodes)
    }
    fn makes_liars(&self, kind: FaultKind) -> bool {
        self.entry.makes_liars(kind)
    }
    fn properties(&self) -> Vec<&str> {
        self.entry.properties()
    }
    fn closed_forms(&self) -> Vec<&str> {
        self.entry.closed_forms().iter().map(|form| form.measure).collect()
    }
    fn nodes(&self) -> RangeInclusive<u32> {
        self.entry.sizes()
    }
    fn tolerating(&self, faults: u32, _: &Options) -> u32 {
        self.entry.tolerating(faults)
    }
    fn loads(&self) -> Vec<&str> {
        self.entry.loads()
    }
    fn read_options(&self, section: Spanned<DeValue<'_>>) -> Result<Options, Error> {
        self.entry.read_options(section)
    }
    fn read_load(&self, load: &str, rest: Spanned<DeValue<'_>>) -> Result<Options, Error> {
        self.entry.read_load(load, rest)
    }
    fn write_options(&self, options: &Options) -> Section {
        self.entry.write_options(options)
    }
    fn write_load(&self, load: &str, options: &Options) -> Section {
        self.entry.write_load(load, options)
    }
    fn reads_op(&self, text: &str) -> Option<String> {
        self.entry.reads_op(text)
    }
    fn example_ops(&self, load: &str) -> Vec<String> {
        self.entry.example_ops(load)
    }
    fn options_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        self.entry.options_schema(generator)
    }
    fn load_schema(&self, _: &str, generator: &mut SchemaGenerator) -> Schema {
        self.entry.load_schema(generator)
    }
    fn survives(&self, options: &Options) -> Vec<FaultKind> {
        Catalogue::survives(self.entry, options)
    }
    fn tick(&self, options: &Options) -> Span {
        self.entry.shortest_timer(options)
    }
    fn drift(&self, options: &Options) -> u32 {
        self.entry.drift_bound(options)
    }
}
