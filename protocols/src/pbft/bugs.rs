//! Mistakes that people have made with PBFT, or could, to be switched on one at a time.
//!
//! The protocol asks [`Bugs::on`] at one place for each. What a mistake needs beyond that is here.

use super::config::Config;
use super::message::{Batch, Digest, Seq, View, Vote};
use super::{Pbft, execution};
use crate::planted::planted_bugs;
use sim_core::{Authentication, Context, Service};

planted_bugs! {
    PrepareOneShort "prepare-one-short" ["certificates" "prepared-uniqueness" "agreement"] [Forge]
        "One PREPARE fewer than needed is taken for enough.",
        "negative of OSDI 4.2; off by one";
    CommitQuorumFPlusOne "commit-quorum-f-plus-one"
        ["certificates" "agreement" "view-change-preservation"] [Cut Crash]
        "A batch is committed when f + 1 replicas say that it is prepared.",
        "negative of OSDI 4.2";
    PrepareNoDigestMatch "prepare-no-digest-match" ["certificates" "prepared-uniqueness" "agreement"] [Forge]
        "PREPAREs are counted whatever batch they are about.",
        "classic";
    PrimaryPrepareCounted "primary-prepare-counted" ["certificates" "prepared-uniqueness" "agreement"] [Forge]
        "A PREPARE from the primary counts beside its PRE-PREPARE.",
        "negative of OSDI 4.2";
    NoViewCheck "no-view-check" ["certificates" "prepared-uniqueness" "agreement" "view-change-preservation"]
        [Forge]
        "PREPAREs and COMMITs of other views are counted.",
        "wrong-view messages, OSDI 4.2";
    NoWatermarkCheck "no-watermark-check" ["water-marks"] [Forge]
        "Any sequence number is accepted, however high.",
        "negative of OSDI 4.2";
    PrepareBeforeSync "prepare-before-sync"
        ["one-vote" "prepared-uniqueness" "agreement" "view-change-preservation"] [Crash]
        "A batch is agreed to before the disk has it.",
        "the class behind robustmq #2039, in this protocol";
    CommitBeforeSync "commit-before-sync" ["one-vote" "view-change-preservation" "agreement"] [Crash]
        "A replica says that a batch is prepared before its disk knows.",
        "the class behind robustmq #2039, in this protocol";
    ClientAuthSkipped "client-auth-skipped" ["validity"] [Forge]
        "Requests are ordered without a look at the client's seal.",
        "negative of OSDI 4.2";
    BackupDoesNotForward "backup-does-not-forward" ["live-again"] [Crash]
        "A backup does not pass on what clients ask it, and waits for nothing.",
        "negative of OSDI 4.1";
    BigMacNoFallback "big-mac-no-fallback" ["certificates" "live-again"] [BigMac]
        "A backup never agrees to a request whose code is wrong for it, whoever else does.",
        "Clement et al., NSDI 2009 (Aardvark)";

    TimestampNotMonotone "timestamp-not-monotone" ["exactly-once" "linearizable"] [Forge]
        "A request is executed as often as it comes.",
        "negative of OSDI 4.1";
    NullRequestExecutesStale "null-request-executes-stale"
        ["exactly-once" "execution-order" "linearizable"] [Cut Crash]
        "The null request does again what came before it.",
        "negative of OSDI 4.4";
    NoTentativeRollback "no-tentative-rollback"
        ["execution-order" "exactly-once" "linearizable" "live-again"] [Cut Crash]
        "What was executed tentatively is not taken back when the view is left.",
        "negative of TOCS 5.1";
    ReadForgetsTentative "read-forgets-tentative" ["linearizable"] [Cut Delay]
        "Reads are answered from a state that has forgotten what clients have tentative answers to.",
        "made in this very code and found by its own checkers";
    ClientAcceptsFPlusOneTentative "client-accepts-f-plus-one-tentative" ["linearizable"] [FalseReply Cut]
        "Clients believe f + 1 tentative answers.",
        "negative of TOCS 5.1";

    CheckpointFPlusOne "checkpoint-f-plus-one" ["certificates" "stable-checkpoints" "live-again" "catch-up"] [Forge]
        "A checkpoint is stable when f + 1 replicas have it.",
        "negative of OSDI 4.3";
    CheckpointDigestIgnored "checkpoint-digest-ignored" ["certificates" "stable-checkpoints" "catch-up"] [Forge]
        "CHECKPOINT messages are counted whatever state they tell, and any is fetched.",
        "negative of OSDI 4.3";
    CheckpointExcludesReplies "checkpoint-excludes-replies"
        ["stable-checkpoints" "exactly-once" "execution-order" "linearizable"] [Crash Cut]
        "Checkpoints do not hold the clients' last answers.",
        "negative of OSDI 4.3, TOCS 4.6";
    StateTransferUnverified "state-transfer-unverified"
        ["execution-order" "stable-checkpoints" "linearizable"] [Forge Cut]
        "A state that was asked for is taken over without a look at its digest.",
        "negative of TOCS 4.6";

    VcDropsPrepared "vc-drops-prepared" ["view-change-preservation" "agreement"] [Cut Crash]
        "A VIEW-CHANGE message leaves out what was prepared.",
        "johnhenry/raijin #8";
    VcAnyPrepared "vc-any-prepared" ["certificates" "view-change-preservation" "agreement"] [Cut Crash]
        "A new view takes any batch that was prepared, not the one of the latest view.",
        "negative of TOCS 4.4, condition A1";
    VcPNotValidated "vc-p-not-validated" ["certificates" "view-change-preservation" "agreement" "validity"] [Forge]
        "What one replica says to have prepared is believed although nobody has pre-prepared it.",
        "boscore/bos #166; negative of TOCS 4.4, condition A2";
    VcOneShort "vc-one-short" ["certificates" "view-change-preservation" "agreement"] [Cut Crash]
        "A new view begins with one VIEW-CHANGE message fewer than a quorum.",
        "negative of TOCS 4.4";
    VcContinueOldView "vc-continue-old-view" ["one-vote" "view-change-preservation" "agreement"]
        [Delay Cut]
        "A replica goes on committing in a view that it has left.",
        "negative of OSDI 4.4";
    NvNullOverPrepared "nv-null-over-prepared" ["certificates" "view-change-preservation" "agreement"] [Cut Crash]
        "A new view puts the null request where f + 1 replicas have prepared nothing.",
        "misuse of TOCS 4.4, condition B";
    NvOldReplayed "nv-old-replayed" ["one-vote"] [Replay]
        "A NEW-VIEW message is obeyed although its view is over.",
        "replay of old messages";
    NvNullIgnoresH "nv-null-ignores-h" ["certificates" "view-change-preservation" "agreement"] [Forge Cut]
        "A replica that has discarded a sequence number is taken to say that nothing was prepared there.",
        "hyperledger fabric 0.6, consensus/pbft/viewchange.go, which lacks the test h < n";
    QSetOmitted "q-set-omitted" ["live-again" "catch-up"] [Cut Crash]
        "VIEW-CHANGE messages do not tell what was pre-prepared, so that nothing is vouched for.",
        "TOCS 4.4, which has Q for what cannot be proved by codes";
    TimerNotDoubled "timer-not-doubled" ["certificates" "live-again"] [Delay]
        "Every view is given the same time, however many have failed.",
        "negative of OSDI 4.5.2";
    TimerStartsOnVcSent "timer-starts-on-vc-sent" ["live-again"] [Delay Cut]
        "A new view's time runs before a quorum has left the old one.",
        "negative of OSDI 4.5.2";
    JoinOnOneVc "join-on-one-vc" ["certificates" "live-again"] [Forge]
        "One replica that leaves its view takes all others with it.",
        "negative of OSDI 4.5.2";
}

impl Bug {
    /// Takes away what would hide the mistake: another safety net, or an option that is not its
    /// subject.
    pub fn config(self, config: &mut Config) {
        match self {
            Bug::NoTentativeRollback | Bug::ClientAcceptsFPlusOneTentative => {
                config.tentative = true;
            }
            Bug::ReadForgetsTentative => (config.tentative, config.read_only) = (true, true),
            Bug::BigMacNoFallback => config.authentication = Authentication::Macs,
            Bug::CheckpointFPlusOne
            | Bug::CheckpointDigestIgnored
            | Bug::CheckpointExcludesReplies
            | Bug::StateTransferUnverified
            | Bug::NvNullIgnoresH => {
                (config.checkpoint_every, config.log_size) = (4, 8);
            }
            _ => {}
        }
    }
}

impl Bugs {
    /// How many PREPAREs are enough.
    pub(super) fn prepares(self, right: usize) -> usize {
        right - usize::from(self.on(Bug::PrepareOneShort) && right > 0)
    }

    /// How many COMMITs are enough.
    pub(super) fn commits(self, quorum: usize, weak: usize) -> usize {
        if self.on(Bug::CommitQuorumFPlusOne) { weak } else { quorum }
    }

    /// How many VIEW-CHANGE messages are enough for a new view.
    pub(super) fn change_quorum(self, quorum: usize) -> usize {
        quorum - usize::from(self.on(Bug::VcOneShort) && quorum > 1)
    }

    /// How many others must have left the view for this replica to follow.
    pub(super) fn joins(self, weak: usize) -> usize {
        if self.on(Bug::JoinOnOneVc) { 1 } else { weak }
    }

    /// Whether a PREPARE is one of those that are counted.
    pub(super) fn agrees(self, said: (View, Digest), vote: Vote) -> bool {
        (said.0 == vote.view || self.on(Bug::NoViewCheck))
            && (said.1 == vote.digest || self.on(Bug::PrepareNoDigestMatch))
    }

    /// Whether a COMMIT is one of those that are counted.
    pub(super) fn commits_to(self, said: (View, Digest), vote: Vote) -> bool {
        (said.0 == vote.view || self.on(Bug::NoViewCheck)) && said.1 == vote.digest
    }

    /// Whether what is said to be prepared needs nobody to vouch for it.
    pub(super) fn trusts_prepared(self) -> bool {
        self.on(Bug::VcPNotValidated) || self.on(Bug::VcAnyPrepared)
    }

    pub(super) fn ignores_water_marks(self) -> bool {
        self.on(Bug::NoWatermarkCheck)
    }

    /// In which view a replica votes that has left one: in none, when it is right.
    pub(super) fn voting_view(self, view: View, active: bool) -> Option<View> {
        match active {
            true => Some(view),
            false => view.checked_sub(1).filter(|_| self.on(Bug::VcContinueOldView)),
        }
    }
}

impl<S: Service> Pbft<S> {
    /// Does again what stands before a null request.
    pub(super) fn repeat_before_null(
        &mut self,
        batch: &Batch<S>,
        seq: Seq,
        ctx: &mut Context<Self>,
    ) {
        let before = self.committed_before(seq);
        if !self.bugs.on(Bug::NullRequestExecutesStale) || !batch.is_empty() {
            return;
        }
        for sealed in before.iter().flat_map(|batch| batch.iter()) {
            self.service.apply(&sealed.request.op);
            execution::claim_executed(seq, sealed.request.id, ctx);
        }
    }

    fn committed_before(&self, seq: Seq) -> Option<Batch<S>> {
        let (_, digest) = self.log.get(&(seq - 1))?.committed?;
        self.batch(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bug_asks_of_the_configuration_can_run() {
        for bug in Bug::ALL {
            let mut config = Config::default();
            bug.config(&mut config);
            assert_eq!(config.complaint(), None, "{bug:?}");
        }
    }
}
