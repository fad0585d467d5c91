//! Serializability and its neighbours: whether transactions saw what an isolation level promises, and if not, which
//! anomaly they saw.
//!
//! After Adya ("Weak Consistency", MIT, 1999), who defines isolation levels by the cycles they forbid in the graph
//! of who must have gone before whom, and Kingsbury and Alvaro ("Elle: Inferring Isolation Anomalies from
//! Experimental Observations", VLDB 2020), who infer that graph from what clients saw. A list that is only ever
//! appended to shows its whole past in each read, so that all dependencies are known but for those among appends
//! that nobody read, which contradict nothing:
//!
//! * *lists*: the verdict on serializability and what is stronger is exact. A transaction whose end is unknown
//!   committed when one of its writes was seen, and is otherwise taken not to have, which is always possible.
//! * *registers* with unique values: what is found is so, but not all can be found (`registers`). Where no
//!   anomaly is, a serial order is tried; if it does not explain the reads, the verdict is unknown.
//!
//! In both cases a history that holds comes with a serial order that was run and gave the same reads.
//!
//! | module | what is in it |
//! |---|---|
//! | [`transaction`] | transactions as clients saw them |
//! | [`anomaly`] | the names of what can be wrong, and the levels that they rule out |
//! | `known`, `lists`, `registers` | what is inferred from what was read |
//! | `graph` | who must have gone before whom, sessions and real time included |
//! | `cycles`, `prose` | a small cycle, and why it is one |
//! | `witness` | a serial order, checked |
//!
//! All of it is near linear in the length of the history, reads counted with what they returned.

pub mod anomaly;
mod cycles;
mod graph;
mod known;
mod lists;
mod prose;
mod registers;
pub mod transaction;
mod witness;

pub use anomaly::{Anomaly, Level, Name, Shape, Stage};
pub use transaction::{Micro, Status, Transaction, from_history};

use graph::Graph;
use known::{Findings, Known};
use sim_core::outcome::Verdict;

/// What is known of a history of transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The level that it was judged by.
    pub level: Level,
    /// Whether it is of that level; unknown only with registers of which the order of writes is not known, and
    /// where values are not unique.
    pub verdict: Verdict,
    /// How many transactions are known to have committed.
    pub committed: u64,
    /// What is wrong with it, the worst first and of the same name the smallest: the first few of each name. What
    /// the level allows is among them; sessions and real time are only looked at when the level demands it.
    pub anomalies: Vec<Anomaly>,
    /// A serial order of the committed transactions that explains all reads and what the level demands beside, by
    /// their indices; none when there is none, when none was found, or when the level is a weaker one.
    pub order: Option<Vec<usize>>,
}

impl Judgement {
    /// What the level forbids, the worst first.
    pub fn forbidden(&self) -> impl Iterator<Item = &Anomaly> {
        self.anomalies.iter().filter(|one| one.name.rules_out(self.level))
    }

    /// The forbidden cycle of the fewest transactions.
    pub fn smallest_cycle(&self) -> Option<&Anomaly> {
        let cycles = self.forbidden().filter(|one| matches!(one.name, Name::Cycle(..)));
        cycles.min_by_key(|one| one.transactions.len())
    }

    /// The strongest level up to the one judged by that nothing found here rules out; none when all are.
    pub fn strongest(&self) -> Option<Level> {
        let holds = |level: &Level| !self.anomalies.iter().any(|one| one.name.rules_out(*level));
        Level::ALL.into_iter().filter(|level| *level <= self.level).rev().find(holds)
    }

    /// Why it is broken or not known, in sentences; empty when it holds.
    pub fn why(&self) -> String {
        match (self.verdict, self.forbidden().next()) {
            (Verdict::Holds, _) => String::new(),
            (_, Some(worst)) => format!("{}: {}", worst.name, worst.prose),
            (_, None) => "what was read tells too little of the order of the writes".into(),
        }
    }
}

/// Judges a history of transactions, in the order of their invocations, that began with every list empty and every
/// register unwritten.
pub fn judge(history: &[Transaction], level: Level) -> Judgement {
    let mut findings = Findings::default();
    let mut known = Known::of(history, &mut findings);
    let (graph, whole) = dependencies(&mut known, level, &mut findings);
    let cycles = cycles::search(&graph, level.stage());
    for cycle in &cycles {
        let members: Vec<u32> = cycle.steps.iter().map(|step| step.from).collect();
        let name = Name::Cycle(cycle.stage, cycle.shape);
        findings.add(name, &members, || prose::tell(&known, cycle));
    }
    let mut anomalies = findings.told;
    anomalies.sort_by_key(|one| (one.name, one.transactions.len()));
    let broken = anomalies.iter().any(|one| one.name.rules_out(level));
    let serial = level >= Level::Serializable;
    let order = match !broken && cycles.is_empty() && (serial || !whole) {
        true => witness::serial_order(&known, &graph),
        false => None,
    };
    let verdict = match broken {
        true => Verdict::Broken,
        false if order.is_some() || (whole && !serial) => Verdict::Holds,
        false => Verdict::Unknown,
    };
    let committed = known.committed.iter().filter(|committed| **committed).count() as u64;
    Judgement { level, verdict, committed, anomalies, order: order.filter(|_| serial) }
}

/// The graph with all that the level demands, and whether the order of the writes to each key is known.
fn dependencies(known: &mut Known<'_>, level: Level, findings: &mut Findings) -> (Graph, bool) {
    let keys = 0..known.keys.len() as u32;
    let mut orders = Vec::new();
    for key in keys.clone() {
        orders.push(lists::order(known, key, findings));
        registers::observe(known, key, findings);
    }
    let mut graph = Graph::new(known.transactions.len());
    let mut whole = true;
    for key in keys {
        let at = &known.keys[key as usize];
        whole &= match (orders[key as usize], at.ambiguous) {
            (_, true) => false,
            _ if at.registers => registers::infer(known, key, &mut graph, findings),
            (Some(order), _) => {
                lists::infer(known, key, order, &mut graph, findings);
                true
            }
            (None, _) => false,
        };
    }
    if level.stage() >= Stage::Process {
        graph.sessions(known);
    }
    if level.stage() >= Stage::RealTime {
        graph.real_time(known);
    }
    (graph, whole)
}
