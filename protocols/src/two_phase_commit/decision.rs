//! Phase two: the decision, and who has to know of it before the coordinator may forget it.

use super::Ctx;
use super::bugs::Bug;
use super::config::Variant;
use super::coordinator::{Coordinator, Phase, Site, Stage};
use super::message::{Message, Record, Tx, Vote};
use checkers::model::bank::{BankReply, Found};
use sim_core::{Fact, NodeId};
use std::collections::BTreeMap;

impl Coordinator {
    /// Phase two, when all have voted yes: the transaction commits when the disk has it.
    pub(super) fn commit(&mut self, tx: Tx, ctx: &mut Ctx) {
        let Some(open) = self.open.get_mut(&tx) else { return };
        open.phase = Phase::Telling { commits: true };
        open.due = ctx.now() + self.options.config.retry;
        let Some(request) = open.request.clone() else { return };
        let found: BTreeMap<u32, Vec<Found>> =
            open.sites.iter().map(|(node, site)| (node.0 - 1, site.found.clone())).collect();
        let sites = open.nodes(|site| site.stage == Stage::Voted(Vote::Yes));
        let reply = request.op.reply(ctx.nodes() - 1, &found);
        if self.options.on(Bug::ReplyBeforeDecision) {
            ctx.reply(request.id, reply.clone());
        }
        if self.options.on(Bug::DecideBeforeForce) {
            self.tell(tx, true, |_| true, ctx);
        }
        let answer = self.answer(&request, reply.clone());
        if !sites.is_empty() {
            self.log(Record::Decision { tx, commits: true, sites, answer }, ctx);
            ctx.sync();
        }
        ctx.claim(Fact::Concludes { transaction: tx.0, commits: true });
        ctx.reply(request.id, reply);
        self.tell(tx, true, |_| true, ctx);
        match self.variant() {
            Variant::PresumedCommit => self.end(tx, false, ctx),
            _ => self.end_when_all_know(tx, ctx),
        }
    }

    /// It comes to nothing, after PREPARE was sent. Who has voted yes is told; who has not is told when it does or,
    /// when nobody waits for it any longer, at once.
    pub(super) fn abort(&mut self, tx: Tx, reply: BankReply, is_late: bool, ctx: &mut Ctx) {
        let Some(open) = self.open.get_mut(&tx) else { return };
        open.phase = Phase::Telling { commits: false };
        open.due = ctx.now() + self.options.config.retry;
        let Some(request) = open.request.clone() else { return };
        let sites = open.to_be_told();
        let answer = self.answer(&request, reply.clone());
        let in_doubt = |site: &Site| is_late || site.stage == Stage::Voted(Vote::Yes);
        match self.variant() {
            Variant::PresumedNothing => {
                self.log(Record::Decision { tx, commits: false, sites, answer }, ctx);
                ctx.sync();
                ctx.claim(Fact::Concludes { transaction: tx.0, commits: false });
                self.tell(tx, false, |_| true, ctx);
                ctx.reply(request.id, reply);
                self.end_when_all_know(tx, ctx);
            }
            Variant::PresumedAbort => {
                ctx.claim(Fact::Concludes { transaction: tx.0, commits: false });
                self.tell(tx, false, in_doubt, ctx);
                self.end(tx, false, ctx);
                self.reply_durably(answer, ctx);
            }
            Variant::PresumedCommit => {
                ctx.claim(Fact::Concludes { transaction: tx.0, commits: false });
                self.tell(tx, false, in_doubt, ctx);
                self.end_when_all_know(tx, ctx);
                self.reply_durably(answer, ctx);
            }
        }
    }

    /// Tells some of those that do not know yet.
    pub(super) fn tell(&self, tx: Tx, commits: bool, whom: impl Fn(&Site) -> bool, ctx: &mut Ctx) {
        let Some(open) = self.open.get(&tx) else { return };
        let nothing_presumed = self.variant() == Variant::PresumedNothing;
        for (node, site) in &open.sites {
            let is_due = match site.stage {
                Stage::Voted(Vote::No { .. }) => nothing_presumed,
                Stage::Voted(Vote::ReadOnly) | Stage::Acked => false,
                Stage::Asked | Stage::Worked { .. } | Stage::Voted(Vote::Yes) => true,
            };
            if is_due && whom(site) {
                ctx.send(*node, Message::Decision { tx, commits });
            }
        }
    }

    pub(super) fn on_ack(&mut self, from: NodeId, tx: Tx, ctx: &mut Ctx) {
        let Some(open) = self.open.get_mut(&tx) else { return };
        if !matches!(open.phase, Phase::Telling { .. }) {
            return;
        }
        let Some(site) = open.sites.get_mut(&from) else { return };
        site.stage = Stage::Acked;
        match self.options.on(Bug::ForgetBeforeAllAcks) {
            true => self.end(tx, true, ctx),
            false => self.end_when_all_know(tx, ctx),
        }
    }

    /// END, when nobody is left who might ask and would be told otherwise.
    pub(super) fn end_when_all_know(&mut self, tx: Tx, ctx: &mut Ctx) {
        let nothing_presumed = self.variant() == Variant::PresumedNothing;
        let knows = |site: &Site| match site.stage {
            Stage::Acked | Stage::Voted(Vote::ReadOnly) => true,
            Stage::Voted(Vote::No { .. }) => !nothing_presumed,
            Stage::Asked | Stage::Worked { .. } | Stage::Voted(Vote::Yes) => false,
        };
        let Some(open) = self.open.get(&tx) else { return };
        if open.all(knows) {
            let is_logged = open.sites.values().any(|site| site.stage == Stage::Acked)
                || self.variant() == Variant::PresumedCommit && !self.voters(open).is_empty();
            self.end(tx, is_logged, ctx);
        }
    }

    pub(super) fn end(&mut self, tx: Tx, is_logged: bool, ctx: &mut Ctx) {
        self.open.remove(&tx);
        if is_logged {
            self.log(Record::End { tx }, ctx);
        }
        ctx.claim(Fact::Ends { transaction: tx.0 });
    }

    /// Somebody is in doubt. What is not decided is not answered; what the log does not have is presumed.
    pub(super) fn on_inquiry(&mut self, from: NodeId, tx: Tx, ctx: &mut Ctx) {
        let presumed = self.variant() == Variant::PresumedCommit;
        let commits = match self.open.get(&tx).map(|open| open.phase) {
            Some(Phase::Telling { commits }) => commits,
            Some(_) if self.options.on(Bug::PresumeAbortWhilePreparing) => false,
            Some(_) => return,
            None => presumed,
        };
        ctx.send(from, Message::Decision { tx, commits });
    }
}
