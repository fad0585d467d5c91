//! What is expected between those that ran one scenario: judged from their summaries.

use crate::format::{Comparison, Statistic};
use crate::tally::show;
use sim_core::measure::{Measure, Unit};
use sim_core::summary::{Expectation, Summary};

/// One that ran the scenario.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its variant of the scenario, if that has any.
    pub variant: Option<&'a str>,
    /// What came of its runs.
    pub summary: &'a Summary,
}

impl Side<'_> {
    /// What the part of it is called that a name leaves out; none when the name means another.
    fn rest(&self, name: &str) -> Option<&str> {
        let protocol = self.summary.protocol.as_str();
        let variant = self.variant.unwrap_or_default();
        match name {
            _ if self.variant.is_some() && name == variant => Some(protocol),
            _ if name == protocol => Some(variant),
            _ => (name.split_once('@') == Some((protocol, variant))).then_some(""),
        }
    }
}

/// Judges comparisons, when every seed that the scenario asks for has run. Where there are several protocols and
/// several variants, two protocols are compared in each variant, and two variants for each protocol.
pub fn judge(comparisons: &[Comparison], sides: &[Side<'_>], seeds: u64) -> Vec<Expectation> {
    let enough = sides.iter().all(|side| side.summary.seeds.run >= seeds);
    let judged = comparisons.iter().flat_map(|comparison| {
        let of = |name: &str| -> Vec<(String, &Summary)> {
            let named = sides.iter().filter_map(|side| Some((side.rest(name)?, side.summary)));
            named.map(|(rest, summary)| (rest.to_owned(), summary)).collect()
        };
        let (lefts, rights) = (of(&comparison.left), of(&comparison.right));
        let pairs: Vec<_> = lefts
            .iter()
            .filter_map(|(rest, left)| {
                let is_only = lefts.len() == 1 && rights.len() == 1;
                let right = rights.iter().find(|(other, _)| is_only || other == rest);
                Some((rest.clone(), *left, right?.1))
            })
            .collect();
        if pairs.is_empty() {
            return vec![Expectation {
                scope: "between".into(),
                text: comparison.to_string(),
                measured: "no two of them differ in this alone".into(),
                met: enough.then_some(false),
                ..Expectation::default()
            }];
        }
        let one = move |(rest, left, right): (String, &Summary, &Summary)| {
            let mut judged = judge_one(comparison, left, right);
            if !rest.is_empty() && lefts.len() > 1 {
                judged.text = format!("{} ({rest})", judged.text);
            }
            judged.met = judged.met.filter(|_| enough);
            judged
        };
        pairs.into_iter().map(one).collect::<Vec<_>>()
    });
    judged.collect()
}

fn judge_one(comparison: &Comparison, left: &Summary, right: &Summary) -> Expectation {
    let of = |summary| value(summary, &comparison.measure, comparison.statistic);
    let (left, right) = (of(left), of(right));
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
        met: Some(met),
        ..Expectation::default()
    }
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
        let (raft, pbft) = (summary("raft", 5_300), summary("pbft", 26_100));
        let sides = [&raft, &pbft].map(|summary| Side { variant: None, summary });
        judge(&[comparison], &sides, seeds).remove(0)
    }

    #[test]
    fn values_of_the_same_measure_are_compared() {
        let met = compare(4.0, "messages-per-op", 2);
        assert_eq!((met.met, met.measured.as_str()), (Some(true), "26.10 and 5.30"));
        assert_eq!(compare(5.0, "messages-per-op", 2).met, Some(false));
    }

    #[test]
    fn what_a_name_leaves_out_is_the_same_on_both_sides() {
        let all =
            [("raft", "few", 3), ("raft", "many", 9), ("pbft", "few", 8), ("pbft", "many", 90)];
        let all = all.map(|(protocol, variant, messages)| (variant, summary(protocol, messages)));
        let sides: Vec<Side<'_>> =
            all.iter().map(|(variant, summary)| Side { variant: Some(variant), summary }).collect();
        let judged = |left: &str, right: &str| {
            let comparison = Comparison {
                measure: "messages-per-op".into(),
                statistic: None,
                left: left.into(),
                op: Op::Greater,
                factor: 5.0,
                right: right.into(),
            };
            let judged = judge(&[comparison], &sides, 2);
            judged.into_iter().map(|one| (one.text, one.met)).collect::<Vec<_>>()
        };
        let text = |names: &str, of: &str| format!("messages-per-op: {names}{of}");
        let protocols = [
            (text("pbft > 5 x raft", " (few)"), Some(false)),
            (text("pbft > 5 x raft", " (many)"), Some(true)),
        ];
        assert_eq!(judged("pbft", "raft"), protocols);
        let variants = [
            (text("many > 5 x few", " (raft)"), Some(false)),
            (text("many > 5 x few", " (pbft)"), Some(true)),
        ];
        assert_eq!(judged("many", "few"), variants);
        assert_eq!(judged("pbft", "few"), [(text("pbft > 5 x few", ""), Some(false))]);
        let one = [(text("pbft@many > 5 x raft@few", ""), Some(true))];
        assert_eq!(judged("pbft@many", "raft@few"), one);
    }

    #[test]
    fn nothing_is_judged_on_too_few_seeds_and_nothing_measured_is_no_success() {
        assert_eq!(compare(4.0, "messages-per-op", 3).met, None);
        assert_eq!(compare(4.0, "failover", 2).met, Some(false));
    }
}
