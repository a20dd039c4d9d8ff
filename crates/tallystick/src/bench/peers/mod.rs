//! Other engines on the same events and searches. Each runs in a process of its own, through its own Python driver;
//! the drivers are files beside this one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context as _;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{samples::Summary, search::Answers};
use crate::{
    exit::{Advice, Exit},
    output::say,
};

/// The drivers, by file name: the first one is what is run.
const DRIVERS: &[(&str, &str)] = &[
    ("driver.py", include_str!("driver.py")),
    ("records.py", include_str!("records.py")),
    ("engine_postgres.py", include_str!("engine_postgres.py")),
    ("engine_sqlite.py", include_str!("engine_sqlite.py")),
    ("engine_duckdb.py", include_str!("engine_duckdb.py")),
    ("engine_clickhouse.py", include_str!("engine_clickhouse.py")),
];

/// An engine to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// A cluster of its own, from the system's package.
    Postgres,
    /// Through Python's `sqlite3`.
    Sqlite,
    /// Through its Python package.
    Duckdb,
    /// Inside a process, through `chdb`.
    Clickhouse,
}

impl Peer {
    /// Its name for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Duckdb => "DuckDB",
            Self::Clickhouse => "ClickHouse",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Duckdb => "duckdb",
            Self::Clickhouse => "clickhouse",
        }
    }
}

/// What was measured of a peer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PeerResult {
    /// Its name for people.
    #[serde(default)]
    pub(crate) label: String,
    pub(crate) version: String,
    /// Time of the inserts, without preparing their input and without settling.
    pub(crate) ingest_seconds: f64,
    /// Processor time of the engine for inserting, indexing and settling.
    pub(crate) cpu_seconds: f64,
    /// Tables and indexes after settling.
    pub(crate) disk_bytes: u64,
    /// By name of the question.
    pub(crate) searches: BTreeMap<String, Summary>,
    /// Answers that differ from ours.
    pub(crate) mismatches: Vec<String>,
    /// Settings that are not its defaults.
    pub(crate) settings: Vec<String>,
}

/// What all peers get.
pub(crate) struct Work<'a> {
    /// Python with their packages.
    pub(crate) python: &'a Path,
    /// A folder for drivers, input and their data.
    pub(crate) folder: &'a Path,
    /// The events, in order.
    pub(crate) files: &'a [PathBuf],
    /// Searches and answers.
    pub(crate) answers: &'a Answers,
}

/// Finds out early whether peers can run at all.
pub(crate) fn check_python(python: &Path) -> anyhow::Result<()> {
    if python.exists() {
        return Ok(());
    }
    Err(Advice {
        message: format!("there is no Python for the peers at {}", python.display()),
        help: "run `cargo xtask bench-setup` at the root of the source tree, or name one with --python"
            .to_owned(),
        exit: Exit::Usage,
    }
    .into())
}

/// Runs one peer through everything.
pub(crate) fn run(peer: Peer, work: &Work<'_>) -> anyhow::Result<PeerResult> {
    say(format!("{}: events and searches", peer.label()));
    let drivers = work.folder.join("drivers");
    std::fs::create_dir_all(&drivers)?;
    for (name, text) in DRIVERS {
        std::fs::write(drivers.join(name), text)?;
    }
    let input = drivers.join("input.json");
    std::fs::write(
        &input,
        serde_json::to_vec(&serde_json::json!({ "files": work.files, "answers": work.answers }))?,
    )?;
    // Not below a folder of ours: PostgreSQL runs as another user, who must be able to reach its data.
    let data = tempfile::Builder::new().prefix("tallystick-bench-").tempdir()?;
    let output = Command::new(work.python)
        .arg(drivers.join(DRIVERS[0].0))
        .args([peer.name().as_ref(), input.as_os_str(), data.path().as_os_str()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", work.python.display()))?;
    anyhow::ensure!(output.status.success(), "{} did not get through: {}", peer.label(), output.status);
    let mut result: PeerResult =
        serde_json::from_slice(&output.stdout).context("its result is not understood")?;
    peer.label().clone_into(&mut result.label);
    Ok(result)
}
