//! Azurite, Microsoft's emulator, with shared keys and shared access signatures; and a strict one of our own for
//! trouble.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use tallystick_destination::{Batch, Outcome};
use tallystick_receivers::{AZURE_KEY as KEY, Azurite, Receiver as _};

use crate::batches::{batch, batch_from};
use crate::components::{open, try_open};
use crate::fakes::{Fake, Reply};
use crate::objects::{assert_holds, assert_manifest, manifest_key};

struct Store(Azurite);

impl Store {
    fn start() -> Store {
        Store(Azurite::start())
    }

    fn settings(&self, more: Value) -> Value {
        let mut settings = self.0.settings_without_key();
        let Value::Object(more) = more else { panic!("settings are an object") };
        settings.as_object_mut().unwrap().extend(more);
        settings
    }

    fn assert_put(&self, batch: &Batch) {
        let place = format!("/{:020}-{:020}-", batch.first_seq, batch.last_seq);
        let names = self.0.names();
        let mine: Vec<&String> = names
            .iter()
            .filter(|name| name.starts_with("t x/v1/org=acme/") && name.contains(&place))
            .collect();
        assert_eq!(mine.len(), 1, "{names:?}");
        let object = self.0.get(&format!("/{}", mine[0]), "");
        assert_holds(mine[0], &object, batch);
        assert_manifest(&self.0.get(&format!("/{}", manifest_key(mine[0])), ""), mine[0], &object, batch);
    }
}

#[tokio::test]
async fn batches_lie_in_order_once_however_often_they_are_sent() {
    let mut azurite = Store::start();
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
            azurite.assert_put(batch);
        }
    }
    assert_eq!(azurite.0.names().len(), 4);
    let mut other = batches[0].clone();
    other.records.truncate(1);
    let answer = destination.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    azurite.assert_put(&batches[0]);
    azurite.0.stop();
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Retry { after: None });
}

#[tokio::test]
async fn a_signature_that_may_only_write_is_enough() {
    let azurite = Store::start();
    let writer =
        open("azure_blob", azurite.settings(json!({ "sas_token": format!("?{}", Azurite::sas("cw", "")) })));
    assert_eq!(writer.check().await, None, "whether it may write is not known");
    let batch = batch(20);
    assert_eq!(writer.send(&batch).await.outcome, Outcome::Delivered);
    let answer = writer.send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    assert!(answer.detail.contains("was not compared"), "{}", answer.detail);
    azurite.assert_put(&batch);
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_said() {
    let azurite = Store::start();
    let wrong_key = BASE64.encode("another key of the account");
    let over = Azurite::sas("cw", "2024-01-01T00:00:00Z");
    for (more, code) in [
        (json!({ "account_key": wrong_key }), "AuthorizationFailure|AuthenticationFailed"),
        (json!({ "sas_token": over }), "AuthorizationFailure|AuthenticationFailed"),
        (json!({ "sas_token": Azurite::sas("r", "") }), "AuthorizationPermissionMismatch"),
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
