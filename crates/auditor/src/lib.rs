//! The command that auditors run, as a library: `tallystick-verify`, which is this alone, and `tallystick verify` are
//! the same code. What is true and what is not is decided by `tallystick_verify`; here are files, HTTP and the
//! terminal.

#![forbid(unsafe_code)]

mod age;
mod args;
mod command;
mod folder;
mod http;
mod output;
mod source;
mod state;
mod trust;

use std::process::ExitCode;

pub use args::{Args, Meant, What};

/// Exit status if nothing could be verified: the input or the command line is wrong.
pub const USAGE_EXIT_CODE: u8 = tallystick_verify::MALFORMED_EXIT_CODE;

/// Runs the command. Prints the report on standard output, everything else on standard error. Starts threads of its own
/// for HTTP, so it must not be called from a task.
pub fn run(args: &Args) -> ExitCode {
    match command::run(args) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::say(format!("error: {failure}"));
            let mut cause = std::error::Error::source(&failure);
            while let Some(error) = cause {
                output::say(format!("  because: {error}"));
                cause = error.source();
            }
            ExitCode::from(USAGE_EXIT_CODE)
        }
    }
}
