//! What each run measured, as files: CSV and JSON to compute with, and a table of Markdown for documents.
//!
//! CSV is tidy: one number a row, so that any tool can pick, group and draw. Numbers are exact decimals in whole units:
//! times in seconds, ratios as what they are of one. JSON has the same numbers as the program has them.

use crate::json::line;
use crate::measured::quantity;
use crate::words::{cell, count, join};
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::compared::Compared;
use sim_core::measure::{MEASURES, Unit};
use sim_core::measured::{Measured, MeasuredRuns};
use sim_core::summary::{MeasureSummary, Summary};
use std::fmt::Write as _;

/// The columns. Where several are compared, who it was stands in one before them.
const COLUMNS: [&str; 7] =
    ["scenario", "protocol", "seed", "measure", "statistic", "unit", "value"];

/// A row for each seed, measure and statistic.
pub fn csv(all: &[MeasuredRuns]) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    // To write into memory cannot fail.
    let _ = table.write_record(COLUMNS);
    for MeasuredRuns { summary, seeds } in all {
        let whose = [text(&summary.scenario), text(&summary.protocol)];
        for (seed, numbers) in seeds {
            for number in numbers {
                let _ = table.write_record(whose.iter().chain(&row(*seed, number)));
            }
        }
    }
    whole(table)
}

/// The same of several that ran the same seeds, with who it was in front: of what was compared.
pub fn compared_csv(compared: &Compared) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    // To write into memory cannot fail.
    let _ = table.write_record(["contender"].iter().chain(&COLUMNS));
    for one in &compared.contenders {
        let whose = [text(&one.name), text(&one.summary.scenario), text(&one.summary.protocol)];
        for (seed, numbers) in &one.measured {
            let mut numbers: Vec<Measured> =
                numbers.iter().filter_map(|(name, value)| Measured::named(name, *value)).collect();
            let place = |measure| MEASURES.iter().position(|known| known == measure);
            numbers.sort_by_key(|number| place(number.measure));
            for number in &numbers {
                let _ = table.write_record(whose.iter().chain(&row(*seed, number)));
            }
        }
    }
    whole(table)
}

/// For documents: of each protocol of each scenario, all runs together.
pub fn markdown(all: &[MeasuredRuns]) -> String {
    let mut out = String::new();
    for MeasuredRuns { summary, .. } in all {
        let _ = writeln!(
            out,
            "{}**{}**, {}: {} of {} seeds held\n",
            if out.is_empty() { "" } else { "\n" },
            cell(&summary.scenario),
            cell(&summary.protocol),
            count(summary.seeds.held),
            count(summary.seeds.run),
        );
        out.push_str("| measure | samples | min | p50 | p90 | p99 | max | total |\n");
        out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|\n");
        let (seen, idle): (Vec<&MeasureSummary>, Vec<&MeasureSummary>) =
            summary.measures.iter().partition(|measure| measure.max > 0);
        for measure in seen {
            let MeasureSummary { name, samples, min, p50, p90, p99, max, total, .. } = measure;
            let of =
                [min, p50, p90, p99, max].map(|value| quantity(&measure.unit, *value)).join(" | ");
            // Times of many runs, and ratios, add up to nothing.
            let is_count = measure.unit == Unit::Count.name();
            let total = if is_count { count(*total) } else { String::new() };
            let _ = writeln!(out, "| {} | {} | {of} | {total} |", cell(name), count(*samples));
        }
        let idle: Vec<String> = idle.into_iter().map(|measure| cell(&measure.name)).collect();
        if !idle.is_empty() {
            let _ = writeln!(out, "\nNothing was seen of {}.", join(&idle));
        }
    }
    out
}

/// The machine form, one line.
pub fn json(all: &[MeasuredRuns]) -> String {
    line(&Machine {
        schema: "splitbrain.measures/1",
        scenarios: all.iter().map(MachineRuns::of).collect(),
    }) + "\n"
}

fn row(seed: u64, number: &Measured) -> [String; 5] {
    let (unit, value) = match number.unit() {
        Unit::Time => ("seconds", decimal(number.value, 9)),
        Unit::Ratio => ("ratio", decimal(number.value, 3)),
        Unit::Count => ("count", number.value.to_string()),
    };
    let [name, statistic, unit] = [number.measure.name, number.statistic, unit].map(String::from);
    [seed.to_string(), name, statistic, unit, value]
}

/// A whole number of the last of so many places behind the point, as a decimal without zeros at its end.
fn decimal(value: u64, places: u32) -> String {
    let one = 10u64.pow(places);
    let text = format!("{}.{:0wide$}", value / one, value % one, wide = places as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A text in a cell. Spreadsheets take what begins like a formula for one, whatever quotes are around it, and a
/// scenario may come from anywhere: such a text gets an apostrophe in front, as is customary, and stays a text.
fn text(plain: &str) -> String {
    match plain.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{plain}"),
        false => plain.to_owned(),
    }
}

/// All that was written. It is UTF-8, as its parts are.
fn whole(table: csv::Writer<Vec<u8>>) -> String {
    let written = table.into_inner().unwrap_or_default();
    String::from_utf8(written).unwrap_or_default()
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Measures")]
pub(crate) struct Machine<'a> {
    /// `splitbrain.measures/1`
    schema: &'static str,
    /// Each protocol of each scenario, in the order in which they were named.
    scenarios: Vec<MachineRuns<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MeasuredRuns")]
struct MachineRuns<'a> {
    scenario: &'a str,
    protocol: &'a str,
    seeds: Vec<MachineSeed>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MeasuredSeed")]
struct MachineSeed {
    seed: u64,
    /// In the order of the catalogue of measures.
    measured: Vec<MachineNumber>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MeasuredNumber")]
struct MachineNumber {
    measure: &'static str,
    /// Of what a run has many samples of: count, min, p50, p90, p99, p999 or max. Null where there is one number.
    statistic: Option<&'static str>,
    /// count, time (nanoseconds) or ratio (thousandths)
    unit: &'static str,
    value: u64,
}

impl<'a> MachineRuns<'a> {
    fn of(runs: &'a MeasuredRuns) -> Self {
        let Summary { scenario, protocol, .. } = &runs.summary;
        let number = |number: &Measured| MachineNumber {
            measure: number.measure.name,
            statistic: Some(number.statistic).filter(|statistic| !statistic.is_empty()),
            unit: number.unit().name(),
            value: number.value,
        };
        let seed = |(seed, numbers): (&u64, &Vec<Measured>)| MachineSeed {
            seed: *seed,
            measured: numbers.iter().map(number).collect(),
        };
        MachineRuns { scenario, protocol, seeds: runs.seeds.iter().map(seed).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(0, 9), "0");
        assert_eq!(decimal(1, 9), "0.000000001");
        assert_eq!(decimal(11_500_000, 9), "0.0115");
        assert_eq!(decimal(20_000_000_000, 9), "20");
        assert_eq!(decimal(u64::MAX, 9), "18446744073.709551615");
        assert_eq!(decimal(2_804, 3), "2.804");
        assert_eq!(decimal(10_000, 3), "10");
    }

    #[test]
    fn a_text_is_no_formula() {
        assert_eq!(text("raft/soak"), "raft/soak");
        for formula in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
    }
}
