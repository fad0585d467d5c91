//! S9, and that nobody invents requests: what honest replicas say.

use super::super::Pbft;
use super::super::message::{Digest, Message, Record, Seq, View, Vote};
use super::{Ghost, PerMachine};
use sim_core::context::Kinds;
use sim_core::{Authentication, Effect, Invariant, NodeId, Nodes, Service, Step, Violation};

/// S9: an honest replica votes for one batch at a sequence number in a view, and not in a view that it has left; nor
/// does it forget that by a crash.
#[derive(Clone, Debug, Default)]
pub struct OneVote(PerMachine<Said>);

/// What a replica has said.
#[derive(Clone, Debug, Default)]
struct Said {
    votes: Ghost<(Seq, View), Digest>,
    /// The highest view for which it has left another.
    left_for: View,
}

impl Said {
    fn wrong(&mut self, vote: Vote) -> Option<String> {
        let Vote { view, seq, digest } = vote;
        if view < self.left_for {
            return Some(format!(
                "votes at {seq} in view {view}, which it left for {}",
                self.left_for
            ));
        }
        let first = self.votes.first((seq, view), digest);
        (first != digest)
            .then(|| format!("votes for {digest:?} at {seq} in view {view}, and has for {first:?}"))
    }
}

impl<S: Service> Invariant<Pbft<S>> for OneVote {
    const PROPERTIES: &'static [&'static str] = &["one-vote"];
    const CONCERNS: Option<Kinds> = Some(Kinds::SENDS);

    fn check(&mut self, nodes: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        let said = self.0.of(nodes, step.machine);
        for effect in step.effects {
            let Effect::Send { message, .. } = effect else { continue };
            let wrong = match message {
                Message::ViewChange(change) => {
                    said.left_for = said.left_for.max(change.content.view);
                    None
                }
                Message::Prepare(vote) | Message::Commit(vote) => said.wrong(*vote),
                Message::PrePrepare(proposal) => {
                    let (view, seq, digest) = (proposal.view, proposal.seq, proposal.digest);
                    said.wrong(Vote { view, seq, digest })
                }
                _ => None,
            };
            if let Some(wrong) = wrong {
                let why = format!("{} {wrong}", step.node);
                return Err(Violation { property: "one-vote", why });
            }
        }
        Ok(())
    }
}

/// A reader for whom no code is spoiled: there are no codes for so many.
const ANYBODY: NodeId = NodeId(64);

/// What an honest replica accepts was asked for by the client whose name it bears.
#[derive(Clone, Debug, Default)]
pub struct Validity;

impl<S: Service> Invariant<Pbft<S>> for Validity {
    const PROPERTIES: &'static [&'static str] = &["validity"];
    const CONCERNS: Option<Kinds> = Some(Kinds::WRITES);

    fn check(&mut self, _: &Nodes<Pbft<S>>, step: &Step<'_, Pbft<S>>) -> Result<(), Violation> {
        for effect in step.effects {
            let Effect::Append { record: Record::PrePrepared { vote, batch }, .. } = effect else {
                continue;
            };
            let asked = |sealed: &&super::super::message::SealedRequest<S>| {
                let client = sealed.request.id.client;
                sealed.seal.convinces(ANYBODY, Authentication::Macs, client, &sealed.request)
            };
            if let Some(invented) = batch.iter().find(|sealed| !asked(sealed)) {
                let why = format!(
                    "{} accepts {invented:?} at {}, which nobody asked for",
                    step.node, vote.seq
                );
                return Err(Violation { property: "validity", why });
            }
        }
        Ok(())
    }
}
