//! Reading one value or one section, and telling what was wrong with it in words for people.

use super::problem::{Draft, Found, clip};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

/// A value of a file, with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// The keys of the scenario itself, which people tend to write below a section by mistake.
pub(super) const TOP: [&str; 23] = [
    "format",
    "title",
    "claim",
    "protocol",
    "protocols",
    "nodes",
    "duration",
    "settle",
    "seeds",
    "seed",
    "network",
    "costs",
    "clocks",
    "clients",
    "faults",
    "messages",
    "operations",
    "nemesis",
    "swarm",
    "expect",
    "variants",
    "sweep",
    "$schema",
];

/// Reads a value as a type, as serde does it.
pub(super) fn parse<'t, T: Deserialize<'t>>(value: Value<'t>) -> Result<T, Error> {
    T::deserialize(ValueDeserializer::from(value))
}

/// Reads a value, or tells why not.
pub(super) fn read<'t, T: Deserialize<'t>>(value: Value<'t>, found: &mut Found) -> Option<T> {
    let place = value.span();
    parse(value).map_err(|error| found.say(explain(&error, place, &[]))).ok()
}

/// Reads a section of which every key may be left out. When that fails each key is read alone, so
/// that every bad one is told and not only the first. What does not fit with others, and has no place
/// of its own, is told of the key that alone does not fit either; a key that needs the others beside
/// it is not bad. `beside` are keys of the same section that others read.
pub(super) fn section<'t, T>(
    name: &str,
    value: Value<'t>,
    beside: &[&str],
    read: impl Fn(Value<'t>) -> Result<T, Error>,
    found: &mut Found,
) -> Option<T> {
    let place = value.span();
    let Some(table) = value.get_ref().as_table() else {
        let wrong = Draft::at(place, format!("`{name}` is a section"));
        found.say(wrong.help(format!("write [{name}] on a line of its own and its keys below it")));
        return None;
    };
    let error = match read(value.clone()) {
        Ok(read) => return Some(read),
        Err(error) => error,
    };
    let before = found.len();
    for (key, value) in table {
        if found.full() {
            return None;
        }
        let mut alone = DeTable::new();
        alone.insert(key.clone(), value.clone());
        let alone = Spanned::new(place.clone(), DeValue::Table(alone));
        let Err(alone) = read(alone) else { continue };
        let has_place = error.span().is_some() || alone.span().is_some();
        if has_place || alone.message() == error.message() {
            found.say(explain(&alone, value.span(), beside));
        }
    }
    if found.len() == before {
        found.say(explain(&error, place, beside));
    }
    None
}

/// An empty table, for a section that was left out.
pub(super) fn nothing<'t>() -> Value<'t> {
    Spanned::new(0..0, DeValue::Table(DeTable::new()))
}

/// A parser's error in words for people. Where it has no place of its own, `place` is it.
pub(super) fn explain(error: &Error, place: Range<usize>, beside: &[&str]) -> Draft {
    let message = error.message().trim();
    let place = error.span().unwrap_or(place);
    for (what, name) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        if let Some((bad, rest)) =
            message.strip_prefix(what).and_then(|rest| rest.split_once("`, "))
        {
            let known = rest.split('`').skip(1).step_by(2).chain(beside.iter().copied());
            return unknown(place, name, bad, known);
        }
    }
    if let Some((got, wanted)) = message
        .strip_prefix("invalid type: ")
        .or(message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        return Draft::at(place, format!("expected {}, found {got}", friendly(wanted)));
    }
    if let Some(missing) = message.strip_prefix("missing field ") {
        return Draft::at(place, format!("{missing} is missing"));
    }
    // Our own types end a message with what to do, after a semicolon.
    match message.split_once("; ") {
        Some((message, help)) => Draft::at(place, message).help(help),
        None => Draft::at(place, message.lines().collect::<Vec<_>>().join(": ")),
    }
}

/// A key or a value that nobody knows, with what was perhaps meant.
pub(super) fn unknown<'a>(
    place: Range<usize>,
    what: &str,
    bad: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Draft {
    let known: Vec<&str> = known.into_iter().collect();
    let draft = Draft::at(place, format!("unknown {what} `{}`", clip(bad, 60)));
    if what == "key" && TOP.contains(&bad) {
        let above = "belongs to the scenario itself: move it above the first [section]";
        return draft.help(format!("`{bad}` {above}"));
    }
    draft.help(suggestion(bad, &known))
}

/// What was perhaps meant, or all that could have been.
pub(super) fn suggestion(bad: &str, known: &[&str]) -> String {
    match nearest(bad, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "there is none that could stand here".into(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The known word that this one is a slip of, if any.
fn nearest<'a>(bad: &str, known: &[&'a str]) -> Option<&'a str> {
    let slips = |word: &str| 1 + word.len() / 4;
    known
        .iter()
        .filter(|word| bad.len().abs_diff(word.len()) <= slips(word))
        .map(|word| (strsim::damerau_levenshtein(bad, word), *word))
        .filter(|(distance, word)| *distance <= slips(word))
        .min()
        .map(|(_, word)| word)
}

/// What serde calls a type, as people call it.
fn friendly(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a string" => "text in quotes",
        other if other.starts_with("struct ") => "a table { key = value }",
        other => other,
    }
}
