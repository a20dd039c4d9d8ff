//! NATS JetStream: each event is one message, published with its own id and acknowledged by the stream that stores it.
//!
//! The client is our own: those that there are take neither a socket nor a resolver, so that with them the name in a
//! server's certificate, or the guard of addresses, would be lost. What is needed of the protocol is small: one
//! connection a batch, on which everything is published, and as many answers read.

mod connection;
mod fields;
mod identity;
mod meaning;
mod message;
mod protocol;
mod publish;
mod subject;

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use self::connection::{Connection, Start};
use self::fields::FIELDS;
use self::identity::Identity;
use self::subject::Subject;
use crate::limits::CALL_TIME_MAX;
use crate::socket::{self, Dialer, Endpoint, Hidden};
use crate::{Answer, BadSettings, Batch, Destination, Kind, Once, Outcome, Settings, Shape, Surroundings};

/// Publishes events to a stream of JetStream.
pub(crate) static KIND: Kind = Kind {
    name: "nats",
    title: "NATS JetStream",
    summary: "One message an event, acknowledged by the stream that stores it, and told apart from its repetitions.",
    fields: FIELDS,
    formats: &[],
    shape: Shape {
        events_max: 1_000,
        bytes_max: 4 << 20,
        linger: Duration::from_millis(200),
        is_by_hour: false,
    },
    once: Once::AtLeast,
    open,
};

fn open(settings: &Settings, world: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let tls = settings.required("tls")?;
    Ok(Box::new(Nats {
        servers: Endpoint::list("servers", settings.required("servers")?, PORT)?,
        dialer: Dialer::new(settings, world, tls != "off")?,
        start: Start {
            is_tls_first: tls == "first",
            identity: Identity::new(settings)?,
            agent: world.agent.clone(),
            stream: world.stream.clone(),
        },
        subject: Subject::new(settings.required("subject")?)?,
        expected_stream: settings.text("jetstream").map(message::checked_stream).transpose()?,
        hidden: Hidden::new(settings),
    }))
}

struct Nats {
    servers: Vec<Endpoint>,
    dialer: Dialer,
    start: Start,
    subject: Subject,
    expected_stream: Option<String>,
    hidden: Hidden,
}

impl Nats {
    /// The first server that is there. What only a person can mend is not asked of the next one.
    async fn connect(&self) -> Result<Connection, Answer> {
        let mut last = None;
        for server in &self.servers {
            match Connection::open(&self.dialer, server, &self.start).await {
                Ok(connection) => return Ok(connection),
                Err(answer) if answer.outcome == Outcome::Misconfigured => return Err(answer),
                Err(answer) => last = Some(answer),
            }
        }
        Err(last.expect("there is at least one server"))
    }

    async fn exchange(&self, batch: &Batch) -> Answer {
        let messages = message::of_batch(batch, &self.subject, self.expected_stream.as_deref());
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(answer) => return answer,
        };
        publish::publish(&mut connection, &messages).await
    }
}

#[async_trait]
impl Destination for Nats {
    async fn send(&self, batch: &Batch) -> Answer {
        let answer = timeout(CALL_TIME_MAX, self.exchange(batch)).await;
        let late =
            || socket::failed(Outcome::Retry { after: None }, "the servers did not acknowledge in time");
        self.hidden.clean(answer.unwrap_or_else(|_| late()))
    }

    async fn check(&self) -> Option<Answer> {
        let answer = match timeout(CALL_TIME_MAX, self.connect()).await {
            Ok(Ok(_)) => Answer { detail: "connected".to_owned(), ..Answer::plain(Outcome::Delivered) },
            Ok(Err(answer)) => answer,
            Err(_) => socket::failed(Outcome::Retry { after: None }, "the servers did not answer in time"),
        };
        Some(self.hidden.clean(answer))
    }
}

/// Of clients.
const PORT: u16 = 4222;
