//! Runs other programs with their output passed on as it comes, optionally looking at each line on the way.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};

/// The command as a person would type it, for messages.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs it with our own output; true if it ended with success.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status().with_context(|| format!("run {}", shown(command)))?.success())
}

/// Runs it with our own output; an error if it fails.
pub(crate) fn must_succeed(command: &mut Command) -> Result<()> {
    ensure!(succeeds(command)?, "{} failed", shown(command));
    Ok(())
}

/// Whether a program can be started at all.
pub(crate) fn exists(program: &str, probe: &str) -> bool {
    Command::new(program)
        .arg(probe)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Runs it, passes both outputs on, and shows every line to `look`. True if it ended with success.
pub(crate) fn watched(command: &mut Command, look: impl FnMut(&str) + Send) -> Result<bool> {
    let name = shown(command);
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.with_context(|| format!("run {name}"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let look = Mutex::new(look);
    std::thread::scope(|scope| {
        scope.spawn(|| err.map(|err| pass_on(err, std::io::stderr(), &look)));
        if let Some(out) = out {
            pass_on(out, std::io::stdout(), &look);
        }
    });
    Ok(child.wait().with_context(|| format!("wait for {name}"))?.success())
}

fn pass_on(from: impl Read, mut to: impl Write, look: &Mutex<impl FnMut(&str)>) {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A closed output must not stop the tests: their result still counts.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        if let Ok(mut look) = look.lock() {
            look(String::from_utf8_lossy(&line).trim_end());
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_both_outputs_is_seen() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        assert!(!watched(&mut command, |line| seen.push(line.to_owned())).unwrap());
        seen.sort();
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn a_missing_program_is_an_error_with_its_name() {
        let mut command = Command::new("no-such-program");
        let error = succeeds(command.arg("x")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program x"));
        assert!(!exists("no-such-program", "--version"));
    }
}
