//! Every limit of what goes out, with its unit, in one place.

/// Longest answer to a request to cosign, bytes: 100 signatures, or a page of an error.
pub const COSIGNATURES_BYTES_MAX: usize = 64 << 10;

/// Longest answer with a timestamp, bytes. One with a chain of certificates is about 6 KiB.
pub const TIMESTAMP_BYTES_MAX: usize = 64 << 10;

/// Longest answer of a store, bytes: errors are XML, the rest is in the head.
pub const STORE_BYTES_MAX: usize = 64 << 10;

/// How far a witness's clock may be from ours, seconds.
pub const COSIGNATURE_SKEW_MAX_S: u64 = 300;

/// Longest object that is put into a store, bytes. Checkpoints and tokens are a few KiB.
pub const OBJECT_BYTES_MAX: usize = 16 << 20;

/// Longest time that an object is locked, days. A slip here cannot be undone.
pub const RETAIN_DAYS_MAX: u32 = 36_500;
