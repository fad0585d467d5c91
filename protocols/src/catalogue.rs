//! Every protocol under its name. Here types are forgotten, once: whoever runs, lists or checks protocols sees
//! [`Entry`], and no protocol's type.

use crate::promise::Promise;
use crate::protocol::{BugAbout, ClosedForm, Protocol};
use crate::run::{self, ALL_END, CHANGE_OVER, GENERAL, Job, Options, Ran};
use checkers::Model;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use sim_core::fault::{FaultKind, Target};
use sim_core::{
    Client, ClientContext, ClientEffect, ClientSettings, Fact, NodeId, Process, Rng, Safety,
    Service, Settings, Span, SpanRange, Time, World,
};
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

/// Keys of a section of a scenario file and their values, as plain data.
pub type Section = serde_json::Map<String, serde_json::Value>;

/// A protocol whose types are forgotten.
pub trait Entry: Send + Sync {
    /// Its name in scenario files.
    fn name(&self) -> &'static str;
    /// What it is, in a sentence.
    fn about(&self) -> &'static str;
    /// The kinds of message that its nodes send each other.
    fn kinds(&self) -> &'static [&'static str];
    /// The roles that faults may aim at.
    fn roles(&self) -> Vec<(&'static str, Target)>;
    /// The moments that faults may wait for.
    fn events(&self) -> Vec<String>;
    /// The lies of its own that a liar may tell: each with what it is.
    fn lies(&self) -> &'static [(&'static str, &'static str)];
    /// How many of so many nodes may lie before it promises less.
    fn liars(&self, options: &Options, nodes: u32) -> u32;
    /// Whether a node that a fault of this kind strikes is a liar from then on.
    fn makes_liars(&self, kind: FaultKind) -> bool;
    /// The properties that its runs are checked for, promised or not.
    fn properties(&self) -> Vec<&'static str>;
    /// Those of them that speak of what must come to its end; all others must hold always.
    fn endings(&self) -> Vec<&'static str>;
    /// What it promises, configured so.
    fn promises(&self, options: &Options) -> Vec<Promise>;
    /// The bugs that can be planted.
    fn bugs(&self) -> Vec<BugAbout>;
    /// The options with a bug planted, and with what would hide it taken away; none when there is no such bug.
    fn plant(&self, options: &Options, bug: &str) -> Option<Options>;
    /// The options with what would hide a bug taken away, but without it; none when there is no such bug.
    fn unmask(&self, options: &Options, bug: &str) -> Option<Options>;
    /// Whether any bug is planted.
    fn is_mutated(&self, options: &Options) -> bool;
    /// Properties whose breaking brings this one's about.
    fn implied_by(&self, property: &str) -> &'static [&'static str];
    /// What things cost where nothing goes wrong.
    fn closed_forms(&self) -> &'static [ClosedForm];
    /// How few and how many nodes it works with.
    fn sizes(&self) -> RangeInclusive<u32>;
    /// How many nodes it needs to survive so many faulty ones.
    fn tolerating(&self, faults: u32) -> u32;
    /// The bound in which it has to recover.
    fn settle(&self, options: &Options, settings: &Settings) -> Span;
    /// The shortest timer that it keeps setting.
    fn shortest_timer(&self, options: &Options) -> Span;
    /// By how many millionths clocks may drift before it promises less.
    fn drift_bound(&self, options: &Options) -> u32;
    /// What its clients may do; the first is what they do unless told.
    fn loads(&self) -> Vec<&'static str>;
    /// Its options as they are when a scenario says nothing.
    fn default_options(&self) -> Options;
    /// Reads its section of a scenario file.
    ///
    /// # Errors
    ///
    /// When a key is unknown, a value is of the wrong type or nothing could run like this; with its place.
    fn read_options(&self, section: Spanned<DeValue<'_>>) -> Result<Options, Error>;
    /// Reads a load's own options, over what the load of this name begins with.
    ///
    /// # Errors
    ///
    /// As for [`read_options`](Entry::read_options).
    fn read_load(&self, load: &str, rest: Spanned<DeValue<'_>>) -> Result<Options, Error>;
    /// What of its section must be written so that it is read as these options.
    fn write_options(&self, options: &Options) -> Section;
    /// What of a load's own options must be written so that it is read as these.
    fn write_load(&self, load: &str, options: &Options) -> Section;
    /// The operation that a text means, as people write it; none when its clients cannot ask for that.
    fn reads_op(&self, text: &str) -> Option<String>;
    /// A few operations that a client with this load asks for.
    fn example_ops(&self, load: &str) -> Vec<String>;
    /// The JSON Schema of its section.
    fn options_schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// The JSON Schema of its loads' own options.
    fn load_schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// Runs it once and judges the run.
    fn run(&self, job: &Job<'_>) -> Ran;
    /// Runs a golden script; see [`sim_core::drive::scripted`].
    ///
    /// # Errors
    ///
    /// Says which line cannot be done and why.
    fn script(&self, script: &str) -> Result<String, String>;
}

/// Remembers a protocol's type behind [`Entry`].
pub struct Named<P: Process> {
    name: &'static str,
    /// What it is and what its options begin with, when it is another form of a protocol that has a name already.
    form: Option<Form<P>>,
    of: PhantomData<fn() -> P>,
}

/// What sets another form of a protocol apart.
struct Form<P: Process> {
    about: &'static str,
    preset: fn(&mut P::Config),
}

impl<P: Process> Named<P> {
    /// The protocol `P` under this name.
    pub const fn new(name: &'static str) -> Self {
        Named { name, form: None, of: PhantomData }
    }

    /// Another form of a protocol under a name of its own, so that one scenario can run both: with another service, or
    /// with options that begin otherwise. Bugs are planted in the protocol under its first name alone.
    pub const fn form(name: &'static str, about: &'static str, preset: fn(&mut P::Config)) -> Self {
        Named { name, form: Some(Form { about, preset }), of: PhantomData }
    }

    fn first_values(&self) -> P::Config {
        let mut config = P::Config::default();
        if let Some(form) = &self.form {
            (form.preset)(&mut config);
        }
        config
    }
}

type ClientOf<P> = <<P as sim_core::Process>::Service as Service>::Client;
type Load<P> = <ClientOf<P> as Client>::Load;

impl<P: Protocol> Named<P>
where
    P::Config: Send + Sync,
{
    fn config(options: &Options) -> &P::Config {
        options.downcast_ref().expect("the protocol's own options")
    }
}

impl<P: Protocol> Entry for Named<P>
where
    P::Config: Send + Sync,
    Load<P>: Send + Sync,
{
    fn name(&self) -> &'static str {
        self.name
    }
    fn about(&self) -> &'static str {
        self.form.as_ref().map_or_else(P::about, |form| form.about)
    }
    fn kinds(&self) -> &'static [&'static str] {
        P::KINDS
    }
    fn roles(&self) -> Vec<(&'static str, Target)> {
        P::roles()
    }
    fn events(&self) -> Vec<String> {
        let facts = Fact::EVENTS.iter().map(ToString::to_string);
        let sends = P::KINDS.iter().map(|kind| format!("sends {kind}"));
        let receives = P::KINDS.iter().map(|kind| format!("receives {kind}"));
        let own = ["syncs", "boots"].map(str::to_owned);
        facts.chain(own).chain(sends).chain(receives).collect()
    }
    fn lies(&self) -> &'static [(&'static str, &'static str)] {
        P::LIES
    }
    fn liars(&self, options: &Options, nodes: u32) -> u32 {
        P::liars(Self::config(options), nodes)
    }
    fn makes_liars(&self, kind: FaultKind) -> bool {
        World::<P>::makes_liars(kind)
    }
    fn properties(&self) -> Vec<&'static str> {
        let mut properties = P::Safety::properties();
        properties.extend(<P::Service as Model>::judged().property());
        properties.extend(GENERAL);
        properties.extend(run::does_transactions::<P>().then_some(ALL_END));
        properties.extend(P::ENDINGS);
        properties.extend(P::CHANGES_MEMBERS.then_some(CHANGE_OVER));
        properties
    }
    fn endings(&self) -> Vec<&'static str> {
        let mut endings = vec!["live-again", "catch-up", ALL_END, CHANGE_OVER];
        endings.extend(P::ENDINGS);
        endings
    }
    fn promises(&self, options: &Options) -> Vec<Promise> {
        P::promises(Self::config(options))
    }
    fn bugs(&self) -> Vec<BugAbout> {
        if self.form.is_some() { Vec::new() } else { P::bugs() }
    }
    fn plant(&self, options: &Options, bug: &str) -> Option<Options> {
        let mut config = Self::config(options).clone();
        P::unmask(&mut config, bug);
        P::plant(&mut config, bug).then(|| Arc::new(config) as Options)
    }
    fn unmask(&self, options: &Options, bug: &str) -> Option<Options> {
        let mut config = Self::config(options).clone();
        P::unmask(&mut config, bug);
        P::bugs().iter().any(|known| known.id == bug).then(|| Arc::new(config) as Options)
    }
    fn is_mutated(&self, options: &Options) -> bool {
        P::is_mutated(Self::config(options))
    }
    fn implied_by(&self, property: &str) -> &'static [&'static str] {
        P::implied_by(property)
    }
    fn closed_forms(&self) -> &'static [ClosedForm] {
        P::CLOSED_FORMS
    }
    fn sizes(&self) -> RangeInclusive<u32> {
        P::sizes()
    }
    fn tolerating(&self, faults: u32) -> u32 {
        P::tolerating(faults)
    }
    fn settle(&self, options: &Options, settings: &Settings) -> Span {
        P::settle(Self::config(options), settings)
    }
    fn shortest_timer(&self, options: &Options) -> Span {
        P::shortest_timer(Self::config(options))
    }
    fn drift_bound(&self, options: &Options) -> u32 {
        let config = Self::config(options);
        let promises = P::promises(config);
        let bounds = promises.iter().filter_map(|p| P::drift_bound(config, p.property));
        bounds.min().unwrap_or(1_000_000)
    }
    fn loads(&self) -> Vec<&'static str> {
        ClientOf::<P>::loads().into_iter().map(|(name, _)| name).collect()
    }
    fn default_options(&self) -> Options {
        Arc::new(self.first_values())
    }
    fn read_options(&self, section: Spanned<DeValue<'_>>) -> Result<Options, Error> {
        let given = P::Config::deserialize(ValueDeserializer::from(section.clone()))?;
        let config = overlay(&self.first_values(), &given, &keys(&section))?;
        match P::complaint(&config) {
            Some(complaint) => Err(serde::de::Error::custom(complaint)),
            None => Ok(Arc::new(config)),
        }
    }
    fn read_load(&self, load: &str, rest: Spanned<DeValue<'_>>) -> Result<Options, Error> {
        let loads = ClientOf::<P>::loads();
        let Some((_, begin)) = loads.into_iter().find(|(name, _)| *name == load) else {
            return Err(serde::de::Error::custom(format!("{} has no load `{load}`", self.name)));
        };
        let given = Load::<P>::deserialize(ValueDeserializer::from(rest.clone()))?;
        let load: Load<P> = overlay(&begin, &given, &keys(&rest))?;
        if ClientOf::<P>::changes_members(&load) && !P::CHANGES_MEMBERS {
            let why = format!("{} cannot change its members, as these clients ask", self.name);
            return Err(serde::de::Error::custom(why));
        }
        Ok(Arc::new(load))
    }
    fn write_options(&self, options: &Options) -> Section {
        departures(&self.first_values(), Self::config(options))
    }
    fn write_load(&self, load: &str, options: &Options) -> Section {
        let options = options.downcast_ref::<Load<P>>().expect("the load's own options");
        let begin = ClientOf::<P>::loads().into_iter().find(|(name, _)| *name == load);
        begin.map_or_else(Section::new, |(_, begin)| departures(&begin, options))
    }
    fn reads_op(&self, text: &str) -> Option<String> {
        if self.loads().is_empty() {
            return None;
        }
        P::Service::read_op(text).map(|op| P::Service::show_op(&op))
    }
    fn example_ops(&self, load: &str) -> Vec<String> {
        let loads = ClientOf::<P>::loads();
        let load = loads.into_iter().find(|(name, _)| *name == load);
        load.map_or_else(Vec::new, |(_, load)| examples::<P::Service>(load))
    }
    fn options_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<P::Config>()
    }
    fn load_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Load::<P>::json_schema(generator)
    }
    fn run(&self, job: &Job<'_>) -> Ran {
        run::run::<P>(job)
    }
    fn script(&self, script: &str) -> Result<String, String> {
        sim_core::drive::scripted::run::<P>(script, |options| {
            let config: P::Config = toml::from_str(options).map_err(|e| e.message().to_owned())?;
            P::complaint(&config).map_or(Ok(config), Err)
        })
    }
}

/// The keys under which options are other than those that a section begins with. What is then without a value has no
/// words of its own, and is passed over.
fn departures<L: sim_core::Config>(begin: &L, options: &L) -> Section {
    let [begin, options] = [begin, options].map(|one| match serde_json::to_value(one) {
        Ok(serde_json::Value::Object(keys)) => keys,
        _ => Section::new(),
    });
    let differs = |(key, value): &(String, serde_json::Value)| {
        !value.is_null() && begin.get(key) != Some(value)
    };
    options.into_iter().filter(differs).collect()
}

/// A few operations of a client, none twice: those that it asks for when nobody answers.
fn examples<S: Service>(load: <S::Client as Client>::Load) -> Vec<String> {
    let settings = ClientSettings {
        think: SpanRange::millis(1, 1),
        interval: Some(Span::millis(1)),
        timeout: Span::secs(1),
        patience: Span::secs(1),
        persists_from: Time::NEVER,
        operations: 0,
        until: Time::NEVER,
        matching: Default::default(),
        load,
        written: None,
    };
    let mut client = S::Client::new(&settings, 0, 1);
    let mut ctx = ClientContext::new(NodeId::client(0), 3, Time::ZERO, Rng::named(1, 1));
    client.start(&mut ctx);
    let mut shown = Vec::new();
    for _ in 0..40 {
        let mut next = None;
        for effect in ctx.take() {
            match effect {
                ClientEffect::Invoke { op, .. } => shown.push(S::show_op(&op)),
                // Of the timers, that of the next invocation runs out first.
                ClientEffect::SetTimer { timer, after } if after <= Span::millis(1) => {
                    next = Some(timer);
                }
                _ => {}
            }
        }
        let Some(timer) = next else { break };
        client.on_timer(timer, &mut ctx);
    }
    shown.sort_by_key(String::len);
    shown.dedup_by_key(|op| op.split(' ').next().map(str::to_owned));
    shown.sort_unstable();
    shown.dedup();
    shown.truncate(4);
    shown
}

/// The keys that a table gives.
fn keys(table: &Spanned<DeValue<'_>>) -> Vec<String> {
    match table.get_ref() {
        DeValue::Table(table) => table.keys().map(|key| key.get_ref().to_string()).collect(),
        _ => Vec::new(),
    }
}

/// What a named load, or a form of a protocol, begins with, with the keys laid over it that a file gives.
fn overlay<L: sim_core::Config>(begin: &L, given: &L, keys: &[String]) -> Result<L, Error> {
    let wrong = |e: serde_json::Error| serde::de::Error::custom(e.to_string());
    let mut whole = serde_json::to_value(begin).map_err(wrong)?;
    let mut given = serde_json::to_value(given).map_err(wrong)?;
    for key in keys {
        whole[key] = given[key].take();
    }
    serde_json::from_value(whole).map_err(wrong)
}

/// Protocols by name, in the order in which they are listed.
#[derive(Clone, Copy)]
pub struct Catalogue(pub &'static [&'static dyn Entry]);

impl Catalogue {
    /// Every protocol.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Entry> + use<> {
        self.0.iter().copied()
    }
    /// The protocol with this name.
    pub fn get(&self, name: &str) -> Option<&'static dyn Entry> {
        self.iter().find(|entry| entry.name() == name)
    }
    /// The kinds of fault under which a protocol promises every property that it promises at all, but for those of
    /// liveness.
    pub fn survives(entry: &dyn Entry, options: &Options) -> Vec<FaultKind> {
        let promises = entry.promises(options);
        let all = FaultKind::ALL.into_iter();
        all.filter(|kind| promises.iter().all(|promise| promise.under.contains(kind))).collect()
    }
}

/// Makes a [`Catalogue`]: `catalogue! { "mine" => Mine, "other" => Other }`. Another form of a protocol, with another
/// service or with options that begin otherwise, has words of its own: `"mine-otherwise" => Mine as "mine, but so"`,
/// and if need be, a function that changes the options: `"fast" => Mine as "mine, but fast" with Config::fast`.
#[macro_export]
macro_rules! catalogue {
    ($($name:literal => $protocol:ty $(as $about:literal $(with $preset:path)?)?),* $(,)?) => {{
        static ENTRIES: &[&dyn $crate::catalogue::Entry] =
            &[$(&$crate::catalogue!(@ $name, $protocol $(, $about $(, $preset)?)?)),*];
        $crate::catalogue::Catalogue(ENTRIES)
    }};
    (@ $name:literal, $protocol:ty) => {
        $crate::catalogue::Named::<$protocol>::new($name)
    };
    (@ $name:literal, $protocol:ty, $about:literal) => {
        $crate::catalogue::Named::<$protocol>::form($name, $about, |_| ())
    };
    (@ $name:literal, $protocol:ty, $about:literal, $preset:path) => {
        $crate::catalogue::Named::<$protocol>::form($name, $about, $preset)
    };
}
