//! Histories that others recorded, with the verdicts that they state.
//!
//! The folder is named by `SPLITBRAIN_HISTORIES`; it holds `verdicts.tsv` with the columns file, format, model,
//! initial value, and whether the history holds.

use checkers::foreign::{jepsen_edn, jepsen_log, porcupine};
use checkers::linearizable::check_from;
use checkers::model::cas_register::CasRegister;
use checkers::model::text_kv::TextKv;
use checkers::{Judgement, Model};
use sim_core::history::History;
use sim_core::outcome::Verdict;
use std::path::Path;

const BUDGET: u64 = 1_000_000;

#[test]
#[allow(clippy::disallowed_methods, reason = "the recorded histories are elsewhere")]
fn every_public_verdict_is_confirmed() {
    let Ok(folder) = std::env::var("SPLITBRAIN_HISTORIES") else {
        println!("SPLITBRAIN_HISTORIES is not set: nothing was checked");
        return;
    };
    let folder = Path::new(&folder);
    let table = std::fs::read_to_string(folder.join("verdicts.tsv")).unwrap();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for row in table.lines().skip(1) {
        let columns: Vec<_> = row.split('\t').collect();
        let [file, format, model, initial, holds] = columns[..] else { panic!("{row}") };
        if model == "list-append" {
            continue;
        }
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let start = CasRegister(initial.parse().ok());
        let judgement = match format {
            "jepsen-log" => judge(&start, jepsen_log::cas_register(&text).unwrap()),
            "jepsen-edn" => judge(&start, jepsen_edn::cas_register(&text).unwrap()),
            "porcupine-kv" => judge(&TextKv::default(), porcupine::text_kv(&text).unwrap()),
            other => panic!("no reader for {other}"),
        };
        println!("{file}: {:?} after {}; {}", judgement.verdict, judgement.spent, judgement.why());
        let stated = if holds == "true" { Verdict::Holds } else { Verdict::Broken };
        let explained = judgement.explanation.is_some() == (judgement.verdict == Verdict::Broken);
        checked += 1;
        if judgement.verdict != stated || !explained {
            wrong.push(format!("{file}: {judgement:?}"));
        }
    }
    assert!(checked > 0, "no history was checked");
    assert!(wrong.is_empty(), "of {checked} histories {} differ: {wrong:#?}", wrong.len());
}

fn judge<S: Model>(initial: &S, history: History<S>) -> Judgement {
    check_from(initial, &history.operations, BUDGET)
}
