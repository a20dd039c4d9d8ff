//! Limits of exports, each with its unit in its name.

/// Columns of a CSV at most.
pub const COLUMNS_MAX: usize = 100;
/// Events of one page that is read at once.
pub const PAGE_EVENTS: usize = 4_096;
/// Bytes of values of a Parquet file that are encoded at once.
pub(crate) const ROWS_BYTES_MAX: usize = 1 << 20;
/// Rows of one row group of a Parquet file, after which no more are added.
pub(crate) const GROUP_ROWS_MAX: usize = 16_384;
/// Bytes of one page of a Parquet file, before it is compressed. Each column has one in memory.
pub(crate) const PAGE_BYTES_MAX: usize = 256 << 10;
/// Bytes of one row group, encoded, after which no more are added: so many are in memory.
pub(crate) const GROUP_BYTES_MAX: usize = 16 << 20;
/// Bytes of a file between two looks at how much room there is.
pub(crate) const ROOM_CHECK_BYTES: u64 = 16 << 20;
/// Events of an evidence pack that were found by a search, at most. A pack of a whole range has no limit.
pub const SELECTION_EVENTS_MAX: usize = 1_000_000;
/// Exports that run at the same time, by default.
pub const RUNNING_MAX_DEFAULT: usize = 2;
/// Bytes of events between two points that a cut-short export goes on from, by default.
pub const CHECKPOINT_BYTES_DEFAULT: u64 = 64 << 20;
/// Bytes of the disk that exports leave free, by default.
pub const RESERVE_BYTES_DEFAULT: u64 = 1 << 30;
/// How long files are kept if nobody says, days.
pub const KEEP_DAYS_DEFAULT: u32 = 30;
/// How long files may be kept at most, days.
pub const KEEP_DAYS_MAX: u32 = 3_650;
