//! Bully and the rings: the message counts of the papers, exactly.

use protocols::bully::Config;
use protocols::run::{Job, Options};
use protocols::{Entry, all};
use sim_core::fault::{DiskLoss, Fault, FaultId, Lasts, Plan, Strike, Target};
use sim_core::outcome::Verdict;
use sim_core::process::NoOptions;
use sim_core::{ClientSettings, NodeId, Settings, Span, SpanRange, Time};
use std::fmt::Write as _;
use std::sync::Arc;

/// What was sent in a script, from its last `> mark` on: how many messages of this kind.
fn sent(happened: &str, kind: &str) -> u64 {
    let is_sent = |line: &&str| line.starts_with("      n") && line.contains(" -> ");
    let said = |line: &str| line.split("  ").nth(4).is_some_and(|said| said.starts_with(kind));
    happened.lines().filter(is_sent).filter(|line| said(line)).count() as u64
}

fn entry(name: &str) -> &'static dyn Entry {
    all().get(name).expect("it is in the catalogue")
}

fn run(name: &str, script: &str) -> String {
    entry(name).script(script).unwrap_or_else(|why| panic!("{why}\n{script}"))
}

/// The highest of `n` has died, and n`initiator` misses it.
fn bully(n: u64, initiator: u64) -> [u64; 3] {
    let highest_live = n - 1;
    let script = format!(
        "cluster {n}\nquietly deliver all\nquietly crash n{n}\nfire n{initiator} silence\n\
         deliver all\nfire n{highest_live} answer\ndeliver all\n"
    );
    let happened = run("bully", &script);
    let election = &happened[happened.find("> fire").expect("the election")..];
    ["election", "ok", "coordinator"].map(|kind| sent(election, kind))
}

#[test]
fn bully_takes_m_squared_and_n_less_2_messages_whoever_begins() {
    for n in 3..=50 {
        for initiator in 1..n {
            let m = n - initiator;
            let [election, ok, coordinator] = bully(n, initiator);
            assert_eq!(election, m * (m + 1) / 2, "n = {n}, n{initiator} begins");
            assert_eq!(ok, m * (m - 1) / 2, "n = {n}, n{initiator} begins");
            assert_eq!(coordinator, n - 2, "n = {n}, n{initiator} begins");
            assert_eq!(election + ok + coordinator, m * m + n - 2);
        }
    }
}

#[test]
fn the_highest_that_is_back_takes_a_message_to_everybody_else() {
    for n in [3, 5, 10, 50] {
        let script = format!(
            "cluster {n}\nquietly deliver all\nquietly crash n{n}\nquietly deliver all\nboot n{n}\n"
        );
        let happened = run("bully", &script);
        let back = &happened[happened.find("> boot").expect("its return")..];
        assert_eq!(["election", "ok", "coordinator"].map(|kind| sent(back, kind)), [0, 0, n - 1]);
    }
}

/// What an election takes in its two rounds on a ring in this order. When nobody is named, all begin at once, as they
/// boot; otherwise this one does, while all others follow the highest.
fn ring(algorithm: &str, order: &[u64], initiators: &[u64]) -> (u64, u64) {
    let (n, shown) = (order.len() as u64, format!("{order:?}").replace(' ', ""));
    let mut script = format!("cluster {n} algorithm=\"{algorithm}\" order={shown}\n");
    if !initiators.is_empty() {
        script += "quietly deliver all\nstate n1\n";
    }
    for initiator in initiators {
        let _ = match *initiator == n {
            true => writeln!(script, "quietly crash n{n}\nboot n{n}"),
            false => writeln!(script, "fire n{initiator} silence"),
        };
    }
    script += "deliver all\n";
    let happened = run("ring", &script);
    let election = &happened[happened.find("> state").unwrap_or(0)..];
    let second = if algorithm == "list" { "coordinator" } else { "elected" };
    (sent(election, "election"), sent(election, second))
}

fn ascending(n: u64) -> Vec<u64> {
    (1..=n).collect()
}

#[test]
fn a_list_takes_2n_messages_for_each_node_that_begins() {
    for n in [2, 3, 5, 10, 25, 40] {
        for initiator in [1, n / 2 + 1, n] {
            assert_eq!(ring("list", &ascending(n), &[initiator]), (n, n), "n{initiator} of {n}");
        }
        let two = [1, n.div_ceil(2)];
        let begin = if two[0] == two[1] { 1 } else { 2 };
        assert_eq!(ring("list", &ascending(n), &two[..begin]).0, begin as u64 * n);
        assert_eq!(ring("list", &ascending(n), &[]), (n * n, n * n), "all of {n}");
    }
}

#[test]
fn a_dead_neighbour_is_waited_for_once_each_way_round() {
    let script = "cluster 5\nquietly deliver all\nquietly crash n5\nfire n1 silence\ndeliver all\n\
                  fire n4 ack\ndeliver all\nfire n4 ack\ndeliver all\nstate\n";
    let happened = run("ring", script);
    let election = &happened[happened.find("> fire").expect("the election")..];
    // Four live nodes take eight messages, and each way round one goes to the dead one.
    assert_eq!((sent(election, "election"), sent(election, "coordinator")), (5, 5));
    assert!(election.contains("n1 follows n4") && election.contains("n4 leads"));
}

#[test]
fn chang_and_roberts_take_2n_to_3n_less_1_messages_for_one_that_begins() {
    for n in [2, 3, 5, 10, 25, 50] {
        assert_eq!(ring("chang-roberts", &ascending(n), &[n]), (n, n), "the highest begins");
        assert_eq!(
            ring("chang-roberts", &ascending(n), &[1]),
            (2 * n - 1, n),
            "its neighbour does"
        );
    }
}

#[test]
fn chang_and_roberts_take_as_many_as_they_say_when_all_begin() {
    for n in [2, 3, 5, 10, 25, 50] {
        let descending: Vec<u64> = (1..=n).rev().collect();
        assert_eq!(ring("chang-roberts", &ascending(n), &[]), (2 * n - 1, n));
        assert_eq!(ring("chang-roberts", &descending, &[]), (n * (n + 1) / 2, n));
    }
}

#[test]
fn on_average_names_make_n_times_the_harmonic_number_of_hops() {
    const RINGS: u64 = 3_000;
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |n: u64| {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        bits % n
    };
    for n in [10, 16] {
        let mut messages = 0;
        for _ in 0..RINGS {
            let mut order = ascending(n);
            for last in (1..n as usize).rev() {
                order.swap(last, below(last as u64 + 1) as usize);
            }
            messages += ring("chang-roberts", &order, &[]).0;
        }
        // In millionths: n (1 + 1/2 + ... + 1/n).
        let harmonic: u64 = (1..=n).map(|k| 1_000_000 / k).sum::<u64>() * n;
        let mean = messages * 1_000_000 / RINGS;
        assert!(mean.abs_diff(harmonic) < harmonic / 100, "{mean} for {harmonic}, n = {n}");
    }
}

/// The highest of three dies for good, and the others are asked who leads. Whether they are found to serve their
/// clients again.
fn serves_without_the_highest(config: Config) -> Verdict {
    let (options, load): (Options, Options) = (Arc::new(config), Arc::new(NoOptions {}));
    let crash = Fault::Crash { nodes: vec![Target::Node(NodeId(2))], disk: DiskLoss::Synced };
    let strike = Strike {
        id: FaultId { fault: 1, nth: 1 },
        at: Time(1_000_000_000),
        on: None,
        fault: crash,
        lasts: Lasts::Forever,
        name: None,
    };
    let job = Job {
        seed: 1,
        settings: Settings { nodes: 3, clients: 1, ..Settings::default() },
        options: &options,
        clients: Some(ClientSettings {
            think: SpanRange::millis(20, 80),
            interval: None,
            timeout: Span::millis(300),
            patience: Span::secs(4),
            persists_from: Time::NEVER,
            operations: 0,
            until: Time::NEVER,
            matching: Default::default(),
            load,
            written: None,
        }),
        plan: Plan { strikes: vec![strike], heal: Time(6_000_000_000), ..Plan::default() },
        settle: Some(Span::secs(4)),
        budget: 1_000,
        limit: 1_000_000,
        trace: false,
        show: false,
        digest: false,
        record: false,
        reach: false,
        write_out: false,
        brief: false,
    };
    let findings = entry("bully").run(&job).outcome.findings;
    let live = findings.iter().find(|finding| finding.property == "live-again");
    live.expect("it is judged").verdict
}

#[test]
fn a_cluster_that_elects_nobody_serves_nobody() {
    assert_eq!(serves_without_the_highest(Config::default()), Verdict::Holds);
    // It is missed after 4 s, and n2 then waits 8 s for its answer: longer than the run lasts.
    let waits = Config {
        answer: Span::secs(8),
        coordinator: Span::secs(12),
        silence: Span::millis(4_100),
        ..Config::default()
    };
    assert_eq!(serves_without_the_highest(waits), Verdict::Broken);
}
