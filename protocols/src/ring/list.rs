//! The ring with a list (Tanenbaum and van Steen).

use super::{Bug, Ring, Says, Token};
use sim_core::{Context, NodeId};
use std::sync::Arc;

impl Ring {
    /// "At each step, the sender adds its own process number to the list in the message."
    pub(super) fn on_list(&mut self, token: &Token, list: &[NodeId], ctx: &mut Context<Self>) {
        let is_on_it = list.contains(&self.id);
        let has_its_place = !is_on_it && self.comes_after(list);
        // Where it began it ends; and if that node is dead, with the first one that it comes to again, or that was
        // dead when it came by.
        let has_been_round = match self.bugs.on(Bug::RingInitiatorDeadLoop) {
            true => list.first() == Some(&self.id),
            false => !has_its_place,
        };
        let again = self.bugs.on(Bug::RingListDuplicate);
        let longer = || list.iter().copied().chain([self.id]).collect::<Arc<[NodeId]>>();
        if has_been_round {
            let list = if again { longer() } else { list.into() };
            return self.announce(token.epoch, list, ctx);
        }
        let list = if has_its_place { longer() } else { list.into() };
        self.take_part(ctx);
        self.pass(Token { says: Says::Up(list), ..token.clone() }, ctx);
    }

    /// Whether this node's place on the ring is between the last of a list and where it began.
    fn comes_after(&self, list: &[NodeId]) -> bool {
        let mut before_me = self.successors.iter().rev().skip_while(|node| **node == self.id);
        let ends = [list.first(), list.last()];
        before_me.find(|node| ends.contains(&Some(node))) == list.last()
    }

    /// "The message type is changed to COORDINATOR and circulated once again, to inform everyone who the coordinator
    /// is (the list member with the highest number)."
    fn announce(&mut self, epoch: u64, list: Arc<[NodeId]>, ctx: &mut Context<Self>) {
        let Some(leader) = list.iter().max().copied() else { return };
        self.take_for_leader(leader, epoch, ctx);
        self.pass(Token { epoch, hops: 0, says: Says::Leads { leader, list } }, ctx);
    }

    /// "When this message has circulated once, it is removed."
    pub(super) fn on_coordinator(
        &mut self,
        token: &Token,
        leader: NodeId,
        listed: usize,
        ctx: &mut Context<Self>,
    ) {
        self.take_for_leader(leader, token.epoch, ctx);
        if (token.hops as usize) < listed {
            self.pass(token.clone(), ctx);
        }
    }
}
