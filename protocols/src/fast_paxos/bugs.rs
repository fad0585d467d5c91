//! Mistakes that people have made with Fast Paxos, to be switched on one at a time.

use super::round::Round;
use crate::paxos::invariants::Number;
use crate::planted::planted_bugs;
use crate::quorum::majority;

planted_bugs! {
    FastQuorumMajority "fast-quorum-majority" ["learner-consistency" "agreement"] []
        "A majority is taken for enough in a fast round too.",
        "negative of \"Fast Paxos\", 3.4";
    FastRecoveryPlainRule "fast-recovery-plain-rule" ["proposal-rule" "agreement"] []
        "After a collision any of the values is proposed, and not the one that may have been chosen.",
        "the rule of classic Paxos in a fast round (\"Fast Paxos\", 2.2.2; Vieira and Buzato)";
    FastAnyWithoutPhase1 "fast-any-without-phase1" ["proposal-rule" "agreement"] []
        "A coordinator opens a fast round although votes were reported.",
        "negative of \"Fast Paxos\", 2.2.2";
    FastVoteTwice "fast-vote-twice" ["ballot-uniqueness" "agreement"] []
        "An acceptor votes in a fast round for one client's value and then for another's.",
        "negative of \"Fast Paxos\", 2.2.1";
    AcceptorForgetsVote "acceptor-forgets-vote" ["agreement" "promise-integrity" "ballot-uniqueness"]
        [Crash]
        "A vote is told before the disk has it, and a crash loses it.",
        "negative of \"Paxos Made Simple\", 2.5; the disk corruption of \"Paxos Made Live\", 5.1";
    OwnValueDespitePromises "own-value-despite-promises" ["proposal-rule" "agreement"] []
        "A coordinator that was asked for something proposes that, whatever was reported.",
        "negative of \"Fast Paxos\", 2.2.2";
}

impl Bugs {
    /// How many of so many acceptors are enough in a round.
    pub(super) fn quorum(self, round: Round, acceptors: usize) -> usize {
        match self.on(Bug::FastQuorumMajority) {
            true => majority(acceptors),
            false => round.quorum(acceptors),
        }
    }
}
