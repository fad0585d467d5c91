//! Leadership transfer (thesis, section 3.10), asked for now and then by a rebalancing policy.

use super::bugs::Bug;
use super::log::Term;
use super::message::{Message, Timer};
use super::{Raft, Role};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId, Service};

/// A transfer under way. Meanwhile the leader takes no writes, or the target might never catch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Transfer {
    /// Who is to lead.
    pub(super) target: NodeId,
    /// It was told so.
    told: bool,
}

impl<S: Service> Raft<S> {
    /// The voter whose log goes furthest; of several the one that was heard from last.
    pub(super) fn best_follower(&self) -> Option<NodeId> {
        let voters = self.membership().voters;
        let servers = (0..).map(NodeId).zip(&self.progress);
        let peers = servers.filter(|(peer, _)| *peer != self.id && voters.contains(*peer));
        let best = peers.max_by_key(|(_, progress)| (progress.match_index, progress.heard));
        best.map(|(peer, _)| peer)
    }

    pub(super) fn on_rebalance_due(&mut self, ctx: &mut Context<Self>) {
        if let Some(period) = self.config.transfer_every {
            ctx.set_timer(Timer::Rebalance, period);
        }
        if self.role != Role::Leader || self.transfer.is_some() {
            return;
        }
        let Some(target) = self.best_follower() else { return };
        self.transfer = Some(Transfer { target, told: false });
        if !self.bugs.on(Bug::TransferNeverAborts) {
            ctx.set_timer(Timer::TransferLate, self.config.election_timeout.to);
        }
        self.continue_transfer(target, ctx);
    }

    /// When the target has the whole log, tells it to campaign at once. Voters will listen to it
    /// although they hear from this leader, so leases end first, and in this term for good: the
    /// message may be late.
    #[inline]
    pub(super) fn continue_transfer(&mut self, to: NodeId, ctx: &mut Context<Self>) {
        let has_all = self.progress[to.index()].match_index == self.log.last_index();
        match &mut self.transfer {
            Some(transfer) if transfer.target == to && has_all && !transfer.told => {
                transfer.told = true;
            }
            _ => return,
        }
        self.give_up_lease();
        ctx.claim(Fact::Transfers { epoch: self.term, to: to.0 });
        ctx.send(to, Message::TimeoutNow { term: self.term });
    }

    /// Campaigns without waiting, and without asking beforehand.
    pub(super) fn on_timeout_now(&mut self, term: Term, ctx: &mut Context<Self>) {
        let is_stale = term != self.term && !self.bugs.on(Bug::TimeoutnowStaleTerm);
        if self.role != Role::Leader && !is_stale && self.may_campaign() {
            self.campaign(true, ctx);
        }
    }

    /// It leads no more: either it came about, or something else did.
    pub(super) fn end_transfer(&mut self, ctx: &mut Context<Self>) {
        if self.transfer.take().is_some() {
            ctx.cancel_timer(Timer::TransferLate);
        }
    }
}
