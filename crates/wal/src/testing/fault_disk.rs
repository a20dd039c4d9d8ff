//! The disk itself: operations, and the faults that were ordered.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::Dice;
use super::image::{Inode, MemFile, NameChange, Names};
use crate::disk::{Disk, DiskFile};
use crate::format::SECTOR;

/// What an operation that reports an error has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing; a failed sync also forgets what it should have written, as Linux does.
    Lost,
    /// Everything, durably.
    Persisted,
}

/// What a power cut leaves of what was not synced. A mere kill of the process leaves everything as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerCut {
    /// Nothing.
    KeepNone,
    /// A random half of the sectors and of the changed names.
    KeepSome,
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// No end.
    Unlimited,
    /// Bytes that all files together may reserve or grow to. What is reserved can be written.
    Reserved(u64),
    /// Bytes that may still be written to places never written before, reserved or not, as on a file system that
    /// copies on write. A write that does not fit is cut short first and refused then.
    Written(u64),
}

/// A disk in memory with one directory. Clones are the same disk.
#[derive(Debug, Clone)]
pub struct FaultDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    names: Names,
    files: Vec<MemFile>,
    dice: Dice,
    space: Space,
    can_allocate: bool,
    /// Operations so far that change something.
    operations: u64,
    fault: Option<(u64, Effect)>,
    /// From this operation on the process is dead: nothing it tries has an effect.
    dead_from: Option<u64>,
    fault_met: bool,
    reads_fail: bool,
}

impl FaultDisk {
    /// An empty disk without faults.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            names: Names::default(),
            files: Vec::new(),
            dice: Dice::new(seed),
            space: Space::Unlimited,
            can_allocate: true,
            operations: 0,
            fault: None,
            dead_from: None,
            fault_met: false,
            reads_fail: false,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no operation panics while it holds the lock")
    }

    /// How many changing operations (create, rename, remove, write, allocate, sync) there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets the `n`-th changing operation from now on (0 = the next one) report an I/O error, once.
    pub fn fail_in(&self, n: u64, effect: Effect) {
        let mut state = self.state();
        state.fault = Some((state.operations + n, effect));
    }

    /// Kills the process at the `n`-th changing operation from now on (0 = the next one): that one and all later ones
    /// report an error and have no effect, until [`restart`](Self::restart) or [`cut_power`](Self::cut_power).
    pub fn kill_in(&self, n: u64) {
        let mut state = self.state();
        state.dead_from = Some(state.operations + n);
    }

    /// Whether the ordered kill has happened.
    pub fn is_dead(&self) -> bool {
        let state = self.state();
        state.dead_from.is_some_and(|from| state.operations > from)
    }

    /// Starts the process again after a kill: what it wrote is there, synced or not.
    pub fn restart(&self) {
        self.state().dead_from = None;
    }

    /// Whether a fault was ordered and has happened.
    pub fn fault_is_met(&self) -> bool {
        self.state().fault_met
    }

    /// Lets all reads fail, or none.
    pub fn set_reads_fail(&self, fail: bool) {
        self.state().reads_fail = fail;
    }

    /// Sets how much room there is.
    pub fn set_space(&self, space: Space) {
        self.state().space = space;
    }

    /// Sets whether `allocate` is supported.
    pub fn set_can_allocate(&self, can: bool) {
        self.state().can_allocate = can;
    }

    /// Cuts the power: what was not durable is gone, or partly so. Open files must not be used any more.
    pub fn cut_power(&self, cut: PowerCut) {
        let state = &mut *self.state();
        state.fault = None;
        state.dead_from = None;
        state.names.cut_power(cut, &mut state.dice);
        for file in &mut state.files {
            file.cut_power(cut, &mut state.dice);
        }
    }

    /// An independent copy of the disk as it is now.
    #[must_use]
    pub fn fork(&self, seed: u64) -> Self {
        let state = self.state();
        let copy = Self::new(seed);
        {
            let mut other = copy.state();
            other.names = state.names.clone();
            other.files.clone_from(&state.files);
            other.can_allocate = state.can_allocate;
        }
        copy
    }

    /// The bytes of a file as programs see them; `None` if there is no such file.
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let inode = state.names.get(path).ok()?;
        Some(state.files[inode].seen.clone())
    }

    /// Puts a file there, durably, replacing what was there: damage from outside.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        state.files.push(MemFile::with(bytes));
        let inode = state.files.len() - 1;
        state.names.change(NameChange::Put(path.to_owned(), inode));
        state.names.sync();
    }

    /// Takes a file away, durably: damage from outside.
    pub fn take(&self, path: &Path) {
        let mut state = self.state();
        state.names.change(NameChange::Remove(path.to_owned()));
        state.names.sync();
    }

    fn handle(&self, inode: Inode) -> Box<dyn DiskFile> {
        Box::new(FaultFile { disk: self.clone(), inode })
    }
}

impl State {
    /// Runs a changing operation: `act` does it, `persist` makes it durable.
    fn operate<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> io::Result<T>,
        persist: impl FnOnce(&mut Self),
    ) -> io::Result<T> {
        let number = self.operations;
        self.operations += 1;
        if self.dead_from.is_some_and(|from| number >= from) {
            return Err(io::Error::other("ordered fault"));
        }
        match self.fault {
            Some((at, effect)) if at == number => {
                self.fault = None;
                self.fault_met = true;
                if effect == Effect::Persisted && act(self).is_ok() {
                    persist(self);
                }
                Err(io::Error::other("ordered fault"))
            }
            _ => act(self),
        }
    }

    /// Bytes that all files take.
    fn taken(&self) -> u64 {
        self.names.seen.values().map(|inode| self.files[*inode].seen.len() as u64).sum()
    }

    fn change_name(&mut self, change: NameChange) -> io::Result<()> {
        self.operate(
            |state| {
                state.names.change(change);
                Ok(())
            },
            |state| state.names.sync(),
        )
    }

    /// How many of `length` bytes at `at` fit.
    fn fits(&mut self, inode: Inode, at: usize, length: usize) -> usize {
        let file = &self.files[inode];
        match self.space {
            Space::Unlimited => length,
            Space::Reserved(budget) => {
                let growth_max = budget.saturating_sub(self.taken()) as usize;
                length.min((file.seen.len() + growth_max).saturating_sub(at))
            }
            Space::Written(room) => {
                let mut fitting = length;
                while file.new_sectors(at, fitting) as u64 * SECTOR as u64 > room {
                    fitting = fitting.saturating_sub(SECTOR);
                }
                self.space = Space::Written(room - (file.new_sectors(at, fitting) * SECTOR) as u64);
                fitting
            }
        }
    }
}

impl Disk for FaultDisk {
    fn create_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.seen.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inode = self.state().names.get(path)?;
        Ok(self.handle(inode))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        if state.names.get(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.push(MemFile::default());
        let inode = state.files.len() - 1;
        state.change_name(NameChange::Put(path.to_owned(), inode))?;
        drop(state);
        Ok(self.handle(inode))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let inode = state.names.get(from)?;
        state.change_name(NameChange::Rename(from.to_owned(), to.to_owned(), inode))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.names.get(path)?;
        state.change_name(NameChange::Remove(PathBuf::from(path)))
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        self.state().operate(
            |state| {
                state.names.sync();
                Ok(())
            },
            |_| {},
        )
    }
}

/// An open file; it stays usable when its name is gone.
#[derive(Debug)]
struct FaultFile {
    disk: FaultDisk,
    inode: Inode,
}

impl DiskFile for FaultFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[self.inode].seen.len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        let state = self.disk.state();
        if state.reads_fail {
            return Err(io::Error::other("ordered fault"));
        }
        let rest = state.files[self.inode].seen.get(at as usize..).unwrap_or_default();
        let length = rest.len().min(buf.len());
        buf[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_at(&self, parts: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let (inode, at) = (self.inode, at as usize);
        self.disk.state().operate(
            |state| {
                let fitting = state.fits(inode, at, bytes.len());
                if fitting == 0 && !bytes.is_empty() {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                let State { files, dice, .. } = state;
                files[inode].write_back_some(dice);
                files[inode].write(at, &bytes[..fitting]);
                Ok(fitting)
            },
            |state| state.files[inode].sync(),
        )
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let file = self.inode;
        let result = state.operate(
            |state| {
                state.files[file].sync();
                Ok(())
            },
            |_| {},
        );
        if result.is_err() && state.dead_from.is_none() {
            state.files[file].forget_dirty();
        }
        result
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let (inode, size) = (self.inode, bytes as usize);
        self.disk.state().operate(
            |state| {
                if !state.can_allocate {
                    return Err(io::ErrorKind::Unsupported.into());
                }
                let growth = bytes.saturating_sub(state.files[inode].seen.len() as u64);
                if matches!(state.space, Space::Reserved(budget) if state.taken() + growth > budget) {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                state.files[inode].grow(size);
                Ok(())
            },
            |state| state.files[inode].sync(),
        )
    }
}
