//! Elections on a ring: what a node says goes to its successor, and comes back when it has been everywhere.
//!
//! **The list** ([`list`]; Tanenbaum and van Steen, "Distributed Systems", on election algorithms). ELECTION goes
//! round and collects who is up. Back where it began it becomes COORDINATOR, which names the highest of the list and
//! goes round once more: 2n messages for each node that begins.
//!
//! **Chang and Roberts** ([`names`]; "An improved algorithm for decentralized extrema-finding in circular
//! configurations of processes", CACM 22(5), 1979). ELECTION carries one name. A node passes on what is higher than
//! its own name, replaces what is lower, and swallows it if its own is on its way already. Whose name comes back is
//! the highest, and ELECTED tells the others. One node that begins takes 2n to 3n - 1 messages; when all begin, the
//! first round takes 2n - 1 to n(n + 1)/2, and n times the n-th harmonic number on average.
//!
//! **The dead** ([`passing`]). Both papers let no node fail during an election. Here a neighbour that does not
//! acknowledge in time is skipped; a name that has gone all the way round and found nobody is swallowed; whoever
//! takes part in an election waits for its end for as long as three ways round, and then begins one of its own.
//! Elections are numbered by when they were begun, on clocks that agree, so that of two announcements all keep the
//! later one.
//!
//! **What is taken for granted.** Messages arrive within a known time, nothing is lost, and who does not acknowledge
//! is dead. Under a cut each segment of the ring closes into a ring of its own and elects.
//!
//! **Left out.** The ring's order is known to all beforehand, and names are the nodes' numbers: rings whose members do
//! not know each other, or have no names, are another matter (Itai and Rodeh, 1990). And whoever is told who leads
//! may be told of one that has died since, or, by a list, of one that died before it heard that it leads: an epoch is
//! no lease and fences nothing.
//!
//! **Roles.** The highest leads, who takes part in an election is a candidate, all others follow. Nothing is written
//! to disk.

mod bugs;
mod config;
mod invariants;
pub mod list;
mod message;
pub mod names;
pub mod passing;
mod protocol;

pub use bugs::{Bug, Bugs};
pub use config::{Algorithm, Config};
pub use message::{Message, Says, Token};

use checkers::model::election::Election;
use passing::Outbox;
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Process, Request, Service};
use std::collections::{BTreeMap, BTreeSet};

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// The leader has been silent for too long.
    Silence,
    /// An election that it takes part in has not come to its end.
    Election,
    /// It is time to let the others hear.
    Heartbeat,
    /// A neighbour has not acknowledged what is at this place of the outbox.
    Ack(u32),
}

/// How a node stands towards the leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Standing {
    /// It knows of no leader.
    Alone,
    /// It takes part in an election.
    TakesPart,
    /// It leads.
    Leads,
    /// It follows this node.
    Follows(NodeId),
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Ring {
    config: Config,
    bugs: Bugs,
    id: NodeId,
    nodes: u32,
    /// The others in the order of the ring, and this node last.
    successors: Vec<NodeId>,
    standing: Standing,
    /// The election that gave it its leader.
    epoch: u64,
    /// The last election that it knows of.
    newest: u64,
    outbox: Outbox,
    /// What has come from whom, so that copies are told from messages.
    received: BTreeMap<NodeId, BTreeSet<u64>>,
}

impl Process for Ring {
    type Message = Message;
    type Timer = Timer;
    type Record = ();
    type Service = Election;
    type Config = Config;
    const KINDS: &'static [&'static str] = Message::KINDS;

    fn boot(config: &Config, _: &[()], ctx: &mut Context<Self>) -> Self {
        let mut ring = Ring {
            config: config.clone(),
            bugs: Bugs::of(&config.bugs),
            id: ctx.id(),
            nodes: ctx.nodes(),
            successors: config.successors(ctx.id(), ctx.nodes()),
            standing: Standing::Alone,
            epoch: 0,
            newest: 0,
            outbox: Outbox::new(ctx),
            received: BTreeMap::new(),
        };
        if ring.bugs.on(Bug::RingRecoverSilently) && ctx.now().0 > 0 {
            ctx.claim(Fact::Follows { epoch: 0 });
        } else {
            ring.begin(ctx);
        }
        ring
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        match message {
            Message::Pass { token, number } => {
                ctx.send(from, Message::Ack { number: *number });
                if !self.is_known(from, *number) {
                    self.on_token(token, ctx);
                }
            }
            Message::Ack { number } => self.on_ack(*number, ctx),
            Message::Heartbeat { epoch } => self.on_heartbeat(from, *epoch, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Silence | Timer::Election => self.begin(ctx),
            Timer::Heartbeat => {
                ctx.broadcast(Message::Heartbeat { epoch: self.epoch });
                ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
            }
            Timer::Ack(place) => self.try_next(place, ctx),
        }
    }

    fn on_request(&mut self, request: &Request<Election>, ctx: &mut Context<Self>) {
        let leader = self.leads_or_follows().map(|node| (node, self.epoch));
        if let Some(belief) = Election::belief(&request.op, leader) {
            ctx.reply(request.id, belief);
        }
    }

    fn kind(message: &Message) -> usize {
        message.kind()
    }

    /// Acknowledgements are the links', and no part of what the papers count.
    fn elects(message: &Message) -> bool {
        matches!(message, Message::Pass { .. })
    }

    fn size(message: &Message) -> u32 {
        message.size()
    }

    fn glance(&self) -> String {
        match self.standing {
            Standing::Alone => "knows of no leader".to_owned(),
            Standing::TakesPart => "takes part in an election".to_owned(),
            Standing::Leads => format!("leads in {}", self.epoch),
            Standing::Follows(leader) => format!("follows {leader} in {}", self.epoch),
        }
    }
}

impl Ring {
    /// Whom it takes for the leader.
    pub fn leads_or_follows(&self) -> Option<NodeId> {
        match self.standing {
            Standing::Leads => Some(self.id),
            Standing::Follows(leader) => Some(leader),
            Standing::Alone | Standing::TakesPart => None,
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Its options.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many nodes the ring has, dead or alive.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Begins an election.
    fn begin(&mut self, ctx: &mut Context<Self>) {
        // Later than all that it knows of, and than those that it may have missed while it was away.
        self.newest = (self.newest + 1).max(ctx.now().0 / 1_000_000);
        self.take_part(ctx);
        let says = match self.config.algorithm {
            Algorithm::List => Says::Up([self.id].into()),
            Algorithm::ChangRoberts => Says::Name(self.id),
        };
        self.pass(Token { epoch: self.newest, hops: 0, says }, ctx);
    }

    /// Who takes part in an election knows of no leader, and waits for its end.
    fn take_part(&mut self, ctx: &mut Context<Self>) {
        if self.standing != Standing::TakesPart {
            self.standing = Standing::TakesPart;
            ctx.claim(Fact::Campaigns { epoch: self.newest });
            ctx.cancel_timer(Timer::Silence);
            ctx.cancel_timer(Timer::Heartbeat);
        }
        if !self.bugs.on(Bug::RingLostMessageNotMissed) {
            ctx.set_timer(Timer::Election, self.config.patience(self.nodes));
        }
    }

    /// Something has come by, or has gone all the way round to where it was.
    fn on_token(&mut self, token: &Token, ctx: &mut Context<Self>) {
        self.newest = self.newest.max(token.epoch);
        match &token.says {
            Says::Up(list) => self.on_list(token, list, ctx),
            Says::Leads { leader, list } => self.on_coordinator(token, *leader, list.len(), ctx),
            Says::Name(name) => self.on_name(token, *name, ctx),
            Says::Elected(leader) => self.on_elected(token, *leader, ctx),
        }
    }

    /// Somebody is named as the leader of an election. Of several elections the last one counts; who is higher than
    /// the leader was not asked, and asks.
    fn take_for_leader(&mut self, leader: NodeId, epoch: u64, ctx: &mut Context<Self>) {
        if leader < self.id {
            if self.standing != Standing::TakesPart {
                self.begin(ctx);
            }
            return;
        }
        let known = (self.epoch, self.leads_or_follows().unwrap_or_default());
        if (epoch, leader) < known && !self.bugs.on(Bug::RingConcurrentNotDiscarded) {
            return;
        }
        let new = if leader == self.id { Standing::Leads } else { Standing::Follows(leader) };
        let is_news = self.standing != new || self.epoch != epoch;
        self.standing = new;
        self.epoch = epoch;
        ctx.cancel_timer(Timer::Election);
        if new == Standing::Leads {
            ctx.cancel_timer(Timer::Silence);
            if is_news {
                ctx.claim(Fact::Leads { epoch });
                ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
            }
            return;
        }
        ctx.cancel_timer(Timer::Heartbeat);
        if is_news {
            ctx.claim(Fact::Follows { epoch });
        }
        if !self.bugs.on(Bug::RingCoordinatorFromStaleList) {
            ctx.set_timer(Timer::Silence, self.config.first_silence(self.nodes));
        }
    }

    /// A leader is alive. One that this node does not follow is followed if it is the later one; who leads and hears
    /// an earlier one says so by an election.
    fn on_heartbeat(&mut self, from: NodeId, epoch: u64, ctx: &mut Context<Self>) {
        if self.leads_or_follows() == Some(from) {
            self.epoch = self.epoch.max(epoch);
            self.newest = self.newest.max(epoch);
            return ctx.set_timer(Timer::Silence, self.config.silence);
        }
        let takes_part = self.standing == Standing::TakesPart;
        if from < self.id {
            if !takes_part && self.standing != Standing::Alone {
                self.begin(ctx);
            }
        } else if !takes_part && epoch >= self.epoch {
            self.newest = self.newest.max(epoch);
            self.take_for_leader(from, epoch, ctx);
            ctx.set_timer(Timer::Silence, self.config.silence);
        }
    }
}
