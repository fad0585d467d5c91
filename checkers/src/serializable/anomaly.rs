//! What can be wrong with a history of transactions, by the names of the literature, and which isolation levels
//! each of these rules out.

use std::fmt;

/// An isolation level, from the weakest to the strongest. With reads of single keys only, as here, Adya's PL-2.99 and
/// PL-3 differ in nothing but their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// PL-1: writes of different transactions are not interleaved.
    ReadUncommitted,
    /// PL-2: what is read was committed, and information flows one way.
    ReadCommitted,
    /// Each transaction reads from one state, and of two that write one key one sees the other (Berenson and others,
    /// 1995); in the generalised form, where the state may be an old one.
    SnapshotIsolation,
    /// PL-2.99: what was read stays so until the end.
    RepeatableRead,
    /// PL-3: as if the transactions had run one after another.
    Serializable,
    /// Serializable, in an order that keeps the order of each session (Daudjee and Salem, 2004).
    StrongSessionSerializable,
    /// Serializable, in an order in which what ended goes before what began later (Papadimitriou, 1979).
    StrictSerializable,
}

impl Level {
    /// All of them, from the weakest.
    pub const ALL: [Level; 7] = [
        Level::ReadUncommitted,
        Level::ReadCommitted,
        Level::SnapshotIsolation,
        Level::RepeatableRead,
        Level::Serializable,
        Level::StrongSessionSerializable,
        Level::StrictSerializable,
    ];

    /// Which orders beside that of the data it demands.
    pub(super) fn stage(self) -> Stage {
        match self {
            Level::StrictSerializable => Stage::RealTime,
            Level::StrongSessionSerializable => Stage::Process,
            _ => Stage::Data,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::ReadUncommitted => "read uncommitted",
            Level::ReadCommitted => "read committed",
            Level::SnapshotIsolation => "snapshot isolation",
            Level::RepeatableRead => "repeatable read",
            Level::Serializable => "serializable",
            Level::StrongSessionSerializable => "strong session serializable",
            Level::StrictSerializable => "strict serializable",
        })
    }
}

/// Which orders a cycle may lean on: each of these and those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// What was read and written.
    Data,
    /// The order of transactions in a session.
    Process,
    /// The order of those of which one ended before the other began.
    RealTime,
}

impl Stage {
    pub(super) const ALL: [Stage; 3] = [Stage::Data, Stage::Process, Stage::RealTime];
}

/// Which dependencies a cycle is made of, from the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Writes only: G0, dirty write.
    Writes,
    /// Writes and reads of what was written: G1c, circular information flow.
    Flow,
    /// One anti-dependency: G-single, read skew.
    Single,
    /// Several anti-dependencies, no two of them adjacent: G-nonadjacent.
    Apart,
    /// Adjacent anti-dependencies: G2-item, write skew among them.
    Skew,
}

/// What is wrong, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// Two writes of one value to one key, or a list and a register under one key: nobody can tell them apart.
    Ambiguous,
    /// A value was read that nobody wrote.
    GarbageRead,
    /// A list held a value twice that was appended once.
    DuplicateElement,
    /// A transaction appended several values to a list, and a later one of them was seen without an earlier one.
    LostElement,
    /// Two reads of a list of which neither is the beginning of the other, or appends of one transaction in another
    /// order than its own.
    IncompatibleOrder,
    /// G1a: a read of what an aborted transaction wrote.
    AbortedRead,
    /// A committed transaction wrote on top of what an aborted one wrote.
    DirtyUpdate,
    /// G1b: a read of what was not the last write of its transaction.
    IntermediateRead,
    /// A transaction that does not see its own writes, or sees others' between its reads.
    Internal,
    /// Two transactions read the same version of a key, and both replaced it.
    LostUpdate,
    /// Transactions each of which must have gone before the next, round in a circle.
    Cycle(Stage, Shape),
}

impl Name {
    /// Whether a history that shows this cannot be of that level.
    ///
    /// After Adya (1999, chapter 3 and 4), Cerone and Gotsman ("Analysing Snapshot Isolation", 2016: a cycle without
    /// adjacent anti-dependencies is what snapshot isolation forbids), and, for what Adya's model has no words for,
    /// Kingsbury and Alvaro (2020).
    pub fn rules_out(self, level: Level) -> bool {
        match self {
            Name::Ambiguous => false,
            Name::GarbageRead | Name::DuplicateElement | Name::LostElement => true,
            Name::IncompatibleOrder
            | Name::AbortedRead
            | Name::DirtyUpdate
            | Name::IntermediateRead => level >= Level::ReadCommitted,
            Name::Internal | Name::LostUpdate => level >= Level::SnapshotIsolation,
            Name::Cycle(stage, shape) => {
                let weakest = match shape {
                    Shape::Writes => Level::ReadUncommitted,
                    Shape::Flow => Level::ReadCommitted,
                    Shape::Single | Shape::Apart => Level::SnapshotIsolation,
                    Shape::Skew => Level::RepeatableRead,
                };
                stage <= level.stage() && level >= weakest
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Name::Ambiguous => "ambiguous-writes",
            Name::GarbageRead => "garbage-read",
            Name::DuplicateElement => "duplicate-elements",
            Name::LostElement => "lost-element",
            Name::IncompatibleOrder => "incompatible-order",
            Name::AbortedRead => "G1a",
            Name::DirtyUpdate => "dirty-update",
            Name::IntermediateRead => "G1b",
            Name::Internal => "internal",
            Name::LostUpdate => "lost-update",
            Name::Cycle(_, Shape::Writes) => "G0",
            Name::Cycle(_, Shape::Flow) => "G1c",
            Name::Cycle(_, Shape::Single) => "G-single",
            Name::Cycle(_, Shape::Apart) => "G-nonadjacent",
            Name::Cycle(_, Shape::Skew) => "G2-item",
        };
        let order = match self {
            Name::Cycle(Stage::Process, _) => "-process",
            Name::Cycle(Stage::RealTime, _) => "-realtime",
            _ => "",
        };
        write!(f, "{name}{order}")
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Its name.
    pub name: Name,
    /// The transactions that show it, by their indices in the history; those of a cycle in its order.
    pub transactions: Vec<usize>,
    /// What happened, in sentences: T1 is the first transaction of the history.
    pub prose: String,
}
