//! `[clients]`: the keys that all loads share, and the load's own.

use super::limits::{self, grouped};
use super::problem::{Draft, Found, clip};
use super::scenario::Clients;
use super::value::{TOP, Value, nothing, parse, section, suggestion, unknown};
use super::vocabulary::{Options, ProtocolWords};
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::{Span, SpanRange};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// `[clients]`, but for what belongs to a load.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Section {
    /// How many; left out: 4 when the protocol serves clients.
    #[schemars(with = "Option<u32>", range(max = 10_000))]
    count: Option<Spanned<u32>>,
    /// What they do; `splitbrain list workloads`. Its own options stand beside these keys.
    #[schemars(with = "Option<String>")]
    load: Option<Spanned<String>>,
    /// The pause between an answer and the next request.
    think: Option<SpanRange>,
    /// How long to wait for an answer before asking another node.
    #[schemars(with = "Option<Span>")]
    timeout: Option<Spanned<Span>>,
    /// How long after it began an operation is given up as unknown; those that begin when all has healed are not.
    #[schemars(with = "Option<Span>")]
    patience: Option<Spanned<Span>>,
    /// Requests a second from each client whatever the answers, instead of `think`.
    #[schemars(with = "Option<u32>", range(min = 1))]
    rate: Option<Spanned<u32>>,
    /// How far apart each client's requests start whatever the answers, instead of `think`.
    #[schemars(with = "Option<Span>")]
    interval: Option<Spanned<Span>>,
    /// How many operations each client begins at most; left out: any number.
    operations: Option<u32>,
}

const OWN: [&str; 8] =
    ["count", "load", "think", "timeout", "patience", "rate", "interval", "operations"];

/// Reads `[clients]`, and the load's own options for each of the protocols.
pub(super) fn read(
    written: Option<Value<'_>>,
    protocols: &[&dyn ProtocolWords],
    found: &mut Found,
) -> (Clients, Vec<Option<Options>>) {
    let value = written.unwrap_or_else(nothing);
    let place = value.span();
    let (mut own, mut rest) = (DeTable::new(), DeTable::new());
    let own = match value.into_inner() {
        DeValue::Table(table) => {
            for (key, value) in table {
                let shared = OWN.contains(&key.get_ref().as_ref());
                if shared {
                    own.insert(key, value)
                } else {
                    rest.insert(key, value)
                };
            }
            DeValue::Table(own)
        }
        other => other,
    };
    let own = section("clients", Spanned::new(place.clone(), own), &[], parse::<Section>, found);
    let own = own.unwrap_or_default();
    let serves = protocols.iter().all(|words| !words.loads().is_empty());
    let count = own.count.as_ref().map_or(if serves { 4 } else { 0 }, |count| *count.get_ref());
    if let Some(at) = own.count.as_ref().filter(|_| count > limits::CLIENTS) {
        let most = grouped(u64::from(limits::CLIENTS));
        found.say(Draft::at(at.span(), format!("a run has at most {most} clients")));
    }
    let load = if count > 0 { load(&own, protocols, found) } else { None };
    let loads = match &load {
        Some(load) => load_options(load.as_deref(), rest, &place, protocols, found),
        None => {
            // Without a load, or with a wrong one, only keys that nobody could mean are told.
            for key in rest.keys().filter(|key| TOP.contains(&key.get_ref().as_ref())) {
                found.say(unknown(key.span(), "key", key.get_ref(), OWN));
            }
            protocols.iter().map(|_| None).collect()
        }
    };
    (own.settings(count, load.flatten(), found), loads)
}

/// The load's name, when every protocol has it. Where the file names none and the protocols' first ones differ, each
/// has its own, and this has no name.
fn load(
    own: &Section,
    protocols: &[&dyn ProtocolWords],
    found: &mut Found,
) -> Option<Option<String>> {
    for words in protocols {
        let known = words.loads();
        let (message, at, help) = match (&own.load, &own.count) {
            (_, count) if known.is_empty() => {
                let at = own.load.as_ref().map(Spanned::span).or(count.as_ref().map(Spanned::span));
                let message = format!("{} serves no clients", words.name());
                (message, at?, "leave out [clients], or say count = 0".to_string())
            }
            (Some(load), _) if !known.contains(&load.get_ref().as_str()) => {
                let message =
                    format!("{} has no load `{}`", words.name(), clip(load.get_ref(), 60));
                (message, load.span(), suggestion(load.get_ref(), &known))
            }
            _ => continue,
        };
        found.say(Draft::at(at, message).help(help));
        return None;
    }
    match &own.load {
        Some(load) => Some(Some(load.get_ref().clone())),
        None => {
            let first = protocols.first()?.loads().first()?.to_string();
            let all = protocols.iter().all(|words| words.loads().contains(&first.as_str()));
            Some(all.then_some(first))
        }
    }
}

fn load_options(
    load: Option<&str>,
    rest: DeTable<'_>,
    place: &Range<usize>,
    protocols: &[&dyn ProtocolWords],
    found: &mut Found,
) -> Vec<Option<Options>> {
    let rest = Spanned::new(place.clone(), DeValue::Table(rest));
    let mut loads = Vec::new();
    let mut failed = false;
    for words in protocols {
        let load = load.or(words.loads().first().copied()).unwrap_or_default();
        if !words.loads().contains(&load) {
            let known = words.loads().join(", ");
            let message = format!("{} has no load `{load}`", words.name());
            found.say(Draft::at(place.clone(), message).help(format!("its loads are {known}")));
            failed = true;
        }
        // What is wrong with the options for one protocol need not be told again for the next.
        let read = |value: Value<'_>| words.read_load(load, value);
        let options =
            if failed { None } else { section("clients", rest.clone(), &OWN, read, found) };
        failed |= options.is_none();
        loads.push(options);
    }
    loads
}

impl Section {
    fn settings(self, count: u32, load: Option<String>, found: &mut Found) -> Clients {
        if let (Some(rate), Some(interval)) = (&self.rate, &self.interval) {
            let wrong = Draft::at(rate.span(), "`rate` and `interval` say the same thing twice");
            found.say(wrong.also(Some(interval.span()), "the other").help("leave out one of them"));
        }
        for (name, span) in
            [("timeout", &self.timeout), ("patience", &self.patience), ("interval", &self.interval)]
        {
            if let Some(zero) = span.as_ref().filter(|span| *span.get_ref() == Span::ZERO) {
                let wrong =
                    format!("with no {name} at all, clients would ask without end in no time");
                found.say(Draft::at(zero.span(), wrong).help("write 1ms or more"));
            }
        }
        if let Some(zero) = self.rate.as_ref().filter(|rate| *rate.get_ref() == 0) {
            let wrong = Draft::at(zero.span(), "clients that never ask do nothing");
            found.say(wrong.help("write rate = 1 or more, or count = 0"));
        }
        let rated = self
            .rate
            .map(|rate| Span(1_000_000_000 / u64::from(rate.into_inner().clamp(1, 1_000_000_000))));
        Clients {
            count,
            load,
            think: self.think.unwrap_or(SpanRange::millis(5, 15)),
            interval: self.interval.map(Spanned::into_inner).or(rated),
            timeout: self.timeout.map_or(Span::millis(500), Spanned::into_inner),
            patience: self.patience.map_or(Span::secs(5), Spanned::into_inner),
            operations: self.operations.unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::explain;
    use super::*;

    #[test]
    fn the_shared_keys_of_clients_are_those_of_their_section() {
        let error = parse::<Section>(Spanned::new(0..0, {
            let mut table = DeTable::new();
            table.insert(Spanned::new(0..0, "nothing".into()), nothing());
            DeValue::Table(table)
        }));
        let told = explain(&error.unwrap_err(), 0..0, &[]);
        for key in OWN {
            assert!(format!("{told:?}").contains(key), "{key}");
        }
    }
}
