//! What a participant does that is in doubt and hears nothing: it asks the coordinator and, cooperatively, the others
//! (Bernstein, Hadzilacos and Goodman, 1987, section 7.4). It never decides alone.

use super::bugs::Bug;
use super::message::{Message, Tx};
use super::participant::{Over, Participant, Stage};
use super::{COORDINATOR, Ctx};
use sim_core::{NodeId, Time};

impl Participant {
    pub(super) fn inquire(&mut self, tx: Tx, ctx: &mut Ctx) {
        if self.options.on(Bug::TimeoutAbortWhenPrepared) {
            return self.conclude(tx, false, ctx);
        }
        let Some(branch) = self.branches.get_mut(&tx) else { return };
        branch.due = ctx.now() + self.options.config.inquire;
        ctx.send(COORDINATOR, Message::Inquiry { tx });
        if let Stage::Prepared { peers, .. } = &branch.stage
            && self.options.config.cooperative
        {
            let others = peers.iter().filter(|peer| **peer != ctx.id());
            let others: Vec<NodeId> = others.copied().collect();
            others.into_iter().for_each(|peer| ctx.send(peer, Message::PeerInquiry { tx }));
        }
    }

    /// Another is in doubt. Who has not voted yes aborts, so that both know how it ends; that stays so whatever
    /// comes later.
    pub(super) fn on_peer_inquiry(&mut self, from: NodeId, tx: Tx, ctx: &mut Ctx) {
        let is_promised = matches!(
            self.branches.get(&tx).map(|branch| &branch.stage),
            Some(Stage::Prepared { .. })
        );
        let commits = match self.over.get(&tx) {
            _ if is_promised => None,
            Some(Over::Concluded { commits }) => Some(*commits),
            Some(Over::ReadOnly) => None,
            Some(Over::Refused) => Some(false),
            // It may have been told, and have forgotten.
            None if tx < self.floor => None,
            None => {
                if !self.options.on(Bug::CoopInitAnswersLaterYes) {
                    self.refuse(tx, ctx);
                    self.grant(ctx);
                }
                Some(false)
            }
        };
        ctx.send(from, Message::PeerAnswer { tx, commits });
    }

    pub(super) fn on_peer_answer(
        &mut self,
        from: NodeId,
        tx: Tx,
        commits: Option<bool>,
        ctx: &mut Ctx,
    ) {
        let confused = self.options.on(Bug::CoopPreparedMeansCommit);
        let Some(branch) = self.branches.get_mut(&tx) else { return };
        let Stage::Prepared { peers, in_doubt_too, .. } = &mut branch.stage else { return };
        if commits.is_none() && confused && !in_doubt_too.contains(&from) {
            in_doubt_too.push(from);
            if in_doubt_too.len() + 1 >= peers.len() {
                return self.conclude(tx, true, ctx);
            }
        }
        if let Some(commits) = commits {
            self.conclude(tx, commits, ctx);
        }
    }

    /// Asks about all that is in doubt, at once: after a recovery.
    pub(super) fn inquire_about_all(&mut self, ctx: &mut Ctx) {
        self.branches.values_mut().for_each(|branch| branch.due = Time::ZERO);
        for tx in self.in_doubt().collect::<Vec<Tx>>() {
            self.inquire(tx, ctx);
        }
    }
}
