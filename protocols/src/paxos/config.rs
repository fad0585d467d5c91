//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Rng, Span, SpanRange};

/// Paxos's options.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How long a proposer waits for answers before it asks again.
    pub retry: Span,
    /// How a proposer waits that was overtaken.
    pub back_off: BackOff,
    /// How long it waits at most the first time; twice as long after each further time, sixteen
    /// times as long at most.
    pub pause: Span,
    /// Whom acceptors tell of their votes.
    pub learning: Learning,
    /// How often a node asks another for decisions that it lacks, drawn anew each time; and how long
    /// a vote may be without a decision before the voter finds out what became of it.
    pub catch_up: SpanRange,
    /// How many decisions a node that lags behind is told of at once.
    pub batch: usize,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

/// How a proposer waits that was overtaken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackOff {
    /// For a time drawn anew, from ever wider ranges.
    #[default]
    Random,
    /// Not at all: it tries again at once. Two such proposers may go on for ever.
    None,
}

/// Whom acceptors tell of their votes ("Paxos Made Simple", section 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Learning {
    /// Every learner.
    #[default]
    All,
    /// A distinguished learner, which tells the others what was chosen: the ballot's proposer.
    Distinguished,
}

/// How many times longer than the first the longest pause is.
const LONGEST: u64 = 16;

impl Default for Config {
    fn default() -> Self {
        Config {
            retry: Span::millis(100),
            back_off: BackOff::Random,
            pause: Span::millis(20),
            learning: Learning::All,
            catch_up: SpanRange::millis(100, 200),
            batch: 64,
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Why nothing could run like this, if so. Unwise values are not complained of.
    pub fn complaint(&self) -> Option<String> {
        let impossible = [
            (self.retry == Span::ZERO, "retry must be longer than 0s"),
            (self.pause == Span::ZERO, "pause must be longer than 0s"),
            (self.catch_up.from == Span::ZERO, "catch-up must be longer than 0s"),
            (self.catch_up.from > self.catch_up.to, "catch-up must not end before it begins"),
            (self.batch == 0, "batch must be at least 1"),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }

    /// How long a proposer waits that was overtaken so many times in a row; none for not at all.
    pub(crate) fn wait(&self, duels: u32, rng: &mut Rng) -> Option<Span> {
        let widest = self.pause * (1 << duels.saturating_sub(1).min(6)).min(LONGEST);
        match self.back_off {
            BackOff::None => None,
            BackOff::Random => Some(SpanRange { from: Span::ZERO, to: widest }.draw(rng)),
        }
    }

    /// The longest that it waits.
    pub(super) fn longest_wait(&self) -> Span {
        self.pause * LONGEST
    }
}
