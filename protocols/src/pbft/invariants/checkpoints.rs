//! S4, S5 and S8: execution, checkpoints and the water marks.

use super::super::Pbft;
use super::super::message::{Digest, Record, Seq, StateDigest, View, Vote};
use super::{Ghost, PerMachine};
use sim_core::context::Kinds;
use sim_core::{Cause, Effect, Fact, Invariant, NodeId, Nodes, Service, Step, Violation};
use std::collections::BTreeMap;

/// S4: a replica executes a sequence number only after all lower ones, and honest replicas come to the same state.
#[derive(Clone, Debug, Default)]
pub struct ExecutionOrder {
    executed: PerMachine<Seq>,
    states: Ghost<Seq, (NodeId, StateDigest)>,
}

impl ExecutionOrder {
    fn reach(&mut self, node: NodeId, seq: Seq, state: StateDigest) -> Option<String> {
        let (first, other) = self.states.first(seq, (node, state));
        (other != state).then(|| format!("{node} has another state after {seq} than {first}"))
    }
}

impl<S: Service> Invariant<Pbft<S>> for ExecutionOrder {
    const PROPERTIES: &'static [&'static str] = &["execution-order"];

    fn check(&mut self, nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        if let (Cause::Boot, Some(replica)) = (&step.cause, nodes.process(step.machine)) {
            *self.executed.of(nodes, step.machine) = replica.executed();
        }
        for fact in step.facts() {
            let executed = self.executed.of(nodes, step.machine);
            let wrong = match *fact {
                Fact::Decides { slot, state, .. } => {
                    let before = std::mem::replace(executed, slot);
                    let gap = (slot != before + 1)
                        .then(|| format!("{} executes {slot} after {before}", step.node));
                    let differs = match state {
                        0 => None,
                        state => self.reach(step.node, slot, state),
                    };
                    gap.or(differs)
                }
                Fact::Installs { slot, state } => {
                    *executed = slot;
                    self.reach(step.node, slot, state)
                }
                _ => None,
            };
            if let Some(why) = wrong {
                return Err(Violation { property: "execution-order", why });
            }
        }
        Ok(())
    }
}

/// S5: a stable checkpoint is the state that honest replicas have reached there.
#[derive(Clone, Debug, Default)]
pub struct StableCheckpoints(Ghost<Seq, (NodeId, StateDigest)>);

impl<S: Service> Invariant<Pbft<S>> for StableCheckpoints {
    const PROPERTIES: &'static [&'static str] = &["stable-checkpoints"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(&mut self, nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        for fact in step.facts() {
            let (seq, state) = match *fact {
                Fact::Decides { slot, state, .. } if state != 0 => (slot, state),
                Fact::Compacts { slot } => {
                    let replica = nodes.process(step.machine);
                    let state = replica.and_then(|replica| replica.state_after(slot));
                    let Some(state) = state else { continue };
                    (slot, state)
                }
                _ => continue,
            };
            let (first, other) = self.0.first(seq, (step.node, state));
            if other != state {
                let why = format!(
                    "{} holds a state for stable after {seq} that {first} has not reached",
                    step.node
                );
                return Err(Violation { property: "stable-checkpoints", why });
            }
        }
        Ok(())
    }
}

/// The stable checkpoint of a journal.
fn stable<S: Service>(records: &[Record<S>]) -> Seq {
    let stable = records.iter().find_map(|record| match record {
        Record::Stable(seq) => Some(*seq),
        _ => None,
    });
    stable.unwrap_or(0)
}

/// S8: a replica's log is between its water marks, and what was prepared there is not discarded.
#[derive(Clone, Debug, Default)]
pub struct WaterMarks(PerMachine<BTreeMap<Seq, (View, Digest)>>);

impl WaterMarks {
    /// What a journal has lost of what was prepared above its stable checkpoint.
    fn lost<S: Service>(
        prepared: &BTreeMap<Seq, (View, Digest)>,
        stable: Seq,
        records: &[Record<S>],
    ) -> Option<Seq> {
        let kept: BTreeMap<Seq, View> = records
            .iter()
            .filter_map(|record| match record {
                Record::Prepared(vote) => Some((vote.seq, vote.view)),
                _ => None,
            })
            .collect();
        let mut above = prepared.range(stable + 1..);
        let lost = above.find(|(seq, (view, _))| kept.get(seq).is_none_or(|kept| kept < view));
        lost.map(|(seq, _)| *seq)
    }
}

impl<S: Service> Invariant<Pbft<S>> for WaterMarks {
    const PROPERTIES: &'static [&'static str] = &["water-marks"];

    fn check(&mut self, nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        let Some(replica) = nodes.process(step.machine) else { return Ok(()) };
        let (low, high) = (replica.stable(), replica.high_water_mark());
        let prepared = self.0.of(nodes, step.machine);
        let outside = replica.logged().filter(|(first, last)| *first <= low || *last > high);
        let mut wrong = outside.map(|(first, last)| {
            format!(
                "{} has {first} to {last} in its log, which goes from {low} to {high}",
                step.node
            )
        });
        if let Cause::Boot = step.cause {
            *prepared =
                replica.prepared().map(|vote| (vote.seq, (vote.view, vote.digest))).collect();
        }
        let effects = if step.kinds.any_of(Kinds::WRITES) { step.effects } else { &[] };
        for effect in effects {
            match effect {
                Effect::Append { record: Record::Prepared(vote), .. } => {
                    let Vote { view, seq, digest } = *vote;
                    prepared.insert(seq, (view, digest));
                }
                Effect::Rewrite { records, .. } => {
                    let stable = stable(records);
                    let lost = Self::lost(prepared, stable, records);
                    wrong = wrong.or(lost.map(|seq| {
                        format!("{} discards what it has prepared at {seq}", step.node)
                    }));
                    *prepared = prepared.split_off(&(stable + 1));
                }
                _ => {}
            }
        }
        wrong.map_or(Ok(()), |why| Err(Violation { property: "water-marks", why }))
    }
}
