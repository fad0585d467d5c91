//! Plants every bug of the catalogue, or of some protocols, catches it as the shipped scenarios do, `PROTOCOL/swarm`
//! first, shrinks the failure, and says in a table how small all became:
//! `cargo run --release -p scenarios --example shrink_mutants -- [PROTOCOL…]`. Of single bugs, named as `PROTOCOL/BUG`,
//! it shows what is left as well. Seconds are those of one processor.

use cpu_time::ProcessTime;
use protocols::{Catalogue, Entry};
use scenarios::format::{Scenario, read, write};
use scenarios::library::LIBRARY;
use scenarios::mutants::{Catch, Stage, hunt, serves};
use scenarios::run::Course;
use scenarios::shrink::{BUDGET, End, Shrunk, Task, shrink};
use scenarios::words::Words;
use std::sync::atomic::AtomicBool;

/// How many seeds of each scenario are tried for a failure.
const SEEDS: u64 = 300;
/// So few elements are small, whatever they were before.
const FEW: usize = 6;
/// More elements than this are told of, whatever they were before.
const MANY: usize = 20;

/// A failure that was shrunk.
struct Row {
    protocol: &'static str,
    /// The bug, its scenario, seed and property.
    what: String,
    shrunk: Shrunk,
    seconds: f64,
}

impl Row {
    /// What is left of faults, operations, disturbed messages and chances, in hundredths.
    fn share(&self) -> f64 {
        let (before, after) = (self.shrunk.before.elements(), self.shrunk.after.elements());
        after as f64 * 100.0 / before.max(1) as f64
    }

    fn is_small(&self) -> bool {
        let after = self.shrunk.after;
        self.share() <= 20.0 && after.elements() <= MANY || after.elements() <= FEW
    }

    fn told(&self) -> String {
        let Shrunk { before, after, runs, end, .. } = &self.shrunk;
        let chances = match after.chances {
            0 => String::new(),
            1 => " and a chance".to_owned(),
            n => format!(" and {n} chances"),
        };
        format!(
            "| {} | {}→{} | {}→{} | {}→{}{chances} | {:.1} % | {:.1} | {runs}{} |",
            self.what,
            before.faults,
            after.faults,
            before.operations,
            after.operations,
            before.messages,
            after.messages,
            self.share(),
            self.seconds,
            if *end == End::Minimal { String::new() } else { format!(" ({end:?})") },
        )
    }
}

fn main() {
    let catalogue = protocols::all();
    let words = Words::of(catalogue);
    let of = |shipped: &scenarios::library::Shipped| {
        Some((shipped.name, read(shipped.text.as_bytes(), shipped.name, &words).ok()?))
    };
    let library: Vec<(&str, Scenario)> = LIBRARY.iter().filter_map(of).collect();
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut rows = Vec::new();
    for entry in catalogue.iter() {
        let is_wanted = |bug: &str| {
            let whole = format!("{}/{bug}", entry.name());
            wanted.is_empty() || wanted.iter().any(|name| name == entry.name() || *name == whole)
        };
        let own = rows.len();
        shrink_all(catalogue, entry, &is_wanted, &library, &mut rows);
        for row in rows[own..].iter().filter(|_| wanted.iter().any(|name| name.contains('/'))) {
            println!("{}", write(&row.shrunk.scenario, &words, &[]).unwrap_or_else(|why| why));
        }
    }
    table(&rows);
}

/// Plants and shrinks every bug of a protocol.
fn shrink_all(
    catalogue: Catalogue,
    entry: &'static dyn Entry,
    is_wanted: &dyn Fn(&str) -> bool,
    library: &[(&str, Scenario)],
    rows: &mut Vec<Row>,
) {
    let swarm = format!("{}/swarm", entry.name());
    let serving = library.iter().filter(|(_, scenario)| serves(entry, scenario));
    let (swarms, others): (Vec<_>, Vec<_>) = serving.partition(|(name, _)| *name == swarm);
    let stop = AtomicBool::new(false);
    for bug in entry.bugs().into_iter().filter(|bug| is_wanted(bug.id)) {
        let caught = [&swarms, &others].into_iter().find_map(|stages| {
            let stages = stages.iter().map(|(name, scenario)| Stage { name, scenario });
            let stages: Vec<Stage<'_>> = stages.collect();
            hunt(catalogue, entry, &bug, &stages, SEEDS, &stop).expect("its own bug")
        });
        let Some(caught) = caught else {
            eprintln!("{}/{}  not caught in {SEEDS} seeds", entry.name(), bug.id);
            continue;
        };
        let scenario = &library.iter().find(|(name, _)| *name == caught.scenario).expect("it").1;
        match shrink_one(catalogue, entry, bug.id, &caught, scenario) {
            Err(why) => eprintln!("{}/{}  {why}", entry.name(), bug.id),
            Ok(row) => {
                eprintln!("{}", row.told());
                rows.push(row);
            }
        }
    }
}

fn shrink_one(
    catalogue: Catalogue,
    entry: &'static dyn Entry,
    bug: &str,
    caught: &Catch,
    scenario: &Scenario,
) -> Result<Row, String> {
    let (protocol, bugs) = (entry.name(), [bug.to_owned()]);
    let subject = scenario.subjects.iter().find(|one| one.protocol == protocol).expect("it serves");
    let course = Course::new(catalogue, &caught.scenario, scenario, subject, &bugs)?;
    let case = course.case(caught.seed);
    let property = caught.by.as_str();
    let task = Task { catalogue, course: &course, case: &case, property, budget: BUDGET };
    let begun = ProcessTime::now();
    let shrunk = shrink(&task, &AtomicBool::new(false), &|_, _| ())?;
    let seconds = begun.elapsed().as_secs_f64();
    let what = format!("{bug} ({} {}, {property})", caught.scenario, caught.seed);
    Ok(Row { protocol, what, shrunk, seconds })
}

/// The median and the worst of each protocol and of all, and those that are not small.
fn table(rows: &[Row]) {
    println!("| protocol | bugs | faults | operations | messages | left | seconds | runs |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut protocols: Vec<&str> = rows.iter().map(|row| row.protocol).collect();
    protocols.dedup();
    for protocol in protocols {
        let own: Vec<&Row> = rows.iter().filter(|row| row.protocol == protocol).collect();
        println!("{}", summed_up(protocol, &own));
    }
    let all: Vec<&Row> = rows.iter().collect();
    println!("{}", summed_up("**all**", &all));
    println!("\n| larger than the rest | faults | operations | messages | left | seconds | runs |");
    println!("|---|---|---|---|---|---|---|");
    for row in rows.iter().filter(|row| !row.is_small()) {
        println!("{}", row.told().replacen("| ", &format!("| {}/", row.protocol), 1));
    }
}

fn summed_up(name: &str, rows: &[&Row]) -> String {
    let both = |of: &dyn Fn(&Row) -> f64, digits: usize| {
        let mut all: Vec<f64> = rows.iter().map(|row| of(row)).collect();
        all.sort_by(f64::total_cmp);
        let at = |place: usize| all.get(place).copied().unwrap_or(0.0);
        let (median, most) = (at(all.len() / 2), at(all.len().saturating_sub(1)));
        format!("{median:.digits$}, {most:.digits$}")
    };
    format!(
        "| {name} | {} | {} | {} | {} | {} % | {} | {} |",
        rows.len(),
        both(&|row| row.shrunk.after.faults as f64, 0),
        both(&|row| row.shrunk.after.operations as f64, 0),
        both(&|row| row.shrunk.after.messages as f64, 0),
        both(&|row| row.share(), 1),
        both(&|row| row.seconds, 1),
        both(&|row| row.shrunk.runs as f64, 0),
    )
}
