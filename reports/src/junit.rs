//! JUnit reports, as continuous integration reads them: a suite for each scenario and protocol, a case for each
//! property; and one for the failures that are known, a case for each file.

use crate::known::{Fate, Known};
use sim_core::outcome::Verdict;
use sim_core::summary::{Breach, PropertyTally, Summary};
use std::fmt::Write as _;

/// A report. Each summary comes with the stories of its failures.
pub fn report(known: &[Known], suites: &[(&Summary, Vec<(&Breach, String)>)]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"splitbrain\">\n",
    );
    if !known.is_empty() {
        regressions(&mut out, known);
    }
    for (summary, stories) in suites {
        suite(&mut out, summary, stories);
    }
    out.push_str("</testsuites>\n");
    out
}

/// The failures that are known, and what became of them.
fn regressions(out: &mut String, known: &[Known]) {
    let all = |fate| known.iter().filter(|one| one.fate == fate).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"regressions\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        known.len(),
        all(Fate::Broken),
        all(Fate::Unplayable),
        all(Fate::Unknown),
    );
    for one in known {
        let Known { file, fate, property, why, replay, .. } = one;
        let property = property.as_deref().unwrap_or_default();
        let (file, why) = (text(file), text(why));
        let _ = write!(out, "    <testcase classname=\"regressions\" name=\"{file}\"");
        let _ = match fate {
            Fate::Holds => writeln!(out, "/>"),
            Fate::Unknown => writeln!(out, "><skipped message=\"{why}\"/></testcase>"),
            Fate::Unplayable => writeln!(out, "><error message=\"{why}\"/></testcase>"),
            Fate::Broken => writeln!(
                out,
                ">\n      <failure type=\"{0}\" message=\"{0}: {why}\">replay it   {1}</failure>\n    </testcase>",
                text(property),
                text(replay),
            ),
        };
    }
    out.push_str("  </testsuite>\n");
}

fn suite(out: &mut String, summary: &Summary, stories: &[(&Breach, String)]) {
    // What a scenario plants a bug to break is an expectation, and no promise.
    let is_meant = |tally: &PropertyTally| {
        summary.expectations.iter().any(|e| e.scope == "breaks" && e.text == tally.property)
    };
    let counts = |tally: &&PropertyTally| tally.promised && !is_meant(tally);
    let cases: Vec<&PropertyTally> = summary.properties.iter().filter(counts).collect();
    let missed: Vec<_> =
        summary.expectations.iter().filter(|expectation| expectation.met.is_some()).collect();
    let failures = cases.iter().filter(|tally| tally.broken > 0).count()
        + missed.iter().filter(|expectation| expectation.met == Some(false)).count();
    let name = text(&format!("{} {}", summary.protocol, summary.scenario));
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\">",
        cases.len() + missed.len(),
        cases.iter().filter(|tally| tally.broken == 0 && tally.unknown > 0).count(),
    );
    for tally in cases {
        case(out, summary, tally, stories);
    }
    for expectation in missed {
        let what = text(&format!("expected {} {}", expectation.scope, expectation.text));
        let _ = write!(out, "    <testcase classname=\"{name}\" name=\"{what}\"");
        match expectation.met {
            Some(false) => {
                let measured = text(&expectation.measured);
                let _ = writeln!(out, "><failure message=\"{measured}\"/></testcase>");
            }
            _ => out.push_str("/>\n"),
        }
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, summary: &Summary, tally: &PropertyTally, stories: &[(&Breach, String)]) {
    let class = text(&format!("{} {}", summary.protocol, summary.scenario));
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{}\"", text(&tally.property));
    let verdict = match (tally.broken, tally.unknown) {
        (0, 0) => Verdict::Holds,
        (0, _) => Verdict::Unknown,
        _ => Verdict::Broken,
    };
    match verdict {
        Verdict::Holds => out.push_str("/>\n"),
        Verdict::Unknown => {
            let _ = writeln!(
                out,
                "><skipped message=\"undecided in {} seeds\"/></testcase>",
                tally.unknown
            );
        }
        Verdict::Broken => {
            let ours = stories.iter().filter(|(breach, _)| breach.property == tally.property);
            let ours: Vec<_> = ours.collect();
            let why = ours.first().map_or("", |(breach, _)| breach.why.as_str());
            let message =
                text(&format!("broke in {} of {} seeds: {why}", tally.broken, summary.seeds.run));
            let _ = write!(
                out,
                ">\n      <failure type=\"{}\" message=\"{message}\">",
                text(&tally.property)
            );
            for (breach, story) in ours {
                let _ =
                    write!(out, "{}", text(&format!("{story}\nreplay it   {}\n\n", breach.replay)));
            }
            out.push_str("</failure>\n    </testcase>\n");
        }
    }
}

/// Text as XML holds it. What XML cannot hold is shown as a replacement.
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
