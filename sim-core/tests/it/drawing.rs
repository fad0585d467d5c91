//! Draws are named: equal seeds make equal runs, and what is taken away disturbs nothing else.

use crate::puppet::Act::{Broadcast, Set};
use crate::puppet::Cue::{Boot, Timer};
use crate::puppet::{Line, Notes, Puppet, Role, Stage, ms};
use sim_core::drive::replay::Digest;
use sim_core::drive::timed;
use sim_core::fault::{Fault, Plan, Target};
use sim_core::settings::{Delay, NetworkSettings};
use sim_core::{Chance, Settings, SpanRange, World};

/// Nodes that talk all the time over a bad network, and random faults.
fn chatter(seed: u64) -> Stage {
    let lines: Vec<Line> = (1..=4)
        .flat_map(|node| {
            let talk = vec![Broadcast(node), Set(0, 7)];
            [Line(node, Boot, talk.clone()), Line(node, Timer(0), talk)]
        })
        .collect();
    let mut stage = Stage::new(4, &lines);
    stage.settings.network = NetworkSettings {
        delay: Delay::Uniform(SpanRange::millis(1, 30)),
        loss: Chance::percent(10),
        duplicate: Chance::percent(10),
        ..NetworkSettings::default()
    };
    for at in [50, 150, 250] {
        stage = stage.fault(at, 80, Fault::SlowNode { nodes: vec![Target::Random], factor: 2 });
    }
    stage.seed = seed;
    stage
}

fn digest(stage: &Stage) -> u64 {
    let (mut world, mut digest) = (stage.build(), Digest::default());
    world.start(&mut digest);
    timed::run(&mut world, ms(500), 100_000, &mut digest);
    digest.value()
}

#[test]
fn equal_seeds_make_equal_runs_and_others_differ() {
    let mut seen: Vec<u64> = (0..8).map(|seed| digest(&chatter(seed))).collect();
    for seed in 0..8 {
        assert_eq!(digest(&chatter(seed)), seen[seed as usize]);
        assert_eq!(chatter(seed).play(), chatter(seed).play());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 8);
}

#[test]
fn a_fault_that_is_taken_away_disturbs_no_other() {
    let strikes = |notes: Vec<String>| -> Vec<String> {
        notes.into_iter().filter(|line| line.contains("* slow")).collect()
    };
    let mut others = 0;
    for seed in 0..20 {
        let mut stage = chatter(seed);
        let whole = strikes(stage.play());
        stage.plan.strikes.remove(1);
        let less = strikes(stage.play());
        assert_eq!(less, [whole[0].clone(), whole[2].clone()]);
        others += usize::from(whole[0].rsplit(' ').nth(3) != whole[2].rsplit(' ').nth(3));
    }
    assert!(others > 0, "each draws for itself");
}

#[test]
fn a_message_that_is_not_sent_disturbs_no_other_link() {
    let heard = |stage: &Stage| -> Vec<String> {
        let talk = stage.play().into_iter();
        talk.filter(|line| line.contains(" hears ") && !line.ends_with(" 1")).collect()
    };
    for seed in 0..5 {
        let whole = chatter(seed);
        let mut silent = chatter(seed);
        silent.lines.retain(|line| line.0 != 1);
        assert_eq!(heard(&whole), heard(&silent), "seed {seed}");
    }
}

#[test]
fn a_million_idle_nodes_can_be_built() {
    let settings = Settings { nodes: 1_000_000, ..Settings::default() };
    let (role, plan) = (Role::default(), Plan::default());
    let mut world: World<Puppet> = World::new(settings, role, Vec::new(), plan, 1);
    let mut notes = Notes::default();
    world.start(&mut notes);
    assert_eq!(world.nodes().live().count(), 1_000_000);
    assert_eq!(notes.0.len(), 1_000_000);
    assert!(world.pending().next().is_none());
}
