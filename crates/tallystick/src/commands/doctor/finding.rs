//! One line for each thing looked at, and how they sum up.

use std::fmt::Display;

use crate::{
    exit::Exit,
    output::{Style, print, safe},
};

/// What was found so far.
pub(super) struct Findings {
    style: Style,
    warnings: usize,
    failures: usize,
}

impl Findings {
    pub(super) fn new() -> Self {
        Self { style: Style::of_stdout(), warnings: 0, failures: 0 }
    }

    /// It is as it should be.
    pub(super) fn ok(&mut self, what: &str, detail: impl Display) -> anyhow::Result<()> {
        line(&self.style.green("OK  "), what, &detail.to_string())
    }

    /// Somebody should look at it.
    pub(super) fn warn(&mut self, what: &str, detail: impl Display) -> anyhow::Result<()> {
        self.warnings += 1;
        line(&self.style.yellow("WARN"), what, &detail.to_string())
    }

    /// Somebody must act.
    pub(super) fn fail(&mut self, what: &str, detail: impl Display) -> anyhow::Result<()> {
        self.failures += 1;
        line(&self.style.red("FAIL"), what, &detail.to_string())
    }

    /// An error with all its causes is a failure.
    pub(super) fn fail_with(
        &mut self,
        what: &str,
        error: &(dyn std::error::Error + 'static),
    ) -> anyhow::Result<()> {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next.source();
        }
        self.fail(what, text)
    }

    /// The last line, and the exit code.
    pub(super) fn end(self) -> anyhow::Result<Exit> {
        print(match (self.failures, self.warnings) {
            (0, 0) => "all is well".to_owned(),
            (failures, warnings) => format!("{failures} failed, {warnings} to look at"),
        })?;
        Ok(if self.failures > 0 { Exit::Findings } else { Exit::Done })
    }
}

fn line(mark: &str, what: &str, detail: &str) -> anyhow::Result<()> {
    print(format!("{mark}  {what:<14}  {}", safe(detail)))?;
    Ok(())
}
