//! Schedules: exports that are made again and again, and where their files go besides the history.
//!
//! Invariants:
//! - Every event of the log that matches is in one run: a run begins where the one before has ended, whenever it ran. A
//!   run, its export and the place where the next one begins are one change of the catalog.
//! - Of a schedule one run is under way at a time. What it misses meanwhile, or while nothing runs, is in the next run,
//!   which makes up for all of it.
//! - A run has the rights of whoever changed the schedule last, as they are when it begins and when its file goes out.
//! - A delivery that fails takes nothing from the history.

mod admin;
mod begin;
mod deliver;
mod error;
mod host;
mod key;
pub mod limits;
mod message;
mod runner;
mod targets;
mod timing;

pub use self::admin::{ScheduleDraft, ScheduleEdit, StoreDraft, StoreEdit};
pub use self::error::SchedulesError;
pub use self::host::{Happening, Host, Target};
pub use self::runner::{Schedules, SchedulesOptions};
pub use self::targets::{Deliveries, Delivery, DeliveryState, EmailTarget, StoreTarget, Targets};
pub use self::timing::{BadTiming, Clockwork, Timing};
