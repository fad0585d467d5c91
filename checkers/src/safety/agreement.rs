//! A slot has one value, for everybody and for good, and the same slots lead to the same state.

use super::Ring;
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, NodeId, Nodes, Process, Step, Violation};

/// How many slots are remembered. What differs further behind the newest goes unseen.
const SLOTS: usize = 1 << 14;

/// What was first said of a slot, and by whom.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    value: Option<(NodeId, u64, u64)>,
    state: Option<(NodeId, u64)>,
}

/// What was decided where.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    slots: Ring<Slot, SLOTS>,
}

impl Agreement {
    /// A node decides a value, proposed in an epoch, for a slot: wrong, if another value stands
    /// there.
    #[inline]
    pub fn decide(
        &mut self,
        node: NodeId,
        slot: u64,
        epoch: u64,
        value: u64,
    ) -> Result<(), String> {
        let Some(known) = self.slots.at(slot) else { return Ok(()) };
        match known.value {
            None => known.value = Some((node, epoch, value)),
            Some((first, before, other)) if (before, other) != (epoch, value) => {
                return Err(format!(
                    "{node} decides {value:016x} of epoch {epoch} at slot {slot}, \
                     where {first} has decided {other:016x} of epoch {before}"
                ));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// A node has a state after a slot: wrong, if another had another.
    pub fn reach(&mut self, node: NodeId, slot: u64, state: u64) -> Result<(), String> {
        let Some(known) = self.slots.at(slot) else { return Ok(()) };
        match known.state {
            None => known.state = Some((node, state)),
            Some((first, other)) if other != state => {
                return Err(format!(
                    "{node} has state {state:016x} after slot {slot}, where {first} had {other:016x}"
                ));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Looks at the facts of a step.
    #[inline]
    pub fn see<P: Process>(&mut self, step: &Step<'_, P>) -> Result<(), String> {
        for fact in step.facts() {
            match *fact {
                Fact::Decides { slot, epoch, value, state } => {
                    self.decide(step.node, slot, epoch, value)?;
                    if state != 0 {
                        self.reach(step.node, slot, state)?;
                    }
                }
                Fact::Installs { slot, state } if state != 0 => {
                    self.reach(step.node, slot, state)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl<P: Process> Invariant<P> for Agreement {
    const PROPERTIES: &'static [&'static str] = &["agreement"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, _: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        self.see(step).map_err(|why| Violation { property: "agreement", why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_at_a_slot_are_told_with_who_decided_them() {
        let mut checker = Agreement::default();
        assert_eq!(checker.decide(NodeId(0), 1, 1, 0xa), Ok(()));
        assert_eq!(checker.decide(NodeId(0), 2, 1, 0xb), Ok(()));
        assert_eq!(checker.decide(NodeId(1), 1, 1, 0xa), Ok(()));
        let why = checker.decide(NodeId(2), 2, 3, 0xc).unwrap_err();
        assert!(why.starts_with("n3 decides 000000000000000c of epoch 3 at slot 2, where n1"));
    }

    #[test]
    fn an_installed_state_must_be_the_one_that_others_reached() {
        let mut checker = Agreement::default();
        assert_eq!(checker.reach(NodeId(0), 10, 7), Ok(()));
        assert_eq!(checker.reach(NodeId(1), 10, 7), Ok(()));
        assert!(checker.reach(NodeId(2), 10, 8).is_err());
    }

    #[test]
    fn the_memory_slides_and_raises_no_false_alarm() {
        let mut checker = Agreement::default();
        for slot in 1..=2 * SLOTS as u64 {
            checker.decide(NodeId(0), slot, 1, slot).unwrap();
        }
        assert_eq!(checker.decide(NodeId(1), 1, 2, 99), Ok(()), "forgotten");
        assert!(checker.decide(NodeId(1), 2 * SLOTS as u64, 2, 99).is_err());
    }
}
