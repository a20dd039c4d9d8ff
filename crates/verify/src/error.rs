//! Why nothing could be verified: the input is not there, or is not what it should be.

use std::fmt::Display;

use crate::LogStatus;

/// Nothing was found out. What is well-formed and wrong is no error but a verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error("reading failed")]
    Io(#[from] std::io::Error),
    /// It is not of the format it should be.
    #[error("{what} is malformed: {why}")]
    Malformed {
        /// What it should be.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is of a version that is not known here.
    #[error("{what} has version {version}, which this verifier does not know; get a newer one")]
    Version {
        /// What it is.
        what: &'static str,
        /// Its version.
        version: u64,
    },
    /// What was given is of another log than the one that is meant.
    #[error("this is the log {found}, and not {meant}")]
    OtherLog {
        /// Origin of the log that is meant.
        meant: String,
        /// Origin of the log that was given.
        found: String,
    },
    /// A log does not have what it must have.
    #[error("the log has no {path}")]
    NotFound {
        /// What was asked for.
        path: String,
    },
    /// The service says itself that the log is not what it has signed: a verdict, which [`crate::Report::admitted`]
    /// makes a report of.
    #[error("asked for {path}, the service says: {status}")]
    Admitted {
        /// What was asked for.
        path: String,
        /// What it says.
        status: LogStatus,
    },
    /// A log could not be asked.
    #[error("cannot fetch {path}: {why}")]
    Fetch {
        /// What was asked for.
        path: String,
        /// Why.
        why: String,
    },
}

/// Exit status of the tools when nothing could be verified.
pub const MALFORMED_EXIT_CODE: u8 = 4;

impl VerifyError {
    pub(crate) fn malformed(what: impl Into<String>, why: impl Display) -> VerifyError {
        VerifyError::Malformed { what: what.into(), why: why.to_string() }
    }
}
