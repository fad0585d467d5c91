//! Mistakes that people have made with two-phase commit, to be switched on one at a time.

use super::config::{Config, Variant};
use crate::planted::planted_bugs;

planted_bugs! {
    VoteBeforeForce "vote-before-force" ["write-ahead" "outcomes-agree"] [Crash]
        "A participant votes yes before its disk has the PREPARED record.",
        "negative of the write-ahead rule: Gray, Notes on Data Base Operating Systems, 1978";
    DecideBeforeForce "decide-before-force" ["write-ahead" "outcomes-agree"] [Crash]
        "COMMIT is sent before the coordinator's disk has it.",
        "negative of the rule of presumed abort: Mohan and others, 1986; horizontal-scaling-convex #101";
    PresumeAbortWhilePreparing "presume-abort-while-preparing" ["outcomes-agree" "presumption"] []
        "An inquiry after a transaction that is still being voted on is answered: abort.",
        "citus #1030 and #2095";
    ForgetBeforeAllAcks "forget-before-all-acks" ["forgotten-when-all-know" "outcomes-agree"] []
        "The coordinator writes END with the first acknowledgement.",
        "negative of presumed abort: Mohan and others, 1986";
    PresumeCommitWithoutInitiation "presume-commit-without-initiation" ["outcomes-agree" "write-ahead"] [Crash]
        "Under presumed commit, nobody writes down who takes part.",
        "Lampson and Lomet, A New Presumed Commit Optimization, VLDB 1993";
    TimeoutAbortWhenPrepared "timeout-abort-when-prepared" ["never-alone" "outcomes-agree"] []
        "A participant that has voted yes aborts when it hears nothing.",
        "heuristic decisions; compare Bitronix #59";
    CoopPreparedMeansCommit "coop-prepared-means-commit" ["never-alone" "outcomes-agree"] []
        "When all participants that answer are in doubt, they commit.",
        "three-phase commit misread: Skeen, Nonblocking Commit Protocols, 1981";
    CoopInitAnswersLaterYes "coop-init-answers-later-yes" ["outcomes-agree"] []
        "A participant says to another that it aborts, and votes yes later on.",
        "negative of cooperative termination: Bernstein, Hadzilacos and Goodman, 1987, section 7.4";
    VoteCountNotSet "vote-count-not-set" ["commit-needs-every-yes"] [Duplicate]
        "The coordinator counts votes, and not who has voted.",
        "negative of AC3: Bernstein, Hadzilacos and Goodman, 1987, section 7.3";
    ReadOnlyVoteNotCounted "read-only-vote-not-counted" ["yes-of-all-commits"] []
        "A coordinator that counts yes votes does not count the votes of those who have only read.",
        "negative of AC4: Bernstein, Hadzilacos and Goodman, 1987, section 7.3; Mohan and others, 1986";
    NumbersUsedAgain "numbers-used-again"
        ["outcomes-agree" "outcome-stands" "commit-needs-every-yes" "conserves-money" "presumption"
         "forgotten-when-all-know" "never-alone" "all-end" "told-the-truth" "write-ahead"]
        [Crash]
        "A coordinator that is back numbers its transactions from 1: votes and answers of others count.",
        "scalardb PR #2135: two transactions under one id";
    LocksNotRebuilt "locks-not-rebuilt" ["in-doubt-locks"] [Crash]
        "A participant that is back in doubt does not lock what it is in doubt about.",
        "negative of recovery: Mohan and others, ARIES, TODS 17(1), 1992";
    ShownWhenPrepared "shown-when-prepared"
        ["in-doubt-locks" "serializable" "audits-add-up" "conserves-money"] []
        "A participant shows what it has prepared as if it were committed, and gives its locks back.",
        "citus #3780: reads after half a commit";
    ReadersReleaseEarly "readers-release-early" ["serializable" "audits-add-up"] []
        "Who has only read gives its locks back at once, while the transaction still asks for others.",
        "negative of two-phase locking; the caveat of Mohan and others, 1986, on read-only votes";
    ReplyBeforeDecision "reply-before-decision" ["told-the-truth"] [Crash]
        "The client hears of success when all votes are in, before the decision is on disk.",
        "negative of the commit point: Gray, 1978";
    ParticipantLeftOut "participant-left-out" ["commit-needs-every-yes" "conserves-money"] []
        "The last participant that a transaction has reached is not on the list of those that vote.",
        "greenplum PR #9940: prepared transactions that a list leaves out";
    CheckpointLeavesDoubtOut "checkpoint-leaves-doubt-out"
        ["outcomes-agree" "in-doubt-locks" "conserves-money" "all-end" "write-ahead"] [Crash]
        "A checkpoint holds what is committed, and not what is in doubt.",
        "greenplum PR #9940: half-committed transactions left out of the checkpoint";
    AnswersForgotten "answers-forgotten" ["runs-once"] [Crash]
        "A coordinator that is back knows no answers, and does again what is asked again.",
        "negative of client sessions: Ongaro's thesis, section 6.3";
    AckBeforeForce "ack-before-force" ["write-ahead" "outcomes-agree"] [Crash]
        "A participant acknowledges an outcome that its disk does not have.",
        "negative of the write-ahead rule: Mohan and others, 1986";
}

impl Bug {
    /// Sets what the mistake is a mistake of.
    pub(super) fn config(self, config: &mut Config) {
        match self {
            Bug::PresumeCommitWithoutInitiation => config.variant = Variant::PresumedCommit,
            Bug::CoopPreparedMeansCommit | Bug::CoopInitAnswersLaterYes => {
                config.cooperative = true;
            }
            Bug::ForgetBeforeAllAcks | Bug::AckBeforeForce => {
                config.variant = Variant::PresumedAbort;
            }
            Bug::ReadersReleaseEarly | Bug::ReadOnlyVoteNotCounted => config.read_only = true,
            _ => {}
        }
    }
}
