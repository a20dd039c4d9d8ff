//! Installs what the tests need on Debian and its kin; elsewhere it says what is missing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// Installs the packages, as root and without a question; says what to do where that is not possible.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !command::exists("apt-get", "--version") || !is_root()? {
        bail!("needed and not installed: {wanted} (Debian's names; install them, or run this as root)");
    }
    println!("installing {wanted}");
    // A list that cannot be refreshed may still be good enough: the installation decides.
    if !command::succeeds(apt().args(["update", "-qq"]))? {
        println!("the package lists could not be refreshed; trying with those that are there");
    }
    let mut install = apt();
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    command::must_succeed(&mut install).with_context(|| format!("install {wanted}"))
}

/// PostgreSQL's server programs: Debian keeps them out of the path, one folder a version.
pub(crate) fn has_postgresql() -> bool {
    command::exists("initdb", "--version") || versions(Path::new("/usr/lib/postgresql"))
}

/// Where Debian has Chromium; other systems say it in a variable, as the tests in browsers read it.
pub(crate) const CHROMIUM: &str = "/usr/bin/chromium";
/// That variable.
pub(crate) const CHROMIUM_VARIABLE: &str = "PLAYWRIGHT_CHROMIUM";

/// A browser for the tests of pages.
pub(crate) fn has_chromium() -> bool {
    Path::new(&std::env::var_os(CHROMIUM_VARIABLE).unwrap_or_else(|| CHROMIUM.into())).exists()
}

fn versions(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("bin/initdb")).any(|initdb| initdb.exists())
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]);
    apt
}

fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("-u").output().context("ask who runs this")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_its_server_does_not_count() {
        let folder = std::env::temp_dir().join(format!("xtask-debian-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("15/bin")).unwrap();
        assert!(!versions(&folder));
        std::fs::write(folder.join("15/bin/initdb"), "").unwrap();
        assert!(versions(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!versions(&folder));
    }
}
