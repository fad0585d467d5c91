//! What one run measured, number by number: of what it has many samples of, the statistics.

use sim_core::measure::MEASURES;
use sim_core::measured::{COUNT, Measured, STATISTICS};
use sim_core::outcome::Outcome;

/// What a run measured, in the order of the catalogue. What it never came to see has a count of 0 and nothing else.
pub fn of_run(outcome: &Outcome) -> Vec<Measured> {
    let mut measured = Vec::new();
    for measure in MEASURES {
        let number = |statistic, value| Measured { measure, statistic, value };
        if let Some(count) = outcome.counts.get(measure.name) {
            measured.push(number("", *count));
        }
        let Some(samples) = outcome.samples.get(measure.name) else { continue };
        let mut sorted = samples.0.clone();
        sorted.sort_unstable();
        measured.push(number(COUNT, sorted.len() as u64));
        let known = STATISTICS.iter().filter_map(|(statistic, share)| {
            Some(number(*statistic, *sorted.get(place(sorted.len(), *share))?))
        });
        measured.extend(known);
    }
    measured
}

/// Where the smallest of so many sorted values is that at least this share of them is no larger than.
fn place(count: usize, thousandths: u64) -> usize {
    let rank = (count as u128 * u128::from(thousandths)).div_ceil(1_000);
    usize::try_from(rank).unwrap_or(count).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::measure::Unit;
    use sim_core::outcome::Samples;

    fn of(samples: impl IntoIterator<Item = u64>) -> Vec<(&'static str, u64)> {
        let mut outcome = Outcome::default();
        outcome.samples.insert("latency".into(), Samples(samples.into_iter().collect()));
        of_run(&outcome).iter().map(|one| (one.statistic, one.value)).collect()
    }

    #[test]
    fn statistics_are_values_that_were_sampled() {
        let all = of((1..=1_000).rev());
        let wanted =
            [("count", 1_000), ("min", 1), ("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)];
        assert_eq!(all[..6], wanted);
        assert_eq!(all[6], ("max", 1_000));
        assert_eq!(of([7, 5])[1..3], [("min", 5), ("p50", 5)], "half of two is one");
        assert!(of([9])[1..].iter().all(|(_, value)| *value == 9));
        assert_eq!(of([]), [("count", 0)]);
    }

    #[test]
    fn numbers_come_in_the_order_of_the_catalogue_and_samples_are_counted() {
        let mut outcome = Outcome::default();
        outcome.samples.insert("latency".into(), Samples(vec![3]));
        outcome.counts.extend([("throughput".into(), 1_500), ("commits".into(), 4)]);
        outcome.counts.insert("nobody-knows-this".into(), 1);
        let measured = of_run(&outcome);
        assert_eq!((measured[0].name(), measured[0].unit()), ("latency.count".into(), Unit::Count));
        assert_eq!((measured[1].name(), measured[1].unit()), ("latency.min".into(), Unit::Time));
        let last: Vec<String> = measured[7..].iter().map(Measured::name).collect();
        assert_eq!(last, ["commits", "throughput"]);
        for one in measured {
            assert_eq!(Measured::named(&one.name(), one.value), Some(one));
        }
    }
}
