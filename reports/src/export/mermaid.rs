//! A sequence diagram in Mermaid's words.

use super::Shown;
use super::tale::Tale;
use std::fmt::Write;

pub(super) fn write(shown: &Shown<'_>) -> String {
    let Tale { columns, rows } = Tale::of(shown);
    let mut out = format!("%% {}\nsequenceDiagram\n", one_line(shown.title));
    for node in &columns {
        let _ = writeln!(out, "    participant {node}");
    }
    let all = match columns.as_slice() {
        [] => return out,
        [one] => one.to_string(),
        [first, .., last] => format!("{first},{last}"),
    };
    for row in rows {
        let words = escaped(&format!("{}  {}", row.at.short(), row.words));
        let over = row.node.map_or(all.clone(), |node| node.to_string());
        let _ = writeln!(out, "    Note over {over}: {words}");
        if let (Some(from), Some((to, kind))) = (row.node, row.arrow) {
            let _ = writeln!(out, "    {from}->>{to}: {}", escaped(&kind));
        }
    }
    out
}

/// A text that means nothing to Mermaid: what could is written by its number.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br/>"),
            c if c.is_alphanumeric() || " ,.:()-=+*@'/".contains(c) => out.push(c),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '%' { ' ' } else { c }).collect()
}
