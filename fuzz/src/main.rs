//! `cargo run -p tallystick-fuzz -- [TARGET] [FILE...] [--seconds N] [--seed N]`: runs all targets or one, or feeds
//! kept inputs again.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tallystick_fuzz::driver::{self, Finding};
use tallystick_fuzz::{TARGETS, Target};

/// Time for all targets together when `--seconds` is absent, in seconds.
const SECONDS_DEFAULT: u64 = 20;

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

struct Arguments {
    target: Option<String>,
    files: Vec<String>,
    seconds: u64,
    seed: u64,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self { target: None, files: Vec::new(), seconds: SECONDS_DEFAULT, seed: 1 };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--seconds" => arguments.seconds = number(&word, words.next())?,
                "--seed" => arguments.seed = number(&word, words.next())?,
                flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
                _ if arguments.target.is_none() => arguments.target = Some(word),
                _ => arguments.files.push(word),
            }
        }
        Ok(arguments)
    }
}

fn number(flag: &str, value: Option<String>) -> Result<u64, String> {
    value.and_then(|v| v.parse().ok()).ok_or_else(|| format!("{flag} needs a number"))
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let chosen: Vec<Target> = match &arguments.target {
        None if TARGETS.is_empty() => return Err("there are no targets, so nothing would be checked".into()),
        None => TARGETS.to_vec(),
        Some(name) => vec![*TARGETS.iter().find(|t| t.name == name).ok_or_else(|| unknown(name))?],
    };
    if let (Some(target), false) = (chosen.first(), arguments.files.is_empty()) {
        return again(*target, &arguments.files);
    }
    let each =
        Duration::from_secs(arguments.seconds) / u32::try_from(chosen.len().max(1)).unwrap_or(u32::MAX);
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    let mut findings = 0;
    for target in &chosen {
        match driver::run(*target, each, arguments.seed, &artifacts) {
            Ok(count) => println!("{}: {count} inputs, seed {}", target.name, arguments.seed),
            Err(Finding::Panic { kept }) => {
                findings += 1;
                println!("{}: panicked; input kept in {}", target.name, kept.display());
            }
            Err(Finding::Endless { kept }) => {
                findings += 1;
                println!("{}: did not end; input kept in {}", target.name, kept.display());
            }
        }
    }
    println!("{} fuzz targets, {findings} findings", chosen.len());
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn again(target: Target, files: &[String]) -> Result<ExitCode, String> {
    for file in files {
        let input = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        (target.run)(&input);
        println!("{}: {file} holds", target.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    format!("no target {name}; there are: {}", names.join(", "))
}
