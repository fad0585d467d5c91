//! View changes: VIEW-CHANGE, VIEW-CHANGE-ACK and NEW-VIEW (TOCS, section 4.4), and the timers that
//! bring them about (the paper, section 4.5.2).
//!
//! With signatures the primary of a new view shows the VIEW-CHANGE messages that its choice rests
//! on, and everybody can tell whose they are. With codes nobody can: the primary takes a message
//! into account when a quorum has had the same, and a backup that has not had it itself believes
//! `f + 1` who have.

use super::bugs::Bug;
use super::decision::Rules;
use super::message::{
    Ack, Digest, Message, NewView, Record, SealedViewChange, View, ViewChange, Vote,
};
use super::{Pbft, Timer};
use sim_core::drive::replay::hash_of;
use sim_core::{Authentication, Context, Fact, NodeId, Service, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// By author and by who acknowledges: which VIEW-CHANGE message was acknowledged last.
pub(super) type Acks = BTreeMap<(NodeId, NodeId), (View, u64)>;

fn digest_of(change: &SealedViewChange) -> u64 {
    hash_of(&change.content)
}

impl<S: Service> Pbft<S> {
    /// How long it waits before it goes on to the next view.
    pub(super) fn patience(&self) -> Span {
        let doubled = match self.bugs.on(Bug::TimerNotDoubled) {
            true => self.config.timeout,
            false => self.config.timeout * (1 << self.attempts.saturating_sub(1).min(20)),
        };
        doubled.min(self.config.longest_timeout)
    }

    /// Leaves the view, and tells what was prepared and pre-prepared in it and before.
    pub(super) fn start_view_change(&mut self, view: View, ctx: &mut Context<Self>) {
        self.take_back(ctx);
        self.attempts += 1;
        let change = Arc::new(self.view_change(view, ctx));
        ctx.append(Record::ViewChange(change.clone()));
        ctx.sync();
        self.note_view_change(change.clone());
        ctx.cancel_timer(Timer::Request);
        ctx.cancel_timer(Timer::ViewChange);
        ctx.claim(Fact::Campaigns { epoch: view });
        ctx.broadcast(Message::ViewChange(change));
        if self.bugs.on(Bug::TimerStartsOnVcSent) {
            ctx.set_timer(Timer::ViewChange, self.patience());
        }
        self.acknowledge_all(ctx);
        self.on_gathered(ctx);
    }

    fn view_change(&self, view: View, ctx: &Context<Self>) -> SealedViewChange {
        let entry = |seq, digest, view| super::message::Entry { seq, digest, view };
        let prepared = self.prepared.iter();
        let prepared = prepared.map(|(seq, (view, digest))| entry(*seq, *digest, *view));
        let pre_prepared = self.pre_prepared.iter();
        let pre_prepared = pre_prepared.map(|((seq, digest), view)| entry(*seq, *digest, *view));
        let own = self.checkpoints.own.iter().map(|(seq, (digest, _))| (*seq, *digest));
        let (drops_p, drops_q) = (Bug::VcDropsPrepared, Bug::QSetOmitted);
        let content = ViewChange {
            view,
            replica: self.id,
            stable: self.low(),
            checkpoints: own.collect(),
            prepared: prepared.filter(|_| !self.bugs.on(drops_p)).collect(),
            pre_prepared: pre_prepared.filter(|_| !self.bugs.on(drops_q)).collect(),
        };
        let seal = ctx.seal(&content);
        SealedViewChange { content, seal }
    }

    /// The view was left: now, or as the journal tells.
    pub(super) fn note_view_change(&mut self, change: Arc<SealedViewChange>) {
        self.view = change.content.view;
        self.active = false;
        self.proposed = None;
        self.waiting.proposed.clear();
        if !self.bugs.on(Bug::VcContinueOldView) {
            self.log.values_mut().for_each(super::normal::Slot::leave_view);
        }
        self.changes.insert(self.id, change.clone());
        self.change = Some(change);
    }

    /// Another replica has left its view.
    pub(super) fn on_view_change(
        &mut self,
        from: NodeId,
        change: &Arc<SealedViewChange>,
        ctx: &mut Context<Self>,
    ) {
        let ViewChange { view, replica, .. } = change.content;
        let known = self.changes.get(&from).is_some_and(|known| known.content.view >= view);
        if replica != from || known || view < self.view || !self.is_valid(change) {
            return;
        }
        self.changes.insert(from, change.clone());
        if !self.joins(ctx) {
            self.acknowledge(from, ctx);
            self.on_gathered(ctx);
        }
        self.enter_if_convinced(ctx);
    }

    /// Whether a VIEW-CHANGE message makes sense, and is sealed where others must be shown it.
    fn is_valid(&self, change: &SealedViewChange) -> bool {
        let ViewChange { view, replica, stable, checkpoints, prepared, pre_prepared } =
            &change.content;
        let end = stable.saturating_add(self.config.log_size);
        let entries = prepared.iter().chain(pre_prepared);
        let mut in_window =
            entries.map(|entry| entry.view < *view && entry.seq > *stable && entry.seq <= end);
        let numbers: BTreeSet<u64> = prepared.iter().map(|entry| entry.seq).collect();
        let by = self.config.authentication;
        in_window.all(|fits| fits)
            && numbers.len() == prepared.len()
            && checkpoints.iter().all(|(seq, _)| seq >= stable && *seq <= end)
            && (by == Authentication::Macs
                || change.seal.convinces(self.id, by, *replica, &change.content))
    }

    /// "If a replica receives a set of f + 1 valid view-change messages from other replicas for
    /// views greater than its current view, it sends a view-change message for the smallest view in
    /// the set, even if its timer has not expired" (section 4.5.2).
    fn joins(&mut self, ctx: &mut Context<Self>) -> bool {
        let views = self.changes.values().map(|change| change.content.view);
        let later: Vec<View> = views.filter(|view| *view > self.view).collect();
        let joins = later.len() >= self.bugs.joins(self.quorums.weak);
        if let Some(view) = later.into_iter().min().filter(|_| joins) {
            self.start_view_change(view, ctx);
        }
        joins
    }

    /// Tells the primary of the view that a message has come.
    fn acknowledge(&self, author: NodeId, ctx: &mut Context<Self>) {
        let primary = self.primary(self.view);
        let Some(change) = self.changes.get(&author) else { return };
        let by_codes = self.config.authentication == Authentication::Macs;
        let matters = !self.active && change.content.view == self.view;
        if by_codes && matters && primary != self.id && author != self.id && author != primary {
            ctx.send(primary, Message::ViewChangeAck(ack_of(change)));
        }
    }

    pub(super) fn acknowledge_all(&self, ctx: &mut Context<Self>) {
        self.changes.keys().for_each(|author| self.acknowledge(*author, ctx));
    }

    pub(super) fn on_view_change_ack(&mut self, from: NodeId, ack: Ack, ctx: &mut Context<Self>) {
        if ack.view >= self.view && ack.replica.0 < self.quorums.replicas {
            self.acks.insert((ack.replica, from), (ack.view, ack.digest));
            self.try_new_view(ctx);
            self.enter_if_convinced(ctx);
        }
    }

    /// Another replica wants to know whether this one has had a message.
    pub(super) fn on_ack_query(&self, from: NodeId, asked: Ack, ctx: &mut Context<Self>) {
        if self.changes.get(&asked.replica).is_some_and(|change| ack_of(change) == asked) {
            ctx.send(from, Message::ViewChangeAck(asked));
        }
    }

    /// How many others have acknowledged this very message. Its author's word for it adds nothing.
    fn acknowledged(&self, change: &SealedViewChange) -> usize {
        let Ack { view, replica, digest } = ack_of(change);
        let acks = self.acks.range((replica, NodeId(0))..=(replica, NodeId(u32::MAX)));
        let same = acks.filter(|(_, said)| **said == (view, digest));
        same.filter(|((author, from), _)| author != from).count()
    }

    /// "A replica that multicasts a view-change message for view v + 1 waits for 2f + 1
    /// view-change messages for view v + 1 and then starts its timer" (section 4.5.2). One that has
    /// gone further counts as well: its message for this view may be lost for good.
    fn on_gathered(&mut self, ctx: &mut Context<Self>) {
        if self.active {
            return;
        }
        let gathered = self.changes.values().filter(|one| one.content.view >= self.view).count();
        if gathered >= self.quorums.quorum && self.timed < self.view {
            self.timed = self.view;
            if !self.bugs.on(Bug::TimerStartsOnVcSent) {
                ctx.set_timer(Timer::ViewChange, self.patience());
            }
        }
        self.try_new_view(ctx);
    }

    fn rules(&self) -> Rules {
        let (quorums, log_size) = (self.quorums, self.config.log_size);
        Rules { quorums, log_size, bugs: self.bugs }
    }

    /// The primary of the new view begins it when the messages that it may take into account say
    /// what it starts from, and when it has the batches.
    pub(super) fn try_new_view(&mut self, ctx: &mut Context<Self>) {
        if self.active || self.primary(self.view) != self.id {
            return;
        }
        let changes = self.changes.values().filter(|one| one.content.view == self.view);
        let certified = changes.filter(|one| self.is_certified(one));
        let changes: Vec<Arc<SealedViewChange>> = certified.cloned().collect();
        let said: Vec<&ViewChange> = changes.iter().map(|change| &change.content).collect();
        let Some(decision) = self.rules().decide(&said) else { return };
        let (view, start, chosen) = (self.view, decision.start, decision.chosen);
        let new = Arc::new(NewView { view, changes, start, chosen });
        self.proposed = Some(new.clone());
        let missing: BTreeSet<Digest> = self.missing_batches().collect();
        if !missing.is_empty() {
            missing.into_iter().for_each(|digest| self.fetch_batch(digest, ctx));
            return;
        }
        self.enter(new, ctx);
    }

    /// Whether enough replicas have had the same message, so that honest backups can be convinced
    /// of it: the author, the primary and `2f - 1` others.
    fn is_certified(&self, change: &SealedViewChange) -> bool {
        self.config.authentication == Authentication::Signatures
            || change.content.replica == self.id
            || self.acknowledged(change) + 2 >= self.quorums.quorum
    }

    pub(super) fn on_new_view(
        &mut self,
        from: NodeId,
        new: &Arc<NewView>,
        ctx: &mut Context<Self>,
    ) {
        let is_news = new.view > self.view || new.view == self.view && !self.active;
        let is_wanted = is_news || self.bugs.on(Bug::NvOldReplayed) && new.view > 0;
        if from == self.primary(new.view) && is_wanted && self.is_sound(new) {
            self.proposed = Some(new.clone());
            if !self.enter_if_convinced(ctx) {
                self.ask_about_doubted(ctx);
            }
        }
    }

    /// Whether a NEW-VIEW message follows from the messages that it shows.
    fn is_sound(&self, new: &NewView) -> bool {
        let said: Vec<&ViewChange> = new.changes.iter().map(|change| &change.content).collect();
        let authors: BTreeSet<NodeId> = said.iter().map(|change| change.replica).collect();
        let nodes = self.quorums.replicas;
        authors.len() == said.len()
            && authors.iter().all(|author| author.0 < nodes)
            && said.iter().all(|change| change.view == new.view)
            && new.changes.iter().all(|change| self.is_valid(change))
            && self.rules().decide(&said).is_some_and(|decision| {
                (decision.start, &decision.chosen) == (new.start, &new.chosen)
            })
    }

    /// Enters a view that was proposed to it once it believes all that was shown; false if it still
    /// doubts. It does not ask here: every answer leads here, and would be answered with questions.
    fn enter_if_convinced(&mut self, ctx: &mut Context<Self>) -> bool {
        let Some(new) = self.proposed.clone() else { return true };
        if self.primary(new.view) == self.id {
            return true;
        }
        if self.doubted(&new).next().is_some() {
            return false;
        }
        self.enter(new, ctx);
        true
    }

    /// Asks all others whether they have had the messages that it was shown and has not had itself.
    pub(super) fn ask_about_doubted(&self, ctx: &mut Context<Self>) {
        let shown = self.proposed.iter().filter(|new| self.primary(new.view) != self.id);
        for change in shown.flat_map(|new| self.doubted(new)) {
            ctx.broadcast(Message::AckQuery(ack_of(change)));
        }
    }

    fn doubted<'a>(&'a self, new: &'a NewView) -> impl Iterator<Item = &'a SealedViewChange> {
        let by_codes = self.config.authentication == Authentication::Macs;
        let changes = new.changes.iter().map(AsRef::as_ref);
        changes.filter(move |change| by_codes && !self.believes(change))
    }

    /// Whether a message is its author's: it came from there, or `f + 1` say that it did.
    fn believes(&self, change: &SealedViewChange) -> bool {
        let own = self.changes.get(&change.content.replica);
        own.is_some_and(|own| own.content == change.content)
            || self.acknowledged(change) >= self.quorums.weak
    }

    /// The view begins.
    fn enter(&mut self, new: Arc<NewView>, ctx: &mut Context<Self>) {
        self.take_back(ctx);
        ctx.append(Record::NewView(new.clone()));
        ctx.sync();
        self.note_new_view(new.clone());
        ctx.cancel_timer(Timer::ViewChange);
        self.claim_role(ctx);
        if self.leads() {
            ctx.broadcast(Message::NewView(new.clone()));
        }
        self.next = self.lowest_free();
        self.accept_choice(ctx);
        let missing: BTreeSet<Digest> = self.missing_batches().collect();
        missing.into_iter().for_each(|digest| self.fetch_batch(digest, ctx));
        if new.start.0 > self.executed {
            self.fetch_state(new.start, ctx);
        }
        self.hand_over_waiting(ctx);
        self.propose_waiting(ctx);
    }

    /// A view began: now, or as the journal tells.
    pub(super) fn note_new_view(&mut self, new: Arc<NewView>) {
        (self.view, self.active) = (new.view, true);
        self.log.values_mut().for_each(super::normal::Slot::leave_view);
        self.acks.retain(|_, (view, _)| *view > new.view);
        self.proposed = None;
        self.waiting.proposed.clear();
        let ids = new.chosen.iter().filter_map(|(_, digest)| self.batches.get(digest));
        let ids: Vec<_> = ids.flat_map(|batch| batch.iter().map(|one| one.request.id)).collect();
        self.waiting.proposed.extend(ids);
        if self.primary(new.view) == self.id {
            // Its NEW-VIEW stands for its pre-prepares. They are safe as soon as that is, and before it leaves: a
            // backup may prepare by it, and whoever has forgotten in a crash that it vouched leaves later views
            // nothing to decide by.
            let low = self.low();
            for &(seq, digest) in new.chosen.iter().filter(|(seq, _)| *seq > low) {
                self.vouch(Vote { view: new.view, seq, digest });
            }
        }
        self.began = Some(new);
    }

    /// Requests that wait are the new primary's business. When `f + 1` primaries in a row have not
    /// had one executed, one of them was honest, and it is the client's fault.
    fn hand_over_waiting(&mut self, ctx: &mut Context<Self>) {
        let most = self.quorums.weak as u32;
        let mut given_up = Vec::new();
        for awaited in self.waiting.queue.values_mut() {
            awaited.views += 1;
            if awaited.views > most {
                given_up.push(awaited.sealed.request.id);
            }
        }
        given_up.into_iter().for_each(|id| self.waiting.remove(id));
        if !self.leads() {
            let primary = self.primary(self.view);
            for awaited in self.waiting.queue.values() {
                ctx.send(primary, Message::Request(awaited.sealed.clone()));
            }
        }
        if self.waiting.first().is_some() {
            ctx.set_timer(Timer::Request, self.patience());
        }
    }
}

fn ack_of(change: &SealedViewChange) -> Ack {
    let ViewChange { view, replica, .. } = change.content;
    Ack { view, replica, digest: digest_of(change) }
}
