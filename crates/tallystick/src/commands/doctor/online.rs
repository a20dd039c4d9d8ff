//! A running service: does it live, is it ready, is its clock ours, is it our version.

use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use serde_json::Value;
use tallystick_event::Clock as _;

use super::finding::Findings;
use crate::{
    client::{Call, Client, ClientError, Connection},
    system::SystemClock,
};

/// The API that this command speaks.
const API_VERSION: &str = "1";
const CALL_TIME_MAX: Duration = Duration::from_secs(10);
/// A clock that is off by more than events may be ahead refuses them.
const SKEW_MS_FAIL: i64 = tallystick_event::limits::OCCURRED_AT_AHEAD_MS_MAX;
/// The `Date` header has seconds only.
const SKEW_MS_WARN: i64 = 5_000;

/// Asks the service.
pub(super) async fn check(connection: &Connection, findings: &mut Findings) -> anyhow::Result<()> {
    let client = Client::new(connection)?;
    let started = Instant::now();
    let response = match client.once(&Call::get("/healthz"), Some(CALL_TIME_MAX)).await {
        Ok(response) => response,
        Err(error) => return findings.fail_with("service", &error),
    };
    let took = started.elapsed();
    findings.ok("service", format!("{} answers in {:.1} ms", client.base(), took.as_secs_f64() * 1e3))?;
    let date = response.headers().get("date").and_then(|value| value.to_str().ok()).map(str::to_owned);
    clock(date.as_deref(), took, findings)?;
    ready(&client, findings).await?;
    version(&client, findings).await?;
    key(&client, findings).await
}

fn clock(date: Option<&str>, took: Duration, findings: &mut Findings) -> anyhow::Result<()> {
    let Some(theirs) = date.and_then(|date| rfc2822::parse(date).ok()) else {
        return findings.warn("clock", "the service does not say what time it is");
    };
    let ours_ms = SystemClock.now_ms() - (took.as_millis() / 2) as i64;
    let skew_ms = theirs.timestamp().as_millisecond() - ours_ms;
    let text = format!("the service's clock and this one differ by {:.0} s", (skew_ms as f64 / 1e3).abs());
    match skew_ms.abs() {
        0..SKEW_MS_WARN => findings.ok("clock", "the service's clock and this one agree within seconds"),
        SKEW_MS_WARN..SKEW_MS_FAIL => findings.warn("clock", text),
        _ => findings.fail("clock", format!("{text}: events from the one that is ahead are refused")),
    }
}

async fn ready(client: &Client, findings: &mut Findings) -> anyhow::Result<()> {
    match client.once(&Call::get("/readyz"), Some(CALL_TIME_MAX)).await {
        Ok(_) => findings.ok("ready", "takes and answers calls"),
        Err(ClientError::Foreign { status, start, .. }) => {
            findings.fail("ready", format!("{status}: {start}"))
        }
        Err(error) => findings.fail_with("ready", &error),
    }
}

async fn version(client: &Client, findings: &mut Findings) -> anyhow::Result<()> {
    match client.json::<Value>(&Call::get("/openapi.json")).await {
        Ok(api) => match api.pointer("/info/version").and_then(Value::as_str) {
            Some(API_VERSION) => findings.ok("version", format!("{API_VERSION} of the API, as this command")),
            Some(theirs) => findings.warn(
                "version",
                format!("the service has version {theirs} of the API, this command {API_VERSION}"),
            ),
            None => findings.warn("version", "the service does not say which version of the API it has"),
        },
        Err(error) => findings.fail_with("version", &error),
    }
}

async fn key(client: &Client, findings: &mut Findings) -> anyhow::Result<()> {
    match client.bytes(&Call::get("/v1/count").query("from", "now-1m")).await {
        Ok(_) => findings.ok("key", "accepted, may read events"),
        Err(ClientError::Refused(problem)) if problem.code == "forbidden" => {
            findings.ok("key", "accepted, may not read events")
        }
        Err(ClientError::Refused(problem)) if problem.status == 401 => findings
            .warn("key", "no key was given that the service accepts, so nothing behind it was looked at"),
        Err(error) => findings.fail_with("key", &error),
    }
}
