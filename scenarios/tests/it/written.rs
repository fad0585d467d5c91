//! Scenarios written as files, and runs written as scenarios: what is read again is the same.

use protocols::Ran;
use scenarios::explicit::explicit;
use scenarios::format::{Scenario, Vocabulary, read, schema, write};
use scenarios::library::{LIBRARY, Shipped};
use scenarios::run::{Case, Course, Extras};
use scenarios::words::Words;
use sim_core::Chance;
use sim_core::outcome::Outcome;
use sim_core::settings::NetworkSettings;

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
    let alone = |shipped: &'static Shipped| {
        let scenario = reads(shipped.text, shipped.name);
        let each: Vec<Scenario> = scenario.each().to_vec();
        each.into_iter().map(move |mut one| {
            // What was laid over a file is in it when it is written; beside whom it ran is not.
            if one.variant.take().is_some() {
                one.expect.between.clear();
            }
            (shipped, one)
        })
    };
    for (shipped, first) in LIBRARY.iter().flat_map(alone) {
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
        plays_back(again, &ran, shipped.name);
    }
}

/// What a run came to in everything that is measured, judged and counted of it.
fn came_to(outcome: &Outcome) -> impl PartialEq + std::fmt::Debug {
    let Outcome { findings, fired, counts, samples, lasted, operations, .. } = outcome.clone();
    (findings, fired, counts, samples, lasted, operations)
}

/// Told what clients asked for, and what happened to messages by chance, a run is the same without drawing either.
fn plays_back(mut told: Scenario, ran: &Ran, name: &str) {
    let written = ran.written.clone().expect("it was asked for");
    if told.clients.count > 0 {
        told.operations = Some(written.operations);
    }
    // A fault of links draws for itself, and stays.
    if told.faults.iter().all(|line| !line.what.kind().is_about_messages()) {
        let NetworkSettings { loss, duplicate, reorder, corrupt, .. } = &mut told.network;
        [loss, duplicate, reorder, corrupt].into_iter().for_each(|chance| *chance = Chance::NEVER);
        told.messages = written.messages;
    }
    let course = Course::new(protocols::all(), "", &told, &told.subjects[0], &[]).unwrap();
    let again = course.run(told.own_seeds().start, Extras::default());
    assert_eq!(came_to(&again.outcome), came_to(&ran.outcome), "{name}");
}

/// What is written, an editor that knows the schema takes as well, and so it does what people write.
#[test]
fn what_is_written_fits_the_schema() {
    let schema = schema(&Words::of(protocols::all()));
    let schema = jsonschema::validator_for(&schema).expect("a sound schema");
    let fits = |text: &str, name: &str| {
        let file: serde_json::Value = toml::from_str(text).expect("it is TOML");
        let wrong: Vec<String> = schema.iter_errors(&file).map(|wrong| wrong.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{text}");
    };
    let happens = [
        "lose = true",
        "damage = true",
        "late = \"0s\"",
        "held-back = \"1ms\"",
        "again = \"1s\"",
        "stale = \"1s\", nth = 2",
    ];
    for what in happens {
        let message = format!("{{ link = \"n1 > c1\", at = \"1s\", {what} }}");
        let text = format!(
            "title = \"A message\"\nprotocol = \"raft\"\nnodes = 3\nduration = \"2s\"\n\
             messages = [{message}]\nclients = {{ count = 1 }}\n"
        );
        fits(&text, what);
        let scenario = reads(&text, what);
        let again = reads(&writes(&scenario, &[]), what);
        assert_eq!((scenario.messages.len(), &scenario.messages), (1, &again.messages), "{what}");
    }
    for (place, shipped) in LIBRARY.iter().enumerate() {
        fits(shipped.text, shipped.name);
        let scenario = reads(shipped.text, shipped.name);
        let subject = &scenario.subjects[place % scenario.subjects.len()];
        let course = Course::new(protocols::all(), shipped.name, &scenario, subject, &[]).unwrap();
        let case = course.case(3);
        let ran = course.run(3, Extras { write_out: true, ..Extras::default() });
        let written = ran.written.expect("it was asked for");
        let mut told = explicit(&course, &case);
        if told.clients.count > 0 {
            told.operations = Some(written.operations.into_iter().take(50).collect());
        }
        told.messages = written.messages.into_iter().take(50).collect();
        fits(&writes(&told, &[]), shipped.name);
    }
}

#[test]
fn chances_are_played_back_on_streams_and_without_a_pause() {
    for transport in ["datagram", "stream"] {
        let text = format!(
            "title = \"Chances\"\nprotocol = \"raft\"\nnodes = 5\nduration = \"3s\"\nseed = 7\n\
             [network]\ntransport = \"{transport}\"\nloss = \"3%\"\ncorrupt = \"1%\"\n{}\
             [clients]\ncount = 3\nthink = \"0s..1ms\"\noperations = 60\n",
            if transport == "stream" { "" } else { "duplicate = \"2%\"\nreorder = \"5%\"\n" },
        );
        let scenario = reads(&text, transport);
        let course = Course::new(protocols::all(), "", &scenario, &scenario.subjects[0], &[]);
        let course = course.unwrap();
        let ran = course.run(7, Extras { write_out: true, ..Extras::default() });
        let written = ran.written.as_ref().expect("it was asked for");
        let (messages, operations) = (written.messages.len(), written.operations.len());
        assert!(messages > 20 && operations > 20, "{transport}: {messages}, {operations}");
        plays_back(explicit(&course, &course.case(7)), &ran, transport);
    }
}
