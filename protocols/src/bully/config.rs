//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Span;

/// Which of its two forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// ELECTION, OK and COORDINATOR, as textbooks tell it.
    #[default]
    Textbook,
    /// Garcia-Molina's, which halts everybody before it reorganises them.
    Original,
}

/// The options of Bully.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Which of its two forms.
    pub variant: Variant,
    /// How long an answer may take: T, at least two delays of the network and the time to handle a message.
    pub answer: Span,
    /// How long a node that was answered waits for the coordinator: T'. At least as long as it takes the answering
    /// node to wait for its own answers, and one delay. The original waits twice as long, for it has more rounds.
    pub coordinator: Span,
    /// How often a coordinator lets the others hear from it.
    pub heartbeat: Span,
    /// How long a coordinator may be silent before it is taken for dead: at least a heartbeat and one delay.
    pub silence: Span,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            variant: Variant::Textbook,
            answer: Span::millis(25),
            coordinator: Span::millis(50),
            heartbeat: Span::millis(50),
            silence: Span::millis(100),
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// How long a node waits that somebody higher has answered, or has halted.
    pub(super) fn patience(&self) -> Span {
        match self.variant {
            Variant::Textbook => self.coordinator,
            Variant::Original => self.coordinator * 2,
        }
    }

    /// How long after the last disturbance everybody must agree: what is wrong is noticed by silence; then whoever
    /// is answered by a node that has not noticed yet, or dies, waits in vain once, and asks again. The original
    /// asks, halts, appoints and makes ready, and may have to begin anew.
    pub(super) fn settling(&self) -> Span {
        let election = match self.variant {
            Variant::Textbook => self.answer + self.patience(),
            Variant::Original => self.answer * 4 + self.patience(),
        };
        self.silence * 2 + self.heartbeat + election * 3
    }
}
