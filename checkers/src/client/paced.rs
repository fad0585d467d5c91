//! Clients that ask for one thing after another, at the pace that their settings say.

use super::{Agenda, Caller, Patience, Sends};
use serde::Serialize;
use sim_core::process::Data;
use sim_core::{
    Answer, Client, ClientContext, ClientSettings, Config, NodeId, RequestId, Service, Span,
    SpanRange,
};

/// What a client asks for, one thing after another.
pub trait Workload: Data {
    /// Whom it asks.
    type Service: Service<Client = Paced<Self>>;
    /// What a scenario may tune of what is asked for.
    type Load: Config;

    /// The loads that a scenario may name, each with its options' first values.
    fn loads() -> Vec<(&'static str, Self::Load)>;

    /// The workload of the client with this index, of so many.
    fn new(load: &Self::Load, index: u32, count: u32) -> Self;

    /// Whether clients that ask at an interval begin together, and so stay in step.
    fn in_step(_load: &Self::Load) -> bool {
        false
    }

    /// What is asked next.
    fn next(&mut self, ctx: &mut ClientContext<Self::Service>) -> <Self::Service as Service>::Op;

    /// Of whom it is asked.
    fn sends(&self, op: &<Self::Service as Service>::Op) -> Sends;
}

/// A client with a workload.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(bound = "")]
pub struct Paced<W: Workload> {
    settings: ClientSettings<W::Load>,
    caller: Caller<W::Service>,
    invoked: u32,
    workload: W,
    /// What is asked instead of what the workload draws.
    agenda: Option<Agenda<W::Service>>,
}

/// The timer of the next invocation. Timers below are the caller's.
const NEXT: u32 = u32::MAX;

impl<W: Workload> Client for Paced<W> {
    type Service = W::Service;
    type Load = W::Load;

    fn loads() -> Vec<(&'static str, W::Load)> {
        W::loads()
    }

    fn new(settings: &ClientSettings<W::Load>, index: u32, count: u32) -> Paced<W> {
        Paced {
            settings: settings.alone(),
            caller: Caller::new(Patience::of(settings)),
            invoked: 0,
            workload: W::new(&settings.load, index, count),
            agenda: Agenda::of(settings, index),
        }
    }

    /// The first request comes after a part of the first pause, so that clients do not ask in step unless told.
    fn start(&mut self, ctx: &mut ClientContext<W::Service>) {
        if let Some(agenda) = &mut self.agenda {
            agenda.start(ctx);
            return self.wait_for_next(ctx);
        }
        let pause = self.settings.interval.unwrap_or(self.settings.think.to);
        let from = if W::in_step(&self.settings.load) { pause } else { Span::ZERO };
        let after = SpanRange { from, to: pause }.draw(ctx.rng());
        ctx.set_timer(NEXT, after);
    }

    fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<<W::Service as Service>::Reply>,
        ctx: &mut ClientContext<W::Service>,
    ) {
        if self.caller.on_answer(from, id, answer, ctx).is_some() {
            self.on_end(ctx);
        }
    }

    fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<W::Service>) {
        if timer == NEXT {
            self.invoked += 1;
            let op = match &mut self.agenda {
                Some(agenda) => agenda.take(ctx),
                None => Some(self.workload.next(ctx)),
            };
            if let Some(op) = op {
                let sends = self.workload.sends(&op);
                self.caller.call(op, sends, ctx);
            }
            if let Some(interval) = self.settings.interval {
                self.next_after(interval, ctx);
            }
        } else if self.caller.on_timer(timer, ctx).is_some() {
            self.on_end(ctx);
        }
    }
}

impl<W: Workload> Paced<W> {
    fn next_after(&self, pause: Span, ctx: &mut ClientContext<W::Service>) {
        if self.agenda.is_some() {
            return self.wait_for_next(ctx);
        }
        let ClientSettings { operations, until, .. } = self.settings;
        let is_over = (operations != 0 && self.invoked >= operations) || ctx.now() + pause > until;
        if !is_over {
            ctx.set_timer(NEXT, pause);
        }
    }

    /// Sets the timer for what is written out next.
    fn wait_for_next(&self, ctx: &mut ClientContext<W::Service>) {
        if let Some(wait) = self.agenda.as_ref().and_then(|agenda| agenda.wait(ctx.now())) {
            ctx.set_timer(NEXT, wait);
        }
    }

    fn on_end(&mut self, ctx: &mut ClientContext<W::Service>) {
        if self.settings.interval.is_none() {
            let pause = self.settings.think.draw(ctx.rng()).max(Span::micros(1));
            self.next_after(pause, ctx);
        }
    }
}
