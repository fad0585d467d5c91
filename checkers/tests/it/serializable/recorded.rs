//! Histories that others recorded, in the folder `SPLITBRAIN_HISTORIES`, and the reader of their format.

use checkers::foreign::list_append;
use checkers::serializable::{Level, Status, judge};
use sim_core::Time;
use sim_core::outcome::Verdict;
use std::path::Path;

#[test]
#[allow(clippy::disallowed_methods, reason = "the recorded histories are elsewhere")]
fn every_public_verdict_on_transactions_is_confirmed() {
    let Ok(folder) = std::env::var("SPLITBRAIN_HISTORIES") else {
        println!("SPLITBRAIN_HISTORIES is not set: nothing was checked");
        return;
    };
    let folder = Path::new(&folder);
    let table = std::fs::read_to_string(folder.join("verdicts.tsv")).unwrap();
    let mut checked = 0;
    for row in table.lines().skip(1) {
        let columns: Vec<_> = row.split('\t').collect();
        let [file, _, "list-append", _, holds] = columns[..] else { continue };
        let history = list_append::read(&std::fs::read_to_string(folder.join(file)).unwrap());
        let judgement = judge(&history.unwrap(), Level::Serializable);
        let stated = if holds == "true" { Verdict::Holds } else { Verdict::Broken };
        println!("{file}: {:?}; {}", judgement.verdict, judgement.why());
        assert_eq!(judgement.verdict, stated, "{file}: {judgement:#?}");
        checked += 1;
    }
    assert!(checked > 0, "no history was checked");
}

#[test]
fn a_history_is_read() {
    let text = "{:type :invoke, :process 0, :f :txn, :time 5, :value [[:append 1 2] [:r :x nil]]}
        {:type :info, :process :nemesis, :value :start}
        {:type :invoke, :process 1, :value [[:append 1 3]]} {:type :invoke, :value [[:r 1 nil]]}
        {:type :ok, :process 0, :time 7, :value [[:append 1 2] [:r :x [4]]]}
        {:type :ok, :value [[:r 1 []]]} {:type :fail, :process 1, :value [[:append 1 3]]}
        {:type :invoke, :process 2, :value [[:r 1 nil]]} {:type :info, :process 2, :value nil}";
    let history = list_append::read(text).unwrap();
    let status: Vec<_> = history.iter().map(|one| one.status).collect();
    assert_eq!(status, [Status::Ok, Status::Fail, Status::Ok, Status::Unknown]);
    assert_eq!(history[0].micros[1].to_string(), "read x = [4]");
    assert_eq!((history[0].invoked, history[0].returned), (Time(5), Some(Time(7))));
    assert!(history[0].call < history[1].call && history[1].call < history[0].ret);
}

#[test]
fn errors_name_the_line() {
    for (text, part) in [
        ("\n{:type :ok, :value [[:r 1 []]]}", "line 2: a transaction ends that has not begun"),
        ("{:type :invoke, :value [[:r 1]]}", "line 1: a step of a transaction is"),
        ("{:type :invoke, :value 7}", "is a list of what it does"),
        (
            "{:type :invoke, :process 0, :value []}\n{:type :invoke, :process 0, :value []}",
            "line 2",
        ),
        ("{:value []}", "no `:type`"),
    ] {
        let error = list_append::read(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}
