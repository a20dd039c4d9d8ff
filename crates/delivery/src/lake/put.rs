//! How a batch comes into a lake: the file first, its manifest behind it. Both are the same on every attempt, so that
//! an attempt that was cut short anywhere is repaired by the next one.
//!
//! Crash points, in order:
//! - The file is not there, or only a part of it under another name: the next attempt writes it.
//! - The file is there: it is whole. The next attempt compares it and writes the manifest.
//! - Both are there: the next attempt compares them and says that they were delivered.

use async_trait::async_trait;
use bytes::Bytes;
use tallystick_destination::{
    Answer, Batch, Destination, Outcome,
    limits::CALL_TIME_MAX,
    object::{CheckedStore, META_CONTENT_SHA256, META_SHA256, Meta, NewObject, Prefix, Put, place, put_once},
};

use super::{
    file::{LakeFile, Statement},
    folder::Folder,
    manifest::Manifest,
};
use crate::failure::Failure;

/// What the media type of Parquet is registered as.
const PARQUET: &str = "application/vnd.apache.parquet";
const JSON: &str = "application/json";
/// Where made-up events go, which are in no log. Their files have another suffix, so that no pattern finds them.
const TRIAL: (&str, &str) = ("_test/", ".parquet.test");

/// A lake.
pub(crate) struct Lake {
    pub(crate) place: Where,
    pub(crate) linger: Option<std::time::Duration>,
}

/// Where it lies.
pub(crate) enum Where {
    /// In a folder of the server.
    Folder(Folder),
    /// In a bucket.
    Bucket(Bucket),
}

/// A lake in a bucket.
pub(crate) struct Bucket {
    pub(crate) store: Box<dyn CheckedStore>,
    pub(crate) prefix: Prefix,
    pub(crate) is_conditional: bool,
}

/// A file that is where it belongs.
#[derive(Debug)]
pub(crate) struct There {
    /// This attempt has put it there.
    pub(crate) is_new: bool,
    /// It is known to be ours.
    pub(crate) is_compared: bool,
    /// Its length, bytes.
    pub(crate) bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub(crate) sha256: String,
}

/// A file to be put.
struct NewFile {
    path: String,
    bytes: Bytes,
    sha256: String,
    /// The statement of the file, or of the one that this is the manifest of.
    statement: Statement,
    content_type: &'static str,
}

#[async_trait]
impl Destination for Lake {
    async fn send(&self, batch: &Batch) -> Answer {
        match tokio::time::timeout(CALL_TIME_MAX, self.put_batch(batch)).await {
            Ok(Ok(answer) | Err(answer)) => answer,
            Err(_) => Answer {
                detail: "it took too long; what has arrived of it is found by the next attempt".to_owned(),
                ..Answer::plain(Outcome::Retry { after: None })
            },
        }
    }

    async fn check(&self) -> Option<Answer> {
        match &self.place {
            Where::Folder(folder) => {
                let folder = folder.clone();
                tokio::task::spawn_blocking(move || folder.check()).await.ok()
            }
            Where::Bucket(bucket) => bucket.store.check(bucket.prefix.as_str()).await,
        }
    }

    fn linger(&self) -> Option<std::time::Duration> {
        self.linger
    }
}

impl Lake {
    async fn put_batch(&self, batch: &Batch) -> Result<Answer, Answer> {
        // An event of a log has a leaf; nobody finds one that hashes to nothing.
        let is_trial = batch.records.iter().all(|record| record.leaf_hash == [0; 32]);
        let place = place(batch);
        let path =
            if is_trial { format!("{}{place}{}", TRIAL.0, TRIAL.1) } else { format!("{place}.parquet") };
        let copy = batch.clone();
        let made = tokio::task::spawn_blocking(move || LakeFile::of(&copy)).await;
        let file = match made.unwrap_or_else(|_| Err(Failure::Broken("encoding it has failed".to_owned()))) {
            Ok(file) => file,
            Err(error) => {
                return Err(Answer { detail: error.to_string(), ..Answer::plain(Outcome::Refused) });
            }
        };
        let mut sent_bytes = file.bytes.len() as u64;
        let LakeFile { statement, bytes, sha256 } = file;
        let data = NewFile {
            path: path.clone(),
            bytes: bytes.into(),
            sha256,
            statement: statement.clone(),
            content_type: PARQUET,
        };
        let there = self.put(data, batch.now_ms).await?;
        if !is_trial {
            let manifest = Manifest::new(&statement, &path, there.bytes, &there.sha256).to_bytes();
            sent_bytes += manifest.len() as u64;
            let sha256 = super::sha256(&manifest);
            let path = format!("_manifest/{place}.json");
            let manifest = NewFile { path, bytes: manifest.into(), sha256, statement, content_type: JSON };
            self.put(manifest, batch.now_ms).await?;
        }
        let detail = match (there.is_new, there.is_compared) {
            (true, _) => format!("put {path}"),
            (false, true) => format!("{path} was there already"),
            (false, false) => format!("{path} was there already; it may not be read and was not compared"),
        };
        Ok(Answer { sent_bytes, detail, ..Answer::plain(Outcome::Delivered) })
    }

    async fn put(&self, file: NewFile, now_ms: i64) -> Result<There, Answer> {
        match &self.place {
            Where::Folder(folder) => {
                let folder = folder.clone();
                let put = move || {
                    let NewFile { path, bytes, sha256, statement, .. } = file;
                    let is_same = |there| path.ends_with(".parquet") && statement.is_of(there);
                    folder.put(&path, &bytes, &sha256, is_same)
                };
                let failed = |_| Err(Answer::plain(Outcome::Retry { after: None }));
                tokio::task::spawn_blocking(put).await.unwrap_or_else(failed)
            }
            Where::Bucket(bucket) => bucket.put(file, now_ms).await,
        }
    }
}

impl Bucket {
    async fn put(&self, file: NewFile, now_ms: i64) -> Result<There, Answer> {
        let meta = [
            ("batch-id", file.statement.batch.clone()),
            ("first-seq", file.statement.first_seq.to_string()),
            ("last-seq", file.statement.last_seq.to_string()),
            ("count", file.statement.rows.to_string()),
            (META_SHA256, file.sha256.clone()),
            (META_CONTENT_SHA256, file.statement.content_sha256.clone()),
        ];
        let meta: Meta = meta.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let size = file.bytes.len() as u64;
        let key = format!("{}{}", self.prefix.as_str(), file.path);
        let object = NewObject { key, bytes: file.bytes, content_type: file.content_type, meta };
        let put = put_once(&*self.store, &object, self.is_conditional, now_ms).await;
        Ok(match put.map_err(|answer| Answer { sent_bytes: size, ..answer })? {
            Put::Written => There { is_new: true, is_compared: true, bytes: size, sha256: file.sha256 },
            Put::WasThere(None) => {
                There { is_new: false, is_compared: false, bytes: size, sha256: file.sha256 }
            }
            Put::WasThere(Some(mut info)) => There {
                is_new: false,
                is_compared: true,
                bytes: info.size,
                sha256: info.meta.remove(META_SHA256).unwrap_or(file.sha256),
            },
        })
    }
}
