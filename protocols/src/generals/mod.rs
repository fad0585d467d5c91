//! The Byzantine generals: Lamport, Shostak and Pease, "The Byzantine Generals Problem" (TOPLAS 4(3), 1982).
//!
//! A commanding general sends an order to his lieutenants, and some of them, or he himself, may be traitors. All
//! loyal lieutenants must obey the same order (IC1), and when the commander is loyal, they must obey his (IC2).
//!
//! **Rounds.** Generals keep time together. A battle begins at a fixed beat, and has *m* + 1 rounds: what is sent
//! at the beginning of a round arrives before the next, or does not count. That is how the absence of a message is
//! noticed (A3), and it is why nothing is promised when messages are lost or late, or clocks drift apart.
//!
//! **Oral messages, OM(m)** (section 3, in [`oral`]): whatever a general hears in one round he tells in the next to
//! everybody whom it has not passed yet, and in the end each takes majorities of majorities. It needs more than 3*m*
//! generals for *m* traitors. **Signed messages, SM(m)** (section 4, in [`signed`]): an order carries the seals of
//! all who passed it on, so that a traitor can hold it back and cannot change it; it needs *m* + 2.
//!
//! **Roles.** The commander of a battle, one general after the other unless the first is to command always; all
//! others are lieutenants. Nothing is written to disk: a loyal general does not crash.

mod bugs;
mod config;
mod invariants;
pub mod oral;
mod protocol;
pub mod signed;

pub use bugs::{Bug, Bugs};
pub use config::{Algorithm, Commander, Config};

use checkers::model::parley::Parley;
use oral::{Path, Tree};
use serde::Serialize;
use signed::{Orders, Signed};
use sim_core::drive::replay::hash_of;
use sim_core::{Context, Fact, Liar, NodeId, Process, Span};
use std::fmt;

/// An order: the paper's *v*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Order {
    /// What is obeyed when there is none (section 3: "RETREAT").
    #[default]
    Retreat,
    /// The other one.
    Attack,
}

impl Order {
    /// The other one.
    #[must_use]
    pub fn reversed(self) -> Order {
        match self {
            Order::Attack => Order::Retreat,
            Order::Retreat => Order::Attack,
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Order::Attack { "attack" } else { "retreat" })
    }
}

/// What generals send each other.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// "The general at the path's end says that the one before him said that … the order is."
    Oral {
        /// Of which battle.
        battle: u64,
        /// Through whom it came, the commander first and the sender last.
        path: Path,
        /// The order.
        order: Order,
    },
    /// An order, and the seals of all through whom it came.
    Signed(Signed),
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Oral { battle, path, order } => {
                write!(f, "oral {order} by {path} in battle {battle}")
            }
            Message::Signed(signed) => write!(f, "{signed:?}"),
        }
    }
}

/// A general.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct General {
    config: Config,
    bugs: Bugs,
    id: NodeId,
    generals: u32,
    /// From 1; 0 before the first.
    battle: u64,
    /// Of this battle, from 1; 0 between battles.
    round: u32,
    /// What he has ordered, as the commander of this battle.
    ordered: Option<Order>,
    /// What he came to obey in the last battle that is over.
    obeyed: Option<Order>,
    tree: Tree,
    orders: Orders,
}

impl Process for General {
    type Message = Message;
    type Timer = ();
    type Record = ();
    type Service = Parley;
    type Config = Config;
    const KINDS: &'static [&'static str] = &["oral", "signed"];
    const LIES: &'static [(&'static str, &'static str)] = &[
        ("reversed-order", "gives or passes on the reverse of the order"),
        ("forged-path", "says that somebody else said it"),
        ("forged-order", "shows another's seal on another order"),
    ];

    fn boot(config: &Config, _: &[()], ctx: &mut Context<Self>) -> Self {
        let general = General {
            config: config.clone(),
            bugs: Bugs::of(&config.bugs),
            id: ctx.id(),
            generals: ctx.nodes(),
            battle: ctx.now().0 / config.period().0,
            round: 0,
            ordered: None,
            obeyed: None,
            tree: Tree::default(),
            orders: Orders::default(),
        };
        general.await_round(ctx);
        general
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        match message {
            Message::Oral { battle, path, order } => {
                // A2: the receiver knows who sent it.
                let is_his = path.last() == Some(from) || self.bugs.on(Bug::OmPathNotAuthenticated);
                if self.is_due(*battle, path.len()) && is_his && !path.contains(self.id) {
                    self.tree.hear(path.clone(), *order);
                }
            }
            Message::Signed(signed) => {
                let due = self.is_due(signed.battle(), signed.chain_len());
                if due && signed.is_valid(ctx.id(), self.commander()) {
                    self.orders.hear(signed.clone(), self.round);
                }
            }
        }
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<Self>) {
        self.round += 1;
        if self.round == 1 {
            self.begin_battle(ctx);
        } else if self.round <= self.rounds() {
            self.pass_on(ctx);
        } else {
            self.decide(ctx);
            self.round = 0;
        }
        self.await_round(ctx);
    }

    fn kind(message: &Message) -> usize {
        usize::from(matches!(message, Message::Signed(_)))
    }

    fn glance(&self) -> String {
        let heard = match self.config.algorithm {
            Algorithm::Oral => self.tree.to_string(),
            Algorithm::Signed => self.orders.to_string(),
        };
        let obeyed = self.obeyed.map_or("nothing".to_owned(), |order| order.to_string());
        format!("in battle {} has heard {heard}, and obeys: {obeyed}", self.battle)
    }

    fn lie(lie: &str, message: &Message, to: NodeId, liar: &mut Liar<'_>) -> Option<Vec<Message>> {
        match (lie, message) {
            ("reversed-order", Message::Oral { battle, path, order }) => {
                let (battle, path, order) = (*battle, path.clone(), order.reversed());
                Some(vec![Message::Oral { battle, path, order }])
            }
            ("forged-path", Message::Oral { battle, path, order }) => {
                let generals = u64::from(liar.nodes());
                let someone = NodeId(liar.rng().below(generals) as u32);
                let known = path.without_last();
                let fits = someone != liar.id() && someone != to && !known.contains(someone);
                let forged = Message::Oral {
                    battle: *battle,
                    path: known.then(someone),
                    order: order.reversed(),
                };
                fits.then(|| vec![message.clone(), forged])
            }
            ("reversed-order", Message::Signed(signed)) => {
                signed.ordered_anew(liar).map(|other| vec![Message::Signed(other)])
            }
            ("forged-order", Message::Signed(signed)) => {
                Some(vec![Message::Signed(signed.altered(liar))])
            }
            _ => None,
        }
    }
}

impl General {
    /// m + 1.
    fn rounds(&self) -> u32 {
        self.config.traitors + u32::from(!self.bugs.on(Bug::OmOneRoundShort))
    }

    /// Who commands the battle.
    pub fn commander(&self) -> NodeId {
        self.config.commander_of(self.battle, self.generals)
    }

    /// What he has ordered in this battle, if he commands it.
    pub fn ordered(&self) -> Option<(u64, Order)> {
        self.ordered.map(|order| (self.battle, order))
    }

    /// What he has heard by a path.
    pub fn heard(&self, path: &Path) -> Option<Order> {
        self.tree.heard(path)
    }

    /// The signed orders that were new to him in a round of this battle.
    pub fn new_in(&self, round: u32) -> Vec<Signed> {
        self.orders.new_in(round)
    }

    /// The orders that have come to him with all their seals.
    pub fn sealed_orders(&self) -> impl Iterator<Item = Order> + '_ {
        self.orders.all()
    }

    /// His options.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Which round it is of which battle; round 0 between battles.
    pub fn moment(&self) -> (u64, u32) {
        (self.battle, self.round)
    }

    /// Whether something of this battle, that has come through so many, is what this round brings.
    fn is_due(&self, battle: u64, passed: usize) -> bool {
        battle == self.battle && self.round > 0 && passed == self.round as usize
    }

    /// Rounds begin on the beat of a clock that all share.
    fn await_round(&self, ctx: &mut Context<Self>) {
        let (period, round) = (self.config.period().0, self.config.round.0);
        let battle = if self.round == 0 { self.battle + 1 } else { self.battle };
        let beat = battle * period + u64::from(self.round) * round;
        ctx.set_timer((), Span(beat.saturating_sub(ctx.now().0)));
    }

    /// "The commander sends his value to every lieutenant" (OM, step 1; SM, step 1).
    fn begin_battle(&mut self, ctx: &mut Context<Self>) {
        self.battle += 1;
        self.ordered = None;
        self.tree = Tree::default();
        self.orders = Orders::default();
        if self.commander() != self.id {
            return;
        }
        let order = if ctx.rng().below(2) == 0 { Order::Attack } else { Order::Retreat };
        self.ordered = Some(order);
        ctx.broadcast(match self.config.algorithm {
            Algorithm::Oral => {
                Message::Oral { battle: self.battle, path: Path::of(self.id), order }
            }
            Algorithm::Signed => Message::Signed(Signed::given(self.battle, order, ctx)),
        });
    }

    /// What was heard in the last round is told to whom it has not passed.
    fn pass_on(&mut self, ctx: &mut Context<Self>) {
        if self.commander() == self.id {
            return;
        }
        let others = (0..self.generals).map(NodeId).filter(|other| *other != self.id);
        match self.config.algorithm {
            Algorithm::Oral => {
                let length = self.round as usize - 1;
                for path in oral::paths(length, self.commander(), self.id, self.generals) {
                    let order = self.tree.heard(&path).unwrap_or_default();
                    let on = path.then(self.id);
                    for to in others.clone().filter(|to| !path.contains(*to)) {
                        let (battle, path) = (self.battle, on.clone());
                        ctx.send(to, Message::Oral { battle, path, order });
                    }
                }
            }
            Algorithm::Signed => {
                let last = self.round == self.rounds();
                if last && self.bugs.on(Bug::SmNoRelayLast) {
                    return;
                }
                for signed in self.orders.new_in(self.round - 1) {
                    let on = signed.countersigned(ctx);
                    for to in others.clone().filter(|to| !signed.passed(*to)) {
                        ctx.send(to, Message::Signed(on.clone()));
                    }
                }
            }
        }
    }

    /// The last round is over.
    fn decide(&mut self, ctx: &mut Context<Self>) {
        let order = match (self.ordered, self.config.algorithm) {
            (Some(order), _) => order,
            (None, Algorithm::Oral) => self.tree.decide(&oral::Council {
                me: self.id,
                commander: self.commander(),
                generals: self.generals,
                depth: self.rounds() as usize,
                bugs: self.bugs,
            }),
            (None, Algorithm::Signed) => self.orders.choice(self.bugs),
        };
        self.obeyed = Some(order);
        let value = hash_of(&order);
        ctx.claim(Fact::Decides { slot: self.battle, epoch: 1, value, state: 0 });
    }
}
