//! What two-phase commit promises.

use crate::promise::{CRASH_RECOVERY, Promise};

const PROMISES: &[(&str, &str)] = &[
    ("outcomes-agree", "all nodes that conclude a transaction conclude the same (AC1)"),
    ("outcome-stands", "no node takes back how a transaction has ended, whatever crashes (AC2)"),
    ("commit-needs-every-yes", "a transaction commits only when every site has voted for it (AC3)"),
    ("yes-of-all-commits", "when every vote is yes, and is heard in time, it commits (AC4)"),
    ("in-doubt-locks", "what a site is in doubt about is read and written by nobody else"),
    ("write-ahead", "what a message rests on is on disk before it leaves"),
    (
        "forgotten-when-all-know",
        "what would be presumed otherwise is remembered while any is in doubt",
    ),
    ("presumption", "whoever asks how a transaction ended is told the same"),
    ("told-the-truth", "clients hear of success exactly when there is success"),
    ("runs-once", "a request is done at most once, however often it is sent"),
    ("never-alone", "who is in doubt decides nothing by itself"),
    ("audits-add-up", "every audit sees all the money there is"),
    ("conserves-money", "when nothing is under way, all the money is there"),
    (
        "serializable",
        "transactions are strictly serializable: as if each had run alone, at one instant",
    ),
    ("live-again", "when every node is up again, transactions commit within the stated bound"),
    (
        "all-end",
        "when every node is up again, every transaction ends and gives its locks back (AC5)",
    ),
];

/// What is promised: the same under every variant.
pub(super) fn promises() -> Vec<Promise> {
    let promise =
        |(property, words): (_, _)| Promise { property, under: CRASH_RECOVERY.to_vec(), words };
    PROMISES.iter().copied().map(promise).collect()
}

/// What a property's breaking comes from.
pub(super) fn implied_by(property: &str) -> &'static [&'static str] {
    match property {
        "outcomes-agree" => &["outcome-stands", "presumption", "write-ahead"],
        "serializable" | "audits-add-up" | "conserves-money" => {
            &["outcomes-agree", "in-doubt-locks", "commit-needs-every-yes", "runs-once"]
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::table;

    #[test]
    fn the_table_says_what_the_code_does() {
        table::assert_says(include_str!("PROMISES.md"), &promises());
    }
}
