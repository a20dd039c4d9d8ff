//! Microsoft Sentinel: a login service and a Logs Ingestion API of our own that hold to the documentation of Microsoft
//! Entra and Azure Monitor.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tallystick_destination::{Batch, Destination, Outcome};

use crate::batches::{batch, batch_with};
use crate::components::open;
use crate::fakes::{Fake, Reply, Seen};

const TENANT: &str = "8c8a1f2e-0000-4000-8000-000000000001";
const CLIENT: &str = "8c8a1f2e-0000-4000-8000-000000000002";
/// With what has to be escaped in a form.
const SECRET: &str = "aB8~Q+good/secret&1=";
const RULE: &str = "dcr-00a0b0c0d0e0f0102030405060708090";
/// Longest body, before and after compression, bytes.
const BODY_BYTES_MAX: usize = 1_048_576;
/// What is longer in a field is cut off, bytes.
const FIELD_BYTES_MAX: usize = 65_536;
/// Life of a token, seconds, as Microsoft Entra gives it.
const LIFE: i64 = 3_599;

/// Both services. Tokens are `eyJ.token.N` with N from 1 on; one that is too old is not taken.
struct Azure {
    login: Fake,
    ingestion: Fake,
    issued: Arc<AtomicU32>,
    oldest: Arc<AtomicU32>,
}

impl Azure {
    async fn start() -> Azure {
        let (issued, oldest) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(1)));
        let count = Arc::clone(&issued);
        let login = Fake::start(move |seen| login(seen, &count)).await;
        let (newest, oldest_taken) = (Arc::clone(&issued), Arc::clone(&oldest));
        let columns = columns();
        let ingestion = Fake::start(move |seen| {
            ingest(seen, &columns, oldest_taken.load(Ordering::SeqCst)..=newest.load(Ordering::SeqCst))
        })
        .await;
        Azure { login, ingestion, issued, oldest }
    }

    fn open(&self, change: &Value) -> Box<dyn Destination> {
        let mut settings = json!({
            "tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET, "endpoint": self.ingestion.url,
            "dcr_immutable_id": RULE, "login_url": self.login.url,
        });
        for (name, value) in change.as_object().unwrap() {
            settings[name] = value.clone();
        }
        open("sentinel", settings)
    }

    /// From now on older tokens are not taken.
    fn end_tokens(&self) {
        self.oldest.store(self.issued.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
    }
}

/// The columns of the rule in the documentation, with their types.
fn columns() -> BTreeMap<String, String> {
    let page = include_str!("../../../../docs/streams/sentinel.md");
    let lines = page.lines().filter_map(|line| line.trim().strip_prefix("{ name: '")?.strip_suffix("' }"));
    let columns: BTreeMap<String, String> = lines
        .map(|line| line.split_once("', type: '").unwrap())
        .map(|(name, kind)| (name.into(), kind.into()))
        .collect();
    assert_eq!(columns["TimeGenerated"], "datetime");
    columns
}

/// The token endpoint, version 2.0, for client credentials.
fn login(seen: &Seen, issued: &AtomicU32) -> Result<Reply, String> {
    let media = seen.header("content-type");
    if seen.method != "POST" || media != "application/x-www-form-urlencoded" {
        return Err(format!("{} with {media}", seen.method));
    }
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&seen.body).into_owned().collect();
    let refuse = |status, error: &str, words: String| {
        let body = json!({ "error": error, "error_description": words, "trace_id": "0255d1ef" }).to_string();
        Ok(Reply::new(status, body).with("content-type", "application/json; charset=utf-8"))
    };
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("grant_type") != "client_credentials" || field("scope") != "https://monitor.azure.com/.default" {
        return Err(format!("form {form:?}"));
    }
    if seen.uri.path() != format!("/{TENANT}/oauth2/v2.0/token") {
        return refuse(
            400,
            "invalid_request",
            format!("AADSTS90002: Tenant '{}' not found.", seen.uri.path()),
        );
    }
    if field("client_id") != CLIENT {
        return refuse(400, "unauthorized_client", format!("AADSTS700016: no app '{}'", field("client_id")));
    }
    if field("client_secret") != SECRET {
        let words = format!("AADSTS7000215: Invalid client secret provided: {}", field("client_secret"));
        return refuse(401, "invalid_client", words);
    }
    let token = format!("eyJ.token.{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
    let body =
        json!({ "token_type": "Bearer", "expires_in": LIFE, "ext_expires_in": LIFE, "access_token": token });
    Ok(Reply::new(200, body.to_string()))
}

/// `POST {endpoint}/dataCollectionRules/{id}/streams/{stream}`.
fn ingest(
    seen: &Seen,
    columns: &BTreeMap<String, String>,
    good: std::ops::RangeInclusive<u32>,
) -> Result<Reply, String> {
    let refuse = |status, code: &str, words: String| {
        Ok(Reply::new(status, json!({ "error": { "code": code, "message": words } }).to_string()))
    };
    if seen.method != "POST" || seen.uri.query() != Some("api-version=2023-01-01") {
        return Err(format!("{} {}", seen.method, seen.uri));
    }
    if seen.header("content-type") != "application/json"
        || !["gzip", ""].contains(&seen.header("content-encoding"))
    {
        return Err(format!("{:?}", seen.headers));
    }
    if seen.raw.len() > BODY_BYTES_MAX || seen.body.len() > BODY_BYTES_MAX {
        return Err(format!("ContentLengthLimitExceeded: {} and {} bytes", seen.raw.len(), seen.body.len()));
    }
    let authorization = seen.header("authorization");
    let token = authorization.strip_prefix("Bearer eyJ.token.").ok_or("no bearer token")?;
    if !good.contains(&token.parse().map_err(|_| "no token of ours")?) {
        return refuse(401, "InvalidToken", format!("The token {authorization} has ended."));
    }
    match seen.uri.path().strip_prefix(&format!("/dataCollectionRules/{RULE}/streams/")) {
        None => return refuse(404, "InvalidDcrImmutableId", "There is no such rule.".to_owned()),
        Some("Custom-TallystickAudit") => {}
        Some("Custom-Forbidden") => {
            return refuse(
                403,
                "OperationFailed",
                "The authentication token does not have access.".to_owned(),
            );
        }
        Some(stream) => return refuse(400, "InvalidStream", format!("The rule has no stream {stream}.")),
    }
    let rows: Vec<BTreeMap<String, Value>> =
        serde_json::from_slice(&seen.body).map_err(|error| error.to_string())?;
    if rows.is_empty() {
        return Err("no rows".to_owned());
    }
    rows.iter().try_for_each(|row| check_row(row, columns))?;
    Ok(Reply::new(204, ""))
}

/// All columns, none else, of their types, and none so long that it would be cut off.
fn check_row(row: &BTreeMap<String, Value>, columns: &BTreeMap<String, String>) -> Result<(), String> {
    if !row.keys().eq(columns.keys()) {
        return Err(format!("columns are left out or empty: {:?}", row.keys()));
    }
    for (name, value) in row {
        let is_good = match columns[name].as_str() {
            "datetime" => value.as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()),
            "long" => value.is_i64(),
            "string" => value.is_string() || value.is_null(),
            "dynamic" => true,
            other => return Err(format!("{name}: type {other}")),
        };
        if !is_good || value.to_string().len() > FIELD_BYTES_MAX {
            return Err(format!("{name}: of another type, or cut off"));
        }
    }
    Ok(())
}

fn later(batch: &Batch, seconds: i64) -> Batch {
    Batch { now_ms: batch.now_ms + seconds * 1_000, ..batch.clone() }
}

#[tokio::test]
async fn each_event_arrives_as_a_row_in_order() {
    let azure = Azure::start().await;
    let destination = azure.open(&json!({}));
    let batch = batch(400);
    let answer = destination.send(&batch).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(204)), "{}", answer.detail);
    let seen = azure.ingestion.seen().remove(0);
    assert_eq!(answer.sent_bytes, seen.raw.len() as u64);
    let rows = seen.json();
    assert_eq!(rows.as_array().unwrap().len(), 400);
    for (row, record) in rows.as_array().unwrap().iter().zip(&batch.records) {
        assert_eq!((&row["EventId"], &row["Seq"]), (&json!(record.event_id), &json!(record.seq)));
        assert_eq!(row["Event"], serde_json::from_slice::<Value>(&record.bytes).unwrap());
        assert_eq!(row["ActorName"], "Zoë \"Z\" Ångström");
        assert_eq!(row["TargetIds"], json!([format!("u_{}", record.seq)]));
    }
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end_and_renewed_once() {
    let azure = Azure::start().await;
    let destination = azure.open(&json!({}));
    let batch = batch(1);
    for (seconds, tokens) in [(0, 1), (10, 1), (LIFE - 301, 1), (LIFE - 300, 2), (LIFE, 2)] {
        assert_eq!(destination.send(&later(&batch, seconds)).await.outcome, Outcome::Delivered);
        assert_eq!(azure.issued.load(Ordering::SeqCst), tokens, "after {seconds} seconds");
    }
    // It ends before its time, as when the app's secret was changed.
    azure.end_tokens();
    assert_eq!(destination.send(&later(&batch, LIFE)).await.outcome, Outcome::Delivered);
    assert_eq!(azure.issued.load(Ordering::SeqCst), 3);
    // No token is taken any more: one renewal, and somebody has to look.
    let refused = || Reply::new(401, "{\"error\":{\"message\":\"Bearer eyJ.token.3 and eyJ.token.4\"}}");
    azure.ingestion.next(refused());
    azure.ingestion.next(refused());
    let answer = destination.send(&later(&batch, LIFE)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(401)));
    assert_eq!(azure.issued.load(Ordering::SeqCst), 4);
    assert!(!answer.detail.contains("eyJ.token.4"), "{}", answer.detail);
    // It begins with a new one.
    assert_eq!(destination.send(&later(&batch, LIFE)).await.outcome, Outcome::Delivered);
    assert_eq!(azure.issued.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_told_without_secrets() {
    let azure = Azure::start().await;
    for (change, words) in [
        (json!({ "client_secret": "wr0ng~secret" }), "AADSTS7000215"),
        (json!({ "client_id": "someone-else" }), "AADSTS700016"),
        (json!({ "tenant_id": "elsewhere" }), "AADSTS90002"),
    ] {
        let destination = azure.open(&change);
        for answer in [destination.check().await.unwrap(), destination.send(&batch(1)).await] {
            assert_eq!(answer.outcome, Outcome::Misconfigured, "{change}");
            assert!(answer.detail.contains(words) && !answer.detail.contains("wr0ng"), "{}", answer.detail);
        }
    }
    for (change, status) in [
        (json!({ "dcr_immutable_id": "dcr-another" }), 404),
        (json!({ "stream_name": "Custom-Another" }), 400),
        (json!({ "stream_name": "Custom-Forbidden" }), 403),
    ] {
        let answer = azure.open(&change).send(&batch(1)).await;
        assert_eq!(
            (answer.outcome, answer.status),
            (Outcome::Misconfigured, Some(status)),
            "{}",
            answer.detail
        );
    }
    assert!(azure.open(&json!({})).check().await.is_none(), "nobody can tell without writing");
}

#[tokio::test]
async fn what_is_too_long_never_leaves() {
    let azure = Azure::start().await;
    let destination = azure.open(&json!({}));
    // More than a call takes: to be halved.
    let wide = batch_with(0, 20, |_| json!({ "pad": "x".repeat(60_000) }));
    let answer = destination.send(&wide).await;
    assert_eq!((answer.outcome, answer.status, answer.sent_bytes), (Outcome::Split, None, 0));
    assert!(azure.ingestion.seen().is_empty());
    // More than a field takes: not sent, and the others are.
    let long =
        batch_with(0, 3, |seq| if seq == 1 { json!({ "pad": "x".repeat(70_000) }) } else { Value::Null });
    let Outcome::Partial { rejected, again } = destination.send(&long).await.outcome else { panic!() };
    assert_eq!((rejected.len(), rejected[0].index, again.len()), (1, 1, 0));
    assert!(rejected[0].reason.contains("cuts off"));
    let sent = azure.ingestion.seen().remove(0).json();
    assert_eq!((&sent[0]["Seq"], &sent[1]["Seq"], sent.as_array().unwrap().len()), (&json!(0), &json!(2), 2));
    // The others did not arrive: nothing is decided.
    azure.ingestion.next(Reply::new(503, ""));
    assert_eq!(destination.send(&long).await.outcome, Outcome::Retry { after: None });
    // Nothing else in it.
    let only = batch_with(0, 1, |_| json!({ "pad": "x".repeat(70_000) }));
    assert!(
        matches!(destination.send(&only).await.outcome, Outcome::Partial { rejected, .. } if rejected.len() == 1)
    );
}

#[tokio::test]
async fn trouble_on_either_side_is_waited_for() {
    let azure = Azure::start().await;
    let destination = azure.open(&json!({}));
    let after = Some(Duration::from_secs(30));
    azure.login.next(Reply::new(429, "").with("retry-after", "30"));
    assert_eq!(destination.send(&batch(1)).await.outcome, Outcome::Retry { after });
    azure.login.next(Reply::new(503, ""));
    assert_eq!(destination.send(&batch(1)).await.outcome, Outcome::Retry { after: None });
    azure.login.next(Reply::new(400, r#"{"error":"temporarily_unavailable"}"#));
    assert_eq!(destination.send(&batch(1)).await.outcome, Outcome::Retry { after: None });
    for (reply, expected) in [
        (Reply::new(429, "").with("retry-after", "30"), Outcome::Retry { after }),
        (Reply::new(500, ""), Outcome::Retry { after: None }),
        (Reply::new(413, r#"{"error":{"code":"ContentLengthLimitExceeded"}}"#), Outcome::Split),
        (Reply::new(400, r#"{"error":{"code":"InvalidPayload"}}"#), Outcome::Refused),
    ] {
        azure.ingestion.next(reply.clone());
        assert_eq!(destination.send(&batch(2)).await.outcome, expected, "{reply:?}");
    }
    let (without_ingestion, without_login) = (azure.open(&json!({})), azure.open(&json!({})));
    let Azure { login, ingestion, .. } = azure;
    drop(ingestion);
    assert_eq!(without_ingestion.send(&batch(1)).await.outcome, Outcome::Retry { after: None });
    drop(login);
    let answer = without_login.send(&batch(1)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Retry { after: None }, None));
}
