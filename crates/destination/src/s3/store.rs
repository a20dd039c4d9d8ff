//! A bucket of S3: requests with signatures of version 4 in their URLs, which `rusty-s3` makes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use rusty_s3::signing::sign;
use rusty_s3::{Bucket, UrlStyle};
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use super::meaning::{detail, is_not_implemented, is_there, meaning};
use crate::http::{HttpClient, Response, url_of};
use crate::limits::ANSWER_BYTES_MAX;
use crate::object::{
    CheckedStore, LIST_BYTES_MAX, LIST_KEYS_MAX, NewObject, ObjectInfo, ObjectStore, Page, PutNew, element,
    elements, now_ms, printable, request, said,
};
use crate::{Answer, BadSettings, Outcome, Settings, Surroundings};

/// How long a signature is good. Clocks differ.
const SIGNATURE_TIME: Duration = Duration::from_mins(5);
const DAY_MS: i64 = 86_400_000;
const META_PREFIX: &str = "x-amz-meta-";

/// Headers and parameters of queries, sorted as signatures want them.
type Pairs = BTreeMap<String, String>;

/// A bucket.
pub(crate) struct S3Store {
    client: HttpClient,
    bucket: Bucket,
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
    /// Headers of every object that is put.
    put_headers: Pairs,
    lock: Option<Lock>,
    /// False once the store has said that it cannot put on a condition.
    knows_conditions: AtomicBool,
}

struct Lock {
    mode: String,
    days: i64,
}

/// The parts of a request before it is signed.
struct Call<'a> {
    method: Method,
    key: Option<&'a str>,
    query: Pairs,
    headers: Pairs,
    body: Bytes,
}

impl S3Store {
    /// Of settings with the fields of the kind.
    pub(crate) fn new(
        client: HttpClient,
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, BadSettings> {
        let secret = |name: &str| -> Result<Option<Zeroizing<String>>, BadSettings> {
            Ok(printable(settings, name)?.map(Zeroizing::new))
        };
        let needed = |name: &str| BadSettings::new(name, "is needed");
        Ok(Self {
            client,
            bucket: bucket(settings, surroundings)?,
            access_key_id: printable(settings, "access_key_id")?.ok_or_else(|| needed("access_key_id"))?,
            secret_access_key: secret("secret_access_key")?.ok_or_else(|| needed("secret_access_key"))?,
            session_token: secret("session_token")?,
            put_headers: put_headers(settings)?,
            lock: lock(settings)?,
            knows_conditions: AtomicBool::new(true),
        })
    }

    fn signed(&self, call: Call<'_>, now_ms: i64) -> Request<Bytes> {
        let method = match call.method {
            Method::PUT => rusty_s3::Method::Put,
            Method::HEAD => rusty_s3::Method::Head,
            _ => rusty_s3::Method::Get,
        };
        let url: Url = sign(
            &Timestamp::from_millisecond(now_ms).unwrap_or_default(),
            method,
            call.key.map_or_else(|| self.bucket.base_url().clone(), |key| self.bucket.object_url(key)),
            &self.access_key_id,
            &self.secret_access_key,
            self.session_token.as_ref().map(|token| token.as_str()),
            self.bucket.region(),
            SIGNATURE_TIME.as_secs(),
            call.query.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        request(call.method, &url, headers, call.body)
    }

    async fn ask(&self, call: Call<'_>, limit: usize, now_ms: i64) -> Result<Response, Answer> {
        self.client.call_up_to(self.signed(call, now_ms), Some(now_ms), limit).await
    }

    /// What an answer that is not wanted means.
    fn refusal(&self, response: &Response, sent_bytes: u64) -> Answer {
        // A success that is none, such as 204 where an object was asked for, is of something that is not a store.
        let outcome = match meaning(response) {
            Outcome::Delivered => Outcome::Misconfigured,
            other => other,
        };
        let Some(text) = detail(response) else { return self.client.answer(outcome, response, sent_bytes) };
        let detail = self.client.excerpt(text.as_bytes());
        Answer { outcome, status: Some(response.status), detail, sent_bytes }
    }

    async fn put_if(&self, object: &NewObject, is_new: bool, now_ms: i64) -> Result<Response, Answer> {
        let mut headers = self.put_headers.clone();
        let mut add = |name: &str, value: String| headers.insert(name.to_owned(), value);
        add("content-type", object.content_type.to_owned());
        // All headers are signed, so that nobody on the way changes what is put. Stores that lock want one of the sums.
        add("content-md5", BASE64.encode(Md5::digest(&object.bytes)));
        add("x-amz-checksum-sha256", BASE64.encode(Sha256::digest(&object.bytes)));
        for (name, value) in &object.meta {
            add(&format!("{META_PREFIX}{name}"), value.clone());
        }
        if let Some(lock) = &self.lock {
            let until = now_ms.saturating_add(lock.days.saturating_mul(DAY_MS)) / 1_000;
            let until = Timestamp::from_second(until).unwrap_or(Timestamp::MAX);
            add("x-amz-object-lock-mode", lock.mode.clone());
            add("x-amz-object-lock-retain-until-date", until.to_string());
        }
        if is_new {
            add("if-none-match", "*".to_owned());
        }
        let body = object.bytes.clone();
        let call = Call { method: Method::PUT, key: Some(&object.key), query: Pairs::new(), headers, body };
        self.ask(call, ANSWER_BYTES_MAX, now_ms).await
    }

    async fn read(
        &self,
        method: Method,
        key: &str,
        limit: usize,
        now_ms: i64,
    ) -> Result<Option<Response>, Answer> {
        let call =
            Call { method, key: Some(key), query: Pairs::new(), headers: Pairs::new(), body: Bytes::new() };
        let response = self.ask(call, limit, now_ms).await?;
        match response.status {
            200 => Ok(Some(response)),
            // A bucket that is not there is another matter, as far as can be told: HEAD has no body.
            404 if said(&response).is_none_or(|(code, _)| code != "NoSuchBucket") => Ok(None),
            _ => Err(self.refusal(&response, 0)),
        }
    }

    async fn page(
        &self,
        prefix: &str,
        from: Option<&str>,
        keys_max: usize,
        now_ms: i64,
    ) -> Result<Response, Answer> {
        let mut query = Pairs::new();
        query.insert("list-type".to_owned(), "2".to_owned());
        query.insert("max-keys".to_owned(), keys_max.to_string());
        query.insert("prefix".to_owned(), prefix.to_owned());
        if let Some(token) = from {
            query.insert("continuation-token".to_owned(), token.to_owned());
        }
        let call = Call { method: Method::GET, key: None, query, headers: Pairs::new(), body: Bytes::new() };
        self.ask(call, LIST_BYTES_MAX, now_ms).await
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn put_new(&self, object: &NewObject, now_ms: i64) -> Result<PutNew, Answer> {
        let sent_bytes = object.bytes.len() as u64;
        if self.knows_conditions.load(Ordering::Relaxed) {
            let response = self.put_if(object, true, now_ms).await?;
            match response.status {
                200 => return Ok(PutNew::Written),
                _ if is_there(&response) => return Ok(PutNew::Exists),
                _ if is_not_implemented(&response) => self.knows_conditions.store(false, Ordering::Relaxed),
                _ => return Err(self.refusal(&response, sent_bytes)),
            }
        }
        self.put(object, now_ms).await.map(|()| PutNew::Written)
    }

    async fn put(&self, object: &NewObject, now_ms: i64) -> Result<(), Answer> {
        let response = self.put_if(object, false, now_ms).await?;
        match response.status {
            200 => Ok(()),
            _ => Err(self.refusal(&response, object.bytes.len() as u64)),
        }
    }

    async fn info(&self, key: &str, now_ms: i64) -> Result<Option<ObjectInfo>, Answer> {
        let Some(response) = self.read(Method::HEAD, key, ANSWER_BYTES_MAX, now_ms).await? else {
            return Ok(None);
        };
        Ok(Some(ObjectInfo::of_headers(&response.headers, META_PREFIX, str::to_owned)))
    }

    async fn get(&self, key: &str, limit: usize, now_ms: i64) -> Result<Option<Bytes>, Answer> {
        Ok(self.read(Method::GET, key, limit, now_ms).await?.map(|response| response.body))
    }

    async fn list(&self, prefix: &str, from: Option<&str>, now_ms: i64) -> Result<Page, Answer> {
        let response = self.page(prefix, from, LIST_KEYS_MAX, now_ms).await?;
        if response.status != 200 {
            return Err(self.refusal(&response, 0));
        }
        let xml = String::from_utf8_lossy(&response.body);
        let next = element(&xml, "NextContinuationToken").filter(|token| !token.is_empty());
        Ok(Page { keys: elements(&xml, "Key").collect(), next })
    }
}

#[async_trait]
impl CheckedStore for S3Store {
    async fn check(&self, prefix: &str) -> Option<Answer> {
        let response = match self.page(prefix, None, 1, now_ms()).await {
            Ok(response) => response,
            Err(answer) => return Some(answer),
        };
        let code = said(&response).map(|(code, _)| code);
        match (response.status, code.as_deref()) {
            (200, _) => {
                let detail = "the bucket is there and can be listed".to_owned();
                Some(Answer { outcome: Outcome::Delivered, status: Some(200), detail, sent_bytes: 0 })
            }
            // Credentials that may only put objects are recommended; whether they may is not known.
            (403, Some("AccessDenied")) => None,
            _ => Some(self.refusal(&response, 0)),
        }
    }
}

fn bucket(settings: &Settings, surroundings: &Surroundings) -> Result<Bucket, BadSettings> {
    let name = settings.required("bucket")?.trim();
    let is_name =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !(3..=63).contains(&name.len()) || !is_name(name) || name.contains("..") {
        return Err(BadSettings::new("bucket", "is 3 to 63 letters, digits, dots and hyphens"));
    }
    let region = settings.required("region")?.trim();
    if region.is_empty() || !is_name(region) {
        return Err(BadSettings::new("region", "is letters, digits and hyphens, as in eu-central-1"));
    }
    let endpoint = if settings.text("endpoint").is_some() {
        url_of(settings, "endpoint", surroundings)?
    } else {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = format!("https://s3.{region}.{domain}");
        url.parse().map_err(|_| BadSettings::new("region", "makes no URL"))?
    };
    let style = match settings.required("addressing")? {
        "path" => UrlStyle::Path,
        "virtual_host" => UrlStyle::VirtualHost,
        // The certificate is not good for two names before Amazon's.
        _ if settings.text("endpoint").is_some() || name.contains('.') => UrlStyle::Path,
        _ => UrlStyle::VirtualHost,
    };
    Bucket::new(endpoint, style, name.to_owned(), region.to_owned())
        .map_err(|_| BadSettings::new("endpoint", "makes no URL with the bucket; try addressing by path"))
}

fn put_headers(settings: &Settings) -> Result<Pairs, BadSettings> {
    let fields = [
        ("sse", "x-amz-server-side-encryption"),
        ("kms_key_id", "x-amz-server-side-encryption-aws-kms-key-id"),
        ("storage_class", "x-amz-storage-class"),
        ("acl", "x-amz-acl"),
    ];
    let mut headers = Pairs::new();
    for (field, header) in fields {
        if let Some(value) = printable(settings, field)? {
            headers.insert(header.to_owned(), value);
        }
    }
    if settings.text("kms_key_id").is_some()
        && !settings.text("sse").unwrap_or_default().starts_with("aws:kms")
    {
        return Err(BadSettings::new("kms_key_id", "is for the encryption aws:kms"));
    }
    Ok(headers)
}

fn lock(settings: &Settings) -> Result<Option<Lock>, BadSettings> {
    match (settings.text("object_lock"), settings.number("retain_days")) {
        (Some(mode), Some(days)) => {
            let days = i64::try_from(days).map_err(|_| BadSettings::new("retain_days", "is too long"))?;
            Ok(Some(Lock { mode: mode.to_owned(), days }))
        }
        (Some(_), None) => Err(BadSettings::new("retain_days", "is needed to lock objects")),
        (None, Some(_)) => Err(BadSettings::new("object_lock", "is needed to retain objects")),
        (None, None) => Ok(None),
    }
}
