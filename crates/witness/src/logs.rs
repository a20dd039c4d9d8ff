//! The file of logs: whose checkpoints are cosigned. A person writes it, so it is text, and it is read again whenever
//! it changes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tallystick_merkle::{KeyType, VerifierKey};
use tallystick_wal::durable;

use crate::directory::LOGS_FILE;
use crate::error::{LogsError, LogsFault};
use crate::limits::{LOGS_BYTES_MAX, LOGS_MAX};

/// Name of the file that keeps two writers of the file of logs apart.
const LOCK_FILE: &str = "logs.lock";

/// The keys of the logs that are watched, in the order of the file. A log may have several while it changes its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logs(Vec<VerifierKey>);

impl Logs {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &str) -> Result<Logs, (usize, LogsFault)> {
        let mut logs = Logs::default();
        for (at, line) in text.split('\n').enumerate() {
            logs.line(line).map_err(|fault| (at + 1, fault))?;
        }
        Ok(logs)
    }

    fn line(&mut self, line: &str) -> Result<(), LogsFault> {
        let line = line.trim_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let items: Vec<&str> = line.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
        let ["log", key] = items.as_slice() else { return Err(LogsFault::Shape) };
        let key: VerifierKey = key.parse()?;
        if key.key_type() != KeyType::Ed25519 {
            return Err(LogsFault::KeyType);
        }
        if self.0.iter().any(|other| other.public_key() == key.public_key()) {
            return Err(LogsFault::Twice);
        }
        if self.0.len() == LOGS_MAX {
            return Err(LogsFault::TooMany);
        }
        self.0.push(key);
        Ok(())
    }

    /// Reads the file of a directory.
    ///
    /// # Errors
    /// If it cannot be read or has a fault.
    pub fn read(dir: &Path) -> Result<Logs, LogsError> {
        let path = dir.join(LOGS_FILE);
        match read_text(&path) {
            Ok(text) => Logs::parse(&text).map_err(|(line, source)| LogsError::Line { path, line, source }),
            Err(source) => Err(LogsError::Io { path, source }),
        }
    }

    /// All keys.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.0
    }

    /// The keys of one log.
    pub fn of(&self, origin: &str) -> Vec<VerifierKey> {
        self.0.iter().filter(|key| key.name() == origin).cloned().collect()
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(LOGS_BYTES_MAX + 1).read_to_string(&mut text)?;
    if read as u64 > LOGS_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "over the limit of 1 MiB"));
    }
    Ok(text)
}

/// Adds a log to the file of a directory, leaving what stands there as it is. A running witness takes it up by itself.
/// False if it is there already.
///
/// # Errors
/// If the key is none of a log, or the file cannot be read or written or has a fault.
pub fn add_log(dir: &Path, key: &VerifierKey) -> Result<bool, LogsError> {
    let path = dir.join(LOGS_FILE);
    let io = |source| LogsError::Io { path: path.clone(), source };
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(dir.join(LOCK_FILE));
    let lock = lock.map_err(io)?;
    lock.lock().map_err(io)?;
    let mut text = read_text(&path).map_err(io)?;
    let at = |(line, source)| LogsError::Line { path: path.clone(), line, source };
    if Logs::parse(&text).map_err(at)?.0.contains(key) {
        return Ok(false);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text = format!("{text}log {key}\n");
    Logs::parse(&text).map_err(at)?;
    durable::write_atomic(&path, text.as_bytes()).map_err(io)?;
    drop(lock);
    Ok(true)
}

/// The file of logs as it was read last, and when to read it again.
#[derive(Debug)]
pub(crate) struct Watched {
    dir: PathBuf,
    stamp: Option<Stamp>,
    logs: Logs,
}

/// What changes when somebody writes a file or puts another one in its place.
type Stamp = (u64, u64, i64, i64);

impl Watched {
    pub(crate) fn open(dir: &Path) -> Result<Watched, LogsError> {
        let stamp = stamp(dir);
        Ok(Watched { dir: dir.to_owned(), stamp, logs: Logs::read(dir)? })
    }

    /// The logs as of now. If the file has a fault, those before it: a slip of one line must not stop the others.
    pub(crate) fn now(&mut self) -> &Logs {
        let stamp = stamp(&self.dir);
        if stamp != self.stamp {
            self.stamp = stamp;
            match Logs::read(&self.dir) {
                Ok(logs) => {
                    tracing::info!(logs = logs.0.len(), "the file of logs was read again");
                    self.logs = logs;
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, ?cause, "the file of logs cannot be used; those before it stay");
                }
            }
        }
        &self.logs
    }
}

fn stamp(dir: &Path) -> Option<Stamp> {
    let found = fs::metadata(dir.join(LOGS_FILE)).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa+315172d2+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    const WITNESS: &str = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

    #[test]
    fn lines_are_keys_comments_or_nothing() {
        let logs = Logs::parse(&format!("# mine\n\n \tlog   {KEY}\t\n")).unwrap();
        assert_eq!(logs.keys(), [KEY.parse().unwrap()]);
        assert_eq!(logs.of("audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa").len(), 1);
        assert!(logs.of("audit.example.com").is_empty());
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let fault = |text: &str| Logs::parse(text).unwrap_err();
        assert_eq!(fault(&format!("\nlog {WITNESS}")), (2, LogsFault::KeyType));
        assert_eq!(fault(&format!("log {KEY}\nlog {KEY}\n")), (2, LogsFault::Twice));
        assert_eq!(fault(&format!("log {KEY} http://x")), (1, LogsFault::Shape));
        assert_eq!(fault("quorum none"), (1, LogsFault::Shape));
        assert!(matches!(fault("log x+y"), (1, LogsFault::Key(_))));
    }

    #[test]
    fn adding_keeps_what_is_there_and_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(LOGS_FILE), "# kept").unwrap();
        let mut watched = Watched::open(dir.path()).unwrap();
        assert!(watched.now().keys().is_empty());
        let key: VerifierKey = KEY.parse().unwrap();
        assert!(add_log(dir.path(), &key).unwrap());
        assert!(!add_log(dir.path(), &key).unwrap());
        let text = fs::read_to_string(dir.path().join(LOGS_FILE)).unwrap();
        assert_eq!(text, format!("# kept\nlog {KEY}\n"));
        assert_eq!(watched.now().keys(), [key]);
        fs::write(dir.path().join(LOGS_FILE), "lug\n").unwrap();
        assert_eq!(watched.now().keys().len(), 1, "a slip does not take the others away");
        assert!(add_log(dir.path(), &WITNESS.parse().unwrap()).is_err());
    }
}
