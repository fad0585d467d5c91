//! A node's disk: files of records, a buffer of writes that are not synced yet, and what can happen to both.
//!
//! **The fault model.** A write is safe once a sync that began after it has ended. Before that a crash may
//! lose it; a torn crash keeps some first part of what was buffered. A rewrite replaces a whole file, all or
//! nothing. Rot makes a synced record unreadable: like a log whose checksum fails, the file then ends before it.
//! A full disk takes no write until there is room. A disk whose sync lies says that it is done and has done
//! nothing; the writes stay in the buffer until an honest sync.

use crate::random::Rng;
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Debug)]
enum Write<R> {
    Append(u16, R),
    Rewrite(u16, Vec<R>),
}

#[derive(Clone, Debug)]
struct File<R> {
    records: Vec<R>,
    /// Records from this one on cannot be read any more.
    rotten_from: usize,
}

impl<R> Default for File<R> {
    fn default() -> Self {
        File { records: Vec::new(), rotten_from: usize::MAX }
    }
}

/// What a crash leaves of writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsynced {
    Kept,
    Lost,
    Torn,
}

#[derive(Clone, Debug)]
pub(crate) struct Disk<R> {
    files: BTreeMap<u16, File<R>>,
    buffer: VecDeque<Write<R>>,
    /// How many writes were made, and how many of them a sync has covered, truly or not.
    written: u64,
    acknowledged: u64,
    /// What the sync under way will cover.
    syncing: Option<u64>,
    /// How many syncs were begun, in all lives: the number of the one under way.
    begun: u64,
    /// How many times as long a sync takes.
    pub slow: u32,
    /// How many faults keep it full, and how many make it lie.
    pub full: u16,
    pub lying: u16,
}

impl<R> Default for Disk<R> {
    fn default() -> Self {
        Disk {
            files: BTreeMap::new(),
            buffer: VecDeque::new(),
            written: 0,
            acknowledged: 0,
            syncing: None,
            begun: 0,
            slow: 1,
            full: 0,
            lying: 0,
        }
    }
}

impl<R: Clone> Disk<R> {
    pub fn append(&mut self, file: u16, record: R) {
        self.written += 1;
        self.buffer.push_back(Write::Append(file, record));
    }

    pub fn rewrite(&mut self, file: u16, records: Vec<R>) {
        self.written += 1;
        self.buffer.push_back(Write::Rewrite(file, records));
    }

    /// How many writes were made.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many of them the node may believe to be safe.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Begins a sync of all that was written so far, if there is anything to sync, room for it, and none under
    /// way; and gives it a number. Syncs that were asked for meanwhile are done together by the next.
    pub fn begin_sync(&mut self) -> Option<u64> {
        if self.syncing.is_some() || self.acknowledged == self.written || self.full > 0 {
            return None;
        }
        self.syncing = Some(self.written);
        self.begun += 1;
        Some(self.begun)
    }

    /// Gives the sync under way up, so that another can begin.
    pub fn give_up_sync(&mut self) {
        self.syncing = None;
    }

    /// Whether the sync with this number is the one under way.
    pub fn is_under_way(&self, number: u64) -> bool {
        self.syncing.is_some() && self.begun == number
    }

    /// Ends the sync under way. A disk that has become full meanwhile gives it up.
    pub fn end_sync(&mut self) {
        let Some(upto) = self.syncing.take() else { return };
        if self.full > 0 {
            return;
        }
        if self.lying == 0 {
            let stays = (self.written - upto) as usize;
            while self.buffer.len() > stays {
                let write = self.buffer.pop_front();
                self.store(write);
            }
        }
        self.acknowledged = upto;
    }

    fn store(&mut self, write: Option<Write<R>>) {
        match write {
            Some(Write::Append(file, record)) => {
                self.files.entry(file).or_default().records.push(record);
            }
            Some(Write::Rewrite(file, records)) => {
                self.files.insert(file, File { records, rotten_from: usize::MAX });
            }
            None => {}
        }
    }

    /// The process ends. What is on the disk afterwards is what it boots from.
    pub fn crash(&mut self, unsynced: Unsynced, rng: &mut Rng) {
        let kept = match unsynced {
            Unsynced::Kept => self.buffer.len(),
            Unsynced::Lost => 0,
            Unsynced::Torn => rng.below(self.buffer.len() as u64 + 1) as usize,
        };
        for _ in 0..kept {
            let write = self.buffer.pop_front();
            self.store(write);
        }
        self.buffer.clear();
        for file in self.files.values_mut() {
            let end = file.rotten_from.min(file.records.len());
            file.records.truncate(end);
            file.rotten_from = usize::MAX;
        }
        (self.written, self.acknowledged, self.syncing) = (0, 0, None);
    }

    /// Everything is gone.
    pub fn wipe(&mut self) {
        self.files.clear();
        self.buffer.clear();
        (self.written, self.acknowledged, self.syncing) = (0, 0, None);
    }

    /// A synced record becomes unreadable, if there is one.
    pub fn rot(&mut self, rng: &mut Rng) -> bool {
        let files: Vec<u16> =
            self.files.iter().filter(|f| !f.1.records.is_empty()).map(|f| *f.0).collect();
        if files.is_empty() {
            return false;
        }
        let file = self.files.get_mut(&files[rng.index(files.len())]).expect("listed above");
        let record = rng.index(file.records.len());
        file.rotten_from = file.rotten_from.min(record);
        true
    }

    /// What a boot would read, file after file.
    pub fn readable(&self) -> impl DoubleEndedIterator<Item = &R> + Clone {
        self.files.values().flat_map(|f| f.records.iter().take(f.rotten_from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rng() -> Rng {
        Rng::named(1, 1)
    }

    fn read<R: Clone>(disk: &Disk<R>) -> Vec<R> {
        disk.readable().cloned().collect()
    }

    #[test]
    fn a_crash_keeps_what_was_synced_and_nothing_else() {
        let mut disk = Disk::default();
        disk.append(0, 'a');
        assert!(disk.begin_sync().is_some());
        disk.append(0, 'b');
        assert!(disk.begin_sync().is_none(), "one at a time");
        disk.end_sync();
        assert_eq!(disk.acknowledged(), 1);
        disk.crash(Unsynced::Lost, &mut rng());
        assert_eq!(read(&disk), ['a']);
    }

    #[test]
    fn a_lying_sync_loses_at_the_crash_and_an_honest_one_makes_good() {
        let mut disk = Disk { lying: 1, ..Disk::default() };
        disk.append(0, 'a');
        disk.begin_sync();
        disk.end_sync();
        assert_eq!((disk.acknowledged(), disk.readable().count()), (1, 0));
        disk.lying = 0;
        disk.append(0, 'b');
        disk.begin_sync();
        disk.end_sync();
        disk.crash(Unsynced::Lost, &mut rng());
        assert_eq!(read(&disk), ['a', 'b']);
    }

    #[test]
    fn a_torn_crash_keeps_a_first_part() {
        let mut kept = [false; 4];
        for i in 0..100 {
            let mut disk = Disk::default();
            disk.append(0, 0);
            disk.append(0, 1);
            disk.rewrite(0, vec![7, 8, 9]);
            disk.crash(Unsynced::Torn, &mut Rng::named(1, i));
            let left = read(&disk);
            assert!([&[][..], &[0], &[0, 1], &[7, 8, 9]].contains(&&left[..]));
            kept[left.len()] = true;
        }
        assert_eq!(kept, [true; 4]);
    }

    #[test]
    fn rot_ends_a_file_at_the_next_boot_and_a_rewrite_mends_it() {
        let mut disk = Disk::default();
        for i in 0..10 {
            disk.append(0, i);
        }
        disk.begin_sync();
        disk.end_sync();
        assert!(disk.rot(&mut rng()));
        assert!(disk.readable().count() < 10);
        disk.rewrite(0, vec![1, 2, 3]);
        disk.begin_sync();
        disk.end_sync();
        assert_eq!(read(&disk), [1, 2, 3]);
    }

    #[test]
    fn a_full_disk_ends_no_sync() {
        let mut disk = Disk { full: 1, ..Disk::default() };
        disk.append(0, 'a');
        assert!(disk.begin_sync().is_none());
        disk.full = 0;
        assert!(disk.begin_sync().is_some());
        disk.full = 1;
        disk.end_sync();
        assert_eq!(disk.acknowledged(), 0);
    }
}
