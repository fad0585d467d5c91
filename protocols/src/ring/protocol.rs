//! How Ring stands in the catalogue.

use super::Ring;
use super::bugs::Bug;
use super::config::Config;
use super::invariants::Invariants;
use crate::ClosedForm;
use crate::planted::plants;
use crate::promise::{Promise, SYNCHRONOUS};
use crate::protocol::Protocol;
use sim_core::{Nodes, Settings, Span};
use std::ops::RangeInclusive;

const PROMISES: &[(&str, &str)] = &[
    ("leaders-agree", "once an election's time has passed, all live nodes name one leader"),
    ("highest-leads", "and that is the highest of them"),
    ("no-lower-leader", "no node ever follows a lower one"),
    ("bounded-hops", "nothing goes round more than twice"),
    ("list-once", "a list names each node once, in the order of the ring"),
    ("smaller-swallowed", "no node passes on a name that is lower than its own"),
    ("own-name-once", "who takes part in an election does not send its name again for a lower one"),
    ("later-election-stands", "no node goes back to the leader of an earlier election"),
    ("live-again", "clients are answered once everything has healed"),
    ("catch-up", "nodes have nothing to catch up with"),
];

impl Protocol for Ring {
    type Safety = Invariants;

    const CLOSED_FORMS: &'static [ClosedForm] = &[ClosedForm {
        measure: "messages-per-election",
        formula: "2n²",
        of: |n| 2 * n * n,
        about: "the first election, which every node begins: each list goes round, and then what came of it",
    }];

    fn about() -> &'static str {
        "elections on a ring: the list of Tanenbaum and van Steen, and Chang and Roberts (1979)"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        let promise = |(property, words)| Promise { property, under: SYNCHRONOUS.to_vec(), words };
        PROMISES.iter().copied().map(promise).collect()
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

    fn settle(config: &Config, settings: &Settings) -> Span {
        (config.settling(settings.nodes) * 2 + Span::secs(1)).in_tenths()
    }

    /// Only then are leaders asked to agree; and by then each node has been heard.
    fn afterglow(config: &Config, settings: &Settings) -> Span {
        config.settling(settings.nodes) + config.heartbeat + Span::millis(100)
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
        let mut order = config.order.clone();
        order.sort_unstable();
        let is_odd = order.windows(2).any(|pair| pair[0] == pair[1]) || order.first() == Some(&0);
        let impossible = [
            (is_odd, "order must name nodes by their numbers from 1, each once"),
            (least(config.answer), "answer must be at least 1ms"),
            (least(config.heartbeat), "heartbeat must be at least 1ms"),
            (
                config.silence < config.heartbeat + Span(config.answer.0 / 2),
                "silence must be at least heartbeat and half of answer, which a message may take, or every leader is \
                 taken for dead",
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
    fn the_table_says_what_the_code_promises() {
        table::assert_says(include_str!("PROMISES.md"), &Ring::promises(&Config::default()));
    }

    #[test]
    fn an_order_names_nobody_twice() {
        let complaint =
            |order: &[u32]| Ring::complaint(&Config { order: order.to_vec(), ..Config::default() });
        assert_eq!(complaint(&[3, 1, 2]), None);
        assert!(complaint(&[1, 1]).is_some() && complaint(&[0]).is_some());
    }
}
