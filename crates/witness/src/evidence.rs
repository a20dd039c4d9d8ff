//! What was refused as a fork, kept for whoever has to find out why.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use tallystick_merkle::{AddCheckpoint, Checkpoint};
use tallystick_wal::durable;

use crate::directory::{EVIDENCE_DIR, files};
use crate::error::StateError;
use crate::latest::Latest;
use crate::limits::EVIDENCE_FILES_MAX;

/// How many requests were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The log has signed two checkpoints of one size with different roots: proof by themselves.
    pub forks: usize,
    /// The log has signed a checkpoint for which no proof was sent that it continues the latest. Either it does not, or
    /// somebody sent a wrong proof with it.
    pub unproven: usize,
}

impl Evidence {
    /// Counts the files of a directory.
    pub(crate) fn count(dir: &Path) -> Result<Evidence, StateError> {
        let names = files(&dir.join(EVIDENCE_DIR))?;
        let of = |kind: Kind| {
            names.iter().filter(|name| name.starts_with(kind.prefix()) && is_whole(name)).count()
        };
        Ok(Evidence { forks: of(Kind::Fork), unproven: of(Kind::Unproven) })
    }
}

fn is_whole(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "txt")
}

#[derive(Clone, Copy)]
enum Kind {
    Fork,
    Unproven,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::Fork => "fork-",
            Kind::Unproven => "unproven-",
        }
    }
}

/// Keeps the request and what it contradicts, once for each checkpoint that the log has signed. True if it was new.
///
/// Crash point: the file is there whole or not at all; nothing else depends on it.
pub(crate) fn keep(
    dir: &Path,
    request: &AddCheckpoint,
    latest: Option<&Latest>,
    now: u64,
) -> Result<bool, StateError> {
    let text = request.checkpoint.unverified_text();
    let size = text.parse::<Checkpoint>().ok().map(|checkpoint| checkpoint.size());
    let is_fork = latest.is_some_and(|latest| Some(latest.checkpoint.size()) == size);
    let kind = if is_fork { Kind::Fork } else { Kind::Unproven };
    let name = format!("{}{}.txt", kind.prefix(), hex::encode(Sha256::digest(text.as_bytes())));
    let path = dir.join(EVIDENCE_DIR).join(name);
    if path.exists() {
        return Ok(false);
    }
    let kept = Evidence::count(dir)?;
    let so_far = if is_fork { kept.forks } else { kept.unproven };
    if so_far >= EVIDENCE_FILES_MAX {
        tracing::error!(files = so_far, "no more evidence is kept: look at what is there and move it away");
        return Ok(false);
    }
    let bytes = render(request, latest, now);
    write(&path, bytes.as_bytes())?;
    Ok(true)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    durable::write_atomic(path, bytes).map_err(|source| StateError::Io { path: path.to_owned(), source })
}

fn render(request: &AddCheckpoint, latest: Option<&Latest>, now: u64) -> String {
    let request = request.to_string();
    let latest = latest.map(|latest| latest.note.to_string()).unwrap_or_default();
    format!(
        "tallystick-witness-evidence 1\ntime {now}\nrequest {}\nlatest {}\n\n{request}{latest}",
        request.len(),
        latest.len()
    )
}
