//! The folder of segment files: written beside their place, synced, renamed, opened.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tallystick_catalog::SegmentId;
use tallystick_segment::{Segment, SegmentError, SegmentInfo, SegmentSource, write_segment};
use tallystick_wal::durable;

/// Suffix of files that are being written; left-overs are deleted at start.
const PARTIAL: &str = "partial";
/// Suffix of complete segment files.
const SEALED: &str = "seg";

/// Why a segment file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("segment file {path}: {source}")]
pub(crate) struct FileError {
    path: PathBuf,
    source: SegmentError,
}

impl FileError {
    pub(crate) fn is_no_space(&self) -> bool {
        matches!(&self.source, SegmentError::Io(error) if error.kind() == io::ErrorKind::StorageFull)
    }
}

/// `segments/` of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct SegmentFiles {
    folder: PathBuf,
}

impl SegmentFiles {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("segments") }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn path(&self, id: SegmentId) -> PathBuf {
        self.folder.join(Self::name(id))
    }

    /// File name of a segment.
    pub(crate) fn name(id: SegmentId) -> String {
        format!("{id}.{SEALED}")
    }

    /// Writes a segment, makes it durable under its name, and opens it.
    pub(crate) fn write(&self, id: SegmentId, sources: &[&dyn SegmentSource]) -> Result<Written, FileError> {
        let path = self.path(id);
        let partial = path.with_extension(PARTIAL);
        let written = (|| -> Result<_, SegmentError> {
            let mut out = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
            let info = write_segment(sources, &mut out)?;
            out.flush()?;
            out.get_ref().sync_all()?;
            durable::rename(&partial, &path)?;
            Ok((info, Segment::open(&path)?))
        })();
        match written {
            Ok((info, segment)) => Ok(Written { info, segment }),
            Err(error) => {
                // Room is scarce exactly when this fails, so the half-written file goes at once.
                let _ = std::fs::remove_file(&partial);
                Err(FileError { path, source: error })
            }
        }
    }

    /// Deletes segment files; a file that is gone already is fine.
    pub(crate) fn delete(&self, id: SegmentId) -> io::Result<()> {
        remove(&self.path(id))
    }

    /// Deletes what no catalog row names: files of a seal or compaction that was cut short. Returns their names.
    pub(crate) fn delete_orphans(&self, known: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let mut deleted = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let ours =
                matches!(Path::new(name).extension().and_then(|kind| kind.to_str()), Some(SEALED | PARTIAL));
            if ours && !known(name) {
                remove(&self.folder.join(name))?;
                deleted.push(name.to_owned());
            }
        }
        Ok(deleted)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A segment file that is in place and open.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) info: SegmentInfo,
    pub(crate) segment: Segment,
}
