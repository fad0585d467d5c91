//! Which node is what.
//!
//! | style | nodes |
//! |---|---|
//! | orchestrated | n1 orchestrates, the others are services |
//! | with fail-over | n1 and n2 orchestrate, the last keeps their log, those between are services |
//! | choreographed | all are services |
//!
//! Where there are fewer nodes than services, some have several.

use super::config::{Config, Style};
use super::steps::{Sagas, Steps};
use serde::Serialize;
use sim_core::NodeId;

/// Which node is what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Layout {
    /// How many orchestrators there are: the first nodes.
    pub orchestrators: u32,
    /// How many nodes have services: those after them.
    pub hosts: u32,
    /// How many services there are.
    pub services: u32,
}

impl Layout {
    /// For a cluster of so many nodes.
    pub(super) fn of<S: Sagas>(config: &Config, nodes: u32) -> Layout {
        let (orchestrators, stores) = match config.style {
            // Too few nodes for a spare one have none.
            Style::Orchestrated if config.fail_over && nodes >= 4 => (2, 1),
            Style::Orchestrated => (1, 0),
            Style::Choreographed => (0, 0),
        };
        let hosts = (nodes - stores).saturating_sub(orchestrators).max(1);
        Layout { orchestrators, hosts, services: S::SERVICES.unwrap_or(hosts) }
    }

    /// The node that has a service.
    pub fn host(&self, service: u32) -> NodeId {
        NodeId(self.orchestrators + service % self.hosts)
    }

    /// The node that does a step, from 1.
    pub fn owner(&self, steps: &Steps, step: u32) -> NodeId {
        let step = steps.get((step as usize).wrapping_sub(1));
        step.map_or(self.host(0), |step| self.host(step.service))
    }

    /// Where the log is when it is not with the orchestrator.
    pub fn store(&self) -> Option<NodeId> {
        (self.orchestrators == 2).then_some(NodeId(self.orchestrators + self.hosts))
    }

    /// Whether a node orchestrates, or stands by to.
    pub fn orchestrates(&self, node: NodeId) -> bool {
        node.0 < self.orchestrators
    }

    /// The orchestrator that is not this one.
    pub fn other(&self, node: NodeId) -> NodeId {
        NodeId(1 - node.0.min(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::model::bank::Bank;
    use checkers::model::orders::Orders;

    #[test]
    fn every_node_has_something_to_do_and_every_service_a_node() {
        let orchestrated = Config::default();
        let shop = Layout::of::<Orders>(&orchestrated, 5);
        assert!((0..4).map(|service| shop.host(service)).eq((1..5).map(NodeId)));
        let small = Layout::of::<Orders>(&orchestrated, 3);
        assert_eq!([0, 1, 2, 3].map(|service| small.host(service).0), [1, 2, 1, 2]);
        let bank = Layout::of::<Bank>(&orchestrated, 4);
        assert_eq!((bank.services, bank.host(2)), (3, NodeId(3)));
    }

    #[test]
    fn the_log_is_with_the_last_node_when_there_are_enough_for_a_spare_orchestrator() {
        let fail_over = Config { fail_over: true, ..Config::default() };
        let seven = Layout::of::<Orders>(&fail_over, 7);
        assert_eq!((seven.store(), seven.hosts), (Some(NodeId(6)), 4));
        assert!(seven.orchestrates(NodeId(1)) && !seven.orchestrates(NodeId(2)));
        assert_eq!(seven.other(NodeId(1)), NodeId(0));
        assert_eq!(Layout::of::<Orders>(&fail_over, 3).store(), None);
    }
}
