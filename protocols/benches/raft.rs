//! What Raft costs with everything checked: five nodes, clients that always ask, no faults.
//!
//! The yardstick of the same run is the same load with nothing watching: no invariant, no history, no digest,
//! no measures. `cargo bench -p protocols`

use checkers::model::kv::Kv;
use cpu_time::ProcessTime;
use protocols::raft::Raft;
use protocols::{Entry, Job, Options};
use sim_core::fault::Plan;
use sim_core::settings::{Costs, Delay, NetworkSettings};
use sim_core::{Client, ClientSettings, Service, Settings, Span, SpanRange, Time, World};
use std::sync::Arc;

const VIRTUAL: Span = Span::secs(4);
const ROUNDS: usize = 15;

type Load = <<Kv as Service>::Client as Client>::Load;

fn load() -> Load {
    let loads = <Kv as Service>::Client::loads();
    loads.into_iter().find(|(name, _)| *name == "kv").map(|(_, load)| load).unwrap_or_default()
}

fn client_settings<L>(load: L) -> ClientSettings<L> {
    ClientSettings {
        written: None,
        think: SpanRange::exactly(Span::ZERO),
        interval: None,
        timeout: Span::secs(1),
        patience: Span::secs(10),
        persists_from: Time::NEVER,
        operations: 0,
        until: Time::NEVER,
        matching: Default::default(),
        load,
    }
}

fn settings(clients: u32) -> Settings {
    Settings {
        nodes: 5,
        clients,
        network: NetworkSettings {
            delay: Delay::Uniform(SpanRange { from: Span::micros(100), to: Span::micros(300) }),
            ..NetworkSettings::default()
        },
        costs: Costs {
            message: Span::micros(1),
            sync: SpanRange { from: Span::micros(50), to: Span::micros(100) },
        },
        ..Settings::default()
    }
}

/// Messages between nodes and commits, a second of CPU time.
#[derive(Clone, Copy)]
struct Rates {
    messages: f64,
    commits: f64,
    per_commit: f64,
}

fn checked(entry: &dyn Entry, clients: u32, digest: bool) -> Rates {
    let options = entry.default_options();
    let load: Options = Arc::new(load());
    let job = Job {
        write_out: false,
        brief: false,
        seed: 1,
        settings: settings(clients),
        options: &options,
        clients: Some(client_settings(load)),
        plan: Plan { strikes: Vec::new(), messages: Vec::new(), heal: Time::ZERO + VIRTUAL },
        settle: Some(Span::secs(1)),
        budget: 2_000_000,
        limit: u64::MAX,
        trace: false,
        show: false,
        digest,
        record: false,
        reach: false,
    };
    let begun = ProcessTime::now();
    let outcome = entry.run(&job).outcome;
    let seconds = begun.elapsed().as_secs_f64();
    for finding in outcome.findings.iter().filter(|finding| !finding.why.is_empty()) {
        println!("      {}: {}", finding.property, finding.why);
    }
    let (messages, commits) = (outcome.counts["messages"] as f64, outcome.counts["commits"] as f64);
    Rates {
        messages: messages / seconds / 1e6,
        commits: commits / seconds / 1e3,
        per_commit: messages / commits,
    }
}

/// Events a second of CPU time of the same world when nothing watches.
fn bare(clients: u32) -> f64 {
    let list = (0..clients).map(|i| Client::new(&client_settings(load()), i, clients)).collect();
    let mut world =
        World::<Raft<Kv>>::new(settings(clients), Default::default(), list, Plan::default(), 1);
    let begun = ProcessTime::now();
    world.start(&mut ());
    while world.step_until(Time::ZERO + VIRTUAL, &mut ()) {}
    world.steps() as f64 / begun.elapsed().as_secs_f64() / 1e6
}

fn main() {
    let catalogue = protocols::all();
    let Some(entry) = catalogue.get("raft") else { return };
    for clients in [1, 16, 64] {
        // Turn by turn, so that whatever else the machine does hits all alike; and the best of each, because it
        // can only slow them down.
        let mut best = [checked(entry, clients, false), checked(entry, clients, true)];
        let mut steps = bare(clients);
        for _ in 1..ROUNDS {
            for (best, digest) in best.iter_mut().zip([false, true]) {
                let rates = checked(entry, clients, digest);
                if rates.messages > best.messages {
                    *best = rates;
                }
            }
            steps = steps.max(bare(clients));
        }
        let [Rates { messages, commits, per_commit }, Rates { messages: digested, .. }] = best;
        println!(
            "raft  {clients:2} clients, all checked  {messages:5.2} M messages/s and {commits:6.1} k commits/s of \
             CPU time, {per_commit:.1} messages a commit"
        );
        println!("raft  {clients:2} clients, and digested   {digested:5.2} M messages/s");
        println!("raft  {clients:2} clients, unwatched     {steps:5.2} M steps/s");
    }
}
