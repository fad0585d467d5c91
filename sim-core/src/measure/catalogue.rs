//! Every measure: its name, its unit and what it is. The names are in scenario files and reports, and stay.

/// What a measure counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Virtual time, in nanoseconds.
    Time,
    /// Thousandths.
    Ratio,
}

impl Unit {
    /// Its name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Time => "time",
            Unit::Ratio => "ratio",
        }
    }
}

/// A quantity with a stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The name in scenario files and reports.
    pub name: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// Whether a run yields many samples, of which one asks for a statistic, or one number.
    pub distribution: bool,
    /// What it is.
    pub about: &'static str,
}

macro_rules! measures {
    ($($name:literal $unit:ident $distribution:literal $about:literal;)*) => {
        /// Every measure.
        pub const MEASURES: &[Measure] = &[$(Measure {
            name: $name,
            unit: Unit::$unit,
            distribution: $distribution,
            about: $about,
        }),*];
    };
}

measures! {
    "latency" Time true "from an operation's invocation to its success, at the client";
    "failover" Time true "from the loss of a leader to the first commit under a new one";
    "election-time" Time true "from the loss of a leader to the claim of a new one";
    "rounds" Count true "epochs in which somebody stood for election, for each election that was won";
    "unavailable" Time true "the longest stretch of a run in which clients waited and none was served";
    "step-down" Time true "from a cut that leaves a leader without most nodes to its stepping down";
    "recovery" Time true "from the healing of all faults to the first success of an operation begun after it";
    "catch-up" Time true "from a node's return to its having decided what was decided by then";
    "in-doubt" Time true "from a node's promise to do its part of a transaction to its knowing how that ends";
    "lock-wait" Time true "how long a transaction waited at a node for locks that others had";
    "leaders-overlap" Time false "how long two live nodes believed at the same time that they led";
    "leaderless" Time false "how long no live node believed that it led";
    "elections" Count false "leaders of a higher epoch than any before";
    "campaigns" Count false "times that a node stood for election";
    "commits" Count false "slots decided";
    "commits-after-heal" Count false "slots decided after everything healed";
    "commits-by-deposed" Count false "slots first decided at a leader while one of a higher epoch led";
    "conflicts" Count false "times that a node decided another value than was decided at that slot before";
    "truncated" Count false "times that a node dropped part of its log because a leader's differed";
    "snapshots-installed" Count false "times that a node took over a whole state";
    "compactions" Count false "times that a node stored a snapshot and dropped the log before it";
    "transfers" Count false "times that a leader handed over";
    "reconfigurations" Count false "times that other nodes became the members";
    "overtakes" Count false "slots that were known to be chosen while one before them was not";
    "log-reads" Count false "reads through the log";
    "read-index-reads" Count false "reads at the leader after a confirming round";
    "follower-reads" Count false "reads at a follower after asking the leader";
    "lease-reads" Count false "reads by a lease";
    "local-reads" Count false "reads from a node's own state alone";
    "deduplicated" Count false "requests that came again and were not done again";
    "operations" Count false "operations that clients invoked";
    "ok" Count false "operations that succeeded";
    "reads" Count false "operations that succeeded and change nothing";
    "writes" Count false "operations that succeeded and may change something";
    "failed" Count false "operations that certainly had no effect";
    "unknown" Count false "operations of which nobody knows";
    "retries" Count false "times that a client sent a request again";
    "refused" Count false "answers that sent a client elsewhere";
    "longest-idle" Time false "the longest stretch of a run without a success, whether clients waited or not";
    "messages" Count false "messages sent between nodes";
    "bytes" Count false "bytes sent between nodes";
    "syncs" Count false "syncs that nodes asked for";
    "messages-per-election" Ratio false "messages that find or announce a leader for each epoch that got one";
    "messages-per-op" Ratio false "messages between nodes for each success";
    "bytes-per-op" Ratio false "bytes between nodes for each success";
    "syncs-per-op" Ratio false "syncs for each success";
    "throughput" Ratio false "successes a second of virtual time";
    "faults-struck" Count false "faults that struck, each repetition counted";
    "transactions" Count false "transactions that somebody took charge of";
    "committed" Count false "transactions that took effect";
    "aborted" Count false "transactions that were given up or undone";
    "dirty-reads" Count false "times that somebody was shown what a transaction wrote that had not ended";
    "dead-letters" Count false "events that were told so often that they were put aside";
    "busiest-share" Ratio false "of all messages between nodes, those that the busiest node sent or was sent";
    "paid" Count false "money granted";
    "paid-out" Count false "money granted beyond what accounts held";
}

impl Measure {
    /// The measure with this name.
    pub fn named(name: &str) -> Option<&'static Measure> {
        MEASURES.iter().find(|measure| measure.name == name)
    }
}
