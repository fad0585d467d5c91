//! A comparison for documents: tables of Markdown.

use super::{differences, grows, is_shown, quantity, signed, verdict};
use crate::words::{cell, of};
use sim_core::compared::Compared;
use std::fmt::Write;

/// For documents.
pub fn markdown(compared: &Compared) -> String {
    let mut out = String::new();
    let (from, to) = compared.seeds;
    let _ = writeln!(out, "| | verdict | seeds that held |\n|---|---|---|");
    for contender in &compared.contenders {
        let verdict = verdict(contender.summary.verdict());
        let seeds = &contender.summary.seeds;
        let held = of(seeds.held, seeds.run);
        let _ = writeln!(out, "| {} | {verdict} | {held} |", cell(&contender.name));
    }
    for growth in compared.growth.iter().filter(|one| is_shown(&one.measure)) {
        for line in &growth.lines {
            let gap = if out.ends_with("|\n") { "\n" } else { "" };
            let _ = writeln!(out, "{gap}- {}", cell(&grows(growth, line)));
        }
    }
    let first = compared.contenders.first().map_or("", |one| one.name.as_str());
    for (place, other) in compared.contenders.iter().enumerate().skip(1) {
        let _ = writeln!(
            out,
            "\n| seeds {from} to {} | {} | {} | difference | 95 % | more, equal, less |\n|---|---|---|---|---|---|",
            to.saturating_sub(1),
            cell(first),
            cell(&other.name)
        );
        for one in differences(compared, place, true) {
            let (less, equal, more) = one.split;
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} to {} | {more}, {equal}, {less} |",
                one.measure,
                quantity(one.unit, one.medians.0),
                quantity(one.unit, one.medians.1),
                signed(one.unit, one.more.median),
                signed(one.unit, one.more.from),
                signed(one.unit, one.more.to),
            );
        }
    }
    out
}
