//! What a network does to single messages, and by which names it knows them.

use super::*;
use crate::settings::{Delay, NetworkSettings};

fn sent(from: usize, to: usize, now: Time) -> Sent {
    Sent { from, to, now, leaves: now, size: 100, kind: Some(0) }
}

fn network(change: impl FnOnce(&mut NetworkSettings)) -> Network {
    let mut settings = Settings { nodes: 5, clients: 2, ..Settings::default() };
    change(&mut settings.network);
    Network::new(&settings, 7)
}

fn arrivals(network: &mut Network, count: usize) -> Vec<Fate> {
    let mut fired = Fired::default();
    (0..count).map(|_| network.fate(sent(0, 1, Time::ZERO), &mut fired)).collect()
}

#[test]
fn what_one_link_carries_changes_nothing_on_another() {
    let (mut quiet, mut busy) = (network(|_| {}), network(|_| {}));
    for _ in 0..100 {
        busy.fate(sent(2, 3, Time::ZERO), &mut Fired::default());
    }
    assert_eq!(arrivals(&mut quiet, 10), arrivals(&mut busy, 10));
}

#[test]
fn a_log_normal_delay_has_the_quantiles_that_were_asked_for() {
    let mut network = network(|n| {
        n.delay = Delay::LogNormal(crate::settings::LogNormal {
            median: Span::millis(2),
            p99: Span::millis(20),
        });
    });
    let mut delays: Vec<u64> = arrivals(&mut network, 20_000)
        .into_iter()
        .map(|fate| match fate {
            Fate::Arrives { at, .. } => at.0,
            Fate::Lost(_) => unreachable!("nothing is lost here"),
        })
        .collect();
    delays.sort_unstable();
    let near = |got: u64, want: u64| got > want * 9 / 10 && got < want * 11 / 10;
    assert!(near(delays[10_000], 2_000_000), "median {}", delays[10_000]);
    assert!(near(delays[19_800], 20_000_000), "p99 {}", delays[19_800]);
}

#[test]
fn a_stream_keeps_its_order_and_loses_nothing() {
    let mut network = network(|n| {
        n.transport = Transport::Stream;
        n.loss = Chance::percent(30);
    });
    let mut last = Time::ZERO;
    for fate in arrivals(&mut network, 500) {
        let Fate::Arrives { at, again: None } = fate else { panic!("{fate:?}") };
        assert!(at > last);
        last = at;
    }
}

/// What a network does to messages is what another one, without chances and faults, does that is told it.
#[test]
fn what_is_written_out_happens_again() {
    for transport in [Transport::Datagram, Transport::Stream] {
        let mut wild = network(|n| {
            n.transport = transport;
            (n.loss, n.corrupt) = (Chance::percent(20), Chance::percent(10));
            (n.duplicate, n.reorder) = (Chance::percent(10), Chance::percent(10));
        });
        // Two that may come to nothing: what is counted as a fault is written out all the same.
        let by = SpanRange { from: Span::ZERO, to: Span(2) };
        wild.add_fault(1, LinkSet::All.into(), LinkFault::Delay(by));
        wild.add_fault(2, LinkSet::All.into(), LinkFault::Delay(by));
        wild.add_fault(3, LinkSet::All.into(), LinkFault::Reorder(Chance::percent(50), by));
        let late = SpanRange::millis(200, 300);
        wild.add_fault(
            4,
            LinkSet::All.into(),
            LinkFault::Duplicate(Chance::percent(5), Some(late)),
        );
        wild.write_out();
        let mut fired = Fired::default();
        let send = |network: &mut Network, fired: &mut Fired| {
            let links = [(0, 1), (1, 0), (0, 5), (6, 2)];
            // Several at each instant.
            let all = (0..400).map(|i| (links[i % 4], Time(i as u64 / 12 * 1_000_000)));
            all.map(|((from, to), at)| network.fate(sent(from, to, at), fired)).collect::<Vec<_>>()
        };
        let fates = send(&mut wild, &mut fired);
        assert!(wild.written().len() > 300);
        let mut tame = network(|n| n.transport = transport);
        tame.disturb(wild.written());
        tame.write_out();
        let mut again = Fired::default();
        assert_eq!(send(&mut tame, &mut again), fates);
        assert_eq!(again, fired);
        assert_eq!(tame.written(), wild.written());
    }
}

/// With less on the link, the name of a message still finds it; one that is not sent any more is found in the next.
#[test]
fn a_message_is_found_by_when_it_is_sent() {
    let at = |ms: u64| Time(ms * 1_000_000);
    let lost = |ms, nth| Disturbance {
        from: NodeId(0),
        to: NodeId(1),
        at: at(ms),
        nth,
        what: Trouble::Lost,
    };
    let losses = |times: &[u64]| {
        let mut network = network(|_| {});
        network.disturb(&[lost(7, 2), lost(3, 1)]);
        let fate = |ms: &u64| network.fate(sent(0, 1, at(*ms)), &mut Fired::default());
        let is_lost = |fate: Fate| matches!(fate, Fate::Lost(LostTo::Chance));
        times.iter().map(fate).map(is_lost).collect::<Vec<bool>>()
    };
    assert_eq!(losses(&[1, 2, 3, 4, 7, 7, 7]), [false, false, true, false, false, true, false]);
    assert_eq!(losses(&[3, 7, 7]), [true, false, true]);
    assert_eq!(losses(&[1, 5, 8, 9, 9]), [false, true, false, true, false]);
}

#[test]
fn a_disturbance_of_no_link_is_passed_over() {
    let mut network = network(|_| {});
    let lost = |from, to| Disturbance { from, to, at: Time::ZERO, nth: 1, what: Trouble::Lost };
    network.disturb(&[lost(NodeId(9), NodeId(0)), lost(NodeId(0), NodeId::client(2))]);
    assert!(network.plain);
    network.disturb(&[lost(NodeId(0), NodeId::client(1))]);
    assert_eq!(
        network.fate(sent(0, 6, Time::ZERO), &mut Fired::default()),
        Fate::Lost(LostTo::Chance)
    );
}

#[test]
fn a_bridge_reaches_both_sides_and_a_one_way_cut_blocks_one() {
    let mut network = network(|_| {});
    let side = |nodes: &[usize]| AddressSet::of(nodes.iter().copied());
    let groups = vec![side(&[0, 1, 2]), side(&[2, 3, 4])];
    network.add_fault(1, LinkSet::Between { groups, one_way: false }.into(), LinkFault::Cut);
    assert!(network.is_cut(0, 3) && network.is_cut(4, 1));
    assert!(!network.is_cut(0, 2) && !network.is_cut(2, 4) && !network.is_cut(5, 0));
    network.remove_fault(1);
    let groups = vec![side(&[0]), side(&[1])];
    network.add_fault(2, LinkSet::Between { groups, one_way: true }.into(), LinkFault::Cut);
    assert!(network.is_cut(0, 1) && !network.is_cut(1, 0));
}

#[test]
fn bandwidth_makes_messages_queue() {
    let mut network = network(|n| {
        n.bandwidth = Some(100_000);
        n.delay = Delay::Uniform(SpanRange::exactly(Span::ZERO));
    });
    let at: Vec<Fate> = arrivals(&mut network, 3);
    let arrives = |ms: u64| Fate::Arrives { at: Time(ms * 1_000_000), again: None };
    assert_eq!(at, [arrives(1), arrives(2), arrives(3)]);
}

/// What a fault is about kinds of message, other kinds do not feel, nor what clients send.
#[test]
fn a_fault_may_be_about_some_kinds_of_message() {
    let mut network = network(|_| {});
    let votes = Traffic { links: LinkSet::All, kinds: Some(vec![3]) };
    network.add_fault(1, votes, LinkFault::Loss(Chance::ALWAYS));
    let mut is_lost = |kind| {
        let fate = network.fate(Sent { kind, ..sent(0, 1, Time::ZERO) }, &mut Fired::default());
        fate == Fate::Lost(LostTo::Chance)
    };
    assert_eq!([Some(2), Some(3), None].map(&mut is_lost), [false, true, false]);
}

/// What arrives again long after does so before all has healed, and the first time as if there were no fault.
#[test]
fn a_message_may_arrive_again_long_after() {
    let at = |ms: u64| Time(ms * 1_000_000);
    let again = |sent_at: Time| {
        let mut calm = network(|_| {});
        let Fate::Arrives { at: first, .. } = calm.fate(sent(0, 1, sent_at), &mut Fired::default())
        else {
            unreachable!("nothing is lost here")
        };
        let mut network = network(|_| {}).healing_at(Some(at(10_000)));
        let by = Some(SpanRange::millis(3_000, 3_000));
        network.add_fault(1, LinkSet::All.into(), LinkFault::Duplicate(Chance::ALWAYS, by));
        let mut fired = Fired::default();
        let fate = network.fate(sent(0, 1, sent_at), &mut fired);
        let Fate::Arrives { at, again: Some(again) } = fate else { panic!("{fate:?}") };
        assert_eq!(at, first);
        assert_eq!([FaultKind::Duplicate, FaultKind::Delay].map(|kind| fired.of(kind)), [1, 1]);
        again - at
    };
    assert_eq!(again(at(1_000)), Span::secs(3));
    assert_eq!(again(at(9_000)), Span::secs(1));
}
