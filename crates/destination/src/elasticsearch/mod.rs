//! Elasticsearch and OpenSearch by their bulk interface. An event's id is its document's id and documents are only ever
//! created, so that a repetition is answered with a conflict, which is as good as success.

mod body;
mod fields;
mod index;
mod meaning;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};

use self::index::Index;
use crate::http::{HttpClient, gzip, url_of};
use crate::{Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Settings, Shape, Surroundings};

const EVENTS_MAX: usize = 1_000;
/// Servers take 100 MB (`http.max_content_length`); managed ones often 10 MB.
const BYTES_MAX: usize = 5_000_000;
const LINGER: Duration = Duration::from_secs(1);
/// Longest answer that is read, bytes: it says something of every document, and of a refused one why.
const ANSWER_BYTES_MAX: usize = 4 << 20;

pub(crate) static KIND: Kind = Kind {
    name: "elasticsearch",
    title: "Elasticsearch or OpenSearch",
    summary: "Writes events into an index or a data stream, each once, with the bulk interface.",
    fields: fields::FIELDS,
    formats: &["ecs", "native", "ocsf_1_9", "ocsf_1_8", "cloudevents", "workos"],
    shape: Shape { events_max: EVENTS_MAX, bytes_max: BYTES_MAX, linger: LINGER, is_by_hour: false },
    once: Once::Exactly,
    open,
};

struct Elasticsearch {
    client: HttpClient,
    url: Uri,
    authorization: Option<HeaderValue>,
    index: Index,
    has_ids: bool,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let mut url = url_of(settings, "url", surroundings)?;
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{}/_bulk", base.strip_suffix("/_bulk").unwrap_or(&base)));
    url.set_query(None);
    // What is not asked for is left out of the answer, which otherwise is as long as the call.
    url.query_pairs_mut()
        .append_pair("filter_path", "errors,items.*.status,items.*.error.type,items.*.error.reason");
    if let Some(pipeline) = settings.text("pipeline") {
        url.query_pairs_mut().append_pair("pipeline", pipeline);
    }
    let index = Index::parse(settings.required("index")?)?;
    let has_ids = settings.required("ids")? == "event_id";
    let (authorization, encoded) = authorization(settings)?;
    let client =
        HttpClient::open_knowing(settings, surroundings, &[&encoded])?.with_answers_of(ANSWER_BYTES_MAX);
    let url = url.as_str().parse().map_err(|_| BadSettings::new("url", "is not a URL that can be called"))?;
    Ok(Box::new(Elasticsearch { client, url, authorization, index, has_ids }))
}

/// Who we are, and the text that must not be shown of it.
fn authorization(settings: &Settings) -> Result<(Option<HeaderValue>, String), BadSettings> {
    let user = (settings.text("username"), settings.text("password"));
    let (field, scheme, text) = match (settings.text("api_key"), user) {
        (None, (None, None)) => return Ok((None, String::new())),
        (None, (Some(name), Some(password))) => {
            ("password", "Basic", STANDARD.encode(format!("{name}:{password}")))
        }
        (None, (None, Some(_))) => return Err(BadSettings::new("username", "is needed with a password")),
        (None, (Some(_), None)) => return Err(BadSettings::new("password", "is needed with a user name")),
        // What the server shows is encoded; its two halves are what some forms of it show.
        (Some(key), (None, None)) if key.contains(':') => ("api_key", "ApiKey", STANDARD.encode(key.trim())),
        (Some(key), (None, None)) => ("api_key", "ApiKey", key.trim().to_owned()),
        (Some(_), _) => {
            return Err(BadSettings::new("api_key", "does not go with a user name and a password"));
        }
    };
    let value = HeaderValue::try_from(format!("{scheme} {text}"));
    let mut value = value.map_err(|_| BadSettings::new(field, "has characters that no header takes"))?;
    value.set_sensitive(true);
    Ok((Some(value), text))
}

impl Elasticsearch {
    fn request(&self, body: Vec<u8>) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        request
    }
}

#[async_trait]
impl Destination for Elasticsearch {
    async fn send(&self, batch: &Batch) -> Answer {
        let mut request = self.request(gzip(&body::body(&self.index, self.has_ids, batch)));
        request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let sent_bytes = request.body().len() as u64;
        let response = match self.client.call(request, Some(batch.now_ms)).await {
            Ok(response) => response,
            Err(answer) => return answer,
        };
        let (outcome, summary) = meaning::meaning(&response, batch.records.len());
        let answer = self.client.answer(outcome, &response, sent_bytes);
        let detail = summary.map_or(answer.detail, |summary| self.client.excerpt(summary.as_bytes()));
        let outcome = match answer.outcome {
            Outcome::Partial { mut rejected, again } => {
                for rejection in &mut rejected {
                    rejection.reason = self.client.excerpt(rejection.reason.as_bytes());
                }
                Outcome::Partial { rejected, again }
            }
            outcome => outcome,
        };
        Answer { outcome, detail, ..answer }
    }

    /// A call without events: who may write is told that there are none, anybody else that he may not.
    async fn check(&self) -> Option<Answer> {
        let checked = self.client.exchange(self.request(b"\n".to_vec()), None, |response| {
            match crate::http::usual(response) {
                Outcome::Refused => Outcome::Delivered,
                usual => usual,
            }
        });
        Some(checked.await)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn authorized(values: &Value) -> Result<String, BadSettings> {
        let mut all = json!({ "url": "https://es.example" });
        all.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
        let settings = Settings::new(fields::FIELDS, all.as_object().unwrap().clone())?;
        let (header, _) = authorization(&settings)?;
        Ok(header.map(|header| header.to_str().unwrap().to_owned()).unwrap_or_default())
    }

    #[test]
    fn keys_are_taken_in_both_forms() {
        assert_eq!(authorized(&json!({})).unwrap(), "");
        assert_eq!(authorized(&json!({ "api_key": "aWQ6a2V5" })).unwrap(), "ApiKey aWQ6a2V5");
        assert_eq!(authorized(&json!({ "api_key": "id:key" })).unwrap(), "ApiKey aWQ6a2V5");
        assert_eq!(authorized(&json!({ "username": "u", "password": "p" })).unwrap(), "Basic dTpw");
    }

    #[test]
    fn half_a_credential_and_two_are_none() {
        for (values, field) in [
            (json!({ "username": "u" }), "password"),
            (json!({ "password": "p" }), "username"),
            (json!({ "password": "p", "username": "u", "api_key": "k" }), "api_key"),
        ] {
            assert_eq!(authorized(&values).unwrap_err().field, field);
        }
    }
}
