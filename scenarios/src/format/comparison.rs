//! `[expect.between]`: how what is measured of one protocol stands to the same of another.

use super::bound::{OPS, Op};
use super::expect::Statistic;
use super::value::suggestion;
use std::fmt;

/// One measure of two that ran the same scenario: `pbft > 3 x raft`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The measure's name.
    pub measure: String,
    /// Which number of a distribution; none where a run has only one value.
    pub statistic: Option<Statistic>,
    /// Whose value stands on the left.
    pub left: String,
    /// How it stands to the other.
    pub op: Op,
    /// By how much the other is multiplied.
    pub factor: f64,
    /// Whose value stands on the right.
    pub right: String,
}

impl Comparison {
    /// Reads `left < right` or `left > 3 x right`; the names must be some of these.
    pub(super) fn read(
        measure: &str,
        statistic: Option<Statistic>,
        text: &str,
        names: &[&str],
    ) -> Result<Comparison, (String, String)> {
        let how = "write it like \"pbft > raft\" or \"pbft > 3 x raft\"";
        let unclear = |what: &str| Err((what.to_owned(), how.to_owned()));
        let signs = OPS.iter().filter_map(|(sign, op)| Some((text.find(sign)?, *sign, *op)));
        // The first sign, and of two at one place the longer.
        let Some((at, sign, op)) = signs.min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()))
        else {
            return unclear("nothing is compared here");
        };
        let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
        let (factor, right) = match right.split_once(" x ") {
            None => (1.0, right),
            Some((factor, right)) => match factor.trim().parse::<f64>() {
                Ok(factor) if factor.is_finite() && factor > 0.0 => (factor, right.trim()),
                _ => return unclear("what stands before `x` is no positive number"),
            },
        };
        for name in [left, right] {
            if !names.contains(&name) {
                let what = format!("`{name}` does not run in this scenario");
                return Err((what, suggestion(name, names)));
            }
        }
        if left == right {
            return unclear("one protocol is compared with itself");
        }
        let (measure, left, right) = (measure.to_owned(), left.to_owned(), right.to_owned());
        Ok(Comparison { measure, statistic, left, op, factor, right })
    }
}

impl fmt::Display for Comparison {
    /// `messages-per-op: pbft > 3 x raft`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.measure)?;
        if let Some(statistic) = self.statistic {
            write!(f, ".{}", statistic.name())?;
        }
        write!(f, ": {} {} ", self.left, self.op.sign())?;
        if self.factor != 1.0 {
            write!(f, "{} x ", self.factor)?;
        }
        f.write_str(&self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let read = Comparison::read("messages-per-op", None, text, &["raft", "pbft"]);
        read.map(|comparison| comparison.to_string()).map_err(|(what, _)| what)
    }

    #[test]
    fn comparisons_are_read_as_they_are_shown() {
        assert_eq!(read("pbft>3 x raft").unwrap(), "messages-per-op: pbft > 3 x raft");
        assert_eq!(read("raft <= pbft").unwrap(), "messages-per-op: raft <= pbft");
        assert_eq!(read("raft = 0.5 x pbft").unwrap(), "messages-per-op: raft = 0.5 x pbft");
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        assert_eq!(read("pbft").unwrap_err(), "nothing is compared here");
        assert_eq!(read("pbft < paxos").unwrap_err(), "`paxos` does not run in this scenario");
        assert_eq!(read("pbft < 2").unwrap_err(), "`2` does not run in this scenario");
        assert_eq!(read("pbft < pbft").unwrap_err(), "one protocol is compared with itself");
        for factor in ["-1", "0", "inf", "three", ""] {
            let why = read(&format!("pbft < {factor} x raft")).unwrap_err();
            assert!(why.contains("positive number") || why.contains("does not run"), "{why}");
        }
    }
}
