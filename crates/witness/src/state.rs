//! What a witness can say about itself, for people.

use std::path::Path;

use tallystick_merkle::VerifierKey;
use tallystick_wal::RealDisk;

use crate::directory::{LATEST_DIR, read_key};
use crate::error::OpenError;
use crate::evidence::Evidence;
use crate::latest::{OriginHash, Slot, origin_hash};
use crate::logs::Logs;

/// One log, as a witness knows it.
#[derive(Debug, Clone)]
pub struct LogState {
    /// A key of the log; its name is the origin.
    pub key: VerifierKey,
    /// The origin's hash, by which the latest checkpoint can be asked for.
    pub origin_hash: OriginHash,
    /// Size of the checkpoint cosigned last; none if nothing was.
    pub size: Option<u64>,
    /// When that was, Unix seconds.
    pub time: Option<u64>,
}

/// A witness and its logs.
#[derive(Debug, Clone)]
pub struct State {
    /// The witness's key.
    pub key: VerifierKey,
    /// The logs it watches, in the order of their file.
    pub logs: Vec<LogState>,
    /// What it has refused as a fork.
    pub evidence: Evidence,
}

/// Looks at a directory without opening it: a witness may be running on it. Signs nothing and changes nothing.
///
/// # Errors
/// If something of it cannot be read.
pub fn inspect(dir: &Path) -> Result<State, OpenError> {
    let key = read_key(dir)?.verifier_key().clone();
    let mut logs = Vec::new();
    for log in Logs::read(dir)?.keys() {
        let origin_hash = origin_hash(log.name());
        let slot = Slot::open(&RealDisk, &dir.join(LATEST_DIR), &origin_hash, &key)?;
        logs.push(log_state(log, &slot)?);
    }
    Ok(State { key, logs, evidence: Evidence::count(dir)? })
}

pub(crate) fn log_state(key: &VerifierKey, slot: &Slot) -> Result<LogState, OpenError> {
    let latest = slot.latest()?;
    Ok(LogState {
        key: key.clone(),
        origin_hash: origin_hash(key.name()),
        size: latest.map(|latest| latest.checkpoint.size()),
        time: latest.map(|latest| latest.time),
    })
}
