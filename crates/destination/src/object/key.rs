//! Where objects lie: `PREFIX/v1/org=ORG/dt=2026-11-22/hour=00/FIRST-LAST-BATCH.jsonl.gz`, as Athena, Spark, DuckDB and
//! BigQuery find partitions by themselves. A key is made of the batch alone, so that every attempt has the same;
//! keys of one organization sort as its log.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{BadSettings, Batch};

/// Longest prefix, bytes. The rest of a key needs the rest.
const PREFIX_BYTES_MAX: usize = 400;
/// Digits of the batch's id that stand in a key; with the range they are enough to tell streams apart.
const ID_DIGITS: usize = 12;

/// What all keys begin with: empty, or ends with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(String);

impl Prefix {
    /// Of a setting: slashes at both ends do not matter.
    pub(crate) fn new(field: &str, text: &str) -> Result<Self, BadSettings> {
        let text = text.trim_matches('/');
        if text.is_empty() {
            return Ok(Self(String::new()));
        }
        if text.len() > PREFIX_BYTES_MAX {
            return Err(BadSettings::new(field, format!("has more than {PREFIX_BYTES_MAX} bytes")));
        }
        if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(BadSettings::new(field, "has an empty part, or one that is . or .."));
        }
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "/-_.=+@!()' ".contains(c);
        if !text.chars().all(is_safe) {
            return Err(BadSettings::new(
                field,
                "has characters other than letters, digits and /-_.=+@!()' and spaces",
            ));
        }
        Ok(Self(format!("{text}/")))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a batch's events.
    pub(crate) fn events(&self, batch: &Batch, suffix: &str) -> String {
        format!("{}v1/{}{suffix}", self.0, place(batch))
    }

    /// The key of the manifest beside it: in a tree of its own, or those who read the events would read it, too.
    pub(crate) fn manifest(&self, batch: &Batch) -> String {
        format!("{}manifests/v1/{}.json", self.0, place(batch))
    }
}

/// Folders and name of a batch. The hour is the one in which the first event was taken in, not that of the upload: an
/// attempt in the next hour must find the object of this one.
fn place(batch: &Batch) -> String {
    let received_ms = batch.records.first().map_or(0, |record| record.received_ms);
    let time = Timestamp::from_millisecond(received_ms).unwrap_or_default().to_zoned(TimeZone::UTC);
    let mut id = batch.id.to_string();
    id.truncate(ID_DIGITS);
    format!(
        "org={}/dt={}/hour={:02}/{:020}-{:020}-{id}",
        segment(&batch.org),
        time.date(),
        time.hour(),
        batch.first_seq,
        batch.last_seq
    )
}

/// One part of a key of any text, escaped as Hive escapes values of partitions, so that no text leads elsewhere.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_dots = text.bytes().all(|byte| byte == b'.');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && !is_dots) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{BatchId, Media, Record};

    fn batch(org: &str, received_ms: i64) -> Batch {
        let record = Record {
            seq: 41,
            event_id: "evt_1".to_owned(),
            leaf_hash: [1; 32],
            occurred_ms: 0,
            received_ms,
            action: "user.created".to_owned(),
            is_failure: false,
            bytes: Bytes::from_static(b"{}"),
            native: Bytes::from_static(b"{}"),
        };
        Batch {
            id: BatchId::of("stream_1", "log", 40, 49, "native/1"),
            stream: "stream_1".to_owned(),
            org: org.to_owned(),
            log: "log".to_owned(),
            first_seq: 40,
            last_seq: 49,
            media: Media::Json,
            records: vec![record],
            now_ms: 1_800_000_000_000,
        }
    }

    #[test]
    fn the_key_is_that_of_the_batch_and_not_of_the_moment() {
        // 2026-11-22 00:59:59.999 UTC.
        let mut batch = batch("org_1", 1_795_309_199_999);
        let prefix = Prefix::new("prefix", "/audit/prod/").unwrap();
        let key = prefix.events(&batch, ".jsonl.gz");
        let id = &batch.id.to_string()[..12];
        let place = "org=org_1/dt=2026-11-22/hour=00/00000000000000000040-00000000000000000049";
        assert_eq!(key, format!("audit/prod/v1/{place}-{id}.jsonl.gz"));
        assert_eq!(prefix.manifest(&batch), format!("audit/prod/manifests/v1/{place}-{id}.json"));
        batch.now_ms += 86_400_000;
        assert_eq!(prefix.events(&batch, ".jsonl.gz"), key);
        assert!(Prefix::new("prefix", "").unwrap().events(&batch, "").starts_with("v1/org="));
    }

    #[test]
    fn no_text_leads_out_of_its_folder() {
        assert_eq!(segment("../a b/ü"), "..%2Fa%20b%2F%C3%BC");
        assert_eq!((segment(".."), segment("a.b-c_d")), ("%2E%2E".to_owned(), "a.b-c_d".to_owned()));
        let longest = Prefix::new("prefix", &"p".repeat(PREFIX_BYTES_MAX)).unwrap();
        let key = longest.manifest(&batch(&"ü".repeat(64), 0));
        assert!(key.len() <= crate::object::KEY_BYTES_MAX, "{}", key.len());
        for bad in ["a//b", "../a", "a/./b", "a?b", "a%2F", "ü", &"p".repeat(PREFIX_BYTES_MAX + 1)] {
            assert!(Prefix::new("prefix", bad).is_err(), "{bad}");
        }
    }
}
