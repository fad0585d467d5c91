//! Several protocols, or several scenarios, on the same seeds: how they differ, seed by seed.
//!
//! A seed draws the same faults, the same clients and the same luck of links for all of them (common random numbers),
//! so that what is compared are pairs, and luck that is good to both says nothing. Of the differences the median is
//! told, with the interval in which the true one lies: that between two order statistics, which needs to know nothing
//! of how differences are spread (the sign test turned round: Lehmann, "Nonparametrics", 1975).

mod growth;
mod matrix;

pub use matrix::matrix;

use crate::measured;
use crate::run::Course;
use sim_core::compared::{Between, Compared, Contender, Difference, Rhythms};
use sim_core::measure::{MEASURES, Measure, Unit};
use sim_core::measured::Measured as Number;
use sim_core::outcome::{Outcome, Rhythm};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

/// Of what a run has many samples of, these are compared.
const STATISTICS: [&str; 2] = ["p50", "p99"];

/// What one seed measured, by the name of the measure.
type Measured = BTreeMap<String, u64>;

/// Runs each on all seeds and compares the others with the first. `seen` hears of each run.
pub fn compare(
    courses: &[(String, Course<'_>)],
    seeds: Range<u64>,
    stop: &AtomicBool,
    seen: &(impl Fn(&Outcome) + Sync),
) -> Compared {
    let mut contenders = Vec::new();
    for (name, course) in courses {
        let each: Mutex<BTreeMap<u64, (Measured, Rhythm)>> = Mutex::default();
        let summary = course.run_all(seeds.clone(), stop, &|_, outcome| {
            seen(outcome);
            if let Ok(mut each) = each.lock() {
                each.insert(outcome.seed, (of_one(outcome), outcome.rhythm.clone()));
            }
        });
        let each = each.into_inner().unwrap_or_default();
        let rhythms = together(each.values().map(|(_, rhythm)| rhythm));
        let measured = each.into_iter().map(|(seed, (measured, _))| (seed, measured)).collect();
        let variant = course.scenario.variant.clone().unwrap_or_default();
        contenders.push(Contender {
            name: name.clone(),
            variant: Some(variant.name).filter(|name| !name.is_empty()),
            laid: variant.laid,
            family: variant.family,
            swept: variant.swept,
            replay: String::new(),
            summary,
            measured,
            rhythms,
        });
    }
    let mut differences = Vec::new();
    if let [first, others @ ..] = contenders.as_slice() {
        for (place, other) in others.iter().enumerate() {
            for (name, unit) in quantities() {
                let (first, other) = (&first.measured, &other.measured);
                differences.extend(difference(&name, unit, place + 1, first, other));
            }
        }
    }
    let growth = growth::growth(courses, &contenders);
    let seeds = (seeds.start, seeds.end);
    Compared { seeds, contenders, differences, growth, ..Compared::default() }
}

/// What happened when, over the seeds whose bins are as long as the first seed's.
fn together<'a>(each: impl Iterator<Item = &'a Rhythm>) -> Rhythms {
    let mut all = Rhythms::default();
    for Rhythm { bin, heal, ok, struck } in each {
        if all.ran.is_empty() {
            (all.bin, all.heal) = (*bin, *heal);
        }
        if (all.bin, all.heal) != (*bin, *heal) {
            continue;
        }
        let bins = ok.len().max(all.ran.len());
        for list in [&mut all.ok, &mut all.ran, &mut all.struck] {
            list.resize(bins, 0);
        }
        for (place, count) in ok.iter().enumerate() {
            all.ok[place] += u64::from(*count);
            all.ran[place] += 1;
        }
        for (place, is_struck) in struck.iter().enumerate().take(bins) {
            all.struck[place] += u64::from(*is_struck);
        }
    }
    all
}

/// What is compared, in the order of the catalogue of measures.
fn quantities() -> impl Iterator<Item = (String, Unit)> {
    MEASURES.iter().flat_map(|measure| {
        let Measure { name, unit, distribution, .. } = *measure;
        let names = match distribution {
            true => STATISTICS.iter().map(|of| format!("{name}.{of}")).collect(),
            false => vec![name.to_owned()],
        };
        names.into_iter().map(move |name| (name, unit))
    })
}

/// What a run measured of that.
fn of_one(outcome: &Outcome) -> Measured {
    let is_compared =
        |one: &&Number| one.statistic.is_empty() || STATISTICS.contains(&one.statistic);
    let measured = measured::of_run(outcome);
    measured.iter().filter(is_compared).map(|one| (one.name(), one.value)).collect()
}

/// How two differ in one measure; none where they have it on too few seeds in common to say anything.
fn difference(
    name: &str,
    unit: Unit,
    with: usize,
    first: &BTreeMap<u64, Measured>,
    other: &BTreeMap<u64, Measured>,
) -> Option<Difference> {
    let pairs: Vec<(u64, u64, u64)> = first
        .iter()
        .filter_map(|(seed, one)| Some((*seed, *one.get(name)?, *other.get(seed)?.get(name)?)))
        .collect();
    let more = |pair: &(u64, u64, u64)| pair.2 as i64 - pair.1 as i64;
    let is_idle = pairs.iter().all(|(_, one, other)| (*one, *other) == (0, 0));
    if pairs.len() < FEWEST || is_idle {
        return None;
    }
    let times: Option<Vec<u64>> = pairs
        .iter()
        .map(|(_, one, other)| (other.saturating_mul(1_000)).checked_div(*one))
        .collect();
    let count = |is: fn(i64) -> bool| pairs.iter().filter(|pair| is(more(pair))).count() as u64;
    let widest = pairs.iter().max_by_key(|pair| (more(pair).abs(), std::cmp::Reverse(pair.0)));
    Some(Difference {
        measure: name.to_owned(),
        unit,
        with,
        pairs: pairs.len() as u64,
        medians: (
            between(pairs.iter().map(|pair| pair.1).collect()).median,
            between(pairs.iter().map(|pair| pair.2).collect()).median,
        ),
        more: between(pairs.iter().map(more).collect()),
        times: times.map(between),
        split: (count(|n| n < 0), count(|n| n == 0), count(|n| n > 0)),
        widest: widest.map_or(0, |pair| pair.0),
    })
}

/// With fewer pairs there is no interval of 95 %: even all of them on one side come about by chance in one of sixteen.
const FEWEST: usize = 6;

/// The median, and the order statistics between which the true one lies with at least 95 %.
fn between<T: Copy + Ord>(mut values: Vec<T>) -> Between<T> {
    values.sort_unstable();
    let outside = outside(values.len());
    Between {
        median: values[(values.len() - 1) / 2],
        from: values[outside],
        to: values[values.len() - 1 - outside],
    }
}

/// As many of so many values lie outside of the interval on each side: the most for which a fair coin shows no more
/// heads than these in at most 2.5 % of throws.
fn outside(count: usize) -> usize {
    if count > EXACT {
        // A binomial distribution is a normal one by then. With whole numbers, so that it is the same everywhere.
        let width = (count as u64 * 1_960 * 1_960).isqrt() / 1_000;
        return (count as u64).saturating_sub(width + 2) as usize / 2;
    }
    // In so many of 2^count throws there are up to `heads` heads.
    let (mut heads, mut ways, mut throws) = (0, 1u128, 1u128);
    while throws * 40 <= 1u128 << count {
        heads += 1;
        ways = ways * (count - heads + 1) as u128 / heads as u128;
        throws += ways;
    }
    heads.saturating_sub(1)
}

/// Up to so many values are counted out exactly.
const EXACT: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // Conover, "Practical Nonparametric Statistics": the k-th smallest and the k-th largest, k counted from 1.
        for (count, k) in [(6, 1), (8, 1), (9, 2), (15, 4), (20, 6), (30, 10), (50, 18), (100, 40)]
        {
            assert_eq!(outside(count) + 1, k, "{count} values");
        }
        for count in [101, 400, 10_000] {
            let half = count / 2 - outside(count);
            let sigma = (count as f64).sqrt() / 2.0;
            assert!((1.9..2.3).contains(&(half as f64 / sigma)), "{count}: {half}");
        }
    }

    fn seeds(values: &[u64]) -> BTreeMap<u64, Measured> {
        let one = |value: &u64| Measured::from([("messages".to_owned(), *value)]);
        (0..).zip(values.iter().map(one)).collect()
    }

    fn of(first: &[u64], other: &[u64]) -> Option<Difference> {
        difference("messages", Unit::Count, 1, &seeds(first), &seeds(other))
    }

    #[test]
    fn pairs_show_what_averages_would_hide() {
        let first: Vec<u64> = (0..40).map(|seed| 1_000 + seed * 137 % 900).collect();
        let other: Vec<u64> = first.iter().map(|n| n + 7).collect();
        let found = of(&first, &other).expect("enough pairs");
        assert_eq!(found.more, Between { median: 7, from: 7, to: 7 });
        assert_eq!(found.split, (0, 0, 40));
        assert!(found.is_any());
        let same = of(&first, &first).expect("enough pairs");
        assert_eq!((same.more, same.split), (Between { median: 0, from: 0, to: 0 }, (0, 40, 0)));
        assert_eq!(same.times, Some(Between { median: 1_000, from: 1_000, to: 1_000 }));
        assert!(!same.is_any());
    }

    #[test]
    fn chance_is_not_taken_for_a_difference() {
        let first = [5; 20];
        let other: Vec<u64> = (0..20).map(|seed| if seed % 2 == 0 { 3 } else { 8 }).collect();
        assert!(!of(&first, &other).expect("enough pairs").is_any());
        assert!(of(&[1; 5], &[2; 5]).is_none(), "five pairs say nothing");
        assert!(of(&[0; 9], &[0; 9]).is_none(), "nothing was measured");
        assert_eq!(of(&[0; 9], &[2; 9]).expect("enough pairs").times, None);
    }
}
