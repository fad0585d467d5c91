//! What a protocol adds to its [`Process`] so that it can be run, broken, judged and listed like any other.

use crate::promise::Promise;
use checkers::Model;
use sim_core::fault::{FaultKind, Role, Target};
use sim_core::{Matching, NodeSet, Nodes, Process, Safety, Settings, Span, Time};
use std::ops::RangeInclusive;

/// What something costs where nothing goes wrong, by a formula of the protocol's own.
#[derive(Clone, Copy, Debug)]
pub struct ClosedForm {
    /// The measure that it is of.
    pub measure: &'static str,
    /// In words, in the number n of nodes: `2n(n - 1)`.
    pub formula: &'static str,
    /// For how many nodes how much.
    pub of: fn(u64) -> u64,
    /// What it takes for granted, and where it is from.
    pub about: &'static str,
}

/// A protocol: a process, what it promises, and how those promises are checked.
///
/// Only [`Safety`](Protocol::Safety), [`about`](Protocol::about) and [`promises`](Protocol::promises) have to be
/// given; everything else has a value that suits a protocol of equals with majorities.
pub trait Protocol: Process<Service: Model> {
    /// What is checked at every step: a tuple of invariants, `()` for none.
    type Safety: Safety<Self>;

    /// The properties of what must come to an end, of which [`unfinished`](Protocol::unfinished) speaks.
    const ENDINGS: &'static [&'static str] = &[];

    /// What things cost where nothing goes wrong.
    const CLOSED_FORMS: &'static [ClosedForm] = &[];

    /// What it is, in a sentence.
    fn about() -> &'static str;

    /// What it promises, configured so, and under which faults. What is not promised is checked all the same, and
    /// told as "not promised" when it breaks.
    fn promises(config: &Self::Config) -> Vec<Promise>;

    /// Mistakes that can be planted on purpose.
    fn bugs() -> Vec<BugAbout> {
        Vec::new()
    }

    /// Plants a bug, and nothing else. False when there is no such bug.
    fn plant(_config: &mut Self::Config, _bug: &str) -> bool {
        false
    }

    /// Changes what would hide a bug: another safety net, say, or an option that is not its subject.
    fn unmask(_config: &mut Self::Config, _bug: &str) {}

    /// Whether any bug is planted.
    fn is_mutated(_config: &Self::Config) -> bool {
        false
    }

    /// Properties that cannot break without this one breaking or having broken: what a bug that breaks one of
    /// them may also be caught by.
    fn implied_by(_property: &str) -> &'static [&'static str] {
        &[]
    }

    /// The roles that faults may aim at.
    fn roles() -> Vec<(&'static str, Target)> {
        vec![
            ("leader", Target::The(Role::Leader)),
            ("a-follower", Target::A(Role::Follower)),
            ("followers", Target::Every(Role::Follower)),
            ("candidate", Target::A(Role::Candidate)),
        ]
    }

    /// How few and how many nodes it works with.
    fn sizes() -> RangeInclusive<u32> {
        1..=1_000
    }

    /// How many nodes it needs to survive so many faulty ones.
    fn tolerating(faults: u32) -> u32 {
        faults.saturating_mul(2).saturating_add(1)
    }

    /// How many of `nodes` nodes may lie, in whatever way, before it promises less.
    fn liars(_config: &Self::Config, _nodes: u32) -> u32 {
        0
    }

    /// Whether the cluster can go on with the nodes that are up and honest: whoever has lied may go on lying.
    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        let Some(members) = Self::members(nodes) else {
            return nodes.live().count() > nodes.len() / 2;
        };
        let live = nodes.live().map(|(machine, _)| nodes.identity(machine));
        members.has_majority_in(live.collect())
    }

    /// Whether a node that has decided a slot has all the slots before it.
    fn decides_in_order() -> bool {
        true
    }

    /// Who has to keep up and be able to go on, where the members change: those of the newest configuration that
    /// is in force for good. None where every node is a member.
    fn members(_nodes: &Nodes<Self>) -> Option<NodeSet> {
        None
    }

    /// A change of the members that is not over, in words. It is asked for only where `change-over` is promised.
    fn open_change(_nodes: &Nodes<Self>) -> Option<String> {
        None
    }

    /// What began before this instant and is not over: which of [`ENDINGS`](Protocol::ENDINGS) that breaks, if it is
    /// so long after everything has healed, and what it is, in words that end in "…, within 5s after …".
    fn unfinished(
        _safety: &Self::Safety,
        _nodes: &Nodes<Self>,
        _before: Time,
    ) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// When its clients may believe an answer, in a cluster of so many nodes.
    fn matching(_config: &Self::Config, _nodes: u32) -> Matching {
        Matching::default()
    }

    /// How long it may take, once everything has healed, until clients are served again and every node has caught
    /// up.
    fn settle(_config: &Self::Config, _settings: &Settings) -> Span {
        Span::secs(10)
    }

    /// How much longer that may take where some live node lacks so many slots of what is decided when everything
    /// heals: they are brought to it at the protocol's own pace.
    fn bring_up(_config: &Self::Config, _settings: &Settings, _slots: u64) -> Span {
        Span::ZERO
    }

    /// How long a run goes on after it has recovered, so that clients, and checkers that wait for calm, see what the
    /// faults have left. It ends with the time to settle at the latest.
    fn afterglow(_config: &Self::Config, _settings: &Settings) -> Span {
        Span::secs(1)
    }

    /// The shortest timer that it keeps setting.
    fn shortest_timer(_config: &Self::Config) -> Span {
        Span::millis(1)
    }

    /// By how many millionths clocks may run fast or slow under the promise of a property; none when that does not
    /// rest on clocks.
    fn drift_bound(_config: &Self::Config, _property: &str) -> Option<u32> {
        None
    }

    /// The longest that a message may take under its promises; none when they do not rest on time.
    fn delay_bound(_config: &Self::Config) -> Option<Span> {
        None
    }

    /// Why nothing could run with this configuration, if so.
    fn complaint(_config: &Self::Config) -> Option<String> {
        None
    }
}

/// A mistake that can be planted: what it is, where it happened for real, and what it should break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BugAbout {
    /// Its id, as in `bugs = ["vote-not-persisted"]`.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub about: &'static str,
    /// Where it is documented.
    pub origin: &'static str,
    /// The properties that it breaks.
    pub breaks: &'static [&'static str],
    /// The faults without which it does not show.
    pub needs: &'static [FaultKind],
}
