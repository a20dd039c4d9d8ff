//! The client of a destination: one exchange at a time with whom the settings name, within limits.

use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tallystick_outbound::{Outbound, OutboundOptions};
use url::Url;

use super::retry_after::retry_after;
use super::{Cleaner, bad_tls, misfortune, tls_of};
use crate::limits::{ANSWER_BYTES_MAX, CALL_TIME_MAX};
use crate::{Answer, BadSettings, Outcome, Settings, Surroundings};

/// What the other side answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    /// The status.
    pub(crate) status: u16,
    /// The head.
    pub(crate) headers: HeaderMap,
    /// The body, whole.
    pub(crate) body: Bytes,
    /// How long it wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Response {
    /// The body as JSON; none if it is none.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A client of one destination.
pub(crate) struct HttpClient {
    outbound: Outbound,
    agent: HeaderValue,
    cleaner: Cleaner,
    answer_bytes_max: usize,
}

impl HttpClient {
    /// With the TLS fields of the settings, and knowing their secrets.
    ///
    /// # Errors
    /// If certificates or keys are not readable.
    pub(crate) fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Self, BadSettings> {
        Self::open_knowing(settings, surroundings, &[])
    }

    /// As `open`; `also` are secrets that the settings do not show as they are: the path of a secret URL, a key that is
    /// derived.
    ///
    /// # Errors
    /// As `open`.
    pub(crate) fn open_knowing(
        settings: &Settings,
        surroundings: &Surroundings,
        also: &[&str],
    ) -> Result<Self, BadSettings> {
        let options = OutboundOptions { call_time: CALL_TIME_MAX, ..surroundings.outbound.clone() };
        let outbound = Outbound::with_tls(options, &tls_of(settings)).map_err(|error| bad_tls(&error))?;
        let agent = HeaderValue::from_str(&surroundings.agent)
            .map_err(|_| BadSettings::new("agent", "is no text that a header takes"))?;
        let cleaner = Cleaner::new(settings.secrets().into_iter().chain(also.iter().copied()));
        Ok(Self { outbound, agent, cleaner, answer_bytes_max: ANSWER_BYTES_MAX })
    }

    /// For services whose good answers are longer than [`ANSWER_BYTES_MAX`].
    pub(crate) fn with_answers_of(self, bytes_max: usize) -> Self {
        Self { answer_bytes_max: bytes_max, ..self }
    }

    /// Sends a request and says what came of it; `meaning` is asked if there is an answer. `now_ms` is Unix ms.
    pub(crate) async fn exchange(
        &self,
        request: Request<Bytes>,
        now_ms: Option<i64>,
        meaning: impl FnOnce(&Response) -> Outcome + Send,
    ) -> Answer {
        let sent_bytes = request.body().len() as u64;
        match self.call(request, now_ms).await {
            Ok(response) => self.answer(meaning(&response), &response, sent_bytes),
            Err(answer) => answer,
        }
    }

    /// Sends a request and gives the answer as it is, for kinds that need several requests for one exchange.
    ///
    /// # Errors
    /// What it means that there is no answer, ready to be given to the caller.
    pub(crate) async fn call(
        &self,
        request: Request<Bytes>,
        now_ms: Option<i64>,
    ) -> Result<Response, Answer> {
        self.call_up_to(request, now_ms, self.answer_bytes_max).await
    }

    /// As `call`, for an answer of at most `bytes_max`.
    ///
    /// # Errors
    /// As `call`.
    pub(crate) async fn call_up_to(
        &self,
        mut request: Request<Bytes>,
        now_ms: Option<i64>,
        bytes_max: usize,
    ) -> Result<Response, Answer> {
        let sent_bytes = request.body().len() as u64;
        request.headers_mut().entry(USER_AGENT).or_insert_with(|| self.agent.clone());
        let answer = self.outbound.send(request, bytes_max).await.map_err(|error| {
            let (outcome, told) = misfortune(&error);
            Answer { outcome, status: None, detail: self.excerpt(told.as_bytes()), sent_bytes }
        })?;
        Ok(Response {
            status: answer.status,
            retry_after: retry_after(&answer.headers, now_ms),
            headers: answer.headers,
            body: answer.body.into(),
        })
    }

    /// An answer with an excerpt of what the other side said.
    pub(crate) fn answer(&self, outcome: Outcome, response: &Response, sent_bytes: u64) -> Answer {
        Answer { outcome, status: Some(response.status), detail: self.detail(response), sent_bytes }
    }

    /// What may be shown of any text.
    pub(crate) fn excerpt(&self, text: &[u8]) -> String {
        self.cleaner.excerpt(text)
    }

    /// The body; where a redirect leads; the status in words if there is neither.
    fn detail(&self, response: &Response) -> String {
        let redirect =
            response.headers.get(http::header::LOCATION).filter(|_| (300..400).contains(&response.status));
        if let Some(location) = redirect {
            let told = format!(
                "leads to {}, and redirects are not followed",
                String::from_utf8_lossy(location.as_bytes())
            );
            return self.excerpt(told.as_bytes());
        }
        let body = self.excerpt(&response.body);
        if !body.is_empty() {
            return body;
        }
        let status = StatusCode::from_u16(response.status).ok();
        status.and_then(|status| status.canonical_reason()).unwrap_or_default().to_owned()
    }
}

/// The URL of a field, which has to be one that may be asked.
///
/// # Errors
/// If it is missing, or may not be asked.
pub(crate) fn url_of(
    settings: &Settings,
    field: &str,
    surroundings: &Surroundings,
) -> Result<Url, BadSettings> {
    let mut url: Url =
        settings.required(field)?.trim().parse().map_err(|_| BadSettings::new(field, "is not a URL"))?;
    url.set_fragment(None);
    surroundings.outbound.check(&url).map_err(|error| BadSettings::new(field, error.to_string()))?;
    Ok(url)
}
