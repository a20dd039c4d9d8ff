//! Microsoft Sentinel, and every other table of Log Analytics, through the Logs Ingestion API of Azure Monitor.

mod fields;
mod meaning;
mod rows;
mod token;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Request};
use url::Url;
use zeroize::Zeroizing;

use self::token::Tokens;
use crate::http::{Cleaner, HttpClient, Response, gzip};
use crate::limits::CALL_TIME_MAX;
use crate::{
    Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Rejection, Settings, Shape, Surroundings,
};

/// Longest body before compression, bytes. The service takes 1,048,576, compressed and uncompressed, and counts what
/// stands around it.
const BODY_BYTES_MAX: usize = 1_000_000;

/// The kind. Columns come on top of the events.
pub(crate) static KIND: Kind = Kind {
    name: "sentinel",
    title: "Microsoft Sentinel",
    summary: "Rows of a Log Analytics table, through the Logs Ingestion API of Azure Monitor.",
    fields: fields::FIELDS,
    formats: &["native", "ocsf_1_9", "ocsf_1_8", "ecs", "cloudevents", "workos"],
    shape: Shape { events_max: 400, bytes_max: 600_000, linger: Duration::from_secs(5), is_by_hour: false },
    once: Once::AtLeast,
    open,
};

struct Sentinel {
    client: HttpClient,
    tokens: Tokens,
    url: Url,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let (login, scope) = fields::login(settings, surroundings)?;
    let client_id = settings.required("client_id")?.trim().to_owned();
    let client_secret = Zeroizing::new(settings.required("client_secret")?.trim().to_owned());
    Ok(Box::new(Sentinel {
        client: HttpClient::open(settings, surroundings)?,
        tokens: Tokens::new(login, scope, client_id, client_secret),
        url: fields::rows_url(settings, surroundings)?,
    }))
}

impl Sentinel {
    /// With the token that is kept; once more with a new one if that is not taken.
    async fn exchange(&self, body: Bytes, now_ms: i64) -> Answer {
        let mut token = match self.tokens.get(&self.client, Some(now_ms)).await {
            Ok(token) => token,
            Err(answer) => return answer,
        };
        let mut answer = self.post(&token, body.clone(), now_ms).await;
        if answer.status == Some(401) {
            self.tokens.forget(&token).await;
            token = match self.tokens.get(&self.client, Some(now_ms)).await {
                Ok(token) => token,
                Err(answer) => return answer,
            };
            answer = self.post(&token, body, now_ms).await;
            if answer.status == Some(401) {
                self.tokens.forget(&token).await;
            }
        }
        answer
    }

    async fn post(&self, token: &str, body: Bytes, now_ms: i64) -> Answer {
        let sent_bytes = body.len() as u64;
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {token}")) else {
            let detail = "the login service gives a token that no header takes".to_owned();
            return Answer { detail, ..Answer::plain(Outcome::Retry { after: None }) };
        };
        bearer.set_sensitive(true);
        let request = Request::post(self.url.as_str())
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_ENCODING, "gzip")
            .body(body)
            .expect("the URL was parsed");
        match self.client.call(request, Some(now_ms)).await {
            Ok(response) => {
                let outcome = meaning::meaning(&response);
                self.client.answer(outcome, &without(token, response), sent_bytes)
            }
            Err(answer) => answer,
        }
    }
}

/// The answer without a token, which is no setting and so not known to the client as a secret.
fn without(token: &str, mut response: Response) -> Response {
    let text = Cleaner::new([token]).clean(&String::from_utf8_lossy(&response.body));
    response.body = Bytes::from(text);
    response
}

/// What came of it for the whole batch, if some of it was not sent.
fn with_rejected(answer: Answer, rejected: Vec<Rejection>) -> Answer {
    if answer.outcome == Outcome::Delivered && !rejected.is_empty() {
        return Answer { outcome: Outcome::Partial { rejected, again: Vec::new() }, ..answer };
    }
    answer
}

#[async_trait]
impl Destination for Sentinel {
    async fn send(&self, batch: &Batch) -> Answer {
        let (body, rejected) = rows::body(batch);
        if body.is_empty() {
            return with_rejected(Answer::plain(Outcome::Delivered), rejected);
        }
        if body.len() > BODY_BYTES_MAX {
            let detail =
                format!("{} bytes of rows are more than one call takes, {BODY_BYTES_MAX}", body.len());
            return Answer { detail, ..Answer::plain(Outcome::Split) };
        }
        let call = self.exchange(Bytes::from(gzip(&body)), batch.now_ms);
        if let Ok(answer) = tokio::time::timeout(CALL_TIME_MAX, call).await {
            return with_rejected(answer, rejected);
        }
        let detail = format!("token and rows took longer than {} seconds", CALL_TIME_MAX.as_secs());
        Answer { detail, ..Answer::plain(Outcome::Retry { after: None }) }
    }

    /// Whether there is a token. Whether it may write is only seen by writing.
    async fn check(&self) -> Option<Answer> {
        self.tokens.get(&self.client, None).await.err()
    }
}
