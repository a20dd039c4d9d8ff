//! Where a topic's partitions are, and batches that go there, each under a number by which the broker tells a
//! repetition.

mod message;
mod sequences;

use std::collections::HashMap;

use self::message::{Metadata, Produced};
use self::sequences::Sequences;
use super::code;
use super::connection::{Connection, INIT_PRODUCER_ID, METADATA, PRODUCE, refused};
use super::identity::Identity;
use super::partition;
use super::records::{self, Sequence};
use crate::socket::{self, Dialer, Endpoint};
use crate::{Answer, Batch, Outcome, Rejection};

/// Most topics whose partitions are remembered.
const TOPICS_MAX: usize = 10_000;
/// Most connections that are kept open.
const CONNECTIONS_MAX: usize = 64;

/// How a cluster is reached.
pub(super) struct Cluster {
    pub(super) bootstrap: Vec<Endpoint>,
    pub(super) dialer: Dialer,
    pub(super) identity: Option<Identity>,
    /// As brokers show us in their logs and quotas.
    pub(super) client: String,
    pub(super) is_gzip: bool,
    pub(super) is_idempotent: bool,
}

/// Sends one batch after the other.
pub(super) struct Producer {
    cluster: Cluster,
    /// The leaders of the partitions of topics, by their numbers; none: there is none just now.
    leaders: HashMap<String, Vec<Option<Endpoint>>>,
    /// Taken out while in use: one on which an answer is outstanding is never used again.
    connections: HashMap<Endpoint, Connection>,
    sequences: Sequences,
}

impl Producer {
    pub(super) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            leaders: HashMap::new(),
            connections: HashMap::new(),
            sequences: Sequences::default(),
        }
    }

    /// Sends a batch to the partition of its organization.
    pub(super) async fn send(&mut self, topic: &str, batch: &Batch) -> Answer {
        let answer = self.try_send(topic, batch).await.unwrap_or_else(|answer| answer);
        if matches!(answer.outcome, Outcome::Retry { .. } | Outcome::Misconfigured) {
            // Leaders move, and topics are made: everything is asked again the next time.
            self.leaders.clear();
            self.connections.clear();
        }
        answer
    }

    /// Asks for a topic.
    pub(super) async fn check(&mut self, topic: Option<&str>) -> Answer {
        self.leaders.clear();
        let checked = match topic {
            Some(topic) => self.find(topic).await.map(|()| "the topic is there"),
            None => self.bootstrap().await.map(|_| "connected"),
        };
        let good = |detail: &str| Answer { detail: detail.to_owned(), ..Answer::plain(Outcome::Delivered) };
        checked.map_or_else(|answer| answer, good)
    }

    async fn try_send(&mut self, topic: &str, batch: &Batch) -> Result<Answer, Answer> {
        if !self.leaders.contains_key(topic) {
            self.find(topic).await?;
        }
        let leaders = &self.leaders[topic];
        let index = partition::of_key(batch.org.as_bytes(), leaders.len());
        let Some(leader) = leaders[index].clone() else {
            let why = format!("partition {index} of {topic} has no leader just now");
            return Err(socket::failed(Outcome::Retry { after: None }, why));
        };
        let mut connection = self.connect(&leader).await?;
        let place = (topic.to_owned(), index);
        let sequence = if self.cluster.is_idempotent {
            if self.sequences.needs_producer(&place, batch) {
                let (id, epoch) = producer_id(&mut connection, &leader).await?;
                self.sequences.begin(id, epoch);
            }
            self.sequences.next(place.clone(), batch)
        } else {
            Sequence::NONE
        };
        let records = records::encode(batch, sequence, self.cluster.is_gzip);
        let sent_bytes = records.len() as u64;
        let version = connection.version(PRODUCE)?;
        let body = message::produce(topic, index, &records);
        let answer = connection.ask(PRODUCE, version, &body).await?;
        let produced = message::produced(&answer, version).map_err(|error| connection.malformed(error))?;
        self.keep(leader.clone(), connection);
        if code::is_of_producer(produced.code) {
            self.sequences.forget();
        } else if produced.code == code::NONE || produced.code == code::DUPLICATE_SEQUENCE {
            self.sequences.stored(&place, batch);
        } else if code::is_refusal(produced.code) {
            self.sequences.refused(&place);
        }
        Ok(Answer { sent_bytes, ..meaning(&leader, batch, produced) })
    }

    /// Learns where the partitions of a topic are.
    async fn find(&mut self, topic: &str) -> Result<(), Answer> {
        let (mut connection, broker) = self.bootstrap().await?;
        let version = connection.version(METADATA)?;
        let answer = connection.ask(METADATA, version, &message::metadata(topic)).await?;
        let metadata = Metadata::read(&answer).map_err(|error| connection.malformed(error))?;
        self.keep(broker.clone(), connection);
        if metadata.code != code::NONE {
            let why = format!("the topic {topic}");
            return Err(refused(&broker, metadata.code, &why));
        }
        let leaders = metadata.leaders().map_err(|why| socket::failed(Outcome::Misconfigured, why))?;
        if leaders.is_empty() {
            let why = format!("the topic {topic} has no partitions");
            return Err(socket::failed(Outcome::Retry { after: None }, why));
        }
        if self.leaders.len() >= TOPICS_MAX {
            self.leaders.clear();
        }
        self.leaders.insert(topic.to_owned(), leaders);
        Ok(())
    }

    /// A connection to the first broker that is there. One that refuses us is not asked again elsewhere.
    async fn bootstrap(&mut self) -> Result<(Connection, Endpoint), Answer> {
        let mut last = None;
        for broker in self.cluster.bootstrap.clone() {
            match self.connect(&broker).await {
                Ok(connection) => return Ok((connection, broker)),
                Err(answer) if answer.status.is_some() => return Err(answer),
                Err(answer) => last = Some(answer),
            }
        }
        Err(last.expect("there is at least one broker"))
    }

    async fn connect(&mut self, to: &Endpoint) -> Result<Connection, Answer> {
        if let Some(kept) = self.connections.remove(to).filter(Connection::is_fresh) {
            return Ok(kept);
        }
        let cluster = &self.cluster;
        Connection::open(&cluster.dialer, to, &cluster.client, cluster.identity.as_ref()).await
    }

    fn keep(&mut self, to: Endpoint, connection: Connection) {
        self.connections.retain(|_, kept| kept.is_fresh());
        if self.connections.len() < CONNECTIONS_MAX {
            self.connections.insert(to, connection);
        }
    }
}

async fn producer_id(connection: &mut Connection, broker: &Endpoint) -> Result<(i64, i16), Answer> {
    let version = connection.version(INIT_PRODUCER_ID)?;
    let answer = connection.ask(INIT_PRODUCER_ID, version, &message::init_producer_id(version)).await?;
    let (code, id, epoch) = message::producer_id(&answer).map_err(|error| connection.malformed(error))?;
    if code == code::NONE { Ok((id, epoch)) } else { Err(refused(broker, code, "an id of a producer")) }
}

/// What the broker's answer means for the batch.
fn meaning(broker: &Endpoint, batch: &Batch, produced: Produced) -> Answer {
    if produced.code == code::NONE {
        let detail = format!("stored from offset {} on", produced.base_offset);
        return Answer { detail, status: Some(0), ..Answer::plain(Outcome::Delivered) };
    }
    let answer = refused(broker, produced.code, &produced.message);
    let count = batch.records.len();
    let faults = produced.faults.into_iter();
    let rejected: Vec<Rejection> = faults
        .filter(|(index, _)| *index < count)
        .map(|(index, reason)| Rejection {
            index,
            reason: if reason.is_empty() { answer.detail.clone() } else { reason },
        })
        .collect();
    if produced.code != code::INVALID_RECORD || rejected.is_empty() {
        return answer;
    }
    // Nothing of a batch with a bad record is stored.
    let is_rejected = |index: &usize| rejected.iter().any(|rejection| rejection.index == *index);
    let again = (0..count).filter(|index| !is_rejected(index)).collect();
    Answer { outcome: Outcome::Partial { rejected, again }, ..answer }
}
