//! `tallystick exports`: files of events that the service makes in the background.

mod create;
mod download;
mod schedules;

use std::{io::Write as _, path::PathBuf};

use serde::Deserialize;

use crate::{
    client::{Call, Client, Connection, Cursor, Messages},
    exit::{Advice, Exit},
    output::{self, bytes, safe, say, thousands},
};
use create::CreateArgs;
use schedules::SchedulesCommand;

const EXAMPLES: &str = "\
Examples:
  tallystick exports create --org acme --format csv --from 2026-07-01 --to 2026-09-30 --output q3.csv
  tallystick exports create 'action:role.* -outcome:success' --org acme --format parquet --name roles
  tallystick exports list --org acme
  tallystick exports wait exp_0123456789abcdefghjk
  tallystick exports download exp_0123456789abcdefghjk --output roles.parquet
  tallystick exports cancel exp_0123456789abcdefghjk
  tallystick exports schedules create '-outcome:success' --org acme --name failures --weekly monday --at 06:30

The service makes the file, of the log as it is when it is asked, and keeps it for a while; `tallystick export` without
an s writes events out as it gets them.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportsArgs {
    #[command(subcommand)]
    command: ExportsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ExportsCommand {
    /// Ask for a file. Its id is printed; with --output it is waited for and downloaded.
    Create(Box<CreateArgs>),
    /// List exports, the newest first.
    List {
        /// The organization; needed if the key is good for several.
        #[arg(long)]
        org: Option<String>,
        /// Whole objects, one a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show an export as JSON.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Wait until an export has ended.
    Wait {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Download a file and check its SHA-256. What broke off goes on where it was.
    Download {
        /// Its id.
        id: String,
        /// File to write; the name that the service gives it if left out. A file that is there is not overwritten.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Stop an export that waits or runs.
    Cancel {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Make the file again of one that failed, was cancelled or has expired.
    Retry {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Have exports made again and again: schedules.
    #[command(subcommand)]
    Schedules(Box<SchedulesCommand>),
    /// Delete an export and its file.
    Delete {
        /// Its id.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

/// What is needed of an export.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Export {
    pub(super) id: String,
    name: String,
    query: String,
    format: String,
    status: String,
    progress: Option<f64>,
    pub(super) rows: u64,
    expected_rows: Option<u64>,
    pub(super) bytes: u64,
    pub(super) sha256: Option<String>,
    error: Option<ExportProblem>,
    created_at: String,
    pub(super) file_name: String,
}

#[derive(Debug, Clone, Deserialize)]
struct ExportProblem {
    message: String,
}

#[derive(Deserialize)]
struct Exports {
    exports: Vec<serde_json::Value>,
    #[serde(flatten)]
    cursor: Cursor,
}

/// Asks, lists, waits, downloads, stops.
pub(crate) async fn run(args: ExportsArgs) -> anyhow::Result<Exit> {
    match args.command {
        ExportsCommand::Create(args) => return create::run(*args).await,
        ExportsCommand::List { org, json, connection } => {
            list(&Client::new(&connection)?, org.as_deref(), json).await?;
        }
        ExportsCommand::Show { id, connection } => {
            let found: serde_json::Value =
                Client::new(&connection)?.json(&Call::get(format!("/v1/exports/{id}"))).await?;
            output::print(serde_json::to_string_pretty(&found)?)?;
        }
        ExportsCommand::Wait { id, connection } => {
            ended(&Client::new(&connection)?, &id).await?;
        }
        ExportsCommand::Download { id, output, connection } => {
            let client = Client::new(&connection)?;
            let export: Export = client.json(&Call::get(format!("/v1/exports/{id}"))).await?;
            download::run(&client, &export, output).await?;
        }
        ExportsCommand::Cancel { id, connection } => {
            post(&connection, &id, "cancel").await?;
            say(format!("{id} is cancelled"));
        }
        ExportsCommand::Retry { id, connection } => {
            post(&connection, &id, "retry").await?;
            say(format!("{id} waits for its turn"));
        }
        ExportsCommand::Schedules(command) => return schedules::run(*command).await,
        ExportsCommand::Delete { id, connection } => {
            Client::new(&connection)?.bytes(&Call::delete(format!("/v1/exports/{id}"))).await?;
            say(format!("{id} is deleted"));
        }
    }
    Ok(Exit::Done)
}

async fn post(connection: &Connection, id: &str, act: &str) -> anyhow::Result<()> {
    let call = Call::post(format!("/v1/exports/{id}/{act}"), String::new());
    Client::new(connection)?.bytes(&call).await?;
    Ok(())
}

async fn list(client: &Client, org: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let mut out = output::stdout();
    let mut cursor: Option<String> = None;
    loop {
        let call = Call::get("/v1/exports").query("limit", "1000").maybe("org", org);
        let page: Exports = client.json(&call.maybe("cursor", cursor.as_deref())).await?;
        for value in page.exports {
            if as_json {
                writeln!(out, "{value}")?;
            } else {
                writeln!(out, "{}", line(&serde_json::from_value(value)?))?;
            }
        }
        cursor = page.cursor.next_cursor;
        if cursor.is_none() {
            out.flush()?;
            return Ok(());
        }
    }
}

fn line(export: &Export) -> String {
    let query = if export.query.is_empty() { "(everything)" } else { export.query.as_str() };
    let state = match (&export.error, export.status.as_str(), export.progress) {
        (Some(error), ..) => format!("failed: {}", safe(&error.message)),
        (None, "running", Some(progress)) => format!("running {:.0} %", progress * 100.0),
        (None, status, _) => safe(status).into_owned(),
    };
    format!(
        "{}  {}  {:<24}  {:<8}  {:>12} rows  {:>9}  {state}  {}",
        safe(&export.id),
        safe(&export.created_at),
        safe(&export.name),
        safe(&export.format),
        thousands(export.rows),
        bytes(export.bytes),
        safe(query),
    )
}

/// Follows an export to its end, which must be a file. Progress is told on standard error.
pub(super) async fn ended(client: &Client, id: &str) -> anyhow::Result<Export> {
    let bar = indicatif::ProgressBar::new_spinner();
    let mut last = None;
    loop {
        let answer = client.once(&Call::get(format!("/v1/exports/{id}/progress")), None).await?;
        let mut messages = Messages::new(Box::pin(answer.bytes_stream()));
        // A connection that breaks is made again: where it ends is for the export to say.
        while let Ok(Some(message)) = messages.next().await {
            if message.kind != "progress" {
                continue;
            }
            let now: Export = serde_json::from_str(&message.data)?;
            bar.set_message(told(&now));
            bar.tick();
            last = Some(now);
        }
        match last.take() {
            Some(now) if !matches!(now.status.as_str(), "queued" | "running") => {
                bar.finish_and_clear();
                return finished(now);
            }
            _ => tokio::time::sleep(std::time::Duration::from_secs(1)).await,
        }
    }
}

fn told(export: &Export) -> String {
    match export.expected_rows {
        Some(expected) => format!(
            "{} {} of about {} events, {}",
            export.status,
            thousands(export.rows),
            thousands(expected),
            bytes(export.bytes)
        ),
        None => export.status.clone(),
    }
}

fn finished(export: Export) -> anyhow::Result<Export> {
    if export.status == "completed" {
        say(format!("{} events, {}", thousands(export.rows), bytes(export.bytes)));
        return Ok(export);
    }
    let why = export.error.map_or_else(|| export.status.clone(), |error| error.message);
    Err(Advice {
        message: format!("{} is {}: {}", export.id, export.status, safe(&why)),
        help: format!("`tallystick exports retry {}` makes it again", export.id),
        exit: Exit::Failed,
    }
    .into())
}
