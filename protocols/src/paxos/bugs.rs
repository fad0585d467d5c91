//! Mistakes that people have made with Paxos, to be switched on one at a time.
//!
//! The protocol asks [`Bugs::on`] at one place for each. What a mistake needs beyond that is here.

use super::Value;
use super::acceptor::Acceptor;
use super::learner::Tally;
use super::message::Vote;
use crate::ballot::Ballot;
use crate::planted::planted_bugs;
use crate::quorum::majority;
use sim_core::NodeId;

planted_bugs! {
    AcceptorForgetsPromise "acceptor-forgets-promise" ["promise-integrity" "agreement"] [Crash]
        "A promise is given before the disk has it, and a crash loses it.",
        "negative of \"Paxos Made Simple\", 2.5; the disk corruption of \"Paxos Made Live\", 5.1";
    AcceptorForgetsVote "acceptor-forgets-vote" ["agreement" "promise-integrity"] [Crash]
        "A vote is told before the disk has it, and a crash loses it.",
        "negative of \"Paxos Made Simple\", 2.5; the disk corruption of \"Paxos Made Live\", 5.1";
    AcceptWithoutPromiseCheck "accept-without-promise-check"
        ["promise-integrity" "agreement"] []
        "An acceptor compares a proposal with its last vote instead of with its promise.",
        "one variable for two ballots: Sutra, \"On the correctness of Egalitarian Paxos\", 2019";
    AcceptStrictlyGreater "accept-strictly-greater" ["live-again"] []
        "An acceptor wants a higher number than it has promised, so that its promise is worth nothing.",
        "off by one in P1a (\"Paxos Made Simple\", 2.2)";
    QuorumHalf "quorum-half" ["proposal-rule" "agreement" "learner-consistency"] []
        "Half of an even number of acceptors is taken for a majority.",
        "Elasticsearch with minimum_master_nodes left at 1";

    ValueFromFirstPromise "value-from-first-promise" ["proposal-rule" "agreement"] []
        "A proposer takes the first value that is reported, not that of the highest ballot.",
        "negative of P2c";
    OwnValueDespitePromises "own-value-despite-promises" ["proposal-rule" "agreement"] []
        "A proposer that was asked for something proposes that, whatever was reported.",
        "negative of P2c";
    NackCountsAsPromise "nack-counts-as-promise" ["proposal-rule" "agreement"] []
        "Any answer to a proposer is taken for a promise.",
        "negative of \"Paxos Made Simple\", 2.2";
    BallotReuseAfterRestart "ballot-reuse-after-restart" ["ballot-uniqueness" "agreement"] [Crash]
        "A proposer goes on after a crash with the number that it had.",
        "negative of \"Paxos Made Simple\", 2.5; compare PySyncObj #201";

    StaleAcceptedCounted "stale-accepted-counted" ["learner-consistency" "agreement"] []
        "A learner counts a vote of an earlier ballot for the newest one.",
        "the class behind Xraft #33";
    DuplicateAcceptedCounted "duplicate-accepted-counted"
        ["learner-consistency" "agreement"] [Duplicate]
        "Votes are counted by message, not by acceptor.",
        "the class behind akka-raft #45 and #50";
    LearnFromMixedBallots "learn-from-mixed-ballots" ["learner-consistency" "agreement"] [Cut Crash]
        "A value is taken for chosen when a majority has voted for it, each in whatever ballot.",
        "the definition of chosen read without its ballot (\"Paxos Made Simple\", 2.2 and 2.3)";
    GapsNotAskedFor "gaps-not-asked-for" ["catch-up"] []
        "A learner asks for what comes after the newest decision that it knows, and not for gaps before it.",
        "\"because of message loss, a value could be chosen with no learner ever finding out\" \
         (\"Paxos Made Simple\", 2.3) neglected";
}

impl Bugs {
    /// How many of so many acceptors are enough.
    pub(super) fn quorum(self, acceptors: usize) -> usize {
        if self.on(Bug::QuorumHalf) { acceptors.div_ceil(2) } else { majority(acceptors) }
    }

    /// The ballot below which an acceptor accepts nothing.
    pub(super) fn bound(self, acceptor: Acceptor) -> Ballot {
        match self.on(Bug::AcceptWithoutPromiseCheck) {
            true => acceptor.vote.map_or(Ballot::default(), |vote| vote.ballot),
            false => acceptor.promised,
        }
    }

    pub(super) fn demands_more(self, ballot: Ballot, promised: Ballot) -> bool {
        self.on(Bug::AcceptStrictlyGreater) && ballot == promised
    }

    /// Whether a reported vote takes the place of another: when its ballot is the higher one.
    pub(super) fn replaces(self, known: Vote, vote: Vote) -> bool {
        vote.ballot > known.ballot && !self.on(Bug::ValueFromFirstPromise)
    }

    /// The number of a proposer's first ballot after a crash, when it does not take a new one.
    pub(super) fn number(self, promised: Ballot, last: Ballot, id: NodeId) -> Option<Ballot> {
        let is_own = promised.proposer == id && !promised.is_none() && last.is_none();
        (self.on(Bug::BallotReuseAfterRestart) && is_own).then_some(promised)
    }

    /// Under which ballot, for which value and under whose name a vote is counted: its own.
    pub(super) fn counts(
        self,
        tallies: &[Tally<Ballot>],
        (ballot, value, voter): (Ballot, Value, NodeId),
    ) -> (Ballot, Value, NodeId) {
        let newest = tallies.iter().max_by_key(|tally| tally.ballot);
        match newest {
            Some(newest) if self.on(Bug::StaleAcceptedCounted) && newest.ballot > ballot => {
                (newest.ballot, newest.value, voter)
            }
            _ if self.on(Bug::LearnFromMixedBallots) => (Ballot::default(), value, voter),
            _ if self.on(Bug::DuplicateAcceptedCounted) => {
                let mut same = tallies.iter().filter(|tally| tally.ballot == ballot);
                let counted = same.next().map(|tally| &tally.voters);
                let free = (0..).map(NodeId);
                let mut free = free.filter(|id| counted.is_none_or(|voters| !voters.contains(*id)));
                (ballot, value, free.next().unwrap_or(voter))
            }
            _ => (ballot, value, voter),
        }
    }
}
