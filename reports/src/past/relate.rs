//! How steps and facts stand to each other.

use crate::words;
use sim_core::summary::Breach;
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceStep};
use sim_core::{Fact, Time};

/// The facts that a step claims.
pub(crate) fn facts(step: &TraceStep) -> impl Iterator<Item = &Fact> {
    step.effects.iter().filter_map(|effect| match effect {
        TraceEffect::Claim { fact } => Some(fact),
        _ => None,
    })
}

/// Whether a text begins with this request's name: `c1#5 put x 1`.
pub(super) fn is_of(text: &str, request: &str) -> bool {
    text.strip_prefix(request).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether a step sent what another was caused by.
pub(crate) fn sends(step: &TraceStep, caused: &TraceStep) -> bool {
    let receiver = caused.node;
    step.effects.iter().any(|effect| match (effect, &caused.cause) {
        (TraceEffect::Send { to, text, .. }, TraceCause::Message { text: arrived, .. }) => {
            (to.is_none() || *to == receiver) && text == arrived
        }
        (TraceEffect::Ask { to, text }, TraceCause::Request { text: arrived, .. }) => {
            Some(*to) == receiver && text == arrived
        }
        (TraceEffect::Reply { client, text }, TraceCause::Answer { text: id, .. }) => {
            Some(*client) == receiver && is_of(text, id)
        }
        _ => false,
    })
}

/// Whether two facts cannot both be, claimed by one node or by two.
pub(super) fn contradict(one: &Fact, other: &Fact, by_two: bool) -> bool {
    match (one, other) {
        (Fact::Leads { epoch: a }, Fact::Leads { epoch: b }) => by_two && a == b,
        (
            Fact::Decides { slot: a, value: x, state: s, .. },
            Fact::Decides { slot: b, value: y, state: t, .. },
        ) => a == b && (x != y || (*s != 0 && *t != 0 && s != t)),
        (
            Fact::Executes { slot: a, client: c, number: n },
            Fact::Executes { slot: b, client: d, number: m },
        ) => (c, n) == (d, m) && a != b,
        (Fact::Pays { account: a, .. }, Fact::Pays { account: b, .. }) => a == b,
        (Fact::Leases { .. }, Fact::Leases { .. }) => by_two,
        _ => false,
    }
}

/// The requests that a breach names: as `c1#5`, or as `c1's put x 2`, the last such one by then.
pub(crate) fn involved(trace: &Trace, breach: &Breach) -> Vec<String> {
    let mut found = words::requests(&breach.why);
    let until = breach.at.unwrap_or(Time::NEVER);
    let mut named: Vec<(String, &str)> = Vec::new();
    for step in trace.steps.iter().take_while(|step| step.at <= until) {
        for effect in &step.effects {
            let (TraceEffect::Invoke { text }, Some(client)) = (effect, step.node) else {
                continue;
            };
            let Some((request, op)) = text.split_once(' ') else { continue };
            let phrase = format!("{client}'s {op}");
            if !is_said(&breach.why, &phrase) {
                continue;
            }
            match named.iter_mut().find(|(known, _)| *known == phrase) {
                Some((_, last)) => *last = request,
                None => named.push((phrase, request)),
            }
        }
    }
    for (_, request) in named {
        if !found.iter().any(|known| known == request) {
            found.push(request.to_owned());
        }
    }
    found
}

/// Whether a text has this phrase, and not only as the beginning of a longer one.
fn is_said(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let next = text[at + phrase.len()..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric())
    })
}
