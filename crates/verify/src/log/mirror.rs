//! Every entry of a log: each leaf checked, the root rebuilt from nothing else.

use tallystick_event::{DIRECTORY_ENTRY_BYTES, DirectoryEntry, LEAF_BYTES, Leaf, LogId};
use tallystick_merkle::{
    BundleId, Checkpoint, Edge, TileError, bundles_between, decode_bundle, leaf_hash, limits::TILE_HASHES,
};

use super::Fetch;
use super::growth::{open_tiles, or_full};
use crate::limits::BUNDLES_AT_ONCE;
use crate::report::{LogStatus, Report};
use crate::trust::log_id;
use crate::{Options, VerifyError};

/// Fetches all entries, checks them one by one, and compares the root.
pub(super) fn judge(
    fetcher: &mut dyn Fetch,
    checkpoint: &Checkpoint,
    options: &Options<'_>,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let mut entries = Entries { log: log_id(checkpoint.origin()).ok(), len: None, next: 0, last_ms: 0 };
    let mut edge = Edge::new();
    let mut fault = None;
    let bundles: Vec<BundleId> = bundles_between(0, checkpoint.size()).collect();
    for group in bundles.chunks(BUNDLES_AT_ONCE) {
        let paths: Vec<String> = group.iter().map(BundleId::to_string).collect();
        let fetched = fetcher.fetch(&paths)?;
        for ((bundle, path), bytes) in group.iter().zip(&paths).zip(fetched) {
            let bytes = or_full(fetcher, path, bytes)?;
            match read_bundle(*bundle, &bytes) {
                Err(why) => fault = fault.or(Some(why)),
                Ok(found) => {
                    for entry in found {
                        edge.append(leaf_hash(entry));
                        if let Err(why) = entries.check(entry) {
                            fault = fault.or(Some(why));
                        }
                    }
                }
            }
        }
        if fault.is_some() {
            break;
        }
        if let Some(tell) = options.progress {
            tell(edge.size());
        }
    }
    report.counts.records = edge.size();
    report.counts.ok = edge.size();
    if entries.len == Some(DIRECTORY_ENTRY_BYTES) {
        report.remarks.push("it is a directory log: its entries are checkpoints of other logs".to_owned());
    }
    if let Some(why) = fault {
        report.log.worsen(LogStatus::Tampered { why });
    } else if edge.root() != *checkpoint.root() {
        let place = find(fetcher, checkpoint)?;
        let why = format!("its entries are not those of its checkpoint{place}");
        report.log.worsen(LogStatus::Tampered { why });
    }
    Ok(())
}

/// The entries of a bundle. A full bundle is as good as the partial one that was asked for.
fn read_bundle(bundle: BundleId, bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    let width = usize::from(bundle.width());
    let found = decode_bundle(bytes, bundle.width()).or_else(|error| {
        decode_bundle(bytes, TILE_HASHES).map(|all| all[..width].to_vec()).map_err(|_| error)
    });
    found.map_err(|error| format!("{bundle}: {error}"))
}

/// Where entries and tree part: known if the log's tiles are those of its checkpoint.
fn find(fetcher: &mut dyn Fetch, checkpoint: &Checkpoint) -> Result<String, VerifyError> {
    for bundle in bundles_between(0, checkpoint.size()) {
        let path = bundle.to_string();
        let bytes = super::fetch_one(fetcher, &path)?;
        let bytes = or_full(fetcher, &path, bytes)?;
        let checked = open_tiles(fetcher, checkpoint)
            .and_then(|reader| reader.entries(bundle.index(), &bytes).map(|_| ()));
        match checked {
            Ok(()) => {}
            Err(TileError::Fetch(error)) => return Err(error),
            Err(error) => return Ok(format!(": {error}")),
        }
    }
    Ok(String::new())
}

/// The rules that entries follow one after the other.
struct Entries {
    /// Id of the log, if its origin ends with one.
    log: Option<LogId>,
    /// Length of its first entry, by which the two kinds of logs are told apart.
    len: Option<usize>,
    next: u64,
    last_ms: i64,
}

impl Entries {
    fn check(&mut self, entry: &[u8]) -> Result<(), String> {
        let seq = self.next;
        self.next += 1;
        let len = *self.len.get_or_insert(entry.len());
        let ms = match (len == DIRECTORY_ENTRY_BYTES, self.log) {
            (true, _) => directory_time(entry).map_err(|why| format!("entry {seq}: {why}"))?,
            (false, Some(log)) => leaf_time(log, seq, entry)?,
            (false, None) => return Err("its origin does not end with the id of a log".to_owned()),
        };
        if ms < self.last_ms {
            return Err(format!("entry {seq} is older than its predecessor"));
        }
        self.last_ms = ms;
        Ok(())
    }
}

fn leaf_time(log: LogId, seq: u64, entry: &[u8]) -> Result<i64, String> {
    let bytes: &[u8; LEAF_BYTES] =
        entry.try_into().map_err(|_| format!("entry {seq} is no leaf: {} bytes", entry.len()))?;
    let leaf = Leaf::decode(bytes).map_err(|error| format!("entry {seq}: {error}"))?;
    if leaf.log != log {
        return Err(format!("entry {seq} belongs to log {}", leaf.log));
    }
    if leaf.seq != seq {
        return Err(format!("entry {seq} is that of seq {}", leaf.seq));
    }
    Ok(leaf.received_ms)
}

fn directory_time(entry: &[u8]) -> Result<i64, String> {
    let bytes: &[u8; DIRECTORY_ENTRY_BYTES] =
        entry.try_into().map_err(|_| format!("{} bytes are no directory entry", entry.len()))?;
    DirectoryEntry::decode(bytes).map(|entry| entry.time_ms).map_err(|error| error.to_string())
}
