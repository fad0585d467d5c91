//! What acceptors may do: keep their promises and their votes, and tell of them all.

use super::super::MultiPaxos;
use super::super::log::Slot;
use super::super::message::Message;
use crate::ballot::Ballot;
use checkers::safety::Ring;
use sim_core::{Cause, Effect, Invariant, Nodes, Service, Step, Violation};

/// What an acceptor has said binds it, through restarts: it promises no lower ballot afterwards and
/// votes in none, and each promise reports its highest vote for every slot, but for those that it
/// says are compacted.
#[derive(Clone, Debug, Default)]
pub struct PromiseIntegrity(Vec<Said>);

/// What an acceptor has said so far.
#[derive(Clone, Debug, Default)]
struct Said {
    promised: Ballot,
    votes: Ring<Ballot, SLOTS>,
}

/// How many slots are remembered of each acceptor.
const SLOTS: usize = 1 << 12;

impl Said {
    fn say<S: Service>(&mut self, message: &Message<S>) -> Option<String> {
        let (what, ballot) = match message {
            Message::Promise { ballot, .. } => ("promises", *ballot),
            Message::Accepted { ballot, .. } => ("votes in", *ballot),
            Message::Alive { ballot, .. } => ("follows", *ballot),
            Message::Nack { promised, .. } => {
                self.promised = self.promised.max(*promised);
                return None;
            }
            _ => return None,
        };
        if ballot < self.promised {
            return Some(format!("{what} {ballot}, and has promised {}", self.promised));
        }
        self.promised = ballot;
        match message {
            Message::Accepted { slot, .. } => {
                if let Some(vote) = self.votes.at(*slot) {
                    *vote = ballot;
                }
                None
            }
            Message::Promise { first, votes, base, .. } => {
                let report = |slot: Slot| {
                    let place = votes.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
                    Some(votes[place].1.ballot)
                };
                let from = (*first).max(base + 1);
                let mut voted = self.votes.from(from).filter(|(_, vote)| !vote.is_none());
                let (slot, vote) = voted.find(|(slot, vote)| report(*slot) < Some(**vote))?;
                let told = report(slot).map_or("none".to_string(), |told| told.to_string());
                Some(format!(
                    "promises {ballot} and reports {told} as its highest vote for slot {slot}, \
                     where it has voted in {vote}"
                ))
            }
            _ => None,
        }
    }
}

impl<S: Service> Invariant<MultiPaxos<S>> for PromiseIntegrity {
    const PROPERTIES: &'static [&'static str] = &["promise-integrity"];

    #[inline]
    fn check(
        &mut self,
        nodes: &Nodes<MultiPaxos<S>>,
        step: &Step<'_, MultiPaxos<S>>,
    ) -> Result<(), Violation> {
        if self.0.len() < nodes.len() {
            self.0.resize(nodes.len(), Said::default());
        }
        let said = &mut self.0[step.machine as usize];
        let mut wrong = None;
        if let (Cause::Boot, Some(server)) = (&step.cause, nodes.process(step.machine))
            && server.promised() < said.promised
        {
            let (now, then) = (server.promised(), said.promised);
            wrong = Some(format!("boots with a promise of {now}, and had given one of {then}"));
        }
        for effect in step.effects {
            if let Effect::Send { message, .. } = effect {
                let found = said.say(message);
                wrong = wrong.or(found);
            }
        }
        let Some(wrong) = wrong else { return Ok(()) };
        let why = format!("{} {wrong}", step.node);
        Err(Violation { property: "promise-integrity", why })
    }
}
