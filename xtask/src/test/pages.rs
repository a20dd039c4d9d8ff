//! The tests of what runs in browsers: node's test runner over the modules, and a browser over the verifier page and
//! over the app with the real service behind it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::Extent;
use super::tally::{Tally, node_tests};
use crate::{command, debian};

/// Each has a lock file, from which `npm ci` installs what it is made of and what its tests need, and tests below.
const FOLDERS: &[&str] = &["web/verify", "web/app"];
const TESTS: &str = "test";
const TEST_SUFFIX: &str = ".test.mjs";
/// The oldest version that the tests' packages run on.
const NODE_MAJOR_MIN: u32 = 20;

/// True if all passed. In a quick run nothing is installed, and what is missing is said; where `CI` is set it fails.
pub(super) fn run(root: &Path, extent: Extent, tally: &mut Tally) -> Result<bool> {
    if extent == Extent::Full {
        install(root)?;
    }
    let missing = missing(root);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        ensure!(extent == Extent::Quick && std::env::var_os("CI").is_none(), "missing: {missing}");
        println!("not run, as these are missing: {missing} (a full test installs them)");
        return Ok(true);
    }
    // The app's tests start the service. Built with everything else, or libraries would be built again with other
    // features.
    let mut build = Command::new("cargo");
    let mut good =
        command::succeeds(build.current_dir(root).args(["test", "--workspace", "--no-run", "--locked"]))?;
    for folder in FOLDERS {
        let mut node = Command::new("node");
        node.current_dir(root.join(folder))
            .args(["--test", "--test-reporter=tap"])
            .args(tests(&root.join(folder))?);
        good &= command::watched(&mut node, |line| tally.add(node_tests(line)))?;
    }
    Ok(good)
}

fn install(root: &Path) -> Result<()> {
    let mut packages = Vec::new();
    if node_major().is_none() {
        packages.extend(["nodejs", "npm"]);
    }
    if !debian::has_chromium() {
        packages.push("chromium");
    }
    if !packages.is_empty() {
        debian::install(&packages)?;
    }
    for folder in FOLDERS {
        let mut npm = Command::new("npm");
        npm.current_dir(root.join(folder)).args(["ci", "--no-audit", "--no-fund"]);
        command::must_succeed(&mut npm)?;
    }
    Ok(())
}

fn missing(root: &Path) -> Vec<String> {
    let mut missing = Vec::new();
    if node_major().is_none_or(|major| major < NODE_MAJOR_MIN) {
        missing.push(format!("node {NODE_MAJOR_MIN} or newer"));
    }
    if !debian::has_chromium() {
        missing.push(format!("{} (or another in {})", debian::CHROMIUM, debian::CHROMIUM_VARIABLE));
    }
    let modules = FOLDERS.iter().map(|folder| format!("{folder}/node_modules"));
    missing.extend(modules.filter(|path| !root.join(path).exists()));
    missing
}

/// 20 of `v20.20.2`.
fn node_major() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    major(std::str::from_utf8(&output.stdout).ok()?)
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Paths of the files with tests, seen from the folder, in order.
fn tests(folder: &Path) -> Result<Vec<String>> {
    let tests = folder.join(TESTS);
    let entries = std::fs::read_dir(&tests).with_context(|| format!("list {}", tests.display()))?;
    let paths = entries.map(|entry| Ok(format!("{TESTS}/{}", entry?.file_name().to_string_lossy())));
    let mut paths = paths.collect::<Result<Vec<String>>>()?;
    paths.retain(|path| path.ends_with(TEST_SUFFIX));
    paths.sort();
    if paths.is_empty() {
        bail!("{} has no tests", tests.display());
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(
            (major("v20.20.2\n"), major("v8.0.0"), major("20.1"), major("")),
            (Some(20), Some(8), None, None)
        );
    }

    #[test]
    fn every_folder_has_tests_and_a_lock_file_that_names_no_registry() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for folder in FOLDERS {
            assert!(!tests(&root.join(folder)).unwrap().is_empty());
            let lock = std::fs::read_to_string(root.join(folder).join("package-lock.json")).unwrap();
            assert!(lock.contains("\"integrity\"") && !lock.contains("\"resolved\""), "{folder}");
        }
    }
}
