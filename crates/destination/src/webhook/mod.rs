//! Any HTTPS endpoint, called as [Standard Webhooks](https://www.standardwebhooks.com) 1.0 describes: with an id that
//! is the same on every attempt, and signatures that the receiver checks with what it was given once.

mod body;
mod fields;
mod meaning;
mod signature;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request};

use self::body::Form;
use self::signature::Signer;
use crate::http::{HttpClient, url_of};
use crate::{Answer, BadSettings, Batch, Destination, Kind, Once, Settings, Shape, Surroundings};

/// Events of one call. Receivers work on a call before they answer, and are impatient.
const EVENTS_MAX: usize = 500;
/// Bytes of the events of one call: what most receivers take without being told.
const BYTES_MAX: usize = 256 << 10;
const LINGER: Duration = Duration::from_secs(1);

pub(crate) static KIND: Kind = Kind {
    name: "webhook",
    title: "Webhook",
    summary: "Calls an HTTPS endpoint of yours with signed batches of events (Standard Webhooks).",
    fields: fields::FIELDS,
    formats: &[],
    shape: Shape { events_max: EVENTS_MAX, bytes_max: BYTES_MAX, linger: LINGER, is_by_hour: false },
    once: Once::AtLeast,
    open,
};

struct Webhook {
    client: HttpClient,
    url: http::Uri,
    /// What every call has.
    headers: HeaderMap,
    form: Form,
    signers: Vec<Signer>,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let url = url_of(settings, "url", surroundings)?;
    let mut headers = fields::headers(settings)?;
    if let Some(token) = settings.text("bearer_token") {
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        let mut value =
            value.map_err(|_| BadSettings::new("bearer_token", "has characters that no header takes"))?;
        value.set_sensitive(true);
        if headers.insert(AUTHORIZATION, value).is_some() {
            return Err(BadSettings::new(
                "bearer_token",
                "does not go with a header of its own called Authorization",
            ));
        }
    }
    let form = Form::named(settings.required("body")?);
    let mut signers = Vec::new();
    for field in ["secret", "previous_secret"] {
        signers.extend(settings.text(field).map(|secret| Signer::new(field, secret)).transpose()?);
    }
    if settings.text("previous_secret").is_some() && settings.text("secret").is_none() {
        return Err(BadSettings::new("secret", "is needed with a previous one"));
    }
    // Receivers know the secrets without what is written before them, too.
    let bare =
        ["secret", "previous_secret"].map(|field| settings.text(field).and_then(|text| text.split_once('_')));
    let bare: Vec<&str> = bare.into_iter().flatten().map(|(_, bare)| bare).collect();
    let client = HttpClient::open_knowing(settings, surroundings, &bare)?;
    let url = url.as_str().parse().map_err(|_| BadSettings::new("url", "is not a URL that can be called"))?;
    Ok(Box::new(Webhook { client, url, headers, form, signers }))
}

impl Webhook {
    fn request(&self, batch: &Batch) -> Request<Bytes> {
        let body = self.form.body(batch);
        let id = batch.id.to_string();
        // Of the attempt: a receiver refuses what is old, so that nobody can call again with what was overheard.
        let seconds = batch.now_ms.div_euclid(1000);
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.form.content_type(batch.media)));
        headers.insert("webhook-id", HeaderValue::try_from(&id).expect("hexadecimal digits"));
        headers.insert("webhook-timestamp", HeaderValue::from(seconds));
        if !self.signers.is_empty() {
            let signatures: Vec<String> =
                self.signers.iter().map(|signer| signer.sign(&id, seconds, &body)).collect();
            let value = HeaderValue::try_from(signatures.join(" ")).expect("base64");
            headers.insert("webhook-signature", value);
        }
        *request.body_mut() = body.into();
        request
    }
}

#[async_trait]
impl Destination for Webhook {
    async fn send(&self, batch: &Batch) -> Answer {
        self.client.exchange(self.request(batch), Some(batch.now_ms), meaning::meaning).await
    }

    async fn check(&self) -> Option<Answer> {
        // There is no call that an endpoint would not take for a batch.
        None
    }
}
