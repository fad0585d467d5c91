//! How the generals stand in the catalogue.

use super::General;
use super::bugs::Bug;
use super::config::{Algorithm, Config};
use super::invariants::Invariants;
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use sim_core::fault::{FaultKind, Target};
use sim_core::{NodeId, Nodes, Settings, Span};
use std::ops::RangeInclusive;

/// Traitors may do whatever they like. Messages must arrive in their round, clocks agree, and loyal generals live:
/// A1 and A3 of the paper, and what it takes for granted.
const UNDER: &[FaultKind] = &[
    FaultKind::Silence,
    FaultKind::Equivocate,
    FaultKind::Forge,
    FaultKind::Replay,
    FaultKind::Dawdle,
    FaultKind::Twins,
    FaultKind::Duplicate,
    FaultKind::ClockJump,
];

const PROMISES: &[(&str, &str)] = &[
    ("ic1", "all loyal lieutenants obey the same order"),
    ("ic2", "if the commander is loyal, every loyal lieutenant obeys his order"),
    ("prescribed-paths", "loyal generals send what is prescribed, in its round, and nothing else"),
    ("prescribed-choice", "and obey what the algorithm makes of all that they have heard"),
    ("catch-up", "every loyal general comes to a decision in every battle, after m + 1 rounds"),
];

impl Protocol for General {
    type Safety = Invariants;

    fn about() -> &'static str {
        "the Byzantine generals, with oral and with signed messages (Lamport, Shostak and Pease, 1982)"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        let promise = |(property, words)| Promise { property, under: UNDER.to_vec(), words };
        PROMISES.iter().copied().map(promise).collect()
    }

    plants!(Bug);

    /// A commander commands from the first battle on, or in turn.
    fn roles() -> Vec<(&'static str, Target)> {
        vec![("first-commander", Target::Node(NodeId(0)))]
    }

    fn sizes() -> RangeInclusive<u32> {
        3..=13
    }

    fn tolerating(faults: u32) -> u32 {
        faults.saturating_mul(3).saturating_add(1)
    }

    /// For oral messages as many as Lemma 1 allows: with k traitors OM(m) needs more than 2k + m generals, which for
    /// k = m is more than three times as many. Who reckons with more traitors than there are needs more generals for
    /// it. For signed ones two who are loyal.
    fn liars(config: &Config, nodes: u32) -> u32 {
        let most = match config.algorithm {
            Algorithm::Oral => nodes.saturating_sub(config.traitors.saturating_add(1)) / 2,
            Algorithm::Signed => nodes.saturating_sub(2),
        };
        config.traitors.min(most)
    }

    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() > 0
    }

    /// Battles have nothing to do with each other.
    fn decides_in_order() -> bool {
        false
    }

    /// A3: what comes after its round counts as not sent.
    fn delay_bound(config: &Config) -> Option<Span> {
        Some(config.round - Span(1))
    }

    fn settle(config: &Config, _: &Settings) -> Span {
        config.period() * 3 + Span::secs(1)
    }

    fn shortest_timer(config: &Config) -> Span {
        config.round
    }

    fn complaint(config: &Config) -> Option<String> {
        let impossible = [
            (config.round == Span::ZERO, "round must be longer than 0s"),
            (
                config.traitors == 0,
                "traitors must be at least 1: without them an order is just sent",
            ),
            (
                config.traitors > 4,
                "traitors must be at most 4: messages grow as n to the power of that",
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
        let promised = General::promises(&Config::default());
        table::assert_says(include_str!("PROMISES.md"), &promised);
    }

    #[test]
    fn oral_messages_need_more_than_three_times_as_many_generals_as_traitors() {
        let oral = Config { traitors: 2, ..Config::default() };
        assert_eq!([3, 4, 5, 6, 7].map(|n| General::liars(&oral, n)), [0, 0, 1, 1, 2]);
        let one = Config { traitors: 1, ..oral.clone() };
        assert_eq!([3, 4].map(|n| General::liars(&one, n)), [0, 1]);
        let signed = Config { algorithm: Algorithm::Signed, ..oral };
        assert_eq!([3, 4, 6, 7].map(|n| General::liars(&signed, n)), [1, 2, 2, 2]);
    }
}
