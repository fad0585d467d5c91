//! Election: who leads? Nodes answer what they believe.
//!
//! Such answers are judged by no sequential specification: while a leader is replaced, one node may name the old one
//! and another the new one, and neither is at fault. What is judged is who took whom for the leader, and for how
//! long: see [`elected`](crate::safety::elected).

use crate::client::{Caller, Patience, Sends};
use crate::model::{Judged, Model};
use serde::Serialize;
use sim_core::process::NoOptions;
use sim_core::{
    Answer, Client, ClientContext, ClientSettings, NodeId, RequestId, Service, Span, SpanRange,
};

/// The service: it has no state of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Election;

/// Who leads?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct WhoLeads;

/// Whom a node takes for the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Belief {
    /// This node, as of this epoch.
    Leads {
        /// Who.
        node: NodeId,
        /// As of when: of two epochs, the higher is the later.
        epoch: u64,
    },
    /// Nobody.
    Nobody,
}

impl Service for Election {
    type Op = WhoLeads;
    type Reply = Belief;
    type Client = Elector;

    fn apply(&mut self, WhoLeads: &WhoLeads) -> Belief {
        Belief::Nobody
    }

    fn belief(_: &WhoLeads, leader: Option<(NodeId, u64)>) -> Option<Belief> {
        Some(leader.map_or(Belief::Nobody, |(node, epoch)| Belief::Leads { node, epoch }))
    }

    fn is_read(_: &WhoLeads) -> bool {
        true
    }

    fn show_op(_: &WhoLeads) -> String {
        "leader".into()
    }

    fn show_reply(reply: &Belief) -> String {
        match reply {
            Belief::Leads { node, epoch } => format!("{node} in {epoch}"),
            Belief::Nobody => "nobody".into(),
        }
    }

    fn read_op(text: &str) -> Option<WhoLeads> {
        (text.trim() == "leader").then_some(WhoLeads)
    }
}

impl Model for Election {
    fn judged() -> Judged<Election> {
        Judged::Beliefs
    }
}

/// A client that asks one node after another, drawn anew each time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Elector {
    settings: ClientSettings<NoOptions>,
    caller: Caller<Election>,
    invoked: u32,
}

/// The timer of the next question. Timers below are the caller's.
const NEXT: u32 = u32::MAX;

impl Client for Elector {
    type Service = Election;
    type Load = NoOptions;

    fn loads() -> Vec<(&'static str, NoOptions)> {
        vec![("who-leads", NoOptions {})]
    }

    fn new(settings: &ClientSettings<NoOptions>, _: u32, _: u32) -> Elector {
        let caller = Caller::new(Patience::of(settings));
        Elector { settings: settings.clone(), caller, invoked: 0 }
    }

    /// The first question comes after a part of the first pause, so that clients do not ask in step.
    fn start(&mut self, ctx: &mut ClientContext<Election>) {
        let pause = self.settings.interval.unwrap_or(self.settings.think.to);
        let after = SpanRange { from: Span::ZERO, to: pause }.draw(ctx.rng());
        ctx.set_timer(NEXT, after);
    }

    fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<Belief>,
        ctx: &mut ClientContext<Election>,
    ) {
        if self.caller.on_answer(from, id, answer, ctx).is_some() {
            self.on_end(ctx);
        }
    }

    fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<Election>) {
        if timer == NEXT {
            self.invoked += 1;
            self.caller.call(WhoLeads, Sends::Anywhere, ctx);
            if let Some(interval) = self.settings.interval {
                self.next_after(interval, ctx);
            }
        } else if self.caller.on_timer(timer, ctx).is_some() {
            self.on_end(ctx);
        }
    }
}

impl Elector {
    fn next_after(&self, pause: Span, ctx: &mut ClientContext<Election>) {
        let ClientSettings { operations, until, .. } = self.settings;
        let is_over = (operations != 0 && self.invoked >= operations) || ctx.now() + pause > until;
        if !is_over {
            ctx.set_timer(NEXT, pause);
        }
    }

    fn on_end(&mut self, ctx: &mut ClientContext<Election>) {
        if self.settings.interval.is_none() {
            let pause = self.settings.think.draw(ctx.rng()).max(Span::micros(1));
            self.next_after(pause, ctx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_reads_as_it_shows() {
        assert_eq!(Election::read_op(&Election::show_op(&WhoLeads)), Some(WhoLeads));
        assert_eq!(Election::read_op("leader n1"), None);
        let reply = Belief::Leads { node: NodeId(2), epoch: 7 };
        assert_eq!(Election::show_reply(&reply), "n3 in 7");
    }

    #[test]
    fn answers_are_what_nodes_believe() {
        let leader = Some((NodeId(2), 7));
        let told = Election::belief(&WhoLeads, leader);
        assert_eq!(told, Some(Belief::Leads { node: NodeId(2), epoch: 7 }));
        assert_eq!(Election::belief(&WhoLeads, None), Some(Belief::Nobody));
        assert_eq!(Election::judged().property(), None, "no order of answers is wrong");
    }
}
