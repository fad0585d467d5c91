//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{NodeId, Span};

/// Which algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// The message collects who is up (Tanenbaum and van Steen).
    #[default]
    List,
    /// The message carries the highest name so far (Chang and Roberts).
    ChangRoberts,
}

/// The options of the rings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Which algorithm.
    pub algorithm: Algorithm,
    /// The nodes in the order of the ring, by number from 1; those left out follow by number.
    pub order: Vec<u32>,
    /// How long a neighbour may take to acknowledge a message before it is skipped: two delays of the network and the
    /// time to handle a message.
    pub answer: Span,
    /// How often a leader lets the others hear from it.
    pub heartbeat: Span,
    /// How long a leader may be silent before it is taken for dead: at least a heartbeat and one delay.
    pub silence: Span,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            algorithm: Algorithm::List,
            order: Vec::new(),
            answer: Span::millis(25),
            heartbeat: Span::millis(50),
            silence: Span::millis(100),
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// The ring, beginning after a node: its successors, the nearest first, itself last.
    pub fn successors(&self, of: NodeId, nodes: u32) -> Vec<NodeId> {
        let named = self.order.iter().map(|number| number.wrapping_sub(1));
        let mut ring: Vec<u32> = named.filter(|place| *place < nodes).collect();
        ring.extend((0..nodes).filter(|place| !ring.contains(place)).collect::<Vec<_>>());
        let mine = ring.iter().position(|place| *place == of.0).unwrap_or(0);
        ring.rotate_left(mine + 1);
        ring.into_iter().map(NodeId).collect()
    }

    /// How long one way round may take: each dead node is waited for once, each live one takes less.
    fn circulation(&self, nodes: u32) -> Span {
        self.answer * u64::from(nodes)
    }

    /// How long whoever takes part in an election waits for its end: three times round at most (section 4 of Chang
    /// and Roberts).
    pub(super) fn patience(&self, nodes: u32) -> Span {
        self.circulation(nodes) * 3
    }

    /// How long a leader that was just elected may be silent: it may be the last to hear of it.
    pub(super) fn first_silence(&self, nodes: u32) -> Span {
        self.silence + self.circulation(nodes)
    }

    /// How long after the last disturbance everybody must agree. What was under way may be lost with a node that had
    /// acknowledged it; who took part then waits in vain once, and elects, perhaps, a leader that died meanwhile.
    pub(super) fn settling(&self, nodes: u32) -> Span {
        self.first_silence(nodes) * 3 + self.heartbeat * 2 + self.patience(nodes) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_follow_the_ring_and_end_with_the_node_itself() {
        let ring = |order: &[u32], of| {
            let config = Config { order: order.to_vec(), ..Config::default() };
            config.successors(NodeId(of), 4).into_iter().map(|node| node.0).collect::<Vec<_>>()
        };
        assert_eq!(ring(&[], 1), [2, 3, 0, 1]);
        assert_eq!(ring(&[4, 2, 3, 1], 3), [1, 2, 0, 3]);
        assert_eq!(ring(&[3, 9], 0), [1, 3, 2, 0]);
    }
}
