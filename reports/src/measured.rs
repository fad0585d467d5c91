//! The measures of a run over many seeds, as tables.

use crate::colour::{Colour, DIM};
use crate::words::{self, brief, count, cut, pad};
use sim_core::Span;
use sim_core::measure::MEASURES;
use sim_core::summary::{MeasureSummary, Summary};

/// The measures that are shown unless all are asked for.
const SHOWN: [&str; 5] = ["failover", "election-time", "latency", "unavailable", "recovery"];

/// The percentiles of what was sampled, and what an operation costs; with `verbose`, every measure. Empty when
/// nothing was measured.
pub(crate) fn table(summary: &Summary, verbose: bool, colour: Colour) -> String {
    let mut lines = Vec::new();
    let shown = |measure: &&MeasureSummary| {
        let is_shown = verbose && is_distribution(measure);
        measure.samples > 0 && (is_shown || SHOWN.contains(&measure.name.as_str()))
    };
    let mut shown: Vec<&MeasureSummary> = summary.measures.iter().filter(shown).collect();
    let place =
        |m: &&MeasureSummary| SHOWN.iter().position(|n| *n == m.name).unwrap_or(SHOWN.len());
    shown.sort_by_key(place);
    if !shown.is_empty() {
        let heads = ["p50", "p90", "p99", "max"].map(String::from);
        lines.push(colour.paint(DIM, &table_row("", &heads)));
    }
    for measure in shown {
        let MeasureSummary { p50, p90, p99, max, .. } = *measure;
        let values = [p50, p90, p99, max].map(|value| quantity(&measure.unit, value));
        lines.push(table_row(&measure.name, &values));
    }
    let per_operation = per_operation(summary);
    if !per_operation.is_empty() {
        lines.push(format!("  {}{per_operation}", pad("per operation", 15)));
    }
    if verbose {
        lines.extend(numbers(summary, colour));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Whether a run yields many samples of it. What is not known by name is taken to.
fn is_distribution(measure: &MeasureSummary) -> bool {
    let known = MEASURES.iter().find(|known| known.name == measure.name);
    known.is_none_or(|known| known.distribution)
}

/// Messages, syncs and bytes for each operation that succeeded.
fn per_operation(summary: &Summary) -> String {
    let named = |name: &str| summary.measures.iter().find(|measure| measure.name == name);
    let ok = named("ok").map_or(0, |measure| measure.total);
    let rate = |total: &str, each: &str| match named(total) {
        Some(measure) if ok > 0 => {
            let thousandths = u128::from(measure.total) * 1_000 / u128::from(ok);
            Some(u64::try_from(thousandths).unwrap_or(u64::MAX))
        }
        _ => named(each).and_then(|measure| measure.total.checked_div(measure.samples)),
    };
    let messages = rate("messages", "messages-per-op").map(words::thousandths);
    let syncs = rate("syncs", "syncs-per-op").map(words::thousandths);
    let bytes = rate("bytes", "bytes-per-op").filter(|bytes| *bytes > 0).map(words::bytes);
    let parts =
        [messages.map(|n| format!("{n} messages")), syncs.map(|n| format!("{n} syncs")), bytes];
    parts.into_iter().flatten().collect::<Vec<_>>().join("   ")
}

/// What has one number a run: the smallest, the median and the largest of the runs.
fn numbers(summary: &Summary, colour: Colour) -> Vec<String> {
    let is_number = |measure: &&MeasureSummary| !is_distribution(measure) && measure.samples > 0;
    let mut lines: Vec<String> = Vec::new();
    for measure in summary.measures.iter().filter(is_number) {
        if lines.is_empty() {
            let head = ["least", "median", "most"].map(|head| format!("{head:>12}")).concat();
            lines.push(String::new());
            lines.push(colour.paint(DIM, &format!("  {:<22}{head}", "in each run")));
        }
        let values = [measure.min, measure.p50, measure.max];
        let values = values.map(|value| format!("{:>12}", quantity(&measure.unit, value)));
        lines.push(format!("  {:<22}{}", measure.name, values.concat()));
    }
    lines
}

/// A value in words, with its unit.
pub(crate) fn quantity(unit: &str, value: u64) -> String {
    match unit {
        "time" => brief(Span(value)),
        "ratio" => words::thousandths(value),
        _ => count(value),
    }
}

fn table_row(name: &str, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:>9}")).collect();
    format!("  {:<14}{}", cut(name, 14), values.concat()[3..].to_owned())
}
