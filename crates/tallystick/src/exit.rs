//! Exit codes, and how an error is told: what happened, why, and what to do.

use std::process::ExitCode;

use crate::{client::ClientError, config::ConfigProblems, output};

/// How a command ended. The numbers are documented in `docs/cli.md` and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It did what it was asked to.
    Done = 0,
    /// It could not.
    Failed = 1,
    /// The command line or the configuration is wrong. The parser of the command line uses the same number.
    Usage = 2,
    /// The service cannot be reached or cannot answer now; the same command may succeed later.
    Unavailable = 3,
    /// The service refused.
    Refused = 4,
    /// It ran to the end, and something of what it looked at is not well: bad records of an import, a failed check
    /// of `doctor`.
    Findings = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with advice.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Advice {
    /// What happened.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: String,
    /// How the command ends.
    pub(crate) exit: Exit,
}

impl Advice {
    /// An error of usage with advice.
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), help: help.into(), exit: Exit::Usage }.into()
    }
}

/// Tells an error and says how to end.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    if output::is_broken_pipe(error) {
        return Exit::Done;
    }
    let mut causes = error.chain();
    if let Some(first) = causes.next() {
        output::say(format!("error: {first}"));
    }
    for cause in causes {
        output::say(format!("  because: {cause}"));
    }
    let mut exit = Exit::Failed;
    for cause in error.chain() {
        if let Some(advice) = cause.downcast_ref::<Advice>() {
            output::say(format!("  help: {}", advice.help));
            exit = advice.exit;
        } else if let Some(client) = cause.downcast_ref::<ClientError>() {
            if let Some(help) = client.help() {
                output::say(format!("  help: {help}"));
            }
            exit = client.exit();
        } else if cause.is::<ConfigProblems>() {
            exit = Exit::Usage;
        }
    }
    exit
}
