//! A bucket of Cloud Storage, by its JSON API.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::meaning::{detail, meaning};
use super::request::{Extras, Place, meta, multipart};
use super::token::{Current, ServiceAccount, Token};
use crate::http::{HttpClient, Response, url_of};
use crate::limits::ANSWER_BYTES_MAX;
use crate::object::{
    CheckedStore, LIST_BYTES_MAX, LIST_KEYS_MAX, NewObject, ObjectInfo, ObjectStore, Page, PutNew, now_ms,
    printable, request,
};
use crate::{Answer, BadSettings, Outcome, Settings, Surroundings};

const DAY_MS: i64 = 86_400_000;
/// What uploads need.
const CREATE: &str = "storage.objects.create";

/// A bucket.
pub(super) struct GcsStore {
    client: HttpClient,
    account: ServiceAccount,
    token: Current,
    place: Place,
    extras: Extras,
}

/// An answer, and the token that was sent.
struct Told {
    response: Response,
    token: Arc<Token>,
}

impl GcsStore {
    pub(super) fn new(
        client: HttpClient,
        account: ServiceAccount,
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, BadSettings> {
        let bucket = settings.required("bucket")?.trim().to_owned();
        let is_name = bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if !(3..=222).contains(&bucket.len()) || !is_name {
            return Err(BadSettings::new(
                "bucket",
                "is 3 to 222 letters, digits, dots, hyphens and underscores",
            ));
        }
        let retention = match (settings.text("retention"), settings.number("retain_days")) {
            (Some(mode), Some(days)) => Some((mode.to_owned(), i64::try_from(days).unwrap_or(i64::MAX))),
            (Some(_), None) => return Err(BadSettings::new("retain_days", "is needed to retain objects")),
            (None, Some(_)) => return Err(BadSettings::new("retention", "is needed to retain objects")),
            (None, None) => None,
        };
        let extras = Extras {
            storage_class: printable(settings, "storage_class")?,
            kms_key: printable(settings, "kms_key")?,
            retention,
        };
        let place = Place { endpoint: url_of(settings, "endpoint", surroundings)?, bucket };
        Ok(Self { client, account, token: Current::default(), place, extras })
    }

    async fn token(&self, now_ms: i64) -> Result<Arc<Token>, Answer> {
        let mut current = self.token.lock().await;
        if let Some(token) = current.as_ref().filter(|token| token.is_fresh(now_ms)) {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(self.account.token(&self.client, now_ms).await?);
        *current = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Asks, with a new token if one that is in use is no longer taken.
    async fn ask(
        &self,
        method: Method,
        url: &Url,
        (content_type, body): (&str, Bytes),
        limit: usize,
        now_ms: i64,
    ) -> Result<Told, Answer> {
        let was_known = self.token.lock().await.is_some();
        let told = self.ask_once(method.clone(), url, (content_type, body.clone()), limit, now_ms).await?;
        if told.response.status != 401 {
            return Ok(told);
        }
        *self.token.lock().await = None;
        if was_known {
            self.ask_once(method, url, (content_type, body), limit, now_ms).await
        } else {
            Ok(told)
        }
    }

    async fn ask_once(
        &self,
        method: Method,
        url: &Url,
        (content_type, body): (&str, Bytes),
        limit: usize,
        now_ms: i64,
    ) -> Result<Told, Answer> {
        let token = self.token(now_ms).await?;
        let authorization = (AUTHORIZATION.as_str(), token.authorization.as_str());
        let kind = (!content_type.is_empty()).then_some((CONTENT_TYPE.as_str(), content_type));
        let call = request(method, url, kind.into_iter().chain([authorization]), body);
        let response = self.client.call_up_to(call, Some(now_ms), limit).await?;
        Ok(Told { response, token })
    }

    async fn read(&self, url: &Url, limit: usize, now_ms: i64) -> Result<Told, Answer> {
        self.ask(Method::GET, url, ("", Bytes::new()), limit, now_ms).await
    }

    /// What an answer that is not wanted means.
    fn refusal(&self, told: &Told, sent_bytes: u64) -> Answer {
        let response = &told.response;
        let outcome = match meaning(response) {
            Outcome::Delivered => Outcome::Misconfigured,
            other => other,
        };
        let text = detail(response).unwrap_or_else(|| String::from_utf8_lossy(&response.body).into_owned());
        let detail = self.client.excerpt(told.token.cleaner.clean(&text).as_bytes());
        Answer { outcome, status: Some(response.status), detail, sent_bytes }
    }

    async fn put_if(&self, object: &NewObject, is_new: bool, now_ms: i64) -> Result<PutNew, Answer> {
        let until = self.extras.retention.as_ref().map(|(_, days)| {
            let until = now_ms.saturating_add(days.saturating_mul(DAY_MS)) / 1_000;
            Timestamp::from_second(until).unwrap_or(Timestamp::MAX).to_string()
        });
        let (content_type, body) = multipart(object, &self.extras, until.as_deref());
        let sent_bytes = body.len() as u64;
        let url = self.place.upload(&object.key, is_new, self.extras.kms_key.as_deref());
        let told = self.ask(Method::POST, &url, (&content_type, body), ANSWER_BYTES_MAX, now_ms).await?;
        match told.response.status {
            200 => Ok(PutNew::Written),
            412 if is_new => Ok(PutNew::Exists),
            _ => Err(self.refusal(&told, sent_bytes)),
        }
    }
}

#[async_trait]
impl ObjectStore for GcsStore {
    async fn put_new(&self, object: &NewObject, now_ms: i64) -> Result<PutNew, Answer> {
        self.put_if(object, true, now_ms).await
    }

    async fn put(&self, object: &NewObject, now_ms: i64) -> Result<(), Answer> {
        self.put_if(object, false, now_ms).await.map(|_| ())
    }

    async fn info(&self, key: &str, now_ms: i64) -> Result<Option<ObjectInfo>, Answer> {
        let told =
            self.read(&self.place.object(key, "fields=size,metadata"), ANSWER_BYTES_MAX, now_ms).await?;
        match told.response.status {
            404 => Ok(None),
            200 => {
                let resource = told.response.json().unwrap_or(Value::Null);
                let size = resource["size"].as_str().and_then(|size| size.parse().ok()).unwrap_or(0);
                Ok(Some(ObjectInfo { size, meta: meta(&resource) }))
            }
            _ => Err(self.refusal(&told, 0)),
        }
    }

    async fn get(&self, key: &str, limit: usize, now_ms: i64) -> Result<Option<Bytes>, Answer> {
        let told = self.read(&self.place.object(key, "alt=media"), limit, now_ms).await?;
        match told.response.status {
            404 => Ok(None),
            200 => Ok(Some(told.response.body)),
            _ => Err(self.refusal(&told, 0)),
        }
    }

    async fn list(&self, prefix: &str, from: Option<&str>, now_ms: i64) -> Result<Page, Answer> {
        let told = self.read(&self.place.list(prefix, from, LIST_KEYS_MAX), LIST_BYTES_MAX, now_ms).await?;
        let Some(page) = told.response.json().filter(|_| told.response.status == 200) else {
            return Err(self.refusal(&told, 0));
        };
        let items = page["items"].as_array().into_iter().flatten();
        let keys = items.filter_map(|item| item["name"].as_str().map(str::to_owned)).collect();
        Ok(Page { keys, next: page["nextPageToken"].as_str().map(str::to_owned) })
    }
}

#[async_trait]
impl CheckedStore for GcsStore {
    async fn check(&self, _prefix: &str) -> Option<Answer> {
        let told = match self.read(&self.place.permissions(CREATE), ANSWER_BYTES_MAX, now_ms()).await {
            Ok(told) => told,
            Err(answer) => return Some(answer),
        };
        let Some(answer) = told.response.json().filter(|_| told.response.status == 200) else {
            return Some(self.refusal(&told, 0));
        };
        let may = answer["permissions"].as_array().is_some_and(|list| list.iter().any(|name| name == CREATE));
        let (outcome, detail) = if may {
            (Outcome::Delivered, "objects may be created in the bucket")
        } else {
            (
                Outcome::Misconfigured,
                "the service account has no permission storage.objects.create on the bucket",
            )
        };
        Some(Answer { outcome, status: Some(200), detail: detail.to_owned(), sent_bytes: 0 })
    }
}
