//! Events as Datadog's logs: standard attributes, for which there are facets already, and the whole event beside them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Batch, Media, Record, Settings};

/// What Datadog takes for the time of a log: it drops what is older than 18 hours. Less, because the call takes time,
/// and clocks differ.
const AGE_MS_MAX: i64 = (17 * 60 + 30) * 60 * 1000;

/// What all events of a stream are marked with.
pub(super) struct Marks {
    service: String,
    source: String,
    tags: String,
}

impl Marks {
    pub(super) fn of(settings: &Settings) -> Self {
        let text = |name: &str| settings.text(name).unwrap_or_default().to_owned();
        let tags = text("tags");
        let tags: Vec<&str> = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
        Self { service: text("service"), source: text("source"), tags: tags.join(",") }
    }
}

/// What is read of an event for the standard attributes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Known {
    actor: Actor,
    context: Context,
    outcome: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Actor {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Context {
    ip: Option<String>,
    user_agent: Option<String>,
}

#[derive(Serialize)]
struct Item<'a> {
    ddsource: &'a str,
    ddtags: &'a str,
    service: &'a str,
    /// What is read in a list of logs.
    message: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<i64>,
    occurred_at: String,
    /// The time in the list is not the event's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
    event_id: &'a str,
    organization_id: &'a str,
    seq: u64,
    evt: Evt<'a>,
    #[serde(skip_serializing_if = "Usr::is_empty")]
    usr: Usr<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Evt<'a> {
    name: &'a str,
    outcome: &'a str,
}

#[derive(Serialize)]
struct Usr<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

impl Usr<'_> {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.email.is_none()
    }
}

#[derive(Serialize)]
struct Network<'a> {
    client: Client<'a>,
}

#[derive(Serialize)]
struct Client<'a> {
    ip: &'a str,
}

#[derive(Serialize)]
struct Http<'a> {
    useragent: &'a str,
}

/// A JSON array of all events that are not too long, and the places in the batch of those that are.
pub(super) fn body(marks: &Marks, batch: &Batch, item_bytes_max: usize) -> (Vec<u8>, Vec<usize>) {
    let org_tag = format!("org:{}", batch.org);
    let tags = if marks.tags.is_empty() { org_tag } else { format!("{org_tag},{}", marks.tags) };
    // What is put around an event, roughly.
    let mut out = Vec::with_capacity(batch.byte_count() + 700 * batch.records.len());
    let mut too_long = Vec::new();
    out.push(b'[');
    for (index, record) in batch.records.iter().enumerate() {
        let begin = out.len();
        if begin > 1 {
            out.push(b',');
        }
        write(&mut out, marks, &tags, batch, record);
        if out.len() - begin > item_bytes_max {
            out.truncate(begin);
            too_long.push(index);
        }
    }
    out.push(b']');
    (out, too_long)
}

fn write(out: &mut Vec<u8>, marks: &Marks, tags: &str, batch: &Batch, record: &Record) {
    let known: Known = serde_json::from_slice(&record.native).unwrap_or_default();
    let text = String::from_utf8_lossy(&record.bytes);
    let audit = match batch.media {
        Media::Json => RawValue::from_string(text.clone().into_owned()).ok(),
        Media::Line => None,
    };
    let late = batch.now_ms.saturating_sub(record.occurred_ms) > AGE_MS_MAX;
    let outcome = known.outcome.as_deref().unwrap_or("unknown");
    let who = known.actor.name.as_deref().or(known.actor.id.as_deref());
    let item = Item {
        ddsource: &marks.source,
        ddtags: tags,
        service: &marks.service,
        message: match (&audit, who) {
            (None, _) => text.clone().into_owned(),
            (Some(_), Some(who)) => format!("{} by {who}: {outcome}", record.action),
            (Some(_), None) => format!("{}: {outcome}", record.action),
        },
        status: if record.is_failure { "warn" } else { "info" },
        timestamp: (!late).then_some(record.occurred_ms),
        occurred_at: jiff::Timestamp::from_millisecond(record.occurred_ms).unwrap_or_default().to_string(),
        late,
        event_id: &record.event_id,
        organization_id: &batch.org,
        seq: record.seq,
        evt: Evt { name: &record.action, outcome },
        usr: Usr {
            id: known.actor.id.as_deref(),
            name: known.actor.name.as_deref(),
            email: known.actor.email.as_deref(),
        },
        network: known.context.ip.as_deref().map(|ip| Network { client: Client { ip } }),
        http: known.context.user_agent.as_deref().map(|useragent| Http { useragent }),
        audit,
    };
    serde_json::to_writer(out, &item).expect("memory takes everything");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::batch::tests::{HAPPENED_MS, batch};

    fn marks() -> Marks {
        Marks {
            service: "tallystick".to_owned(),
            source: "tallystick".to_owned(),
            tags: "env:prod".to_owned(),
        }
    }

    fn items(batch: &Batch, bytes_max: usize) -> (Vec<Value>, Vec<usize>) {
        let (body, too_long) = body(&marks(), batch, bytes_max);
        (serde_json::from_slice(&body).unwrap(), too_long)
    }

    #[test]
    fn an_event_has_standard_attributes_and_is_there_whole() {
        let event = json!({
            "action": "user.created", "outcome": "success", "actor": { "id": "u_1", "name": "Zoë", "email": "z@a.b" },
            "context": { "ip": "203.0.113.9", "user_agent": "curl/8" },
        });
        let (items, _) = items(&batch(&[&event.to_string()]), 1_000_000);
        let expected = json!({
            "ddsource": "tallystick", "ddtags": "org:acme,env:prod", "service": "tallystick",
            "message": "user.created by Zoë: success", "status": "info", "timestamp": HAPPENED_MS,
            "occurred_at": "2026-11-22T00:00:00Z", "event_id": "evt_0000000000000000000000000000000a",
            "organization_id": "acme", "seq": 10, "evt": { "name": "user.created", "outcome": "success" },
            "usr": { "id": "u_1", "name": "Zoë", "email": "z@a.b" },
            "network": { "client": { "ip": "203.0.113.9" } }, "http": { "useragent": "curl/8" }, "audit": event,
        });
        assert_eq!(items, [expected]);
    }

    #[test]
    fn what_is_old_keeps_its_time_in_an_attribute() {
        let batch = Batch { now_ms: HAPPENED_MS + AGE_MS_MAX + 1, ..batch(&["{}"]) };
        let (items, _) = items(&batch, 1_000_000);
        assert_eq!(items[0].get("timestamp"), None);
        assert_eq!(
            (&items[0]["late"], &items[0]["occurred_at"]),
            (&json!(true), &json!("2026-11-22T00:00:00Z"))
        );
    }

    #[test]
    fn what_is_too_long_is_left_out_wherever_it_stands() {
        let long = format!("\"{}\"", "x".repeat(2000));
        for texts in [[long.as_str(), "{}", "{}"], ["{}", &long, "{}"], ["{}", "{}", &long]] {
            let (items, too_long) = items(&batch(&texts), 1500);
            let place = texts.iter().position(|text| *text == long).unwrap();
            assert_eq!((items.len(), too_long), (2, vec![place]));
        }
        assert_eq!(items(&batch(&[&long]), 1500), (vec![], vec![0]));
    }

    #[test]
    fn a_line_of_text_is_the_message() {
        let (items, _) = items(&Batch { media: Media::Line, ..batch(&["CEF:0|a"]) }, 1_000_000);
        assert_eq!(items[0]["message"], "CEF:0|a");
        assert_eq!(items[0].get("audit"), None);
    }
}
