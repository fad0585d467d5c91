//! What is said of broken histories.

use checkers::check;
use checkers::linearizable::explain::Explanation;
use checkers::linearizable::points;
use checkers::model::Model;
use checkers::model::kv::Kv;
use checkers::model::register::Register;
use sim_core::history::History;
use sim_core::outcome::Verdict;
use sim_core::{Ending, NodeId, RequestId, Time};
use std::collections::BTreeMap;

/// A history from lines such as `c1 put x 1` and `c1 = done`, `c1 ?` or `c1 fail`, one millisecond apart.
fn history<S: Model>(text: &str, read: impl Fn(&str) -> S::Reply) -> History<S> {
    let mut history = History::new();
    let mut last = BTreeMap::new();
    for (line, at) in text.lines().map(str::trim).filter(|line| !line.is_empty()).zip(1..) {
        let (client, rest) = line.split_once(' ').unwrap();
        let client = NodeId::client(client[1..].parse::<u32>().unwrap() - 1);
        let number = last.entry(client).or_insert(0);
        let mut ret = |ending, number| {
            history.ret(RequestId { client, number }, ending, Time(at * 1_000_000));
        };
        match rest.split_once(' ') {
            Some(("=", reply)) => ret(Ending::Ok(read(reply)), *number),
            _ if rest == "?" => ret(Ending::Unknown, *number),
            _ if rest == "fail" => ret(Ending::Fail, *number),
            _ => {
                *number += 1;
                let op = S::read_op(rest).unwrap();
                history.invoke(RequestId { client, number: *number }, op, Time(at * 1_000_000));
            }
        }
    }
    history
}

fn kv_history(text: &str) -> History<Kv> {
    use checkers::model::kv::KvReply;
    history(text, |reply| match reply {
        "done" => KvReply::Done,
        "true" => KvReply::Swapped(true),
        "false" => KvReply::Swapped(false),
        "nil" => KvReply::Value(Default::default()),
        numbers => KvReply::Value(numbers.split(' ').map(|one| one.parse().unwrap()).collect()),
    })
}

fn kv(text: &str) -> Explanation {
    let history = kv_history(text);
    let judgement = check(&history.operations, 100_000);
    assert_eq!(judgement.verdict, Verdict::Broken);
    assert_eq!(judgement.why(), judgement.explanation.clone().unwrap().sentence);
    judgement.explanation.unwrap()
}

fn names(ids: &[RequestId]) -> String {
    ids.iter().map(RequestId::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_stale_read() {
    let found =
        kv("c1 put x 3\nc1 = done\nc3 get y\nc3 = nil\nc1 put x 7\nc2 get x\nc1 = done\nc2 = 3
         c3 put x 9\nc2 get x\nc2 = 3\nc1 get x\nc1 = 9\nc3 = done");
    let sentence = "c2's get x returned 3, but 3 was overwritten by c1's put x 7, \
                    which finished before the read began";
    assert_eq!(found.sentence, sentence);
    assert_eq!(names(&found.operations), "c1#1 c1#2 c2#2");
    assert_eq!(names(&found.prefix), "c1#1 c2#1 c1#2");
    assert_eq!((found.key, found.at), (0, Time(11_000_000)));
}

#[test]
fn the_initial_value_after_a_write() {
    let found = kv("c1 put x 1\nc1 = done\nc2 get x\nc2 = nil");
    let sentence = "c2's get x returned nil, but nil was overwritten by c1's put x 1, \
                    which finished before the read began";
    assert_eq!(found.sentence, sentence);
    assert_eq!(names(&found.operations), "c1#1 c2#1");
}

#[test]
fn values_from_nowhere_and_from_the_future() {
    let found = kv("c1 put x 1\nc1 = done\nc2 get x\nc2 = 4");
    assert_eq!(found.sentence, "c2's get x returned 4, but nobody ever wrote 4");
    let found = kv("c1 put x 4\nc1 fail\nc2 get x\nc2 = 4");
    assert_eq!(found.sentence, "c2's get x returned 4, but c1's put x 4 had failed");
    let found = kv("c2 get x\nc2 = 4\nc1 put x 4\nc1 = done");
    assert_eq!(names(&found.operations), "c2#1");
    let found = kv("c1 put x 1\nc2 get x\nc2 = 1\nc2 get x\nc2 = nil\nc1 = done");
    let sentence = "c2's get x returned nil after c2's get x had returned 1, \
                    and that is what it held in the beginning";
    assert_eq!(found.sentence, sentence);
}

#[test]
fn appends_and_swaps() {
    let found = kv("c1 append x 1\nc1 = done\nc2 append x 2\nc2 = done\nc3 get x\nc3 = 2 1");
    assert!(found.sentence.starts_with("c3's get x returned 2 1, which no order allows"));
    assert_eq!(names(&found.operations), "c1#1 c3#1", "2 was not even invoked before 1 was done");
    let found = kv("c1 cas x nil 5\nc1 = true\nc2 cas x nil 6\nc2 = true");
    assert_eq!(names(&found.operations), "c1#1 c2#1");
    println!("{}", found.sentence);
}

#[test]
fn of_several_broken_keys_the_first_to_show_is_explained() {
    let found =
        kv("c1 put x 1\nc1 = done\nc1 put y 2\nc1 = done\nc2 get y\nc2 = nil\nc2 get x\nc2 = nil");
    assert_eq!((found.key, found.at), (1, Time(6_000_000)));
}

#[test]
fn a_spent_budget_is_named() {
    let mut history = History::<Kv>::new();
    for client in 0..12 {
        let id = RequestId { client: NodeId::client(client), number: 1 };
        history.invoke(id, Kv::read_append(client), Time(1));
    }
    for client in 0..12 {
        let id = RequestId { client: NodeId::client(client), number: 1 };
        history.ret(id, Ending::Ok(checkers::model::kv::KvReply::Swapped(true)), Time(2));
    }
    let judgement = check(&history.operations, 5);
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert_eq!(
        judgement.why(),
        "1 of 1 keys not decided within a budget of 5 configurations a key"
    );
    assert!(judgement.spent <= 5);
}

/// A model's levers are for speed alone: without them the verdict and the blame are the same.
trait Append {
    fn read_append(client: u32) -> checkers::model::kv::KvOp;
}
impl Append for Kv {
    fn read_append(client: u32) -> checkers::model::kv::KvOp {
        let expect = (client > 0).then(|| u64::from(client) - 1);
        checkers::model::kv::KvOp::Cas { key: 0, expect, new: client.into() }
    }
}

#[test]
fn many_concurrent_and_many_crashed_operations_are_no_limit() {
    use checkers::model::register::{RegisterOp, RegisterReply};
    let mut history = History::<Register>::new();
    let id = |client| RequestId { client: NodeId::client(client), number: 1 };
    for client in 0..400 {
        // Repeated values, so that zones do not apply; every third operation crashes.
        history.invoke(id(client), RegisterOp::Write(u64::from(client) % 90), Time(1));
    }
    for client in (0..400).filter(|client| client % 3 != 0) {
        history.ret(id(client), Ending::Ok(RegisterReply::Done), Time(2));
    }
    history.invoke(id(400), RegisterOp::Read, Time(3));
    history.ret(id(400), Ending::Ok(RegisterReply::Value(Some(398 % 90))), Time(4));
    assert_eq!(check(&history.operations, 100_000).verdict, Verdict::Holds);
    history.invoke(id(401), RegisterOp::Read, Time(5));
    history.ret(id(401), Ending::Ok(RegisterReply::Value(Some(17))), Time(6));
    assert_ne!(check(&history.operations, 1_000).verdict, Verdict::Holds);
}

/// When operations can have taken effect, in milliseconds; `-` for those that have no such moment.
fn moments(text: &str) -> String {
    let points = points(&kv_history(text).operations);
    let told = |point: &Option<Time>| point.map_or("-".into(), |at| (at.0 / 1_000_000).to_string());
    points.iter().map(told).collect::<Vec<String>>().join(" ")
}

#[test]
fn each_operation_has_a_moment_of_an_order_that_explains_all() {
    // Invoked at 1, 2, 4 and 6: the read of 2 has seen c1's put, which so comes before it, whoever of them ended first.
    let text = "c1 put x 3\nc2 get x\nc2 = 3\nc2 put y 1\nc1 = done\nc1 get x\nc2 = done\nc1 = 3";
    assert_eq!(moments(text), "1 2 4 6");
    // The older put was the later one: it waits for the newer, which waits for nothing.
    let turned = "c1 put x 3\nc2 put x 4\nc2 = done\nc1 = done\nc3 get x\nc3 = 3";
    assert_eq!(moments(turned), "2 2 5");
    // Nobody heard of its end, and yet it was read; the other was never seen.
    assert_eq!(moments("c1 put x 3\nc1 ?\nc2 put y 9\nc2 ?\nc3 get x\nc3 = 3"), "1 - 5");
}

#[test]
fn what_comes_behind_what_cannot_be_explained_has_no_moment() {
    let stale = "c1 put x 3\nc1 = done\nc1 put x 7\nc1 = done\nc2 get x\nc2 = 3\nc2 get x\nc2 = 7";
    assert_eq!(moments(stale), "1 3 - -");
}
