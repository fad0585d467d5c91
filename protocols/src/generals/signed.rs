//! Signed messages, SM(m): section 4 of the paper.

use super::bugs::{Bug, Bugs};
use super::{General, Order};
use serde::Serialize;
use sim_core::{Authentication, Context, Liar, NodeId, Seal};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::fmt;

/// "v : 0 : j₁ : … : jₖ": an order with the seal of the commander, and those of all through whom it came.
///
/// Each seals the order together with the seals before his, so that no link of the chain can be taken out.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Signed {
    battle: u64,
    order: Order,
    chain: SmallVec<[Seal; 4]>,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain: Vec<String> = self.chain.iter().map(|seal| seal.author().to_string()).collect();
        write!(f, "signed {} : {} in battle {}", self.order, chain.join(" : "), self.battle)
    }
}

impl Signed {
    /// The commander's order.
    pub(super) fn given(battle: u64, order: Order, ctx: &Context<General>) -> Signed {
        let seal = ctx.seal(&(battle, order, &[] as &[Seal]));
        Signed { battle, order, chain: [seal].into_iter().collect() }
    }

    /// The same with one more seal.
    pub(super) fn countersigned(&self, ctx: &Context<General>) -> Signed {
        let mut on = self.clone();
        on.chain.push(ctx.seal(&(self.battle, self.order, self.chain.as_slice())));
        on
    }

    /// Of which battle it is.
    pub fn battle(&self) -> u64 {
        self.battle
    }
    /// The order.
    pub fn order(&self) -> Order {
        self.order
    }
    /// Who has sealed it, the commander first.
    pub fn authors(&self) -> Vec<NodeId> {
        self.chain.iter().map(Seal::author).collect()
    }
    /// How many have sealed it.
    pub fn chain_len(&self) -> usize {
        self.chain.len()
    }
    /// Whether this general has sealed it.
    pub fn passed(&self, general: NodeId) -> bool {
        self.chain.iter().any(|seal| seal.author() == general)
    }

    /// Whether every seal is of whom it says, no two are of one, none is the reader's own, and the first is the
    /// commander's.
    pub fn is_valid(&self, reader: NodeId, commander: NodeId) -> bool {
        let by = Authentication::Signatures;
        let links = self.chain.iter().enumerate();
        let sealed = links.clone().all(|(place, seal)| {
            let content = (self.battle, self.order, &self.chain[..place]);
            seal.convinces(reader, by, seal.author(), &content)
        });
        let distinct = links.clone().all(|(place, seal)| {
            !self.chain[..place].iter().any(|before| before.author() == seal.author())
        });
        let first = self.chain.first().map(Seal::author);
        sealed && distinct && first == Some(commander) && !self.passed(reader)
    }

    /// A traitorous commander gives another order. Nobody else can.
    pub(super) fn ordered_anew(&self, liar: &Liar<'_>) -> Option<Signed> {
        let is_own = self.chain.len() == 1 && self.chain[0].author() == liar.id();
        let (battle, order) = (self.battle, self.order.reversed());
        let seal = liar.seal(&(battle, order, &[] as &[Seal]));
        is_own.then(|| Signed { battle, order, chain: [seal].into_iter().collect() })
    }

    /// The reverse of the order under the seals of others, with the liar's own after them.
    pub(super) fn altered(&self, liar: &Liar<'_>) -> Signed {
        let mut forged = self.clone();
        forged.order = self.order.reversed();
        forged.chain.pop();
        forged.chain.push(liar.seal(&(forged.battle, forged.order, forged.chain.as_slice())));
        forged
    }
}

/// The paper's Vᵢ: the properly signed orders that a general has, each as it came first and in which round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Orders {
    known: BTreeMap<Order, (u32, Signed)>,
    first: Option<Order>,
}

impl Orders {
    /// An order has come in a round. One that is known already is not noted, nor passed on.
    pub(super) fn hear(&mut self, signed: Signed, round: u32) {
        self.first.get_or_insert(signed.order);
        self.known.entry(signed.order).or_insert((round, signed));
    }

    /// What came in a round and was new.
    pub(super) fn new_in(&self, round: u32) -> Vec<Signed> {
        let known = self.known.values().filter(|(of, _)| *of == round);
        known.map(|(_, signed)| signed.clone()).collect()
    }

    /// The paper's V.
    pub(super) fn all(&self) -> impl Iterator<Item = Order> + '_ {
        self.known.keys().copied()
    }

    /// The paper's choice(V): the only order if there is one, else retreat.
    pub(super) fn choice(&self, bugs: Bugs) -> Order {
        if bugs.on(Bug::SmChoiceByArrival) {
            return self.first.unwrap_or_default();
        }
        match self.known.len() {
            1 => self.first.unwrap_or_default(),
            _ => Order::Retreat,
        }
    }
}

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heard: Vec<String> =
            self.known.values().map(|(_, signed)| format!("{signed:?}")).collect();
        f.write_str(if heard.is_empty() { "nothing" } else { "" })?;
        f.write_str(&heard.join(", "))
    }
}
