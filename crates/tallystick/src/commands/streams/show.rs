//! Kinds and streams on a terminal.

use std::{fmt::Write as _, io::Write as _};

use serde::Deserialize;
use serde_json::Value;

use super::Listed;
use crate::{
    client::{Call, Client},
    exit::{Advice, Exit},
    output::{self, Style, print, safe, thousands},
};

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "kind")]
    name: String,
    title: String,
    summary: String,
    fields: Vec<Field>,
    formats: Vec<String>,
    once: String,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "type")]
    takes: String,
    required: bool,
    help: String,
    #[serde(default)]
    choices: Vec<String>,
}

#[derive(Deserialize)]
struct Stream {
    id: String,
    organization_id: Option<String>,
    name: String,
    kind: String,
    state: String,
    format: String,
    query: String,
    health: Health,
    cursors: Vec<StreamCursor>,
}

#[derive(Deserialize)]
struct Health {
    last_ok_at: Option<String>,
    last_error: Option<Fault>,
    next_attempt_at: Option<String>,
    lag_events: u64,
    lag_seconds: u64,
    delivered_total: u64,
    dead_letters: u64,
}

#[derive(Deserialize)]
struct Fault {
    code: String,
    status: Option<u16>,
    message: String,
    at: String,
}

#[derive(Deserialize)]
struct StreamCursor {
    organization_id: String,
    next_seq: u64,
    log_size: u64,
}

/// `tallystick streams kinds`.
pub(super) async fn kinds(client: &Client, only: Option<&str>, as_json: bool) -> anyhow::Result<Exit> {
    let listed: Listed = client.json(&Call::get("/v1/stream_kinds")).await?;
    let mut out = output::stdout();
    let mut found = 0;
    for value in listed.data {
        let kind: Kind = serde_json::from_value(value.clone())?;
        if only.is_some_and(|only| only != kind.name) {
            continue;
        }
        found += 1;
        if as_json {
            writeln!(out, "{value}")?;
        } else {
            writeln!(out, "{:<16}  {:<28}  {}", kind.name, kind.title, kind.summary)?;
            if only.is_some() {
                write!(out, "{}", settings(&kind))?;
            }
        }
    }
    out.flush()?;
    match only {
        Some(only) if found == 0 => Err(Advice {
            message: format!("there is no kind of destination called {only}"),
            help: "`tallystick streams kinds` lists them".to_owned(),
            exit: Exit::Refused,
        }
        .into()),
        _ => Ok(Exit::Done),
    }
}

fn settings(kind: &Kind) -> String {
    let mut text = String::from("\nSettings (--set NAME=VALUE; secrets: --secret NAME=FILE):\n");
    for field in &kind.fields {
        let takes = match field.choices.as_slice() {
            [] => field.takes.clone(),
            choices => choices.join("|"),
        };
        let needed = if field.required { ", needed" } else { "" };
        writeln!(text, "  {} ({takes}{needed})\n      {}", field.name, field.help)
            .expect("memory takes everything");
    }
    let once = if kind.once == "exactly" { "exactly once" } else { "at least once" };
    let formats = kind.formats.join(", ");
    writeln!(text, "\nFormats: {formats}\nEvery event arrives {once}.").expect("memory takes everything");
    text
}

/// `tallystick streams list`.
pub(super) async fn list(client: &Client, org: Option<&str>, as_json: bool) -> anyhow::Result<Exit> {
    let listed: Listed = client.json(&Call::get("/v1/streams").maybe("organization_id", org)).await?;
    let (mut out, style) = (output::stdout(), Style::of_stdout());
    for value in listed.data {
        if as_json {
            writeln!(out, "{value}")?;
        } else {
            writeln!(out, "{}", line(&serde_json::from_value(value)?, style))?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn line(stream: &Stream, style: Style) -> String {
    let whose = stream.organization_id.as_deref().unwrap_or("(every organization)");
    format!(
        "{}  {}  {:<14}  {:<24}  {:<20}  {}",
        safe(&stream.id),
        state(stream, style),
        safe(&stream.kind),
        safe(&stream.name),
        safe(whose),
        lag(&stream.health),
    )
}

fn state(stream: &Stream, style: Style) -> String {
    let word = format!("{:<8}", safe(&stream.state));
    match stream.state.as_str() {
        "active" => style.green(&word),
        "paused" => style.dim(&word),
        "error" => style.yellow(&word),
        _ => style.red(&word),
    }
}

fn lag(health: &Health) -> String {
    if health.lag_events == 0 {
        return "up to date".to_owned();
    }
    format!("{} events behind, {} s", thousands(health.lag_events), thousands(health.lag_seconds))
}

/// `tallystick streams show`.
pub(super) async fn one(client: &Client, id: &str, as_json: bool) -> anyhow::Result<Exit> {
    let value: Value = client.json(&Call::get(format!("/v1/streams/{id}"))).await?;
    if as_json {
        print(serde_json::to_string_pretty(&value)?)?;
        return Ok(Exit::Done);
    }
    let stream: Stream = serde_json::from_value(value)?;
    let style = Style::of_stdout();
    let health = &stream.health;
    print(format!("{}  {}", style.bold(&safe(&stream.name)), state(&stream, style)))?;
    let query = if stream.query.is_empty() { "every event" } else { stream.query.as_str() };
    print(format!("{} as {}: {}", safe(&stream.kind), safe(&stream.format), safe(query)))?;
    let last = health.last_ok_at.as_deref().unwrap_or("never");
    print(format!(
        "delivered {} events, last {}; {}",
        thousands(health.delivered_total),
        safe(last),
        lag(health)
    ))?;
    if health.dead_letters > 0 {
        let count = thousands(health.dead_letters);
        print(
            style.yellow(&format!(
                "{count} dead letters: tallystick streams dead-letters {}",
                safe(&stream.id)
            )),
        )?;
    }
    if let Some(fault) = &health.last_error {
        let status = fault.status.map(|status| format!(", status {status}")).unwrap_or_default();
        print(format!(
            "last error at {} ({}{status}): {}",
            safe(&fault.at),
            safe(&fault.code),
            safe(&fault.message)
        ))?;
    }
    if let Some(at) = &health.next_attempt_at {
        print(format!("tried again at {}", safe(at)))?;
    }
    for cursor in &stream.cursors {
        let (next, size) = (thousands(cursor.next_seq), thousands(cursor.log_size));
        print(format!("  {:<24}  {next} of {size} events", safe(&cursor.organization_id)))?;
    }
    Ok(Exit::Done)
}
