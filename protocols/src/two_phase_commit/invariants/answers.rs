//! What others are told is so: who is in doubt and asks, and clients. And who is in doubt acts on nothing else.

use super::super::message::{Message, Record, Tx};
use super::super::show::outcome;
use super::super::{COORDINATOR, TwoPhaseCommit};
use super::Past;
use checkers::model::bank::{BankReply, Step as Work};
use sim_core::context::{Kinds, Target};
use sim_core::{Answer, Cause, Effect, Fact, Invariant, NodeId, Nodes, RequestId, Step, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// Whoever is in doubt and is told how a transaction ends, by the coordinator or by another, is told the same: an
/// answer by presumption is a decision like any other. Those who know already may be told anything: a second copy of
/// an old vote is answered as well as can be.
#[derive(Clone, Debug, Default)]
pub struct Presumption {
    told: Past<Option<(bool, NodeId)>>,
    doubts: BTreeSet<(NodeId, Tx)>,
}

impl Presumption {
    fn tell(&mut self, tx: Tx, commits: bool, by: NodeId) -> Result<(), Violation> {
        let (first, other) = *self.told.of(tx).get_or_insert((commits, by));
        if first == commits {
            return Ok(());
        }
        let (does, did) = (outcome(commits), outcome(first));
        let why = format!("{by} says of {tx:?}: {does}, and {other} has said: {did}");
        Err(Violation { property: "presumption", why })
    }
}

impl Invariant<TwoPhaseCommit> for Presumption {
    const PROPERTIES: &'static [&'static str] = &["presumption"];

    fn check(
        &mut self,
        _: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        for fact in step.facts() {
            match *fact {
                Fact::Votes { transaction, yes: true } => {
                    self.doubts.insert((step.node, Tx(transaction)));
                }
                Fact::Concludes { transaction, .. } => {
                    self.doubts.remove(&(step.node, Tx(transaction)));
                }
                _ => {}
            }
        }
        for effect in step.effects {
            let Effect::Send { to: Target::One(to), message } = effect else { continue };
            match *message {
                Message::Decision { tx, commits }
                | Message::PeerAnswer { tx, commits: Some(commits) }
                    if self.doubts.contains(&(*to, tx)) =>
                {
                    self.tell(tx, commits, step.node)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A client that is told of success has it, one that is told otherwise does not and never will, and what changes
/// anything is done once for each request.
#[derive(Clone, Debug, Default)]
pub struct ToldTheTruth {
    /// For whose request a transaction works, and whether it changes anything.
    works: Past<Option<(RequestId, bool)>>,
    requests: BTreeMap<RequestId, Fate>,
    /// How often the coordinator has booted.
    life: u32,
}

/// What has become of a request.
#[derive(Clone, Debug, Default)]
struct Fate {
    /// The transaction that has changed something for it.
    done: Option<Tx>,
    /// Whether one has committed for it.
    committed: bool,
    /// The last that has read something for it and changed nothing.
    reads: Option<Tx>,
    /// In which life its commit was written. One that was not announced before a crash is known by its answer.
    written: Option<(Tx, u32)>,
    /// Whether its client was told that nothing was done.
    denied: bool,
}

/// Whether a client is told that nothing was done.
fn denies(reply: &BankReply) -> bool {
    matches!(reply, BankReply::Aborted | BankReply::Declined)
}

impl ToldTheTruth {
    fn commit(&mut self, tx: Tx) -> Result<(), Violation> {
        let Some((id, changes)) = *self.works.of(tx) else { return Ok(()) };
        let fate = self.requests.entry(id).or_default();
        fate.committed = true;
        if !changes {
            // To read again is to do nothing again.
            return Ok(());
        }
        if fate.denied {
            let why = format!("{tx:?} commits for {id}, which was told that nothing was done");
            return Err(Violation { property: "told-the-truth", why });
        }
        match fate.done.replace(tx) {
            Some(other) if other != tx => {
                let why = format!("{tx:?} does {id}, which {other:?} has done before");
                Err(Violation { property: "runs-once", why })
            }
            _ => Ok(()),
        }
    }

    /// What only reads has no record of its own: a checkpoint with the answer is its first.
    fn keep(&mut self, record: &Record) {
        let Record::Coordinator(checkpoint) = record else { return };
        for (id, _) in checkpoint.sessions.answers().filter(|(_, reply)| !denies(reply)) {
            let fate = self.requests.entry(id).or_default();
            if let (Some(tx), None, false) = (fate.reads, fate.written, fate.committed) {
                fate.written = Some((tx, self.life));
            }
        }
    }

    fn reply(&mut self, id: RequestId, reply: &BankReply) -> Result<(), Violation> {
        let life = self.life;
        let recovered = self.requests.get(&id).and_then(|fate| fate.written);
        if let Some((tx, written)) = recovered
            && written < life
            && !denies(reply)
        {
            self.commit(tx)?;
        }
        let fate = self.requests.entry(id).or_default();
        let denies = denies(reply);
        fate.denied |= denies;
        let why = match (denies, fate.done) {
            (false, _) if fate.committed => return Ok(()),
            (true, Some(tx)) => {
                format!("{id} is told that nothing was done, and {tx:?} has done it")
            }
            (false, _) => {
                format!("{id} is told of success, and no transaction has committed for it")
            }
            (true, None) => return Ok(()),
        };
        Err(Violation { property: "told-the-truth", why })
    }
}

impl Invariant<TwoPhaseCommit> for ToldTheTruth {
    const PROPERTIES: &'static [&'static str] = &["told-the-truth", "runs-once"];

    fn check(
        &mut self,
        _: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        if step.node != COORDINATOR {
            return Ok(());
        }
        if let Cause::Boot = step.cause {
            self.life += 1;
        }
        let mut found = Ok(());
        for effect in step.effects {
            match effect {
                Effect::Append {
                    record: Record::Decision { tx, commits: true, answer, .. },
                    ..
                } => {
                    let fate = self.requests.entry(answer.id).or_default();
                    fate.written = Some((*tx, self.life));
                }
                Effect::Rewrite { records, .. } => records.iter().for_each(|it| self.keep(it)),
                Effect::Send { message: Message::Work { tx, request, steps, .. }, .. } => {
                    let changes = steps.iter().any(Work::writes);
                    let known = self.works.of(*tx).get_or_insert((*request, false));
                    known.1 |= changes;
                    let reads = (!known.1).then_some(*tx);
                    self.requests.entry(*request).or_default().reads = reads;
                }
                Effect::Claim(claim) => {
                    if let Fact::Concludes { transaction, commits: true } = claim.fact {
                        found = found.and(self.commit(Tx(transaction)));
                    }
                }
                Effect::Reply { id, answer: Answer::Done(reply) } => {
                    found = found.and(self.reply(*id, reply));
                }
                _ => {}
            }
        }
        found
    }
}

/// Who is in doubt ends it as it was told to, by the coordinator or by another that knows, and never otherwise.
#[derive(Clone, Debug, Default)]
pub struct NeverAlone {
    told: Past<BTreeSet<(NodeId, bool)>>,
}

impl NeverAlone {
    fn tell(&mut self, node: NodeId, tx: Tx, commits: bool) {
        self.told.of(tx).insert((node, commits));
    }

    fn conclude(&mut self, node: NodeId, tx: Tx, commits: bool) -> Result<(), Violation> {
        let is_as_told = |told: &BTreeSet<(NodeId, bool)>| told.contains(&(node, commits));
        if self.told.has_forgotten(tx) || self.told.0.get(&tx).is_some_and(is_as_told) {
            return Ok(());
        }
        let why = format!("{node} decides alone on {tx:?}: {}", outcome(commits));
        Err(Violation { property: "never-alone", why })
    }
}

impl Invariant<TwoPhaseCommit> for NeverAlone {
    const PROPERTIES: &'static [&'static str] = &["never-alone"];

    fn check(
        &mut self,
        _: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        if step.node == COORDINATOR {
            return Ok(());
        }
        if let Cause::Message {
            message:
                Message::Decision { tx, commits } | Message::PeerAnswer { tx, commits: Some(commits) },
            ..
        } = step.cause
        {
            self.tell(step.node, *tx, *commits);
        }
        if !step.kinds.any_of(Kinds::CLAIMS) {
            return Ok(());
        }
        for fact in step.facts() {
            if let Fact::Concludes { transaction, commits } = *fact {
                self.conclude(step.node, Tx(transaction), commits)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::message::CoordinatorCheckpoint;
    use super::super::TRANSACTIONS;
    use super::*;

    fn id(number: u32) -> RequestId {
        RequestId { client: NodeId::client(0), number }
    }

    #[test]
    fn an_answer_by_presumption_is_held_against_the_decision() {
        let mut checker = Presumption::default();
        assert_eq!(checker.tell(Tx(1), true, NodeId(0)), Ok(()));
        assert_eq!(checker.tell(Tx(1), true, NodeId(2)), Ok(()));
        let why = checker.tell(Tx(1), false, NodeId(0)).unwrap_err().why;
        assert_eq!(why, "n1 says of 1: abort, and n1 has said: commit");
    }

    #[test]
    fn clients_are_told_what_is_so_and_stays_so() {
        let mut checker = ToldTheTruth::default();
        *checker.works.of(Tx(1)) = Some((id(1), true));
        *checker.works.of(Tx(2)) = Some((id(2), true));
        *checker.works.of(Tx(3)) = Some((id(1), true));
        assert!(checker.reply(id(1), &BankReply::Done).is_err(), "too early");
        assert_eq!(checker.commit(Tx(1)), Ok(()));
        assert_eq!(checker.reply(id(1), &BankReply::Done), Ok(()));
        assert_eq!(checker.reply(id(2), &BankReply::Aborted), Ok(()));
        assert_eq!(checker.commit(Tx(2)).unwrap_err().property, "told-the-truth");
        assert_eq!(checker.commit(Tx(3)).unwrap_err().property, "runs-once");
    }

    /// A transaction that only reads leaves no record. The coordinator may crash before it tells of it and keep the
    /// checkpoint that has its answer.
    #[test]
    fn an_answer_that_only_a_checkpoint_has_is_true() {
        let mut checker = ToldTheTruth::default();
        *checker.works.of(Tx(1)) = Some((id(1), false));
        checker.requests.entry(id(1)).or_default().reads = Some(Tx(1));
        let mut sessions = crate::session::Sessions::default();
        sessions.record(id(1), 1, BankReply::Done, 1, 10);
        let checkpoint = CoordinatorCheckpoint { life: 1, open: Vec::new(), sessions };
        let record = Record::Coordinator(Box::new(checkpoint));
        checker.keep(&record);
        assert!(checker.clone().reply(id(1), &BankReply::Done).is_err(), "it has not crashed");
        checker.life += 1;
        checker.keep(&record);
        assert_eq!(checker.reply(id(1), &BankReply::Done), Ok(()));
        assert!(checker.reply(id(2), &BankReply::Done).is_err(), "it has no answer to that");
    }

    #[test]
    fn nobody_decides_what_it_was_not_told() {
        let mut checker = NeverAlone::default();
        checker.tell(NodeId(1), Tx(1), true);
        assert_eq!(checker.conclude(NodeId(1), Tx(1), true), Ok(()));
        assert!(checker.conclude(NodeId(1), Tx(1), false).is_err());
        assert!(checker.conclude(NodeId(2), Tx(1), true).is_err());
    }

    /// What is forgotten is what is oldest, whoever was told of it: not what was told to whom has the smallest number.
    #[test]
    fn who_was_told_lately_is_remembered_at_every_node() {
        let mut checker = NeverAlone::default();
        let (both, last) = ([NodeId(1), NodeId(2)], 2 * TRANSACTIONS as u64 + 10);
        for number in 0..=last {
            both.iter().for_each(|node| checker.tell(*node, Tx(number), true));
            for node in both {
                assert_eq!(checker.conclude(node, Tx(number), true), Ok(()), "{node}, {number}");
            }
        }
        assert!(checker.conclude(NodeId(1), Tx(last), false).is_err());
        assert_eq!(checker.conclude(NodeId(1), Tx(0), false), Ok(()), "forgotten, and unjudged");
    }
}
