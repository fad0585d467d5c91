//! Recorded histories that cannot be read say where and why.

use checkers::foreign::{jepsen_edn, jepsen_log, porcupine};
use checkers::model::cas_register::{CasOp, CasReply};
use sim_core::{Ending, Time};

#[test]
fn an_edn_history_is_read_with_its_times_and_without_its_nemesis() {
    let text = "[{:process :nemesis :type :info :f :start}
        {:process 0 :type :invoke :f :cas :value [1 2] :time 5}
        {:process 1 :type :invoke :f :read :value nil :time 6}
        {:process 0 :type :fail :f :cas :value [1 2] :time 7}
        {:process 1 :type :ok :f :read :value nil :time 8}
        {:process 1 :type :invoke :f :write :value 3 :time 9}
        {:process 1 :type :info :f :write :value 3 :time 10}]";
    let history = jepsen_edn::cas_register(text).unwrap();
    let endings: Vec<_> = history.operations.iter().map(|one| one.returned.clone()).collect();
    assert_eq!(endings[0], Some((Time(7), Ending::Fail)));
    assert_eq!(endings[1], Some((Time(8), Ending::Unknown)));
    assert_eq!(endings[2], Some((Time(10), Ending::Unknown)));
    assert_eq!(history.operations[0].op, CasOp::Cas(1, 2));
}

#[test]
fn a_console_log_is_read() {
    let text = "noise\nINFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 0\t:fail\t:cas\t[1 2]
INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\tnil";
    let history = jepsen_log::cas_register(text).unwrap();
    let replies: Vec<_> =
        history.operations.iter().map(|one| &one.returned.as_ref().unwrap().1).collect();
    assert_eq!(*replies[0], Ending::Ok(CasReply::Swapped(false)));
    assert_eq!(*replies[1], Ending::Ok(CasReply::Value(None)));
}

#[test]
fn errors_name_the_line_and_what_is_expected() {
    let edn = |text: &str| jepsen_edn::cas_register(text).unwrap_err().to_string();
    assert!(edn("{:process 0 :type :ok :f :read}").starts_with("line 1: process 0 ends"));
    let twice = "{:process 0 :type :invoke :f :read}\n{:process 0 :type :invoke :f :read}";
    assert!(
        edn(twice).starts_with("line 2: process 0 invokes an operation, but the one of line 1")
    );
    assert!(edn("{:process 0 :type :go :f :read}").contains(":invoke, :ok, :fail"));
    assert!(edn("{:process 0 :type :invoke :f :push}").contains("no `:push`"));
    assert!(edn("{:process 0 :type :invoke :f :cas :value 1}").contains("two whole numbers"));
    assert!(edn("{:process -1 :type :invoke :f :read}").contains("no process"));
    assert!(edn("{:process 0 :f :read}").contains("no `:type`"));
    assert!(edn("17").contains("made of maps"));
    let log = "INFO  jepsen.util - 0\t:invoke\t:write\tx";
    let error = jepsen_log::cas_register(log).unwrap_err().to_string();
    assert_eq!(error, "line 1: `x` is not a whole number");
    let error = porcupine::text_kv("{:process 0, :type :invoke, :f :get}").unwrap_err().to_string();
    assert!(error.contains("no `:key`"));
}
