//! Clocks that run fast or slow, and timers by them.

use crate::puppet::Act::Set;
use crate::puppet::Cue::{Boot, Timer};
use crate::puppet::{Line, Stage, about, ms, n};
use sim_core::Time;
use sim_core::fault::Fault;

/// The clock begins to run wrong when the first timer is under way.
#[test]
fn a_timer_runs_by_its_nodes_clock() {
    let lines = [Line(1, Boot, vec![Set(0, 1)]), Line(1, Timer(0), vec![Set(1, 10)])];
    for (ppm, rings) in [(1_000_000, "5.5ms n1 rings 1"), (-500_000, "22ms n1 rings 1")] {
        let stage = Stage::new(1, &lines).fault(0, 0, Fault::ClockDrift { nodes: vec![n(1)], ppm });
        let (world, notes) = stage.end();
        assert_eq!(about(&notes, "n1")[1], rings);
        let shown = 1_000 + i64::from(ppm) / 1_000;
        assert_eq!(world.nodes().clock(0, ms(1_000)), ms(shown as u64));
    }
}

#[test]
fn a_clock_that_ran_wrong_goes_on_from_where_it_is() {
    let drift = Fault::ClockDrift { nodes: vec![n(1)], ppm: 1_000_000 };
    let (world, _) = Stage::new(1, &[]).fault(100, 100, drift).end();
    assert_eq!(world.nodes().clock(0, ms(1_000)), ms(1_100));
}

#[test]
fn a_leap_of_the_wall_clock_moves_no_timer() {
    let lines = [Line(1, Boot, vec![Set(0, 10)])];
    for back in [true, false] {
        let by = Time(ms(500).0).since(Time::ZERO);
        let leap = Fault::ClockJump { nodes: vec![n(1)], by, back };
        let (world, notes) = Stage::new(1, &lines).fault(2, 0, leap).end();
        assert_eq!(about(&notes, "n1"), ["10ms n1 rings 0"]);
        assert_eq!(world.nodes().clock(0, ms(1_000)), ms(1_000));
    }
}
