//! `[swarm]`: what seeds draw of a scenario's own settings, and how a nemesis strikes that draws that too.

use crate::reads::{SOAK, good};
use crate::words::Catalogue;
use scenarios::format::{self, Nemesis, Scenario, Vocabulary};
use scenarios::nemesis::{self, Field};
use sim_core::fault::{Fault, FaultKind, Lasts, Strike, Target, Targets};
use sim_core::{Chance, Span, Time};
use std::collections::BTreeSet;

const DRAWS: &str = r#"
title    = "Drawn"
protocol = "raft"
nodes    = 5
duration = "10s"

[network]
delay = "1ms..5ms"

[swarm]
nodes         = [3, 5, 7]
network.loss  = [0, "5%"]
costs         = [{}, { sync = "5ms..20ms" }]
"#;

fn drawn(scenario: &Scenario, seed: u64) -> Scenario {
    let choices = scenario.swarm.draw(seed);
    format::drawn(&scenario.swarm, choices, &Catalogue).expect("each value fits").0
}

#[test]
fn seeds_draw_every_value_and_leave_the_rest_alone() {
    let scenario = good(DRAWS);
    let drawn: Vec<Scenario> = (0..60).map(|seed| drawn(&scenario, seed)).collect();
    let losses: BTreeSet<Chance> = drawn.iter().map(|one| one.network.loss).collect();
    assert_eq!(losses, BTreeSet::from([Chance::NEVER, Chance::percent(5)]));
    let syncs: BTreeSet<Span> = drawn.iter().map(|one| one.costs.sync.to).collect();
    assert_eq!(syncs, BTreeSet::from([Span::millis(2), Span::millis(20)]));
    let counts: BTreeSet<String> = drawn.iter().map(|one| format!("{:?}", one.nodes)).collect();
    assert_eq!(counts.len(), 3);
    for one in &drawn {
        assert_eq!(one.network.delay, scenario.network.delay);
        assert_eq!(one.costs.message, scenario.costs.message);
    }
}

#[test]
fn a_key_more_changes_no_other_draw() {
    let more = good(&DRAWS.replace("[swarm]", "[swarm]\nsettle = [\"5s\", \"9s\"]"));
    let fewer = good(DRAWS);
    for seed in 0..40 {
        assert_eq!(drawn(&more, seed).network.loss, drawn(&fewer, seed).network.loss);
    }
}

#[test]
fn a_value_that_cannot_stand_beside_the_others_is_left_out() {
    // A topology says how long messages take, and so does a delay.
    let both = DRAWS.replace("delay = \"1ms..5ms\"", "").replace(
        "network.loss  = [0, \"5%\"]",
        "network.delay = [\"1ms..2ms\"]\nnetwork.topology = [\"one-region\"]",
    );
    let names = Catalogue.topologies().first().map(ToString::to_string).expect("a topology");
    let scenario = good(&both.replace("one-region", &names));
    let (one, choices) =
        format::drawn(&scenario.swarm, scenario.swarm.draw(1), &Catalogue).expect("it fits");
    assert_eq!(choices.iter().filter(|choice| choice.is_none()).count(), 1);
    assert!(one.network.topology.is_none(), "the first of the two stays");
}

fn strikes(nemesis: &Nemesis, seed: u64) -> Vec<Strike> {
    strikes_at(&good(SOAK), 5, nemesis, seed)
}

fn strikes_at(scenario: &Scenario, nodes: u32, nemesis: &Nemesis, seed: u64) -> Vec<Strike> {
    let subject = &scenario.subjects[0];
    let catalogue = Catalogue;
    let words = catalogue.protocol(&subject.protocol).expect("a protocol");
    let field = Field {
        words,
        options: &subject.options,
        nodes,
        duration: Span::secs(20),
        clients: scenario.clients.count,
        drift_ppm: 0,
    };
    nemesis::draw(nemesis, &field, seed, 1)
}

#[test]
fn a_swarm_strikes_in_every_rhythm_and_always_in_time() {
    let swarm = Nemesis { swarm: true, ..Nemesis::default() };
    let (mut aimed, mut at_doer, mut flapping, mut swizzled) = (0, 0, 0, 0);
    let mut counts = BTreeSet::new();
    for seed in 0..400 {
        let strikes = strikes(&swarm, seed);
        assert_eq!(strikes, self::strikes(&swarm, seed));
        let ids: BTreeSet<_> = strikes.iter().map(|strike| strike.id).collect();
        assert_eq!(ids.len(), strikes.len(), "seed {seed}: an id names one strike");
        counts.insert(strikes.len());
        for strike in &strikes {
            assert!(strike.id.nth == 1 || strike.on.is_none());
            assert!(!matches!(strike.lasts, Lasts::For(Span::ZERO)));
            let mut fault = strike.fault.clone();
            fault.each_targets(&mut |targets| {
                let at = targets.iter().filter(|target| **target == Target::Doer).count();
                at_doer += at;
                assert!(at == 0 || strike.on.is_some());
            });
            aimed += u32::from(strike.on.is_some());
            let again = strike.id.nth > 1;
            flapping += u32::from(again && strike.fault.kind() != FaultKind::Cut);
            swizzled += u32::from(again && strike.fault.kind() == FaultKind::Cut);
        }
    }
    assert!(aimed > 500 && at_doer > 200, "{aimed} aimed, {at_doer} at whose event it was");
    assert!(flapping > 200 && swizzled > 50, "{flapping} flapping, {swizzled} cut");
    assert!(counts.first() < Some(&8) && counts.last() > Some(&60), "{counts:?}");
}

#[test]
fn swarms_cut_partially_and_leave_company_and_others_do_not() {
    for is_swarm in [true, false] {
        let nemesis = Nemesis { swarm: is_swarm, ..Nemesis::default() };
        let (mut partial, mut company, mut aimed) = (0, 0, 0);
        for strike in (0..400).flat_map(|seed| strikes(&nemesis, seed)) {
            let Fault::Cut { sides } = &strike.fault else { continue };
            let [one, other] = &sides.groups[..] else { continue };
            let doers =
                [one, other].into_iter().filter(|side| side.contains(&Target::Doer)).count();
            assert!(doers < 2, "nobody is cut off from itself: {sides:?}");
            let side = |targets: &Targets| targets[1..].contains(&Target::Random);
            let is_lone = |side: &Targets| *side == [Target::Random];
            let is_partial = [one, other].into_iter().all(|side| !side.contains(&Target::Rest));
            partial += u32::from(is_partial && (is_lone(one) || is_lone(other)));
            company += u32::from(side(one) || side(other));
            aimed += u32::from(doers == 1 && (side(one) || side(other)));
        }
        if is_swarm {
            let counts = format!("{partial} partial, {company} with company, {aimed} aimed");
            assert!(partial > 200 && company > 200 && aimed > 50, "{counts}");
        } else {
            assert_eq!((partial, company, aimed), (0, 0, 0));
        }
    }
}

#[test]
fn disks_are_hurt_of_as_many_nodes_as_may_lie_and_of_those() {
    let nemesis = Nemesis { swarm: true, ..Nemesis::default() };
    let scenario = good("title = \"Liars\"\nprotocol = \"pbft\"\nnodes = 7\nduration = \"9s\"");
    let (mut kinds, mut both) = (BTreeSet::new(), 0);
    for seed in 0..300 {
        let (mut liars, mut hurt) = (BTreeSet::new(), BTreeSet::new());
        for Strike { mut fault, .. } in strikes_at(&scenario, 7, &nemesis, seed) {
            let kind = fault.kind();
            kinds.insert(kind);
            let who = if kind.hurts_disks() { &mut hurt } else { &mut liars };
            if kind.makes_liars() || kind.hurts_disks() {
                let mut first = true;
                fault.each_targets(&mut |targets| {
                    // Those that a lie is told to come second.
                    if std::mem::take(&mut first) {
                        who.extend(targets.iter().map(|target| format!("{target:?}")));
                    }
                });
            }
        }
        assert!(liars.union(&hurt).count() <= 2, "seed {seed}: {liars:?} {hurt:?}");
        both += usize::from(!liars.is_empty() && !hurt.is_empty());
    }
    for kind in [FaultKind::WipedCrash, FaultKind::LyingSync, FaultKind::BitRot, FaultKind::Twins] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    assert!(both > 100, "{both} of 300 have both");
    for strike in strikes_at(&scenario, 3, &nemesis, 1) {
        assert!(!strike.fault.kind().hurts_disks(), "of three none may forget");
    }
}

#[test]
fn a_nemesis_that_is_no_swarm_waits_for_nothing() {
    for seed in 0..50 {
        let strikes = strikes(&Nemesis::default(), seed);
        assert!(strikes.iter().all(|strike| strike.on.is_none() && strike.id.nth == 1));
        assert!(strikes.iter().all(|strike| strike.at < Time(20_000_000_000)));
    }
}
