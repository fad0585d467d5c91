//! The crate's `Storage`, and the journal that it is built from after a crash.
//!
//! The storage is what the crate reads; the journal is what a disk keeps. Both are written together, in
//! [`drive`](crate::drive), and only the journal outlives the process.

use protobuf::Message as _;
use raft::eraftpb::{ConfState, Entry, HardState, Snapshot as Announced, SnapshotMetadata};
use raft::storage::{GetEntriesContext, RaftState, Storage};
use raft::{Error, StorageError};
use serde::Serialize;
use splitbrain::prelude::{Kv, KvReply};
use splitbrain::protocols::session::Sessions;
use std::fmt;
use std::sync::Arc;

/// The replicated state: the service, and the sessions that make each request count once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Replica {
    /// The copy of the service.
    pub service: Kv,
    /// What was answered to whom.
    pub sessions: Sessions<KvReply>,
}

/// The state after an index. The crate's own snapshot names its index and term, and this travels beside it, as large
/// states do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Snapshot {
    /// The last index that it covers.
    pub index: u64,
    /// The term of that entry.
    pub term: u64,
    /// The state there.
    pub replica: Replica,
}

/// A line of the journal.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Record {
    /// The hard state.
    Hard {
        /// The current term.
        term: u64,
        /// Who has the vote in it; 0 for nobody.
        vote: u64,
        /// How far it is known to be committed.
        commit: u64,
    },
    /// An entry; it takes the place of the one at its index and of all that followed that.
    Entry {
        /// Where.
        index: u64,
        /// The term that it was proposed in.
        term: u64,
        /// What it carries; nothing when the crate made it.
        data: Arc<[u8]>,
    },
    /// A snapshot, in place of the entries up to it.
    Snapshot(Arc<Snapshot>),
}

impl Record {
    /// The record of an entry.
    pub fn entry(entry: &Entry) -> Record {
        Record::Entry { index: entry.index, term: entry.term, data: entry.data[..].into() }
    }

    /// The record of a hard state.
    pub fn hard(hard: &HardState) -> Record {
        Record::Hard { term: hard.term, vote: hard.vote, commit: hard.commit }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Hard { term, vote: 0, commit } => {
                write!(f, "term {term} no vote commit {commit}")
            }
            Record::Hard { term, vote, commit } => {
                write!(f, "term {term} vote n{vote} commit {commit}")
            }
            Record::Entry { index, term, data } if data.is_empty() => {
                write!(f, "{index}@{term} nothing")
            }
            Record::Entry { index, term, data } => match crate::request::decode(data) {
                Some(request) => write!(f, "{index}@{term} {} {:?}", request.id, request.op),
                None => write!(f, "{index}@{term} {} bytes", data.len()),
            },
            Record::Snapshot(snapshot) => {
                write!(f, "snapshot up to {}@{}", snapshot.index, snapshot.term)
            }
        }
    }
}

/// What the crate reads: its hard state, its log, and how the log begins.
#[derive(Clone, Debug)]
pub struct Store {
    /// The hard state that was last written.
    pub hard: HardState,
    voters: ConfState,
    snapshot: Option<Arc<Snapshot>>,
    /// The entries behind the snapshot.
    entries: Vec<Entry>,
}

impl Store {
    /// An empty one, in a cluster of so many nodes that all have a vote.
    pub fn new(nodes: u32) -> Store {
        let voters: Vec<u64> = (1..=u64::from(nodes)).collect();
        let voters = ConfState::from((voters, Vec::new()));
        Store { hard: HardState::default(), voters, snapshot: None, entries: Vec::new() }
    }

    /// Reads the journal back.
    pub fn recover(nodes: u32, journal: &[Record], keeps_conflicts: bool) -> Store {
        let mut store = Store::new(nodes);
        for record in journal {
            match record {
                Record::Hard { term, vote, commit } => {
                    let hard = &mut store.hard;
                    (hard.term, hard.vote, hard.commit) = (*term, *vote, *commit);
                }
                Record::Snapshot(snapshot) => store.install(snapshot.clone()),
                Record::Entry { index, .. } if keeps_conflicts && *index <= store.last() => {}
                Record::Entry { index, term, data } if *index <= store.last() + 1 => {
                    let mut entry = Entry::default();
                    (entry.index, entry.term, entry.data) = (*index, *term, data.to_vec().into());
                    store.append(&[entry]);
                }
                Record::Entry { .. } => {}
            }
        }
        store
    }

    /// What a journal that begins anew has to hold. In this order, no first part of it names what it lacks.
    pub fn journal(&self) -> Vec<Record> {
        let snapshot = self.snapshot.clone().map(Record::Snapshot);
        let entries = self.entries.iter().map(Record::entry);
        snapshot.into_iter().chain(entries).chain([Record::hard(&self.hard)]).collect()
    }

    /// The index that the log begins behind.
    #[inline]
    pub fn base(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.index)
    }

    /// The last index.
    #[inline]
    pub fn last(&self) -> u64 {
        self.base() + self.entries.len() as u64
    }

    /// The term of an entry, or of the last one in the snapshot.
    pub fn term_at(&self, index: u64) -> Option<u64> {
        match (&self.snapshot, index.checked_sub(self.base())?) {
            (Some(snapshot), 0) => Some(snapshot.term),
            (None, 0) => Some(0),
            (_, place) => self.entries.get(place as usize - 1).map(|entry| entry.term),
        }
    }

    /// The entries behind the snapshot.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// Writes entries. They take the place of what is there, and of all that follows it.
    pub fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let kept = first.index.saturating_sub(self.base() + 1);
        self.entries.truncate(kept as usize);
        self.entries.extend_from_slice(entries);
    }

    /// A snapshot from elsewhere takes the place of the whole log.
    pub fn install(&mut self, snapshot: Arc<Snapshot>) {
        self.entries.clear();
        self.snapshot = Some(snapshot);
    }

    /// A snapshot of one's own takes the place of the entries that it covers.
    pub fn compact(&mut self, snapshot: Arc<Snapshot>) {
        let covered = snapshot.index.saturating_sub(self.base()) as usize;
        self.entries.drain(..covered.min(self.entries.len()));
        self.snapshot = Some(snapshot);
    }
}

impl Storage for Store {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState::new(self.hard.clone(), self.voters.clone()))
    }

    /// As many as fit, and at least one.
    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        let Some(from) = low.checked_sub(self.base() + 1) else {
            return Err(Error::Store(StorageError::Compacted));
        };
        let to = high - self.base() - 1;
        let mut room = max_size.into().unwrap_or(u64::MAX);
        let mut taken: Vec<Entry> = Vec::new();
        for entry in &self.entries[from as usize..to as usize] {
            let left = room.checked_sub(entry.compute_size().into());
            if left.is_none() && !taken.is_empty() {
                break;
            }
            room = left.unwrap_or(0);
            taken.push(entry.clone());
        }
        Ok(taken)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        let why =
            if index < self.base() { StorageError::Compacted } else { StorageError::Unavailable };
        self.term_at(index).ok_or(Error::Store(why))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.base() + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Announced> {
        match &self.snapshot {
            Some(snapshot) if snapshot.index >= request_index => {
                let mut meta = SnapshotMetadata::default();
                (meta.index, meta.term) = (snapshot.index, snapshot.term);
                meta.set_conf_state(self.voters.clone());
                let mut announced = Announced::default();
                announced.set_metadata(meta);
                Ok(announced)
            }
            _ => Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(index: u64, term: u64) -> Entry {
        let mut entry = Entry::default();
        (entry.index, entry.term) = (index, term);
        entry
    }

    fn snapshot(index: u64, term: u64) -> Arc<Snapshot> {
        Arc::new(Snapshot { index, term, replica: Replica::default() })
    }

    fn terms(store: &Store) -> Vec<Option<u64>> {
        (0..=store.last() + 1).map(|index| store.term_at(index)).collect()
    }

    #[test]
    fn entries_replace_what_conflicts_with_them() {
        let mut store = Store::new(3);
        store.append(&[entry(1, 1), entry(2, 1), entry(3, 1)]);
        store.append(&[entry(2, 2)]);
        assert_eq!(terms(&store), [Some(0), Some(1), Some(2), None]);
    }

    #[test]
    fn a_journal_written_anew_says_the_same() {
        let mut store = Store::new(3);
        store.append(&[entry(1, 1), entry(2, 1), entry(3, 2), entry(4, 2)]);
        store.compact(snapshot(2, 1));
        (store.hard.term, store.hard.vote, store.hard.commit) = (2, 3, 2);
        let again = Store::recover(3, &store.journal(), false);
        assert_eq!(terms(&again), [None, None, Some(1), Some(2), Some(2), None]);
        assert_eq!((again.hard, again.entries), (store.hard, store.entries));
        let mut installed = again.snapshot.clone().map(|_| Store::new(3)).expect("a snapshot");
        installed.install(snapshot(9, 4));
        assert_eq!((installed.base(), installed.last(), installed.term_at(9)), (9, 9, Some(4)));
    }

    #[test]
    fn at_least_one_entry_is_read_and_none_that_is_gone() {
        let mut store = Store::new(1);
        store.append(&[entry(1, 1), entry(2, 1), entry(3, 1)]);
        let read = |store: &Store, low, high, size: u64| {
            Storage::entries(store, low, high, size, GetEntriesContext::empty(false))
                .map(|e| e.len())
        };
        assert_eq!(read(&store, 1, 4, 0).ok(), Some(1));
        assert_eq!(read(&store, 1, 4, u64::MAX).ok(), Some(3));
        store.compact(snapshot(2, 1));
        assert!(read(&store, 2, 4, 0).is_err());
        assert_eq!(read(&store, 3, 4, 0).ok(), Some(1));
        assert!(
            Storage::snapshot(&store, 3, 1).is_err() && Storage::snapshot(&store, 2, 1).is_ok()
        );
    }
}
