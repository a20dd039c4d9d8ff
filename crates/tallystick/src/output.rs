//! What reaches the terminal: standard output for results, standard error for everything about them.
//!
//! Events hold text that strangers chose. Before it is shown on a terminal its control characters are
//! replaced, so that nobody can move the cursor or hide a line in somebody's audit log.

use std::{
    borrow::Cow,
    fmt,
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
};

use crate::config::environment;

/// Buffered standard output. A closed pipe is an error like any other and ends the command quietly in `main`.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// A line to standard error. That it cannot be written is no reason to fail.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line to standard output at once, for long-running commands.
pub(crate) fn print(line: impl fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    on: bool,
}

impl Style {
    /// Colours if standard output is a terminal and `NO_COLOR` is not set.
    pub(crate) fn of_stdout() -> Self {
        Self { on: io::stdout().is_terminal() && !environment::no_color() }
    }

    /// Never colours.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { on: false }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For what frames the content.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// For what the eye should find.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Good.
    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// To be looked at.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// Bad.
    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }
}

/// The text with control characters, and those that reorder or hide other characters, made visible.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_dangerous(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text cut to a number of characters, with an ellipsis if something is missing.
pub(crate) fn cut(text: &str, chars_max: usize) -> Cow<'_, str> {
    if text.chars().count() <= chars_max {
        return Cow::Borrowed(text);
    }
    let mut out: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    out.push('…');
    Cow::Owned(out)
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes for people: `512 B`, `3.4 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    let mut size = number as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    if unit == "B" { format!("{number} B") } else { format!("{size:.1} {unit}") }
}

/// Whether somewhere in the chain of causes standard output was closed by its reader, as `head` does.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_steer_a_terminal() {
        assert_eq!(safe("a\x1b[2Jb\n\u{202e}c"), "a\\u{1b}[2Jb\\u{a}\\u{202e}c");
        assert!(matches!(safe("Zürich 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn numbers_and_texts_are_readable() {
        assert_eq!([thousands(7), thousands(1_000), thousands(1_234_567)], ["7", "1,000", "1,234,567"]);
        assert_eq!([bytes(512), bytes(1_536), bytes(5 << 30)], ["512 B", "1.5 KiB", "5.0 GiB"]);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("äöü", 3), "äöü");
    }

    #[test]
    fn a_closed_pipe_is_found_below_other_causes() {
        let error = anyhow::Error::new(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing events");
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow::anyhow!("broken pipe")));
    }
}
