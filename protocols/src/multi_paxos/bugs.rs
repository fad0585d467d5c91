//! Mistakes that people have made with Paxos, to be switched on one at a time.
//!
//! The protocol asks [`Bugs::on`] at one place for each. What a mistake needs beyond that is here.

use super::config::{Config, Reads};
use super::log::{Slot, Value, Vote};
use super::{MultiPaxos, Role};
use crate::ballot::Ballot;
use crate::planted::planted_bugs;
use crate::quorum::majority;
use serde::Serialize;
use sim_core::{NodeId, NodeSet, Service, Span};
use std::collections::BTreeMap;

planted_bugs! {
    AcceptorForgetsPromise "acceptor-forgets-promise" ["promise-integrity" "agreement"] [Crash]
        "A promise is given before the disk has it, and a crash loses it.",
        "negative of \"Paxos Made Simple\", 2.5; the disk corruption of \"Paxos Made Live\", 5.1";
    AcceptorForgetsVote "acceptor-forgets-vote" ["agreement" "promise-integrity"] [Crash]
        "A vote is acknowledged before the disk has it, and a crash loses it.",
        "negative of \"Paxos Made Simple\", 2.5; the disk corruption of \"Paxos Made Live\", 5.1";
    AcceptWithoutPromiseCheck "accept-without-promise-check"
        ["promise-integrity" "agreement"] [Cut]
        "An acceptor compares a proposal with its last vote instead of with its promise.",
        "one variable for two ballots: Sutra, \"On the correctness of Egalitarian Paxos\", 2019";
    AcceptStrictlyGreater "accept-strictly-greater" ["live-again"] []
        "An acceptor wants a higher number than it has promised, so that its promise is worth nothing.",
        "off by one in P1a (\"Paxos Made Simple\", 2.2)";
    QuorumHalf "quorum-half" ["proposal-rule" "agreement" "learner-consistency"] [Cut]
        "Half of an even number of acceptors is taken for a majority.",
        "Elasticsearch with minimum_master_nodes left at 1";

    ValueFromFirstPromise "value-from-first-promise" ["proposal-rule" "agreement"] [Cut Crash]
        "A proposer takes the first value that is reported, not that of the highest ballot.",
        "negative of P2c";
    OwnValueDespitePromises "own-value-despite-promises" ["proposal-rule" "agreement"] [Crash]
        "A proposer that was asked for something proposes that, whatever was reported.",
        "negative of P2c";
    NoopOverAccepted "noop-over-accepted" ["proposal-rule" "agreement"] [Crash]
        "A new leader fills the gaps of its own log with no-ops, whatever others have reported.",
        "negative of \"Paxos Made Simple\", 3";
    NoopOverCompacted "noop-over-compacted" ["proposal-rule" "agreement"] [Cut]
        "A slot that nobody reports is taken for free, though an acceptor has compacted it away.",
        "the garbage collection of \"Paxos Made Moderately Complex\", 4.2, without what it says of it";
    NoNoopFill "no-noop-fill" ["live-again" "catch-up"] [Crash Loss]
        "A new leader leaves gaps as they are.",
        "negative of \"Paxos Made Simple\", 3";
    NackCountsAsPromise "nack-counts-as-promise" ["proposal-rule" "agreement"] [Cut]
        "Any answer to a Prepare is taken for a promise.",
        "negative of \"Paxos Made Simple\", 2.2";
    BallotReuseAfterRestart "ballot-reuse-after-restart" ["ballot-uniqueness" "agreement"] [Crash]
        "A proposer goes on after a crash with the number that it had.",
        "negative of \"Paxos Made Simple\", 2.5; compare PySyncObj #201";

    StaleAcceptedCounted "stale-accepted-counted" ["learner-consistency" "agreement"] [Delay Cut]
        "A leader counts an acknowledgement of an earlier ballot.",
        "the class behind Xraft #33";
    DuplicateAcceptedCounted "duplicate-accepted-counted"
        ["learner-consistency" "agreement"] [Duplicate]
        "Acknowledgements are counted by message, not by acceptor.",
        "the class behind akka-raft #45 and #50";
    LearnFromMixedBallots "learn-from-mixed-ballots" ["learner-consistency" "agreement"] [Cut Crash]
        "A value is taken for chosen when a majority has voted for it, each in whatever ballot.",
        "the definition of chosen read without its ballot (\"Paxos Made Simple\", 2.2 and 2.3)";
    CommitIndexImpliesOwnValue "commit-index-implies-own-value"
        ["learner-consistency" "state-equality"] [Cut]
        "A server takes its own vote for what is chosen at a slot, in whatever ballot it was given.",
        "the class behind copycat #265 and ScyllaDB #9965";

    OvertakenLeaderGoesOn "overtaken-leader-goes-on"
        ["learner-consistency" "state-equality"] [Cut Delay]
        "A leader that learns what was chosen instead of what it has proposed goes on to speak in its ballot.",
        "made in this very code and found by its own checkers";

    ConfigAtChooseTime "config-at-choose-time"
        ["reconfiguration-window" "proposal-rule" "learner-consistency"] []
        "The newest acceptors decide every slot that is open, not only those from alpha on.",
        "negative of \"Paxos Made Simple\", 3";
    NewcomersUnprepared "newcomers-unprepared" ["proposal-rule" "agreement"] []
        "A leader proposes to new acceptors without having their promise.",
        "negative of P2c at a change of acceptors";

    InstallDropsVotes "install-drops-votes" ["promise-integrity" "agreement"] [Cut]
        "A snapshot that is installed takes the place of the votes for later slots too.",
        "negative of \"Paxos Made Live\", 5.3: a snapshot is the replica's, a vote the acceptor's";
    SnapshotOmitsSessions "snapshot-omits-sessions"
        ["exactly-once" "state-equality" "linearizable"] [Crash]
        "Snapshots do not hold the sessions.",
        "negative of Ongaro's thesis, 6.3";
    SnapshotChunkMix "snapshot-chunk-mix" ["state-equality" "exactly-once" "linearizable"] [Cut]
        "Pieces of two snapshots are put together.",
        "negative of \"Paxos Made Live\", 5.3";

    QuorumReadsExecuted "quorum-reads-executed" ["linearizable"] []
        "An acceptor that is asked how far it has voted tells how far it has executed.",
        "negative of Charapko et al., 2019";
    ReadWithoutQuorum "read-without-quorum" ["linearizable"] [Cut]
        "A leader serves reads alone without a lease.",
        "\"Paxos Made Live\", 5.2";
    MasterLeaseNoWait "master-lease-no-wait" ["lease-disjointness" "linearizable"] [Cut Pause]
        "A new leader's promises are given while the old one's lease may still run.",
        "\"Paxos Made Live\", 5.2";
    LeaseFromAnswers "lease-from-answers" ["lease-disjointness" "linearizable"] [Delay Cut]
        "A lease runs from when the answers came instead of from when the heartbeat left.",
        "Ongaro's thesis, Fig. 6.3; YugaByte #16";
}

impl Bug {
    /// Takes away what would hide the mistake: another safety net, or an option that is not its
    /// subject.
    pub fn config(self, config: &mut Config) {
        match self {
            Bug::ConfigAtChooseTime | Bug::NewcomersUnprepared => {
                config.replace_every.get_or_insert(Span::millis(400));
                if config.acceptors == 0 {
                    config.acceptors = 2;
                }
            }
            Bug::NoopOverCompacted
            | Bug::OvertakenLeaderGoesOn
            | Bug::InstallDropsVotes
            | Bug::SnapshotOmitsSessions
            | Bug::SnapshotChunkMix => {
                config.snapshot_after = config.snapshot_after.clamp(1, 8);
                if self == Bug::SnapshotChunkMix {
                    config.snapshot_chunk = config.snapshot_chunk.max(8);
                }
            }
            Bug::QuorumReadsExecuted => config.reads = Reads::Quorum,
            Bug::ReadWithoutQuorum | Bug::MasterLeaseNoWait | Bug::LeaseFromAnswers => {
                config.reads = Reads::Lease;
            }
            _ => {}
        }
    }
}

/// Who has reported a vote for which value, in whatever ballot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Noted(BTreeMap<Slot, Vec<(NodeId, u64)>>);

impl Noted {
    /// Who is known to have voted for a value.
    pub(super) fn voters<S: Service>(&self, slot: Slot, value: &Value<S>) -> NodeSet {
        let votes = self.0.get(&slot).into_iter().flatten();
        votes.filter(|(_, voted)| *voted == value.checksum).map(|(voter, _)| *voter).collect()
    }
}

impl Bugs {
    /// How many of so many acceptors are enough.
    pub(super) fn quorum(self, acceptors: usize) -> usize {
        if self.on(Bug::QuorumHalf) { acceptors.div_ceil(2) } else { majority(acceptors) }
    }

    pub(super) fn demands_more(self, ballot: Ballot, promised: Ballot) -> bool {
        self.on(Bug::AcceptStrictlyGreater) && ballot == promised
    }

    /// Whether a reported vote takes the place of another: when its ballot is the higher one.
    pub(super) fn replaces<S: Service>(self, known: &Vote<S>, vote: &Vote<S>) -> bool {
        vote.ballot > known.ballot && !self.on(Bug::ValueFromFirstPromise)
    }

    pub(super) fn note_vote<S: Service>(
        self,
        noted: &mut Noted,
        slot: Slot,
        from: NodeId,
        vote: &Vote<S>,
    ) {
        if self.on(Bug::LearnFromMixedBallots) {
            noted.0.entry(slot).or_default().push((from, vote.value.checksum));
        }
    }

    /// Under whose name an acknowledgement is counted: the first that is missing, when nobody looks.
    pub(super) fn voter(self, from: NodeId, voters: &NodeSet) -> NodeId {
        if !self.on(Bug::DuplicateAcceptedCounted) {
            return from;
        }
        (0..).map(NodeId).find(|voter| !voters.contains(*voter)).unwrap_or(from)
    }

    pub(super) fn resume_ballot(
        self,
        id: NodeId,
        promised: Ballot,
        role: &mut Role,
        ballot: &mut Ballot,
    ) {
        if self.on(Bug::BallotReuseAfterRestart) && promised.proposer == id {
            (*role, *ballot) = (Role::Candidate, promised);
        }
    }
}

impl<S: Service> MultiPaxos<S> {
    pub(super) fn prefers_own_value(&self) -> bool {
        self.bugs.on(Bug::OwnValueDespitePromises) && !self.queue.is_empty()
    }

    pub(super) fn heeds_report(&self, slot: Slot) -> bool {
        !self.bugs.on(Bug::NoopOverAccepted) || self.log.vote(slot).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bug_asks_of_the_configuration_can_run() {
        for bug in Bug::ALL {
            let mut config = Config { snapshot_after: 0, ..Config::default() };
            bug.config(&mut config);
            assert_eq!(config.complaint(), None, "{bug:?}");
        }
    }
}
