//! The keys that logs are signed with. One secret serves all logs of an instance: each log's key is derived from it and
//! the log's origin, which is also the key's name. So a signature of one cannot be passed off as another's, and nobody
//! sees from their keys that two logs belong together.
//!
//! File: docs/formats/log-keys.md.

use std::{
    fmt::Write as _,
    fs::DirBuilder,
    io,
    num::NonZeroUsize,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lru::LruCache;
use parking_lot::{Mutex, RwLock};
use sha2::{Digest as _, Sha256};
use tallystick_event::{Random, format_ms};
use tallystick_merkle::{Checkpoint, Note, SignError, SigningKey, VerifierKey};
use tallystick_wal::durable;

/// First line of the file.
const HEADER: &str = "tallystick-log-keys v1";
/// How long a replaced key goes on signing beside its successor, ms: 30 days.
pub const KEY_OVERLAP_MS: i64 = 30 * 86_400_000;

/// Why the keys cannot be used. Never quotes the file.
#[derive(Debug, thiserror::Error)]
pub enum LogKeysError {
    /// The file could not be read or written.
    #[error("the log keys {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A line is not what such a file has.
    #[error("line {line} of the log keys {path} is malformed")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// Derived keys that are kept for each secret: making one costs as much as a signature.
const DERIVED_KEPT: usize = 1_024;

/// One secret.
struct LogKey {
    seed: [u8; 32],
    created_ms: i64,
    /// It signs until then; none: it is the present one.
    until_ms: Option<i64>,
    /// Keys of the logs that were signed for last, by origin.
    derived: Mutex<LruCache<String, Arc<SigningKey>>>,
}

/// A key as others may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLogKey {
    /// To be given to those who check.
    pub verifier_key: VerifierKey,
    /// When it was made, Unix ms.
    pub created_ms: i64,
    /// It signs until then, Unix ms; none: it is the present one.
    pub until_ms: Option<i64>,
}

/// The keys of an instance.
pub struct LogKeys {
    path: PathBuf,
    keys: RwLock<Vec<LogKey>>,
}

impl std::fmt::Debug for LogKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogKeys").field("path", &self.path).finish_non_exhaustive()
    }
}

impl LogKeys {
    /// Reads the keys of a data directory, or makes the first one.
    pub(crate) fn open(data_dir: &Path, random: &dyn Random, now_ms: i64) -> Result<Self, LogKeysError> {
        let path = data_dir.join("keys").join("log.keys");
        let keys = match std::fs::read_to_string(&path) {
            Ok(text) => parse(&text).map_err(|line| LogKeysError::Malformed { path: path.clone(), line })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = vec![new_key(random, now_ms)];
                write(&path, &keys)?;
                keys
            }
            Err(source) => return Err(LogKeysError::Io { path, source }),
        };
        Ok(Self { path, keys: RwLock::new(keys) })
    }

    /// Makes a new key the present one. The one before signs beside it for [`KEY_OVERLAP_MS`].
    pub(crate) fn rotate(&self, random: &dyn Random, now_ms: i64) -> Result<(), LogKeysError> {
        let mut keys = self.keys.write();
        let mut next: Vec<LogKey> = keys
            .iter()
            .map(|key| LogKey::new(key.seed, key.created_ms, key.until_ms.or(Some(now_ms + KEY_OVERLAP_MS))))
            .collect();
        next.insert(0, new_key(random, now_ms));
        write(&self.path, &next)?;
        *keys = next;
        Ok(())
    }

    /// All keys of a log, the present one first.
    pub fn public(&self, origin: &str) -> Vec<PublicLogKey> {
        let public = |key: &LogKey| PublicLogKey {
            verifier_key: key.signing(origin).verifier_key().clone(),
            created_ms: key.created_ms,
            until_ms: key.until_ms,
        };
        self.keys.read().iter().map(public).collect()
    }

    /// Signs a checkpoint with every key that is in use. The caller must never ask for two that do not fit together.
    pub(crate) fn sign(&self, checkpoint: &Checkpoint, now_ms: i64) -> Result<Note, SignError> {
        let keys = self.keys.read();
        let mut in_use = keys.iter().filter(|key| key.until_ms.is_none_or(|until| until > now_ms));
        let first = in_use.next().expect("there is always a present key");
        let mut note = checkpoint.sign(&first.signing(checkpoint.origin()))?;
        for key in in_use {
            let signature = key.signing(checkpoint.origin()).sign(note.unverified_text())?;
            note.add(signature).map_err(|_| SignError::Text)?;
        }
        Ok(note)
    }

    /// Signs a text that is no checkpoint, in the name of a log, with the present key.
    pub(crate) fn sign_text(&self, origin: &str, text: &str) -> Result<Note, SignError> {
        let signature = self.keys.read()[0].signing(origin).sign(text)?;
        Note::new(text, signature).map_err(|_| SignError::Text)
    }
}

impl LogKey {
    fn new(seed: [u8; 32], created_ms: i64, until_ms: Option<i64>) -> Self {
        let kept = NonZeroUsize::new(DERIVED_KEPT).expect("not zero");
        Self { seed, created_ms, until_ms, derived: Mutex::new(LruCache::new(kept)) }
    }

    /// The key of one log: made of the secret and the log's origin, so that no two logs have the same public key.
    fn signing(&self, origin: &str) -> Arc<SigningKey> {
        if let Some(key) = self.derived.lock().get(origin) {
            return Arc::clone(key);
        }
        let seed =
            Sha256::new().chain_update(b"alog/log-key/v1\n").chain_update(self.seed).chain_update(origin);
        let seed = zeroize::Zeroizing::new(<[u8; 32]>::from(seed.finalize()));
        let key = Arc::new(SigningKey::new(origin, &seed).expect("an origin is a key name"));
        self.derived.lock().put(origin.to_owned(), Arc::clone(&key));
        key
    }
}

impl Drop for LogKey {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.seed);
    }
}

fn new_key(random: &dyn Random, now_ms: i64) -> LogKey {
    let mut seed = [0; 32];
    random.fill(&mut seed);
    LogKey::new(seed, now_ms, None)
}

fn write(path: &Path, keys: &[LogKey]) -> Result<(), LogKeysError> {
    let mut text = zeroize::Zeroizing::new(format!("{HEADER}\n"));
    for key in keys {
        let until = key.until_ms.map_or_else(|| "-".to_owned(), format_ms);
        let seed = zeroize::Zeroizing::new(STANDARD.encode(key.seed));
        let _ = writeln!(text, "{} {until} {}", format_ms(key.created_ms), *seed);
    }
    let folder = path.parent().expect("it lies in keys/");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let written = made.and_then(|()| durable::write_private(path, text.as_bytes()));
    written.map_err(|source| LogKeysError::Io { path: path.to_owned(), source })
}

/// The keys, or the number of the bad line.
fn parse(text: &str) -> Result<Vec<LogKey>, usize> {
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(1);
    }
    let keys: Vec<LogKey> =
        lines.enumerate().map(|(at, line)| parse_key(line).ok_or(at + 2)).collect::<Result<_, _>>()?;
    let present = keys.iter().filter(|key| key.until_ms.is_none()).count();
    if present == 1 && keys[0].until_ms.is_none() { Ok(keys) } else { Err(2) }
}

fn parse_key(line: &str) -> Option<LogKey> {
    let [created, until, seed] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let ms = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    let until_ms = if until == "-" { None } else { Some(ms(until)?) };
    Some(LogKey::new(STANDARD.decode(seed).ok()?.try_into().ok()?, ms(created)?, until_ms))
}

#[cfg(test)]
mod tests {
    use tallystick_testkit::SeededRandom;

    use super::*;

    const NOW: i64 = 1_795_168_800_000;

    #[test]
    fn a_rotated_key_signs_beside_its_successor_for_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(1);
        let keys = LogKeys::open(dir.path(), &random, NOW).unwrap();
        let before = keys.public("example.com/log");
        keys.rotate(&random, NOW + 5).unwrap();
        let keys = LogKeys::open(dir.path(), &random, NOW + 9).unwrap();
        let after = keys.public("example.com/log");
        assert_eq!((before.len(), after.len()), (1, 2));
        assert_eq!(after[1].verifier_key, before[0].verifier_key);
        let checkpoint = Checkpoint::new("example.com/log", 7, [1; 32]).unwrap();
        for key in &after {
            let note = keys.sign(&checkpoint, NOW + 9).unwrap();
            assert_eq!(Checkpoint::open(&note, &key.verifier_key), Ok(checkpoint.clone()));
        }
        let later = keys.sign(&checkpoint, NOW + 5 + KEY_OVERLAP_MS).unwrap();
        assert_eq!(later.signatures().len(), 1);
        assert!(Checkpoint::open(&later, &after[0].verifier_key).is_ok());
    }

    #[test]
    fn malformed_files_are_refused_without_quoting_them() {
        let dir = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(1);
        LogKeys::open(dir.path(), &random, NOW).unwrap();
        let path = dir.path().join("keys").join("log.keys");
        let good = std::fs::read_to_string(&path).unwrap();
        let swapped = good.replace('-', "2026-01-01T00:00:00Z");
        for bad in
            ["", "tallystick-log-keys v2\n", &good[..good.len() - 4], &format!("{good}{good}"), &swapped]
        {
            std::fs::write(&path, bad).unwrap();
            let error = LogKeys::open(dir.path(), &random, NOW).unwrap_err().to_string();
            assert!(error.contains("malformed") && !error.contains("AAAA"), "{error}");
        }
    }
}
