//! Every entry of a log: each leaf checked, the root rebuilt from nothing else.

use std::sync::Arc;

use tallystick_event::{DIRECTORY_ENTRY_BYTES, DirectoryEntry, LEAF_BYTES, Leaf, LogId};
use tallystick_merkle::{
    BundleId, Checkpoint, Edge, Hash, Subtrees as _, TileError, bundles_between, decode_bundle, leaf_hash,
    limits::{TILE_HASHES, TILE_HEIGHT},
    root_of,
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
    let mut mirror = Mirror::new(checkpoint);
    // Never all of their names at once: how many there are is only what the checkpoint says.
    let mut bundles = bundles_between(0, checkpoint.size());
    loop {
        let group: Vec<BundleId> = bundles.by_ref().take(BUNDLES_AT_ONCE).collect();
        if group.is_empty() || mirror.fault.is_some() {
            break;
        }
        let paths: Vec<String> = group.iter().map(BundleId::to_string).collect();
        let fetched = fetcher.fetch(&paths)?;
        for ((bundle, path), bytes) in group.iter().zip(&paths).zip(fetched) {
            let bytes = or_full(fetcher, path, bytes)?;
            mirror.add(*bundle, &bytes);
        }
        if let Some(tell) = options.progress {
            tell(mirror.edge.size());
        }
    }
    if mirror.entries.len == Some(DIRECTORY_ENTRY_BYTES) {
        report.remarks.push("it is a directory log: its entries are checkpoints of other logs".to_owned());
    }
    report.counts.records = mirror.edge.size();
    report.counts.ok = mirror.good;
    if let Some(why) = mirror.fault {
        report.log.worsen(LogStatus::Tampered { why });
    } else if mirror.edge.root() != *checkpoint.root() {
        let (right, place) = find(fetcher, checkpoint, &mirror.roots)?;
        report.counts.ok = mirror.good.min(right);
        let why = format!("its entries are not those of its checkpoint{place}");
        report.log.worsen(LogStatus::Tampered { why });
    }
    Ok(())
}

/// What is known of a log from its entries alone.
struct Mirror {
    entries: Entries,
    edge: Edge,
    /// The root over each bundle, by which the first wrong one is found without fetching all of them again.
    roots: Vec<Hash>,
    /// Entries of which nothing is wrong.
    good: u64,
    /// The first thing that is wrong.
    fault: Option<String>,
}

impl Mirror {
    fn new(checkpoint: &Checkpoint) -> Mirror {
        let log = log_id(checkpoint.origin()).ok();
        let entries = Entries { log, len: None, next: 0, last_ms: 0 };
        Mirror { entries, edge: Edge::new(), roots: Vec::new(), good: 0, fault: None }
    }

    fn add(&mut self, bundle: BundleId, bytes: &[u8]) {
        let found = match read_bundle(bundle, bytes) {
            Ok(found) => found,
            Err(why) => {
                self.fault.get_or_insert(why);
                return;
            }
        };
        let hashes: Vec<Hash> = found.iter().map(|entry| leaf_hash(entry)).collect();
        self.roots.push(root_of(&hashes));
        for (entry, hash) in found.into_iter().zip(hashes) {
            self.edge.append(hash);
            match self.entries.check(entry) {
                Ok(()) => self.good += 1,
                Err(why) => {
                    self.fault.get_or_insert(why);
                }
            }
        }
    }
}

/// The entries of a bundle. A full bundle is as good as the partial one that was asked for.
fn read_bundle(bundle: BundleId, bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    let width = usize::from(bundle.width());
    let found = decode_bundle(bytes, bundle.width()).or_else(|error| {
        decode_bundle(bytes, TILE_HASHES).map(|all| all[..width].to_vec()).map_err(|_| error)
    });
    found.map_err(|error| format!("{bundle}: {error}"))
}

/// Where entries and tree part, which the log's tiles tell if they are those of its checkpoint: how many entries before
/// are right, and the place in words.
fn find(
    fetcher: &mut dyn Fetch,
    checkpoint: &Checkpoint,
    roots: &[Hash],
) -> Result<(u64, String), VerifyError> {
    let (bundle, hashes) = match first_other(fetcher, checkpoint, roots) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok((0, String::new())),
        Err(TileError::Fetch(error)) => return Err(error),
        Err(error) => return Ok((0, format!(": {error}"))),
    };
    let path = bundle.to_string();
    let bytes = super::fetch_one(fetcher, &path)?;
    let bytes = or_full(fetcher, &path, bytes)?;
    let before = bundle.index() * u64::from(TILE_HASHES);
    let entries = match read_bundle(bundle, &bytes) {
        Ok(entries) => entries,
        Err(why) => return Ok((before, format!(": {why}"))),
    };
    let other = entries.iter().zip(hashes.iter()).position(|(entry, hash)| leaf_hash(entry) != *hash);
    Ok(match other {
        Some(number) => {
            let index = before + number as u64;
            (index, format!(": entry {index} is not the one the tree commits to"))
        }
        None => (before, format!(": {bundle} is another one each time it is asked for")),
    })
}

/// The first bundle whose root is not that of the tree, and the hashes that its entries should have.
#[expect(clippy::type_complexity, reason = "a bundle and its hashes")]
fn first_other(
    fetcher: &mut dyn Fetch,
    checkpoint: &Checkpoint,
    roots: &[Hash],
) -> Result<Option<(BundleId, Arc<[Hash]>)>, TileError<VerifyError>> {
    let reader = open_tiles(fetcher, checkpoint)?;
    for (bundle, root) in bundles_between(0, checkpoint.size()).zip(roots) {
        let index = bundle.index();
        let expected = if bundle.is_full() {
            reader.subtree(TILE_HEIGHT, index)?
        } else {
            root_of(&reader.tile(0, index)?)
        };
        if expected != *root {
            return Ok(Some((bundle, reader.tile(0, index)?)));
        }
    }
    Ok(None)
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
