//! The rollback guard: a file beside the data that remembers how far each log was signed. It is no part of a backup, so
//! a restored backup is found out by it: a log must never sign two histories. Bytes: docs/formats/guard.md.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tallystick_event::LogId;
use tallystick_merkle::Hash;
use tallystick_wal::{Disk, DiskFile, RealDisk, durable};

/// Name in the data directory.
pub const GUARD_FILE: &str = "guard";
const MAGIC: &[u8; 8] = b"TALLYGRD";
const VERSION: u16 = 2;
/// Records without frames. Read, and written anew at once.
const UNFRAMED_VERSION: u16 = 1;
const HEADER_BYTES: usize = 16;
const RECORD_BYTES: usize = 60;
/// In the place of a log: as many records follow as its size says, which were written at once with the file.
const BASE: LogId = LogId(*b"tallystick-base\0");
/// As many records follow as its size says, which were appended by one write.
const BATCH: LogId = LogId(*b"tallystick-batch");
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
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// None after an error: what the file has is not known then, nor whether it is still the one of that name, so it is
    /// not written to again but written anew as a whole.
    file: Option<Box<dyn DiskFile>>,
    bytes: u64,
    /// As [`SLACK_BYTES`].
    slack: u64,
    newest: HashMap<LogId, Guarded>,
}

impl Guard {
    /// Reads the guard of a data directory, or makes an empty one. A torn last write was never relied on.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, GuardError> {
        Self::open_on(Arc::new(RealDisk), data_dir)
    }

    fn open_on(disk: Arc<dyn Disk>, data_dir: &Path) -> Result<Self, GuardError> {
        let path = data_dir.join(GUARD_FILE);
        let newest = read(&*disk, &path)?.unwrap_or_default();
        let mut guard =
            Self { disk, path, file: None, bytes: 0, slack: SLACK_BYTES, newest: HashMap::default() };
        guard.write_anew(newest)?;
        Ok(guard)
    }

    /// What was recorded, by log.
    pub(crate) fn newest(&self) -> &HashMap<LogId, Guarded> {
        &self.newest
    }

    /// Records sizes durably. Only what this has returned for may be signed. After an error the next call writes the
    /// whole file anew.
    pub(crate) fn record(&mut self, grown: &[(LogId, Guarded)]) -> Result<(), GuardError> {
        for (log, guarded) in grown {
            let Some(before) = self.newest.get(log) else { continue };
            assert!(guarded.size >= before.size, "a log only grows");
            assert!(guarded.size > before.size || guarded.root == before.root, "one size has one root");
        }
        if grown.is_empty() {
            return Ok(());
        }
        let live = (HEADER_BYTES + (1 + self.newest.len()) * RECORD_BYTES) as u64;
        let is_long = self.bytes > 2 * live + self.slack;
        let Some(file) = self.file.take().filter(|_| !is_long) else {
            let mut newest = self.newest.clone();
            newest.extend(grown.iter().copied());
            return self.write_anew(newest);
        };
        let mut out = Vec::with_capacity((1 + grown.len()) * RECORD_BYTES);
        encode_frame(BATCH, grown.len(), &mut out);
        for (log, guarded) in grown {
            encode(*log, guarded, &mut out);
        }
        durable::write_at(&*file, &out, self.bytes).map_err(|source| self.failed(source))?;
        self.bytes += out.len() as u64;
        self.newest.extend(grown.iter().copied());
        self.file = Some(file);
        Ok(())
    }

    /// Forgets logs that were closed: they are never signed again.
    pub(crate) fn forget(&mut self, logs: &[LogId]) -> Result<(), GuardError> {
        let mut next = self.newest.clone();
        next.retain(|log, _| !logs.contains(log));
        self.write_anew(next)
    }

    /// Puts a file that says just this in the place of the one there is, durably, and goes on with it.
    fn write_anew(&mut self, newest: HashMap<LogId, Guarded>) -> Result<(), GuardError> {
        self.file = None;
        let out = encode_file(&newest);
        let written = durable::write_atomic_on(&*self.disk, &self.path, &out);
        let opened = written.and_then(|()| self.disk.open(&self.path));
        self.file = Some(opened.map_err(|source| self.failed(source))?);
        self.bytes = out.len() as u64;
        self.newest = newest;
        Ok(())
    }

    fn failed(&self, source: io::Error) -> GuardError {
        GuardError::Io { path: self.path.clone(), source }
    }
}

fn encode(log: LogId, guarded: &Guarded, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&log.0);
    out.extend_from_slice(&guarded.size.to_be_bytes());
    out.extend_from_slice(&guarded.root);
    out.extend_from_slice(&crc32c::crc32c(&out[start..]).to_be_bytes());
}

fn encode_frame(kind: LogId, count: usize, out: &mut Vec<u8>) {
    encode(kind, &Guarded { size: count as u64, root: [0; 32] }, out);
}

fn read(disk: &dyn Disk, path: &Path) -> Result<Option<HashMap<LogId, Guarded>>, GuardError> {
    let bytes = match disk.open(path).and_then(|file| durable::read_all(&*file)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(GuardError::Io { path: path.to_owned(), source }),
    };
    let corrupt = |offset, what| GuardError::Corrupt { path: path.to_owned(), offset, what };
    if bytes.len() < HEADER_BYTES || &bytes[..8] != MAGIC {
        return Err(corrupt(0, "not a rollback guard"));
    }
    let (records, torn) = bytes[HEADER_BYTES..].as_chunks::<RECORD_BYTES>();
    let records: Vec<_> = records.iter().map(decode).collect();
    let read = match u16::from_be_bytes([bytes[8], bytes[9]]) {
        VERSION => read_framed(&records),
        UNFRAMED_VERSION => read_unframed(&records, torn.is_empty()),
        _ => return Err(corrupt(8, "written by a newer version")),
    };
    read.map(Some).map_err(|number| corrupt(HEADER_BYTES + number * RECORD_BYTES, "checksum of a record"))
}

/// A record; none if its checksum is wrong.
type Read = Option<(LogId, Guarded)>;

fn decode(record: &[u8; RECORD_BYTES]) -> Read {
    if crc32c::crc32c(&record[..56]).to_be_bytes() != record[56..] {
        return None;
    }
    let log = LogId(record[..16].try_into().expect("16 bytes"));
    let size = u64::from_be_bytes(record[16..24].try_into().expect("8 bytes"));
    Some((log, Guarded { size, root: record[24..56].try_into().expect("32 bytes") }))
}

/// What a file of version 1 says, or the number of the bad record. Only a bad last one was never answered.
fn read_unframed(records: &[Read], is_whole: bool) -> Result<HashMap<LogId, Guarded>, usize> {
    let bad = records.iter().position(Option::is_none);
    match bad {
        Some(number) if number + 1 < records.len() || !is_whole => Err(number),
        _ => Ok(records.iter().copied().flatten().collect()),
    }
}

/// What a file says, or the number of the bad record. Each write is synced before the next one, so only the last one
/// can be torn, and then the disk may have any of its pages and miss others: of that one, what is readable counts.
fn read_framed(records: &[Read]) -> Result<HashMap<LogId, Guarded>, usize> {
    let frame = |number: usize, kind| match records.get(number) {
        Some(Some((log, frame))) if *log == kind => Some(frame.size as usize),
        _ => None,
    };
    let last = (0..records.len()).rposition(|number| frame(number, BATCH).is_some());
    let mut newest = HashMap::new();
    let mut next = 0;
    loop {
        let is_torn = next > 0 && last.is_none_or(|last| next >= last);
        if is_torn {
            let rest = records[next.min(records.len())..].iter().copied().flatten();
            newest.extend(rest.filter(|(log, _)| *log != BATCH));
            return Ok(newest);
        }
        let count = frame(next, if next == 0 { BASE } else { BATCH }).ok_or(next)?;
        for number in next + 1..=next.saturating_add(count) {
            let (log, guarded) = records.get(number).copied().flatten().ok_or(number)?;
            newest.insert(log, guarded);
        }
        next += 1 + count;
    }
}

/// A file that says this.
fn encode_file(newest: &HashMap<LogId, Guarded>) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + (1 + newest.len()) * RECORD_BYTES);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.resize(HEADER_BYTES, 0);
    encode_frame(BASE, newest.len(), &mut out);
    for (log, guarded) in newest {
        encode(*log, guarded, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use tallystick_wal::testing::{Effect, FaultDisk, PowerCut};

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

    /// Where a record begins.
    fn place(number: usize) -> usize {
        HEADER_BYTES + number * RECORD_BYTES
    }

    /// The file as the first start wrote it, a whole batch of 1 record, and a last one of 200.
    fn two_batches(dir: &Path) -> Vec<u8> {
        let mut guard = Guard::open(dir).unwrap();
        guard.record(&[(LogId([1; 16]), at(3))]).unwrap();
        let many: Vec<_> = (0..200).map(|n| (LogId([n as u8; 16]), at(4 + n))).collect();
        guard.record(&many).unwrap();
        std::fs::read(dir.join(GUARD_FILE)).unwrap()
    }

    #[test]
    fn whatever_is_lost_of_the_last_write_the_guard_opens() {
        let dir = tempfile::tempdir().unwrap();
        let whole = two_batches(dir.path());
        let path = dir.path().join(GUARD_FILE);
        let open = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Guard::open(dir.path()).unwrap().newest()[&LogId([1; 16])].size
        };
        // Pages of 4 KiB: each may be there or not, whatever stands before it.
        let begin = place(3);
        for missing in 0..8 {
            let mut bytes = whole.clone();
            for page in
                (begin / 4_096..whole.len().div_ceil(4_096)).filter(|page| missing >> (page % 3) & 1 == 1)
            {
                bytes[begin.max(page * 4_096)..whole.len().min((page + 1) * 4_096)].fill(0);
            }
            assert!([3, 5].contains(&open(&bytes)), "pages {missing:b}");
        }
        for end in (begin..whole.len()).step_by(61) {
            assert!([3, 5].contains(&open(&whole[..end])), "cut at {end}");
        }
        assert_eq!(open(&whole), 5);
        assert_eq!(open(&whole[..begin]), 3);
    }

    #[test]
    fn damage_before_the_last_write_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let whole = two_batches(dir.path());
        let path = dir.path().join(GUARD_FILE);
        for number in 0..3 {
            for at in [0, 20, 59] {
                let mut damaged = whole.clone();
                damaged[place(number) + at] ^= 1;
                std::fs::write(&path, &damaged).unwrap();
                let error = Guard::open(dir.path()).unwrap_err();
                assert!(
                    matches!(error, GuardError::Corrupt { offset, .. } if offset == place(number)),
                    "record {number}: {error}"
                );
            }
        }
        // What was written at once with the file cannot be torn.
        std::fs::write(&path, &whole).unwrap();
        Guard::open(dir.path()).unwrap();
        let mut damaged = std::fs::read(&path).unwrap();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(matches!(Guard::open(dir.path()), Err(GuardError::Corrupt { .. })));
    }

    /// The example of docs/formats/guard.md: files of version 1 are read for ever.
    #[test]
    fn a_file_of_version_1_is_read_and_its_torn_end_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(GUARD_FILE);
        let old = hex("54414c4c594752440001000000000000\
                       0e2e1a83eb0c45ff97326f868170a5a500000000000002bf\
                       ee809e50b256f7cc35f5909e5ce11062960593626a2e412f4b500f98b6b3434015d9254e");
        let log = LogId(old[16..32].try_into().unwrap());
        let next = {
            let mut record = Vec::new();
            encode(log, &at(800), &mut record);
            record
        };
        for (end, size) in [(0, 703), (1, 703), (59, 703), (60, 800)] {
            std::fs::write(&path, [&old[..], &next[..end]].concat()).unwrap();
            assert_eq!(Guard::open(dir.path()).unwrap().newest()[&log].size, size, "{end} bytes");
            assert_eq!(std::fs::read(&path).unwrap()[9], 2, "written anew");
        }
        let mut damaged = [&old[..], &next].concat();
        damaged[20] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(matches!(Guard::open(dir.path()), Err(GuardError::Corrupt { offset: 16, .. })));
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// Every write, sync, rename and sync of the directory fails once, and then the power is cut.
    #[test]
    fn whatever_fails_what_was_recorded_outlives_a_power_cut() {
        let log = LogId([1; 16]);
        for (effect, cut) in [
            (Effect::Lost, PowerCut::KeepNone),
            (Effect::Lost, PowerCut::KeepSome),
            (Effect::Persisted, PowerCut::KeepNone),
            (Effect::Persisted, PowerCut::KeepSome),
        ] {
            let mut nth = 0;
            loop {
                let disk = FaultDisk::new(nth);
                let mut guard = Guard::open_on(Arc::new(disk.clone()), Path::new("data")).unwrap();
                guard.slack = 200;
                disk.fail_in(nth, effect);
                let mut recorded = Vec::new();
                for size in 1..=12 {
                    if size % 4 == 0 {
                        let _ = guard.forget(&[LogId([2; 16])]);
                    }
                    if guard.record(&[(log, at(size))]).is_ok() {
                        recorded.push(size);
                    }
                }
                assert!(recorded.len() >= 11, "only what meets the fault fails: {recorded:?}");
                if !disk.fault_is_met() {
                    break;
                }
                disk.cut_power(cut);
                let guard = Guard::open_on(Arc::new(disk), Path::new("data")).unwrap();
                let found = guard.newest()[&log];
                assert!(found.size >= *recorded.last().unwrap(), "operation {nth}, {effect:?}, {cut:?}");
                assert_eq!(found, at(found.size));
                nth += 1;
            }
            assert!(nth > 24, "the file was written anew among them: {nth}");
        }
    }

    #[test]
    #[should_panic(expected = "one size has one root")]
    fn a_size_is_never_recorded_with_another_root() {
        let dir = tempfile::tempdir().unwrap();
        let mut guard = Guard::open(dir.path()).unwrap();
        guard.record(&[(LogId([1; 16]), at(3))]).unwrap();
        let _ = guard.record(&[(LogId([1; 16]), Guarded { size: 3, root: [9; 32] })]);
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
