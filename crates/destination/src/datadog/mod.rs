//! Datadog's log intake. It accepts everything and says nothing of what it then cuts or drops, so its limits are kept
//! here: an event that would be cut is refused, and one that is too old to keep its time says its time in an
//! attribute.

mod body;
mod fields;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};

use self::body::Marks;
use crate::http::{HttpClient, gzip, url_of, usual};
use crate::{
    Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Rejection, Settings, Shape, Surroundings,
};

/// Events of one call (Datadog: 1,000 entries).
const EVENTS_MAX: usize = 1_000;
/// Bytes of the events of one call. With what is put around them it stays below Datadog's 5 MB uncompressed.
const BYTES_MAX: usize = 3_500_000;
const LINGER: Duration = Duration::from_secs(1);
/// Longest event with what is put around it, bytes; Datadog cuts what is longer.
const ITEM_BYTES_MAX: usize = 1_000_000;

/// Below the intake's address.
const INTAKE_PATH: &str = "/api/v2/logs";
/// Below the API's address: whether a key is valid.
const VALIDATE_PATH: &str = "/api/v1/validate";
const KEY_HEADER: &str = "dd-api-key";

pub(crate) static KIND: Kind = Kind {
    name: "datadog",
    title: "Datadog",
    summary: "Sends events to Datadog as logs, with actor, address and outcome as standard attributes.",
    fields: fields::FIELDS,
    formats: &[],
    shape: Shape { events_max: EVENTS_MAX, bytes_max: BYTES_MAX, linger: LINGER, is_by_hour: false },
    once: Once::AtLeast,
    open,
};

struct Datadog {
    client: HttpClient,
    intake: Uri,
    /// None behind an intake of somebody's own, which knows no keys.
    validate: Option<Uri>,
    key: HeaderValue,
    marks: Marks,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let key = HeaderValue::try_from(settings.required("api_key")?.trim());
    let mut key = key.map_err(|_| BadSettings::new("api_key", "has characters that no header takes"))?;
    key.set_sensitive(true);
    let (intake, validate) = if settings.text("url").is_some() {
        let mut url = url_of(settings, "url", surroundings)?;
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{}{INTAKE_PATH}", base.strip_suffix(INTAKE_PATH).unwrap_or(&base)));
        (url.as_str().parse().map_err(|_| BadSettings::new("url", "is not a URL that can be called"))?, None)
    } else {
        let (intake, validate) = addresses(settings.required("site")?);
        (intake, Some(validate))
    };
    let client = HttpClient::open(settings, surroundings)?;
    Ok(Box::new(Datadog { client, intake, validate, key, marks: Marks::of(settings) }))
}

/// Where a site takes logs, and where it says whether a key is valid.
fn addresses(site: &str) -> (Uri, Uri) {
    let uri = |text: String| text.parse().expect("sites are names of hosts");
    (
        uri(format!("https://http-intake.logs.{site}{INTAKE_PATH}")),
        uri(format!("https://api.{site}{VALIDATE_PATH}")),
    )
}

impl Datadog {
    fn request(&self, method: Method, url: &Uri, body: Vec<u8>) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.clone();
        request.headers_mut().insert(KEY_HEADER, self.key.clone());
        request
    }
}

#[async_trait]
impl Destination for Datadog {
    async fn send(&self, batch: &Batch) -> Answer {
        let (body, too_long) = body::body(&self.marks, batch, ITEM_BYTES_MAX);
        let answer = if too_long.len() == batch.records.len() {
            Answer::plain(Outcome::Delivered)
        } else {
            let mut request = self.request(Method::POST, &self.intake, gzip(&body));
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            self.client.exchange(request, Some(batch.now_ms), usual).await
        };
        if too_long.is_empty() || answer.outcome != Outcome::Delivered {
            return answer;
        }
        let reason = format!("longer than {ITEM_BYTES_MAX} bytes, which Datadog would cut");
        let rejected =
            too_long.into_iter().map(|index| Rejection { index, reason: reason.clone() }).collect();
        Answer { outcome: Outcome::Partial { rejected, again: Vec::new() }, ..answer }
    }

    async fn check(&self) -> Option<Answer> {
        let request = self.request(Method::GET, self.validate.as_ref()?, Vec::new());
        Some(self.client.exchange(request, None, usual).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_has_its_addresses() {
        for site in fields::SITES {
            let (intake, validate) = addresses(site);
            assert_eq!(intake.to_string(), format!("https://http-intake.logs.{site}/api/v2/logs"));
            assert_eq!(validate.to_string(), format!("https://api.{site}/api/v1/validate"));
        }
    }
}
