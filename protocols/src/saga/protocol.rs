//! How sagas stand in the catalogue.

use super::bugs::Bug;
use super::config::{Config, Locks, Style};
use super::invariants::{self, ENDINGS, Invariants};
use super::{Saga, Sagas};
use crate::promise::{CRASH_RECOVERY, Promise};
use crate::protocol::{BugAbout, Protocol};
use sim_core::fault::{Role, Target};
use sim_core::{Nodes, Settings, Span, Time};
use std::ops::RangeInclusive;

const PROMISES: &[(&str, &str)] = &[
    ("saga-atomicity", "a saga ends with every step done, or with each that was done undone"),
    ("steps-once", "each step takes effect once at most, and each compensation"),
    ("undo-what-was-done", "only what was done is undone, and what was undone is not done again"),
    ("reverse-order", "steps are done one after another, and undone in reverse"),
    ("no-return-past-pivot", "nothing is undone once the pivot is done"),
    (
        "message-iff-state",
        "a reply, an event and an acknowledgement tell of a transaction that is on disk",
    ),
    ("order-per-key", "events about one thing are dealt with in the order in which they happened"),
    ("truthful-outcomes", "what a client is told of its saga is final and true"),
    ("conservation", "when no saga is under way, everything adds up"),
    ("never-negative", "nobody owes, and nothing is handed out that is not there"),
    ("marks-exclude", "nobody changes what a saga under way has marked"),
    ("sagas-end", "a saga that was begun ends"),
    ("outbox-drains", "an event of a committed transaction is acknowledged, or a dead letter"),
    ("locks-released", "nothing stays marked for a saga that is over"),
    ("live-again", "when faults have healed, clients are served within the stated bound"),
    ("catch-up", "nodes have nothing to catch up with"),
];

impl<S: Sagas> Protocol for Saga<S> {
    type Safety = Invariants<S>;
    const ENDINGS: &'static [&'static str] = ENDINGS;

    fn about() -> &'static str {
        "steps that are undone again when one fails, orchestrated or choreographed (Garcia-Molina and Salem, 1987)"
    }

    /// Where nothing is marked, nobody is kept out; where no number can be below nothing, none is.
    fn promises(config: &Config) -> Vec<Promise> {
        let marks = config.locks != Locks::None;
        let promise = |(property, words): &(&'static str, &'static str)| Promise {
            property,
            under: CRASH_RECOVERY.to_vec(),
            words,
        };
        let can_break = |(property, _): &&(&str, &str)| match *property {
            "marks-exclude" => marks,
            "never-negative" => S::can_run_short(),
            _ => true,
        };
        PROMISES.iter().filter(can_break).map(promise).collect()
    }

    fn bugs() -> Vec<BugAbout> {
        let shown = Bug::ALL.iter().filter(|bug| S::shows(**bug));
        shown.map(|bug| bug.about()).collect()
    }

    fn plant(config: &mut Config, bug: &str) -> bool {
        let bug = Bug::named(bug).filter(|bug| S::shows(*bug));
        config.bugs.extend(bug);
        bug.is_some()
    }

    fn unmask(config: &mut Config, bug: &str) {
        Bug::named(bug).into_iter().for_each(|bug| bug.config(config));
    }

    fn is_mutated(config: &Config) -> bool {
        !config.bugs.is_empty()
    }

    fn roles() -> Vec<(&'static str, Target)> {
        vec![("orchestrator", Target::The(Role::Leader)), ("a-service", Target::A(Role::Follower))]
    }

    fn sizes() -> RangeInclusive<u32> {
        2..=100
    }

    /// Every service is the only one of its kind, and every node may be needed.
    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() == nodes.len()
    }

    fn unfinished(
        safety: &Invariants<S>,
        nodes: &Nodes<Self>,
        before: Time,
    ) -> Vec<(&'static str, String)> {
        invariants::unfinished(safety, nodes, before)
    }

    /// A saga may have to go its whole way and back, asked for again at each step and waiting its time for each; a
    /// choreographed one is asked after, and its dead letters told again, at each step. Then others may have waited
    /// for it.
    fn settle(config: &Config, settings: &Settings) -> Span {
        let delay = settings.network.longest_delay() + settings.costs.sync.to * 8;
        let each = match config.style {
            Style::Orchestrated => config.step_timeout + config.resend * 4,
            Style::Choreographed => config.watchdog + config.redelivery * 4,
        };
        let takeover = if config.fail_over { config.takeover * 8 } else { Span::ZERO };
        ((each + delay * 4) * 10 + takeover + Span::secs(2)).in_tenths()
    }

    fn shortest_timer(config: &Config) -> Span {
        config.resend.min(config.redelivery).min(config.heartbeat).min(config.watch_every())
    }

    fn complaint(config: &Config) -> Option<String> {
        config.complaint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::table;
    use checkers::model::orders::Orders;

    #[test]
    fn the_table_says_what_is_promised() {
        let marks = Config { locks: Locks::Refuse, ..Config::default() };
        let promised = Saga::<Orders>::promises(&marks);
        table::assert_says(include_str!("PROMISES.md"), &promised);
    }
}
