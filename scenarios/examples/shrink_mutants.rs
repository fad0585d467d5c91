//! Plants every bug of some protocols, shrinks the first failure that each shows, and says how small they become:
//! `cargo run --release -p scenarios --example shrink_mutants -- raft pbft`.

#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // it measures real time

use scenarios::format::{Scenario, read};
use scenarios::library::LIBRARY;
use scenarios::mutants::{Stage, hunt, serves};
use scenarios::run::Course;
use scenarios::shrink::{BUDGET, Shrunk, Task, shrink};
use scenarios::words::Words;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// How many seeds of each scenario are tried for a failure.
const SEEDS: u64 = 300;

fn main() {
    let catalogue = protocols::all();
    let words = Words::of(catalogue);
    let library: Vec<(&str, Scenario)> = LIBRARY
        .iter()
        .filter_map(|shipped| {
            Some((shipped.name, read(shipped.text.as_bytes(), shipped.name, &words).ok()?))
        })
        .collect();
    let stop = AtomicBool::new(false);
    let mut rows: Vec<(Shrunk, f64)> = Vec::new();
    println!(
        "bug  scenario seed property  faults operations messages nodes clients  runs  seconds"
    );
    for name in std::env::args().skip(1) {
        let Some(entry) = catalogue.get(&name) else {
            println!("there is no protocol {name}");
            continue;
        };
        let stages: Vec<Stage<'_>> = library
            .iter()
            .filter(|(_, scenario)| serves(entry, scenario))
            .map(|(name, scenario)| Stage { name, scenario })
            .collect();
        for bug in entry.bugs() {
            let caught = hunt(catalogue, entry, &bug, &stages, SEEDS, &stop).expect("its own bug");
            let Some(caught) = caught else {
                println!("{name}/{}  not caught", bug.id);
                continue;
            };
            let scenario =
                &library.iter().find(|(name, _)| *name == caught.scenario).expect("it").1;
            let subject = scenario.subjects.iter().find(|s| s.protocol == name).expect("it serves");
            let bugs = [bug.id.to_owned()];
            let course = Course::new(catalogue, &caught.scenario, scenario, subject, &bugs);
            let course = course.expect("its own bug");
            let case = course.case(caught.seed);
            let (seed, property) = (caught.seed, caught.by.as_str());
            let task = Task { catalogue, course: &course, case: &case, property, budget: BUDGET };
            let begun = Instant::now();
            match shrink(&task, &stop, &|_, _| ()) {
                Err(why) => println!("{name}/{}  {why}", bug.id),
                Ok(shrunk) => {
                    let took = begun.elapsed().as_secs_f64();
                    row(
                        &format!("{name}/{}  {} {seed} {property}", bug.id, caught.scenario),
                        &shrunk,
                        took,
                    );
                    rows.push((shrunk, took));
                }
            }
        }
    }
    medians(rows);
}

fn row(what: &str, shrunk: &Shrunk, took: f64) {
    let Shrunk { before, after, runs, minimal, .. } = shrunk;
    println!(
        "{what}  {}→{} {}→{} {}→{} {}→{} {}→{}  {runs}{}  {took:.1}",
        before.faults,
        after.faults,
        before.operations,
        after.operations,
        before.messages,
        after.messages,
        before.nodes,
        after.nodes,
        before.clients,
        after.clients,
        if *minimal { "" } else { " (spent)" },
    );
}

fn medians(rows: Vec<(Shrunk, f64)>) {
    let median = |of: &dyn Fn(&(Shrunk, f64)) -> f64| {
        let mut all: Vec<f64> = rows.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    let small = |before: usize, after: usize| after * 5 <= before || after <= 6;
    let large = rows.iter().filter(|(one, _)| {
        !small(one.before.faults, one.after.faults)
            || !small(one.before.operations, one.after.operations)
    });
    println!(
        "{} failures; medians: faults {}, operations {}, messages {}, runs {}, seconds {:.1}; {} larger than a \
         fifth and than six; {} not minimal",
        rows.len(),
        median(&|(one, _)| one.after.faults as f64),
        median(&|(one, _)| one.after.operations as f64),
        median(&|(one, _)| one.after.messages as f64),
        median(&|(one, _)| one.runs as f64),
        median(&|(_, took)| *took),
        large.count(),
        rows.iter().filter(|(one, _)| !one.minimal).count(),
    );
}
