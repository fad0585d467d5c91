//! Virtual time: instants, spans, ranges of spans, and probabilities, all whole numbers.
//!
//! Nothing here is a float: a configuration is part of what a run is hashed by, and the last bits of
//! floating-point functions differ between platforms. Each type reads and writes the form in which people
//! put it into a scenario file (`"150ms..300ms"`, `"1%"`), and what it writes it reads back exactly.

use crate::random::Rng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

/// An instant of virtual time: nanoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// A length of virtual time, in nanoseconds. The longest is a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub u64);

/// A span, or a range of spans from which one is drawn, uniformly, whenever it is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SpanRange {
    /// The shortest span that is drawn.
    pub from: Span,
    /// The longest.
    pub to: Span,
}

/// A probability in parts per billion, from 0 to 1 000 000 000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chance(pub u32);

const BILLION: u32 = 1_000_000_000;
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Time {
    /// When a run begins.
    pub const ZERO: Time = Time(0);
    /// Later than anything that happens.
    pub const NEVER: Time = Time(u64::MAX);

    /// The span from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// This instant in seconds with three decimals, for people: `5.393s`.
    pub fn short(self) -> String {
        format!("{}.{:03}s", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1_000)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span that a scenario may name.
    pub const YEAR: Span = Span(365 * 86_400 * 1_000_000_000);

    /// `n` microseconds.
    pub const fn micros(n: u64) -> Span {
        Span(n * 1_000)
    }
    /// `n` milliseconds.
    pub const fn millis(n: u64) -> Span {
        Span(n * 1_000_000)
    }
    /// `n` seconds.
    pub const fn secs(n: u64) -> Span {
        Span(n * 1_000_000_000)
    }

    /// The first whole number of tenths of a second that is no shorter, for bounds that people read.
    pub const fn in_tenths(self) -> Span {
        Span(self.0.div_ceil(100_000_000).saturating_mul(100_000_000))
    }

    /// This span to about three digits, for people: `6.1ms`, `341ms`, `1.94s`.
    pub fn short(self) -> String {
        let ns = self.0;
        let (unit, scale) = match ns {
            0..1_000 => return format!("{ns}ns"),
            1_000..1_000_000 => ("us", 1_000),
            1_000_000..1_000_000_000 => ("ms", 1_000_000),
            1_000_000_000..60_000_000_000 => ("s", 1_000_000_000),
            60_000_000_000..3_600_000_000_000 => ("m", 60_000_000_000),
            _ => ("h", 3_600_000_000_000),
        };
        let whole = ns / scale;
        let text = match whole {
            0..10 => format!("{whole}.{:02}", ns % scale * 100 / scale),
            10..100 => format!("{whole}.{}", ns % scale * 10 / scale),
            _ => whole.to_string(),
        };
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            text.as_str()
        };
        format!("{text}{unit}")
    }
}

impl Add<Span> for Time {
    type Output = Time;
    #[inline]
    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}
impl Sub<Time> for Time {
    type Output = Span;
    #[inline]
    fn sub(self, earlier: Time) -> Span {
        self.since(earlier)
    }
}
impl Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}
impl Sub for Span {
    type Output = Span;
    #[inline]
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl Mul<u64> for Span {
    type Output = Span;
    #[inline]
    fn mul(self, n: u64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}

impl SpanRange {
    /// The range of one span.
    pub const fn exactly(span: Span) -> SpanRange {
        SpanRange { from: span, to: span }
    }
    /// The range of whole milliseconds from `from` to `to`.
    pub const fn millis(from: u64, to: u64) -> SpanRange {
        SpanRange { from: Span::millis(from), to: Span::millis(to) }
    }
    /// Draws a span from the range.
    #[inline]
    pub fn draw(self, rng: &mut Rng) -> Span {
        rng.within(self.from, self.to)
    }
}

impl Chance {
    /// It never happens.
    pub const NEVER: Chance = Chance(0);
    /// It always happens.
    pub const ALWAYS: Chance = Chance(BILLION);
    /// `n` in a hundred.
    pub const fn percent(n: u32) -> Chance {
        Chance(n * 10_000_000)
    }
}

impl fmt::Display for Span {
    /// Exact, in the largest unit that needs no fraction below a nanosecond: `150ms`, `1.5s`, `817264ns`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let (unit, scale) = match self.0 {
            n if n >= 1_000_000_000 => ("s", 1_000_000_000),
            n if n >= 1_000_000 => ("ms", 1_000_000),
            n if n >= 1_000 => ("us", 1_000),
            _ => ("ns", 1),
        };
        let (whole, part) = (self.0 / scale, self.0 % scale);
        if part == 0 {
            return write!(f, "{whole}{unit}");
        }
        let digits = scale.ilog10() as usize;
        let part = format!("{part:0digits$}");
        write!(f, "{whole}.{}{unit}", part.trim_end_matches('0'))
    }
}
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Span(self.0), f)
    }
}
impl fmt::Display for SpanRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return self.from.fmt(f);
        }
        write!(f, "{}..{}", self.from, self.to)
    }
}
impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 10_000_000, self.0 % 10_000_000);
        if part == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{part:07}").trim_end_matches('0'))
    }
}

impl FromStr for Span {
    type Err = String;
    /// Reads `"250ms"`, `"1.5s"` or `"1m30s"`. The error says what to write instead.
    fn from_str(text: &str) -> Result<Span, String> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err("an empty length of time; write it like \"250ms\" or \"1m30s\"".into());
        }
        let mut total = 0u128;
        while !rest.is_empty() {
            let (number, tail) = split_where(rest, |c| !c.is_ascii_digit() && c != '.');
            let (unit, tail) = split_where(tail, |c| c.is_ascii_digit());
            if number.is_empty() {
                return Err(format!(
                    "`{text}` is not a length of time; write it like \"250ms\" or \"1m30s\""
                ));
            }
            total += scaled(number, unit_of(text, number, unit.trim())?)?;
            if total > u128::from(Span::YEAR.0) {
                return Err(format!(
                    "`{text}` is more than a year, the longest that can be simulated"
                ));
            }
            rest = tail;
        }
        Ok(Span(total as u64))
    }
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

fn unit_of(text: &str, number: &str, unit: &str) -> Result<u64, String> {
    let unit = if unit == "µs" { "us" } else { unit };
    if let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) {
        return Ok(*scale);
    }
    let meant = match unit {
        "" => return Err(format!("`{text}` has no unit; write \"{text}s\" or \"{text}ms\"")),
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "msec" | "millis" | "milliseconds" => "ms",
        _ => return Err(format!("`{unit}` is not a unit of time; use ns, us, ms, s, m, h or d")),
    };
    Err(format!("`{unit}` is not a unit of time; write \"{number}{meant}\""))
}

/// `number`, which may have a fraction, times `scale`, in whole units; what is smaller is cut off.
fn scaled(number: &str, scale: u64) -> Result<u128, String> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let bad = || format!("`{number}` is not a number");
    if part.contains('.') || (whole.is_empty() && part.is_empty()) {
        return Err(bad());
    }
    if whole.len() > 19 || part.len() > 18 {
        return Err(format!("`{number}` has too many digits"));
    }
    let read = |digits: &str| match digits {
        "" => Ok(0),
        digits => digits.parse::<u128>().map_err(|_| bad()),
    };
    let scale = u128::from(scale);
    Ok(read(whole)? * scale + read(part)? * scale / 10u128.pow(part.len() as u32))
}

impl FromStr for Time {
    type Err = String;
    fn from_str(text: &str) -> Result<Time, String> {
        Span::from_str(text).map(|span| Time(span.0))
    }
}
impl FromStr for SpanRange {
    type Err = String;
    /// Reads `"5s"` or `"150ms..300ms"`.
    fn from_str(text: &str) -> Result<SpanRange, String> {
        let Some((from, to)) = text.split_once("..") else {
            return text.parse().map(SpanRange::exactly);
        };
        let (from, to) = (from.trim(), to.trim_start_matches('=').trim());
        let range = SpanRange { from: from.parse()?, to: to.parse()? };
        if range.from > range.to {
            return Err(format!("`{text}` runs backwards; write \"{to}..{from}\""));
        }
        Ok(range)
    }
}
impl FromStr for Chance {
    type Err = String;
    /// Reads `"1%"` or `"0.01"`.
    fn from_str(text: &str) -> Result<Chance, String> {
        let parts = match text.trim().strip_suffix('%') {
            Some(percent) => scaled(percent.trim(), u64::from(BILLION / 100)),
            None => scaled(text.trim(), u64::from(BILLION)),
        };
        let not_one = || format!("`{text}` is not a probability; write 0.01 or \"1%\"");
        let parts = parts.map_err(|_| not_one())?;
        if parts > u128::from(BILLION) {
            return Err(format!(
                "a probability is between 0 and 1, not {text}; for a percentage write \"{text}%\""
            ));
        }
        Ok(Chance(parts as u32))
    }
}

/// Reading and writing as text, and what a JSON Schema says of it.
macro_rules! as_text {
    ($type:ident, $what:literal, $number:expr, $schema:tt) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_i64<E: de::Error>(self, n: i64) -> Result<$type, E> {
                        let read: fn(String) -> Result<$type, String> = $number;
                        read(n.to_string()).map_err(E::custom)
                    }
                    fn visit_u64<E: de::Error>(self, n: u64) -> Result<$type, E> {
                        let read: fn(String) -> Result<$type, String> = $number;
                        read(n.to_string()).map_err(E::custom)
                    }
                    fn visit_f64<E: de::Error>(self, n: f64) -> Result<$type, E> {
                        let read: fn(String) -> Result<$type, String> = $number;
                        read(n.to_string()).map_err(E::custom)
                    }
                }
                d.deserialize_any(Text)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

fn needs_unit<T>(number: String) -> Result<T, String> {
    Err(format!("a length of time needs a unit; write \"{number}s\" or \"{number}ms\""))
}

as_text!(Time, "a point in virtual time such as \"5s\"", needs_unit, {
    "type": "string", "title": "a point in virtual time",
    "pattern": r"^\s*(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d)\s*)+$", "examples": ["5s", "1m30s"]
});
as_text!(Span, "a length of time such as \"5s\"", needs_unit, {
    "type": "string", "title": "a length of time",
    "pattern": r"^\s*(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d)\s*)+$", "examples": ["5s", "250ms", "1m30s"]
});
as_text!(SpanRange, "a length of time such as \"5s\", or a range such as \"150ms..300ms\"", needs_unit, {
    "type": "string",
    "title": "a length of time, or a range drawn from uniformly whenever it is needed",
    "pattern": r"^\s*(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d)\s*)+(\.\.=?\s*(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d)\s*)+)?$",
    "examples": ["5s", "150ms..300ms"]
});
as_text!(Chance, "a probability such as 0.01 or \"1%\"", |number| number.parse(), {
    "title": "a probability",
    "anyOf": [
        { "type": "number", "minimum": 0, "maximum": 1 },
        { "type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%?$" }
    ],
    "examples": [0.01, "1%"]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_what_they_write() {
        for ns in [0, 1, 999, 1_000, 1_500, 1_000_000, 150_000_000, 5_393_817_264, Span::YEAR.0] {
            let text = Span(ns).to_string();
            assert_eq!(text.parse::<Span>(), Ok(Span(ns)), "{text}");
        }
        assert_eq!("1m30s".parse::<Span>(), Ok(Span::secs(90)));
        assert_eq!("1.5s".parse::<Span>(), Ok(Span::millis(1_500)));
    }

    #[test]
    fn chances_read_what_they_write() {
        for parts in [0, 1, 10_000_000, 15_000_000, BILLION] {
            let text = Chance(parts).to_string();
            assert_eq!(text.parse::<Chance>(), Ok(Chance(parts)), "{text}");
        }
        assert_eq!("0.01".parse::<Chance>(), Ok(Chance::percent(1)));
    }

    #[test]
    fn errors_say_what_to_write() {
        let span = |text: &str| text.parse::<Span>().unwrap_err();
        assert!(span("5").contains("\"5s\""));
        assert!(span("5 seconds").contains("\"5s\""));
        assert!(span("400d").contains("more than a year"));
        assert!(span("1..2s").contains("not a number"));
        assert!("2s..1s".parse::<SpanRange>().unwrap_err().contains("\"1s..2s\""));
        assert!("5".parse::<Chance>().unwrap_err().contains("\"5%\""));
    }

    #[test]
    fn short_forms_keep_three_digits() {
        assert_eq!(Span(6_123_456).short(), "6.12ms");
        assert_eq!(Span(341_999_999).short(), "341ms");
        assert_eq!(Span::secs(90).short(), "1.5m");
        assert_eq!(Time(5_393_817_264).short(), "5.393s");
    }
}
