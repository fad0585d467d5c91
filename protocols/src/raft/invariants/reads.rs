//! Reads that rest on a round of heartbeats.

use super::super::log::{Index, Term};
use super::super::message::{Message, Outcome};
use super::super::{Raft, Role};
use super::PerMachine;
use sim_core::context::Target;
use sim_core::{
    Answer, Cause, Effect, Fact, Invariant, NodeId, NodeSet, Nodes, ReadPath, RequestId, Service,
    Step, Violation,
};
use smallvec::SmallVec;

/// Before it serves a read, "the leader needs to make sure it has not been superseded by a newer leader of which it is
/// unaware. It issues a new round of heartbeats and waits for their acknowledgments from a majority of the cluster"
/// (thesis, section 6.4, step 3). So what a leader takes for confirmed a majority of each group of its voters has
/// answered in its term, and not by a refusal; and the round began after the read had come. Most reads that rest on
/// less come out right, since most leaders were not superseded.
#[derive(Clone, Debug, Default)]
pub struct ReadConfirmation(PerMachine<Leading>);

/// A server, as long as it leads.
#[derive(Clone, Debug, Default)]
struct Leading {
    term: Term,
    /// The newest round that it has begun.
    begun: u64,
    /// The newest round of its term that each server has answered.
    answered: SmallVec<[u64; 8]>,
    /// The newest round that it takes for confirmed.
    confirmed: u64,
    /// Its newest configuration when it was last looked at.
    newest: Index,
    /// Who reads, and the newest round when the read came.
    waiting: Vec<(Reader, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Client(RequestId),
    Follower(NodeId, u64),
}

impl Leading {
    /// A server has answered a round, or a read has come.
    fn hear<S: Service>(&mut self, cause: &Cause<'_, Raft<S>>) {
        let reader = match cause {
            Cause::Request(request) if S::is_read(&request.op) => Reader::Client(request.id),
            Cause::Message { from, message } => match message {
                Message::ReadIndex { term, ticket } if *term == self.term => {
                    Reader::Follower(*from, *ticket)
                }
                Message::Appended { term, round, outcome }
                    if *term == self.term && *outcome != Outcome::OldTerm =>
                {
                    return self.answer(*from, *round);
                }
                Message::Installed { term, round, .. } if *term == self.term => {
                    return self.answer(*from, *round);
                }
                _ => return,
            },
            _ => return,
        };
        self.waiting.push((reader, self.begun));
    }

    fn answer(&mut self, from: NodeId, round: u64) {
        if self.answered.len() <= from.index() {
            self.answered.resize(from.index() + 1, 0);
        }
        let known = &mut self.answered[from.index()];
        *known = round.max(*known);
    }

    /// Why what it takes for confirmed is not: by no configuration that it had in this step.
    fn unconfirmed<S: Service>(&mut self, raft: &Raft<S>, me: NodeId) -> Option<String> {
        let before = std::mem::replace(&mut self.newest, raft.members().newest().0);
        let round = raft.confirmed_round();
        if std::mem::replace(&mut self.confirmed, round) == round {
            return None;
        }
        let servers = (0..).map(NodeId).zip(&self.answered);
        let answered = servers.filter(|(_, last)| **last >= round).map(|(server, _)| server);
        let answered = answered.collect::<NodeSet>().or(NodeSet::of(me));
        let mut counted = raft.members().since(before);
        let is_enough = counted.any(|(_, members)| members.has_quorum(answered));
        (!is_enough).then(|| {
            let members = raft.members().newest().1;
            format!(
                "{me} takes its round {round} for confirmed by the voters {members}, \
                 of whom only {answered} have answered it"
            )
        })
    }

    /// What has just come is answered otherwise.
    fn forget(&mut self, reader: Reader) {
        if let Some(place) = self.waiting.iter().rposition(|(other, _)| *other == reader) {
            self.waiting.remove(place);
        }
    }

    /// Why a read is served too early.
    fn serve(&mut self, reader: Reader, me: NodeId) -> Option<String> {
        // What was asked for again is served once for each time, the first time first.
        let place = self.waiting.iter().position(|(other, _)| *other == reader)?;
        let (_, begun) = self.waiting.remove(place);
        (self.confirmed <= begun).then(|| {
            format!(
                "{me} serves a read that came when round {begun} had begun, and only round {} is confirmed",
                self.confirmed
            )
        })
    }
}

impl<S: Service> Invariant<Raft<S>> for ReadConfirmation {
    const PROPERTIES: &'static [&'static str] = &["read-confirmation"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let leading = self.0.of(nodes, step.machine);
        if raft.role() != Role::Leader {
            (leading.term, leading.confirmed) = (0, raft.confirmed_round());
            return Ok(());
        }
        if leading.term != raft.term() {
            let (term, confirmed, newest) = (raft.term(), leading.confirmed, leading.newest);
            *leading = Leading { term, confirmed, newest, ..Leading::default() };
        }
        leading.hear(&step.cause);
        let mut wrong = leading.unconfirmed(raft, step.node);
        let mut rests_on_a_round = false;
        for effect in step.effects {
            let served = match effect {
                Effect::Send { to: Target::One(to), message } => match message {
                    Message::AppendEntries(append) => {
                        leading.begun = leading.begun.max(append.round);
                        continue;
                    }
                    Message::ReadIndexReply { ticket, .. } => Reader::Follower(*to, *ticket),
                    _ => continue,
                },
                Effect::Claim(claim) => {
                    rests_on_a_round = claim.fact == (Fact::Reads { by: ReadPath::ReadIndex });
                    continue;
                }
                Effect::Reply { id, answer: Answer::Done(_) } if rests_on_a_round => {
                    rests_on_a_round = false;
                    Reader::Client(*id)
                }
                Effect::Reply { id, .. } => {
                    leading.forget(Reader::Client(*id));
                    continue;
                }
                _ => continue,
            };
            wrong = wrong.or(leading.serve(served, step.node));
        }
        wrong.map_or(Ok(()), |why| Err(Violation { property: "read-confirmation", why }))
    }
}
