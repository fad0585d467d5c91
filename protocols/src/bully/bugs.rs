//! Mistakes that people have made with Bully, to be switched on one at a time.

use crate::planted::planted_bugs;

planted_bugs! {
    BullyNoWaitTimer "bully-no-wait-timer" ["bounded-wait" "leaders-agree"] [Crash]
        "A node that was answered waits for the coordinator without a limit.",
        "left out in many restatements of Garcia-Molina's Bully: the node that answered may die";
    BullyAcceptLower "bully-accept-lower" ["no-lower-leader" "leaders-agree"] [Crash]
        "A node follows whoever says that it is the coordinator.",
        "a common slip; Tanenbaum and van Steen: \"the biggest guy in town always wins\"";
    BullyRecoverSilently "bully-recover-silently" ["highest-leads" "leaders-agree"] [Crash]
        "A node that is back waits for a coordinator to speak instead of holding an election.",
        "Tanenbaum and van Steen on recovery: \"it holds an election\"";
    BullyOkSuppressed "bully-ok-suppressed" ["bullies" "leaders-agree"] [Crash]
        "A node that holds an election itself does not answer a lower one's.",
        "a slip in restating the algorithm: the lower node wins as well";
    BullySkipDeadHighestForever "bully-skip-dead-highest-forever" ["highest-leads" "leaders-agree"] [Crash]
        "Who has not answered once is never asked nor heeded again.",
        "lists of dead members that outlive an election, in practice";
    BullyRestartStorm "bully-restart-storm" ["one-election-at-a-time"] []
        "Every ELECTION that arrives begins a new election, also where one is under way.",
        "a literal reading of \"and holds an election\"; the messages multiply";
    BullyHaltSkipped "bully-halt-skipped" ["same-coordinator"] [Crash]
        "A node appoints itself and is accepted before anybody has stopped.",
        "Garcia-Molina 1982, section IV: the reason for halting; restatements drop it";
    BullyCheckSkipped "bully-check-skipped" ["leaders-agree" "highest-leads"] [Crash]
        "A coordinator does not look whether everybody is normal.",
        "Garcia-Molina 1982, the procedure Check: without it nodes that come back are left alone";
}
