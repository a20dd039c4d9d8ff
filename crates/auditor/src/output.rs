//! The terminal: the report on standard output, progress and errors on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line to standard error. That it cannot be written is no reason to fail.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints a report. A reader that goes away early, as `head` does, is no failure: the exit status says it all.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let has_colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    for line in text.lines() {
        let painted = if has_colours { paint(line) } else { line.to_owned() };
        if writeln!(out, "{painted}").is_err() {
            return;
        }
    }
    let _ = out.flush();
}

/// Colours the lines that say how it is, which begin with no text of an event.
fn paint(line: &str) -> String {
    let Some(rest) = line.strip_prefix("result     ").or_else(|| line.strip_prefix("           ")) else {
        return line.to_owned();
    };
    let begins = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
    let code = if begins(&["PROVEN", "CONSISTENT"]) {
        "32"
    } else if begins(&["NO CONCLUSION", "UNWITNESSED", "STALE", "UNTRUSTED"]) {
        "33"
    } else if begins(&["TAMPERED", "FORKED", "ROLLED BACK"]) {
        "31"
    } else {
        return line.to_owned();
    };
    format!("{}\x1b[{code}m{rest}\x1b[0m", &line[..line.len() - rest.len()])
}

/// A counter on standard error that is only there on a terminal.
pub(crate) fn progress(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} {msg}, {per_sec}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_verifier_says_is_coloured() {
        assert_eq!(paint("result     PROVEN: x"), "result     \x1b[32mPROVEN: x\x1b[0m");
        assert_eq!(paint("           FORKED: x"), "           \x1b[31mFORKED: x\x1b[0m");
        let event = "       3  OK  user TAMPERED did";
        assert_eq!(paint(event), event);
    }
}
