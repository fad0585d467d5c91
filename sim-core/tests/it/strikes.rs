//! Faults: moments, roles, names, and how everything heals.

use crate::puppet::Act::{Append, Leads, Send, Set, Sync};
use crate::puppet::Cue::{Boot, Hear, Timer};
use crate::puppet::{Line, Stage, about, ms, n};
use sim_core::fault::{DiskLoss, Fault, FaultId, FaultKind, Lasts, Moment, Role, Strike, Target};
use sim_core::{NodeId, Span};

fn crash(target: Target) -> Fault {
    Fault::Crash { nodes: vec![target], disk: DiskLoss::Synced }
}

fn upon(event: &str, nth: u32, after: u64, before: bool) -> impl FnOnce(&mut Strike) {
    let (event, after) = (event.to_owned(), Span::millis(after));
    move |strike| strike.on = Some(Moment { event, by: Vec::new(), nth, after, before })
}

fn faults(notes: &[String]) -> Vec<&String> {
    notes.iter().filter(|line| line.contains('*')).collect()
}

#[test]
fn a_fault_waits_for_its_moment() {
    let lines = [
        Line(1, Boot, vec![Set(1, 2), Set(2, 4), Set(3, 6)]),
        Line(1, Timer(1), vec![Leads(1), Send(2, 1)]),
        Line(1, Timer(2), vec![Leads(2), Send(2, 3)]),
        Line(1, Timer(3), vec![Leads(3), Send(2, 2)]),
    ];
    for (event, nth, after, struck) in [
        ("leads", 1, 0, "2ms * crash n2"),
        ("leads", 2, 0, "4ms * crash n2"),
        ("leads", 2, 3, "7ms * crash n2"),
        ("sends odd", 2, 0, "4ms * crash n2"),
        ("sends even", 1, 0, "6ms * crash n2"),
        ("receives odd", 2, 0, "5ms * crash n2"),
    ] {
        let stage = Stage::new(2, &lines).fault(1, 0, crash(n(2)));
        let notes = stage.with(upon(event, nth, after, false)).play();
        assert_eq!(faults(&notes), [struck], "{event} {nth}");
    }
}

#[test]
fn a_moment_may_be_one_nodes_own() {
    let lines = [
        Line(1, Boot, vec![Set(0, 2)]),
        Line(2, Boot, vec![Set(0, 5)]),
        Line(1, Timer(0), vec![Leads(1)]),
        Line(2, Timer(0), vec![Leads(2)]),
    ];
    for (by, struck) in [(n(2), "5ms * crash n1"), (Target::The(Role::Leader), "2ms * crash n1")] {
        let stage = Stage::new(2, &lines).fault(0, 0, crash(n(1)));
        let stage = stage.with(upon("leads", 1, 0, false));
        let notes = stage.with(|strike| strike.on.as_mut().expect("a moment").by = vec![by]).play();
        assert_eq!(faults(&notes), [struck]);
    }
}

#[test]
fn a_fault_may_come_just_before_its_moment() {
    let lines = [
        Line(1, Boot, vec![Set(0, 2)]),
        Line(1, Timer(0), vec![Append(1), Sync, Send(2, 1)]),
        Line(2, Hear(1), vec![Send(1, 2)]),
    ];
    let before = |event, victim| {
        let stage = Stage::new(2, &lines).fault(1, 0, crash(n(victim)));
        stage.with(upon(event, 1, 0, true)).end()
    };
    let (world, notes) = before("sends odd", 1);
    assert_eq!(faults(&notes), ["7ms * crash n1"]);
    assert_eq!(about(&notes, "n2"), [""; 0], "it had synced and never sent");
    assert_eq!(world.nodes().durable(0).collect::<Vec<_>>(), [&1]);
    let (_, notes) = before("receives odd", 2);
    assert_eq!(faults(&notes), ["8ms * crash n2"]);
    assert_eq!(about(&notes, "n2"), [""; 0]);
    let (world, notes) = before("syncs", 1);
    assert_eq!(faults(&notes), ["2ms * crash n1"]);
    assert_eq!(world.nodes().durable(0).count(), 0);
}

#[test]
fn a_fault_aims_at_the_leader_of_the_highest_epoch_and_waits_for_one() {
    let lines = [
        Line(1, Boot, vec![Set(0, 10)]),
        Line(3, Boot, vec![Set(0, 20)]),
        Line(1, Timer(0), vec![Leads(2)]),
        Line(3, Timer(0), vec![Leads(1)]),
    ];
    let leader = || crash(Target::The(Role::Leader));
    let struck = |at| faults(&Stage::new(3, &lines).fault(at, 0, leader()).play())[0].clone();
    assert_eq!(struck(15), "15ms * crash n1");
    assert_eq!(struck(25), "25ms * crash n1", "n3 leads an older epoch");
    assert_eq!(struck(1), "10ms * crash n1", "nobody led");
    let twice = Stage::new(3, &lines).fault(15, 0, leader()).fault(16, 0, leader());
    assert_eq!(faults(&twice.play()), ["15ms * crash n1", "20ms * crash n3"]);
}

#[test]
fn a_fault_of_who_is_not_there_strikes_nobody() {
    let nobody = || Target::Node(NodeId::client(0));
    for fault in [
        Fault::Pause { nodes: vec![nobody()] },
        Fault::BigMac { clients: vec![nobody()], at: Vec::new() },
        crash(n(3)),
    ] {
        let notes = Stage::new(2, &[]).fault(5, 0, fault).fault(6, 0, crash(n(1))).play();
        assert_eq!(faults(&notes), ["6ms * crash n1"]);
    }
}

#[test]
fn a_name_given_to_whom_a_fault_hit_serves_a_later_one() {
    for seed in 0..20 {
        let mut stage = Stage::new(5, &[]).fault(5, 0, crash(Target::Random));
        stage = stage.with(|strike| strike.name = Some("victim".into()));
        stage = stage.fault(9, 0, Fault::Restart { nodes: vec![Target::Named("victim".into())] });
        stage.seed = seed;
        let notes = stage.play();
        let hit = faults(&notes)[0].rsplit(' ').next().expect("a node").to_owned();
        assert_eq!(about(&notes, &hit), [format!("9ms {hit} boots")]);
    }
}

#[test]
fn everything_heals_but_what_lasts_forever_and_what_waits_is_idle() {
    let mut stage = Stage::new(4, &[])
        .fault(1, 0, crash(n(1)))
        .fault(1, 0, crash(n(2)))
        .with(|strike| strike.lasts = Lasts::Forever)
        .fault(2, 0, crash(Target::The(Role::Leader)))
        .fault(3, 0, crash(n(3)))
        .with(upon("leads", 1, 0, false))
        .fault(50, 0, crash(n(4)));
    stage.plan.heal = ms(40);
    let (world, notes) = stage.end();
    let live: Vec<u32> = world.nodes().live().map(|(machine, _)| machine).collect();
    assert_eq!(live, [0, 2, 3]);
    assert_eq!(about(&notes, "n1"), ["40ms n1 boots"]);
    let idle: Vec<FaultId> = [4, 3, 5].map(|fault| FaultId { fault, nth: 1 }).to_vec();
    let mut found = world.idle_faults().to_vec();
    found.sort_by_key(|id| (id.fault > 4, std::cmp::Reverse(id.fault)));
    assert_eq!(found, idle);
    assert_eq!(notes.iter().filter(|line| line.ends_with("idle")).count(), 3);
    assert_eq!(world.fired().of(FaultKind::Crash), 2);
}

#[test]
fn a_crashed_nodes_fault_does_not_end_in_its_next_life() {
    let restart = Fault::Restart { nodes: vec![n(1)] };
    let stage = Stage::new(1, &[]).fault(2, 20, crash(n(1))).fault(5, 0, restart);
    assert_eq!(about(&stage.play(), "n1"), ["5ms n1 boots"], "and not again at 22 ms");
}
