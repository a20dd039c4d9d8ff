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
    targets::{Deliveries, Delivery, DeliveryState, EmailTarget, StoreTarget, Targets},
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
        mut run: ScheduleRun,
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
        let mut ended = Vec::new();
        if let Some(one) = deliveries.email.as_mut().filter(|one| one.is_due(now_ms)) {
            let outcome = match (&parcel, &targets.email) {
                (Ok(parcel), Some(email)) => self.send(parcel, email, &*host).await,
                (Err(failure), _) => Err(failure.clone()),
                (_, None) => Err(final_failure("the schedule writes to nobody any more")),
            };
            one.tried(self.now_ms(), outcome);
            ended.extend(end_of(one).map(|fault| (Target::Email, fault)));
        }
        if let Some(one) = deliveries.store.as_mut().filter(|one| one.is_due(now_ms)) {
            let outcome = match (&parcel, &targets.store) {
                (Ok(parcel), Some(store)) => self.put(parcel, store).await,
                (Err(failure), _) => Err(failure.clone()),
                (_, None) => Err(final_failure("the schedule has no store any more")),
            };
            one.tried(self.now_ms(), outcome);
            ended.extend(end_of(one).map(|fault| (Target::Store, fault)));
        }
        run.state = deliveries.end().unwrap_or(RunState::Delivering);
        run.deliveries = deliveries.to_text();
        match self.catalog().note_run(&run).await {
            Ok(true) => {
                for (target, fault) in ended {
                    let happening = match fault {
                        None => Happening::Delivered(&run, target),
                        Some(code) => Happening::DeliveryFailed(&run, target, code),
                    };
                    host.happened(&schedule, happening).await;
                }
            }
            Ok(false) => {}
            // It goes out again, under the same name.
            Err(error) => tracing::warn!(run = %run.export, %error, "a delivery cannot be noted at present"),
        }
        taken
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

    async fn send(&self, parcel: &Parcel<'_>, email: &EmailTarget, host: &dyn Host) -> Attempt {
        let mailer = self.mailer.as_ref().ok_or_else(|| {
            failure("this service sends no e-mail any more: the operator has to set smtp.host")
        })?;
        let about = About {
            run: parcel.run,
            export: parcel.export,
            spec: &parcel.spec,
            zone: parcel.clockwork.zone(),
            link: host.link(&parcel.export.id),
            wants_file: email.attach,
        };
        let bytes = if about.attaches() { Some(self.bytes(parcel.export).await?) } else { None };
        let mail = about.mail(email.to.clone(), self.now_ms(), bytes);
        mailer.send(&mail).await.map_err(|error| (error.to_string(), error.is_final()))?;
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

/// Whether a delivery has come to its end with this attempt: with none, or with a code.
fn end_of(delivery: &Delivery) -> Option<Option<&'static str>> {
    match delivery.state {
        DeliveryState::Waiting => None,
        DeliveryState::Delivered => Some(None),
        DeliveryState::Failed => Some(Some("delivery_failed")),
    }
}
