//! What loyal generals must do: IC1, IC2, and sending and obeying what is prescribed and nothing else.

use super::oral::{Path, paths};
use super::{Algorithm, General, Message, Order};
use checkers::safety::Agreement;
use sim_core::context::{Kinds, Target};
use sim_core::drive::replay::hash_of;
use sim_core::{Cause, Effect, Fact, Invariant, NodeId, Nodes, Step, Violation};
use std::collections::BTreeMap;

/// Everything that is checked of generals.
pub type Invariants = (Consistency, Obedience, Prescription, Choice);

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

/// Loyal generals send what the algorithm prescribes, in its round, and nothing else.
///
/// In round 1 the commander sends his order to everybody. With oral messages a lieutenant passes on in round r + 1,
/// for every path of length r that begins with the commander and does not go through himself, what came by it or
/// "retreat", to everybody who is not on the path; with signed ones every order that was new to him in round r, to
/// everybody who has not sealed it. There are m + 1 rounds.
#[derive(Clone, Debug, Default)]
pub struct Prescription;

/// To whom, which order, and through whom it has come, the sender last.
type Word = (NodeId, Order, Vec<NodeId>);

impl Prescription {
    /// What a general has to send in this round.
    fn prescribed(general: &General, me: NodeId, everybody: u32) -> Vec<Word> {
        let (_, round) = general.moment();
        let (config, commander) = (general.config(), general.commander());
        let last = config.traitors + 1;
        let others = (0..everybody).map(NodeId).filter(|other| *other != me);
        let on = |order: Order, path: &[NodeId]| {
            let to = others.clone().filter(|to| !path.contains(to)).collect::<Vec<_>>();
            let through = [path, &[me]].concat();
            to.into_iter().map(move |to| (to, order, through.clone())).collect::<Vec<Word>>()
        };
        if commander == me {
            let order = general.ordered().filter(|_| round == 1).map(|(_, order)| order);
            return order.map_or_else(Vec::new, |order| on(order, &[]));
        }
        if round < 2 || round > last {
            return Vec::new();
        }
        match config.algorithm {
            Algorithm::Oral => paths(round as usize - 1, commander, me, everybody)
                .iter()
                .flat_map(|path| on(general.heard(path).unwrap_or_default(), path.generals()))
                .collect(),
            Algorithm::Signed => general
                .new_in(round - 1)
                .iter()
                .flat_map(|signed| on(signed.order(), &signed.authors()))
                .collect(),
        }
    }

    /// What it does send.
    fn sent(step: &Step<'_, General>, everybody: u32) -> Vec<Word> {
        let mut sent = Vec::new();
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            let (order, through) = match message {
                Message::Oral { path, order, .. } => (*order, path.generals().to_vec()),
                Message::Signed(signed) => (signed.order(), signed.authors()),
            };
            match to {
                Target::One(to) => sent.push((*to, order, through)),
                Target::Peers => {
                    let peers = (0..everybody).map(NodeId).filter(|peer| *peer != step.node);
                    sent.extend(peers.map(|to| (to, order, through.clone())));
                }
            }
        }
        sent
    }
}

impl Invariant<General> for Prescription {
    const PROPERTIES: &'static [&'static str] = &["prescribed-paths"];

    fn check(&mut self, nodes: &Nodes<General>, step: &Step<'_, General>) -> Result<(), Violation> {
        let Some(general) = nodes.process(step.machine) else { return Ok(()) };
        let everybody = nodes.len() as u32;
        let (battle, round) = general.moment();
        let mut prescribed = match step.cause {
            Cause::Timer(()) => Self::prescribed(general, step.node, everybody),
            _ => Vec::new(),
        };
        let mut sent = Self::sent(step, everybody);
        prescribed.sort_unstable();
        sent.sort_unstable();
        let show = |(to, order, through): &Word| format!("{order} by {through:?} to {to}");
        let why = |what, word| {
            format!("in round {round} of battle {battle} {} {what} {}", step.node, show(word))
        };
        let wrong = match sent.iter().find(|word| prescribed.binary_search(word).is_err()) {
            Some(word) => Some(why("sends what is not prescribed:", word)),
            None if sent.len() > prescribed.len() => {
                Some(format!("{} says something twice in round {round} of {battle}", step.node))
            }
            None => prescribed
                .iter()
                .find(|word| sent.binary_search(word).is_err())
                .map(|word| why("does not send what is prescribed:", word)),
        };
        wrong.map_or(Ok(()), |why| Err(Violation { property: "prescribed-paths", why }))
    }
}

/// A loyal lieutenant obeys what the algorithm makes of all that he has heard: with oral messages a majority of
/// majorities, where what has not come counts as "retreat" (OM, step 3), with signed ones the only order that there is,
/// or else "retreat" (choice(V), section 4). Who decides by another rule may still obey what all others do.
#[derive(Clone, Debug, Default)]
pub struct Choice;

impl Choice {
    /// OM with the path's last as its commander.
    fn oral(general: &General, path: &Path, me: NodeId, everybody: u32) -> Order {
        let own = general.heard(path).unwrap_or_default();
        if path.len() > general.config().traitors as usize {
            return own;
        }
        let others = (0..everybody).map(NodeId).filter(|it| *it != me && !path.contains(*it));
        let told = others.map(|other| Self::oral(general, &path.then(other), me, everybody));
        let (mut attack, mut all) = (usize::from(own == Order::Attack), 1);
        for order in told {
            attack += usize::from(order == Order::Attack);
            all += 1;
        }
        if 2 * attack > all { Order::Attack } else { Order::Retreat }
    }

    fn signed(general: &General) -> Order {
        let mut orders = general.sealed_orders();
        match (orders.next(), orders.next()) {
            (Some(order), None) => order,
            _ => Order::Retreat,
        }
    }
}

impl Invariant<General> for Choice {
    const PROPERTIES: &'static [&'static str] = &["prescribed-choice"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(&mut self, nodes: &Nodes<General>, step: &Step<'_, General>) -> Result<(), Violation> {
        let Some(general) = nodes.process(step.machine) else { return Ok(()) };
        let decided = step.facts().find_map(|fact| match fact {
            Fact::Decides { slot, value, .. } => Some((*slot, *value)),
            _ => None,
        });
        let Some((battle, value)) = decided.filter(|_| general.commander() != step.node) else {
            return Ok(());
        };
        let everybody = nodes.len() as u32;
        let prescribed = match general.config().algorithm {
            Algorithm::Oral => {
                Self::oral(general, &Path::of(general.commander()), step.node, everybody)
            }
            Algorithm::Signed => Self::signed(general),
        };
        if value == hash_of(&prescribed) {
            return Ok(());
        }
        let why = format!(
            "after what it has heard in battle {battle} {} has to obey: {prescribed}, and does not",
            step.node
        );
        Err(Violation { property: "prescribed-choice", why })
    }
}
