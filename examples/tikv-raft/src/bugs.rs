//! Mistakes in driving the crate, to be switched on one at a time. The crate itself is the same in all of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use splitbrain::prelude::{BugAbout, FaultKind};

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bug {
    /// `persisted_messages` leave with `messages`.
    MessagesBeforePersist,
    /// `must_sync` is heeded for entries only.
    VotesNotSynced,
    /// `hs` is not written to disk.
    HardStateNotSaved,
    /// At a boot, entries do not replace those that conflict with them.
    ConflictsKept,
    /// The `LightReady`'s committed entries are not applied.
    LightReadyDropped,
    /// `hs` is passed over when `must_sync` is false.
    CommitNotSaved,
    /// Entries are applied when they are appended.
    AppliedWhenAppended,
    /// Clients are answered when their request has been proposed.
    AnsweredWhenProposed,
    /// A snapshot that was received is not written to disk.
    SnapshotNotSaved,
    /// Nobody tells the crate what has become of a snapshot.
    SnapshotNotReported,
    /// A `ReadState` is answered at once.
    ReadBeforeApplied,
}

impl Bug {
    /// Every mistake, in the order of a `Ready`'s handling.
    pub const ALL: [Bug; 11] = [
        Bug::MessagesBeforePersist,
        Bug::VotesNotSynced,
        Bug::HardStateNotSaved,
        Bug::ConflictsKept,
        Bug::LightReadyDropped,
        Bug::CommitNotSaved,
        Bug::AppliedWhenAppended,
        Bug::AnsweredWhenProposed,
        Bug::SnapshotNotSaved,
        Bug::SnapshotNotReported,
        Bug::ReadBeforeApplied,
    ];

    /// The mistake with this id.
    pub fn named(id: &str) -> Option<Bug> {
        Bug::ALL.into_iter().find(|bug| bug.about().id == id)
    }

    /// What is known of it.
    #[rustfmt::skip] // a table
    pub fn about(self) -> BugAbout {
        use FaultKind::{Crash, Cut, Loss};
        let (id, breaks, needs, about, origin): (_, &[_], &[_], _, _) = match self {
            Bug::MessagesBeforePersist => (
                "messages-before-persist", &["no-panic", "agreement", "single-leader"], &[Crash],
                "Persisted messages leave before the disk has what they rest on.",
                "TiKV #994; etcd #10166: \"writes to our raft log are not fully persisted before MsgAppResps \
                 are sent\"",
            ),
            Bug::VotesNotSynced => (
                "votes-not-synced", &["single-leader", "agreement"], &[Crash],
                "A Ready with a hard state and no entries is written without a sync.",
                "negative of Ready::must_sync",
            ),
            Bug::HardStateNotSaved => (
                "hard-state-not-saved", &["single-leader", "agreement", "no-panic"], &[Crash],
                "The hard state is not written when it changes.",
                "negative of the documentation's step 5",
            ),
            Bug::ConflictsKept => (
                "conflicts-kept", &["agreement", "log-matching", "no-panic"], &[Crash, Cut],
                "Whoever reads the log back keeps an entry where a later one has taken its place.",
                "negative of Storage, which MemStorage::append does right",
            ),
            Bug::LightReadyDropped => (
                "light-ready-dropped", &["agreement", "linearizable", "live-again", "catch-up"], &[],
                "The committed entries that advance returns are not applied.",
                "negative of the documentation's step 7, new in version 0.6",
            ),
            Bug::CommitNotSaved => (
                "commit-not-saved", &["no-panic"], &[Crash],
                "A hard state that differs in its commit index alone is not kept, and a snapshot gets ahead of it.",
                "raft-rs's own warning at step 3: \"apply index can be larger than commit index and cause panic\"; \
                 quorum #845, etcd #10217",
            ),
            Bug::AppliedWhenAppended => (
                "applied-when-appended", &["agreement", "linearizable"], &[Cut],
                "Entries are applied when they are written, not when they are committed.",
                "negative of the documentation's steps 3 and 4",
            ),
            Bug::AnsweredWhenProposed => (
                "answered-when-proposed", &["linearizable"], &[],
                "A client is answered when its request has been proposed.",
                "negative of RawNode::propose, which promises nothing",
            ),
            Bug::SnapshotNotSaved => (
                "snapshot-not-saved", &["no-panic", "agreement", "live-again"], &[Crash, Cut],
                "A snapshot that was received is installed in memory, and not written.",
                "negative of the documentation's step 2",
            ),
            Bug::SnapshotNotReported => (
                "snapshot-not-reported", &["catch-up", "live-again"], &[Loss, Cut],
                "The crate is never told that a snapshot was lost, and sends that node nothing more.",
                "dgraph #2707, etcd #10225: \"left in a permanent limbo\"",
            ),
            Bug::ReadBeforeApplied => (
                "read-before-applied", &["linearizable"], &[],
                "A read is served as soon as it has its index, whatever has been applied.",
                "negative of Ongaro's thesis, 6.4, step 4",
            ),
        };
        BugAbout { id, about, origin, breaks, needs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_files_name_bugs_by_their_ids() {
        for bug in Bug::ALL {
            assert_eq!(serde_json::to_value(bug).unwrap(), bug.about().id);
        }
    }
}
