//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Chance, Span};

/// Who drives a saga.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// An orchestrator tells the services what to do, one step after another.
    #[default]
    Orchestrated,
    /// Each service does its step when it hears that the one before is done.
    Choreographed,
}

/// What becomes of a step that would change what another saga under way has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Locks {
    /// It changes it: nothing is marked.
    #[default]
    None,
    /// It is refused, if it can be, and its saga undone.
    Refuse,
    /// It waits for the other saga's end, and at most as long as a step may take.
    Wait,
}

/// The options of sagas.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Who drives a saga.
    pub style: Style,
    /// Whether the second node stands by to orchestrate in place of the first, and the last node keeps their log.
    pub fail_over: bool,
    /// Semantic locks: whether what a saga has changed is marked until its end, and what others then do.
    pub locks: Locks,
    /// How long an orchestrator waits for an answer before it asks again.
    pub resend: Span,
    /// How long a step before the pivot, or the pivot, may take before its saga is undone.
    pub step_timeout: Span,
    /// How long a service waits for an event to be acknowledged before it tells it again.
    pub redelivery: Span,
    /// How often an event is told before it is put aside as a dead letter; 0 means for ever.
    pub deliveries: u32,
    /// How long a choreographed saga may be under way before its first service asks after it, and how often then.
    pub watchdog: Span,
    /// How often an orchestrator lets the one that stands by hear from it.
    pub heartbeat: Span,
    /// How long it may be silent before the other takes over.
    pub takeover: Span,
    /// How often a service cannot do a local transaction just now, and has to be asked again.
    pub hiccups: Chance,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            style: Style::Orchestrated,
            fail_over: false,
            locks: Locks::None,
            resend: Span::millis(50),
            step_timeout: Span::millis(400),
            redelivery: Span::millis(50),
            deliveries: 20,
            watchdog: Span::millis(800),
            heartbeat: Span::millis(50),
            takeover: Span::millis(250),
            hiccups: Chance::default(),
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// Sagas that nobody drives.
    pub fn choreographed(&mut self) {
        self.style = Style::Choreographed;
    }

    /// How often the watchdog looks.
    pub(super) fn watch_every(&self) -> Span {
        Span(self.watchdog.0 / 4).max(Span::millis(1))
    }

    /// Why nothing could run like this, if so.
    pub(super) fn complaint(&self) -> Option<String> {
        let least = |span: Span| span < Span::millis(1);
        let impossible = [
            (least(self.resend), "resend must be at least 1ms"),
            (least(self.redelivery), "redelivery must be at least 1ms"),
            (least(self.watchdog), "watchdog must be at least 1ms"),
            (least(self.heartbeat), "heartbeat must be at least 1ms"),
            (
                self.step_timeout <= self.resend,
                "step-timeout must be longer than resend, or no step is asked for twice",
            ),
            (
                self.takeover <= self.heartbeat,
                "takeover must be longer than heartbeat, or every orchestrator is taken for dead",
            ),
            (
                self.fail_over && self.style == Style::Choreographed,
                "fail-over needs an orchestrator; write style = \"orchestrated\"",
            ),
            (
                self.hiccups > Chance::percent(50),
                "hiccups must be at most 50%, or too little is ever done",
            ),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_owned())
    }
}
