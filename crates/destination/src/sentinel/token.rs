//! Access tokens of Microsoft Entra, by client credentials: fetched when needed, kept until shortly before their end.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use zeroize::Zeroizing;

use crate::http::{HttpClient, Response};
use crate::{Answer, Outcome};

/// A token is not used any more in the last minutes of its life, ms: clocks differ, and requests take time.
const SPARE_MS: i64 = 5 * 60 * 1_000;

/// A token, and until when it is used, Unix ms.
#[derive(Clone)]
struct Kept {
    token: Zeroizing<String>,
    until_ms: i64,
}

/// Fetches tokens and keeps one.
pub(super) struct Tokens {
    pub(super) url: Url,
    pub(super) scope: &'static str,
    pub(super) client_id: String,
    pub(super) client_secret: Zeroizing<String>,
    kept: Mutex<Option<Kept>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: i64,
}

impl Tokens {
    pub(super) fn new(
        url: Url,
        scope: &'static str,
        client_id: String,
        client_secret: Zeroizing<String>,
    ) -> Self {
        Self { url, scope, client_id, client_secret, kept: Mutex::new(None) }
    }

    /// The token that is kept, or a new one. `now_ms` is Unix ms; without it a new one is fetched, and not kept.
    ///
    /// # Errors
    /// What it means that there is none.
    pub(super) async fn get(
        &self,
        client: &HttpClient,
        now_ms: Option<i64>,
    ) -> Result<Zeroizing<String>, Answer> {
        // Held while fetching, so that one is fetched once.
        let mut kept = self.kept.lock().await;
        let now = now_ms.unwrap_or(i64::MAX);
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.until_ms) {
            return Ok(kept.token.clone());
        }
        let granted = self.fetch(client, now_ms).await?;
        let token = Zeroizing::new(granted.access_token);
        if let Some(now) = now_ms {
            let life_ms = granted.expires_in.saturating_mul(1_000);
            let until_ms = now.saturating_add(life_ms).saturating_sub(SPARE_MS);
            *kept = Some(Kept { token: token.clone(), until_ms });
        }
        Ok(token)
    }

    /// Forgets a token that was not taken, unless another one is kept by now.
    pub(super) async fn forget(&self, token: &str) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|kept| kept.token.as_str() == token) {
            *kept = None;
        }
    }

    async fn fetch(&self, client: &HttpClient, now_ms: Option<i64>) -> Result<Granted, Answer> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", &self.client_secret)
            .append_pair("scope", self.scope)
            .finish();
        let request = Request::post(self.url.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .expect("the URL was parsed");
        let response =
            client.call(request, now_ms).await.map_err(|answer| Answer { sent_bytes: 0, ..answer })?;
        let granted = (response.status == 200).then(|| serde_json::from_slice(&response.body).ok()).flatten();
        granted.ok_or_else(|| refusal(client, &response))
    }
}

/// What it means that there is no token. A success without one shows nothing of its body.
fn refusal(client: &HttpClient, response: &Response) -> Answer {
    let outcome = match response.status {
        408 | 429 | 500.. => Outcome::Retry { after: response.retry_after },
        _ if is_over_soon(response) => Outcome::Retry { after: response.retry_after },
        // A tenant, an app or a secret that is not there, not right, or not any more.
        _ => Outcome::Misconfigured,
    };
    let answer = client.answer(outcome, response, 0);
    let said = if response.status < 300 { "an answer without a token" } else { &answer.detail };
    let detail = client.excerpt(format!("the login service gives no token: {said}").as_bytes());
    Answer { detail, ..answer }
}

fn is_over_soon(response: &Response) -> bool {
    let code = response.json().and_then(|json| Some(json.get("error")?.as_str()?.to_owned()));
    matches!(code.as_deref(), Some("temporarily_unavailable" | "server_error"))
}
