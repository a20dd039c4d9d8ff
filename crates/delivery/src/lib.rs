//! How events leave: exports, their schedules, and streams. [`streams`] and [`schedules`] have their own words; here
//! are exports: jobs that write the events of one log that match a query to a file, as of one moment.
//!
//! Invariants:
//! - What is in a file was fixed when its export was made: a query whose relative times are resolved, a range, and the
//!   size that the log had. So an attempt that is cut short goes on where it was, and a second one gives the same rows.
//! - Memory does not grow with the size of an export: pages of the engine's search pass through bounded channels.
//! - A file has its name only once it is whole and on disk. Until then it is a part, of which the catalog knows how
//!   many bytes are durable and which event comes next.
//! - Nothing is left out: an event that cannot be read or written ends the export with an error.

mod column;
mod csv;
pub mod evidence;
mod failure;
mod fields;
mod files;
mod job;
pub mod lake;
pub mod limits;
mod lines;
mod live;
pub mod mail;
mod pages;
mod parquet;
mod rows;
mod runner;
pub mod schedules;
mod shape;
mod sink;
mod spec;
mod statement;
pub mod streams;

pub use self::column::{BadColumn, Column, ColumnList};
pub use self::failure::Failure;
pub use self::files::{Files, OpenExport};
pub use self::live::Live;
pub use self::runner::{Exports, ExportsOptions, Host};
pub use self::spec::{BadSpec, Compression, Format, Me, OfSchedule, Received, Spec};
pub use self::statement::{file_name, manifest, statement};
