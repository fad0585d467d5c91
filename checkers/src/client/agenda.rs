//! Operations that are written out: what a client asks for, and when, instead of drawing its own.

use serde::Serialize;
use sim_core::{ClientContext, ClientSettings, Rng, Service, Span, Time, Written};

/// What one client is to ask for, in the order of its times.
///
/// Each operation draws for itself, either as it did when it was written out or from a generator that its time names:
/// to take one away changes nothing of the others but what the cluster makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(bound = "")]
pub struct Agenda<S: Service> {
    key: u64,
    /// Those still to come, the next one last.
    rest: Vec<Item<S::Op>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Item<O> {
    at: Time,
    op: O,
    draws: Option<u64>,
}

impl<S: Service> Agenda<S> {
    /// What the client with this index is to ask for; none when clients draw what they ask for. What is no operation
    /// of the service is passed over.
    pub fn of<L>(settings: &ClientSettings<L>, index: u32) -> Option<Agenda<S>> {
        let own = settings.written.as_ref()?.iter().filter(|written| written.client == index);
        let item = |Written { at, op, draws, .. }: &Written| {
            S::read_op(op).map(|op| Item { at: *at, op, draws: *draws })
        };
        let mut rest: Vec<Item<S::Op>> = own.filter_map(item).collect();
        // Those of one time stay in the order in which they are written.
        rest.reverse();
        rest.sort_by_key(|item| std::cmp::Reverse(item.at));
        Some(Agenda { key: 0, rest })
    }

    /// The run begins.
    pub fn start(&mut self, ctx: &mut ClientContext<S>) {
        self.key = ctx.rng().bits();
    }

    /// How long until the next operation is to be invoked, if there is one.
    pub fn wait(&self, now: Time) -> Option<Span> {
        self.rest.last().map(|item| item.at - now)
    }

    /// The next operation. From here on the client draws what belongs to it.
    pub fn take(&mut self, ctx: &mut ClientContext<S>) -> Option<S::Op> {
        let Item { at, op, draws } = self.rest.pop()?;
        *ctx.rng() = draws.map_or_else(|| Rng::named(self.key, at.0), Rng::at);
        Some(op)
    }
}
