//! The service's errors as people read them. Errors in a query are drawn as `tallystick-query` draws them.

use std::{fmt, time::Duration};

use serde::Deserialize;
use tallystick_query::{Code, Diagnostic, Fix, Severity, Span, render_diagnostic};

use crate::output::safe;

/// Places that are shown at most; the number of the others is said.
const SHOWN_MAX: usize = 10;

/// `application/problem+json`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Problem {
    pub(crate) title: String,
    pub(crate) status: u16,
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) errors: Vec<ProblemDetail>,
    #[serde(default)]
    pub(crate) request_id: String,
    /// How long the service asks to wait.
    #[serde(skip)]
    pub(crate) retry_after: Option<Duration>,
    /// The query that was asked, to draw carets under it.
    #[serde(skip)]
    pub(crate) query_text: Option<String>,
}

/// One place that is wrong.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProblemDetail {
    #[serde(default)]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) severity: Option<String>,
    #[serde(default)]
    pub(crate) span: Option<[u32; 2]>,
    #[serde(default)]
    pub(crate) fix: Option<ProblemFix>,
}

/// A repair of a query.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProblemFix {
    replace: [u32; 2],
    with: String,
}

impl ProblemDetail {
    /// The query and carets below it, if this is about a query.
    pub(crate) fn drawing(&self, query_text: &str) -> Option<String> {
        let [start, end] = self.span?;
        let diagnostic = Diagnostic {
            severity: if self.severity.as_deref() == Some("warning") {
                Severity::Warning
            } else {
                Severity::Error
            },
            // Not drawn; the service's own code stands beside the drawing and may be newer than this build.
            code: Code::MissingValue,
            message: safe(&self.message).into_owned(),
            span: Span { start, end },
            fix: self.fix.as_ref().map(|fix| Fix {
                replace: Span { start: fix.replace[0], end: fix.replace[1] },
                with: fix.with.clone(),
            }),
        };
        Some(render_diagnostic(query_text, &diagnostic))
    }
}

impl fmt::Display for ProblemDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "(the whole)" } else { &self.path };
        write!(f, "{}: {} ({})", safe(path), safe(&self.message), safe(&self.code))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", safe(&self.title), safe(&self.code), self.status)?;
        let drawings: Vec<_> =
            self.errors.iter().filter_map(|detail| detail.drawing(self.query_text.as_deref()?)).collect();
        if !drawings.is_empty() {
            return drawings.iter().try_for_each(|drawing| write!(f, "\n\n{}", indent(drawing)));
        }
        // The detail is about the first place, which the list is going to name.
        let is_repeated = self.errors.iter().any(|place| self.detail.contains(&place.message));
        if !self.detail.is_empty() && !is_repeated {
            write!(f, "\n  {}", safe(&self.detail))?;
        }
        for detail in self.errors.iter().take(SHOWN_MAX) {
            write!(f, "\n  {detail}")?;
        }
        if self.errors.len() > SHOWN_MAX {
            write!(f, "\n  and {} more", self.errors.len() - SHOWN_MAX)?;
        }
        if self.status >= 500 && !self.request_id.is_empty() {
            write!(f, "\n  request id: {}", safe(&self.request_id))?;
        }
        Ok(())
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: serde_json::Value) -> Problem {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn query_errors_are_drawn_as_the_query_crate_draws_them() {
        let text = "acter:ana outcome:failure";
        let local = tallystick_query::parse(text).diagnostics;
        assert!(!local.is_empty());
        let errors: Vec<_> = local
            .iter()
            .map(|one| {
                serde_json::json!({"path": "q", "code": "x", "message": one.message, "span": one.span, "fix": one.fix})
            })
            .collect();
        let mut problem = problem(
            serde_json::json!({"title": "t", "status": 400, "code": "invalid_query", "errors": errors}),
        );
        problem.query_text = Some(text.to_owned());
        let shown = problem.to_string();
        for diagnostic in &local {
            assert!(shown.contains(&indent(&render_diagnostic(text, diagnostic))), "{shown}");
        }
    }

    #[test]
    fn places_are_listed_and_hostile_text_is_made_harmless() {
        let errors: Vec<_> = (0..12)
            .map(|at| format!("/{at}/actor"))
            .map(|path| serde_json::json!({"path": path, "code": "missing", "message": "is \u{1b}missing"}))
            .collect();
        let shown = problem(
            serde_json::json!({"title": "t", "status": 422, "code": "invalid_event", "errors": errors}),
        )
        .to_string();
        assert!(
            shown.contains("/3/actor: is \\u{1b}missing (missing)") && shown.ends_with("and 2 more"),
            "{shown}"
        );
    }

    #[test]
    fn our_own_faults_can_be_found_by_request_id() {
        let shown = problem(
            serde_json::json!({"title": "t", "status": 500, "code": "internal", "request_id": "req_1"}),
        );
        assert!(shown.to_string().contains("request id: req_1"));
    }
}
