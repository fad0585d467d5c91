//! Links: cuts, streams, and drivers that pick what arrives.

use crate::puppet::Act::{Broadcast, Send, Set};
use crate::puppet::Cue::{Boot, Hear, Timer};
use crate::puppet::{Act, Line, Notes, Stage, about, ms, n};
use sim_core::drive::timed;
use sim_core::fault::{DiskLoss, Fault, Links, Sides, Target};
use sim_core::settings::{Delay, Transport};
use sim_core::world::Event;
use sim_core::{Chance, Span, SpanRange};

fn cut(one_way: bool) -> Fault {
    let groups = vec![vec![n(1)], vec![Target::Rest]];
    Fault::Cut { sides: Sides { groups, one_way } }
}

/// n1 says 1 at once, and 2 to 4 every 4 ms after 3 ms.
fn talk() -> Vec<Line> {
    let mut lines = vec![Line(1, Boot, vec![Send(2, 1), Set(2, 3), Set(3, 7), Set(4, 11)])];
    lines.extend((2..5).map(|word| Line(1, Timer(word), vec![Send(2, word.into())])));
    lines
}

#[test]
fn a_cut_loses_datagrams_and_what_was_under_way() {
    let notes = Stage::new(2, &talk()).fault(2, 8, cut(false)).play();
    assert_eq!(about(&notes, "n2"), ["1ms n2 hears 1", "12ms n2 hears 4"]);
    assert_eq!(notes.iter().filter(|line| line.ends_with("lost n1 -> n2")).count(), 2);
    let mut slow = Stage::new(2, &talk()).fault(2, 3, cut(false));
    slow.settings.network.delay = Delay::Uniform(SpanRange::exactly(Span::millis(3)));
    let heard = about(&slow.play(), "n2");
    assert_eq!(heard, ["10ms n2 hears 3", "14ms n2 hears 4"], "1 was on the link at 3 ms");
}

#[test]
fn a_stream_keeps_what_a_cut_holds_up_and_its_order() {
    let mut stage = Stage::new(2, &talk()).fault(2, 8, cut(false));
    stage.settings.network.transport = Transport::Stream;
    let notes = stage.play();
    let heard = ["1ms n2 hears 1", "11ms n2 hears 2", "11.000001ms n2 hears 3", "12ms n2 hears 4"];
    assert_eq!(about(&notes, "n2"), heard);
}

#[test]
fn nothing_overtakes_on_a_stream() {
    let acts: Vec<Act> = (1..=50).map(|word| Send(2, word)).collect();
    let mut stage = Stage::new(2, &[Line(1, Boot, acts)]);
    stage.settings.network.delay = Delay::Uniform(SpanRange::millis(1, 90));
    let order = |stage: &Stage| -> Vec<u32> {
        let words = about(&stage.play(), "n2").into_iter();
        words.map(|line| line.rsplit(' ').next().and_then(|w| w.parse().ok()).unwrap()).collect()
    };
    let sent: Vec<u32> = (1..=50).collect();
    let mut datagrams = order(&stage);
    assert_ne!(datagrams, sent);
    datagrams.sort_unstable();
    assert_eq!(datagrams, sent);
    stage.settings.network.transport = Transport::Stream;
    assert_eq!(order(&stage), sent);
}

#[test]
fn what_faults_hold_back_is_there_when_all_has_healed() {
    let by = SpanRange::exactly(Span::secs(5));
    let slow = Fault::Delay { of: Links::All.into(), by };
    let lossy = Fault::Loss { of: Links::All.into(), rate: Chance::percent(99) };
    let faults = [vec![slow.clone(), slow.clone()], vec![lossy]];
    for (transport, faults) in [Transport::Datagram, Transport::Stream].into_iter().zip(faults) {
        let mut stage = Stage::new(2, &talk());
        for fault in faults {
            stage = stage.fault(1, 0, fault);
        }
        stage.settings.network.transport = transport;
        stage.plan.heal = ms(300);
        let heard = about(&stage.play(), "n2");
        assert_eq!(heard.len(), 4, "{heard:?}");
        // What is sent again at 200 ms is lost, and then at 600 ms all has healed.
        let last = if transport == Transport::Datagram { "301ms" } else { "612" };
        assert!(heard[3].starts_with(last), "{heard:?}");
    }
    // Without a healing it takes as long as it takes.
    let stage = Stage::new(2, &talk()).fault(1, 0, slow);
    assert_eq!(about(&stage.play(), "n2"), ["1ms n2 hears 1"]);
}

#[test]
fn a_crash_breaks_the_streams_of_a_node_and_lets_datagrams_arrive() {
    let lines = [Line(1, Boot, vec![Send(2, 7)])];
    let crash = Fault::Crash { nodes: vec![n(1)], disk: DiskLoss::Synced };
    let mut stage = Stage::new(2, &lines).fault(2, 0, crash);
    stage.settings.network.delay = Delay::Uniform(SpanRange::exactly(Span::millis(3)));
    assert_eq!(about(&stage.play(), "n2"), ["3ms n2 hears 7"]);
    stage.settings.network.transport = Transport::Stream;
    assert_eq!(about(&stage.play(), "n2"), [""; 0]);
}

#[test]
fn a_one_way_cut_lets_the_other_way_through() {
    let lines = [
        Line(1, Boot, vec![Set(0, 2)]),
        Line(2, Boot, vec![Set(0, 2)]),
        Line(1, Timer(0), vec![Broadcast(1)]),
        Line(2, Timer(0), vec![Broadcast(2)]),
    ];
    let notes = Stage::new(3, &lines).fault(1, 0, cut(true)).play();
    assert_eq!(about(&notes, "n1"), ["2ms n1 rings 0", "3ms n1 hears 2"]);
    assert_eq!(about(&notes, "n2"), ["2ms n2 rings 0"]);
    assert_eq!(about(&notes, "n3"), ["3ms n3 hears 2"], "n1 alone is cut off");
}

#[test]
fn overlapping_cuts_end_one_by_one() {
    let notes = Stage::new(2, &talk()).fault(2, 3, cut(false)).fault(2, 8, cut(false)).play();
    assert_eq!(about(&notes, "n2"), ["1ms n2 hears 1", "12ms n2 hears 4"]);
}

#[test]
fn a_driver_may_pick_what_arrives_and_what_never_does() {
    let stage = Stage::new(2, &[Line(1, Boot, vec![Send(2, 1), Send(2, 2), Send(2, 3)])]);
    let (mut world, mut notes) = (stage.build(), Notes::default());
    world.start(&mut notes);
    let pending = |world: &sim_core::World<_>, wanted: u32| {
        let is_it = |event: &Event<_>| matches!(event, Event::Message { message, .. } if *message == wanted);
        let found = world.pending().find(|(_, _, event)| is_it(event)).map(|(_, number, _)| number);
        found.unwrap_or(u64::MAX)
    };
    let (second, third) = (pending(&world, 2), pending(&world, 3));
    assert!(world.fire(third, &mut notes) && !world.fire(third, &mut notes));
    assert!(world.discard(second) && !world.discard(second));
    while world.step(&mut notes) {}
    assert_eq!(about(&notes.0, "n2"), ["1ms n2 hears 3", "1ms n2 hears 1"]);
}

#[test]
fn words_that_bring_forth_ever_more_words_end_the_run() {
    // Whoever hears word 2 says it to the seven others, so that there are seven times as many a trip later.
    let mut lines = vec![Line(1, Boot, vec![Broadcast(2)])];
    lines.extend((1..=8).map(|node| Line(node, Hear(2), vec![Broadcast(2)])));
    let mut world = Stage::new(8, &lines).build();
    world.start(&mut ());
    assert_eq!(timed::run(&mut world, ms(1_000), u64::MAX, &mut ()), timed::Stopped::AtLimit);
    let pending = world.count_pending();
    assert!(
        (timed::MOST_PENDING..timed::MOST_PENDING + 10).contains(&pending),
        "{pending} are pending"
    );
}
