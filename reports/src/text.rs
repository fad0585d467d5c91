//! The report of a run over many seeds: the verdict first, then what supports it.

use crate::colour::{BAD, Colour, DIM, GOOD, NAME, WARN};
use crate::words::{self, WIDTH, count, counted, cut, of, pad, width, wrap};
use crate::{breaches, measured};
use sim_core::outcome::Verdict;
use sim_core::summary::{Expectation, Hunt, PropertyTally, Summary};
use std::collections::{BTreeMap, BTreeSet};

/// Where the text of a row begins, where what was measured does, and where the result does.
const COLUMNS: [usize; 3] = [13, 49, 79];

/// The report of a run.
///
/// `stories` tell how breaches came about, as [`story::tale`](crate::story::tale) does; a report with one leaves
/// out the measures unless it is `verbose`. A verbose report lists every property and every measure.
pub fn run(summary: &Summary, stories: &[String], verbose: bool, colour: Colour) -> String {
    let mut report = Report { summary, verbose, colour, out: String::new() };
    report.header();
    for story in stories {
        report.out.push('\n');
        report.out.push_str(story);
    }
    let is_short = !stories.is_empty() && !verbose;
    if is_short {
        report.broken(true);
        report.expected(true);
    } else {
        report.out.push('\n');
        report.promised();
        report.expected(false);
        report.struck();
        report.measured();
        report.broken(!stories.is_empty());
    }
    report.replay();
    report.closing();
    report.out
}

/// What came of the expectations between those that ran one scenario.
pub fn between(
    scenario: &str,
    contenders: &[String],
    expectations: &[Expectation],
    colour: Colour,
) -> String {
    let is_missed = expectations.iter().any(|expectation| expectation.met == Some(false));
    let (word, style) = if is_missed { ("BROKEN", BAD) } else { ("HOLDS ", GOOD) };
    let summary = &Summary::default();
    let mut report = Report { summary, verbose: false, colour, out: String::new() };
    let name = colour.paint(NAME, &cut(scenario, WIDTH / 2));
    let word = colour.paint(style, word);
    report.line(&format!("{word} {name} · between {}", words::join(contenders)));
    report.out.push('\n');
    report.expectations("expected", expectations);
    report.out
}

struct Report<'a> {
    summary: &'a Summary,
    verbose: bool,
    colour: Colour,
    out: String,
}

impl Report<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn header(&mut self) {
        let (summary, colour) = (self.summary, self.colour);
        let run = summary.seeds.run;
        let (word, style, some) = match summary.verdict() {
            Verdict::Holds => ("HOLDS ", GOOD, summary.seeds.held),
            Verdict::Broken => ("BROKEN", BAD, summary.seeds.broken),
            Verdict::Unknown => ("UNDECIDED", WARN, summary.seeds.unknown),
        };
        let mut rest = match teaching(summary) {
            Some(lesson) => format!(" · {lesson}"),
            None if run == 0 => " · no seed ran".to_owned(),
            None if some == 0 => " · an expectation was missed".to_owned(),
            None => format!(" · {some} of {}", counted(run, "seed")),
        };
        if !summary.planted.is_empty() {
            let word = if summary.planted.len() == 1 { "bug" } else { "bugs" };
            rest += &format!(" · planted {word}: {}", summary.planted.join(", "));
        }
        let name = cut(&summary.scenario, WIDTH / 2);
        let rest = cut(&rest, WIDTH - width(word) - 1 - width(&name));
        let (word, name) = (colour.paint(style, word), colour.paint(NAME, &name));
        self.line(&format!("{word} {name}{rest}"));
        for line in wrap(&summary.title, WIDTH - 7) {
            self.line(&format!("       {line}"));
        }
        if let Some(excuse) = excuse(summary) {
            self.line(&format!("       ({excuse})"));
        }
    }

    /// One row of the block that supports the verdict.
    fn row(&mut self, label: &str, text: &str, measured: &str, result: &str, well: Option<bool>) {
        let style = match well {
            Some(true) => GOOD,
            Some(false) => BAD,
            None => WARN,
        };
        let mut row = pad(&format!("  {label}"), COLUMNS[0]);
        let room = WIDTH - 2 - width(result);
        if measured.is_empty() {
            row += &cut(text, room - COLUMNS[0]);
        } else {
            let text = cut(text, room - COLUMNS[0] - 2 - width(measured).min(24));
            row = pad(&(row + &text), COLUMNS[1]);
            row += &cut(measured, room.saturating_sub(width(&row)));
        }
        let row = pad(&row, COLUMNS[2]);
        let room = WIDTH.saturating_sub(width(&row));
        let row = row + &self.colour.paint(style, &cut(result, room));
        self.line(&row);
    }

    fn promised(&mut self) {
        let (summary, verbose) = (self.summary, self.verbose);
        let tallies = &summary.properties;
        let seeds = |tally: &PropertyTally| tally.held + tally.broken + tally.unknown;
        let plain = |tally: &&PropertyTally| {
            let is_sound = tally.broken + tally.unknown + tally.unpromised == 0;
            !verbose && tally.promised && is_sound && detail(summary, tally).is_empty()
        };
        let mut label = "promised";
        let all: Vec<&PropertyTally> = tallies.iter().filter(plain).collect();
        for (run, names) in by_seeds(&all, seeds) {
            self.row(std::mem::take(&mut label), &shortened(&names), "", &of(run, run), Some(true));
        }
        for tally in tallies.iter().filter(|t| t.promised && !plain(t)) {
            let detail = detail(self.summary, tally);
            let comma = if detail.is_empty() { "" } else { ", " };
            let text = format!("{}{comma}{detail}", tally.property);
            let (result, well) = verdict_of(tally, seeds(tally));
            self.row(std::mem::take(&mut label), &text, "", &result, well);
        }
        if tallies.is_empty() {
            self.row(label, "nothing", "", "", None);
        }
        self.beyond();
    }

    /// What broke or was checked without being promised.
    fn beyond(&mut self) {
        let mut label = "beyond";
        for tally in &self.summary.properties {
            let run = tally.held + tally.broken + tally.unpromised + tally.unknown;
            if tally.unpromised > 0 {
                let under = under(self.summary, &tally.property);
                let text = format!("{}, not promised{under}", tally.property);
                let result = format!("broke in {}", of(tally.unpromised, run));
                self.row(std::mem::take(&mut label), &text, "", &result, None);
            } else if self.verbose && !tally.promised {
                let text = format!("{}, not promised", tally.property);
                let well = (tally.held == run).then_some(true);
                self.row(std::mem::take(&mut label), &text, "", &of(tally.held, run), well);
            }
        }
    }

    fn expected(&mut self, only_missed: bool) {
        let expectations = self.summary.expectations.iter();
        let missed = |e: &&Expectation| !only_missed || e.met == Some(false);
        let shown: Vec<Expectation> = expectations.filter(missed).cloned().collect();
        if only_missed && !shown.is_empty() {
            self.out.push('\n');
        }
        self.expectations("expected", &shown);
    }

    fn expectations(&mut self, mut label: &str, shown: &[Expectation]) {
        let run = self.summary.seeds.run;
        let scopes = shown.iter().map(|e| width(&e.scope)).max().unwrap_or(0);
        for expectation in shown {
            let missed_by = expectation.missed_by.map(|seed| format!(", not seed {seed}"));
            let result = match (expectation.met, expectation.scope.as_str()) {
                (None, _) => "not judged".to_owned(),
                (Some(_), "each") => of(expectation.seeds, run) + &missed_by.unwrap_or_default(),
                (Some(true), _) => "yes".to_owned(),
                (Some(false), _) => format!("no{}", missed_by.unwrap_or_default()),
            };
            let text = format!("{}{}", pad(&expectation.scope, scopes + 2), expectation.text);
            let measured = &expectation.measured;
            self.row(std::mem::take(&mut label), &text, measured, &result, expectation.met);
        }
    }

    fn struck(&mut self) {
        let summary = self.summary;
        let fired = summary.fired.iter().filter(|fired| fired.times > 0);
        let fired: Vec<String> =
            fired.map(|fired| format!("{} {}", fired.kind, count(fired.times))).collect();
        let mut lines = vec![String::new()];
        for kind in &fired {
            let line = lines.last_mut().expect("there is always a line");
            if line.is_empty() {
                line.push_str(kind);
            } else if COLUMNS[0] + width(line) + 3 + width(kind) + 2 <= COLUMNS[2] {
                line.push_str(&format!("   {kind}"));
            } else {
                lines.push(kind.clone());
            }
        }
        let idle = &summary.idle;
        if fired.is_empty() {
            lines = vec!["nothing".to_owned()];
        }
        let result = if idle.is_empty() && !fired.is_empty() { "none idle" } else { "" };
        for (place, line) in lines.iter().enumerate() {
            let (label, result) = if place == 0 { ("struck", result) } else { ("", "") };
            self.row(label, line, "", result, Some(true));
        }
        if let Some(hunt) = &summary.hunt {
            self.hunted(hunt);
        }
        if !idle.is_empty() {
            let word = if idle.len() == 1 { "fault" } else { "faults" };
            let text = format!("never struck: {word} {}", idle.join(", "));
            let lines = wrap(&text, WIDTH - COLUMNS[0]);
            for line in lines {
                let line = self.colour.paint(WARN, &line);
                self.line(&format!("{}{line}", " ".repeat(COLUMNS[0])));
            }
        }
    }

    /// What a hunt never tried, and where it got.
    fn hunted(&mut self, hunt: &Hunt) {
        if !hunt.never.is_empty() {
            let never: Vec<String> = hunt.never.iter().map(ToString::to_string).collect();
            self.row("", &format!("never struck: {}", never.join(", ")), "", "never", None);
        }
        let (states, transitions) = (hunt.states, hunt.transitions.len() as u64);
        let text = format!(
            "{} by {}, the last new one on seed {}",
            counted(states, "coarse state"),
            counted(transitions, "transition"),
            count(hunt.last_new)
        );
        self.row("reached", &text, "", &hunt.search, Some(true));
        if let Some(seed) = hunt.cut {
            let mut text = format!("before seed {}, of {}", count(seed), count(hunt.seeds.1));
            if hunt.after_cut > 0 {
                text += &format!("; {} after it counted", counted(hunt.after_cut, "run"));
            }
            self.row("cut", &text, "", "cut", None);
        }
    }

    /// What clients met, in figures.
    fn measured(&mut self) {
        let table = measured::table(self.summary, self.verbose, self.colour);
        if !table.is_empty() {
            self.out.push('\n');
            self.out.push_str(&table);
        }
    }

    /// Breaches of promises beside the one that is told, and what held all the same.
    fn broken(&mut self, is_told: bool) {
        let others = breaches::others(self.summary, is_told);
        let held = breaches::held(self.summary).filter(|_| is_told);
        if others.is_empty() && held.is_none() {
            return;
        }
        self.out.push('\n');
        for text in others.iter().chain(&held) {
            for (place, line) in wrap(text, WIDTH - 4).iter().enumerate() {
                self.line(&format!("  {}{line}", if place == 0 { "" } else { "  " }));
            }
        }
    }

    fn replay(&mut self) {
        let promised = breaches::fingerprints(self.summary);
        let Some(breach) = promised.first().map(|group| group[0]) else { return };
        if !breach.replay.is_empty() {
            self.out.push('\n');
            self.line(&format!("  replay it   {}", self.colour.paint(NAME, &breach.replay)));
        }
    }

    fn closing(&mut self) {
        let summary = self.summary;
        let sizes: Vec<String> = summary.nodes.iter().map(u32::to_string).collect();
        let nodes = match summary.nodes.as_slice() {
            [] => "no nodes".to_owned(),
            [1] => "1 node".to_owned(),
            _ => format!("{} nodes", words::either(&sizes)),
        };
        let clients = match summary.clients {
            0 => "no clients".to_owned(),
            n if summary.load.is_empty() => counted(n.into(), "client"),
            n => format!("{}, {}", counted(n.into(), "client"), summary.load),
        };
        let line = format!(
            "{} · {nodes} · {} + {} · {clients} · {} · digest {}",
            summary.protocol,
            summary.duration.short(),
            summary.settle.short(),
            words::seed_range(summary),
            words::digest(summary.digest)
        );
        self.out.push('\n');
        for line in wrap(&line, WIDTH - 4) {
            self.line(&format!("  {}", self.colour.paint(DIM, &line)));
        }
    }
}

/// What a teaching scenario broke, as it was meant to; none when it expects no breach or missed it.
fn teaching(summary: &Summary) -> Option<String> {
    if summary.verdict() != Verdict::Holds {
        return None;
    }
    let met = |e: &&Expectation| e.scope == "breaks" && e.met == Some(true);
    let broke = summary.expectations.iter().filter(met);
    let broke: Vec<String> = broke
        .map(|e| {
            format!("broke {} in {} of {}", e.text, e.seeds, counted(summary.seeds.run, "seed"))
        })
        .collect();
    (!broke.is_empty()).then(|| format!("{}, as it must", words::join(&broke)))
}

/// Why what broke in a teaching scenario is no shame: it is not promised there.
fn excuse(summary: &Summary) -> Option<String> {
    teaching(summary)?;
    let kinds: BTreeSet<String> = summary
        .broken
        .iter()
        .filter(|breach| !breach.promised)
        .flat_map(|breach| breach.beyond.iter().map(|kind| format!("`{kind}`")))
        .collect();
    let kinds: Vec<String> = kinds.into_iter().collect();
    let protocol = &summary.protocol;
    (!kinds.is_empty())
        .then(|| format!("under {}, where {protocol} does not promise it", words::join(&kinds)))
}

/// ` under cut and pause`: the faults under which a property is not promised and that struck before it broke.
fn under(summary: &Summary, property: &str) -> String {
    let breaches = summary.broken.iter().filter(|b| !b.promised && b.property == property);
    let kinds: BTreeSet<_> = breaches.flat_map(|breach| breach.beyond.iter().copied()).collect();
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    match kinds.is_empty() {
        true => String::new(),
        false => format!(" under {}", words::join(&kinds)),
    }
}

/// Names of properties by the number of seeds in which they were judged.
fn by_seeds<'a>(
    tallies: &[&'a PropertyTally],
    seeds: impl Fn(&PropertyTally) -> u64,
) -> BTreeMap<u64, Vec<&'a str>> {
    let mut groups: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for tally in tallies {
        groups.entry(seeds(tally)).or_default().push(&tally.property);
    }
    groups
}

/// As many names as fit, and how many more there are.
fn shortened(names: &[&str]) -> String {
    let room = COLUMNS[2] - COLUMNS[0] - 8;
    let mut fit = names.len();
    while fit > 1 && width(&names[..fit].join(", ")) > room {
        fit -= 1;
    }
    let text = names[..fit].join(", ");
    match names.len() - fit {
        0 => text,
        more => format!("{text}, +{more}"),
    }
}

/// Figures that belong to a property; for the one that is judged by operations, how many there were.
fn detail(summary: &Summary, tally: &PropertyTally) -> String {
    if !tally.detail.is_empty() || tally.property != "linearizable" || summary.operations == 0 {
        return tally.detail.clone();
    }
    format!("{} on {}", counted(summary.operations, "operation"), counted(summary.keys, "key"))
}

fn verdict_of(tally: &PropertyTally, run: u64) -> (String, Option<bool>) {
    let result = of(tally.held, run);
    match (tally.broken, tally.unknown) {
        (0, 0) => (result, Some(true)),
        (0, unknown) => (format!("{result}, {unknown} undecided"), None),
        (broken, _) => (format!("{result}, {broken} broke"), Some(false)),
    }
}
