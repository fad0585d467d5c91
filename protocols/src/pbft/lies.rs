//! How a replica lies in the protocol's own words (OSDI, section 2: an adversary that can do anything but forge
//! what others have sealed). A liar runs the protocol, and says something else than what it should.

use super::message::{
    Digest, Entry, Message, NewView, PrePrepare, SealedViewChange, Seq, ViewChange, Vote,
};
use crate::session::Sessions;
use sim_core::seal::Liar;
use sim_core::{NodeId, Service};
use std::sync::Arc;

/// The lies, and what they are.
pub(super) const LIES: &[(&str, &str)] = &[
    (
        "equivocate-preprepare",
        "the primary proposes one batch to some and another to others, and votes for both",
    ),
    ("forged-digest", "proposals and votes bear a digest that belongs to no batch"),
    ("forged-request", "the primary proposes what the client has not asked for"),
    ("wrong-view", "proposals and votes are of the view before or after"),
    ("seq-gap", "the primary leaves out a sequence number"),
    ("seq-exhaust", "the primary jumps to a sequence number far ahead"),
    (
        "lying-viewchange",
        "VIEW-CHANGE messages hide what was prepared, invent some, or claim a later checkpoint",
    ),
    ("bad-newview", "NEW-VIEW messages leave out messages that bind, or choose the null request"),
    ("bad-checkpoint", "CHECKPOINT messages tell of another state"),
    ("bad-state-transfer", "a state that is asked for is another"),
];

/// What is sent instead; none when the lie has nothing to do with the message.
pub(super) fn lie<S: Service>(
    lie: &str,
    message: &Message<S>,
    to: NodeId,
    liar: &mut Liar<'_>,
) -> Option<Vec<Message<S>>> {
    match (lie, message) {
        ("equivocate-preprepare", Message::PrePrepare(proposal)) => Some(equivocate(proposal, to)),
        ("forged-digest", _) => on_vote(message, |vote| vote.digest.hash ^= 1),
        ("forged-request", Message::PrePrepare(proposal)) => {
            let mut proposal = proposal.clone();
            let mut batch = proposal.batch.to_vec();
            batch.iter_mut().for_each(|sealed| sealed.request.id.number += 1);
            (proposal.digest, proposal.batch) = (Digest::of(&batch), batch.into());
            Some(vec![Message::PrePrepare(proposal)])
        }
        ("wrong-view", _) => {
            let up = liar.rng().below(2) == 0;
            on_vote(message, |vote| {
                vote.view = if up { vote.view + 1 } else { vote.view.saturating_sub(1) };
            })
        }
        ("seq-gap", Message::PrePrepare(_)) => on_vote(message, |vote| vote.seq += 1),
        ("seq-exhaust", Message::PrePrepare(_)) => {
            let jump = 1 << liar.rng().below(40);
            on_vote(message, |vote| vote.seq += jump)
        }
        ("lying-viewchange", Message::ViewChange(change)) => {
            let content = distort(&change.content, liar);
            let seal = liar.seal(&content);
            Some(vec![Message::ViewChange(Arc::new(SealedViewChange { content, seal }))])
        }
        ("bad-newview", Message::NewView(new)) => {
            Some(vec![Message::NewView(Arc::new(misread(new, liar)))])
        }
        ("bad-checkpoint", Message::Checkpoint { seq, digest }) => {
            Some(vec![Message::Checkpoint { seq: *seq, digest: digest ^ 1 }])
        }
        ("bad-state-transfer", Message::State(snapshot)) => {
            let mut other = (**snapshot).clone();
            match liar.rng().below(2) {
                0 => other.state = S::default(),
                _ => other.sessions = Sessions::default(),
            }
            Some(vec![Message::State(Arc::new(other))])
        }
        _ => None,
    }
}

/// One half hears of the batch, the other of the same requests twice over, which are as well sealed; and each half of a
/// PREPARE that goes with it.
fn equivocate<S: Service>(proposal: &PrePrepare<S>, to: NodeId) -> Vec<Message<S>> {
    let mut proposal = proposal.clone();
    if is_of_the_other_half(to) {
        proposal.batch = proposal.batch.iter().chain(proposal.batch.iter()).cloned().collect();
        proposal.digest = Digest::of(&proposal.batch);
    }
    let PrePrepare { view, seq, digest, .. } = proposal;
    let vote = Vote { view, seq, digest };
    vec![Message::PrePrepare(proposal), Message::Prepare(vote), Message::Commit(vote)]
}

fn is_of_the_other_half(node: NodeId) -> bool {
    node.index() % 2 == 1
}

/// The same message about something else.
fn on_vote<S: Service>(
    message: &Message<S>,
    change: impl Fn(&mut Vote),
) -> Option<Vec<Message<S>>> {
    let mut message = message.clone();
    match &mut message {
        Message::Prepare(vote) | Message::Commit(vote) => change(vote),
        Message::PrePrepare(PrePrepare { view, seq, digest, .. }) => {
            let mut vote = Vote { view: *view, seq: *seq, digest: *digest };
            change(&mut vote);
            (*view, *seq, *digest) = (vote.view, vote.seq, vote.digest);
        }
        _ => return None,
    }
    Some(vec![message])
}

/// A VIEW-CHANGE message that hides, invents or inflates.
fn distort(change: &ViewChange, liar: &mut Liar<'_>) -> ViewChange {
    let mut change = change.clone();
    match liar.rng().below(4) {
        0 => change.prepared.clear(),
        1 => {
            let view = change.view.saturating_sub(1);
            let seq = change.prepared.last().map_or(change.stable + 1, |entry| entry.seq);
            let digest = Digest { name: None, hash: liar.rng().bits() };
            change.prepared.retain(|entry| entry.seq != seq);
            change.prepared.push(Entry { seq, digest, view });
            change.pre_prepared.push(Entry { seq, digest, view });
        }
        2 => {
            let higher: Seq = change.prepared.last().map_or(change.stable, |entry| entry.seq);
            change.stable = higher;
            change.checkpoints = vec![(higher, liar.rng().bits())];
            change.prepared.clear();
            change.pre_prepared.clear();
        }
        _ => change.checkpoints.iter_mut().for_each(|(_, digest)| *digest ^= 1),
    }
    change
}

/// A NEW-VIEW message that does not follow from what was said.
fn misread(new: &NewView, liar: &mut Liar<'_>) -> NewView {
    let mut new = new.clone();
    match liar.rng().below(3) {
        0 => new.changes.retain(|change| change.content.prepared.is_empty()),
        1 => new.chosen.iter_mut().for_each(|(_, digest)| *digest = Digest::null()),
        _ => new.chosen.clear(),
    }
    new
}
