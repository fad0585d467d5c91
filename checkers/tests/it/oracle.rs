//! Every technique beside an oracle that tries all orders, on small random histories.

use checkers::Model;
use checkers::linearizable::{Technique, judge_from, judge_told};
use checkers::model::cas_register::{CasOp, CasRegister};
use checkers::model::kv::{Kv, KvOp};
use checkers::model::register::{Register, RegisterOp};
use checkers::model::text_kv::{TextAction, TextKv, TextOp};
use sim_core::history::{History, Operation};
use sim_core::outcome::Verdict;
use sim_core::{Ending, NodeId, RequestId, Rng, Time};

/// How many histories are tried of each model.
#[cfg(debug_assertions)]
const HISTORIES: u64 = 30_000;
#[cfg(not(debug_assertions))]
const HISTORIES: u64 = 1_000_000;

/// Tries every order, with every choice of unknown operations.
fn oracle<S: Model>(state: &S, left: &mut Vec<&Operation<S>>) -> bool {
    let known = |one: &Operation<S>| matches!(one.returned, Some((_, Ending::Ok(_))));
    let Some(front) = left.iter().filter(|one| known(one)).map(|one| one.ret).min() else {
        return true;
    };
    for i in 0..left.len() {
        if left[i].call > front {
            continue;
        }
        let one = left.remove(i);
        let mut after = state.clone();
        let answer = after.apply(&one.op);
        let possible = match &one.returned {
            Some((_, Ending::Ok(reply))) => *reply == answer,
            _ => true,
        };
        let found = possible && oracle(&after, left);
        left.insert(i, one);
        if found {
            return true;
        }
    }
    false
}

fn truth<S: Model>(history: &History<S>) -> Verdict {
    let failed = |one: &&Operation<S>| matches!(one.returned, Some((_, Ending::Fail)));
    let mut left: Vec<_> = history.operations.iter().filter(|one| !failed(one)).collect();
    if oracle(&S::default(), &mut left) { Verdict::Holds } else { Verdict::Broken }
}

/// A small history of several clients. A copy of the service gives the replies at random instants, and now and
/// then another copy gives them, which missed some of what was done or did what nobody has asked for yet.
/// Operations also fail and crash.
fn random<S: Model>(rng: &mut Rng, draw: impl Fn(&mut Rng, u64) -> S::Op) -> History<S> {
    let (clients, count) = (2 + rng.index(3), 4 + rng.below(5));
    let (crash, lag) = ([0, 10, 40][rng.index(3)], [0, 40, 60][rng.index(3)]);
    let mut copies = [S::default(), S::default()];
    let mut history = History::new();
    let mut busy = vec![None::<(RequestId, S::Op, Option<Ending<S::Reply>>)>; clients];
    let mut numbers = vec![0; clients];
    let mut invoked = 0;
    while invoked < count || busy.iter().any(Option::is_some) {
        let client = rng.index(clients);
        match busy[client].take() {
            None if invoked == count => {}
            None => {
                invoked += 1;
                numbers[client] += 1;
                let id =
                    RequestId { client: NodeId::client(client as u32), number: numbers[client] };
                let op = draw(rng, invoked);
                history.invoke(id, op.clone(), Time(invoked));
                busy[client] = Some((id, op, None));
            }
            Some((id, op, None)) => {
                let ending = if rng.below(40) == 0 {
                    let mut early = copies[0].clone();
                    early.apply(&draw(rng, invoked + 1));
                    Ending::Ok(early.apply(&op))
                } else {
                    take_effect(rng, &mut copies, &op, crash, lag)
                };
                busy[client] = Some((id, op, Some(ending)));
            }
            Some((id, _, Some(ending))) => {
                // Some of the crashed are left open instead of ended.
                if ending != Ending::Unknown || rng.below(2) == 0 {
                    history.ret(id, ending, Time(invoked));
                }
            }
        }
    }
    history
}

fn take_effect<S: Model>(
    rng: &mut Rng,
    copies: &mut [S; 2],
    op: &S::Op,
    crash: u64,
    lag: u64,
) -> Ending<S::Reply> {
    if rng.below(100) < crash {
        if rng.below(2) == 0 {
            copies.iter_mut().for_each(|copy| drop(copy.apply(op)));
        }
        return Ending::Unknown;
    }
    if rng.below(20) == 0 {
        return Ending::Fail;
    }
    let which = usize::from(rng.below(100) < lag);
    let reply = copies[which].apply(op);
    if rng.below(100) >= lag {
        copies[1 - which].apply(op);
    }
    Ending::Ok(reply)
}

/// Compares every technique with the oracle; returns how many histories held and how many did not.
fn compare<S: Model>(key: u64, draw: impl Fn(&mut Rng, u64) -> S::Op) -> [u64; 3] {
    let mut counts = [0, 0, 0];
    for index in 0..HISTORIES {
        let history = random::<S>(&mut Rng::named(key, index), &draw);
        let truth = truth(&history);
        counts[usize::from(truth == Verdict::Broken)] += 1;
        let say = |who: &str| format!("{who} differs from {truth:?} on {index}: {history:#?}");
        let operations = &history.operations;
        for technique in [Technique::Dfs, Technique::Sweep] {
            let verdict = technique.judge(&S::default(), operations, u64::MAX);
            assert_eq!(verdict, truth, "{}", say(&format!("{technique:?}")));
        }
        let zones = Technique::Zones.judge(&S::default(), operations, 0);
        assert!(zones == truth || zones == Verdict::Unknown, "{}", say("Zones"));
        let necessary = Technique::Necessary.judge(&S::default(), operations, 0);
        assert!(necessary != Verdict::Broken || truth == necessary, "{}", say("Necessary"));
        let portfolio = judge_from(&S::default(), operations, u64::MAX).verdict;
        assert_eq!(portfolio, truth, "{}", say("the portfolio"));
        // An order that somebody tells may be right, nearly right, or nonsense.
        let told = told_order(&mut Rng::named(key, !index), operations);
        let verdict = judge_told(operations, &told, u64::MAX).verdict;
        assert_eq!(verdict, truth, "{}", say(&format!("the witness {told:?}")));
        counts[2] += u64::from(judge_told(operations, &told, 0).verdict == Verdict::Holds);
    }
    counts
}

/// The operations in the order of invocation or of return, some of them exchanged, most reads left out.
fn told_order<S: Model>(rng: &mut Rng, operations: &[Operation<S>]) -> Vec<RequestId> {
    let by_return = rng.below(2) == 0;
    let place = |one: &&Operation<S>| if by_return { one.ret } else { one.call };
    let told = |one: &&Operation<S>| !S::is_read(&one.op);
    let mut order: Vec<_> = operations.iter().filter(told).collect();
    order.extend(operations.iter().filter(|one| S::is_read(&one.op)).take(rng.index(2)));
    order.sort_by_key(place);
    for _ in 0..rng.index(3) {
        let (a, b) = (rng.index(order.len()), rng.index(order.len()));
        if a != b {
            order.swap(a, b);
        }
    }
    order.iter().map(|one| one.id).collect()
}

/// A comparison proves little unless both verdicts are common, and unless told orders often explain.
fn assert_balanced(counts: [u64; 3]) {
    let [held, did_not, explained] = counts;
    println!(
        "{held} histories held, {did_not} did not; {explained} were explained by an order told"
    );
    assert!(counts.iter().all(|count| *count > HISTORIES / 20), "{counts:?}");
}

#[test]
fn registers_with_unique_values() {
    assert_balanced(compare::<Register>(1, |rng, number| match rng.below(2) {
        0 => RegisterOp::Read,
        _ => RegisterOp::Write(number),
    }));
}

#[test]
fn registers_with_repeated_values() {
    assert_balanced(compare::<Register>(2, |rng, _| match rng.below(2) {
        0 => RegisterOp::Read,
        _ => RegisterOp::Write(rng.below(3)),
    }));
}

#[test]
fn registers_with_compare_and_swap() {
    assert_balanced(compare::<CasRegister>(3, |rng, _| {
        let mut value = || rng.below(3) as i64;
        let (a, b, kind) = (value(), value(), value());
        match kind {
            0 => CasOp::Read,
            1 => CasOp::Write(a),
            _ => CasOp::Cas(a, b),
        }
    }));
}

#[test]
fn key_values_of_every_kind() {
    assert_balanced(compare::<Kv>(4, |rng, number| {
        let key = rng.below(2) as u32;
        match rng.below(5) {
            0 | 1 => KvOp::Get { key },
            2 => KvOp::Append { key, value: number },
            3 => KvOp::Put { key, value: number },
            _ => KvOp::Cas { key, expect: [None, Some(1), Some(2)][rng.index(3)], new: number },
        }
    }));
}

#[test]
fn appends_of_equal_numbers() {
    assert_balanced(compare::<Kv>(5, |rng, _| match rng.below(5) {
        0 | 1 => KvOp::Get { key: 0 },
        2 => KvOp::Put { key: 0, value: rng.below(2) },
        _ => KvOp::Append { key: 0, value: rng.below(2) },
    }));
}

#[test]
fn texts() {
    assert_balanced(compare::<TextKv>(6, |rng, _| {
        let text = ["", "a", "b", "ab"][rng.index(4)].to_string();
        let action = match rng.below(4) {
            0 | 1 => TextAction::Get,
            2 => TextAction::Append(text),
            _ => TextAction::Put(text),
        };
        TextOp { key: ["k", "l"][rng.index(2)].into(), action }
    }));
}
