//! The sync barrier: nothing leaves a node before its disk has what was written before it.

use crate::puppet::Act::{Append, Send, Set, Sync};
use crate::puppet::Cue::{Boot, Hear, Timer};
use crate::puppet::{Line, Stage, about, n};
use sim_core::fault::{DiskLoss, Fault};

#[test]
fn what_is_sent_after_a_sync_leaves_when_the_disk_has_it() {
    let after = Stage::new(2, &[Line(1, Boot, vec![Append(1), Sync, Send(2, 7)])]);
    assert_eq!(about(&after.play(), "n2"), ["6ms n2 hears 7"]);
    let before = Stage::new(2, &[Line(1, Boot, vec![Append(1), Send(2, 7), Sync])]);
    assert_eq!(about(&before.play(), "n2"), ["1ms n2 hears 7"]);
    let nothing_written = Stage::new(2, &[Line(1, Boot, vec![Sync, Send(2, 7)])]);
    assert_eq!(about(&nothing_written.play(), "n2"), ["1ms n2 hears 7"]);
}

#[test]
fn a_crash_drops_what_was_not_synced_and_what_waited_for_it() {
    let acts = vec![Append(1), Sync, Send(2, 7)];
    let crash = |at| {
        let fault = Fault::Crash { nodes: vec![n(1)], disk: DiskLoss::Synced };
        Stage::new(2, &[Line(1, Boot, acts.clone())]).fault(at, 0, fault).end()
    };
    let (world, notes) = crash(4);
    assert_eq!(about(&notes, "n2"), [""; 0]);
    assert_eq!(world.nodes().durable(0).count(), 0);
    let (world, notes) = crash(6);
    assert_eq!(about(&notes, "n2"), ["6ms n2 hears 7"]);
    assert_eq!(world.nodes().durable(0).collect::<Vec<_>>(), [&1]);
}

#[test]
fn an_answer_from_memory_waits_for_the_disk_too() {
    let lines = [
        Line(1, Boot, vec![Append(1), Sync]),
        Line(2, Boot, vec![Send(1, 1)]),
        Line(1, Hear(1), vec![Send(2, 9)]),
    ];
    let mut stage = Stage::new(2, &lines);
    assert_eq!(about(&stage.play(), "n2"), ["6ms n2 hears 9"]);
    stage.lines[1].2.push(Send(1, 1));
    let notes = stage.play();
    assert_eq!(about(&notes, "n2"), ["6ms n2 hears 9", "6ms n2 hears 9"], "nor is a duplicate's");
}

#[test]
fn syncs_asked_for_while_the_disk_works_are_done_together() {
    let write = |record| vec![Append(record), Sync, Send(2, record)];
    let mut first = write(1);
    first.extend([Set(2, 1), Set(3, 2), Set(4, 3)]);
    let lines = [
        Line(1, Boot, first),
        Line(1, Timer(2), write(2)),
        Line(1, Timer(3), write(3)),
        Line(1, Timer(4), write(4)),
    ];
    let notes = Stage::new(2, &lines).play();
    let heard = ["6ms n2 hears 1", "11ms n2 hears 2", "11ms n2 hears 3", "11ms n2 hears 4"];
    assert_eq!(about(&notes, "n2"), heard);
    assert_eq!(notes.iter().filter(|line| line.ends_with("synced")).count(), 2);
}

#[test]
fn writes_and_timers_do_not_wait() {
    let lines = [
        Line(1, Boot, vec![Append(1), Sync, Set(0, 2), Append(2)]),
        Line(1, Timer(0), vec![Append(3)]),
    ];
    let (world, notes) = Stage::new(1, &lines).end();
    assert_eq!(about(&notes, "n1"), ["2ms n1 rings 0"], "a sync that frees nothing is no step");
    assert_eq!(
        world.nodes().durable(0).collect::<Vec<_>>(),
        [&1],
        "one sync covers what was written before it began"
    );
}

#[test]
fn a_full_disk_holds_everything_until_there_is_room() {
    let lines =
        [Line(1, Boot, vec![Set(0, 2)]), Line(1, Timer(0), vec![Append(1), Sync, Send(2, 7)])];
    let stage = Stage::new(2, &lines).fault(1, 10, Fault::FullDisk { nodes: vec![n(1)] });
    assert_eq!(about(&stage.play(), "n2"), ["17ms n2 hears 7"]);
}

#[test]
fn a_slow_disk_takes_longer_and_a_lying_one_no_time_at_all() {
    let lines =
        [Line(1, Boot, vec![Set(0, 2)]), Line(1, Timer(0), vec![Append(1), Sync, Send(2, 7)])];
    let slow = Fault::SlowDisk { nodes: vec![n(1)], factor: 3 };
    let notes = Stage::new(2, &lines).fault(1, 0, slow).play();
    assert_eq!(about(&notes, "n2"), ["18ms n2 hears 7"]);
    let lying = Fault::LyingSync { nodes: vec![n(1)] };
    let crash = Fault::Crash { nodes: vec![n(1)], disk: DiskLoss::Synced };
    let (world, notes) = Stage::new(2, &lines).fault(1, 0, lying).fault(9, 0, crash).end();
    assert_eq!(about(&notes, "n2"), ["3.001ms n2 hears 7"]);
    assert_eq!(world.nodes().durable(0).count(), 0, "it said that it had synced");
}

#[test]
fn what_a_paused_node_synced_leaves_when_it_goes_on() {
    let lines = [Line(1, Boot, vec![Append(1), Sync, Send(2, 7)])];
    let stage = Stage::new(2, &lines).fault(1, 20, Fault::Pause { nodes: vec![n(1)] });
    let (world, notes) = stage.end();
    assert_eq!(about(&notes, "n2"), ["22ms n2 hears 7"]);
    assert_eq!(world.nodes().durable(0).collect::<Vec<_>>(), [&1]);
}
