//! Who the acceptors are: reconfiguration ("Paxos Made Simple", section 3, last paragraphs).
//!
//! "The set of servers that execute instance i + alpha of the consensus algorithm is specified by
//! the state after execution of the i-th command." So everybody who may propose at a slot knows its
//! acceptors, and nobody may propose further than alpha slots ahead of what is executed.

use super::bugs::Bug;
use super::log::{Command, Slot};
use super::message::{Message, Timer};
use super::{MultiPaxos, Role};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, NodeSet, Service};

/// The acceptors of every slot that may still be decided, in order: from which slot on, and who.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Memberships(Vec<(Slot, NodeSet)>);

impl Memberships {
    /// These, from the beginning.
    pub(super) fn new(acceptors: NodeSet) -> Self {
        Memberships(vec![(1, acceptors)])
    }

    /// Who decides a slot.
    #[inline]
    pub fn of(&self, slot: Slot) -> &NodeSet {
        let place = self.0.iter().rposition(|(from, _)| *from <= slot).unwrap_or(0);
        &self.0[place].1
    }

    /// The newest acceptors, and from which slot on they decide.
    pub fn newest(&self) -> (Slot, &NodeSet) {
        let (from, acceptors) = &self.0[self.0.len() - 1];
        (*from, acceptors)
    }

    /// Everybody who decides a slot from this one on.
    fn since(&self, slot: Slot) -> impl Iterator<Item = (Slot, &NodeSet)> {
        let first = self.0.iter().rposition(|(from, _)| *from <= slot).unwrap_or(0);
        self.0[first..].iter().map(move |(from, acceptors)| ((*from).max(slot), acceptors))
    }

    /// Others decide from this slot on.
    fn change(&mut self, from: Slot, acceptors: NodeSet) {
        self.0.retain(|(known, _)| *known < from);
        self.0.push((from, acceptors));
    }

    /// Forgets acceptors whose slots are all executed.
    fn forget_before(&mut self, slot: Slot) {
        let now = self.0.iter().rposition(|(from, _)| *from <= slot).unwrap_or(0);
        self.0.drain(..now);
    }
}

impl<S: Service> MultiPaxos<S> {
    /// Who decides a slot.
    #[inline]
    pub(super) fn acceptors_of(&self, slot: Slot) -> &NodeSet {
        if self.bugs.on(Bug::ConfigAtChooseTime) {
            return self.memberships.newest().1;
        }
        self.memberships.of(slot)
    }

    /// A command that changes the acceptors was executed. A leader asks the new ones for the promise
    /// that it has from the others: without it their votes would not be safe.
    pub(super) fn change_acceptors(
        &mut self,
        slot: Slot,
        acceptors: NodeSet,
        ctx: &mut Context<Self>,
    ) {
        let members = acceptors.len() as u32;
        ctx.claim(Fact::Reconfigures { slot: slot + self.config.window, members });
        self.memberships.forget_before(slot + 1);
        self.memberships.change(slot + self.config.window, acceptors);
        self.must_prepare |= self.role == Role::Leader;
    }

    /// Whether a change of the acceptors is proposed, or is to be.
    fn is_changing(&self) -> bool {
        let open = self.open.values().map(|open| &open.value.command);
        self.queue.iter().chain(open).any(|command| matches!(command, Command::Acceptors(_)))
    }

    /// Whether the acceptors of a slot ahead lack a majority that has promised: the newest, or those before them whose
    /// slots are not all executed.
    pub(super) fn needs_promises(&self) -> bool {
        self.memberships.since(self.executed + 1).any(|(slot, _)| !self.is_promised(slot))
    }

    /// Asks those for a promise that are needed for a slot ahead and have not given it.
    pub(super) fn prepare_newcomers(&mut self, ctx: &mut Context<Self>) {
        let (ballot, first) = (self.ballot, self.executed + 1);
        let needed = self.memberships.since(first).flat_map(|(_, acceptors)| acceptors.iter());
        let needed: NodeSet =
            needed.filter(|acceptor| !self.promises.from.contains(*acceptor)).collect();
        for acceptor in needed.iter() {
            if acceptor == self.id {
                self.on_prepare(acceptor, ballot, first, ctx);
            } else {
                ctx.send(acceptor, Message::Prepare { ballot, first });
            }
        }
        self.must_prepare = false;
    }

    /// The operator's policy: the acceptor that was heard from longest ago gives way to the server
    /// without a vote that was heard from last, if that is not long ago. One change at a time.
    pub(super) fn on_replacement_due(&mut self, ctx: &mut Context<Self>) {
        let Some(period) = self.config.replace_every else { return };
        ctx.set_timer(Timer::Replacement, period);
        let (from, now) = self.memberships.newest();
        let is_under_way = self.executed + 1 < from || self.is_changing();
        if self.role != Role::Leader || is_under_way || !self.is_established() {
            return;
        }
        let (me, clock, patience) = (self.id, ctx.now(), self.config.election_timeout.to);
        let heard = |server: &NodeId| match *server == me {
            true => clock,
            false => self.peers[server.index()].heard,
        };
        let servers = (0..self.peers.len() as u32).map(NodeId);
        let (ins, outs): (Vec<_>, Vec<_>) = servers.partition(|server| now.contains(*server));
        let spares = outs.into_iter().filter(|server| clock - heard(server) < patience);
        let (Some(out), Some(new)) = (ins.into_iter().min_by_key(heard), spares.max_by_key(heard))
        else {
            return;
        };
        let kept = now.iter().filter(|acceptor| *acceptor != out);
        let acceptors = kept.chain([new]).collect();
        self.queue.push_back(Command::Acceptors(acceptors));
        self.propose(ctx);
    }
}
