//! A trial: one made-up event is sent, and what the other side says to it is shown.

use std::time::Duration;

use serde_json::{Value, json};
use tallystick_catalog::StreamId;
use tallystick_destination::{Batch, BatchId, Destination, Kind, Media, Outcome, Record};
use tallystick_event::{EventId, OrgId, format_ms};
use tallystick_format::{FormatName, Place, render};

use super::{admin::StreamDraft, error::StreamsError, piece::outcome_name, runner::Streams};

/// The action of the made-up event.
pub const TEST_ACTION: &str = "audit.stream.test";
/// Whose event it is when the stream is over all organizations.
const NOBODY: &str = "test";

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestAnswer {
    /// It has arrived.
    pub ok: bool,
    /// See [`tallystick_catalog::TriedBatch::outcome`].
    pub outcome: &'static str,
    /// The status of HTTP, or the code of the protocol.
    pub status: Option<u16>,
    /// How long it took, ms.
    pub took_ms: i64,
    /// What the other side said, without secrets.
    pub response: String,
    /// What that means, in a sentence.
    pub meaning: &'static str,
    /// Bytes that were sent.
    pub sent_bytes: u64,
}

impl Streams {
    /// Sends a made-up event to where a stream sends.
    pub async fn test(&self, id: &StreamId) -> Result<TestAnswer, StreamsError> {
        let stream = self.catalog().stream(id).await?;
        let (plan, destination) = self.destination(&stream)?;
        let batch = self.made_up(stream.org.as_ref(), id.as_str(), &stream.name, plan.format)?;
        Ok(self.exchange(&*destination, batch).await)
    }

    /// The same for a stream that is not saved. Secrets that it lacks are those of the stream `like`, which has to be
    /// of the same organization: the caller has seen to it that it may be changed.
    pub async fn test_draft(
        &self,
        draft: &StreamDraft,
        like: Option<&StreamId>,
    ) -> Result<TestAnswer, StreamsError> {
        let mut kept = None;
        if let Some(like) = like {
            let stream = self.catalog().stream(like).await?;
            if stream.kind == draft.kind && stream.org == draft.org {
                kept = Some(self.opened(&stream)?);
            }
        }
        let id = like.map_or("stream_draft", StreamId::as_str);
        let checked = self.check(draft, kept.as_ref(), id)?;
        let kind: &Kind = checked.kind;
        let destination = (kind.open)(&checked.settings, &self.surroundings(id))?;
        let format = super::plan::format_for(kind, &checked.format)?;
        let batch = self.made_up(draft.org.as_ref(), id, &draft.name, format)?;
        Ok(self.exchange(&*destination, batch).await)
    }

    async fn exchange(&self, destination: &dyn Destination, batch: Batch) -> TestAnswer {
        let clock = self.engine.clock();
        let started_ms = clock.now_ms();
        let most = tallystick_destination::limits::CALL_TIME_MAX + Duration::from_secs(5);
        let answer = match tokio::time::timeout(most, destination.send(&batch)).await {
            Ok(answer) => answer,
            Err(_) => tallystick_destination::Answer {
                detail: "there was no answer in time".to_owned(),
                ..tallystick_destination::Answer::plain(Outcome::Retry { after: None })
            },
        };
        TestAnswer {
            ok: answer.outcome == Outcome::Delivered,
            outcome: outcome_name(&answer.outcome),
            status: answer.status,
            took_ms: (clock.now_ms() - started_ms).max(0),
            response: answer.detail,
            meaning: meaning(&answer.outcome),
            sent_bytes: answer.sent_bytes,
        }
    }

    /// A batch of one event that is in no log, and says so.
    fn made_up(
        &self,
        org: Option<&OrgId>,
        stream: &str,
        name: &str,
        format: FormatName,
    ) -> Result<Batch, StreamsError> {
        let now_ms = self.engine.clock().now_ms();
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let event_id = EventId::derive(now_ms, &salt).to_string();
        let whose = org.map_or(NOBODY, OrgId::as_str);
        let log = format!("{whose}/test");
        let event = test_event(&event_id, whose, stream, name, now_ms);
        let place = Place {
            org: whose,
            org_name: None,
            log: &log,
            seq: 0,
            event_id: &event_id,
            leaf_hash: &[0; 32],
            received_ms: now_ms,
            product: &self.options.product,
            version: &self.options.version,
        };
        let rendered = |format| {
            let mut bytes = Vec::new();
            let done = render(format, &event, &place, &mut bytes);
            done.map_err(|error| StreamsError::invalid("format", error.to_string()))?;
            Ok::<_, StreamsError>(bytes::Bytes::from(bytes))
        };
        let (bytes, native) = (rendered(format)?, rendered(FormatName::Native)?);
        let record = Record {
            seq: 0,
            event_id: event_id.clone(),
            leaf_hash: [0; 32],
            occurred_ms: now_ms,
            received_ms: now_ms,
            action: TEST_ACTION.to_owned(),
            is_failure: false,
            bytes,
            native,
        };
        let media = match format.media() {
            tallystick_format::Media::Json => Media::Json,
            tallystick_format::Media::Line => Media::Line,
        };
        Ok(Batch {
            id: BatchId::of(stream, &log, 0, 0, &event_id),
            stream: stream.to_owned(),
            org: whose.to_owned(),
            log,
            first_seq: 0,
            last_seq: 0,
            media,
            records: vec![record],
            now_ms,
        })
    }
}

fn test_event(event_id: &str, org: &str, stream: &str, name: &str, now_ms: i64) -> Value {
    let now = format_ms(now_ms);
    json!({
        "id": event_id, "seq": 0, "org": org, "action": TEST_ACTION, "occurred_at": now, "received_at": now,
        "version": 1, "actor": { "type": "system", "id": "tallystick", "name": "Tallystick" },
        "targets": [{ "type": "audit_stream", "id": stream, "name": name }], "context": {}, "outcome": "success",
        "metadata": { "test": true, "note": "This event is in no log. It was made up to try a stream." },
    })
}

fn meaning(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "The other side has taken the event.",
        Outcome::Partial { .. } => "The other side has taken the request and not the event.",
        Outcome::Retry { .. } => "It fails at present and may work later: a stream would try again.",
        Outcome::Split => "The other side says that one event is too large.",
        Outcome::Misconfigured => {
            "Somebody has to mend it here or there: the address, credentials, permissions, or what has to exist first."
        }
        Outcome::Refused => {
            "The other side cannot read the event: look at the format, and at what it expects."
        }
        Outcome::Gone => "The other side wants nothing any more, for good.",
    }
}
