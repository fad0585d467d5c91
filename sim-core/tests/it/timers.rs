//! Timers are names: one that is set again is set anew, also while it waits to be handled.

use crate::puppet::Act::{Broadcast, Cancel, Send, Set};
use crate::puppet::Cue::{Boot, Hear, Timer};
use crate::puppet::{Line, Stage, about, n};
use sim_core::Span;
use sim_core::fault::{DiskLoss, Fault};

#[test]
fn a_timer_that_is_set_anew_rings_once_at_its_new_time() {
    for (again, rings) in [(10, "15ms n1 rings 0"), (3, "8ms n1 rings 0")] {
        let lines =
            [Line(1, Boot, vec![Set(0, 10), Set(1, 5)]), Line(1, Timer(1), vec![Set(0, again)])];
        assert_eq!(about(&Stage::new(1, &lines).play(), "n1"), ["5ms n1 rings 1", rings]);
    }
}

#[test]
fn a_timer_that_is_taken_back_does_not_ring_and_can_be_set_again() {
    let mut lines = vec![
        Line(1, Boot, vec![Set(0, 10), Set(1, 5), Set(2, 7)]),
        Line(1, Timer(1), vec![Cancel(0)]),
    ];
    let rest = ["5ms n1 rings 1", "7ms n1 rings 2"];
    assert_eq!(about(&Stage::new(1, &lines).play(), "n1"), rest);
    lines.push(Line(1, Timer(2), vec![Set(0, 3)]));
    let notes = Stage::new(1, &lines).play();
    assert_eq!(about(&notes, "n1")[2..], ["10ms n1 rings 0"], "once, though two entries were due");
}

/// n1 is busy with word 1 until 21 ms; word 3 waits, and behind it the timer, which rang at 15 ms.
fn busy(upon_third: Vec<crate::puppet::Act>) -> Vec<String> {
    let lines = [
        Line(1, Boot, vec![Set(0, 5)]),
        Line(2, Boot, vec![Send(1, 1), Send(1, 3)]),
        Line(1, Hear(3), upon_third),
    ];
    let mut stage = Stage::new(2, &lines);
    stage.settings.costs.message = Span::millis(10);
    about(&stage.play(), "n1")
}

#[test]
fn a_timer_that_waits_in_the_inbox_of_a_busy_node_can_still_be_changed() {
    let words = ["11ms n1 hears 1", "21ms n1 hears 3"];
    let with = |more: &[&'static str]| [&words[..], more].concat();
    assert_eq!(busy(vec![]), with(&["31ms n1 rings 0"]));
    assert_eq!(busy(vec![Cancel(0)]), with(&[]));
    assert_eq!(busy(vec![Set(0, 50)]), with(&["81ms n1 rings 0"]));
}

#[test]
fn a_paused_node_does_later_what_came_meanwhile_in_its_order() {
    let lines = [
        Line(1, Boot, vec![Set(0, 5)]),
        Line(2, Boot, vec![Send(1, 1), Set(0, 7)]),
        Line(2, Timer(0), vec![Broadcast(3)]),
    ];
    let stage = Stage::new(2, &lines).fault(0, 20, Fault::Pause { nodes: vec![n(1)] });
    let notes = stage.play();
    assert_eq!(about(&notes, "n1"), ["20ms n1 hears 1", "20ms n1 rings 0", "20ms n1 hears 3"]);
}

#[test]
fn a_crash_ends_timers_and_what_waited() {
    let lines = [Line(1, Boot, vec![Set(0, 10)])];
    let crash = Fault::Crash { nodes: vec![n(1)], disk: DiskLoss::Synced };
    let notes = Stage::new(1, &lines).fault(2, 3, crash.clone()).play();
    assert_eq!(about(&notes, "n1"), ["5ms n1 boots", "15ms n1 rings 0"]);
    let lines = [Line(2, Boot, vec![Send(1, 1)])];
    let pause = Fault::Pause { nodes: vec![n(1)] };
    let notes = Stage::new(2, &lines).fault(0, 20, pause).fault(5, 5, crash).play();
    assert_eq!(about(&notes, "n1"), ["10ms n1 boots"], "a pause ends with what it stopped");
}
