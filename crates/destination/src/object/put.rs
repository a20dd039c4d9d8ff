//! How a batch is put into a store: the object under a key of its own, once, and its manifest after it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::body::Compression;
use super::fields::{COMPRESSION, LINGER, MANIFEST, PREFIX};
use super::key::Prefix;
use super::manifest::{LinesHash, ManifestObject, manifest};
use super::{Meta, NewObject, ObjectInfo, ObjectStore, PutNew};
use crate::{Answer, BadSettings, Batch, Destination, Outcome, Settings};

/// Name under which the SHA-256 of an object is kept with it, hexadecimal.
pub const META_SHA256: &str = "sha256";
/// Name under which the SHA-256 of what an object was made of is kept with it. The same batch has the same one for
/// ever, while another version of a compressor may make other bytes of it.
pub const META_CONTENT_SHA256: &str = "content-sha256";

/// Where objects lie and what they look like.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    prefix: Prefix,
    compression: Compression,
    has_manifest: bool,
    /// How long the first event of an object waits for others, if the settings say it.
    linger: Option<Duration>,
}

impl Layout {
    pub(crate) fn new(settings: &Settings) -> Result<Self, BadSettings> {
        let prefix = Prefix::new(PREFIX.name, settings.text(PREFIX.name).unwrap_or_default())?;
        let compression = Compression::named(settings.required(COMPRESSION.name)?);
        let linger = settings.number(LINGER.name).map(Duration::from_secs);
        Ok(Self { prefix, compression, has_manifest: settings.is_on(MANIFEST.name), linger })
    }

    /// What all keys begin with.
    pub(crate) fn prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// The object of a batch, and what its manifest says of it.
    async fn object(&self, batch: &Batch) -> (NewObject, ManifestObject) {
        let (compression, media) = (self.compression, batch.media);
        let key = self.prefix.events(batch, compression.suffix(media));
        let lines = batch.lines();
        // Megabytes are compressed and hashed: not on the threads that wait for others.
        let made = tokio::task::spawn_blocking(move || {
            let hash = LinesHash::of(&lines);
            let bytes = compression.compress(lines);
            let about = ManifestObject::new(&key, &bytes, &hash, compression);
            (key, bytes, about)
        });
        let (key, bytes, about) = made.await.expect("compressing does not panic");
        let meta = [
            ("batch-id", batch.id.to_string()),
            ("first-seq", batch.first_seq.to_string()),
            ("last-seq", batch.last_seq.to_string()),
            ("count", batch.records.len().to_string()),
            (META_SHA256, about.sha256.clone()),
            (META_CONTENT_SHA256, about.content_sha256.clone()),
        ];
        let meta: Meta = meta.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let content_type = compression.content_type(media);
        (NewObject { key, bytes: bytes.into(), content_type, meta }, about)
    }
}

/// A store as a destination.
pub(crate) struct ObjectDestination<S> {
    /// The store.
    pub(crate) store: S,
    /// Where objects lie.
    pub(crate) layout: Layout,
    /// Whether nothing is written over; see [`super::CONDITIONAL`].
    pub(crate) is_conditional: bool,
}

/// A store that can say how it is.
#[async_trait]
pub trait CheckedStore: ObjectStore {
    /// [`Destination::check`]; `prefix` is what all keys begin with.
    async fn check(&self, prefix: &str) -> Option<Answer>;
}

#[async_trait]
impl<S: CheckedStore> Destination for ObjectDestination<S> {
    async fn send(&self, batch: &Batch) -> Answer {
        match self.put_batch(batch).await {
            Ok(answer) | Err(answer) => answer,
        }
    }

    async fn check(&self) -> Option<Answer> {
        self.store.check(self.layout.prefix()).await
    }

    fn linger(&self) -> Option<Duration> {
        self.layout.linger
    }
}

impl<S: ObjectStore> ObjectDestination<S> {
    async fn put_batch(&self, batch: &Batch) -> Result<Answer, Answer> {
        let (object, mut about) = self.layout.object(batch).await;
        let mut sent_bytes = object.bytes.len() as u64;
        let put = self.put(&object, batch.now_ms).await.map_err(|answer| Answer { sent_bytes, ..answer })?;
        if let Put::WasThere(Some(info)) = &put {
            // Its lines are the same, its bytes may come from another version of the compressor.
            about.bytes = info.size;
            if let Some(sha256) = info.meta.get(META_SHA256) {
                about.sha256.clone_from(sha256);
            }
        }
        if self.layout.has_manifest {
            let manifest = Self::manifest(self.layout.prefix.manifest(batch), manifest(batch, &about));
            sent_bytes += manifest.bytes.len() as u64;
            self.put(&manifest, batch.now_ms).await.map_err(|answer| Answer { sent_bytes, ..answer })?;
        }
        let detail = match put {
            Put::Written => format!("put {}", object.key),
            Put::WasThere(Some(_)) => format!("{} was there already", object.key),
            Put::WasThere(None) => {
                format!("{} was there already; it may not be read and was not compared", object.key)
            }
        };
        Ok(Answer { outcome: Outcome::Delivered, status: None, detail, sent_bytes })
    }

    fn manifest(key: String, bytes: Vec<u8>) -> NewObject {
        let sha256 = LinesHash::of(&bytes).into_sha256();
        let meta = [(META_SHA256, sha256.clone()), (META_CONTENT_SHA256, sha256)];
        let meta = meta.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        NewObject { key, bytes: bytes.into(), content_type: "application/json", meta }
    }

    async fn put(&self, object: &NewObject, now_ms: i64) -> Result<Put, Answer> {
        put_once(&self.store, object, self.is_conditional, now_ms).await
    }
}

/// Puts an object so that it is there once, whatever was tried before: one that is there already has to have been
/// made of the same, as [`META_CONTENT_SHA256`] says. Unless `is_conditional`, it is written over.
///
/// # Errors
/// What the store said, or that something else is there.
pub async fn put_once<S: ObjectStore + ?Sized>(
    store: &S,
    object: &NewObject,
    is_conditional: bool,
    now_ms: i64,
) -> Result<Put, Answer> {
    if !is_conditional {
        return store.put(object, now_ms).await.map(|()| Put::Written);
    }
    match store.put_new(object, now_ms).await? {
        PutNew::Written => Ok(Put::Written),
        PutNew::Exists => compare(store, object, now_ms).await,
    }
}

/// Whether the object that is there is ours. Its key has the batch's id, so it is, unless somebody meddles.
async fn compare<S: ObjectStore + ?Sized>(store: &S, object: &NewObject, now_ms: i64) -> Result<Put, Answer> {
    const FORBIDDEN: Option<u16> = Some(403);
    let info = match store.info(&object.key, now_ms).await {
        Ok(Some(info)) => info,
        Ok(None) => {
            return Err(there(Outcome::Retry { after: None }, &object.key, "was there and is there no more"));
        }
        // Credentials that may only write are the better ones.
        Err(answer) if answer.status == FORBIDDEN => return Ok(Put::WasThere(None)),
        Err(answer) => return Err(answer),
    };
    let ours = object.meta.get(META_CONTENT_SHA256);
    let is_same = match info.meta.get(META_CONTENT_SHA256) {
        Some(theirs) => Some(theirs) == ours,
        None => is_same_content(store, object, &info, now_ms).await?,
    };
    if is_same {
        return Ok(Put::WasThere(Some(info)));
    }
    Err(there(
        Outcome::Misconfigured,
        &object.key,
        "is there with other content: move it away, or choose another prefix",
    ))
}

/// For stores that keep nothing with objects.
async fn is_same_content<S: ObjectStore + ?Sized>(
    store: &S,
    object: &NewObject,
    info: &ObjectInfo,
    now_ms: i64,
) -> Result<bool, Answer> {
    if info.size != object.bytes.len() as u64 {
        return Ok(false);
    }
    let there: Option<Bytes> = store.get(&object.key, object.bytes.len(), now_ms).await?;
    Ok(there.is_some_and(|bytes| bytes == object.bytes))
}

/// What came of putting one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It was put.
    Written,
    /// It was there already, with what the store says of it, if it may be asked.
    WasThere(Option<ObjectInfo>),
}

fn there(outcome: Outcome, key: &str, what: &str) -> Answer {
    Answer { outcome, status: None, detail: format!("{key} {what}"), sent_bytes: 0 }
}
