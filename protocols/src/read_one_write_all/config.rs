//! What a scenario may tune, and mistakes to be switched on one at a time.

use crate::protocol::BugAbout;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Span;
use sim_core::fault::FaultKind;

/// The options of read-one-write-all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How long a node waits for an answer to what it sent before it sends it again.
    pub retry: Span,
    /// How many writes one message carries at most when they are sent again.
    pub batch: u64,
    /// How many client sessions are kept. When there are more, the one least recently used expires.
    pub sessions: u32,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config { retry: Span::millis(100), batch: 64, sessions: 1_000, bugs: Vec::new() }
    }
}

impl Config {
    /// Why nothing could run like this, if so.
    pub fn complaint(&self) -> Option<String> {
        let impossible = [
            (self.retry == Span::ZERO, "retry must be longer than 0s"),
            (self.batch == 0, "batch must be at least 1"),
            (self.sessions == 0, "sessions must be at least 1"),
        ];
        impossible.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_string())
    }

    /// Whether a mistake is switched on.
    pub(super) fn has(&self, bug: Bug) -> bool {
        self.bugs.contains(&bug)
    }
}

/// A mistake.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Bug {
    /// A write counts as done when a majority has it, while a read still asks one copy.
    CommitBeforeAll,
    /// A read is answered from what is committed, and does not wait for what is prepared.
    ReadDoesNotWait,
    /// A read is answered with what is prepared as if it were committed.
    ReadPrepared,
    /// A copy acknowledges a write that its disk does not have yet.
    AckBeforeSync,
    /// A write that comes again is written again.
    RetryWrittenAgain,
}

impl Bug {
    /// Every mistake.
    pub const ALL: [Bug; 5] = [
        Bug::CommitBeforeAll,
        Bug::ReadDoesNotWait,
        Bug::ReadPrepared,
        Bug::AckBeforeSync,
        Bug::RetryWrittenAgain,
    ];

    /// The mistake with this id.
    pub fn named(id: &str) -> Option<Bug> {
        Bug::ALL.into_iter().find(|bug| bug.about().id == id)
    }

    /// What is known of it.
    pub fn about(self) -> BugAbout {
        match self {
            Bug::CommitBeforeAll => BugAbout {
                id: "commit-before-all",
                about: "A write is done when a majority has it, while a read still asks one copy.",
                origin: "R + W > N neglected: Gifford, Weighted Voting, SOSP 1979",
                breaks: &["linearizable"],
                needs: &[FaultKind::Cut],
            },
            Bug::ReadDoesNotWait => BugAbout {
                id: "read-does-not-wait",
                about: "A read does not wait for what is prepared, and may miss what others have read.",
                origin: "negative of the rule for reads; the new-old inversion of Attiya, Bar-Noy and \
                         Dolev, JACM 1995",
                breaks: &["linearizable"],
                needs: &[],
            },
            Bug::ReadPrepared => BugAbout {
                id: "read-prepared",
                about: "A read shows what is prepared, which another copy may not have heard of.",
                origin: "a dirty read: Gray and Reuter, Transaction Processing, 1993, chapter 7",
                breaks: &["linearizable"],
                needs: &[],
            },
            Bug::AckBeforeSync => BugAbout {
                id: "ack-before-sync",
                about: "A copy acknowledges a write that its disk does not have yet.",
                origin: "robustmq #2039; compare ZOOKEEPER-4646",
                breaks: &["linearizable"],
                needs: &[FaultKind::Crash],
            },
            Bug::RetryWrittenAgain => BugAbout {
                id: "retry-written-again",
                about: "A write that comes again is written again.",
                origin: "negative of client sessions: Ongaro's thesis, section 6.3",
                breaks: &["exactly-once", "linearizable"],
                needs: &[FaultKind::Loss],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_is_found_by_the_id_that_files_write() {
        for bug in Bug::ALL {
            let id = bug.about().id;
            assert_eq!(Bug::named(id), Some(bug));
            assert_eq!(serde_json::to_value(bug).unwrap(), id);
        }
    }
}
