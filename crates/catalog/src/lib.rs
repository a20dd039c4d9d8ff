//! The catalog: the database of everything that is not an event.
//!
//! A SQLite file or a PostgreSQL database behind one set of statements and migrations; the conformance
//! suite in `tests/it` runs on both. This is the only crate that knows SQL. What is stored is described in
//! `docs/formats/catalog.md`.

mod catalog;
mod closed;
mod db;
mod directory;
mod error;
mod exports;
mod factors;
mod heads;
mod ids;
mod keys;
mod links;
mod load;
mod memberships;
mod organizations;
mod passkeys;
mod roles;
mod schedules;
mod searches;
mod segments;
mod sessions;
mod shares;
mod short_links;
mod sso;
mod sso_people;
mod streams;
mod tiles;
mod url;
mod users;
mod viewer_tokens;

pub use self::catalog::{Catalog, Changed, LIST_MAX};
pub use self::closed::ClosedLog;
pub use self::directory::{Anchor, AnchorKind, DirectoryCheckpoint, DirectoryEntry};
pub use self::error::{CatalogError, Conflict};
pub use self::exports::{
    EXPORTS_KEPT_MAX, EXPORTS_WAITING_MAX, Export, ExportEnd, ExportProgress, ExportState, NewExport,
};
pub use self::factors::TotpFactor;
pub use self::heads::LogHead;
pub use self::ids::{
    BadId, DeadLetterId, ExportId, KeyId, LinkId, PasskeyId, RoleId, ScheduleId, SearchId, SegmentId,
    SessionId, ShareId, ShortLinkId, SsoId, UserId, ViewerTokenId, new_org_id,
};
pub use self::keys::{ApiKey, KeyChanges, KeyOwner, LIVE_KEYS_MAX, NewKey};
pub use self::links::{Accepted, INVITATIONS_MAX, Invited, Link, LinkKind, NewLink};
pub use self::load::Loaded;
pub use self::memberships::{MEMBERS_MAX, MEMBERSHIPS_MAX, Member, Membership, OWNER, Standing};
pub use self::organizations::{
    DeletedOrganization, NAME_CHARS_MAX, NewOrganization, OrgState, Organization, OrganizationChange,
    check_name,
};
pub use self::passkeys::{NewPasskey, PASSKEYS_MAX, Passkey};
pub use self::roles::{NewRole, ROLES_MAX, Role, RoleChange};
pub use self::schedules::{
    Covers, EXPORT_SCHEDULES_MAX, NewRun, NewSchedule, NextDue, RunReason, RunState, SCHEDULE_RUNS_KEPT,
    Schedule, ScheduleFault, ScheduleOwner, ScheduleParts, ScheduleRun,
};
pub use self::searches::{NewSearch, SEARCH_VIEW_BYTES_MAX, SEARCHES_MAX, SavedSearch, SearchChange};
pub use self::segments::{Compaction, GarbageSegment, Seal, SegmentRow};
pub use self::sessions::{ENDED_KEPT_MS, SESSIONS_MAX, Session};
pub use self::shares::{NewShare, SHARE_NOTE_CHARS_MAX, SHARES_MAX, Share};
pub use self::short_links::{SHORT_LINK_PATH_BYTES_MAX, SHORT_LINKS_MAX, ShortLink};
pub use self::sso::{
    BREAK_GLASS_MAX, DOMAINS_MAX, GROUP_ROLES_MAX, GroupRole, NewSsoConnection, SsoConnection, SsoTest,
};
pub use self::sso_people::{RoleChoice, SsoAdmission, SsoAdmitted, SsoRefused};
pub use self::streams::{
    DEAD_LETTERS_MAX, DEAD_LETTERS_REPLAYED_KEPT, DeadLetter, GAP_RETENTION, GAP_REWOUND, NewDeadLetter,
    NewStream, Replay, ReplayEnd, STREAM_ATTEMPTS_KEPT, STREAM_GAPS_KEPT, STREAMS_MAX, Stepped, Stream,
    StreamAttempt, StreamChange, StreamCursor, StreamFault, StreamGap, StreamHealth, StreamHealthChange,
    StreamId, StreamState, StreamStep, StreamsOf, TriedBatch,
};
pub use self::tiles::{TileCount, TileRun};
pub use self::url::CatalogUrl;
pub use self::users::{EMAIL_BYTES_MAX, NewUser, USERS_MAX, User, check_email};
pub use self::viewer_tokens::{VIEWER_TOKENS_KEPT_MS, VIEWER_TOKENS_MAX, ViewerToken};
