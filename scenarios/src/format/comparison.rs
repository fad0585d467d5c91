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
    /// Reads `left < right` or `left > 3 x right` of some of these.
    pub(super) fn read(
        measure: &str,
        statistic: Option<Statistic>,
        text: &str,
        contenders: &Contenders<'_>,
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
        let kinds = (contenders.kind(left)?, contenders.kind(right)?);
        if left == right {
            return unclear("this compares one with itself");
        }
        if kinds.0 != kinds.1 {
            let what = format!("`{left}` is {}, `{right}` {}", kinds.0.words(), kinds.1.words());
            let help = "compare like with like: \"raft@small > raft@large\"";
            return Err((what, help.to_owned()));
        }
        let (measure, left, right) = (measure.to_owned(), left.to_owned(), right.to_owned());
        Ok(Comparison { measure, statistic, left, op, factor, right })
    }
}

/// Who runs in a scenario: what may stand on either side.
///
/// A protocol is compared with another in every variant, and a variant with another for every protocol; `raft@lease` is
/// one protocol in one variant.
pub(super) struct Contenders<'a> {
    pub(super) protocols: &'a [&'a str],
    pub(super) variants: &'a [String],
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Protocol,
    Variant,
    One,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Protocol => "a protocol",
            Kind::Variant => "a variant",
            Kind::One => "a protocol in a variant",
        }
    }
}

impl Contenders<'_> {
    fn kind(&self, name: &str) -> Result<Kind, (String, String)> {
        if self.variants.iter().any(|variant| variant == name) {
            return Ok(Kind::Variant);
        }
        let is_one = self.protocols.len() < 2 && !self.variants.is_empty();
        if self.protocols.contains(&name) && !is_one {
            return Ok(Kind::Protocol);
        }
        if let Some((protocol, variant)) = name.split_once('@')
            && self.protocols.contains(&protocol)
            && self.variants.iter().any(|known| known == variant)
        {
            return Ok(Kind::One);
        }
        let mut known: Vec<&str> = self.variants.iter().map(String::as_str).collect();
        if !is_one {
            known.extend(self.protocols);
        }
        let what = format!("`{name}` does not run in this scenario");
        Err((what, suggestion(name, &known)))
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
        let contenders = Contenders { protocols: &["raft", "pbft"], variants: &[] };
        let read = Comparison::read("messages-per-op", None, text, &contenders);
        read.map(|comparison| comparison.to_string()).map_err(|(what, _)| what)
    }

    #[test]
    fn comparisons_are_read_as_they_are_shown() {
        assert_eq!(read("pbft>3 x raft").unwrap(), "messages-per-op: pbft > 3 x raft");
        assert_eq!(read("raft <= pbft").unwrap(), "messages-per-op: raft <= pbft");
        assert_eq!(read("raft = 0.5 x pbft").unwrap(), "messages-per-op: raft = 0.5 x pbft");
    }

    #[test]
    fn like_is_compared_with_like() {
        let variants = ["lease".to_owned(), "log".to_owned()];
        let read = |protocols: &[&str], text| {
            let contenders = Contenders { protocols, variants: &variants };
            let read = Comparison::read("latency", Some(Statistic::P50), text, &contenders);
            read.map(|comparison| comparison.to_string()).map_err(|(what, _)| what)
        };
        let both: &[&str] = &["raft", "pbft"];
        for text in ["lease < log", "raft < pbft", "raft@lease < 2 x pbft@log"] {
            assert_eq!(read(both, text).unwrap(), format!("latency.p50: {text}"));
        }
        let unlike = read(both, "lease < raft").unwrap_err();
        assert_eq!(unlike, "`lease` is a variant, `raft` a protocol");
        assert!(read(&["raft"], "lease < log").is_ok());
        assert!(read(&["raft"], "raft < log").is_err(), "raft is both");
        assert!(read(both, "raft@leas < raft@log").is_err());
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        assert_eq!(read("pbft").unwrap_err(), "nothing is compared here");
        assert_eq!(read("pbft < paxos").unwrap_err(), "`paxos` does not run in this scenario");
        assert_eq!(read("pbft < 2").unwrap_err(), "`2` does not run in this scenario");
        assert_eq!(read("pbft < pbft").unwrap_err(), "this compares one with itself");
        for factor in ["-1", "0", "inf", "three", ""] {
            let why = read(&format!("pbft < {factor} x raft")).unwrap_err();
            assert!(why.contains("positive number") || why.contains("does not run"), "{why}");
        }
    }
}
