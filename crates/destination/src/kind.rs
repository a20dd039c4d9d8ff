//! The table of kinds of destinations, and what each has to offer.

use std::time::Duration;

use async_trait::async_trait;
use tallystick_outbound::OutboundOptions;

use crate::{
    Answer, BadSettings, Batch, Field, Settings, azure_blob, clickhouse, datadog, elasticsearch, gcs, kafka, nats, otlp,
    s3, sentinel, splunk_hec, sumo, syslog, webhook,
};

/// What a destination may use of the world.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Whom it may ask.
    pub outbound: OutboundOptions,
    /// `Tallystick/` and the version, as the other side sees it.
    pub agent: String,
    /// Names the stream.
    pub stream: String,
}

/// What a batch of a kind may be at most, and how long events wait for company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Events.
    pub events_max: usize,
    /// Bytes of all records, before compression and without what the destination puts around them.
    pub bytes_max: usize,
    /// How long the first event of a batch waits for others.
    pub linger: Duration,
    /// No batch goes past a full hour of `received_ms` (UTC): objects in stores lie in folders of an hour.
    pub is_by_hour: bool,
}

/// How often an event may arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// Once: the other side tells repetitions.
    Exactly,
    /// Once, unless an answer was lost: then the event is there twice, with the same id.
    AtLeast,
}

/// A destination with its settings.
#[async_trait]
pub trait Destination: Send + Sync {
    /// Sends a batch: one exchange, which is over within [`crate::limits::CALL_TIME_MAX`].
    async fn send(&self, batch: &Batch) -> Answer;

    /// Asks whether it could be sent to, without leaving anything behind if the protocol knows a way; none if it does
    /// not.
    async fn check(&self) -> Option<Answer>;
}

/// Makes a destination of settings.
///
/// # Errors
/// The first setting that cannot work.
pub type Opener = fn(&Settings, &Surroundings) -> Result<Box<dyn Destination>, BadSettings>;

/// A kind of destination.
#[derive(Debug)]
pub struct Kind {
    /// In the API and the catalog, such as `splunk_hec`. The page of the documentation is called so, with `-` for `_`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it has to be told, in the order of a form.
    pub fields: &'static [Field],
    /// Names of formats that it takes, the best first; empty: all, native first.
    pub formats: &'static [&'static str],
    /// What a batch may be.
    pub shape: Shape,
    /// How often an event may arrive.
    pub once: Once,
    /// Makes a destination of settings that were checked against `fields`.
    pub open: Opener,
}

/// All kinds, in the order in which they are offered.
static KINDS: &[&Kind] = &[
    &webhook::KIND,
    &splunk_hec::KIND,
    &datadog::KIND,
    &elasticsearch::KIND,
    &otlp::KIND,
    &clickhouse::KIND,
    &sentinel::KIND,
    &sumo::KIND,
    &s3::KIND,
    &gcs::KIND,
    &azure_blob::KIND,
    &syslog::KIND,
    &kafka::KIND,
    &nats::KIND,
];

/// All kinds, in the order in which they are offered.
pub fn kinds() -> &'static [&'static Kind] {
    KINDS
}

/// The kind of a name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
