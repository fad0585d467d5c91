//! How long judging takes, beside a bare yardstick taken in the same run: only the ratio is to be trusted.
//!
//! `cargo bench -p checkers`; recorded histories are taken from the folder `SPLITBRAIN_HISTORIES`.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures itself")]

use checkers::Model;
use checkers::foreign::{jepsen_log, porcupine};
use checkers::linearizable::{check_from, judge_from};
use checkers::model::cas_register::CasRegister;
use checkers::model::kv::{Kv, KvOp};
use checkers::model::text_kv::TextKv;
use rustc_hash::FxHashSet;
use sim_core::history::{History, Operation};
use sim_core::{Ending, NodeId, RequestId, Rng, Service, Time};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() {
    match std::env::var("SPLITBRAIN_HISTORIES") {
        Ok(folder) => recorded(Path::new(&folder)),
        Err(_) => println!("SPLITBRAIN_HISTORIES is not set: no recorded histories"),
    }
    mixed(1_000, 4);
    for (count, clients) in [(10_000, 10), (100_000, 10), (1_000_000, 10), (1_000_000, 50)] {
        generated(count, clients);
    }
}

/// The median of five.
fn median(mut act: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let start = Instant::now();
            act();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[2]
}

fn tell(what: &str, time: Duration, yardstick: &str, other: Duration) {
    let ratio = time.as_secs_f64() / other.as_secs_f64();
    println!("{what:<44} {time:>12.3?}   {yardstick} {other:.3?}, ratio {ratio:.3}");
}

fn recorded(folder: &Path) {
    let texts = |part: &str| {
        let mut paths: Vec<_> = std::fs::read_dir(folder.join(part))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect::<Vec<_>>()
    };
    let etcd: Vec<_> =
        texts("etcd").iter().map(|text| jepsen_log::cas_register(text).unwrap()).collect();
    let start = CasRegister::default();
    let judged = median(|| all(&etcd, |one| drop(judge_from(&start, one, 1_000_000))));
    let explained = median(|| all(&etcd, |one| drop(check_from(&start, one, 1_000_000))));
    let plain = median(|| {
        all(&etcd, |one| {
            black_box(wing_gong(&start, one));
        })
    });
    let what = format!("{} etcd logs", etcd.len());
    tell(&what, judged, "plain Wing-Gong", plain);
    tell(&format!("{what}, explained"), explained, "plain Wing-Gong", plain);
    let kv: Vec<_> = texts("kv").iter().map(|text| porcupine::text_kv(text).unwrap()).collect();
    let judged = median(|| all(&kv, |one| drop(judge_from(&TextKv::default(), one, 1_000_000))));
    println!("{:<44} {judged:>12.3?}", format!("{} key-value histories", kv.len()));
}

fn all<S: Service>(histories: &[History<S>], act: impl Fn(&[Operation<S>])) {
    histories.iter().for_each(|history| act(&history.operations));
}

/// What a run of the default load comes to: three keys, appends and swaps too; beside it, the operations are
/// done once.
fn mixed(count: u64, clients: usize) {
    let history = random(count, clients, |rng, value| {
        let key = rng.below(3) as u32;
        match rng.below(9) {
            0..4 => KvOp::Get { key },
            4..6 => KvOp::Put { key, value },
            6..8 => KvOp::Append { key, value },
            _ => KvOp::Cas { key, expect: Some(value.saturating_sub(3)), new: value },
        }
    });
    let operations = &history.operations;
    let judged = median(|| drop(black_box(judge_from(&Kv::default(), operations, 1_000_000))));
    let done = median(|| {
        let mut store = Kv::default();
        operations.iter().for_each(|one| drop(black_box(store.apply(&one.op))));
    });
    let what = format!("{count} mixed operations of {clients} clients on 3 keys");
    tell(&what, judged, "doing them", done);
}

/// A register with unique values under many clients, judged; beside it, its events are sorted.
fn generated(count: u64, clients: usize) {
    let history = random(count, clients, |rng, value| match rng.below(2) {
        0 => KvOp::Get { key: 0 },
        _ => KvOp::Put { key: 0, value },
    });
    let operations = &history.operations;
    let judged = median(|| drop(black_box(judge_from(&Kv::default(), operations, 0))));
    let mut events: Vec<_> = operations.iter().flat_map(|one| [one.call, one.ret]).collect();
    let mut rng = Rng::named(9, 9);
    for i in (1..events.len()).rev() {
        events.swap(i, rng.index(i + 1));
    }
    let sorted = median(|| {
        let mut events = events.clone();
        events.sort_unstable();
        black_box(events);
    });
    let what = format!("{count} operations of {clients} clients on a register");
    tell(&what, judged, "sorting the events", sorted);
    let stale = history_with_a_stale_read(history);
    let explained = median(|| drop(black_box(check_from(&Kv::default(), &stale, 0))));
    tell("  the same with a stale read, explained", explained, "sorting the events", sorted);
}

/// The last read returns what the first one did.
fn history_with_a_stale_read(history: History<Kv>) -> Vec<Operation<Kv>> {
    let mut operations = history.operations;
    let is_read = |one: &Operation<Kv>| Kv::is_read(&one.op);
    let ending = |one: &Operation<Kv>| one.returned.as_ref().map(|(_, ending)| ending.clone());
    let first = operations.iter().find(|one| is_read(one)).and_then(ending);
    if let (Some(last), Some(old)) = (operations.iter_mut().rev().find(|one| is_read(one)), first) {
        last.returned = Some((Time(last.ret), old));
    }
    operations
}

/// A linearizable history of many clients.
fn random(count: u64, clients: usize, draw: impl Fn(&mut Rng, u64) -> KvOp) -> History<Kv> {
    let mut rng = Rng::named(1, count);
    let mut store = Kv::default();
    let mut history = History::new();
    let mut busy = vec![None::<(KvOp, Option<_>)>; clients];
    let mut numbers = vec![0; clients];
    let mut invoked = 0;
    while invoked < count || busy.iter().any(Option::is_some) {
        let client = rng.index(clients);
        let id = |number| RequestId { client: NodeId::client(client as u32), number };
        match busy[client].take() {
            None if invoked == count => {}
            None => {
                invoked += 1;
                numbers[client] += 1;
                let op = draw(&mut rng, invoked);
                history.invoke(id(numbers[client]), op, Time(invoked));
                busy[client] = Some((op, None));
            }
            Some((op, None)) => busy[client] = Some((op, Some(store.apply(&op)))),
            Some((_, Some(reply))) => {
                history.ret(id(numbers[client]), Ending::Ok(reply), Time(invoked));
            }
        }
    }
    history
}

/// Wing and Gong's search with a memory of configurations and nothing else.
fn wing_gong<S: Model>(initial: &S, history: &[Operation<S>]) -> bool {
    let known = |one: &&Operation<S>| {
        let effect = !matches!(one.returned, Some((_, Ending::Fail)));
        let heard = matches!(one.returned, Some((_, Ending::Ok(_))));
        effect && (heard || !S::is_read(&one.op))
    };
    let operations: Vec<_> = history.iter().filter(known).collect();
    let mut met = FxHashSet::default();
    let mut done = vec![0; operations.len().div_ceil(64)];
    wing_gong_from(initial, &operations, 0, &mut done, &mut met)
}

fn wing_gong_from<S: Model>(
    state: &S,
    operations: &[&Operation<S>],
    first: usize,
    done: &mut Vec<u64>,
    met: &mut FxHashSet<(Vec<u64>, S)>,
) -> bool {
    let is_done = |done: &[u64], i: usize| done[i / 64] >> (i % 64) & 1 == 1;
    let left = |done: &[u64]| (first..operations.len()).filter(|i| !is_done(done, *i)).collect();
    let left: Vec<usize> = left(done);
    let front = left.iter().map(|i| operations[*i].ret).min().unwrap_or(u64::MAX);
    if front == u64::MAX {
        return true;
    }
    for i in left.iter().copied().take_while(|i| operations[*i].call < front) {
        let mut after = state.clone();
        let answer = after.apply(&operations[i].op);
        if matches!(&operations[i].returned, Some((_, Ending::Ok(reply))) if *reply != answer) {
            continue;
        }
        done[i / 64] |= 1 << (i % 64);
        if met.insert((done.clone(), after.clone()))
            && wing_gong_from(&after, operations, left[0], done, met)
        {
            return true;
        }
        done[i / 64] &= !(1 << (i % 64));
    }
    false
}
