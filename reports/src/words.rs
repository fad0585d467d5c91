//! Numbers, lengths and lists as people write them.

use sim_core::summary::Summary;
use sim_core::{NodeId, Span};

/// As wide as a report gets, in characters.
pub const WIDTH: usize = 100;

/// A count with its thousands set apart: `98 214`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A count and what is counted: `1 seed`, `12 seeds`.
pub fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A length of time to two digits or to whole units: `6.1ms`, `341ms`, `1.9s`. What is smaller is cut off.
pub fn brief(span: Span) -> String {
    let ns = span.0;
    let (unit, scale) = match ns {
        0..1_000 => return format!("{ns}ns"),
        1_000..1_000_000 => ("us", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        1_000_000_000..60_000_000_000 => ("s", 1_000_000_000),
        60_000_000_000..3_600_000_000_000 => ("m", 60_000_000_000),
        _ => ("h", 3_600_000_000_000),
    };
    match (ns / scale, ns % scale * 10 / scale) {
        (whole @ 0..10, tenths @ 1..) => format!("{whole}.{tenths}{unit}"),
        (whole, _) => format!("{}{unit}", count(whole)),
    }
}

/// Thousandths as a decimal with one place: 9 812 is `9.8`. Rounded to nearest.
pub fn thousandths(n: u64) -> String {
    let tenths = n.saturating_add(50) / 100;
    format!("{}.{}", count(tenths / 10), tenths % 10)
}

/// Thousandths of a byte in the largest unit that leaves a whole part: `640 B`, `1.4 KiB`.
pub fn bytes(thousandths_of_a_byte: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let (mut amount, mut unit) = (thousandths_of_a_byte, 0);
    while amount >= 1_024_000 && unit + 1 < UNITS.len() {
        (amount, unit) = (amount / 1_024, unit + 1);
    }
    match unit {
        0 => format!("{} B", amount / 1_000),
        _ => format!("{} {}", thousandths(amount), UNITS[unit]),
    }
}

/// Some out of all: `97/100`.
pub fn of(some: u64, all: u64) -> String {
    format!("{some}/{all}")
}

/// Things joined as in a sentence: `n1`, `n1 and n2`, `n1, n2 and n3`.
pub fn join(things: &[String]) -> String {
    joined_by(things, "and")
}

/// Alternatives joined as in a sentence: `3, 5 or 7`.
pub fn either(things: &[String]) -> String {
    joined_by(things, "or")
}

fn joined_by(things: &[String], word: &str) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

/// Seeds, few enough to read: `41, 88`, or the first of them and how many more there are.
pub fn seeds(seeds: &[u64]) -> String {
    const SHOWN: usize = 8;
    let mut text: Vec<String> = seeds.iter().take(SHOWN).map(u64::to_string).collect();
    if seeds.len() > SHOWN {
        text.push(format!("{} more", count((seeds.len() - SHOWN) as u64)));
    }
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    format!("{word} {}", text.join(", "))
}

/// The seeds of a summary: `seeds 0..100`, `seed 17`.
pub fn seed_range(summary: &Summary) -> String {
    let (first, run) = (summary.first_seed, summary.seeds.run);
    if let Some(hunt) = &summary.hunt {
        let (from, to) = (hunt.seeds.0, hunt.cut.unwrap_or(hunt.seeds.1));
        let share = hunt.shard.map(|(one, of)| format!(", share {one} of {of}"));
        return format!("seeds {from}..{to}{}", share.unwrap_or_default());
    }
    match run {
        0 => "no seeds".to_owned(),
        1 => format!("seed {first}"),
        _ => format!("seeds {first}..{}", first.saturating_add(run)),
    }
}

/// A digest as people compare it: the first twelve of its sixteen digits.
pub fn digest(digest: u64) -> String {
    let mut text = format!("{digest:016x}");
    text.truncate(12);
    text
}

/// A text's width in characters.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text, filled up with blanks to this width; with two more when it is as wide already.
pub(crate) fn pad(text: &str, to: usize) -> String {
    let blanks = to.checked_sub(width(text)).filter(|n| *n > 0).unwrap_or(2);
    format!("{text}{}", " ".repeat(blanks))
}

/// The text on one line of at most this width; what is cut off ends in `…`. Control characters are left out, so
/// that no message can move a terminal's cursor.
pub fn cut(text: &str, to: usize) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if width(&text) <= to {
        return text;
    }
    let mut kept: String = text.chars().take(to.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// A text in a cell of a table of Markdown: on one line, and what would be markup is plain.
pub(crate) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.push(' ');
            continue;
        }
        if "\\`*_[]<>|&#~!".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The text in lines of at most this width, broken between words where there are any.
pub fn wrap(text: &str, to: usize) -> Vec<String> {
    let to = to.max(8);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let paragraph: String = paragraph.chars().filter(|c| !c.is_control()).collect();
        // What is indented was laid out by its author: only too long lines are touched.
        if paragraph.starts_with(' ') && width(&paragraph) <= to {
            lines.push(paragraph.trim_end().to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && width(&line) + 1 + width(word) > to {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            while width(&line) > to {
                let rest: String = line.chars().skip(to).collect();
                lines.push(line.chars().take(to).collect());
                line = rest;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The nodes and clients that a text names: `n1`, `c12`; each once, in the order of their first mention.
pub(crate) fn named(text: &str) -> Vec<NodeId> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let Some(number) = word.strip_prefix(['n', 'c']) else { continue };
        let Ok(place @ 1..=1_000_000) = number.parse::<u32>() else { continue };
        let node = match word.starts_with('c') {
            true => NodeId::client(place - 1),
            false => NodeId(place - 1),
        };
        if !found.contains(&node) {
            found.push(node);
        }
    }
    found
}

/// The requests that a text names, as [`RequestId`](sim_core::RequestId) writes them: `c1#5`.
pub(crate) fn requests(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '#') {
        let is_request = word.split_once('#').is_some_and(|(client, number)| {
            named(client).first().is_some_and(|node| node.is_client())
                && number.parse::<u32>().is_ok()
        });
        if is_request && !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            ["7", "999", "1 207", "98 214"],
            [7, 999, 1_207, 98_214].map(count).each_ref()[..]
        );
        assert_eq!(brief(Span(6_123_456)), "6.1ms");
        assert_eq!(brief(Span(11_999_999)), "11ms");
        assert_eq!(brief(Span::secs(2)), "2s");
        assert_eq!(thousandths(9_812), "9.8");
        assert_eq!(bytes(1_433_600), "1.4 KiB");
        assert_eq!(bytes(640_000), "640 B");
        assert_eq!(either(&["3", "5", "7"].map(String::from)), "3, 5 or 7");
    }

    #[test]
    fn the_largest_numbers_do_no_harm() {
        assert_eq!(thousandths(u64::MAX), "18 446 744 073 709 551.6");
        assert!(bytes(u64::MAX).ends_with("GiB"));
        assert!(brief(Span(u64::MAX)).ends_with('h'));
    }

    #[test]
    fn lines_keep_to_their_width() {
        let long = "x".repeat(50);
        for line in wrap(&format!("a few words and {long}, and more"), 20) {
            assert!(width(&line) <= 20, "{line}");
        }
        assert_eq!(cut("a few words", 6), "a few…");
        assert_eq!(cut("\u{1b}[31mred", 20), "[31mred");
    }

    #[test]
    fn cells_hold_no_markup() {
        assert_eq!(cell("raft/minority-leader.toml"), "raft/minority-leader.toml");
        assert_eq!(cell("a|b\n<i>[x](y) `_*"), "a\\|b \\<i\\>\\[x\\](y) \\`\\_\\*");
    }

    #[test]
    fn names_are_found_in_prose() {
        let why = "n2 and n1 both lead term 4: n3 voted for both (c1#5, then c2#11), none of n0";
        let names: Vec<String> = named(why).iter().map(NodeId::to_string).collect();
        assert_eq!(names, ["n2", "n1", "n3", "c1", "c2"]);
        assert_eq!(requests(why), ["c1#5", "c2#11"]);
    }
}
