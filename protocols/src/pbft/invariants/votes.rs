//! S9, and that nobody invents requests: what honest replicas say.

use super::super::Pbft;
use super::super::message::{Digest, Message, Record, Seq, View, Vote};
use super::{Ghost, PerMachine};
use sim_core::context::Kinds;
use sim_core::{Authentication, Effect, Invariant, NodeId, Nodes, Service, Step, Violation};

/// S9: an honest replica votes for one batch at a sequence number in a view, and not in a view that it has left; nor
/// does it forget that by a crash: what it says of a batch its disk has before others hear it.
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
            let wrong = unwritten(nodes, step, message).or_else(|| match message {
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
            });
            if let Some(wrong) = wrong {
                let why = format!("{} {wrong}", step.node);
                return Err(Violation { property: "one-vote", why });
            }
        }
        Ok(())
    }
}

/// What a replica says of a batch and its disk does not know. What a stable checkpoint stands for it need not know.
fn unwritten<S: Service>(
    nodes: &Nodes<Pbft<S>>,
    step: &Step<'_, Pbft<S>>,
    message: &Message<S>,
) -> Option<String> {
    let (vote, what) = match message {
        Message::Prepare(vote) => (vote, "agrees to"),
        Message::Commit(vote) => (vote, "holds for prepared"),
        _ => return None,
    };
    if vote.seq <= nodes.process(step.machine)?.stable() {
        return None;
    }
    // The journal tells of a batch the last view in which it was pre-prepared, and at a number what was prepared last.
    let same = |known: &Vote| {
        (known.seq, known.digest) == (vote.seq, vote.digest) && known.view >= vote.view
    };
    let later = |known: &Vote| known.seq == vote.seq && known.view > vote.view;
    let knows = |record: &Record<S>| match (record, message) {
        (Record::Prepared(known), Message::Commit(_)) => same(known) || later(known),
        (Record::PrePrepared { vote, .. } | Record::Vouched(vote), Message::Prepare(_)) => {
            same(vote)
        }
        _ => false,
    };
    let is_known = nodes.durable(step.machine).rev().any(knows);
    (!is_known).then(|| format!("{what} {vote:?} before its disk knows"))
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
