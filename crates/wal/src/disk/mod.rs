//! The few things the log asks of a disk, as traits, so that tests can put a failing one underneath.

mod real;

use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::path::Path;

pub use real::RealDisk;

/// A file system. Names change durably only after [`sync_dir`](Self::sync_dir).
pub trait Disk: Send + Sync + Debug {
    /// Makes a directory and the ones above it, durably; does nothing if it is there.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Names of the files in a directory, in no particular order. Names that are not UTF-8 are left out.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Makes a file, which must not exist, and opens it for reading and writing.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name in the same directory, replacing what has that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Deletes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file. Bytes are durable only after [`sync_data`](Self::sync_data).
pub trait DiskFile: Send + Sync + Debug {
    /// Size in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Reads at an offset; returns how many bytes, 0 at the end.
    fn read_at(&self, buf: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes the parts one after the other at an offset in one call; returns how many bytes were taken, which may be
    /// fewer than given.
    fn write_at(&self, parts: &[IoSlice<'_>], at: u64) -> io::Result<usize>;
    /// Makes everything written so far durable, and the size with it.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes the file at least `bytes` long, zeros included, and reserves the room. `Unsupported` if the file system
    /// cannot, having changed nothing.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
}

/// Whether an error means that there is no room, as opposed to a broken disk.
pub(crate) fn is_no_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// A write that ended early.
#[derive(Debug)]
pub(crate) struct ShortWrite {
    /// Bytes taken before the error.
    pub(crate) written: u64,
    /// The error.
    pub(crate) source: io::Error,
}

/// Writes all parts, going on after short writes.
pub(crate) fn write_all(
    file: &dyn DiskFile,
    mut parts: &mut [IoSlice<'_>],
    at: u64,
) -> Result<(), ShortWrite> {
    let mut written = 0_u64;
    IoSlice::advance_slices(&mut parts, 0); // drops empty parts at the front, so that an empty rest means done
    while !parts.is_empty() {
        match file.write_at(parts, at + written) {
            Ok(0) => return Err(ShortWrite { written, source: io::ErrorKind::WriteZero.into() }),
            Ok(taken) => {
                written += taken as u64;
                IoSlice::advance_slices(&mut parts, taken);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(ShortWrite { written, source }),
        }
    }
    Ok(())
}

/// Writes zeros over a range, a bounded piece at a time.
pub(crate) fn write_zeros(file: &dyn DiskFile, from: u64, to: u64) -> Result<(), ShortWrite> {
    let zeros = vec![0; crate::limits::WINDOW_BYTES.min((to - from) as usize)];
    let mut at = from;
    while at < to {
        let piece = (to - at).min(zeros.len() as u64) as usize;
        write_all(file, &mut [IoSlice::new(&zeros[..piece])], at)
            .map_err(|e| ShortWrite { written: at - from + e.written, source: e.source })?;
        at += piece as u64;
    }
    Ok(())
}
