//! What people do with schedules: make, change, pause, resume, run now and delete them, and deliver again what has not
//! arrived.

use serde_json::{Map, Value};
use tallystick_catalog::{
    Changed, Covers, NewSchedule, NextDue, Schedule, ScheduleId, ScheduleOwner, ScheduleParts, ScheduleRun,
};
use tallystick_destination::{
    Settings,
    object::{Prefix, StoreKind, store_kind, store_kinds},
};
use tallystick_event::OrgId;

use super::{
    error::SchedulesError,
    key::{PATTERN_DEFAULT, check_pattern},
    runner::Schedules,
    targets::{Deliveries, EmailTarget, StoreTarget, Targets},
    timing::{Clockwork, Timing},
};
use crate::{spec::Spec, streams::merged};

/// A store as somebody describes it.
#[derive(Clone)]
pub struct StoreDraft {
    /// The kind of store.
    pub kind: String,
    /// The pattern of keys; none: [`PATTERN_DEFAULT`].
    pub key: Option<String>,
    /// What it has to be told, with secrets.
    pub settings: Map<String, Value>,
}

/// Without the settings, which hold secrets.
impl std::fmt::Debug for StoreDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreDraft").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What becomes of the store of a schedule.
#[derive(Debug, Clone)]
pub enum StoreEdit {
    /// It stays as it is.
    Keep,
    /// There is none any more.
    None,
    /// It is this one. Secrets that are not among the settings, or are `true`, stay.
    Set(StoreDraft),
}

/// All that a schedule is to be.
#[derive(Debug, Clone)]
pub struct ScheduleEdit {
    /// For people.
    pub name: String,
    /// Which events; empty: all.
    pub query: String,
    /// How files are made; its range is that of each run.
    pub spec: Spec,
    /// How long files are kept, ms.
    pub keep_ms: i64,
    /// When it is due.
    pub timing: Timing,
    /// See [`Covers`].
    pub covers: Covers,
    /// Who is written to.
    pub email: Option<EmailTarget>,
    /// Where files are put.
    pub store: StoreEdit,
    /// Whose rights it has.
    pub owner: ScheduleOwner,
}

/// A schedule that is to be made.
#[derive(Debug, Clone)]
pub struct ScheduleDraft {
    /// Whose events.
    pub org: OrgId,
    /// What it is to be.
    pub edit: ScheduleEdit,
    /// It begins paused.
    pub is_paused: bool,
}

impl Schedules {
    /// Makes a schedule. Its first run is of the time since it would have been due last.
    pub async fn create(&self, draft: ScheduleDraft) -> Result<Schedule, SchedulesError> {
        let id = self.catalog().new_schedule_id();
        let (parts, clockwork) = self.parts(&id, draft.edit, None)?;
        let now_ms = self.now_ms();
        let new = NewSchedule {
            id,
            org: draft.org,
            parts,
            is_paused: draft.is_paused,
            covered_ms: clockwork.last_until(now_ms).unwrap_or(now_ms),
            due_ms: clockwork.next_after(now_ms),
        };
        let made = self.catalog().create_schedule(new).await?;
        self.look();
        Ok(made)
    }

    /// Changes a schedule as it was seen. Where its next run begins stays.
    pub async fn update(
        &self,
        seen: &Schedule,
        edit: ScheduleEdit,
    ) -> Result<Changed<Schedule>, SchedulesError> {
        let (parts, clockwork) = self.parts(&seen.id, edit, Some(seen))?;
        self.replace(seen, parts, &clockwork, seen.is_paused).await
    }

    /// Has a schedule not run until it is resumed.
    pub async fn pause(&self, seen: &Schedule) -> Result<Changed<Schedule>, SchedulesError> {
        if seen.is_paused {
            return Ok(Changed { before: seen.clone(), after: seen.clone() });
        }
        let clockwork = Clockwork::new(&Timing::from_text(&seen.parts.timing)?)?;
        self.replace(seen, seen.parts.clone(), &clockwork, true).await
    }

    /// Has a schedule run again when it is due, with the rights of whoever resumes it.
    pub async fn resume(
        &self,
        seen: &Schedule,
        owner: ScheduleOwner,
    ) -> Result<Changed<Schedule>, SchedulesError> {
        let clockwork = Clockwork::new(&Timing::from_text(&seen.parts.timing)?)?;
        let parts = ScheduleParts { owner, ..seen.parts.clone() };
        self.replace(seen, parts, &clockwork, false).await
    }

    async fn replace(
        &self,
        seen: &Schedule,
        parts: ScheduleParts,
        clockwork: &Clockwork,
        is_paused: bool,
    ) -> Result<Changed<Schedule>, SchedulesError> {
        let is_due_as_before = !seen.is_paused && seen.due_ms.is_some() && parts.timing == seen.parts.timing;
        let due =
            if is_due_as_before { NextDue::Stays } else { NextDue::Is(clockwork.next_after(self.now_ms())) };
        let changed = self.catalog().update_schedule(&seen.id, seen.version, parts, is_paused, due).await?;
        self.look();
        Ok(changed)
    }

    /// Has a schedule run now, besides.
    pub async fn ask(&self, id: &ScheduleId) -> Result<Schedule, SchedulesError> {
        let asked = self.catalog().ask_schedule(id).await?;
        self.look();
        Ok(asked)
    }

    /// Deletes a schedule; its exports stay in the history.
    pub async fn delete(&self, id: &ScheduleId) -> Result<Schedule, SchedulesError> {
        Ok(self.catalog().delete_schedule(id).await?)
    }

    /// Delivers again what of a run has not arrived.
    pub async fn deliver_again(
        &self,
        schedule: &Schedule,
        number: u64,
    ) -> Result<ScheduleRun, SchedulesError> {
        let run = self.catalog().run(&schedule.id, number).await?;
        let before = Deliveries::from_text(&run.deliveries).unwrap_or_default();
        let targets = Targets::from_text(&schedule.parts.targets).unwrap_or_default();
        let again = Deliveries::again(&before, &targets).to_text();
        let changed = self.catalog().reopen_run(&schedule.id, number, &again).await?;
        self.look();
        Ok(changed.after)
    }

    /// What of a schedule is stored, checked.
    fn parts(
        &self,
        id: &ScheduleId,
        edit: ScheduleEdit,
        seen: Option<&Schedule>,
    ) -> Result<(ScheduleParts, Clockwork), SchedulesError> {
        let timing = edit.timing.checked()?;
        let clockwork = Clockwork::new(&timing)?;
        edit.spec.check().map_err(|bad| SchedulesError::invalid(bad.what, bad.why))?;
        edit.spec.lowered(&edit.query).map_err(|bad| SchedulesError::invalid(bad.what, bad.why))?;
        let email = edit.email.map(|email| email.checked(self.mailer.as_ref())).transpose()?;
        let (store, store_sealed) = self.store_parts(id, edit.store, seen)?;
        let parts = ScheduleParts {
            name: edit.name,
            query: edit.query,
            format: edit.spec.format.to_string(),
            spec: edit.spec.to_text(),
            keep_ms: edit.keep_ms,
            timing: timing.to_text(),
            covers: edit.covers,
            targets: Targets { email, store }.to_text(),
            store_sealed,
            owner: edit.owner,
        };
        Ok((parts, clockwork))
    }

    fn store_parts(
        &self,
        id: &ScheduleId,
        edit: StoreEdit,
        seen: Option<&Schedule>,
    ) -> Result<(Option<StoreTarget>, Vec<u8>), SchedulesError> {
        let before = seen.and_then(|seen| Targets::from_text(&seen.parts.targets).ok()?.store);
        let draft = match (edit, seen) {
            (StoreEdit::Keep, Some(seen)) => return Ok((before, seen.parts.store_sealed.clone())),
            (StoreEdit::Keep | StoreEdit::None, _) => return Ok((None, Vec::new())),
            (StoreEdit::Set(draft), _) => draft,
        };
        let kind = kind_of(&draft.kind)?;
        let key = draft.key.filter(|key| !key.trim().is_empty());
        let key = key.unwrap_or_else(|| PATTERN_DEFAULT.to_owned());
        check_pattern(&key)?;
        // Settings that cannot be opened any more are entered anew.
        let is_same = before.is_some_and(|before| before.kind == kind.name);
        let kept = seen.filter(|_| is_same).and_then(|seen| self.opened(seen).ok());
        let settings = Settings::new(&kind.fields, merged(&kind.fields, draft.settings, kept.as_ref())?)?;
        Prefix::new("prefix", settings.text("prefix").unwrap_or_default())?;
        (kind.open)(&settings, &self.surroundings(id))?;
        let text = Value::Object(settings.values().clone()).to_string();
        let sealed = self.seals.seal(id.as_str(), text.as_bytes());
        let target = StoreTarget { kind: kind.name.to_owned(), key, settings: settings.shown() };
        Ok((Some(target), sealed))
    }

    /// The settings of the store of a schedule, with secrets.
    pub(crate) fn opened(&self, schedule: &Schedule) -> Result<Settings, SchedulesError> {
        let targets = Targets::from_text(&schedule.parts.targets).unwrap_or_default();
        let store = targets.store.ok_or(SchedulesError::Sealed)?;
        let opened = self.seals.open(schedule.id.as_str(), &schedule.parts.store_sealed);
        let opened = opened.ok_or(SchedulesError::Sealed)?;
        let values: Map<String, Value> =
            serde_json::from_slice(&opened).map_err(|_| SchedulesError::Sealed)?;
        Ok(Settings::new(&kind_of(&store.kind)?.fields, values)?)
    }
}

fn kind_of(name: &str) -> Result<&'static StoreKind, SchedulesError> {
    store_kind(name).ok_or_else(|| {
        let names: Vec<&str> = store_kinds().iter().map(|kind| kind.name).collect();
        SchedulesError::invalid("store.kind", format!("\"{name}\" is none of {}", names.join(", ")))
    })
}
