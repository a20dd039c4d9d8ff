//! Schedules of exports: what is exported again and again, when it is due next, and up to where it has come. Here is
//! what they are; what became of each time that one was due stands in `runs.rs`.
//!
//! What a timing, a way of making a file or a target means is nothing to the catalog.

mod rows;
mod runs;

use tallystick_event::OrgId;

pub(crate) use self::rows::delete_all_of;
pub use self::rows::{EXPORT_SCHEDULES_MAX, SCHEDULE_RUNS_KEPT};
use crate::{BadId, ExportId, ScheduleId};

const TABLE: &str = "export_schedules";

/// Which time of an event decides in which run it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// When it was taken in: each event is in one run, also one that comes late.
    Received,
    /// When it occurred.
    Occurred,
}

impl Covers {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Received, Self::Occurred];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Occurred => "occurred",
        }
    }
}

impl std::str::FromStr for Covers {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or(BadId::new("received or occurred"))
    }
}

/// Whose rights a schedule has: whoever made, changed or resumed it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleOwner {
    /// The id of a person or a key, or `root`.
    pub id: String,
    /// Their name at that time.
    pub name: String,
    /// They had signed in through the organization's provider.
    pub by_sso: bool,
}

/// What a schedule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleParts {
    /// For people, and for the files' names.
    pub name: String,
    /// Which events.
    pub query: String,
    /// Name of the format.
    pub format: String,
    /// How files are made, as JSON.
    pub spec: String,
    /// How long files are kept, ms.
    pub keep_ms: i64,
    /// When it is due, as JSON.
    pub timing: String,
    /// See [`Covers`].
    pub covers: Covers,
    /// Where files go besides the history, without secrets, as JSON.
    pub targets: String,
    /// Settings of the store among them, sealed; empty: there is none.
    pub store_sealed: Vec<u8>,
    /// See [`ScheduleOwner`].
    pub owner: ScheduleOwner,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Whose events.
    pub org: OrgId,
    /// What it is.
    pub parts: ScheduleParts,
    /// It is not due until somebody resumes it.
    pub is_paused: bool,
    /// Grows with every change of what it is.
    pub version: u64,
    /// Unix ms.
    pub created_ms: i64,
    /// The id of a person or a key, or `root`.
    pub created_by: String,
    /// Their name at that time.
    pub created_by_name: String,
    /// When what it is was changed last, Unix ms.
    pub updated_ms: i64,
    /// Everything before this time has been in a run, Unix ms.
    pub covered_ms: i64,
    /// Everything below this seq has been; none: `covered_ms` says it.
    pub covered_seq: Option<u64>,
    /// When it is due next, Unix ms; none: it is paused, or never.
    pub due_ms: Option<i64>,
    /// Since when somebody wants a run besides, Unix ms.
    pub asked_ms: Option<i64>,
    /// Runs so far.
    pub runs: u64,
    /// What keeps it from running.
    pub error: Option<ScheduleFault>,
}

/// What keeps a schedule from running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleFault {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// Unix ms.
    pub at_ms: i64,
}

/// What a schedule is made of.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    /// Made by [`crate::Catalog::new_schedule_id`], because its settings are sealed for it.
    pub id: ScheduleId,
    /// See [`Schedule`].
    pub org: OrgId,
    /// See [`Schedule`].
    pub parts: ScheduleParts,
    /// See [`Schedule`].
    pub is_paused: bool,
    /// See [`Schedule`].
    pub covered_ms: i64,
    /// See [`Schedule`].
    pub due_ms: Option<i64>,
}

/// When a schedule that is changed is due next. It is never, while it is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextDue {
    /// As before: what is due and could not run yet stays due, and what has just begun is not due again.
    Stays,
    /// Unix ms; none: never.
    Is(Option<i64>),
}

/// Why a schedule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunReason {
    /// It is due.
    Due,
    /// It was due once or several times while nothing could run: this makes up for all of them.
    Late,
    /// Somebody asked for it.
    Asked,
}

impl RunReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Due, Self::Late, Self::Asked];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Late => "late",
            Self::Asked => "asked",
        }
    }
}

impl std::str::FromStr for RunReason {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or(BadId::new("why a schedule runs"))
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Its file is not there yet.
    Exporting,
    /// Its file is there and is on its way to where it is to go.
    Delivering,
    /// It is everywhere.
    Done,
    /// There is no file, or it has not arrived.
    Failed,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Exporting, Self::Delivering, Self::Done, Self::Failed];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exporting => "exporting",
            Self::Delivering => "delivering",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether there is more to come.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Exporting | Self::Delivering)
    }
}

impl std::str::FromStr for RunState {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or(BadId::new("the state of a run"))
    }
}

/// One time that a schedule ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRun {
    /// Whose run.
    pub schedule: ScheduleId,
    /// Which one, from 1.
    pub number: u64,
    /// Its export, which may have been deleted since.
    pub export: ExportId,
    /// Why it ran.
    pub why: RunReason,
    /// When it was due, and where its range ends, Unix ms.
    pub due_ms: i64,
    /// Where its range begins, Unix ms.
    pub from_ms: i64,
    /// Where its range begins in the log; none: its range is one of times of occurrence.
    pub first_seq: Option<u64>,
    /// Where it ends in the log.
    pub end_seq: u64,
    /// How far it is.
    pub state: RunState,
    /// Unix ms.
    pub started_ms: i64,
    /// Unix ms.
    pub finished_ms: Option<i64>,
    /// Why there is no file: a code, and a sentence.
    pub error: Option<(String, String)>,
    /// How far each delivery is, as JSON.
    pub deliveries: String,
}

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its export.
    pub export: crate::NewExport,
    /// See [`ScheduleRun`].
    pub why: RunReason,
    /// See [`ScheduleRun`].
    pub due_ms: i64,
    /// See [`ScheduleRun`].
    pub first_seq: Option<u64>,
    /// See [`ScheduleRun`].
    pub deliveries: String,
    /// When the schedule is due next, Unix ms.
    pub next_due_ms: Option<i64>,
}
