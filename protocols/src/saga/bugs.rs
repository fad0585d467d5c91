//! Mistakes that people have made with sagas, to be switched on one at a time.

use super::config::{Config, Locks, Style};
use crate::planted::planted_bugs;
use sim_core::{Chance, Span};

planted_bugs! {
    DualWrite "dual-write" ["outbox-drains"] [Crash]
        "An event is sent after the transaction that it tells of, and is not part of it.",
        "the reason for the transactional outbox (Richardson, section 3.3.7); SuuCat #9";
    SendBeforeCommit "send-before-commit" ["message-iff-state"] []
        "An event leaves before the transaction that it tells of is on disk.",
        "the same, the other way round";
    IdemRecordSeparateTxn "idem-record-separate-txn" ["steps-once"] [Crash]
        "That a step was done is noted in another transaction than the step's.",
        "consumers with a table of processed messages beside the business transaction, in practice";
    IdemKeyPerAttempt "idem-key-per-attempt" ["steps-once"] [Loss]
        "The idempotency key is made anew for each attempt.",
        "retries that draw a fresh request id, in practice";
    EmptyCompensationRuns "empty-compensation-runs" ["undo-what-was-done"] [Cut]
        "A compensation runs although its step never did.",
        "Seata TCC: the empty rollback, mended by the fence table in 1.5.1";
    DanglingTry "dangling-try" ["undo-what-was-done"] [Delay]
        "A step that comes after its compensation is done.",
        "Seata TCC: suspension, mended by the fence table in 1.5.1";
    CompensateForwardOrder "compensate-forward-order" ["reverse-order"] []
        "Steps are undone in the order in which they were done.",
        "negative of Garcia-Molina and Salem 1987, section 2: Cj to C1";
    CompensateIncludesFailedStep "compensate-includes-failed-step" ["undo-what-was-done"] []
        "The step that was refused is undone as well.",
        "off by one, in practice";
    TimeoutIsFailureNoFence "timeout-is-failure-no-fence"
        ["saga-atomicity" "reverse-order" "conservation"] [Cut]
        "A step that is not answered in time is taken as not done, and nothing keeps it from being done later.",
        "the class of Seata's suspension";
    OrchestratorForgetsInflight "orchestrator-forgets-inflight" ["steps-once"] [Crash]
        "An orchestrator that is back asks for the step that was under way under a new idempotency key.",
        "workflows that restart from the last step that is done, in practice";
    RetryAfterPivotAborts "retry-after-pivot-aborts" ["no-return-past-pivot"] []
        "A step after the pivot that cannot be done just now makes the saga be undone.",
        "negative of Richardson, section 4.3.2: retriable steps";
    CompensationFailureIgnored "compensation-failure-ignored" ["saga-atomicity" "reverse-order"] []
        "A compensation that cannot be done just now is taken as done.",
        "handlers that log the error and go on, in practice";
    TerminalRedeliveryReruns "terminal-redelivery-reruns" ["steps-once"] [Duplicate]
        "A service forgets a step when its event is acknowledged, and does it again when it hears of it again.",
        "booking #23, blocker 4: an event is handled though the saga is complete";
    OutboxGapSkip "outbox-gap-skip" ["outbox-drains"] [Loss]
        "The relay remembers the highest number that it has published, and skips lower ones that are not.",
        "postgresql-event-sourcing #2; Eventuous #222";
    OutboxParallelRelay "outbox-parallel-relay" ["order-per-key"] []
        "The relay does not wait with an event until the one before it, about the same, is acknowledged.",
        "two relays at one outbox, in practice; postgresql-event-sourcing #16";
    OffsetCommitBeforeProcessing "offset-commit-before-processing" ["message-iff-state"] []
        "A service acknowledges an event before it has dealt with it.",
        "booking #23: the consumer's automatic commit";
    ChoreoMissedEventNoTimeout "choreo-missed-event-no-timeout" ["sagas-end"] [Crash]
        "Nobody asks after a saga of which an event was given up.",
        "choreographies without a watchdog, in practice";
    SemanticLockNotReleased "semantic-lock-not-released" ["locks-released"] []
        "A compensation leaves the mark of its step.",
        "negative of Richardson, section 4.3.3";
    MarkForgottenAtBoot "mark-forgotten-at-boot" ["marks-exclude"] [Crash]
        "A service that is back does not know what it had marked.",
        "locks in memory alone, in practice; compare locks-not-rebuilt of two-phase commit";
    StaleReadCheck "stale-read-check" ["never-negative" "conservation"] []
        "A step is allowed by what was read some transactions ago, and not read again.",
        "negative of the countermeasures reread value and version file (Frank and Zahle, 1998)";
    StandbyNotFenced "standby-not-fenced"
        ["no-return-past-pivot" "saga-atomicity" "truthful-outcomes" "reverse-order" "undo-what-was-done"] [Pause]
        "The log takes entries from an orchestrator that was replaced.",
        "leader election without fencing tokens (Kleppmann, \"How to do distributed locking\", 2016)";
}

impl Bug {
    /// Under which options the mistake can show.
    pub(super) fn config(self, config: &mut Config) {
        let often = Chance::percent(10);
        match self {
            Bug::DualWrite
            | Bug::SendBeforeCommit
            | Bug::TerminalRedeliveryReruns
            | Bug::OutboxGapSkip
            | Bug::OutboxParallelRelay
            | Bug::OffsetCommitBeforeProcessing => choreograph(config),
            Bug::ChoreoMissedEventNoTimeout => {
                choreograph(config);
                config.deliveries = 5;
            }
            Bug::IdemRecordSeparateTxn
            | Bug::IdemKeyPerAttempt
            | Bug::CompensateForwardOrder
            | Bug::CompensateIncludesFailedStep
            | Bug::TimeoutIsFailureNoFence => config.style = Style::Orchestrated,
            Bug::EmptyCompensationRuns | Bug::DanglingTry => {
                config.style = Style::Orchestrated;
                config.step_timeout = config.step_timeout.min(Span::millis(200));
            }
            // The log is where it was, and it is the same orchestrator that is back.
            Bug::OrchestratorForgetsInflight => {
                config.style = Style::Orchestrated;
                config.fail_over = false;
            }
            Bug::RetryAfterPivotAborts | Bug::CompensationFailureIgnored => {
                config.style = Style::Orchestrated;
                config.hiccups = often;
            }
            Bug::SemanticLockNotReleased | Bug::MarkForgottenAtBoot => {
                if config.locks == Locks::None {
                    config.locks = Locks::Refuse;
                }
            }
            Bug::StaleReadCheck => config.locks = Locks::None,
            Bug::StandbyNotFenced => {
                config.style = Style::Orchestrated;
                config.fail_over = true;
            }
        }
    }
}

fn choreograph(config: &mut Config) {
    config.style = Style::Choreographed;
    config.fail_over = false;
}
