//! Stories of failures.

use crate::build::{forgotten_vote, ms, stale_read};
use reports::{Colour, steps, story};
use sim_core::summary::Breach;
use sim_core::trace::TraceCause;

#[test]
fn two_leaders_in_one_term() {
    let (trace, breach) = forgotten_vote();
    let about = "at most one leader in a term";
    insta::assert_snapshot!(story::story(&breach, about, &trace, Colour::Never));
}

#[test]
fn a_stale_read_is_told_by_its_operations() {
    let (trace, breach) = stale_read();
    let about = "reads and writes look as if one copy had done them in order";
    insta::assert_snapshot!(story::story(&breach, about, &trace, Colour::Never));
}

#[test]
fn operations_are_found_by_their_words() {
    let (trace, breach) = stale_read();
    let why = "c2's get x returned 1, which no order allows after c1's put x 2 = ok".into();
    let told = story::story(&Breach { why, ..breach }, "", &trace, Colour::Never);
    assert!(told.contains("    c1#5     put x 2"), "{told}");
    assert!(told.contains("    c2#3     get x"), "{told}");
}

#[test]
fn what_a_boot_forgot_is_told() {
    let (trace, breach) = forgotten_vote();
    let boot = trace.steps.iter().rfind(|step| step.cause == TraceCause::Boot);
    let boot = boot.expect("n3 boots last");
    let why = "n3 boots without the vote that it gave n2 in term 4".into();
    let breach = Breach { step: Some(boot.number), at: Some(boot.at), why, ..breach };
    let told = story::story(&breach, "", &trace, Colour::Never);
    assert!(told.contains("n3 sends vote to n2: term 4, granted"), "{told}");
    assert!(told.contains("here election-safety breaks"), "{told}");
}

#[test]
fn heartbeats_do_not_crowd_out_what_matters() {
    let (trace, breach) = forgotten_vote();
    let told = story::story(&breach, "", &trace, Colour::Never);
    assert!(!told.contains("append"), "{told}");
    for needed in
        ["fault 1", "fault 3", "sends vote to n2", "sends vote to n1", "boots from its disk"]
    {
        assert!(told.contains(needed), "{needed} is missing:\n{told}");
    }
}

#[test]
fn colour_changes_no_word() {
    let (trace, breach) = forgotten_vote();
    let plain = story::story(&breach, "a property", &trace, Colour::Never);
    let coloured = story::story(&breach, "a property", &trace, Colour::Always);
    assert!(coloured.contains('\u{1b}') && !plain.contains('\u{1b}'));
    assert_eq!(stripped(&coloured), plain);
}

fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('\u{1b}');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    out
}

#[test]
fn a_listing_of_a_window() {
    let (trace, _) = forgotten_vote();
    insta::assert_snapshot!(steps::steps(&trace, ms(5_000), ms(5_393), Colour::Never));
}

#[test]
fn a_window_without_steps_says_so() {
    let (trace, _) = forgotten_vote();
    let listing = steps::steps(&trace, ms(90_000), ms(91_000), Colour::Never);
    assert!(listing.starts_with("no step from 90s to 91s"), "{listing}");
}

#[test]
fn a_run_that_was_not_written_down() {
    let told = story::story(&Breach::default(), "", &Default::default(), Colour::Never);
    assert!(told.contains("No steps were written down"), "{told}");
}
