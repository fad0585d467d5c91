//! Scenarios written as files, and runs written as scenarios: what is read again is the same.

use scenarios::explicit::explicit;
use scenarios::format::{Scenario, Vocabulary, read, write};
use scenarios::library::LIBRARY;
use scenarios::run::{Case, Course, Extras};
use scenarios::words::Words;

fn words() -> Words {
    Words::of(protocols::all())
}

fn reads(text: &str, name: &str) -> Scenario {
    let read = read(text.as_bytes(), name, &words());
    read.unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false)))
}

fn writes(scenario: &Scenario, comment: &[String]) -> String {
    write(scenario, &words(), comment).unwrap_or_else(|why| panic!("{}: {why}", scenario.title))
}

/// The options of a scenario's protocols and of their loads, in words.
fn options(scenario: &Scenario) -> String {
    let words = words();
    let of = |subject: &scenarios::format::Subject| {
        let words = words.protocol(&subject.protocol).expect("it was read");
        let load = scenario.clients.load.as_deref().unwrap_or_default();
        let load = subject.load.as_ref().map(|options| words.write_load(load, options));
        format!("{} {:?} {load:?}\n", subject.protocol, words.write_options(&subject.options))
    };
    scenario.subjects.iter().map(of).collect()
}

#[test]
fn every_shipped_scenario_is_read_again_as_the_same() {
    for shipped in LIBRARY {
        let first = reads(shipped.text, shipped.name);
        let text = writes(&first, &["Written by a test".to_owned(), String::new()]);
        let again = reads(&text, shipped.name);
        assert_eq!(format!("{first:?}"), format!("{again:?}"), "{text}");
        assert_eq!(options(&first), options(&again), "{text}");
        assert_eq!(writes(&again, &[]), writes(&first, &[]));
        assert!(text.starts_with("# Written by a test\n#\ntitle "), "{text}");
        for (mine, other) in first.subjects.iter().zip(&again.subjects) {
            let course = |scenario, subject| {
                Course::new(protocols::all(), shipped.name, scenario, subject, &[])
            };
            let (mine, other) = (course(&first, mine).unwrap(), course(&again, other).unwrap());
            for seed in 0..3 {
                let (mine, other) = (mine.case(seed), other.case(seed));
                assert_eq!(mine.plan, other.plan, "{}", shipped.name);
                let settings = |case: &Case<'_>| case.job(Extras::default()).settings;
                assert_eq!(settings(&mine), settings(&other), "{}", shipped.name);
            }
        }
    }
}

/// The digest of a scenario's own seed, and what its run was when it is written out.
fn digest(scenario: &Scenario) -> u64 {
    let subject = &scenario.subjects[0];
    let course = Course::new(protocols::all(), "", scenario, subject, &[]).unwrap();
    course.run(scenario.own_seeds().start, Extras::default()).outcome.digest
}

#[test]
fn a_run_that_is_written_out_is_the_same_run() {
    for (place, shipped) in LIBRARY.iter().enumerate() {
        let scenario = reads(shipped.text, shipped.name);
        let subject = &scenario.subjects[place % scenario.subjects.len()];
        let course = Course::new(protocols::all(), shipped.name, &scenario, subject, &[]).unwrap();
        let seed = 3 + place as u64 % 4;
        let case = course.case(seed);
        let alone = explicit(&course, &case);
        let text = writes(&alone, &[]);
        let again = reads(&text, shipped.name);
        assert_eq!(again.own_seeds(), seed..seed + 1);
        let course_again =
            Course::new(protocols::all(), "", &again, &again.subjects[0], &[]).unwrap();
        assert_eq!(course_again.case(seed).plan, case.plan, "{}\n{text}", shipped.name);
        let ran = course.run(seed, Extras { write_out: true, ..Extras::default() });
        assert_eq!(digest(&again), ran.outcome.digest, "{}\n{text}", shipped.name);
    }
}
