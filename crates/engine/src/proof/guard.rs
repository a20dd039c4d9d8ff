//! The rollback guard: a file beside the data that remembers how far each log was signed. It is no part of a backup, so
//! a restored backup is found out by it: a log must never sign two histories. Bytes: docs/formats/guard.md.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use tallystick_event::LogId;
use tallystick_merkle::Hash;
use tallystick_wal::durable;

/// Name in the data directory.
pub const GUARD_FILE: &str = "guard";
const MAGIC: &[u8; 8] = b"TALLYGRD";
const VERSION: u16 = 1;
const HEADER_BYTES: usize = 16;
const RECORD_BYTES: usize = 60;
/// The file is written anew when it is this much larger than what it has to say needs, bytes.
const SLACK_BYTES: u64 = 4 << 20;

/// What was signed of a log last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarded {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// Why the guard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The file could not be read or written.
    #[error("the rollback guard {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is not one that a guard writes.
    #[error("the rollback guard {path} is damaged at byte {offset}: {what}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: usize,
        /// What is wrong.
        what: &'static str,
    },
}

impl GuardError {
    /// Whether the disk is full.
    pub(crate) fn is_no_space(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }
}

/// The open guard.
#[derive(Debug)]
pub(crate) struct Guard {
    path: PathBuf,
    file: File,
    bytes: u64,
    newest: HashMap<LogId, Guarded>,
}

impl Guard {
    /// Reads the guard of a data directory, or makes an empty one. A torn last record was never relied on.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, GuardError> {
        let path = data_dir.join(GUARD_FILE);
        let newest = read(&path)?.unwrap_or_default();
        let (file, bytes) = write_new(&path, &newest)?;
        Ok(Self { path, file, bytes, newest })
    }

    /// What was recorded, by log.
    pub(crate) fn newest(&self) -> &HashMap<LogId, Guarded> {
        &self.newest
    }

    /// Records sizes durably. Only what this has returned for may be signed.
    pub(crate) fn record(&mut self, grown: &[(LogId, Guarded)]) -> Result<(), GuardError> {
        for (log, guarded) in grown {
            let before = self.newest.get(log).map_or(0, |before| before.size);
            assert!(guarded.size >= before, "a log only grows");
        }
        let live = (HEADER_BYTES + self.newest.len() * RECORD_BYTES) as u64;
        let mut out = Vec::with_capacity(grown.len() * RECORD_BYTES);
        for (log, guarded) in grown {
            encode(*log, guarded, &mut out);
        }
        let written = self.file.write_all(&out).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // What is in the file behind the last good record is not known: drop it, so that the next try starts clean.
            let _ = self.file.set_len(self.bytes);
            let _ = io::Seek::seek(&mut self.file, io::SeekFrom::Start(self.bytes));
            return Err(GuardError::Io { path: self.path.clone(), source });
        }
        self.bytes += out.len() as u64;
        self.newest.extend(grown.iter().copied());
        if self.bytes > 2 * live + SLACK_BYTES {
            (self.file, self.bytes) = write_new(&self.path, &self.newest)?;
        }
        Ok(())
    }

    /// Forgets logs that were closed: they are never signed again.
    pub(crate) fn forget(&mut self, logs: &[LogId]) -> Result<(), GuardError> {
        self.newest.retain(|log, _| !logs.contains(log));
        (self.file, self.bytes) = write_new(&self.path, &self.newest)?;
        Ok(())
    }
}

fn encode(log: LogId, guarded: &Guarded, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&log.0);
    out.extend_from_slice(&guarded.size.to_be_bytes());
    out.extend_from_slice(&guarded.root);
    out.extend_from_slice(&crc32c::crc32c(&out[start..]).to_be_bytes());
}

fn read(path: &Path) -> Result<Option<HashMap<LogId, Guarded>>, GuardError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(GuardError::Io { path: path.to_owned(), source }),
    }
    let corrupt = |offset, what| GuardError::Corrupt { path: path.to_owned(), offset, what };
    let version = VERSION.to_be_bytes();
    if bytes.len() < HEADER_BYTES || &bytes[..8] != MAGIC {
        return Err(corrupt(0, "not a rollback guard"));
    }
    if bytes[8..10] != version {
        return Err(corrupt(8, "written by a newer version"));
    }
    let mut newest = HashMap::new();
    let (records, torn) = bytes[HEADER_BYTES..].as_chunks::<RECORD_BYTES>();
    for (number, record) in records.iter().enumerate() {
        if crc32c::crc32c(&record[..56]).to_be_bytes() != record[56..] {
            let is_last = number + 1 == records.len() && torn.is_empty();
            if is_last {
                break; // its write was never answered
            }
            return Err(corrupt(HEADER_BYTES + number * RECORD_BYTES, "checksum of a record"));
        }
        let log = LogId(record[..16].try_into().expect("16 bytes"));
        let size = u64::from_be_bytes(record[16..24].try_into().expect("8 bytes"));
        newest.insert(log, Guarded { size, root: record[24..56].try_into().expect("32 bytes") });
    }
    Ok(Some(newest))
}

/// Writes the whole file anew, durably, and leaves it open for appending.
fn write_new(path: &Path, newest: &HashMap<LogId, Guarded>) -> Result<(File, u64), GuardError> {
    let mut out = Vec::with_capacity(HEADER_BYTES + newest.len() * RECORD_BYTES);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.resize(HEADER_BYTES, 0);
    for (log, guarded) in newest {
        encode(*log, guarded, &mut out);
    }
    durable::write_atomic(path, &out)
        .and_then(|()| File::options().append(true).open(path))
        .map(|file| (file, out.len() as u64))
        .map_err(|source| GuardError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(size: u64) -> Guarded {
        Guarded { size, root: [size as u8; 32] }
    }

    #[test]
    fn what_was_recorded_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut guard = Guard::open(dir.path()).unwrap();
        guard.record(&[(LogId([1; 16]), at(3)), (LogId([2; 16]), at(1))]).unwrap();
        guard.record(&[(LogId([1; 16]), at(5))]).unwrap();
        let mut guard = Guard::open(dir.path()).unwrap();
        assert_eq!(guard.newest()[&LogId([1; 16])], at(5));
        assert_eq!(guard.newest()[&LogId([2; 16])], at(1));
        guard.forget(&[LogId([1; 16])]).unwrap();
        assert_eq!(Guard::open(dir.path()).unwrap().newest().len(), 1);
    }

    #[test]
    fn a_torn_end_is_dropped_and_damage_before_it_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(GUARD_FILE);
        let mut guard = Guard::open(dir.path()).unwrap();
        guard.record(&[(LogId([1; 16]), at(3)), (LogId([1; 16]), at(4))]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..RECORD_BYTES {
            std::fs::write(&path, &whole[..HEADER_BYTES + RECORD_BYTES + cut]).unwrap();
            assert_eq!(Guard::open(dir.path()).unwrap().newest()[&LogId([1; 16])], at(3), "cut at {cut}");
        }
        let mut damaged = whole;
        damaged[HEADER_BYTES + 20] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(matches!(Guard::open(dir.path()), Err(GuardError::Corrupt { offset: 16, .. })));
    }

    #[test]
    fn the_file_does_not_grow_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut guard = Guard::open(dir.path()).unwrap();
        let many: Vec<_> = (0..10_000u64).map(|n| (LogId([(n % 7) as u8; 16]), at(1_000))).collect();
        for _ in 0..20 {
            guard.record(&many).unwrap();
        }
        assert!(guard.bytes < 2 * SLACK_BYTES, "{} bytes", guard.bytes);
    }
}
