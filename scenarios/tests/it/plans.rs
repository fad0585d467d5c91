//! What seeds draw from scenarios.

use crate::reads::{DEPOSED, FLAPPING, SOAK, VERBS, good};
use crate::words::Catalogue;
use scenarios::format::{Scenario, Vocabulary};
use scenarios::plan;
use sim_core::fault::{Fault, FaultKind, Lasts, Plan, Target};
use sim_core::{Span, Time};
use std::collections::BTreeSet;

fn draw(scenario: &Scenario, seed: u64) -> Plan {
    let subject = &scenario.subjects[0];
    let words = Catalogue.protocol(&subject.protocol).unwrap().name().to_string();
    let catalogue = Catalogue;
    let words = catalogue.protocol(&words).unwrap();
    let nodes = plan::nodes(&scenario.nodes, words, &subject.options, seed);
    plan::draw(scenario, words, &subject.options, seed, nodes)
}

#[test]
fn times_are_drawn_from_their_ranges() {
    let scenario = good(DEPOSED);
    let mut seen = BTreeSet::new();
    for seed in 0..50 {
        let plan = draw(&scenario, seed);
        assert_eq!(plan.heal, Time(20_000_000_000));
        let cut = &plan.strikes[0];
        assert!((4_000_000_000..=6_000_000_000).contains(&cut.at.0));
        assert_eq!(cut.lasts, Lasts::For(Span::secs(5)));
        seen.insert(cut.at);
        assert_eq!(plan, draw(&scenario, seed));
    }
    assert!(seen.len() > 45, "{} different times in 50 seeds", seen.len());
}

#[test]
fn repetitions_are_numbered_and_end() {
    let plan = draw(&good(FLAPPING), 7);
    let times: Vec<Time> = plan.strikes.iter().map(|strike| strike.at).collect();
    assert_eq!(times[0], Time(2_000_000_000));
    assert!((17..=25).contains(&times.len()), "{} strikes", times.len());
    for pair in times.windows(2) {
        assert!((400_000_000..=600_000_000).contains(&pair[1].since(pair[0]).0));
    }
    assert!(times.iter().all(|at| *at < Time(12_000_000_000)));
    let numbers: Vec<u32> = plan.strikes.iter().map(|strike| strike.id.nth).collect();
    assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
    let lengths: BTreeSet<String> =
        plan.strikes.iter().map(|strike| format!("{:?}", strike.lasts)).collect();
    assert!(lengths.len() > 10, "each repetition draws its own length");
}

#[test]
fn a_fault_that_is_taken_out_changes_no_other() {
    let whole = good(VERBS);
    for out in 0..whole.faults.len() {
        let mut fewer = whole.clone();
        fewer.faults.remove(out);
        let mut strikes = draw(&whole, 3).strikes;
        strikes.remove(out);
        assert_eq!(draw(&fewer, 3).strikes, strikes);
    }
}

#[test]
fn faults_of_the_file_have_no_part_in_what_a_nemesis_does() {
    let whole = good(&format!("{VERBS}\n[nemesis]\nkinds = [\"crash\", \"cut\", \"loss\"]\n"));
    let mut fewer = whole.clone();
    fewer.faults.clear();
    let made_up = |scenario: &Scenario| -> Vec<(Time, Fault, Lasts)> {
        let strikes = draw(scenario, 5).strikes.into_iter().skip(scenario.faults.len());
        strikes.map(|strike| (strike.at, strike.fault, strike.lasts)).collect()
    };
    assert!(made_up(&whole).len() > 5);
    assert_eq!(made_up(&whole), made_up(&fewer));
}

#[test]
fn a_leap_is_drawn_both_ways() {
    let scenario = good(VERBS);
    let leap = |seed| match &draw(&scenario, seed).strikes[16].fault {
        Fault::ClockJump { by, back, .. } => (*by, *back),
        other => panic!("{other:?}"),
    };
    let leaps: Vec<(Span, bool)> = (0..40).map(leap).collect();
    assert!(leaps.iter().any(|(_, back)| *back) && leaps.iter().any(|(_, back)| !back));
    assert!(leaps.iter().all(|(by, back)| *by <= Span::secs(if *back { 2 } else { 1 })));
}

#[test]
fn the_seed_draws_the_number_of_nodes() {
    let scenario = good(SOAK);
    let options = &scenario.subjects[0].options;
    let catalogue = Catalogue;
    let words = catalogue.protocol("raft").unwrap();
    let counts: BTreeSet<u32> =
        (0..50).map(|seed| plan::nodes(&scenario.nodes, words, options, seed)).collect();
    assert_eq!(counts, BTreeSet::from([3, 5, 7]));
}

#[test]
fn a_nemesis_keeps_to_what_is_promised_and_to_its_times() {
    let scenario = good(SOAK);
    let catalogue = Catalogue;
    let words = catalogue.protocol("raft").unwrap();
    let promised = words.survives(&scenario.subjects[0].options);
    let mut kinds = BTreeSet::new();
    for seed in 0..300 {
        let plan = draw(&scenario, seed);
        let mut last = Time::ZERO;
        for strike in &plan.strikes {
            assert!(promised.contains(&strike.fault.kind()));
            assert!(strike.at < plan.heal);
            let gap = strike.at.since(last);
            assert!(gap >= Span::millis(500), "{gap}");
            last = strike.at;
            if let Lasts::For(span) = strike.lasts {
                assert!((Span::millis(100)..=Span::secs(5)).contains(&span));
            }
            if let Fault::ClockDrift { ppm, .. } = strike.fault {
                assert!(ppm != 0 && ppm.abs() <= 500);
            }
            kinds.insert(strike.fault.kind());
        }
        let ids: BTreeSet<u32> = plan.strikes.iter().map(|strike| strike.id.fault).collect();
        assert_eq!(ids.len(), plan.strikes.len());
    }
    let expected: BTreeSet<FaultKind> =
        promised.into_iter().filter(|kind| *kind != FaultKind::Restart).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn a_nemesis_takes_down_no_more_than_it_may_at_once() {
    let text = SOAK.replace("every = \"500ms..3s\"", "every = \"100ms..300ms\"\nat-once = 2");
    let scenario = good(&text);
    let mut full = 0;
    for seed in 0..200 {
        let subject = &scenario.subjects[0];
        let catalogue = Catalogue;
        let words = catalogue.protocol("raft").unwrap();
        let nodes = plan::nodes(&scenario.nodes, words, &subject.options, seed);
        let plan = draw(&scenario, seed);
        let mut down: Vec<(Time, u32)> = Vec::new();
        for strike in &plan.strikes {
            down.retain(|(until, _)| *until > strike.at);
            let weight = match &strike.fault {
                Fault::Crash { nodes: hit, .. } | Fault::Pause { nodes: hit } => {
                    assert_eq!(hit.len(), 1);
                    if hit[0] == Target::Minority { (nodes - 1) / 2 } else { 1 }
                }
                Fault::Cut { .. } => 1,
                _ => continue,
            };
            let Lasts::For(span) = strike.lasts else { panic!("it lasts") };
            down.push((strike.at + span, weight));
            let sum: u32 = down.iter().map(|(_, weight)| weight).sum();
            assert!(sum <= 2, "seed {seed}: {sum} nodes down at {}", strike.at);
            full += u32::from(sum == 2);
        }
    }
    assert!(full > 200, "the bound was met {full} times, so it was seldom tested");
}

#[test]
fn seeds_differ_in_the_kinds_that_they_use() {
    let scenario = good(SOAK);
    let kinds = |seed| -> BTreeSet<FaultKind> {
        draw(&scenario, seed).strikes.iter().map(|strike| strike.fault.kind()).collect()
    };
    let sizes: Vec<usize> = (0..200).map(|seed| kinds(seed).len()).collect();
    let alone = sizes.iter().filter(|size| **size == 1).count();
    let many = sizes.iter().filter(|size| **size >= 5).count();
    assert!(alone > 30 && many > 20, "{alone} seeds with one kind, {many} with five or more");
}

#[test]
fn beyond_what_is_promised_every_kind_occurs() {
    let text = SOAK.replace("kinds = \"promised\"", "kinds = \"all\"\nbeyond = true");
    let scenario = good(&text);
    let mut kinds = BTreeSet::new();
    for seed in 0..300 {
        let plan = draw(&scenario, seed);
        for strike in &plan.strikes {
            kinds.insert(strike.fault.kind());
            match &strike.fault {
                Fault::ClockJump { by, .. } => {
                    assert!((Span::millis(10)..=Span::secs(5)).contains(by));
                    assert_eq!(strike.lasts, Lasts::UntilHealed);
                }
                Fault::SlowDisk { factor, .. } => assert!((5..=50).contains(factor)),
                Fault::Cut { sides } => assert_eq!(sides.groups.len(), 2),
                _ => {}
            }
        }
    }
    assert_eq!(kinds.len(), FaultKind::ALL.len() - 1, "all but restart: {kinds:?}");
}
