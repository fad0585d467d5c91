//! What nodes show of themselves, as a trace keeps it.
//!
//! A node is looked at after each of its steps, and what it shows may hold its whole log. Kept whole, that would be
//! nearly all that a long run takes, for texts of which nobody reads more than the end of each list. So of each machine
//! the last text is kept whole, to see whether the next is another, and of all others what is read.

use crate::observe::Machine;

/// What each machine showed last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown(Vec<String>);

impl Shown {
    /// What is kept of what a machine shows now; none when that is as before.
    pub fn another(&mut self, machine: Machine, now: String) -> Option<String> {
        let machine = machine as usize;
        if self.0.len() <= machine {
            self.0.resize(machine + 1, String::new());
        }
        if self.0[machine] == now {
            return None;
        }
        let kept = abridged(&now);
        self.0[machine] = now;
        Some(kept)
    }
}

/// As many parts of a list are shown.
const PARTS: usize = 5;

/// A text in which of long lists in brackets, such as logs, the last parts are left, behind how many were left out.
fn abridged(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Where each list that is open begins in the text that is made, and where each of its parts does.
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => {
                out.push_str(&text[copied..=at]);
                copied = at + 1;
                open.push((out.len(), vec![out.len()]));
            }
            b']' => {
                out.push_str(&text[copied..at]);
                copied = at;
                if let Some((start, parts)) = open.pop()
                    && parts.len() > PARTS
                {
                    let left = parts.len() - PARTS;
                    out.replace_range(start..parts[left], &format!("{left} more, "));
                }
            }
            b' ' if text[..at].ends_with(',') => {
                if let Some((_, parts)) = open.last_mut() {
                    out.push_str(&text[copied..=at]);
                    copied = at + 1;
                    parts.push(out.len());
                }
            }
            _ => {}
        }
    }
    out.push_str(&text[copied..]);
    out.shrink_to_fit();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_lists_the_end_is_left() {
        let list =
            |from: u32, to: u32| (from..=to).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        assert_eq!(abridged(&format!("log [{}]", list(1, 5))), format!("log [{}]", list(1, 5)));
        let long = format!("log [{}], commit 3", list(1, 100));
        assert_eq!(abridged(&long), format!("log [95 more, {}], commit 3", list(96, 100)));
        let nested = format!("a [[{}], 2], b [1", list(1, 6));
        assert_eq!(abridged(&nested), format!("a [[1 more, {}], 2], b [1", list(2, 6)));
    }
}
