//! `[variants]` and `[sweep]`: one scenario several times, each time with other values laid over it, on the same seeds.
//!
//! ```toml
//! [variants.lease]
//! raft.reads = "lease"
//! [variants.log]
//! raft.reads = "log"
//!
//! [sweep]
//! nodes = [3, 5, 7]
//! ```
//!
//! A variant has a name of its own; a value of a sweep is called by its key and itself: `nodes-5`. Where there are
//! both, every variant is swept: `lease-nodes-5`. Each is a scenario, which can be run and replayed alone:
//! `reads@lease-nodes-5`.

use super::lay::{DRAWN, Key, OfLists, lay, walk};
use super::limits;
use super::problem::{Draft, Found, clip};
use super::value::unknown;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One of several forms of a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// What it is called: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What is laid over the scenario, a line each: `raft.reads = "lease"`.
    pub laid: Vec<String>,
    /// What it is a form of, where it is one of a sweep: the variant's name, or nothing.
    pub family: String,
    /// The numbers that were swept, by key.
    pub swept: Vec<(String, f64)>,
}

/// The keys that a variant may lay something over, beside those that a sweep may.
pub(super) const ALSO: [&str; 7] =
    ["title", "protocol", "protocols", "faults", "messages", "operations", "expect"];

/// What a file's `[variants]` and `[sweep]` say, taken out of its table.
#[derive(Default)]
pub(super) struct Variants<'t> {
    all: Vec<Over<'t>>,
}

/// What a variant lays over the file.
#[derive(Clone, Default)]
struct Over<'t> {
    variant: Variant,
    values: Vec<Key<'t, Spanned<DeValue<'t>>>>,
}

impl<'t> Variants<'t> {
    /// Takes both sections out of a file.
    pub(super) fn take(
        table: &mut DeTable<'t>,
        text: &'t str,
        protocols: &[&str],
        found: &mut Found,
    ) -> Self {
        let swept = table.remove_entry("sweep");
        let mut all = match table.remove_entry("variants") {
            Some((key, section)) => named(key.span(), section, text, protocols, found),
            None => Vec::new(),
        };
        if let Some((key, section)) = swept {
            if all.is_empty() {
                all.push(Over::default());
            }
            for (key, values) in lists(key.span(), section, protocols, found) {
                all = cross(&all, &key, &values, text);
                if all.len() > limits::VARIANTS {
                    break;
                }
            }
        }
        let place = all.get(limits::VARIANTS).and_then(|one| one.values.last());
        if let Some(key) = place {
            let wrong = format!("this makes more than {} variants", limits::VARIANTS);
            found.say(Draft::at(key.at.clone(), wrong));
            all.clear();
        }
        for (place, one) in all.iter().enumerate() {
            let name = &one.variant.name;
            if all[..place].iter().any(|before| before.variant.name == *name) {
                let at = one.values.last().map_or(0..0, |key| key.at.clone());
                let wrong = format!("two variants are called `{}`", clip(name, 60));
                found.say(Draft::at(at, wrong).help("leave out values that are the same"));
                break;
            }
        }
        all.retain(|one| !one.variant.name.is_empty());
        Variants { all }
    }

    /// What there is, in the order of the file.
    pub(super) fn list(&self) -> Vec<Variant> {
        self.all.iter().map(|one| one.variant.clone()).collect()
    }

    /// Lays one of them over the file.
    pub(super) fn lay(mut self, which: usize, table: &mut DeTable<'t>) -> Option<Variant> {
        if which >= self.all.len() {
            return None;
        }
        let Over { variant, values } = self.all.swap_remove(which);
        for Key { path, at, value } in values {
            // A file names one protocol or several, and not both.
            match path.first().map(|first| first.as_ref()) {
                Some("protocol") => drop(table.remove("protocols")),
                Some("protocols") => drop(table.remove("protocol")),
                _ => {}
            }
            lay(&path, &at, value, table);
        }
        Some(variant)
    }
}

/// `[variants]`: a table for each.
fn named<'t>(
    at: Range<usize>,
    section: Spanned<DeValue<'t>>,
    text: &'t str,
    protocols: &[&str],
    found: &mut Found,
) -> Vec<Over<'t>> {
    let how = "write [variants.lease] and below it what is different there: raft.reads = \"lease\"";
    let DeValue::Table(section) = section.into_inner() else {
        found.say(Draft::at(at, "`variants` is a section").help(how));
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, over) in section {
        let (name, place) = (key.get_ref().as_ref(), key.span());
        if !is_name(name) {
            let wrong = format!("`{}` is no name for a variant", clip(name, 60));
            let help = "use letters, digits, `-`, `_` and `.`, at most 60 of them";
            found.say(Draft::at(place, wrong).help(help));
            continue;
        }
        if protocols.contains(&name) {
            let wrong = format!("`{name}` is a protocol: call the variant something else");
            found.say(Draft::at(place, wrong));
            continue;
        }
        let DeValue::Table(over) = over.into_inner() else {
            found.say(Draft::at(place, format!("the variant `{name}` is a section")).help(how));
            continue;
        };
        let mut one = Over::default();
        one.variant.name = name.to_owned();
        one.variant.family = name.to_owned();
        for (key, value) in over {
            let first = key.get_ref().as_ref();
            let known = || DRAWN.into_iter().chain(ALSO).chain(protocols.iter().copied());
            if !known().any(|known| known == first) {
                found.say(not_here(key.span(), first, known().collect()));
                continue;
            }
            let before = found.len();
            if first == "expect"
                && value.get_ref().as_table().is_some_and(|it| it.contains_key("between"))
            {
                let wrong = "what is expected between variants belongs to none of them";
                found.say(Draft::at(key.span(), wrong).help("write it into [expect.between]"));
            }
            if found.len() == before {
                tell(&mut vec![first.to_owned()], &value, text, &mut one.variant.laid);
                let path = vec![key.get_ref().clone()];
                one.values.push(Key { path, at: key.span(), value });
            }
        }
        all.push(one);
    }
    all
}

/// A key that no variant may change.
fn not_here(at: Range<usize>, key: &str, known: Vec<&str>) -> Draft {
    match key {
        "seed" | "seeds" => Draft::at(at, "variants are run with the same seeds")
            .help(format!("write `{key}` above the first [section]")),
        key => unknown(at, "key", key, known),
    }
}

/// `[sweep]`: keys and the values that each takes in turn.
#[allow(clippy::type_complexity)] // a key with a value for each of its places
fn lists<'t>(
    at: Range<usize>,
    section: Spanned<DeValue<'t>>,
    protocols: &[&str],
    found: &mut Found,
) -> Vec<(Key<'t, ()>, Vec<Spanned<DeValue<'t>>>)> {
    let DeValue::Table(section) = section.into_inner() else {
        let help = "write [sweep] and below it nodes = [3, 5, 7]";
        found.say(Draft::at(at, "`sweep` is a section").help(help));
        return Vec::new();
    };
    let known: Vec<&str> = DRAWN.into_iter().chain(protocols.iter().copied()).collect();
    let mut lists = Vec::new();
    let what = "the values that it takes in turn";
    walk(section, &OfLists { name: "[sweep]", what, known: &known }, &mut lists, found);
    let apart = |Key { path, at, value }: Key<'t, Vec<_>>| (Key { path, at, value: () }, value);
    lists.into_iter().map(apart).collect()
}

/// Every one with every value.
fn cross<'t>(
    all: &[Over<'t>],
    key: &Key<'t, ()>,
    values: &[Spanned<DeValue<'t>>],
    text: &str,
) -> Vec<Over<'t>> {
    let each = all.iter().flat_map(|one| values.iter().map(move |value| (one, value)));
    let with = each.map(|(one, value)| {
        let Over { mut variant, values: mut laid } = one.clone();
        let (written, last) = (&text[value.span()], key.path.last().map_or("", |last| last));
        let name = format!("{last}-{}", plain(written));
        variant.name = match variant.name.as_str() {
            "" => name,
            before => format!("{before}-{name}"),
        };
        variant.laid.push(format!("{} = {written}", key.name()));
        let number = match value.get_ref() {
            DeValue::Integer(_) | DeValue::Float(_) => written.replace('_', "").parse().ok(),
            _ => None,
        };
        variant.swept.extend(number.map(|number: f64| (key.name(), number)));
        laid.push(Key { path: key.path.clone(), at: value.span(), value: value.clone() });
        Over { variant, values: laid }
    });
    with.take(limits::VARIANTS + 1).collect()
}

fn is_name(name: &str) -> bool {
    (1..=60).contains(&name.len()) && name.chars().all(is_plain)
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

/// A value as a part of a name.
fn plain(written: &str) -> String {
    let letters = written.chars().map(|letter| if is_plain(letter) { letter } else { ' ' });
    let letters: String = letters.take(40).collect();
    letters.split_whitespace().collect::<Vec<_>>().join("-")
}

/// What a value lays over the file, a line for each key.
fn tell(path: &mut Vec<String>, value: &Spanned<DeValue<'_>>, text: &str, lines: &mut Vec<String>) {
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                path.push(Cow::from(key.get_ref().as_ref()).into_owned());
                tell(path, value, text, lines);
                path.pop();
            }
        }
        _ => lines.push(format!("{} = {}", path.join("."), &text[value.span()])),
    }
}
