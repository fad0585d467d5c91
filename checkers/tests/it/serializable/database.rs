//! A small database that runs transactions micro by micro, with mistakes that can be planted.

use checkers::serializable::{Level, Micro, Status, Transaction, judge};
use sim_core::outcome::Verdict;
use sim_core::{Rng, Time};
use std::collections::BTreeMap;

/// How the database keeps transactions apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    /// Strict two-phase locking; who meets a lock gives up.
    TwoPhaseLocking,
    /// The same without locks for reading, and with writes that wait for the commit.
    NoReadLocks,
    /// The same without locks for reading, and with writes that show at once.
    DirtyReads,
    /// No locks at all, and writes that show at once.
    NoLocks,
    /// Each reads from a snapshot; of two that wrote one key the first to commit wins.
    Snapshots,
    /// The same, and both win: the whole list is put back.
    LostUpdates,
    /// Locks, but who only reads does so from an old snapshot.
    OldReads,
}

type Store = BTreeMap<String, Vec<i64>>;

struct Open {
    history: usize,
    plan: Vec<Micro>,
    done: usize,
    /// What it reads from, where that is a snapshot; and what it wrote.
    snapshot: Store,
    version: usize,
    /// Whether it reads an old snapshot in place of the data.
    old: bool,
    written: Vec<(String, i64)>,
    locked: Vec<String>,
}

struct Database {
    control: Control,
    versions: Vec<Store>,
    now: Store,
    locks: BTreeMap<String, usize>,
    history: Vec<Transaction>,
    place: u64,
    value: i64,
}

impl Database {
    fn tick(&mut self) -> u64 {
        self.place += 1;
        self.place
    }

    fn begin(&mut self, process: u32, rng: &mut Rng) -> Open {
        let mut plan = Vec::new();
        let only_reads = rng.below(3) == 0;
        for _ in 0..1 + rng.below(4) {
            let key = format!("k{}", self.value as u64 / 60 + rng.below(3));
            if only_reads || rng.below(2) == 0 {
                plan.push(Micro::List { key, seen: Vec::new() });
            } else {
                self.value += 1;
                plan.push(Micro::Append { key, value: self.value });
            }
        }
        let call = self.tick();
        self.history.push(Transaction {
            process,
            micros: plan.clone(),
            status: Status::Unknown,
            invoked: Time(call),
            returned: None,
            call,
            ret: u64::MAX,
        });
        let old = self.control == Control::OldReads && only_reads;
        let newest = self.versions.len() - 1;
        let version = if old { newest - rng.index(4.min(newest + 1)) } else { newest };
        let snapshot = self.versions[version].clone();
        let history = self.history.len() - 1;
        Open { history, plan, done: 0, snapshot, version, old, written: vec![], locked: vec![] }
    }

    /// Does the next step; how the transaction ended, if it did.
    fn step(&mut self, open: &mut Open) -> Option<Status> {
        let Some(micro) = open.plan.get_mut(open.done) else { return Some(self.commit(open)) };
        open.done += 1;
        use Control::*;
        let writes = matches!(micro, Micro::Append { .. });
        let locks = match self.control {
            TwoPhaseLocking => true,
            OldReads => !open.old,
            NoReadLocks | DirtyReads => writes,
            NoLocks | Snapshots | LostUpdates => false,
        };
        let key = micro.key().to_string();
        if locks && *self.locks.entry(key.clone()).or_insert(open.history) != open.history {
            return Some(self.abort(open));
        }
        if locks {
            open.locked.push(key.clone());
        }
        let at_once = matches!(self.control, DirtyReads | NoLocks);
        match micro {
            Micro::Append { value, .. } => {
                open.written.push((key.clone(), *value));
                if at_once {
                    self.now.entry(key).or_default().push(*value);
                }
            }
            Micro::List { seen, .. } => {
                let from_snapshot = open.old || matches!(self.control, Snapshots | LostUpdates);
                let store = if from_snapshot { &open.snapshot } else { &self.now };
                *seen = store.get(&key).cloned().unwrap_or_default();
                if !at_once {
                    seen.extend(open.written.iter().filter(|one| one.0 == key).map(|one| one.1));
                }
            }
            _ => {}
        }
        None
    }

    fn commit(&mut self, open: &mut Open) -> Status {
        let later = &self.versions[open.version];
        let stale = |(key, _): &(String, i64)| self.now.get(key) != later.get(key);
        if self.control == Control::Snapshots && open.written.iter().any(stale) {
            return self.abort(open);
        }
        match self.control {
            Control::DirtyReads | Control::NoLocks => {}
            Control::LostUpdates => {
                for (key, value) in &open.written {
                    let list = open.snapshot.entry(key.clone()).or_default();
                    list.push(*value);
                    self.now.insert(key.clone(), list.clone());
                }
            }
            _ => {
                for (key, value) in &open.written {
                    self.now.entry(key.clone()).or_default().push(*value);
                }
            }
        }
        if !open.written.is_empty() {
            self.versions.push(self.now.clone());
        }
        self.unlock(open);
        Status::Ok
    }

    fn abort(&mut self, open: &mut Open) -> Status {
        for (key, value) in &open.written {
            self.now.entry(key.clone()).or_default().retain(|one| one != value);
        }
        self.unlock(open);
        Status::Fail
    }

    fn unlock(&mut self, open: &Open) {
        self.locks.retain(|_, owner| *owner != open.history);
    }
}

/// What clients see of a database: some hear nothing of the end, and go on as other processes.
fn run(control: Control, seed: u64, transactions: usize) -> Vec<Transaction> {
    let mut rng = Rng::named(7, seed);
    let mut database = Database {
        control,
        versions: vec![Store::new()],
        now: Store::new(),
        locks: BTreeMap::new(),
        history: Vec::new(),
        place: 0,
        value: 0,
    };
    let mut clients: Vec<(u32, Option<Open>)> = (0..4).map(|client| (client, None)).collect();
    while database.history.len() < transactions {
        let turn = rng.index(clients.len());
        let (process, open) = &mut clients[turn];
        let Some(running) = open else {
            *open = Some(database.begin(*process, &mut rng));
            continue;
        };
        let ended = match rng.below(40) {
            0 => Some(database.abort(running)),
            _ => database.step(running),
        };
        let Some(status) = ended else { continue };
        let place = database.tick();
        let transaction = &mut database.history[running.history];
        if rng.below(20) == 0 {
            *process += 4;
        } else {
            (transaction.status, transaction.ret) = (status, place);
            transaction.returned = Some(Time(place));
            transaction.micros = std::mem::take(&mut running.plan);
        }
        *open = None;
    }
    database.history
}

/// In how many of the runs a level is broken, and how often each anomaly is found.
fn broken(control: Control, level: Level) -> (u64, BTreeMap<String, u64>) {
    let mut found = BTreeMap::new();
    let mut broken = 0;
    for seed in 0..RUNS {
        let judgement = judge(&run(control, seed, 120), level);
        broken += u64::from(judgement.verdict == Verdict::Broken);
        for name in super::names(&judgement) {
            *found.entry(name).or_default() += 1;
        }
    }
    println!("{control:?} at {level}: {broken} of {RUNS} broken, {found:?}");
    (broken, found)
}

const RUNS: u64 = 60;

#[test]
fn locks_are_strict_serializable() {
    assert_eq!(broken(Control::TwoPhaseLocking, Level::StrictSerializable).0, 0);
}

#[test]
fn snapshots_are_snapshot_isolation_and_show_write_skew() {
    assert_eq!(broken(Control::Snapshots, Level::SnapshotIsolation).0, 0);
    let (broken, found) = broken(Control::Snapshots, Level::Serializable);
    assert!(broken > RUNS / 2 && found.keys().eq(["G2-item"]), "{found:?}");
}

#[test]
fn reading_without_locks_is_read_skew() {
    assert_eq!(broken(Control::NoReadLocks, Level::ReadCommitted).0, 0);
    let (broken, found) = broken(Control::NoReadLocks, Level::Serializable);
    assert!(broken == RUNS && found["G-single"] > 0 && found["internal"] > 0, "{found:?}");
}

#[test]
fn dirty_reads_are_g1() {
    assert_eq!(broken(Control::DirtyReads, Level::ReadUncommitted).0, 0);
    let (broken, found) = broken(Control::DirtyReads, Level::ReadCommitted);
    assert!(broken == RUNS && found["G1a"] > 0 && found["G1b"] > 0, "{found:?}");
}

#[test]
fn writing_without_locks_is_g0() {
    let (broken, found) = broken(Control::NoLocks, Level::ReadUncommitted);
    assert!(broken > RUNS / 2 && found["G0"] > RUNS / 2, "{found:?}");
}

#[test]
fn putting_whole_lists_back_loses_updates() {
    let (broken, found) = broken(Control::LostUpdates, Level::SnapshotIsolation);
    assert!(broken == RUNS && found["lost-update"] > RUNS / 2, "{found:?}");
}

#[test]
fn old_reads_are_serializable_and_no_more() {
    assert_eq!(broken(Control::OldReads, Level::Serializable).0, 0);
    let (broken, found) = broken(Control::OldReads, Level::StrictSerializable);
    assert!(broken == RUNS && found.keys().all(|name| name.contains('-')), "{found:?}");
    assert!(found.keys().any(|name| name.ends_with("-realtime")), "{found:?}");
}
