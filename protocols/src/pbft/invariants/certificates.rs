//! What a replica goes by has been said by as many replicas as the papers ask for.
//!
//! A replica could go by less and nothing come of it, in most runs; what it goes by can be seen at once. The network is
//! not looked at: of a replica that does not lie it is known what it has said, and one that lies may have said all
//! there is to say.

use super::super::Pbft;
use super::super::message::{
    Digest, Entry, Message, NewView, Record, Seq, StateDigest, Timer, View, ViewChange, Vote,
};
use super::super::quorums::Quorums;
use super::{Ghost, PerMachine};
use sim_core::{
    Cause, Effect, Fact, Invariant, NodeId, NodeSet, Nodes, Service, Span, Step, Violation,
};
use std::collections::BTreeSet;

/// "Prepared" rests on a PRE-PREPARE and the PREPAREs of a quorum, "committed" on the COMMITs of one (the paper,
/// section 4.2), a stable checkpoint on the CHECKPOINTs of one that tell the same state (4.3), a new view on the
/// VIEW-CHANGEs of one and on what follows from them (TOCS, Fig. 3). A replica leaves a view because its timer ran
/// out or `f + 1` others have (4.5.2), and gives each that fails twice the time of the one before.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    prepares: Ghost<Batch, NodeSet>,
    commits: Ghost<Batch, NodeSet>,
    /// What each replica was told of checkpoints: a lie counts where it has come.
    told: PerMachine<Ghost<(Seq, StateDigest), NodeSet>>,
    /// The state that each replica lacks and wants.
    wanted: PerMachine<Option<(Seq, StateDigest)>>,
    /// For which view each replica has left another last.
    left_for: Vec<View>,
    patience: PerMachine<Patience>,
}

/// A batch, by its hash, in a view at a sequence number.
type Batch = (Seq, View, u64);

/// How much a replica has executed, and for which view to begin it has waited last since, and for how long.
#[derive(Clone, Copy, Debug, Default)]
struct Patience {
    executed: Seq,
    last: Option<(View, Span)>,
}

impl<K: Ord + Copy> Ghost<K, NodeSet> {
    fn note(&mut self, key: K, who: NodeId) {
        self.first(key, NodeSet::default());
        if let Some(said) = self.0.get_mut(&key) {
            said.insert(who);
        }
    }
    /// Who has said it; none when that may be forgotten.
    fn said(&self, key: K) -> Option<NodeSet> {
        let first = self.0.first_key_value().map(|(first, _)| *first);
        self.get(key).or_else(|| first.is_none_or(|first| first < key).then(NodeSet::default))
    }
}

impl Certificates {
    fn hear<S: Service>(&mut self, message: &Message<S>, me: NodeId) {
        match message {
            Message::Prepare(vote) => self.prepares.note(batch(vote), me),
            Message::Commit(vote) => self.commits.note(batch(vote), me),
            Message::ViewChange(change) if change.content.replica == me => {
                if self.left_for.len() <= me.index() {
                    self.left_for.resize(me.index() + 1, 0);
                }
                let last = &mut self.left_for[me.index()];
                *last = change.content.view.max(*last);
            }
            _ => {}
        }
    }

    /// What a replica is told of checkpoints, and says itself.
    fn tell<S: Service>(&mut self, nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) {
        let mut note = |message: &Message<S>, author| {
            if let Message::Checkpoint { seq, digest } = message {
                self.told.of(nodes, step.machine).note((*seq, *digest), author);
            }
        };
        if let Cause::Message { from, message } = step.cause {
            note(message, from);
        }
        for effect in step.effects {
            if let Effect::Send { message, .. } = effect {
                note(message, step.node);
            }
        }
    }

    /// Why a replica has no reason to want a state: fewer than `f + 1` have told it, and its view has not begun with
    /// that.
    fn unvouched<S: Service>(
        &mut self,
        nodes: &Nodes<Pbft<S>>,
        step: &Step<'_, Pbft<S>>,
    ) -> Option<String> {
        let replica = nodes.process(step.machine)?;
        let wanted = replica.transfer;
        if std::mem::replace(self.wanted.of(nodes, step.machine), wanted) == wanted {
            return None;
        }
        let (seq, digest) = wanted?;
        let said = self.told.of(nodes, step.machine).said((seq, digest))?;
        let began = replica.began.as_ref().is_some_and(|new| new.start == (seq, digest));
        let is_enough = said.len() >= Quorums::of(nodes.len() as u32).weak || began;
        (!is_enough).then(|| format!("asks for a state after {seq} that only {said} have told it"))
    }

    /// Why a replica should have agreed to a proposal: it could not be convinced that the clients had asked for that,
    /// and `f + 1` others were, the primary among them (TOCS, section 4.3).
    fn unconvinced<S: Service>(nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Option<String> {
        let Cause::Message { message: Message::Prepare(vote), .. } = step.cause else {
            return None;
        };
        let agree = nodes.process(step.machine)?.unproven_and_agreed(vote.seq)?;
        let weak = Quorums::of(nodes.len() as u32).weak;
        (agree + 1 >= weak).then(|| {
            format!(
                "does not agree to what the primary and {agree} others vouch for at {}",
                vote.seq
            )
        })
    }

    /// Those that have left their views for this one or a later.
    fn leavers(&self, view: View) -> NodeSet {
        let replicas = (0..).map(NodeId).zip(&self.left_for);
        replicas.filter(|(_, last)| **last >= view).map(|(replica, _)| replica).collect()
    }

    /// Who has said that a batch is prepared there, in the view where, with these others, they are most. Who was told
    /// that it is committed may not have been told in which view, but only by which it stood.
    fn committers(&self, (seq, view, value): Batch, others: NodeSet) -> Option<NodeSet> {
        let said = self.commits.0.range((seq, 0, 0)..=(seq, view, u64::MAX));
        let same = said.filter(|((.., other), _)| *other == value).map(|(_, who)| *who);
        let most = same.max_by_key(|who| who.or(others).len());
        most.or_else(|| self.commits.said((seq, 0, 0)))
    }

    /// Why an effect rests on too little; nothing when it does not.
    fn wrong<S: Service>(
        &self,
        nodes: &Nodes<Pbft<S>>,
        step: &Step<'_, Pbft<S>>,
        effect: &Effect<Pbft<S>>,
    ) -> Option<String> {
        let (me, quorums) = (step.node, Quorums::of(nodes.len() as u32));
        let few = |said: Option<NodeSet>, needed: usize| {
            let said = said?.or(NodeSet::of(me)).or(liars(nodes));
            (said.len() < needed).then_some(said)
        };
        match effect {
            Effect::Send { message: Message::Commit(vote), .. } => {
                let primary = NodeId((vote.view % u64::from(quorums.replicas)) as u32);
                let said =
                    self.prepares.said(batch(vote)).map(|said| said.or(NodeSet::of(primary)));
                let said = few(said, quorums.quorum)?;
                Some(format!("holds {vote:?} for prepared, to which only {said} can have agreed"))
            }
            Effect::Claim(claim) => {
                let Fact::Decides { slot, epoch, value, .. } = claim.fact else { return None };
                let said = self.committers((slot, epoch, value), liars(nodes).or(NodeSet::of(me)));
                let said = few(said, quorums.quorum)?;
                Some(format!(
                    "executes what it holds for committed at {slot} in view {epoch}, \
                     which only {said} can have said to be prepared"
                ))
            }
            // What is taken over from another is stable there, or will be: `f + 1` vouch for it.
            Effect::Rewrite { .. } => {
                let replica = nodes.process(step.machine)?;
                let seq = replica.stable();
                let fetched =
                    matches!(step.cause, Cause::Message { message: Message::State(_), .. });
                let digest = replica.state_after(seq).filter(|_| seq > 0 && !fetched)?;
                let told = self.told.0.get(step.machine as usize)?;
                let said = told.said((seq, digest))?.or(NodeSet::of(me));
                (said.len() < quorums.quorum).then(|| {
                    format!("holds its state after {seq} for stable, which only {said} have told")
                })
            }
            Effect::Append { record: Record::NewView(new), .. } => {
                let why = unfounded(new, quorums)?;
                Some(format!("enters view {}, {why}", new.view))
            }
            Effect::Append { record: Record::ViewChange(change), .. } => {
                let joins =
                    matches!(step.cause, Cause::Message { message: Message::ViewChange(_), .. });
                let view = change.content.view;
                let said = self.leavers(view).or(liars(nodes)).without(NodeSet::of(me));
                (joins && said.len() < quorums.weak).then(|| {
                    format!("leaves its view for {view} before its time, as only {said} can have")
                })
            }
            _ => None,
        }
    }

    /// Why a replica has too little patience with a view. When something was executed it begins anew.
    fn impatience<S: Service>(
        &mut self,
        nodes: &Nodes<Pbft<S>>,
        step: &Step<'_, Pbft<S>>,
    ) -> Option<String> {
        let replica = nodes.process(step.machine)?;
        let known = self.patience.of(nodes, step.machine);
        if known.executed != replica.executed() || matches!(step.cause, Cause::Boot) {
            *known = Patience { executed: replica.executed(), last: None };
            return None;
        }
        let set = step.effects.iter().find_map(|effect| match effect {
            Effect::SetTimer { timer: Timer::ViewChange, after } => Some(*after),
            _ => None,
        });
        let (span, view) = (set?, replica.view());
        let (before, gave) = known.last.replace((view, span))?;
        let twice = (gave * 2).min(replica.config.longest_timeout);
        (view > before && span < twice).then(|| {
            let (span, gave) = (span.short(), gave.short());
            format!(
                "gives view {view} {span}, and has given view {before} {gave}, which was not enough"
            )
        })
    }
}

fn batch(vote: &Vote) -> Batch {
    (vote.seq, vote.view, vote.digest.hash())
}

fn liars<S: Service>(nodes: &Nodes<Pbft<S>>) -> NodeSet {
    let replicas = (0..nodes.len() as u32).filter(|replica| nodes.is_liar(*replica));
    replicas.map(NodeId).collect()
}

/// What a new view does not have of what it must rest on.
fn unfounded(new: &NewView, quorums: Quorums) -> Option<String> {
    let said: Vec<&ViewChange> = new.changes.iter().map(|change| &change.content).collect();
    let count = |says: &dyn Fn(&ViewChange) -> bool| {
        let authors = said.iter().filter(|change| change.view == new.view && says(change));
        authors.map(|change| change.replica).collect::<BTreeSet<NodeId>>().len()
    };
    let left = count(&|_| true);
    if left < quorums.quorum {
        return Some(format!("for which {left} have left others"));
    }
    let start = new.start.0;
    let have = count(&|change| change.checkpoints.contains(&new.start));
    let able = count(&|change| change.stable <= start);
    if have < quorums.weak || able < quorums.quorum {
        return Some(format!(
            "from the state after {start}, which {have} have and {able} can go on from"
        ));
    }
    let forgotten = |seq: Seq| {
        let empty = |change: &ViewChange| change.stable < seq && prepared_at(change, seq).is_none();
        count(&empty) >= quorums.quorum
    };
    let proven = |entry: &Entry| {
        let agrees = |change: &ViewChange| {
            let other = prepared_at(change, entry.seq);
            let before = |other: &Entry| other.view < entry.view || other == entry;
            change.stable < entry.seq && other.is_none_or(before)
        };
        let vouches = |change: &ViewChange| {
            let same = |other: &&Entry| (other.seq, other.digest) == (entry.seq, entry.digest);
            change.pre_prepared.iter().filter(same).any(|other| other.view >= entry.view)
        };
        count(&agrees) >= quorums.quorum && count(&vouches) >= quorums.weak
    };
    let entries = || said.iter().flat_map(|change| &change.prepared);
    let wrong = new.chosen.iter().find(|(seq, digest)| {
        let mut candidates = entries().filter(|entry| (entry.seq, entry.digest) == (*seq, *digest));
        let is_null = *digest == Digest::null();
        !(candidates.any(proven) || is_null && forgotten(*seq))
    });
    if let Some((seq, digest)) = wrong {
        return Some(format!(
            "with {digest:?} at {seq}, which does not follow from what {left} say"
        ));
    }
    let last = new.chosen.last().map_or(start, |(seq, _)| *seq);
    let dropped = entries().map(|entry| entry.seq).find(|seq| *seq > last && !forgotten(*seq));
    dropped.map(|seq| format!("without what may be committed at {seq}"))
}

/// The entry of P at a sequence number.
fn prepared_at(change: &ViewChange, seq: Seq) -> Option<&Entry> {
    change.prepared.iter().find(|entry| entry.seq == seq)
}

impl<S: Service> Invariant<Pbft<S>> for Certificates {
    const PROPERTIES: &'static [&'static str] = &["certificates"];

    fn check(&mut self, nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        self.tell(nodes, step);
        let mut wrong = self.impatience(nodes, step);
        wrong = wrong.or_else(|| self.unvouched(nodes, step));
        wrong = wrong.or_else(|| Self::unconvinced(nodes, step));
        for effect in step.effects {
            if let Effect::Send { message, .. } = effect {
                self.hear(message, step.node);
            }
            wrong = wrong.or_else(|| self.wrong(nodes, step, effect));
        }
        wrong.map_or(Ok(()), |why| {
            let why = format!("{} {why}", step.node);
            Err(Violation { property: "certificates", why })
        })
    }
}
