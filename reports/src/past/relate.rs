//! How steps and facts stand to each other.

use sim_core::Fact;
use sim_core::trace::{TraceCause, TraceEffect, TraceStep};

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
pub(super) fn sends(step: &TraceStep, caused: &TraceStep) -> bool {
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
