//! A lake in a folder of the server. A file has its name only once it is whole and on disk.

mod tree;

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use tallystick_destination::{Answer, BadSettings, Outcome, object::Prefix};

use self::tree::Chain;
use super::{limits::RESERVE_BYTES, put::There};

/// What the name of a file begins with until it is whole. Spark and Hive pass over names with `_`; others go by the
/// suffix, which it does not have.
const PART_PREFIX: &str = "_tmp-";
/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 << 10;

/// Files that are being written now. An attempt that was given up goes on for as long as the disk takes; the next one
/// at the same file must not get into its way.
static WRITING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A lake in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// Has to be there: a disk that is not mounted is not to be written beside.
    root: PathBuf,
    /// Folders from there to the lake.
    parts: Vec<String>,
}

impl Folder {
    /// `own` is [`tallystick_destination::Surroundings::folder`], `path` what somebody has chosen below it.
    pub(crate) fn new(own: Option<&Path>, path: &str) -> Result<Self, BadSettings> {
        let bad = |why: &str| BadSettings::new("place", why);
        let own = own.ok_or_else(|| {
            bad("folder takes a folder that the operator has set aside: lake_folder under [streams]")
        })?;
        let name = own.file_name().and_then(|name| name.to_str());
        let (Some(root), Some(name)) = (own.parent(), name) else {
            return Err(bad("folder: the folder that the operator has set aside cannot be used"));
        };
        let path = Prefix::new("path", path)?;
        let mut parts = vec![name.to_owned()];
        parts.extend(path.as_str().split('/').filter(|part| !part.is_empty()).map(str::to_owned));
        Ok(Self { root: root.to_owned(), parts })
    }

    /// Whether files may be written where they are to lie. Leaves nothing behind.
    pub(crate) fn check(&self) -> Answer {
        let look = || -> io::Result<()> {
            let mut chain = Chain::open(&self.root)?;
            for part in &self.parts {
                match chain.enter(part) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                    other => other?,
                }
            }
            require_room(&chain, 0)?;
            chain.may_write()
        };
        match look() {
            Ok(()) => {
                Answer { detail: "the folder can be written".to_owned(), ..Answer::plain(Outcome::Delivered) }
            }
            Err(error) => misfortune(&error, "the folder"),
        }
    }

    /// Writes a file once. `is_same` says whether one that is there, with other bytes, is of the same batch. Blocks.
    ///
    /// # Errors
    /// What became of it, if it is not there afterwards.
    pub(crate) fn put(
        &self,
        path: &str,
        bytes: &[u8],
        sha256: &str,
        is_same: impl FnOnce(File) -> bool,
    ) -> Result<There, Answer> {
        let whole = self.parts.iter().fold(self.root.clone(), |folder, part| folder.join(part)).join(path);
        let Some(_mine) = Mine::take(whole) else {
            let detail = format!("an earlier attempt is still writing {path}");
            return Err(Answer { detail, ..Answer::plain(Outcome::Retry { after: None }) });
        };
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let put = || -> io::Result<Option<There>> {
            let mut chain = Chain::open(&self.root)?;
            let below = folders.split('/').filter(|part| !part.is_empty());
            self.parts.iter().map(String::as_str).chain(below).try_for_each(|part| chain.make(part))?;
            let there = match chain.read(name)? {
                None => {
                    write(&chain, name, bytes)?;
                    Some(There {
                        is_new: true,
                        is_compared: true,
                        bytes: bytes.len() as u64,
                        sha256: sha256.to_owned(),
                    })
                }
                Some(mut file) => {
                    let (size, hash) = sums(&mut file)?;
                    let is_ours = hash == sha256 || is_same(file);
                    is_ours.then_some(There { is_new: false, is_compared: true, bytes: size, sha256: hash })
                }
            };
            // Also if it was there: whoever gave it its name may have got no further.
            chain.sync()?;
            Ok(there)
        };
        match put() {
            Ok(Some(there)) => Ok(there),
            Ok(None) => {
                let detail =
                    format!("{path} is there with other content: move it away, or choose another path");
                Err(Answer { detail, ..Answer::plain(Outcome::Misconfigured) })
            }
            Err(error) => Err(misfortune(&error, path)),
        }
    }
}

/// Writes a file under another name, and gives it its own when it is on disk. A left-over of an attempt that was cut
/// short has that other name, and goes.
fn write(chain: &Chain, name: &str, bytes: &[u8]) -> io::Result<()> {
    require_room(chain, bytes.len() as u64)?;
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let part = format!("{PART_PREFIX}{stem}");
    let written = chain.create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let named = written.and_then(|()| chain.rename(&part, name));
    if named.is_err() {
        // What the disk has not taken is never synced again: the next attempt begins with another file.
        let _ = chain.remove(&part);
    }
    named
}

fn require_room(chain: &Chain, more: u64) -> io::Result<()> {
    if chain.free_bytes()? < RESERVE_BYTES.saturating_add(more) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

/// Length and SHA-256 of a file.
fn sums(file: &mut File) -> io::Result<(u64, String)> {
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok((size, hex::encode(hash.finalize()))),
            count => {
                hash.update(&piece[..count]);
                size += count as u64;
            }
        }
    }
}

/// What an error of the disk means. Says nothing of where the operator keeps things.
fn misfortune(error: &io::Error, what: &str) -> Answer {
    use io::ErrorKind::{
        DirectoryNotEmpty, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied,
        QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    let (outcome, detail) = match error.kind() {
        StorageFull | QuotaExceeded => {
            let detail = format!("{what}: the disk is full, but for the GiB that is left to the log");
            (Outcome::Retry { after: None }, detail)
        }
        NotFound => (
            Outcome::Misconfigured,
            "the folder that the operator has set aside for lakes is not there".to_owned(),
        ),
        PermissionDenied | ReadOnlyFilesystem => {
            (Outcome::Misconfigured, format!("{what}: the service may not write there"))
        }
        NotADirectory | IsADirectory | DirectoryNotEmpty | InvalidInput => {
            (Outcome::Misconfigured, in_the_way(what))
        }
        // What a link is met with.
        _ if Errno::from_io_error(error) == Some(Errno::LOOP) => (Outcome::Misconfigured, in_the_way(what)),
        _ => (Outcome::Retry { after: None }, format!("{what}: {error}")),
    };
    Answer { detail, ..Answer::plain(outcome) }
}

fn in_the_way(what: &str) -> String {
    format!("{what}: something else is in the place of a folder or file; links are not followed")
}

/// The right to write one file, until it is dropped.
struct Mine(PathBuf);

impl Mine {
    fn take(path: PathBuf) -> Option<Self> {
        WRITING.lock().insert(path.clone()).then(|| Self(path))
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        WRITING.lock().remove(&self.0);
    }
}
