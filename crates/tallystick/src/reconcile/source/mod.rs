//! Where a copy lies. Each source gives its records in the order in which they lie there, through a short queue: what
//! is read is no more ahead of what is compared than that.

mod bucket;
mod files;
mod search;

use std::{io::Read, ops::ControlFlow, path::PathBuf, sync::Arc};

use tokio::sync::mpsc::{self, Receiver, Sender};

use super::{
    copied::{At, Item},
    lines, recognize,
};

pub(crate) use bucket::{Bucket, Place as BucketPlace};
pub(crate) use search::{Place as SearchPlace, Search};

/// Records that are handed over at once.
const BATCH_RECORDS: usize = 512;
/// Bytes of records that are handed over at once, roughly.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait.
const BATCHES_WAITING: usize = 4;
/// What names of files and objects end with that hold records; `.gz` or `.zst` may follow.
const SUFFIXES: &[&str] = &[".jsonl", ".ndjson", ".log", ".txt"];
/// The folder of object manifests, which are about objects and are none.
const MANIFESTS: &str = "manifests";

/// A copy.
pub(crate) enum Source {
    /// Files, and folders of files; `-` is standard input.
    Files(Vec<PathBuf>),
    /// Objects of a bucket.
    Bucket(Bucket),
    /// Documents of Elasticsearch or OpenSearch.
    Search(Box<Search>),
}

impl Source {
    /// Whether its order is one that a sender or a disk has given it. An index has none.
    pub(crate) fn has_order(&self) -> bool {
        !matches!(self, Self::Search(_))
    }

    /// Begins to read. An error ends the queue.
    pub(crate) fn open(self) -> Receiver<anyhow::Result<Vec<Item>>> {
        let (items, received) = mpsc::channel(BATCHES_WAITING);
        tokio::spawn(async move {
            let out = Out { items: items.clone() };
            let read = match self {
                Self::Files(paths) => blocking(move || files::read(&paths, &out)).await,
                Self::Bucket(bucket) => bucket.read(&out).await,
                Self::Search(search) => search.read(&out).await,
            };
            if let Err(error) = read {
                // Whoever is not there any more does not want to know.
                let _ = items.send(Err(error)).await;
            }
        });
        received
    }
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

/// Where what is read goes to.
#[derive(Clone)]
struct Out {
    items: Sender<anyhow::Result<Vec<Item>>>,
}

impl Out {
    /// Reads the lines of a piece. Blocks. Breaks when nobody listens any more.
    fn piece(&self, name: &str, reader: impl Read) -> ControlFlow<()> {
        let piece: Arc<str> = name.into();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut is_heard = true;
        let read = lines::read(reader, &mut |line, text| {
            let at = At { piece: Arc::clone(&piece), line };
            take(&at, text, &mut batch);
            bytes += text.len();
            if batch.len() >= BATCH_RECORDS || bytes >= BATCH_BYTES {
                bytes = 0;
                is_heard = self.items.blocking_send(Ok(std::mem::take(&mut batch))).is_ok();
            }
            if is_heard { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        batch.push(match read {
            Ok(()) => Item::Whole,
            Err(error) => Item::Broken { piece, why: error.to_string() },
        });
        let is_heard = is_heard && self.items.blocking_send(Ok(batch)).is_ok();
        if is_heard { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// Says something about a piece. False when nobody listens any more.
    async fn say(&self, items: Vec<Item>) -> bool {
        self.items.send(Ok(items)).await.is_ok()
    }
}

/// The records of a line, or why it has none.
fn take(at: &At, text: &[u8], batch: &mut Vec<Item>) {
    let mut give = |copied| batch.push(Item::Record(Box::new(copied)));
    if let Err(why) = recognize::records(at, text, &mut give) {
        batch.push(Item::Unreadable { at: at.clone(), why });
    }
}

/// Whether a name in a folder or a bucket is that of records.
fn is_of_records(name: &str) -> bool {
    let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    let is_manifest = name.split('/').any(|part| part == MANIFESTS);
    !is_manifest && SUFFIXES.iter().any(|suffix| stem.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_by_their_names() {
        for name in ["a.jsonl", "v1/org=acme/dt=2026-11-22/hour=00/1-2-a.jsonl.gz", "x.ndjson.zst", "s.log"] {
            assert!(is_of_records(name), "{name}");
        }
        for name in ["manifests/v1/org=acme/1-2-a.json", "manifests/a.jsonl", "a.parquet", "a.gz", "README"] {
            assert!(!is_of_records(name), "{name}");
        }
    }
}
