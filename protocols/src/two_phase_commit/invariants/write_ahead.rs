//! Logs before words: what a message rests on is on disk before it leaves; and nothing is forgotten while somebody may
//! ask for it and would be told otherwise.

use super::super::config::Variant;
use super::super::message::{Message, Record, Tx, Vote};
use super::super::{COORDINATOR, Coordinator, TwoPhaseCommit};
use super::{Past, TRANSACTIONS};
use sim_core::context::Kinds;
use sim_core::{Claim, Effect, Fact, Invariant, NodeId, Nodes, Step, Violation};
use std::collections::{BTreeMap, BTreeSet};

/// PREPARED before yes, COMMIT before its being told, the outcome before ACK, INITIATION before PREPARE.
#[derive(Clone, Debug, Default)]
pub struct WriteAhead {
    /// What the coordinator's disk has, or had before it was put together: commits and initiations.
    logged: BTreeSet<(Tx, bool)>,
    /// What the coordinator is done with: whoever it still tells anything of that knows better.
    ended: BTreeSet<Tx>,
}

/// Whether a participant's log leaves a transaction in doubt: what it tells last of it is that it was promised.
fn is_in_doubt<'l>(log: impl DoubleEndedIterator<Item = &'l Record>, tx: Tx) -> bool {
    let told = log.rev().find_map(|record| match record {
        Record::Prepared { tx: other, .. } if *other == tx => Some(true),
        Record::Outcome { tx: other, .. } if *other == tx => Some(false),
        Record::Participant(checkpoint) => {
            Some(checkpoint.in_doubt.iter().any(|(other, ..)| *other == tx))
        }
        _ => None,
    });
    told.unwrap_or(false)
}

/// Whether a log tells of a transaction that it was promised here, or how it ended since.
fn tells_of<'l>(mut log: impl DoubleEndedIterator<Item = &'l Record>, tx: Tx) -> bool {
    log.rfind(|record| match record {
        Record::Prepared { tx: other, .. } | Record::Outcome { tx: other, .. } => *other == tx,
        Record::Participant(checkpoint) => {
            tx < checkpoint.floor
                || checkpoint.in_doubt.iter().any(|(other, ..)| *other == tx)
                || checkpoint.outcomes.iter().any(|(other, _)| *other == tx)
        }
        _ => false,
    })
    .is_some()
}

/// Whether a coordinator's log has that a transaction commits, or, for false, who takes part in it.
fn has<'l>(mut log: impl DoubleEndedIterator<Item = &'l Record>, tx: Tx, commits: bool) -> bool {
    log.rfind(|record| match record {
        Record::Initiation { tx: other, .. } => *other == tx && !commits,
        Record::Decision { tx: other, commits: true, .. } => *other == tx && commits,
        Record::Coordinator(checkpoint) => checkpoint
            .open
            .iter()
            .any(|(other, decided, _)| *other == tx && decided.unwrap_or(false) == commits),
        _ => false,
    })
    .is_some()
}

/// Whether a coordinator's log leaves a transaction open: what it tells last of it is who takes part.
fn is_undecided<'l>(log: impl DoubleEndedIterator<Item = &'l Record>, tx: Tx) -> bool {
    let told = log.rev().find_map(|record| match record {
        Record::Initiation { tx: other, .. } if *other == tx => Some(true),
        Record::Decision { tx: other, .. } | Record::End { tx: other } if *other == tx => {
            Some(false)
        }
        Record::Coordinator(checkpoint) => {
            let mut open = checkpoint.open.iter();
            Some(open.any(|(other, commits, _)| *other == tx && commits.is_none()))
        }
        _ => None,
    });
    told.unwrap_or(false)
}

impl WriteAhead {
    /// Whether the coordinator's log has it, or had it before it was put together.
    fn is_logged<'l>(
        &mut self,
        log: impl DoubleEndedIterator<Item = &'l Record>,
        tx: Tx,
        commits: bool,
    ) -> bool {
        let is_logged = self.logged.contains(&(tx, commits)) || has(log, tx, commits);
        if is_logged {
            self.logged.insert((tx, commits));
        }
        is_logged
    }

    fn rests_on<'l>(
        &mut self,
        log: impl DoubleEndedIterator<Item = &'l Record> + Clone,
        message: &Message,
        variant: Variant,
    ) -> Result<(), String> {
        let presumes_commit = variant == Variant::PresumedCommit;
        match *message {
            Message::Vote { tx, vote: Vote::Yes } if !tells_of(log.clone(), tx) => {
                Err(format!("votes yes on {tx:?}, which its disk does not have"))
            }
            Message::Ack { tx } if is_in_doubt(log.clone(), tx) => {
                Err(format!("acknowledges {tx:?}, of which its disk does not have the outcome"))
            }
            // Under presumed commit a log that has nothing of it says the same.
            Message::Decision { tx, commits: true }
                if match presumes_commit {
                    true => !self.ended.contains(&tx) && is_undecided(log.clone(), tx),
                    false => !self.is_logged(log.clone(), tx, true),
                } =>
            {
                Err(format!("tells that {tx:?} commits, which its disk does not have"))
            }
            Message::Prepare { tx, ref peers, .. }
                if presumes_commit && !peers.is_empty() && !self.is_logged(log, tx, false) =>
            {
                Err(format!("asks for votes on {tx:?}, and its disk does not have who takes part"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a message rests on what is on disk.
fn rests(message: &Message) -> bool {
    matches!(
        message,
        Message::Vote { vote: Vote::Yes, .. }
            | Message::Ack { .. }
            | Message::Decision { commits: true, .. }
            | Message::Prepare { .. }
    )
}

impl Invariant<TwoPhaseCommit> for WriteAhead {
    const PROPERTIES: &'static [&'static str] = &["write-ahead"];

    fn check(
        &mut self,
        nodes: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        let log = nodes.durable(step.machine);
        let coordinator = match nodes.process(step.machine) {
            Some(TwoPhaseCommit::Coordinator(node)) => Some(node),
            _ => None,
        };
        let mut found = Ok(());
        for effect in step.effects {
            match effect {
                // What leaves when it is no use any more, since the disk was slow, can do no harm.
                Effect::Send { message: Message::Prepare { tx, .. }, .. }
                    if !coordinator.is_some_and(|node| node.is_undecided(*tx)) => {}
                Effect::Send { message, .. } if rests(message) => {
                    let variant = coordinator.map_or(Variant::default(), Coordinator::variant);
                    found = found.and(self.rests_on(log.clone(), message, variant));
                }
                Effect::Claim(Claim { fact: Fact::Ends { transaction }, .. })
                    if step.node == COORDINATOR =>
                {
                    self.ended.insert(Tx(*transaction));
                }
                _ => {}
            }
        }
        if self.logged.len() > 2 * TRANSACTIONS {
            self.logged.pop_first();
        }
        if self.ended.len() > TRANSACTIONS {
            self.ended.pop_first();
        }
        found.map_err(|why: String| {
            let why = format!("{} {why}", step.node);
            Violation { property: "write-ahead", why }
        })
    }
}

/// The coordinator forgets a transaction that did not end as it presumes only when all who were in doubt know.
#[derive(Clone, Debug, Default)]
pub struct ForgottenWhenAllKnow {
    past: Past<Ends>,
}

/// How a transaction ends.
#[derive(Clone, Debug, Default)]
struct Ends {
    outcome: Option<bool>,
    /// Who was or is in doubt, and whether it knows.
    doubts: BTreeMap<NodeId, bool>,
}

impl Invariant<TwoPhaseCommit> for ForgottenWhenAllKnow {
    const PROPERTIES: &'static [&'static str] = &["forgotten-when-all-know"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    fn check(
        &mut self,
        nodes: &Nodes<TwoPhaseCommit>,
        step: &Step<'_, TwoPhaseCommit>,
    ) -> Result<(), Violation> {
        for fact in step.facts() {
            match *fact {
                Fact::Votes { transaction, yes: true } => {
                    self.past.of(Tx(transaction)).doubts.entry(step.node).or_insert(false);
                }
                Fact::Concludes { transaction, commits } if step.node == COORDINATOR => {
                    self.past.of(Tx(transaction)).outcome = Some(commits);
                }
                Fact::Concludes { transaction, .. } => {
                    self.past.of(Tx(transaction)).doubts.insert(step.node, true);
                }
                Fact::Ends { transaction } => {
                    let Some(TwoPhaseCommit::Coordinator(node)) = nodes.process(step.machine)
                    else {
                        continue;
                    };
                    let presumed = node.variant() == Variant::PresumedCommit;
                    let ends = self.past.of(Tx(transaction));
                    let ignorant = ends.doubts.iter().find(|(_, knows)| !**knows);
                    if let (Some(outcome), Some((other, _))) = (ends.outcome, ignorant)
                        && outcome != presumed
                    {
                        let (tx, does) = (Tx(transaction), super::super::show::outcome(outcome));
                        let why = format!(
                            "{} forgets the {does} of {tx:?}, of which {other} is still in doubt",
                            step.node
                        );
                        return Err(Violation { property: "forgotten-when-all-know", why });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_rests_on_prepared_and_an_acknowledgement_on_the_outcome() {
        let prepared = Record::Prepared { tx: Tx(1), peers: Vec::new(), writes: Vec::new() };
        let outcome = Record::Outcome { tx: Tx(1), commits: true };
        let yes = Message::Vote { tx: Tx(1), vote: Vote::Yes };
        let ack = Message::Ack { tx: Tx(1) };
        let rests = |log: &[Record], message| {
            let mut checker = WriteAhead::default();
            checker.rests_on(log.iter(), message, Variant::PresumedAbort).is_ok()
        };
        assert!(!rests(&[], &yes) && rests(std::slice::from_ref(&prepared), &yes));
        assert!(!rests(std::slice::from_ref(&prepared), &ack));
        assert!(rests(&[prepared, outcome], &ack) && rests(&[], &ack));
    }

    #[test]
    fn telling_a_commit_rests_on_its_record_and_presumed_commit_on_initiations() {
        let mut checker = WriteAhead::default();
        let commit = Message::Decision { tx: Tx(1), commits: true };
        let (floor, peers) = (Tx(1), vec![NodeId(1)]);
        let prepare = Message::Prepare { tx: Tx(1), floor, life: 1, peers };
        let log = [Record::Initiation { tx: Tx(1), sites: Vec::new() }];
        let mut rests = |log: &[Record], message, variant| {
            checker.rests_on(log.iter(), message, variant).is_ok()
        };
        assert!(!rests(&log, &commit, Variant::PresumedCommit));
        assert!(!rests(&log, &commit, Variant::PresumedAbort));
        assert!(!rests(&[], &prepare, Variant::PresumedCommit));
        assert!(rests(&[], &prepare, Variant::PresumedAbort));
        assert!(rests(&log, &prepare, Variant::PresumedCommit));
        assert!(rests(&[], &prepare, Variant::PresumedCommit), "it had it");
    }
}
