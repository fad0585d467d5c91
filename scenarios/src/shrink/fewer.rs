//! Fewer nodes and clients. Delays are named by links, and links by how many there are: a smaller cluster is another
//! run, so that other seeds are tried as well.

use super::bench::Bench;
use super::{HUGE, HUNT, SEEDS, chances};
use crate::format::{Count, FaultLine, Scenario, What, numbered};
use sim_core::fault::{Target, Targets};
use sim_core::{Chance, NodeId, Span, Written};
use std::collections::BTreeMap;
use std::ops::Range;

/// As many of anything as are few enough to be left to delta debugging on the one seed.
const FEW: usize = 6;

/// The new names of nodes or clients.
type Names = BTreeMap<NodeId, NodeId>;

impl Bench<'_> {
    /// Takes away clients that ask for nothing, then nodes, from the smallest cluster on.
    pub(super) fn fewer_nodes_and_clients(&mut self) {
        self.keep_with(|scenario| scenario.set_clients(0));
        if let Some(fewer) = self.best.with_used_clients() {
            self.keep_on_some_seed(fewer, SEEDS);
        }
        let Count::N(nodes) = self.best.nodes else { return };
        let Some(entry) = self.rig.catalogue.get(&self.best.subjects[0].protocol) else { return };
        let least = *entry.sizes().start();
        for fewer in least..nodes {
            let smaller = self.best.with_nodes(fewer);
            if smaller.is_some_and(|smaller| self.keep_on_some_seed(smaller, SEEDS)) {
                return;
            }
        }
    }

    /// Where much is left, much of it may be there to bring about what another seed brings about by chance.
    pub(super) fn leap(&mut self, seeds: u64) {
        if self.best.messages.len() > FEW {
            let messages = Vec::new();
            self.keep_on_some_seed(Scenario { messages, ..self.best.clone() }, seeds);
        }
        while let Some(operations) = self.best.operations.clone().filter(|all| all.len() > FEW) {
            let less = parts(&operations).into_iter().any(|some| {
                let operations = Some(some);
                self.keep_on_some_seed(Scenario { operations, ..self.best.clone() }, seeds)
            });
            if !less {
                break;
            }
        }
        while self.best.faults.len() > FEW {
            let less = parts(&self.best.faults).into_iter().any(|faults| {
                self.keep_on_some_seed(Scenario { faults, ..self.best.clone() }, seeds)
            });
            if !less {
                break;
            }
        }
    }

    /// Where what breaks it is that the network goes on as it does, a list of all that it did to messages is long, and
    /// each line of it counts a little: chances stay as they were, and with other seeds less of the rest may be enough.
    pub(super) fn leave_to_chance(&mut self, wild: &Scenario) {
        let listed = self.kept();
        if !wild.disturbs_messages() || !self.keep_on_some_seed(wild.clone(), 0) {
            return;
        }
        self.leap(HUNT);
        for chance in 0..chances(&mut self.best.network).len() {
            let mut less = self.best.clone();
            *chances(&mut less.network)[chance] = Chance::NEVER;
            if less.network != self.best.network {
                self.keep_on_some_seed(less, HUNT);
            }
        }
        self.one_less(HUNT);
        if self.size() >= listed.size() {
            return self.restore(listed);
        }
        // In what is left, what chance did may be soon told; a few lines tell more than a chance.
        let chancy = self.kept();
        self.write_messages();
        self.soon_fewer();
        if self.size() <= HUGE {
            self.fewest();
        }
        if self.size() > chancy.size().max(FEW) {
            self.restore(chancy);
        }
    }

    /// Where few faults or operations are left, each of them is taken away on other seeds.
    fn one_less(&mut self, seeds: u64) {
        for place in few(self.best.faults.len()).rev() {
            let mut less = self.best.clone();
            less.faults.remove(place);
            self.keep_on_some_seed(less, seeds);
        }
        for place in few(self.best.operations.as_ref().map_or(0, Vec::len)).rev() {
            let mut less = self.best.clone();
            less.operations.iter_mut().for_each(|all| drop(all.remove(place)));
            self.keep_on_some_seed(less, seeds);
        }
    }

    /// Where much is left because each part of it holds on to the others, the failure is hunted once more: chances as
    /// they were, other seeds, and less of the run from the beginning, or fewer operations in all of it. What is found
    /// is kept when it becomes smaller than what there was.
    pub(super) fn hunt_again(&mut self, wild: &Scenario) {
        let Some(operations) = &wild.operations else { return };
        let breach = self.outcome.finding(&self.rig.wanted.property).and_then(|found| found.at);
        let is_unsafe = breach.is_some_and(|at| at.0 < self.best.duration.0);
        let shorter = [16, 4].into_iter().filter(|_| is_unsafe).map(|share| {
            // In a shorter run it breaks less often, and more of them are soon run.
            (wild.begun(share), HUNT * share.min(8))
        });
        let sparser = [32, 8, 3].into_iter().map(|share| {
            let some: Vec<Written> = operations.iter().step_by(share).cloned().collect();
            (Scenario { operations: Some(some), ..wild.clone() }, HUNT)
        });
        for (candidate, seeds) in shorter.chain(sparser) {
            let known = self.kept();
            if !self.keep_on_some_seed(candidate, seeds) {
                continue;
            }
            self.cut_time();
            self.write_messages();
            self.soon_fewer();
            self.fewest();
            if self.size() < known.size() {
                return;
            }
            self.restore(known);
        }
    }
}

/// The places of so many, where they are few.
fn few(count: usize) -> Range<usize> {
    0..if count > FEW { 0 } else { count }
}

/// Parts of a list, the smallest first: its end, its beginning, and some of all of it.
fn parts<T: Clone>(list: &[T]) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    for share in [8, 2] {
        let size = list.len() / share;
        parts.push(list[list.len() - size..].to_vec());
        parts.push(list[..size].to_vec());
        parts.push(list.iter().skip(share - 1).step_by(share).cloned().collect());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

impl Scenario {
    /// The beginning of it: this part of its time, and what strikes and is asked for in that.
    fn begun(&self, share: u64) -> Scenario {
        let mut begun = self.clone();
        let end = Span(self.duration.0 / share).in_tenths();
        begun.end_at(end);
        begun.operations.iter_mut().for_each(|all| all.retain(|written| written.at.0 <= end.0));
        begun
    }

    /// The same without the clients that ask for nothing; nothing when there are none.
    fn with_used_clients(&self) -> Option<Scenario> {
        let operations = self.operations.as_ref().filter(|all| !all.is_empty())?;
        let mut used: Vec<u32> = operations.iter().map(|written| written.client).collect();
        used.sort_unstable();
        used.dedup();
        let names = (0..).zip(&used).map(|(new, old)| (NodeId::client(*old), NodeId::client(new)));
        let names: Names = names.collect();
        if used.len() as u32 >= self.clients.count {
            return None;
        }
        let mut fewer = self.renamed(&names, |id| id.is_client());
        fewer.clients.count = used.len() as u32;
        for written in fewer.operations.iter_mut().flatten() {
            let new = names.get(&NodeId::client(written.client))?;
            written.client = new.index() as u32;
        }
        Some(fewer)
    }

    /// The same with so many nodes. Those that are named and would be gone take the names of others.
    fn with_nodes(&self, nodes: u32) -> Option<Scenario> {
        // What is asked may name nodes as well, and keeps them.
        let words = self.operations.iter().flatten().flat_map(|written| written.op.split(' '));
        let mut asked = words.filter_map(|word| numbered(word, 'n').flatten());
        if asked.any(|number| number > nodes) {
            return None;
        }
        let mut named = Vec::new();
        self.clone().each_node(&mut |id| named.extend((!id.is_client()).then_some(*id)));
        named.sort_unstable();
        named.dedup();
        let (stay, go): (Vec<NodeId>, Vec<NodeId>) = named.into_iter().partition(|id| id.0 < nodes);
        let mut free: Vec<NodeId> =
            (0..nodes).map(NodeId).filter(|id| !stay.contains(id)).collect();
        let moved = go.into_iter().map_while(|id| Some((id, free.pop()?)));
        let names: Names = stay.iter().map(|id| (*id, *id)).chain(moved).collect();
        let mut fewer = self.renamed(&names, |id| !id.is_client());
        fewer.nodes = Count::N(nodes);
        Some(fewer)
    }

    /// The same with new names; what of these has none is left out wherever that can be done.
    fn renamed(&self, names: &Names, concerns: impl Fn(&NodeId) -> bool) -> Scenario {
        let mut renamed = self.clone();
        let known = |id: &NodeId| !concerns(id) || names.contains_key(id);
        let stays = |target: &Target| !matches!(target, Target::Node(id) if !known(id));
        for line in &mut renamed.faults {
            each_list(line, &mut |targets| {
                if targets.iter().any(stays) {
                    targets.retain(stays);
                }
            });
        }
        renamed.messages.retain(|message| known(&message.from) && known(&message.to));
        renamed.each_node(&mut |id| {
            if concerns(id)
                && let Some(new) = names.get(id)
            {
                *id = *new;
            }
        });
        renamed
    }

    /// Every node and client that faults and messages name.
    fn each_node(&mut self, act: &mut dyn FnMut(&mut NodeId)) {
        for line in &mut self.faults {
            each_list(line, &mut |targets| {
                for target in targets {
                    if let Target::Node(id) = target {
                        act(id);
                    }
                }
            });
        }
        for message in &mut self.messages {
            act(&mut message.from);
            act(&mut message.to);
        }
    }
}

/// Every list of targets of a fault.
pub(super) fn each_list(line: &mut FaultLine, act: &mut dyn FnMut(&mut Targets)) {
    if let Some(on) = &mut line.on {
        act(&mut on.by);
    }
    match &mut line.what {
        What::ClockJump { nodes, .. } => act(nodes),
        What::Fixed(fault) => fault.each_targets(act),
    }
}
