//! What a stream has tried, what was refused for good, and what it has left out.

use std::io::Write as _;

use serde_json::Value;

use super::Listed;
use crate::{
    client::{Call, Client, Connection},
    exit::Exit,
    output::{self, bytes, safe, thousands},
};

/// Lines unless more or fewer are asked for.
const LINES_DEFAULT: u64 = 100;
/// Most that one call gives.
const PAGE_MAX: u64 = 1_000;

#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    /// The stream.
    id: String,
    /// At most so many.
    #[arg(long, default_value_t = LINES_DEFAULT)]
    limit: u64,
    /// Whole objects, one a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// `tallystick streams attempts`.
pub(super) async fn attempts(args: HistoryArgs) -> anyhow::Result<Exit> {
    list(args, "attempts", |one| {
        let status = one["status"].as_u64().map_or_else(|| "-".to_owned(), |status| status.to_string());
        format!(
            "{}  {:<13}  {status:>4}  {:>6} ms  {:>9}  {:>7} events  {}..{}  {}  {}",
            text(one, "started_at"),
            text(one, "outcome"),
            count(one, "took_ms"),
            bytes(one["bytes"].as_u64().unwrap_or_default()),
            count(one, "events"),
            count(one, "first_seq"),
            count(one, "last_seq"),
            text(one, "organization_id"),
            text(one, "detail"),
        )
    })
    .await
}

/// `tallystick streams dead-letters`.
pub(super) async fn dead_letters(args: HistoryArgs) -> anyhow::Result<Exit> {
    list(args, "dead_letters", |one| {
        let replayed = if one["replayed_at"].is_null() { "" } else { "  arrived since" };
        format!(
            "{}  {}  {} seq {}  {}  {}: {}{replayed}",
            text(one, "id"),
            text(one, "at"),
            text(one, "organization_id"),
            count(one, "seq"),
            text(one, "event_id"),
            text(one, "reason"),
            text(one, "excerpt"),
        )
    })
    .await
}

/// `tallystick streams gaps`.
pub(super) async fn gaps(args: HistoryArgs) -> anyhow::Result<Exit> {
    list(args, "gaps", |one| {
        format!(
            "{}  {} seq {}..{}  {}",
            text(one, "at"),
            text(one, "organization_id"),
            count(one, "first_seq"),
            count(one, "last_seq"),
            text(one, "reason"),
        )
    })
    .await
}

fn text(one: &Value, name: &str) -> String {
    safe(one[name].as_str().unwrap_or_default()).into_owned()
}

fn count(one: &Value, name: &str) -> String {
    thousands(one[name].as_u64().unwrap_or_default())
}

async fn list(args: HistoryArgs, what: &str, line: impl Fn(&Value) -> String) -> anyhow::Result<Exit> {
    let client = Client::new(&args.connection)?;
    let mut out = output::stdout();
    let (mut left, mut cursor) = (args.limit, None::<String>);
    while left > 0 {
        let limit = left.min(PAGE_MAX).to_string();
        let call = Call::get(format!("/v1/streams/{}/{what}", args.id)).query("limit", limit);
        let page: Listed = client.json(&call.maybe("cursor", cursor.as_deref())).await?;
        for one in &page.data {
            writeln!(out, "{}", if args.json { one.to_string() } else { line(one) })?;
        }
        left = left.saturating_sub(page.data.len() as u64);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}
