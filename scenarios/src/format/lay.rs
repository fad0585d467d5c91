//! Values that are laid over a file before it is read, so that everything that a file may say can be laid over it,
//! and is checked as if it stood there. `[swarm]`, `[variants]` and `[sweep]` do that.

use super::limits;
use super::problem::{Draft, Found};
use super::value::unknown;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys that one value after the other may be laid over, beside protocols' sections.
pub(super) const DRAWN: [&str; 8] =
    ["nodes", "duration", "settle", "network", "costs", "clocks", "clients", "nemesis"];

/// A key with its sections, where that stands, and what is laid over what stands there in the file.
#[derive(Clone)]
pub(super) struct Key<'t, V> {
    pub(super) path: Vec<Cow<'t, str>>,
    pub(super) at: Range<usize>,
    pub(super) value: V,
}

impl<V> Key<'_, V> {
    /// `raft.reads`
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// Keys of which each has a list of values.
type Lists<'t> = Vec<Key<'t, Vec<Spanned<DeValue<'t>>>>>;

/// A section in which every value is a list, for those who write it.
pub(super) struct OfLists<'a> {
    /// Its name: `[swarm]`.
    pub(super) name: &'a str,
    /// What is listed: `the values among which a seed draws`.
    pub(super) what: &'a str,
    /// What its keys may begin with.
    pub(super) known: &'a [&'a str],
}

/// Collects the lists of values of a section.
pub(super) fn walk<'t>(
    section: DeTable<'t>,
    of: &OfLists<'_>,
    lists: &mut Lists<'t>,
    found: &mut Found,
) {
    for (key, value) in section {
        let first = key.get_ref().as_ref();
        if !of.known.contains(&first) {
            found.say(unknown(key.span(), "key", first, of.known.iter().copied()));
            continue;
        }
        descend(&mut vec![key.get_ref().clone()], key.span(), value, of, lists, found);
    }
}

fn descend<'t>(
    path: &mut Vec<Cow<'t, str>>,
    at: Range<usize>,
    value: Spanned<DeValue<'t>>,
    of: &OfLists<'_>,
    lists: &mut Lists<'t>,
    found: &mut Found,
) {
    let place = value.span();
    match value.into_inner() {
        DeValue::Table(section) => {
            for (key, value) in section {
                path.push(key.get_ref().clone());
                descend(path, key.span(), value, of, lists, found);
                path.pop();
            }
        }
        DeValue::Array(values) if (1..=limits::CHOICES).contains(&values.len()) => {
            lists.push(Key { path: path.clone(), at, value: values.into_iter().collect() });
        }
        DeValue::Array(values) => {
            let wrong = format!("{} values to choose from", values.len());
            let help = format!("list 1 to {}", limits::CHOICES);
            found.say(Draft::at(place, wrong).help(help));
        }
        _ => {
            let key = path.last().map_or("", |key| key.as_ref());
            let wrong = format!("in {} every value is a list", of.name);
            found.say(Draft::at(place, wrong).help(format!("list {}: {key} = [1, 2]", of.what)));
        }
    }
}

/// Lays a value over what stands at a path, key by key where both are tables.
pub(super) fn lay<'t>(
    path: &[Cow<'t, str>],
    at: &Range<usize>,
    value: Spanned<DeValue<'t>>,
    table: &mut DeTable<'t>,
) {
    let Some((first, rest)) = path.split_first() else { return };
    if !rest.is_empty() && !table.contains_key(first.as_ref()) {
        let key = Spanned::new(at.clone(), first.clone());
        table.insert(key, Spanned::new(at.clone(), DeValue::Table(DeTable::new())));
    }
    let there = table.get_mut(first.as_ref()).map(Spanned::get_mut);
    match (there, value.get_ref()) {
        (Some(DeValue::Table(inner)), _) if !rest.is_empty() => lay(rest, at, value, inner),
        (Some(DeValue::Table(inner)), DeValue::Table(_)) if rest.is_empty() => {
            let DeValue::Table(over) = value.into_inner() else { return };
            for (key, value) in over {
                lay(&[key.get_ref().clone()], &key.span(), value, inner);
            }
        }
        _ => {
            let key = Spanned::new(at.clone(), first.clone());
            table.insert(key, value);
        }
    }
}
