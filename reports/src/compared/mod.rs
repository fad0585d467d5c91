//! Several on the same seeds: who kept what it promises, what each took, how the others differ from the first, with
//! intervals, and how measures grow with what was swept. All forms are of the same data.
//!
//! | room | what is in it |
//! |---|---|
//! | `text` | for people, in a terminal |
//! | `markdown` | for documents |
//! | `json` | for machines, and inside the page |
//! | `page` | a page of HTML |

mod json;
mod markdown;
mod page;
mod text;

pub(crate) use json::Machine;
pub use json::json;
pub use markdown::markdown;
pub(crate) use page::TEMPLATE;
pub use page::page;
pub use text::text;

use crate::measured;
use crate::words::{count, join};
use sim_core::compared::{Between, Compared, Difference, Growth, Line};
use sim_core::measure::Unit;
use sim_core::outcome::Verdict;

/// The measures that are shown unless all are asked for, in the order in which they are shown.
const SHOWN: [&str; 12] = [
    "latency.p50",
    "latency.p99",
    "ok",
    "messages-per-op",
    "bytes-per-op",
    "syncs-per-op",
    "elections",
    "messages-per-election",
    "failover.p50",
    "unavailable.p50",
    "recovery.p50",
    "in-doubt.p50",
];

/// Whether it is among the differences that are shown first.
fn is_shown(measure: &str) -> bool {
    SHOWN.contains(&measure)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Unknown => "undecided",
        Verdict::Broken => "breaks",
    }
}

/// What the others differ in from the first, those measures first that are shown.
fn differences(compared: &Compared, with: usize, all: bool) -> Vec<&Difference> {
    let place = |one: &&Difference| SHOWN.iter().position(|shown| *shown == one.measure);
    let mut found: Vec<&Difference> =
        compared.differences.iter().filter(|one| one.with == with).collect();
    found.retain(|one| all || place(one).is_some());
    found.sort_by_key(|one| place(one).unwrap_or(SHOWN.len()));
    found
}

/// A difference in words.
fn sentence(one: &Difference, first: &str, other: &str) -> String {
    let (left, right) = (quantity(one.unit, one.medians.0), quantity(one.unit, one.medians.1));
    let both = format!("{first} {left}, {other} {right}");
    if one.split.0 + one.split.2 == 0 {
        return format!("{both}: no difference");
    }
    if !one.is_any() {
        let (from, to) = (signed(one.unit, one.more.from), signed(one.unit, one.more.to));
        return format!("{both}: no difference that chance would not make ({from} to {to})");
    }
    let (less, equal, more) = one.split;
    let (word, on) = if one.more.median < 0 { ("less", less) } else { ("more", more) };
    let on = format!("{word} on {} of {} seeds", count(on), count(less + equal + more));
    match one.times {
        Some(times) if times.median >= 2_000 || (1..=500).contains(&times.median) => {
            let [median, from, to] = [times.median, times.from, times.to].map(factor);
            format!("{both}: {median} times as much ({from} to {to}), {on}")
        }
        _ => {
            let [median, from, to] =
                [one.more.median, one.more.from, one.more.to].map(|n| signed(one.unit, n));
            format!("{both}: {median} ({from} to {to}), {on}")
        }
    }
}

fn quantity(unit: Unit, value: u64) -> String {
    measured::quantity(unit.name(), value)
}

/// A factor in thousandths, to two digits that matter.
fn factor(thousandths: u64) -> String {
    match thousandths {
        0..100 => format!("0.{thousandths:03}"),
        100..1_000 => format!("0.{:02}", thousandths / 10),
        1_000..10_000 => format!("{}.{}", thousandths / 1_000, thousandths / 100 % 10),
        _ => count(thousandths / 1_000),
    }
}

fn signed(unit: Unit, value: i64) -> String {
    let sign = match value {
        0 => "",
        n if n < 0 => "-",
        _ => "+",
    };
    format!("{sign}{}", quantity(unit, value.unsigned_abs()))
}

/// How a measure grows, in words.
fn grows(growth: &Growth, line: &Line) -> String {
    let Growth { key, measure, unit, .. } = growth;
    let values: Vec<String> =
        line.points.iter().map(|point| quantity(*unit, point.value.median)).collect();
    let who = if line.name.is_empty() { String::new() } else { format!("{}: ", line.name) };
    let power = match line.power {
        Some(Between { from, to, .. }) if from <= 0 && to >= 0 => {
            let [from, to] = [from, to].map(signed_power);
            format!(
                "{measure} does not grow with {key} so that chance would not make it ({from} to {to})"
            )
        }
        Some(Between { median, from, to }) => {
            let [median, from, to] = [median, from, to].map(signed_power);
            format!("{measure} grows with {key} to the power {median} ({from} to {to})")
        }
        None => format!("{measure} is {}", join(&values)),
    };
    let Some(closed) = &line.closed else { return format!("{who}{power}") };
    let formula: Vec<String> = closed.values.iter().map(|value| quantity(*unit, *value)).collect();
    let apart = line.points.iter().zip(&closed.values).map(|(point, value)| {
        let apart = i128::from(point.value.median) - i128::from(*value);
        apart * 1_000 / i128::from(*value).max(1)
    });
    let apart: Vec<i64> = apart.filter_map(|part| i64::try_from(part).ok()).collect();
    let (least, most) = (apart.iter().min().unwrap_or(&0), apart.iter().max().unwrap_or(&0));
    let apart = match (*least, *most) {
        (0, 0) => "and so it was measured".to_owned(),
        (least, most) => format!("measured {} to {}", percent(least), percent(most)),
    };
    let (formula, values, about) = (&closed.formula, join(&formula), &closed.about);
    format!("{who}{power}; {formula} is {values}, {apart}; that is {about}")
}

fn signed_power(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let hundredths = (thousandths.unsigned_abs() + 5) / 10;
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A part in thousandths: `0.4 % more`.
fn percent(thousandths: i64) -> String {
    let word = if thousandths < 0 { "less" } else { "more" };
    let part = thousandths.unsigned_abs();
    format!("{}.{} % {word}", part / 10, part % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::measure::Measure;

    #[test]
    fn what_is_shown_is_measured() {
        for shown in SHOWN {
            let (name, statistic) = shown.split_once('.').unwrap_or((shown, ""));
            let measure = Measure::named(name).unwrap_or_else(|| panic!("there is no {name}"));
            assert_eq!(measure.distribution, !statistic.is_empty(), "{shown}");
        }
    }

    #[test]
    fn factors_have_two_digits_that_matter() {
        let told = [62, 123, 999, 1_000, 5_249, 10_000, 1_234_567].map(factor);
        assert_eq!(told, ["0.062", "0.12", "0.99", "1.0", "5.2", "10", "1 234"]);
    }
}
