//! What is kept of very many breaches: no shape is lost among those of another, and shares merge into the whole.

use crate::reads::{SOAK, good};
use protocols::all;
use scenarios::fingerprint::fingerprint;
use scenarios::format::Expect;
use scenarios::run::Course;
use scenarios::tally::Collector;
use sim_core::outcome::{Finding, Outcome, Verdict};
use sim_core::summary::Summary;

/// A run in which agreement, beyond what is promised, and something else broke.
fn outcome(seed: u64, property: &str, why: &str) -> Outcome {
    let finding = |property: &str, promised, why: &str| Finding {
        property: property.into(),
        verdict: Verdict::Broken,
        promised,
        why: why.into(),
        at: None,
        step: None,
        beyond: Vec::new(),
    };
    let findings = vec![
        finding("agreement", false, &format!("slot {seed} has two values")),
        finding(property, true, why),
    ];
    Outcome { seed, findings, ..Outcome::default() }
}

/// As many runs as break more than is kept: all alike, but for one late one.
fn outcomes() -> Vec<Outcome> {
    let rare = 2 * Summary::MAX_BREACHES as u64;
    let one = |seed| match seed == rare {
        true => outcome(seed, "catch-up", "n3 waits for a snapshot"),
        false => outcome(seed, "linearizable", "c1 read nothing"),
    };
    (0..rare + 50).map(one).collect()
}

fn collected(outcomes: impl Iterator<Item = Outcome>) -> Collector {
    let mut collector = Collector::default();
    outcomes.for_each(|outcome| collector.add(outcome, &Expect::default()));
    collector
}

fn sum_up(collector: &Collector) -> Summary {
    let scenario = good(SOAK);
    let course = Course::new(all(), "soak", &scenario, &scenario.subjects[0], &[]).expect("Raft");
    collector.sum_up(&course, 0)
}

#[test]
fn a_rare_breach_is_not_lost_among_a_thousand_of_another_shape() {
    let summary = sum_up(&collected(outcomes().into_iter()));
    assert_eq!(summary.broken.len(), Summary::MAX_BREACHES);
    let rare = fingerprint("catch-up", "n3 waits for a snapshot");
    assert!(summary.broken.iter().any(|breach| breach.fingerprint == rare));
    let promised = summary.broken.iter().filter(|breach| breach.promised).count();
    assert!(promised > Summary::MAX_BREACHES / 2, "what is not promised takes no room: {promised}");
}

#[test]
fn what_is_kept_does_not_depend_on_who_collected_it() {
    let whole = sum_up(&collected(outcomes().into_iter())).broken;
    for shares in [2, 3, 7] {
        let share =
            |mine: u64| outcomes().into_iter().filter(move |o| o.seed / 500 % shares == mine);
        let merged = (0..shares).rev().map(|mine| collected(share(mine)));
        let merged = merged.reduce(Collector::merge).expect("at least one");
        assert_eq!(sum_up(&merged).broken, whole, "{shares} shares");
    }
}
