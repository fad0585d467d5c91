//! Shrinking: what is left breaks in the same way, all of it is needed, and it is the same each time.

use scenarios::format::{Scenario, read, write};
use scenarios::library;
use scenarios::run::{Course, Extras};
use scenarios::shrink::{BUDGET, Breaks, Shrunk, Task, shrink};
use scenarios::words::Words;
use std::sync::atomic::AtomicBool;

fn shipped(name: &str) -> Scenario {
    let shipped = library::named(name).expect("it ships");
    read(shipped.text.as_bytes(), name, &Words::of(protocols::all())).expect("it is sound")
}

/// Shrinks the first seed of a shipped scenario on which a planted bug breaks a property.
fn shrinks(name: &str, bug: &str, property: &str, budget: u64) -> Shrunk {
    let (scenario, bugs) = (shipped(name), [bug.to_owned()]);
    let subject = &scenario.subjects[0];
    let course = Course::new(protocols::all(), name, &scenario, subject, &bugs).unwrap();
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
        assert!(shrunk.minimal, "{name}: {} runs", shrunk.runs);
        let text = text(&shrunk.scenario);
        let again = read(text.as_bytes(), name, &Words::of(protocols::all()));
        let again = again.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        assert_eq!(breaks(&again, property).as_ref(), Some(&shrunk.breaks), "{name}\n{text}");
        let Scenario { faults, messages, operations, .. } = &shrunk.scenario;
        each_is_needed(&shrunk, faults, |s, fewer| s.faults = fewer, "fault");
        each_is_needed(&shrunk, messages, |s, fewer| s.messages = fewer, "message");
        let operations = operations.clone().unwrap_or_default();
        each_is_needed(&shrunk, &operations, |s, fewer| s.operations = Some(fewer), "operation");
        assert!(faults.len() <= 3, "{name}: {text}");
        // Where no message is disturbed, operations need not be there to count messages.
        assert!(operations.len() <= 6 || !messages.is_empty(), "{name}: {text}");
        assert!(shrunk.after.operations < shrunk.before.operations, "{name}");
    }
}

#[test]
fn the_same_failure_shrinks_to_the_same_scenario() {
    let once = || shrinks("raft/minority-leader", "follower-read-own-commit", "linearizable", 60);
    let (first, second) = (once(), once());
    assert!(first.runs <= 60 + 64 && !first.minimal, "{} runs", first.runs);
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
