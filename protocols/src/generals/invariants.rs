//! What loyal generals must do: IC1, IC2, and sending what is prescribed and nothing else.

use super::{General, Message};
use checkers::safety::Agreement;
use sim_core::context::Kinds;
use sim_core::drive::replay::hash_of;
use sim_core::{Effect, Fact, Invariant, Nodes, Step, Violation};
use std::collections::BTreeMap;

/// Everything that is checked of generals.
pub type Invariants = (Consistency, Obedience, Prescription);

/// IC1: "All loyal lieutenants obey the same order."
#[derive(Clone, Debug, Default)]
pub struct Consistency(Agreement);

impl Invariant<General> for Consistency {
    const PROPERTIES: &'static [&'static str] = &["ic1"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(&mut self, nodes: &Nodes<General>, step: &Step<'_, General>) -> Result<(), Violation> {
        let Some(general) = nodes.process(step.machine) else { return Ok(()) };
        if general.commander() == step.node {
            return Ok(());
        }
        self.0.see(step).map_err(|why| Violation { property: "ic1", why })
    }
}

/// IC2: "If the commanding general is loyal, then every loyal lieutenant obeys the order he sends."
#[derive(Clone, Debug, Default)]
pub struct Obedience {
    /// By battle: what a loyal commander has ordered, as a hash.
    ordered: BTreeMap<u64, u64>,
}

/// As many battles are remembered.
const BATTLES: usize = 16;

impl Invariant<General> for Obedience {
    const PROPERTIES: &'static [&'static str] = &["ic2"];

    fn check(&mut self, nodes: &Nodes<General>, step: &Step<'_, General>) -> Result<(), Violation> {
        let Some(general) = nodes.process(step.machine) else { return Ok(()) };
        if let Some((battle, order)) = general.ordered() {
            self.ordered.entry(battle).or_insert_with(|| hash_of(&order));
            if self.ordered.len() > BATTLES {
                self.ordered.pop_first();
            }
        }
        for fact in step.facts() {
            if let Fact::Decides { slot, value, .. } = fact
                && self.ordered.get(slot).is_some_and(|ordered| ordered != value)
            {
                let why = format!(
                    "{} does not obey the order that {}, who is loyal, has given in battle {slot}",
                    step.node,
                    general.commander()
                );
                return Err(Violation { property: "ic2", why });
            }
        }
        Ok(())
    }
}

/// In round r a loyal general sends along paths of length r that begin with the commander and end with himself, go
/// through nobody twice, and do not go back to anybody.
#[derive(Clone, Debug, Default)]
pub struct Prescription;

impl Invariant<General> for Prescription {
    const PROPERTIES: &'static [&'static str] = &["prescribed-paths"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS);

    fn check(&mut self, nodes: &Nodes<General>, step: &Step<'_, General>) -> Result<(), Violation> {
        let Some(general) = nodes.process(step.machine) else { return Ok(()) };
        let (battle, round) = general.moment();
        for effect in step.effects {
            let Effect::Send { message, .. } = effect else { continue };
            let right = match message {
                Message::Oral { battle: of, path, .. } => {
                    *of == battle
                        && path.len() == round as usize
                        && path.first() == Some(general.commander())
                        && path.last() == Some(step.node)
                        && path.is_simple()
                }
                Message::Signed(signed) => {
                    signed.battle() == battle
                        && signed.chain_len() == round as usize
                        && signed.passed(step.node)
                }
            };
            if !right {
                let why =
                    format!("{} sends {message:?} in round {round} of battle {battle}", step.node);
                return Err(Violation { property: "prescribed-paths", why });
            }
        }
        Ok(())
    }
}
