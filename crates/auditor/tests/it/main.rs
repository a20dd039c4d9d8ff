//! The command as auditors run it, against files, a folder and a small web server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[expect(dead_code, reason = "shared with the verifier's own tests, which need more of it")]
#[path = "../../../verify/tests/it/support.rs"]
mod support;

mod offline;
mod online;

use std::path::Path;
use std::process::{Command, Output};

use support::{Log, Published};

/// Runs the command; the environment's key must not decide a test.
fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tallystick-verify"))
        .env_remove("TALLYSTICK_KEY")
        .args(args)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Writes a published log as files.
fn publish(folder: &Path, log: &Log) {
    for (path, bytes) in Published::new(log).files {
        write(folder, &path, &bytes);
    }
}
