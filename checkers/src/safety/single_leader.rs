//! At most one node ever leads an epoch.

use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, NodeId, Nodes, Process, Step, Violation};
use std::collections::BTreeMap;

/// How many epochs are remembered. A second leader of an epoch that so many others have followed
/// goes unseen.
const EPOCHS: usize = 4_096;

/// Who led which epoch.
#[derive(Clone, Debug, Default)]
pub struct SingleLeader {
    leaders: BTreeMap<u64, NodeId>,
}

impl SingleLeader {
    /// A node leads an epoch: wrong, if another did. The error says so.
    pub fn lead(&mut self, node: NodeId, epoch: u64) -> Result<(), String> {
        match self.leaders.get(&epoch) {
            Some(first) if *first != node => {
                return Err(format!("{node} leads epoch {epoch}, which {first} has led"));
            }
            Some(_) => {}
            None => {
                self.leaders.insert(epoch, node);
                if self.leaders.len() > EPOCHS {
                    self.leaders.pop_first();
                }
            }
        }
        Ok(())
    }

    /// Looks at the facts of a step.
    #[inline]
    pub fn see<P: Process>(&mut self, step: &Step<'_, P>) -> Result<(), String> {
        for fact in step.facts() {
            if let Fact::Leads { epoch } = fact {
                self.lead(step.node, *epoch)?;
            }
        }
        Ok(())
    }
}

impl<P: Process> Invariant<P> for SingleLeader {
    const PROPERTIES: &'static [&'static str] = &["single-leader"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, _: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        self.see(step).map_err(|why| Violation { property: "single-leader", why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_leader_of_an_epoch_is_named_with_the_first() {
        let mut checker = SingleLeader::default();
        assert_eq!(checker.lead(NodeId(0), 3), Ok(()));
        assert_eq!(checker.lead(NodeId(1), 4), Ok(()));
        assert_eq!(checker.lead(NodeId(0), 3), Ok(()), "it may say so again");
        let why = checker.lead(NodeId(2), 3).unwrap_err();
        assert_eq!(why, "n3 leads epoch 3, which n1 has led");
    }

    #[test]
    fn old_epochs_are_forgotten_in_order() {
        let mut checker = SingleLeader::default();
        for epoch in 1..=EPOCHS as u64 + 1 {
            checker.lead(NodeId(0), epoch).unwrap();
        }
        assert!(checker.lead(NodeId(1), 2).is_err());
        assert_eq!(checker.lead(NodeId(1), 1), Ok(()));
    }
}
