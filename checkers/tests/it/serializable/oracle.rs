//! Beside an oracle that tries all orders, on small random histories.

use checkers::serializable::{Level, Micro, Status, Transaction, judge};
use sim_core::outcome::Verdict;
use sim_core::{Rng, Time};
use std::collections::BTreeMap;

#[cfg(debug_assertions)]
const HISTORIES: u64 = 20_000;
#[cfg(not(debug_assertions))]
const HISTORIES: u64 = 1_000_000;

type Store = BTreeMap<String, Vec<i64>>;

/// Tries every order, with every choice of the transactions of unknown end.
fn oracle(store: &Store, level: Level, left: &mut Vec<&Transaction>) -> bool {
    if left.iter().all(|one| one.status == Status::Unknown) {
        return true;
    }
    for i in 0..left.len() {
        let one = left[i];
        let first = |other: &&&Transaction| {
            let ended = other.ret < one.call;
            match level {
                Level::StrictSerializable => ended,
                Level::StrongSessionSerializable => ended && other.process == one.process,
                _ => false,
            }
        };
        if left.iter().any(|other| first(&other)) {
            continue;
        }
        left.remove(i);
        let mut after = store.clone();
        let possible = one.micros.iter().all(|micro| step(&mut after, one.status, micro));
        let found = possible && oracle(&after, level, left);
        left.insert(i, one);
        if found {
            return true;
        }
    }
    false
}

/// Does a micro-operation; whether it returned what it must. A register is the list of all it ever held.
fn step(store: &mut Store, status: Status, micro: &Micro) -> bool {
    let now = store.entry(micro.key().into()).or_default();
    now.extend(micro.written());
    match micro {
        Micro::List { seen, .. } => status == Status::Unknown || seen == now,
        Micro::Register { seen, .. } => status == Status::Unknown || seen.as_ref() == now.last(),
        _ => true,
    }
}

/// A small history. Transactions run at random instants of their spans, one after another, on one copy of the
/// data; now and then one runs on an old copy, or micro by micro among the others, or reads something else.
fn random(rng: &mut Rng, registers: bool) -> Vec<Transaction> {
    let (count, keys) = (2 + rng.below(5), 1 + rng.below(3));
    let mut copies = vec![Store::new()];
    let mut history = Vec::new();
    let mut value = 0;
    let (stale, odd) = ([0, 40, 80][rng.index(3)], [0, 0, 10][rng.index(3)]);
    for turn in 0..count {
        let newest = copies.len() - 1;
        let (stale, torn) = (rng.below(100) < stale, rng.below(5) == 0);
        let mut copy = if stale { rng.index(copies.len()) } else { newest };
        let status =
            [Status::Ok, Status::Ok, Status::Ok, Status::Fail, Status::Unknown][rng.index(5)];
        let vanishes = status == Status::Fail && rng.below(10) > 0;
        let (mut micros, mut own): (Vec<Micro>, Vec<(String, i64)>) = (Vec::new(), Vec::new());
        for _ in 0..=rng.below(4) {
            let key = ["x", "y", "z"][rng.below(keys) as usize].to_string();
            if rng.below(2) == 0 {
                if torn {
                    copy = rng.index(copies.len());
                }
                let mut list = copies[copy].get(&key).cloned().unwrap_or_default();
                list.extend(own.iter().filter(|one| one.0 == key).map(|one| one.1));
                if rng.below(100) < odd {
                    list.pop();
                }
                let last = list.last().copied();
                micros.push(match registers {
                    true => Micro::Register { key, seen: last },
                    false => Micro::List { key, seen: list },
                });
                continue;
            }
            value += 1;
            own.push((key.clone(), value));
            micros.push(match registers {
                true => Micro::Write { key, value },
                false => Micro::Append { key, value },
            });
        }
        let mut now = copies[newest].clone();
        for (key, value) in own {
            now.entry(key).or_default().push(value);
        }
        let lost = status == Status::Unknown && rng.below(2) == 0;
        if !vanishes && !lost {
            copies.push(now);
        }
        // Spans that hold the instant of the turn.
        let (call, ret) =
            (20 * turn + 20 - rng.below(60).min(20 * turn + 19), 20 * turn + 21 + rng.below(60));
        let (call, ret) = (call * 8 + turn, ret * 8 + turn);
        history.push(Transaction {
            process: turn as u32,
            micros,
            status,
            invoked: Time(call),
            returned: Some(Time(ret)),
            call,
            ret: if status == Status::Unknown { u64::MAX } else { ret },
        });
    }
    history.sort_by_key(|one| one.call);
    sessions(rng, &mut history);
    history
}

/// Lets some transactions share a process with one that had ended before they began.
fn sessions(rng: &mut Rng, history: &mut [Transaction]) {
    let mut last: BTreeMap<u32, u64> = BTreeMap::new();
    for one in history {
        let idle = last.iter().find(|(_, ret)| **ret < one.call).map(|(process, _)| *process);
        if let Some(process) = idle.filter(|_| rng.below(3) > 0) {
            one.process = process;
        }
        last.insert(one.process, one.ret);
    }
}

fn beside_the_oracle(name: &str, key: u64, registers: bool) {
    let mut tally = BTreeMap::new();
    for index in 0..HISTORIES {
        let history = random(&mut Rng::named(key, index), registers);
        let mut left: Vec<_> = history.iter().filter(|one| one.status != Status::Fail).collect();
        for level in
            [Level::Serializable, Level::StrongSessionSerializable, Level::StrictSerializable]
        {
            let truth = match oracle(&Store::new(), level, &mut left) {
                true => Verdict::Holds,
                false => Verdict::Broken,
            };
            let judgement = judge(&history, level);
            let known =
                judgement.verdict == truth || (registers && judgement.verdict == Verdict::Unknown);
            assert!(
                known,
                "{name} {index}, {level}: {truth:?} is true\n{history:#?}\n{judgement:#?}"
            );
            assert_eq!(judgement.order.is_some(), judgement.verdict == Verdict::Holds);
            *tally.entry((level, truth, judgement.verdict)).or_insert(0) += 1;
        }
    }
    let count = |truth, verdict| {
        let of =
            |entry: &(&(Level, Verdict, Verdict), &u64)| (entry.0.1, entry.0.2) == (truth, verdict);
        tally.iter().filter(of).map(|(_, count)| *count).sum::<u64>()
    };
    println!("{name}: {tally:?}");
    assert!(count(Verdict::Holds, Verdict::Holds) > HISTORIES / 2);
    assert!(count(Verdict::Broken, Verdict::Broken) > HISTORIES / 4);
    let unknown =
        count(Verdict::Holds, Verdict::Unknown) + count(Verdict::Broken, Verdict::Unknown);
    assert!(unknown < 3 * HISTORIES / 10, "{unknown} not known");
}

#[test]
fn on_lists_every_verdict_is_right() {
    beside_the_oracle("lists", 1, false);
}

#[test]
fn on_registers_no_verdict_is_wrong() {
    beside_the_oracle("registers", 2, true);
}
