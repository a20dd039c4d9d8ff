//! `tallystick check-config`: whether a configuration is right, before a restart depends on it.

use std::{io::Write as _, path::PathBuf};

use crate::{config, exit::Exit, output};

const EXAMPLES: &str = "\
Examples:
  tallystick check-config tallystick.toml
  tallystick check-config --default > tallystick.toml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckConfigArgs {
    /// The configuration; without it, what the defaults and the environment come to.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the documented default configuration instead.
    #[arg(long, conflicts_with = "file")]
    default: bool,
}

/// Prints the effective configuration on standard output, or all mistakes on standard error.
pub(crate) fn run(args: &CheckConfigArgs) -> anyhow::Result<Exit> {
    let text = if args.default {
        config::default_file()
    } else {
        config::effective(&config::load(args.file.as_deref(), &[])?)
    };
    let mut out = output::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Done)
}
