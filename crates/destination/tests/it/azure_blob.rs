//! Azurite, Microsoft's emulator, with shared keys and shared access signatures; and a strict one of our own for
//! trouble.

use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use sha2::Sha256;
use tallystick_destination::{Batch, Outcome};

use crate::batches::{batch, batch_from};
use crate::components::{Process, free_port, in_node_package, now_ms, open, try_open};
use crate::fakes::{Fake, Reply};
use crate::objects::{assert_holds, assert_manifest, fetch, manifest_key};

/// Azurite's account and key, as its documents have them.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const VERSION: &str = "2021-12-02";

struct Azurite {
    process: Process,
    _dir: tempfile::TempDir,
    endpoint: String,
}

impl Azurite {
    async fn start() -> Azurite {
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut command = Command::new("node");
        command.arg(in_node_package("azurite/dist/src/blob/main.js")).current_dir(dir.path());
        command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location", "data"]);
        command.args(["--skipApiVersionCheck", "--disableTelemetry", "--silent"]);
        let mut process = Process::start(&mut command);
        process.until_listening(port).await;
        let endpoint = format!("http://127.0.0.1:{port}/{ACCOUNT}");
        let now = Timestamp::from_millisecond(now_ms()).unwrap().to_zoned(TimeZone::UTC);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let text = format!(
            "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{VERSION}\n\
             /{ACCOUNT}/{ACCOUNT}/audit\nrestype:container"
        );
        let authorization = format!("SharedKey {ACCOUNT}:{}", sign(&text));
        let headers =
            [("x-ms-date", date.as_str()), ("x-ms-version", VERSION), ("authorization", &authorization)];
        let (status, body) = fetch("PUT", &format!("{endpoint}/audit?restype=container"), &headers).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
        Azurite { process, _dir: dir, endpoint }
    }

    fn settings(&self, more: Value) -> Value {
        let mut settings =
            json!({ "account": ACCOUNT, "container": "audit", "endpoint": self.endpoint, "prefix": "t x" });
        let Value::Object(more) = more else { panic!("settings are an object") };
        settings.as_object_mut().unwrap().extend(more);
        settings
    }

    async fn get(&self, path: &str, query: &str) -> Vec<u8> {
        let path = path.replace(' ', "%20");
        let (status, body) =
            fetch("GET", &format!("{}/audit{path}?{query}{}", self.endpoint, sas("rl", "")), &[]).await;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }

    async fn names(&self) -> Vec<String> {
        let body = self.get("", "restype=container&comp=list&").await;
        let text = String::from_utf8(body).unwrap();
        text.split("<Name>").skip(1).map(|rest| rest.split_once("</Name>").unwrap().0.to_owned()).collect()
    }

    async fn assert_put(&self, batch: &Batch) {
        let place = format!("/{:020}-{:020}-", batch.first_seq, batch.last_seq);
        let names = self.names().await;
        let mine: Vec<&String> = names
            .iter()
            .filter(|name| name.starts_with("t x/v1/org=acme/") && name.contains(&place))
            .collect();
        assert_eq!(mine.len(), 1, "{names:?}");
        let object = self.get(&format!("/{}", mine[0]), "").await;
        assert_holds(mine[0], &object, batch);
        assert_manifest(&self.get(&format!("/{}", manifest_key(mine[0])), "").await, mine[0], &object, batch);
    }
}

fn sign(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64.decode(KEY).unwrap()).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

/// A shared access signature of the container, good for an hour or until `end`.
fn sas(permissions: &str, end: &str) -> String {
    let hour = Timestamp::from_second(now_ms() / 1_000 + 3_600).unwrap().to_string();
    let end = if end.is_empty() { &hour } else { end };
    let text = format!("{permissions}\n\n{end}\n/blob/{ACCOUNT}/audit\n\n\n\n{VERSION}\nc\n\n\n\n\n\n\n");
    let query = [("sv", VERSION), ("sr", "c"), ("sp", permissions), ("se", end), ("sig", &sign(&text))];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()
}

#[tokio::test]
async fn batches_lie_in_order_once_however_often_they_are_sent() {
    let azurite = Azurite::start().await;
    let destination =
        open("azure_blob", azurite.settings(json!({ "account_key": KEY, "access_tier": "Cool" })));
    let checked = destination.check().await.unwrap();
    assert_eq!(checked.outcome, Outcome::Delivered, "{}", checked.detail);
    let batches = [batch(200), batch_from(200, 100)];
    for ending in ["", "was there already"] {
        for batch in &batches {
            let answer = destination.send(batch).await;
            assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
            assert!(answer.detail.ends_with(ending), "{}", answer.detail);
            azurite.assert_put(batch).await;
        }
    }
    assert_eq!(azurite.names().await.len(), 4);
    let mut other = batches[0].clone();
    other.records.truncate(1);
    let answer = destination.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    azurite.assert_put(&batches[0]).await;
    drop(azurite.process);
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Retry { after: None });
}

#[tokio::test]
async fn a_signature_that_may_only_write_is_enough() {
    let azurite = Azurite::start().await;
    let writer = open("azure_blob", azurite.settings(json!({ "sas_token": format!("?{}", sas("cw", "")) })));
    assert_eq!(writer.check().await, None, "whether it may write is not known");
    let batch = batch(20);
    assert_eq!(writer.send(&batch).await.outcome, Outcome::Delivered);
    let answer = writer.send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    assert!(answer.detail.contains("was not compared"), "{}", answer.detail);
    azurite.assert_put(&batch).await;
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_said() {
    let azurite = Azurite::start().await;
    let wrong_key = BASE64.encode("another key of the account");
    let over = sas("cw", "2024-01-01T00:00:00Z");
    for (more, code) in [
        (json!({ "account_key": wrong_key }), "AuthorizationFailure|AuthenticationFailed"),
        (json!({ "sas_token": over }), "AuthorizationFailure|AuthenticationFailed"),
        (json!({ "sas_token": sas("r", "") }), "AuthorizationPermissionMismatch"),
        (json!({ "account_key": KEY, "container": "missing" }), "ContainerNotFound"),
    ] {
        let answer = open("azure_blob", azurite.settings(more)).send(&batch(1)).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
        assert!(code.split('|').any(|code| answer.detail.starts_with(code)), "{code}: {}", answer.detail);
        let signature = over.split_once("sig=").unwrap().1;
        assert!(
            !answer.detail.contains(&wrong_key) && !answer.detail.contains(signature),
            "{}",
            answer.detail
        );
    }
}

#[tokio::test]
async fn trouble_is_what_it_is() {
    let fake = Fake::start(|seen| {
        if seen.method != "PUT" || !seen.uri.query().unwrap().contains("sp=cw") {
            return Err(format!("{} {}", seen.method, seen.uri));
        }
        for (name, value) in [
            ("x-ms-blob-type", "BlockBlob".to_owned()),
            ("x-ms-version", "2023-11-03".to_owned()),
            ("x-ms-encryption-scope", "audit".to_owned()),
            ("if-none-match", "*".to_owned()),
            ("content-length", seen.raw.len().to_string()),
            ("content-md5", BASE64.encode(Md5::digest(&seen.raw))),
        ] {
            if seen.header(name) != value {
                return Err(format!("{name}: {}", seen.header(name)));
            }
        }
        if !seen.header("authorization").is_empty() {
            return Err("a signature in the URL goes without Authorization".to_owned());
        }
        let is_name = |name: &str| {
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
        };
        if seen
            .headers
            .keys()
            .filter_map(|name| name.as_str().strip_prefix("x-ms-meta-"))
            .any(|name| !is_name(name))
        {
            return Err("InvalidMetadata".to_owned());
        }
        Ok(Reply::new(201, ""))
    })
    .await;
    let settings = json!({ "account": "exampleaudit", "container": "audit", "endpoint": fake.url,
        "encryption_scope": "audit", "sas_token": "sv=2023-11-03&sp=cw&sig=c2lnbmF0dXJl%2Bof%3D" });
    let destination = open("azure_blob", settings);
    assert_eq!(destination.send(&batch(2)).await.outcome, Outcome::Delivered);
    let error = |status: u16, code: &str| {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>So it is.\nTime:1</Message></Error>"
        );
        Reply::new(status, body).with("x-ms-error-code", code)
    };
    for (reply, outcome, told) in [
        (
            error(503, "ServerBusy").with("retry-after", "6"),
            Outcome::Retry { after: Some(Duration::from_secs(6)) },
            "ServerBusy: So it is.",
        ),
        (error(500, "OperationTimedOut"), Outcome::Retry { after: None }, "OperationTimedOut"),
        (error(413, "RequestBodyTooLarge"), Outcome::Split, "RequestBodyTooLarge"),
        (error(403, "AuthenticationFailed"), Outcome::Misconfigured, "or over"),
        (Reply::new(403, "sig=c2lnbmF0dXJl%2Bof%3D"), Outcome::Misconfigured, "sig=[secret]"),
        (Reply::new(403, "sig c2lnbmF0dXJl+of="), Outcome::Misconfigured, "sig [secret]"),
    ] {
        fake.next(reply);
        let answer = destination.send(&batch(1)).await;
        assert_eq!(answer.outcome, outcome, "{}", answer.detail);
        assert!(answer.detail.contains(told), "{told}: {}", answer.detail);
    }
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    let with = |more: Value| {
        let mut settings = json!({ "account": "exampleaudit", "container": "audit" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        try_open("azure_blob", settings)
    };
    assert!(with(json!({ "account_key": KEY })).is_ok());
    for (more, field) in [
        (json!({}), "sas_token"),
        (json!({ "sas_token": "not one" }), "sas_token"),
        (json!({ "account_key": "not base64" }), "account_key"),
        (json!({ "account_key": KEY, "sas_token": "sv=1&sig=2" }), "account_key"),
        (json!({ "account_key": KEY, "account": "../x" }), "account"),
        (json!({ "account_key": KEY, "container": "A" }), "container"),
    ] {
        assert_eq!(with(more).err().unwrap().field, field);
    }
}
