//! How long judging transactions takes, and how that grows with the history.
//!
//! `cargo bench -p checkers --bench serializable`

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures itself")]

use checkers::serializable::{Judgement, Level, Micro, Status, Transaction, judge};
use sim_core::{Rng, Time};
use std::collections::BTreeMap;
use std::time::Instant;

/// What of a hundred read-only transactions reads an old state.
const CASES: [(&str, u64); 3] = [("in order", 0), ("rarely old", 1), ("often old", 50)];

fn main() {
    for registers in [false, true] {
        for (name, old) in CASES {
            for count in [10_000, 100_000, 1_000_000] {
                let history = generated(count, old, registers);
                for level in [Level::Serializable, Level::StrictSerializable] {
                    let kind = if registers { "registers" } else { "lists" };
                    measure(&format!("{kind}, {name}"), &history, level);
                }
            }
        }
    }
}

fn measure(name: &str, history: &[Transaction], level: Level) {
    let start = Instant::now();
    let Judgement { verdict, anomalies, .. } = judge(history, level);
    let took = start.elapsed();
    let each = took.as_nanos() / history.len() as u128;
    println!(
        "{name:22} {:>9} transactions, {level:19}: {verdict:?}, {} anomalies told, {took:9.2?}, {each} ns each",
        history.len(),
        anomalies.len()
    );
}

/// Ten clients on a store that does one transaction after another, of one to four steps on three of its keys; every
/// hundred transactions the keys are new. Some of those that only read see what was there some time ago.
fn generated(count: usize, old: u64, registers: bool) -> Vec<Transaction> {
    const CLIENTS: usize = 10;
    let mut rng = Rng::named(3, count as u64);
    let mut store = BTreeMap::<String, Vec<i64>>::new();
    let mut history: Vec<Transaction> = Vec::with_capacity(count);
    let mut running = [None::<usize>; CLIENTS];
    let (mut place, mut value) = (0, 0);
    while history.len() < count {
        place += 1;
        let client = rng.index(CLIENTS);
        if let Some(done) = running[client].take() {
            (history[done].ret, history[done].returned) = (place, Some(Time(place)));
            continue;
        }
        let only_reads = rng.below(2) == 0;
        let lag = match only_reads && rng.below(100) < old {
            true => rng.index(4),
            false => 0,
        };
        let mut micros = Vec::new();
        for _ in 0..1 + rng.below(4) {
            let key = format!("{}", history.len() as u64 / 100 * 3 + rng.below(3));
            let list = store.entry(key.clone()).or_default();
            let seen = &list[..list.len() - lag.min(list.len())];
            let read = match registers {
                true => Micro::Register { key: key.clone(), seen: seen.last().copied() },
                false => Micro::List { key: key.clone(), seen: seen.to_vec() },
            };
            if only_reads || registers || rng.below(2) == 0 {
                micros.push(read);
            }
            if !only_reads {
                value += 1;
                list.push(value);
                micros.push(match registers {
                    true => Micro::Write { key, value },
                    false => Micro::Append { key, value },
                });
            }
        }
        running[client] = Some(history.len());
        history.push(Transaction {
            process: client as u32,
            micros,
            status: Status::Ok,
            invoked: Time(place),
            returned: None,
            call: place,
            ret: u64::MAX,
        });
    }
    // Those that still run have an end that nobody heard of.
    for one in running.into_iter().flatten() {
        history[one].status = Status::Unknown;
    }
    history
}
