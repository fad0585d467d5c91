//! What a measured quantity must be: `0`, `">= 2"`, `"< 2s"`, `"10s..11s"`, `"closed-form"`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use sim_core::Span;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// What a quantity must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// It stands so to this value.
    Is(Op, Quantity),
    /// It lies between these, both included.
    Within(Quantity, Quantity),
    /// It is what the protocol's own formula says, or more by this part of it.
    ClosedForm {
        /// By how much more, as the file writes it.
        over: f64,
        /// What the formula gives; none until it is known for how many nodes.
        gives: Option<u64>,
    },
}

/// How a quantity stands to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the signs say it
pub enum Op {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A quantity: a plain number, or virtual time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A count, or a ratio.
    Number(f64),
    /// A ratio in hundredths, as the file writes it.
    Percent(f64),
    /// A length of virtual time.
    Time(Span),
}

/// The signs, the longer ones first, so that `>=` is not read as `>`.
pub(super) const OPS: [(&str, Op); 7] = [
    ("<=", Op::AtMost),
    (">=", Op::AtLeast),
    ("!=", Op::NotEqual),
    ("==", Op::Equal),
    ("=", Op::Equal),
    ("<", Op::Less),
    (">", Op::Greater),
];

impl Bound {
    /// Whether a measured value is within the bound. `None` for a closed form of which is not known what it gives.
    pub fn holds(&self, measured: Quantity) -> Option<bool> {
        match self {
            Bound::Is(op, value) => Some(op.holds(measured.amount(), value.amount())),
            Bound::Within(from, to) => {
                Some((from.amount()..=to.amount()).contains(&measured.amount()))
            }
            Bound::ClosedForm { over, gives } => {
                let (least, measured) = ((*gives)? as f64, measured.amount());
                Some((least..=least * (1.0 + over / 100.0)).contains(&measured))
            }
        }
    }

    /// Whether the bound speaks of virtual time; `None` for a closed form, which fits any quantity.
    pub fn of_time(&self) -> Option<bool> {
        match self {
            Bound::Is(_, value) | Bound::Within(value, _) => {
                Some(matches!(value, Quantity::Time(_)))
            }
            Bound::ClosedForm { .. } => None,
        }
    }
}

impl Op {
    /// Whether a value stands so to another.
    pub fn holds(self, measured: f64, value: f64) -> bool {
        match self {
            Op::Equal => measured == value,
            Op::NotEqual => measured != value,
            Op::Less => measured < value,
            Op::AtMost => measured <= value,
            Op::Greater => measured > value,
            Op::AtLeast => measured >= value,
        }
    }

    /// `=`, `!=`, `<`, `<=`, `>` or `>=`.
    pub fn sign(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::NotEqual => "!=",
            Op::Less => "<",
            Op::AtMost => "<=",
            Op::Greater => ">",
            Op::AtLeast => ">=",
        }
    }
}

impl Quantity {
    /// The number by which quantities of one unit are compared: time in nanoseconds. A year of
    /// those is compared to the nearest microsecond.
    pub fn amount(self) -> f64 {
        match self {
            Quantity::Number(number) => number,
            Quantity::Percent(percent) => percent / 100.0,
            Quantity::Time(span) => span.0 as f64,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Is(op, value) => write!(f, "{} {value}", op.sign()),
            Bound::Within(from, to) => write!(f, "{from}..{to}"),
            Bound::ClosedForm { over, gives } => {
                f.write_str("closed-form")?;
                if *over != 0.0 {
                    write!(f, " + {over}%")?;
                }
                gives.map_or(Ok(()), |gives| write!(f, " ({gives})"))
            }
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Number(number) => write!(f, "{number}"),
            Quantity::Percent(percent) => write!(f, "{percent}%"),
            Quantity::Time(span) => write!(f, "{span}"),
        }
    }
}

impl FromStr for Quantity {
    type Err = String;
    fn from_str(text: &str) -> Result<Quantity, String> {
        let number = |text: &str| {
            let plain = text.starts_with(|c: char| c.is_ascii_digit());
            text.parse::<f64>().ok().filter(|number| plain && number.is_finite())
        };
        let text = text.trim();
        if let Some(percent) = text.strip_suffix('%').and_then(|percent| number(percent.trim())) {
            return Ok(Quantity::Percent(percent));
        }
        match number(text) {
            Some(number) => Ok(Quantity::Number(number)),
            None => text.parse().map(Quantity::Time),
        }
    }
}

impl FromStr for Bound {
    type Err = String;
    /// Reads every form but a bare number. The error says what to write instead.
    fn from_str(text: &str) -> Result<Bound, String> {
        let trimmed = text.trim();
        if let Some(rest) = trimmed.strip_prefix("closed-form") {
            return closed_form(rest.trim())
                .ok_or_else(|| format!("`{text}` is not a bound; write \"closed-form + 5%\""));
        }
        let sign = OPS.iter().find_map(|(sign, op)| Some((trimmed.strip_prefix(sign)?, *op)));
        let (rest, op) = sign.unwrap_or((trimmed, Op::Equal));
        if !rest.trim().starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!(
                "`{text}` is not a bound; write \">= 2\", \"< 2s\", \"10s..11s\" or a bare value"
            ));
        }
        let Some((from, to)) = rest.split_once("..") else {
            return Ok(Bound::Is(op, rest.parse()?));
        };
        if sign.is_some() {
            return Err(format!("`{text}` has a sign and a range; write only one of them"));
        }
        let (from, to): (Quantity, Quantity) = (from.parse()?, to.trim_start_matches('=').parse()?);
        let time = |quantity| matches!(quantity, Quantity::Time(_));
        if time(from) != time(to) {
            return Err(format!("`{text}` begins and ends in different units; give both the same"));
        }
        if from.amount() > to.amount() {
            return Err(format!("`{text}` runs backwards; write \"{to}..{from}\""));
        }
        Ok(Bound::Within(from, to))
    }
}

/// What may stand behind the words: how much more there may be.
fn closed_form(rest: &str) -> Option<Bound> {
    let over = match rest.strip_prefix('+') {
        Some(over) => match over.parse() {
            Ok(Quantity::Percent(percent)) => percent,
            _ => return None,
        },
        None if rest.is_empty() => 0.0,
        None => return None,
    };
    Some(Bound::ClosedForm { over, gives: None })
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Bound, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Bound;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bound such as 0, \">= 2\", \"< 2s\" or \"10s..11s\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bound, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Bound, E> {
                Ok(Bound::Is(Op::Equal, Quantity::Number(number as f64)))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Bound, E> {
                if !number.is_finite() {
                    return Err(E::custom(format!("`{number}` is not a bound; write a number")));
                }
                Ok(Bound::Is(Op::Equal, Quantity::Number(number)))
            }
        }
        d.deserialize_any(Text)
    }
}

impl JsonSchema for Bound {
    fn schema_name() -> Cow<'static, str> {
        "Bound".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a bound",
            "type": ["string", "number"],
            "pattern": r"^\s*((<|<=|>|>=|==?|!=)?\s*\d.*|closed-form(\s*\+\s*\d[\d.]*\s*%)?)$",
            "examples": [0, ">= 2", "< 2s", "10s..11s", "closed-form + 5%"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_read_what_they_write() {
        for text in ["= 0", "= 2.5", "!= 3", "< 2s", "<= 1.5s", "> 0", ">= 2", ">= 99.5%"] {
            assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
        }
        for text in ["10s..11s", "1..2", "closed-form", "closed-form + 2.5%"] {
            assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bounds_hold_for_what_they_say() {
        let holds = |bound: &str, value: &str| {
            bound.parse::<Bound>().unwrap().holds(value.parse().unwrap()).unwrap()
        };
        assert!(holds(">= 2", "2") && !holds("> 2", "2") && holds("!= 3", "2"));
        assert!(holds("< 2s", "1999ms") && !holds("< 2s", "2000ms"));
        assert!(holds("10s..11s", "11s") && holds("10s..11s", "10s"));
        assert!(!holds("10s..11s", "11001ms") && !holds("10s..11s", "9999ms"));
        assert!(holds(">= 99%", "0.99") && holds("0", "0"));
        let closed =
            |gives, value| Bound::ClosedForm { over: 5.0, gives }.holds(Quantity::Number(value));
        assert_eq!(closed(None, 24.0), None);
        let held = [23.9, 24.0, 25.2, 25.3].map(|value| closed(Some(24), value));
        assert_eq!(held, [Some(false), Some(true), Some(true), Some(false)]);
    }

    #[test]
    fn what_is_no_bound_is_told() {
        for text in [
            "",
            "about 2",
            "< inf",
            "nan",
            "2s..1s",
            "2..3s",
            "< 1s..2s",
            ">> 2",
            "5 x",
            "closed-form 5%",
            "closed-form + 5",
        ] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }
}
