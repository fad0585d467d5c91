//! Shrinking: what is left breaks in the same way, all of it is needed, and it is the same each time.

use scenarios::format::{Scenario, read, write};
use scenarios::library;
use scenarios::run::{Course, Extras};
use scenarios::shrink::{BUDGET, Breaks, End, Shrunk, Task, shrink};
use scenarios::words::Words;
use sim_core::fault::FaultKind;
use sim_core::outcome::Verdict;
use std::sync::atomic::AtomicBool;

fn shipped(name: &str) -> Scenario {
    let shipped = library::named(name).expect("it ships");
    read(shipped.text.as_bytes(), name, &Words::of(protocols::all())).expect("it is sound")
}

/// Shrinks the first seed of a shipped scenario on which a planted bug breaks a property.
fn shrinks(name: &str, bug: &str, property: &str, budget: u64) -> Shrunk {
    shrinks_first(&shipped(name), &[bug.to_owned()], property, budget)
}

/// Shrinks the first seed of a scenario on which a property breaks.
fn shrinks_first(scenario: &Scenario, bugs: &[String], property: &str, budget: u64) -> Shrunk {
    let subject = &scenario.subjects[0];
    let course = Course::new(protocols::all(), "here", scenario, subject, bugs).unwrap();
    let breaks =
        |seed: &u64| Breaks::of(&course.run(*seed, Extras::default()).outcome, property).is_some();
    let seed = (0..200).find(breaks).expect("a seed on which it breaks");
    let case = course.case(seed);
    let (catalogue, course) = (protocols::all(), &course);
    let task = Task { catalogue, course, case: &case, property, budget };
    shrink(&task, &AtomicBool::new(false), &|_, _| ()).expect("it breaks again")
}

fn breaks(scenario: &Scenario, property: &str) -> Option<Breaks> {
    let subject = &scenario.subjects[0];
    let course = Course::new(protocols::all(), "", scenario, subject, &[]).unwrap();
    let seed = scenario.own_seeds().start;
    Breaks::of(&course.run(seed, Extras::default()).outcome, property)
}

fn text(scenario: &Scenario) -> String {
    write(scenario, &Words::of(protocols::all()), &[]).expect("there are words for it")
}

/// Of one list, that no item can be taken away alone.
fn each_is_needed<T: Clone>(
    shrunk: &Shrunk,
    list: &[T],
    set: impl Fn(&mut Scenario, Vec<T>),
    what: &str,
) {
    for out in 0..list.len() {
        let mut fewer = list.to_vec();
        fewer.remove(out);
        let mut scenario = shrunk.scenario.clone();
        set(&mut scenario, fewer);
        let again = breaks(&scenario, &shrunk.breaks.property);
        assert_ne!(again.as_ref(), Some(&shrunk.breaks), "{what} {out} is not needed");
    }
}

#[test]
fn what_is_left_breaks_in_the_same_way_and_all_of_it_is_needed() {
    let failures = [
        ("raft/soak", "vote-not-persisted", "monotonicity"),
        ("raft/minority-leader", "follower-read-own-commit", "linearizable"),
        ("two-phase-commit/soak-presumed-abort", "timeout-abort-when-prepared", "never-alone"),
        ("paxos/soak", "acceptor-forgets-promise", "promise-integrity"),
    ];
    for (name, bug, property) in failures {
        let shrunk = shrinks(name, bug, property, BUDGET);
        assert!(shrunk.end == End::Minimal, "{name}: {} runs", shrunk.runs);
        let text = text(&shrunk.scenario);
        let again = read(text.as_bytes(), name, &Words::of(protocols::all()));
        let again = again.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        assert_eq!(breaks(&again, property).as_ref(), Some(&shrunk.breaks), "{name}\n{text}");
        let Scenario { faults, messages, operations, .. } = &shrunk.scenario;
        each_is_needed(&shrunk, faults, |s, fewer| s.faults = fewer, "fault");
        each_is_needed(&shrunk, messages, |s, fewer| s.messages = fewer, "message");
        let operations = operations.clone().unwrap_or_default();
        each_is_needed(&shrunk, &operations, |s, fewer| s.operations = Some(fewer), "operation");
        assert!(faults.len() <= 3 && operations.len() <= 4, "{name}: {text}");
    }
}

/// Of each protocol a bug that its swarm catches, by properties of every kind.
#[test]
fn what_a_swarm_finds_becomes_small() {
    let failures = [
        ("raft/swarm", "quorum-half", "commitment"),
        ("raft/swarm", "follower-read-own-commit", "linearizable"),
        ("raft/swarm", "ack-client-before-commit", "linearizable"),
        ("multi-paxos/swarm", "acceptor-forgets-vote", "promise-integrity"),
        ("multi-paxos/swarm", "accept-strictly-greater", "live-again"),
        ("paxos/swarm", "gaps-not-asked-for", "catch-up"),
        ("fast-paxos/swarm", "fast-vote-twice", "ballot-uniqueness"),
        ("pbft/swarm", "prepare-before-sync", "one-vote"),
        ("generals/swarm", "sm-choice-by-arrival", "ic1"),
        ("bully/swarm", "bully-check-skipped", "leaders-agree"),
        ("ring/swarm", "ring-recover-silently", "highest-leads"),
        ("saga/swarm", "empty-compensation-runs", "undo-what-was-done"),
        ("two-phase-commit/swarm", "numbers-used-again", "outcome-stands"),
    ];
    let (mut faults, mut operations, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for (name, bug, property) in failures {
        let shrunk = shrinks(name, bug, property, BUDGET);
        let (before, after) = (shrunk.before, shrunk.after);
        let is_fifth = |before: usize, after: usize| after * 5 <= before || after <= 6;
        assert!(is_fifth(before.elements(), after.elements()), "{name}, {bug}: {after:?}");
        assert!(shrunk.end == End::Minimal, "{bug}: {} runs", shrunk.runs);
        faults.push(after.faults);
        operations.push(after.operations);
        runs.push(shrunk.runs as usize);
    }
    for sizes in [&mut faults, &mut operations, &mut runs] {
        sizes.sort_unstable();
    }
    let middle = failures.len() / 2;
    assert!(faults[middle] <= 3, "{faults:?}");
    assert!(operations[middle] <= 4, "{operations:?}");
    assert!(runs[middle] < 1_000, "{runs:?}");
}

/// Where thousands of lost messages each count a little, none of them tells anything: chance is left to do what it did.
#[test]
fn what_the_network_goes_on_doing_is_left_to_chance() {
    let written = "title = \"Timers that never grow\"\nprotocol = \"pbft\"\nnodes = 7\nduration = \"1s\"\n\
                settle = \"5s\"\npbft = { timeout = \"50ms\" }\nclients = { count = 2 }\n\
                network = { delay = { median = \"4ms\", p99 = \"40ms\" }, loss = \"15%\" }\n\
                faults = [{ at = \"0s\", silence = \"n1 n5\" }]\n";
    let lossy = read(written.as_bytes(), "here", &Words::of(protocols::all()));
    let lossy = lossy.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let shrunk = shrinks_first(&lossy, &["timer-not-doubled".to_owned()], "live-again", 2_000);
    let (before, after) = (shrunk.before, shrunk.after);
    assert!(before.messages > 500, "{before:?}");
    assert!(shrunk.end == End::Minimal, "{:?} after {} runs", shrunk.end, shrunk.runs);
    assert_eq!(
        (after.faults, after.messages, after.chances),
        (1, 0, 1),
        "{}",
        text(&shrunk.scenario)
    );
    assert!(after.operations <= 2, "{after:?}");
    assert_eq!(breaks(&shrunk.scenario, "live-again"), Some(shrunk.breaks));
}

/// Beyond what is promised things break as well; what is left then breaks no promise either.
#[test]
fn what_is_not_promised_is_shrunk_as_something_that_is_not() {
    let text = "title = \"Disks that forget\"\nprotocol = \"raft\"\nnodes = 3\nduration = \"4s\"\n\
                clients = { count = 2 }\n[nemesis]\nkinds = [\"wiped-crash\", \"cut\", \"loss\"]\n\
                beyond = true\nevery = \"100ms..400ms\"\nfor = \"100ms..600ms\"\n";
    let words = Words::of(protocols::all());
    let forgetful = read(text.as_bytes(), "here", &words);
    let forgetful = forgetful.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let shrunk = shrinks_first(&forgetful, &[], "monotonicity", BUDGET);
    assert!(!shrunk.breaks.promised && shrunk.end == End::Minimal, "{:?}", shrunk.breaks);
    let Scenario { faults, .. } = &shrunk.scenario;
    let kinds: Vec<FaultKind> = faults.iter().map(|line| line.what.kind()).collect();
    assert_eq!(kinds, [FaultKind::WipedCrash]);
    assert_eq!(breaks(&shrunk.scenario, "monotonicity"), Some(shrunk.breaks));
}

/// Whether a cluster is live again is judged by who has wanted something for long enough.
#[test]
fn who_asks_at_the_end_is_no_witness() {
    let verdict = |bugs: &str, at: &str| {
        let text = format!(
            "title = \"One operation\"\nprotocol = \"multi-paxos\"\nnodes = 3\nduration = \"1s\"\n\
             settle = \"6s\"\nseed = 0\n\
             operations = [{{ at = \"{at}\", client = \"c1\", do = \"put x 1\" }}]\n\
             [multi-paxos]\nbugs = [{bugs}]\n"
        );
        let read = read(text.as_bytes(), "here", &Words::of(protocols::all()));
        let scenario = read.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let course =
            Course::new(protocols::all(), "", &scenario, &scenario.subjects[0], &[]).unwrap();
        let outcome = course.run(0, Extras::default()).outcome;
        outcome.finding("live-again").expect("it is checked").verdict
    };
    // In the last millisecond nobody can be served, but with time enough everybody is.
    assert_eq!(verdict("", "6.9999s"), Verdict::Holds);
    assert_eq!(verdict("", "1.5s"), Verdict::Holds);
    // A cluster that is really dead serves nobody, whoever asks.
    assert_eq!(verdict("\"accept-strictly-greater\"", "1.5s"), Verdict::Broken);
}

#[test]
fn the_same_failure_shrinks_to_the_same_scenario() {
    let once = || shrinks("raft/minority-leader", "follower-read-own-commit", "linearizable", 60);
    let (first, second) = (once(), once());
    assert!(first.runs <= 60 + 64 && first.end == End::Spent, "{} runs", first.runs);
    // What there is when the runs are spent is a file like any other.
    let again = read(text(&first.scenario).as_bytes(), "", &Words::of(protocols::all()));
    let again = again.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(breaks(&again, "linearizable"), Some(first.breaks.clone()));
    assert_eq!(text(&first.scenario), text(&second.scenario));
    assert_eq!(first.outcome, second.outcome);
    assert_eq!(breaks(&first.scenario, "linearizable"), Some(first.breaks));
}

#[test]
fn what_does_not_break_is_not_shrunk() {
    let scenario = shipped("raft/minority-leader");
    let course =
        Course::new(protocols::all(), "here", &scenario, &scenario.subjects[0], &[]).unwrap();
    let case = course.case(0);
    let task = Task {
        catalogue: protocols::all(),
        course: &course,
        case: &case,
        property: "linearizable",
        budget: 5,
    };
    let why = shrink(&task, &AtomicBool::new(false), &|_, _| ()).unwrap_err();
    assert_eq!(why, "linearizable does not break on seed 0 of here");
}
