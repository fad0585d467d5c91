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
