//! Changing an input a little: another draw of its settings, faults taken away, brought in, moved, aimed or repeated.

use super::corpus::Input;
use crate::format::ProtocolWords;
use crate::run::{Case, Course};
use sim_core::fault::{Fault, FaultId, Moment, Plan, Strike, Target};
use sim_core::random::Rng;
use sim_core::{NodeId, Span, Time};

/// An input that has something of two others, and something of its own.
pub(super) fn mutate<'a>(
    parent: &Input,
    other: &Input,
    course: &Course<'a>,
    number: u64,
    rng: &mut Rng,
) -> Case<'a> {
    let fresh = course.case(number);
    let mut input = parent.clone();
    // The same seed follows the parent's run up to where the inputs differ; another one tries it under other luck.
    if rng.below(2) == 0 {
        input.seed = number;
    }
    for _ in 0..1 + rng.below(3) {
        change(&mut input, other, &fresh, course, rng);
    }
    let mut case = course.case_of(&input);
    case.plan = fitting(input.plan, &case, course);
    case
}

fn change(input: &mut Input, other: &Input, fresh: &Case<'_>, course: &Course<'_>, rng: &mut Rng) {
    let strikes = &mut input.plan.strikes;
    let heal = input.plan.heal;
    match rng.below(8) {
        0 | 1 if !input.choices.is_empty() => {
            let place = rng.index(input.choices.len());
            input.choices[place] = fresh.choices.get(place).copied().flatten();
        }
        2 => {
            let at = Time(rng.below(heal.0.max(1)));
            strikes.retain(|strike| strike.at < at);
            strikes.extend(other.plan.strikes.iter().filter(|strike| strike.at >= at).cloned());
        }
        3 => {
            let fresh = &fresh.plan.strikes;
            let some = (0..fresh.len()).filter(|_| rng.below(3) == 0).collect::<Vec<_>>();
            strikes.extend(some.into_iter().map(|place| fresh[place].clone()));
        }
        4 => strikes.retain(|_| rng.below(3) > 0),
        5 => {
            if let Some(place) = any(strikes, rng) {
                let within = Span(heal.0 / 8 + 1);
                let at = strikes[place].at.0.saturating_sub(within.0 / 2);
                strikes[place].at =
                    Time(at + rng.below(within.0)).min(Time(heal.0.saturating_sub(1)));
            }
        }
        6 => {
            let moments = course.moments();
            if let (Some(place), false) = (any(strikes, rng), moments.is_empty()) {
                let event = moments[rng.index(moments.len())].clone();
                let after = Span::micros(rng.below(20_000) * rng.below(2));
                let before = after == Span::ZERO && rng.below(2) == 0;
                let nth = 1 + rng.below(3) as u32;
                strikes[place].on = Some(Moment { event, by: Vec::new(), nth, after, before });
            }
        }
        _ => {
            if let Some(place) = any(strikes, rng) {
                let mut again = strikes[place].clone();
                again.at = Time(rng.below(heal.0.max(1)));
                strikes.push(again);
            }
        }
    }
    number_anew(strikes);
}

fn any(strikes: &[Strike], rng: &mut Rng) -> Option<usize> {
    (!strikes.is_empty()).then(|| rng.index(strikes.len()))
}

/// Gives strikes that share an id others: an id names a strike's draws.
fn number_anew(strikes: &mut [Strike]) {
    let mut next = strikes.iter().map(|strike| strike.id.fault).max().unwrap_or(0);
    let mut seen = std::collections::BTreeSet::new();
    for strike in strikes {
        if !seen.insert(strike.id) {
            next += 1;
            strike.id = FaultId { fault: next, nth: 1 };
            seen.insert(strike.id);
        }
    }
}

/// A plan as it fits a case: what is not promised is left out, as are nodes that there are not; and nobody lies beside
/// those who do already, when there are as many liars as the protocol stands.
fn fitting(mut plan: Plan, case: &Case<'_>, course: &Course<'_>) -> Plan {
    let heal = Time(case.scenario.duration.0);
    let nodes = case.nodes;
    let words = course.words();
    let allowed = course.allowed(case);
    let most = most_liars(words, case);
    let mut liars: Vec<Target> = Vec::new();
    plan.heal = heal;
    plan.strikes.retain(|strike| strike.at < heal && allowed.contains(&strike.fault.kind()));
    for strike in &mut plan.strikes {
        let waits = strike.on.is_some();
        strike.fault.each_targets(&mut |targets| {
            for target in targets {
                match target {
                    Target::Node(node) if !node.is_client() => *node = NodeId(node.0 % nodes),
                    Target::Doer if !waits => *target = Target::Random,
                    _ => {}
                }
            }
        });
        if let (Fault::Lie { nodes, .. } | Fault::Twins { nodes }, Some(most)) =
            (&mut strike.fault, most)
        {
            for target in nodes {
                if !liars.contains(target) && liars.len() < most as usize {
                    liars.push(target.clone());
                }
                if let (false, Some(known)) = (liars.contains(target), liars.last()) {
                    *target = known.clone();
                }
            }
        }
    }
    plan
}

/// How many nodes may lie; any number where everything goes.
fn most_liars(words: Option<&dyn ProtocolWords>, case: &Case<'_>) -> Option<u32> {
    let nemesis = case.scenario.nemesis.as_ref()?;
    let most = words?.liars(&case.drawn, case.nodes);
    Some(most + u32::from(nemesis.beyond)).filter(|most| *most > 0)
}
