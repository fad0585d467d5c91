//! A world can be copied in the middle of a run, and the copy goes on as the first does: a copy of the crate's
//! node, which cannot be copied, knows what that knows.

use splitbrain::prelude::*;
use splitbrain::sim_core::drive::timed;
use splitbrain::sim_core::fault::Plan;
use splitbrain::sim_core::{ClientSettings, Observer, Settings, World};
use tikv_raft::TikvRaft;
use tikv_raft::config::{Config, Reads};

/// What nodes are seen to do and to be, step by step.
#[derive(Clone, Default)]
struct Watch(Vec<String>);

impl Observer<TikvRaft> for Watch {
    fn observe(&mut self, nodes: &Nodes<TikvRaft>, step: &Step<'_, TikvRaft>) {
        let node = nodes.process(step.machine).map(Process::glance);
        self.0.push(format!("{} {:?} {:?} {node:?}", step.at, step.node, step.effects));
    }
}

type Asker = <Kv as Service>::Client;

fn world(reads: Reads) -> World<TikvRaft> {
    let (_, load) = Asker::loads().swap_remove(0);
    let settings = ClientSettings {
        think: SpanRange::millis(1, 9),
        interval: None,
        timeout: Span::millis(200),
        patience: Span::secs(3),
        persists_from: Time::NEVER,
        operations: 0,
        until: Time::NEVER,
        matching: Default::default(),
        load,
        written: None,
    };
    let clients = (0..4).map(|index| Asker::new(&settings, index, 5)).collect();
    let config = Config { reads, snapshot_after: 40, ..Config::default() };
    let around = Settings { nodes: 5, clients: 4, ..Settings::default() };
    World::new(around, config, clients, Plan::default(), 3)
}

#[test]
fn a_copy_of_a_world_goes_on_as_the_first_does() {
    for reads in [Reads::Log, Reads::ReadIndex] {
        // In elections, after them, and at any place in a leader's heartbeat.
        for stop in [0, 155, 163, 170, 190, 333, 1_000, 1_017, 1_031] {
            let mut first = world(reads);
            first.start(&mut Watch::default());
            let stop = Time::ZERO + Span::millis(stop);
            timed::run(&mut first, stop, u64::MAX, &mut Watch::default());
            let mut copy = first.clone();
            for (machine, node) in first.nodes().live() {
                assert_eq!(copy.nodes().process(machine), Some(node), "at {stop}");
            }
            let go_on = |world: &mut World<TikvRaft>| {
                let mut watch = Watch::default();
                timed::run(world, stop + Span::millis(700), u64::MAX, &mut watch);
                watch.0
            };
            let (here, there) = (go_on(&mut first), go_on(&mut copy));
            let differs = here.iter().zip(&there).find(|(own, copied)| own != copied);
            assert_eq!(differs, None, "after {stop}");
            assert!(here.len() == there.len() && here.len() > 500, "{} steps", here.len());
        }
    }
}
