//! Histories of transactions that append to lists and read them, in EDN as Elle reads them: `:value` is a list of
//! `[:append key value]` and `[:r key list]`.
//!
//! Unlike other histories these need no `:process` and no `:f`. An event without a process ends what the last such
//! event began, and belongs to no session.

use crate::foreign::Error;
use crate::foreign::edn::{Edn, Value};
use crate::foreign::jepsen_edn::{Kind, kind, maps, process};
use crate::serializable::{Micro, Status, Transaction};
use sim_core::Time;
use std::collections::BTreeMap;

/// The transactions of a history, in the order of their invocations.
pub fn read(text: &str) -> Result<Vec<Transaction>, Error> {
    let mut transactions: Vec<Transaction> = Vec::new();
    let mut open = BTreeMap::<Option<u32>, usize>::new();
    let maps = maps(text)?;
    // Those without a process are given one each, after all that there are.
    let given = maps.iter().filter_map(|map| process(map).ok().flatten());
    let mut alone = given.max().map_or(0, |last| last + 1);
    for (place, map) in (1..).zip(maps) {
        let process = match map.get("process").map(|one| &one.value) {
            None | Some(Value::Nil) => None,
            Some(Value::Int(_)) => process(&map)?,
            Some(_) => continue,
        };
        let time = match map.get("time").map(|one| &one.value) {
            Some(Value::Int(time)) => u64::try_from(*time).unwrap_or(place),
            _ => place,
        };
        let kind = kind(&map)?;
        if kind == Kind::Invoke {
            if open.insert(process, transactions.len()).is_some() {
                return Err(Error::new(map.line, "a transaction begins before the last one ended"));
            }
            let number = process.unwrap_or(alone);
            alone += u32::from(process.is_none());
            transactions.push(Transaction {
                process: number,
                micros: micros(&map)?,
                status: Status::Unknown,
                invoked: Time(time),
                returned: None,
                call: place,
                ret: u64::MAX,
            });
            continue;
        }
        let Some(began) = open.remove(&process) else {
            return Err(Error::new(map.line, "a transaction ends that has not begun"));
        };
        let transaction = &mut transactions[began];
        transaction.returned = Some(Time(time));
        match kind {
            Kind::Ok => {
                transaction.micros = micros(&map)?;
                (transaction.status, transaction.ret) = (Status::Ok, place);
            }
            Kind::Fail => (transaction.status, transaction.ret) = (Status::Fail, place),
            _ => {}
        }
    }
    Ok(transactions)
}

fn micros(map: &Edn) -> Result<Vec<Micro>, Error> {
    match map.get("value").map(|one| &one.value) {
        Some(Value::List(items)) => items.iter().map(micro).collect(),
        _ => Err(Error::new(map.line, "the `:value` of a transaction is a list of what it does")),
    }
}

fn micro(step: &Edn) -> Result<Micro, Error> {
    let wrong = || {
        Error::new(step.line, "a step of a transaction is `[:append key value]` or `[:r key list]`")
    };
    let Value::List(parts) = &step.value else { return Err(wrong()) };
    let [what, key, value] = parts.as_slice() else { return Err(wrong()) };
    let key = match &key.value {
        Value::Int(key) => key.to_string(),
        Value::Keyword(key) | Value::Text(key) | Value::Word(key) => key.clone(),
        _ => return Err(wrong()),
    };
    let number = |edn: &Edn| match edn.value {
        Value::Int(value) => Ok(value),
        _ => Err(wrong()),
    };
    match (what.keyword(), &value.value) {
        (Some("append"), _) => Ok(Micro::Append { key, value: number(value)? }),
        (Some("r"), Value::Nil) => Ok(Micro::List { key, seen: Vec::new() }),
        (Some("r"), Value::List(items)) => {
            Ok(Micro::List { key, seen: items.iter().map(number).collect::<Result<_, _>>()? })
        }
        _ => Err(wrong()),
    }
}
