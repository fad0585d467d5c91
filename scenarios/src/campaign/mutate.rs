//! Changing an input a little: another draw of its settings, faults taken away, brought in, moved, aimed or repeated.

use super::corpus::Input;
use crate::format::ProtocolWords;
use crate::nemesis;
use crate::run::{Case, Course};
use sim_core::fault::{Fault, FaultId, Moment, Plan, Strike, Target};
use sim_core::random::Rng;
use sim_core::{NodeId, Span, Time};
use std::collections::BTreeSet;

/// An input that has something of two others, and something of its own.
pub(super) fn mutate<'a>(
    parent: &Input,
    other: &Input,
    rare: Option<&str>,
    course: &Course<'a>,
    number: u64,
    rng: &mut Rng,
) -> Case<'a> {
    let fresh = course.case(number);
    let mut input = parent.clone();
    // Plans and settings are what is worth keeping; luck is tried anew, but now and then followed up to where the
    // inputs differ.
    if rng.below(8) > 0 {
        input.seed = number;
    }
    for (place, choice) in input.choices.iter_mut().enumerate() {
        match rng.below(8) {
            0 => *choice = fresh.choices.get(place).copied().flatten(),
            1 => *choice = other.choices.get(place).copied().flatten(),
            _ => {}
        }
    }
    // What two runs have gone through, one goes through.
    if rng.below(2) == 0 {
        input.plan.strikes.extend(other.plan.strikes.iter().cloned());
    }
    for _ in 0..1 + rng.below(3) {
        change(&mut input.plan, other, rare, &fresh, course, rng);
    }
    let heavy = 3 * fresh.plan.strikes.len().max(16);
    while input.plan.strikes.len() > heavy {
        let place = rng.index(input.plan.strikes.len());
        input.plan.strikes.swap_remove(place);
    }
    let mut case = course.case_of(&input);
    case.plan = fitting(input.plan, &case, course);
    case
}

fn change(
    plan: &mut Plan,
    other: &Input,
    rare: Option<&str>,
    fresh: &Case<'_>,
    course: &Course<'_>,
    rng: &mut Rng,
) {
    let Plan { strikes, heal, .. } = plan;
    let heal = *heal;
    match rng.below(7) {
        // The end of another.
        0 => {
            let at = Time(rng.below(heal.0.max(1)));
            strikes.retain(|strike| strike.at < at);
            strikes.extend(other.plan.strikes.iter().filter(|strike| strike.at >= at).cloned());
        }
        // Faults of its own.
        1 => {
            let fresh = &fresh.plan.strikes;
            let some = (0..fresh.len()).filter(|_| rng.below(3) == 0).collect::<Vec<_>>();
            strikes.extend(some.into_iter().map(|place| fresh[place].clone()));
        }
        // Fewer.
        2 => strikes.retain(|_| rng.below(3) > 0),
        // Elsewhere.
        3 => {
            if let Some(place) = any(strikes, rng) {
                let within = Span(heal.0 / 8 + 1);
                let at = strikes[place].at.0.saturating_sub(within.0 / 2) + rng.below(within.0);
                strikes[place].at = Time(at.min(heal.0.saturating_sub(1)));
            }
        }
        // At a moment that few runs have, or that any has.
        4 | 5 => {
            let moments = course.moments();
            let known = rare.filter(|rare| moments.iter().any(|moment| moment == rare));
            let event = match known {
                Some(rare) if rng.below(2) == 0 => rare.to_owned(),
                _ if moments.is_empty() => return,
                _ => moments[rng.index(moments.len())].clone(),
            };
            aim(strikes, &fresh.plan.strikes, &event, course.words(), heal, rng);
        }
        // Again.
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

/// Adds faults, of its own and of a plan drawn anew, that wait for an event and most of the time hit whoever has it.
fn aim(
    strikes: &mut Vec<Strike>,
    fresh: &[Strike],
    event: &str,
    words: Option<&dyn ProtocolWords>,
    heal: Time,
    rng: &mut Rng,
) {
    for _ in 0..1 + rng.below(3) {
        let from = if rng.below(2) == 0 { fresh } else { &*strikes };
        let Some(mut one) = any(from, rng).map(|place| from[place].clone()) else { continue };
        let before = rng.below(2) == 0;
        let after = Span::micros(rng.below(20_000) * u64::from(!before) * rng.below(2));
        let nth = 1 + rng.below(3) as u32;
        one.on = Some(Moment { event: event.to_owned(), by: Vec::new(), nth, after, before });
        one.at = Time(rng.below(heal.0.max(1)));
        if rng.below(3) > 0
            && let Some(words) = words
        {
            nemesis::aim_at_doer(&mut one.fault, words);
        }
        strikes.push(one);
    }
}

fn any(strikes: &[Strike], rng: &mut Rng) -> Option<usize> {
    (!strikes.is_empty()).then(|| rng.index(strikes.len()))
}

/// Gives strikes that share an id others: an id names a strike's draws.
fn number_anew(strikes: &mut [Strike]) {
    let mut next = strikes.iter().map(|strike| strike.id.fault).max().unwrap_or(0);
    let mut seen = BTreeSet::new();
    for strike in strikes {
        if !seen.insert(strike.id) {
            next += 1;
            strike.id = FaultId { fault: next, nth: 1 };
            seen.insert(strike.id);
        }
    }
}

/// A plan as it fits a case: what is not promised is left out, as are nodes that there are not; and no more lie or
/// spoil, and no clock drifts further, than the protocol stands.
fn fitting(mut plan: Plan, case: &Case<'_>, course: &Course<'_>) -> Plan {
    let heal = Time(case.scenario.duration.0);
    let allowed = course.allowed(case);
    plan.heal = heal;
    plan.strikes.retain(|strike| strike.at < heal && allowed.contains(&strike.fault.kind()));
    for strike in &mut plan.strikes {
        hit_who_is_there(strike, case.nodes);
    }
    if let Some((words, most)) = most_liars(course.words(), case) {
        bound_liars(&mut plan.strikes, words, most as usize);
    }
    let field = course.field(case);
    bound_spoilers(
        &mut plan.strikes,
        field.as_ref().map_or(0, |field| field.lying_clients()) as usize,
    );
    let beyond = case.scenario.nemesis.as_ref().is_some_and(|nemesis| nemesis.beyond);
    if let (false, Some(field)) = (beyond, field) {
        field.bound_drift(&mut plan.strikes);
    }
    plan
}

/// Nodes that there are not become others, and whose event is waited for is known only to faults that wait.
fn hit_who_is_there(strike: &mut Strike, nodes: u32) {
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
}

/// Nobody lies beside those who do already, when they are as many as may.
fn bound_liars(strikes: &mut [Strike], words: &dyn ProtocolWords, most: usize) {
    let mut liars: Vec<Target> = Vec::new();
    for strike in strikes.iter_mut().filter(|strike| words.makes_liars(strike.fault.kind())) {
        let (Fault::Lie { nodes, .. }
        | Fault::Twins { nodes }
        | Fault::Crash { nodes, .. }
        | Fault::LyingSync { nodes }
        | Fault::BitRot { nodes }) = &mut strike.fault
        else {
            continue;
        };
        for target in nodes {
            if liars.contains(target) {
                continue;
            }
            match liars.last() {
                Some(known) if liars.len() >= most => *target = known.clone(),
                _ => liars.push(target.clone()),
            }
        }
    }
}

/// No client spoils its codes beside those who do already, when they are as many as may.
fn bound_spoilers(strikes: &mut Vec<Strike>, most: usize) {
    let mut spoilers = BTreeSet::new();
    strikes.retain_mut(|strike| {
        let Fault::BigMac { clients, .. } = &mut strike.fault else { return true };
        clients.retain(|client| {
            let Target::Node(client) = client else { return false };
            spoilers.contains(client) || spoilers.len() < most && spoilers.insert(*client)
        });
        !clients.is_empty()
    });
}

/// The protocol, and how many nodes may lie; none where any number may.
fn most_liars<'a>(
    words: Option<&'a dyn ProtocolWords>,
    case: &Case<'_>,
) -> Option<(&'a dyn ProtocolWords, u32)> {
    let (words, nemesis) = (words?, case.scenario.nemesis.as_ref()?);
    let most = words.liars(&case.drawn, case.nodes) + u32::from(nemesis.beyond);
    (most > 0).then_some((words, most))
}
