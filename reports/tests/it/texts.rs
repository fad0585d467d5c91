//! Reports of runs.

use crate::build::{expected, flaky_voter, forgotten_vote, minority_leader, tally};
use reports::mutants::{MutantRow, Race, table};
use reports::{Colour, story, text};
use sim_core::fault::FaultKind;
use sim_core::summary::{Breach, PropertyTally, Summary, Tally};

fn plain(summary: &Summary) -> String {
    text::run(summary, &[], false, Colour::Never)
}

#[test]
fn a_run_that_holds() {
    insta::assert_snapshot!(plain(&minority_leader()));
}

#[test]
fn a_run_that_holds_in_full() {
    insta::assert_snapshot!(text::run(&minority_leader(), &[], true, Colour::Never));
}

#[test]
fn a_run_that_breaks_tells_how() {
    let (trace, breach) = forgotten_vote();
    let tale = story::tale(&breach, "at most one leader in a term", &trace, Colour::Never);
    insta::assert_snapshot!(text::run(&flaky_voter(), &[tale], false, Colour::Never));
}

#[test]
fn a_run_that_breaks_without_a_story() {
    insta::assert_snapshot!(plain(&flaky_voter()));
}

#[test]
fn a_teaching_scenario_breaks_what_it_must() {
    let property = "single-leader".to_owned();
    let breach = Breach {
        property: property.clone(),
        beyond: vec![FaultKind::Cut],
        why: "n1 and n3 both lead".into(),
        ..Breach::default()
    };
    let mut lesson = expected("breaks", "single-leader", "100 of 100", Some(true));
    lesson.seeds = 100;
    let summary = Summary {
        scenario: "bully/split-brain".into(),
        title: "A cut gives each side a leader of its own".into(),
        protocol: "bully".into(),
        seeds: Tally { run: 100, held: 100, broken: 0, unknown: 0 },
        properties: vec![
            tally("live", 100, 0),
            PropertyTally { property, unpromised: 100, ..Default::default() },
        ],
        broken: vec![breach; 100],
        expectations: vec![lesson],
        clients: 0,
        ..minority_leader()
    };
    insta::assert_snapshot!(plain(&summary));
}

#[test]
fn what_is_undecided_missed_idle_or_not_judged_is_said() {
    let mut summary = minority_leader();
    summary.seeds = Tally { run: 100, held: 98, broken: 0, unknown: 2 };
    summary.nodes = vec![3, 5, 7];
    summary.properties[10] = PropertyTally { held: 98, unknown: 2, ..tally("linearizable", 0, 0) };
    summary.expectations[2].met = None;
    summary.idle = vec!["2".into(), "5.3".into()];
    let text = plain(&summary);
    assert!(text.starts_with("UNDECIDED raft/minority-leader · 2 of 100 seeds"), "{text}");
    insta::assert_snapshot!(text);

    summary.expectations[0] = expected("each", "elections >= 2", "1 to 5", Some(false));
    let text = plain(&summary);
    assert!(text.starts_with("BROKEN raft/minority-leader · an expectation was missed"), "{text}");
    assert!(text.contains("not seed 3"), "{text}");
}

#[test]
fn both_searches_side_by_side() {
    let race = |median, caught| Race { median, caught, of: 20 };
    let row = |id: &str, uniform: Race, guided: Race| MutantRow {
        protocol: "two-phase-commit".into(),
        id: id.into(),
        breaks: "a-property-with-a-very-long-name-indeed".into(),
        caught: uniform.caught + guided.caught > 0,
        by: Some("a-property-with-a-very-long-name-indeed".into()),
        races: Some((uniform, guided)),
        ..MutantRow::default()
    };
    let rows = [
        row("easy", race(3, 20), race(4, 20)),
        row("presumes-abort-for-the-prepared", race(1_200, 16), race(300, 20)),
        row("never-without-a-guide", race(5_000, 2), race(2_500, 11)),
        row("never", race(5_000, 0), race(5_000, 0)),
    ];
    insta::assert_snapshot!(table(&rows, false, Colour::Never));
}

#[test]
fn planted_bugs_and_what_caught_them() {
    let caught = MutantRow {
        protocol: "raft".into(),
        id: "vote-not-persisted".into(),
        summary: "A vote is answered before it is on disk".into(),
        origin: "Ongaro, section 3.8".into(),
        breaks: "election-safety".into(),
        caught: true,
        by: Some("election-safety".into()),
        seeds: 18,
        seed: Some(17),
        scenario: Some("raft/flaky-voter".into()),
        races: None,
    };
    let otherwise = MutantRow {
        id: "commit-old-term".into(),
        by: Some("linearizable".into()),
        breaks: "leader-completeness".into(),
        ..caught.clone()
    };
    let missed = MutantRow {
        id: "truncates-on-heartbeat".into(),
        breaks: "log-matching".into(),
        caught: false,
        by: None,
        seed: None,
        seeds: 2_000,
        scenario: None,
        ..caught.clone()
    };
    let rows = [missed, caught, otherwise];
    insta::assert_snapshot!(table(&rows, false, Colour::Never));
    let verbose = table(&rows, true, Colour::Never);
    assert!(
        verbose.contains("before it is on disk") && verbose.contains("section 3.8"),
        "{verbose}"
    );
}
