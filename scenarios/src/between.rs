//! What is expected between those that ran one scenario: judged from their summaries.

use crate::format::{Comparison, Statistic};
use crate::tally::show;
use sim_core::measure::{Measure, Unit};
use sim_core::summary::{Expectation, Summary};

/// Judges comparisons, when every seed that the scenario asks for has run.
pub fn judge(comparisons: &[Comparison], summaries: &[Summary], seeds: u64) -> Vec<Expectation> {
    let enough = summaries.iter().all(|summary| summary.seeds.run >= seeds);
    let of = |name: &str, comparison: &Comparison| {
        let summary = summaries.iter().find(|summary| summary.protocol == name)?;
        value(summary, &comparison.measure, comparison.statistic)
    };
    let judged = comparisons.iter().map(|comparison| {
        let left = of(&comparison.left, comparison);
        let right = of(&comparison.right, comparison);
        let met = left.zip(right).is_some_and(|(left, right)| {
            comparison.op.holds(left as f64, comparison.factor * right as f64)
        });
        let show = |value: Option<u64>| match value {
            Some(value) => show(&comparison.measure, comparison.statistic, value),
            None => "nothing measured".into(),
        };
        Expectation {
            scope: "between".into(),
            text: comparison.to_string(),
            measured: format!("{} and {}", show(left), show(right)),
            met: enough.then_some(met),
            ..Expectation::default()
        }
    });
    judged.collect()
}

/// What was measured over all seeds together; of ratios, which do not add up, the mean.
fn value(summary: &Summary, measure: &str, statistic: Option<Statistic>) -> Option<u64> {
    let values = summary.measures.iter().find(|known| known.name == measure)?;
    let mean = || values.total.checked_div(values.samples);
    match statistic {
        Some(Statistic::Min) => Some(values.min),
        Some(Statistic::P50) => Some(values.p50),
        Some(Statistic::P90) => Some(values.p90),
        Some(Statistic::P99) => Some(values.p99),
        Some(Statistic::P999) => Some(values.p999),
        Some(Statistic::Max) => Some(values.max),
        Some(Statistic::Count) => Some(values.samples),
        Some(Statistic::Mean) => mean(),
        None if Measure::named(measure).is_some_and(|it| it.unit == Unit::Ratio) => mean(),
        None => Some(values.total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Op;
    use sim_core::summary::{MeasureSummary, Tally};

    fn summary(protocol: &str, messages: u64) -> Summary {
        let measure = MeasureSummary {
            name: "messages-per-op".into(),
            samples: 2,
            total: 2 * messages,
            ..MeasureSummary::default()
        };
        Summary {
            protocol: protocol.into(),
            seeds: Tally { run: 2, held: 2, ..Tally::default() },
            measures: vec![measure],
            ..Summary::default()
        }
    }

    fn compare(factor: f64, measure: &str, seeds: u64) -> Expectation {
        let comparison = Comparison {
            measure: measure.into(),
            statistic: None,
            left: "pbft".into(),
            op: Op::Greater,
            factor,
            right: "raft".into(),
        };
        judge(&[comparison], &[summary("raft", 5_300), summary("pbft", 26_100)], seeds).remove(0)
    }

    #[test]
    fn values_of_the_same_measure_are_compared() {
        let met = compare(4.0, "messages-per-op", 2);
        assert_eq!((met.met, met.measured.as_str()), (Some(true), "26.10 and 5.30"));
        assert_eq!(compare(5.0, "messages-per-op", 2).met, Some(false));
    }

    #[test]
    fn nothing_is_judged_on_too_few_seeds_and_nothing_measured_is_no_success() {
        assert_eq!(compare(4.0, "messages-per-op", 3).met, None);
        assert_eq!(compare(4.0, "failover", 2).met, Some(false));
    }
}
