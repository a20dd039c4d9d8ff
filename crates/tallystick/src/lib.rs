//! What the `tallystick` command is made of, as a library so that tests and the command share it.

mod accounts;
pub mod bench;
mod cli;
mod client;
mod commands;
mod config;
pub mod demo;
mod event_args;
mod event_table;
mod exit;
mod files;
mod output;
mod reconcile;
pub mod seeded;
mod service;
mod signals;
mod system;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

/// Runs the command line of this process to its end.
pub fn run() -> ExitCode {
    let cli = cli::Cli::parse_from(event_args::protect(std::env::args_os()));
    // It has exit codes and a runtime of its own, as the command that auditors run alone.
    if let cli::Command::Verify(args) = &cli.command {
        return tallystick_auditor::run(args);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error).context("cannot start threads")).into(),
    };
    let outcome = runtime.block_on(commands::run(cli.command));
    // A command that has failed must not wait for reads that nobody will look at.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| exit::report(&error)).into()
}
