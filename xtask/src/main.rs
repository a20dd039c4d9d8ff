//! `cargo xtask`: what a developer and CI run. Everything needed to work on the project is here and not in shell
//! scripts, so that it has tests and reads the same everywhere.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod anchors_setup;
mod bench_setup;
mod command;
mod debian;
mod interop_setup;
mod streams_setup;
mod test;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: cargo xtask TASK

  tidy                 rules that neither rustfmt nor clippy can check
  test [--quick]       everything CI runs; --quick installs nothing and does not fuzz
  fuzz [--seconds N]   every fuzz target for a shared time, on stable Rust
  pages                the tests of the app and of the verifier page alone, after installing what they need
  anchors-setup        the witness, the store and the library that the tests of anchors talk to
  bench-setup          the engines that `tallystick bench --compare` runs beside ours
  interop-setup        the programs of others that the tests of interoperability check us with
  streams-setup        the servers that the tests of streams send to";

/// How long `cargo xtask fuzz` runs when nothing else is asked, in seconds for all targets together.
const FUZZ_SECONDS: u64 = 20;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// True if the task found nothing wrong.
fn run(words: &[&str]) -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository")?;
    match words {
        ["tidy"] => tidy::run(root),
        ["test"] => test::run(root, test::Extent::Full),
        ["test", "--quick"] => test::run(root, test::Extent::Quick),
        ["fuzz"] => Ok(command::succeeds(&mut test::fuzz_command(root, FUZZ_SECONDS))?),
        ["fuzz", "--seconds", seconds] => {
            let seconds = seconds.parse().with_context(|| format!("{seconds} is not a number of seconds"))?;
            Ok(command::succeeds(&mut test::fuzz_command(root, seconds))?)
        }
        ["pages"] => test::pages(root),
        ["anchors-setup"] => anchors_setup::run(root).map(|()| true),
        ["bench-setup"] => bench_setup::run(root).map(|()| true),
        ["interop-setup"] => interop_setup::run(root).map(|()| true),
        ["streams-setup"] => streams_setup::run(root).map(|()| true),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => bail!("unknown task: {}\n\n{USAGE}", words.join(" ")),
    }
}
