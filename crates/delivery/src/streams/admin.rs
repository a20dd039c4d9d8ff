//! What people do with streams: make, change, hold, move and delete them, and have dead letters sent again.

use std::sync::Arc;

use serde_json::{Map, Value};
use tallystick_catalog::{Changed, NewStream, Replay, Stream, StreamChange, StreamId};
use tallystick_destination::{BadSettings, Field, FieldKind, Kind, Settings};
use tallystick_event::OrgId;

use super::{
    error::StreamsError,
    mask::Mask,
    plan::{best_format, check_query, format_for, settings_of},
    runner::Streams,
    start::Start,
};

/// Settings that say where secrets are sent to, besides those that are URLs.
const ADDRESSES: &[&str] =
    &["host", "address", "addresses", "server", "servers", "brokers", "endpoint", "account"];

/// What a stream is to be.
#[derive(Clone)]
pub struct StreamDraft {
    /// Whose events; none: those of every organization.
    pub org: Option<OrgId>,
    /// For people.
    pub name: String,
    /// The kind of its destination.
    pub kind: String,
    /// Values for the fields of the kind.
    pub settings: Map<String, Value>,
    /// Name of a format; none: the best for the kind.
    pub format: Option<String>,
    /// Which events; empty: all.
    pub query: String,
    /// What of them is masked.
    pub mask: Mask,
    /// Where each log begins.
    pub start: Start,
    /// It begins paused.
    pub is_paused: bool,
    /// The id of a person or a key, or `root`.
    pub created_by: String,
    /// Their name.
    pub created_by_name: String,
}

/// What of a stream is to become different; none: it stays.
#[derive(Clone, Default)]
pub struct StreamPatch {
    /// See [`StreamDraft`].
    pub name: Option<String>,
    /// All settings anew. A secret that is not among them, or is `true`, stays as it is; one that is null goes.
    pub settings: Option<Map<String, Value>>,
    /// See [`StreamDraft`].
    pub format: Option<String>,
    /// See [`StreamDraft`].
    pub query: Option<String>,
    /// See [`StreamDraft`].
    pub mask: Option<Mask>,
    /// The version that the caller has seen; none: whatever it is.
    pub seen_version: Option<u64>,
}

/// Without the settings, which hold secrets.
impl std::fmt::Debug for StreamDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("StreamDraft");
        shown
            .field("org", &self.org)
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Without the settings, which hold secrets.
impl std::fmt::Debug for StreamPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamPatch").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How a stream was moved in one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewound {
    /// Whose log.
    pub org: OrgId,
    /// What came next before.
    pub from_seq: u64,
    /// What comes next now.
    pub to_seq: u64,
}

/// A draft whose parts were checked.
pub(crate) struct Checked {
    pub(crate) kind: &'static Kind,
    pub(crate) settings: Settings,
    pub(crate) format: String,
}

impl Streams {
    /// Makes a stream, which begins at once.
    pub async fn create(&self, draft: StreamDraft) -> Result<Stream, StreamsError> {
        let id = self.catalog().new_stream_id();
        let checked = self.check(&draft, None, id.as_str())?;
        if draft.org.is_none() && matches!(draft.start, Start::Seq(_)) {
            return Err(StreamsError::invalid(
                "start_from",
                "a seq is a place in the log of one organization",
            ));
        }
        let orgs = draft.org.clone().map_or_else(|| self.engine.orgs(), |org| vec![org]);
        let cursors = self.places(orgs, draft.start, "start_from").await?;
        let (sealed, shown) = self.sealed(&id, &checked.settings);
        let new = NewStream {
            id,
            org: draft.org,
            name: draft.name,
            kind: draft.kind,
            format: checked.format,
            query: draft.query,
            mask: draft.mask.to_text(),
            settings_sealed: sealed,
            settings_shown: shown,
            start: draft.start.to_string(),
            is_paused: draft.is_paused,
            created_by: draft.created_by,
            created_by_name: draft.created_by_name,
            cursors,
        };
        let made = self.catalog().create_stream(new).await?;
        self.changed();
        Ok(made)
    }

    /// Checks all parts of a draft. Secrets that it lacks are those of `kept`.
    pub(crate) fn check(
        &self,
        draft: &StreamDraft,
        kept: Option<&Settings>,
        id: &str,
    ) -> Result<Checked, StreamsError> {
        let kind = self.kind(&draft.kind)?;
        let format = draft.format.clone().unwrap_or_else(|| best_format(kind).to_owned());
        format_for(kind, &format)?;
        check_query(&draft.query)?;
        draft.mask.check().map_err(|error| StreamsError::invalid("mask", error.to_string()))?;
        let settings = self.settings(kind, draft.settings.clone(), kept, (id, draft.org.as_ref()))?;
        Ok(Checked { kind, settings, format })
    }

    /// Settings that a destination takes.
    fn settings(
        &self,
        kind: &'static Kind,
        given: Map<String, Value>,
        kept: Option<&Settings>,
        (id, org): (&str, Option<&OrgId>),
    ) -> Result<Settings, StreamsError> {
        let settings = Settings::new(kind.fields, merged(kind.fields, given, kept)?)?;
        (kind.open)(&settings, &self.surroundings(id, org))?;
        Ok(settings)
    }

    /// Settings for the catalog: sealed, and what of them is shown.
    fn sealed(&self, id: &StreamId, settings: &Settings) -> (Vec<u8>, String) {
        let text = Value::Object(settings.values().clone()).to_string();
        let sealed = self.seals.seal(id.as_str(), text.as_bytes());
        (sealed, Value::Object(settings.shown()).to_string())
    }

    /// The settings of a stream, with secrets.
    pub(crate) fn opened(&self, stream: &Stream) -> Result<Settings, StreamsError> {
        let kind = self.kind(&stream.kind)?;
        let opened =
            self.seals.open(stream.id.as_str(), &stream.settings_sealed).ok_or(StreamsError::Sealed)?;
        settings_of(kind, &opened)
    }

    /// Changes a stream. What failed before counts no more: it is tried at once.
    pub async fn update(&self, id: &StreamId, patch: StreamPatch) -> Result<Changed<Stream>, StreamsError> {
        let stream = self.catalog().stream(id).await?;
        let kind = self.kind(&stream.kind)?;
        let mut change = StreamChange { name: patch.name, ..StreamChange::default() };
        if let Some(format) = patch.format {
            format_for(kind, &format)?;
            change.format = Some(format);
        }
        if let Some(query) = patch.query {
            check_query(&query)?;
            change.query = Some(query);
        }
        if let Some(mask) = patch.mask {
            mask.check().map_err(|error| StreamsError::invalid("mask", error.to_string()))?;
            change.mask = Some(mask.to_text());
        }
        let mut seen = patch.seen_version;
        if let Some(given) = patch.settings {
            // Settings that cannot be opened any more are entered anew.
            let kept = self.opened(&stream).ok();
            let settings = self.settings(kind, given, kept.as_ref(), (id.as_str(), stream.org.as_ref()))?;
            if kept.as_ref() != Some(&settings) {
                change.settings = Some(self.sealed(id, &settings));
                // Secrets that are kept are those of the version that was read here.
                seen = seen.or(Some(stream.version));
            }
        }
        let changed = self.catalog().update_stream(id, seen, change).await?;
        self.changed();
        Ok(changed)
    }

    /// Has a stream send nothing until it is resumed.
    pub async fn pause(&self, id: &StreamId) -> Result<Changed<Stream>, StreamsError> {
        let changed = self.catalog().pause_stream(id).await?;
        self.changed();
        Ok(changed)
    }

    /// Has a stream send now: one that is paused or inactive goes on, one that waits after a failure waits no more.
    pub async fn resume(&self, id: &StreamId) -> Result<Changed<Stream>, StreamsError> {
        let changed = self.catalog().resume_stream(id).await?;
        self.changed();
        Ok(changed)
    }

    /// Has a stream go on at another place, in one log or in all of its logs. What it leaves out is a noted gap.
    pub async fn rewind(
        &self,
        id: &StreamId,
        to: Start,
        org: Option<&OrgId>,
    ) -> Result<(Changed<Stream>, Vec<Rewound>), StreamsError> {
        let stream = self.catalog().stream(id).await?;
        let orgs = match (&stream.org, org) {
            (Some(own), Some(org)) if own != org => {
                return Err(StreamsError::invalid("organization_id", format!("the stream is one of {own}")));
            }
            (Some(own), _) => vec![own.clone()],
            (None, Some(org)) => vec![org.clone()],
            (None, None) if matches!(to, Start::Seq(_)) => {
                return Err(StreamsError::invalid(
                    "to",
                    "a seq is a place in the log of one organization: name it",
                ));
            }
            (None, None) => self.engine.orgs(),
        };
        let places = self.places(orgs, to, "to").await?;
        let (changed, were) = self.catalog().rewind_stream(id, &places).await?;
        self.progress.forget(id);
        self.changed();
        let rewound = were.into_iter().zip(places);
        let rewound = rewound.map(|((org, from_seq), (_, to_seq))| Rewound { org, from_seq, to_seq });
        Ok((changed, rewound.collect()))
    }

    /// Deletes a stream with all that is known of it.
    pub async fn delete(&self, id: &StreamId) -> Result<Stream, StreamsError> {
        let deleted = self.catalog().delete_stream(id).await?;
        self.changed();
        Ok(deleted)
    }

    /// Has dead letters sent again as soon as the stream sends: how many.
    pub async fn replay(&self, id: &StreamId, which: Replay<'_>) -> Result<u64, StreamsError> {
        let count = self.catalog().replay_dead_letters(id, which).await?;
        self.wants_replay(id);
        self.progress.changed();
        Ok(count)
    }

    /// Where logs begin from a place on.
    async fn places(
        &self,
        orgs: Vec<OrgId>,
        start: Start,
        what: &'static str,
    ) -> Result<Vec<(OrgId, u64)>, StreamsError> {
        let engine = Arc::clone(&self.engine);
        let find = move || -> Result<Vec<(OrgId, u64)>, StreamsError> {
            let mut places = Vec::with_capacity(orgs.len());
            for org in orgs {
                let size = engine.log_size(&org)?;
                if let Start::Seq(seq) = start
                    && seq > size
                {
                    let why = format!("the log of {org} has {size} events, so there is no seq {seq}");
                    return Err(StreamsError::invalid(what, why));
                }
                let seq = start.seq(&engine, &org)?;
                places.push((org, seq));
            }
            Ok(places)
        };
        let broken = |_| Err(StreamsError::invalid(what, "the place cannot be looked for"));
        tokio::task::spawn_blocking(find).await.unwrap_or_else(broken)
    }
}

/// Settings with the secrets that they lack.
pub(crate) fn merged(
    fields: &[Field],
    mut given: Map<String, Value>,
    kept: Option<&Settings>,
) -> Result<Map<String, Value>, BadSettings> {
    for field in fields.iter().filter(|field| field.kind.is_secret()) {
        let stays = matches!(given.get(field.name), None | Some(Value::Bool(true)));
        if !stays {
            continue;
        }
        given.remove(field.name);
        let Some((kept, secret)) = kept.and_then(|kept| Some((kept, kept.values().get(field.name)?))) else {
            continue;
        };
        // Whoever names another address would be sent a secret that they may not know.
        let is_address = |other: &&Field| other.kind == FieldKind::Url || ADDRESSES.contains(&other.name);
        let moved = fields.iter().filter(is_address);
        let value = |values: &Map<String, Value>, name: &str| {
            values.get(name).filter(|value| !value.is_null()).cloned()
        };
        if let Some(moved) = { moved }.find(|one| value(&given, one.name) != value(kept.values(), one.name)) {
            let why = format!("has to be entered again, because {} is another one", moved.name);
            return Err(BadSettings::new(field.name, why));
        }
        given.insert(field.name.to_owned(), secret.clone());
    }
    Ok(given)
}
