//! The serializability checker: by hand, beside an oracle, on a small database with planted bugs, and on what
//! others recorded.

mod anomalies;
mod database;
mod oracle;
mod recorded;

use checkers::serializable::{Judgement, Level, Micro, Status, Transaction, judge};
use sim_core::Time;
use sim_core::outcome::Verdict;

/// A history from its lines, one a transaction: `process call-return status micros`. A transaction that is not to
/// be placed in time has `*` for its first two columns: it is then a process of its own, concurrent with all others.
///
/// Micro-operations are `x+1` (append), `x[1 2]` (read a list), `x=1` (write a register), and `x?1` or `x?` (read
/// one).
fn history(text: &str) -> Vec<Transaction> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(line, text)| transaction(line as u64, text)).collect()
}

fn transaction(line: u64, text: &str) -> Transaction {
    let (process, rest) = text.split_once(' ').unwrap();
    let (process, (call, ret), rest) = match process {
        "*" => (1000 + line as u32, (line, 1_000_000 + line), rest),
        number => {
            let (span, rest) = rest.split_once(' ').unwrap();
            let (call, ret) = span.split_once('-').unwrap();
            (number.parse().unwrap(), (call.parse().unwrap(), ret.parse().unwrap()), rest)
        }
    };
    let (status, micros) = rest.split_once(' ').unwrap();
    let status = match status {
        "ok" => Status::Ok,
        "fail" => Status::Fail,
        "info" => Status::Unknown,
        other => panic!("{other}"),
    };
    Transaction {
        process,
        micros: micros.split(", ").map(micro).collect(),
        status,
        invoked: Time(call),
        returned: Some(Time(ret)),
        call,
        ret: if status == Status::Unknown { u64::MAX } else { ret },
    }
}

fn micro(text: &str) -> Micro {
    let at = text.find(['+', '[', '=', '?']).unwrap();
    let (key, rest) = (text[..at].to_string(), &text[at + 1..]);
    match &text[at..=at] {
        "+" => Micro::Append { key, value: rest.parse().unwrap() },
        "=" => Micro::Write { key, value: rest.parse().unwrap() },
        "?" => Micro::Register { key, seen: rest.parse().ok() },
        _ => {
            let seen = rest.trim_end_matches(']').split_whitespace();
            Micro::List { key, seen: seen.map(|value| value.parse().unwrap()).collect() }
        }
    }
}

/// The names of all anomalies that are found when a level is demanded.
fn names(judgement: &Judgement) -> Vec<String> {
    let mut names: Vec<_> = judgement.anomalies.iter().map(|one| one.name.to_string()).collect();
    names.dedup();
    names
}

/// A history is of each level that is no stronger than this one, and of no other.
fn is_just(text: &str, strongest: Option<Level>) -> Judgement {
    let history = history(text);
    for level in Level::ALL {
        let judgement = judge(&history, level);
        let expected = match Some(level) <= strongest {
            true => Verdict::Holds,
            false => Verdict::Broken,
        };
        assert_eq!(judgement.verdict, expected, "{level}: {judgement:#?}");
        assert_eq!(judgement.why().is_empty(), expected == Verdict::Holds);
    }
    let judgement = judge(&history, Level::StrictSerializable);
    assert_eq!(judgement.strongest(), strongest);
    judgement
}
