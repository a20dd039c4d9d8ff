//! The folder with the files of exports. A part has the ending `.part`; what has none is whole.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use tallystick_catalog::{Export, ExportId};
use tallystick_wal::durable;

use crate::failure::Failure;

/// The folder.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

/// A whole file.
#[derive(Debug)]
pub struct OpenExport {
    /// Open for reading.
    pub file: File,
    /// How long it is.
    pub bytes: u64,
}

impl Files {
    /// The folder, which only the service's own user may look into.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn name(&self, export: &Export, ending: &str) -> PathBuf {
        // Each attempt has a file of its own: one that is being stopped must not meet the next.
        self.folder.join(format!("{}.{}{ending}", export.id, export.attempt))
    }

    /// The part of an export's file, made if it is not there.
    pub(crate) fn open_part(&self, export: &Export) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(self.name(export, ".part"))
    }

    /// Gives a part, which is on disk, its name, durably.
    pub(crate) fn complete(&self, export: &Export) -> io::Result<()> {
        durable::rename(&self.name(export, ".part"), &self.name(export, ""))
    }

    /// A whole file; `NotFound` if it is not there.
    pub fn open(&self, export: &Export) -> io::Result<OpenExport> {
        let file = File::open(self.name(export, ""))?;
        let bytes = file.metadata()?.len();
        Ok(OpenExport { file, bytes })
    }

    /// Removes what there is of an export's file.
    pub(crate) fn remove(&self, export: &Export) {
        for ending in ["", ".part"] {
            let path = self.name(export, ending);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::error!(path = %path.display(), %error, "the file of an export cannot be removed");
                }
                _ => {}
            }
        }
    }

    /// Removes files of no export; how many.
    pub(crate) fn sweep(&self, known: &[(ExportId, u64)]) -> io::Result<usize> {
        let known: HashSet<String> = known.iter().map(|(id, attempt)| format!("{id}.{attempt}")).collect();
        let mut removed = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let of = name.strip_suffix(".part").unwrap_or(name);
            // Only what has a name of ours: somebody may have put something else there.
            if name.starts_with("exp_") && !known.contains(of) {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Refuses to go on when only the log's own room is left.
    pub(crate) fn require_room(&self, reserve_bytes: u64) -> Result<(), Failure> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(io::Error::from)?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free_bytes < reserve_bytes {
            return Err(Failure::DiskFull { free_bytes, reserve_bytes });
        }
        Ok(())
    }
}
