//! Liars, and twins.

use crate::puppet::Act::{Append, Broadcast, Send, Set, Sync};
use crate::puppet::Cue::{Boot, Hear, Timer};
use crate::puppet::{Line, Stage, about, n};
use sim_core::fault::{About, DiskLoss, Fault, FaultKind, Lie};
use sim_core::{Chance, Span, SpanRange};

/// n1 says `words` to all, the first after 10 ms and then every 10 ms.
fn says(words: &[u32]) -> Vec<Line> {
    let timers = words.iter().zip(1u8..);
    let sets = timers.clone().map(|(_, timer)| Set(timer, 10 * u64::from(timer))).collect();
    let mut lines = vec![Line(1, Boot, sets)];
    lines.extend(timers.map(|(word, timer)| Line(1, Timer(timer), vec![Broadcast(*word)])));
    lines
}

fn lie(lie: Lie) -> Fault {
    let about = About { to: Vec::new(), kinds: Vec::new(), rate: Chance::ALWAYS };
    Fault::Lie { nodes: vec![n(1)], lie, about }
}

fn heard(notes: &[String], who: &str) -> Vec<String> {
    let words = |line: String| line.split(' ').next_back().unwrap_or_default().to_owned();
    about(notes, who).into_iter().filter(|line| line.contains(" hears ")).map(words).collect()
}

#[test]
fn a_silent_node_can_be_silent_to_some_and_about_some() {
    let mut fault = lie(Lie::Silence);
    if let Fault::Lie { about, .. } = &mut fault {
        (about.to, about.kinds) = (vec![n(2)], vec!["odd".into()]);
    }
    let (world, notes) = Stage::new(3, &says(&[1, 2, 3, 4])).fault(15, 20, fault).end();
    assert_eq!(heard(&notes, "n2"), ["1", "2", "4"], "3 is odd, and 1 was said before");
    assert_eq!(heard(&notes, "n3"), ["1", "2", "3", "4"]);
    assert_eq!(world.fired().of(FaultKind::Silence), 1);
    assert!(world.nodes().is_liar(0) && !world.nodes().is_liar(1));
}

#[test]
fn an_equivocator_tells_some_one_thing_and_others_another_and_each_half_the_same() {
    let words: Vec<u32> = (1..=9).collect();
    let notes = Stage::new(6, &says(&words)).fault(1, 0, lie(Lie::Equivocate)).play();
    let all: Vec<Vec<String>> = (2..=6).map(|i| heard(&notes, &format!("n{i}"))).collect();
    for (place, word) in words.iter().enumerate() {
        let said: Vec<u32> = all.iter().map(|heard| heard[place].parse().unwrap()).collect();
        assert!(said.iter().all(|said| *said == *word || *said == word + 100), "{said:?}");
    }
    let split = |place: usize| all.iter().any(|heard| heard[place] != all[0][place]);
    assert!((0..words.len()).filter(|place| split(*place)).count() > 4);
}

#[test]
fn a_forger_tells_the_lie_that_is_named_where_it_fits() {
    let named = lie(Lie::Forge(Some("big-words-only".into())));
    let notes = Stage::new(2, &says(&[1, 11])).fault(1, 0, named).play();
    assert_eq!(heard(&notes, "n2"), ["1", "1011"]);
    let any = lie(Lie::Forge(None));
    let notes = Stage::new(2, &says(&[1])).fault(1, 0, any).play();
    assert_eq!(heard(&notes, "n2"), ["101"], "the other lie has nothing to do with small words");
}

#[test]
fn who_dawdles_is_late_and_who_repeats_itself_says_old_words_again() {
    let by = SpanRange::exactly(Span::millis(7));
    let notes = Stage::new(2, &says(&[1])).fault(1, 0, lie(Lie::Dawdle(by))).play();
    assert_eq!(about(&notes, "n2"), ["18ms n2 hears 1"]);
    let notes = Stage::new(2, &says(&[1, 2, 3])).fault(1, 0, lie(Lie::Replay)).play();
    let heard = heard(&notes, "n2");
    assert_eq!(heard.len(), 5, "nothing is old yet when the first word is said: {heard:?}");
    assert_eq!(heard[..2], ["1", "2"]);
}

#[test]
fn a_lie_that_heals_ends_but_the_liar_stays_known() {
    let notes = Stage::new(2, &says(&[1, 2, 3])).fault(15, 10, lie(Lie::Silence)).end();
    assert_eq!(heard(&notes.1, "n2"), ["1", "3"]);
    assert!(notes.0.nodes().is_liar(0));
    assert_eq!(notes.0.nodes().live().count(), 1, "only the honest count");
}

#[test]
fn whose_disk_loses_what_was_synced_counts_as_a_liar() {
    let writes = [Line(1, Boot, vec![Append(1), Sync])];
    let crash = |disk| Fault::Crash { nodes: vec![n(1)], disk };
    let is_liar = |fault| Stage::new(2, &writes).fault(15, 5, fault).end().0.nodes().is_liar(0);
    for harmless in [DiskLoss::Kept, DiskLoss::Synced, DiskLoss::Torn] {
        assert!(!is_liar(crash(harmless)), "{harmless:?}");
    }
    assert!(is_liar(crash(DiskLoss::Wiped)));
    assert!(is_liar(Fault::LyingSync { nodes: vec![n(1)] }));
    assert!(is_liar(Fault::BitRot { nodes: vec![n(1)] }));
}

/// n1 counts on a timer of its own, and answers what it hears.
fn counts() -> Vec<Line> {
    vec![
        Line(1, Boot, vec![Append(1), Sync, Set(1, 20)]),
        Line(1, Timer(1), vec![Broadcast(1), Send(1, 9), Set(1, 20)]),
        Line(1, Hear(5), vec![Append(2), Sync, Broadcast(6)]),
        Line(2, Boot, vec![Set(1, 50)]),
        Line(2, Timer(1), vec![Send(1, 5)]),
    ]
}

#[test]
fn twins_are_two_machines_with_the_same_past_under_one_identity() {
    let twins = Fault::Twins { nodes: vec![n(1)] };
    let (mut both, mut one) = (false, false);
    for seed in 0..20 {
        let mut stage = Stage::new(4, &counts()).fault(10, 0, twins.clone());
        stage.seed = seed;
        let (world, notes) = stage.end();
        assert_eq!((world.nodes().len(), world.liars(world.now())), (4, 1));
        // Both copies ring at 20 ms, and each hears its own word to itself.
        let rings = notes.iter().filter(|line| *line == "20ms n1 rings 1").count();
        let own = notes.iter().filter(|line| *line == "20ms n1 hears 9").count();
        assert_eq!((rings, own), (2, 2), "{notes:?}");
        // n2 is in touch with one of them, or with both: it hears as many as hear it.
        let hear = notes.iter().filter(|line| *line == "51ms n1 hears 5").count();
        let first = |word: &str| notes.iter().filter(|line| *line == word).count();
        assert_eq!(first("21ms n2 hears 1"), hear, "{notes:?}");
        both |= hear == 2;
        one |= hear == 1;
    }
    assert!(both && one);
}

#[test]
fn a_copy_ends_when_its_fault_heals() {
    let twins = Fault::Twins { nodes: vec![n(1)] };
    let notes = Stage::new(2, &counts()).fault(10, 15, twins).play();
    assert_eq!(notes.iter().filter(|line| *line == "20ms n1 rings 1").count(), 2);
    assert_eq!(notes.iter().filter(|line| *line == "40ms n1 rings 1").count(), 1);
}
