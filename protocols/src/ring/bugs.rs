//! Mistakes that people have made with elections on rings, to be switched on one at a time.

use crate::planted::planted_bugs;

planted_bugs! {
    RingInitiatorDeadLoop "ring-initiator-dead-loop" ["bounded-hops"] [Crash]
        "Only who began an election ends its way round: when that node is dead, the list circulates for ever.",
        "the literal form of Tanenbaum and van Steen, \"when the message gets back to the process that started it\"";
    RingListDuplicate "ring-list-duplicate" ["list-once"] []
        "A node puts itself on the list without looking whether it is there.",
        "a slip: the list then has the node twice that ends the way round";
    RingCoordinatorFromStaleList "ring-coordinator-from-stale-list" ["leaders-agree"] [Crash]
        "A leader is watched only once it has been heard: one that died before its announcement never is.",
        "the highest of the list may have crashed since; detection must begin with the announcement";
    RingDeadSuccessorNotSkipped "ring-dead-successor-not-skipped" ["leaders-agree"] [Crash]
        "A message goes to the next node, be it dead or not.",
        "Tanenbaum and van Steen: \"if the successor is down, the sender skips over\" it";
    RingLostMessageNotMissed "ring-lost-message-not-missed" ["leaders-agree"] [Crash]
        "Who takes part in an election waits for its end without a limit.",
        "a node may die with the message in its hands, after it has acknowledged it";
    RingRecoverSilently "ring-recover-silently" ["highest-leads" "leaders-agree"] [Crash]
        "A node that is back waits for a leader to speak instead of beginning an election.",
        "the same as in Bully: the highest must lead";
    RingConcurrentNotDiscarded "ring-concurrent-not-discarded" ["later-election-stands"] []
        "Of two elections that end at about the same time, a node keeps the one that it hears of last.",
        "texts call concurrent elections harmless; their lists may differ, and then their leaders do";
    CrForwardSmaller "cr-forward-smaller" ["smaller-swallowed"] []
        "A node passes on names that are lower than its own.",
        "Chang and Roberts 1979: what they improve on is Le Lann's ring, which does this and takes n^2 messages";
    CrElectedNotStopped "cr-elected-not-stopped" ["bounded-hops"] []
        "The leader passes its own announcement on when it has come back.",
        "a slip in restating the second round";
    CrParticipantFlagMissing "cr-participant-flag-missing" ["own-name-once"] []
        "A node sends its own name again for every lower one that comes.",
        "the flag left out: the messages multiply";
    CrDeadMax "cr-dead-max" ["bounded-hops"] [Crash]
        "The name of a node that has died goes round for ever: nobody swallows it.",
        "Chang and Roberts 1979 let no node fail during an election";
}
