//! Kafka: a batch is one record batch for the partition of its organization, acknowledged by all replicas in sync.
//!
//! The client is our own: those that there are connect by themselves to whatever address a broker advertises, past the
//! guard of addresses. It speaks six requests, in versions that brokers from 1.0 to 4.x have.

mod code;
mod codec;
mod connection;
mod fields;
mod identity;
mod partition;
mod producer;
mod records;
mod scram;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::timeout;

use self::fields::FIELDS;
use self::identity::{Identity, Mechanism};
use self::producer::{Cluster, Producer};
use crate::limits::CALL_TIME_MAX;
use crate::socket::{self, Dialer, Endpoint, Hidden};
use crate::{Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Settings, Shape, Surroundings};

/// Produces events to a topic.
pub(crate) static KIND: Kind = Kind {
    name: "kafka",
    title: "Apache Kafka",
    summary: "One record an event, keyed by organization: Kafka, Redpanda, Confluent, MSK, Azure Event Hubs.",
    fields: FIELDS,
    formats: &[],
    // With keys and headers, a full batch stays below the 1 MiB that brokers take by default, even uncompressed.
    shape: Shape {
        events_max: 500,
        bytes_max: 700_000,
        linger: Duration::from_millis(200),
        is_by_hour: false,
    },
    once: Once::AtLeast,
    open,
};

fn open(settings: &Settings, world: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let has_tls = settings.is_on("tls");
    let identity = Identity::new(settings)?;
    if !has_tls && identity.as_ref().is_some_and(|identity| identity.mechanism == Mechanism::Plain) {
        return Err(BadSettings::new("sasl", "plain shows the password to everybody without TLS"));
    }
    let default_port = if has_tls { TLS_PORT } else { PLAIN_PORT };
    let cluster = Cluster {
        bootstrap: Endpoint::list("brokers", settings.required("brokers")?, default_port)?,
        dialer: Dialer::new(settings, world, has_tls)?,
        identity,
        client: format!("{}-{}", world.agent.replace('/', "-"), world.stream),
        is_gzip: settings.required("compression")? == "gzip",
        is_idempotent: settings.is_on("idempotence"),
    };
    Ok(Box::new(Kafka {
        topic: checked_topic(settings.required("topic")?)?,
        producer: Mutex::new(Producer::new(cluster)),
        hidden: Hidden::new(settings),
    }))
}

fn checked_topic(text: &str) -> Result<String, BadSettings> {
    let plain = text.replace("{org}", "o");
    if plain.is_empty()
        || plain.len() > TOPIC_BYTES_MAX
        || plain != topic_text(&plain)
        || matches!(&*plain, "." | "..")
    {
        let why = "has to be letters, digits, dots, - and _, such as audit or audit.{org}";
        return Err(BadSettings::new("topic", why));
    }
    Ok(text.to_owned())
}

/// What may not stand in the name of a topic becomes `_`.
fn topic_text(text: &str) -> String {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars().map(|c| if is_good(c) { c } else { '_' }).collect()
}

struct Kafka {
    topic: String,
    /// One batch at a time: a partition has one sequence of batches.
    producer: Mutex<Producer>,
    hidden: Hidden,
}

impl Kafka {
    fn topic_of(&self, org: &str) -> String {
        let mut topic = self.topic.replace("{org}", &topic_text(org));
        topic.truncate(TOPIC_BYTES_MAX);
        topic
    }
}

#[async_trait]
impl Destination for Kafka {
    async fn send(&self, batch: &Batch) -> Answer {
        let topic = self.topic_of(&batch.org);
        let sent = timeout(CALL_TIME_MAX, async { self.producer.lock().await.send(&topic, batch).await });
        let late =
            || socket::failed(Outcome::Retry { after: None }, "the brokers did not acknowledge in time");
        self.hidden.clean(sent.await.unwrap_or_else(|_| late()))
    }

    async fn check(&self) -> Option<Answer> {
        let topic = Some(self.topic.as_str()).filter(|topic| !topic.contains("{org}"));
        let checked = timeout(CALL_TIME_MAX, async { self.producer.lock().await.check(topic).await });
        let late = || socket::failed(Outcome::Retry { after: None }, "the brokers did not answer in time");
        Some(self.hidden.clean(checked.await.unwrap_or_else(|_| late())))
    }
}

/// Longest name of a topic (`org.apache.kafka.common.internals.Topic`).
const TOPIC_BYTES_MAX: usize = 249;
/// By custom.
const TLS_PORT: u16 = 9093;
/// By custom.
const PLAIN_PORT: u16 = 9092;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_what_brokers_take() {
        for good in ["audit", "audit.{org}", "a_b-c.1"] {
            checked_topic(good).unwrap();
        }
        for bad in [".", "..", "a b", "ä", "a/{org}", "{what}", &"a".repeat(250)] {
            assert!(checked_topic(bad).is_err(), "{bad}");
        }
        assert_eq!(topic_text("org 1/ä"), "org_1__");
    }
}
