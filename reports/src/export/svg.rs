//! A sequence diagram as a drawing: a column a node, time downwards, words on the right.

use super::Shown;
use super::tale::Tale;
use crate::words::{width, wrap};
use std::fmt::Write;

const COLUMN: usize = 110;
const LEFT: usize = 90;
const LINE: usize = 18;
/// As many characters as a line of words has, and about how wide one is.
const WORDS: usize = 60;
const CHARACTER: usize = 8;

pub(super) fn write(shown: &Shown<'_>) -> String {
    let Tale { columns, rows } = Tale::of(shown);
    let x = |column: usize| LEFT + column * COLUMN + COLUMN / 2;
    let words_at = LEFT + columns.len() * COLUMN + 20;
    let mut body = String::new();
    let mut y = 70;
    for row in &rows {
        let place = |node| columns.iter().position(|column| *column == node);
        let _ = writeln!(
            body,
            "<text x=\"10\" y=\"{}\" class=\"time\">{}</text>",
            y + 4,
            row.at.short()
        );
        match row.node.and_then(place) {
            Some(column) => {
                let _ = writeln!(body, "<circle cx=\"{}\" cy=\"{y}\" r=\"4\"/>", x(column));
                let arrow = row.arrow.as_ref().and_then(|(to, kind)| Some((place(*to)?, kind)));
                if let Some((to, kind)) = arrow.filter(|(to, _)| *to != column) {
                    let (from, to) = (x(column), x(to));
                    let short = if to > from { to - 7 } else { to + 7 };
                    let _ = writeln!(
                        body,
                        "<path d=\"M{from} {y}H{short}\" marker-end=\"url(#head)\"/>\
                         <text x=\"{}\" y=\"{}\" class=\"kind\">{}</text>",
                        (from + to) / 2,
                        y - 4,
                        escaped(kind)
                    );
                }
            }
            None => {
                let right = words_at - 20;
                let _ = writeln!(body, "<path d=\"M{LEFT} {y}H{right}\" class=\"fault\"/>");
            }
        }
        let lines = wrap(&row.words, WORDS);
        for (number, line) in lines.iter().enumerate() {
            let y = y + 4 + number * LINE;
            let _ = writeln!(body, "<text x=\"{words_at}\" y=\"{y}\">{}</text>", escaped(line));
        }
        y += LINE * lines.len().max(1) + 10;
    }
    let mut lanes = String::new();
    for (column, node) in columns.iter().enumerate() {
        let x = x(column);
        let _ = writeln!(
            lanes,
            "<text x=\"{x}\" y=\"46\" class=\"lane\">{node}</text><path d=\"M{x} 54V{y}\" class=\"line\"/>"
        );
    }
    let wide = words_at + WORDS * CHARACTER;
    let title = escaped(shown.title);
    let wide = wide.max(20 + width(shown.title).min(200) * CHARACTER);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {tall}\" width=\"{wide}\" \
         height=\"{tall}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"head\" orient=\"auto\" markerWidth=\"8\" markerHeight=\"8\" refX=\"6\" refY=\"4\">\
         <path d=\"M0 0L8 4L0 8\" class=\"head\"/></marker></defs>\n\
         <rect width=\"{wide}\" height=\"{tall}\" class=\"paper\"/>\n\
         <text x=\"10\" y=\"22\" class=\"title\">{title}</text>\n{lanes}{body}</svg>\n",
        tall = y + 20,
    )
}

const STYLE: &str = "text{font:13px ui-monospace,monospace;fill:#1c2733}.title,.lane{font-weight:bold}\
    .lane,.kind{text-anchor:middle}.time{fill:#5b6875}.kind{font-size:11px}.paper{fill:#fff}\
    path{stroke:#0072b2;fill:none}.line{stroke:#c3ccd4}.fault{stroke:#d55e00;stroke-dasharray:5 4}\
    .head{fill:#0072b2}circle{fill:#0072b2}";

/// A text in XML. Characters that XML does not have are left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
