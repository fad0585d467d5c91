//! What a seed draws from a scenario: every fault, its repetitions and its times written out.
//!
//! Each strike draws from a generator of its own, named by its fault's id and its repetition. To
//! take a fault out of a scenario, or a strike out of a plan, changes no other: a failure can be
//! shrunk fault by fault.

use crate::format::{Count, FaultLine, LineLasts, Options, ProtocolWords, Scenario, Wait};
use crate::nemesis;
use sim_core::fault::{FaultId, Lasts, Moment, Plan, Strike};
use sim_core::random::{Rng, Stream, key};
use sim_core::{Span, Time};

/// How many nodes a seed runs a protocol on.
pub fn nodes(count: &Count, words: &dyn ProtocolWords, options: &Options, seed: u64) -> u32 {
    match count {
        Count::N(nodes) => *nodes,
        Count::Tolerate(faults) => words.tolerating(*faults, options),
        Count::Any(counts) => {
            let mut rng = Rng::named(key(seed, Stream::Scenario), 0);
            counts.get(rng.index(counts.len())).copied().unwrap_or(1)
        }
    }
}

/// Everything that goes wrong when a seed runs a protocol on `nodes` nodes: the file's faults in
/// its order, then those of the nemesis.
pub fn draw(
    scenario: &Scenario,
    words: &dyn ProtocolWords,
    options: &Options,
    seed: u64,
    nodes: u32,
) -> Plan {
    let stream = key(seed, Stream::Plan);
    let heal = Time(scenario.duration.0);
    let mut strikes: Vec<Strike> =
        scenario.faults.iter().flat_map(|line| repeated(line, stream, heal)).collect();
    if let Some(settings) = &scenario.nemesis {
        let field = nemesis::Field::of(scenario, words, options, nodes);
        let first = scenario.faults.iter().map(|line| line.id + 1).max().unwrap_or(1);
        strikes.extend(nemesis::draw(settings, &field, seed, first));
    }
    Plan { strikes, messages: scenario.messages.clone(), heal }
}

/// The strikes of one fault, none of them after `heal`.
fn repeated(line: &FaultLine, stream: u64, heal: Time) -> Vec<Strike> {
    let fault = u64::from(line.id) << 32;
    // The steps between repetitions are drawn apart from what each repetition is.
    let mut steps = Rng::named(stream, fault);
    let mut at = Time::ZERO + line.at.draw(&mut steps);
    let mut strikes = Vec::new();
    for nth in line.nth.. {
        let mut rng = Rng::named(stream, fault | u64::from(nth));
        strikes.push(strike(line, nth, at, &mut rng));
        let Some(repeat) = line.repeat else { break };
        at = at + repeat.every.draw(&mut steps).max(Span(1));
        if at >= repeat.until || at >= heal {
            break;
        }
    }
    strikes
}

fn strike(line: &FaultLine, nth: u32, at: Time, rng: &mut Rng) -> Strike {
    let lasts = match line.lasts {
        LineLasts::For(range) => Lasts::For(range.draw(rng)),
        LineLasts::UntilHealed => Lasts::UntilHealed,
        LineLasts::Forever => Lasts::Forever,
    };
    let moment = |wait: &Wait, rng: &mut Rng| Moment {
        event: wait.event.clone(),
        by: wait.by.clone(),
        nth: wait.nth,
        after: wait.after.draw(rng),
        before: wait.before,
    };
    Strike {
        id: FaultId { fault: line.id, nth },
        at,
        on: line.on.as_ref().map(|wait| moment(wait, rng)),
        fault: line.what.draw(rng),
        lasts,
        name: line.name.clone(),
    }
}
