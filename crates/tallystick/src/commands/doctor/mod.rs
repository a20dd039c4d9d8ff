//! `tallystick doctor`: looks a data directory or a running service over, and changes nothing.

mod deep;
mod directory;
mod finding;
mod online;
mod segments;
mod streams;

use std::path::PathBuf;

use self::finding::Findings;
use crate::{
    client::Connection,
    exit::{Advice, Exit},
};

const EXAMPLES: &str = "\
Examples:
  tallystick doctor --data-dir ./data
  tallystick doctor --data-dir ./data --verbose
  tallystick doctor --data-dir ./data --deep
  tallystick doctor --online --server http://127.0.0.1:8440 --key-file data/keys/root.key

Each line is OK, WARN (look at it) or FAIL (act on it). The exit code is 5 if there is a FAIL, else 0.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// The data directory to look at. It may be in use; then the commit log is left alone.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the catalog is, if not in the data directory: sqlite:PATH or postgres://….
    #[arg(long, value_name = "URL", env = "TALLYSTICK_DATA__CATALOG", hide_env_values = true)]
    catalog: Option<String>,
    /// Also read every event and compare it with its leaf, its tree and what was signed. No service may run; the
    /// directory is opened as one would, and tree hashes that are wrong are made again.
    #[arg(long, requires = "data_dir")]
    deep: bool,
    /// Ask the running service at --server.
    #[arg(long)]
    online: bool,
    /// Sizes of each segment's sections.
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Prints a line for each thing that was looked at.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<Exit> {
    if args.data_dir.is_none() && !args.online {
        return Err(Advice::usage("there is nothing to look at", "give --data-dir DIR, --online, or both"));
    }
    let mut findings = Findings::new();
    if let Some(folder) = &args.data_dir {
        directory::check(folder, args.catalog.as_deref(), args.verbose, &mut findings).await?;
        if args.deep {
            deep::check(folder, args.catalog.as_deref(), &mut findings).await?;
        }
    }
    if args.online {
        online::check(&args.connection, &mut findings).await?;
    }
    findings.end()
}
