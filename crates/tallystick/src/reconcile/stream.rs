//! What the service knows of the stream that has made a copy: which events it sends, what it hides of them, how far it
//! is, and what it could not send.

use std::collections::HashMap;

use anyhow::Context as _;
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use tallystick_delivery::streams::Mask;
use tallystick_query::{LowerOptions, Lowered, lower, parse};

use super::side::Place;
use crate::client::{Call, Client};

/// Entries of a page.
const PAGE: &str = "1000";

/// A stream.
pub(crate) struct Stream {
    pub(crate) id: String,
    /// None: all organizations.
    pub(crate) org: Option<String>,
    /// Which events it sends; none: all.
    pub(crate) query: Option<Lowered>,
    pub(crate) mask: Mask,
    /// Its place in each log, by organization.
    pub(crate) places: HashMap<String, Place>,
}

#[derive(Deserialize)]
struct Answer {
    organization_id: Option<String>,
    query: String,
    mask: Mask,
    updated_at: String,
    cursors: Vec<Cursor>,
}

#[derive(Deserialize)]
struct Cursor {
    organization_id: String,
    next_seq: u64,
}

#[derive(Deserialize)]
struct Letter {
    organization_id: String,
    seq: u64,
    replayed_at: Option<String>,
}

#[derive(Deserialize)]
struct Gap {
    organization_id: String,
    first_seq: u64,
    last_seq: u64,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default = "Option::default")]
    next_cursor: Option<String>,
}

impl Stream {
    /// Asks the service.
    pub(crate) async fn find(client: &Client, id: &str) -> anyhow::Result<Self> {
        let is_id = id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        anyhow::ensure!(is_id && !id.is_empty(), "{id:?} is not the id of a stream");
        let path = format!("/v1/streams/{id}");
        let answer: Answer = client.json(&Call::get(&path)).await?;
        let mut places: HashMap<String, Place> = HashMap::new();
        for cursor in answer.cursors {
            places.entry(cursor.organization_id).or_default().next_seq = Some(cursor.next_seq);
        }
        for letter in letters(client, &path).await? {
            let place = places.entry(letter.organization_id).or_default();
            let seen = if letter.replayed_at.is_some() { &mut place.late } else { &mut place.letters };
            seen.insert(letter.seq);
        }
        let gaps: Page<Gap> = client.json(&Call::get(format!("{path}/gaps"))).await?;
        for gap in gaps.data {
            places.entry(gap.organization_id).or_default().gaps.push((gap.first_seq, gap.last_seq));
        }
        let query = lowered(&answer.query, &answer.updated_at)?;
        Ok(Self { id: id.to_owned(), org: answer.organization_id, query, mask: answer.mask, places })
    }
}

async fn letters(client: &Client, path: &str) -> anyhow::Result<Vec<Letter>> {
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let call = Call::get(format!("{path}/dead_letters")).query("limit", PAGE);
        let page: Page<Letter> = client.json(&call.maybe("cursor", cursor.as_deref())).await?;
        found.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// The query as the stream understands it: relative times are those of the moment when somebody wrote it.
fn lowered(text: &str, updated_at: &str) -> anyhow::Result<Option<Lowered>> {
    let now: Timestamp = updated_at.parse().context("the service gives a time that is none")?;
    let parsed = parse(text).into_result().map_err(|errors| {
        let told = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ");
        anyhow::anyhow!("the query of the stream is not understood: {told}")
    });
    let (query, _) = parsed?;
    if query.root.is_none() {
        return Ok(None);
    }
    let options = LowerOptions { now_us: now.as_microsecond(), tz: &TimeZone::UTC, me: None };
    lower(&query, &options)
        .map(Some)
        .map_err(|error| anyhow::anyhow!("the query of the stream is not understood: {}", error.message))
}
