//! What calls about schedules give: the members of their bodies, checked, over what there is already.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tallystick_catalog::{Covers, Schedule};
use tallystick_delivery::{
    ColumnList, Compression, Format, Me, Spec,
    limits::KEEP_DAYS_MAX,
    schedules::{EmailTarget, ScheduleEdit, StoreDraft, StoreEdit, Targets, Timing},
};
use tallystick_query::parse;
use utoipa::ToSchema;

use super::{owner, targets};
use crate::{
    error::{ApiError, convert::invalid_query},
    http::{caller::Authenticated, confine, selection::lowered, v1::streams::bad},
    state::AppState,
};

const DAY_MS: i64 = 86_400_000;

/// When a schedule is due.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleTiming {
    /// `daily`, `weekly`, `monthly` or `cron`.
    #[schema(example = "weekly")]
    repeat: String,
    /// Time of day, `HH:MM`; 06:00 if left out. Not with `cron`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "06:30")]
    at: Option<String>,
    /// With `weekly`: `monday` (default) to `sunday`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "monday")]
    weekday: Option<String>,
    /// With `monthly`: a day from 1 (default) to 28, which all months have, or `last`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    day: Option<DayOfMonth>,
    /// With `cron`: minute, hour, day of month, month, day of week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cron: Option<String>,
    /// IANA name of the zone of these times; that of the schedule's `time_zone` if left out, or UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Madrid")]
    time_zone: Option<String>,
}

/// A day of the month.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum DayOfMonth {
    /// 1 to 28.
    Number(u64),
    /// `last`.
    Word(String),
}

impl From<Timing> for ScheduleTiming {
    fn from(timing: Timing) -> Self {
        let day = timing.day.map(|day| match day.parse() {
            Ok(number) => DayOfMonth::Number(number),
            Err(_) => DayOfMonth::Word(day),
        });
        Self {
            repeat: timing.repeat,
            at: timing.at,
            weekday: timing.weekday,
            day,
            cron: timing.cron,
            time_zone: timing.time_zone,
        }
    }
}

impl From<ScheduleTiming> for Timing {
    fn from(timing: ScheduleTiming) -> Self {
        let day = timing.day.map(|day| match day {
            DayOfMonth::Number(number) => number.to_string(),
            DayOfMonth::Word(word) => word,
        });
        Self {
            repeat: timing.repeat,
            at: timing.at,
            weekday: timing.weekday,
            day,
            cron: timing.cron,
            time_zone: timing.time_zone,
        }
    }
}

/// Who is written to when a file is there.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleEmail {
    /// Their addresses.
    #[schema(example = json!(["audit@example.com"]))]
    to: Vec<String>,
    /// The file goes with the message, up to a limit; false if left out: a link for people who can sign in. It takes
    /// the permission `streams.manage` too.
    #[serde(default)]
    attach: bool,
}

/// Where files are put, with a manifest beside each. It takes the permission `streams.manage` too.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleStore {
    /// `s3`, `gcs` or `azure_blob`.
    #[schema(example = "s3")]
    kind: String,
    /// The key of a file below the prefix: a pattern with `{org}`, `{schedule}`, `{name}`, `{date}`, `{time}`,
    /// `{year}`, `{month}`, `{day}`, `{run}`, `{export}` and `{ext}`; `{run}` or `{export}` has to be among them.
    #[serde(default)]
    #[schema(example = "{name}/{year}/{month}/{name}-{date}-{run}.{ext}")]
    key: Option<String>,
    /// What the store has to be told, as for a stream to it, but for `compression`. Secrets that are left out, or
    /// `true` as they are shown, stay, unless the address is another one.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// What a schedule is to be; what is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleChangeBody {
    /// For people, and for the files' names.
    #[serde(default)]
    pub name: Option<String>,
    /// The query; empty: every event. What is relative in it is relative to the end of each run's range.
    #[serde(default)]
    pub query: Option<String>,
    /// `csv`, `json`, `ndjson`, `parquet` or `evidence`.
    #[serde(default)]
    pub format: Option<String>,
    /// `desc`: newest first; `asc`: oldest first.
    #[serde(default)]
    pub order: Option<String>,
    /// Columns of a CSV; null: the standard ones.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    pub columns: Option<Option<Vec<String>>>,
    /// IANA name: a CSV gets a column with the local time, and dates are of this zone; null: UTC.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub time_zone: Option<Option<String>>,
    /// `none`, `gzip` or `zstd`.
    #[serde(default)]
    pub compression: Option<String>,
    /// Cells that a spreadsheet would run get a `'`.
    #[serde(default)]
    pub formula_guard: Option<bool>,
    /// How long files are kept, days.
    #[serde(default)]
    pub keep_days: Option<u32>,
    /// When it is due.
    #[serde(default)]
    pub timing: Option<ScheduleTiming>,
    /// `received`: each run has what was taken in since the one before; `occurred`: what occurred since then, without
    /// what comes late.
    #[serde(default)]
    pub covers: Option<String>,
    /// Who is written to; null: nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ScheduleEmail>)]
    pub email: Option<Option<ScheduleEmail>>,
    /// Where files are put; null: only in the history.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ScheduleStore>)]
    pub store: Option<Option<ScheduleStore>>,
}

impl ScheduleChangeBody {
    /// The names of its members.
    pub const MEMBERS: &'static [&'static str] = &[
        "name",
        "query",
        "format",
        "order",
        "columns",
        "time_zone",
        "compression",
        "formula_guard",
        "keep_days",
        "timing",
        "covers",
        "email",
        "store",
    ];

    /// All that the schedule is to be, with what stays of `current`. The caller becomes its owner.
    pub fn edit(
        self,
        state: &AppState,
        caller: &Authenticated,
        current: Option<&Schedule>,
    ) -> Result<ScheduleEdit, ApiError> {
        let parts = current.map(|current| &current.parts);
        let kept_targets = current.map(targets).transpose()?.unwrap_or_default();
        let spec = self.spec(state, caller, parts.map(|parts| parts.spec.as_str()))?;
        let query = self.query.clone().or_else(|| parts.map(|parts| parts.query.clone())).unwrap_or_default();
        check_query(state, &query, &spec)?;
        let keep_ms = match (self.keep_days, parts) {
            (None, Some(parts)) => parts.keep_ms,
            (days, _) => keep_ms(days.unwrap_or(state.options.export_keep_days))?,
        };
        let timing = match (self.timing, parts) {
            (Some(timing), _) => {
                let timing = Timing::from(timing);
                Timing { time_zone: timing.time_zone.or_else(|| spec.time_zone.clone()), ..timing }
            }
            (None, Some(parts)) => {
                Timing::from_text(&parts.timing).map_err(|error| ApiError::internal(error.to_string()))?
            }
            (None, None) => return Err(bad("/timing", "is needed: when it is due")),
        };
        let covers = match (self.covers, parts) {
            (Some(text), _) => text
                .parse()
                .map_err(|_| bad("/covers", format!("\"{text}\" is neither received nor occurred")))?,
            (None, parts) => parts.map_or(Covers::Received, |parts| parts.covers),
        };
        Ok(ScheduleEdit {
            name: self.name.or_else(|| parts.map(|parts| parts.name.clone())).unwrap_or_default(),
            query,
            spec,
            keep_ms,
            timing,
            covers,
            email: email(self.email, &kept_targets),
            store: store(self.store),
            owner: owner(caller),
        })
    }

    /// Whether files leave the house by themselves, after the change.
    pub fn sends_data(&self, current: Option<&Targets>) -> bool {
        let attaches = match &self.email {
            Some(email) => email.as_ref().is_some_and(|email| email.attach),
            None => current.is_some_and(|current| current.email.as_ref().is_some_and(|email| email.attach)),
        };
        let has_store = match &self.store {
            Some(store) => store.is_some(),
            None => current.is_some_and(|current| current.store.is_some()),
        };
        attaches || has_store
    }

    fn spec(
        &self,
        state: &AppState,
        caller: &Authenticated,
        current: Option<&str>,
    ) -> Result<Spec, ApiError> {
        let current = current.map(Spec::from_text).transpose();
        let current = current.map_err(|error| ApiError::internal(error.to_string()))?;
        let format = match (&self.format, &current) {
            (Some(text), _) => text.parse::<Format>().map_err(|why| bad("/format", why))?,
            (None, Some(current)) => current.format,
            (None, None) => {
                return Err(bad("/format", "is needed: csv, json, ndjson, parquet or evidence"));
            }
        };
        let is_pack = format == Format::Evidence;
        let ascending = match (self.order.as_deref(), &current) {
            (Some(_), _) if is_pack => {
                return Err(bad("/order", "an evidence pack has its events in the order of the log"));
            }
            (None, current) => current.as_ref().is_some_and(|current| current.ascending),
            (Some("desc"), _) => false,
            (Some("asc"), _) => true,
            (Some(other), _) => {
                return Err(bad("/order", format!("\"{other}\" is neither desc nor asc")));
            }
        };
        let compression = match (&self.compression, &current) {
            (Some(text), _) => text.parse::<Compression>().map_err(|why| bad("/compression", why))?,
            // What cannot be compressed is not, whatever it was before.
            (None, Some(current)) if format != Format::Parquet && !is_pack => current.compression,
            (None, _) => Compression::None,
        };
        let columns = match &self.columns {
            Some(names) => names.as_deref().map(ColumnList::named).transpose(),
            // Other formats have none.
            None => Ok(current
                .as_ref()
                .and_then(|current| current.columns.clone())
                .filter(|_| format == Format::Csv)),
        };
        let columns = columns.map_err(|why| bad("/columns", why))?;
        let time_zone = match &self.time_zone {
            Some(zone) => zone.clone().filter(|zone| !zone.is_empty()),
            None => current.as_ref().and_then(|current| current.time_zone.clone()),
        };
        // Who `@me` is was decided by whoever wrote the query.
        let me = match &current {
            Some(current) if self.query.is_none() => current.me.clone(),
            _ => confine::me(&caller.caller)
                .and_then(|me| Some(Me { id: me.id.to_owned(), email: me.email?.to_owned() })),
        };
        let guard = self.formula_guard.or_else(|| current.as_ref().map(|current| current.formula_guard));
        Ok(Spec {
            format,
            from_us: None,
            to_us: None,
            ascending: ascending || is_pack,
            columns,
            time_zone,
            compression,
            formula_guard: guard.unwrap_or(true),
            now_us: state.clock.now_ms() * 1_000,
            me,
            by_sso: false,
            schedule: None,
        })
    }
}

fn keep_ms(days: u32) -> Result<i64, ApiError> {
    if !(1..=KEEP_DAYS_MAX).contains(&days) {
        let why = format!("{days} is not a number of days from 1 to {KEEP_DAYS_MAX}");
        return Err(bad("/keep_days", why));
    }
    Ok(i64::from(days) * DAY_MS)
}

/// Refuses a query that would not work, with the place of each mistake.
fn check_query(state: &AppState, text: &str, spec: &Spec) -> Result<(), ApiError> {
    let zone = spec.zone().map_err(|error| bad(&format!("/{}", error.what), error.why))?;
    let (query, _) = parse(text).into_result().map_err(|errors| invalid_query("/query", &errors))?;
    let me = spec.me.as_ref().map(|me| tallystick_query::Me { id: &me.id, email: Some(&me.email) });
    lowered(&query, state.clock.now_ms() * 1_000, &zone, me).map(drop)
}

#[expect(clippy::option_option, reason = "left out and null mean different things")]
fn email(given: Option<Option<ScheduleEmail>>, kept: &Targets) -> Option<EmailTarget> {
    match given {
        None => kept.email.clone(),
        Some(email) => email.map(|email| EmailTarget { to: email.to, attach: email.attach }),
    }
}

#[expect(clippy::option_option, reason = "left out and null mean different things")]
fn store(given: Option<Option<ScheduleStore>>) -> StoreEdit {
    match given {
        None => StoreEdit::Keep,
        Some(None) => StoreEdit::None,
        Some(Some(store)) => {
            StoreEdit::Set(StoreDraft { kind: store.kind, key: store.key, settings: store.settings })
        }
    }
}

/// A member that may be left out, null, or something.
#[expect(clippy::option_option, reason = "left out and null mean different things")]
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
