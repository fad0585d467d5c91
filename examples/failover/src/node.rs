//! The protocol: one node serves clients, all keep copies, and a majority makes sure that nothing is lost in between.
//!
//! 1. Whoever hears nothing of a primary for a while claims an **epoch**, newer than all it knows. Each node has epochs
//!    of its own, so that no two claim the same.
//! 2. A node **grants** an epoch that is newer than all it has granted: it promises to heed no older primary, and hands
//!    over its copy. With the grants of a majority a node is the primary, and goes on from the newest of their copies.
//! 3. The primary does what clients ask for, and has every node **keep** the new copy. When a majority has it on disk,
//!    no later primary can fail to see it: then the client gets its answer. Reads go the same way.
//!
//! Copies are whole: there is no log, nobody lags behind, and nothing has to be caught up with. Real systems send what
//! has changed; what may go wrong between two primaries stays the same.

use crate::message::{Copy, Message, Record};
use crate::options::{Bug, Options};
use serde::Serialize;
use splitbrain::prelude::*;
use std::collections::BTreeMap;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Failover {
    options: Options,
    /// The newest epoch that it has granted.
    granted: u64,
    copy: Copy,
    role: Role,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
enum Role {
    Backup,
    Candidate {
        /// The copies of those who have granted the epoch.
        grants: BTreeMap<NodeId, Copy>,
    },
    Primary {
        /// The newest version that each node has on disk.
        kept: BTreeMap<NodeId, u64>,
        /// Answers that wait until a majority has this version.
        waiting: Vec<(u64, RequestId, KvReply)>,
    },
}

/// A node's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// It has heard nothing of a primary.
    Patience,
    /// It is time to say that it is there.
    Beat,
}

impl Process for Failover {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Service = Kv;
    type Config = Options;

    const KINDS: &'static [&'static str] = &["claim", "grant", "keep", "kept"];

    fn boot(options: &Options, disk: &[Record], ctx: &mut Context<Self>) -> Failover {
        let (granted, copy) = match disk.last() {
            Some(record) => (record.granted, record.copy.clone()),
            None => (0, Copy::default()),
        };
        let mut node = Failover { options: options.clone(), granted, copy, role: Role::Backup };
        node.wait(ctx);
        node
    }

    fn on_request(&mut self, request: &Request<Kv>, ctx: &mut Context<Self>) {
        let Role::Primary { waiting, .. } = &mut self.role else {
            let owner = owner(self.granted, ctx.nodes());
            return ctx.refuse(request.id, owner.filter(|node| *node != ctx.id()));
        };
        if self.options.has(Bug::ReadsAlone) && Kv::is_read(&request.op) {
            return ctx.reply(request.id, self.copy.read(&request.op));
        }
        if let Some(answer) = self.copy.execute(request) {
            waiting.push((self.copy.version, request.id, answer));
            self.publish(ctx);
        }
    }

    fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Context<Self>) {
        match message {
            Message::Claim { epoch } if *epoch > self.granted => {
                self.follow(*epoch, ctx);
                self.write_down(ctx);
                ctx.send(from, Message::Grant { epoch: *epoch, copy: self.copy.clone() });
            }
            Message::Grant { epoch, copy } if *epoch == self.granted => {
                if let Role::Candidate { grants } = &mut self.role {
                    grants.insert(from, copy.clone());
                    self.lead_if_granted(ctx);
                }
            }
            Message::Keep { copy } if !self.is_outdated(copy) => {
                self.follow(copy.epoch, ctx);
                self.copy = copy.clone();
                self.write_down(ctx);
                ctx.send(from, Message::Kept { epoch: copy.epoch, version: copy.version });
            }
            Message::Kept { epoch, version } if *epoch == self.copy.epoch => {
                if let Role::Primary { kept, .. } = &mut self.role {
                    let newest = kept.entry(from).or_default();
                    *newest = (*newest).max(*version);
                    self.answer(ctx);
                }
            }
            // Of an epoch that is over.
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<Self>) {
        match timer {
            Timer::Patience => self.claim(ctx),
            Timer::Beat => self.publish(ctx),
        }
    }

    fn kind(message: &Message) -> usize {
        match message {
            Message::Claim { .. } => 0,
            Message::Grant { .. } => 1,
            Message::Keep { .. } => 2,
            Message::Kept { .. } => 3,
        }
    }

    fn elects(message: &Message) -> bool {
        matches!(message, Message::Claim { .. } | Message::Grant { .. })
    }
}

impl Failover {
    /// Whether a copy comes from a primary that was deposed, or was overtaken on its way.
    ///
    /// **This is the line.** A primary that was cut off goes on counting versions while another has taken its place.
    /// When it is back, its copies look as new as any, unless somebody asks whose they are.
    fn is_outdated(&self, copy: &Copy) -> bool {
        if self.options.has(Bug::EpochIgnored) {
            return copy.version < self.copy.version;
        }
        let newest = (self.copy.epoch, self.copy.version);
        copy.epoch < self.granted || (copy.epoch, copy.version) < newest
    }

    /// Wants to be the primary.
    fn claim(&mut self, ctx: &mut Context<Self>) {
        self.granted = next_epoch(self.granted, ctx);
        self.role = Role::Candidate { grants: BTreeMap::from([(ctx.id(), self.copy.clone())]) };
        self.write_down(ctx);
        ctx.claim(Fact::Campaigns { epoch: self.granted });
        ctx.broadcast(Message::Claim { epoch: self.granted });
        self.wait(ctx);
        self.lead_if_granted(ctx);
    }

    fn lead_if_granted(&mut self, ctx: &mut Context<Self>) {
        let Role::Candidate { grants } = &self.role else { return };
        if grants.len() <= ctx.nodes() as usize / 2 {
            return;
        }
        let newest = grants.values().max_by_key(|copy| (copy.epoch, copy.version));
        // A majority has granted the epoch, so this has whatever a client was ever told.
        self.copy = newest.cloned().unwrap_or_default();
        self.copy.epoch = self.granted;
        self.role = Role::Primary { kept: BTreeMap::new(), waiting: Vec::new() };
        ctx.claim(Fact::Leads { epoch: self.granted });
        ctx.cancel_timer(Timer::Patience);
        self.publish(ctx);
    }

    /// A primary has every node keep its copy, itself first.
    fn publish(&mut self, ctx: &mut Context<Self>) {
        let Role::Primary { kept, .. } = &mut self.role else { return };
        kept.insert(ctx.id(), self.copy.version);
        self.write_down(ctx);
        ctx.broadcast(Message::Keep { copy: self.copy.clone() });
        ctx.set_timer(Timer::Beat, self.options.beat);
        self.answer(ctx);
    }

    /// Gives the answers that no later primary can take back: a majority has what led to them on disk.
    fn answer(&mut self, ctx: &mut Context<Self>) {
        let Role::Primary { kept, waiting } = &mut self.role else { return };
        let mut versions: Vec<u64> = kept.values().copied().collect();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        let Some(safe) = versions.get(ctx.nodes() as usize / 2).copied() else { return };
        waiting.retain(|(version, id, answer)| {
            let is_safe = *version <= safe;
            if is_safe {
                ctx.reply(*id, answer.clone());
            }
            !is_safe
        });
    }

    /// Heeds the primary of an epoch, or whoever wants to be it. Clients that wait will ask again.
    fn follow(&mut self, epoch: u64, ctx: &mut Context<Self>) {
        if self.granted < epoch || self.role != Role::Backup {
            ctx.claim(Fact::Follows { epoch });
        }
        self.granted = self.granted.max(epoch);
        self.role = Role::Backup;
        ctx.cancel_timer(Timer::Beat);
        self.wait(ctx);
    }

    fn wait(&mut self, ctx: &mut Context<Self>) {
        let patience = self.options.patience.draw(ctx.rng());
        ctx.set_timer(Timer::Patience, patience);
    }

    /// Nobody hears of what a crash could still take back.
    fn write_down(&self, ctx: &mut Context<Self>) {
        ctx.rewrite(vec![Record { granted: self.granted, copy: self.copy.clone() }]);
        ctx.sync();
    }
}

/// The next epoch of a node, newer than this one. Epochs go round: of three nodes, the second has 2, 5, 8 and so on.
fn next_epoch(epoch: u64, ctx: &Context<Failover>) -> u64 {
    let (nodes, own) = (u64::from(ctx.nodes()), ctx.id().index() as u64 + 1);
    let own = epoch / nodes * nodes + own;
    if own > epoch { own } else { own + nodes }
}

/// Whose an epoch is; nobody's before the first.
fn owner(epoch: u64, nodes: u32) -> Option<NodeId> {
    let before = epoch.checked_sub(1)?;
    Some(NodeId((before % u64::from(nodes)) as u32))
}
