//! Sagas: their messages, events, transactions and log entries, exactly.

use protocols::{Entry, all};

const ORDER: [&str; 5] = [
    "place 1 by 1 for 0 of 1 to 1",
    "place 1 by 0 for 1 of 1 to 1",
    "place 1 by 1 for 1 of 0 to 1",
    "place 1 by 1 for 1 of 1 to 0",
    "place 1 by 1 for 1 of 1 to 1",
];
const STEPS: usize = 5;

fn entry(name: &str) -> &'static dyn Entry {
    all().get(name).expect("it is in the catalogue")
}

/// What happens when a client asks this of `node`, from then on.
fn asked(name: &str, cluster: &str, node: &str, op: &str) -> String {
    let script = format!("cluster {cluster}\nquietly deliver all\nask {node} {op}\ndeliver all\n");
    let happened = entry(name).script(&script).unwrap_or_else(|why| panic!("{why}\n{script}"));
    happened[happened.find("> ask").expect("the request")..].to_owned()
}

/// How many messages of a kind are sent.
fn sent(happened: &str, kind: &str) -> usize {
    let is_sent = |line: &&str| line.starts_with("      n") && line.contains(" -> ");
    let said = |line: &&str| {
        line.split("  ").nth(4).is_some_and(|said| said.split(' ').next() == Some(kind))
    };
    happened.lines().filter(is_sent).filter(said).count()
}

/// How many lines tell of this, said by a node: a write or a claim.
fn told(happened: &str, what: &str) -> usize {
    happened.lines().filter(|line| line.starts_with("      n") && line.contains(what)).count()
}

fn count(happened: &str, kinds: &[&str]) -> usize {
    kinds.iter().map(|kind| sent(happened, kind)).sum()
}

#[test]
fn an_orchestrated_saga_takes_2n_messages_and_n_plus_2_log_entries() {
    let happened = asked("saga", "5", "n1", ORDER[4]);
    assert!(happened.contains("done: completed"), "{happened}");
    assert_eq!(sent(&happened, "command"), STEPS);
    assert_eq!(sent(&happened, "reply"), STEPS);
    assert_eq!(happened.matches(" -> ").count() / 2, 2 * STEPS, "and no others:\n{happened}");
    assert_eq!(told(&happened, " n1 writes "), STEPS + 2);
    assert_eq!(told(&happened, " does step "), STEPS);
}

#[test]
fn an_orchestrated_saga_that_fails_at_step_k_takes_4k_less_2_messages() {
    for (place, op) in ORDER[..4].iter().enumerate() {
        let k = place + 1;
        let happened = asked("saga", "5", "n1", op);
        assert!(happened.contains("done: rejected"), "{happened}");
        let (asks, answers) = (["command", "compensate"], ["reply", "compensated"]);
        assert_eq!(count(&happened, &asks), 2 * k - 1, "k = {k}");
        assert_eq!(count(&happened, &answers), 2 * k - 1, "k = {k}");
        assert_eq!(happened.matches(" -> ").count() / 2, 4 * k - 2, "k = {k}, and no others");
        let (done, undone) = (told(&happened, " does step "), told(&happened, " undoes step "));
        assert_eq!((done, undone), (k - 1, k - 1), "k = {k}");
        // Begun, k - 1 times done, declined, k - 1 times undone, ended.
        assert_eq!(told(&happened, " n1 writes "), 2 * k + 1, "k = {k}");
    }
}

#[test]
fn a_choreographed_saga_takes_n_events_each_acknowledged() {
    let happened = asked("saga", "4 style=\"choreographed\"", "n1", ORDER[4]);
    assert!(happened.contains("done: completed"), "{happened}");
    assert_eq!((sent(&happened, "event"), sent(&happened, "ack")), (STEPS, STEPS));
    assert_eq!(happened.matches(" -> ").count() / 2, 2 * STEPS, "and no others:\n{happened}");
    assert_eq!(told(&happened, " does step "), STEPS);
}

#[test]
fn a_choreographed_saga_that_fails_at_step_k_takes_2k_less_1_events() {
    for (place, op) in ORDER[..4].iter().enumerate() {
        let k = place + 1;
        let happened = asked("saga", "4 style=\"choreographed\"", "n1", op);
        assert!(happened.contains("done: rejected"), "{happened}");
        let events = 2 * k - 1;
        assert_eq!((sent(&happened, "event"), sent(&happened, "ack")), (events, events), "k = {k}");
        let (done, undone) = (told(&happened, " does step "), told(&happened, " undoes step "));
        assert_eq!((done, undone), (k - 1, k - 1), "k = {k}");
    }
}

#[test]
fn a_transfer_takes_4_messages_and_2_when_there_is_too_little() {
    for (op, messages, reply) in
        [("transfer 1 2 30", 4, "done: done"), ("transfer 1 2 101", 2, "done: declined")]
    {
        let happened = asked("saga-transfer", "4", "n1", op);
        assert!(happened.contains(reply), "{happened}");
        assert_eq!(happened.matches(" -> ").count() / 2, messages, "{op}");
    }
}

#[test]
fn with_fail_over_each_log_entry_takes_two_messages_more() {
    let happened = asked("saga", "7 fail-over=true", "n1", ORDER[4]);
    assert!(happened.contains("done: completed"), "{happened}");
    assert_eq!(count(&happened, &["append", "appended"]), 2 * (STEPS + 2));
    assert_eq!(count(&happened, &["command", "reply"]), 2 * STEPS);
}

/// Takes a saga to where `k` steps are done, and the first service is asked for what it knows.
#[test]
fn an_orchestrator_goes_on_where_its_log_ends() {
    let script = format!(
        "cluster 5\nquietly deliver all\nask n1 {}\nsync n1\ndeliver n2\nsync n2\ncrash n1\nboot n1\ndeliver all\n",
        ORDER[4]
    );
    let happened = entry("saga").script(&script).unwrap_or_else(|why| panic!("{why}"));
    assert!(happened.contains("done: completed"), "{happened}");
    assert_eq!(told(&happened, " does step "), STEPS, "{happened}");
}
