//! How a replica lies in the protocol's own words (OSDI, section 2: an adversary that can do anything but forge
//! what others have sealed). A liar runs the protocol, and says something else than what it should.
//!
//! What several receivers must hear alike, for the lie to be worth anything, is drawn from the message that is
//! distorted and not from the liar's randomness.

use super::bugs::{Bug, Bugs};
use super::checkpoint::Snapshot;
use super::decision::Rules;
use super::message::{
    Ack, Digest, Entry, Message, NewView, PrePrepare, SealedViewChange, View, ViewChange, Vote,
};
use super::quorums::Quorums;
use crate::session::Sessions;
use sim_core::drive::replay::hash_of;
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
    (
        "hiding-viewchange",
        "VIEW-CHANGE messages hide what was done since the stable checkpoint, later ones included",
    ),
    ("needless-viewchange", "a replica leaves its view with all that it says, for no reason"),
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
        ("forged-request", Message::PrePrepare(proposal)) => Some(vec![forge(proposal, liar)]),
        ("wrong-view", _) => {
            let up = liar.rng().below(2) == 0;
            on_vote(message, |vote| {
                vote.view = if up || vote.view == 0 { vote.view + 1 } else { vote.view - 1 };
            })
        }
        ("seq-gap", Message::PrePrepare(_)) => on_vote(message, |vote| vote.seq += 1),
        ("seq-exhaust", Message::PrePrepare(_)) => {
            let jump = 1 << liar.rng().below(40);
            on_vote(message, |vote| vote.seq += jump)
        }
        ("lying-viewchange", Message::ViewChange(change)) => {
            Some(leave(distort(&change.content), liar))
        }
        ("hiding-viewchange", Message::ViewChange(change)) => {
            Some(leave(hide(change.content.clone()), liar))
        }
        ("needless-viewchange", _) => {
            let view = view_of(message)? + 1 + liar.rng().below(2);
            let nothing = ViewChange {
                view,
                replica: liar.id(),
                stable: 0,
                checkpoints: Vec::new(),
                prepared: Vec::new(),
                pre_prepared: Vec::new(),
            };
            Some([leave(nothing, liar), vec![message.clone()]].concat())
        }
        ("bad-newview", Message::NewView(new)) => {
            Some(vec![Message::NewView(Arc::new(misread(new, liar)))])
        }
        ("bad-checkpoint", Message::Checkpoint { seq, .. }) => {
            // That of the state which a bad state transfer may bring.
            let state =
                Snapshot::<S> { seq: *seq, state: S::default(), sessions: forgotten::<S>() };
            Some(vec![Message::Checkpoint { seq: *seq, digest: state.digest() }])
        }
        ("bad-state-transfer", Message::State(snapshot)) => {
            let mut other = (**snapshot).clone();
            let what = liar.rng().below(3);
            if what != 0 {
                other.state = S::default();
            }
            if what != 1 {
                other.sessions = forgotten::<S>();
            }
            Some(vec![Message::State(Arc::new(other))])
        }
        _ => None,
    }
}

fn forgotten<S: Service>() -> Sessions<S::Reply> {
    Sessions::default()
}

/// Some hear of the batch, the others of the same requests twice over, which are as well sealed; and each of a
/// PREPARE and a COMMIT that go with it. Who hears what is another matter each time.
fn equivocate<S: Service>(proposal: &PrePrepare<S>, to: NodeId) -> Vec<Message<S>> {
    let mut proposal = proposal.clone();
    let sides = hash_of(&(proposal.view, proposal.seq, proposal.digest));
    if sides >> (to.index() % 64) & 1 == 1 {
        proposal.batch = proposal.batch.iter().chain(proposal.batch.iter()).cloned().collect();
        proposal.digest = Digest::of(&proposal.batch);
    }
    let PrePrepare { view, seq, digest, .. } = proposal;
    let vote = Vote { view, seq, digest };
    vec![Message::PrePrepare(proposal), Message::Prepare(vote), Message::Commit(vote)]
}

/// A proposal of what the client asks for under a name that it has not given yet, or as if it had no other
/// question open.
fn forge<S: Service>(proposal: &PrePrepare<S>, liar: &mut Liar<'_>) -> Message<S> {
    let mut proposal = proposal.clone();
    let mut batch = proposal.batch.to_vec();
    let renames = liar.rng().below(2) == 0;
    for sealed in &mut batch {
        match renames {
            true => sealed.request.id.number += 1,
            false => sealed.request.oldest = 0,
        }
    }
    (proposal.digest, proposal.batch) = (Digest::of(&batch), batch.into());
    Message::PrePrepare(proposal)
}

/// The same message about something else.
fn on_vote<S: Service>(
    message: &Message<S>,
    change: impl Fn(&mut Vote),
) -> Option<Vec<Message<S>>> {
    let mut message = message.clone();
    match &mut message {
        Message::Prepare(vote) | Message::Commit(vote) | Message::Committed(vote) => change(vote),
        Message::PrePrepare(PrePrepare { view, seq, digest, .. }) => {
            let mut vote = Vote { view: *view, seq: *seq, digest: *digest };
            change(&mut vote);
            (*view, *seq, *digest) = (vote.view, vote.seq, vote.digest);
        }
        _ => return None,
    }
    Some(vec![message])
}

/// The view that a message is about.
fn view_of<S: Service>(message: &Message<S>) -> Option<View> {
    match message {
        Message::PrePrepare(proposal) => Some(proposal.view),
        Message::Prepare(vote) | Message::Commit(vote) | Message::Committed(vote) => {
            Some(vote.view)
        }
        Message::Status(status) => Some(status.view),
        Message::ViewChange(change) => Some(change.content.view),
        Message::NewView(new) => Some(new.view),
        Message::ViewChangeAck(ack) | Message::AckQuery(ack) => Some(ack.view),
        _ => None,
    }
}

/// A VIEW-CHANGE message of its own, and its word that it has had it.
fn leave<S: Service>(content: ViewChange, liar: &Liar<'_>) -> Vec<Message<S>> {
    let ViewChange { view, replica, .. } = content;
    let ack = Ack { view, replica, digest: hash_of(&content) };
    let seal = liar.seal(&content);
    let change = Arc::new(SealedViewChange { content, seal });
    vec![Message::ViewChange(change), Message::ViewChangeAck(ack)]
}

fn hide(mut change: ViewChange) -> ViewChange {
    change.checkpoints.truncate(1);
    change.prepared.clear();
    change.pre_prepared.clear();
    change
}

/// A VIEW-CHANGE message that hides, invents or inflates; the same for all who hear it.
fn distort(change: &ViewChange) -> ViewChange {
    let draw = hash_of(change);
    let mut change = change.clone();
    let highest = change.prepared.last().map_or(change.stable + 1, |entry| entry.seq);
    match draw % 5 {
        0 => return hide(change),
        1 | 2 => {
            // Something that exists: a batch of another place, or the null request.
            let mut others = change.pre_prepared.iter().filter(|entry| entry.seq != highest);
            let other = others.next_back().filter(|_| draw % 5 == 1).map(|entry| entry.digest);
            let digest = other.unwrap_or_else(Digest::null);
            let entry = Entry { seq: highest, digest, view: change.view.saturating_sub(1) };
            change.prepared.retain(|entry| entry.seq != highest);
            change.prepared.push(entry);
            change.pre_prepared.push(entry);
        }
        3 => {
            change.stable = highest;
            change.checkpoints = vec![(highest, draw)];
            change = hide(change);
        }
        _ => change.checkpoints.iter_mut().for_each(|(_, digest)| *digest ^= 1),
    }
    change
}

/// A NEW-VIEW message from those who tell least, whom the choice follows from; or from one too few of them; or one
/// whose choice follows from nothing.
fn misread(new: &NewView, liar: &mut Liar<'_>) -> NewView {
    let mut new = new.clone();
    let quorums = Quorums::of(liar.nodes());
    let draw = liar.rng().below(4);
    if draw > 1 {
        new.chosen.iter_mut().for_each(|(_, digest)| *digest = Digest::null());
        new.chosen.truncate(if draw == 2 { new.chosen.len() } else { 0 });
        return new;
    }
    let short = draw == 1;
    let bugs = if short { Bugs::of(&[Bug::VcOneShort]) } else { Bugs::default() };
    let mut changes = new.changes.clone();
    changes.sort_by_key(|change| change.content.prepared.len());
    changes.truncate(quorums.quorum - usize::from(short));
    let said: Vec<&ViewChange> = changes.iter().map(|change| &change.content).collect();
    let rules = Rules { quorums, log_size: u64::MAX, bugs };
    if let Some(decision) = rules.decide(&said) {
        (new.start, new.chosen, new.changes) = (decision.start, decision.chosen, changes);
    }
    new
}
