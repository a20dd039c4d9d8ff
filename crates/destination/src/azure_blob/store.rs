//! A container of Azure Blob Storage.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use md5::{Digest as _, Md5};
use url::Url;

use super::auth::Auth;
use super::meaning::{detail, is_only_forbidden, is_there, meaning};
use crate::http::{HttpClient, Response, url_of};
use crate::limits::ANSWER_BYTES_MAX;
use crate::object::{
    CheckedStore, LIST_BYTES_MAX, LIST_KEYS_MAX, NewObject, ObjectInfo, ObjectStore, Page, PutNew, element,
    elements, escaped, now_ms, printable, request,
};
use crate::{Answer, BadSettings, Outcome, Settings, Surroundings};

/// The version of the protocol that is spoken.
const VERSION: &str = "2023-11-03";
const META_PREFIX: &str = "x-ms-meta-";
const DATE_FORM: &str = "%a, %d %b %Y %H:%M:%S GMT";

type Pairs = BTreeMap<String, String>;

/// A container.
pub(super) struct AzureStore {
    client: HttpClient,
    auth: Auth,
    /// Of the container, without a slash at the end.
    url: Url,
    /// Headers of every blob that is put.
    put_headers: Pairs,
}

/// The parts of a request before it is authorized.
struct Call<'a> {
    method: Method,
    key: Option<&'a str>,
    query: &'a str,
    headers: Pairs,
    body: Bytes,
}

impl AzureStore {
    pub(super) fn new(
        client: HttpClient,
        auth: Auth,
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, BadSettings> {
        let account = settings.required("account")?.trim();
        if !(3..=24).contains(&account.len())
            || !account.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            return Err(BadSettings::new("account", "is 3 to 24 lower-case letters and digits"));
        }
        let container = settings.required("container")?.trim();
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(3..=63).contains(&container.len()) || !container.bytes().all(is_letter) {
            return Err(BadSettings::new("container", "is 3 to 63 lower-case letters, digits and hyphens"));
        }
        let mut url: Url = match settings.text("endpoint") {
            Some(_) => url_of(settings, "endpoint", surroundings)?,
            None => format!("https://{account}.blob.core.windows.net")
                .parse()
                .map_err(|_| BadSettings::new("account", "makes no URL"))?,
        };
        url.set_query(None);
        url.set_path(&format!("{}/{container}", url.path().trim_end_matches('/')));
        let mut put_headers = Pairs::from([("x-ms-blob-type".to_owned(), "BlockBlob".to_owned())]);
        for (field, header) in
            [("access_tier", "x-ms-access-tier"), ("encryption_scope", "x-ms-encryption-scope")]
        {
            if let Some(value) = printable(settings, field)? {
                put_headers.insert(header.to_owned(), value);
            }
        }
        Ok(Self { client, auth, url, put_headers })
    }

    async fn ask(&self, call: Call<'_>, limit: usize, now_ms: i64) -> Result<Response, Answer> {
        let Call { method, key, query, mut headers, body } = call;
        let mut url = self.url.clone();
        if let Some(key) = key {
            url.set_path(&format!("{}/{}", url.path(), escaped(key, b"/=")));
        }
        if !query.is_empty() {
            url.set_query(Some(query));
        }
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(TimeZone::UTC);
        headers.insert("x-ms-date".to_owned(), now.strftime(DATE_FORM).to_string());
        headers.insert("x-ms-version".to_owned(), VERSION.to_owned());
        if !body.is_empty() {
            headers.insert("content-length".to_owned(), body.len().to_string());
        }
        self.auth.authorize(&method, &mut url, &mut headers);
        // The client sets it by the body.
        headers.remove("content-length");
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.client.call_up_to(request(method, &url, pairs, body), Some(now_ms), limit).await
    }

    /// What an answer that is not wanted means.
    fn refusal(&self, response: &Response, sent_bytes: u64) -> Answer {
        let outcome = match meaning(response) {
            Outcome::Delivered => Outcome::Misconfigured,
            other => other,
        };
        let Some(text) = detail(response) else { return self.client.answer(outcome, response, sent_bytes) };
        let detail = self.client.excerpt(text.as_bytes());
        Answer { outcome, status: Some(response.status), detail, sent_bytes }
    }

    async fn put_if(&self, object: &NewObject, is_new: bool, now_ms: i64) -> Result<PutNew, Answer> {
        let mut headers = self.put_headers.clone();
        let mut add = |name: &str, value: String| headers.insert(name.to_owned(), value);
        add("content-type", object.content_type.to_owned());
        add("content-md5", BASE64.encode(Md5::digest(&object.bytes)));
        for (name, value) in &object.meta {
            // Names are identifiers of C#.
            add(&format!("{META_PREFIX}{}", name.replace('-', "_")), value.clone());
        }
        if is_new {
            add("if-none-match", "*".to_owned());
        }
        let body = object.bytes.clone();
        let call = Call { method: Method::PUT, key: Some(&object.key), query: "", headers, body };
        let response = self.ask(call, ANSWER_BYTES_MAX, now_ms).await?;
        match response.status {
            201 => Ok(PutNew::Written),
            _ if is_new && is_there(&response) => Ok(PutNew::Exists),
            _ => Err(self.refusal(&response, object.bytes.len() as u64)),
        }
    }

    async fn read(
        &self,
        method: Method,
        key: &str,
        limit: usize,
        now_ms: i64,
    ) -> Result<Option<Response>, Answer> {
        let call = Call { method, key: Some(key), query: "", headers: Pairs::new(), body: Bytes::new() };
        let response = self.ask(call, limit, now_ms).await?;
        match response.status {
            200 => Ok(Some(response)),
            404 if detail(&response).is_none_or(|text| !text.starts_with("ContainerNotFound")) => Ok(None),
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
        let mut query =
            format!("restype=container&comp=list&maxresults={keys_max}&prefix={}", escaped(prefix, b""));
        if let Some(marker) = from {
            query.push_str("&marker=");
            query.push_str(&escaped(marker, b""));
        }
        let call =
            Call { method: Method::GET, key: None, query: &query, headers: Pairs::new(), body: Bytes::new() };
        self.ask(call, LIST_BYTES_MAX, now_ms).await
    }
}

#[async_trait]
impl ObjectStore for AzureStore {
    async fn put_new(&self, object: &NewObject, now_ms: i64) -> Result<PutNew, Answer> {
        self.put_if(object, true, now_ms).await
    }

    async fn put(&self, object: &NewObject, now_ms: i64) -> Result<(), Answer> {
        self.put_if(object, false, now_ms).await.map(|_| ())
    }

    async fn info(&self, key: &str, now_ms: i64) -> Result<Option<ObjectInfo>, Answer> {
        let Some(response) = self.read(Method::HEAD, key, ANSWER_BYTES_MAX, now_ms).await? else {
            return Ok(None);
        };
        Ok(Some(ObjectInfo::of_headers(&response.headers, META_PREFIX, |name| name.replace('_', "-"))))
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
        let next = element(&xml, "NextMarker").filter(|marker| !marker.is_empty());
        Ok(Page { keys: elements(&xml, "Name").collect(), next })
    }
}

#[async_trait]
impl CheckedStore for AzureStore {
    async fn check(&self, prefix: &str) -> Option<Answer> {
        let response = match self.page(prefix, None, 1, now_ms()).await {
            Ok(response) => response,
            Err(answer) => return Some(answer),
        };
        match response.status {
            200 => {
                let detail = "the container is there and can be listed".to_owned();
                Some(Answer { outcome: Outcome::Delivered, status: Some(200), detail, sent_bytes: 0 })
            }
            // A signature that may only create blobs is recommended; whether it may is not known.
            _ if is_only_forbidden(&response) => None,
            _ => Some(self.refusal(&response, 0)),
        }
    }
}
