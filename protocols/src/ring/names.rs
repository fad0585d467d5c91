//! The ring with names (Chang and Roberts, section 3).

use super::{Bug, Ring, Says, Standing, Token};
use sim_core::{Context, NodeId};

impl Ring {
    /// A name passes who is lower, and is swallowed by who is higher.
    pub(super) fn on_name(&mut self, token: &Token, name: NodeId, ctx: &mut Context<Self>) {
        if name == self.id {
            // It has passed everybody. An old one, that comes back when all is over, says nothing.
            if self.standing == Standing::TakesPart {
                self.take_for_leader(self.id, token.epoch, ctx);
                self.pass(Token { hops: 0, says: Says::Elected(self.id), ..token.clone() }, ctx);
            }
            return;
        }
        let takes_part = self.standing == Standing::TakesPart;
        if name > self.id {
            self.take_part(ctx);
            // What has been everywhere and is not at home has none any more.
            if token.hops < self.nodes || self.bugs.on(Bug::CrDeadMax) {
                self.pass(token.clone(), ctx);
            }
            return;
        }
        if !takes_part || self.bugs.on(Bug::CrParticipantFlagMissing) {
            self.begin(ctx);
        }
        if self.bugs.on(Bug::CrForwardSmaller) {
            self.pass(token.clone(), ctx);
        }
    }

    /// ELECTED goes round once, and stops where it began; or, if that node has died, after one way round.
    pub(super) fn on_elected(&mut self, token: &Token, leader: NodeId, ctx: &mut Context<Self>) {
        let is_home = leader == self.id;
        if !is_home {
            self.take_for_leader(leader, token.epoch, ctx);
        }
        let goes_on = !is_home && token.hops < self.nodes;
        if goes_on || self.bugs.on(Bug::CrElectedNotStopped) {
            self.pass(token.clone(), ctx);
        }
    }
}
