//! One server for each data directory: a locked file that says who holds it.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Name of the lock file inside the data directory.
pub const LOCK_FILE: &str = "lock";

/// Bytes of the lock file that are read, at most.
const CONTENT_BYTES_MAX: u64 = 4096;

/// Who holds a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Name of the machine; it matters when the directory is on a network file system.
    pub host: String,
    /// Since when, as the holder wrote it (RFC 3339, UTC).
    pub since: String,
    /// Address it listens on; empty if it does not, or not yet.
    pub listen: String,
}

impl Holder {
    /// This process on this machine.
    pub fn this_process(since: &str, listen: &str) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { pid: std::process::id(), host, since: since.into(), listen: listen.into() }
    }

    /// One `name: value` a line, so that an operator can read it with `cat`.
    fn to_text(&self) -> String {
        let one_line = |text: &str| text.replace(|c: char| c.is_control(), " ");
        let (host, since, listen) = (one_line(&self.host), one_line(&self.since), one_line(&self.listen));
        format!("pid: {}\nhost: {host}\nsince: {since}\nlisten: {listen}\n", self.pid)
    }

    fn from_text(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(|v| v.trim().to_owned())
        };
        Some(Self {
            pid: field("pid")?.parse().ok()?,
            host: field("host")?,
            since: field("since")?,
            listen: field("listen")?,
        })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {} since {}", self.pid, self.host, self.since)?;
        if self.listen.is_empty() { Ok(()) } else { write!(f, ", listening on {}", self.listen) }
    }
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is in use by {}", .dir.display(), .by.as_ref().map_or_else(|| "another process".into(),
        Holder::to_string))]
    Held {
        /// The data directory.
        dir: PathBuf,
        /// Who has it; `None` if it has not said so yet.
        by: Option<Holder>,
    },
    /// The lock file cannot be made, locked or written.
    #[error("cannot lock {}", .path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A data directory that is ours until this is dropped, or the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock {
    file: File,
    path: PathBuf,
    holder: Holder,
}

impl DataLock {
    /// Takes the lock of `dir`, which must exist, and writes `holder` into it. Never waits.
    pub fn take(dir: &Path, holder: Holder) -> Result<Self, LockError> {
        let path = dir.join(LOCK_FILE);
        let io = |source| LockError::Io { path: path.clone(), source };
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.take(CONTENT_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
                return Err(LockError::Held { dir: dir.to_owned(), by: Holder::from_text(&text) });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let mut lock = Self { file, path, holder };
        lock.write()?;
        Ok(lock)
    }

    /// Says where we listen, once that is known.
    pub fn set_listen(&mut self, listen: &str) -> Result<(), LockError> {
        listen.clone_into(&mut self.holder.listen);
        self.write()
    }

    /// Who holds it: us.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Not synced: the content is worth nothing after the lock is gone.
    fn write(&mut self) -> Result<(), LockError> {
        let text = self.holder.to_text();
        let written = (|| {
            self.file.set_len(0)?;
            self.file.write_all_at(text.as_bytes(), 0)?;
            (&self.file).flush()
        })();
        written.map_err(|source| LockError::Io { path: self.path.clone(), source })
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        // Best effort: what is left would only name a process that is gone, and only until the next one takes the lock.
        let _ = self.file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(listen: &str) -> Holder {
        Holder::this_process("2026-11-20T10:00:00Z", listen)
    }

    #[test]
    fn the_second_one_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = DataLock::take(dir.path(), holder("")).unwrap();
        first.set_listen("127.0.0.1:8440").unwrap();
        let error = DataLock::take(dir.path(), holder("127.0.0.1:9999")).unwrap_err();
        let LockError::Held { by: Some(by), .. } = &error else { panic!("{error:?}") };
        assert_eq!(by, &holder("127.0.0.1:8440"));
        let text = error.to_string();
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        assert!(text.ends_with("listening on 127.0.0.1:8440"), "{text}");
    }

    #[test]
    fn it_is_free_again_after_the_holder_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        drop(DataLock::take(dir.path(), holder("a")).unwrap());
        let lock = DataLock::take(dir.path(), holder("b")).unwrap();
        assert_eq!(lock.holder().listen, "b");
    }

    #[test]
    fn a_holder_that_has_not_said_its_name_is_reported_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let file = File::create(dir.path().join(LOCK_FILE)).unwrap();
        file.try_lock().unwrap();
        let error = DataLock::take(dir.path(), holder("")).unwrap_err();
        assert!(matches!(&error, LockError::Held { by: None, .. }), "{error:?}");
        assert!(error.to_string().ends_with("is in use by another process"), "{error}");
    }

    #[test]
    fn a_missing_directory_is_an_error_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let error = DataLock::take(&dir.path().join("absent"), holder("")).unwrap_err();
        assert!(matches!(&error, LockError::Io { path, .. } if path.ends_with("absent/lock")), "{error:?}");
    }

    #[test]
    fn values_cannot_forge_other_lines() {
        let forged = Holder { host: "a\npid: 1".into(), ..holder("") };
        let read = Holder::from_text(&forged.to_text()).unwrap();
        assert_eq!((read.pid, read.host.as_str()), (std::process::id(), "a pid: 1"));
    }
}
