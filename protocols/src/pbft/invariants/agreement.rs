//! S1 to S3: what is committed, prepared and accepted where.

use super::super::Pbft;
use super::super::message::{Digest, Message, PrePrepare, Seq, View, Vote};
use super::Ghost;
use sim_core::context::Kinds;
use sim_core::{Effect, Fact, Invariant, NodeId, Nodes, Service, Step, Violation};

/// S1: "no two non-faulty replicas commit different batches at a sequence number", over all views.
#[derive(Clone, Debug, Default)]
pub struct CommitAgreement(Ghost<Seq, (NodeId, View, u64)>);

impl<S: Service> Invariant<Pbft<S>> for CommitAgreement {
    const PROPERTIES: &'static [&'static str] = &["agreement"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(&mut self, _: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        for fact in step.facts() {
            let Fact::Decides { slot, epoch, value, .. } = *fact else { continue };
            let (first, before, other) = self.0.first(slot, (step.node, epoch, value));
            if other != value {
                let why = format!(
                    "{} commits another batch at {slot} in view {epoch} than {first} in view {before}",
                    step.node
                );
                return Err(Violation { property: "agreement", why });
            }
        }
        Ok(())
    }
}

/// S2: in one view no two honest replicas prepare different batches at a sequence number. What a crash makes a replica
/// forget before it could say so, it has not prepared.
#[derive(Clone, Debug, Default)]
pub struct PreparedUniqueness(Ghost<(Seq, View), (NodeId, Digest)>);

impl<S: Service> Invariant<Pbft<S>> for PreparedUniqueness {
    const PROPERTIES: &'static [&'static str] = &["prepared-uniqueness"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS);

    fn check(&mut self, _: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        for effect in step.effects {
            let Effect::Send { message: Message::Commit(vote), .. } = effect else { continue };
            let Vote { view, seq, digest } = *vote;
            let (first, other) = self.0.first((seq, view), (step.node, digest));
            if other != digest {
                let why = format!(
                    "{} has prepared {digest:?} at {seq} in view {view}, where {first} has prepared {other:?}",
                    step.node
                );
                return Err(Violation { property: "prepared-uniqueness", why });
            }
        }
        Ok(())
    }
}

/// S3: when a batch is committed in a view, honest replicas accept no other there in a later view.
#[derive(Clone, Debug, Default)]
pub struct ViewChangePreservation {
    /// The lowest view in which a batch was committed.
    committed: Ghost<Seq, (View, u64)>,
    /// The batch that was accepted in the latest view.
    accepted: Ghost<Seq, (View, u64)>,
}

impl ViewChangePreservation {
    fn contradicted(&self, seq: Seq) -> Option<(Seq, View, View)> {
        let (committed, value) = self.committed.get(seq)?;
        let (accepted, other) = self.accepted.get(seq)?;
        (accepted > committed && other != value).then_some((seq, committed, accepted))
    }

    fn commit(&mut self, seq: Seq, view: View, value: u64) {
        let (first, _) = self.committed.first(seq, (view, value));
        if view < first {
            self.committed.0.insert(seq, (view, value));
        }
    }

    /// What a replica accepts is what it proposes, agrees to, or begins a view with.
    fn hear<S: Service>(&mut self, message: &Message<S>) -> Option<(Seq, View, View)> {
        match message {
            Message::Prepare(vote) => self.accept(*vote),
            Message::PrePrepare(PrePrepare { view, seq, digest, .. }) => {
                self.accept(Vote { view: *view, seq: *seq, digest: *digest })
            }
            Message::NewView(new) => new.chosen.iter().find_map(|(seq, digest)| {
                self.accept(Vote { view: new.view, seq: *seq, digest: *digest })
            }),
            _ => None,
        }
    }

    fn accept(&mut self, vote: Vote) -> Option<(Seq, View, View)> {
        let (latest, _) = self.accepted.first(vote.seq, (vote.view, vote.digest.hash()));
        if vote.view > latest {
            self.accepted.0.insert(vote.seq, (vote.view, vote.digest.hash()));
        }
        self.contradicted(vote.seq)
    }
}

impl<S: Service> Invariant<Pbft<S>> for ViewChangePreservation {
    const PROPERTIES: &'static [&'static str] = &["view-change-preservation"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS.and(Kinds::SENDS));

    fn check(&mut self, _: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        for effect in step.effects {
            let contradicted = match effect {
                Effect::Send { message, .. } => self.hear(message),
                Effect::Claim(claim) => {
                    let Fact::Decides { slot, epoch, value, .. } = claim.fact else { continue };
                    self.commit(slot, epoch, value);
                    self.contradicted(slot)
                }
                _ => continue,
            };
            if let Some((seq, committed, accepted)) = contradicted {
                let why = format!(
                    "what was committed at {seq} in view {committed} is another batch in view {accepted}, \
                     as {} shows",
                    step.node
                );
                return Err(Violation { property: "view-change-preservation", why });
            }
        }
        Ok(())
    }
}
