//! What is proposed, what is voted for, what that makes chosen, and what is learned.

use super::super::log::{Command, Slot, Value};
use super::super::message::Message;
use super::super::{MultiPaxos, Role};
use crate::ballot::{Ballot, Begun};
use crate::quorum::majority;
use checkers::safety::Ring;
use sim_core::drive::replay::hash_of;
use sim_core::{
    Cause, Effect, Fact, Invariant, Machine, NodeId, NodeSet, Nodes, RequestId, Service, Step,
    Violation,
};
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};

/// The rules of proposals and votes, and what they are for.
///
/// | property | what |
/// |---|---|
/// | `validity` | a proposed request was sent by its client, as it is |
/// | `ballot-uniqueness` | a ballot proposes one value for a slot, and is begun in one life of its proposer |
/// | `proposal-rule` | P2c: a majority has promised, and the value is that of their highest vote, if any |
/// | `reconfiguration-window` | nobody proposes further than alpha ahead, and only acceptors vote |
/// | `agreement` | one value is chosen for a slot |
/// | `learner-consistency` | what is executed is what was chosen, and a leader's view of that is sound |
///
/// A leader takes a value for chosen by the votes of its own ballot alone; and when it learns that another value was
/// chosen than it has proposed, or from a snapshot that one was, it leaves that ballot.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    asked: Asked,
    slots: Ring<Place, SLOTS>,
    /// Who has promised which ballot, for the newest ballots.
    promised: VecDeque<(Ballot, NodeSet)>,
    /// The highest ballot of which that is forgotten: a proposal in such a one is believed.
    forgotten: Ballot,
    /// From which slot on who decides.
    acceptors: Vec<(Slot, NodeSet)>,
    window: u64,
    /// Everything up to here is chosen.
    prefix: Slot,
    /// How often each server has booted, and what it has begun.
    begun: Vec<(u32, Begun<Ballot>)>,
    /// By machine: the ballot that it led when it was last looked at, and the first slot that it had proposed
    /// something for and did not hold for chosen.
    open: Vec<Option<(Ballot, Slot)>>,
}

/// How many slots are remembered, and how many ballots.
const SLOTS: usize = 1 << 14;
const BALLOTS: usize = 256;

#[derive(Clone, Debug, Default)]
struct Place {
    proposals: SmallVec<[Proposal; 1]>,
    chosen: Option<(Ballot, u64)>,
}

#[derive(Clone, Debug)]
struct Proposal {
    ballot: Ballot,
    value: u64,
    change: Option<NodeSet>,
    voters: NodeSet,
}

impl Place {
    fn find(&mut self, ballot: Ballot) -> Option<&mut Proposal> {
        self.proposals.iter_mut().rev().find(|proposal| proposal.ballot == ballot)
    }

    /// An acceptor's highest vote below a ballot.
    fn highest(&self, acceptor: NodeId, below: Ballot) -> Option<(Ballot, u64)> {
        let votes =
            self.proposals.iter().filter(|p| p.ballot < below && p.voters.contains(acceptor));
        votes.map(|proposal| (proposal.ballot, proposal.value)).max()
    }
}

type Found = Option<(&'static str, String)>;

impl Choices {
    fn begin<S: Service>(&mut self, nodes: &Nodes<MultiPaxos<S>>, machine: u32) {
        if let Some(server) = nodes.process(machine).filter(|_| self.acceptors.is_empty()) {
            let first = server.config().first_acceptors(nodes.len() as u32);
            self.acceptors.push((1, (0..first).map(NodeId).collect()));
            self.window = server.config().window;
        }
    }

    fn acceptors_of(&self, slot: Slot) -> &NodeSet {
        let place = self.acceptors.iter().rposition(|(from, _)| *from <= slot).unwrap_or(0);
        &self.acceptors[place].1
    }

    fn promise(&mut self, node: NodeId, ballot: Ballot) {
        match self.promised.iter_mut().rev().find(|(known, _)| *known == ballot) {
            Some((_, who)) => {
                who.insert(node);
            }
            None => {
                if self.promised.len() == BALLOTS
                    && let Some((old, _)) = self.promised.pop_front()
                {
                    self.forgotten = self.forgotten.max(old);
                }
                self.promised.push_back((ballot, NodeSet::of(node)));
            }
        }
    }

    /// A proposal is made known: what is wrong about it, and whether it was unknown.
    fn note<S: Service>(
        &mut self,
        proposer: NodeId,
        (ballot, slot): (Ballot, Slot),
        value: &Value<S>,
    ) -> (Found, bool) {
        let Some(place) = self.slots.at(slot) else { return (None, false) };
        let checksum = value.checksum;
        if let Some(known) = place.find(ballot) {
            let why =
                || format!("{proposer} proposes two values for slot {slot} in ballot {ballot}");
            return ((known.value != checksum).then(|| ("ballot-uniqueness", why())), false);
        }
        let change = match &value.command {
            Command::Acceptors(acceptors) => Some(*acceptors),
            _ => None,
        };
        let voters = NodeSet::default();
        place.proposals.push(Proposal { ballot, value: checksum, change, voters });
        (None, true)
    }

    /// A proposal is made, or made again.
    fn propose<S: Service>(
        &mut self,
        node: NodeId,
        (ballot, slot): (Ballot, Slot),
        value: &Value<S>,
    ) -> Found {
        let (found, is_new) = self.note(node, (ballot, slot), value);
        if !is_new {
            return found;
        }
        if let Command::Request(request) = &value.command
            && !self.asked.was(request.id, hash_of(&request.op))
        {
            let id = request.id;
            return Some(("validity", format!("{node} proposes {id}, which nobody asked for so")));
        }
        if slot > self.prefix + self.window {
            let why = format!(
                "{node} proposes for slot {slot}, and only what is before {} is chosen, further back than {}",
                self.prefix + 1,
                self.window
            );
            return Some(("reconfiguration-window", why));
        }
        self.is_safe(node, (ballot, slot), value.checksum)
    }

    /// P2c.
    fn is_safe(&self, node: NodeId, (ballot, slot): (Ballot, Slot), value: u64) -> Found {
        let acceptors = self.acceptors_of(slot);
        let quorum = majority(acceptors.len());
        let promised = self.promised.iter().rev().find(|(known, _)| *known == ballot);
        if promised.is_none() && ballot <= self.forgotten {
            return None;
        }
        let promised: SmallVec<[NodeId; 8]> = promised
            .map(|(_, who)| who.iter().filter(|acceptor| acceptors.contains(*acceptor)).collect())
            .unwrap_or_default();
        if promised.len() < quorum {
            let why = format!(
                "{node} proposes for slot {slot} in ballot {ballot}, which {} of {} acceptors have promised",
                promised.len(),
                acceptors.len()
            );
            return Some(("proposal-rule", why));
        }
        let place = self.slots.get(slot)?;
        let mut votes: SmallVec<[_; 8]> =
            promised.iter().map(|acceptor| place.highest(*acceptor, ballot)).collect();
        votes.sort_unstable();
        // The lowest majority has the lowest highest vote; a greater majority may have a higher one.
        let is_allowed =
            |highest: &Option<(Ballot, u64)>| highest.is_none_or(|vote| vote.1 == value);
        if votes[quorum - 1..].iter().any(is_allowed) {
            return None;
        }
        let why = format!(
            "{node} proposes {value:016x} for slot {slot} in ballot {ballot}, whose promisers have \
             voted {votes:x?} at most"
        );
        Some(("proposal-rule", why))
    }

    /// An acceptor has told that it has voted.
    fn vote(&mut self, node: NodeId, ballot: Ballot, slot: Slot) -> Found {
        let acceptors = *self.acceptors_of(slot);
        let place = self.slots.at(slot)?;
        let proposal = place.find(ballot)?;
        let is_news = proposal.voters.insert(node);
        if !acceptors.contains(node) {
            let why = format!("{node} votes for slot {slot}, of which it is no acceptor");
            return Some(("reconfiguration-window", why));
        }
        if !is_news || !acceptors.has_majority_in(proposal.voters) {
            return None;
        }
        let (value, change) = (proposal.value, proposal.change);
        if let Some((first, other)) = place.chosen {
            let why = format!(
                "{value:016x} is chosen for slot {slot} in ballot {ballot} by the vote of {node}, and \
                 {other:016x} was chosen there in ballot {first}"
            );
            return (other != value).then_some(("agreement", why));
        }
        place.chosen = Some((ballot, value));
        while self.slots.get(self.prefix + 1).is_some_and(|place| place.chosen.is_some()) {
            self.prefix += 1;
        }
        if let Some(acceptors) = change {
            self.acceptors.push((slot + self.window, acceptors));
            self.acceptors.sort_by_key(|(from, _)| *from);
        }
        None
    }

    fn learn(&mut self, node: NodeId, slot: Slot, value: u64) -> Found {
        match self.slots.at(slot)?.chosen {
            None => {
                let why = format!("{node} executes slot {slot}, for which nothing is chosen");
                Some(("learner-consistency", why))
            }
            Some((ballot, chosen)) => (chosen != value).then(|| {
                let why = format!(
                    "{node} executes {value:016x} at slot {slot}, for which {chosen:016x} was chosen \
                     in ballot {ballot}"
                );
                ("learner-consistency", why)
            }),
        }
    }

    /// Why a leader misjudges what is chosen, from what it was told just now. Mostly nothing comes of that: what it
    /// takes for chosen soon is.
    fn misjudge<S: Service>(
        &mut self,
        leader: &MultiPaxos<S>,
        me: NodeId,
        before: Option<(Ballot, Slot)>,
        message: &Message<S>,
    ) -> Found {
        let ballot = leader.ballot();
        if leader.role() != Role::Leader || ballot.proposer != me {
            return None;
        }
        match message {
            Message::Accepted { slot, .. } => {
                let counted = leader.votes_counted(*slot)?;
                let voters = self.slots.at(*slot)?.find(ballot)?.voters;
                let others = counted.without(voters);
                let why = || {
                    format!("{me} counts {others} for slot {slot}, who have not voted in its ballot {ballot}")
                };
                (!others.is_empty()).then(|| ("learner-consistency", why()))
            }
            Message::Learn { first, values } => {
                (*first..).zip(values.iter()).find_map(|(slot, value)| {
                    let own = self.slots.at(slot)?.find(ballot)?.value;
                    let why = format!(
                        "{me} goes on to lead ballot {ballot}, in which it has proposed {own:016x} for slot {slot}, \
                         and has heard that {:016x} is chosen there",
                        value.checksum
                    );
                    (own != value.checksum).then_some(("learner-consistency", why))
                })
            }
            Message::Install { .. } => {
                let slot = before.filter(|(led, _)| *led == ballot)?.1;
                let why = || {
                    format!(
                        "{me} goes on to lead ballot {ballot}, in which it has proposed for slot {slot}, and has \
                         installed a snapshot of what others have chosen there"
                    )
                };
                (slot <= leader.executed()).then(|| ("learner-consistency", why()))
            }
            _ => None,
        }
    }

    /// What a machine leads now. Returns what it led before.
    fn look<S: Service>(
        &mut self,
        server: &MultiPaxos<S>,
        machine: Machine,
    ) -> Option<(Ballot, Slot)> {
        let leads = server.role() == Role::Leader;
        let now = server.first_open().filter(|_| leads).map(|slot| (server.ballot(), slot));
        let machine = machine as usize;
        if self.open.len() <= machine {
            self.open.resize(machine + 1, None);
        }
        std::mem::replace(&mut self.open[machine], now)
    }

    fn hear<S: Service>(
        &mut self,
        nodes: &Nodes<MultiPaxos<S>>,
        step: &Step<'_, MultiPaxos<S>>,
        message: &Message<S>,
    ) -> Found {
        let node = step.node;
        match message {
            Message::Prepare { ballot, .. } => {
                let (life, begun) = &mut self.begun[node.index()];
                let begins = begun.begins(node, *ballot, *life);
                begins.err().map(|why| ("ballot-uniqueness", why))
            }
            Message::Promise { ballot, votes, .. } => {
                self.promise(node, *ballot);
                let mut found = None;
                for (slot, vote) in votes.iter() {
                    // A leader may have died after it had voted, and before its proposal left.
                    let proposal = (vote.ballot, *slot);
                    let (noted, _) = self.note(vote.ballot.proposer, proposal, &vote.value);
                    found = found.or(noted).or(self.vote(node, vote.ballot, *slot));
                }
                found
            }
            Message::Accept { ballot, slot, value, .. } => {
                self.propose(node, (*ballot, *slot), value)
            }
            Message::Accepted { ballot, slot } => {
                // A leader that is the only acceptor sends its proposal to nobody.
                let own = nodes.process(step.machine).and_then(|server| server.log().vote(*slot));
                let unsent = own.filter(|vote| vote.ballot == *ballot && ballot.proposer == node);
                let found =
                    unsent.and_then(|vote| self.propose(node, (*ballot, *slot), &vote.value));
                found.or(self.vote(node, *ballot, *slot))
            }
            _ => None,
        }
    }
}

impl<S: Service> Invariant<MultiPaxos<S>> for Choices {
    const PROPERTIES: &'static [&'static str] = &[
        "validity",
        "ballot-uniqueness",
        "proposal-rule",
        "reconfiguration-window",
        "agreement",
        "learner-consistency",
    ];

    #[inline]
    fn check(
        &mut self,
        nodes: &Nodes<MultiPaxos<S>>,
        step: &Step<'_, MultiPaxos<S>>,
    ) -> Result<(), Violation> {
        self.begin(nodes, step.machine);
        if matches!(step.cause, Cause::Boot) {
            self.begun.resize(nodes.len(), Default::default());
            self.begun[step.node.index()].0 += 1;
        }
        if let Cause::Request(request) = &step.cause {
            self.asked.note(request.id, hash_of(&request.op));
        }
        let mut first = None;
        for effect in step.effects {
            let found = match effect {
                Effect::Send { message, .. } => self.hear(nodes, step, message),
                Effect::Claim(claim) => match claim.fact {
                    Fact::Decides { slot, value, .. } => self.learn(step.node, slot, value),
                    _ => None,
                },
                _ => None,
            };
            first = first.or(found);
        }
        if let Some(server) = nodes.process(step.machine) {
            let before = self.look(server, step.machine);
            if let Cause::Message { message, .. } = step.cause {
                first = first.or_else(|| self.misjudge(server, step.node, before, message));
            }
        }
        first.map_or(Ok(()), |(property, why)| Err(Violation { property, why }))
    }
}

/// What clients have asked for: a hash of each of their newest requests.
#[derive(Clone, Debug, Default)]
struct Asked(BTreeMap<NodeId, Ring<u64, REQUESTS>>);

/// How many requests of a client are remembered. An older one is believed.
const REQUESTS: usize = 4_096;

impl Asked {
    fn note(&mut self, id: RequestId, hash: u64) {
        if let Some(known) = self.0.entry(id.client).or_default().at(u64::from(id.number)) {
            *known = hash;
        }
    }

    fn was(&mut self, id: RequestId, hash: u64) -> bool {
        let known = self.0.entry(id.client).or_default().at(u64::from(id.number));
        known.is_none_or(|known| *known == hash)
    }
}
