//! `tallystick exports create`: asks for a file, and waits for it if it is to be downloaded.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Export, download, ended};
use crate::{
    client::{Call, Client, Connection},
    exit::Exit,
    output::{print, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// The query, as one text; without it, every event.
    #[arg(allow_hyphen_values = true)]
    query: Option<String>,
    /// The organization; needed if the key is good for several.
    #[arg(long)]
    org: Option<String>,
    /// What the file is: csv, json, ndjson, parquet, or evidence: a pack that proves its events, for `tallystick verify
    /// pack`.
    #[arg(long, default_value = "csv")]
    format: String,
    /// What the export is called.
    #[arg(long)]
    name: Option<String>,
    /// Only events that occurred at or after this time: 2026-07-01, now-30d, ...
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// Only events that occurred before this time; a whole day is included.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// desc: newest first; asc: oldest first.
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Columns of a CSV, separated by commas: seq,occurred_at,actor.name,metadata.ticket, ...
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
    /// Zone of dates, and of a column with the local time, such as Europe/Madrid.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// none, gzip or zstd.
    #[arg(long, value_name = "HOW")]
    compression: Option<String>,
    /// Leave cells that a spreadsheet would run as they are: for programs.
    #[arg(long)]
    no_formula_guard: bool,
    /// How long the service keeps the file, days.
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// Wait for the file and download it to here. A file that is there is not overwritten.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

impl CreateArgs {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let texts = [
            ("org", &self.org),
            ("name", &self.name),
            ("query", &self.query),
            ("from", &self.from),
            ("to", &self.to),
            ("order", &self.order),
            ("time_zone", &self.time_zone),
            ("compression", &self.compression),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        body.insert("format".to_owned(), json!(self.format));
        if !self.columns.is_empty() {
            body.insert("columns".to_owned(), json!(self.columns));
        }
        if self.no_formula_guard {
            body.insert("formula_guard".to_owned(), json!(false));
        }
        if let Some(days) = self.keep_days {
            body.insert("keep_days".to_owned(), json!(days));
        }
        Value::Object(body)
    }
}

/// Asks.
pub(super) async fn run(args: CreateArgs) -> anyhow::Result<Exit> {
    if let Some(output) = &args.output {
        download::must_not_exist(output)?;
    }
    let client = Client::new(&args.connection)?;
    let made: Export = client.json(&Call::post("/v1/exports", args.body().to_string())).await?;
    if args.output.is_none() {
        print(&made.id)?;
        say(format!("`tallystick exports wait {}` follows it", made.id));
        return Ok(Exit::Done);
    }
    let done = ended(&client, &made.id).await?;
    download::run(&client, &done, args.output).await?;
    Ok(Exit::Done)
}
