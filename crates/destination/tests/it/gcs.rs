//! Cloud Storage: an emulator by others for what uploads do, and a strict one of our own for who may do what.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tallystick_receivers::{FakeGcs, Receiver as _, now_ms, run};

use crate::batches::{batch, batch_from};
use crate::components::{open, try_open};
use crate::fakes::{Fake, Reply, Seen};
use crate::objects::{assert_holds, assert_manifest, manifest_key};

const EMAIL: &str = "audit@acme.iam.gserviceaccount.com";
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";

/// A service account's key, made and checked by OpenSSL.
struct Account {
    dir: tempfile::TempDir,
    pem: String,
}

impl Account {
    fn new() -> Arc<Account> {
        let dir = tempfile::tempdir().unwrap();
        let in_dir = |words: &[&str]| run(Command::new("openssl").current_dir(dir.path()).args(words));
        in_dir(&[
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            "key.pem",
        ]);
        in_dir(&["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        let pem = std::fs::read_to_string(dir.path().join("key.pem")).unwrap();
        Arc::new(Account { dir, pem })
    }

    fn file(&self, token_uri: &str) -> String {
        json!({ "type": "service_account", "project_id": "acme", "private_key_id": "key1", "private_key": self.pem,
            "client_email": EMAIL, "client_id": "1", "token_uri": token_uri })
        .to_string()
    }

    /// Whether an assertion is one that Google takes: RFC 7523, and what its page on service accounts demands.
    fn check(&self, assertion: &str, token_uri: &str) -> Result<(), String> {
        let parts: Vec<&str> = assertion.split('.').collect();
        let [head, claims, signature] = parts[..] else { return Err("the assertion is no JWT".to_owned()) };
        let json =
            |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        if json(head) != json!({ "alg": "RS256", "typ": "JWT", "kid": "key1" }) {
            return Err(format!("head {}", json(head)));
        }
        let claims_of = json(claims);
        let (iat, exp) = (claims_of["iat"].as_i64().unwrap(), claims_of["exp"].as_i64().unwrap());
        // Batches of the tests may be up to an hour ahead.
        let is_recent = (-60..=3_600).contains(&(iat - now_ms() / 1_000)) && exp - iat <= 3_600;
        if !is_recent
            || claims_of["iss"] != EMAIL
            || claims_of["scope"] != SCOPE
            || claims_of["aud"] != token_uri
        {
            return Err(format!("claims {claims_of}"));
        }
        let write = |name: &str, bytes: &[u8]| std::fs::write(self.dir.path().join(name), bytes).unwrap();
        write("signed", format!("{head}.{claims}").as_bytes());
        write("signature", &URL_SAFE_NO_PAD.decode(signature).unwrap());
        let words = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed"];
        let told = run(Command::new("openssl").current_dir(self.dir.path()).args(words));
        if told.contains("Verified OK") { Ok(()) } else { Err(told) }
    }
}

/// What a token is asked for with.
fn assertion(seen: &Seen) -> Result<String, String> {
    if seen.method != "POST" || seen.header("content-type") != "application/x-www-form-urlencoded" {
        return Err("a token is asked for with a form".to_owned());
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&seen.body).into_owned().collect();
    match &form[..] {
        [(grant, kind), (name, assertion)] if grant == "grant_type" && name == "assertion" => {
            if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
                Ok(assertion.clone())
            } else {
                Err(kind.clone())
            }
        }
        _ => Err(format!("{form:?}")),
    }
}

/// Gives a token for every good assertion, each another one.
async fn tokens(account: &Arc<Account>) -> Fake {
    let (account, count) = (Arc::clone(account), AtomicU64::new(0));
    Fake::start(move |seen| {
        let uri = format!("http://{}/token", seen.header("host"));
        account.check(&assertion(seen)?, &uri)?;
        let token = format!("ya29.token-{}", count.fetch_add(1, Ordering::SeqCst));
        let granted = json!({ "access_token": token, "expires_in": 3599, "token_type": "Bearer" });
        Ok(Reply::new(200, granted.to_string()))
    })
    .await
}

/// What Google demands of an upload.
fn check_upload(seen: &Seen) -> Result<(), String> {
    let query = seen.uri.query().unwrap_or_default();
    if seen.method != "POST" || seen.uri.path() != "/upload/storage/v1/b/audit/o" {
        return Err(format!("{} {} is no upload", seen.method, seen.uri.path()));
    }
    for needed in ["uploadType=multipart", "ifGenerationMatch=0", "kmsKeyName=projects%2Fp", "name="] {
        if !query.contains(needed) {
            return Err(format!("{needed} is missing in {query}"));
        }
    }
    let Some(boundary) = seen.header("content-type").strip_prefix("multipart/related; boundary=") else {
        return Err(format!("content type {}", seen.header("content-type")));
    };
    let find =
        |bytes: &[u8], needle: &str| bytes.windows(needle.len()).position(|part| part == needle.as_bytes());
    let opening = format!("--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n");
    let rest = seen.raw.strip_prefix(opening.as_bytes()).ok_or("no first part")?;
    let middle = find(rest, &format!("\r\n--{boundary}\r\n")).ok_or("no second part")?;
    let about: Value = serde_json::from_slice(&rest[..middle]).map_err(|error| error.to_string())?;
    let second = &rest[middle + boundary.len() + 6..];
    let start = find(second, "\r\n\r\n").ok_or("no head of the second part")? + 4;
    let media = second[start..].strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes()).ok_or("no end")?;
    if about["md5Hash"] != BASE64.encode(Md5::digest(media)) {
        return Err("the hash is wrong".to_owned());
    }
    if about["storageClass"] != "NEARLINE" || about["retention"]["mode"] != "Locked" {
        return Err(about.to_string());
    }
    let until: Option<jiff::Timestamp> =
        about["retention"]["retainUntilTime"].as_str().and_then(|t| t.parse().ok());
    if until.is_none_or(|until| until.as_millisecond() < now_ms()) {
        return Err("retained until some time in the past".to_owned());
    }
    Ok(())
}

/// A bucket that takes what has a token.
async fn bucket() -> Fake {
    Fake::start(|seen| {
        if !seen.header("authorization").starts_with("Bearer ya29.token-") {
            return Err("there is no token".to_owned());
        }
        if seen.uri.path().ends_with("/iam/testPermissions") {
            return Ok(Reply::new(200, json!({ "permissions": ["storage.objects.create"] }).to_string()));
        }
        check_upload(seen)?;
        Ok(Reply::new(200, "{}"))
    })
    .await
}

fn error(status: u16, reason: &str, message: &str) -> Reply {
    let error =
        json!({ "code": status, "message": message, "errors": [{ "reason": reason, "message": message }] });
    Reply::new(status, json!({ "error": error }).to_string())
}

fn settings(account: &Account, tokens: &str, endpoint: &str, more: &Value) -> Value {
    let mut settings = json!({ "bucket": "audit", "endpoint": endpoint, "prefix": "t",
        "service_account": account.file(&format!("{tokens}/token")) });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

#[tokio::test]
async fn batches_lie_in_order_once_however_often_they_are_sent() {
    let mut store = FakeGcs::start();
    let url = store.url();
    let account = Account::new();
    let tokens = tokens(&account).await;
    let destination = open("gcs", settings(&account, &tokens.url, &url, &json!({})));
    let batches = [batch(200), batch_from(200, 100)];
    for (round, ending) in [(0, ""), (1, "was there already")] {
        for batch in &batches {
            let answer = destination.send(batch).await;
            assert_eq!(answer.outcome, Outcome::Delivered, "{round}: {}", answer.detail);
            assert!(answer.detail.ends_with(ending), "{}", answer.detail);
        }
    }
    assert_eq!(tokens.seen().len(), 1, "a token is used as long as it is good");
    let keys = store.keys();
    assert_eq!(keys.len(), 4, "{keys:?}");
    for batch in &batches {
        let place = format!("/{:020}-{:020}-", batch.first_seq, batch.last_seq);
        let key = keys.iter().find(|key| key.starts_with("t/v1/org=acme/") && key.contains(&place)).unwrap();
        let object = store.get(key);
        assert_holds(key, &object, batch);
        assert_manifest(&store.get(&manifest_key(key)), key, &object, batch);
    }
    let mut other = batches[0].clone();
    other.records.truncate(1);
    let answer = destination.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    let nowhere = settings(&account, &tokens.url, &url, &json!({ "bucket": "missing" }));
    let answer = open("gcs", nowhere).send(&batches[0]).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(404)), "{}", answer.detail);
    store.stop();
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Retry { after: None });
}

#[tokio::test]
async fn a_token_is_asked_for_when_it_is_needed() {
    let account = Account::new();
    let (tokens, bucket) = (tokens(&account).await, bucket().await);
    let more = json!({ "storage_class": "NEARLINE", "retention": "Locked", "retain_days": 30, "kms_key":
            "projects/p" });
    let destination = open("gcs", settings(&account, &tokens.url, &bucket.url, &more));
    assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    // It was revoked: another one is asked for in the same exchange.
    bucket.next(error(401, "authError", "Invalid Credentials"));
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    // It is over.
    let mut later = batch(3);
    later.now_ms += 3_400_000;
    tokens.next(Reply::new(503, "").with("retry-after", "3"));
    let answer = destination.send(&later).await;
    assert_eq!(answer.outcome, Outcome::Retry { after: Some(Duration::from_secs(3)) }, "{}", answer.detail);
    let bearers: Vec<String> =
        bucket.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(bearers.iter().filter(|bearer| *bearer == "Bearer ya29.token-0").count(), 4, "{bearers:?}");
    assert_eq!(bearers.last().unwrap(), "Bearer ya29.token-1");
}

#[tokio::test]
async fn trouble_is_what_it_is() {
    let account = Account::new();
    let (tokens, bucket) = (tokens(&account).await, bucket().await);
    let more = json!({ "storage_class": "NEARLINE", "retention": "Locked", "retain_days": 30, "kms_key":
            "projects/p" });
    let destination = open("gcs", settings(&account, &tokens.url, &bucket.url, &more));
    let secret = account.pem.lines().nth(3).unwrap().to_owned();
    for (reply, outcome, told) in [
        (
            error(429, "rateLimitExceeded", "slower").with("retry-after", "5"),
            Outcome::Retry { after: Some(Duration::from_secs(5)) },
            "slower",
        ),
        (error(403, "rateLimitExceeded", "slower"), Outcome::Retry { after: None }, "slower"),
        (error(503, "backendError", "busy"), Outcome::Retry { after: None }, "busy"),
        (error(413, "uploadTooLarge", "too large"), Outcome::Split, "too large"),
        (error(403, "forbidden", "no access"), Outcome::Misconfigured, "storage.objects.create"),
        (error(404, "notFound", "no bucket"), Outcome::Misconfigured, "check the bucket's name"),
        (error(400, "invalid", "got ya29.token-0 and"), Outcome::Misconfigured, "got [secret] and"),
        (error(400, "invalid", &format!("got {secret} and")), Outcome::Misconfigured, "got [secret] and"),
    ] {
        bucket.next(reply);
        let answer = destination.send(&batch(1)).await;
        assert_eq!(answer.outcome, outcome, "{}", answer.detail);
        assert!(answer.detail.contains(told), "{told}: {}", answer.detail);
    }
    bucket.next(Reply::new(200, json!({ "permissions": [] }).to_string()));
    assert_eq!(destination.check().await.unwrap().outcome, Outcome::Misconfigured);
    // The account is gone; what was sent is not shown.
    let stranger = open("gcs", settings(&account, &tokens.url, &bucket.url, &more));
    tokens.next(Reply::new(
        400,
        json!({ "error": "invalid_grant", "error_description": "account not found" }).to_string(),
    ));
    let answer = stranger.send(&batch(1)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(400)));
    assert!(answer.detail.contains("account not found"), "{}", answer.detail);
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    let account = Account::new();
    let file = |token_uri: &str| account.file(token_uri);
    let google = "https://oauth2.googleapis.com/token";
    assert!(try_open("gcs", json!({ "bucket": "audit", "service_account": file(google) })).is_ok());
    for (settings, field) in [
        (json!({ "bucket": "audit", "service_account": "{}" }), "service_account"),
        (json!({ "bucket": "audit", "service_account": file("http://1.1.1.1/token") }), "service_account"),
        (
            json!({ "bucket": "audit", "service_account": file(google).replace("service_account", "user") }),
            "service_account",
        ),
        (json!({ "bucket": "a/b", "service_account": file(google) }), "bucket"),
        (json!({ "bucket": "audit", "service_account": file(google), "retention": "Locked" }), "retain_days"),
    ] {
        let error = try_open("gcs", settings).err().unwrap();
        assert_eq!(error.field, field);
        assert!(!error.why.contains("PRIVATE KEY"), "{}", error.why);
    }
}
