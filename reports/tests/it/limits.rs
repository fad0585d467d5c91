//! What holds of every report, whatever the data: it fits its width, it never panics, it is the same each time.

use crate::build::{
    Story, claim, flaky_voter, forgotten_vote, minority_leader, ms, send, stale_read,
};
use reports::mutants::{MutantRow, table};
use reports::{Colour, json, steps, story, text, trace};
use sim_core::fault::FaultKind;
use sim_core::summary::{Breach, PropertyTally, Summary};
use sim_core::trace::{Trace, TraceCause, TraceEffect};
use sim_core::{Fact, NodeId, Time};

fn narrow(text: &str, most: usize) {
    for line in text.lines() {
        let width = line.chars().count();
        assert!(width <= most, "{width} characters are more than {most}: {line}");
        assert_eq!(line, line.trim_end(), "blanks at the end");
    }
}

#[test]
fn nothing_makes_empty_data_panic() {
    let (summary, trace, breach) = (Summary::default(), Trace::default(), Breach::default());
    for verbose in [false, true] {
        narrow(&text::run(&summary, &[], verbose, Colour::Never), 100);
        narrow(&table(&[], verbose, Colour::Never), 100);
    }
    narrow(&story::story(&breach, "", &trace, Colour::Never), 100);
    narrow(&steps::steps(&trace, Time::ZERO, Time::NEVER, Colour::Never), 120);
    assert_eq!(trace::lines(&trace).lines().count(), 1);
    assert!(json::run(&summary).starts_with("{\"schema\":\"splitbrain.run/1\""));
}

#[test]
fn reports_keep_to_their_width() {
    for summary in [minority_leader(), flaky_voter(), swollen()] {
        for verbose in [false, true] {
            narrow(&text::run(&summary, &[], verbose, Colour::Never), 100);
        }
    }
    let long = "x".repeat(300);
    let row = MutantRow {
        protocol: long.clone(),
        id: long.clone(),
        summary: long.clone(),
        breaks: long.clone(),
        seeds: u64::MAX,
        ..MutantRow::default()
    };
    narrow(&table(&[row], true, Colour::Never), 100);
}

/// A summary in which everything is too long or too large.
fn swollen() -> Summary {
    let mut summary = flaky_voter();
    let long = "a-very-long-name-".repeat(20);
    summary.scenario.clone_from(&long);
    summary.title = "Words and words. ".repeat(30);
    summary.planted = vec![long.clone(); 3];
    summary.idle = (0..200u32).map(|id| id.to_string()).collect();
    summary.load.clone_from(&long);
    summary.digest = u64::MAX;
    for tally in &mut summary.properties {
        *tally = PropertyTally {
            property: long.clone(),
            detail: long.clone(),
            unpromised: u64::MAX / 8,
            held: u64::MAX / 8,
            ..tally.clone()
        };
    }
    for expectation in &mut summary.expectations {
        expectation.text.clone_from(&long);
        expectation.measured.clone_from(&long);
        expectation.seeds = u64::MAX;
    }
    for breach in &mut summary.broken {
        breach.why = long.repeat(3);
        breach.property.clone_from(&long);
    }
    for measure in &mut summary.measures {
        measure.max = u64::MAX;
        measure.total = u64::MAX;
    }
    for kind in FaultKind::ALL {
        let times = u64::MAX / 3;
        summary.fired.push(sim_core::summary::FiredSummary { kind, times, seeds: 9 });
    }
    summary
}

/// A busy run of some nodes: elections, crashes, boots, messages to everybody, with whatever is drawn.
pub fn busy(nodes: u32, seed: u64) -> Trace {
    busy_for(nodes, seed, 300)
}

/// One of so many steps.
pub fn busy_for(nodes: u32, mut seed: u64, steps: u64) -> Trace {
    let mut draw = |below: u64| {
        // Any full-period generator will do: the constants are Knuth's (MMIX).
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut story = Story::default();
    let mut sent: Vec<(u64, NodeId, NodeId)> = Vec::new();
    for at in 0..steps {
        let at = ms(at * 7);
        let node = NodeId(draw(nodes.into()) as u32);
        let other = NodeId(draw(nodes.into()) as u32);
        let kind = "a-kind-with-a-long-name";
        match draw(9) {
            0 => story.boot(at, node),
            1 => drop(story.timer(at, node, vec![claim(Fact::Campaigns { epoch: draw(9) })])),
            2 => drop(story.timer(at, node, vec![claim(Fact::Leads { epoch: draw(9) })])),
            3 => story.fault(at, ("7", FaultKind::Crash, "strikes"), &[node, other], "crash some"),
            4 => story.fault(at, ("8.2", FaultKind::Pause, "heals"), &[node], "pause is over"),
            5 => {
                let cause = TraceCause::Answer { from: node, text: "c9#1".into() };
                let text = "c9#1 put \u{1b}[2J x".to_owned();
                let effects = vec![TraceEffect::Return { text, ok: false }];
                story.step(at, NodeId::client(8), draw(400), cause, effects);
            }
            6 if !sent.is_empty() => {
                let (event, from, to) = sent[draw(sent.len() as u64) as usize];
                let value = draw(3);
                let fact = Fact::Decides { slot: draw(4), epoch: 1, value, state: value };
                story.gets(at, to, (event, from, kind, "M"), vec![claim(fact), TraceEffect::Sync]);
            }
            _ => {
                let event = story.timer(at, node, vec![send(other, kind, &"M".repeat(90))]);
                sent.push((event, node, other));
            }
        }
    }
    story.trace
}

#[test]
fn stories_of_any_run_fit_and_are_the_same_each_time() {
    for nodes in 1..=9 {
        for seed in 0..20 {
            let trace = busy(nodes, seed);
            let step = [Some(250), Some(seed), None, Some(u64::MAX)][seed as usize % 4];
            let why = "n1 n2 n99 and c9#1 disagree, ".repeat(seed as usize);
            let at = (seed % 3 == 0).then_some(ms(1_000));
            let breach =
                Breach { seed, property: "p".repeat(70), why, at, step, ..Breach::default() };
            let told = story::story(&breach, &"about ".repeat(30), &trace, Colour::Never);
            narrow(&told, 120);
            assert!(!told.contains('\u{1b}'), "what a message says must not move the cursor");
            assert!(told.lines().count() < 60, "too long to read:\n{told}");
            assert_eq!(told, story::story(&breach, &"about ".repeat(30), &trace, Colour::Never));
            narrow(&steps::steps(&trace, Time::ZERO, Time::NEVER, Colour::Never), 120);
        }
    }
}

#[test]
fn hand_made_stories_fit_a_hundred_columns() {
    for (trace, breach) in [forgotten_vote(), stale_read()] {
        narrow(&story::story(&breach, "a property", &trace, Colour::Never), 100);
    }
}
