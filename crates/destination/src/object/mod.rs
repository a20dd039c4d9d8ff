//! Objects in stores: where a batch lies, what it looks like there, and how it is put there once. What differs between
//! stores is behind [`ObjectStore`]; each kind of store is a folder beside this one.

mod body;
mod fields;
mod key;
mod manifest;
mod put;
mod request;
mod stores;
mod xml;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_LENGTH};

use crate::{Answer, Shape};

pub(crate) use self::fields::{COMPRESSION, CONDITIONAL, LINGER, MANIFEST, PREFIX, printable};
pub(crate) use self::put::{Layout, ObjectDestination};
pub(crate) use self::request::{escaped, now_ms, request, said};
pub(crate) use self::xml::{element, elements};

pub use self::fields::is_conditional;
pub use self::key::{Prefix, place};
pub use self::put::{CheckedStore, META_CONTENT_SHA256, META_SHA256, Put, put_once};
pub use self::stores::{StoreKind, store_kind, store_kinds};
pub use crate::s3::{FIELDS as S3_FIELDS, open_store as open_s3};

/// Most bytes of records in one object: what 30 s suffice to send over a slow line, compressed, with some to spare.
pub const OBJECT_RECORDS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most events in one object.
pub const OBJECT_EVENTS_MAX: usize = 50_000;
/// How long the first event of an object waits for others, unless settings say something else. Each object costs money
/// and time when it is read.
pub const OBJECT_LINGER: Duration = Duration::from_mins(5);
/// Longest such wait, seconds: an object goes past no full hour anyway.
pub(crate) const OBJECT_LINGER_S_MAX: u64 = 3_600;
/// Longest key that all stores take, bytes.
pub const KEY_BYTES_MAX: usize = 1_024;
/// Most keys in one page of a listing.
pub const LIST_KEYS_MAX: usize = 1_000;
/// Most bytes of one page of a listing.
pub const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What batches are for all stores.
pub(crate) const SHAPE: Shape = Shape {
    events_max: OBJECT_EVENTS_MAX,
    bytes_max: OBJECT_RECORDS_BYTES_MAX,
    linger: OBJECT_LINGER,
    is_by_hour: true,
};

/// Names and values that a store keeps with an object. Names are lower-case ASCII with hyphens, values printable ASCII.
pub type Meta = BTreeMap<String, String>;

/// An object to be put.
#[derive(Debug, Clone)]
pub struct NewObject {
    /// Its key, at most [`KEY_BYTES_MAX`], without parts `.` and `..`.
    pub key: String,
    /// What it holds.
    pub bytes: Bytes,
    /// Its content type.
    pub content_type: &'static str,
    /// Kept with it.
    pub meta: Meta,
}

/// What a store says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its length, bytes.
    pub size: u64,
    /// What is kept with it. Some stores keep nothing.
    pub meta: Meta,
}

impl ObjectInfo {
    /// From the head of an answer: what is kept with an object has names that begin with `prefix`. `name` makes of the
    /// rest the name that was given.
    pub(crate) fn of_headers(headers: &HeaderMap, prefix: &str, name: impl Fn(&str) -> String) -> Self {
        let mut info = Self { size: 0, meta: Meta::new() };
        for (key, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            if let Some(rest) = key.as_str().strip_prefix(prefix) {
                info.meta.insert(name(rest), value.to_owned());
            } else if key == CONTENT_LENGTH {
                info.size = value.parse().unwrap_or(0);
            }
        }
        info
    }
}

/// Whether an object was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutNew {
    /// It was.
    Written,
    /// There is one of that key, which was left alone.
    Exists,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Keys, ascending.
    pub keys: Vec<String>,
    /// Where the next page begins; none: there is none.
    pub next: Option<String>,
}

/// A bucket or container with somebody's credentials. An error is an [`Answer`] whose outcome is not `Delivered`.
/// `now_ms` (Unix) is what signatures, tokens and retentions are made for.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Puts an object if there is none of its key, as far as the store can tell.
    async fn put_new(&self, object: &NewObject, now_ms: i64) -> Result<PutNew, Answer>;

    /// Puts an object, in the place of one of the same key.
    async fn put(&self, object: &NewObject, now_ms: i64) -> Result<(), Answer>;

    /// What is known of an object; none if it does not exist.
    async fn info(&self, key: &str, now_ms: i64) -> Result<Option<ObjectInfo>, Answer>;

    /// Reads an object of at most `limit` bytes; none if it does not exist.
    async fn get(&self, key: &str, limit: usize, now_ms: i64) -> Result<Option<Bytes>, Answer>;

    /// A page of the keys that begin with `prefix`; `from` is [`Page::next`] of the page before.
    async fn list(&self, prefix: &str, from: Option<&str>, now_ms: i64) -> Result<Page, Answer>;
}
