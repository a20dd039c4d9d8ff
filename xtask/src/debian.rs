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

/// Unpacks packages, with all that they need and that is not installed, as if the folder were `/`, and installs
/// nothing: for programs that exclude each other as packages, or that would start as services.
pub(crate) fn unpack(folder: &Path, packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !command::exists("apt-get", "--version") {
        bail!("needed and not there: {wanted} (Debian's names), unpacked in {}", folder.display());
    }
    println!("unpacking {wanted}");
    let debs = folder.join("debs");
    std::fs::create_dir_all(&debs).with_context(|| format!("make {}", debs.display()))?;
    if needed_by(packages)?.is_none() {
        command::must_succeed(apt().args(["update", "-qq"]))?;
    }
    let needed = needed_by(packages)?.with_context(|| format!("apt-get knows no {wanted}"))?;
    // Whoever downloads for root may not write into root's folders, and says so; it works all the same.
    let mut download = apt();
    download.args(["-qq", "-o", "APT::Sandbox::User=root", "download"]).args(&needed).current_dir(&debs);
    command::must_succeed(&mut download).with_context(|| format!("download {}", needed.join(" ")))?;
    for entry in std::fs::read_dir(&debs)? {
        let package = entry?.path();
        command::must_succeed(Command::new("dpkg").arg("-x").arg(&package).arg(folder))?;
    }
    std::fs::remove_dir_all(&debs).with_context(|| format!("remove {}", debs.display()))?;
    relink(folder, folder)
}

/// Has links to what was unpacked lead there, which in packages lead to places below `/`.
fn relink(root: &Path, folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            relink(root, &path)?;
        }
        if !kind.is_symlink() {
            continue;
        }
        let target = std::fs::read_link(&path)?;
        let inside = target.strip_prefix("/").map(|below| root.join(below));
        if let Some(inside) = inside.ok().filter(|inside| inside.symlink_metadata().is_ok()) {
            std::fs::remove_file(&path)?;
            std::os::unix::fs::symlink(inside, &path).with_context(|| format!("link {}", path.display()))?;
        }
    }
    Ok(())
}

/// The first of some packages that apt-get could install.
pub(crate) fn first_known<'a>(packages: &[&'a str]) -> Result<&'a str> {
    for is_second_look in [false, true] {
        if is_second_look {
            command::must_succeed(apt().args(["update", "-qq"]))?;
        }
        for package in packages {
            if needed_by(&[package])?.is_some() {
                return Ok(package);
            }
        }
    }
    bail!("apt-get knows none of {}", packages.join(", "))
}

/// The packages and what would be installed with them; none if they are not in the lists.
fn needed_by(packages: &[&str]) -> Result<Option<Vec<String>>> {
    let mut ask = apt();
    ask.args(["install", "-s", "--no-install-recommends"]).args(packages);
    let output = ask.output().context("ask apt-get what is needed")?;
    let found = output.status.success();
    Ok(found.then(|| with_needed(packages, &String::from_utf8_lossy(&output.stdout))))
}

/// What apt-get would install is in lines such as `Inst libestr0 (0.1.11-1 Debian:12/stable [amd64])`.
fn with_needed(packages: &[&str], simulated: &str) -> Vec<String> {
    let installed = simulated.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    let mut all: Vec<String> = packages.iter().copied().chain(installed).map(str::to_owned).collect();
    all.sort();
    all.dedup();
    all
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
    fn what_a_package_needs_is_read_of_a_simulation() {
        let simulated = "NOTE: This is only a simulation!\nInst libestr0 (0.1.11-1 Debian:12 [amd64])\n\
            Inst rsyslog (8.2302.0-1 Debian:12 [amd64])\nConf libestr0 (0.1.11-1 Debian:12 [amd64])\n";
        assert_eq!(with_needed(&["rsyslog"], simulated), ["libestr0", "rsyslog"]);
        assert_eq!(with_needed(&["rsyslog"], ""), ["rsyslog"]);
    }

    #[test]
    fn links_lead_to_what_was_unpacked() {
        let folder = std::env::temp_dir().join(format!("xtask-relink-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("usr/lib")).unwrap();
        std::fs::create_dir_all(folder.join("etc/java")).unwrap();
        std::fs::write(folder.join("etc/java/jvm.cfg"), "-server").unwrap();
        let link = |name: &str, target: &str| {
            std::os::unix::fs::symlink(target, folder.join("usr/lib").join(name)).unwrap();
        };
        link("jvm.cfg", "/etc/java/jvm.cfg");
        link("of-the-machine", "/etc/passwd");
        link("beside", "jvm.cfg");
        for _ in 0..2 {
            relink(&folder, &folder).unwrap();
            assert_eq!(std::fs::read(folder.join("usr/lib/beside")).unwrap(), b"-server");
            let outside = std::fs::read_link(folder.join("usr/lib/of-the-machine")).unwrap();
            assert_eq!(outside, Path::new("/etc/passwd"));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

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
