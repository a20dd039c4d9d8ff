//! What a stream does with each event, made of what the catalog knows of it.

use std::{str::FromStr as _, time::Duration};

use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use tallystick_catalog::Stream;
use tallystick_destination::{Batch, BatchId, Kind, Media, Settings};
use tallystick_format::FormatName;
use tallystick_query::{LowerOptions, Lowered, lower, parse};

use super::{error::StreamsError, mask::Mask};

/// What a stream does with each event.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stream: Stream,
    pub(crate) kind: &'static Kind,
    pub(crate) format: FormatName,
    pub(crate) query: Option<Lowered>,
    pub(crate) mask: Mask,
    /// How long the first event of a batch waits for others.
    pub(crate) linger: Duration,
    /// See [`content`].
    pub(crate) content: String,
    /// Name and version of the product, for formats that say them.
    pub(crate) product: (String, String),
}

impl Plan {
    pub(crate) fn new(
        stream: Stream,
        kind: &'static Kind,
        product: (String, String),
    ) -> Result<Self, StreamsError> {
        let format = format_for(kind, &stream.format)?;
        let query = lowered(&stream.query, stream.updated_ms * 1_000)?;
        let mask = Mask::from_text(&stream.mask).and_then(|mask| mask.check().map(|()| mask));
        let mask = mask.map_err(|error| StreamsError::invalid("mask", error.to_string()))?;
        Ok(Self {
            content: content(&stream),
            linger: kind.shape.linger,
            stream,
            kind,
            format,
            query,
            mask,
            product,
        })
    }

    /// What rendered events are.
    pub(crate) fn media(&self) -> Media {
        match self.format.media() {
            tallystick_format::Media::Json => Media::Json,
            tallystick_format::Media::Line => Media::Line,
        }
    }

    pub(crate) fn batch_id(&self, log: &str, first_seq: u64, last_seq: u64) -> BatchId {
        BatchId::of(self.stream.id.as_str(), log, first_seq, last_seq, &self.content)
    }

    /// The id of some records only of a range: what is sent again, or out of order.
    pub(crate) fn part_id(&self, batch: &Batch) -> BatchId {
        let seqs = batch.records.iter().flat_map(|record| record.seq.to_be_bytes()).collect::<Vec<u8>>();
        let content = format!("{}\nonly {}", self.content, hex::encode(seqs));
        let (first, last) = (batch.first_seq, batch.last_seq);
        BatchId::of(self.stream.id.as_str(), &batch.log, first, last, &content)
    }
}

/// What decides about the bytes of a range of a log: as long as it is the same, a batch has the same id.
pub(crate) fn content(stream: &Stream) -> String {
    let version = FormatName::from_str(&stream.format).map_or("", FormatName::version);
    format!("{version}\n{}\n{}", stream.query, stream.mask)
}

/// A format that a kind takes.
pub(crate) fn format_for(kind: &Kind, name: &str) -> Result<FormatName, StreamsError> {
    let format =
        FormatName::from_str(name).map_err(|error| StreamsError::invalid("format", error.to_string()))?;
    if kind.formats.is_empty() || kind.formats.contains(&format.as_str()) {
        return Ok(format);
    }
    let why = format!("{} takes {}", kind.title, kind.formats.join(", "));
    Err(StreamsError::invalid("format", why))
}

/// The format that is best for a kind.
pub(crate) fn best_format(kind: &Kind) -> &'static str {
    kind.formats.first().copied().unwrap_or(FormatName::Native.as_str())
}

/// Refuses a query that no stream can have. Events go out when they come, and again when they must, so one with a time
/// that depends on now would mean something else each time.
pub(crate) fn check_query(text: &str) -> Result<(), StreamsError> {
    const ONE_DAY_US: i64 = 1_768_478_400_000_000;
    const ANOTHER_US: i64 = 1_803_211_200_000_000;
    if lowered(text, ONE_DAY_US)? == lowered(text, ANOTHER_US)? {
        return Ok(());
    }
    let why = "a stream goes on for ever: write its times in full, such as created:>=2026-01-01, not relative to now";
    Err(StreamsError::invalid("query", why))
}

/// A query ready for the matcher; none: every event.
pub(crate) fn lowered(text: &str, now_us: i64) -> Result<Option<Lowered>, StreamsError> {
    let bad = |errors: String| StreamsError::invalid("query", errors);
    let (query, _) = parse(text).into_result().map_err(|errors| {
        bad(errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("; "))
    })?;
    if query.root.is_none() {
        return Ok(None);
    }
    let options = LowerOptions { now_us, tz: &TimeZone::UTC, me: None };
    lower(&query, &options).map(Some).map_err(|error| bad(error.message))
}

/// Settings as they are sealed.
pub(crate) fn settings_of(kind: &Kind, opened: &[u8]) -> Result<Settings, StreamsError> {
    let values: Map<String, Value> = serde_json::from_slice(opened).map_err(|_| StreamsError::Sealed)?;
    Ok(Settings::new(kind.fields, values)?)
}
