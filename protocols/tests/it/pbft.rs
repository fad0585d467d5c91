//! PBFT in the world: what it costs, and that it stands what it promises to stand.

use checkers::model::kv::{Kv, KvClient};
use protocols::pbft::{Config, Pbft};
use protocols::{Job, Options, Protocol};
use sim_core::drive::timed;
use sim_core::fault::{DiskLoss, Fault, FaultId, Lasts, Links, Plan, Role, Sides, Strike, Target};
use sim_core::outcome::Verdict;
use sim_core::settings::Delay;
use sim_core::{
    Authentication, Chance, Client, ClientSettings, ClientStep, Effect, FaultStep, Nodes, Observer,
    Process, Rng, Settings, Span, SpanRange, Step, Time, World,
};
use std::collections::BTreeMap;
use std::sync::Arc;

type Replica = Pbft<Kv>;

/// Counts what is sent between replicas, by kind, and what is answered.
#[derive(Default)]
struct Count {
    sent: BTreeMap<&'static str, u64>,
    replies: u64,
}

impl Observer<Replica> for Count {
    fn observe(&mut self, nodes: &Nodes<Replica>, step: &Step<'_, Replica>) {
        for effect in step.effects {
            match effect {
                Effect::Send { to, message } => {
                    let receivers = match to {
                        sim_core::context::Target::One(_) => 1,
                        sim_core::context::Target::Peers => nodes.len() as u64 - 1,
                    };
                    let kind = Replica::KINDS[Replica::kind(message)];
                    *self.sent.entry(kind).or_default() += receivers;
                }
                Effect::Reply { .. } => self.replies += 1,
                _ => {}
            }
        }
    }
    fn client(&mut self, _: &ClientStep<'_, Replica>) {}
    fn fault(&mut self, _: &Nodes<Replica>, _: &FaultStep<'_>) {}
}

/// One client that asks so many things, one after another, and nothing goes wrong.
fn undisturbed(config: &Config, nodes: u32, operations: u32) -> Count {
    let settings = ClientSettings {
        written: None,
        think: SpanRange::millis(1, 1),
        interval: None,
        timeout: Span::secs(1),
        patience: Span::secs(10),
        persists_from: Time::NEVER,
        operations,
        until: Time::NEVER,
        matching: Replica::matching(config, nodes),
        load: KvClient::loads()[0].1.clone(),
    };
    let clients = vec![KvClient::new(&settings, 0, 1)];
    let mut world = Settings { nodes, ..Settings::default() };
    world.network.delay = Delay::Uniform(SpanRange::millis(1, 2));
    let mut world = World::<Replica>::new(world, config.clone(), clients, Plan::default(), 1);
    let mut count = Count::default();
    world.start(&mut count);
    timed::run(&mut world, Time::ZERO + Span::millis(900), 5_000_000, &mut count);
    count
}

#[test]
fn an_operation_costs_what_the_paper_says() {
    let config = Config::default();
    for n in [4, 7, 10, 13] {
        let operations = 20;
        let count = undisturbed(&config, n, operations);
        let (n, operations) = (u64::from(n), u64::from(operations));
        let each = |kind: &str| count.sent.get(kind).copied().unwrap_or(0);
        assert_eq!(each("pre-prepare"), operations * (n - 1), "n = {n}");
        assert_eq!(each("prepare"), operations * (n - 1) * (n - 1), "n = {n}");
        assert_eq!(each("commit"), operations * n * (n - 1), "n = {n}");
        let sent: u64 = count.sent.values().sum();
        assert_eq!(sent, operations * 2 * n * (n - 1), "n = {n}: {:?}", count.sent);
        assert_eq!(count.replies, operations * n, "every replica answers");
    }
}

#[test]
fn a_checkpoint_costs_a_message_to_each_from_each() {
    let config = Config { checkpoint_every: 5, log_size: 10, ..Config::default() };
    let count = undisturbed(&config, 4, 20);
    assert_eq!(count.sent["checkpoint"], 4 * 4 * 3);
}

#[test]
fn reads_without_an_order_cost_no_message_between_replicas() {
    let config = Config { read_only: true, ..Config::default() };
    let count = undisturbed(&config, 4, 40);
    let ordered = count.sent["pre-prepare"] / 3;
    assert!(ordered < 40 && count.replies == 40 * 4, "{ordered} were ordered");
}

const HEAL: Time = Time(5_000_000_000);

/// A mixture of the faults that PBFT is promised to stand.
fn trouble(seed: u64) -> Plan {
    let mut rng = Rng::named(78, seed);
    let mut strikes = Vec::new();
    let mut at = Span::millis(200 + rng.below(300));
    while Time(at.0) < HEAL {
        let fault = draw(&mut rng);
        let lasts = Lasts::For(Span::millis(20 + rng.below(1_200)));
        let id = FaultId { fault: strikes.len() as u32 + 1, nth: 1 };
        strikes.push(Strike { id, at: Time(at.0), on: None, fault, lasts, name: None });
        at += Span::millis(20 + rng.below(500));
    }
    Plan { strikes, messages: Vec::new(), heal: HEAL }
}

fn draw(rng: &mut Rng) -> Fault {
    let some = |rng: &mut Rng| match rng.below(3) {
        0 => vec![Target::The(Role::Leader)],
        _ => vec![Target::Random],
    };
    let by = SpanRange::millis(20, if rng.below(3) == 0 { 1_500 } else { 300 });
    let disk = if rng.below(2) == 0 { DiskLoss::Synced } else { DiskLoss::Torn };
    match rng.below(12) {
        0..=1 => Fault::Crash { nodes: some(rng), disk },
        2 => Fault::Crash { nodes: vec![Target::All], disk },
        3 => Fault::Pause { nodes: some(rng) },
        4..=6 => {
            let groups = vec![some(rng), vec![Target::Rest]];
            Fault::Cut { sides: Sides { groups, one_way: rng.below(3) == 0 } }
        }
        7 => Fault::Loss { of: Links::All.into(), rate: Chance::percent(20) },
        8 => Fault::Delay { of: Links::Of(some(rng)).into(), by },
        9 => Fault::Duplicate { of: Links::All.into(), rate: Chance::percent(30), by: None },
        10 => Fault::Reorder { of: Links::All.into(), rate: Chance::percent(30), by },
        _ => Fault::SlowDisk { nodes: some(rng), factor: 50 },
    }
}

/// What was broken in a run, of what is promised.
fn run(config: &Config, nodes: u32, seed: u64) -> Vec<String> {
    let options: Options = Arc::new(config.clone());
    let load: Options = Arc::new(KvClient::loads()[0].1.clone());
    let job = Job {
        write_out: false,
        brief: false,
        seed,
        settings: Settings { nodes, clients: 3, ..Settings::default() },
        options: &options,
        clients: Some(ClientSettings {
            written: None,
            think: SpanRange::millis(1, 40),
            interval: None,
            timeout: Span::millis(300),
            patience: Span::secs(4),
            persists_from: Time::NEVER,
            operations: 0,
            until: Time::NEVER,
            matching: Default::default(),
            load,
        }),
        plan: trouble(seed),
        settle: None,
        budget: 10_000_000,
        limit: 20_000_000,
        trace: false,
        show: false,
        digest: false,
        record: false,
        reach: false,
    };
    let entry = protocols::all().get("pbft").expect("it is in the catalogue");
    let outcome = entry.run(&job).outcome;
    let broken = outcome.findings.iter().filter(|finding| finding.verdict != Verdict::Holds);
    broken.map(|finding| format!("{}: {}", finding.property, finding.why)).collect()
}

/// The configurations in which PBFT must be right.
fn configurations() -> Vec<(&'static str, Config)> {
    let base = || Config { checkpoint_every: 5, log_size: 20, ..Config::default() };
    vec![
        ("default", base()),
        ("codes", Config { authentication: Authentication::Macs, ..base() }),
        ("batches", Config { batch: 4, in_flight: 1, ..base() }),
        ("tentative", Config { tentative: true, ..base() }),
        ("read-only", Config { read_only: true, ..base() }),
        ("both", Config { tentative: true, read_only: true, ..base() }),
        ("roomy", Config::default()),
    ]
}

#[test]
fn pbft_stands_every_fault_that_it_promises_to() {
    for (name, config) in configurations() {
        for seed in 0..9 {
            let nodes = [4, 7, 5, 1, 6, 2, 3, 10, 4][seed as usize % 9];
            assert_eq!(run(&config, nodes, seed), [""; 0], "{name}, {nodes} nodes, seed {seed}");
        }
    }
}
