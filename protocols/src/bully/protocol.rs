//! How Bully stands in the catalogue.

use super::Bully;
use super::bugs::Bug;
use super::config::{Config, Variant};
use super::invariants::Invariants;
use crate::ClosedForm;
use crate::planted::plants;
use crate::promise::{Promise, SYNCHRONOUS};
use crate::protocol::Protocol;
use sim_core::{Nodes, Settings, Span};
use std::ops::RangeInclusive;

/// Both forms promise these.
const PROMISES: &[(&str, &str)] = &[
    ("leaders-agree", "once an election's time has passed, all live nodes name one leader"),
    ("highest-leads", "and that is the highest of them"),
    ("no-lower-leader", "no node ever follows a lower one"),
    ("truthful-answers", "whoever is named to a client has led the epoch that is named"),
    ("live-again", "clients are answered once everything has healed"),
    ("catch-up", "nodes have nothing to catch up with"),
];

/// The textbook's form promises these as well: the original has neither ELECTION nor OK.
const TEXTBOOK: &[(&str, &str)] = &[
    ("bullies", "a lower node's election is answered"),
    ("one-election-at-a-time", "while a node holds an election, no message makes it ask again"),
    ("bounded-wait", "a node that was answered waits for a coordinator for T' at most"),
];

/// The original promises these as well.
const ASSERTIONS: &[(&str, &str)] = &[
    ("same-coordinator", "nodes that work together at any instant have one coordinator"),
    ("same-task", "and one task"),
];

impl Protocol for Bully {
    type Safety = Invariants;

    const CLOSED_FORMS: &'static [ClosedForm] = &[ClosedForm {
        measure: "messages-per-election",
        formula: "n² + n - 2",
        of: |n| (n * n + n).saturating_sub(2),
        about: "the first election, which every node begins: as many questions as there are pairs, as \
                many answers, and the highest tells all others twice",
    }];

    fn about() -> &'static str {
        "Bully: the highest node that is up leads (Garcia-Molina, 1982), and the textbooks' form of it"
    }

    fn promises(config: &Config) -> Vec<Promise> {
        let promise = |(property, words)| Promise { property, under: SYNCHRONOUS.to_vec(), words };
        let further = match config.variant {
            Variant::Textbook => TEXTBOOK,
            Variant::Original => ASSERTIONS,
        };
        PROMISES.iter().chain(further).copied().map(promise).collect()
    }

    plants!(Bug);

    fn sizes() -> RangeInclusive<u32> {
        1..=100
    }

    /// One that lives is enough.
    fn tolerating(faults: u32) -> u32 {
        faults.saturating_add(1)
    }

    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() > 0
    }

    fn settle(config: &Config, _: &Settings) -> Span {
        (config.settling() * 2 + Span::secs(1)).in_tenths()
    }

    /// Only then are leaders asked to agree; and by then each node has been heard.
    fn afterglow(config: &Config, _: &Settings) -> Span {
        config.settling() + config.heartbeat + Span::millis(100)
    }

    fn shortest_timer(config: &Config) -> Span {
        config.answer.min(config.heartbeat)
    }

    /// There and back within T.
    fn delay_bound(config: &Config) -> Option<Span> {
        Some(Span(config.answer.0 / 2 - 1))
    }

    fn complaint(config: &Config) -> Option<String> {
        let least = |span: Span| span < Span::millis(1);
        let delay = Span(config.answer.0 / 2);
        let impossible = [
            (least(config.answer), "answer must be at least 1ms"),
            (least(config.heartbeat), "heartbeat must be at least 1ms"),
            (
                config.coordinator < config.answer + delay,
                "coordinator must be at least answer and a half: who has answered waits for answers itself, and then \
                 its announcement takes up to half of that",
            ),
            (
                config.silence < config.heartbeat + delay,
                "silence must be at least heartbeat and half of answer, which a message may take, or every \
                 coordinator is taken for dead",
            ),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::table;

    #[test]
    fn the_table_says_what_both_forms_promise() {
        let original = Config { variant: Variant::Original, ..Config::default() };
        let mut promised = Bully::promises(&original);
        let is_textbooks = |promise: &Promise| {
            let mut names = TEXTBOOK.iter().map(|(property, _)| *property);
            names.any(|property| property == promise.property)
        };
        promised.extend(Bully::promises(&Config::default()).into_iter().filter(is_textbooks));
        table::assert_says(include_str!("PROMISES.md"), &promised);
    }

    #[test]
    fn neither_form_promises_what_only_the_other_can_break() {
        let promises = |variant, property: &str| {
            let config = Config { variant, ..Config::default() };
            Bully::promises(&config).iter().any(|promise| promise.property == property)
        };
        assert!(ASSERTIONS.iter().all(|(property, _)| !promises(Variant::Textbook, property)));
        assert!(TEXTBOOK.iter().all(|(property, _)| !promises(Variant::Original, property)));
    }

    #[test]
    fn what_must_outlast_a_delay_does() {
        let tight = Config {
            answer: Span::millis(20),
            coordinator: Span::millis(30),
            silence: Span::millis(60),
            ..Config::default()
        };
        assert_eq!(Bully::complaint(&tight), None);
        let short = Config { coordinator: Span::millis(29), ..tight.clone() };
        assert!(Bully::complaint(&short).is_some_and(|why| why.starts_with("coordinator")));
        let short = Config { silence: Span::millis(59), ..tight };
        assert!(Bully::complaint(&short).is_some_and(|why| why.starts_with("silence")));
    }
}
