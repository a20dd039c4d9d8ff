//! What can go wrong in the catalog, by what the caller should do about it: fix the request, try again,
//! make room, or stop. Damage is its own kind and is never turned into anything softer.

use sqlx::error::DatabaseError;

/// Why an operation on the catalog failed. Unless said otherwise nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The named thing does not exist.
    #[error("no {kind} {id:?}")]
    NotFound {
        /// What kind of thing: `organization`, `api key`, `segment`.
        kind: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// The state of the catalog does not allow the operation; the request may be right at another time.
    #[error("{0}")]
    Conflict(Conflict),
    /// The request itself is wrong and stays wrong.
    #[error("invalid {what}: {why}")]
    Invalid {
        /// The part of the request.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The database cannot be reached or is busy. Try again. If it happens while a change is committed,
    /// it is unknown whether the change was made; the engine's changes may be repeated safely.
    #[error("the catalog is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The database has no room for the change. Reads go on.
    #[error("the catalog has no space left")]
    NoSpace(#[source] sqlx::Error),
    /// The database refuses the statement (permissions, a read-only file, a foreign table in its place);
    /// trying again does not help.
    #[error("the catalog's database refused a statement")]
    Refused(#[source] sqlx::Error),
    /// The database file is damaged, or a stored value has a form that this program never writes.
    #[error("the catalog is damaged: {table}: {what}")]
    Corrupt {
        /// The table, or `database` if the damage is below tables.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// Values that are each well formed contradict one another or the change that was asked for, for
    /// example a log that would shrink. Stop: either the catalog was altered or there are two writers.
    #[error("the catalog contradicts itself: {table}: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The contradiction.
        what: String,
    },
    /// The database was written by a newer version of Tallystick.
    #[error(
        "the catalog has schema version {found}, this program knows up to {known}: run the newer version"
    )]
    NewerSchema {
        /// Version found in the database.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
}

/// Which state stands in the way of an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// An organization with this id, or one that differs only in case, exists.
    #[error("organization {existing:?} exists")]
    OrganizationExists {
        /// The existing id, as it is written.
        existing: String,
    },
    /// Only an organization with an empty log can be deleted; any other can be archived.
    #[error("the log of organization {org:?} is not empty")]
    LogNotEmpty {
        /// The organization.
        org: String,
    },
    /// There are [`crate::LIVE_KEYS_MAX`] API keys that are neither revoked nor expired.
    #[error("there are {max} API keys in use, the most allowed")]
    TooManyKeys {
        /// The limit.
        max: u64,
    },
    /// Another account has this e-mail address, in any case.
    #[error("an account with this e-mail address exists")]
    EmailTaken,
    /// Somebody is a member already.
    #[error("they are a member of organization {org:?} already")]
    AlreadyMember {
        /// The organization.
        org: String,
    },
    /// The organization would be left without anybody who may manage it.
    #[error("organization {org:?} would have no owner")]
    LastOwner {
        /// The organization.
        org: String,
    },
    /// The organization has a role of this name, in any case.
    #[error("a role with the name {name:?} exists")]
    RoleExists {
        /// The name.
        name: String,
    },
    /// They keep a search of this name, in any case.
    #[error("a saved search with the name {name:?} exists")]
    SearchExists {
        /// The name.
        name: String,
    },
    /// Somebody has the role, or is invited with it.
    #[error("the role is in use")]
    RoleInUse,
    /// Single sign-on is enforced, and nobody could get in any more if the provider fails.
    #[error("organization {org:?} would have nobody left who gets in without single sign-on")]
    LastBreakGlass {
        /// The organization.
        org: String,
    },
    /// Single sign-on was not tested as it is configured now.
    #[error("the connection was not tested as it is now")]
    SsoUntested,
    /// An account has this passkey.
    #[error("the passkey is in use")]
    PasskeyExists,
    /// What is asked for is not done with an export in this state.
    #[error("the export is {state}")]
    ExportState {
        /// Its state.
        state: &'static str,
    },
    /// A stream has been changed since the caller looked at it.
    #[error("the stream has been changed: it has version {version}")]
    StreamChanged {
        /// Its version now.
        version: u64,
    },
    /// A schedule of exports has been changed since the caller looked at it.
    #[error("the schedule has been changed: it has version {version}")]
    ScheduleChanged {
        /// Its version now.
        version: u64,
    },
    /// What is asked for is not done with a run in this state.
    #[error("the run is {state}")]
    RunState {
        /// Its state.
        state: &'static str,
    },
    /// There are as many as there may be.
    #[error("there are {max} {what}, the most allowed")]
    TooMany {
        /// What there are too many of, in the plural.
        what: &'static str,
        /// The limit.
        max: u64,
    },
}

impl CatalogError {
    /// Whether the same call may succeed a little later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the catalog's content is wrong, which no retry and no other request will change.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Inconsistent { .. })
    }

    pub(crate) fn corrupt(table: &'static str, what: impl Into<String>) -> Self {
        Self::Corrupt { table, what: what.into() }
    }

    pub(crate) fn inconsistent(table: &'static str, what: impl Into<String>) -> Self {
        Self::Inconsistent { table, what: what.into() }
    }

    pub(crate) fn invalid(what: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { what, why: why.into() }
    }
}

impl From<sqlx::Error> for CatalogError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) => match classify(cause.as_ref()) {
                Kind::NoSpace => Self::NoSpace(error),
                Kind::Unavailable => Self::Unavailable(error),
                Kind::Damaged => Self::corrupt("database", cause.message()),
                Kind::Constraint => Self::inconsistent("database", cause.message()),
                Kind::Refused => Self::Refused(error),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::corrupt("database", error.to_string())
            }
            sqlx::Error::Configuration(why) => Self::invalid("catalog URL", why.to_string()),
            _ => Self::Unavailable(error),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    NoSpace,
    Unavailable,
    Damaged,
    Constraint,
    Refused,
}

/// SQLite reports a decimal result code, PostgreSQL a five-character SQLSTATE; no text is both.
fn classify(error: &dyn DatabaseError) -> Kind {
    let code = error.code().unwrap_or_default();
    match code.parse::<i32>() {
        Ok(result) if code.len() < 5 => classify_sqlite(result),
        _ => classify_postgres(&code),
    }
}

/// Result codes of <https://sqlite.org/rescode.html>; the low byte is the primary code.
fn classify_sqlite(code: i32) -> Kind {
    match code & 0xff {
        13 => Kind::NoSpace,      // FULL
        11 | 26 => Kind::Damaged, // CORRUPT, NOTADB
        19 => Kind::Constraint,   // CONSTRAINT
        // BUSY, LOCKED, NOMEM, INTERRUPT, IOERR, CANTOPEN, PROTOCOL, SCHEMA
        5 | 6 | 7 | 9 | 10 | 14 | 15 | 17 => Kind::Unavailable,
        _ => Kind::Refused,
    }
}

/// SQLSTATE classes of PostgreSQL's appendix A.
fn classify_postgres(code: &str) -> Kind {
    match code {
        "53100" => Kind::NoSpace,
        "XX001" | "XX002" => Kind::Damaged,
        _ => match code.get(..2).unwrap_or_default() {
            "23" => Kind::Constraint,
            "08" | "40" | "53" | "55" | "57" | "58" => Kind::Unavailable,
            _ => Kind::Refused,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disks_are_told_from_busy_and_damaged_databases() {
        assert_eq!(classify_sqlite(13), Kind::NoSpace);
        assert_eq!(classify_sqlite(5 | (1 << 8)), Kind::Unavailable, "BUSY_RECOVERY is still busy");
        assert_eq!(classify_sqlite(11), Kind::Damaged);
        assert_eq!(classify_sqlite(2067), Kind::Constraint, "CONSTRAINT_UNIQUE");
        assert_eq!(classify_sqlite(8), Kind::Refused, "READONLY");
        assert_eq!(classify_postgres("53100"), Kind::NoSpace);
        assert_eq!(classify_postgres("53300"), Kind::Unavailable, "too many connections");
        assert_eq!(classify_postgres("40P01"), Kind::Unavailable, "deadlock");
        assert_eq!(classify_postgres("23505"), Kind::Constraint);
        assert_eq!(classify_postgres("XX001"), Kind::Damaged);
        assert_eq!(classify_postgres("42501"), Kind::Refused);
    }

    #[test]
    fn only_unavailable_is_worth_a_retry() {
        assert!(CatalogError::Unavailable(sqlx::Error::PoolTimedOut).is_retryable());
        assert!(!CatalogError::NoSpace(sqlx::Error::PoolTimedOut).is_retryable());
        assert!(CatalogError::inconsistent("log_heads", "shrank").is_damage());
        assert!(!CatalogError::invalid("name", "empty").is_damage());
    }
}
