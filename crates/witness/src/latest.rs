//! What was cosigned last for one log: read, compared and replaced by one owner at a time.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tallystick_merkle::limits::NOTE_BYTES_MAX;
use tallystick_merkle::{Checkpoint, Note, NoteSignature, VerifierKey};
use tallystick_wal::{Disk, durable};

use crate::error::StateError;

/// SHA-256 of a log's origin: the name of its file, and its place under the monitoring prefix.
pub type OriginHash = [u8; 32];

/// The [`OriginHash`] of an origin.
pub fn origin_hash(origin: &str) -> OriginHash {
    Sha256::digest(origin.as_bytes()).into()
}

/// A checkpoint that was cosigned, with the log's signature and the witness's.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    pub(crate) note: Note,
    pub(crate) checkpoint: Checkpoint,
    /// Time of the cosignature, Unix seconds.
    pub(crate) time: u64,
}

impl Latest {
    /// Reads the note of a file, which must be one that this witness wrote for this log.
    pub(crate) fn parse(
        bytes: &[u8],
        key: &VerifierKey,
        origin: &OriginHash,
    ) -> Result<Latest, &'static str> {
        let note = Note::parse(bytes).map_err(|_| "it is no note")?;
        let verified = note.verify(std::slice::from_ref(key));
        let verified = verified.map_err(|_| "it does not have a good signature of this witness")?;
        let checkpoint: Checkpoint =
            note.unverified_text().parse().map_err(|_| "what is signed is no checkpoint")?;
        if origin_hash(checkpoint.origin()) != *origin {
            return Err("it is the checkpoint of another log");
        }
        let time = verified.iter().filter_map(|verified| verified.time).max();
        Ok(Latest { note, checkpoint, time: time.ok_or("the signature has no time")? })
    }

    /// The note that is kept: text, the log's signature, the cosignature. Other signatures are not: nobody has checked
    /// them.
    pub(crate) fn new(
        checkpoint: Checkpoint,
        log: NoteSignature,
        cosignature: NoteSignature,
        time: u64,
    ) -> Result<Latest, tallystick_merkle::NoteError> {
        let mut note = Note::new(&checkpoint.to_string(), log)?;
        note.add(cosignature)?;
        Ok(Latest { note, checkpoint, time })
    }
}

/// One log's file.
#[derive(Debug)]
pub(crate) struct Slot {
    path: PathBuf,
    latest: Option<Latest>,
    /// After a failed write it is open which of two checkpoints the disk has.
    is_unsure: bool,
}

impl Slot {
    /// Reads the file and makes it durable: an earlier process may have died between writing and syncing.
    ///
    /// Crash point: none; nothing changes but what is on the disk for good.
    pub(crate) fn open(
        disk: &dyn Disk,
        dir: &Path,
        origin: &OriginHash,
        key: &VerifierKey,
    ) -> Result<Slot, StateError> {
        let path = dir.join(hex::encode(origin));
        let latest = match read(disk, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(StateError::Io { path, source }),
            Ok(bytes) => match Latest::parse(&bytes, key, origin) {
                Ok(latest) => Some(latest),
                Err(what) => return Err(StateError::Damaged { path, what }),
            },
        };
        Ok(Slot { path, latest, is_unsure: false })
    }

    /// What was cosigned last; none if nothing was.
    pub(crate) fn latest(&self) -> Result<Option<&Latest>, StateError> {
        if self.is_unsure {
            return Err(StateError::Unsure { path: self.path.clone() });
        }
        Ok(self.latest.as_ref())
    }

    /// Makes it the latest, durably. When this returns well, the cosignature may leave.
    ///
    /// Crash point: before the rename the old one is the latest, after it the new one; in both cases nothing but the
    /// latest has left. After an error neither is given out until the file has been read again by another start.
    pub(crate) fn replace(&mut self, disk: &dyn Disk, latest: Latest) -> Result<(), StateError> {
        if let Err(source) = durable::write_atomic_on(disk, &self.path, latest.note.to_string().as_bytes()) {
            self.is_unsure = true;
            return Err(StateError::Io { path: self.path.clone(), source });
        }
        self.latest = Some(latest);
        Ok(())
    }
}

fn read(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let size = file.size()?;
    if size > NOTE_BYTES_MAX as u64 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than any note"));
    }
    let mut bytes = vec![0; size as usize];
    let mut at = 0;
    while at < bytes.len() {
        match file.read_at(&mut bytes[at..], at as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => at += read,
        }
    }
    file.sync_data()?;
    Ok(bytes)
}
