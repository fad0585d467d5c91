//! One `[[faults]]` of a file, read and resolved, with its ranges not drawn yet.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use sim_core::fault::{Fault, FaultKind, Targets};
use sim_core::{Rng, Span, SpanRange, Time};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A fault of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultLine {
    /// Its place in the file, from 1, unless the file says otherwise. It names the fault's random
    /// streams, and stays when others are removed.
    pub id: u32,
    /// Which of the strikes of this id it is, or the first of its repetitions; from 1.
    pub nth: u32,
    /// When it strikes; or, with `on`, when it begins to wait.
    pub at: SpanRange,
    /// The moment that it waits for.
    pub on: Option<Wait>,
    /// What happens.
    pub what: What,
    /// How long.
    pub lasts: LineLasts,
    /// How often again, if at all.
    pub repeat: Option<Repeat>,
    /// The name under which later faults find the nodes that it hit.
    pub name: Option<String>,
}

/// The moment that a fault waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// `leads`, `commits`, `sends vote`, `receives vote`, `syncs`, `boots` …
    pub event: String,
    /// At one of these nodes; anywhere when there are none.
    pub by: Targets,
    /// The first, second, … such event; from 1.
    pub nth: u32,
    /// How long after it.
    pub after: SpanRange,
    /// Before what the event does leaves the node.
    pub before: bool,
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineLasts {
    /// So long.
    For(SpanRange),
    /// Until everything heals.
    UntilHealed,
    /// It never heals.
    Forever,
}

/// How a fault repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// How far apart; never zero.
    pub every: SpanRange,
    /// No repetition begins at this instant or later.
    pub until: Time,
}

/// What happens: a fault of the world, or one of which a number is yet to be drawn. Ranges that the
/// world draws from, once for each message, are not such numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// This.
    Fixed(Fault),
    /// A leap of the clock, by a span that each strike draws.
    ClockJump {
        /// Which nodes.
        nodes: Targets,
        /// By how much.
        by: Leap,
    },
}

impl What {
    /// The fault, with every number drawn.
    pub fn draw(&self, rng: &mut Rng) -> Fault {
        match self {
            What::Fixed(fault) => fault.clone(),
            What::ClockJump { nodes, by } => {
                let by = by.draw(rng);
                let nodes = nodes.clone();
                Fault::ClockJump { nodes, by: Span(by.unsigned_abs()), back: by < 0 }
            }
        }
    }

    /// Its kind.
    pub fn kind(&self) -> FaultKind {
        match self {
            What::Fixed(fault) => fault.kind(),
            What::ClockJump { .. } => FaultKind::ClockJump,
        }
    }
}

/// A leap forwards or, when negative, back: nanoseconds, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    /// The least, which is the furthest back.
    pub from: i64,
    /// The greatest.
    pub to: i64,
}

impl Leap {
    /// Draws one from the range.
    pub fn draw(self, rng: &mut Rng) -> i64 {
        let width = Span(self.to.abs_diff(self.from));
        self.from.saturating_add_unsigned(rng.within(Span::ZERO, width).0)
    }
}

impl FromStr for Leap {
    type Err = String;
    /// Reads `"2s"`, `"-2s"` or `"-2s..500ms"`.
    fn from_str(text: &str) -> Result<Leap, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let leap = Leap { from: signed(from)?, to: signed(to.trim_start_matches('='))? };
        if leap.from > leap.to {
            return Err(format!(
                "`{text}` runs backwards; write \"{}..{}\"",
                to.trim(),
                from.trim()
            ));
        }
        Ok(leap)
    }
}

/// A span with a sign. A year of nanoseconds is far from the end of what 63 bits hold.
fn signed(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let span = |text: &str| text.parse::<Span>().map(|span| span.0 as i64);
    match text.strip_prefix('-') {
        Some(back) => span(back).map(|span| -span),
        None => span(text.strip_prefix('+').unwrap_or(text)),
    }
}

impl<'de> Deserialize<'de> for Leap {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Leap, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Leap;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a leap of the clock such as \"2s\", \"-2s\" or \"-2s..500ms\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Leap, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Leap, E> {
                Err(E::custom(format!("a leap needs a unit; write \"{n}s\" or \"{n}ms\"")))
            }
        }
        d.deserialize_any(Text)
    }
}

/// A signed span, or two of them.
const PATTERN: &str = concat!(
    r"^\s*[+-]?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d)\s*)+",
    r"(\.\.=?\s*[+-]?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d)\s*)+)?$"
);

impl JsonSchema for Leap {
    fn schema_name() -> Cow<'static, str> {
        "Leap".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "a leap of the clock, or a range from which each strike draws one",
            "pattern": PATTERN,
            "examples": ["2s", "-2s", "-2s..500ms"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaps_go_both_ways() {
        assert_eq!("-2s".parse(), Ok(Leap { from: -2_000_000_000, to: -2_000_000_000 }));
        assert_eq!("-1ms..+2ms".parse(), Ok(Leap { from: -1_000_000, to: 2_000_000 }));
        assert!("2s..-2s".parse::<Leap>().unwrap_err().contains("\"-2s..2s\""));
        let leap = Leap { from: -3, to: 2 };
        let mut rng = Rng::named(1, 1);
        let mut drawn: Vec<i64> = (0..500).map(|_| leap.draw(&mut rng)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [-3, -2, -1, 0, 1, 2]);
    }
}
