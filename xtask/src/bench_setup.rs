//! `cargo xtask bench-setup`: the engines that `tallystick bench --compare` runs beside ours, at fixed versions so that
//! two people measure the same thing.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{command, debian};

/// Where the Python side lives, from the repository's root; not moved by `CARGO_TARGET_DIR`, so that it can be found.
const VENV: &str = "target/bench-venv";

/// ClickHouse comes as `chdb`; psycopg talks to PostgreSQL. SQLite is part of Python.
const PYTHON_PACKAGES: &[&str] = &["duckdb==2.0.0", "chdb==4.4.0", "psycopg[binary]==3.3.9"];

/// Prints the version of each peer, and so proves that each can be loaded.
const PROBE: &str = "\
import chdb, duckdb, psycopg, sqlite3
print('duckdb', duckdb.__version__)
print('clickhouse', chdb.engine_version)
print('psycopg', psycopg.__version__)
print('sqlite', sqlite3.sqlite_version)";

pub(crate) fn run(root: &Path) -> Result<()> {
    if !debian::has_postgresql() {
        debian::install(&["postgresql"])?;
    }
    let venv = root.join(VENV);
    let python = venv.join("bin/python");
    if !python.exists() {
        make_venv(&venv)?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PYTHON_PACKAGES);
    command::must_succeed(&mut install)?;
    command::must_succeed(Command::new(&python).args(["-c", PROBE]))?;
    println!("ready: {VENV}");
    Ok(())
}

fn make_venv(venv: &Path) -> Result<()> {
    let make = || command::succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv));
    // Debian's own Python has venv in a package of its own; others bring it along.
    if command::exists("python3", "--version") && make()? {
        return Ok(());
    }
    debian::install(&["python3", "python3-venv"])?;
    command::must_succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))
}
