//! Indexer acknowledgement: the collector gives a number for what it has taken, and says under that number, later,
//! that it is stored. What is asked and not yet answered is remembered, so that the next attempt asks again and does
//! not send again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use http::{HeaderValue, Uri};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::Splunk;
use super::meaning::{Reply, meaning};
use crate::{Answer, BatchId, Outcome};

/// How long one attempt asks whether it is stored; less than [`crate::limits::CALL_TIME_MAX`], at which it ends anyway.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Between the first two questions; twice as long each time, up to `PAUSE_MAX`.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// Attempts that ask before the events are sent again: an indexer that was restarted never says so of what it has lost.
const ATTEMPTS_MAX: u32 = 15;

/// Names a stream to the collector, as a GUID.
pub(super) struct Channel(String);

impl Channel {
    /// Always the same for a stream.
    pub(super) fn of(stream: &str) -> Self {
        let digest = hex::encode(&Sha256::digest(stream.as_bytes())[..16]);
        let parts = [&digest[..8], &digest[8..12], &digest[12..16], &digest[16..20], &digest[20..]];
        Self(parts.join("-"))
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::try_from(&self.0).expect("hexadecimal digits and dashes")
    }
}

/// What was taken, and may be stored by now.
#[derive(Clone)]
pub(super) struct Waiting {
    batch: BatchId,
    ack_id: u64,
    attempts: u32,
    /// What was answered to the events.
    answer: Answer,
}

pub(super) struct Acknowledgement {
    pub(super) channel: Channel,
    url: Uri,
    /// Of the last batch; there is one at a time.
    waiting: Mutex<Option<Waiting>>,
}

/// The body of an answer.
#[derive(Deserialize)]
struct Stored {
    acks: BTreeMap<String, bool>,
}

impl Acknowledgement {
    pub(super) fn new(channel: Channel, url: Uri) -> Self {
        Self { channel, url, waiting: Mutex::new(None) }
    }

    /// Whether a batch was taken by an earlier attempt; counts one more.
    pub(super) fn waiting(&self, batch: BatchId) -> Option<Waiting> {
        let mut waiting = self.lock();
        let found =
            waiting.as_mut().filter(|waiting| waiting.batch == batch && waiting.attempts < ATTEMPTS_MAX)?;
        found.attempts += 1;
        Some(found.clone())
    }

    pub(super) fn taken(&self, batch: BatchId, ack_id: u64, answer: Answer) -> Waiting {
        let waiting = Waiting { batch, ack_id, attempts: 1, answer };
        *self.lock() = Some(waiting.clone());
        waiting
    }

    /// Asks until it is stored, or the time is over.
    pub(super) async fn wait(&self, splunk: &Splunk, waiting: Waiting) -> Answer {
        let deadline = Instant::now() + WAIT_MAX;
        let mut pause = PAUSE;
        loop {
            match self.ask(splunk, &waiting).await {
                Ok(true) => {
                    self.lock().take();
                    return waiting.answer;
                }
                Ok(false) => {}
                Err(answer) => return answer,
            }
            if Instant::now() + pause >= deadline {
                let detail = "taken and not yet stored: the indexer gives no acknowledgement".to_owned();
                return Answer { outcome: Outcome::Retry { after: None }, detail, ..waiting.answer };
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Whether it is stored.
    async fn ask(&self, splunk: &Splunk, waiting: &Waiting) -> Result<bool, Answer> {
        let body = format!(r#"{{"acks":[{}]}}"#, waiting.ack_id);
        let sent_bytes = waiting.answer.sent_bytes;
        let response = splunk.client.call(splunk.request(&self.url, body.into_bytes()), None).await?;
        if let Ok(stored) = serde_json::from_slice::<Stored>(&response.body) {
            return Ok(stored.acks.get(&waiting.ack_id.to_string()).copied().unwrap_or(false));
        }
        let outcome = match meaning(&response, &Reply::of(&response)) {
            // A well-formed question that is not understood: no acknowledgement is to be had here.
            Outcome::Delivered | Outcome::Refused | Outcome::Split => Outcome::Misconfigured,
            other => other,
        };
        Err(splunk.client.answer(outcome, &response, sent_bytes))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_a_guid_and_stays() {
        let channel = Channel::of("stream_1");
        let lengths: Vec<usize> = channel.0.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(channel.header(), Channel::of("stream_1").header());
        assert_ne!(channel.header(), Channel::of("stream_2").header());
    }

    #[test]
    fn what_was_taken_is_remembered_and_not_for_ever() {
        let acknowledgement =
            Acknowledgement::new(Channel::of("s"), Uri::from_static("https://splunk.example/"));
        let [one, other] = [0, 1].map(|first| BatchId::of("s", "l", first, 9, "native/1"));
        assert!(acknowledgement.waiting(one).is_none());
        acknowledgement.taken(one, 7, Answer::plain(Outcome::Delivered));
        assert!(acknowledgement.waiting(other).is_none());
        for _ in 1..ATTEMPTS_MAX {
            assert_eq!(acknowledgement.waiting(one).unwrap().ack_id, 7);
        }
        assert!(acknowledgement.waiting(one).is_none());
    }
}
