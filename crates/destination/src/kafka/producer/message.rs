//! The requests that a producer makes, and what is read of their answers (kafka.apache.org, "Protocol guide").

use std::collections::HashMap;

use crate::kafka::codec::{Malformed, Reader, Writer};
use crate::socket::Endpoint;

/// How long a broker waits for the other replicas, ms.
const REPLICAS_TIME_MAX_MS: i32 = 15_000;
/// Most partitions of a topic.
const PARTITIONS_MAX: usize = 100_000;

/// Asks for one topic, and that it is not made if it is missing.
pub(super) fn metadata(topic: &str) -> Vec<u8> {
    Writer::default().count(1).text(topic).bool(false).done()
}

/// Asks for an id, without transactions.
pub(super) fn init_producer_id(version: i16) -> Vec<u8> {
    let mut out = Writer::default();
    if version < 2 {
        return out.no_text().i32(REPLICAS_TIME_MAX_MS).done();
    }
    out.no_compact_text().i32(REPLICAS_TIME_MAX_MS);
    if version >= 3 {
        // We had no id before.
        out.i64(-1).i16(-1);
    }
    out.no_tags().done()
}

/// A record batch for one partition, to be acknowledged by all replicas that are in sync.
pub(super) fn produce(topic: &str, partition: usize, records: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    out.no_text().i16(-1).i32(REPLICAS_TIME_MAX_MS);
    out.count(1).text(topic).count(1).count(partition).bytes(records);
    out.done()
}

/// The code, the id and the epoch.
pub(super) fn producer_id(answer: &[u8]) -> Result<(i16, i64, i16), Malformed> {
    let mut reader = Reader(answer);
    reader.i32()?;
    Ok((reader.i16()?, reader.i64()?, reader.i16()?))
}

/// What became of a record batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Produced {
    pub(super) code: i16,
    pub(super) base_offset: i64,
    /// Places of records that are the reason, and why.
    pub(super) faults: Vec<(usize, String)>,
    pub(super) message: String,
}

/// Reads an answer that is about one partition of one topic.
pub(super) fn produced(answer: &[u8], version: i16) -> Result<Produced, Malformed> {
    let mut topics = Reader(answer).each(|topic| {
        topic.text()?;
        topic.each(|partition| {
            partition.i32()?;
            let (code, base_offset) = (partition.i16()?, partition.i64()?);
            partition.i64()?;
            if version >= 5 {
                partition.i64()?;
            }
            let (mut faults, mut message) = (Vec::new(), String::new());
            if version >= 8 {
                let fault = |fault: &mut Reader<'_>| Ok((fault.i32()? as usize, fault.text()?));
                faults = partition.each(fault)?;
                message = partition.text()?;
            }
            Ok(Produced { code, base_offset, faults, message })
        })
    })?;
    topics.pop().and_then(|mut partitions| partitions.pop()).ok_or(Malformed)
}

/// What a broker says of the one topic that it was asked for.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) code: i16,
    brokers: HashMap<i32, (String, i32)>,
    /// The number of each partition and its leader.
    partitions: Vec<(i32, i32)>,
}

impl Metadata {
    pub(super) fn read(answer: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(answer);
        reader.i32()?;
        let brokers = reader.each(|broker| {
            let (id, host, port) = (broker.i32()?, broker.text()?, broker.i32()?);
            broker.text()?;
            Ok((id, (host, port)))
        })?;
        reader.text()?;
        reader.i32()?;
        let mut topics = reader.each(|topic| {
            let code = topic.i16()?;
            topic.text()?;
            topic.bool()?;
            let partitions = topic.each(|partition| {
                partition.i16()?;
                let place = (partition.i32()?, partition.i32()?);
                partition.each(Reader::i32)?;
                partition.each(Reader::i32)?;
                Ok(place)
            })?;
            Ok((code, partitions))
        })?;
        let (code, partitions) = topics.pop().ok_or(Malformed)?;
        Ok(Self { code, brokers: brokers.into_iter().collect(), partitions })
    }

    /// Where the leader of each partition is.
    ///
    /// # Errors
    /// In words, if a broker's address cannot be one.
    pub(super) fn leaders(&self) -> Result<Vec<Option<Endpoint>>, String> {
        let count =
            self.partitions.iter().map(|(index, _)| usize::try_from(*index).unwrap_or_default() + 1).max();
        let mut leaders = vec![None; count.unwrap_or_default().min(PARTITIONS_MAX)];
        for (index, leader) in &self.partitions {
            let Some((host, port)) = self.brokers.get(leader) else { continue };
            let endpoint = Endpoint::parse(&format!("[{host}]:{port}"), 0);
            let endpoint =
                endpoint.ok_or_else(|| format!("a broker advertises {host}:{port}, which is no address"))?;
            if let Some(place) = usize::try_from(*index).ok().and_then(|index| leaders.get_mut(index)) {
                *place = Some(endpoint);
            }
        }
        Ok(leaders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_every_version() {
        for version in 3..=8 {
            let mut out = Writer::default();
            out.count(1).text("audit").count(1).i32(0).i16(87).i64(-1).i64(-1);
            if version >= 5 {
                out.i64(0);
            }
            if version >= 8 {
                out.count(1).i32(2).text("no").text("all of it");
            }
            let produced = produced(&out.i32(0).done(), version).unwrap();
            assert_eq!(produced.code, 87, "{version}");
            assert_eq!(produced.faults.len(), usize::from(version >= 8));
        }
    }

    #[test]
    fn partitions_are_found_where_brokers_advertise_themselves() {
        let mut out = Writer::default();
        out.i32(0).count(2).i32(1).text("kafka-1.example.com").i32(9093).no_text();
        out.i32(2).text("fd12::2").i32(9094).text("rack").text("cluster").i32(1);
        out.count(1).i16(0).text("audit").bool(false).count(3);
        for (index, leader) in [(2, 1), (0, 2), (1, -1)] {
            out.i16(0).i32(index).i32(leader).count(1).i32(leader).count(0);
        }
        let metadata = Metadata::read(&out.done()).unwrap();
        let leaders = metadata.leaders().unwrap();
        let shown: Vec<String> =
            leaders.iter().map(|leader| format!("{:?}", leader.as_ref().map(ToString::to_string))).collect();
        assert_eq!(shown, ["Some(\"[fd12::2]:9094\")", "None", "Some(\"kafka-1.example.com:9093\")"]);
    }
}
