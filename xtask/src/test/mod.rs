//! `cargo xtask test`: everything CI runs, in the order in which it is cheapest to fail. A failed step does not hide
//! the later ones, and the last line says the sum of them all.

mod pages;
mod tally;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::{anchors_setup, command, debian, interop_setup, streams_setup, tidy};
use tally::{Tally, doc_tests, test_run};

/// How long the fuzz targets run in a full test, in seconds for all of them together.
const FUZZ_SECONDS: u64 = 20;

/// How much of it to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All, after installing what is missing.
    Full,
    /// Without installing and without fuzzing, for the loop of editing.
    Quick,
}

/// True if everything passed. Ends with `N passed, N failed`, where each step that is not itself a run of tests counts
/// as one.
pub(crate) fn run(root: &Path, extent: Extent) -> Result<bool> {
    let mut steps = Steps { total: Tally::default(), failed: Vec::new() };
    if extent == Extent::Full && !debian::has_postgresql() {
        steps.step("install", |_| debian::install(&["postgresql"]).map(|()| true))?;
    }
    if extent == Extent::Full {
        steps.step("anchors", |_| anchors_setup::run(root).map(|()| true))?;
        steps.step("interop", |_| interop_setup::run(root).map(|()| true))?;
        steps.step("streams", |_| streams_setup::run(root).map(|()| true))?;
    }
    steps.step("tidy", |_| tidy::run(root))?;
    steps.step("format", |_| command::succeeds(cargo(root).args(["fmt", "--all", "--check"])))?;
    steps.step("clippy", |_| {
        let mut clippy = cargo(root);
        clippy.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
        command::succeeds(&mut clippy)
    })?;
    steps.step("tests", |tally| tests(root, tally))?;
    steps.step("doc tests", |tally| {
        let mut run = cargo(root);
        run.args(["test", "--workspace", "--doc", "--locked"]);
        command::watched(&mut run, |line| tally.add(doc_tests(line)))
    })?;
    steps.step("pages", |tally| pages::run(root, extent, tally))?;
    if extent == Extent::Full {
        steps.step("fuzz", |_| command::succeeds(&mut fuzz_command(root, FUZZ_SECONDS)))?;
    }
    Ok(steps.close())
}

/// The tests of pages alone, after installing what they need. True if all passed.
pub(crate) fn pages(root: &Path) -> Result<bool> {
    let mut steps = Steps { total: Tally::default(), failed: Vec::new() };
    steps.step("pages", |tally| pages::run(root, Extent::Full, tally))?;
    Ok(steps.close())
}

/// The driver of all fuzz targets for that many seconds.
pub(crate) fn fuzz_command(root: &Path, seconds: u64) -> Command {
    let mut fuzz = cargo(root);
    fuzz.args([
        "run",
        "--quiet",
        "--locked",
        "-p",
        "tallystick-fuzz",
        "--",
        "--seconds",
        &seconds.to_string(),
    ]);
    fuzz
}

fn tests(root: &Path, tally: &mut Tally) -> Result<bool> {
    if command::exists("cargo-nextest", "--version") {
        let mut run = cargo(root);
        run.args(["nextest", "run", "--workspace", "--no-fail-fast", "--locked"]);
        return command::watched(&mut run, |line| tally.add(test_run(line)));
    }
    println!("cargo-nextest is not there; using cargo test");
    let mut run = cargo(root);
    run.args(["test", "--workspace", "--all-targets", "--no-fail-fast", "--locked"]);
    command::watched(&mut run, |line| tally.add(doc_tests(line)))
}

fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    cargo
}

struct Steps {
    total: Tally,
    failed: Vec<String>,
}

impl Steps {
    fn step(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> Result<bool>) -> Result<()> {
        println!("\n== {name}");
        let start = Instant::now();
        let mut tally = Tally::default();
        let good = work(&mut tally)?;
        println!(
            "== {name}: {} in {:.1} s",
            if good { "ok" } else { "FAILED" },
            start.elapsed().as_secs_f64()
        );
        self.total.add(tally.of_step(good));
        if !good {
            self.failed.push(name.to_owned());
        }
        Ok(())
    }

    fn close(&self) -> bool {
        println!();
        if !self.failed.is_empty() {
            println!("failed: {}", self.failed.join(", "));
        }
        println!("{} passed, {} failed", self.total.passed, self.total.failed);
        self.failed.is_empty()
    }
}
