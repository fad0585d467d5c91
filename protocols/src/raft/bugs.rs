//! Mistakes that people have made with Raft, to be switched on one at a time.
//!
//! The protocol asks [`Bugs::on`] at one place for each. What a mistake needs beyond that is here.

use super::config::{Changes, Config, Learners, Reads};
use super::log::{Entry, Index, Log, Term};
use super::members::Membership;
use super::session::Sessions;
use super::{Raft, Role};
use crate::planted::planted_bugs;
use sim_core::{Context, Data, NodeId, NodeSet, Service, Span, Time};

planted_bugs! {
    VoteNotPersisted "vote-not-persisted" ["election-safety" "monotonicity"] [Crash]
        "A vote is answered before the disk has it.",
        "NodeDB #161; TiKV #1610, citing etcd #7317; akka-raft #56 (Scott et al., NSDI 2016)";
    TermResetOnRestart "term-reset-on-restart"
        ["monotonicity" "leader-completeness" "election-safety" "log-matching"] [Crash]
        "A restart takes the term from the log instead of the disk, and forgets the vote.",
        "PySyncObj #201 and #202, in Patroni";
    DuplicateVoteCounted "duplicate-vote-counted" ["election-safety"] [Duplicate]
        "Votes are counted by message, not by voter.",
        "akka-raft #45 and #50";
    QuorumHalf "quorum-half" ["election-safety" "leader-completeness" "state-machine-safety"] [Cut]
        "Half of an even number of servers is taken for a majority.",
        "akka-raft #42; Elasticsearch with minimum_master_nodes left at 1";
    VoteClearedSameTerm "vote-cleared-same-term" ["election-safety" "monotonicity"] [Delay]
        "Becoming a follower in the same term clears the vote.",
        "redpanda pull request 19";
    VoteIgnoresLog "vote-ignores-log" ["leader-completeness" "state-machine-safety"] [Cut]
        "A voter does not compare logs.",
        "negative of section 5.4.1";
    VoteTermOnly "vote-term-only" ["leader-completeness" "state-machine-safety"] [Cut]
        "A voter compares the last terms and not the lengths of logs.",
        "negative of section 5.4.1";
    VoteUsesCommitIndex "vote-uses-commit-index"
        ["leader-completeness" "state-machine-safety"] [Crash]
        "Logs are compared by commit index instead of by their last entries.",
        "MongoDB protocol version 0 (Jepsen, MongoDB 3.4.0-rc3)";
    StaleLeaderHeartbeatResetsTimer "stale-leader-heartbeat-resets-timer"
        ["stale-rejection" "live-again" "catch-up"] [Cut OneWayCut Crash]
        "A heartbeat restarts the election timer before its term is looked at.",
        "butaneprotocol/oracles #32; openraft #2080";
    SeenVoteCountsAsGranted "seen-vote-counts-as-granted"
        ["leader-completeness" "state-machine-safety"] [Cut]
        "Hearing of a candidate of a higher term is stored as a vote for it, and the log test is passed over.",
        "openraft 0.10.0-alpha.2, mended in pull request 1220";

    AeSkipPrevCheck "ae-skip-prev-check" ["log-matching" "state-machine-safety"] [Cut]
        "Entries are appended without a look at the term before them.",
        "negative of AppendEntries step 2";
    AeKeepStaleTail "ae-keep-stale-tail" ["log-matching" "leader-completeness"] [Cut]
        "A conflicting entry is replaced and what followed it is kept.",
        "mofa #1150 and #1151";
    CommitMinOwnLast "commit-min-own-last" ["state-machine-safety" "leader-completeness"] [Cut]
        "The commit index follows the leader's up to the own last entry, matched or not.",
        "copycat #265; ScyllaDB #9965; rabbitmq/ra #508";
    CommitOldTermEntries "commit-old-term-entries"
        ["commitment" "leader-completeness" "state-machine-safety"] [Cut Crash]
        "Replicas are counted for entries of earlier terms too.",
        "Fig. 8; LogCabin #44; async-raft #108; PySyncObj #169";
    MatchFromFollowerLast "match-from-follower-last"
        ["leader-completeness" "state-machine-safety" "live-again"] [Cut]
        "A follower acknowledges its own last entry instead of the last that it was sent.",
        "the class behind RaftOS #25 and PySyncObj #167";
    AckFromOldTermCounted "ack-from-old-term-counted"
        ["stale-rejection" "leader-completeness" "state-machine-safety"] [Delay Cut]
        "A leader counts an acknowledgement of an earlier term.",
        "the class behind RaftOS #25 and PySyncObj #167";
    ReplyBeforeFsync "reply-before-fsync"
        ["commitment" "leader-completeness" "state-machine-safety"] [Crash]
        "A follower acknowledges entries that its disk does not have yet.",
        "robustmq #2039; compare ZOOKEEPER-4646";
    LeaderSelfCountUnsynced "leader-self-count-unsynced"
        ["commitment" "leader-completeness" "state-machine-safety"] [Crash]
        "A leader counts itself for entries that its own disk does not have yet.",
        "discussed in CockroachDB #124278";
    TruncateOnStepdown "truncate-on-stepdown" ["leader-completeness" "state-machine-safety"] [Cut]
        "A leader that steps down drops what is not committed yet.",
        "microsoft/CCF #5674";
    AckClientBeforeCommit "ack-client-before-commit" ["linearizable"] [Cut]
        "A client has its answer when the leader has the entry.",
        "MongoDB 2.4.3 (Jepsen, 2013)";
    NextIndexUnderflow "next-index-underflow" ["catch-up"] [Cut]
        "A leader goes back to its first entry and stays there instead of sending a snapshot.",
        "RaftOS #30";

    ReadindexBeforeTermCommit "readindex-before-term-commit" ["linearizable"] [Crash]
        "A leader serves reads before it has committed an entry of its own term.",
        "etcd #7331; TiKV #6340 and #9239; redisraft #22";
    ReadindexReusesOldAcks "readindex-reuses-old-acks" ["read-confirmation" "linearizable"] [Cut Delay]
        "A read is confirmed by a round that had begun before it came.",
        "negative of thesis 6.4, step 3";
    RefusalConfirmsRound "refusal-confirms-round"
        ["read-confirmation" "linearizable" "lease-disjointness"] [Delay Crash]
        "A refusal of a message of an earlier term counts as an answer in the leader's new term.",
        "made in this very code and found by its own checkers";
    FollowerReadOwnCommit "follower-read-own-commit" ["linearizable"] []
        "A follower serves reads at its own commit index.",
        "negative of thesis 6.4";
    LeaseFromAckArrival "lease-from-ack-arrival" ["linearizable" "lease-disjointness"] [Delay Cut]
        "A lease runs from when the answers came instead of from when the round began.",
        "thesis, Fig. 6.3; YugaByte #16";
    LeaseVotersDoNotWait "lease-voters-do-not-wait" ["linearizable" "lease-disjointness"] [Cut]
        "Voters listen to candidates while a lease may still run.",
        "etcd with lease reads and without CheckQuorum";
    LeaseWallClock "lease-wall-clock" ["linearizable" "lease-disjointness"] [ClockJump Cut]
        "Leases are measured by the wall clock.",
        "nebula #2723; TiKV #964";

    SnapshotWrongTerm "snapshot-wrong-term" ["log-matching"] [Crash Cut]
        "A snapshot bears the current term instead of that of its last entry.",
        "negative of section 7";
    InstallKeepsConflictingTail "install-keeps-conflicting-tail"
        ["log-matching" "leader-completeness" "state-machine-safety"] [Cut]
        "Entries after the snapshot's last index stay although they conflict with it.",
        "hashicorp/raft #697, mended in pull request 704";
    InstallOlderRegresses "install-older-regresses"
        ["monotonicity" "state-machine-safety"] [Delay Cut]
        "A snapshot older than what is committed is installed.",
        "RedisLabs/raft #49";
    InstallLowersTerm "install-lowers-term" ["monotonicity" "election-safety"] [Cut Crash]
        "A server takes over the term that stands in a snapshot.",
        "WRaft #118.4";
    SnapshotOmitsSessions "snapshot-omits-sessions"
        ["exactly-once" "state-machine-safety" "linearizable"] [Crash]
        "Snapshots do not hold the sessions.",
        "negative of thesis 6.3";
    SnapshotChunkMix "snapshot-chunk-mix"
        ["state-machine-safety" "exactly-once" "linearizable"] [Cut Crash]
        "Pieces of two snapshots are put together.",
        "negative of Fig. 13, steps 2 to 4";

    SnapshotLatestConfig "snapshot-latest-config"
        ["configuration-safety" "leader-completeness" "election-safety" "live-again"] [Cut Crash]
        "A snapshot holds the newest configuration of the log, committed or not, in place of its own.",
        "canonical/raft #250 and #354; async-raft #133";
    InstallKeepsConfig "install-keeps-config"
        ["configuration-safety" "leader-completeness" "election-safety" "live-again"] [Cut]
        "A server that installs a snapshot goes on with the configuration that it had.",
        "openraft #1808";

    SingleServerNoTermCommit "single-server-no-term-commit"
        ["configuration-safety" "leader-completeness" "election-safety"] [Cut]
        "A leader appends a configuration before it has committed an entry of its own term.",
        "thesis 4.1 as printed; Ongaro, raft-dev, July 2015";
    JointOneMajority "joint-one-majority"
        ["commitment" "election-safety" "leader-completeness"] [Cut]
        "A joint configuration asks for a majority of the new voters alone.",
        "negative of section 6; compare etcd/raft #372";
    JointLeaveEarly "joint-leave-early" ["configuration-safety" "leader-completeness"] []
        "C_new is appended before C_old,new is committed.",
        "negative of section 6";
    ConfigEffectiveOnCommit "config-effective-on-commit"
        ["commitment" "configuration-safety" "leader-completeness" "election-safety"] []
        "A configuration is in force when it is committed, not when it is in the log.",
        "etcd's design; CockroachDB RFC 36098; camunda #62837";
    ConfigNotReverted "config-not-reverted"
        ["commitment" "configuration-safety" "election-safety" "live-again"] [Cut]
        "A configuration stays in force when its entry is dropped.",
        "negative of section 6";
    LearnerCounted "learner-counted" ["commitment" "leader-completeness"] []
        "What a learner holds counts as if it had a vote.",
        "octo-im pull request 43";
    LearnerRefusesVote "learner-refuses-vote" ["live-again"] [Crash Cut]
        "A server that does not know yet that it may vote does not vote.",
        "raft-rs #57; etcd pull request 10998";
    UncommittedRemovalBlocksCampaign "uncommitted-removal-blocks-campaign"
        ["configuration-safety" "live-again"] [Crash Cut]
        "A server whose removal is not committed yet does not stand for election.",
        "openraft #2091; thesis 4.2.2 says that it must";

    PrevoteBumpsTerm "prevote-bumps-term" ["pre-vote-free"] [Cut]
        "A server takes over the term of a Pre-Vote.",
        "negative of thesis 9.6";
    PrevoteStaleTermReply "prevote-stale-term-reply" ["stale-rejection" "live-again"] [Cut Crash]
        "A Pre-Vote of a lower term is dropped, so that its sender never learns the term.",
        "etcd #8243 and #8501; canonical/raft #279; rabbitmq/ra #439";
    TransferNeverAborts "transfer-never-aborts" ["live-again"] [Loss]
        "A leader whose transfer failed goes on refusing writes.",
        "openraft #2088";
    TimeoutnowStaleTerm "timeoutnow-stale-term"
        ["stale-rejection" "lease-disjointness" "linearizable"] [Delay Cut]
        "A server obeys a TimeoutNow of an earlier term.",
        "raft-rs #234 and #369";
    DedupLeaderMemory "dedup-leader-memory"
        ["exactly-once" "state-machine-safety" "linearizable"] [Crash]
        "Sessions are kept by the leader and lost with it.",
        "thesis 6.3";
    SessionAutoRecreate "session-auto-recreate" ["exactly-once" "linearizable"] [Duplicate Delay]
        "A session that expired is opened again as if it had done nothing.",
        "thesis 6.3";
}

impl Bug {
    /// Takes away what would hide the mistake: another safety net, or an option that is not its
    /// subject.
    pub fn config(self, config: &mut Config) {
        match self {
            Bug::VoteClearedSameTerm
            | Bug::SeenVoteCountsAsGranted
            | Bug::VoteIgnoresLog
            | Bug::VoteTermOnly
            | Bug::DuplicateVoteCounted => {
                (config.pre_vote, config.check_quorum) = (false, false);
            }
            Bug::StaleLeaderHeartbeatResetsTimer => {
                (config.reads, config.check_quorum) = (Reads::Lease, false);
            }
            Bug::TermResetOnRestart => config.pre_vote = false,
            Bug::InstallLowersTerm => {
                config.pre_vote = false;
                config.snapshot_after = config.snapshot_after.clamp(1, 8);
            }
            Bug::CommitOldTermEntries => (config.batch, config.window) = (1, 1),
            Bug::ReadindexReusesOldAcks | Bug::ReadindexBeforeTermCommit => {
                config.reads = Reads::ReadIndex;
                config.check_quorum = false;
            }
            Bug::FollowerReadOwnCommit => config.reads = Reads::ReadIndex,
            Bug::RefusalConfirmsRound => config.reads = Reads::Lease,
            Bug::LeaseFromAckArrival | Bug::LeaseVotersDoNotWait | Bug::LeaseWallClock => {
                (config.reads, config.check_quorum, config.pre_vote) = (Reads::Lease, false, false);
            }
            Bug::SnapshotWrongTerm
            | Bug::InstallKeepsConflictingTail
            | Bug::SnapshotOmitsSessions
            | Bug::NextIndexUnderflow => config.snapshot_after = config.snapshot_after.clamp(1, 8),
            Bug::SnapshotChunkMix => {
                config.snapshot_after = config.snapshot_after.clamp(1, 8);
                config.snapshot_chunk = config.snapshot_chunk.max(8);
            }
            Bug::InstallOlderRegresses => {
                config.snapshot_after = config.snapshot_after.clamp(1, 8);
                config.snapshot_chunk = 1;
            }
            Bug::TransferNeverAborts | Bug::TimeoutnowStaleTerm => {
                config.transfer_every.get_or_insert(Span::millis(700));
                if self == Bug::TimeoutnowStaleTerm {
                    config.reads = Reads::Lease;
                }
            }
            Bug::SnapshotLatestConfig | Bug::InstallKeepsConfig => {
                config.snapshot_after = config.snapshot_after.clamp(1, 8);
            }
            Bug::SingleServerNoTermCommit => {
                (config.changes, config.learners) = (Changes::Single, Learners::No);
            }
            Bug::JointOneMajority | Bug::JointLeaveEarly => {
                (config.changes, config.learners) = (Changes::Joint, Learners::No);
            }
            Bug::LearnerCounted => config.learners = Learners::Always,
            Bug::LearnerRefusesVote => config.learners = Learners::No,
            Bug::SessionAutoRecreate => config.sessions = config.sessions.min(2),
            _ => {}
        }
    }
}

impl Bugs {
    pub(super) fn quorum(self, majority: usize, servers: usize) -> usize {
        if self.on(Bug::QuorumHalf) { servers.div_ceil(2) } else { majority }
    }

    /// Whose numbers are counted for a group of voters: theirs.
    #[inline]
    pub(super) fn counted(self, group: NodeSet, peers: NodeSet) -> NodeSet {
        if self.on(Bug::LearnerCounted) { group.or(peers) } else { group }
    }

    /// The groups of which each must agree.
    pub(super) fn groups(self, members: Membership) -> impl Iterator<Item = NodeSet> {
        let is_one = self.on(Bug::JointOneMajority);
        if is_one { Membership::of(members.voters) } else { members }.groups()
    }

    pub(super) fn knows_no_vote<S: Service>(self, voter: &Raft<S>) -> bool {
        self.on(Bug::LearnerRefusesVote) && !voter.membership().everybody().contains(voter.id)
    }

    /// Under whose name a vote is counted. When nobody looks, a second one of the same server is counted as another's.
    pub(super) fn voter(self, from: NodeId, votes: NodeSet, members: Membership) -> NodeId {
        if !self.on(Bug::DuplicateVoteCounted) || !votes.contains(from) {
            return from;
        }
        let voters = members.groups().fold(NodeSet::default(), NodeSet::or);
        voters.without(votes).iter().next().unwrap_or(from)
    }

    /// Compares logs by their last terms and indices (section 5.4.1).
    pub(super) fn is_up_to_date(self, candidate: (Term, Index), voter: (Term, Index)) -> bool {
        match self {
            _ if self.on(Bug::VoteIgnoresLog) => true,
            _ if self.on(Bug::VoteTermOnly) => candidate.0 >= voter.0,
            _ => candidate >= voter,
        }
    }

    pub(super) fn note_candidate(self, from: NodeId, voted_for: &mut Option<NodeId>) {
        if self.on(Bug::SeenVoteCountsAsGranted) {
            *voted_for = Some(from);
        }
    }

    pub(super) fn trusts_noted(self, voted_for: Option<NodeId>, from: NodeId) -> bool {
        self.on(Bug::SeenVoteCountsAsGranted) && voted_for == Some(from)
    }

    /// What follows an entry that is about to be replaced, when it is to be kept.
    pub(super) fn stale_tail<S: Service>(self, log: &Log<S>, index: Index) -> Vec<Entry<S>> {
        if !self.on(Bug::AeKeepStaleTail) {
            return Vec::new();
        }
        log.after(index).map(|(_, entry)| entry.clone()).collect()
    }

    /// What follows a snapshot that the log conflicts with, when it is to be kept.
    pub(super) fn conflicting_tail<S: Service>(self, log: &Log<S>, index: Index) -> Vec<Entry<S>> {
        if !self.on(Bug::InstallKeepsConflictingTail) || index < log.base() {
            return Vec::new();
        }
        log.after(index).map(|(_, entry)| entry.clone()).collect()
    }

    pub(super) fn lower_term(self, term: &mut Term, of_snapshot: Term) {
        if self.on(Bug::InstallLowersTerm) {
            *term = of_snapshot;
        }
    }

    pub(super) fn reopen_sessions<R: Data>(self, sessions: &mut Sessions<R>) {
        if self.on(Bug::SessionAutoRecreate) {
            sessions.forget_closed();
        }
    }

    /// The clock by which leases are measured: the monotonic one.
    pub(super) fn lease_clock<S: Service>(self, ctx: &Context<Raft<S>>) -> Time {
        if self.on(Bug::LeaseWallClock) { ctx.wall() } else { ctx.now() }
    }
}

impl<S: Service> Raft<S> {
    /// A leader that forgets what the sessions had done, but for those of its own time.
    pub(super) fn forget_sessions(&mut self) {
        if self.bugs.on(Bug::DedupLeaderMemory) && self.role == Role::Leader {
            self.sessions = Default::default();
        }
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
