//! What a scenario may ask for at most. Each limit is checked before anything of that size is
//! allocated.

use sim_core::Span;
use std::ops::RangeInclusive;

/// Bytes of a file.
pub const FILE: usize = 1 << 20;
/// Problems that one reading reports; it stops there, so that a hopeless file costs no more than a
/// bad one.
pub const PROBLEMS: usize = 20;
/// Nodes of a cluster. A protocol may have narrower ones of its own.
pub const NODES: RangeInclusive<u32> = 1..=1_000_000;
/// Numbers of nodes that `nodes = { any = […] }` may list.
pub const CHOICES: usize = 100;
/// Keys that `[swarm]` may draw.
pub const DRAWS: usize = 100;
/// Variants of a scenario, those that its sweep makes included.
pub const VARIANTS: usize = 64;
/// Clients of a run.
pub const CLIENTS: u32 = 10_000;
/// Seeds of a scenario.
pub const SEEDS: RangeInclusive<u64> = 1..=10_000_000;
/// Strikes that all repeated faults of a file, or its nemesis, come to.
pub const STRIKES: u64 = 100_000;
/// The longest run: `duration` and `settle` together.
pub const LENGTH: Span = Span::YEAR;
/// How often the shortest timer may ring on all nodes together.
pub const RINGS: u64 = 1_000_000_000;
/// How many operations all clients together may begin. A run keeps its whole history.
pub const OPERATIONS: u64 = 100_000_000;
/// How many things a file may let happen to single messages.
pub const MESSAGES: usize = 100_000;
/// How many operations a file may write out.
pub const WRITTEN: usize = 100_000;
/// The ids of faults, and the numbers of their repetitions.
pub const IDS: RangeInclusive<u32> = 1..=1_000_000_000;
/// How many times slower a node or a disk may become.
pub const FACTOR: RangeInclusive<u32> = 1..=1_000_000;
/// By how many millionths a clock may run fast or slow: at most by half.
pub const PPM: RangeInclusive<i32> = -500_000..=500_000;

/// How many steps of at least `step` fit into `length`; more than can be counted when a step takes
/// no time.
pub(super) fn steps(length: Span, step: Span) -> u64 {
    length.0.checked_div(step.0).unwrap_or(u64::MAX)
}

/// A number as people read it: `1 000 000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
