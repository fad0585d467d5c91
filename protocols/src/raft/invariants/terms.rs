//! What terms, votes and indices may do: monotonicity, old terms that count for nothing, and a Pre-Vote without
//! consequences.

use super::super::log::{Index, Term};
use super::super::message::{self, Message};
use super::super::{Raft, Role};
use super::PerMachine;
use sim_core::context::{Kinds, Target};
use sim_core::{Cause, Effect, Invariant, NodeId, NodeSet, Nodes, Service, Step, Violation};

/// Terms never go back and a term has one vote, nor across restarts as far as others were told; in
/// one life of a server the commit index, what is applied, and the snapshot never go back, nor in
/// one term what a leader knows of its followers, as long as they are its followers.
///
/// And what bears an old term has no consequences: "If a server receives a request with a stale term number, it rejects
/// the request" (section 5.1), which is an answer and nothing else, and an answer to what the server was in an old term
/// tells it nothing.
#[derive(Clone, Debug, Default)]
pub struct Monotonicity(PerMachine<Known>);

/// A server when it was last looked at, and what it has said.
#[derive(Clone, Debug, Default)]
struct Known {
    term: Term,
    voted_for: Option<NodeId>,
    commit: Index,
    applied: Index,
    snapshot: Index,
    /// The term in which it leads, when it does, and so what it knows of its followers.
    leads_in: Option<Term>,
    matched: Vec<Index>,
    peers: NodeSet,
    said_term: Term,
    said_vote: Option<NodeId>,
}

impl Known {
    fn look<S: Service>(&mut self, raft: &Raft<S>) {
        self.term = raft.term();
        self.voted_for = raft.voted_for();
        self.commit = raft.commit_index();
        self.applied = raft.last_applied();
        self.snapshot = raft.snapshot_index();
        if self.peers != raft.peers() {
            for left in self.peers.without(raft.peers()).iter() {
                if let Some(matched) = self.matched.get_mut(left.index()) {
                    *matched = 0;
                }
            }
            self.peers = raft.peers();
        }
    }

    /// Why a server that has booted contradicts what it said in an earlier life.
    fn across_restarts<S: Service>(&self, raft: &Raft<S>) -> Option<String> {
        let (term, said) = (raft.term(), self.said_term);
        if term < said {
            return Some(format!("boots with term {term} and had said {said}"));
        }
        let vote = (term == said).then_some(self.said_vote).flatten()?;
        (raft.voted_for() != Some(vote))
            .then(|| format!("boots without the vote that it gave {vote} in term {term}"))
    }

    /// Whether nothing went back. Most steps need no closer look.
    #[inline]
    fn has_kept<S: Service>(&self, raft: &Raft<S>) -> bool {
        let vote_kept = self.voted_for.is_none() || raft.voted_for() == self.voted_for;
        self.term <= raft.term()
            && (vote_kept || self.term < raft.term())
            && self.commit <= raft.commit_index()
            && self.applied <= raft.last_applied()
            && self.snapshot <= raft.snapshot_index()
    }

    /// Why a step went back.
    fn in_one_life<S: Service>(&self, raft: &Raft<S>) -> Option<String> {
        if self.has_kept(raft) {
            return None;
        }
        let went_back = |what: &str, before: u64, now: u64| {
            (now < before).then(|| format!("goes back from {what} {before} to {now}"))
        };
        let lost_vote = || {
            let vote = self.voted_for.filter(|vote| raft.voted_for() != Some(*vote))?;
            let now = raft.voted_for().map_or("nobody".to_string(), |now| now.to_string());
            Some(format!("takes its vote of term {} from {vote} and gives it {now}", self.term))
        };
        went_back("term", self.term, raft.term())
            .or_else(|| if raft.term() == self.term { lost_vote() } else { None })
            .or_else(|| went_back("commit index", self.commit, raft.commit_index()))
            .or_else(|| went_back("applied index", self.applied, raft.last_applied()))
            .or_else(|| went_back("snapshot index", self.snapshot, raft.snapshot_index()))
    }

    /// What a leader knew and knows of a follower, as its match index.
    fn of_follower<S: Service>(
        &mut self,
        raft: &Raft<S>,
        from: NodeId,
        servers: usize,
    ) -> Option<(Index, Index)> {
        if raft.role() != Role::Leader {
            self.leads_in = None;
            return None;
        }
        if self.leads_in.replace(raft.term()) != Some(raft.term()) {
            self.matched.clear();
            self.matched.resize(servers, 0);
        }
        if !raft.peers().contains(from) {
            return None;
        }
        let now = raft.match_index(from);
        let before = std::mem::replace(self.matched.get_mut(from.index())?, now);
        Some((before, now))
    }

    /// What came of a message of a term that was over when it came.
    fn of_old_term<S: Service>(
        &self,
        nodes: &Nodes<Raft<S>>,
        step: &Step<'_, Raft<S>>,
        follower: Option<(Index, Index)>,
    ) -> Option<&'static str> {
        let Cause::Message { from, message } = &step.cause else { return None };
        if message.term() >= self.term || !is_of_its_term(message) {
            return None;
        }
        if follower.is_some_and(|(before, now)| before != now) {
            return Some("counts it");
        }
        let to_sender = |effect: &Effect<_>| matches!(effect, Effect::Send { to, .. } if *to == Target::One(*from));
        let more = |effect: &&Effect<_>| is_answer(message) || !to_sender(effect);
        match step.effects.iter().find(more) {
            Some(Effect::Append { .. } | Effect::Rewrite { .. } | Effect::Sync) => Some("writes"),
            Some(Effect::SetTimer { .. } | Effect::CancelTimer { .. }) => Some("sets a timer"),
            Some(Effect::Send { .. }) => Some("sends more than an answer"),
            Some(Effect::Claim(_) | Effect::Reply { .. }) => Some("acts on it"),
            // An answer may wait for the disk.
            None if step.effects.is_empty()
                && is_to_be_answered(message)
                && !nodes.waits_for_disk(step.machine) =>
            {
                Some("does not answer")
            }
            None => None,
        }
    }

    fn say<S: Service>(&mut self, message: &Message<S>, to: Option<NodeId>, me: NodeId) {
        let vote = match message {
            Message::PreVote(_) | Message::PreVoteReply { .. } => return,
            Message::Vote { granted: true, .. } => to,
            Message::RequestVote(_) => Some(me),
            _ => None,
        };
        if message.term() > self.said_term {
            (self.said_term, self.said_vote) = (message.term(), vote);
        } else if message.term() == self.said_term {
            self.said_vote = self.said_vote.or(vote);
        }
    }
}

/// Whether a message means something in its term alone. What is said of reads stands beside the papers' figures.
fn is_of_its_term<S: Service>(message: &Message<S>) -> bool {
    !matches!(
        message,
        Message::ReadIndex { .. } | Message::ReadIndexReply { .. } | Message::OwnSync { .. }
    )
}

fn is_answer<S: Service>(message: &Message<S>) -> bool {
    matches!(
        message,
        Message::PreVoteReply { .. }
            | Message::Vote { .. }
            | Message::Appended { .. }
            | Message::Installed { .. }
    )
}

/// Whether its sender must be told of the term that has begun. Who stands by a leader need not answer a candidate.
fn is_to_be_answered<S: Service>(message: &Message<S>) -> bool {
    matches!(
        message,
        Message::PreVote(_) | Message::AppendEntries(_) | Message::InstallSnapshot { .. }
    )
}

impl<S: Service> Invariant<Raft<S>> for Monotonicity {
    const PROPERTIES: &'static [&'static str] = &["monotonicity", "stale-rejection"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let known = self.0.of(nodes, step.machine);
        let mut stale = None;
        let wrong = match &step.cause {
            Cause::Boot => {
                known.leads_in = None;
                known.across_restarts(raft)
            }
            Cause::Message { from, message } => {
                let follower = known.of_follower(raft, *from, nodes.len());
                stale = known.of_old_term(nodes, step, follower).map(|what| (message, what));
                let goes_back = |(before, now)| {
                    format!("goes back from match index {before} to {now} of {from}")
                };
                let follower = follower.filter(|(before, now)| now < before).map(goes_back);
                known.in_one_life(raft).or(follower)
            }
            _ => known.in_one_life(raft),
        };
        let term = known.term;
        known.look(raft);
        let effects = if step.kinds.any_of(Kinds::SENDS) { step.effects } else { &[] };
        for effect in effects {
            if let Effect::Send { to, message } = effect {
                let to = match to {
                    Target::One(to) => Some(*to),
                    Target::Peers => None,
                };
                known.say(message, to, step.node);
            }
        }
        if let Some(wrong) = wrong {
            let why = format!("{} {wrong}", step.node);
            return Err(Violation { property: "monotonicity", why });
        }
        let Some((message, what)) = stale else { return Ok(()) };
        let (kind, old) = (message::KINDS[message.kind()], message.term());
        let why = format!("{} hears {kind} of term {old} in term {term}, and {what}", step.node);
        Err(Violation { property: "stale-rejection", why })
    }
}

/// Asking beforehand, consenting to it and hearing consent change no term and no vote; only a
/// majority's consent starts a campaign, and only a refusal that bears a higher term raises the
/// asker's.
#[derive(Clone, Debug, Default)]
pub struct PreVoteFree(PerMachine<(Term, Option<NodeId>)>);

impl<S: Service> Invariant<Raft<S>> for PreVoteFree {
    const PROPERTIES: &'static [&'static str] = &["pre-vote-free"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let now = (raft.term(), raft.voted_for());
        let before = std::mem::replace(self.0.of(nodes, step.machine), now);
        let what = match &step.cause {
            Cause::Message { message: Message::PreVote(_), .. } => "was asked beforehand",
            Cause::Message { message: Message::PreVoteReply { granted: true, .. }, .. } => {
                "heard consent"
            }
            _ => return Ok(()),
        };
        let campaigns = raft.role() == Role::Candidate
            && now == (before.0 + 1, Some(step.node))
            && what == "heard consent";
        if now == before || campaigns {
            return Ok(());
        }
        let show =
            |vote: Option<NodeId>| vote.map_or("nobody".to_string(), |vote| vote.to_string());
        let why = format!(
            "{} {what}, and went from term {} with its vote for {} to term {} with its vote for {}",
            step.node,
            before.0,
            show(before.1),
            now.0,
            show(now.1)
        );
        Err(Violation { property: "pre-vote-free", why })
    }
}
