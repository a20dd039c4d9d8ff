//! The bytes of one commit-log record: a batch of sequenced events (docs/formats/batch.md).
//!
//! The encoder, its decoder and their round-trip test share this file so that they cannot drift apart.

use std::collections::BTreeMap;

use tallystick_event::{EventId, LeafKind, LogId, OrgId, Outcome, Prepared, Units, terms::Terms};
use tallystick_segment::TailEvent;

use crate::error::BatchError;

/// Version of the batch format; the first byte of every payload.
pub(crate) const VERSION: u8 = 2;
/// The version before: without the kind of the leaf, which was always that of an event.
const VERSION_WITHOUT_KIND: u8 = 1;

/// One event with its place in its organization's log: what the commit log keeps and the tail takes in.
#[derive(Debug, Clone)]
pub(crate) struct Sequenced {
    /// The organization whose log the event is in.
    pub(crate) org: OrgId,
    /// That log's id, part of the leaf.
    pub(crate) log: LogId,
    /// Index of the event's leaf in that log.
    pub(crate) seq: u64,
    /// Unix milliseconds, never smaller than that of `seq - 1`.
    pub(crate) received_ms: i64,
    /// Everything that was decided before sequencing.
    pub(crate) event: Prepared,
}

impl Sequenced {
    /// As the tail takes it in. A replayed event has no terms yet; the tail extracts them.
    pub(crate) fn for_tail(&self) -> TailEvent<'_> {
        let event = &self.event;
        TailEvent {
            org: &self.org,
            log: self.log,
            seq: self.seq,
            received_ms: self.received_ms,
            occurred_us: event.occurred_us,
            id: event.id,
            salt: event.salt,
            units_root: event.units_root,
            outcome: event.outcome,
            leaf_form: event.leaf_form(),
            units: &event.units,
            terms: Some(&event.terms).filter(|terms| !terms.is_empty()),
        }
    }
}

/// Appends the encoding of `events` to `out`.
pub(crate) fn encode(events: &[Sequenced], out: &mut Vec<u8>) {
    out.push(VERSION);
    let orgs = distinct_orgs(events);
    put_varint(out, orgs.len() as u64);
    for (org, log) in &orgs {
        put_varint(out, org.as_str().len() as u64);
        out.extend_from_slice(org.as_str().as_bytes());
        out.extend_from_slice(&log.0);
    }
    put_varint(out, events.len() as u64);
    for sequenced in events {
        let index = orgs.iter().position(|(org, _)| *org == sequenced.org).expect("listed above");
        encode_event(index as u64, sequenced, out);
    }
}

fn distinct_orgs(events: &[Sequenced]) -> Vec<(OrgId, LogId)> {
    let mut orgs: Vec<(OrgId, LogId)> = Vec::new();
    for event in events {
        // Batches touch few organizations and mostly in runs, so the newest entries are tried first.
        if !orgs.iter().rev().any(|(org, _)| *org == event.org) {
            orgs.push((event.org.clone(), event.log));
        }
    }
    orgs
}

fn encode_event(org_index: u64, sequenced: &Sequenced, out: &mut Vec<u8>) {
    let event = &sequenced.event;
    put_varint(out, org_index);
    put_varint(out, sequenced.seq);
    out.extend_from_slice(&sequenced.received_ms.to_le_bytes());
    out.extend_from_slice(&event.occurred_us.to_le_bytes());
    out.push(event.outcome as u8);
    out.push(event.kind as u8);
    out.extend_from_slice(&event.id.0);
    out.extend_from_slice(&event.salt);
    out.extend_from_slice(&event.units_root);
    match &event.idempotency_key {
        None => put_varint(out, 0),
        Some(key) => {
            put_varint(out, key.len() as u64 + 1);
            out.extend_from_slice(key.as_bytes());
        }
    }
    event.units.encode(out);
}

/// How many events a payload adds to the log of each organization, for those who look at a commit log from outside.
///
/// # Errors
/// If it is no batch.
pub fn events_by_org(payload: &[u8]) -> Result<BTreeMap<OrgId, u64>, BatchError> {
    let mut counts = BTreeMap::new();
    for event in decode(payload)? {
        *counts.entry(event.org).or_default() += 1;
    }
    Ok(counts)
}

/// Reads a payload back. Terms are not in it: they are derived from the units.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<Sequenced>, BatchError> {
    let mut reader = Reader { rest: payload, total: payload.len() };
    let version = reader.byte()?;
    if version != VERSION && version != VERSION_WITHOUT_KIND {
        return Err(BatchError::UnknownVersion { found: version });
    }
    let org_count = reader.varint()?;
    let mut orgs = Vec::new();
    for _ in 0..org_count {
        let length = reader.varint()? as usize;
        let at = reader.offset();
        let text =
            std::str::from_utf8(reader.bytes(length)?).map_err(|_| malformed("organization id", at))?;
        let org = text.parse::<OrgId>().map_err(|_| malformed("organization id", at))?;
        orgs.push((org, LogId(reader.array()?)));
    }
    let count = reader.varint()?;
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(decode_event(&mut reader, &orgs, version)?);
    }
    if !reader.rest.is_empty() {
        return Err(malformed("end of batch", reader.offset()));
    }
    Ok(events)
}

fn decode_event(
    reader: &mut Reader<'_>,
    orgs: &[(OrgId, LogId)],
    version: u8,
) -> Result<Sequenced, BatchError> {
    let at = reader.offset();
    let (org, log) =
        orgs.get(reader.varint()? as usize).ok_or_else(|| malformed("organization index", at))?;
    let seq = reader.varint()?;
    let received_ms = i64::from_le_bytes(reader.array()?);
    let occurred_us = i64::from_le_bytes(reader.array()?);
    let at = reader.offset();
    let outcome = Outcome::from_u8(reader.byte()?).ok_or_else(|| malformed("outcome", at))?;
    let at = reader.offset();
    let kind = match version {
        VERSION_WITHOUT_KIND => LeafKind::Event,
        _ => LeafKind::from_u8(reader.byte()?).ok_or_else(|| malformed("kind", at))?,
    };
    let id = EventId(reader.array()?);
    let salt = reader.array()?;
    let units_root = reader.array()?;
    let at = reader.offset();
    let idempotency_key = match reader.varint()? {
        0 => None,
        length => {
            let bytes = reader.bytes(length as usize - 1)?;
            Some(std::str::from_utf8(bytes).map_err(|_| malformed("idempotency key", at))?.into())
        }
    };
    let at = reader.offset();
    let (units, used) = Units::decode(reader.rest).map_err(|_| malformed("units", at))?;
    reader.bytes(used)?;
    let event = Prepared {
        org: org.clone(),
        id,
        salt,
        occurred_us,
        outcome,
        units,
        units_root,
        kind,
        idempotency_key,
        terms: Terms::default(),
    };
    Ok(Sequenced { org: org.clone(), log: *log, seq, received_ms, event })
}

fn malformed(what: &'static str, offset: usize) -> BatchError {
    BatchError::Malformed { what, offset }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    fn offset(&self) -> usize {
        self.total - self.rest.len()
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], BatchError> {
        let (head, tail) =
            self.rest.split_at_checked(length).ok_or_else(|| malformed("length", self.offset()))?;
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BatchError> {
        let bytes = self.bytes(N)?;
        Ok(bytes.try_into().expect("exactly N bytes were taken"))
    }

    fn byte(&mut self) -> Result<u8, BatchError> {
        Ok(self.bytes(1)?[0])
    }

    fn varint(&mut self) -> Result<u64, BatchError> {
        let at = self.offset();
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(malformed("varint", at))
    }
}

#[cfg(test)]
mod tests {
    use tallystick_event::Unit;

    use super::*;

    fn sequenced(kind: LeafKind, seq: u64) -> Sequenced {
        let units =
            Units::from_parts([Some(br#"{"id":"u_1","type":"user"}"#), None, None, Some(b"{}"), None, None]);
        let event = Prepared {
            org: "acme".parse().unwrap(),
            id: EventId([7; 16]),
            salt: [8; 16],
            occurred_us: -5,
            outcome: Outcome::Denied,
            units,
            units_root: [9; 32],
            kind,
            idempotency_key: (seq == 0).then(|| "k".into()),
            terms: Terms::default(),
        };
        Sequenced { org: event.org.clone(), log: LogId([1; 16]), seq, received_ms: 1_000, event }
    }

    #[test]
    fn a_batch_comes_back() {
        let events = [sequenced(LeafKind::Event, 0), sequenced(LeafKind::KeyChange, 1)];
        let mut payload = Vec::new();
        encode(&events, &mut payload);
        let read = decode(&payload).unwrap();
        assert_eq!(format!("{read:?}"), format!("{events:?}"));
        for end in 0..payload.len() {
            assert!(decode(&payload[..end]).is_err(), "cut at {end}");
        }
        assert_eq!(decode(&[3]).unwrap_err(), BatchError::UnknownVersion { found: 3 });
    }

    #[test]
    fn version_1_has_no_kind() {
        let event = sequenced(LeafKind::Event, 3);
        let mut payload = Vec::new();
        encode(std::slice::from_ref(&event), &mut payload);
        // Version, one organization, one event, its organization, seq, two times, outcome.
        let kind_at = 1 + 1 + 1 + 4 + 16 + 1 + 1 + 1 + 8 + 8 + 1;
        assert_eq!(payload.remove(kind_at), LeafKind::Event as u8);
        payload[0] = VERSION_WITHOUT_KIND;
        let read = decode(&payload).unwrap();
        assert_eq!(format!("{:?}", read[0]), format!("{event:?}"));
        assert!(read[0].event.units.get(Unit::Actor).is_some());
    }
}
