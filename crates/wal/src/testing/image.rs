//! What the disk holds: files as programs see them and as a power cut leaves them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use super::{Dice, PowerCut};
use crate::format::SECTOR;

/// Number of a file, whatever it is called.
pub(super) type Inode = usize;

/// A file's bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct MemFile {
    pub(super) seen: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors in which the two may differ.
    dirty: BTreeSet<usize>,
    /// Sectors that were ever written, as opposed to reserved.
    written: BTreeSet<usize>,
}

impl MemFile {
    pub(super) fn with(bytes: Vec<u8>) -> Self {
        Self { durable: bytes.clone(), seen: bytes, dirty: BTreeSet::new(), written: BTreeSet::new() }
    }

    /// Sectors of a range that were never written before.
    pub(super) fn new_sectors(&self, at: usize, length: usize) -> usize {
        sectors(at, length).filter(|sector| !self.written.contains(sector)).count()
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        if self.seen.len() < at + bytes.len() {
            self.seen.resize(at + bytes.len(), 0);
        }
        self.seen[at..at + bytes.len()].copy_from_slice(bytes);
        self.dirty.extend(sectors(at, bytes.len()));
        self.written.extend(sectors(at, bytes.len()));
    }

    pub(super) fn grow(&mut self, size: usize) {
        if self.seen.len() < size {
            self.seen.resize(size, 0);
        }
    }

    /// The system writes some sectors back on its own.
    pub(super) fn write_back_some(&mut self, dice: &mut Dice) {
        let chosen: Vec<_> = self.dirty.iter().copied().filter(|_| dice.one_in(2)).collect();
        for sector in chosen {
            self.persist(sector);
            self.dirty.remove(&sector);
        }
    }

    pub(super) fn sync(&mut self) {
        self.durable.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.persist(sector);
        }
    }

    /// What a failed sync may do: nothing is durable, and the system no longer knows that it is not.
    pub(super) fn forget_dirty(&mut self) {
        self.dirty.clear();
    }

    pub(super) fn cut_power(&mut self, cut: PowerCut, dice: &mut Dice) {
        let dirty = std::mem::take(&mut self.dirty);
        let grown = self.seen.len() > self.durable.len();
        if grown && cut == PowerCut::KeepSome && dice.one_in(2) {
            self.durable.resize(self.seen.len(), 0);
        }
        for sector in dirty {
            if cut == PowerCut::KeepSome && sector * SECTOR < self.durable.len() && dice.one_in(2) {
                self.persist(sector);
            }
        }
        self.seen.clone_from(&self.durable);
    }

    fn persist(&mut self, sector: usize) {
        let from = sector * SECTOR;
        let to = (from + SECTOR).min(self.seen.len());
        if self.durable.len() < to {
            self.durable.resize(to, 0);
        }
        self.durable[from..to].copy_from_slice(&self.seen[from..to]);
    }
}

fn sectors(at: usize, length: usize) -> std::ops::Range<usize> {
    at / SECTOR..(at + length).div_ceil(SECTOR)
}

/// A change of names that is not durable yet.
#[derive(Debug, Clone)]
pub(super) enum NameChange {
    Put(PathBuf, Inode),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf, Inode),
}

/// All names, as seen and as durable.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) seen: BTreeMap<PathBuf, Inode>,
    durable: BTreeMap<PathBuf, Inode>,
    pending: Vec<NameChange>,
}

impl Names {
    pub(super) fn get(&self, path: &std::path::Path) -> io::Result<Inode> {
        self.seen.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn change(&mut self, change: NameChange) {
        apply(&mut self.seen, &change);
        self.pending.push(change);
    }

    /// Makes the changes durable, all at once: there is one directory.
    pub(super) fn sync(&mut self) {
        self.pending.clear();
        self.durable.clone_from(&self.seen);
    }

    pub(super) fn cut_power(&mut self, cut: PowerCut, dice: &mut Dice) {
        for change in std::mem::take(&mut self.pending) {
            if cut == PowerCut::KeepSome && dice.one_in(2) {
                apply(&mut self.durable, &change);
            }
        }
        self.seen.clone_from(&self.durable);
    }
}

fn apply(names: &mut BTreeMap<PathBuf, Inode>, change: &NameChange) {
    match change {
        NameChange::Put(path, inode) => {
            names.insert(path.clone(), *inode);
        }
        NameChange::Remove(path) => {
            names.remove(path);
        }
        NameChange::Rename(from, to, inode) => {
            names.remove(from);
            names.insert(to.clone(), *inode);
        }
    }
}
