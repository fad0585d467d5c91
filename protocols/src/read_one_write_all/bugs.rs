//! Mistakes that people have made with copies of data, to be switched on one at a time.

use crate::planted::planted_bugs;

planted_bugs! {
    CommitBeforeAll "commit-before-all" ["linearizable"] [Cut]
        "A write is done when a majority has it, while a read still asks one copy.",
        "R + W > N neglected: Gifford, Weighted Voting, SOSP 1979";
    ReadDoesNotWait "read-does-not-wait" ["linearizable"] []
        "A read does not wait for what is prepared, and may miss what others have read.",
        "negative of the rule for reads; the new-old inversion of Attiya, Bar-Noy and Dolev, JACM 1995";
    ReadPrepared "read-prepared" ["linearizable"] []
        "A read shows what is prepared, which another copy may not have heard of.",
        "a dirty read: Gray and Reuter, Transaction Processing, 1993, chapter 7";
    AckBeforeSync "ack-before-sync" ["linearizable"] [Crash]
        "A copy acknowledges a write that its disk does not have yet.",
        "robustmq #2039; compare ZOOKEEPER-4646";
    RetryWrittenAgain "retry-written-again" ["exactly-once" "linearizable"] [Loss]
        "A write that comes again is written again.",
        "negative of client sessions: Ongaro's thesis, section 6.3";
}
