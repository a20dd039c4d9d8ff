//! Splunk's HTTP Event Collector, and what speaks like it. An answer of 200 alone means nothing there: the code in its
//! body says what became of the events, and with indexer acknowledgement only a second call says that they are stored.

mod acknowledgement;
mod body;
mod fields;
mod meaning;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use url::Url;

use self::acknowledgement::{Acknowledgement, Channel};
use self::body::Marks;
use self::meaning::{NO_DATA, Reply, meaning};
use crate::http::{HttpClient, gzip, url_of};
use crate::limits::CALL_TIME_MAX;
use crate::{Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Settings, Shape, Surroundings};

/// Events of one call.
const EVENTS_MAX: usize = 500;
/// Bytes of the events of one call. With what is put around them it stays below the megabyte that Splunk Cloud takes.
const BYTES_MAX: usize = 750_000;
const LINGER: Duration = Duration::from_secs(1);

/// Where events are sent to, below the URL.
const EVENT_PATH: &str = "/services/collector/event";
/// Where it is asked what was stored.
const ACK_PATH: &str = "/services/collector/ack";
/// Names the sender to the acknowledgement.
const CHANNEL_HEADER: &str = "x-splunk-request-channel";

pub(crate) static KIND: Kind = Kind {
    name: "splunk_hec",
    title: "Splunk",
    summary: "Sends events to a Splunk HTTP Event Collector, with indexer acknowledgement if it is on.",
    fields: fields::FIELDS,
    formats: &[],
    shape: Shape { events_max: EVENTS_MAX, bytes_max: BYTES_MAX, linger: LINGER, is_by_hour: false },
    once: Once::AtLeast,
    open,
};

struct Splunk {
    client: HttpClient,
    event_url: Uri,
    authorization: HeaderValue,
    marks: Marks,
    /// None if it is off.
    acknowledgement: Option<Acknowledgement>,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let url = url_of(settings, "url", surroundings)?;
    let event_url = below(&url, EVENT_PATH)?;
    let authorization = HeaderValue::try_from(format!("Splunk {}", settings.required("token")?.trim()));
    let mut authorization =
        authorization.map_err(|_| BadSettings::new("token", "has characters that no header takes"))?;
    authorization.set_sensitive(true);
    let acknowledgement = if settings.is_on("acknowledgement") {
        Some(Acknowledgement::new(Channel::of(&surroundings.stream), below(&url, ACK_PATH)?))
    } else {
        None
    };
    let client = HttpClient::open(settings, surroundings)?;
    Ok(Box::new(Splunk { client, event_url, authorization, marks: Marks::of(settings), acknowledgement }))
}

/// A path of the collector. What people have at hand is the server's address, or the address of one of its paths.
fn below(url: &Url, path: &str) -> Result<Uri, BadSettings> {
    let mut url = url.clone();
    let given = url.path().trim_end_matches('/');
    let base = given.split("/services/collector").next().unwrap_or_default();
    let whole = format!("{base}{path}");
    url.set_path(&whole);
    url.set_query(None);
    url.as_str().parse().map_err(|_| BadSettings::new("url", "is not a URL that can be called"))
}

impl Splunk {
    fn request(&self, url: &Uri, body: Vec<u8>) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.clone();
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(acknowledgement) = &self.acknowledgement {
            headers.insert(CHANNEL_HEADER, acknowledgement.channel.header());
        }
        request
    }

    /// Sends the events. Gives the number under which they are acknowledged, or the answer that ends it.
    async fn deliver(&self, batch: &Batch) -> Result<(u64, Answer), Answer> {
        let mut request = self.request(&self.event_url, gzip(&body::body(&self.marks, batch)));
        request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let sent_bytes = request.body().len() as u64;
        let response = self.client.call(request, Some(batch.now_ms)).await?;
        let reply = Reply::of(&response);
        let answer = self.client.answer(meaning(&response, &reply), &response, sent_bytes);
        if answer.outcome != Outcome::Delivered || self.acknowledgement.is_none() {
            return Err(answer);
        }
        match reply.ack_id {
            Some(id) => Ok((id, answer)),
            None => Err(Answer {
                outcome: Outcome::Misconfigured,
                detail: "the token has no indexer acknowledgement: switch it on there, or off here"
                    .to_owned(),
                ..answer
            }),
        }
    }

    async fn attempt(&self, batch: &Batch) -> Answer {
        let Some(acknowledgement) = &self.acknowledgement else {
            return match self.deliver(batch).await {
                Ok((_, answer)) | Err(answer) => answer,
            };
        };
        // Taken by an earlier attempt and perhaps stored by now: to send it again would double it.
        if let Some(waiting) = acknowledgement.waiting(batch.id) {
            return acknowledgement.wait(self, waiting).await;
        }
        match self.deliver(batch).await {
            Ok((ack_id, answer)) => {
                let waiting = acknowledgement.taken(batch.id, ack_id, answer);
                acknowledgement.wait(self, waiting).await
            }
            Err(answer) => answer,
        }
    }
}

#[async_trait]
impl Destination for Splunk {
    async fn send(&self, batch: &Batch) -> Answer {
        // Several calls may each take long; what was taken is remembered for the next attempt.
        tokio::time::timeout(CALL_TIME_MAX, self.attempt(batch)).await.unwrap_or_else(|_| Answer {
            detail: format!("it took longer than {} seconds", CALL_TIME_MAX.as_secs()),
            ..Answer::plain(Outcome::Retry { after: None })
        })
    }

    /// A call without events: who may send is told that there are none, anybody else that he may not.
    async fn check(&self) -> Option<Answer> {
        let response = match self.client.call(self.request(&self.event_url, Vec::new()), None).await {
            Ok(response) => response,
            Err(answer) => return Some(answer),
        };
        let reply = Reply::of(&response);
        let outcome =
            if reply.code == Some(NO_DATA) { Outcome::Delivered } else { meaning(&response, &reply) };
        Some(self.client.answer(outcome, &response, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_of_the_collector_will_do() {
        for url in [
            "https://splunk.example:8088",
            "https://splunk.example:8088/",
            "https://splunk.example:8088/services/collector",
            "https://splunk.example:8088/services/collector/event/",
            "https://splunk.example:8088/services/collector/raw?channel=1",
        ] {
            let url: Url = url.parse().unwrap();
            assert_eq!(
                below(&url, EVENT_PATH).unwrap(),
                "https://splunk.example:8088/services/collector/event"
            );
        }
        let behind: Url = "https://proxy.example/splunk/".parse().unwrap();
        assert_eq!(below(&behind, ACK_PATH).unwrap(), "https://proxy.example/splunk/services/collector/ack");
    }
}
