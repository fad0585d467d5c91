//! The simulation: the earliest event happens next.

use crate::observe::Observer;
use crate::process::Process;
use crate::time::Time;
use crate::world::World;

/// Why a timed run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The time had come.
    InTime,
    /// It took as many steps as it may, or more than [`MOST_PENDING`] events were pending.
    AtLimit,
    /// Nothing is pending any more.
    Quiet,
}

/// More events than this are not pending at once, unless messages bring forth ever more messages: memory would be at
/// its end long before the steps are.
pub const MOST_PENDING: usize = 4_000_000;

/// Runs a world, started before, until a time, or for at most so many events, or until too many are pending.
pub fn run<P: Process>(
    world: &mut World<P>,
    until: Time,
    limit: u64,
    watch: &mut impl Observer<P>,
) -> Stopped {
    for _ in 0..limit {
        if !world.step_until(until, watch) {
            let is_quiet = world.pending().next().is_none();
            world.wait_until(until);
            return if is_quiet { Stopped::Quiet } else { Stopped::InTime };
        }
        if world.count_pending() > MOST_PENDING {
            break;
        }
    }
    Stopped::AtLimit
}
