//! The directory of a witness: its files' names, how it is made, and its key.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tallystick_merkle::CosigningKey;
use tallystick_wal::durable;

use crate::error::{CreateError, OpenError, StateError};
use crate::limits::SMALL_FILE_BYTES_MAX;

/// What the file [`VERSION_FILE`] holds.
pub(crate) const VERSION: &str = "tallystick-witness 1\n";
pub(crate) const VERSION_FILE: &str = "version";
const KEY_FILE: &str = "witness.key";
pub(crate) const LOGS_FILE: &str = "logs";
pub(crate) const LATEST_DIR: &str = "latest";
pub(crate) const EVIDENCE_DIR: &str = "evidence";

const EMPTY_LOGS: &str = "\
# The logs that this witness cosigns, one a line; read again when this file changes:
#   log <vkey>
";

/// Makes the directory of a new witness for its owner alone: version, key, no logs. The key is written last, so that a
/// directory with a key is whole.
///
/// # Errors
/// If there is a key already, or something cannot be written; then it can be tried again.
pub fn create(dir: &Path, key: &CosigningKey) -> Result<(), CreateError> {
    let path = dir.join(KEY_FILE);
    if path.exists() {
        return Err(CreateError::Exists { path });
    }
    for folder in [dir.to_owned(), dir.join(LATEST_DIR), dir.join(EVIDENCE_DIR)] {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|source| CreateError::Io { path: folder, source })?;
    }
    let logs = dir.join(LOGS_FILE);
    if !logs.exists() {
        write_private(&logs, EMPTY_LOGS)?;
    }
    write_private(&dir.join(VERSION_FILE), VERSION)?;
    write_private(&path, &format!("{}\n", key.encode().as_str()))
}

fn write_private(path: &Path, text: &str) -> Result<(), CreateError> {
    let written = durable::write_private(path, text.as_bytes());
    written.map_err(|source| CreateError::Io { path: path.to_owned(), source })
}

/// The key of a directory of a witness, after a look at the directory's version.
///
/// # Errors
/// If the version is unknown, or the file holds no key of a witness.
pub fn read_key(dir: &Path) -> Result<CosigningKey, OpenError> {
    let path = dir.join(VERSION_FILE);
    match read_small(&path) {
        Ok(text) if text == VERSION => {}
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(StateError::Io { path, source }.into());
        }
        _ => return Err(OpenError::Version { path }),
    }
    let path = dir.join(KEY_FILE);
    let text = match read_small(&path) {
        Ok(text) => text,
        Err(source) => return Err(StateError::Io { path, source }.into()),
    };
    CosigningKey::parse(text.trim_end()).map_err(|source| OpenError::Key { path, source })
}

fn read_small(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(SMALL_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Names of the files in a directory.
pub(crate) fn files(dir: &Path) -> Result<Vec<String>, StateError> {
    let io = |source| StateError::Io { path: PathBuf::from(dir), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        names.extend(entry.map_err(io)?.file_name().into_string());
    }
    Ok(names)
}
