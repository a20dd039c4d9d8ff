//! The end of a run: its file goes where it is to go.

use std::{io::Read as _, sync::Arc};

use bytes::Bytes;
use tallystick_catalog::{Export, RunState, Schedule, ScheduleId, ScheduleRun};
use tallystick_destination::{
    Answer, Outcome, Settings,
    object::{
        CheckedStore, META_CONTENT_SHA256, META_SHA256, Meta, NewObject, ObjectStore, Prefix, Put,
        is_conditional, put_once, store_kind,
    },
};

use super::{
    host::{Happening, Host, Target},
    key::{MANIFEST_SUFFIX, key},
    limits::OBJECT_BYTES_MAX,
    message::About,
    runner::Schedules,
    targets::{Deliveries, DeliveryState, EmailTarget, StoreTarget, Targets},
    timing::{Clockwork, Timing},
};
use crate::{lake::sha256, spec::Spec, statement::manifest};

const JSON: &str = "application/json";

/// What became of an attempt: where it has arrived, or why it has not and whether trying again gives the same.
type Attempt = Result<String, (String, bool)>;

fn final_failure(why: impl std::fmt::Display) -> (String, bool) {
    (why.to_string(), true)
}

fn failure(why: impl std::fmt::Display) -> (String, bool) {
    (why.to_string(), false)
}

/// What a delivery needs to know.
struct Parcel<'a> {
    schedule: &'a Schedule,
    run: &'a ScheduleRun,
    export: &'a Export,
    spec: Spec,
    clockwork: Clockwork,
}

impl Schedules {
    /// Tries once what of a run is to be tried now, and notes what came of it.
    pub(super) async fn deliver(
        self: Arc<Self>,
        run: ScheduleRun,
        export: Export,
        host: Arc<dyn Host>,
    ) -> (ScheduleId, u64) {
        let taken = (run.schedule.clone(), run.number);
        // A schedule that was deleted has no runs any more.
        let Ok(schedule) = self.catalog().schedule(&run.schedule).await else { return taken };
        let mut deliveries = Deliveries::from_text(&run.deliveries).unwrap_or_default();
        let targets = Targets::from_text(&schedule.parts.targets).unwrap_or_default();
        let parcel = self.parcel(&schedule, &run, &export, &targets, &*host).await;
        let now_ms = self.now_ms();
        for target in [Target::Email, Target::Store] {
            let Some(mut one) = deliveries.of_target(target).filter(|one| one.is_due(now_ms)).cloned() else {
                continue;
            };
            let outcome = match (&parcel, target) {
                (Err(failure), _) => Err(failure.clone()),
                (Ok(parcel), Target::Email) => match &targets.email {
                    Some(email) => self.send(parcel, email, &mut one.reached, &*host).await,
                    None => Err(final_failure("the schedule writes to nobody any more")),
                },
                (Ok(parcel), Target::Store) => match &targets.store {
                    Some(store) => self.put(parcel, store).await,
                    None => Err(final_failure("the schedule has no store any more")),
                },
            };
            one.tried(self.now_ms(), outcome);
            deliveries.set(target, one);
            // At once: a message that was handed over does not go out again because a store takes long.
            if !self.note_delivery(&schedule, &run, &deliveries, target, &*host).await {
                break;
            }
        }
        taken
    }

    /// Notes what came of an attempt, and tells of it if it was the last one. False if the run is over or forgotten, or
    /// the catalog cannot be asked: then what was done is done again, under the same name.
    async fn note_delivery(
        &self,
        schedule: &Schedule,
        run: &ScheduleRun,
        deliveries: &Deliveries,
        target: Target,
        host: &dyn Host,
    ) -> bool {
        let run = ScheduleRun {
            state: deliveries.end().unwrap_or(RunState::Delivering),
            deliveries: deliveries.to_text(),
            ..run.clone()
        };
        match self.catalog().note_run(&run).await {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                tracing::warn!(run = %run.export, %error, "a delivery cannot be noted at present");
                return false;
            }
        }
        match deliveries.of_target(target).map(|one| one.state) {
            Some(DeliveryState::Delivered) => {
                host.happened(schedule, Happening::Delivered(&run, target)).await;
            }
            Some(DeliveryState::Failed) => {
                let failed = Happening::DeliveryFailed(&run, target, "delivery_failed");
                host.happened(schedule, failed).await;
            }
            Some(DeliveryState::Waiting) | None => {}
        }
        true
    }

    async fn parcel<'a>(
        &self,
        schedule: &'a Schedule,
        run: &'a ScheduleRun,
        export: &'a Export,
        targets: &Targets,
        host: &dyn Host,
    ) -> Result<Parcel<'a>, (String, bool)> {
        match host.may_run(schedule, targets.send_data()).await {
            Ok(true) => {}
            Ok(false) => return Err(final_failure("whoever owns the schedule may no longer send its files")),
            Err(why) => return Err(failure(why)),
        }
        let spec = Spec::from_text(&export.spec).map_err(final_failure)?;
        let timing = Timing::from_text(&schedule.parts.timing).map_err(final_failure)?;
        let clockwork = Clockwork::new(&timing).map_err(final_failure)?;
        Ok(Parcel { schedule, run, export, spec, clockwork })
    }

    /// Writes to those who have no message yet, and notes in `reached` who has.
    async fn send(
        &self,
        parcel: &Parcel<'_>,
        email: &EmailTarget,
        reached: &mut Vec<String>,
        host: &dyn Host,
    ) -> Attempt {
        let mailer = self.mailer.as_ref().ok_or_else(|| {
            failure("this service sends no e-mail any more: the operator has to set smtp.host")
        })?;
        let left: Vec<String> = email.to.iter().filter(|to| !reached.contains(to)).cloned().collect();
        let mut unwanted = Vec::new();
        if !left.is_empty() {
            let about = About {
                run: parcel.run,
                export: parcel.export,
                spec: &parcel.spec,
                zone: parcel.clockwork.zone(),
                link: host.link(&parcel.export.id),
                wants_file: email.attach,
            };
            let bytes = if about.attaches() { Some(self.bytes(parcel.export).await?) } else { None };
            let mail = about.mail(left.clone(), self.now_ms(), bytes);
            unwanted = mailer.send(&mail).await.map_err(|error| (error.to_string(), error.is_final()))?;
            reached.extend(left.into_iter().filter(|to| unwanted.iter().all(|one| one.address != *to)));
        }
        if !unwanted.is_empty() {
            let is_final = unwanted.iter().all(|one| one.is_final);
            let said: Vec<String> = unwanted.iter().map(ToString::to_string).collect();
            let have_it = email.to.len().saturating_sub(unwanted.len());
            return Err((format!("{have_it} of {} have it; {}", email.to.len(), said.join("; ")), is_final));
        }
        Ok(match email.to.as_slice() {
            [one] => one.clone(),
            several => format!("{} recipients", several.len()),
        })
    }

    async fn put(&self, parcel: &Parcel<'_>, target: &StoreTarget) -> Attempt {
        let export = parcel.export;
        if export.bytes > OBJECT_BYTES_MAX {
            let why =
                format!("the file has {} bytes, and {OBJECT_BYTES_MAX} are put into a store", export.bytes);
            return Err(final_failure(format!(
                "{why}; it is in the history, or run the schedule more often"
            )));
        }
        let settings = self.opened(parcel.schedule).map_err(failure)?;
        let store = self.store(parcel.schedule, target, &settings).map_err(failure)?;
        let prefix = Prefix::new("prefix", settings.text("prefix").unwrap_or_default()).map_err(failure)?;
        let zone = parcel.clockwork.zone();
        let key = key(&target.key, &prefix, export, &parcel.spec, parcel.run, zone).map_err(final_failure)?;
        let bytes = Bytes::from(self.bytes(export).await?);
        let sha256_of_file = export.sha256.clone().unwrap_or_default();
        let file = object(key.clone(), bytes, parcel.spec.media_type(), sha256_of_file, export);
        let put = self.put_one(&*store, &file, &settings).await?;
        if settings.is_on("manifest") {
            let text = serde_json::to_vec_pretty(&manifest(export, &parcel.spec)).map_err(final_failure)?;
            let hash = sha256(&text);
            let manifest = object(format!("{key}{MANIFEST_SUFFIX}"), text.into(), JSON, hash, export);
            self.put_one(&*store, &manifest, &settings).await?;
        }
        Ok(match put {
            Put::Written => key,
            Put::WasThere(Some(_)) => format!("{key}, which was there already"),
            Put::WasThere(None) => {
                format!("{key}, which was there already and may not be read to compare it")
            }
        })
    }

    async fn put_one(
        &self,
        store: &dyn CheckedStore,
        object: &NewObject,
        settings: &Settings,
    ) -> Result<Put, (String, bool)> {
        let store: &dyn ObjectStore = store;
        let put = put_once(store, object, is_conditional(settings), self.now_ms()).await;
        put.map_err(|Answer { outcome, status, detail, .. }| {
            let status = status.map(|status| format!("{status}: ")).unwrap_or_default();
            // What a person has to mend may be mended before it is given up.
            let is_final = !matches!(outcome, Outcome::Retry { .. } | Outcome::Misconfigured);
            (format!("{status}{detail}"), is_final)
        })
    }

    /// A store that is ready to be asked.
    pub(crate) fn store(
        &self,
        schedule: &Schedule,
        target: &StoreTarget,
        settings: &Settings,
    ) -> Result<Box<dyn CheckedStore>, String> {
        let kind = store_kind(&target.kind).ok_or_else(|| format!("there is no store {:?}", target.kind))?;
        (kind.open)(settings, &self.surroundings(&schedule.id)).map_err(|error| error.to_string())
    }

    /// The whole file of an export, which is known to be small enough.
    async fn bytes(&self, export: &Export) -> Result<Vec<u8>, (String, bool)> {
        let (files, export) = (self.exports.files().clone(), export.clone());
        let read = move || -> std::io::Result<Vec<u8>> {
            let mut open = files.open(&export)?;
            let mut bytes = Vec::with_capacity(usize::try_from(open.bytes).unwrap_or_default());
            open.file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(failure)?;
        read.map_err(|error| final_failure(format!("the file of the export cannot be read: {error}")))
    }
}

fn object(
    key: String,
    bytes: Bytes,
    content_type: &'static str,
    sha256: String,
    export: &Export,
) -> NewObject {
    let meta = [
        ("export-id", export.id.to_string()),
        ("count", export.rows.to_string()),
        (META_SHA256, sha256.clone()),
        (META_CONTENT_SHA256, sha256),
    ];
    let meta: Meta = meta.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    NewObject { key, bytes, content_type, meta }
}
