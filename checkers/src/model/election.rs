//! Election: who leads? Nodes answer what they believe.
//!
//! Such answers are judged by no sequential specification: while a leader is replaced, one node may name the old one
//! and another the new one, and neither is at fault. What is judged is who took whom for the leader, and for how
//! long: see [`elected`](crate::safety::elected).

use crate::client::{Paced, Sends, Workload};
use crate::model::{Judged, Model};
use serde::Serialize;
use sim_core::process::NoOptions;
use sim_core::{ClientContext, NodeId, Service};

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

    /// Whoever is told that nobody leads is not served: a cluster that never elects serves nobody.
    fn is_failure(reply: &Belief) -> bool {
        *reply == Belief::Nobody
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
pub type Elector = Paced<AsksWhoLeads>;

/// What an [`Elector`] asks: always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct AsksWhoLeads;

impl Workload for AsksWhoLeads {
    type Service = Election;
    type Load = NoOptions;

    fn loads() -> Vec<(&'static str, NoOptions)> {
        vec![("who-leads", NoOptions {})]
    }

    fn new(_: &NoOptions, _: u32, _: u32) -> AsksWhoLeads {
        AsksWhoLeads
    }

    fn next(&mut self, _: &mut ClientContext<Election>) -> WhoLeads {
        WhoLeads
    }

    fn sends(&self, WhoLeads: &WhoLeads) -> Sends {
        Sends::Anywhere
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
        assert!(Election::is_failure(&Belief::Nobody), "nobody is served by that");
        assert_eq!(Election::judged().property(), None, "no order of answers is wrong");
    }
}
