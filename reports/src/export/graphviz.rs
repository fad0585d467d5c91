//! Which step could know of which, as a graph in DOT.

use super::Shown;
use super::tale::Tale;
use crate::senders::Senders;
use sim_core::NodeId;
use sim_core::trace::TraceCause;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn write(shown: &Shown<'_>) -> String {
    let Tale { rows, .. } = Tale::of(shown);
    let mut out =
        "digraph run {\n    rankdir = LR\n    node [shape = box, fontname = \"sans-serif\"]\n"
            .to_owned();
    let _ = writeln!(out, "    label = {}", quoted(shown.title));
    let senders = Senders::of(shown.trace, shown.trace.steps.len());
    let is_message =
        |step: usize| matches!(shown.trace.steps[step].cause, TraceCause::Message { .. });
    let mut before: BTreeMap<NodeId, usize> = BTreeMap::new();
    for row in &rows {
        let who = row.node.map_or("a fault".to_owned(), |node| node.to_string());
        let words = format!("{who} · {}\n{}", row.at.short(), row.words);
        let _ = writeln!(out, "    s{} [label = {}]", row.step, quoted(&words));
        let Some(node) = row.node else { continue };
        if let Some(earlier) = before.insert(node, row.step) {
            let _ = writeln!(out, "    s{earlier} -> s{} [style = dotted]", row.step);
        }
        // The message that brought it, if whoever sent that is told of, and otherwise what that one did before.
        if let Some((sender, kind)) = senders.sender(row.origin).filter(|_| is_message(row.origin))
            && let Some(sent) = rows
                .iter()
                .rfind(|one| one.node == shown.trace.steps[sender].node && one.step <= sender)
        {
            let _ = writeln!(out, "    s{} -> s{} [label = {}]", sent.step, row.step, quoted(kind));
        }
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
