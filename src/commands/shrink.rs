//! `shrink`: of a failure, the least that still breaks in the same way, as a scenario to read and to keep.

use super::replay::{departs, kept};
use super::{App, Exit, about_property};
use crate::args::Shrink;
use crate::files::write_whole;
use crate::progress::Counter;
use protocols::Ran;
use reports::story;
use scenarios::failure::Failure;
use scenarios::format::{self, Scenario};
use scenarios::run::{Course, Extras};
use scenarios::shrink::{Breaks, End, ROUNDS, Shrunk, Size, Task, Without, shrink};
use scenarios::tally;
use scenarios::words::Words;
use sim_core::fault::FaultId;
use sim_core::summary::Breach;
use std::path::{Path, PathBuf};

/// As wide as comments and what is told are.
const WIDTH: usize = 100;

/// Shrinks a failure.
pub fn run(app: &App, args: &Shrink) -> Exit {
    reduce(app, args).unwrap_or_else(|why| app.complain(&why))
}

fn reduce(app: &App, args: &Shrink) -> Result<Exit, String> {
    let kept = kept(app, &args.what, &args.failures)?;
    let (failure, course) = (&kept.failure, kept.course(app)?);
    let case = kept.case(&course)?;
    let again = course.run_case(&case, Extras::default());
    if departs(app, &course, failure, &again.outcome) {
        return Ok(Exit::Unsteady);
    }
    let task = Task {
        catalogue: app.catalogue,
        course: &course,
        case: &case,
        property: &failure.verdict.property,
        budget: args.runs,
    };
    let counter = Counter::new(app.manner.quiet || app.is_json());
    let seen = |scenario: &Scenario, runs: u64| {
        let Size { faults, operations, messages, .. } = Size::of(scenario);
        counter.tell(|| {
            format!("{runs} runs: {faults} faults, {operations} operations, {messages} messages")
        });
    };
    let shrunk = shrink(&task, &app.stop, &seen)?;
    counter.clear();
    counter.tell_end(shrunk.runs);
    tell(app, args, failure, &shrunk)?;
    Ok(if app.is_stopped() { Exit::Interrupted } else { Exit::Held })
}

/// Writes the scenario, and tells what is left, what it takes and how it comes about.
fn tell(app: &App, args: &Shrink, failure: &Failure, shrunk: &Shrunk) -> Result<(), String> {
    let mut scenario = shrunk.scenario.clone();
    scenario.title = format!("{} breaks: shrunk from {}", failure.verdict.property, failure.name);
    let finding = shrunk.outcome.finding(&failure.verdict.property);
    let why = finding.map(|finding| finding.why.as_str()).unwrap_or_default();
    let mut told = taken_away(shrunk);
    told.push(it_takes(shrunk));
    let comment = comment(failure, why, &told, scenario.own_seeds().start);
    let text = format::write(&scenario, &Words::of(app.catalogue), &comment)?;
    let (scenario, ran) = read_and_run(app, &text, &shrunk.breaks)?;
    let Some(output) = &args.output else {
        app.say(&text);
        return Ok(());
    };
    let path = place(output, failure);
    write_whole(&path, text.as_bytes())?;
    if app.manner.quiet {
        return Ok(());
    }
    let mut out = story_of(app, &path, &scenario, ran, &shrunk.breaks)?;
    out.push('\n');
    for line in &told {
        out.push_str(&format!("  {line}\n"));
    }
    out.push_str(&format!("\n  run it      splitbrain run {}\n", path.display()));
    app.say(&out);
    Ok(())
}

/// The file: in a folder, the failure's own name.
fn place(output: &Path, failure: &Failure) -> PathBuf {
    let is_folder = output.is_dir() || output.to_string_lossy().ends_with(['/', '\\']);
    if is_folder { output.join(format!("{}.toml", failure.file_stem())) } else { output.into() }
}

/// What a person should know who finds the file.
fn comment(failure: &Failure, why: &str, told: &[String], own: u64) -> Vec<String> {
    let mut lines = wrap(&format!("{}: {why}", failure.verdict.property));
    lines.push(String::new());
    let (seed, name) = (failure.seed, &failure.name);
    let runs = match own == seed {
        true => "Run, it breaks again.".to_owned(),
        false => format!("Run, it breaks alike, on seed {own}: there, less is enough."),
    };
    lines.extend(wrap(&format!("Shrunk from seed {seed} of {name}. {runs}")));
    for line in told {
        lines.extend(wrap(line));
    }
    lines
}

fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut filled = String::new();
        for word in line.split_whitespace() {
            if !filled.is_empty() && filled.chars().count() + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut filled));
            }
            if !filled.is_empty() {
                filled.push(' ');
            }
            filled.push_str(word);
        }
        lines.push(filled);
    }
    lines
}

/// What was taken away, in a line or two.
fn taken_away(shrunk: &Shrunk) -> Vec<String> {
    let (before, after) = (shrunk.before, shrunk.after);
    let became = |what: &str, before: String, after: String| {
        (before != after).then(|| format!("{what} {before} → {after}"))
    };
    let number =
        |what: &str, before: u64, after: u64| became(what, before.to_string(), after.to_string());
    // Where clients draw what they ask for, nobody has counted it.
    let asks = match (&shrunk.scenario.operations, shrunk.scenario.clients.count) {
        (None, 1..) => None,
        _ => number("operations", before.operations as u64, after.operations as u64),
    };
    let parts = [
        number("faults", before.faults as u64, after.faults as u64),
        asks,
        number("disturbed messages", before.messages as u64, after.messages as u64),
        number("nodes", before.nodes.into(), after.nodes.into()),
        number("clients", before.clients.into(), after.clients.into()),
        became("time", before.duration.short(), after.duration.short()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut lines = vec![match parts.is_empty() {
        true => "nothing could be taken away".into(),
        false => parts.join(", "),
    }];
    lines.extend(match shrunk.end {
        End::Minimal => None,
        End::Spent => Some(
            "the runs were spent before nothing more could be taken away: give it more --runs"
                .to_owned(),
        ),
        End::Rounds => Some(format!(
            "in the last of {ROUNDS} rounds something could still be taken away: run what is left, \
             and shrink that"
        )),
        End::Stopped => Some("it was stopped before nothing more could be taken away".to_owned()),
    });
    lines
}

/// Which faults it takes, and what happens without each of them.
fn it_takes(shrunk: &Shrunk) -> String {
    let ids: Vec<FaultId> = shrunk
        .scenario
        .faults
        .iter()
        .map(|line| FaultId { fault: line.id, nth: line.nth })
        .collect();
    let named: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let beside = beside(shrunk);
    let Some((last, others)) = named.split_last() else {
        return match beside.is_empty() {
            true => "it takes no fault at all".into(),
            false => format!("it takes no fault but {beside}"),
        };
    };
    let beside = if beside.is_empty() { beside } else { format!(", beside {beside}") };
    let list = match others {
        [] => format!("fault {last}"),
        others => format!("faults {} and {last}", others.join(", ")),
    };
    let without = match ids.len() {
        1 => "it",
        2 => "either",
        _ => "any one of them",
    };
    let all = |known: &dyn Fn(Without) -> bool| {
        shrunk.without.len() == ids.len() && shrunk.without.iter().all(|(_, what)| known(*what))
    };
    let holds = if all(&|what| what == Without::Holds) {
        "this seed holds"
    } else if all(&|what| what != Without::Unknown) {
        "it does not break so"
    } else {
        return format!("it takes {list}{beside}, as far as was tried");
    };
    format!("it takes {list}{beside}: without {without} {holds}")
}

/// What goes wrong that is no strike.
fn beside(shrunk: &Shrunk) -> String {
    let messages = match shrunk.after.messages {
        0 => None,
        1 => Some("a disturbed message".to_owned()),
        n => Some(format!("{n} disturbed messages")),
    };
    let chances = (shrunk.after.chances > 0).then(|| "the chances of [network]".to_owned());
    let clocks = shrunk.scenario.has_wrong_clocks().then(|| "clocks that are wrong".to_owned());
    let parts: Vec<String> = [messages, chances, clocks].into_iter().flatten().collect();
    parts.join(" and ")
}

/// Reads what was written and runs it: so it breaks for whoever does the same.
fn read_and_run(app: &App, text: &str, breaks: &Breaks) -> Result<(Scenario, Ran), String> {
    let read = format::read(text.as_bytes(), "", &Words::of(app.catalogue));
    let scenario = read.map_err(|problems| problems.render(false))?;
    let subject = scenario.subjects.first().ok_or("it runs nothing")?;
    let course = Course::new(app.catalogue, "", &scenario, subject, &[])?;
    let ran = course.run(scenario.own_seeds().start, Extras { trace: true, ..Extras::default() });
    if Breaks::of(&ran.outcome, &breaks.property).as_ref() != Some(breaks) {
        return Err(format!("{} does not break in the scenario as it is read", breaks.property));
    }
    Ok((scenario, ran))
}

/// How the scenario that was written breaks.
fn story_of(
    app: &App,
    path: &Path,
    scenario: &Scenario,
    ran: Ran,
    breaks: &Breaks,
) -> Result<String, String> {
    let name = path.display().to_string();
    let subject = scenario.subjects.first().ok_or("it runs nothing")?;
    let course = Course::new(app.catalogue, &name, scenario, subject, &[])?;
    let finding = ran.outcome.finding(&breaks.property).ok_or("the property is not checked")?;
    let replay = format!("splitbrain replay {name}");
    let breach = Breach { replay, ..tally::breach(&ran.outcome, finding) };
    let about = about_property(&course, &breaks.property);
    Ok(story::story(&breach, about, &ran.trace.unwrap_or_default(), app.colour()))
}
