//! What schedules ask of the server: who may still do what, where people find an export, and that what becomes of a
//! schedule is recorded.

use async_trait::async_trait;
use tallystick_catalog::{Changed, ExportId, Schedule, ScheduleRun};

/// Where a file goes besides the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A message.
    Email,
    /// A store of objects.
    Store,
}

impl Target {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Store => "store",
        }
    }
}

/// Something that became of a schedule without anybody doing it.
#[derive(Debug)]
pub enum Happening<'a> {
    /// It runs.
    Ran(&'a ScheduleRun),
    /// It was paused, because it cannot run.
    Held(&'a Changed<Schedule>),
    /// The file of a run has arrived.
    Delivered(&'a ScheduleRun, Target),
    /// The file of a run has not arrived and is not tried again; a code says why.
    DeliveryFailed(&'a ScheduleRun, Target, &'a str),
}

/// The server, as the schedules see it.
#[async_trait]
pub trait Host: Send + Sync {
    /// Whether the owner of a schedule may still have its exports and, if they leave the house, send them; an error if
    /// that cannot be said at present.
    async fn may_run(&self, schedule: &Schedule, sends_data: bool) -> Result<bool, String>;
    /// Where people find an export; none if nobody knows where the service is reached.
    fn link(&self, export: &ExportId) -> Option<String>;
    /// Something has become of a schedule.
    async fn happened(&self, schedule: &Schedule, happening: Happening<'_>);
}
