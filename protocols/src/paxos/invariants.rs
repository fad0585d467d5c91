//! P1, P2 and what follows from them, checked at every step, for every protocol that decides so.
//!
//! What acceptors have told anybody is remembered for the whole run: a value that a quorum has voted
//! for in one ballot is chosen from then on, whether or not anybody lives to count, and whether or not
//! the acceptors still know.

use super::message::{Message, Vote};
use super::{Key, Paxos, Value};
use crate::ballot::{Ballot, Begun};
use crate::quorum::majority;
use checkers::model::decisions::Decisions;
use sim_core::{Cause, Effect, Fact, Invariant, NodeId, NodeSet, Nodes, Process, Step, Violation};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::fmt::Display;

/// Every safety property of Paxos but linearizability, which is judged from the clients' history.
pub type Invariants = (Rules<Ballot>,);

/// What a message says, in the words of the papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying<R> {
    /// Its sender asks for promises, for a ballot of its own.
    Begins(R),
    /// Its sender will take part in no lower ballot, and this is its last vote.
    Promises {
        /// Which ballot.
        ballot: R,
        /// The last vote.
        vote: Option<Vote<R>>,
    },
    /// A ballot's proposer lets acceptors vote for this value; for any, when there is none.
    Proposes {
        /// Which ballot.
        ballot: R,
        /// The value.
        value: Option<Value>,
    },
    /// Its sender has voted.
    Votes(Vote<R>),
    /// Its sender has promised this ballot.
    HasPromised(R),
}

/// Numbers of ballots: what they are by themselves.
pub trait Number: Copy + Ord + Default + Display + 'static {
    /// How many of so many acceptors choose a value in it.
    fn quorum(self, acceptors: usize) -> usize;

    /// Whether acceptors may vote in it for whatever clients propose.
    fn is_free(self) -> bool {
        false
    }
}

impl Number for Ballot {
    fn quorum(self, acceptors: usize) -> usize {
        majority(acceptors)
    }
}

/// A protocol whose messages can be told in those words.
pub trait Decides: Process<Service = Decisions> {
    /// What numbers its ballots.
    type Number: Number;

    /// What a message says, and of which decision; none when it says nothing of this kind.
    fn saying(message: &Self::Message) -> Option<(Key, Saying<Self::Number>)>;
}

impl Decides for Paxos {
    type Number = Ballot;

    fn saying(message: &Message) -> Option<(Key, Saying<Ballot>)> {
        Some(match *message {
            Message::Prepare { key, ballot } => (key, Saying::Begins(ballot)),
            Message::Promise { key, ballot, vote } => (key, Saying::Promises { ballot, vote }),
            Message::Accept { key, ballot, value } => {
                (key, Saying::Proposes { ballot, value: Some(value) })
            }
            Message::Accepted { key, ballot, value } => {
                (key, Saying::Votes(Vote { ballot, value }))
            }
            Message::Nack { key, promised, .. } => (key, Saying::HasPromised(promised)),
            _ => return None,
        })
    }
}

/// The rules of proposals and votes, and what they are for.
///
/// | property | what |
/// |---|---|
/// | `validity` | what is proposed was asked for by a client |
/// | `ballot-uniqueness` | one value, unless clients may propose in it; one vote an acceptor; begun in one life |
/// | `proposal-rule` | no other value was or can still be chosen in a lower ballot |
/// | `promise-integrity` | acceptors take part in no ballot below their promise, and report their last vote |
/// | `agreement` | one value is chosen |
/// | `learner-consistency` | what is decided was chosen |
/// | `integrity` | a node decides once |
#[derive(Clone, Debug)]
pub struct Rules<R> {
    places: BTreeMap<Key, Place<R>>,
    /// The highest key of which nothing is known any more: what is said of it is believed.
    forgotten: Key,
    /// How often each node has booted.
    lives: Vec<u32>,
}

/// How many decisions are remembered: those with the highest keys.
const DECISIONS: usize = 1 << 14;

impl<R> Default for Rules<R> {
    fn default() -> Self {
        Rules { places: BTreeMap::new(), forgotten: 0, lives: Vec::new() }
    }
}

/// What is known of a decision.
#[derive(Clone, Debug)]
struct Place<R> {
    asked: SmallVec<[Value; 4]>,
    said: Vec<Said<R>>,
    ballots: BTreeMap<R, Poll>,
    chosen: Option<(R, Value)>,
}

/// What a node has said of a decision.
#[derive(Clone, Copy, Debug, Default)]
struct Said<R> {
    promised: R,
    vote: Option<Vote<R>>,
    decided: Option<Value>,
    begun: Begun<R>,
}

/// What happens in a ballot.
#[derive(Clone, Debug, Default)]
struct Poll {
    /// What is proposed: a value, any (`Some(None)`), or nothing yet.
    proposed: Option<Option<Value>>,
    voters: NodeSet,
    votes: SmallVec<[(Value, NodeSet); 1]>,
}

type Found = Result<(), (&'static str, String)>;

impl<R: Number> Place<R> {
    fn new(nodes: usize) -> Place<R> {
        let said = Said::default();
        let (asked, ballots) = (SmallVec::new(), BTreeMap::new());
        Place { asked, said: vec![said; nodes], ballots, chosen: None }
    }

    fn hear(&mut self, node: NodeId, life: u32, saying: Saying<R>) -> Found {
        match saying {
            Saying::Begins(ballot) => {
                let begins = self.said[node.index()].begun.begins(node, ballot, life);
                begins.map_err(|why| ("ballot-uniqueness", why))
            }
            Saying::Promises { ballot, vote } => self.on_promise(node, ballot, vote),
            Saying::Proposes { ballot, value } => self.on_proposal(node, ballot, value),
            Saying::Votes(vote) => self.on_vote(node, vote),
            Saying::HasPromised(ballot) => {
                let said = &mut self.said[node.index()];
                said.promised = said.promised.max(ballot);
                Ok(())
            }
        }
    }

    /// What an acceptor has said binds it, through restarts.
    fn bind(&mut self, node: NodeId, ballot: R, what: &str) -> Found {
        let said = &mut self.said[node.index()];
        if ballot < said.promised {
            let why = format!("{node} {what} {ballot}, and has promised {}", said.promised);
            return Err(("promise-integrity", why));
        }
        said.promised = ballot;
        Ok(())
    }

    fn on_promise(&mut self, node: NodeId, ballot: R, vote: Option<Vote<R>>) -> Found {
        self.bind(node, ballot, "promises")?;
        let last = self.said[node.index()].vote;
        if vote.map(|vote| vote.ballot) < last.map(|vote| vote.ballot) {
            let show = |vote: Option<Vote<R>>| vote.map_or("none".into(), |v| v.ballot.to_string());
            let why = format!(
                "{node} promises {ballot} and reports {} as its last vote, which was in {}",
                show(vote),
                show(last)
            );
            return Err(("promise-integrity", why));
        }
        // It may have voted without telling, or its telling may wait for the disk.
        vote.map_or(Ok(()), |vote| self.count(node, vote))
    }

    fn on_proposal(&mut self, node: NodeId, ballot: R, value: Option<Value>) -> Found {
        if let Some(value) = value.filter(|value| !self.asked.contains(value)) {
            return Err(("validity", format!("{node} proposes {value}, which nobody asked for")));
        }
        self.propose(node, ballot, value)
    }

    /// A proposal is made known, or made again.
    fn propose(&mut self, node: NodeId, ballot: R, value: Option<Value>) -> Found {
        let poll = self.ballots.entry(ballot).or_default();
        match poll.proposed {
            Some(known) if known == value => return Ok(()),
            Some(_) if ballot.is_free() => return Ok(()),
            Some(_) => {
                let why = format!("{node} proposes a second value in ballot {ballot}");
                return Err(("ballot-uniqueness", why));
            }
            None => poll.proposed = Some(value),
        }
        let others = self.ballots.iter().filter(|(other, _)| **other != ballot);
        for (other, poll) in others {
            let Some(proposed) = poll.proposed else { continue };
            let (low, low_value, high, high_value) = match *other < ballot {
                true => (*other, proposed, ballot, value),
                false => (ballot, value, *other, proposed),
            };
            if let Some(rival) = self.may_choose_another(low, low_value, high_value) {
                let what = high_value.map_or("anything".into(), |value| value.to_string());
                let why = format!(
                    "{what} is proposed in ballot {high}, and {rival} may be chosen in {low}: those \
                     that have not voted for it can still do so, or are too few"
                );
                return Err(("proposal-rule", why));
            }
        }
        Ok(())
    }

    /// What could be chosen in a ballot beside a value that is proposed in a higher one.
    fn may_choose_another(
        &self,
        low: R,
        proposed: Option<Value>,
        high_value: Option<Value>,
    ) -> Option<String> {
        let poll = self.ballots.get(&low)?;
        let acceptors = 0..self.said.len() as u32;
        let is_open =
            |node: &NodeId| self.said[node.index()].promised <= low && !poll.voters.contains(*node);
        let open = acceptors.map(NodeId).filter(is_open).count();
        let votes = |value: Value| {
            let votes = poll.votes.iter().find(|(voted, _)| *voted == value);
            votes.map_or(0, |(_, voters)| voters.len())
        };
        let quorum = low.quorum(self.said.len());
        let is_rival = |value: &Value| Some(*value) != high_value;
        let may_be = |value: &Value| votes(*value) + open >= quorum;
        match proposed {
            Some(value) => (is_rival(&value) && may_be(&value)).then(|| value.to_string()),
            None if open >= quorum => Some("another value".into()),
            None => {
                let mut voted = poll.votes.iter().map(|(value, _)| *value);
                voted.find(|value| is_rival(value) && may_be(value)).map(|value| value.to_string())
            }
        }
    }

    fn on_vote(&mut self, node: NodeId, vote: Vote<R>) -> Found {
        self.bind(node, vote.ballot, "votes in")?;
        self.count(node, vote)
    }

    /// An acceptor has told of a vote.
    fn count(&mut self, node: NodeId, vote: Vote<R>) -> Found {
        let Vote { ballot, value } = vote;
        if !self.asked.contains(&value) {
            let why = format!("{node} votes for {value}, which nobody asked for");
            return Err(("validity", why));
        }
        // A proposer may have died after it had voted, and before its proposal left.
        let proposed = if ballot.is_free() { None } else { Some(value) };
        self.propose(node, ballot, proposed)?;
        let said = &mut self.said[node.index()];
        if let Some(last) = said.vote
            && last.ballot == ballot
            && last.value != value
        {
            let why = format!("{node} votes for {value} and {} in ballot {ballot}", last.value);
            return Err(("ballot-uniqueness", why));
        }
        said.vote = said.vote.filter(|last| last.ballot > ballot).or(Some(vote));
        let acceptors = self.said.len();
        let Some(poll) = self.ballots.get_mut(&ballot) else { return Ok(()) };
        poll.voters.insert(node);
        let place = poll.votes.iter().position(|(voted, _)| *voted == value);
        let place = place.unwrap_or_else(|| {
            poll.votes.push((value, NodeSet::default()));
            poll.votes.len() - 1
        });
        let voters = &mut poll.votes[place].1;
        let is_news = voters.insert(node);
        if !is_news || voters.len() < ballot.quorum(acceptors) {
            return Ok(());
        }
        match self.chosen {
            Some((first, other)) if other != value => {
                let why = format!(
                    "{value} is chosen in ballot {ballot} by the vote of {node}, and {other} was \
                     chosen in ballot {first}"
                );
                Err(("agreement", why))
            }
            known => {
                self.chosen = known.or(Some((ballot, value)));
                Ok(())
            }
        }
    }

    fn decide(&mut self, node: NodeId, value: Value) -> Found {
        let said = &mut self.said[node.index()];
        match said.decided {
            Some(other) if other != value => {
                let why = format!("{node} decides {value}, and has decided {other} before");
                return Err(("integrity", why));
            }
            _ => said.decided = Some(value),
        }
        match self.chosen {
            Some((_, chosen)) if chosen == value => Ok(()),
            Some((ballot, chosen)) => {
                let why = format!("{node} decides {value}, and {chosen} was chosen in {ballot}");
                Err(("learner-consistency", why))
            }
            None => {
                let why = format!("{node} decides {value}, and nothing is chosen");
                Err(("learner-consistency", why))
            }
        }
    }
}

impl<R: Number> Rules<R> {
    /// What is known of a decision; none when it is too old.
    fn place(&mut self, key: Key, nodes: usize) -> Option<&mut Place<R>> {
        if key <= self.forgotten {
            return None;
        }
        if self.places.len() == DECISIONS && !self.places.contains_key(&key) {
            let lowest = self.places.pop_first();
            self.forgotten = lowest.map_or(self.forgotten, |(key, _)| key);
        }
        (key > self.forgotten).then(|| self.places.entry(key).or_insert_with(|| Place::new(nodes)))
    }
}

impl<P: Decides> Invariant<P> for Rules<P::Number> {
    const PROPERTIES: &'static [&'static str] = &[
        "validity",
        "agreement",
        "integrity",
        "learner-consistency",
        "ballot-uniqueness",
        "proposal-rule",
        "promise-integrity",
    ];

    #[inline]
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        let count = nodes.len();
        self.lives.resize(count, 0);
        if matches!(step.cause, Cause::Boot) {
            self.lives[step.node.index()] += 1;
        }
        let life = self.lives[step.node.index()];
        if let Cause::Request(request) = &step.cause
            && let Some(value) = request.op.value()
            && let Some(place) = self.place(request.op.key(), count)
            && !place.asked.contains(&value)
        {
            place.asked.push(value);
        }
        let mut first = Ok(());
        for effect in step.effects {
            let found = match effect {
                Effect::Send { message, .. } => {
                    P::saying(message).map_or(Ok(()), |(key, saying)| {
                        let place = self.place(key, count);
                        place.map_or(Ok(()), |place| place.hear(step.node, life, saying))
                    })
                }
                Effect::Claim(claim) => match claim.fact {
                    Fact::Decides { slot, value, .. } => self
                        .place(slot as Key, count)
                        .map_or(Ok(()), |place| place.decide(step.node, value)),
                    _ => Ok(()),
                },
                _ => Ok(()),
            };
            first = first.and(found);
        }
        first.map_err(|(property, why)| Violation { property, why })
    }
}
