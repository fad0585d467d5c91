//! Every anomaly, made by hand: its name, the strongest level that the history still has, and what is said.

use super::{history, is_just, names};
use checkers::serializable::{Level, judge};
use sim_core::outcome::Verdict;

fn found(text: &str, strongest: Option<Level>, expected: &[&str]) -> String {
    let judgement = is_just(text, strongest);
    assert_eq!(names(&judgement), expected, "{judgement:#?}");
    judgement.why()
}

#[test]
fn what_is_in_order_holds_and_shows_its_order() {
    let text = "0 1-2 ok x+1, x[1]\n1 3-6 ok x[1], y+1\n0 4-5 ok x+2, y[1]\n2 7-8 ok x[1 2], y[1]
        3 9-10 info x+9\n4 11-12 fail y+9\n5 13-14 info y+3\n6 20-21 ok y[1 3]";
    let judgement = is_just(text, Some(Level::StrictSerializable));
    assert_eq!(judgement.order, Some(vec![0, 1, 2, 3, 6, 7]));
    assert_eq!(judgement.committed, 6);
    assert!(judgement.anomalies.is_empty());
}

#[test]
fn interleaved_writes_are_g0() {
    let why = found("* ok x+1, y+1\n* ok x+2, y+2\n* ok x[1 2]\n* ok y[2 1]", None, &["G0"]);
    assert!(why.contains(
        "T1 went before T2, because T1 appended 1 to x, and T2 appended 2 next after it"
    ));
    assert!(why.ends_with("T1 appended 1 next after it: a contradiction."), "{why}");
}

#[test]
fn what_an_aborted_transaction_wrote_is_g1a() {
    let why = found("* fail x+1\n* ok x[1]", Some(Level::ReadUncommitted), &["G1a"]);
    assert_eq!(why, "G1a: T2 read x = [1], but T1, which appended 1, was aborted");
    found("* fail x=1\n* ok x?1", Some(Level::ReadUncommitted), &["G1a"]);
    let both = ["G1a", "dirty-update"];
    let why = found("* fail x+1\n* ok x+2\n* ok x[1 2]", Some(Level::ReadUncommitted), &both);
    assert!(why.starts_with("G1a: T3"), "{why}");
}

#[test]
fn what_was_seen_half_done_is_g1b() {
    let text = "* ok x+1, x+2\n* ok x[1]\n* ok x[1 2]";
    let judgement = is_just(text, Some(Level::ReadUncommitted));
    assert!(judgement.why().contains("T2 read x = [1], but T1, which appended 1, then appended 2"));
    let registers = "* ok x=1, x=2\n* ok x?1";
    assert_eq!(names(&is_just(registers, Some(Level::ReadUncommitted))), ["G1b"]);
}

#[test]
fn reading_from_each_other_is_g1c() {
    let why = found("* ok x+1, y[1]\n* ok y+1, x[1]", Some(Level::ReadUncommitted), &["G1c"]);
    assert!(
        why.contains("T1 went before T2, because T2 read x = [1], of which T1 appended 1;"),
        "{why}"
    );
    found("* ok x=1, y?1\n* ok y=1, x?1", Some(Level::ReadUncommitted), &["G1c"]);
}

#[test]
fn read_skew_is_g_single() {
    let text = "* ok x+1, y+1\n* ok x[1], y[]";
    let why = found(text, Some(Level::ReadCommitted), &["G-single"]);
    assert!(
        why.contains("T2 went before T1, because T2 read y = [], to which T1 later appended 1")
    );
    found("* ok x=1, y=1\n* ok x?1, y?", Some(Level::ReadCommitted), &["G-single"]);
}

#[test]
fn two_reads_that_see_two_writes_in_two_orders_are_g_nonadjacent() {
    let text = "* ok x+1\n* ok y+1\n* ok x[1], y[]\n* ok x[], y[1]";
    found(text, Some(Level::ReadCommitted), &["G-nonadjacent"]);
}

#[test]
fn write_skew_is_g2_item_and_snapshot_isolation_allows_it() {
    let text = "* ok x[], y[], x+1\n* ok x[], y[], y+1\n* ok x[1], y[1]";
    let why = found(text, Some(Level::SnapshotIsolation), &["G2-item"]);
    assert_eq!(why.matches("went before").count(), 2);
    found("* ok x?, y?, x=1\n* ok x?, y?, y=1", Some(Level::SnapshotIsolation), &["G2-item"]);
    // Nobody read what either of them wrote.
    found("* ok x[], y+1\n* ok y[], x+1", Some(Level::SnapshotIsolation), &["G2-item"]);
}

#[test]
fn two_that_replace_one_version_lose_an_update() {
    let text = "* ok x[], x+1\n* ok x[], x+2\n* ok x[1 2]";
    let why = found(text, Some(Level::ReadCommitted), &["lost-update", "G-single"]);
    assert!(
        why.starts_with("lost-update: T1 and T2 both read x = [], and both wrote to it (1 and 2)")
    );
    // Whichever was first: without a third to tell, it is known all the same.
    let judgement = is_just("* ok x[], x+1\n* ok x[], x+2", Some(Level::ReadCommitted));
    assert_eq!(names(&judgement), ["lost-update", "G2-item"]);
    let judgement = judge(&history("* ok x?, x=1\n* ok x?, x=2"), Level::SnapshotIsolation);
    assert_eq!(names(&judgement), ["lost-update", "G2-item"]);
    assert_eq!(judgement.verdict, Verdict::Broken);
    // Which of the two was first is not known, and weaker levels may depend on it.
    let judgement = judge(&history("* ok x?, x=1\n* ok x?, x=2"), Level::ReadCommitted);
    assert_eq!(judgement.verdict, Verdict::Unknown);
}

#[test]
fn a_session_that_goes_back_is_broken_by_process() {
    let text = "0 1-2 ok x+1\n1 3-4 ok x[1]\n1 5-6 ok x[]";
    let judgement = is_just(text, Some(Level::Serializable));
    assert_eq!(names(&judgement), ["G-single-process"]);
    assert!(judgement.why().contains("in the same session, of process 1"), "{}", judgement.why());
    let writes = "0 1-2 ok x+1\n0 3-4 ok x+2\n1 5-6 ok x[2 1]";
    assert_eq!(names(&is_just(writes, Some(Level::Serializable))), ["G0-process"]);
    let flow = "0 1-9 ok x+1, y[1]\n1 2-3 ok x[1]\n1 4-5 ok y+1";
    assert_eq!(names(&is_just(flow, Some(Level::Serializable))), ["G1c-process"]);
    let skew = "0 1-2 ok x+1\n0 3-4 ok y[]\n1 1-2 ok y+1\n1 3-4 ok x[]";
    assert_eq!(names(&is_just(skew, Some(Level::Serializable))), ["G-nonadjacent-process"]);
}

#[test]
fn what_is_out_of_date_is_broken_by_real_time() {
    let text = "0 1-2 ok x+1\n1 3-4 ok x[]";
    let judgement = is_just(text, Some(Level::StrongSessionSerializable));
    assert_eq!(names(&judgement), ["G-single-realtime"]);
    let why = judgement.why();
    assert!(why.contains("T1 (process 0, 1ns to 2ns) appended 1 to x."), "{why}");
    assert!(
        why.contains("T1 went before T2, because T1 had ended at 2ns when T2 began at 3ns"),
        "{why}"
    );
    let writes = "0 1-2 ok x+1\n1 3-4 ok x+2\n2 5-6 ok x[2 1]";
    assert_eq!(names(&is_just(writes, Some(Level::StrongSessionSerializable))), ["G0-realtime"]);
    let flow = "0 1-2 ok x[1]\n1 3-4 ok x+1";
    assert_eq!(names(&is_just(flow, Some(Level::StrongSessionSerializable))), ["G1c-realtime"]);
    // Two that overlap are in no order, and one of unknown end may be late.
    is_just("0 1-3 ok x+1\n1 2-4 ok x[]", Some(Level::StrictSerializable));
    is_just("0 1-2 info x+1\n1 3-4 ok x[]\n1 5-6 ok x[1]", Some(Level::StrictSerializable));
}

#[test]
fn adjacent_anti_dependencies_and_real_time_are_g2_item_realtime() {
    // T2 missed a write of T3, which missed one of T1, which had ended when T2 began.
    let text = "2 1-3 ok y+1\n0 4-6 ok x[]\n1 2-7 ok x+1, y[]";
    let judgement = is_just(text, Some(Level::StrongSessionSerializable));
    assert_eq!(names(&judgement), ["G2-item-realtime"]);
}

#[test]
fn a_transaction_that_disagrees_with_itself_is_internal() {
    for text in [
        "* ok x+1, x[]",
        "* ok x[], x[1]\n* ok x+1",
        "* ok x+1, x+2, x[2]",
        "* ok x=1, x?2\n* ok x=2",
        "* ok x?1, x?\n* ok x=1",
        "* ok x[1], x+1",
        "* ok x?1, x=1",
    ] {
        let judgement = judge(&history(text), Level::SnapshotIsolation);
        assert_eq!(judgement.verdict, Verdict::Broken, "{text}");
        assert!(names(&judgement).contains(&"internal".to_string()), "{text}: {judgement:#?}");
    }
    let judgement = judge(&history("* ok x+7, x[]"), Level::Serializable);
    let why = "internal: T1 read x = [], but had read nothing before, and had then appended 7: it does \
               not agree with itself";
    assert_eq!(judgement.why(), why);
    is_just(
        "* ok x[], x+1, x[1], x+2, x[1 2], y=1, y?1, y=2, y?2",
        Some(Level::StrictSerializable),
    );
}

#[test]
fn lists_that_no_appends_explain_are_of_no_level() {
    found("* ok x[7]", None, &["garbage-read"]);
    found("* ok x?7", None, &["garbage-read"]);
    found("* ok x+1\n* ok x[1 1]", None, &["duplicate-elements"]);
    let judgement = is_just("* ok x+1, x+2\n* ok x[2]", None);
    assert!(names(&judgement).contains(&"lost-element".into()));
}

#[test]
fn registers_that_replace_each_other_in_a_circle_are_g0() {
    let text = "* ok x?, x=1, y?2, y=3\n* ok y?, y=2, x?1, x=4";
    let why = found(text, None, &["G0"]);
    assert!(why.contains("T1 wrote x = 1, which T2 read and replaced with 4"), "{why}");
}

#[test]
fn lists_of_two_pasts_are_of_incompatible_order() {
    let text = "* ok x+1\n* ok x+2\n* ok x[1]\n* ok x[2]";
    let why = found(text, Some(Level::ReadUncommitted), &["incompatible-order"]);
    assert!(why.contains("neither is the beginning of the other"));
    let own = "* ok x+1, x+2\n* ok x[2 1]";
    let judgement = is_just(own, Some(Level::ReadUncommitted));
    assert!(names(&judgement).contains(&"incompatible-order".into()));
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let twice = judge(&history("* ok x+1\n* ok x+1\n* ok x[1]"), Level::Serializable);
    assert_eq!(twice.verdict, Verdict::Unknown);
    assert_eq!(names(&twice), ["ambiguous-writes"]);
    // It was appended twice, and is there twice: one after the other explains it. Three times is one too many.
    let both = judge(&history("* ok x+1\n* ok x+1\n* ok x[1 1]"), Level::Serializable);
    assert_eq!((both.verdict, names(&both)), (Verdict::Holds, vec!["ambiguous-writes".into()]));
    let thrice = judge(&history("* ok x+1\n* ok x+1\n* ok x[1 1 1]"), Level::Serializable);
    assert_eq!(thrice.verdict, Verdict::Broken);
    assert!(thrice.why().contains("more than 2 times"), "{}", thrice.why());
    let blind = "* ok x=1\n* ok x=2\n* ok x?1\n* ok x?2";
    assert_eq!(judge(&history(blind), Level::Serializable).verdict, Verdict::Holds);
    // Neither order of the two writers explains what the third read, but nothing tells which of them it was.
    let blind = "* ok x=1, y=1\n* ok x=2, y=2\n* ok x?1, y?2\n";
    assert_eq!(judge(&history(blind), Level::Serializable).verdict, Verdict::Unknown);
}

#[test]
fn only_the_smallest_cycle_of_a_knot_is_told() {
    let text = "* ok a+1, c[1]\n* ok a[1], b+1\n* ok b[1], c+1, d[1]\n* ok d+1, c[1]";
    let judgement = judge(&history(text), Level::Serializable);
    let smallest = judgement.smallest_cycle().unwrap();
    assert_eq!(smallest.transactions, [2, 3]);
    assert_eq!(judgement.anomalies.len(), 1);
}

#[test]
fn the_worst_cycle_of_a_knot_is_told_even_if_another_is_smaller() {
    // The first two are a write skew, and the first, the third and the fourth a read skew.
    let text = "* ok x[], y+1, a+1, c+1\n* ok y[], x+1\n* ok a[1], b+1\n* ok b[1], c[]";
    found(text, Some(Level::ReadCommitted), &["G-single"]);
}

#[test]
fn a_session_goes_on_after_an_end_that_nobody_heard_of() {
    let text = "0 1-2 ok x+1\n0 3-4 info y+1\n0 5-6 ok x[]\n1 7-8 ok y[1]";
    let judgement = judge(&history(text), Level::StrongSessionSerializable);
    assert_eq!(names(&judgement), ["G-single-process"]);
    // What has no known end is in no order with what its process did next.
    let late = "0 1-2 info y+1\n0 3-4 ok y[]\n1 7-8 ok y[1]";
    is_just(late, Some(Level::StrictSerializable));
    // Nor are two that one process ran at once.
    is_just("0 1-9 ok y+1\n0 3-4 ok y[]", Some(Level::StrictSerializable));
}
