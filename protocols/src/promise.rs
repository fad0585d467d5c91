//! What a protocol promises, and under which faults.

use sim_core::fault::FaultKind;

/// A property that a protocol promises to keep, as long as only these kinds of fault strike.
///
/// A violation under any other fault is told as "not promised", and is what teaching scenarios are
/// made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The property, by its stable name.
    pub property: &'static str,
    /// The faults under which it is promised.
    pub under: Vec<FaultKind>,
    /// What is promised, and on what condition, in a sentence.
    pub words: &'static str,
}

/// The fault model of crash-recovery protocols: messages may be lost, late, doubled, damaged and overtaken;
/// processes may crash, stall and be slow; disks may be slow or full; clocks may leap and drift. Not among
/// them: a disk that loses what was synced.
pub const CRASH_RECOVERY: &[FaultKind] = &[
    FaultKind::Crash,
    FaultKind::TornCrash,
    FaultKind::Restart,
    FaultKind::Pause,
    FaultKind::SlowNode,
    FaultKind::Cut,
    FaultKind::OneWayCut,
    FaultKind::Loss,
    FaultKind::Delay,
    FaultKind::Duplicate,
    FaultKind::Reorder,
    FaultKind::Corrupt,
    FaultKind::SlowDisk,
    FaultKind::FullDisk,
    FaultKind::ClockJump,
    FaultKind::ClockDrift,
];

/// The fault model of elections among nodes that answer in a known time (Garcia-Molina, "Elections in a Distributed
/// Computing System", 1982, section II): nodes may die and come back, whatever becomes of their disks, for they keep
/// nothing there. Nothing is lost, messages arrive in time, and nodes do not stand still.
pub const SYNCHRONOUS: &[FaultKind] = &[
    FaultKind::Crash,
    FaultKind::TornCrash,
    FaultKind::WipedCrash,
    FaultKind::Restart,
    FaultKind::Duplicate,
    FaultKind::SlowDisk,
    FaultKind::FullDisk,
    FaultKind::LyingSync,
    FaultKind::BitRot,
    FaultKind::ClockJump,
];

/// Holds a protocol's `PROMISES.md` against what its code promises.
#[cfg(test)]
pub(crate) mod table {
    use super::*;

    /// The rows of a table: a property, and the kinds of fault under which it is promised.
    fn rows(text: &str) -> Vec<(String, Vec<FaultKind>)> {
        let rows = text.lines().filter(|line| line.starts_with("| "));
        let cells = rows.skip(1).map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
        cells
            .map(|cells| {
                let kinds = cells[2].split(' ');
                let kinds = kinds.map(|name| FaultKind::named(name).expect("a kind of fault"));
                (cells[1].to_owned(), kinds.collect())
            })
            .collect()
    }

    /// Every row is promised under just these faults, and nothing else is promised.
    pub fn assert_says(text: &str, promised: &[Promise]) {
        let rows = rows(text);
        assert_eq!(rows.len(), promised.len());
        for (property, mut kinds) in rows {
            let promise = promised.iter().find(|promise| promise.property == property);
            let mut under = promise.expect("the code promises it").under.clone();
            kinds.sort_unstable();
            under.sort_unstable();
            assert_eq!(kinds, under, "{property}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crash_recovery_rests_on_what_was_synced() {
        for lost in [FaultKind::WipedCrash, FaultKind::LyingSync, FaultKind::BitRot] {
            assert!(!CRASH_RECOVERY.contains(&lost));
        }
    }
}
